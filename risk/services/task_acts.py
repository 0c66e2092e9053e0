"""Acts on tasks from outside: what lies outside the scope is not found, and is looked for in the transaction of the act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from risk.domain.authority import Scope
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.services.scoping import office_code_inside, require_task
from risk.storage import tables as t

R = TypeVar("R")

register(
    {
        "assist_not_found": ("没有编号为 {task} 的协查", "no question to another office with the number {task}"),
        "office_not_found": ("没有代码为“{office}”的承办单位", 'no office with the code "{office}"'),
    }
)


def scoped(conn: Connection, scope: Scope, task_id: int, step: Callable[..., R], /, **given: Any) -> R:
    """Take a step on a task inside the scope; ``task_not_found`` for one outside."""
    require_task(conn, scope, task_id)
    return step(conn, task_id, **given)


def asked_by(conn: Connection, scope: Scope, task_id: int, step: Callable[..., R], /, **given: Any) -> R:
    """Take a step on a question that an office inside the scope asked; ``assist_not_found``."""
    a = t.assists.c
    if conn.scalar(select(a.id).where(a.task_id == task_id, office_code_inside(scope, a.asking_office))) is None:
        raise NotFoundError("assist_not_found", task=task_id)
    return step(conn, task_id, **given)


def require_office(conn: Connection, scope: Scope, code: str) -> None:
    """``office_not_found`` for an office outside the scope, the same as for one that does not exist."""
    o = t.offices.c
    if conn.scalar(select(o.code).where(o.code == code, office_code_inside(scope, o.code))) is None:
        raise NotFoundError("office_not_found", office=code)
