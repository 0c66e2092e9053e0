"""Rules on their way in: those in shadow, which are watched and never heard, and those rolled out to a share of the units.

The share is drawn by a hash of the rule and the unit, so that a unit keeps its lot from run to run and a larger share keeps every unit of a smaller one.

>>> chosen("gold", ["主体甲", "主体乙", "主体丙"], 100.0).tolist(), chosen("gold", ["主体甲"], 0.0).tolist()
([True, True, True], [False])
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from features.lexicon import Lexicon
from risk.scoring.inputs import TextInputs, lexicon_of, literals_of
from risk.scoring.keys import split_key
from risk.scoring.scorer import Aside, Reading
from rules.evaluate import RuleHits, evaluate
from rules.pack import Pack

Mask = npt.NDArray[np.bool_]
_SCALE = 2.0**64


def chosen(rule: str, units: Sequence[str], percent: float) -> Mask:
    """Which units a rule counts for. Stable, and monotone: raising ``percent`` keeps every unit.

    >>> some, more = chosen("a", [str(i) for i in range(999)], 20.0), chosen("a", [str(i) for i in range(999)], 50.0)
    >>> bool((some <= more).all()), 150 < int(some.sum()) < 250, 450 < int(more.sum()) < 550
    (True, True, True)
    """
    return np.array([_lot(rule, unit) < percent / 100.0 for unit in units], dtype=bool)


def _lot(rule: str, unit: str) -> float:
    drawn = hashlib.sha256(f"{rule}\0{unit}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(drawn[:8]) / _SCALE


class StumbledError(RuntimeError):
    """Some of what is watched could not be evaluated: ``failed`` tells which stored versions and why, ``found`` is what the others said."""

    def __init__(self, found: Sequence[Aside], failed: Mapping[int, str]) -> None:
        super().__init__("; ".join(failed.values()))
        self.found = list(found)
        self.failed = dict(failed)


@dataclass(frozen=True, slots=True)
class Share:
    """An active rule that counts for some units only, and the stored version it is of."""

    percent: float
    version_id: int


@dataclass(frozen=True, eq=False)
class Shadow:
    """Rules that are watched beside the live ones of a model: ``pack`` holds them with what they build on; ``versions`` are the stored versions they are of.

    ``compared``: a list, condition or feature is in shadow, and its rules are told from the live ones by what they gain or lose.
    """

    pack: Pack
    versions: Mapping[str, int]
    compared: bool = False

    @cached_property
    def _words(self) -> tuple[Lexicon, Lexicon]:
        return lexicon_of([self.pack]), literals_of([self.pack])

    def inputs(self, reading: Reading) -> TextInputs:
        """The same texts with this pack's own words matched: nothing of it can reach the live judgement, and nothing else is computed anew."""
        lists, literals = self._words
        texts = reading.frame.texts
        return TextInputs(replace(reading.frame, hits=lists.match(texts)), literals.match(texts), reading.around, lists.lists)


@dataclass(frozen=True, eq=False)
class Staging:
    """What is kept back from the judgement of a process: held by its scorer (``Scorer(aside=…)``)."""

    shadows: Sequence[Shadow] = ()
    shares: Mapping[str, Mapping[str, Share]] = field(default_factory=dict)
    """Model → rule → its share, for those below 100 percent."""
    unreadable: Sequence[str] = ()
    """Stored versions in force that this program cannot read any more: told with every run, never silently left out."""

    def percents(self, model: str) -> dict[str, float]:
        """The rules of a model that count for some units only, and for how many percent: part of what a judgement depends on."""
        return {name: share.percent for name, share in sorted(self.shares.get(model, {}).items())}

    def watches(self, model: str) -> list[int]:
        """The stored versions that are watched beside a model's rules."""
        return sorted({version for shadow in self.shadows if shadow.pack.name == model for version in shadow.versions.values()})

    def kept(self, key: str, hits: RuleHits, reading: Reading) -> RuleHits:
        """The outcomes with those rules silent that do not count for a unit: 0, as for a rule that is not in force."""
        shares = self.shares.get(split_key(key)[0], {})
        partly = [j for j, name in enumerate(hits.ids) if name in shares]
        if not partly:
            return hits
        outcome = hits.outcome.copy()
        for j in partly:
            name = hits.ids[j]
            outcome[~chosen(name, units_of(reading), shares[name].percent), j] = 0
        return hits.with_outcome(outcome)

    def watched(self, key: str, hits: RuleHits, reading: Reading, pack: Pack, on: date | None) -> list[Aside]:
        """What the rules kept back would have said of each row; ``hits`` are the live outcomes, ``pack`` the live rules. Raises `StumbledError` at the end."""
        model, lens = split_key(key)
        found = self._held_back(model, lens, reading, pack, on)
        failed: dict[int, str] = {}
        for shadow in self.shadows:
            if shadow.pack.name == model:
                try:
                    found += _shadow_hits(shadow, lens, hits, reading, on)
                except Exception as error:  # whatever one rule in shadow does, the others are watched
                    failed |= dict.fromkeys(shadow.versions.values(), f"{type(error).__name__}: {error}"[:300])
        if failed:
            raise StumbledError(found, failed)
        return found

    def _held_back(self, model: str, lens: str, reading: Reading, pack: Pack, on: date | None) -> list[Aside]:
        shares = self.shares.get(model, {})
        if not shares:
            return []
        hits = evaluate(pack.only(shares), reading.inputs, on, lens=lens)
        found = []
        for j, name in enumerate(hits.ids):
            if name in shares:
                waiting = ~chosen(name, units_of(reading), shares[name].percent)
                rows = np.flatnonzero(hits.fired[:, j] & waiting)
                found += [Aside(int(row), name, shares[name].version_id, "held_back") for row in rows]
        return found


def _shadow_hits(shadow: Shadow, lens: str, live: RuleHits, reading: Reading, on: date | None) -> list[Aside]:
    hits = evaluate(shadow.pack, shadow.inputs(reading), on, lens=lens)
    found = []
    for j, name in enumerate(hits.ids):
        version = shadow.versions.get(name)
        if version is None:
            continue
        fired = hits.fired[:, j]
        if not shadow.compared:
            found += [Aside(int(row), name, version, "shadow") for row in np.flatnonzero(fired)]
            continue
        before = live.fired[:, live.ids.index(name)] if name in live.ids else np.zeros(len(fired), dtype=bool)
        found += [Aside(int(row), name, version, "gained") for row in np.flatnonzero(fired & ~before)]
        found += [Aside(int(row), name, version, "lost") for row in np.flatnonzero(before & ~fired)]
    return found


def units_of(reading: Reading) -> Sequence[str]:
    """By what each row is drawn: who runs gave, else its text."""
    return reading.units or [one.original for one in reading.frame.texts]
