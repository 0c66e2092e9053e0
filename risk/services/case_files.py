"""Case files of events (重点事件跟踪): opened by a lead office, joined by others, written in over their whole life, eased, closed, reopened.

Nothing is overwritten: a change of particulars or state is an entry with who, when and why; what people wrote is corrected by another entry. A file lies
inside a scope when its lead office or an office that takes part does. Its head belongs to the lead office, its pages to all who take part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, String, cast, func, insert, or_, select, true, update

from risk.domain import casefiles, regions
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.casefiles import State
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.money import fen_of
from risk.domain.routing import base_model
from risk.scoring.keys import spec_of
from risk.scoring.keys import title as model_title
from risk.services import auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked
from risk.services.places import code_of, stem_of
from risk.services.scoping import office_code_inside
from risk.services.task_changes import department_of
from risk.storage import tables as t
from risk.storage.engine import serialise

_LOCK = 21  # of serialise: two files opened at once take two numbers

register(
    {
        "case_file_not_found": ("没有编号为 {id} 的重点事件", "no case file with the number {id}"),
        "case_file_title": ("须填写标题（不超过 200 字）", "a title is needed, of 200 characters at most"),
        "case_file_model": ("没有这个领域（模型）：{model}", "no such field (model): {model}"),
        "case_file_owner": ("须写明负责人", "name who is responsible"),
        "case_file_places": ("须给出至少一个、至多 {most} 个地区", "name at least one place and at most {most}"),
        "case_file_cause": ("立卷须写明起因", "a file is opened with its cause"),
        "case_file_reason": ("须说明理由", "give the reason"),
        "case_file_nothing": ("没有要修改的内容", "nothing would change"),
        "case_file_stale": ("卷宗已被他人修改，请刷新后再试", "somebody else was faster: look at the file again"),
        "case_file_closed": ("重点事件已结卷，须先重新启卷", "the case file is closed: reopen it first"),
        "case_file_no_result": ("结卷前须登记“结果”", "enter the result before the file is closed"),
        "case_file_joined": ("单位 {office} 已在参与", "the office {office} takes part already"),
        "case_file_not_joined": ("单位 {office} 没有参与", "the office {office} does not take part"),
        "case_file_kind": ("没有这类登记：{kind}", "no such kind of entry: {kind}"),
        "case_file_text": ("须填写内容（不超过 {most} 字）", "a text is needed, of {most} characters at most"),
        "case_file_later": ("发生时间不能晚于现在", "it cannot have happened later than now"),
        "case_file_amount": ("金额应为不带符号的元：{amount}", "an amount is in yuan, without a sign: {amount}"),
        "case_file_due": ("只有措施才有完成期限", "only a measure is due on a day"),
        "case_entry_not_found": ("没有编号为 {id} 的登记", "no entry with the number {id}"),
        "case_entry_corrected": ("登记 {id} 已被更正", "the entry {id} was corrected already"),
    }
)


@dataclass(frozen=True, slots=True)
class CaseFileRow:
    """A file as lists show it. ``lead``: whether its head is for whoever asks to change."""

    id: int
    number: str
    title: str
    model: str
    model_zh: str
    model_en: str
    level: str
    level_zh: str
    level_en: str
    state: str
    places: tuple[str, ...]
    places_zh: tuple[str, ...]
    places_en: tuple[str, ...]
    lead_office: str
    lead_office_zh: str
    lead_office_en: str
    owner: str
    opened_at: datetime
    changed_at: datetime
    closed_at: datetime | None
    created_by: str
    version: int
    lead: bool


@dataclass(frozen=True, slots=True)
class JoinedOffice:
    """An office that takes part, or took part."""

    office: str
    zh: str
    en: str
    joined_by: str
    joined_at: datetime
    reason: str
    left_by: str | None
    left_at: datetime | None
    left_reason: str | None


@dataclass(frozen=True, slots=True)
class CaseFileView:
    """A file with its offices, which aspects are written, and the steps that can follow."""

    file: CaseFileRow
    offices: tuple[JoinedOffice, ...]
    aspects: dict[str, int]
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFileFilter:
    """What to list; ``active``: not closed."""

    state: str | None = None
    active: bool = False
    model: str | None = None
    level: str | None = None
    region: str | None = None
    office: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a person writes in a file. ``amount``: money involved in yuan; ``due_on``: of a measure; ``supersedes``: the entry that this one corrects."""

    kind: str
    text: str
    at: datetime | None = None
    amount: str | None = None
    due_on: date | None = None
    supersedes: int | None = None


def create(
    conn: Connection,
    *,
    title: str,
    model: str,
    level: str,
    places: Sequence[str],
    lead_office: str,
    owner: str,
    cause: str,
    actor: str,
    now: datetime,
    offices: Sequence[str] = (),
    at: datetime | None = None,
) -> int:
    """Open a file with its cause; returns its row's number.

    ``case_file_title``, ``case_file_model``, ``case_file_level``, ``case_file_places``, ``case_file_owner``, ``case_file_cause``, ``region_not_known``,
    ``office_not_found``.
    """
    department_of(conn, lead_office)
    if not cause.strip():
        raise InvalidInputError("case_file_cause")
    head = {**_head({"title": title, "level": level, "places": places, "owner": owner}), "model": _model(model)}
    serialise(conn, _LOCK)
    values = {
        **head,
        "number": _number(conn, lead_office, now),
        "state": State.OPENED.value,
        "lead_office": lead_office,
        "opened_at": now,
        "changed_at": now,
        "created_by": actor,
        "version": 1,
    }
    number = int(conn.execute(insert(t.case_files).values(values).returning(t.case_files.c.id)).scalar_one())
    _event(conn, number, "create", head["title"], actor, lead_office, {"level": level, "places": head["places"]}, now)
    entry = Written("cause", cause, at)
    _write(conn, number, entry, actor=actor, office=lead_office, now=now)
    for office in dict.fromkeys(offices):
        if office != lead_office:
            _join(conn, number, office, actor, head["title"], now)
    auditing.record(conn, actor, "case_file.create", f"case_file:{number}", {"number": values["number"], "lead": lead_office}, now)
    return number


def change(
    conn: Connection,
    case_file_id: int,
    given: Mapping[str, Any],
    *,
    reason: str,
    actor: str,
    now: datetime,
    version: int | None = None,
    scope: Scope = EVERYWHERE,
) -> None:
    """Change title, level, places or owner; what was before stands in the entry. ``case_file_nothing``, ``case_file_stale`` and those of :func:`create`."""
    row = owned(conn, case_file_id, scope)
    _reason(reason)
    head = _head({**{name: getattr(row, name) for name in ("title", "level", "places", "owner")}, **given})
    differs = {name: value for name, value in head.items() if value != getattr(row, name)}
    if not differs:
        raise ConflictError("case_file_nothing")
    _move(conn, row, differs, version, now)
    said = {"before": {name: getattr(row, name) for name in differs}, "after": differs}
    _event(conn, case_file_id, "change", reason.strip(), actor, row.lead_office, said, now)
    auditing.record(conn, actor, "case_file.change", f"case_file:{case_file_id}", {**said, "reason": reason.strip()}, now)


def step(
    conn: Connection,
    case_file_id: int,
    by: str,
    *,
    reason: str,
    actor: str,
    now: datetime,
    version: int | None = None,
    scope: Scope = EVERYWHERE,
) -> None:
    """Move a file on. ``case_file_step``, ``case_file_reason``, ``case_file_stale``, ``case_file_no_result``."""
    row = owned(conn, case_file_id, scope)
    _reason(reason)
    to = casefiles.after(row.state, by)
    if to is State.CLOSED and not _standing(conn, case_file_id).get("result"):
        raise ConflictError("case_file_no_result")
    _move(conn, row, {"state": to.value, "closed_at": now if to is State.CLOSED else None}, version, now)
    said = {"step": by, "from": row.state, "to": to.value}
    _event(conn, case_file_id, "state", reason.strip(), actor, row.lead_office, said, now)
    auditing.record(conn, actor, f"case_file.{by}", f"case_file:{case_file_id}", {**said, "reason": reason.strip()}, now)


def join(conn: Connection, case_file_id: int, office: str, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Let an office take part: it sees the file from now on. ``case_file_joined``, ``case_file_closed``, ``office_not_found``."""
    row = owned(conn, case_file_id, scope)
    _reason(reason)
    still_open(row)
    if office == row.lead_office:
        raise ConflictError("case_file_joined", office=office)
    _join(conn, case_file_id, office, actor, reason.strip(), now)
    _move(conn, row, {}, None, now)
    auditing.record(conn, actor, "case_file.join", f"case_file:{case_file_id}", {"office": office, "reason": reason.strip()}, now)


def leave(conn: Connection, case_file_id: int, office: str, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """An office takes part no longer, and does not see the file any more; what it wrote and linked stays. ``case_file_not_joined``."""
    row = owned(conn, case_file_id, scope)
    _reason(reason)
    o = t.case_file_offices.c
    values = {"open_key": None, "left_by": actor, "left_at": now, "left_reason": reason.strip()}
    gone = conn.execute(update(t.case_file_offices).where(o.open_key == f"{case_file_id}:{office}").values(values))
    if gone.rowcount != 1:
        raise ConflictError("case_file_not_joined", office=office[:60])
    _event(conn, case_file_id, "leave", reason.strip(), actor, office, {"office": office}, now)
    _move(conn, row, {}, None, now)
    auditing.record(conn, actor, "case_file.leave", f"case_file:{case_file_id}", {"office": office, "reason": reason.strip()}, now)


def write(
    conn: Connection, case_file_id: int, entry: Written, *, actor: str, now: datetime, office: str | None = None, scope: Scope = EVERYWHERE
) -> int:
    """Write in an open file; returns the entry's number.

    ``case_file_kind``, ``case_file_text``, ``case_file_later``, ``case_file_amount``, ``case_file_due``, ``case_file_closed``, ``case_entry_not_found``,
    ``case_entry_corrected``.
    """
    row = require(conn, case_file_id, scope)
    still_open(row)
    number = _write(conn, case_file_id, entry, actor=actor, office=office, now=now)
    _move(conn, row, {}, None, now)
    said = {"entry": number, "kind": entry.kind, "supersedes": entry.supersedes}
    auditing.record(conn, actor, "case_file.write", f"case_file:{case_file_id}", said, now)
    return number


def list_files(
    conn: Connection, filters: CaseFileFilter, *, limit: int = 50, cursor: str | None = None, scope: Scope = EVERYWHERE
) -> Page[CaseFileRow]:
    """Files inside the scope, the newest opened first."""
    c = t.case_files.c
    query = _query(scope).where(case_files_inside(scope), *_conditions(filters))
    if cursor:
        query = query.where(c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(c.id.desc()), limit, _row)


def show(conn: Connection, case_file_id: int, *, scope: Scope = EVERYWHERE) -> CaseFileView:
    """One file; ``case_file_not_found``."""
    require(conn, case_file_id, scope)
    row = conn.execute(_query(scope).where(t.case_files.c.id == case_file_id)).one()
    o, f = t.case_file_offices.c, t.offices.c
    query = select(t.case_file_offices, f.name_zh, f.name_en).join(t.offices, f.code == o.office_code, isouter=True)
    offices = tuple(
        JoinedOffice(
            one.office_code, one.name_zh or one.office_code, one.name_en or one.office_code, one.joined_by, one.joined_at, one.reason,
            one.left_by, one.left_at, one.left_reason,
        )
        for one in conn.execute(query.where(o.case_file_id == case_file_id).order_by(o.id))
    )  # fmt: skip
    found = _row(row)
    may = casefiles.steps_from(found.state) if found.lead else ()
    return CaseFileView(found, offices, _standing(conn, case_file_id), may)


def case_files_inside(scope: Scope) -> ColumnElement[bool]:
    """Rows of ``case_files``: those led by an office inside, or that an office inside takes part in."""
    if scope.whole:
        return true()
    o = t.case_file_offices.c
    part = select(o.case_file_id).where(o.open_key.is_not(None), office_code_inside(scope, o.office_code))
    return or_(office_code_inside(scope, t.case_files.c.lead_office), t.case_files.c.id.in_(part))


def require(conn: Connection, case_file_id: int, scope: Scope) -> Row[Any]:
    """The row of a file inside; ``case_file_not_found`` for one outside, the same as for one that does not exist."""
    row = conn.execute(select(t.case_files).where(t.case_files.c.id == case_file_id, case_files_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("case_file_not_found", id=case_file_id)
    return row


def owned(conn: Connection, case_file_id: int, scope: Scope) -> Row[Any]:
    """The row of a file whose lead office lies inside; ``case_file_not_found``."""
    c = t.case_files.c
    row = conn.execute(select(t.case_files).where(c.id == case_file_id, office_code_inside(scope, c.lead_office))).one_or_none()
    if row is None:
        raise NotFoundError("case_file_not_found", id=case_file_id)
    return row


def still_open(row: Row[Any]) -> None:
    """``case_file_closed`` for a closed one: what is closed is reopened first."""
    if row.state == State.CLOSED.value:
        raise ConflictError("case_file_closed")


def touch(conn: Connection, row: Row[Any], now: datetime) -> None:
    """Mark that something in the file changed."""
    _move(conn, row, {}, None, now)


def _conditions(filters: CaseFileFilter) -> list[ColumnElement[bool]]:
    c, found = t.case_files.c, []
    if filters.state:
        found.append(c.state == filters.state)
    if filters.active:
        found.append(c.state != State.CLOSED.value)
    if filters.model:
        found.append(c.model == base_model(filters.model))
    if filters.level:
        found.append(c.level == filters.level)
    if filters.office:
        o = t.case_file_offices.c
        part = select(o.case_file_id).where(o.open_key.is_not(None), o.office_code == filters.office)
        found.append(or_(c.lead_office == filters.office, c.id.in_(part)))
    if filters.text and filters.text.strip():
        wanted = filters.text.strip()
        found.append(or_(c.title.contains(wanted, autoescape=True), c.number == wanted))
    if filters.region:
        found.append(_at(stem_of(code_of(filters.region))))
    return found


def _at(stem: str) -> ColumnElement[bool]:
    """Files with a place inside: the list of codes is a JSON text of our own writing, in which a code stands behind a quotation mark."""
    return cast(t.case_files.c.places, String).contains(f'"{stem}', autoescape=True)


def _head(given: Mapping[str, Any]) -> dict[str, Any]:
    title, owner = str(given["title"]).strip(), str(given["owner"]).strip()
    if not title or len(title) > 200:
        raise InvalidInputError("case_file_title")
    if not owner:
        raise InvalidInputError("case_file_owner")
    most = casefiles.limits()["places"]
    places = list(dict.fromkeys(code_of(place) for place in given["places"]))
    if not places or len(places) > most:
        raise InvalidInputError("case_file_places", most=most)
    return {"title": title, "level": casefiles.checked_level(str(given["level"])), "places": places, "owner": owner[:120]}


def _model(model: str) -> str:
    key = base_model(model)
    if spec_of(key) is None:
        raise InvalidInputError("case_file_model", model=model[:80])
    return key


def _number(conn: Connection, office: str, now: datetime) -> str:
    c, year = t.case_files.c, now.astimezone(SHANGHAI).year
    there = conn.scalar(select(func.count()).where(c.lead_office == office, c.number.startswith(f"{year}-", autoescape=True)))
    return f"{year}-{int(there or 0) + 1:03d}"


def _join(conn: Connection, case_file_id: int, office: str, actor: str, reason: str, now: datetime) -> None:
    department_of(conn, office)
    o, key = t.case_file_offices.c, f"{case_file_id}:{office}"
    if conn.scalar(select(o.id).where(o.open_key == key)) is not None:
        raise ConflictError("case_file_joined", office=office)
    row = {"case_file_id": case_file_id, "office_code": office, "open_key": key, "joined_by": actor, "joined_at": now, "reason": reason}
    conn.execute(insert(t.case_file_offices).values(row))
    _event(conn, case_file_id, "join", reason, actor, office, {"office": office}, now)


def _write(conn: Connection, case_file_id: int, entry: Written, *, actor: str, office: str | None, now: datetime) -> int:
    most = casefiles.limits()["text"]
    if entry.kind not in casefiles.WRITTEN:
        raise InvalidInputError("case_file_kind", kind=entry.kind[:40])
    if not entry.text.strip() or len(entry.text) > most:
        raise InvalidInputError("case_file_text", most=most)
    if entry.at is not None and entry.at > now:
        raise InvalidInputError("case_file_later")
    if entry.due_on is not None and entry.kind != "measure":
        raise InvalidInputError("case_file_due")
    if entry.supersedes is not None:
        _replaceable(conn, case_file_id, entry.supersedes)
    row = {
        "case_file_id": case_file_id,
        "kind": entry.kind,
        "text": entry.text.strip(),
        "at": entry.at or now,
        "recorded_at": now,
        "actor": actor,
        "office_code": office,
        "amount_fen": _amount(entry.amount),
        "due_on": entry.due_on,
        "detail": {},
        "supersedes": entry.supersedes,
    }
    return int(conn.execute(insert(t.case_file_entries).values(row).returning(t.case_file_entries.c.id)).scalar_one())


def _replaceable(conn: Connection, case_file_id: int, entry_id: int) -> None:
    """``case_entry_not_found`` for what nobody wrote in this file, ``case_entry_corrected`` for what has been corrected."""
    e = t.case_file_entries.c
    there = select(e.id).where(e.id == entry_id, e.case_file_id == case_file_id, e.kind.in_(casefiles.WRITTEN))
    if conn.scalar(there) is None:
        raise NotFoundError("case_entry_not_found", id=entry_id)
    if conn.scalar(select(e.id).where(e.supersedes == entry_id)) is not None:
        raise ConflictError("case_entry_corrected", id=entry_id)


def _amount(given: str | None) -> int | None:
    if given is None or not given.strip():
        return None
    try:
        return fen_of(given)
    except ValueError:
        raise InvalidInputError("case_file_amount", amount=given[:40]) from None


def _standing(conn: Connection, case_file_id: int) -> dict[str, int]:
    """How many entries of each aspect stand, corrected ones not counted."""
    e, newer = t.case_file_entries.c, t.case_file_entries.alias("newer")
    query = select(e.kind, func.count()).where(e.case_file_id == case_file_id, e.kind.in_(casefiles.ASPECTS))
    query = query.where(~select(1).where(newer.c.supersedes == e.id).correlate(t.case_file_entries).exists())
    found = {str(kind): int(n) for kind, n in conn.execute(query.group_by(e.kind))}
    return {aspect: found.get(aspect, 0) for aspect in casefiles.ASPECTS}


def _event(
    conn: Connection, case_file_id: int, kind: str, text: str, actor: str, office: str | None, detail: dict[str, Any], now: datetime
) -> None:
    row = {"case_file_id": case_file_id, "kind": kind, "text": text, "at": now, "recorded_at": now, "actor": actor}
    conn.execute(insert(t.case_file_entries).values(**row, office_code=office, detail=detail))


def _move(conn: Connection, row: Row[Any], values: Mapping[str, Any], version: int | None, now: datetime) -> None:
    c = t.case_files.c
    if version is not None and version != row.version:
        raise ConflictError("case_file_stale")
    changed = {**values, "changed_at": now, "version": row.version + 1}
    if conn.execute(update(t.case_files).where(c.id == row.id, c.version == row.version).values(changed)).rowcount != 1:
        raise ConflictError("case_file_stale")


def _reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInputError("case_file_reason")


def _query(scope: Scope) -> Any:
    c, o = t.case_files.c, t.offices.c
    lead = office_code_inside(scope, c.lead_office)
    return select(t.case_files, o.name_zh, o.name_en, lead.label("lead")).join(t.offices, o.code == c.lead_office, isouter=True)


def _row(row: Row[Any]) -> CaseFileRow:
    level = casefiles.levels()[row.level]
    return CaseFileRow(
        id=row.id,
        number=row.number,
        title=masked(row.title),
        model=row.model,
        model_zh=model_title(row.model, "zh"),
        model_en=model_title(row.model, "en"),
        level=row.level,
        level_zh=level.zh,
        level_en=level.en,
        state=row.state,
        places=tuple(row.places),
        places_zh=tuple(regions.name(code, "zh", full=True) for code in row.places),
        places_en=tuple(regions.name(code, "en", full=True) for code in row.places),
        lead_office=row.lead_office,
        lead_office_zh=row.name_zh or row.lead_office,
        lead_office_en=row.name_en or row.lead_office,
        owner=row.owner,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        closed_at=row.closed_at,
        created_by=row.created_by,
        version=row.version,
        lead=bool(row.lead),
    )
