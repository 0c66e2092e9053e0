"""Tasks: listed, shown, and moved step by step. Who acts is named; a stale version is a conflict; what lies outside the scope is not found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from api.authority import Caller, Needs, acting, needs, needs_by
from api.deps import Cursor, Id, IfMatch, Lang, Limit, Moment, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import Accept, Act, Reason
from api.task_schemas import (
    AdviceAnswer,
    AdviceFirst,
    Advise,
    Ask,
    Assign,
    Bulk,
    BulkResult,
    CopySent,
    Merge,
    Pause,
    Reissue,
    ReportSent,
    Resume,
    StageSent,
    TransferSent,
    Words,
)
from risk.domain.authority import Principal, not_permitted
from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.stages import Stage
from risk.domain.tasks import Kind, State
from risk.services import assists, clock_stops, copies, stages, task_counts, task_views
from risk.services import tasks as steps
from risk.services.paging import LARGEST_ID, Page, pack, unpack
from risk.services.task_acts import scoped
from risk.services.task_counts import TaskCounts
from risk.services.task_views import TaskFilter, TaskRow, TaskView

router = Router(prefix="/tasks", tags=["tasks"])
ACT = problems(404, 409)
WORK, DECIDE = [needs("tasks.work")], [needs("tasks.decide")]

register(
    {
        "version_invalid": ("If-Match 应为任务版本号：{given}", "If-Match should be the task's version: {given}"),
        "bulk_officer": ("批量分派须写明承办人", "to assign many, name the officer"),
    }
)


@router.get("", summary="任务列表 / List tasks", responses=problems(422), dependencies=[needs("tasks.read")])
def list_tasks(
    svc: Svc,
    who: Caller,
    office: Text | None = None,
    state: State | None = None,
    grade: Literal["blue", "yellow", "orange", "red"] | None = None,
    model: Text | None = None,
    overdue: bool = False,
    kind: Kind | None = None,
    stage: Stage | None = None,
    officer: Text | None = None,
    mine: bool = False,
    due_before: Moment | None = None,
    escalated: bool | None = None,
    assists: bool | None = None,
    paused: bool | None = None,
    extension_asked: bool | None = None,
    updated_since: Moment | None = None,
    campaign: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    region: Annotated[Text | None, Query(description="code or name, with what lies below / 地区，含下级")] = None,
    waiting: bool = False,
    due_soon: bool = False,
    sort: Literal["due", "-due", "grade", "issued", "-issued", "updated", "-updated"] = "due",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TaskRow]:
    """The most urgent first, or in another order; a cursor belongs to its order. `overdue` keeps those whose next step is late, `mine` those of the caller,
    `waiting` those that the office still owes a signature or a report, `due_soon` those
    whose next step is due within 24 hours and not late.

    `office` also finds late tasks that were taken up to it. `assists`: with (or without) open questions to other offices. `updated_since` with
    `sort=updated` is the way to read on.
    """
    wanted = TaskFilter(
        office=office,
        state=state,
        grade=Grade.parse(grade) if grade else None,
        model=model,
        overdue=overdue,
        kind=kind.value if kind else None,
        stage=stage.value if stage else None,
        officer=who.name if mine else officer,
        due_before=due_before,
        escalated=escalated,
        assists=assists,
        paused=paused,
        extension_asked=extension_asked,
        updated_since=updated_since,
        campaign=campaign,
        region=region,
        waiting=waiting,
        due_soon=due_soon,
    )
    inner = str(unpack(cursor)) if cursor else None
    page = svc.desk.read(task_views.list_tasks, wanted, svc.desk.clock(), limit=limit, cursor=inner, sort=sort, scope=who.scope)
    return Page(page.items, pack(page.cursor) if page.cursor else None)


_STEPS: dict[str, Callable[..., Any]] = {"sign": steps.sign, "assign": steps.assign, "accept": steps.accept}
_BULK = {"sign": Needs("tasks.work"), "assign": Needs("tasks.decide"), "accept": Needs("tasks.decide")}


@router.post("/bulk/{step}", summary="批量办理 / Act on many tasks", responses=problems(404, 422), dependencies=[needs_by("step", _BULK)])
def bulk(step: Literal["sign", "assign", "accept"], sent: Bulk, svc: Svc, who: Caller, lang: Lang) -> list[BulkResult]:
    """Up to 200, each in a transaction of its own and with a result of its own: what is refused stops none of the others."""
    actor = acting(who, sent.actor)
    if step == "assign" and not (sent.officer or "").strip():
        raise InvalidInputError("bulk_officer")
    by_step: dict[str, dict[str, Any]] = {"assign": {"officer": sent.officer}, "accept": {"close_too": sent.close}}
    more = by_step.get(step, {})
    results = []
    for number in dict.fromkeys(sent.ids):
        try:
            svc.desk.act(scoped, who.scope, number, _STEPS[step], actor=actor, now=svc.desk.clock(), **more)
        except RiskError as error:
            results.append(BulkResult.refused(number, error, lang))
        else:
            state = svc.desk.read(task_views.get_task, number, svc.desk.clock(), evidence_limit=0).task.state
            results.append(BulkResult(id=number, ok=True, state=state))
    return results


@router.get("/counts", summary="任务计数 / Count tasks", responses=problems(404), dependencies=[needs("tasks.read")])
def count_tasks(svc: Svc, who: Caller, office: Text | None = None, mine: bool = False) -> TaskCounts:
    """What waits, by urgency and by officer, of all one may see, of one office, or of oneself."""
    officer = who.name if mine else None
    return svc.desk.read(task_counts.count, svc.desk.clock(), office=office, officer=officer, scope=who.scope)


@router.get("/{task_id}", summary="任务详情 / One task", responses=problems(404), dependencies=[needs("tasks.read")])
def get_task(task_id: Id, svc: Svc, who: Caller, response: Response) -> TaskView:
    """With evidence, law, advice, deadlines and history. Its version is also the `ETag`."""
    view = svc.desk.read(task_views.get_task, task_id, svc.desk.clock(), scope=who.scope)
    response.headers["ETag"] = f'"{view.task.version}"'
    return view


@router.post("/{task_id}/sign", summary="签收 / Sign for a task", responses=ACT, dependencies=WORK)
def sign(task_id: Id, sent: Act, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """The actor becomes the task's officer."""
    return _act(svc, who, task_id, steps.sign, sent, if_match, response)


@router.post("/{task_id}/start", summary="开始核查 / Begin verifying", responses=ACT, dependencies=WORK)
def start(task_id: Id, sent: Act, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Or begin again what was returned."""
    return _act(svc, who, task_id, steps.start, sent, if_match, response)


@router.post("/{task_id}/report", summary="反馈核查结果 / Report a verdict", responses=ACT, dependencies=WORK)
def report(task_id: Id, sent: ReportSent, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """A code of the taxonomy, the facts found, two officers. A signed task counts as started. Open questions to other offices take a reason."""
    given = sent.model_dump(exclude={"actor", "version"})
    return _act(svc, who, task_id, steps.report, sent, if_match, response, **given)


@router.post("/{task_id}/accept", summary="审核通过 / Accept a report", responses=ACT, dependencies=DECIDE)
def accept(task_id: Id, sent: Accept, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """The verdict becomes labels, which teach after they have matured. `close` closes the task too."""
    return _act(svc, who, task_id, steps.accept, sent, if_match, response, close_too=sent.close)


@router.post("/{task_id}/return", summary="退回补查 / Return a report", responses=ACT, dependencies=DECIDE)
def return_(task_id: Id, sent: Reason, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """For more work, with the reason."""
    return _act(svc, who, task_id, steps.return_, sent, if_match, response, reason=sent.reason)


@router.post("/{task_id}/close", summary="办结 / Close a task", responses=ACT, dependencies=DECIDE)
def close(task_id: Id, sent: Act, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """An accepted task and its alert: later evidence opens a new alert."""
    return _act(svc, who, task_id, steps.close, sent, if_match, response)


@router.post("/{task_id}/reopen", summary="重新核查 / Reopen a task", responses=ACT, dependencies=DECIDE)
def reopen(task_id: Id, sent: Reason, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """With the reason; the statutory ceiling does not begin anew."""
    return _act(svc, who, task_id, steps.reopen, sent, if_match, response, reason=sent.reason)


@router.post("/{task_id}/assign", summary="分派承办人 / Assign an officer", responses=ACT, dependencies=DECIDE)
def assign(task_id: Id, sent: Assign, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Or hand it over to another one."""
    return _act(svc, who, task_id, steps.assign, sent, if_match, response, officer=sent.officer, reason=sent.reason)


@router.post("/{task_id}/merge", summary="并案 / Merge a duplicate", responses=ACT, dependencies=DECIDE)
def merge(task_id: Id, sent: Merge, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Into another task of the same model inside the scope; its evidence and open questions move there."""
    get_task(sent.into, svc, who, response)
    return _act(svc, who, task_id, steps.merge, sent, if_match, response, into=sent.into, reason=sent.reason)


@router.post("/{task_id}/transfer", summary="退回重派 / Transfer a task", responses=ACT, dependencies=WORK)
def transfer(task_id: Id, sent: TransferSent, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Because it belongs elsewhere: it waits with the coordination desk, which follows the office suggested or not. `to` takes `tasks.decide`."""
    if sent.to and not who.may("tasks.decide"):
        raise not_permitted("tasks.decide")
    more = {"reason": sent.reason, "to": sent.to, "suggested": sent.suggested}
    return _act(svc, who, task_id, steps.transfer_back, sent, if_match, response, **more)


@router.post("/{task_id}/reissue", summary="重新派发 / Issue again", responses=ACT, dependencies=DECIDE)
def reissue(task_id: Id, sent: Reissue, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """What was transferred back, to the office that was suggested or to another one."""
    return _act(svc, who, task_id, steps.reissue, sent, if_match, response, office_code=sent.to, reason=sent.reason)


@router.post("/{task_id}/extension", summary="申请延期 / Ask for an extension", responses=ACT, dependencies=WORK)
def ask_extension(task_id: Id, sent: Reason, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Once, with the reason; the head of the office decides."""
    return _act(svc, who, task_id, steps.ask_extension, sent, if_match, response, reason=sent.reason)


@router.post("/{task_id}/extension/refuse", summary="不同意延期 / Refuse an extension", responses=ACT, dependencies=DECIDE)
def refuse_extension(task_id: Id, sent: Reason, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """With the reason."""
    return _act(svc, who, task_id, steps.refuse_extension, sent, if_match, response, reason=sent.reason)


@router.post("/{task_id}/extend", summary="同意延期（一次） / Extend a task, once", responses=ACT, dependencies=DECIDE)
def extend(task_id: Id, sent: Reason, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Approve the request that waits, or extend unasked, with the reason; never beyond the statutory ceiling."""
    return _act(svc, who, task_id, steps.extend, sent, if_match, response, reason=sent.reason)


@router.post("/{task_id}/pause", summary="暂停计时（检验检测） / Stop the clock for testing", responses=ACT, dependencies=WORK)
def pause(task_id: Id, sent: Pause, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """With the reason and the document that orders the test."""
    papers = [one.model_dump() for one in sent.documents]
    return _act(svc, who, task_id, clock_stops.pause, sent, if_match, response, reason=sent.reason, documents=papers)


@router.post("/{task_id}/resume", summary="恢复计时 / Start the clock again", responses=ACT, dependencies=WORK)
def resume(task_id: Id, sent: Resume, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """With the document of the result; the deadline moves by the working time that did not count."""
    papers = [one.model_dump() for one in sent.documents]
    return _act(svc, who, task_id, clock_stops.resume, sent, if_match, response, documents=papers)


@router.post("/{task_id}/ask", summary="请求协查 / Ask another office", responses=ACT, dependencies=WORK)
def ask(task_id: Id, sent: Ask, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """The other office gets a task of its own; its answer comes back to this one."""
    return _act(svc, who, task_id, assists.ask, sent, if_match, response, office=sent.office, question=sent.question)


@router.post("/{task_id}/copies", summary="抄告 / Copy to other offices", responses=ACT, dependencies=WORK)
def send_copies(task_id: Id, sent: CopySent, svc: Svc, who: Caller, response: Response) -> TaskView:
    """They may read the alert, and receipt the copy. Who has one already gets no second."""
    given = {"offices": sent.offices, "note": sent.note, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    svc.desk.act(scoped, who.scope, task_id, copies.send, **given)
    return _shown(svc, task_id, response)


@router.get(
    "/{task_id}/advice",
    summary="能否先行提醒 / May the trader be advised first",
    responses=problems(404),
    dependencies=[needs("tasks.read")],
)
def advice(task_id: Id, svc: Svc, who: Caller) -> AdviceFirst:
    """And if not, why."""
    found = svc.desk.read(scoped, who.scope, task_id, stages.may_advise, now=svc.desk.clock())
    return AdviceFirst(possible=not found, why_not=[Words(zh=one.zh, en=one.en) for one in found])


@router.post("/{task_id}/advise", summary="提醒当事人 / Advise the trader", responses=ACT, dependencies=WORK)
def advise(task_id: Id, sent: Advise, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Where the matter is slight. Without an answer in time the task goes on to the next stage by itself."""
    return _act(svc, who, task_id, stages.advise, sent, if_match, response, channel=sent.channel)


@router.post("/{task_id}/advice/answer", summary="记录当事人答复 / Record the trader's answer", responses=ACT, dependencies=WORK)
def advice_answer(task_id: Id, sent: AdviceAnswer, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """What the trader answered to the message."""
    return _act(svc, who, task_id, stages.record_answer, sent, if_match, response, answer=sent.answer)


@router.post("/{task_id}/stage", summary="转入下一阶段 / Go on to the next stage", responses=ACT, dependencies=WORK)
def stage(task_id: Id, sent: StageSent, svc: Svc, who: Caller, response: Response, if_match: IfMatch) -> TaskView:
    """Advised → verified remotely → on site."""
    target = Stage(sent.to) if sent.to else None
    return _act(svc, who, task_id, stages.go_on, sent, if_match, response, to=target, reason=sent.reason)


def _act(
    svc: Svc, who: Principal, task_id: int, step: Callable[..., Any], sent: Act, if_match: int | None, response: Response, **more: Any
) -> TaskView:
    """Take a step on a task inside the scope and show what it is now, even where the step took it out of the scope."""
    given = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": _seen(sent, if_match)}
    svc.desk.act(scoped, who.scope, task_id, step, **given, **more)
    return _shown(svc, task_id, response)


def _shown(svc: Svc, task_id: int, response: Response) -> TaskView:
    view = svc.desk.read(task_views.get_task, task_id, svc.desk.clock())
    response.headers["ETag"] = f'"{view.task.version}"'
    return view


def _seen(sent: Act, if_match: int | None) -> int | None:
    """The version the client saw: of the body, else of ``If-Match``; two that differ are refused."""
    if sent.version is not None and if_match is not None and sent.version != if_match:
        raise InvalidInputError("version_invalid", given=f"{if_match} ≠ {sent.version}")
    return sent.version if sent.version is not None else if_match
