"""Sources of data: what each delivered, by which rhythm, whether it is late, how much was refused; what is expected of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from api.authority import Caller, acting, needs
from api.deps import LongText, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import _Sent
from risk.services import data_sources
from risk.services.data_sources import Sources, SourceState

router = Router(prefix="/data-sources", tags=["data sources"])


class SourceSent(_Sent):
    """What is expected of a source; without `every_minutes` its rhythm is learnt from what came."""

    source: Text = Field(min_length=1, examples=["12315平台"])
    every_minutes: int | None = Field(None, ge=1, le=data_sources.MOST_MINUTES, examples=[1440])
    watched: bool = Field(default=True, description="whether it can be late at all / 是否监测时效")
    owner: Text = Field("", description="who is asked where it is late / 联系单位或人", examples=["省局信息中心"])
    reason: LongText = Field(min_length=1, examples=["每个工作日推送一次"])
    version: int | None = Field(None, ge=0, le=2**31 - 1)


@router.get("", summary="数据来源与时效 / Sources and how fresh they are", dependencies=[needs("sources.read", whole=True)])
def list_sources(svc: Svc, days: Annotated[int, Query(ge=1, le=60, description="of each day's rows / 逐日天数")] = 30) -> Sources:
    """Those that need somebody first: silent, late, of unknown rhythm, fresh, not watched."""
    return svc.desk.read(data_sources.list_sources, svc.desk.clock(), days=days)


@router.put(
    "",
    summary="设置数据来源 / Set what is expected of a source",
    responses=problems(404, 409),
    dependencies=[needs("sources.write", whole=True)],
)
def set_source(sent: SourceSent, svc: Svc, who: Caller) -> SourceState:
    """A version of its own; the ones before stay."""
    return svc.desk.act(
        data_sources.set_source,
        sent.source,
        every_minutes=sent.every_minutes,
        watched=sent.watched,
        owner=sent.owner,
        reason=sent.reason,
        version=sent.version,
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
    )
