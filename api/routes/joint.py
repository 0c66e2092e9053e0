"""Joint tasks of several departments (进一次门查多项事): one visit, each office with its own part and verdict."""

from __future__ import annotations

from typing import Any, Literal

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.task_schemas import JointSent, PartWithdrawn, Visit
from risk.services import joint, scoping
from risk.services.joint import JointView, Part
from risk.services.paging import Page
from risk.services.task_acts import require_office

router = Router(prefix="/joint-tasks", tags=["joint tasks"])
READ, WRITE = [needs("campaigns.read")], [needs("campaigns.write")]


@router.get("", summary="联合任务列表 / List joint tasks", dependencies=READ)
def list_joint(
    svc: Svc,
    who: Caller,
    state: Literal["open", "closed"] | None = None,
    office: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[JointView]:
    """The newest first; of an office, those it leads or takes part in."""
    return svc.desk.read(joint.list_joint, state=state, office=office, limit=limit, cursor=cursor, scope=who.scope)


@router.post("", summary="发起联合任务 / Set up a joint task", status_code=201, responses=problems(404), dependencies=WRITE)
def create(sent: JointSent, svc: Svc, who: Caller) -> JointView:
    """Led by an office inside one's scope, about a subject or an alert inside it; the others may lie elsewhere."""
    parts = [Part(one.office, one.what) for one in sent.parts]
    given: dict[str, Any] = sent.model_dump(exclude={"actor", "parts"})

    def run(conn: Any) -> int:
        require_office(conn, who.scope, sent.lead)
        if sent.subject_id is not None:
            scoping.require_subject(conn, who.scope, sent.subject_id)
        if sent.alert_id is not None:
            scoping.require_alert(conn, who.scope, sent.alert_id)
        return joint.create(conn, **given, parts=parts, actor=acting(who, sent.actor), now=svc.desk.clock())

    return svc.desk.read(joint.show, svc.desk.act(run), scope=who.scope)


@router.get("/{joint_id}", summary="一件联合任务 / One joint task", responses=problems(404), dependencies=READ)
def get_joint(joint_id: Id, svc: Svc, who: Caller) -> JointView:
    """For every office that takes part."""
    return svc.desk.read(joint.show, joint_id, scope=who.scope)


@router.post("/{joint_id}/visit", summary="改期 / Move the visit", responses=problems(404, 409), dependencies=WRITE)
def visit(joint_id: Id, sent: Visit, svc: Svc, who: Caller) -> JointView:
    """To another day, with the reason; the parts are due as before."""
    return _led(svc, who, joint_id, joint.move_visit, visit_on=sent.visit_on, reason=sent.reason, actor=acting(who, sent.actor))


@router.post("/{joint_id}/withdraw", summary="退出单位 / Let an office stay away", responses=problems(404, 409), dependencies=WRITE)
def withdraw(joint_id: Id, sent: PartWithdrawn, svc: Svc, who: Caller) -> JointView:
    """With the reason; not the lead one."""
    return _led(svc, who, joint_id, joint.withdraw_part, office=sent.office, reason=sent.reason, actor=acting(who, sent.actor))


def _led(svc: Svc, who: Caller, joint_id: int, step: Any, **given: Any) -> JointView:
    """An act of the office that leads."""

    def run(conn: Any) -> None:
        require_office(conn, who.scope, joint.show(conn, joint_id, scope=who.scope).lead_office)
        step(conn, joint_id, **given, now=svc.desk.clock())

    svc.desk.act(run)
    return svc.desk.read(joint.show, joint_id, scope=who.scope)
