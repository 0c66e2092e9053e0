"""Fundraising that reaches into other cities: the place of registration leads (防范和处置非法集资条例 Art. 5, 20), the others involved are asked to assist."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from risk.domain.routing import CROSS_CITY, base_model, city_of
from risk.services import outbox
from risk.services.bulk import select_in
from risk.services.dispatch import Directory
from risk.storage import tables as t


class Place(NamedTuple):
    """Where a candidate of an alert acted; ``alert_id`` is nothing where it became none."""

    alert_id: int | None
    model: str
    act_region: str | None


def ask_others(conn: Connection, places: Sequence[Place], now: datetime, directory: Directory) -> None:
    """Ask, once for each task and city, the offices of other cities where subjects of an alert acted.

    The event ``alert.assist_wanted`` names the task, the leading office and the one to be asked.
    """
    wanted: dict[int, dict[str, tuple[str, str]]] = {}
    for place in places:
        city = city_of(place.act_region)
        if place.alert_id is not None and city and place.act_region and base_model(place.model) in CROSS_CITY:
            wanted.setdefault(place.alert_id, {}).setdefault(city, (base_model(place.model), place.act_region))
    if not wanted:
        return
    task = t.tasks.c
    columns = select(task.id, task.alert_id, task.kind, task.office_code, t.alerts.c.region)
    for row in select_in(conn, columns.join_from(t.tasks, t.alerts, task.alert_id == t.alerts.c.id), task.alert_id, wanted):
        if row.kind != "alert":  # asked of the row: asked of the table, SQLite goes through all tasks of the kind
            continue
        lead = city_of(row.region)
        for city, (model, region) in sorted(wanted[row.alert_id].items()):
            routing = directory.route(model, region, now)
            if city == lead or lead is None or routing.fallback or routing.office_code == row.office_code:
                continue
            data = {"alert": row.alert_id, "task": row.id, "model": model, "from_office": row.office_code, "to_office": routing.office_code}
            outbox.emit(conn, "alert.assist_wanted", f"task:{row.id}", data, now, office=routing.office_code, once=routing.office_code)


def wanted(
    conn: Connection, alert_id: int, model: str, region: str | None, asked: Set[str], now: datetime, read: Callable[[Connection], Directory]
) -> tuple[str, ...]:
    """The offices of other cities that should assist and are not among those ``asked``: what a leading office asks once it has signed for its task.

    ``read`` gives the directory of offices; it is only read where there is somebody to ask.
    """
    lead = city_of(region)
    if base_model(model) not in CROSS_CITY or lead is None:
        return ()
    e, a, s = t.alert_evidence.c, t.assessments.c, t.signals.c
    query = (
        select(s.region).distinct().join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id).join(t.signals, a.signal_id == s.id)
    )
    told = conn.scalars(query.where(e.alert_id == alert_id, s.region.is_not(None)))
    places = [place for place in told if city_of(place) not in (None, lead)]
    if not places:
        return ()
    found, directory = set(), read(conn)
    for place in places:
        routing = directory.route(model, place, now)
        if not routing.fallback and routing.office_code not in asked:
            found.add(routing.office_code)
    return tuple(sorted(found))
