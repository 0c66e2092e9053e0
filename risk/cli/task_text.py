"""A task in words, in one language: what ``risk tasks list`` and ``risk tasks show`` print. Pure, so that golden texts can hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from risk.domain import regions
from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.stages import Stage
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
        "task_evidence_told": (
            "线索 {n}：{source} {when}　由人员登记或外部系统给出，模型尚未研判",
            "evidence {n}: {source} {when}, told by a person or another system, not judged by a model yet",
        ),
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
        "task_paused_now": ("任务 {task} 已暂停计时", "task {task}: the clock stands still"),
        "task_resumed": ("任务 {task} 恢复计时，反馈时限 {due}", "task {task}: the clock goes on, report by {due}"),
        "task_asked": ("任务 {task} 已向 {office} 请求协查（任务 {assist}）", "task {task}: asked {office} (task {assist})"),
        "task_copied": ("任务 {task} 已抄告：{copies}", "task {task}: copies sent: {copies}"),
        "copy_receipted": ("抄告 {copy} 已由 {office} 签收", "copy {copy} receipted by {office}"),
        "task_advised": ("任务 {task}：已提醒当事人，{due} 前待答复", "task {task}: the trader is advised and has until {due}"),
        "task_answer_kept": ("任务 {task}：已记录当事人答复", "task {task}: the answer of the trader is recorded"),
        "task_stage_now": ("任务 {task}：{stage}", "task {task}: {stage}"),
        "task_ceiling": ("法定最长期限：{at}", "no later than {at} by law"),
        "task_paused_mark": ("（计时暂停）", " (clock stands still)"),
        "task_escalated_mark": ("（已上报 {office}）", " (taken up to {office})"),
        "task_extension_mark": ("（申请延期待批）", " (extension asked for)"),
        "task_suggested": ("退回时建议：{office}", "suggested when transferred back: {office}"),
        "task_stage_line": ("阶段：{stage}，至 {due}", "stage: {stage}, until {due}"),
        "task_question": ("{office} 请求协查：{question}", "{office} asks: {question}"),
        "task_assist_line": ("协查 {task}（{office}，{state}）：{question}", "asked of {office} (task {task}, {state}): {question}"),
        "task_assist_answer": ("　　回复：{answer}", "    answer: {answer}"),
        "task_copy_line": ("抄告 {copy}（{office}）：{mark}", "copy {copy} ({office}): {mark}"),
        "task_copy_received": ("{by} 于 {at} 签收", "receipted by {by}, {at}"),
        "task_copy_waiting": ("待签收", "not receipted yet"),
        "task_late_mark": ("（逾期）", " (late)"),
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
        late += (say("task_provisional", lang) if row.provisional else "") + _marks(row, lang)
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
    marks = (
        (say("task_provisional", lang) if view.provisional else "")
        + (say("task_overdue", lang) if task.overdue else "")
        + _marks(task, lang)
    )
    yield say("task_due", lang, sign=moment(task.sign_due), report=moment(task.report_due)) + marks
    yield from _standing_lines(view, lang)
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


def _marks(task: TaskRow, lang: str) -> str:
    paused = say("task_paused_mark", lang) if task.paused else ""
    escalated = say("task_escalated_mark", lang, office=task.escalated_to) if task.escalated_to else ""
    return paused + escalated + (say("task_extension_mark", lang) if task.extension_asked else "")


def _standing_lines(view: TaskView, lang: str) -> Iterator[str]:
    """What else is known of where the task stands: the ceiling, stage, suggestion, questions, copies."""
    task = view.task
    if view.ceiling is not None:
        yield say("task_ceiling", lang, at=moment(view.ceiling))
    if task.suggested_office:
        yield say("task_suggested", lang, office=task.suggested_office)
    if task.stage:
        yield say("task_stage_line", lang, stage=Stage(task.stage).word(lang), due=moment(task.stage_due))
    if view.question is not None:
        yield say(
            "task_question",
            lang,
            office=view.question.asking_zh if lang == "zh" else view.question.asking_en,
            question=view.question.question,
        )
    for one in view.assists:
        state = State(one.state).word(lang) + (say("task_late_mark", lang) if one.late else "")
        office = one.office_zh if lang == "zh" else one.office_en
        yield say("task_assist_line", lang, task=one.task, office=office, state=state, question=one.question)
        if one.answer:
            yield say("task_assist_answer", lang, answer=one.answer)
    for copy in view.copies:
        mark = (
            say("task_copy_received", lang, by=copy.received_by, at=moment(copy.received_at))
            if copy.received_at
            else say("task_copy_waiting", lang)
        )
        yield say(
            "task_copy_line",
            lang,
            copy=copy.id,
            office=copy.office_zh if lang == "zh" else copy.office_en,
            mark=mark + (say("task_late_mark", lang) if copy.late else ""),
        )


def _evidence_lines(number: int, item: EvidenceView, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    source, when = item.source or item.model, moment(item.observed_at)
    if item.probability is None and item.model.endswith((".person", ".warning")):
        yield say("task_evidence_told", lang, n=number, source=source, when=when)
    elif item.probability is None:
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
