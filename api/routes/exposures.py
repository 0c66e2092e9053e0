"""The exposure board (曝光台): entries of confirmed verdicts, drafted by the office, published by another person, taken down with their verdict."""

from __future__ import annotations

from typing import Any, Literal

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Svc
from api.openapi import problems
from api.operations import Router
from api.report_schemas import ExposureDraft, ExposurePublished, ExposureRevised, ExposureWithdrawn
from risk.services import exposures
from risk.services.exposures import ExposureView
from risk.services.paging import Page

router = Router(prefix="/exposures", tags=["exposures"])
READ, WRITE, PUBLISH = [needs("exposures.read")], [needs("exposures.write")], [needs("exposures.publish")]
ACT = problems(404, 409)


@router.get("", summary="曝光条目列表 / List entries", dependencies=READ)
def list_exposures(
    svc: Svc,
    who: Caller,
    state: Literal["draft", "published", "withdrawn"] | None = None,
    shown: bool = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ExposureView]:
    """The newest first; `shown` only what is on the board now: published, its verdict in force."""
    return svc.desk.read(exposures.list_exposures, state=state, shown=shown, limit=limit, cursor=cursor, scope=who.scope)


@router.post("", status_code=201, summary="拟定曝光条目 / Draft an entry", responses=ACT, dependencies=WRITE)
def draft(sent: ExposureDraft, svc: Svc, who: Caller) -> ExposureView:
    """Of a final verdict that confirms and is not contested. Personal data is masked."""
    given: dict[str, Any] = {"title": sent.title, "text": sent.text, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    return svc.desk.act(exposures.draft, sent.verdict_id, **given, scope=who.scope)


@router.get("/{exposure_id}", summary="一条曝光 / One entry", responses=problems(404), dependencies=READ)
def get_exposure(exposure_id: Id, svc: Svc, who: Caller) -> ExposureView:
    """With its history and whether its verdict still stands."""
    return svc.desk.read(exposures.get, exposure_id, scope=who.scope)


@router.post("/{exposure_id}/revise", summary="修改曝光草稿 / Change a draft", responses=ACT, dependencies=WRITE)
def revise(exposure_id: Id, sent: ExposureRevised, svc: Svc, who: Caller) -> ExposureView:
    """Its words."""
    given: dict[str, Any] = {"title": sent.title, "text": sent.text, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    return svc.desk.act(exposures.revise, exposure_id, **given, version=sent.version, scope=who.scope)


@router.post("/{exposure_id}/publish", summary="发布曝光 / Publish an entry", responses=ACT, dependencies=PUBLISH)
def publish(exposure_id: Id, sent: ExposurePublished, svc: Svc, who: Caller) -> ExposureView:
    """By another person than drafted it, if the verdict still stands."""
    given: dict[str, Any] = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version}
    return svc.desk.act(exposures.publish, exposure_id, **given, scope=who.scope)


@router.post("/{exposure_id}/withdraw", summary="撤下曝光 / Withdraw an entry", responses=ACT, dependencies=PUBLISH)
def withdraw(exposure_id: Id, sent: ExposureWithdrawn, svc: Svc, who: Caller) -> ExposureView:
    """With a reason. A correction or an appeal takes an entry down by itself."""
    given: dict[str, Any] = {"reason": sent.reason, "actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version}
    return svc.desk.act(exposures.withdraw, exposure_id, **given, scope=who.scope)
