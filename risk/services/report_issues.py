"""Reports as they live: made from frozen numbers, written into, approved by another, signed, published, withdrawn. Every step is an event and an audit row.

A report is of a kind, a period, a place, a cut-off; asked for again it is the same one, unless it was withdrawn: then it is another edition. What was approved is
kept as text in both languages, so that what is signed and printed is what was approved, whatever a later program would write from the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from risk.domain import report_states
from risk.domain.authority import EVERYWHERE, Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.report_dress import checked
from risk.domain.report_kinds import SITUATION, Kind, about_of, kind_of, period_of
from risk.domain.report_states import ReportState, after
from risk.domain.signals import digest
from risk.reports import issue
from risk.reports.document import Document, as_dict, from_dict
from risk.scoring.keys import spec_of, split_key
from risk.services import auditing, report_events, report_numbers, report_scope, situation
from risk.services.life_steps import steps_of
from risk.services.personal import masked
from risk.services.report_views import IssueView
from risk.services.scoping import reports_inside
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

LANGS = ("zh", "en")
REMARK_LENGTH = 4_000

register(
    {
        "report_stale": ("报告已被改动，请刷新后重试", "the report was changed meanwhile: look again"),
        "report_chapter": ("这种报告没有可以写入的章节“{chapter}”", "the report has no chapter `{chapter}` to write into"),
        "report_remark_long": ("每章意见不超过 {limit} 字", "what is written into a chapter has at most {limit} characters"),
        "report_number_taken": ("文号 {number} 已经使用", "the document number {number} is taken"),
        "report_number_when": ("文号在印发时给出", "a document number is given when the report is published"),
        "report_model_unknown": ("没有这个模型：{model}", "there is no such model: {model}"),
        "report_situation": (
            "态势报告由 POST /api/v1/reports 或 risk report --period 生成",
            "a situation report is made by POST /api/v1/reports or risk report --period",
        ),
        "report_two_places": ("专报的地区只写一次", "the place of a special report is said once"),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What report is wanted. ``period``: a name of `risk.domain.periods`, or ``latest``; ``about``: of a special report; ``region``: code or name."""

    kind: str
    period: str = "latest"
    about: str = ""
    region: str | None = None
    department: str | None = None


def make(engine: Engine, asked: Asked, *, actor: str, now: datetime, cutoff: datetime | None = None, scope: Scope = EVERYWHERE) -> int:
    """Make a draft, frozen to the newest finished run or to ``cutoff``; returns its number. The same again is the same report.

    ``no_runs``; those of `report_kinds.kind_of`, `period_of`, `about_of`, `report_scope.chosen`; ``report_event_not_found``, ``report_model_unknown``.
    """
    kind = kind_of(asked.kind)
    if kind.code == SITUATION:
        raise InvalidInputError("report_situation")
    with reading(engine) as conn:
        about, of = _about(conn, kind, asked, scope)
        cutoff = situation.latest_cutoff(conn) if cutoff is None else cutoff.astimezone(UTC)
        period = period_of(kind, asked.period, cutoff)
        key = {"kind": kind.code, "about": ":".join(about) if about[0] else "", "period": period.name, "cutoff": cutoff}
        key |= {"region": of.division, "department": of.department}
        known = _standing(conn, key)
        if known is not None:
            return known
        numbers = report_numbers.numbers(conn, kind, about, period, cutoff, of)
    titles = {f"title_{lang}": issue.build(numbers, lang).title[:400] for lang in LANGS}
    with transaction(engine) as conn:
        return _store(conn, {**key, **titles}, key, numbers, actor, now)


def _about(conn: Connection, kind: Kind, asked: Asked, scope: Scope) -> tuple[tuple[str, str], Grant]:
    what, name = about_of(kind, asked.about)
    if what == "place" and asked.region:
        raise InvalidInputError("report_two_places")
    of = report_scope.chosen(scope, name if what == "place" else asked.region, asked.department)
    if what == "place":
        return (what, of.division or "420000"), of
    if what == "event":
        return (what, str(report_events.require_file(conn, name, scope))), of
    if what == "model" and spec_of(split_key(name)[0]) is None:
        raise InvalidInputError("report_model_unknown", model=name[:80])
    return (what, name), of


def _standing(conn: Connection, key: Mapping[str, Any]) -> int | None:
    r = t.reports.c
    same = [r[name] == value for name, value in key.items()]
    found = conn.scalar(select(r.id).where(*same, r.state != ReportState.WITHDRAWN).order_by(r.edition.desc()).limit(1))
    return None if found is None else int(found)


def _store(conn: Connection, row: Mapping[str, Any], key: Mapping[str, Any], numbers: dict[str, Any], actor: str, now: datetime) -> int:
    r = t.reports.c
    editions = select(r.id).where(*(r[name] == value for name, value in key.items())).with_for_update()
    before = len(conn.execute(editions).all())
    known = _standing(conn, key)
    if known is not None:  # made by somebody else meanwhile
        return known
    values = {
        **row,
        "numbers": numbers,
        "numbers_hash": digest(numbers),
        "edition": before + 1,
        "created_at": now,
        "changed_at": now,
        "actor": actor,
    }
    number = int(conn.execute(insert(t.reports).values(values).returning(r.id)).scalar_one())
    told = {
        "kind": key["kind"],
        "period": key["period"],
        "about": key["about"],
        "cutoff": key["cutoff"].isoformat(),
        "hash": values["numbers_hash"],
    }
    _note(conn, number, "make", None, ReportState.DRAFT, actor, now, detail=told)
    return number


def remark(
    conn: Connection,
    report_id: int,
    chapter: str,
    text: str,
    *,
    actor: str,
    now: datetime,
    version: int | None = None,
    scope: Scope = EVERYWHERE,
) -> IssueView:
    """Write into a chapter of a draft (研判意见, 建议); nothing takes it out. Personal data is masked. ``report_chapter``, ``report_remark_long``, ``report_step``."""
    row = _row(conn, report_id, scope, version)
    if chapter not in kind_of(row.kind).chapters:
        raise InvalidInputError("report_chapter", chapter=chapter[:40])
    if len(text) > REMARK_LENGTH:
        raise InvalidInputError("report_remark_long", limit=REMARK_LENGTH)
    after(row.state, "remark", actor=actor, authors=frozenset(), reason="")
    kept = {**row.remarks, chapter: masked(text.strip())}
    values = {"remarks": {name: said for name, said in kept.items() if said}}
    return _change(
        conn, row, "remark", ReportState.DRAFT, values, actor, now, detail={"chapter": chapter, "before": row.remarks.get(chapter, "")}
    )


def dress(
    conn: Connection,
    report_id: int,
    values: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
    version: int | None = None,
    scope: Scope = EVERYWHERE,
) -> IssueView:
    """Set what a document of GB/T 9704 carries besides its text: 主送, 抄送, 密级 … (`risk.domain.report_dress`). ``report_dress``, ``report_step``."""
    row = _row(conn, report_id, scope, version)
    after(row.state, "dress", actor=actor, authors=frozenset(), reason="")
    return _change(conn, row, "dress", ReportState.DRAFT, {"dressing": checked(values)}, actor, now, detail={"before": row.dressing})


def step(
    conn: Connection,
    report_id: int,
    name: str,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    number: str = "",
    version: int | None = None,
    scope: Scope = EVERYWHERE,
) -> IssueView:
    """approve, send_back, sign, publish or withdraw. ``report_step``, ``report_own``, ``report_reason``, ``report_stale``, ``report_number_taken``.

    Approved, its text is kept; sent back, it is a draft again. ``number`` is the 文号 of a publication.
    """
    row = _row(conn, report_id, scope, version)
    to = after(row.state, name, actor=actor, authors=_authors(conn, row), reason=reason)
    values: dict[str, Any] = {}
    if number.strip() and name != "publish":
        raise InvalidInputError("report_number_when")
    if name == "approve":
        values["documents"] = {lang: as_dict(_built(row, lang)) for lang in LANGS}
    elif name == "send_back":
        values["documents"] = None
    elif name == "publish" and number.strip():
        values["number"] = _free(conn, number.strip()[:60])
    detail = {"number": values["number"]} if values.get("number") else {}
    return _change(conn, row, name, to, values, actor, now, reason=reason.strip() or None, detail=detail)


def _authors(conn: Connection, row: Row[Any]) -> frozenset[str]:
    """Whoever made the report or wrote into it since it was made."""
    e = t.report_events.c
    wrote = conn.scalars(select(e.actor).where(e.report_id == row.id, e.event.in_(("make", "remark", "dress"))))
    return frozenset({row.actor, *wrote})


def _free(conn: Connection, number: str) -> str:
    if conn.scalar(select(t.reports.c.id).where(t.reports.c.number == number)) is not None:
        raise ConflictError("report_number_taken", number=number)
    return number


def get(conn: Connection, report_id: int, *, scope: Scope = EVERYWHERE) -> IssueView:
    """One report with its history; ``report_missing``."""
    row = _row(conn, report_id, scope, lock=False)
    history = steps_of(conn, t.report_events, t.report_events.c.report_id == report_id)
    titles: dict[str, Any] = {f"title_{lang}": getattr(row, f"title_{lang}") or _built(row, lang).title for lang in LANGS}
    same: dict[str, Any] = {
        name: getattr(row, name) for name in IssueView.__slots__ if name not in {"history", "steps", "chapters", *titles}
    }
    return IssueView(
        **same, **titles, chapters=kind_of(row.kind).chapters, steps=report_states.steps_from(row.state), history=history
    )  # fmt: skip


def document(conn: Connection, report_id: int, lang: str, *, scope: Scope = EVERYWHERE) -> Document:
    """The text of a report in ``zh`` or ``en``: as approved, else as its numbers and remarks make it. ``report_missing``."""
    row = _row(conn, report_id, scope, lock=False)
    return from_dict(row.documents[lang]) if row.documents else _built(row, lang)


def plain_document(conn: Connection, report_id: int, lang: str, *, scope: Scope = EVERYWHERE) -> dict[str, Any]:
    """The same as plain values, for a reader."""
    return as_dict(document(conn, report_id, lang, scope=scope))


def numbers(conn: Connection, report_id: int, *, scope: Scope = EVERYWHERE) -> dict[str, Any]:
    """The frozen numbers. ``report_missing``."""
    return dict(situation.canonical(_row(conn, report_id, scope, lock=False).numbers))


def _built(row: Row[Any], lang: str) -> Document:
    found: dict[str, Any] = dict(situation.canonical(row.numbers))
    if "kind" not in found:  # a situation report
        found |= {"kind": row.kind, "about": {}, "models": report_numbers.titles(found)}
    return issue.build(found, lang, row.remarks)


def _row(conn: Connection, report_id: int, scope: Scope, version: int | None = None, *, lock: bool = True) -> Row[Any]:
    query = select(t.reports).where(t.reports.c.id == report_id, reports_inside(scope))
    row = conn.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFoundError("report_missing", id=report_id)
    if version is not None and version != row.version:
        raise ConflictError("report_stale")
    return row


def _change(
    conn: Connection,
    row: Row[Any],
    event: str,
    to: ReportState,
    values: Mapping[str, Any],
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> IssueView:
    r = t.reports.c
    changed = {**values, "state": to.value, "version": row.version + 1, "changed_at": now}
    if conn.execute(update(t.reports).where(r.id == row.id, r.version == row.version).values(changed)).rowcount != 1:
        raise ConflictError("report_stale")
    _note(conn, row.id, event, row.state, to, actor, now, reason=reason, detail=detail)
    return get(conn, row.id)


def _note(
    conn: Connection,
    report_id: int,
    event: str,
    was: str | None,
    to: ReportState,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    told = dict(detail or {})
    row = {
        "report_id": report_id,
        "event": event,
        "from_state": was,
        "to_state": to.value,
        "actor": actor,
        "reason": reason,
        "detail": told,
        "at": now,
    }
    conn.execute(insert(t.report_events).values(row))
    auditing.record(conn, actor, f"report.{event}", f"report:{report_id}", {**told, **({"reason": reason} if reason else {})}, now)
