"""Reports: listed, frozen, read as a page or as numbers."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.responses import Response

from api.deps import ActorHeader, Cursor, Lang, Limit, Svc, Text, actor_of
from api.openapi import problems
from api.schemas import ReportAsked
from risk.services import views_reports
from risk.services.paging import Page
from risk.services.views_reports import ReportRow

router = APIRouter(prefix="/reports", tags=["reports"])

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@router.get("", summary="报告列表 / List reports")
def list_reports(svc: Svc, period: Text | None = None, limit: Limit = 50, cursor: Cursor = None) -> Page[ReportRow]:
    """The newest first."""
    return svc.desk.read(views_reports.list_reports, period=period, limit=limit, cursor=cursor)


@router.post("", status_code=201, summary="生成报告 / Freeze a report", responses=problems(404))
def make_report(sent: ReportAsked, svc: Svc, x_actor: ActorHeader = None) -> dict[str, Any]:
    """Frozen to the newest finished run: asked again for the same run, it is the same report. Answers its numbers."""
    from risk.services import reporting  # brings pandas, which a server loads when it is asked for a report

    return svc.desk.whole(reporting.make, sent.period, actor=actor_of(x_actor, sent.actor), now=svc.desk.clock())


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
)
def get_report(period: Text, svc: Svc, lang: Lang, format: Literal["html", "json"] = "html") -> Response:  # noqa: A002 - the parameter's name
    """The newest of a period; `latest` is the newest of all."""
    from risk.services import reporting

    numbers = svc.desk.read(views_reports.get_numbers, period)
    if format == "json":
        return JSONResponse(numbers)
    return HTMLResponse(reporting.to_html(numbers, lang), headers={"Content-Security-Policy": PAGE_POLICY, "Content-Language": lang})
