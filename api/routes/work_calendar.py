"""The working calendar: shown by year, changed by day, completed by the yearly notice."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Path

from api.authority import Caller, acting, needs
from api.deps import Svc
from api.openapi import problems
from api.operations import Router
from api.task_schemas import DaySent, NoticeSent
from risk.services import calendar_changes
from risk.services.calendar_changes import Checked, Moved, YearView

router = Router(prefix="/calendar", tags=["calendar"])
WRITE = [needs("routing.write", whole=True)]


@router.get("/check", summary="日历是否够用 / Does the calendar reach", dependencies=[needs("routing.read")])
def check(svc: Svc, who: Caller) -> Checked:
    """The years that open tasks run into without a notice: their deadlines are provisional."""
    return svc.desk.read(calendar_changes.check, scope=who.scope)


@router.get("/years/{year}", summary="一年的工作日历 / One year", responses=problems(404, 422), dependencies=[needs("routing.read")])
def show(year: Annotated[int, Path(ge=1990, le=2199)], svc: Svc) -> YearView:
    """The days that differ from Monday to Friday, and who changed them. `provisional`: no notice yet."""
    return svc.desk.read(calendar_changes.show, year)


@router.put("/days/{day}", summary="更改一天 / Change a day", responses=problems(404, 422), dependencies=WRITE)
def set_day(day: date, sent: DaySent, svc: Svc, who: Caller) -> Moved:
    """Deadlines of open tasks that were counted through it are counted again, each by an event."""
    given = {"name_zh": sent.name_zh, "name_en": sent.name_en, "source": sent.source}
    return svc.desk.act(calendar_changes.set_day, day, sent.kind, **given, actor=acting(who, sent.actor), now=svc.desk.clock())


@router.post("/notices", summary="导入年度放假通知 / Take a yearly notice in", responses=problems(409, 422), dependencies=WRITE)
def take_notice(sent: NoticeSent, svc: Svc, who: Caller) -> Moved:
    """The year is provisional no more; deadlines of open tasks are counted again."""
    days = calendar_changes.read_notice(sent.text, sent.year)
    given: dict[str, Any] = {"source": sent.source, "actor": acting(who, sent.actor), "now": svc.desk.clock()}
    return svc.desk.act(calendar_changes.take_notice, sent.year, days, **given)
