"""Tasks: listed, shown, and moved step by step. Who acts is named; a stale version is a conflict."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from api.deps import ActorHeader, Cursor, Id, IfMatch, Limit, Svc, Text, actor_of
from api.openapi import problems
from api.schemas import Accept, Act, Reason, Transfer, VerdictSent
from risk.domain.errors import InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.domain.tasks import State
from risk.services import task_views
from risk.services import tasks as steps
from risk.services.paging import Page, pack, unpack
from risk.services.task_views import TaskFilter, TaskRow, TaskView

router = APIRouter(prefix="/tasks", tags=["tasks"])
ACT = problems(404, 409)

register({"version_invalid": ("If-Match 应为任务版本号：{given}", "If-Match should be the task's version: {given}")})


@router.get("", summary="任务列表 / List tasks")
def list_tasks(
    svc: Svc,
    office: Text | None = None,
    state: State | None = None,
    grade: Literal["blue", "yellow", "orange", "red"] | None = None,
    model: Text | None = None,
    overdue: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[TaskRow]:
    """The most urgent first. `overdue` keeps those whose next step is late."""
    wanted = TaskFilter(office, state, Grade.parse(grade) if grade else None, model, overdue)
    inner = str(unpack(cursor)) if cursor else None
    page = svc.desk.read(task_views.list_tasks, wanted, svc.desk.clock(), limit=limit, cursor=inner)
    return Page(page.items, pack(page.cursor) if page.cursor else None)


@router.get("/{task_id}", summary="任务详情 / One task", responses=problems(404))
def get_task(task_id: Id, svc: Svc, response: Response) -> TaskView:
    """With evidence, law, advice, deadlines and history. Its version is also the `ETag`."""
    view = svc.desk.read(task_views.get_task, task_id, svc.desk.clock())
    response.headers["ETag"] = f'"{view.task.version}"'
    return view


@router.post("/{task_id}/sign", summary="签收 / Sign for a task", responses=ACT)
def sign(task_id: Id, sent: Act, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """The actor becomes the task's officer."""
    svc.desk.act(steps.sign, task_id, actor=actor_of(x_actor, sent.actor), now=svc.desk.clock(), version=_seen(sent, if_match))
    return get_task(task_id, svc, response)


@router.post("/{task_id}/start", summary="开始核查 / Begin verifying", responses=ACT)
def start(task_id: Id, sent: Act, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """Or begin again what was returned."""
    svc.desk.act(steps.start, task_id, actor=actor_of(x_actor, sent.actor), now=svc.desk.clock(), version=_seen(sent, if_match))
    return get_task(task_id, svc, response)


@router.post("/{task_id}/report", summary="反馈核查结果 / Report a verdict", responses=ACT)
def report(task_id: Id, sent: VerdictSent, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """A code of the taxonomy, the facts found, two officers. A signed task counts as started."""
    svc.desk.act(
        steps.report,
        task_id,
        actor=actor_of(x_actor, sent.actor),
        code=sent.code,
        facts=sent.facts,
        officers=sent.officers,
        sub_reason=sent.sub_reason,
        measures=sent.measures,
        suggestion=sent.suggestion,
        now=svc.desk.clock(),
        version=_seen(sent, if_match),
    )
    return get_task(task_id, svc, response)


@router.post("/{task_id}/accept", summary="审核通过 / Accept a report", responses=ACT)
def accept(task_id: Id, sent: Accept, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """The verdict becomes labels, which teach after they have matured. `close` closes the task too."""
    actor = actor_of(x_actor, sent.actor)
    svc.desk.act(steps.accept, task_id, actor=actor, now=svc.desk.clock(), version=_seen(sent, if_match), close_too=sent.close)
    return get_task(task_id, svc, response)


@router.post("/{task_id}/return", summary="退回补查 / Return a report", responses=ACT)
def return_(task_id: Id, sent: Reason, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """For more work, with the reason."""
    actor = actor_of(x_actor, sent.actor)
    svc.desk.act(steps.return_, task_id, actor=actor, reason=sent.reason, now=svc.desk.clock(), version=_seen(sent, if_match))
    return get_task(task_id, svc, response)


@router.post("/{task_id}/close", summary="办结 / Close a task", responses=ACT)
def close(task_id: Id, sent: Act, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """An accepted task and its alert: later evidence opens a new alert."""
    svc.desk.act(steps.close, task_id, actor=actor_of(x_actor, sent.actor), now=svc.desk.clock(), version=_seen(sent, if_match))
    return get_task(task_id, svc, response)


@router.post("/{task_id}/transfer", summary="退回重派 / Transfer a task", responses=ACT)
def transfer(task_id: Id, sent: Transfer, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """Because it belongs elsewhere. Without `to` it waits with the coordination desk."""
    actor = actor_of(x_actor, sent.actor)
    svc.desk.act(
        steps.transfer_back,
        task_id,
        actor=actor,
        reason=sent.reason,
        now=svc.desk.clock(),
        to=sent.to,
        version=_seen(sent, if_match),
    )
    return get_task(task_id, svc, response)


@router.post("/{task_id}/extend", summary="延期（一次） / Extend a task, once", responses=ACT)
def extend(task_id: Id, sent: Reason, svc: Svc, response: Response, if_match: IfMatch, x_actor: ActorHeader = None) -> TaskView:
    """With the reason."""
    actor = actor_of(x_actor, sent.actor)
    svc.desk.act(steps.extend, task_id, actor=actor, reason=sent.reason, now=svc.desk.clock(), version=_seen(sent, if_match))
    return get_task(task_id, svc, response)


def _seen(sent: Act, if_match: int | None) -> int | None:
    """The version the client saw: of the body, else of ``If-Match``; two that differ are refused."""
    if sent.version is not None and if_match is not None and sent.version != if_match:
        raise InvalidInputError("version_invalid", given=f"{if_match} ≠ {sent.version}")
    return sent.version if sent.version is not None else if_match
