"""Acts of supervision as they are kept: entered with a verdict, by themselves, or taken in from another system. One record of one act, for good.

A record is known by ``record_id`` (``record_unique_identity`` of the exchange). Taken in again it is changed, never doubled; removed, its row stays and says when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, true, update

from risk.domain.acts import Act, check, kinds, mask
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, NotFoundError
from risk.domain.messages import register
from risk.domain.mistakes import MistakesError
from risk.domain.money import yuan_of
from risk.domain.signals import digest
from risk.services import auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.scoping import office_code_inside, tasks_inside
from risk.storage import tables as t

OWN = "own"

register(
    {
        "act_not_found": ("没有编号为 {id} 的监管行为", "no act of supervision with the number {id}"),
        "act_known": ("监管行为 {number} 已登记（编号 {id}）", "the act {number} is entered already (number {id})"),
        "act_known.hint": ("用 PUT /api/v1/acts/{id} 更改", "change it with PUT /api/v1/acts/{id}"),
        "act_changed": (
            "监管行为 {id} 已被他人更改（版本 {now}，提交的是 {given}）",
            "the act {id} was changed by someone else (version {now}, not {given})",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ActView:
    """An act as it is shown: names and numbers of persons masked. ``fined``: yuan."""

    id: int
    record_id: str
    kind: str
    kind_zh: str
    kind_en: str
    number: str
    name: str
    matter_code: str
    office: str | None
    subject_id: int | None
    task_id: int | None
    verdict_id: int | None
    happened_on: date | None
    fined: str | None
    fields: dict[str, Any]
    source: str
    batch: str | None
    version: int
    actor: str
    created_at: datetime
    changed_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Belongs:
    """What an act belongs to; nothing where it is not known."""

    office_code: str | None = None
    subject_id: int | None = None
    task_id: int | None = None
    verdict_id: int | None = None


@dataclass(frozen=True, slots=True)
class ActFilter:
    """What to list."""

    kind: str | None = None
    subject: int | None = None
    task: int | None = None
    verdict: int | None = None
    updated_since: datetime | None = None
    removed: bool = False


def identity(kind: str, number: str, office: str | None, source: str = OWN) -> str:
    """The ``record_id`` of an act that nobody gave one."""
    return str(digest(["act", source, office or "", kind, number]))


def checked(kind: str, record: Mapping[str, Any]) -> Act:
    """The record, cleaned; ``MistakesError`` (``mistakes_found``) with everything that is wrong with it."""
    act, wrong = check(kind, record)
    if act is None:
        raise MistakesError(wrong)
    return act


def enter(conn: Connection, act: Act, belongs: Belongs, *, actor: str, now: datetime) -> int:
    """Enter an act of our own; returns its id. The same task may say it again, put right; ``act_known`` where anybody else's has that kind and number."""
    key = identity(act.kind, act.number, belongs.office_code)
    there = conn.execute(select(t.acts.c.id, t.acts.c.task_id).where(t.acts.c.record_id == key)).one_or_none()
    if there is not None and (belongs.task_id is None or there.task_id != belongs.task_id):
        raise ConflictError("act_known", number=act.number, id=there.id)
    return put(conn, key, act, belongs, source=OWN, actor=actor, now=now)


def put(
    conn: Connection, record_id: str, act: Act, belongs: Belongs, *, source: str, actor: str, now: datetime, batch: str | None = None
) -> int:
    """Enter a record, or change the one that has its ``record_id`` (operations i and u of the exchange); returns its id. The same again changes nothing."""
    row = conn.execute(select(t.acts).where(t.acts.c.record_id == record_id)).one_or_none()
    values = {**_columns(act), "source": source, "batch": batch}
    values |= {name: value for name, value in _belonging(conn, act, belongs).items() if value is not None}
    if row is None:
        made = insert(t.acts).values(values | {"record_id": record_id, "actor": actor, "created_at": now, "changed_at": now})
        number = int(conn.execute(made.returning(t.acts.c.id)).scalar_one())
        auditing.record(conn, actor, "act.enter", f"act:{number}", {"kind": act.kind, "source": source}, now)
        return number
    if row.removed_at is None and all(getattr(row, name) == value for name, value in values.items() if name != "batch"):
        return int(row.id)
    _change(conn, row, values | {"removed_at": None}, "act.change", {"from": dict(row.fields), "source": source}, actor, now)
    return int(row.id)


def change(
    conn: Connection, act_id: int, act: Act, *, actor: str, now: datetime, version: int | None = None, scope: Scope = EVERYWHERE
) -> None:
    """Put a record right; what it said before stands in the audit. ``act_not_found``, ``act_changed``."""
    row = _get(conn, act_id, scope)
    if version is not None and version != row.version:
        raise ConflictError("act_changed", id=act_id, now=row.version, given=version)
    _change(conn, row, _columns(act), "act.change", {"from": dict(row.fields)}, actor, now)


def remove(conn: Connection, act_id: int, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Take an act out of use (operation d of the exchange); its row stays. Again, it changes nothing."""
    row = _get(conn, act_id, scope)
    if row.removed_at is None:
        _change(conn, row, {"removed_at": now}, "act.remove", {"reason": reason}, actor, now)


def list_acts(
    conn: Connection, filters: ActFilter, *, scope: Scope = EVERYWHERE, limit: int = 50, cursor: str | None = None
) -> Page[ActView]:
    """Acts, the newest first, persons masked."""
    c = t.acts.c
    query = select(t.acts).where(acts_inside(scope))
    for column, wanted in (
        (c.kind, filters.kind),
        (c.subject_id, filters.subject),
        (c.task_id, filters.task),
        (c.verdict_id, filters.verdict),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    if filters.updated_since:
        query = query.where(c.changed_at >= filters.updated_since)
    if not filters.removed:
        query = query.where(c.removed_at.is_(None))
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(c.id.desc()), limit, view)


def get_act(conn: Connection, act_id: int, *, scope: Scope = EVERYWHERE) -> ActView:
    """One act, persons masked; ``act_not_found``."""
    return view(_get(conn, act_id, scope))


def acts_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``acts``: of an office inside, or on a task inside."""
    if scope.whole:
        return true()
    return or_(office_code_inside(scope, t.acts.c.office_code), t.acts.c.task_id.in_(select(t.tasks.c.id).where(tasks_inside(scope))))


def view(row: Row[Any]) -> ActView:
    """A row as it is shown."""
    label = kinds()[row.kind].label
    return ActView(
        id=row.id,
        record_id=row.record_id,
        kind=row.kind,
        kind_zh=label.zh,
        kind_en=label.en,
        number=row.number,
        name=row.name,
        matter_code=row.matter_code,
        office=row.office_code,
        subject_id=row.subject_id,
        task_id=row.task_id,
        verdict_id=row.verdict_id,
        happened_on=row.happened_on,
        fined=None if row.fined_fen is None else yuan_of(row.fined_fen),
        fields=mask(row.kind, row.fields),
        source=row.source,
        batch=row.batch,
        version=row.version,
        actor=row.actor,
        created_at=row.created_at,
        changed_at=row.changed_at,
        removed_at=row.removed_at,
    )


def _get(conn: Connection, act_id: int, scope: Scope) -> Row[Any]:
    row = conn.execute(select(t.acts).where(t.acts.c.id == act_id, acts_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("act_not_found", id=act_id)
    return row


def _change(
    conn: Connection, row: Row[Any], values: Mapping[str, Any], action: str, detail: Mapping[str, Any], actor: str, now: datetime
) -> None:
    c = t.acts.c
    moved = conn.execute(
        update(t.acts).where(c.id == row.id, c.version == row.version).values(**values, version=row.version + 1, changed_at=now)
    )
    if moved.rowcount != 1:
        raise ConflictError("act_changed", id=row.id, now="?", given=row.version)
    auditing.record(conn, actor, action, f"act:{row.id}", detail, now)


def _columns(act: Act) -> dict[str, Any]:
    return {
        "kind": act.kind,
        "number": act.number,
        "name": act.name,
        "matter_code": act.matter_code,
        "happened_on": act.happened_on,
        "fined_fen": act.fined_fen,
        "fields": dict(act.fields),
    }


def _belonging(conn: Connection, act: Act, belongs: Belongs) -> dict[str, Any]:
    """What it belongs to; a subject that is not named is found by the party's code."""
    subject = belongs.subject_id
    if subject is None:
        subject = conn.scalar(
            select(t.subjects.c.id).where(t.subjects.c.uscc == act.fields["party_code"]).order_by(t.subjects.c.id).limit(1)
        )
    return {"office_code": belongs.office_code, "subject_id": subject, "task_id": belongs.task_id, "verdict_id": belongs.verdict_id}
