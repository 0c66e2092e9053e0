"""Internal tasks (内部任务) for the owner of a model: what a figure, a retraining or a roll-back asks a person to look at.

One is open for a model and kind at most: asked again, it is brought up to date. Its title is the message ``model_task_<kind>``, so a new kind is a registered text.
open → done, with who and why; every change is a row of the audit. Never about a firm or a person: those have tasks of their own (``tasks``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import Told, register, say
from risk.scoring.keys import spec_of, split_key, title
from risk.services import auditing, outbox
from risk.services.paging import Page, page_by_id, unpack_id
from risk.storage import tables as t

OPEN, DONE = "open", "done"
_OWNER = ("模型负责人", "the owner of the model")

register(
    {
        "model_task_not_found": ("没有编号为 {task} 的内部任务", "no internal task with the number {task}"),
        "model_task_done": ("内部任务 {task} 已办结", "the internal task {task} is done already"),
        "model_task_reason": ("办结内部任务必须说明理由", "a reason is required to close an internal task"),
        "model_task_recovered": ("指标已恢复到限值以内", "the figure is within its limit again"),
    }
)


@dataclass(frozen=True, slots=True)
class ModelTask:
    """An internal task as people look at it."""

    id: int
    model: str
    kind: str
    state: str
    owner_zh: str
    owner_en: str
    title_zh: str
    title_en: str
    detail: dict[str, Any]
    opened_by: str
    opened_at: datetime
    changed_at: datetime
    closed_by: str | None
    closed_at: datetime | None
    reason: str | None


def open_task(conn: Connection, key: str, kind: str, detail: Mapping[str, Any], *, now: datetime, actor: str) -> int:
    """Open the task of this model and kind, or bring the one that is open up to date; returns its id. ``KeyError`` where ``model_task_<kind>`` is no message.

    ``detail`` are plain values for JSON: the figures, and ``command``, what to run to see them.
    """
    row = conn.execute(select(t.model_tasks).where(t.model_tasks.c.open_key == _open_key(key, kind))).one_or_none()
    if row is not None:
        if row.detail != dict(detail):
            conn.execute(update(t.model_tasks).where(t.model_tasks.c.id == row.id).values(detail=dict(detail), changed_at=now))
            auditing.record(conn, actor, "model_task.renew", f"model_task:{row.id}", detail, now)
        return int(row.id)
    what = Told(title(key, "zh"), title(key, "en"))
    spec = spec_of(split_key(key)[0])
    owner = spec.owner if spec is not None else _OWNER
    values = {
        "model": key,
        "kind": kind,
        "open_key": _open_key(key, kind),
        "state": OPEN,
        "owner_zh": owner[0],
        "owner_en": owner[1],
        "title_zh": say(f"model_task_{kind}", "zh", model=what)[:400],
        "title_en": say(f"model_task_{kind}", "en", model=what)[:400],
        "detail": dict(detail),
        "opened_by": actor,
        "opened_at": now,
        "changed_at": now,
    }
    number = int(conn.execute(insert(t.model_tasks).values(values).returning(t.model_tasks.c.id)).scalar_one())
    auditing.record(conn, actor, "model_task.open", f"model_task:{number}", {"model": key, "kind": kind, **detail}, now)
    outbox.emit(conn, "model_task.opened", f"model_task:{number}", {"model": key, "kind": kind}, now, once="open")
    return number


def close(conn: Connection, task_id: int, *, reason: str, now: datetime, actor: str) -> ModelTask:
    """Done, by whom and why. ``model_task_not_found``, ``model_task_done``, ``model_task_reason``."""
    row = get(conn, task_id)
    if row.state != OPEN:
        raise ConflictError("model_task_done", task=task_id)
    if not reason.strip():
        raise InvalidInputError("model_task_reason")
    _close(conn, task_id, "model_task.close", {"reason": reason.strip()}, reason.strip(), now, actor)
    return get(conn, task_id)


def recover(conn: Connection, key: str, kind: str, detail: Mapping[str, Any], *, now: datetime, actor: str) -> bool:
    """Close the open task of this model and kind because what asked for it is gone; False where none is open."""
    number = conn.scalar(select(t.model_tasks.c.id).where(t.model_tasks.c.open_key == _open_key(key, kind)))
    if number is None:
        return False
    reason = " / ".join(say("model_task_recovered", lang) for lang in ("zh", "en"))
    _close(conn, int(number), "model_task.recover", dict(detail), reason, now, actor)
    return True


def get(conn: Connection, task_id: int) -> ModelTask:
    """One task; ``NotFoundError`` (``model_task_not_found``)."""
    row = conn.execute(select(t.model_tasks).where(t.model_tasks.c.id == task_id)).one_or_none()
    if row is None:
        raise NotFoundError("model_task_not_found", task=task_id)
    return _row(row)


def list_tasks(
    conn: Connection, *, model: str | None = None, state: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[ModelTask]:
    """Internal tasks, the newest first."""
    c = t.model_tasks.c
    query = select(t.model_tasks)
    if model:
        query = query.where(c.model == model)
    if state:
        query = query.where(c.state == state)
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(c.id.desc()), limit, _row)


def _close(conn: Connection, task_id: int, action: str, detail: Mapping[str, Any], reason: str, now: datetime, actor: str) -> None:
    done = {"state": DONE, "open_key": None, "closed_by": actor, "closed_at": now, "changed_at": now, "reason": reason}
    conn.execute(update(t.model_tasks).where(t.model_tasks.c.id == task_id).values(done))
    auditing.record(conn, actor, action, f"model_task:{task_id}", detail, now)


def _open_key(key: str, kind: str) -> str:
    return f"{key}|{kind}"


def _row(row: Row[Any]) -> ModelTask:
    return ModelTask(
        id=row.id,
        model=row.model,
        kind=row.kind,
        state=row.state,
        owner_zh=row.owner_zh,
        owner_en=row.owner_en,
        title_zh=row.title_zh,
        title_en=row.title_en,
        detail=dict(row.detail),
        opened_by=row.opened_by,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        closed_by=row.closed_by,
        closed_at=row.closed_at,
        reason=row.reason,
    )
