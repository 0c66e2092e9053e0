"""``risk run --engine spark``: chunks are judged by Spark's Python workers, wherever they are, and settled here, in their order, as ever.

A chunk is one task of one small job: Spark decides where it runs and tries it again elsewhere when a machine is lost. A worker reads its chunk and what was known around it from
the database by the same code as this process (:mod:`risk.services.chunks`), so that history means the same everywhere; it writes nothing. What it says comes back to
the one process that settles, and the store ends as after a run of one process. So the database must be reached from the workers: PostgreSQL, or for
a Spark on this very machine SQLite too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.scoring.spark_worker import Crate, scorer_of
from risk.services import chunks
from risk.services.chunks import Chunk, Step
from risk.services.histories import Past
from risk.services.workers import Answer, Judges
from risk.storage.engine import open_engine

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from risk.scoring.scorer import Scorer

_AHEAD = 2
"""Chunks that lie ready beside those under way, so that no worker waits while this process settles."""

register(
    {
        "spark_needs_server": (
            "其他机器上的执行器读不到 SQLite；请用 PostgreSQL，或 --master local[2]",
            "executors on other machines cannot read SQLite: use PostgreSQL, or --master local[2]",
        )
    }
)

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Errand:
    """What a worker needs besides the chunk: the store, the scorer, and whose errand it is (what was read of subjects is kept for the next chunk of the same)."""

    address: str
    crate: Crate
    of: str


class _OnSpark(Judges):
    """Hands each chunk to Spark at once, as many as are asked for ahead."""

    def __init__(self, engine: Engine, scorer: Scorer, spark: SparkSession, errand: Errand, depth: int) -> None:
        super().__init__(engine, scorer)
        self._spark, self._errand, self.depth = spark, errand, depth
        self._threads = ThreadPoolExecutor(depth, thread_name_prefix="risk-spark")

    def begin(self, step: Step) -> Answer:
        """Hand out a chunk."""
        future: Future[Chunk] = self._threads.submit(self._ask, step)
        return future.result

    def _ask(self, step: Step) -> Chunk:
        from risk.scoring.spark_score import told_plainly

        with told_plainly("", ""):
            found: list[Chunk] = self._spark.sparkContext.parallelize([step], 1).map(partial(_judge, self._errand)).collect()
        return found[0]

    def end(self) -> None:
        """Hand out nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._spark.sparkContext.cancelAllJobs()


def judged_by(spark: SparkSession, *, ahead: int | None = None) -> Callable[[Engine, Scorer], AbstractContextManager[Judges]]:
    """Who judges, for `risk.services.runs.run`. ``ahead``: chunks under way at once (default: one for each of Spark's cores, and some that lie ready).

    Errors of the block: ``spark_needs_server``, ``scorer_stays``; of a chunk: ``spark_failed``, and the run goes on from its cursor when it is asked for again.
    """

    @contextmanager
    def judges(engine: Engine, scorer: Scorer) -> Iterator[Judges]:
        from risk.scoring.spark_score import ship

        context = spark.sparkContext
        if engine.dialect.name == "sqlite" and not str(context.master).startswith("local"):
            raise InvalidInputError("spark_needs_server")
        address = engine.url.render_as_string(hide_password=False)
        errand = Errand(address, ship(spark, scorer, Crate("", "", "")), f"{context.applicationId}-{next(_numbers)}")
        found = _OnSpark(engine, scorer, spark, errand, ahead or context.defaultParallelism + _AHEAD)
        try:
            yield found
        finally:
            found.end()

    return judges


# --- in the workers ------------------------------------------------------------------------------------------------------

_mine: dict[str, tuple[Engine, Past]] = {}


def _judge(errand: Errand, step: Step) -> Chunk:
    """One chunk, in a worker: the scorer and the store are opened by its first."""
    if errand.of not in _mine:
        for engine, _ in _mine.values():
            engine.dispose()
        _mine.clear()
        _mine[errand.of] = (open_engine(errand.address), Past())
    engine, past = _mine[errand.of]
    return chunks.judge(engine, scorer_of(errand.crate.name, errand.crate.sha256), step, past)
