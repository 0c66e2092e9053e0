"""The numbers of a situation report, for a period and as known at a cut-off. Nothing later than the cut-off is counted.

The numbers are frozen with the report: the same period and cut-off is the same report, to the byte of its numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from risk.domain import regions
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import NotFoundError
from risk.domain.grades import Grade
from models.grades import wilson
from risk.domain.messages import register
from risk.domain.periods import Period
from risk.domain.signals import digest
from risk.storage import tables as t

register(
    {
        "no_runs": ("还没有完成的研判运行，没有可以报告的内容", "no run has been completed, so there is nothing to report"),
        "no_runs.hint": ("先执行 risk intake 和 risk run", "use risk intake and risk run first"),
    }
)

CONFIRMED, PARTLY, UNFOUNDED = ("10", "11", "12", "13", "14"), ("20",), ("30", "31")
GRADES = [g.code for g in (Grade.RED, Grade.ORANGE, Grade.YELLOW, Grade.BLUE)]


def latest_cutoff(conn: Connection) -> datetime:
    """The as-of of the newest finished run: what a report is frozen to unless told otherwise."""
    found: datetime | None = conn.execute(select(t.runs.c.as_of).where(t.runs.c.status == "done").order_by(t.runs.c.as_of.desc())).scalar()
    if found is None:
        raise NotFoundError("no_runs")
    return found


def freeze(conn: Connection, period: Period, cutoff: datetime, *, actor: str, now: datetime) -> dict[str, Any]:
    """The numbers of the report for ``period`` at ``cutoff``: the stored ones if it was made before, else computed and stored."""
    stored = conn.execute(select(t.reports.c.numbers).where(t.reports.c.period == period.name, t.reports.c.cutoff == cutoff)).scalar()
    if stored is not None:
        return dict(stored)
    found = numbers(conn, period, cutoff)
    conn.execute(
        t.reports.insert().values(period=period.name, cutoff=cutoff, numbers=found, numbers_hash=digest(found), created_at=now, actor=actor)
    )
    return found


def numbers(conn: Connection, period: Period, cutoff: datetime) -> dict[str, Any]:
    """Everything the report shows, as plain values."""
    last_run = conn.execute(
        select(t.runs.c.id, t.runs.c.as_of, t.runs.c.versions)
        .where(t.runs.c.status == "done", t.runs.c.as_of <= cutoff)
        .order_by(t.runs.c.as_of.desc(), t.runs.c.id.desc())
    ).first()
    return {
        "period": {"name": period.name, "start": period.start.isoformat(), "end": period.end.isoformat()},
        "cutoff": cutoff.isoformat(),
        "run": {"id": last_run.id, "as_of": last_run.as_of.isoformat(), "versions": last_run.versions} if last_run else None,
        "monitoring": _monitoring(conn, period, cutoff),
        "before": _headline(conn, period.previous, cutoff),
        "headline": _headline(conn, period, cutoff),
        "alerts": _alerts(conn, period, cutoff),
        "balance": _balance(conn, period),
        "disposal": _disposal(conn, period, cutoff),
        "quality": _quality(conn, period, cutoff),
        "trainings": _trainings(conn, cutoff),
        "funnel": _funnel(conn, period, cutoff),
        "clues": _clues(conn, period, cutoff),
    }


def _within(column: Any, period: Period, cutoff: datetime) -> Any:
    return and_(column >= period.start, column < period.end, column <= cutoff)


def _count(conn: Connection, table: Any, *conditions: Any) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(*conditions)).scalar() or 0)


def _headline(conn: Connection, period: Period, cutoff: datetime) -> dict[str, Any]:
    verdicts = Counter(code for (code,) in conn.execute(_current_verdicts(period, cutoff, t.verdicts.c.code)))
    confirmed, told = sum(verdicts[c] for c in (*CONFIRMED, *PARTLY)), sum(verdicts[c] for c in (*CONFIRMED, *PARTLY, *UNFOUNDED))
    return {
        "signals": _count(conn, t.signals, _within(t.signals.c.observed_at, period, cutoff), t.signals.c.kind != "case"),
        "alerts": _count(conn, t.alerts, _within(t.alerts.c.opened_at, period, cutoff)),
        "verdicts": sum(verdicts.values()),
        "verified_rate": round(confirmed / told, 4) if told else None,
    }


def _monitoring(conn: Connection, period: Period, cutoff: datetime) -> dict[str, Any]:
    inside = and_(_within(t.signals.c.observed_at, period, cutoff), t.signals.c.kind != "case")
    by_source = conn.execute(
        select(
            t.signals.c.source,
            func.count().label("signals"),
            func.count(t.signals.c.subject_id).label("linked"),
            func.count(t.signals.c.region).label("placed"),
        )
        .where(inside)
        .group_by(t.signals.c.source)
        .order_by(func.count().desc(), t.signals.c.source)
    )
    imports = conn.execute(
        select(func.sum(t.imports.c.accepted), func.sum(t.imports.c.duplicates), func.sum(t.imports.c.quarantined)).where(
            _within(t.imports.c.started_at, period, cutoff)
        )
    ).one()
    return {
        "sources": [{"source": r.source, "signals": r.signals, "linked": r.linked, "placed": r.placed} for r in by_source],
        "without_time": _count(conn, t.signals, inside, t.signals.c.time_given.is_(False)),
        "accepted": int(imports[0] or 0),
        "duplicates": int(imports[1] or 0),
        "quarantined": int(imports[2] or 0),
    }


def _alerts(conn: Connection, period: Period, cutoff: datetime) -> dict[str, Any]:
    rows = conn.execute(
        select(t.alerts.c.model, t.alerts.c.grade, t.alerts.c.region, t.alerts.c.opened_at).where(
            _within(t.alerts.c.opened_at, period, cutoff)
        )
    ).all()
    by_model, by_city, heat, trend = Counter[Any](), Counter[Any](), Counter[Any](), Counter[Any]()
    for model, grade, region, opened in rows:
        code, city = Grade(grade).code, city_of(region)
        by_model[model, code] += 1
        by_city[city, code] += 1
        heat[model, city] += 1
        week = opened.astimezone(SHANGHAI).date().isocalendar()
        trend[f"{week.year}-W{week.week:02d}", code] += 1
    return {
        "total": len(rows),
        "by_grade": {g: sum(n for (_, code), n in by_model.items() if code == g) for g in GRADES},
        "by_model": _table(by_model),
        "by_city": _table(by_city),
        "heat": [
            {"model": m, "city": c, "alerts": n} for (m, c), n in sorted(heat.items(), key=lambda item: (item[0][0], item[0][1] or ""))
        ],
        "trend": _table(trend),
    }


def _table(counter: Counter[Any]) -> list[dict[str, Any]]:
    """[{key, red, orange, yellow, blue, total}] of a counter over (key, grade)."""
    keys = sorted({key for key, _ in counter}, key=lambda k: k or "")
    rows = [{"key": key} | {g: counter[key, g] for g in GRADES} for key in keys]
    return [row | {"total": sum(row[g] for g in GRADES)} for row in rows]


def city_of(region: str | None) -> str | None:
    """The division of the 17 that a region lies in; None where no place is known, the province itself for a province-wide one.

    >>> city_of("420102"), city_of("429004"), city_of(None)
    ('420100', '429004', None)
    """
    if not region or region == "420000":
        return region
    chain = [region, *regions.parents(region)]
    return chain[-2] if len(chain) > 1 and chain[-1] == "420000" else chain[0]


def _balance(conn: Connection, period: Period) -> dict[str, int]:
    total: Counter[str] = Counter()
    for candidates, balance in conn.execute(
        select(t.runs.c.candidates, t.runs.c.balance).where(t.runs.c.as_of > period.start, t.runs.c.as_of <= period.end)
    ):
        total["candidates"] += candidates
        total.update({name: int(n) for name, n in balance.items()})
    return dict(total)


def _disposal(conn: Connection, period: Period, cutoff: datetime) -> dict[str, Any]:
    rows = conn.execute(
        select(
            t.tasks.c.office_code, t.tasks.c.issued_at, t.tasks.c.sign_due, t.tasks.c.report_due, t.tasks.c.signed_at, t.tasks.c.reported_at
        ).where(_within(t.tasks.c.issued_at, period, cutoff))
    ).all()
    late: Counter[str] = Counter()
    load: Counter[str] = Counter()
    days = []
    signed = reported = signed_in_time = reported_in_time = overdue = 0
    for office, issued, sign_due, report_due, signed_at, reported_at in rows:
        load[office] += 1
        if signed_at and signed_at <= cutoff:
            signed += 1
            signed_in_time += signed_at <= sign_due
        if reported_at and reported_at <= cutoff:
            reported += 1
            reported_in_time += reported_at <= report_due
            days.append((reported_at - issued).total_seconds() / 86_400)
        if (reported_at or cutoff) > report_due and report_due <= cutoff:
            late[office] += 1
            overdue += not (reported_at and reported_at <= cutoff)
    names = {code: (zh, en) for code, zh, en in conn.execute(select(t.offices.c.code, t.offices.c.name_zh, t.offices.c.name_en))}
    verdicts = Counter(
        (code, sub) for code, sub in conn.execute(_current_verdicts(period, cutoff, t.verdicts.c.code, t.verdicts.c.sub_reason))
    )
    return {
        "issued": len(rows),
        "signed": signed,
        "signed_in_time": signed_in_time,
        "reported": reported,
        "reported_in_time": reported_in_time,
        "overdue": overdue,
        "median_days": round(sorted(days)[len(days) // 2], 2) if days else None,
        "late_offices": [
            {"office": o, "zh": names.get(o, (o, o))[0], "en": names.get(o, (o, o))[1], "late": n, "tasks": load[o]}
            for o, n in sorted(late.items(), key=lambda item: (-item[1], item[0]))[:10]
        ],
        "verdicts": _sum_by(verdicts, 0),
        "false_alarms": {sub or "unspecified": n for (code, sub), n in sorted(verdicts.items(), key=lambda i: -i[1]) if code == "30"},
    }


def _sum_by(counter: Counter[tuple[str, Any]], index: int) -> dict[str, int]:
    total: Counter[str] = Counter()
    for key, n in counter.items():
        total[key[index]] += n
    return dict(sorted(total.items()))


def _current_verdicts(period: Period, cutoff: datetime, *columns: Any) -> Any:
    """Verdicts reported in the period that no later one (by the cut-off) supersedes."""
    newer = t.verdicts.alias("newer")
    superseded = select(newer.c.id).where(newer.c.supersedes == t.verdicts.c.id, newer.c.reported_at <= cutoff).exists()
    return select(*columns).where(_within(t.verdicts.c.reported_at, period, cutoff), ~superseded)


def _quality(conn: Connection, period: Period, cutoff: datetime) -> list[dict[str, Any]]:
    """核实率 per model and grade with its Wilson interval: (confirmed + partly) / (confirmed + partly + unfounded)."""
    told: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    query = _current_verdicts(period, cutoff, t.alerts.c.model, t.alerts.c.grade, t.verdicts.c.code).join_from(
        t.verdicts, t.alerts, t.alerts.c.id == t.verdicts.c.alert_id
    )
    for model, grade, code in conn.execute(query):
        for key in ((model, "all"), (model, Grade(grade).code)):
            if code in (*CONFIRMED, *PARTLY, *UNFOUNDED):
                told[key] += 1
                right[key] += code in (*CONFIRMED, *PARTLY)
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
    rows = conn.execute(select(t.trainings).where(t.trainings.c.as_of <= cutoff).order_by(t.trainings.c.as_of, t.trainings.c.id))
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


def _funnel(conn: Connection, period: Period, cutoff: datetime) -> dict[str, int]:
    issued = _within(t.tasks.c.issued_at, period, cutoff)
    confirmed = _current_verdicts(period, cutoff, t.verdicts.c.id).where(t.verdicts.c.code.in_((*CONFIRMED, *PARTLY)))
    filed = _current_verdicts(period, cutoff, t.verdicts.c.id).where(t.verdicts.c.code == "10")
    runs = conn.execute(
        select(func.sum(t.runs.c.judged), func.sum(t.runs.c.candidates)).where(t.runs.c.as_of > period.start, t.runs.c.as_of <= period.end)
    ).one()
    return {
        "signals": _count(conn, t.signals, _within(t.signals.c.observed_at, period, cutoff), t.signals.c.kind != "case"),
        "assessments": int(runs[0] or 0),
        "candidates": int(runs[1] or 0),
        "alerts": _count(conn, t.alerts, _within(t.alerts.c.opened_at, period, cutoff)),
        "tasks": _count(conn, t.tasks, issued),
        "signed": _count(conn, t.tasks, issued, t.tasks.c.signed_at <= cutoff),
        "reported": _count(conn, t.tasks, issued, t.tasks.c.reported_at <= cutoff),
        "confirmed": _count(conn, confirmed.subquery()),
        "filed": _count(conn, filed.subquery()),
        "labels": _count(conn, t.labels, _within(t.labels.c.known_at, period, cutoff), t.labels.c.source == "verdict"),
    }


def _clues(conn: Connection, period: Period, cutoff: datetime) -> list[dict[str, Any]]:
    """The ten gravest alerts. A name is shown only after a verdict confirmed it; before that the clue is anonymous."""
    decided = (
        select(t.verdicts.c.alert_id)
        .where(t.verdicts.c.alert_id == t.alerts.c.id, t.verdicts.c.code.in_(CONFIRMED), t.verdicts.c.reported_at <= cutoff)
        .exists()
    )
    pieces = (
        select(func.count()).where(t.alert_evidence.c.alert_id == t.alerts.c.id, t.alert_evidence.c.added_at <= cutoff).scalar_subquery()
    )
    rows = conn.execute(
        select(t.alerts, t.subjects.c.name, decided.label("decided"), pieces.label("pieces"))
        .join(t.subjects, t.subjects.c.id == t.alerts.c.subject_id, isouter=True)
        .where(_within(t.alerts.c.opened_at, period, cutoff))
        .order_by(t.alerts.c.grade.desc(), pieces.desc(), t.alerts.c.probability.desc(), t.alerts.c.id)
        .limit(10)
    )
    return [
        {
            "alert": r.id,
            "model": r.model,
            "grade": Grade(r.grade).code,
            "probability": round(r.probability, 4),
            "region": r.region,
            "zh": r.title_zh,
            "en": r.title_en,
            "evidence": int(r.pieces or 0),
            "subject": r.name if r.decided else None,
            "opened": r.opened_at.isoformat(),
        }
        for r in rows
    ]
