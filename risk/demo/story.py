"""The demo's story: ninety days of a made-up province, week by week, through the whole loop. Seeded; the same seed tells the same story.

Every step is the service's own: files go through intake, runs judge them, alerts and tasks come by themselves, officers report verdicts, verdicts become
labels, models are retrained and replaced or kept. The generator's truth is told to the officers only, and to the figures at the end.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from risk.bootstrap import open_scorer
from risk.demo import officers
from risk.demo.evasion import disguise
from risk.demo.files import write_week
from risk.demo.province import MarketSubject, Province, build
from risk.domain import aliases
from risk.domain.balance import Balance
from risk.domain.banks import Passage, passages
from risk.domain.calendar import SHANGHAI
from risk.domain.learning import policy_of
from risk.domain.slots import fill_slots
from risk.scoring.keys import TEXT_KEYS
from risk.services import cases, intake, register, runs
from risk.services.dispatch import seed_offices
from risk.services.retraining import Retrained, retrain
from risk.services.training_sets import labels_of
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

END = date(2026, 11, 1)
"""The first day after the story: fixed, so that the story does not depend on the day it is told."""
ACTOR = "demo"
LEARN_AT = (0.85,)
"""When models are retrained, as shares of the story."""
LEARN_AGAIN_WEEKS = 3
"""A shorter story has too few verdicts for anything to be learnt from them: its models stay those of the beginning."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it."""

    province: Province
    end: datetime
    retrained: list[Retrained]


def tell(engine: Engine, settings: Settings, *, days: int, seed: int, say: Say) -> Told:
    """Tell the story on an empty store and an empty registry."""
    province = build(days=days, seed=seed, end=END)
    say(f"province: {len(province.subjects):,} subjects, {len(province.observed):,} signals over {days} days")
    begin = datetime.combine(province.start, datetime.min.time(), SHANGHAI).astimezone(UTC)
    with transaction(engine) as conn:
        seed_offices(conn)
        register.load_subjects(conn, _subjects(province), now=begin)
        register.load_licences(conn, _licences(province), source="许可库（虚构）", now=begin)
        added = cases.add(conn, _cases(province, seed), known_at=begin, now=begin)
    say(f"case library: {added:,} labels from the project's own phrase banks")
    learned = _learn(engine, settings, begin, seed, say)
    scorer = open_scorer(settings)
    rng, truth = random.Random(seed + 1), _Truth(province)
    weeks = -(-days // 7)
    learn_in = {round(weeks * share) for share in LEARN_AT} if weeks >= LEARN_AGAIN_WEEKS else set()
    for week in range(1, weeks + 1):
        lo, hi = (week - 1) * 7, min(week * 7, days)
        now = begin + timedelta(days=hi)
        rows = [o for o in province.observed if lo <= o.day < hi]
        accepted = 0
        for source, path in write_week(settings.home / "demo" / "incoming", week, rows):
            accepted += intake.take(engine, path, source=source, actor=ACTOR, now=now).accepted
        results = runs.run(engine, scorer, TEXT_KEYS, as_of=now, now=now, actor=ACTOR)
        alerts = sum(r.balance.new for r in results)
        with transaction(engine) as conn:
            acted = officers.work(conn, now=now + timedelta(days=6), truth=truth.of(conn), rng=rng)
        say(f"week {week:>2}: {accepted:>5,} signals in, {alerts:>3} new alerts, {acted.reported:>3} verdicts, {acted.labels:>3} labels")
        if week in learn_in:
            _learn_emerging(engine, province, seed, now)
            learned += _learn(engine, settings, now + timedelta(days=6), seed, say)
            scorer = open_scorer(settings)
    truth.write(settings.home / "demo" / "truth.csv")
    return Told(province, begin + timedelta(days=days), learned)


def compute_index(engine: Engine, end: datetime) -> tuple[str, ...]:
    """The risk index of every place for the months of the story and its last day, as the daily job computes it; which moments."""
    from risk.services import index_results

    with transaction(engine) as conn:
        return index_results.compute_due(conn, actor=ACTOR, now=end)


def _learn(engine: Engine, settings: Settings, at: datetime, seed: int, say: Say) -> list[Retrained]:
    """Retrain every text model from what is known at ``at``."""
    learned = []
    scorer = open_scorer(settings)
    for key in TEXT_KEYS:
        policy = policy_of(key).at_once  # the story is too short for a shadow period
        learned.append(retrain(engine, settings, scorer, key, as_of=at, now=at, actor=ACTOR, seed=seed, policy=policy))
        say(f"         {learned[-1].line()}")
    return learned


class _Truth:
    """What is true of stored signals, looked up by source and the source's id."""

    def __init__(self, province: Province) -> None:
        self._by_source_id = province.truth()
        self._by_id: dict[int, frozenset[str]] = {}
        self._last = 0

    def of(self, conn: Connection) -> dict[int, frozenset[str]]:
        s = t.signals.c
        for row in conn.execute(select(s.id, s.source, s.source_id).where(s.id > self._last)):
            self._by_id[row.id] = self._by_source_id.get((row.source, row.source_id or ""), frozenset())
            self._last = max(self._last, row.id)
        return self._by_id

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("source", "source_id", "positive_of"))
            writer.writerows((source, number, "|".join(sorted(keys))) for (source, number), keys in self._by_source_id.items())


def _subjects(province: Province) -> list[dict[str, Any]]:
    return [
        {
            "key": _subject_key(one),
            "uscc": one.uscc,
            "name": one.name,
            "region": one.region,
            "kind": one.trade.kind,
            "industry": one.trade.industry,
            "registered_on": one.registered_on,
            "aliases": [aliases.shop(one.platform, one.shop), aliases.name(one.region, one.name)],
        }
        for one in province.subjects
    ]


def _licences(province: Province) -> list[dict[str, Any]]:
    return [{"subject_key": _subject_key(one), **licence} for one in province.subjects for licence in one.licences]


def _subject_key(one: MarketSubject) -> str:
    return one.uscc or aliases.provisional_key(aliases.shop(one.platform, one.shop))


def _cases(province: Province, seed: int) -> list[cases.Case]:
    """What is known before the story starts: every training family that has not yet to emerge, plain and disguised."""
    return as_cases([p for p in passages() if not p.held and p.family not in province.emerging], seed)


def as_cases(chosen: Sequence[Passage], seed: int) -> list[cases.Case]:
    """Passages with their slots filled; every positive stands once more in disguise. A family is a scheme."""
    rng = random.Random(seed + 2)
    found = []
    for passage in chosen:
        labels = labels_of(passage)
        text = fill_slots(passage.text, rng, "江城", "店000000")
        found.append(cases.Case(text, labels, passage.family))
        if passage.positive_of:
            found.append(cases.Case(disguise(text, rng), labels, passage.family))
    return found


def _learn_emerging(engine: Engine, province: Province, seed: int, now: datetime) -> None:
    """Analysts add the schemes that came up meanwhile to the case library."""
    with transaction(engine) as conn:
        cases.add(conn, as_cases([p for p in passages() if p.family in province.emerging], seed), known_at=now, now=now)


def funnel(engine: Engine) -> list[tuple[str, int]]:
    """The counts of the chain, from what is stored."""
    with reading(engine) as conn:

        def count(table: Any, *conditions: Any) -> int:
            return int(conn.scalar(select(func.count()).select_from(table).where(*conditions)) or 0)

        return [
            ("signals", count(t.signals, t.signals.c.kind != "case")),
            ("assessments", count(t.assessments)),
            ("candidates", count(t.candidates)),
            ("alerts", count(t.alerts)),
            ("tasks", count(t.tasks)),
            ("verdicts", count(t.verdicts)),
            ("labels", count(t.labels, t.labels.c.source == "verdict")),
            ("retrained", count(t.trainings, t.trainings.c.challenger.is_not(None))),
            ("promoted", count(t.trainings, t.trainings.c.decision.in_(("first", "promoted")))),
        ]


def balance(engine: Engine) -> tuple[int, dict[str, int]]:
    """Candidates of all runs and what became of them; every run was balanced when it ended."""
    with reading(engine) as conn:
        rows = conn.execute(select(t.runs.c.candidates, t.runs.c.balance)).all()
    return sum(row.candidates for row in rows), {name: sum(row.balance[name] for row in rows) for name in Balance().as_dict()}
