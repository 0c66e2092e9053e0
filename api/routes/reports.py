"""Reports: listed, frozen, read as a page or as numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.responses import Response

from api.authority import Caller, acting, needs
from api.deps import Cursor, Lang, Limit, Svc, Text
from api.openapi import problems
from api.schemas import ReportAsked
from risk.services import views_reports
from risk.services.paging import Page
from risk.services.views_reports import ReportRow

router = APIRouter(prefix="/reports", tags=["reports"])

Place = Annotated[Text | None, Query(description="of which place: code or name / 地区")]
Department = Annotated[Text | None, Query(description="whose tasks / 部门")]

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@router.get("", summary="报告列表 / List reports", dependencies=[needs("reports.read")])
def list_reports(svc: Svc, who: Caller, period: Text | None = None, limit: Limit = 50, cursor: Cursor = None) -> Page[ReportRow]:
    """The newest first."""
    return svc.desk.read(views_reports.list_reports, period=period, limit=limit, cursor=cursor, scope=who.scope)


@router.post("", status_code=201, summary="生成报告 / Freeze a report", responses=problems(404), dependencies=[needs("reports.write")])
def make_report(sent: ReportAsked, svc: Svc, who: Caller) -> dict[str, Any]:
    """Of a place one may see, frozen to the newest finished run: asked again for the same run, it is the same report. Answers its numbers."""
    from risk.services import reporting  # brings pandas, which a server loads when it is asked for a report

    return svc.desk.whole(
        reporting.make,
        sent.period,
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
        region=sent.region,
        department=sent.department,
        scope=who.scope,
    )


@router.get(
    "/{period}",
    summary="报告 / One report",
    response_class=Response,
    responses={
        **problems(404),
        200: {
            "description": "the page or its numbers / 页面或数据",
            "content": {"text/html": {"schema": {"type": "string"}}, "application/json": {"schema": {"type": "object"}}},
        },
    },
    dependencies=[needs("reports.read")],
)
def get_report(
    period: Text,
    svc: Svc,
    who: Caller,
    lang: Lang,
    region: Place = None,
    department: Department = None,
    format: Literal["html", "json"] = "html",  # noqa: A002 - the parameter's name
) -> Response:
    """The newest of a period and place; `latest` is the newest of all periods. Without a place it is of all that one may see."""
    from risk.services import reporting

    numbers = svc.desk.read(views_reports.get_numbers, period, region=region, department=department, scope=who.scope)
    if format == "json":
        return JSONResponse(numbers)
    return HTMLResponse(reporting.to_html(numbers, lang), headers={"Content-Security-Policy": PAGE_POLICY, "Content-Language": lang})
