"""What a case file gathers: linked, taken out and declined on the record; what hangs on it (tasks, verdicts, acts of linked alerts) comes by itself.

A link is told to those who may see its object. To the others who take part it is a number, *n more outside your scope*: that something of another office is in
the file they share, never what. The numbers of a file are counted over what is told.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from risk.domain import casefiles
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.tasks import ENDED
from risk.services import auditing, case_files
from risk.services.bulk import insert_rows, select_in
from risk.services.case_file_words import Thing, newest, things
from risk.storage import tables as t

OBJECTS = (*casefiles.LINKED, "complaint", "open_task")
"""What can be listed of a file: by kind; complaints are signals of the kind *report*, open tasks those that have not ended."""

OFFERED = 100

register(
    {
        "case_file_unknown": ("以下编号不存在或不在权限范围内：{ids}", "these numbers do not exist: {ids}"),
        "case_file_full": ("一个卷宗最多关联 {most} 个对象", "a file holds {most} objects at most"),
        "case_link_not_found": ("没有编号为 {id} 的关联", "no link with the number {id}"),
        "case_link_removed": ("关联 {id} 已移除", "the link {id} was taken out already"),
        "case_not_offered": ("预警 {id} 不在待确认的新预警中", "the alert {id} is not among those that are offered"),
    }
)


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking did: how many are new, how many were there."""

    added: int
    known: int


@dataclass(frozen=True, slots=True)
class ObjectRow:
    """A thing of a file. ``link``: the number of its link; nothing for what hangs on a linked thing, named by ``via``."""

    thing: Thing
    link: int | None
    via: str | None
    note: str | None
    added_by: str | None
    added_at: datetime | None


@dataclass(frozen=True, slots=True)
class Objects:
    """The things of one kind, the newest first; ``outside``: links of any kind that lie outside the scope."""

    items: tuple[ObjectRow, ...]
    outside: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a file holds as known at a moment, inside a scope: kind → number → the thing; ``links`` by kind and number; ``via`` for what hangs on them."""

    found: dict[str, dict[int, Thing]]
    links: dict[tuple[str, int], Row[Any]]
    via: dict[tuple[str, int], str]
    outside: int

    def ids(self, kind: str) -> list[int]:
        """The numbers of a kind."""
        return list(self.found.get(kind, {}))


def link(
    conn: Connection,
    case_file_id: int,
    kind: str,
    ids: Sequence[int],
    *,
    note: str | None = None,
    actor: str,
    now: datetime,
    scope: Scope = EVERYWHERE,
) -> Linked:
    """Take things in that lie inside the scope; what is linked already stays as it is.

    ``case_file_closed``, ``case_file_what``, ``case_file_unknown``, ``case_file_full``.
    """
    row = case_files.require(conn, case_file_id, scope)
    case_files.still_open(row)
    wanted = sorted(set(ids))
    found = things(conn, kind, wanted, scope=scope)
    missing = [one for one in wanted if one not in found]
    if missing or not wanted:
        raise NotFoundError("case_file_unknown", ids=", ".join(map(str, missing[:20])) or "-")
    c = t.case_file_links.c
    open_keys = set(conn.scalars(select(c.open_key).where(c.case_file_id == case_file_id, c.state == "linked")))
    new = [one for one in wanted if f"{case_file_id}:{kind}:{one}" not in open_keys]
    most = casefiles.limits()["links"]
    if len(open_keys) + len(new) > most:
        raise InvalidInputError("case_file_full", most=most)
    insert_rows(conn, t.case_file_links, [_link(case_file_id, kind, one, "linked", note, actor, now) for one in new])
    if new:
        case_files.touch(conn, row, now)
        said = {"kind": kind, "ids": new, "note": (note or "").strip() or None}
        auditing.record(conn, actor, "case_file.link", f"case_file:{case_file_id}", said, now)
    return Linked(len(new), len(wanted) - len(new))


def unlink(conn: Connection, case_file_id: int, link_id: int, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Take a thing out that one may see; the link stays on the record. ``case_link_not_found``, ``case_link_removed``, ``case_file_reason``."""
    row = case_files.require(conn, case_file_id, scope)
    case_files.still_open(row)
    if not reason.strip():
        raise InvalidInputError("case_file_reason")
    c = t.case_file_links.c
    one = conn.execute(
        select(t.case_file_links).where(c.id == link_id, c.case_file_id == case_file_id, c.state != "declined")
    ).one_or_none()
    if one is None or not things(conn, one.kind, [_number(one)], scope=scope):
        raise NotFoundError("case_link_not_found", id=link_id)
    if one.state == "removed":
        raise ConflictError("case_link_removed", id=link_id)
    values = {"state": "removed", "open_key": None, "removed_by": actor, "removed_at": now, "removed_reason": reason.strip()}
    conn.execute(update(t.case_file_links).where(c.id == link_id).values(values))
    case_files.touch(conn, row, now)
    said = {"link": link_id, "kind": one.kind, "id": _number(one), "reason": reason.strip()}
    auditing.record(conn, actor, "case_file.unlink", f"case_file:{case_file_id}", said, now)


def offers(conn: Connection, case_file_id: int, *, scope: Scope = EVERYWHERE) -> tuple[Thing, ...]:
    """Alerts of linked subjects that are not in the file and that nobody has declined or taken out: offered, never added by themselves."""
    case_files.require(conn, case_file_id, scope)
    c, a = t.case_file_links.c, t.alerts.c
    mine = select(t.case_file_links).where(c.case_file_id == case_file_id)
    rows = conn.execute(mine).all()
    subjects = things(conn, "subject", [one.subject_id for one in rows if one.kind == "subject" and one.state == "linked"], scope=scope)
    decided = {one.alert_id for one in rows if one.kind == "alert"}
    query = select(a.id).where(a.subject_id.is_not(None))
    there = [row.id for row in select_in(conn, query, a.subject_id, subjects) if row.id not in decided]
    return tuple(newest(things(conn, "alert", sorted(there)[-OFFERED:], scope=scope).values()))


def decline(
    conn: Connection, case_file_id: int, alert_id: int, *, reason: str, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> None:
    """Say that an offered alert does not belong here; it is not offered again. ``case_not_offered``, ``case_file_reason``."""
    row = case_files.require(conn, case_file_id, scope)
    case_files.still_open(row)
    if not reason.strip():
        raise InvalidInputError("case_file_reason")
    if alert_id not in {one.id for one in offers(conn, case_file_id, scope=scope)}:
        raise NotFoundError("case_not_offered", id=alert_id)
    insert_rows(conn, t.case_file_links, [_link(case_file_id, "alert", alert_id, "declined", reason, actor, now)])
    case_files.touch(conn, row, now)
    said = {"alert": alert_id, "reason": reason.strip()}
    auditing.record(conn, actor, "case_file.decline", f"case_file:{case_file_id}", said, now)


def objects(conn: Connection, case_file_id: int, kind: str, known: datetime, *, scope: Scope = EVERYWHERE) -> Objects:
    """The things of a kind of ``OBJECTS`` in a file. ``case_file_not_found``, ``case_file_what``."""
    case_files.require(conn, case_file_id, scope)
    if kind not in OBJECTS:
        raise InvalidInputError("case_file_what", kind=kind[:40])
    held = gathered(conn, case_file_id, known, scope=scope)
    rows = []
    for thing in newest(of_kind(conn, held, kind, scope)):
        one = held.links.get((thing.kind, thing.id))
        said = (
            (one.id, None, one.note, one.added_by, one.added_at) if one else (None, held.via.get((thing.kind, thing.id)), None, None, None)
        )
        rows.append(ObjectRow(thing, *said))
    return Objects(tuple(rows), held.outside)


def of_kind(conn: Connection, held: Gathered, kind: str, scope: Scope) -> list[Thing]:
    """The things of a kind of ``OBJECTS``."""
    if kind == "open_task":
        ended = {state.value for state in ENDED}
        return [one for one in held.found["task"].values() if one.state not in ended]
    if kind == "complaint":
        e, a, s = t.alert_evidence.c, t.assessments.c, t.signals.c
        query = (
            select(s.id, e.alert_id)
            .join_from(t.alert_evidence, t.assessments, a.id == e.assessment_id)
            .join(t.signals, s.id == a.signal_id)
        )
        behind = {row.id: row.alert_id for row in select_in(conn, query.where(s.kind == "report"), e.alert_id, held.ids("alert"))}
        for number, alert in behind.items():
            held.via.setdefault(("signal", number), f"alert:{alert}")
        every = held.found["signal"] | things(conn, "signal", list(behind), scope=scope)
        return [one for one in every.values() if one.state == "report"]
    if kind == "subject":
        behind = {one.subject_id: one.id for one in held.found["alert"].values() if one.subject_id is not None}
        for number, alert in behind.items():
            held.via.setdefault(("subject", number), f"alert:{alert}")
        return list((things(conn, "subject", list(behind), scope=scope) | held.found["subject"]).values())
    return list(held.found[kind].values())


def gathered(conn: Connection, case_file_id: int, known: datetime, *, scope: Scope = EVERYWHERE) -> Gathered:
    """What the file held at a moment, with the tasks of its alerts, and the verdicts and acts of its tasks."""
    c = t.case_file_links.c
    query = select(t.case_file_links).where(c.case_file_id == case_file_id, c.state != "declined", c.added_at <= known)
    rows = [row for row in conn.execute(query.order_by(c.id)) if row.removed_at is None or row.removed_at > known]
    linked = {kind: {_number(row): row for row in rows if row.kind == kind} for kind in casefiles.LINKED}
    found = {kind: things(conn, kind, list(numbers), scope=scope) for kind, numbers in linked.items()}
    links = {(kind, number): linked[kind][number] for kind in casefiles.LINKED for number in found[kind]}
    outside = len(rows) - len(links)
    via: dict[tuple[str, int], str] = {}
    task, v, a = t.tasks.c, t.verdicts.c, t.acts.c
    for column in (task.alert_id, task.about_alert_id):
        query = select(task.id, column.label("of")).where(task.issued_at <= known)
        _hang(conn, "task", "alert", select_in(conn, query, column, found["alert"]), found, via, scope)
    query = select(v.id, v.task_id.label("of")).where(v.reported_at <= known)
    _hang(conn, "verdict", "task", select_in(conn, query, v.task_id, found["task"]), found, via, scope)
    query = select(a.id, a.task_id.label("of")).where(a.created_at <= known)
    _hang(conn, "act", "task", select_in(conn, query, a.task_id, found["task"]), found, via, scope)
    return Gathered(found, links, via, outside)


def _hang(
    conn: Connection,
    kind: str,
    on: str,
    rows: Collection[Row[Any]],
    found: dict[str, dict[int, Thing]],
    via: dict[tuple[str, int], str],
    scope: Scope,
) -> None:
    """Add what hangs on linked things to what was found."""
    new = {row.id: f"{on}:{row.of}" for row in rows if row.id not in found[kind]}
    told = things(conn, kind, list(new), scope=scope)
    found[kind] |= told
    via.update({(kind, number): new[number] for number in told})


def _link(case_file_id: int, kind: str, number: int, state: str, note: str | None, actor: str, now: datetime) -> dict[str, Any]:
    return {
        "case_file_id": case_file_id,
        "kind": kind,
        **{f"{one}_id": number if one == kind else None for one in casefiles.LINKED},
        "state": state,
        "open_key": f"{case_file_id}:{kind}:{number}" if state == "linked" else None,
        "note": (note or "").strip() or None,
        "added_by": actor,
        "added_at": now,
    }


def _number(row: Row[Any]) -> int:
    return int(getattr(row, f"{row.kind}_id"))
