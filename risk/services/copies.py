"""Copies of alerts for the knowledge of other offices (抄告抄送): sent with a note, read-only, receipted in time or listed as late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.clocks import after
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.tasks import Event
from risk.services import auditing, calendar_store, outbox
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked
from risk.services.scoping import office_code_inside
from risk.services.task_changes import change, department_of, get
from risk.storage import tables as t

register(
    {
        "copy_not_found": ("没有编号为 {id} 的抄告", "no copy with the number {id}"),
        "copy_nobody": ("须指定至少一个其他单位", "name at least one other office"),
        "copy_note": ("须写明抄告事由", "say why the copy is sent"),
        "copy_received": ("抄告 {id} 已签收", "the copy {id} is receipted already"),
        "copy_of_nothing": ("该任务没有可抄告的预警", "this task is about no alert that could be copied"),
    }
)


@dataclass(frozen=True, slots=True)
class CopyView:
    """One copy: to whom, why, and whether it was receipted. ``late``: not receipted in time."""

    id: int
    alert_id: int
    task_id: int | None
    office: str
    office_zh: str
    office_en: str
    from_office: str | None
    note: str
    sent_by: str
    sent_at: datetime
    receipt_due: datetime
    received_by: str | None
    received_at: datetime | None
    receipt_note: str | None
    late: bool


def send(conn: Connection, task_id: int, *, offices: Sequence[str], note: str, actor: str, now: datetime) -> tuple[int, ...]:
    """Copy the alert of a task to other offices; returns the numbers of the new copies. Who has one already gets no second.

    ``copy_of_nothing``, ``copy_nobody``, ``copy_note``, ``office_not_found``.
    """
    task = get(conn, task_id)
    alert_id = task.alert_id or task.about_alert_id
    if alert_id is None:
        raise InvalidInputError("copy_of_nothing")
    wanted = [code for code in dict.fromkeys(offices) if code != task.office_code]
    if not wanted:
        raise InvalidInputError("copy_nobody")
    if not note.strip():
        raise InvalidInputError("copy_note")
    for code in wanted:
        department_of(conn, code)
    c = t.copies.c
    there = set(conn.scalars(select(c.office_code).where(c.alert_id == alert_id, c.office_code.in_(wanted))))
    fresh = [code for code in wanted if code not in there]
    if not fresh:
        return ()
    due = after(read_toml("limits.toml")["copy"]["receipt"], now, calendar_store.load(conn))
    common = {
        "alert_id": alert_id,
        "task_id": task_id,
        "from_office": task.office_code,
        "note": note.strip(),
        "sent_by": actor,
        "sent_at": now,
    }
    rows = [{**common, "office_code": code, "receipt_due": due} for code in fresh]
    made = conn.execute(insert(t.copies).returning(c.id, sort_by_parameter_order=True), rows)
    numbers = tuple(int(row[0]) for row in made)
    change(conn, task, [Event.COPY], actor, now, detail={"offices": fresh, "copies": list(numbers)})
    grade = Grade(task.grade).code
    for number, code in zip(numbers, fresh, strict=True):
        data = {"copy": number, "alert": alert_id, "grade": grade, "from_office": task.office_code, "receipt_due": due.isoformat()}
        outbox.emit(conn, "copy.sent", f"copy:{number}", data, now, office=code, once="sent")
    return numbers


def receive(conn: Connection, copy_id: int, *, actor: str, now: datetime, note: str | None = None, scope: Scope = EVERYWHERE) -> CopyView:
    """Receipt a copy for the office it was sent to. ``copy_not_found``, ``copy_received``."""
    row = conn.execute(select(t.copies).where(t.copies.c.id == copy_id, office_code_inside(scope, t.copies.c.office_code))).one_or_none()
    if row is None:
        raise NotFoundError("copy_not_found", id=copy_id)
    said = {"received_by": actor, "received_at": now, "receipt_note": (note or "").strip() or None}
    moved = conn.execute(update(t.copies).where(t.copies.c.id == copy_id, t.copies.c.received_at.is_(None)).values(said))
    if moved.rowcount != 1:
        raise ConflictError("copy_received", id=copy_id)
    late = now > row.receipt_due
    auditing.record(conn, actor, "copy.receive", f"copy:{copy_id}", {"office": row.office_code, "late": late}, now)
    data = {"copy": copy_id, "alert": row.alert_id, "to_office": row.office_code, "late": late}
    outbox.emit(conn, "copy.received", f"copy:{copy_id}", data, now, office=row.from_office, once="received")
    return _row(conn.execute(_query().where(t.copies.c.id == copy_id)).one(), now)


def of_alert(conn: Connection, alert_id: int, now: datetime) -> tuple[CopyView, ...]:
    """The copies of an alert."""
    rows = conn.execute(_query().where(t.copies.c.alert_id == alert_id).order_by(t.copies.c.id))
    return tuple(_row(row, now) for row in rows)


def list_copies(
    conn: Connection,
    now: datetime,
    *,
    office: str | None = None,
    sender: str | None = None,
    received: bool | None = None,
    late: bool = False,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[CopyView]:
    """Copies to or from an office, the newest first; ``late``: due and not receipted."""
    c = t.copies.c
    query = _query().where(office_code_inside(scope, c.office_code) | office_code_inside(scope, c.from_office))
    if office:
        query = query.where(c.office_code == office)
    if sender:
        query = query.where(c.from_office == sender)
    if received is not None:
        query = query.where(c.received_at.is_not(None) if received else c.received_at.is_(None))
    if late:
        query = query.where(c.received_at.is_(None), c.receipt_due < now)
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(c.id.desc()), limit, lambda row: _row(row, now))


def _query() -> Select[Any]:
    o = t.offices.c
    names = (o.name_zh.label("office_zh"), o.name_en.label("office_en"))
    return select(t.copies, *names).join_from(t.copies, t.offices, o.code == t.copies.c.office_code, isouter=True)


def _row(row: Row[Any], now: datetime) -> CopyView:
    return CopyView(
        id=row.id,
        alert_id=row.alert_id,
        task_id=row.task_id,
        office=row.office_code,
        office_zh=row.office_zh or row.office_code,
        office_en=row.office_en or row.office_code,
        from_office=row.from_office,
        note=masked(row.note),
        sent_by=row.sent_by,
        sent_at=row.sent_at,
        receipt_due=row.receipt_due,
        received_by=row.received_by,
        received_at=row.received_at,
        receipt_note=masked(row.receipt_note) if row.receipt_note else None,
        late=(row.received_at or now) > row.receipt_due,
    )
