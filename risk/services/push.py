"""The push of one process: events become deliveries, deliveries become messages, in a few threads. Any number of processes may push together.

Targets take turns, each in a thread of its own for a while, the one that waited longest first: a slow one holds up itself. ``turn`` returns without waiting
for them, so that it can be called every few seconds; ``drain`` waits until nothing is due.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Connection, Engine, select

from risk.domain import push
from risk.domain.push import Answer
from risk.domain.push_messages import Names
from risk.scoring.keys import text_keys, title
from risk.services import push_health, push_queue, push_send, push_spread
from risk.services.http_guard import Guard, Limits, read_list
from risk.services.push_targets import Sealer
from risk.services.secrets_key import SecretBox
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

_log = logging.getLogger("risk.push")
_FORGET = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a look at the queue did: events spread, targets begun."""

    spread: int
    begun: int


def guard_of(settings: Settings) -> Guard:
    """The door as the settings list it; ``InvalidInputError`` (``guard_list_invalid``)."""
    request = push.knobs()["request"]
    limits = Limits(request["connect_seconds"], request["total_seconds"], request["most_bytes"])
    return Guard(read_list(settings.push_allow), limits=limits)


class Pusher:
    """Between ``__init__`` and ``close``; ``rng`` makes the jitter, ``clock`` the moments."""

    def __init__(
        self,
        engine: Engine,
        guard: Guard,
        box: Sealer,
        *,
        worker: str,
        clock: Callable[[], datetime],
        rng: Random | None = None,
        base: str = "",
    ) -> None:
        self._engine, self._guard, self._box, self._worker, self._clock = engine, guard, box, worker, clock
        self._rng = rng or Random()
        self._base = base
        self._pool = ThreadPoolExecutor(int(push.knobs()["turn"]["threads"]), thread_name_prefix="push")
        self._running: dict[int, Future[int]] = {}
        self._lock = threading.Lock()
        self._forgot: datetime | None = None
        self._closed = threading.Event()
        self._looker: threading.Thread | None = None

    @classmethod
    def of(cls, engine: Engine, settings: Settings, *, worker: str, clock: Callable[[], datetime]) -> Pusher:
        """As the settings of this process say."""
        return cls(engine, guard_of(settings), SecretBox(settings), worker=worker, clock=clock, base=settings.public_url)

    def start(self) -> None:
        """Look every few seconds, in a thread of its own: however long the jobs beside it take, pushes go out."""
        self._looker = threading.Thread(target=self._look, name="push", daemon=True)
        self._looker.start()

    def _look(self) -> None:
        while not self._closed.wait(push.knobs()["turn"]["every_seconds"]):
            try:
                self.turn()
            except Exception:  # the database is away, say: the next look goes on
                _log.exception("the queue of pushes could not be looked at")

    def turn(self) -> Turn:
        """Spread what is new, begin with every target that has something due and is not being served already."""
        spread, now = self._spread(), self._clock()
        self._forget(now)
        with reading(self._engine) as conn:
            due = push_queue.due_targets(conn, now)
        begun = 0
        with self._lock:
            self._running = {target: future for target, future in self._running.items() if not future.done()}
            for target in due:
                if target not in self._running and not self._closed.is_set():
                    self._running[target] = self._pool.submit(self._serve, target)
                    begun += 1
        return Turn(spread, begun)

    def _spread(self) -> int:
        """Make the deliveries of what is new; a look at a quiet queue writes nothing."""
        done, most = 0, int(push.knobs()["turn"]["spread"])
        with reading(self._engine) as conn:
            new = push_spread.waiting(conn)
        while new:
            with transaction(self._engine) as conn:
                some = push_spread.spread(conn, self._clock(), most)
            done, new = done + some, some == most
        return done

    def drain(self) -> int:
        """Push until nothing is due any more; returns how many messages were tried. What waits for a later moment is left."""
        tried = 0
        while True:
            self.turn()
            with self._lock:
                running = list(self._running.values())
            if not running:
                return tried
            before = tried
            tried += sum(future.result() for future in wait(running).done)
            if tried == before:
                return tried

    def close(self) -> None:
        """Begin nothing more, wait for what is under way."""
        self._closed.set()
        if self._looker is not None:
            self._looker.join()
        self._pool.shutdown(wait=True)

    def _serve(self, target: int) -> int:
        """The turn of one target: message after message, until nothing is due or its time is over; returns how many were tried."""
        turn = push.knobs()["turn"]
        ends = time.monotonic() + turn["turn_seconds"]
        tried, names = 0, None
        try:
            with transaction(self._engine) as conn:
                push_queue.served(conn, target, self._clock())
            while tried < turn["messages"] and time.monotonic() < ends and not self._closed.is_set():
                with transaction(self._engine) as conn:
                    claim = push_queue.claim(conn, target, self._worker, self._clock())
                    names = names or (self._names(conn) if claim is not None else None)
                if claim is None or names is None:
                    break
                tried += 1
                self._send(claim, names)
        except Exception:  # the database is away, say: the lease ends by itself, the next turn goes on
            _log.exception("target %s could not be served", target)
        return tried

    def _send(self, claim: push_queue.Claim, names: Names) -> Answer:
        began = time.monotonic()
        answer = push_send.send(claim, self._guard, self._box, names, self._clock())
        spent = round((time.monotonic() - began) * 1000)
        with transaction(self._engine) as conn:
            if not push_queue.mark(conn, claim, answer, self._clock(), spent, self._rng):
                _log.warning("message %s took longer than its lease; it will come twice", claim.message)
        if not answer.ok:
            _log.warning("message %s to target %s: %s (%s)", claim.message, claim.target.name, answer.error, answer.status)
        return answer

    def _names(self, conn: Connection) -> Names:
        return names_of(conn, self._base)

    def _forget(self, now: datetime) -> None:
        if self._forgot is None or now - self._forgot >= _FORGET:
            self._forgot = now
            with transaction(self._engine) as conn:
                push_health.forget(conn, now)


def names_of(conn: Connection, base: str) -> Names:
    """The names that messages speak of."""
    c = t.offices.c
    offices = {row.code: (row.name_zh, row.name_en) for row in conn.execute(select(c.code, c.name_zh, c.name_en))}
    return Names(offices, {key: (title(key, "zh"), title(key, "en")) for key in _keys()}, base)


def _keys() -> set[str]:
    keys = set(text_keys())
    return keys | {key.split(".", 1)[0] for key in keys}
