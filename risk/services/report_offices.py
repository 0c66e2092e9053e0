"""How offices work (监管效能): in time, returned, how whole their feedback is, what of it was confirmed. As known at a cut-off, over the tasks of a period.

The score is ours and its weights are data (``report_kinds.toml``); the verified rate stands beside it and never in it. What is not known of an office (nothing
reported yet) leaves its weight to the rest; an office with too few tasks is listed and not ranked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, select

from models.grades import wilson
from risk.domain.report_kinds import evaluation
from risk.domain.tasks import Event
from risk.services import calendar_store
from risk.services.alert_steps import in_force
from risk.services.as_known import KnownTask
from risk.services.bulk import select_in
from risk.services.situation import CONFIRMED, PARTLY, UNFOUNDED
from risk.storage import tables as t

PARTS = ("signed_in_time", "reported_in_time", "not_returned", "feedback")


def evaluate(conn: Connection, tasks: Sequence[KnownTask], cutoff: datetime) -> dict[str, Any]:
    """Of every office with a task: counts, shares (0 to 1, nothing where nothing is known), score (0 to 100), rank; and the sums of all.

    ``ranked`` are in the order of their score; ``small`` have fewer tasks than ``least_tasks``.
    """
    ids = [one.id for one in tasks]
    events = _events(conn, ids, cutoff)
    found = _verdicts(conn, ids, cutoff)
    calendar = calendar_store.load(conn)
    hours = {one.id: calendar.work_between(one.issued_at, one.signed_at).total_seconds() / 3600 for one in tasks if one.signed_at}
    by_office: dict[str, list[KnownTask]] = defaultdict(list)
    for one in tasks:
        by_office[one.office].append(one)
    names: dict[str, Any] = {
        r.code: r for r in conn.execute(select(t.offices.c.code, t.offices.c.name_zh, t.offices.c.name_en, t.offices.c.region))
    }
    rows = [_office(code, mine, events, found, hours, cutoff, names.get(code)) for code, mine in sorted(by_office.items())]
    least = int(evaluation()["least_tasks"])
    ranked = sorted((r for r in rows if r["tasks"] >= least), key=lambda r: (-(r["score"] or 0.0), -r["tasks"], r["office"]))
    for place, row in enumerate((one for one in ranked if one["score"] is not None), 1):
        row["rank"] = place
    small = sorted((r for r in rows if r["tasks"] < least), key=lambda r: (-r["tasks"], r["office"]))
    every = _office("", list(tasks), events, found, hours, cutoff, None)
    return {"least_tasks": least, "weights": dict(evaluation()["weights"]), "all": every, "ranked": ranked, "small": small}


def _office(
    code: str,
    tasks: Sequence[KnownTask],
    events: Mapping[str, frozenset[int]],
    verdicts: Mapping[int, Sequence[Row[Any]]],
    hours: Mapping[int, float],
    cutoff: datetime,
    named: Row[Any] | None,
) -> dict[str, Any]:
    signed, reported = [one for one in tasks if one.signed_at], [one for one in tasks if one.reported_at]
    ever = [one for one in tasks if one.id in events[Event.REPORT.value]]
    returned = sum(one.id in events[Event.RETURN.value] for one in ever)
    late = [one for one in tasks if not one.reported_at and cutoff > one.report_due]
    mine = [row for one in tasks for row in verdicts.get(one.id, ())]
    wholes = [_whole(row) for row in mine]
    told = sum(row.code in (*CONFIRMED, *PARTLY, *UNFOUNDED) for row in mine)
    right = sum(row.code in (*CONFIRMED, *PARTLY) for row in mine)
    shares = {
        "signed_in_time": _share(sum(bool(one.signed_at and one.signed_at <= one.sign_due) for one in tasks), _due(tasks, cutoff)),
        "reported_in_time": _share(
            sum(one.reported_at <= one.report_due for one in reported if one.reported_at), len(reported) + len(late)
        ),
        "not_returned": _share(len(ever) - returned, len(ever)),
        "feedback": round(sum(wholes) / len(wholes), 4) if wholes else None,
    }
    waits = [hours[one.id] for one in signed]
    return {
        "office": code,
        "zh": named.name_zh if named else code,
        "en": named.name_en if named else code,
        "region": named.region if named else None,
        "tasks": len(tasks),
        "signed": len(signed),
        "sign_hours": round(median(waits), 2) if waits else None,
        "reported": len(reported),
        "returned": returned,
        "overdue": len(late),
        "oldest_days": round(max((cutoff - one.report_due).total_seconds() for one in late) / 86_400, 1) if late else None,
        "told": told,
        "confirmed": right,
        "rate": _share(right, told),
        "interval": [round(v, 4) for v in wilson(right, told)] if told else None,
        **shares,
        "score": _score(shares),
        "rank": None,
    }


def _due(tasks: Sequence[KnownTask], cutoff: datetime) -> int:
    """Tasks that were signed for, or ought to have been by the cut-off."""
    return sum(one.signed_at is not None or cutoff > one.sign_due for one in tasks)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _score(shares: Mapping[str, float | None]) -> float | None:
    """
    >>> _score({"signed_in_time": 1.0, "reported_in_time": 0.5, "not_returned": None, "feedback": None})
    66.7
    """
    weights: Mapping[str, float] = evaluation()["weights"]
    known = {name: value for name in PARTS if (value := shares[name]) is not None}
    total = sum(weights[name] for name in known)
    return round(100 * sum(weights[name] * value for name, value in known.items()) / total, 1) if total else None


def _whole(row: Row[Any]) -> float:
    """Which share of what a feedback should tell it tells."""
    rules = evaluation()
    parts: list[bool] = [
        len(row.facts or "") >= rules["facts_characters"],
        bool((row.measures or "").strip()),
        len(row.officers or ()) >= 2,
    ]
    if row.code in rules["with_document"]:
        parts.append(bool(row.documents))
    return sum(parts) / len(parts)


def _events(conn: Connection, ids: Sequence[int], cutoff: datetime) -> dict[str, frozenset[int]]:
    e, kinds = t.task_events.c, (Event.REPORT.value, Event.RETURN.value)
    rows = select_in(conn, select(e.task_id, e.event).where(e.event.in_(kinds), e.at <= cutoff), e.task_id, ids)
    return {kind: frozenset(row.task_id for row in rows if row.event == kind) for kind in kinds}


def _verdicts(conn: Connection, ids: Sequence[int], cutoff: datetime) -> dict[int, list[Row[Any]]]:
    """The verdicts of tasks in force at the cut-off."""
    v = t.verdicts.c
    query = select(v.task_id, v.code, v.facts, v.measures, v.officers, v.documents).where(in_force(cutoff))
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in select_in(conn, query, v.task_id, ids):
        found[row.task_id].append(row)
    return found


def sums(rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """The counts of offices together: what `evaluate` says of all must be the same.

    >>> sums([{"tasks": 2, "signed": 1, "reported": 0, "returned": 0, "overdue": 1, "told": 0, "confirmed": 0}])["overdue"]
    1
    """
    total: Counter[str] = Counter()
    for row in rows:
        total.update({name: row[name] for name in ("tasks", "signed", "reported", "returned", "overdue", "told", "confirmed")})
    return total
