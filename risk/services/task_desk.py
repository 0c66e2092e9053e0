"""The desk: an engine in, one transaction per act. What the command line and the API use, so that neither opens a transaction itself.

>>> TaskDesk.__init__.__annotations__["engine"]
'Engine'
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from risk.services import task_views
from risk.services.task_views import Page, TaskFilter, TaskView
from risk.storage.engine import reading, transaction

P = ParamSpec("P")
R = TypeVar("R")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class TaskDesk:
    """Reads and acts on tasks; ``clock`` is for tests and for the simulated officers of the demo.

    An act is a function of ``risk.services.tasks``: ``desk.act(tasks.sign, 12, actor="张三", now=desk.clock())``.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _utc_now) -> None:
        self._engine = engine
        self.clock = clock

    def list(self, filters: TaskFilter, *, limit: int = 50, cursor: str | None = None, sort: str = "due") -> Page:
        """One page of tasks."""
        with reading(self._engine) as conn:
            return task_views.list_tasks(conn, filters, self.clock(), limit=limit, cursor=cursor, sort=sort)

    def show(self, task_id: int) -> TaskView:
        """One task with its evidence, verdicts and events."""
        with reading(self._engine) as conn:
            return task_views.get_task(conn, task_id, self.clock())

    def act(self, act: Callable[Concatenate[Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one act in its own write transaction: all of it happens, or nothing."""
        with transaction(self._engine) as conn:
            return act(conn, *args, **kwargs)
