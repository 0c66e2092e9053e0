"""Acts of supervision: the fields they have, entered, listed, put right, removed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Moment, Svc
from api.openapi import problems
from api.operations import Router
from api.verdict_schemas import ActSent, Removed
from risk.domain.acts import Act, kinds
from risk.services import act_desk, acts
from risk.services.act_desk import FieldView
from risk.services.acts import ActFilter, ActView
from risk.services.paging import LARGEST_ID, Page

router = Router(prefix="/acts", tags=["acts"])
READ, WORK = needs("verdicts.read"), needs("tasks.work")
Kind = Literal["inspection", "penalty", "enforcement", "other"]
OtherId = Annotated[int, Query(ge=1, le=LARGEST_ID)]


@router.get("", summary="监管行为列表 / List acts of supervision", dependencies=[READ])
def list_acts(
    svc: Svc,
    who: Caller,
    kind: Kind | None = None,
    subject: OtherId | None = None,
    task: OtherId | None = None,
    verdict: OtherId | None = None,
    updated_since: Moment | None = None,
    removed: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ActView]:
    """The newest first; names and numbers of persons are masked. `removed` shows those that were taken out, too."""
    wanted = ActFilter(kind, subject, task, verdict, updated_since, removed)
    return svc.desk.read(acts.list_acts, wanted, scope=who.scope, limit=limit, cursor=cursor)


@router.get("/kinds", summary="监管行为的字段 / The fields of each kind", dependencies=[READ])
def fields() -> dict[str, tuple[FieldView, ...]]:
    """What a record of each kind has, what is required, how long it may be."""
    return {code: act_desk.fields_of(code) for code in kinds()}


@router.post("", status_code=201, summary="登记监管行为 / Enter an act", responses=problems(404, 409), dependencies=[WORK])
def enter(sent: ActSent, svc: Svc, who: Caller) -> ActView:
    """Every mistake is told at once, with its field. The office is that of the task, else of whoever enters it."""
    act = _checked(sent.record)
    return svc.desk.act(
        act_desk.enter,
        act,
        task_id=sent.task_id,
        office=who.office_code,
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
        scope=who.scope,
    )


@router.get("/{act_id}", summary="监管行为详情 / One act", responses=problems(404), dependencies=[READ])
def get_act(act_id: Id, svc: Svc, who: Caller) -> ActView:
    """With all its fields; names and numbers of persons are masked."""
    return svc.desk.read(acts.get_act, act_id, scope=who.scope)


@router.put("/{act_id}", summary="更改监管行为 / Put an act right", responses=problems(404, 409), dependencies=[WORK])
def change(act_id: Id, sent: ActSent, svc: Svc, who: Caller) -> ActView:
    """The whole record anew; what it said before stands in the audit."""
    act = _checked(sent.record)
    actor, now = acting(who, sent.actor), svc.desk.clock()
    svc.desk.act(acts.change, act_id, act, actor=actor, now=now, version=sent.version, scope=who.scope)
    return get_act(act_id, svc, who)


@router.post("/{act_id}/remove", summary="删除监管行为 / Take an act out", responses=problems(404, 409), dependencies=[WORK])
def remove(act_id: Id, sent: Removed, svc: Svc, who: Caller) -> ActView:
    """Its row stays and says when."""
    svc.desk.act(acts.remove, act_id, reason=sent.reason, actor=acting(who, sent.actor), now=svc.desk.clock(), scope=who.scope)
    return get_act(act_id, svc, who)


def _checked(record: dict[str, Any]) -> Act:
    return acts.checked(str(record.get("kind", "")), {name: value for name, value in record.items() if name != "kind"})
