"""The situation at a glance, for leaders: what was alerted where, what became of it, who is late, compared with another stretch of time.

A number counts alerts that were opened in the stretch, and what became of *those* as of the moment: the same rows that its link lists, so that one click shows
them. (A report counts by what its runs judged, and verdicts by when they were told; its numbers are frozen. An overview is of the moment and is never kept.)
Grades and places are the alerts' own, as they stand. What lies outside the scope is not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Row, func, select

from risk.domain import regions
from risk.domain.authority import EVERYWHERE, Grant, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.scoring.keys import title
from risk.services import overview_counts
from risk.services.alert_filters import AlertFilter
from risk.services.as_known import KnownAlert, standings
from risk.services.overview_asked import Asked, Chosen, Link, Stretch, choose, knobs, link
from risk.services.overview_counts import Counted, Groups, summed
from risk.services.scoping import offices_inside
from risk.storage import tables as t

GRADES = tuple(grade.code for grade in sorted(Grade, reverse=True) if grade)

register(
    {
        "overview_signals": ("监测信号", "signals observed"),
        "overview_judged": ("研判", "judgements"),
        "overview_alerts": ("预警", "alerts"),
        "overview_issued": ("派发", "issued to an office"),
        "overview_signed": ("签收", "signed for"),
        "overview_reported": ("核查反馈", "verified"),
        "overview_confirmed": ("属实（含部分）", "confirmed, also in part"),
        "overview_filed": ("立案", "case filed"),
        "overview_transferred": ("移送", "handed over"),
        "overview_tasked": ("在办", ", with an office"),
        "overview_open": ("待派发", ", not yet with an office"),
        "overview_late": ("逾期未反馈", "report overdue"),
        "overview_no_place": ("地点不详", "place unknown"),
    }
)


@dataclass(frozen=True, slots=True)
class Compared:
    """A number, the same of the other stretch (nothing where none was asked for or it is not known), and its rows (nothing where no list can tell them)."""

    key: str
    zh: str
    en: str
    n: int | None
    before: int | None
    link: Link | None


@dataclass(frozen=True, slots=True)
class Line:
    """Alerts of a model or a place by grade. ``key`` is empty where the place is not known.

    Of a place that lies outside the scope nothing is known: ``total``, ``told``, ``confirmed`` are nothing and ``grades`` is empty, for a zero would be a claim.
    """

    key: str
    zh: str
    en: str
    total: int | None
    before: int | None
    grades: dict[str, int]
    told: int | None
    confirmed: int | None
    rate: float | None
    low: float | None
    high: float | None
    too_few: bool
    link: Link | None
    told_link: Link | None


@dataclass(frozen=True, slots=True)
class Cell:
    """Alerts of a model in a place."""

    model: str
    place: str
    n: int
    grades: dict[str, int]
    link: Link | None


@dataclass(frozen=True, slots=True)
class Point:
    """A day or a week of the trend; the last one may still be running."""

    start: datetime
    end: datetime
    grades: dict[str, int]
    total: int
    link: Link


@dataclass(frozen=True, slots=True)
class OfficeLine:
    """How an office keeps its dates. ``due``: tasks that were handed in or should have been; ``on_time``: the share of them handed in in time."""

    office: str
    zh: str
    en: str
    region: str
    tasks: int
    signed: int
    in_time: int
    late_done: int
    late: int
    due: int
    on_time: float | None
    too_few: bool
    rank: int | None
    link: Link
    late_link: Link


@dataclass(frozen=True, slots=True)
class Clue:
    """One of the gravest clues. The subject is named only while a verdict that confirms it stands."""

    alert: int
    grade: str
    model: str
    region: str | None
    zh: str
    en: str
    subject: str | None
    evidence: int
    opened: datetime
    status: str
    page: str


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at a glance. ``cutoff``: when the newest finished run ended; ``at``: the moment it is counted as of.

    ``level``: what ``places`` are: ``city`` (the 17), or ``county`` within the city that was chosen. ``verified`` is of all alerts of the stretch.
    """

    at: datetime
    cutoff: datetime | None
    now: Stretch
    before: Stretch | None
    region: str | None
    model: str | None
    level: str
    total: Compared
    grades: tuple[Compared, ...]
    steps: tuple[Compared, ...]
    verified: Line
    models: tuple[Line, ...]
    places: tuple[Line, ...]
    heat: tuple[Cell, ...]
    trend_by: str
    trend: tuple[Point, ...]
    offices: tuple[OfficeLine, ...]
    clues: tuple[Clue, ...]
    stock: tuple[Compared, ...]
    late: Compared


def overview(conn: Connection, asked: Asked, *, scope: Scope = EVERYWHERE) -> Overview:
    """The overview of what is asked, inside the scope. ``InvalidInputError``: ``bad_period``, ``region_not_known``, ``overview_half_span``."""
    cutoff = newest_run(conn, asked.at)
    chosen = choose(asked, max(filter(None, (cutoff, _newest_alert(conn, asked.at) if scope.whole else None)), default=asked.at))
    here = overview_counts.count(conn, chosen, chosen.now, scope)
    there = overview_counts.count(conn, chosen, chosen.before, scope) if chosen.before else None
    below = _below(chosen.region)
    return Overview(
        at=asked.at,
        cutoff=cutoff,
        now=chosen.now,
        before=chosen.before,
        region=chosen.region,
        model=chosen.model,
        level="county" if chosen.region and chosen.region != regions.PROVINCE else "city",
        total=_compared("alerts", here.total, there.total if there else None, chosen.alerts()),
        grades=_by_grade(chosen, here, there),
        steps=_steps(chosen, here, there),
        verified=_lines(chosen, here, there, lambda _model, _place: "all", lambda _key: {})[0] if here.total else _nothing(chosen, there),
        models=_lines(chosen, here, there, lambda model, _place: model, lambda key: {"model": key}),
        places=_places(chosen, here, there, below, scope),
        heat=_heat(chosen, here.alerts, below),
        trend_by="week" if _by_weeks(chosen.now) else "day",
        trend=_trend(conn, chosen, scope),
        offices=_offices(conn, chosen, here, scope),
        clues=_clues(conn, chosen, here, scope),
        stock=_stock(conn, chosen, scope),
        late=_late(conn, chosen, scope),
    )


def newest_run(conn: Connection, at: datetime) -> datetime | None:
    """When the newest finished run ended, as of the moment: what a leader is told as the data cut-off."""
    r = t.runs.c
    found: datetime | None = conn.scalar(select(func.max(r.ended_at)).where(r.status == "done", r.ended_at <= at))
    return found


def _newest_alert(conn: Connection, at: datetime) -> datetime | None:
    found: datetime | None = conn.scalar(select(func.max(t.alerts.c.opened_at)).where(t.alerts.c.opened_at <= at))
    return found


def _below(region: str | None) -> Callable[[str | None], str | None]:
    """The row of the table that a division belongs to: its city, or, of a city that was chosen, its district."""
    from risk.services.situation import city_of  # brings pandas, which a server loads when it is asked for figures

    return city_of if region in (None, regions.PROVINCE) else lambda code: code


def _compared(key: str, n: int | None, before: int | None, rows: Link | None) -> Compared:
    return Compared(key, say(f"overview_{key}", "zh"), say(f"overview_{key}", "en"), n, before, rows)


def _by_grade(chosen: Chosen, here: Counted, there: Counted | None) -> tuple[Compared, ...]:
    now = summed((grade, n) for (_, _, grade), n in here.alerts.items())
    then = summed((grade, n) for (_, _, grade), n in there.alerts.items()) if there else {}
    return tuple(
        Compared(
            code, Grade.parse(code).title("zh"), Grade.parse(code).title("en"), now.get(code, 0), then.get(code, 0) if there else None,
            chosen.alerts(grade=code),
        )
        for code in GRADES
    )  # fmt: skip


def _steps(chosen: Chosen, here: Counted, there: Counted | None) -> tuple[Compared, ...]:
    start, end = chosen.now.start.astimezone(SHANGHAI).isoformat(), chosen.now.end.astimezone(SHANGHAI).isoformat()
    seen = link("signals", region=chosen.region, since=start, until=end) if here.signals is not None else None
    found = [
        _compared("signals", here.signals, there.signals if there else None, seen),
        _compared(
            "judged", here.judged, there.judged if there else None, link("runs", model=chosen.model) if here.judged is not None else None
        ),
        _compared("alerts", here.total, there.total if there else None, chosen.alerts()),
    ]
    further = ("issued", "signed", "reported", "confirmed", "filed", "transferred")
    after = (_compared(name, here.step(name), there.step(name) if there else None, chosen.step(name)) for name in further)
    return (*found, *after)


def _lines(
    chosen: Chosen,
    here: Counted,
    there: Counted | None,
    key_of: Callable[[str, str | None], str | None],
    narrowed: Callable[[str], dict[str, str] | None],
) -> tuple[Line, ...]:
    """A row for each key; ``narrowed`` gives the filters of its rows, nothing where no filter finds just them."""
    grades = summed(((key_of(model, place), grade), n) for (model, place, grade), n in here.alerts.items())
    steps = summed(((key_of(model, place), step), n) for (model, place, step), n in here.verdicts.items())
    then = summed((key_of(model, place), n) for (model, place, _), n in there.alerts.items()) if there else {}
    keys = {key for key, _ in grades} | set(then)
    return tuple(
        _line(chosen, key or "", {code: grades.get((key, code), 0) for code in GRADES}, then.get(key, 0) if there else None,
              steps.get((key, "told"), 0), steps.get((key, "confirmed"), 0), narrowed(key) if key else None)
        for key in sorted(keys, key=lambda one: one or "~")
    )  # fmt: skip


def _line(
    chosen: Chosen, key: str, grades: dict[str, int], before: int | None, told: int, confirmed: int, narrowed: dict[str, str] | None
) -> Line:
    zh, en = _names(key)
    low, high = _interval(confirmed, told)
    rows = chosen.alerts(None, **narrowed) if narrowed is not None else None
    verified = chosen.step("told", None, **narrowed) if narrowed is not None else None
    rate = round(confirmed / told, 4) if told else None
    return Line(
        key,
        zh,
        en,
        sum(grades.values()),
        before,
        grades,
        told,
        confirmed,
        rate,
        low,
        high,
        told < knobs()["too_few_verdicts"],
        rows,
        verified,
    )


def _nothing(chosen: Chosen, there: Counted | None) -> Line:
    return _line(chosen, "all", dict.fromkeys(GRADES, 0), there.total if there else None, 0, 0, {})


def _names(key: str) -> tuple[str, str]:
    if key == "":
        return say("overview_no_place", "zh"), say("overview_no_place", "en")
    if key == "all":
        return say("overview_alerts", "zh"), say("overview_alerts", "en")
    if key in regions.DIVISIONS:
        return regions.name(key), regions.name(key, "en")
    return (key, key) if key.isdigit() else (title(key, "zh"), title(key, "en"))


def _interval(confirmed: int, told: int) -> tuple[float | None, float | None]:
    if not told:
        return None, None
    from models.grades import wilson

    low, high = wilson(confirmed, told)
    return round(float(low), 4), round(float(high), 4)


def _places(
    chosen: Chosen, here: Counted, there: Counted | None, below: Callable[[str | None], str | None], scope: Scope
) -> tuple[Line, ...]:
    """Every division of the level, also those without an alert and those one knows nothing of; then what has no place of the level."""
    found = {line.key: line for line in _lines(chosen, here, there, lambda _model, place: below(place), lambda key: _only(chosen, key))}
    expected = regions.children(chosen.region or regions.PROVINCE) or ((chosen.region,) if chosen.region else ())
    empty = dict.fromkeys(GRADES, 0)
    rows = []
    for code in expected:
        if code in found:
            rows.append(found.pop(code))
        elif _reached(scope, code):
            rows.append(_line(chosen, code, empty, 0 if there else None, 0, 0, _only(chosen, code)))
        else:
            rows.append(_unknown(code))
    return (*rows, *found.values())


def _reached(scope: Scope, code: str) -> bool:
    """Whether a place lies inside the scope, at least in part."""
    whole = Grant(code).prefix
    return scope.at(code) or any(one.prefix.startswith(whole) for one in scope.grants or ())


def _unknown(code: str) -> Line:
    zh, en = _names(code)
    return Line(code, zh, en, None, None, {}, None, None, None, None, None, too_few=True, link=None, told_link=None)


def _only(chosen: Chosen, code: str) -> dict[str, str] | None:
    """The filter that finds the alerts of just this row: a place is filtered with what lies below it, so a whole that stands beside its parts has none."""
    parts = regions.children(code) if code in regions.DIVISIONS else ()
    whole = code == regions.PROVINCE or (chosen.region == code and parts) or code not in regions.DIVISIONS
    return None if whole else {"region": code}


def _heat(chosen: Chosen, alerts: Groups, below: Callable[[str | None], str | None]) -> tuple[Cell, ...]:
    cells = summed(((model, below(place), grade), n) for (model, place, grade), n in alerts.items())
    keys = sorted({(model, place) for model, place, _ in cells}, key=lambda one: (one[0], one[1] or "~"))
    found = []
    for model, place in keys:
        grades = {code: cells.get((model, place, code), 0) for code in GRADES}
        only = _only(chosen, place) if place else None
        rows = chosen.alerts(**({"model": model} | only)) if only is not None else None
        found.append(Cell(model, place or "", sum(grades.values()), grades, rows))
    return tuple(found)


def _by_weeks(stretch: Stretch) -> bool:
    return stretch.end - stretch.start > timedelta(days=knobs()["weeks_from"])


def _trend(conn: Connection, chosen: Chosen, scope: Scope) -> tuple[Point, ...]:
    """Days, or weeks from Monday to Sunday, also those without an alert; cut at the ends of the stretch."""
    counted = overview_counts.moments(conn, chosen.filters(chosen.now), scope)
    weeks, start, points = _by_weeks(chosen.now), chosen.now.start.astimezone(SHANGHAI), []
    edges = [start]
    while edges[-1] < chosen.now.end:
        day = edges[-1].replace(hour=0, minute=0, second=0, microsecond=0)
        edges.append(min(day + timedelta(days=7 - day.weekday() if weeks else 1), chosen.now.end.astimezone(SHANGHAI)))
    places = summed(((_place(edges, opened), grade), n) for (opened, grade), n in counted.items())
    for number, (begin, end) in enumerate(pairwise(edges)):
        grades = {code: places.get((number, code), 0) for code in GRADES}
        points.append(Point(begin, end, grades, sum(grades.values()), chosen.alerts(Stretch("", begin, end))))
    return tuple(points)


def _place(edges: list[datetime], moment: datetime) -> int:
    return bisect_right(edges, moment) - 1


def _offices(conn: Connection, chosen: Chosen, here: Counted, scope: Scope) -> tuple[OfficeLine, ...]:
    """Offices by the share of what was due that they handed in in time, the lowest first; those with too few tasks come last, without a rank."""
    o = t.offices.c
    rows = conn.execute(select(o.code, o.name_zh, o.name_en, o.region).where(offices_inside(scope)))
    known = {code: (zh, en, region) for code, zh, en, region in rows}
    found = [_office(chosen, code, known.get(code, (code, code, "")), steps) for code, steps in here.offices.items()]
    found.sort(key=lambda one: (one.too_few, one.on_time if one.on_time is not None else 2.0, -one.late, -one.tasks, one.office))
    return tuple(one if one.too_few else replace(one, rank=number) for number, one in enumerate(found, 1))


def _office(chosen: Chosen, code: str, names: tuple[str, str, str], steps: dict[str, int]) -> OfficeLine:
    due = steps["in_time"] + steps["late_done"] + steps["late"]
    return OfficeLine(
        office=code,
        zh=names[0],
        en=names[1],
        region=names[2],
        tasks=steps["issued"],
        signed=steps["signed"],
        in_time=steps["in_time"],
        late_done=steps["late_done"],
        late=steps["late"],
        due=due,
        on_time=round(steps["in_time"] / due, 4) if due else None,
        too_few=due < knobs()["too_few_tasks"],
        rank=None,
        link=chosen.alerts(office=code),
        late_link=chosen.step("late", office=code),
    )


def _clues(conn: Connection, chosen: Chosen, here: Counted, scope: Scope) -> tuple[Clue, ...]:
    """As in reports: the gravest, and no name before a verdict confirms it."""
    from risk.services.situation import clues

    filters, most = chosen.filters(chosen.now), knobs()["clues"]
    counts = summed((grade, n) for (_, _, grade), n in here.alerts.items())
    rows: dict[int, Row[Any]] = {}
    for code in GRADES:  # one grade after the other: hardly ever more than two are looked at
        if counts.get(code) and len(rows) < most:
            found = overview_counts.gravest(conn, replace(filters, grade=Grade.parse(code)), scope, most - len(rows))
            rows |= {row.id: row for row in found}
    known = standings(conn, rows, chosen.at)
    alerts = [
        KnownAlert(
            row.id, row.model, row.region, row.subject_id, row.opened_at, row.opened_at,
            Grade(row.grade), row.probability, known[row.id].pieces, known[row.id].best,
        )
        for row in rows.values()
    ]  # fmt: skip
    return tuple(
        Clue(
            one["alert"], one["grade"], one["model"], one["region"], one["zh"], one["en"], one["subject"], one["evidence"],
            rows[one["alert"]].opened_at, rows[one["alert"]].status, f"/alerts/{one['alert']}",
        )
        for one in clues(conn, alerts, chosen.at)
    )  # fmt: skip


def _stock(conn: Connection, chosen: Chosen, scope: Scope) -> tuple[Compared, ...]:
    """Red and orange alerts that are open at this moment, with an office (tasked) or waiting for one (open)."""
    counted = overview_counts.stock(conn, AlertFilter(model=chosen.model, region=chosen.region), scope)
    found = []
    for code in (Grade.RED.code, Grade.ORANGE.code):
        for status in ("tasked", "open"):
            zh, en = (f"{Grade.parse(code).title(lang)}{say(f'overview_{status}', lang)}" for lang in ("zh", "en"))
            rows = link("alerts", grade=code, status=status, model=chosen.model, region=chosen.region)
            found.append(Compared(f"{code}_{status}", zh, en, counted[code, status], None, rows))
    return tuple(found)


def _late(conn: Connection, chosen: Chosen, scope: Scope) -> Compared:
    """Alerts whose report is overdue at the moment, whenever they were opened."""
    n = overview_counts.how_many(conn, AlertFilter(model=chosen.model, region=chosen.region, step="late", step_at=chosen.at), scope)
    at = chosen.at.astimezone(SHANGHAI).isoformat()
    return _compared("late", n, None, link("alerts", step="late", step_at=at, model=chosen.model, region=chosen.region))
