"""Assessments: listed, explained, and previews of texts that are not stored."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from api.authority import Caller, needs
from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.schemas import PreviewSent
from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.services import preview, views_assessments
from risk.services.paging import LARGEST_ID, Page
from risk.services.preview import Preview
from risk.services.views_assessments import AssessmentFilter, AssessmentRow, AssessmentView

router = Router(prefix="/assessments", tags=["assessments"])


@router.get("", summary="研判列表 / List assessments", dependencies=[needs("signals.read")])
def list_assessments(
    svc: Svc,
    who: Caller,
    signal: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    model: Text | None = None,
    min_grade: Literal["none", "blue", "yellow", "orange", "red"] = "none",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AssessmentRow]:
    """The newest first. A model without a lens includes all its lenses."""
    wanted = AssessmentFilter(signal, model, Grade.parse(min_grade))
    return svc.desk.read(views_assessments.list_assessments, wanted, limit=limit, cursor=cursor, scope=who.scope)


@router.post(
    "/preview",
    summary="在线研判（不保存） / Judge a text without storing it",
    responses=problems(413),
    dependencies=[needs("signals.read")],
)
def preview_text(sent: PreviewSent, svc: Svc) -> tuple[Preview, ...]:
    """What each model says, the gravest first, with reasons and versions: after a promotion or a change of rules for some seconds still those before."""
    on = svc.desk.clock().astimezone(SHANGHAI).date()
    return preview.preview(svc.scorer.at_hand(), sent.text, on=on, models=sent.models, kind=sent.kind, channel=sent.channel)


@router.get(
    "/{assessment_id}", summary="研判解释 / One assessment explained", responses=problems(404), dependencies=[needs("signals.read")]
)
def get_assessment(assessment_id: Id, svc: Svc, who: Caller) -> AssessmentView:
    """Evidence, contributions, reasons in both languages, versions. Below blue only the line itself is kept."""
    return svc.desk.read(views_assessments.get_assessment, assessment_id, scope=who.scope)
