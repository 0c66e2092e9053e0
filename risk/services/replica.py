"""Reading from a replica: questions whose answer may be some seconds old, while it keeps up.

The rule, in one sentence: **what a person works on is read where it is written; figures and searches over everything may be as old as the bound.** An overview, the
wall, numbers of a report, the board of the index, a search among signals say the same for everybody and change by the minute; a task, an alert, a form must show what one
has just done. The code says which is which by asking ``desk.look`` instead of ``desk.read``.

A replica answers only while it is within the bound (``RISK_READ_LAG``), reachable, and laid out as this program needs it; otherwise the primary is asked, without a word to whoever waits. It is
looked at once a second, not once a question. What it is behind by is asked of itself: nothing if it has replayed all it received and still receives, else the time since the last transaction that it
replayed. A line to the primary that went dead without a word is noticed by PostgreSQL after its ``wal_receiver_timeout`` (60 s unless set). A server that is no standby (a pooler's second address, a copy by other means) tells no lag; then its operator answers for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from risk.storage import migrate
from risk.storage.engine import reading

LOOK_EVERY = 1.0
"""Seconds for which what was found of a replica is believed."""

REST = 15.0
"""Seconds for which one that failed is left alone: connecting to a dead host can take that long."""

_LAG = text(
    "SELECT CASE WHEN NOT pg_is_in_recovery() "
    "OR (pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver)) THEN 0 "
    "ELSE COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 'Infinity') END"
)
_log = logging.getLogger("risk.replica")


def seconds_behind(engine: Engine) -> float:
    """How far a replica is behind, as it knows itself; infinite where it has replayed nothing yet. SQLite has none of this: 0."""
    if engine.dialect.name != "postgresql":
        return 0.0
    with reading(engine) as conn:
        return float(conn.scalar(_LAG) or 0.0)


class Replica:
    """A second address of the same data, and whether it may be asked now."""

    def __init__(
        self,
        engine: Engine,
        most_behind: float,
        *,
        behind: Callable[[Engine], float] = seconds_behind,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self._most_behind, self._behind, self._clock = most_behind, behind, clock
        self._lock = threading.Lock()
        self._until, self._fine, self._laid_out = -1.0, False, False

    @property
    def usable(self) -> bool:
        """Whether it was within the bound when it was last looked at, at most a second ago."""
        if self._clock() < self._until:
            return self._fine
        if not self._lock.acquire(blocking=False):  # somebody is looking: nobody else waits for it
            return False
        try:
            self._look()
        finally:
            self._lock.release()
        return self._fine

    def failed(self, error: Exception) -> None:
        """A question to it came to nothing: the primary is asked for a while."""
        self._note(fine=False, rest=REST, why=type(error).__name__)

    def _look(self) -> None:
        try:
            if not self._laid_out:
                self._laid_out = migrate.current(self.engine) == migrate.head()
            behind = self._behind(self.engine)
        except DBAPIError as error:
            self.failed(error)
            return
        if not self._laid_out:
            self._note(fine=False, rest=REST, why="revision")
        else:
            self._note(fine=behind <= self._most_behind, rest=LOOK_EVERY, why=f"{behind:.1f} s behind")

    def _note(self, *, fine: bool, rest: float, why: str) -> None:
        if fine != self._fine:
            _log.warning("the replica is %s (%s)", "asked again" if fine else "not asked", why)
        self._fine, self._until = fine, self._clock() + rest
