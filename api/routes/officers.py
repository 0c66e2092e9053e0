"""Officers of an office: who they are, when they are away, who gets which task."""

from __future__ import annotations

from api.alert_schemas import AssignmentSent, AssignSent, LeaveSent, OfficerSent, Why
from api.authority import Caller, acting, needs
from api.deps import Id, Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.domain.officers import Assignment
from risk.services import assignment, officers
from risk.services.assignment import Assigned
from risk.services.officers import Roster

router = Router(prefix="/officers", tags=["officers"])


@router.get("", summary="核查人员名册 / The officers of an office", responses=problems(404), dependencies=[needs("tasks.read")])
def list_officers(office: Text, svc: Svc, who: Caller) -> Roster:
    """With their open work, leaves, and how the office gives out its tasks."""
    return svc.desk.read(officers.roster, office, svc.desk.clock(), scope=who.scope)


@router.post("", summary="登记核查人员 / Enter or change an officer", responses=problems(404, 422), dependencies=[needs("tasks.decide")])
def put_officer(sent: OfficerSent, svc: Svc, who: Caller) -> Roster:
    """Accounts with the role *officer* come on the roster by themselves; their capacity is said here."""
    now = svc.desk.clock()
    svc.desk.act(
        officers.put,
        sent.name,
        sent.office,
        weekly_capacity=sent.weekly_capacity,
        active=sent.active,
        actor=acting(who, sent.actor),
        now=now,
        scope=who.scope,
    )
    return svc.desk.read(officers.roster, sent.office, now, scope=who.scope)


@router.post(
    "/{officer_id}/leave", summary="登记休假 / Enter a leave", responses=problems(404, 409, 422), dependencies=[needs("tasks.decide")]
)
def enter_leave(officer_id: Id, sent: LeaveSent, svc: Svc, who: Caller) -> tuple[Assigned, ...]:
    """Open tasks go to the deputy, else by load: at once where the leave has begun, else on its first day. Returns what was handed over now."""
    now = svc.desk.clock()
    moved = svc.desk.act(
        assignment.go_on_leave,
        officer_id,
        sent.first_day,
        sent.last_day,
        deputy=sent.deputy,
        reason=sent.reason,
        actor=acting(who, sent.actor),
        now=now,
        scope=who.scope,
    )
    return tuple(moved)


@router.post(
    "/leaves/{leave_id}/end",
    status_code=204,
    summary="提前结束休假 / End a leave early",
    responses=problems(404, 422),
    dependencies=[needs("tasks.decide")],
)
def end_leave(leave_id: Id, sent: Why, svc: Svc, who: Caller) -> None:
    """Tasks that were handed over stay where they are."""
    actor = acting(who, sent.actor)
    svc.desk.act(officers.end_leave, leave_id, actor=actor, reason=sent.reason, now=svc.desk.clock(), scope=who.scope)


@router.post(
    "/tasks/{task_id}",
    summary="分派任务 / Give a task to an officer",
    responses=problems(404, 409, 422),
    dependencies=[needs("tasks.decide")],
)
def assign_task(task_id: Id, sent: AssignSent, svc: Svc, who: Caller) -> Assigned:
    """Also from one to another; without an officer to the least loaded one."""
    actor = acting(who, sent.actor)
    return svc.desk.act(assignment.assign, task_id, sent.officer, actor=actor, now=svc.desk.clock(), reason=sent.reason, scope=who.scope)


@router.put(
    "/offices/{office}/assignment",
    summary="设置分派方式 / How an office gives out its tasks",
    responses=problems(404, 422),
    dependencies=[needs("tasks.decide")],
)
def set_assignment(office: Text, sent: AssignmentSent, svc: Svc, who: Caller) -> Roster:
    """Automatically by load, by the head, or taken by officers."""
    now = svc.desk.clock()
    how = Assignment(sent.assignment)
    svc.desk.act(officers.set_assignment, office, how, actor=acting(who, sent.actor), now=now, scope=who.scope)
    return svc.desk.read(officers.roster, office, now, scope=who.scope)
