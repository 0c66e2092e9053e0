"""The market itself: who is there, what they publish, what is an offence. Drawn for a seed and a round, whatever anybody does about it.

So all policies see the same units with the same luck (common random numbers); they differ only in how telling words are spelled by
then, which is `evasion`'s matter, and in which verdicts were asked for, which is `offices`'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.simulation.drift import channel_shares, scheme_shares
from experiments.simulation.truth import CHANNELS, REGIONS, Truth

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

MOST_SHOWN = 5
REGION_SIZE = np.array([0.24, 0.18, 0.15, 0.12, 0.10, 0.09, 0.07, 0.05])
COMMON_SLOTS = 4
"""Of each kind, the telling words that lawful people also use now and then."""


@dataclass(frozen=True, slots=True)
class Units:
    """The units of one round, one row each. ``telling`` holds slots (kind x slots + slot, -1 for none), not spellings."""

    week: Ints
    subject: Ints
    region: Ints
    channel: Ints
    offence: Flags
    scheme: Ints
    words: Ints
    telling: Ints
    denial: Ints
    quick: Floats
    licence: Floats
    age: Floats
    price: Floats
    contacts: Floats
    price_shift: Floats
    contact_shift: Floats
    luck: Floats
    """Three columns between 0 and 1: the verdict, whether there is one, the random check."""
    delay: Ints

    @property
    def n(self) -> int:
        """How many units."""
        return len(self.week)


class World:
    """Subjects with their intent, fixed for a seed; `round` draws what they publish."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self.truth, self.seed = truth, seed
        rng = np.random.default_rng([seed, 1])
        n = truth.subjects
        self.offends = rng.random(n) < truth.offending
        self.region = rng.choice(REGIONS, n, p=REGION_SIZE)
        self.taste = rng.random(n)
        self.quick = rng.random(n)
        licensed = rng.random(n) < np.where(self.offends, 0.35, 0.75)
        self.licence = np.where(rng.random(n) < 0.2, np.nan, licensed.astype(np.float64))
        self.age = np.exp(rng.normal(np.where(self.offends, 1.0, 1.6), 0.8, n))
        self.kind = rng.random(n)
        self.topics = rng.dirichlet(np.full(truth.vocabulary, 0.15), CHANNELS + truth.schemes + 1)

    def round(self, number: int, again: int = 0) -> Units:
        """The units of a round; round 0 is the past that everybody knows. ``again``: another draw of the same round."""
        truth, rng = self.truth, np.random.default_rng([self.seed, 2, number, *([again] if again else [])])
        n = truth.units * truth.weeks
        subject = rng.integers(0, truth.subjects, n)
        offence = self.offends[subject] & (rng.random(n) < truth.habit)
        own = np.where(rng.random(n) < 0.5, self.taste[subject], rng.random(n))
        channel = np.searchsorted(np.cumsum(channel_shares(truth, number))[:-1], own)
        scheme = self._schemes(number, subject, offence, rng)
        telling, denial = self._telling(offence, scheme, rng)
        return Units(
            week=number * truth.weeks + np.arange(n) * truth.weeks // n,
            subject=subject,
            region=self.region[subject],
            channel=channel,
            offence=offence,
            scheme=scheme,
            words=self._words(channel, scheme, offence, rng),
            telling=telling,
            denial=denial,
            quick=self.quick[subject],
            licence=self.licence[subject],
            age=self.age[subject] + number * truth.weeks / 52,
            price=rng.normal(0.0, 1.0, n),
            contacts=rng.poisson(0.8, n).astype(np.float64),
            price_shift=np.where(offence, 0.8, 0.0),
            contact_shift=np.where(offence, rng.poisson(1.2, n), 0).astype(np.float64),
            luck=rng.random((n, 3)),
            delay=self._delays(offence, rng),
        )

    def _schemes(self, number: int, subject: Ints, offence: Flags, rng: np.random.Generator) -> Ints:
        """Mostly a subject's own kind; -1 where lawful."""
        shares = np.cumsum(scheme_shares(self.truth, number))[:-1]
        own = np.where(rng.random(len(subject)) < 0.8, self.kind[subject], rng.random(len(subject)))
        return np.where(offence, np.searchsorted(shares, own), -1)

    def _words(self, channel: Ints, scheme: Ints, offence: Flags, rng: np.random.Generator) -> Ints:
        """Ordinary words: of the channel, and of the kind of offence for some words of an offending text."""
        n = len(channel)
        count = 4 + rng.poisson(self.truth.words, n)
        width = int(count.max())
        words = np.full((n, width), -1)
        for topic in range(CHANNELS):
            rows = np.flatnonzero(channel == topic)
            words[rows] = rng.choice(self.truth.vocabulary, (len(rows), width), p=self.topics[topic])
        for kind in range(self.truth.schemes + 1):
            rows = np.flatnonzero(offence & (scheme == kind))
            own = rng.choice(self.truth.vocabulary, (len(rows), width), p=self.topics[CHANNELS + kind])
            words[rows] = np.where(rng.random((len(rows), width)) < 0.15, own, words[rows])
        words[np.arange(width)[None, :] >= count[:, None]] = -1
        return words

    def _telling(self, offence: Flags, scheme: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Slots of telling words, and the word of denial (-1: none)."""
        truth, n = self.truth, len(offence)
        shown = np.where(offence, np.minimum(1 + rng.poisson(truth.shown, n), MOST_SHOWN), 0)
        of_kind = np.where(offence, scheme, rng.integers(0, truth.schemes, n))
        alike = ~offence & (rng.random(n) < truth.alike)
        slip = ~offence & ~alike & (rng.random(n) < truth.slip)
        shown = np.where(alike, 1 + rng.integers(0, 2, n), np.where(slip, 1, shown))
        slot = np.argsort(rng.random((n, truth.slots)), axis=1)[:, :MOST_SHOWN]
        slot = np.where(slip[:, None], slot % COMMON_SLOTS, slot)
        telling = np.where(np.arange(MOST_SHOWN)[None, :] < shown[:, None], of_kind[:, None] * truth.slots + slot, -1)
        denial = np.where(alike & (rng.random(n) < 0.8), rng.integers(0, truth.denials, n), -1)
        return telling, denial

    def _delays(self, offence: Flags, rng: np.random.Generator) -> Ints:
        mean = np.where(offence, self.truth.delay[1], self.truth.delay[0])
        return rng.geometric(1 / (1 + mean))
