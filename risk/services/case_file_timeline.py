"""The timeline of a case file as known at a moment: what people wrote, what was done to the file, and what happened to what it gathers.

An entry stands at when it happened and is there from when we came to know it, so that a special report as of a moment can be made again. What lies outside the
scope is left out. Entries that were corrected stay and say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain import casefiles
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError
from risk.domain.messages import MESSAGES, Told, register, say
from risk.domain.money import yuan_of
from risk.services import case_files, verdict_events
from risk.services.bulk import select_in
from risk.services.case_file_links import Gathered, gathered
from risk.services.case_file_words import Thing, things
from risk.services.personal import masked
from risk.storage import tables as t

KINDS = ("written", "file", "link", "offer", "signal", "alert", "task", "task_event", "verdict", "verdict_event", "act")
"""Where entries come from: *written* by people, done to the *file*, *link*s, *offer*s of new alerts, and what happened to things."""

MOST = 5_000
"""Entries that are given at once, the newest; a longer timeline is asked for in parts (``since``, ``until``)."""

_ASPECT = {
    "signal": "opinion",
    "alert": "development",
    "offer": "development",
    "task": "response",
    "task_event": "response",
    "act": "measure",
}
_ASPECT |= {"verdict": "result", "verdict_event": "result"}

register(
    {
        "timeline_kind": ("时间线没有这类条目：{kind}", "no such kind of entry in a timeline: {kind}"),
        "timeline_written": ("【{aspect}】{text}", "[{aspect}] {text}"),
        "timeline_file": ("{what}：{text}", "{what}: {text}"),
        "timeline_office": ("{what}：{office}（{text}）", "{what}: {office} ({text})"),
        "timeline_state": ("状态由“{before}”转为“{after}”：{text}", "from {before} to {after}: {text}"),
        "timeline_linked": ("关联：{thing}", "linked: {thing}"),
        "timeline_unlinked": ("移除关联：{thing}（{reason}）", "taken out: {thing} ({reason})"),
        "timeline_declined": ("不纳入：{thing}（{reason}）", "declined: {thing} ({reason})"),
        "timeline_offer": ("关联主体产生新预警，待确认是否纳入：{thing}", "a new clue on a linked subject, to be decided on: {thing}"),
        "timeline_signal": ("监测到信息（{thing}）", "seen: {thing}"),
        "timeline_alert": ("产生预警线索：{thing}", "clue raised: {thing}"),
        "timeline_task": ("派发核查任务：{thing}", "verification task issued: {thing}"),
        "timeline_task_event": ("核查任务 {id}：{event}", "task {id}: {event}"),
        "timeline_verdict": ("核查结论：{thing}", "verdict: {thing}"),
        "timeline_verdict_event": ("核查结论 {id}：{event}", "verdict {id}: {event}"),
        "timeline_act": ("监管行为：{thing}", "act of supervision: {thing}"),
    }
)


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened. ``number``: of what people wrote, for a correction; ``superseded``: corrected by a later one; ``amount``: in yuan."""

    at: datetime
    known_at: datetime
    kind: str
    aspect: str | None
    object: str | None
    zh: str
    en: str
    actor: str | None = None
    office: str | None = None
    number: int | None = None
    superseded: bool = False
    supersedes: int | None = None
    amount: str | None = None
    due_on: str | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A file's timeline, the newest first. ``outside``: links that lie outside the scope; ``cut``: there is more than is given."""

    case_file_id: int
    known: datetime
    entries: tuple[TimelineEntry, ...]
    outside: int
    cut: bool


def timeline(
    conn: Connection,
    case_file_id: int,
    known: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    only: Sequence[str] = (),
    aspects: Sequence[str] = (),
    scope: Scope = EVERYWHERE,
) -> Timeline:
    """What was known of an event at a moment. ``case_file_not_found``, ``timeline_kind``."""
    case_files.require(conn, case_file_id, scope)
    if unknown := [one for one in (*only, *aspects) if one not in (*KINDS, *casefiles.WRITTEN)]:
        raise InvalidInputError("timeline_kind", kind=unknown[0][:40])
    held = gathered(conn, case_file_id, known, scope=scope)
    ask = _Ask(conn, case_file_id, known, scope, held)
    every = [*_written(ask), *_links(ask), *_things(ask), *_task_events(ask), *_verdict_events(ask)]
    found = [
        one
        for one in every
        if (since is None or one.at >= since)
        and (until is None or one.at <= until)
        and (not only or one.kind in only)
        and (not aspects or one.aspect in aspects)
    ]
    found.reverse()  # of what happened at one moment, what was written later stands first: sorting keeps that order
    found.sort(key=lambda one: (one.at, one.known_at, one.kind, one.object or ""), reverse=True)
    return Timeline(case_file_id, known, tuple(found[:MOST]), held.outside, len(found) > MOST)


@dataclass(frozen=True, slots=True)
class _Ask:
    conn: Connection
    case_file_id: int
    known: datetime
    scope: Scope
    held: Gathered


def _written(ask: _Ask) -> Iterator[TimelineEntry]:
    e = t.case_file_entries.c
    query = select(t.case_file_entries).where(e.case_file_id == ask.case_file_id, e.recorded_at <= ask.known)
    rows = ask.conn.execute(query.order_by(e.id)).all()
    corrected = {row.supersedes for row in rows if row.supersedes is not None}
    o = t.offices.c
    called = {row.code: Told(row.name_zh, row.name_en) for row in ask.conn.execute(select(o.code, o.name_zh, o.name_en))}
    for row in rows:
        written = row.kind in casefiles.WRITTEN
        text = masked(row.text)
        if written:
            aspect = casefiles.aspects().get(row.kind) or Told(*MESSAGES["case_kind_note"])
            words = _said("timeline_written", aspect=aspect, text=text)
        elif row.kind == "state":
            before, after = (Told(*MESSAGES[f"case_state_{row.detail[name]}"]) for name in ("from", "to"))
            words = _said("timeline_state", before=before, after=after, text=text)
        else:
            office = row.detail.get("office")
            code = "timeline_office" if office else "timeline_file"
            words = _said(
                code, what=Told(*MESSAGES[f"case_kind_{row.kind}"]), text=text, office=called.get(office, Told(str(office), str(office)))
            )
        yield TimelineEntry(
            at=row.at,
            known_at=row.recorded_at,
            kind="written" if written else "file",
            aspect=row.kind if row.kind in casefiles.ASPECTS else None,
            object=None,
            zh=words.zh,
            en=words.en,
            actor=row.actor,
            office=row.office_code,
            number=row.id if written else None,
            superseded=row.id in corrected,
            supersedes=row.supersedes,
            amount=None if row.amount_fen is None else yuan_of(row.amount_fen),
            due_on=row.due_on.isoformat() if row.due_on else None,
        )


def _links(ask: _Ask) -> Iterator[TimelineEntry]:
    """That something was linked, taken out or declined, of things inside; and alerts that came to linked subjects and wait for a decision."""
    c = t.case_file_links.c
    rows = ask.conn.execute(
        select(t.case_file_links).where(c.case_file_id == ask.case_file_id, c.added_at <= ask.known).order_by(c.id)
    ).all()
    known = {kind: things(ask.conn, kind, [_number(row) for row in rows if row.kind == kind], scope=ask.scope) for kind in casefiles.LINKED}
    for row in rows:
        thing = known[row.kind].get(_number(row))
        if thing is None:
            continue
        if row.state == "declined":
            yield _entry(
                "link", thing, row.added_at, _said("timeline_declined", thing=_called(thing), reason=masked(row.note or "")), row.added_by
            )
            continue
        yield _entry("link", thing, row.added_at, _said("timeline_linked", thing=_called(thing)), row.added_by)
        if row.removed_at is not None and row.removed_at <= ask.known:
            words = _said("timeline_unlinked", thing=_called(thing), reason=masked(row.removed_reason or ""))
            yield _entry("link", thing, row.removed_at, words, row.removed_by)
    decided = {row.alert_id for row in rows if row.kind == "alert"}
    since = {row.subject_id: row.added_at for row in rows if row.kind == "subject" and row.subject_id in ask.held.found["subject"]}
    a = t.alerts.c
    query = select(a.id, a.subject_id, a.opened_at).where(a.opened_at <= ask.known)
    new = [
        row.id
        for row in select_in(ask.conn, query, a.subject_id, since)
        if row.id not in decided and row.opened_at >= since[row.subject_id]
    ]
    for thing in things(ask.conn, "alert", new, scope=ask.scope).values():
        yield _entry("offer", thing, thing.at or ask.known, _said("timeline_offer", thing=_called(thing)), None)


def _things(ask: _Ask) -> Iterator[TimelineEntry]:
    """When what the file gathers happened: signals seen, alerts raised, tasks issued, verdicts reported, acts done."""
    for kind in ("signal", "alert", "task", "verdict", "act"):
        for thing in ask.held.found[kind].values():
            words = _said(f"timeline_{kind}", thing=_called(thing))
            yield _entry(kind, thing, thing.at or ask.known, words, None)


def _task_events(ask: _Ask) -> Iterator[TimelineEntry]:
    e = t.task_events.c
    query = select(e.id, e.task_id, e.event, e.actor, e.reason, e.at).where(e.at <= ask.known, e.event != "issue").order_by(e.id)
    for row in select_in(ask.conn, query, e.task_id, ask.held.found["task"]):
        event = Told(*(say(f"task_event_{row.event}", lang, default=row.event) for lang in ("zh", "en")))
        words = _said("timeline_task_event", event=event, id=row.task_id)
        yield _entry("task_event", ask.held.found["task"][row.task_id], row.at, _more(words, row.reason), row.actor)


def _verdict_events(ask: _Ask) -> Iterator[TimelineEntry]:
    e = t.verdict_events.c
    query = select(e.id, e.verdict_id, e.event, e.actor, e.reason, e.at).where(e.at <= ask.known, e.event != "report").order_by(e.id)
    for row in select_in(ask.conn, query, e.verdict_id, ask.held.found["verdict"]):
        words = _said("timeline_verdict_event", event=verdict_events.word(row.event), id=row.verdict_id)
        yield _entry("verdict_event", ask.held.found["verdict"][row.verdict_id], row.at, _more(words, row.reason), row.actor)


def _entry(kind: str, thing: Thing, at: datetime, words: Told, actor: str | None) -> TimelineEntry:
    return TimelineEntry(at, at, kind, _ASPECT.get(kind), f"{thing.kind}:{thing.id}", words.zh, words.en, actor, thing.office)


def _more(words: Told, reason: str | None) -> Told:
    text = masked(reason or "")
    return Told(f"{words.zh}：{text}", f"{words.en}: {text}") if text else words


def _called(thing: Thing) -> Told:
    return Told(thing.zh, thing.en)


def _said(code: str, **facts: Any) -> Told:
    return Told(say(code, "zh", **facts), say(code, "en", **facts))


def _number(row: Any) -> int:
    return int(getattr(row, f"{row.kind}_id"))
