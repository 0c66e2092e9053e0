"""What would have to be otherwise for a grade to be lower."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.authority import Caller, needs
from api.deps import Id, LongText, Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.domain.calendar import SHANGHAI
from risk.services import what_if
from risk.services.what_if import WhatIf

router = Router(prefix="/assessments", tags=["assessments"])


class WhatIfSent(BaseModel):
    """A text and the model that is asked."""

    model_config = ConfigDict(extra="forbid")

    text: LongText = Field(min_length=1, examples=["三个疗程根治糖尿病，无效退款"])
    model: Text = Field(examples=["false_medical_advertising"])
    kind: Literal["content", "report", "warning"] | None = None
    channel: Text | None = None


@router.post(
    "/preview/what-if",
    summary="如何改判（不保存） / What would lower the grade of a text",
    responses=problems(413),
    dependencies=[needs("signals.read")],
)
def preview_what_if(sent: WhatIfSent, svc: Svc) -> WhatIf:
    """The same judgement without each reason's words; those that lower the grade first."""
    on = svc.desk.clock().astimezone(SHANGHAI).date()
    return what_if.of_text(svc.scorer(), sent.text, model=sent.model, on=on, kind=sent.kind, channel=sent.channel)


@router.get(
    "/{assessment_id}/what-if",
    summary="如何改判 / What would lower the grade of an assessment",
    responses=problems(404, 409),
    dependencies=[needs("signals.read")],
)
def assessment_what_if(assessment_id: Id, svc: Svc, who: Caller) -> WhatIf:
    """As of its moment, by the rules and the model of now; ``same_versions`` says whether they are those that judged it."""
    scorer = svc.scorer()
    return svc.desk.read(what_if.of_assessment, scorer, assessment_id, scope=who.scope)
