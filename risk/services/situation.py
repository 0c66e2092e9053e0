"""The numbers of a situation report, for a period and as known at a cut-off. Nothing later than the cut-off is counted.

The numbers are frozen with the report: the same period and cut-off is the same report, to the byte of its numbers. What rows say today that they did not
say at the cut-off (a grade that rose, a deadline that moved) comes from ``as_known``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from models.grades import wilson
from risk.domain import regions
from risk.domain.authority import Grant, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import NotFoundError
from risk.domain.grades import Grade
from risk.domain.masking import masked_name
from risk.domain.messages import register
from risk.domain.periods import Period
from risk.domain.report_kinds import SITUATION
from risk.domain.signals import digest
from risk.services import archived, judging
from risk.services.alert_steps import in_force
from risk.services.as_known import KnownAlert, KnownTask, alerts_of, runs_of, standings, tasks_of
from risk.services.bulk import select_in
from risk.services.personal import masked
from risk.services.scoping import (
    alerts_inside,
    assessments_inside,
    candidates_inside,
    labels_inside,
    signals_inside,
    verdicts_inside,
)
from risk.storage import tables as t
from risk.storage.upsert import insert_new

register(
    {
        "no_runs": ("还没有完成的研判运行，没有可以报告的内容", "no run has been completed, so there is nothing to report"),
        "no_runs.hint": ("先执行 risk intake 和 risk run", "use risk intake and risk run first"),
    }
)

CONFIRMED, PARTLY, UNFOUNDED = ("10", "11", "12", "13", "14"), ("20",), ("30", "31")
GRADES = [g.code for g in (Grade.RED, Grade.ORANGE, Grade.YELLOW, Grade.BLUE)]


def latest_cutoff(conn: Connection) -> datetime:
    """When the newest finished run ended, with what it opened: what a report is frozen to unless told otherwise."""
    r = t.runs.c
    found: datetime | None = conn.execute(select(r.ended_at).where(r.status == "done").order_by(r.ended_at.desc(), r.id.desc())).scalar()
    if found is None:
        raise NotFoundError("no_runs")
    return found


def freeze(conn: Connection, period: Period, cutoff: datetime, *, actor: str, now: datetime, of: Grant = Grant()) -> dict[str, Any]:  # noqa: B008
    """The numbers of the report ``of`` a place for ``period`` at ``cutoff``: the stored ones if it was made before, else computed and stored."""
    r = t.reports.c
    key: dict[str, Any] = {"kind": SITUATION, "about": "", "period": period.name, "cutoff": cutoff}
    key |= {"region": of.division, "department": of.department, "edition": 1}
    query = select(r.numbers).where(*(r[name] == value for name, value in key.items()))
    if conn.execute(query).first() is None:
        found = numbers(conn, period, cutoff, of)
        row = {**key, "numbers": found, "numbers_hash": digest(found), "created_at": now, "actor": actor}
        insert_new(conn, t.reports, [row], list(key))
    return dict(canonical(conn.execute(query).scalar_one()))


def canonical(value: Any) -> Any:
    """The same value with its keys in order: databases differ in the order they give them back in."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    return [canonical(item) for item in value] if isinstance(value, list) else value


def numbers(conn: Connection, period: Period, cutoff: datetime, of: Grant = Grant()) -> dict[str, Any]:  # noqa: B008 - frozen
    """Everything the report shows, as plain values; ``of`` a place and department, counted as whoever has just that grant would count.

    Of a part of the province it is not known how many rows were repeated or refused (they have no place); what models learnt is the whole's.
    """
    r, scope = t.runs.c, Scope((of,))
    last_run = conn.execute(
        select(r.id, r.as_of, r.versions).where(r.status == "done", r.ended_at <= cutoff).order_by(r.ended_at.desc(), r.id.desc())
    ).first()
    alerts = alerts_of(conn, period, cutoff, scope)
    tasks = tasks_of(conn, [one.id for one in alerts], cutoff, scope)
    return {
        "period": {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()},
        "cutoff": cutoff.isoformat(),
        "scope": {"region": of.division, "department": of.department},
        "run": {"id": last_run.id, "as_of": last_run.as_of.isoformat(), "versions": last_run.versions} if last_run else None,
        "monitoring": _monitoring(conn, period, cutoff, scope),
        "before": headline(conn, period.previous, cutoff, scope),
        "headline": headline(conn, period, cutoff, scope),
        "alerts": alert_tables(alerts, period, cutoff),
        "balance": _balance(conn, period, cutoff, scope),
        "disposal": disposal(conn, tasks, _results(conn, period, cutoff, scope), cutoff),
        "quality": quality(conn, told_verdicts(conn, period, cutoff, scope), cutoff),
        "trainings": _trainings(conn, cutoff) if scope.whole else [],
        "funnel": _funnel(conn, len(alerts), tasks, period, cutoff, scope),
        "clues": clues(conn, alerts, cutoff),
    }


def _within(column: Any, period: Period, cutoff: datetime) -> Any:
    return and_(column >= period.start, column < period.end, column <= cutoff)


def _observed(period: Period, cutoff: datetime, scope: Scope) -> Any:
    """Signals of the period that had come in by the cut-off."""
    s = t.signals.c
    return and_(_within(s.observed_at, period, cutoff), s.received_at <= cutoff, s.kind != "case", signals_inside(scope))


def _archived(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> Counter[archived.Seen]:
    """Those of :func:`_observed` that have left the tables since."""
    return archived.observed(conn, [(">=", period.start), ("<", period.end), ("<=", cutoff)], cutoff, scope)


def _signals(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> int:
    return _count(conn, t.signals, _observed(period, cutoff, scope)) + _archived(conn, period, cutoff, scope).total()


def _count(conn: Connection, table: Any, *conditions: Any) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(*conditions)).scalar() or 0)


def headline(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> dict[str, Any]:
    """How many signals, alerts and verdicts a period has, and the verified rate."""
    verdicts = Counter(code for (code,) in conn.execute(_current_verdicts(period, cutoff, scope, t.verdicts.c.code)))
    confirmed, told = sum(verdicts[c] for c in (*CONFIRMED, *PARTLY)), sum(verdicts[c] for c in (*CONFIRMED, *PARTLY, *UNFOUNDED))
    return {
        "signals": _signals(conn, period, cutoff, scope),
        "alerts": _count(
            conn,
            t.alerts.join(t.runs, t.alerts.c.run_id == t.runs.c.id),
            runs_of(period, cutoff),
            t.alerts.c.opened_at <= cutoff,
            alerts_inside(scope),
        ),
        "verdicts": sum(verdicts.values()),
        "verified_rate": round(confirmed / told, 4) if told else None,
    }


def _monitoring(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> dict[str, Any]:
    inside = _observed(period, cutoff, scope)
    by_source = conn.execute(
        select(
            t.signals.c.source,
            func.count().label("signals"),
            func.count(t.signals.c.subject_id).label("linked"),
            func.count(t.signals.c.region).label("placed"),
        )
        .where(inside)
        .group_by(t.signals.c.source)
    )
    counts = {r.source: Counter({"signals": r.signals, "linked": r.linked, "placed": r.placed}) for r in by_source}
    without_time = _count(conn, t.signals, inside, t.signals.c.time_given.is_(False))
    for one, n in _archived(conn, period, cutoff, scope).items():
        counts.setdefault(one.source, Counter()).update({"signals": n, "linked": n * one.linked, "placed": n * (one.region is not None)})
        without_time += n * (not one.time_given)
    ordered = sorted(counts.items(), key=lambda item: (-item[1]["signals"], item[0]))
    return {
        "sources": [{"source": source, **{name: n[name] for name in ("signals", "linked", "placed")}} for source, n in ordered],
        "without_time": without_time,
        **_taken_in(conn, period, cutoff, scope),
    }


def _taken_in(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> dict[str, int | None]:
    i, ended = t.imports.c, _within(t.imports.c.ended_at, period, cutoff)
    if not scope.whole:
        kept = t.signals.join(t.imports, t.signals.c.import_id == i.id)
        accepted = _count(conn, kept, ended, signals_inside(scope)) + archived.taken_in(conn, ended, scope)
        return {"accepted": accepted, "duplicates": None, "quarantined": None}
    told = conn.execute(select(func.sum(i.accepted), func.sum(i.duplicates), func.sum(i.quarantined)).where(ended)).one()
    return {name: int(n or 0) for name, n in zip(("accepted", "duplicates", "quarantined"), told, strict=True)}


def alert_tables(alerts: Sequence[KnownAlert], period: Period, cutoff: datetime) -> dict[str, Any]:
    """Alerts by grade, model, division and week."""
    by_model, by_city, heat = Counter[Any](), Counter[Any](), Counter[Any]()
    trend = Counter[Any]({(week, GRADES[0]): 0 for week in _weeks(period.start, min(period.end, cutoff))})
    for one in alerts:
        code, city = one.grade.code, city_of(one.region)
        by_model[one.model, code] += 1
        by_city[city, code] += 1
        heat[one.model, city] += 1
        trend[_week(one.judged), code] += 1
    return {
        "total": len(alerts),
        "by_grade": {g: sum(n for (_, code), n in by_model.items() if code == g) for g in GRADES},
        "by_model": _table(by_model),
        "by_city": _table(by_city),
        "heat": [
            {"model": m, "city": c, "alerts": n} for (m, c), n in sorted(heat.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        ],
        "trend": _table(trend),
    }


def _week(moment: datetime) -> str:
    year, week, _ = moment.astimezone(SHANGHAI).isocalendar()
    return f"{year}-W{week:02d}"


def _weeks(start: datetime, end: datetime) -> list[str]:
    """The weeks that [start, end) touches: a week without alerts is shown, not left out."""
    days = range(max((end - start).days, 0) + 1)
    return sorted({_week(moment) for day in days if (moment := start + timedelta(days=day)) < end})


def _table(counter: Counter[Any]) -> list[dict[str, Any]]:
    """[{key, red, orange, yellow, blue, total}] of a counter over (key, grade)."""
    keys = sorted({key for key, _ in counter}, key=lambda k: k or "")
    rows = [{"key": key} | {g: counter[key, g] for g in GRADES} for key in keys]
    return [row | {"total": sum(row[g] for g in GRADES)} for row in rows]


def city_of(region: str | None) -> str | None:
    """The division of the 17 that a region lies in; None where no place is known, the province itself for a province-wide one, a code that is none of ours as it is.

    >>> city_of("420102"), city_of("429004"), city_of(None)
    ('420100', '429004', None)
    """
    if not region or region not in regions.DIVISIONS or region == regions.PROVINCE:
        return region
    return [region, *regions.parents(region)][-2]


def _balance(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> dict[str, int]:
    total: Counter[str] = Counter()
    if not scope.whole:
        c = t.candidates.c
        query = select(c.outcome, func.count()).join_from(t.candidates, t.runs, c.run_id == t.runs.c.id)
        rows = conn.execute(query.where(runs_of(period, cutoff), candidates_inside(scope)).group_by(c.outcome))
        counts = Counter({outcome: int(n) for outcome, n in rows}) + _archived_judged(conn, period, cutoff, scope)[1]
        return {"candidates": sum(counts.values())} | dict(sorted(counts.items()))
    for candidates, balance in conn.execute(select(t.runs.c.candidates, t.runs.c.balance).where(runs_of(period, cutoff))):
        total["candidates"] += candidates
        total.update({name: int(n) for name, n in balance.items()})
    return dict(total)


def disposal(conn: Connection, tasks: Sequence[KnownTask], verdicts: Counter[tuple[str, Any]], cutoff: datetime) -> dict[str, Any]:
    """How tasks were worked on, who is late, and what was found; ``verdicts``: (code, sub-reason) → count."""
    late: Counter[str] = Counter()
    load: Counter[str] = Counter()
    days = []
    signed = reported = signed_in_time = reported_in_time = overdue = 0
    for one in tasks:
        load[one.office] += 1
        if one.signed_at:
            signed += 1
            signed_in_time += one.signed_at <= one.sign_due
        if one.reported_at:
            reported += 1
            reported_in_time += one.reported_at <= one.report_due
            days.append((one.reported_at - one.issued_at).total_seconds() / 86_400)
        if (one.reported_at or cutoff) > one.report_due:
            late[one.office] += 1
            overdue += not one.reported_at
    names = {code: (zh, en) for code, zh, en in conn.execute(select(t.offices.c.code, t.offices.c.name_zh, t.offices.c.name_en))}
    return {
        "issued": len(tasks),
        "signed": signed,
        "signed_in_time": signed_in_time,
        "reported": reported,
        "reported_in_time": reported_in_time,
        "overdue": overdue,
        "median_days": round(median(days), 2) if days else None,
        "late_offices": [
            {"office": o, "zh": names.get(o, (o, o))[0], "en": names.get(o, (o, o))[1], "late": n, "tasks": load[o]}
            for o, n in sorted(late.items(), key=lambda item: (-item[1], item[0]))[:10]
        ],
        "verdicts": _sum_by(verdicts, 0),
        "false_alarms": {sub or "unspecified": n for (code, sub), n in sorted(verdicts.items(), key=lambda i: -i[1]) if code == "30"},
    }


def _results(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> Counter[tuple[str, Any]]:
    rows = conn.execute(_current_verdicts(period, cutoff, scope, t.verdicts.c.code, t.verdicts.c.sub_reason))
    return Counter((code, sub) for code, sub in rows)


def _sum_by(counter: Counter[tuple[str, Any]], index: int) -> dict[str, int]:
    total: Counter[str] = Counter()
    for key, n in counter.items():
        total[key[index]] += n
    return dict(sorted(total.items()))


def _current_verdicts(period: Period, cutoff: datetime, scope: Scope, *columns: Any) -> Any:
    """Verdicts reported in the period that no later one (by the cut-off) supersedes."""
    return select(*columns).where(_within(t.verdicts.c.reported_at, period, cutoff), in_force(cutoff), verdicts_inside(scope))


def told_verdicts(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> list[Row[Any]]:
    """Verdicts in force on alerts: (id, model, grade, probability, region of the alert; code, sub-reason)."""
    a, v = t.alerts.c, t.verdicts.c
    columns = (a.id, a.model, a.grade, a.probability, a.region, v.code, v.sub_reason)
    query = _current_verdicts(period, cutoff, scope, *columns).join_from(t.verdicts, t.alerts, a.id == v.alert_id)
    return list(conn.execute(query))


def quality(conn: Connection, rows: Sequence[Row[Any]], cutoff: datetime) -> list[dict[str, Any]]:
    """核实率 per model and grade with its Wilson interval: (confirmed + partly) / (confirmed + partly + unfounded)."""
    told: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    standing = standings(conn, {row.id: row for row in rows}, cutoff)
    for row in rows:
        if row.code in (*CONFIRMED, *PARTLY, *UNFOUNDED):
            for key in ((row.model, "all"), (row.model, standing[row.id].grade.code)):
                told[key] += 1
                right[key] += row.code in (*CONFIRMED, *PARTLY)
    return [
        {
            "model": m,
            "grade": g,
            "told": n,
            "confirmed": right[m, g],
            "rate": round(right[m, g] / n, 4),
            "interval": _rounded(wilson(right[m, g], n)),
        }
        for (m, g), n in sorted(told.items())
    ]


def _rounded(values: Iterable[float]) -> list[float]:
    return [round(v, 4) for v in values]


def _trainings(conn: Connection, cutoff: datetime) -> list[dict[str, Any]]:
    rows = conn.execute(select(t.trainings).where(t.trainings.c.ended_at <= cutoff).order_by(t.trainings.c.as_of, t.trainings.c.id))
    return [
        {
            "model": r.model,
            "as_of": r.as_of.isoformat(),
            "decision": r.decision,
            "champion": r.champion,
            "challenger": r.challenger,
            "detail": r.detail,
        }
        for r in rows
    ]


def _funnel(conn: Connection, alerts: int, tasks: Sequence[KnownTask], period: Period, cutoff: datetime, scope: Scope) -> dict[str, int]:
    confirmed = _current_verdicts(period, cutoff, scope, t.verdicts.c.id).where(t.verdicts.c.code.in_((*CONFIRMED, *PARTLY)))
    filed = _current_verdicts(period, cutoff, scope, t.verdicts.c.id).where(t.verdicts.c.code == "10")
    judged, candidates = _judged(conn, period, cutoff, scope)
    return {
        "signals": _signals(conn, period, cutoff, scope),
        "assessments": judged,
        "candidates": candidates,
        "alerts": alerts,
        "tasks": len(tasks),
        "signed": sum(one.signed_at is not None for one in tasks),
        "reported": sum(one.reported_at is not None for one in tasks),
        "confirmed": _count(conn, confirmed.subquery()),
        "filed": _count(conn, filed.subquery()),
        "labels": _count(
            conn, t.labels, _within(t.labels.c.known_at, period, cutoff), t.labels.c.source == "verdict", labels_inside(scope)
        ),
    }


def _judged(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> tuple[int, int]:
    """(judged, candidates) of the period's runs."""
    r, inside = t.runs.c, runs_of(period, cutoff)
    if scope.whole:
        judged, candidates = conn.execute(select(func.sum(r.judged), func.sum(r.candidates)).where(inside)).one()
        return int(judged or 0), int(candidates or 0)
    assessed, held = t.assessments.join(t.runs, t.assessments.c.run_id == r.id), t.candidates.join(t.runs, t.candidates.c.run_id == r.id)
    gone, outcomes = _archived_judged(conn, period, cutoff, scope)
    return (
        _count(conn, assessed, inside, assessments_inside(scope)) + gone,
        _count(conn, held, inside, candidates_inside(scope)) + outcomes.total(),
    )


def _archived_judged(conn: Connection, period: Period, cutoff: datetime, scope: Scope) -> tuple[int, Counter[str]]:
    return archived.judged(conn, conn.scalars(select(t.runs.c.id).where(runs_of(period, cutoff))).all(), scope)


def _named(name: str | None) -> str | None:
    """
    >>> _named("王小明"), _named("武汉某某大药房有限公司"), _named(None)
    ('王**', '武汉某某大药房有限公司', None)
    """
    return masked_name(masked(name)) if name else None


def clues(conn: Connection, alerts: Sequence[KnownAlert], cutoff: datetime) -> list[dict[str, Any]]:
    """The ten gravest alerts. A name is shown only while a verdict that confirms it stands; before that the clue is anonymous. Names of persons are masked."""
    top = sorted(alerts, key=lambda one: (-one.grade, -one.pieces, -one.probability, one.id))[:10]
    v = t.verdicts.c
    query = select(v.alert_id).where(v.code.in_(CONFIRMED), in_force(cutoff))
    decided = {row.alert_id for row in select_in(conn, query, v.alert_id, [one.id for one in top])}
    subjects, s = t.subjects.c, t.assessments.c
    names = {
        r.id: r.name for r in select_in(conn, select(subjects.id, subjects.name), subjects.id, [a.subject_id for a in top if a.subject_id])
    }
    best = {r.id: r for r in select_in(conn, select(s.id, s.model, s.evidence), s.id, [a.best for a in top if a.best])}
    stored = {r.id: r for r in select_in(conn, select(t.alerts), t.alerts.c.id, [a.id for a in top])}
    found = []
    for one in top:
        row, today = best.get(one.best or 0), stored[one.id]
        risen = (today.grade, today.probability) != (one.grade, one.probability)
        zh, en = judging.titles(row.model, row.evidence) if row and risen else (today.title_zh, today.title_en)
        found.append(
            {
                "alert": one.id,
                "model": one.model,
                "grade": one.grade.code,
                "probability": round(one.probability, 4),
                "region": one.region,
                "zh": zh,
                "en": en,
                "evidence": one.pieces,
                "subject": _named(names.get(one.subject_id)) if one.id in decided else None,
                "opened": one.opened_at.isoformat(),
            }
        )
    return found
