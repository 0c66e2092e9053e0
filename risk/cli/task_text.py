"""A task in words, in one language: what ``risk tasks list`` and ``risk tasks show`` print. Pure, so that golden texts can hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from risk.domain import regions
from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.tasks import Event, State
from risk.domain.verdicts import taxonomy

if TYPE_CHECKING:
    from risk.services.task_views import EvidenceView, TaskRow, TaskView

register(
    {
        "tasks_none": ("没有符合条件的任务", "no tasks match"),
        "tasks_more": ("还有更多，继续查看：--cursor {cursor}", "there are more, go on with: --cursor {cursor}"),
        "task_head": ("任务 {id}　{grade}　{state}", "task {id} · {grade} · {state}"),
        "task_clue_note": (
            "以下为涉嫌线索，不是违法认定；以核查结论为准",
            "this is a clue, not a finding: what is suspected is open until verified",
        ),
        "task_subject": ("主体：{name} {uscc}", "subject: {name} {uscc}"),
        "task_subject_unknown": ("未关联", "not linked"),
        "task_place": ("地区：{place}", "place: {place}"),
        "task_office": ("承办：{office}", "office: {office}"),
        "task_fallback": ("（无职责可循，由统筹岗接收）", " (no duty reaches it; taken by the coordination desk)"),
        "task_due": ("签收时限：{sign}；反馈时限：{report}", "sign by {sign}; report by {report}"),
        "task_provisional": ("（暂定：节假日安排未公布）", " (provisional: holidays not announced)"),
        "task_person_first": ("（先人工核实）", " (person first)"),
        "task_overdue": ("（已超期）", " (overdue)"),
        "task_audit_note": (
            "随机抽取的未预警样本：没有线索指向它；请如实核查，结论用于估计漏报",
            "drawn at random among units without an alert: nothing speaks against it; what is found tells how much is missed",
        ),
        "task_audit_evidence": ("样本 {n}：{source} {when}", "unit {n}: {source} {when}"),
        "task_evidence": ("线索 {n}：{source} {when}　概率 {probability}", "evidence {n}: {source} {when}, probability {probability}"),
        "task_quote": ("　　原文：“{quote}”", '    quoted: "{quote}"'),
        "task_basis": ("　　依据：{basis}", "    basis: {basis}"),
        "task_advice": ("　　建议：{advice}", "    advice: {advice}"),
        "task_verdict": (
            "结论：{verdict} {title}；核查人员：{officers}；事实：{facts}",
            "verdict: {verdict} {title}; officers: {officers}; facts: {facts}",
        ),
        "task_event_line": ("{at}　{event}　{actor}{reason}", "{at}  {event}  {actor}{reason}"),
        "task_events_title": ("经过", "history"),
        "task_done": ("任务 {task}：{state}", "task {task}: {state}"),
        "task_labels": ("生成标签 {count} 条", "labels written: {count}"),
        "task_extended_to": ("任务 {task} 延期至 {due}", "task {task} extended to {due}"),
    }
)
_TEXT_WIDTH = 160


def moment(at: datetime | None) -> str:
    """A time as people here read it: Shanghai, to the minute."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else "-"


def list_lines(rows: Iterable[TaskRow], lang: str) -> Iterator[str]:
    """One line per task: number, grade, state, deadline, office, title."""
    for row in rows:
        office = row.office_zh if lang == "zh" else row.office_en
        late = (say("task_overdue", lang) if row.overdue else "") + (say("task_person_first", lang) if row.person_first else "")
        cells = (str(row.id), Grade.parse(row.grade).title(lang), State(row.state).word(lang), moment(row.report_due) + late)
        yield "  ".join((*cells, office, row.title_zh if lang == "zh" else row.title_en))


def show_lines(view: TaskView, lang: str) -> Iterator[str]:
    """The whole task: head, subject, deadlines, evidence with law and advice, verdicts, history."""
    task, zh = view.task, lang == "zh"
    yield say("task_head", lang, id=task.id, grade=Grade.parse(task.grade).title(lang), state=State(task.state).word(lang))
    yield task.title_zh if zh else task.title_en
    yield say("task_audit_note" if task.kind == "audit" else "task_clue_note", lang)
    yield say("task_subject", lang, name=view.subject or say("task_subject_unknown", lang), uscc=view.uscc or "").rstrip()
    yield say("task_place", lang, place=regions.name(task.region, lang, full=True) if task.region else "-")
    fallback = say("task_fallback", lang) if view.routed_by.get("fallback") else ""
    yield say("task_office", lang, office=(task.office_zh if zh else task.office_en) + fallback)
    marks = (say("task_provisional", lang) if view.provisional else "") + (say("task_overdue", lang) if task.overdue else "")
    yield say("task_due", lang, sign=moment(task.sign_due), report=moment(task.report_due)) + marks
    for number, item in enumerate(view.evidence, 1):
        yield ""
        yield from _evidence_lines(number, item, lang)
    for verdict in view.verdicts:
        yield ""
        yield _verdict_line(verdict, lang)
    yield ""
    yield say("task_events_title", lang)
    for event in view.events:
        reason = f"：{event['reason']}" if zh and event["reason"] else f": {event['reason']}" if event["reason"] else ""
        said = Event(event["event"]).word(lang)
        yield say("task_event_line", lang, at=moment(event["at"]), event=said, actor=event["actor"], reason=reason)


def _evidence_lines(number: int, item: EvidenceView, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    source, when = item.source or item.model, moment(item.observed_at)
    if item.probability is None:
        yield say("task_audit_evidence", lang, n=number, source=source, when=when)
    else:
        yield say("task_evidence", lang, n=number, source=source, when=when, probability=f"{item.probability:.2f}")
    if item.url:
        yield f"  {item.url}"
    if item.text:
        flat = " ".join(item.text.split())
        yield f"  {flat[:_TEXT_WIDTH]}{'…' if len(flat) > _TEXT_WIDTH else ''}"
    for clue in item.clues:
        yield f"  - {clue.zh if zh else clue.en}"
        yield from (say("task_quote", lang, quote=quote) for quote in clue.quotes)
        if clue.basis:
            yield say("task_basis", lang, basis="；".join(clue.basis) if zh else "; ".join(clue.basis))
        if advice := clue.advice_zh if zh else clue.advice_en:
            yield say("task_advice", lang, advice=advice)


def _verdict_line(verdict: dict[str, Any], lang: str) -> str:
    kind = taxonomy()[verdict["code"]]
    title = kind.title(lang)
    if sub := kind.sub_reasons.get(verdict["sub_reason"] or ""):
        title += f"：{sub.zh}" if lang == "zh" else f": {sub.en}"
    officers = ("、" if lang == "zh" else ", ").join(verdict["officers"])
    return say("task_verdict", lang, verdict=kind.code, title=title, officers=officers, facts=verdict["facts"])
