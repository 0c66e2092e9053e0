"""Assistance (协查协办): questions between offices. They are asked at the task (`/tasks/{id}/ask`)."""

from __future__ import annotations

from typing import Any

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, IfMatch, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import Reason
from api.task_schemas import Answer
from risk.services import assists
from risk.services.assists import AssistView
from risk.services.paging import Page
from risk.services.task_acts import asked_by, scoped

router = Router(prefix="/assists", tags=["assists"])


@router.get("", summary="协查列表 / List questions between offices", dependencies=[needs("tasks.read")])
def list_assists(
    svc: Svc,
    who: Caller,
    asking: Text | None = None,
    office: Text | None = None,
    open_only: bool = False,
    late: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AssistView]:
    """Asked by `asking`, asked of `office`; the newest first."""
    wanted: dict[str, Any] = {"asking": asking, "office": office, "open_only": open_only, "late": late}
    return svc.desk.read(assists.list_assists, svc.desk.clock(), **wanted, limit=limit, cursor=cursor, scope=who.scope)


@router.get("/{task_id}", summary="一件协查 / One question", responses=problems(404), dependencies=[needs("tasks.read")])
def get_assist(task_id: Id, svc: Svc, who: Caller) -> AssistView:
    """By the number of its task, for both offices."""
    return svc.desk.read(assists.get_assist, task_id, svc.desk.clock(), scope=who.scope)


@router.post("/{task_id}/answer", summary="回复协查 / Answer a question", responses=problems(404, 409), dependencies=[needs("tasks.work")])
def answer(task_id: Id, sent: Answer, svc: Svc, who: Caller, if_match: IfMatch) -> AssistView:
    """The answer goes back to the asking task by itself."""
    papers = [one.model_dump() for one in sent.documents]
    given = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version or if_match}
    svc.desk.act(scoped, who.scope, task_id, assists.answer, text=sent.text, documents=papers, **given)
    return svc.desk.read(assists.get_assist, task_id, svc.desk.clock(), scope=who.scope)


@router.post(
    "/{task_id}/withdraw", summary="撤回协查 / Withdraw a question", responses=problems(404, 409), dependencies=[needs("tasks.work")]
)
def withdraw(task_id: Id, sent: Reason, svc: Svc, who: Caller, if_match: IfMatch) -> AssistView:
    """By the office that asked, with the reason."""
    given = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version or if_match}
    svc.desk.act(asked_by, who.scope, task_id, assists.withdraw, reason=sent.reason, **given)
    return svc.desk.read(assists.get_assist, task_id, svc.desk.clock(), scope=who.scope)
