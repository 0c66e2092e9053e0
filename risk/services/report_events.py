"""What a report tells beside alerts: case files and campaigns of the period, changes to rules, figures of health beyond their limits. As known at a cut-off."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from risk.domain import report_kinds  # noqa: F401 - registers what a report may be about
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register, say
from risk.domain.periods import Period
from risk.domain.tasks import Event
from risk.services import model_health  # noqa: F401 - registers the names of the figures
from risk.services.bulk import select_in
from risk.services.personal import masked
from risk.services.scoping import office_code_inside
from risk.storage import tables as t

register({"report_event_not_found": ("没有编号为 {id} 的重点事件", "no case file with the number {id}")})


def require_file(conn: Connection, name: str, scope: Scope = EVERYWHERE) -> int:
    """The id of a case file of an office inside; ``InvalidInputError`` for what is no number, ``NotFoundError`` (``report_event_not_found``)."""
    if not (name.isascii() and name.isdigit() and len(name) < 19):
        raise InvalidInputError("report_about", known="event:12")
    f = t.case_files.c
    if conn.scalar(select(f.id).where(f.id == int(name), office_code_inside(scope, f.lead_office))) is None:
        raise NotFoundError("report_event_not_found", id=name)
    return int(name)


def title_of_file(conn: Connection, file_id: int) -> dict[str, str]:
    """What a case file is called; personal data in it masked."""
    name = masked(str(conn.scalar(select(t.case_files.c.title).where(t.case_files.c.id == file_id)) or ""))
    return {"zh": name, "en": name}


def alerts_of_file(conn: Connection, file_id: int, cutoff: datetime) -> frozenset[int]:
    """The alerts that a case file had gathered by then and not let go."""
    c = t.case_file_links.c
    held = or_(c.removed_at.is_(None), c.removed_at > cutoff)
    found = conn.scalars(
        select(c.alert_id).where(c.case_file_id == file_id, c.kind == "alert", c.state != "declined", c.added_at <= cutoff, held)
    )
    return frozenset(int(one) for one in found if one is not None)


def case_files(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> list[dict[str, Any]]:
    """重点事件 that were open at some time of the period: how many alerts they hold, and whether they are closed."""
    f = t.case_files.c
    there = (f.opened_at <= cutoff, f.opened_at < period.end, or_(f.closed_at.is_(None), f.closed_at >= period.start))
    rows = conn.execute(select(t.case_files).where(*there, office_code_inside(scope, f.lead_office)).order_by(f.id)).all()
    return [
        {
            "what": "case_file",
            "id": row.id,
            "number": row.number,
            "title": masked(row.title),
            "model": row.model,
            "office": row.lead_office,
            "closed": bool(row.closed_at and row.closed_at <= cutoff),
            "alerts": len(alerts_of_file(conn, row.id, cutoff)),
            "tasks": None,
            "reported": None,
        }
        for row in rows
    ]


def campaigns(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> list[dict[str, Any]]:
    """专项整治 that ran at some time of the period: how many tasks they issued, and how many were reported."""
    c, i = t.campaigns.c, t.campaign_items.c
    ran = (c.started_at <= cutoff, c.started_at < period.end, or_(c.ended_at.is_(None), c.ended_at >= period.start))
    rows = conn.execute(select(t.campaigns).where(*ran, office_code_inside(scope, c.owner_office)).order_by(c.id)).all()
    items = select_in(conn, select(i.campaign_id, i.task_id).where(i.added_at <= cutoff), i.campaign_id, [row.id for row in rows])
    done = _reported(conn, items, cutoff)
    taken, told = Counter(one.campaign_id for one in items), Counter(one.campaign_id for one in items if one.task_id in done)
    return [
        {
            "what": "campaign",
            "id": row.id,
            "number": "",
            "title": masked(row.name),
            "model": row.models[0] if len(row.models or ()) == 1 else None,
            "office": row.owner_office,
            "closed": bool(row.ended_at and row.ended_at <= cutoff),
            "alerts": None,
            "tasks": taken[row.id],
            "reported": told[row.id],
        }
        for row in rows
    ]


def _reported(conn: Connection, items: list[Row[Any]], cutoff: datetime) -> set[int]:
    e = t.task_events.c
    query = select(e.task_id).where(e.event == Event.REPORT.value, e.at <= cutoff)
    return {row.task_id for row in select_in(conn, query, e.task_id, [one.task_id for one in items if one.task_id])}


def rule_changes(conn: Connection, period: Period, cutoff: datetime) -> list[dict[str, Any]]:
    """What changed of the rules in force during the period: which step, of which rule, when; the newest twenty."""
    e, v, i = t.rule_events.c, t.rule_versions.c, t.rule_items.c
    within = (e.live, e.at >= period.start, e.at < period.end, e.at <= cutoff)
    joined = t.rule_events.join(t.rule_versions, v.id == e.version_id).join(t.rule_items, i.id == v.item_id)
    rows = conn.execute(select(i.name, i.model, e.event, e.at).select_from(joined).where(*within).order_by(e.id.desc()).limit(20))
    return [{"rule": row.name, "model": row.model, "event": row.event, "at": row.at.isoformat()} for row in rows]


def health(conn: Connection, until: datetime) -> list[dict[str, Any]] | None:
    """Figures beyond their limit at the newest check of each model; ``None`` where no model was checked."""
    c = t.health_figures.c
    if conn.scalar(select(c.id).where(c.as_of <= until).limit(1)) is None:
        return None
    newest = select(c.model, func.max(c.as_of).label("as_of")).where(c.as_of <= until).group_by(c.model).subquery()
    query = select(t.health_figures).join(newest, (c.model == newest.c.model) & (c.as_of == newest.c.as_of)).where(c.crossed)
    return [
        {
            "model": row.model,
            "figure": row.name,
            "zh": _figure(row.name, "zh"),
            "en": _figure(row.name, "en"),
            "part": row.part,
            "value": row.value,
            "limit": row.limit_value,
        }
        for row in conn.execute(query.order_by(c.model, c.name, c.part).limit(50))
    ]


def _figure(name: str, lang: str) -> str:
    """
    >>> _figure("calibration", "zh"), _figure("calibration", "en")
    ('概率校准偏离限值', 'probabilities are off beyond the limit')
    """
    return say(f"model_task_{name}", lang, default=name, model="").lstrip("：: ")
