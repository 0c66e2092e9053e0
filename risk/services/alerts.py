"""Candidates become alerts, and nothing disappears: each ends as new, merged, suppressed, below grade, over capacity or failed.

**Order of decisions**: failed → below grade → suppressed → merged into an open alert → over capacity → new.

**Capacity** is a ledger: the tasks already issued to the office in the ISO week (Shanghai) of ``now``. Inside one chunk the gravest are served first; a
later chunk gets what is left, whatever it brings, because taking an issued task back would be worse than asking for room. Red is never cut off, and it counts.
What is cut off is stored with its office, week and limit; a later run, with fresh capacity, takes it up again.

**Transactions**: ``settle`` neither begins nor commits. Call it in the transaction that writes the chunk's assessments and moves the run's cursor; then a
killed run repeats at most a chunk that left nothing behind, and a repeated chunk finds its outcomes stored and changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, True_, func, insert, select, true

from risk.domain import regions
from risk.domain.alerts_suppressed import Mode
from risk.domain.balance import Balance, Outcome
from risk.domain.calendar import week_of
from risk.domain.candidates import Candidate, unit_of, window_of
from risk.domain.grades import ALARM, Grade
from risk.domain.routing import Routing, base_model
from risk.services import archived, outbox
from risk.services.alert_assists import Place, ask_others
from risk.services.assignment import give_out
from risk.services.bulk import select_in
from risk.services.dispatch import SYSTEM, Directory, TaskOrder, issue, issued_this_week, load_directory
from risk.services.merging import Group, absorb, find_open, link
from risk.services.suppressions import facts_of, in_force, on_trial, reason_of
from risk.storage import tables as t
from risk.storage.engine import serialise
from risk.storage.many import insert_many

_LOCK = 3  # of serialise: one settlement at a time, so that the capacity ledger is true
_REASON = 400


@dataclass(slots=True)
class Ledger:
    """The tasks issued to each office this week, counted at the first question and kept up within one transaction: of a week with many tasks that takes a while."""

    used: Counter[str] | None = None

    def of(self, conn: Connection, now: datetime) -> Counter[str]:
        """Office → tasks; whoever issues more adds them here."""
        if self.used is None:
            self.used = Counter(issued_this_week(conn, now))
        return self.used


Settled = tuple[Outcome, int | None, str | None]
"""Outcome, alert, reason."""


def settle(
    conn: Connection,
    run_id: int,
    candidates: Sequence[Candidate],
    now: datetime,
    *,
    actor: str = SYSTEM,
    directory: Directory | None = None,
    window_days: int | None = None,
    ledger: Ledger | None = None,
) -> Balance:
    """Decide a chunk of candidates of a run and store every outcome, new alerts with their tasks. Returns the chunk's balance, checked.

    A candidate is known by its run and signal (or assessment, where there is no signal); given again, in this chunk or a repeated one, it changes nothing.
    ``now`` is the moment of issue: it decides the week of capacity, the duties in force and the deadlines. ``ledger`` is shared by what is settled in one
    transaction.
    """
    serialise(conn, _LOCK)
    ordered = {_key(c): c for c in candidates}
    stored = _stored(conn, run_id, ordered)
    fresh = {key: c for key, c in ordered.items() if key not in stored}
    if fresh:
        directory = directory or load_directory(conn)
        outcomes = _decide(conn, run_id, fresh, now, directory, actor, window_days, ledger or Ledger())
        _store(conn, run_id, fresh, outcomes)
        stored |= {key: outcome.value for key, (outcome, _, _) in outcomes.items()}
    return Balance.of(stored.values(), candidates=len(ordered))


def run_balance(conn: Connection, run_id: int, which: ColumnElement[bool] | None = None) -> Balance:
    """The balance of a whole run, counted from its stored candidates; of ``which`` candidates (a condition), where one is given."""
    c = t.candidates.c
    counts = {
        outcome: int(n)
        for outcome, n in conn.execute(
            select(c.outcome, func.count()).where(c.run_id == run_id, true() if which is None else which).group_by(c.outcome)
        )
    }
    if which is None or isinstance(which, True_):  # of all of them: also of those that have left the tables
        counts = dict(Counter(counts) + archived.outcomes(conn, run_id))
    return Balance.of_counts(counts, candidates=sum(counts.values()))


def _key(c: Candidate) -> str:
    if c.signal_id is not None:
        return f"signal:{c.signal_id}"
    return f"assessment:{c.assessment_id}" if c.assessment_id is not None else f"subject:{c.subject_id}"


def _stored(conn: Connection, run_id: int, wanted: Mapping[str, Candidate]) -> dict[str, str]:
    """Outcomes of this run that are stored already, for the candidates at hand."""
    c = t.candidates.c
    query = select(c.signal_id, c.assessment_id, c.reason, c.outcome).where(c.run_id == run_id)
    signals = [x.signal_id for x in wanted.values() if x.signal_id is not None]
    rows = select_in(conn, query, c.signal_id, signals)
    if len(signals) < len(wanted):  # units without a signal are few: firms
        rows += list(conn.execute(query.where(c.signal_id.is_(None))))
    found = {}
    for row in rows:
        key = f"signal:{row.signal_id}" if row.signal_id is not None else f"assessment:{row.assessment_id}"
        if row.signal_id is None and row.assessment_id is None:  # judging a firm failed: its reason begins with its key
            key = str(row.reason).split(" ", 1)[0]
        if key in wanted:
            found[key] = row.outcome
    return found


def _decide(
    conn: Connection,
    run_id: int,
    fresh: Mapping[str, Candidate],
    now: datetime,
    directory: Directory,
    actor: str,
    window_days: int | None,
    ledger: Ledger,
) -> dict[str, Settled]:
    settled: dict[str, Settled] = {}
    alarms: dict[str, Candidate] = {}
    for key, c in fresh.items():
        if c.error is not None or c.assessment_id is None:
            settled[key] = (Outcome.FAILED, None, f"{key} {c.error or 'no assessment'}" if key.startswith("subject:") else c.error)
        elif c.grade < ALARM:
            settled[key] = (Outcome.BELOW_GRADE, None, None)
        else:
            alarms[key] = c
    conditions, trials = in_force(conn, now), in_force(conn, now, mode=Mode.DRY_RUN)
    facts = facts_of(conn, alarms, {part for one in (*conditions, *trials) for part in one.condition})
    groups: dict[Group, list[tuple[str, Candidate]]] = {}
    for key, c in sorted(alarms.items(), key=lambda item: item[1].rank):
        cover = next((s for s in conditions if s.covers(c.model, facts[key])), None) if c.origin != "manual" else None
        if cover is not None:
            settled[key] = (Outcome.SUPPRESSED, None, reason_of(cover.id, cover.version))
            continue
        group = (unit_of(c, facts[key]["content_hash"]), base_model(c.model), window_of(c.observed_at, window_days)[0])
        groups.setdefault(group, []).append((key, c))
    on_trial(conn, run_id, [(c, facts[key]) for key, c in alarms.items() if key not in settled and c.origin != "manual"], trials, now)
    found, free = find_open(conn, groups)
    gained = {alert.id: (alert, [c for _, c in groups[group]]) for group, alert in found.items()}
    absorb(conn, gained, now, directory, actor=actor, run_id=run_id)
    for group, alert in found.items():
        settled |= {key: (Outcome.MERGED, alert.id, None) for key, _ in groups[group]}
    fresh_groups = {group: members for group, members in groups.items() if group in free}
    settled |= _raise_alerts(conn, run_id, fresh_groups, free, now, directory, actor, window_days, ledger)
    places = [Place(settled[key][1], c.model, facts[key]["act_region"]) for group in groups.values() for key, c in group]
    ask_others(conn, places, now, directory)
    return settled


def _raise_alerts(
    conn: Connection,
    run_id: int,
    groups: Mapping[Group, list[tuple[str, Candidate]]],
    keys: Mapping[Group, str],
    now: datetime,
    directory: Directory,
    actor: str,
    window_days: int | None,
    ledger: Ledger,
) -> dict[str, Settled]:
    """New alerts with their tasks, as far as the offices' capacity goes; the groups come gravest first."""
    settled: dict[str, Settled] = {}
    used = ledger.of(conn, now) if groups else Counter()
    week = week_of(now)[2]
    rows: list[dict[str, Any]] = []
    plans: dict[str, tuple[list[tuple[str, Candidate]], Routing]] = {}
    for group, members in groups.items():
        best = members[0][1]
        region = next((code for _, c in members if (code := regions.resolve(c.region))), None)
        routing = directory.route(group[1], region, now)
        office = routing.office_code
        limit = directory.offices[office].weekly_capacity if office in directory.offices else 0
        bound = best.grade is not Grade.RED and all(c.origin == "run" for _, c in members)
        if bound and used[office] >= limit:
            settled |= {key: (Outcome.OVER_CAPACITY, None, f"{office} {week} {limit}") for key, _ in members}
            continue
        used[office] += 1
        rows.append(_alert_row(run_id, keys[group], members, region, now, window_days))
        plans[keys[group]] = (members, routing)
    if not rows:
        return settled
    made = conn.execute(insert(t.alerts).returning(t.alerts.c.id, t.alerts.c.merge_key), rows)
    ids = {merge_key: alert_id for alert_id, merge_key in made}
    link(conn, {ids[key]: [c for _, c in members] for key, (members, _) in plans.items()}, now)
    orders = [TaskOrder(ids[k], members[0][1].grade, routing, members[0][1].unsure) for k, (members, routing) in plans.items()]
    tasks = issue(conn, orders, now, directory, actor=actor)
    give_out(conn, tasks.values(), now)
    _tell(conn, rows, {key: routing for key, (_, routing) in plans.items()}, ids, now)
    for key, (members, _) in plans.items():
        for position, (candidate, _) in enumerate(members):
            settled[candidate] = (Outcome.MERGED if position else Outcome.NEW, ids[key], None)
    return settled


def _alert_row(
    run_id: int, key: str, members: Sequence[tuple[str, Candidate]], region: str | None, now: datetime, days: int | None
) -> dict[str, Any]:
    best = members[0][1]
    return {
        "merge_key": key,
        "model": base_model(best.model),
        "subject_id": best.subject_id,
        "region": region,
        "grade": int(best.grade),
        "probability": max(c.probability for _, c in members),
        "status": "tasked",
        "title_zh": best.title_zh[:400],
        "title_en": best.title_en[:400],
        "opened_at": now,
        "window_end": window_of(best.observed_at, days)[1],
        "updated_at": now,
        "run_id": run_id,
        "origin": best.origin,
    }


def _tell(
    conn: Connection, rows: Sequence[Mapping[str, Any]], routes: Mapping[str, Routing], ids: Mapping[str, int], now: datetime
) -> None:
    """What other systems and people hear of new alerts; what no duty reaches is an alarm of its own."""
    events: list[tuple[str, str, Mapping[str, Any], str | None, str]] = []
    for row in rows:
        alert, routing = ids[row["merge_key"]], routes[row["merge_key"]]
        data = {"alert": alert, "model": row["model"], "grade": Grade(row["grade"]).code, "region": row["region"], "origin": row["origin"]}
        events.append(("alert.raised", f"alert:{alert}", data, routing.office_code, "raised"))
        if routing.fallback:
            events.append(("alert.unroutable", f"alert:{alert}", {**data, "reason": routing.reason}, routing.office_code, "raised"))
    outbox.emit_many(conn, events, now)


def _store(conn: Connection, run_id: int, fresh: Mapping[str, Candidate], outcomes: Mapping[str, Settled]) -> None:
    rows = []
    for key, c in fresh.items():
        outcome, alert_id, reason = outcomes[key]
        rows.append((c.assessment_id, c.signal_id, outcome.value, alert_id, reason[:_REASON] if reason else None))
    insert_many(conn, t.candidates, ("assessment_id", "signal_id", "outcome", "alert_id", "reason"), rows, {"run_id": run_id})
