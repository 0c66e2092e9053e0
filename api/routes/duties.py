"""Who is in charge: the duty table with its versions, tried and changed; offices and what lies with the fallback owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import Body, Query
from fastapi.responses import Response

from api.alert_schemas import DutiesSent, DutiesTried, DutySent, FallbackSent
from api.authority import Caller, acting, needs
from api.deps import Cursor, Limit, Svc, Text
from api.openapi import files, problems
from api.operations import Router
from risk.domain.duties import Order
from risk.services import duty_csv, duty_table, duty_trial
from risk.services.duty_csv import Read
from risk.services.duty_table import DutyChange, DutyTable, OfficeRow, Unrouted
from risk.services.duty_trial import DutyTrial
from risk.services.paging import Page

router = Router(prefix="/duties", tags=["routing"])
offices = Router(prefix="/offices", tags=["routing"])

_EXAMPLE = "model,region,level,office,valid_from,valid_to\nillegal_drug_sales,420102,,420100-market_supervision,2027-01-01,\n"
CsvText = Annotated[
    str, Body(media_type="text/csv", max_length=2_000_000, description="the table as exported / 职责表 CSV", examples=[_EXAMPLE])
]


@router.get("", summary="职责表 / The duty table", responses=problems(422), dependencies=[needs("routing.read")])
def show_duties(
    svc: Svc,
    on: Annotated[date | None, Query(description="today where none is given / 不填为今天")] = None,
    model: Text | None = None,
    region: Text | None = None,
    every: Annotated[bool, Query(description="past and future ones too / 含过去与将来")] = False,
) -> DutyTable:
    """What holds on a day, with holes, overlaps and duties whose office is gone."""
    return svc.desk.read(duty_table.show, svc.desk.clock(), on=on, model=model, region=region, every=every)


@router.get("/history", summary="职责表版本 / Versions of the duty table", dependencies=[needs("routing.read")])
def duty_history(svc: Svc, limit: Limit = 50, cursor: Cursor = None) -> Page[DutyChange]:
    """Who changed what, why, from which day on; the newest first."""
    return svc.desk.read(duty_table.history, limit=limit, cursor=cursor)


@router.get("/unroutable", summary="无职责可循的任务 / Tasks no duty reaches", dependencies=[needs("routing.read", whole=True)])
def unroutable(svc: Svc) -> tuple[Unrouted, ...]:
    """What lies with the fallback owner and is not ended, the oldest first."""
    return svc.desk.read(duty_table.unrouted)


@router.get(
    "/export",
    summary="导出职责表 / Export the duty table",
    response_class=Response,
    responses=files("text/csv"),
    dependencies=[needs("routing.read")],
)
def export_duties(svc: Svc) -> Response:
    """As CSV; what comes back with a few edited rows changes those."""
    return Response(svc.desk.read(duty_csv.write), media_type="text/csv; charset=utf-8")


@router.post("/check", summary="检查职责表文件 / Check a file of duties", responses=problems(422), dependencies=[needs("routing.read")])
def check_duties(text: CsvText, svc: Svc) -> Read:
    """Its orders, and every row that cannot be used, with the reason. Nothing is changed."""
    return svc.desk.read(duty_csv.read, text)


@router.post(
    "/import",
    status_code=201,
    summary="导入职责表 / Take a file of duties in",
    responses=problems(422),
    dependencies=[needs("routing.write", whole=True)],
)
def import_duties(
    text: CsvText, svc: Svc, who: Caller, reason: Annotated[Text, Query(min_length=1, description="why / 理由")], actor: Text | None = None
) -> DutyChange:
    """All rows as one version, or nothing."""
    return svc.desk.act(duty_csv.take_in, text, actor=acting(who, actor), reason=reason, now=svc.desk.clock())


@router.post(
    "/try", summary="试算职责调整 / Try a changed table", responses=problems(422), dependencies=[needs("routing.read", whole=True)]
)
def try_duties(sent: DutiesTried, svc: Svc) -> DutyTrial:
    """What of a period's alerts would have gone from which office to which, what no duty would reach, the load of each office."""
    until = sent.until or svc.desk.clock()
    return svc.desk.read(duty_trial.try_orders, _orders(sent.changes), since=sent.since, until=until)


@router.post(
    "/changes",
    status_code=201,
    summary="调整职责 / Change the duty table",
    responses=problems(422),
    dependencies=[needs("routing.write", whole=True)],
)
def change_duties(sent: DutiesSent, svc: Svc, who: Caller) -> DutyChange:
    """One version, from a day on that is not past."""
    return svc.desk.act(duty_table.change, _orders(sent.changes), actor=acting(who, sent.actor), reason=sent.reason, now=svc.desk.clock())


@router.post(
    "/fallback",
    status_code=201,
    summary="更换兜底单位 / Name the fallback owner",
    responses=problems(404, 422),
    dependencies=[needs("routing.write", whole=True)],
)
def set_fallback(sent: FallbackSent, svc: Svc, who: Caller) -> DutyChange:
    """Who takes what no duty reaches, from now on."""
    return svc.desk.act(duty_table.set_fallback, sent.office, actor=acting(who, sent.actor), reason=sent.reason, now=svc.desk.clock())


@offices.get("", summary="承办单位 / Offices", responses=problems(422), dependencies=[needs("routing.read")])
def list_offices(svc: Svc, who: Caller, region: Text | None = None, department: Text | None = None) -> tuple[OfficeRow, ...]:
    """With capacity and, inside the caller's scope, open tasks."""
    return svc.desk.read(duty_table.list_offices, region=region, department=department, scope=who.scope)


def _orders(changes: Sequence[DutySent]) -> list[Order]:
    return [Order(one.model, one.region, one.office, one.valid_from, one.valid_to, one.level) for one in changes]
