"""A changed duty table tried on the alerts of a period, as if the orders had been in force then: who would have had what. Nothing is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection, select

from risk.domain.calendar import SHANGHAI
from risk.domain.duties import Finding, Order, applied, expand, findings
from risk.domain.errors import InvalidInputError
from risk.domain.routing import DutyBook, route
from risk.services import suppression_trial  # noqa: F401 - registers `trial_period`
from risk.services.dispatch import read_directory
from risk.services.duty_table import models, read_duties
from risk.storage import tables as t

SAMPLES = 50


@dataclass(frozen=True, slots=True)
class Move:
    """Alerts that would go from one office to another."""

    from_office: str
    to_office: str
    alerts: int
    samples: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What an office has of the period's alerts now and would have, beside its capacity for those weeks."""

    office: str
    before: int
    after: int
    capacity: int


@dataclass(frozen=True, slots=True)
class DutyTrial:
    """What a change would have meant. ``worse``: holes and overlaps that the changed table has on its first day and the present one has not."""

    since: datetime
    until: datetime
    alerts: int
    moved: int
    moves: tuple[Move, ...]
    unroutable_before: int
    unroutable_after: int
    loads: tuple[Load, ...]
    worse: tuple[Finding, ...]


def try_orders(conn: Connection, orders: Sequence[Order], *, since: datetime, until: datetime) -> DutyTrial:
    """The orders on the alerts opened in [since, until). ``InvalidInputError``: ``trial_period`` and those of ``risk.domain.duties.expand``."""
    if since >= until:
        raise InvalidInputError("trial_period")
    directory = read_directory(conn)
    offices, fallback = directory.offices, directory.fallback
    wanted = [one for order in orders for one in expand(order, models(), offices)]
    now = read_duties(conn)
    first = since.astimezone(SHANGHAI).date()
    then = applied(now, [replace(order, valid_from=min(first, order.valid_from), valid_to=None) for order in wanted])
    before, after = DutyBook(now), DutyBook(then)
    a = t.alerts.c
    rows = conn.execute(select(a.id, a.model, a.region, a.opened_at).where(a.opened_at >= since, a.opened_at < until).order_by(a.id)).all()
    moves: dict[tuple[str, str], list[int]] = {}
    old: Counter[str] = Counter()
    new: Counter[str] = Counter()
    lost = [0, 0]
    known: dict[tuple[str, str | None, date], tuple[str, bool, str, bool]] = {}
    for row in rows:
        key = (row.model, row.region, row.opened_at.astimezone(SHANGHAI).date())
        if key not in known:
            was, would = (route(*key, book, offices, fallback) for book in (before, after))
            known[key] = (was.office_code, was.fallback, would.office_code, would.fallback)
        here, here_lost, there, there_lost = known[key]
        old[here] += 1
        new[there] += 1
        lost[0] += here_lost
        lost[1] += there_lost
        if here != there:
            moves.setdefault((here, there), []).append(row.id)
    weeks = max(1.0, (until - since).total_seconds() / (7 * 86_400))
    loads = [
        Load(code, old[code], new[code], round((offices[code].weekly_capacity if code in offices else 0) * weeks))
        for code in sorted(set(old) | set(new))
        if old[code] != new[code]
    ]
    start = min(order.valid_from for order in wanted)
    wrong = set(findings(applied(now, wanted), offices, start)) - set(findings(now, offices, start))
    return DutyTrial(
        since,
        until,
        len(rows),
        sum(map(len, moves.values())),
        tuple(Move(here, there, len(ids), tuple(ids[:SAMPLES])) for (here, there), ids in sorted(moves.items())),
        lost[0],
        lost[1],
        tuple(loads),
        tuple(sorted(wrong, key=lambda one: (one.kind, one.model, one.region))),
    )
