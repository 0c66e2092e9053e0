"""Special campaigns (专项整治): drafted, started over a frozen set, followed by office, ended with numbers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc
from api.openapi import problems
from api.operations import Router
from api.task_schemas import CampaignAdd, CampaignEnd, CampaignSent, CampaignStart, ChoiceSent
from risk.domain.authority import Scope
from risk.services import campaigns
from risk.services.campaigns import Added, CampaignView, Choice, Progress
from risk.services.paging import Page
from risk.services.task_acts import require_office

router = Router(prefix="/campaigns", tags=["campaigns"])
READ, WRITE = [needs("campaigns.read")], [needs("campaigns.write")]
ACT = problems(404, 409)


class Counted(BaseModel):
    """How many a choice takes in."""

    count: int


@router.get("", summary="专项整治列表 / List campaigns", dependencies=READ)
def list_campaigns(
    svc: Svc, who: Caller, state: Literal["draft", "running", "ended"] | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[CampaignView]:
    """The newest first: those of one's own offices, and those that gave them tasks."""
    return svc.desk.read(campaigns.list_campaigns, state=state, limit=limit, cursor=cursor, scope=who.scope)


@router.post("", summary="拟定专项整治 / Draft a campaign", status_code=201, responses=problems(404), dependencies=WRITE)
def create(sent: CampaignSent, svc: Svc, who: Caller) -> CampaignView:
    """For an office inside one's scope."""
    given = sent.model_dump(exclude={"actor"})

    def draft(conn: Any) -> int:
        require_office(conn, who.scope, sent.owner_office)
        return campaigns.create(conn, **given, actor=acting(who, sent.actor), now=svc.desk.clock())

    return svc.desk.read(campaigns.show, svc.desk.act(draft), scope=who.scope)


@router.post("/preview", summary="试算范围 / Count a choice", responses=problems(404), dependencies=WRITE)
def preview(sent: ChoiceSent, svc: Svc, who: Caller) -> Counted:
    """How many subjects or alerts a choice takes in now; nothing is stored."""
    return Counted(count=svc.desk.read(campaigns.preview, _choice(sent), scope=who.scope))


@router.get("/{campaign_id}", summary="一项专项整治 / One campaign", responses=problems(404), dependencies=READ)
def get_campaign(campaign_id: Id, svc: Svc, who: Caller) -> CampaignView:
    """The choice, the number of items and the numbers of the end are for its owner."""
    return svc.desk.read(campaigns.show, campaign_id, scope=who.scope)


@router.get("/{campaign_id}/progress", summary="专项整治进度 / Progress by office", responses=problems(404), dependencies=READ)
def progress(campaign_id: Id, svc: Svc, who: Caller) -> Progress:
    """Of the offices inside one's scope."""
    return svc.desk.read(campaigns.progress, campaign_id, svc.desk.clock(), scope=who.scope)


@router.get("/{campaign_id}/history", summary="专项整治经过 / History", responses=problems(404), dependencies=READ)
def history(campaign_id: Id, svc: Svc, who: Caller) -> list[dict[str, Any]]:
    """What happened to it."""
    svc.desk.read(campaigns.require, campaign_id, who.scope, own=True)
    return list(svc.desk.read(campaigns.history, campaign_id, scope=who.scope))


@router.post("/{campaign_id}/start", summary="启动专项整治 / Start a campaign", responses=ACT, dependencies=WRITE)
def start(campaign_id: Id, sent: CampaignStart, svc: Svc, who: Caller) -> Added:
    """The set is frozen; each of it becomes a task of the office that has the duty."""
    return _owned(svc, who.scope, campaign_id, campaigns.start, _choice(sent.choice), actor=acting(who, sent.actor))


@router.post("/{campaign_id}/add", summary="增补对象 / Add to a campaign", responses=ACT, dependencies=WRITE)
def add(campaign_id: Id, sent: CampaignAdd, svc: Svc, who: Caller) -> Added:
    """While it runs, with the reason."""
    return _owned(svc, who.scope, campaign_id, campaigns.add, _choice(sent.choice), actor=acting(who, sent.actor), reason=sent.reason)


@router.post("/{campaign_id}/end", summary="结束专项整治 / End a campaign", responses=ACT, dependencies=WRITE)
def end(campaign_id: Id, sent: CampaignEnd, svc: Svc, who: Caller) -> CampaignView:
    """The numbers of the end report are stored. Open tasks take a reason."""

    def finish(conn: Any) -> None:
        campaigns.require(conn, campaign_id, who.scope, own=True)
        campaigns.end(conn, campaign_id, actor=acting(who, sent.actor), reason=sent.reason, now=svc.desk.clock())

    svc.desk.act(finish)
    return svc.desk.read(campaigns.show, campaign_id, scope=who.scope)


def _owned(svc: Svc, scope: Scope, campaign_id: int, step: Any, choice: Choice, **given: Any) -> Added:
    def run(conn: Any) -> Added:
        campaigns.require(conn, campaign_id, scope, own=True)
        found = step(conn, campaign_id, choice, **given, now=svc.desk.clock(), scope=scope)
        assert isinstance(found, Added)
        return found

    return svc.desk.act(run)


def _choice(sent: ChoiceSent) -> Choice:
    return Choice(**{**sent.model_dump(), "ids": tuple(sent.ids)})
