"""The work that would-be alerts bring: whose they are by the duties in force at their moment, week by week, against what each office can verify.

An alert is new where none of the units it would be merged from reaches blue otherwise; those units are judged for it, the rest of the history is not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from risk.domain.calendar import week_of
from risk.domain.grades import ALARM
from risk.domain.routing import default_duties, default_offices
from risk.services.backtest_judging import Said, Worlds, cut
from risk.services.backtest_tally import Group, Tally
from risk.services.backtest_units import History
from risk.services.dispatch import Directory, load_directory
from risk.storage import tables as t
from risk.storage.engine import reading


@dataclass(frozen=True)
class NewAlerts:
    """Would-be alerts by rule; ``gained`` and ``lost`` are those of the change as a whole."""

    rules: Mapping[str, dict[str, Group]]
    gained: dict[str, Group]
    lost: dict[str, Group]


def new_alerts(tally: Tally, worlds: Worlds, history: History) -> NewAlerts:
    """The groups that raise an alert only because of a rule (or of the change): their other units are judged without it."""
    rules = {name: dict(one.gained) for name, one in tally.rules.items()}
    found = NewAlerts(rules, dict(tally.gained), dict(tally.lost))
    wanted = sorted({group for groups in (*rules.values(), found.gained, found.lost) for group in groups})
    for chunk in history.companions(wanted):
        for day, part in worlds.days(chunk):
            _strike(found, worlds, worlds.listen(part, day))
    return found


def _strike(found: NewAlerts, worlds: Worlds, said: Said) -> None:
    """Take out the groups of which some unit is an alarm anyway."""
    units = said.chunk.units
    pairs = [(row, rule) for rule, groups in found.rules.items() for row, unit in enumerate(units) if unit.group in groups]
    for (row, rule), rank in zip(pairs, worlds.ranks_without(said.chunk, said.day, said.after, pairs).tolist(), strict=True):
        if rank >= ALARM:
            found.rules[rule].pop(units[row].group, None)
    for groups, grade, hits in ((found.gained, worlds.ranks_before, said.before), (found.lost, worlds.ranks_after, said.after)):
        rows = [row for row, unit in enumerate(units) if unit.group in groups]
        if rows:
            for row, rank in zip(rows, grade(said.chunk.take(rows), said.day, cut(hits, rows)).tolist(), strict=True):
                if rank >= ALARM:
                    groups.pop(units[row].group, None)


@dataclass(frozen=True)
class Offices:
    """Who verifies, and what was issued to each office in each week already. Without a store nothing can be routed."""

    directory: Directory | None
    issued: Mapping[tuple[str, str], int]


def read_offices(engine: Engine, since: datetime, until: datetime) -> Offices:
    """The offices and duties as stored (those of the package where none are), with the tasks issued in the period."""
    with reading(engine) as conn:
        empty = conn.scalar(select(func.count()).select_from(t.offices)) == 0
        directory = Directory(default_offices(), default_duties()) if empty else load_directory(conn)
        return Offices(directory, _issued(conn, since, until))


def _issued(conn: Connection, since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    c = t.tasks.c
    found: Counter[tuple[str, str]] = Counter()
    low, high = week_of(since)[0], week_of(until)[0] + timedelta(days=7)
    for office, at in conn.execute(select(c.office_code, c.issued_at).where(c.issued_at >= low, c.issued_at < high, c.kind == "alert")):
        found[office, week_of(at)[2]] += 1
    return dict(found)


def load_of(groups: Iterable[Group], model: str, offices: Offices, *, counted: bool) -> dict[str, Any]:
    """Alerts a week and office. ``counted``: they are of a rule in service, so that the tasks issued contain them already.

    ``alerts`` = the sum over ``offices`` + ``unroutable`` (to the fallback owner) + ``unplaced`` (no store, so no offices).
    """
    rows = list(groups)
    told: dict[str, Any] = {"alerts": len(rows), "unroutable": 0, "unplaced": 0, "offices": [], "over_capacity": []}
    if offices.directory is None:
        return told | {"unplaced": len(rows)}
    due: dict[tuple[str, str], int] = defaultdict(int)
    for moment, _, region, _ in rows:
        at = datetime.fromisoformat(moment)
        routing = offices.directory.route(model, region, at)
        if routing.fallback:
            told["unroutable"] += 1
        else:
            due[routing.office_code, week_of(at)[2]] += 1
    for (code, week), new in sorted(due.items(), key=lambda item: (item[0][1], item[0][0])):
        office, issued = offices.directory.offices[code], offices.issued.get((code, week), 0)
        total = max(issued, new) if counted else issued + new
        told["offices"].append(
            {
                "office": code,
                "zh": office.name_zh,
                "en": office.name_en,
                "week": week,
                "new": new,
                "issued": issued,
                "capacity": office.weekly_capacity,
                "over": total > office.weekly_capacity,
            }
        )
    over = {(one["office"], one["zh"], one["en"]) for one in told["offices"] if one["over"]}
    told["over_capacity"] = [{"office": code, "zh": zh, "en": en} for code, zh, en in sorted(over)]
    return told
