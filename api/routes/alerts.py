"""Alerts: listed, shown with evidence, history and task."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter

from api.deps import Cursor, Id, Limit, Svc, Text
from api.openapi import problems
from risk.domain.grades import Grade
from risk.services import views_alerts
from risk.services.paging import Page
from risk.services.views_alerts import AlertFilter, AlertRow, AlertView

router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.get("", summary="预警列表 / List alerts")
def list_alerts(
    svc: Svc,
    model: Text | None = None,
    grade: Literal["blue", "yellow", "orange", "red"] | None = None,
    region: Text | None = None,
    status: Literal["open", "tasked", "closed"] | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AlertRow]:
    """The newest first. `region` (code or name) includes what lies below it."""
    wanted = AlertFilter(model, Grade.parse(grade) if grade else None, region, status)
    return svc.desk.read(views_alerts.list_alerts, wanted, limit=limit, cursor=cursor)


@router.get("/{alert_id}", summary="预警详情 / One alert", responses=problems(404))
def get_alert(alert_id: Id, svc: Svc) -> AlertView:
    """With its evidence (gravest first), its task and everything that happened to it."""
    return svc.desk.read(views_alerts.get_alert, alert_id, svc.desk.clock())
