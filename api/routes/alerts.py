"""Alerts: listed, counted, exported, shown with evidence, history and task; entered by hand; judged again."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query
from fastapi.responses import StreamingResponse

from api.alert_schemas import AlertEntered, GradeCode, Why
from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Limit, Moment, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from risk.domain.alerts_manual import Reporter
from risk.domain.grades import Grade
from risk.domain.signals import SubjectKeys
from risk.services import alert_export, alert_page, alert_replay, manual_alerts, views_alerts
from risk.services.alert_filters import AlertFilter
from risk.services.alert_page import AlertPage
from risk.services.alert_replay import Replay
from risk.services.manual_alerts import Entry, Receipt, ReporterView
from risk.services.paging import LARGEST_ID, Page
from risk.services.views_alerts import AlertCounts, AlertRow

router = Router(prefix="/alerts", tags=["alerts"])
Step = Literal[
    "issued", "signed", "reported", "in_time", "late_done", "late", "told", "confirmed", "unfounded", "filed", "transferred"
]  # fmt: skip


async def _filters(
    svc: Svc,
    model: Text | None = None,
    grade: GradeCode | None = None,
    region: Annotated[Text | None, Query(description="code or name, with what lies below / 地区，含下级")] = None,
    status: Literal["open", "tasked", "closed"] | None = None,
    subject: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    source: Text | None = None,
    office: Text | None = None,
    opened_from: Moment | None = None,
    opened_to: Moment | None = None,
    text: Annotated[Text | None, Query(description="in the title / 标题包含")] = None,
    has_verdict: bool | None = None,
    origin: Literal["run", "manual", "warning"] | None = None,
    updated_since: Annotated[
        Moment | None, Query(description="for reading on from a moment; let readings overlap by a minute / 增量读取，请重叠一分钟")
    ] = None,
    step: Annotated[Step | None, Query(description="how far its own task and its verdict have come / 办理进度")] = None,
    step_at: Annotated[Moment | None, Query(description="as of that moment, else now / 截至何时的进度")] = None,
) -> AlertFilter:
    at = step_at or svc.desk.clock() if step else None
    return AlertFilter(
        model, Grade.parse(grade) if grade else None, region, status, subject, source, office, opened_from, opened_to, text, has_verdict,
        origin, updated_since, step, at,
    )  # fmt: skip


Filters = Annotated[AlertFilter, Depends(_filters)]


@router.get("", summary="预警列表 / List alerts", responses=problems(422), dependencies=[needs("alerts.read")])
def list_alerts(
    svc: Svc,
    who: Caller,
    filters: Filters,
    sort: Literal["newest", "gravest", "probability", "updated"] = "newest",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertRow]:
    """A cursor belongs to its order. `updated` is the order of the last change, oldest first: with `updated_since`, the way to read on."""
    return svc.desk.read(views_alerts.list_alerts, filters, sort=sort, limit=limit, cursor=cursor, scope=who.scope)


@router.get("/counts", summary="预警计数 / Count alerts", responses=problems(422), dependencies=[needs("alerts.read")])
def count_alerts(svc: Svc, who: Caller, filters: Filters) -> AlertCounts:
    """The same alerts as the list, by grade, status, model and origin."""
    return svc.desk.read(views_alerts.count_alerts, filters, scope=who.scope)


@router.get(
    "/export",
    summary="导出预警 / Export alerts",
    response_class=StreamingResponse,
    responses={**files("application/x-ndjson", "text/csv"), **problems(422)},
    dependencies=[needs("alerts.read")],
)
def export_alerts(
    svc: Svc, who: Caller, filters: Filters, form: Annotated[Literal["ndjson", "csv"], Query(alias="format")] = "ndjson"
) -> StreamingResponse:
    """All of the list, the newest first; on the record. Cells that a spreadsheet would take for formulas are quoted."""
    text = alert_export.lines(alert_export.reader(svc.desk.read, filters, who.scope), form)
    svc.desk.act(alert_export.record, filters, form, actor=who.name, now=svc.desk.clock())
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/x-ndjson"
    return StreamingResponse(text, media_type=kind, headers={"Content-Disposition": f'attachment; filename="alerts.{form}"'})


@router.post(
    "",
    status_code=201,
    summary="人工登记预警 / Enter an alert by hand",
    responses=problems(404, 409, 422),
    dependencies=[needs("alerts.write")],
)
def enter_alert(sent: AlertEntered, svc: Svc, who: Caller) -> Receipt:
    """A call, a letter, something seen: signal, alert, routing and task in one act. The same `key` again answers the same and changes nothing.

    Where the alert lies outside what the caller may see, the outcome is `received` and nothing more is told.
    """
    entry = Entry(
        key=sent.key,
        model=sent.model,
        reason=sent.reason,
        text=sent.text,
        signal_id=sent.signal,
        channel=sent.channel,
        source=sent.source,
        received_at=sent.received_at,
        subject=SubjectKeys(**sent.subject.model_dump()) if sent.subject else SubjectKeys(),
        region=sent.region,
        url=sent.url,
        grade=Grade.parse(sent.grade) if sent.grade else None,
        office_code=who.office_code,
        reporter=Reporter(**sent.reporter.model_dump()) if sent.reporter else Reporter(),
        as_seen=sent.as_seen,
    )
    scorer = svc.scorer() if sent.judge else None
    actor = acting(who, sent.actor)
    return svc.desk.act(manual_alerts.add, entry, actor=actor, now=svc.desk.clock(), scorer=scorer, scope=who.scope)


@router.get("/{alert_id}", summary="预警详情 / One alert", responses=problems(404), dependencies=[needs("alerts.read")])
def get_alert(alert_id: Id, svc: Svc, who: Caller) -> AlertPage:
    """What, who, where; evidence (gravest first) with rules, quotations, law of that day and versions; task, history, senders, what hangs together with it."""
    return svc.desk.read(alert_page.page, alert_id, svc.desk.clock(), scope=who.scope)


@router.get(
    "/{alert_id}/reporters", summary="举报人（脱敏） / Who told it, masked", responses=problems(404), dependencies=[needs("alerts.read")]
)
def get_reporters(alert_id: Id, svc: Svc, who: Caller) -> tuple[ReporterView, ...]:
    """Of clues that were entered by hand."""
    return svc.desk.read(manual_alerts.reporters, alert_id, scope=who.scope)


@router.post(
    "/{alert_id}/reporters/unmask",
    summary="查看举报人（留痕） / Who told it, on the record",
    responses=problems(404, 422),
    dependencies=[needs("personal.read")],
)
def unmask_reporters(alert_id: Id, sent: Why, svc: Svc, who: Caller) -> tuple[ReporterView, ...]:
    """With the reason, in the audit."""
    actor = acting(who, sent.actor)
    return svc.desk.act(manual_alerts.unmask, alert_id, actor=actor, reason=sent.reason, now=svc.desk.clock(), scope=who.scope)


@router.get("/{alert_id}/replay", summary="重新研判 / Judge an alert again", responses=problems(404), dependencies=[needs("alerts.read")])
def replay_alert(alert_id: Id, svc: Svc, who: Caller) -> Replay:
    """By the rules, the model version and the knowledge of then: same result, or exactly what changed. Nothing is stored."""
    scorer = svc.scorer()
    return svc.desk.read(alert_replay.replay, scorer, alert_id, registry_dir=svc.settings.registry_dir, scope=who.scope)
