"""The desk of the API: one engine, one transaction per question or act, so that no endpoint opens a transaction or sees a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from risk.services import idempotency
from risk.services.replica import Replica
from risk.storage.engine import is_deadlock, reading, transaction

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
"""How often an act is begun before its deadlock is told."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """``desk.read(views_alerts.list_alerts, filters)``; ``desk.act(tasks.sign, 12, actor="张三", now=desk.clock())``; ``clock`` is for tests."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _utc_now, replica: Replica | None = None) -> None:
        self.engine = engine
        self.clock = clock
        self.replica = replica

    def read(self, view: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask one question; what it reads is of one moment."""
        with reading(self.engine) as conn:
            return view(conn, *args, **kwargs)

    def look(self, view: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask a question whose answer may be as old as the replica's bound (`risk.services.replica` says which are): there, where one keeps up; else here."""
        if self.replica is not None and self.replica.usable:
            try:
                with reading(self.replica.engine) as conn:
                    return view(conn, *args, **kwargs)
            except DBAPIError as error:  # it went away, or what was read was replayed over: the same question here
                self.replica.failed(error)
        return self.read(view, *args, **kwargs)

    def act(self, act: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one act in its own write transaction: all of it happens, or nothing. One that was given up for another (a deadlock) is done again."""
        tried = 0
        while True:
            tried += 1
            try:
                with transaction(self.engine) as conn:
                    done = act(conn, *args, **kwargs)
                    idempotency.mark(conn)
                    return done
            except DBAPIError as error:
                if tried == TRIES or not is_deadlock(error):
                    raise

    def whole(self, service: Callable[Concatenate[Engine, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a service that keeps its own transactions (intake, quarantine, reports)."""
        return service(self.engine, *args, **kwargs)
