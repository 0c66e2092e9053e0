"""The numbers of a report of any kind, as known at a cut-off, as plain values; texts are made from them by ``risk.reports`` and from nothing else.

What the situation report counts is counted by the same functions (`risk.services.situation`), so that a monthly report and a situation report of one month and
cut-off say the same. A special report counts the alerts of one model or of one case file; what cannot be told of those alone (signals, sources) is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select

from models.grades import wilson
from risk.domain import regions
from risk.domain.authority import Grant, Scope
from risk.domain.grades import Grade
from risk.domain.periods import Period
from risk.domain.report_kinds import Kind, measures
from risk.scoring.keys import title
from risk.services import archived, report_events, report_index, report_offices, situation
from risk.services.as_known import KnownAlert, alerts_of, tasks_of
from risk.services.scoping import signals_inside
from risk.services.situation import CONFIRMED, PARTLY, UNFOUNDED
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which alerts count: those of a model (with its lenses), those of an event, or all."""

    model: str = ""
    alerts: frozenset[int] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.model and self.alerts is None

    def takes(self, alert: int, model: str) -> bool:
        """Whether an alert counts.

        >>> Chosen("illegal_fundraising").takes(1, "illegal_fundraising.report"), Chosen(alerts=frozenset({2})).takes(1, "x")
        (True, False)
        """
        if self.alerts is not None and alert not in self.alerts:
            return False
        return not self.model or model == self.model or model.startswith(f"{self.model}.")


def numbers(conn: Connection, kind: Kind, about: tuple[str, str], period: Period, cutoff: datetime, of: Grant) -> dict[str, Any]:
    """Everything a report of this kind says. ``about``: (``model`` | ``event`` | nothing, which); a place is said by ``of``."""
    scope = Scope((of,))
    head = {"kind": kind.code, "about": _about(conn, about), **_frame(conn, period, cutoff, of)}
    if kind.code == "offices":
        alerts = alerts_of(conn, period, cutoff, scope)
        tasks = tasks_of(conn, [one.id for one in alerts], cutoff, scope)
        return situation.canonical(head | {"offices": report_offices.evaluate(conn, tasks, cutoff)})  # type: ignore[no-any-return]
    chosen = Chosen(
        model=about[1] if about[0] == "model" else "",
        alerts=report_events.alerts_of_file(conn, int(about[1]), cutoff) if about[0] == "event" else None,
    )
    core = situation.numbers(conn, period, cutoff, of) if chosen.everything else _chosen(conn, chosen, period, cutoff, scope)
    found = head | core | _beside(conn, kind, chosen, period, cutoff, of)
    found |= {"models": titles(found), "limits": dict(measures())}
    return situation.canonical(found)  # type: ignore[no-any-return]


def _about(conn: Connection, about: tuple[str, str]) -> dict[str, Any]:
    what, name = about
    if what == "model":
        return {"what": what, "name": name, "zh": title(name, "zh"), "en": title(name, "en")}
    if what == "event":
        return {"what": what, "name": name} | report_events.title_of_file(conn, int(name))
    return {"what": what, "name": name, "zh": "", "en": ""}


def _frame(conn: Connection, period: Period, cutoff: datetime, of: Grant) -> dict[str, Any]:
    r = t.runs.c
    last = conn.execute(
        select(r.id, r.as_of, r.versions).where(r.status == "done", r.ended_at <= cutoff).order_by(r.ended_at.desc(), r.id.desc())
    ).first()
    return {
        "period": {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()},
        "cutoff": cutoff.isoformat(),
        "scope": {"region": of.division, "department": of.department},
        "run": {"id": last.id, "as_of": last.as_of.isoformat(), "versions": last.versions} if last else None,
    }


def _chosen(conn: Connection, chosen: Chosen, period: Period, cutoff: datetime, scope: Scope) -> dict[str, Any]:
    """The parts of a situation report that can be told of some alerts alone."""
    alerts = _alerts(conn, chosen, period, cutoff, scope)
    tasks = tasks_of(conn, [one.id for one in alerts], cutoff, scope)
    told = _told(conn, chosen, period, cutoff, scope)
    results = Counter((row.code, row.sub_reason) for row in told)
    codes = Counter(row.code for row in told)
    return {
        "monitoring": None,
        "balance": None,
        "trainings": [],
        "headline": _headline(len(alerts), codes),
        "before": _headline(
            len(_alerts(conn, chosen, period.previous, cutoff, scope)),
            Counter(row.code for row in _told(conn, chosen, period.previous, cutoff, scope)),
        ),
        "alerts": situation.alert_tables(alerts, period, cutoff),
        "disposal": situation.disposal(conn, tasks, results, cutoff),
        "quality": situation.quality(conn, told, cutoff),
        "funnel": {
            "alerts": len(alerts),
            "tasks": len(tasks),
            "signed": sum(one.signed_at is not None for one in tasks),
            "reported": sum(one.reported_at is not None for one in tasks),
            "confirmed": sum(codes[code] for code in (*CONFIRMED, *PARTLY)),
            "filed": codes["10"],
        },
        "clues": situation.clues(conn, alerts, cutoff),
    }


def _alerts(conn: Connection, chosen: Chosen, period: Period, cutoff: datetime, scope: Scope) -> list[KnownAlert]:
    return [one for one in alerts_of(conn, period, cutoff, scope) if chosen.takes(one.id, one.model)]


def _told(conn: Connection, chosen: Chosen, period: Period, cutoff: datetime, scope: Scope) -> list[Row[Any]]:
    return [row for row in situation.told_verdicts(conn, period, cutoff, scope) if chosen.takes(row.id, row.model)]


def _headline(alerts: int, codes: Counter[str]) -> dict[str, Any]:
    right = sum(codes[code] for code in (*CONFIRMED, *PARTLY))
    told = right + sum(codes[code] for code in UNFOUNDED)
    return {"signals": None, "alerts": alerts, "verdicts": sum(codes.values()), "verified_rate": round(right / told, 4) if told else None}


def _beside(conn: Connection, kind: Kind, chosen: Chosen, period: Period, cutoff: datetime, of: Grant) -> dict[str, Any]:
    """What stands beside the parts of a situation report: earlier periods, places, sources, events, rules, health."""
    scope, chapters = Scope((of,)), kind.chapters
    found: dict[str, Any] = {"history": _history(conn, kind.history, chosen, period, cutoff, scope), "year_before": None}
    if chosen.everything and period.year_before is not None and kind.code == "monthly":
        found["year_before"] = situation.headline(conn, period.year_before, cutoff, scope)
    if "places" in chapters:
        now, before = (_alerts(conn, chosen, one, cutoff, scope) for one in (period, period.previous))
        found["places"] = _places(now, before, _told(conn, chosen, period, cutoff, scope), of)
        found["index"] = report_index.of_period(conn, period, cutoff, of) if chosen.everything else None
    if "monitoring" in chapters:
        found["freshness"] = _freshness(conn, cutoff, scope)
    if "events" in chapters:
        found["events"] = report_events.case_files(conn, period, cutoff, scope) + report_events.campaigns(conn, period, cutoff, scope)
    if "quality" in chapters and scope.whole and chosen.everything:
        found["rule_changes"] = report_events.rule_changes(conn, period, cutoff)
        found["health"] = report_events.health(conn, min(cutoff, period.end))
    return found


def _history(conn: Connection, count: int, chosen: Chosen, period: Period, cutoff: datetime, scope: Scope) -> list[dict[str, Any]]:
    """This period and ``count`` before it, the oldest first: alerts, verdicts, verified rate."""
    rows: list[dict[str, Any]] = []
    for _ in range(count + 1):
        if chosen.everything:
            counted = situation.headline(conn, period, cutoff, scope)
        else:
            alerts = len(_alerts(conn, chosen, period, cutoff, scope))
            counted = _headline(alerts, Counter(row.code for row in _told(conn, chosen, period, cutoff, scope)))
        rows.append({"key": period.name} | {name: counted[name] for name in ("alerts", "verdicts", "verified_rate")})
        period = period.previous
    return rows[::-1]


def _places(now: Sequence[KnownAlert], before: Sequence[KnownAlert], told: Sequence[Row[Any]], of: Grant) -> list[dict[str, Any]]:
    """Each division below the report's place: alerts now and before, the grave ones, what was confirmed. Most alerts first; nowhere known comes last."""
    counts, grave, earlier = Counter[Any](), Counter[Any](), Counter[Any]()
    heard, right = Counter[Any](), Counter[Any]()
    for one in now:
        unit = _unit(one.region, of.division)
        counts[unit] += 1
        grave[unit] += one.grade >= Grade.ORANGE
    for one in before:
        earlier[_unit(one.region, of.division)] += 1
    for row in told:
        unit = _unit(row.region, of.division)
        heard[unit] += row.code in (*CONFIRMED, *PARTLY, *UNFOUNDED)
        right[unit] += row.code in (*CONFIRMED, *PARTLY)
    keys = {*regions.children(of.division or regions.PROVINCE), *counts, *earlier, *heard}
    rows = [
        {
            "key": key,
            "alerts": counts[key],
            "grave": grave[key],
            "before": earlier[key],
            "told": heard[key],
            "confirmed": right[key],
            "rate": round(right[key] / heard[key], 4) if heard[key] else None,
            "interval": [round(v, 4) for v in wilson(right[key], heard[key])] if heard[key] else None,
        }
        for key in keys
    ]
    return sorted(rows, key=lambda row: (row["key"] is None, -row["alerts"], row["key"] or ""))


def _unit(region: str | None, place: str) -> str | None:
    """The division right below ``place`` that a region lies in; what lies elsewhere, or nowhere, as it is.

    >>> _unit("420102", ""), _unit("420502", "420500"), _unit("420500", "420500"), _unit("420102", "420500")
    ('420100', '420502', '420500', '420100')
    """
    if place and region in regions.DIVISIONS and place in regions.parents(str(region)):
        chain = [str(region), *regions.parents(str(region))]
        return chain[chain.index(place) - 1]
    return region if region == place else situation.city_of(region)


def _freshness(conn: Connection, cutoff: datetime, scope: Scope) -> list[dict[str, Any]]:
    """When each source was heard of last by the cut-off."""
    s = t.signals.c
    query = select(s.source, func.max(s.observed_at).label("last")).where(
        s.observed_at <= cutoff, s.received_at <= cutoff, s.kind != "case", signals_inside(scope)
    )
    known: dict[str, datetime] = {row.source: row.last for row in conn.execute(query.group_by(s.source))}
    told = sorted(archived.last_observed(conn, cutoff, scope, known).items())
    return [{"source": source, "last": last.isoformat(), "days": round((cutoff - last) / timedelta(days=1), 1)} for source, last in told]


def titles(found: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """What the models in these numbers are called."""
    keys = {row["key"] for row in found["alerts"]["by_model"]} | {
        row["model"] for row in (*found["quality"], *found["trainings"], *found["clues"])
    }
    keys |= {row["model"] for name in ("events", "health", "rule_changes") for row in found.get(name) or () if row.get("model")}
    return {key: {"zh": title(key, "zh"), "en": title(key, "en")} for key in sorted(keys)}
