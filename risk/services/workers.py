"""Processes that judge the next chunks of a run while this one settles those before, in their order.

They only read. Each is given the scorer once, opens the store for itself, and ends when the process that started it is gone, however that ended. Where none
can be started, or one is killed, the chunks are judged in this process: slower, and the same.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from risk.services import chunks
from risk.services.chunks import Chunk, Step
from risk.services.garbage import ByHand
from risk.services.histories import Past
from risk.storage.engine import open_engine

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

Answer = Callable[[], Chunk]
"""Gives what was said of a chunk, and waits for it if need be."""

JudgedBy = Callable[[Engine, "Scorer"], AbstractContextManager["Judges"]]
"""Opens judges for the length of a block."""

_AHEAD = 2
"""Chunks that lie ready beside those that are being judged, so that no worker waits while this process settles."""

_NEEDED = (
    "risk.services.chunks",
    "risk.scoring.scorer",
    "risk.scoring.reasons",
    "risk.scoring.escalators",
    "models.linear",
    "lightgbm",
)
"""What judging imports: read once, by the process from which all workers are split off, instead of once in each, and held in memory once."""

_log = logging.getLogger("risk.run")


class Judges:
    """Who judges chunks: this process, when it is asked for the answer; or workers, from the moment they are handed it."""

    def __init__(self, engine: Engine, scorer: Scorer, pool: ProcessPoolExecutor | None = None, workers: int = 1) -> None:
        self._engine, self._scorer, self._pool, self._past = engine, scorer, pool, Past()
        self.depth = workers + _AHEAD if pool is not None else 1
        """How many chunks may be under way at once."""
        self.broken = False

    def begin(self, step: Step) -> Answer:
        """Hand out a chunk."""
        if self._pool is None:
            return lambda: self._here(step)
        try:
            future = self._pool.submit(_judge, step)
        except BrokenProcessPool:
            return lambda: self._here(step)
        return lambda: self._of(future, step)

    def _of(self, future: Future[Chunk], step: Step) -> Chunk:
        try:
            return future.result()
        except BrokenProcessPool:
            if self._pool is not None:
                _log.warning("a worker was ended from outside: the run goes on in one process")
                self._pool, self.depth, self.broken = None, 1, True
            return self._here(step)

    def _here(self, step: Step) -> Chunk:
        return chunks.judge(self._engine, self._scorer, step, self._past)


@contextmanager
def judges(engine: Engine, scorer: Scorer, workers: int) -> Iterator[Judges]:
    """Judges for the length of a block: ``workers`` processes, or this one where that is 1 or the scorer cannot be handed over."""
    packed = _packed(scorer) if workers > 1 else None
    if packed is None:
        yield Judges(engine, scorer)
        return
    address = engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(_NEEDED))
    pool = ProcessPoolExecutor(workers, context, _begin, (address, packed))
    those = Judges(engine, scorer, pool, workers)
    try:
        for _ in range(workers):  # all are started now: one that the pool starts while it gives up would be waited for without end
            pool.submit(os.getpid)
        yield those
    finally:
        pool.shutdown(wait=not those.broken, cancel_futures=True)


def _packed(scorer: Scorer) -> bytes | None:
    try:
        return pickle.dumps(scorer, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # an outside model may hold whatever its author liked
        _log.warning("the scorer cannot be handed to other processes (%s): the run stays in one", error)
        return None


# --- in the workers ------------------------------------------------------------------------------------------------------

_mine: list[tuple[Engine, Scorer, Past]] = []
_garbage = ByHand()


def _begin(address: str, packed: bytes) -> None:
    """Once in each worker. One thread each: the others have the other cores."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ[name] = "1"
    threadpool_limits(1)  # of libraries that were read before they could see that
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked the run to stop is the process that settles
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _mine[:] = [(open_engine(address), pickle.loads(packed), Past())]  # noqa: S301 - packed by the process that started this one
    _garbage.begin()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        with contextlib.suppress(OSError):
            wait([parent.sentinel])
        os._exit(1)


def _judge(step: Step) -> Chunk:
    engine, scorer, past = _mine[0]
    try:
        return chunks.judge(engine, scorer, step, past)
    finally:
        _garbage.sweep()
