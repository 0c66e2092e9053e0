"""The situation at a glance, and what a wall screen shows of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Query

from api.authority import Caller, needs
from api.deps import Moment, Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.services import overview_kept, overview_wall
from risk.services.overview import Overview
from risk.services.overview_asked import Asked
from risk.services.overview_wall import Wall

router = Router(prefix="/overview", tags=["overview"])


@router.get("", summary="态势总览 / The situation at a glance", responses=problems(422), dependencies=[needs("alerts.read")])
def get_overview(
    svc: Svc,
    who: Caller,
    period: Annotated[
        Text, Query(description="latest, week, month, quarter, year, 2026-10, 2026-W41 … / 时段", examples=["latest", "2026-10"])
    ] = "latest",
    first: Annotated[date | None, Query(alias="from", description="with `to`, instead of a period / 起始日")] = None,
    last: Annotated[date | None, Query(alias="to", description="included / 截止日（含）")] = None,
    compare: Annotated[Literal["previous", "year_before", "none"], Query(description="上一时段、上年同期、不比较")] = "previous",
    region: Annotated[Text | None, Query(description="code or name, with what lies below / 地区，含下级")] = None,
    model: Text | None = None,
    at: Annotated[Moment | None, Query(description="as of that moment, else now / 截至")] = None,
) -> Overview:
    """Alerts that were opened in the stretch and what became of them: by grade, model and place, day by day, from signal to case, office by office.

    Each number carries the list of its rows. `compare` looks at the stretch before, or the same of last year, for as long as the chosen one has lasted. A large answer
    is kept for a minute: `at` says the moment it was counted at.
    """
    now = svc.desk.clock()
    asked = Asked(min(at, now) if at else now, period, first, last, compare, region, model)
    return svc.desk.look(overview_kept.overview, asked, scope=who.scope)


@router.get("/wall", summary="值班大屏 / The wall screen", dependencies=[needs("alerts.read")])
def get_wall(svc: Svc, who: Caller) -> Wall:
    """The newest red and orange alerts, what is overdue and since when, today's numbers. No subject is named."""
    return svc.desk.look(overview_wall.wall, svc.desk.clock(), scope=who.scope)
