"""A made-up crowd: market subjects of whom few say much and most say little, and as many signals of them as are asked for. Seeded, in blocks, never the same text twice.

What is said comes from the project's own banks of passages; three signals in a hundred say what some model should find.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from features.context import LICENCE_KINDS, RELATIONS
from risk.demo.names import company_name, uscc
from risk.demo.province import TRADES
from risk.domain import regions
from risk.domain.banks import MODEL_KEYS, Passage, passages
from risk.domain.signals import Signal, SubjectKeys, digest
from risk.domain.slots import fill_slots

AS_OF = datetime(2026, 10, 31, 16, tzinfo=UTC)
DAYS = 90
SUSPECTED, TRADE = 0.03, 0.12
"""Of all signals: those that some model should find, and lawful ones of the same trades, which look alike."""
REPORTS = 0.04
PER_SUBJECT = 4
"""Signals a subject, on average."""
BLOCK = 10_000
NOBODY = 0.03
"""Signals whose subject is not known."""
LICENSED, LINKED = 0.08, 0.04
"""Of all subjects: those that hold a licence (one in five of them expired), and those that share an address, a telephone or a representative with others."""
MALL = 0.01
"""Of what is shared: addresses of houses full of shops."""
REPORT = "illegal_fundraising.report"


@dataclass(frozen=True, slots=True)
class Said:
    """One signal as it is stored, and the models that should find it."""

    signal: Signal
    subject: int | None
    positive_of: frozenset[str]


class Crowd:
    """``signals`` signals of ``signals / PER_SUBJECT`` subjects. The same arguments give the same crowd, in whatever order blocks are asked for."""

    def __init__(self, signals: int, seed: int = 7, suspected: float = SUSPECTED) -> None:
        self.signals, self.seed, self.suspected = signals, seed, suspected
        self.subjects = max(signals // PER_SUBJECT, 50)
        rng = np.random.default_rng(seed)
        activity = np.minimum(rng.lognormal(0.0, 1.5, self.subjects), 400.0)
        self._upto = np.cumsum(activity / activity.sum())
        places = [d.code for d in regions.DIVISIONS.values() if d.level == "county" and d.statutory]
        self.places = [places[i] for i in rng.integers(0, len(places), self.subjects).tolist()]

    def subject_rows(self) -> Iterator[tuple[Any, ...]]:
        """key, uscc, name, region, kind, industry, registered_on of each subject."""
        rng = random.Random(self.seed)
        for number, place in enumerate(self.places):
            trade = rng.choice(TRADES)
            code = uscc(rng, place, number % 100_000, wrong=False)
            name = company_name(rng, trade.kind if trade.kind != "individual" else "net_shop", regions.name(place, "zh"))
            born = AS_OF.date() - timedelta(days=rng.randrange(120, 6000))
            yield f"provisional:crowd{number:09d}", code, name, place, "enterprise", trade.industry or None, born

    def licence_rows(self, first: int) -> Iterator[tuple[Any, ...]]:
        """subject_id, kind, number, number_key, valid_from, valid_to of each licence; ``first`` is the id of the first subject."""
        rng, day = random.Random(f"{self.seed}:licences"), AS_OF.date()
        for subject in range(self.subjects):
            if rng.random() < LICENSED:
                number = f"HB{subject:09d}"
                since = day - timedelta(days=rng.randrange(100, 1500))
                until = day - timedelta(days=rng.randrange(1, 90)) if rng.random() < 0.2 else day + timedelta(days=rng.randrange(1, 1500))
                yield first + subject, rng.choice(LICENCE_KINDS), number, number, since, until

    def link_rows(self, first: int) -> Iterator[tuple[Any, ...]]:
        """subject_id, relation, value_key of what subjects share: mostly two to five of them one thing, now and then two hundred."""
        rng, shared, number = random.Random(f"{self.seed}:links"), 0, 0
        while shared < LINKED * self.subjects:
            size = min(200 if rng.random() < MALL else rng.randrange(2, 6), self.subjects)
            relation, number = rng.choice(RELATIONS), number + 1
            for subject in rng.sample(range(self.subjects), size):
                yield first + subject, relation, digest([relation, number])
            shared += size

    def blocks(self) -> Iterator[list[Said]]:
        """All signals, in the order of their times."""
        for first in range(0, self.signals, BLOCK):
            yield self.block(first, min(BLOCK, self.signals - first))

    def block(self, first: int, count: int) -> list[Said]:
        """The signals with the numbers ``first`` and up."""
        rng = random.Random(f"{self.seed}:{first}")
        drawn = np.searchsorted(self._upto, np.random.default_rng([self.seed, first]).random(count)).clip(0, self.subjects - 1)
        return [self._said(rng, first + i, subject) for i, subject in enumerate(drawn.tolist())]

    def _said(self, rng: random.Random, number: int, subject: int) -> Said:
        bank = _bank()
        lot = rng.random()
        pool = (
            bank.positive[rng.choice(MODEL_KEYS)]
            if lot < self.suspected
            else bank.lawful
            if lot < self.suspected + TRADE
            else bank.everyday
        )
        chosen = [rng.choice(pool)]
        report = chosen[0].bank.startswith(REPORT) or rng.random() < REPORTS
        chosen += rng.choices(bank.everyday, k=rng.choice((0, 0, 1, 1, 2)))
        place = self.places[subject]
        text = "。".join(fill_slots(one.text, rng, regions.name(place, "zh"), f"店{subject:07d}") for one in chosen)
        at = AS_OF - timedelta(days=DAYS) + timedelta(days=DAYS - 1) * (number / self.signals) + timedelta(seconds=rng.randrange(3600))
        known = None if rng.random() < NOBODY else subject
        signal = Signal(
            source="平台巡查" if not report else "投诉举报",
            text=f"{text} 货号{number:08d}",
            observed_at=at,
            time_given=True,
            kind="report" if report else "content",
            source_id=f"{number:09d}",
            channel="complaint" if report else chosen[0].channel,
            region=place,
            subject=SubjectKeys(shop=f"店{subject:07d}") if known is not None else SubjectKeys(),
        )
        return Said(signal, known, chosen[0].positive_of)

    def busiest(self) -> float:
        """The share of all signals that the busiest subject says."""
        shares: npt.NDArray[np.float64] = np.diff(self._upto, prepend=0.0)
        return float(shares.max())


@dataclass(frozen=True, slots=True)
class _Bank:
    positive: Mapping[str, Sequence[Passage]]
    lawful: Sequence[Passage]
    everyday: Sequence[Passage]


@cache
def _bank() -> _Bank:
    known = [p for p in passages() if not p.held]
    positive = {key: [p for p in known if key in p.positive_of] for key in MODEL_KEYS}
    lawful = [p for p in known if not p.positive_of and p.bank.endswith(".misses")]
    return _Bank(positive, lawful, [p for p in known if p.bank == "everyday"])
