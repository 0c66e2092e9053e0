"""Personal data, plain: one thing at a time, with a reason, on the record."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from api.authority import Caller, acting, needs
from api.deps import LongText, Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.services import unmasking
from risk.services.unmasking import Unmasked

router = Router(prefix="/unmaskings", tags=["audit"])


class UnmaskAsked(BaseModel):
    """What to read plain, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"object": "signal:12", "reason": "联系举报人核实购买经过"}]})

    object: Text = Field(description="signal:12, verdict:3, subject:7 / 对象")
    reason: LongText = Field(description="kept in the audit / 理由，记入审计")


@router.post(
    "", summary="查看个人信息原文（留痕） / Read one thing plain", responses=problems(404, 429), dependencies=[needs("personal.read")]
)
def unmask(asked: UnmaskAsked, svc: Svc, who: Caller, response: Response) -> Unmasked:
    """Who, what and why are in the audit before the text is given. So many times a day (setting ``unmaskings_a_day``), then 429."""
    response.headers["Cache-Control"] = "no-store"
    return svc.desk.act(
        unmasking.unmask,
        asked.object,
        asked.reason,
        actor=acting(who),
        now=svc.desk.clock(),
        a_day=svc.settings.unmaskings_a_day,
        scope=who.scope,
    )
