"""The matter list (监管事项清单) as versions with a first day, taken in whole; and which matter a clue of a model belongs to, by department and day.

A list that has begun is replaced by the next one that begins; none is changed. What a clue is called stays what it was called on its day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.identity import grants_of
from risk.domain.mapping import FieldMapping
from risk.domain.matters import MatterFault, columns, headings, read
from risk.domain.messages import Told, register
from risk.domain.routing import base_model
from risk.domain.signals import digest
from risk.domain.tables_out import cell
from risk.scoring.keys import spec_of
from risk.services import auditing
from risk.services.bulk import insert_rows, select_in
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.readers import open_reader, scan
from risk.storage import tables as t

register(
    {
        "matter_row": ("第 {row} 行有误：{problem}", "row {row} cannot be used: {problem}"),
        "matter_empty": ("清单没有数据行", "the list has no rows"),
        "matter_many": ("清单超过 {limit} 行", "the list has more than {limit} rows"),
        "matter_version_not_found": ("没有编号为 {id} 的清单版本", "no version of the list with the number {id}"),
        "matter_version_known": ("同一清单（同日生效）已导入为版本 {id}", "the same list with the same first day is version {id} already"),
        "matter_reason": ("须说明理由", "give the reason"),
        "matter_unknown": ("当日生效的清单中没有事项 {matter}", "the list in force on that day has no matter {matter}"),
        "matter_model": ("没有这个模型：{model}", "no such model: {model}"),
        "matter_mapping_later": (
            "该模型与部门已有自 {day} 起的对应，新的对应须晚于它",
            "there is one for this model and department from {day} on: a new one must begin later",
        ),
        "matter_mapping_not_found": ("没有编号为 {id} 的事项对应", "no mapping with the number {id}"),
        "matter_mapping_ended": ("事项对应 {id} 已结束", "the mapping {id} has ended"),
    }
)


@dataclass(frozen=True, slots=True)
class MatterVersion:
    """A list as it was taken in; ``in_force``: it holds on the day asked about."""

    id: int
    valid_from: date
    source: str
    rows: int
    reason: str
    actor: str
    at: datetime
    in_force: bool


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A matter of a list."""

    id: int
    version_id: int
    code: str
    name: str
    department: str
    method: str
    measures: str
    object: str
    basis: str
    process: str
    result: str
    level: str


@dataclass(frozen=True, slots=True)
class MatterMapping:
    """Which matter clues of a model belong to, for a department (all where none is named), from a day to a day."""

    id: int
    model: str
    department: str
    code: str
    name: str | None
    valid_from: date
    valid_to: date | None
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class MatterShown:
    """A matter as it stands on a clue: its code, and its name in the list of that day; no name where that list has it not."""

    code: str
    name: str | None
    version_id: int | None
    day: date


def parse(path: Path) -> tuple[tuple[dict[str, str], ...], tuple[MatterFault, ...]]:
    """Rows of a CSV or XLSX file by our names, and what is wrong with them. ``matter_columns``, ``matter_empty``, ``matter_many`` and those of readers."""
    most = int(read_toml("matters.toml")["limits"]["rows"])
    seen = scan(path)
    reader = open_reader(path, FieldMapping(), seen)
    chosen = headings(reader.columns or ())
    rows, broken = [], []
    for raw in reader:
        if raw.problem is not None:
            broken.append(MatterFault(raw.number, "", raw.problem.code, raw.problem.text("zh"), raw.problem.text("en")))
        rows.append({name: raw.values.get(heading) for name, heading in chosen.items()})
        if len(rows) > most:
            raise InvalidInputError("matter_many", limit=most)
    if not rows:
        raise InvalidInputError("matter_empty")
    good, wrong = read(rows)
    return good, (*broken, *wrong)


def take_in(
    conn: Connection, rows: Iterable[Mapping[str, str]], *, valid_from: date, source: str, reason: str, actor: str, now: datetime
) -> MatterVersion:
    """Put a list that was read without a fault in the store as a version. ``matter_version_known``, ``matter_reason``, ``matter_empty``."""
    kept = sorted(({one.name: row[one.name] for one in columns()} for row in rows), key=lambda row: row["code"])
    if not kept:
        raise InvalidInputError("matter_empty")
    if not reason.strip():
        raise InvalidInputError("matter_reason")
    v, mark = t.matter_versions.c, str(digest([valid_from.isoformat(), kept]))
    known = conn.scalar(select(v.id).where(v.digest == mark))
    if known is not None:
        raise ConflictError("matter_version_known", id=known)
    values = {"valid_from": valid_from, "source": source[:400], "digest": mark, "rows": len(kept), "reason": reason.strip(), "actor": actor}
    number = int(conn.execute(insert(t.matter_versions).values(**values, at=now).returning(v.id)).scalar_one())
    insert_rows(conn, t.matters, [{**row, "version_id": number} for row in kept])
    said = {"valid_from": valid_from.isoformat(), "rows": len(kept), "source": source[:200], "reason": reason.strip(), "digest": mark}
    auditing.record(conn, actor, "matters.import", f"matter_version:{number}", said, now)
    return next(one for one in versions(conn, _today(now)) if one.id == number)


def first_fault(faults: Iterable[MatterFault]) -> InvalidInputError:
    """The refusal of a list for its first row at fault (``matter_row``)."""
    one = next(iter(faults))
    return InvalidInputError("matter_row", row=one.row, problem=Told(one.zh, one.en))


def versions(conn: Connection, day: date) -> tuple[MatterVersion, ...]:
    """All lists, the one that begins last first."""
    v, holding = t.matter_versions.c, version_on(conn, day)
    rows = conn.execute(select(t.matter_versions).order_by(v.valid_from.desc(), v.id.desc()))
    return tuple(MatterVersion(r.id, r.valid_from, r.source, r.rows, r.reason, r.actor, r.at, r.id == holding) for r in rows)


def version_on(conn: Connection, day: date) -> int | None:
    """The list in force on a day: of those that have begun the last, and of one day the one taken in last."""
    v = t.matter_versions.c
    return conn.scalar(select(v.id).where(v.valid_from <= day).order_by(v.valid_from.desc(), v.id.desc()).limit(1))


def list_matters(
    conn: Connection, version_id: int | None, day: date, *, text: str | None = None, limit: int = 50, cursor: str | None = None
) -> Page[MatterRow]:
    """Matters of a list, or of the one in force on a day, by code. ``matter_version_not_found``; an empty page where no list has begun."""
    m, v = t.matters.c, t.matter_versions.c
    if version_id is not None and conn.scalar(select(v.id).where(v.id == version_id)) is None:
        raise NotFoundError("matter_version_not_found", id=version_id)
    query = select(t.matters).where(m.version_id == (version_id if version_id is not None else version_on(conn, day) or 0))
    if text and text.strip():
        wanted = text.strip()
        query = query.where(or_(m.code.startswith(wanted, autoescape=True), m.name.contains(wanted, autoescape=True)))
    if cursor:
        query = query.where(m.id > unpack_id(cursor))
    return page_by_id(conn, query.order_by(m.id), limit, lambda row: MatterRow(**row._mapping))


def as_csv(conn: Connection, version_id: int | None) -> str:
    """A list as the file it can come back as; without a version, the headings alone: the template. ``matter_version_not_found``."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow([one.names[0] for one in columns()])
    cursor = None
    while version_id is not None:
        page = list_matters(conn, version_id, date.min, limit=500, cursor=cursor)
        rows.writerows([cell(asdict(one)[column.name]) for column in columns()] for one in page.items)
        cursor = page.cursor
        if cursor is None:
            break
    return "\ufeff" + out.getvalue()


def map_model(
    conn: Connection, model: str, code: str, *, department: str = "", valid_from: date, reason: str, actor: str, now: datetime
) -> MatterMapping:
    """From a day on clues of a model belong to a matter; what held before ends the day before.

    ``matter_model``, ``matter_unknown``, ``matter_mapping_later``, ``matter_reason``, ``grant_wrong``.
    """
    key = base_model(model)
    if spec_of(key) is None:
        raise InvalidInputError("matter_model", model=model[:80])
    if not reason.strip():
        raise InvalidInputError("matter_reason")
    grants_of([("", department)])
    if _named(conn, code, valid_from).name is None:
        raise InvalidInputError("matter_unknown", matter=code[:20])
    c = t.matter_mappings.c
    before = conn.execute(
        select(t.matter_mappings).where(c.model == key, c.department == department).order_by(c.valid_from.desc()).limit(1)
    ).one_or_none()
    if before is not None and before.valid_from >= valid_from:
        raise ConflictError("matter_mapping_later", day=before.valid_from.isoformat())
    if before is not None and (before.valid_to is None or before.valid_to >= valid_from):
        conn.execute(update(t.matter_mappings).where(c.id == before.id).values(valid_to=valid_from - timedelta(days=1), ended_by=actor))
    values = {
        "model": key,
        "department": department,
        "code": code,
        "valid_from": valid_from,
        "actor": actor,
        "reason": reason.strip(),
        "at": now,
    }
    number = int(conn.execute(insert(t.matter_mappings).values(values).returning(c.id)).scalar_one())
    said = {name: str(value) for name, value in values.items() if name != "at"}
    auditing.record(conn, actor, "matters.map", f"matter_mapping:{number}", said, now)
    return _mapping(conn, number)


def end_mapping(conn: Connection, mapping_id: int, last: date, *, reason: str, actor: str, now: datetime) -> MatterMapping:
    """Let a mapping end with a day; it stays for the clues of its days. ``matter_mapping_not_found``, ``matter_mapping_ended``, ``matter_reason``."""
    found = _mapping(conn, mapping_id)
    if not reason.strip():
        raise InvalidInputError("matter_reason")
    if found.valid_to is not None:
        raise ConflictError("matter_mapping_ended", id=mapping_id)
    last = max(last, found.valid_from)
    conn.execute(update(t.matter_mappings).where(t.matter_mappings.c.id == mapping_id).values(valid_to=last, ended_by=actor))
    said = {"valid_to": last.isoformat(), "reason": reason.strip()}
    auditing.record(conn, actor, "matters.unmap", f"matter_mapping:{mapping_id}", said, now)
    return _mapping(conn, mapping_id)


def mappings(conn: Connection) -> tuple[MatterMapping, ...]:
    """All mappings, by model and department, the newest first; the name is that of the mapping's first day."""
    c = t.matter_mappings.c
    rows = conn.execute(select(t.matter_mappings).order_by(c.model, c.department, c.valid_from.desc()))
    return tuple(_view(conn, row) for row in rows)


def matter_of(conn: Connection, model: str, department: str, day: date) -> MatterShown | None:
    """The matter of a clue of a model on a day: what is said for its department, else what is said for all; nothing where nobody has said it."""
    c = t.matter_mappings.c
    query = select(c.code).where(c.model == base_model(model), c.department.in_((department, "")), c.valid_from <= day)
    query = query.where(or_(c.valid_to.is_(None), c.valid_to >= day)).order_by(c.department.desc(), c.valid_from.desc())
    code = conn.scalar(query.limit(1))
    return None if code is None else _named(conn, str(code), day)


def matters_of_alert(conn: Connection, alert_id: int) -> tuple[MatterShown, ...]:
    """The matters of an alert on the day it was raised, by the departments of the offices that have a task of it."""
    a, c, o = t.alerts.c, t.tasks.c, t.offices.c
    alert = conn.execute(select(a.model, a.opened_at).where(a.id == alert_id)).one_or_none()
    if alert is None:
        return ()
    named = select(o.department).join_from(t.tasks, t.offices, o.code == c.office_code)
    departments = list(conn.scalars(named.where(or_(c.alert_id == alert_id, c.about_alert_id == alert_id)).distinct())) or [""]
    found = (matter_of(conn, alert.model, one, alert.opened_at.astimezone(SHANGHAI).date()) for one in sorted(departments))
    return tuple({one.code: one for one in found if one is not None}.values())


def matter_of_task(conn: Connection, task_id: int) -> MatterShown | None:
    """The matter of a task for its office's department on the day it was issued."""
    a, c, o = t.alerts.c, t.tasks.c, t.offices.c
    query = select(func.coalesce(c.model, a.model).label("model"), c.issued_at, o.department)
    query = query.join_from(t.tasks, t.offices, o.code == c.office_code, isouter=True).join(t.alerts, a.id == c.alert_id, isouter=True)
    row = conn.execute(query.where(c.id == task_id)).one_or_none()
    if row is None or row.model is None:
        return None
    return matter_of(conn, row.model, row.department or "", row.issued_at.astimezone(SHANGHAI).date())


def _named(conn: Connection, code: str, day: date) -> MatterShown:
    m, version = t.matters.c, version_on(conn, day)
    name = conn.scalar(select(m.name).where(m.version_id == (version or 0), m.code == code))
    return MatterShown(code, name, version, day)


def _mapping(conn: Connection, mapping_id: int) -> MatterMapping:
    rows = select_in(conn, select(t.matter_mappings), t.matter_mappings.c.id, [mapping_id])
    if not rows:
        raise NotFoundError("matter_mapping_not_found", id=mapping_id)
    return _view(conn, rows[0])


def _view(conn: Connection, row: Row[Any]) -> MatterMapping:
    name = _named(conn, row.code, row.valid_from).name
    return MatterMapping(row.id, row.model, row.department, row.code, name, row.valid_from, row.valid_to, row.actor, row.reason, row.at)


def _today(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()
