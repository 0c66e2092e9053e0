"""Reports: situation reports by period, and reports of all kinds as they live (issues): made, written into, approved, signed, published, printed, compared."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import Query
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel
from starlette.responses import Response

from api.authority import Caller, Needs, acting, needs, needs_by
from api.deps import Cursor, Id, Lang, Limit, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from api.report_schemas import Dressing, Format, IssueAsked, Kind, Remark, State, Step, StepTaken
from api.schemas import ReportAsked
from risk.domain import report_kinds
from risk.domain.report_formats import MEDIA
from risk.services import views_reports
from risk.services.paging import Page
from risk.services.report_views import Comparison, IssueView
from risk.services.views_reports import ReportRow

router = Router(prefix="/reports", tags=["reports"])

Place = Annotated[Text | None, Query(description="of which place: code or name / 地区")]
Department = Annotated[Text | None, Query(description="whose tasks / 部门")]

PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
READ, WRITE = [needs("reports.read")], [needs("reports.write")]
STEPS = {
    "approve": Needs("reports.approve"),
    "send_back": Needs("reports.approve"),
    "sign": Needs("reports.sign"),
    "publish": Needs("reports.publish"),
    "withdraw": Needs("reports.publish"),
}


class KindView(BaseModel):
    """A kind of report: what it is called, which periods it may be of, what it may be about, its chapters."""

    code: str
    zh: str
    en: str
    periods: tuple[str, ...]
    about: tuple[str, ...]
    chapters: tuple[str, ...]


@router.get("", summary="报告列表 / List reports", dependencies=READ)
def list_reports(
    svc: Svc,
    who: Caller,
    period: Text | None = None,
    kind: Kind | Literal["situation"] | None = None,
    state: State | None = None,
    region: Place = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReportRow]:
    """The newest first."""
    asked: dict[str, Any] = {"period": period, "kind": kind, "state": state, "region": region, "limit": limit, "cursor": cursor}
    return svc.desk.read(views_reports.list_reports, **asked, scope=who.scope)


@router.post("", status_code=201, summary="生成态势报告 / Freeze a situation report", responses=problems(404), dependencies=WRITE)
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


@router.get("/kinds", summary="报告种类 / Kinds of report", dependencies=READ)
def kinds() -> list[KindView]:
    """In the order of daily use."""
    return [
        KindView(code=one.code, zh=one.zh, en=one.en, periods=one.periods, about=one.about, chapters=one.chapters)
        for one in report_kinds.kinds().values()
    ]


@router.post("/issues", status_code=201, summary="生成报告草稿 / Make a report", responses=problems(404), dependencies=WRITE)
def make_issue(sent: IssueAsked, svc: Svc, who: Caller) -> IssueView:
    """A draft, frozen to the newest finished run or the moment given. The same kind, period, place and cut-off is the same report, unless it was withdrawn."""
    from risk.services import report_issues

    asked = report_issues.Asked(sent.kind, sent.period, sent.about, sent.region, sent.department)
    actor, now = acting(who, sent.actor), svc.desk.clock()
    number = svc.desk.whole(report_issues.make, asked, actor=actor, now=now, cutoff=sent.cutoff, scope=who.scope)
    return svc.desk.read(report_issues.get, number, scope=who.scope)


@router.get("/issues/{report_id}", summary="一份报告 / One report", responses=problems(404), dependencies=READ)
def get_issue(report_id: Id, svc: Svc, who: Caller) -> IssueView:
    """Where it stands, what it can take next, who did what when."""
    from risk.services import report_issues

    return svc.desk.read(report_issues.get, report_id, scope=who.scope)


@router.get("/issues/{report_id}/document", summary="报告正文（数据形式） / The document", responses=problems(404), dependencies=READ)
def get_document(report_id: Id, svc: Svc, who: Caller, lang: Lang) -> dict[str, Any]:
    """Chapters of paragraphs, tables and figures in the language asked for; every number with its unit and query. All formats are made from it."""
    from risk.services import report_issues

    return svc.desk.read(report_issues.plain_document, report_id, lang, scope=who.scope)


@router.get("/issues/{report_id}/numbers", summary="报告的冻结数字 / Its frozen numbers", responses=problems(404), dependencies=READ)
def get_issue_numbers(report_id: Id, svc: Svc, who: Caller) -> dict[str, Any]:
    """What the document is made from; its SHA-256 is the report's `numbers_hash`."""
    from risk.services import report_issues

    return svc.desk.read(report_issues.numbers, report_id, scope=who.scope)


@router.get(
    "/issues/{report_id}/files/{format}",
    summary="下载报告 / Download a report",
    responses={**files(*MEDIA.values()), **problems(404)},
    response_class=Response,
    dependencies=READ,
)
def get_file(report_id: Id, format: Format, svc: Svc, who: Caller, lang: Lang) -> Response:  # noqa: A002 - the parameter's name
    """HTML, PDF, Word (GB/T 9704-2012), Excel or JSON, all of one document. What is not published yet says so."""
    from risk.services import report_files

    made = svc.desk.whole(report_files.file_of, report_id, format, lang, scope=who.scope)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.name, safe='')}", "Content-Language": lang}
    headers |= {"Content-Security-Policy": f"{PAGE_POLICY}; sandbox", "Cache-Control": "no-store, private"}
    return Response(made.content, media_type=made.media, headers=headers)


@router.get("/issues/{report_id}/comparison", summary="重做并比对 / Made again and compared", responses=problems(404), dependencies=READ)
def compare(report_id: Id, svc: Svc, who: Caller) -> Comparison:
    """The numbers made again for the same cut-off: the same result, or what changed and where. Nothing is stored."""
    from risk.services import report_compare

    return svc.desk.read(report_compare.compare, report_id, scope=who.scope)


@router.post("/issues/{report_id}/remarks", summary="写入研判意见 / Write into a chapter", responses=problems(404, 409), dependencies=WRITE)
def remark(report_id: Id, sent: Remark, svc: Svc, who: Caller) -> IssueView:
    """Of a draft. Personal data is masked."""
    from risk.services import report_issues

    given: dict[str, Any] = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version, "scope": who.scope}
    return svc.desk.act(report_issues.remark, report_id, sent.chapter, sent.text, **given)


@router.post(
    "/issues/{report_id}/dressing", summary="设置公文要素 / Parts of the printed document", responses=problems(404, 409), dependencies=WRITE
)
def dress(report_id: Id, sent: Dressing, svc: Svc, who: Caller) -> IssueView:
    """Of a draft: 主送, 抄送, 密级, 发文机关 and the like, only where given."""
    from risk.services import report_issues

    given: dict[str, Any] = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "version": sent.version, "scope": who.scope}
    return svc.desk.act(report_issues.dress, report_id, sent.values, **given)


@router.post(
    "/issues/{report_id}/{step}",
    summary="审核、签发、印发、撤回 / Approve, sign, publish, withdraw",
    responses=problems(404, 409),
    dependencies=[needs_by("step", STEPS)],
)
def take_step(report_id: Id, step: Step, sent: StepTaken, svc: Svc, who: Caller) -> IssueView:
    """Approved and signed by another than whoever made it or wrote into it; sent back and withdrawn with a reason; a document number with `publish`."""
    from risk.services import report_issues

    given: dict[str, Any] = {"actor": acting(who, sent.actor), "now": svc.desk.clock(), "reason": sent.reason, "number": sent.number}
    return svc.desk.act(report_issues.step, report_id, step, **given, version=sent.version, scope=who.scope)


@router.get(
    "/{period}",
    summary="态势报告 / One situation report",
    response_class=Response,
    responses={**files("text/html", "application/json", said="the page or its numbers / 页面或数据"), **problems(404)},
    dependencies=READ,
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

    numbers = svc.desk.look(views_reports.get_numbers, period, region=region, department=department, scope=who.scope)
    if format == "json":
        return JSONResponse(numbers)
    return HTMLResponse(reporting.to_html(numbers, lang), headers={"Content-Security-Policy": PAGE_POLICY, "Content-Language": lang})
