"""How telling words are spelled, and how offenders change that when they see what is caught. One state a policy: what is caught differs.

Offenders learn from confirmed verdicts only, some weeks later. A word whose units were caught too often gets a new spelling; quick
offenders use it at once, the others stay one behind; lawful texts that speak of an offence quote the spelling before the last. What is not
caught is not changed: against somebody who finds nothing, nobody hides.
"""

from __future__ import annotations

import numpy as np

from experiments.simulation.truth import Truth
from experiments.simulation.world import Flags, Floats, Ints, Units

FIRST, COUNT = 0x4E00, 6000
"""Characters that words are made of, at random: no word here means anything."""


def invented(seed: int, *place: int) -> str:
    """A word of two characters, the same for the same numbers.

    >>> invented(7, 1, 2) == invented(7, 1, 2), len(invented(7, 1, 2))
    (True, 2)
    """
    a, b = np.random.default_rng([seed, 3, *place]).integers(0, COUNT, 2)
    return chr(FIRST + int(a)) + chr(FIRST + int(b))


class Evasion:
    """The spellings in use, and how far fields have moved towards the lawful ones."""

    def __init__(self, truth: Truth, seed: int) -> None:
        self.truth, self.seed = truth, seed
        slots = (truth.schemes + 1) * truth.slots
        self.spellings = [[invented(seed, 0, slot)] for slot in range(slots)]
        self.shift = 1.0
        self.ordinary = [invented(seed, 1, word) for word in range(truth.vocabulary)]
        self.denials = [invented(seed, 2, word) for word in range(truth.denials)]

    def texts(self, units: Units) -> list[list[str]]:
        """The words of each unit as they are spelled now, in a mixed order."""
        written = []
        columns = zip(
            units.words.tolist(), units.telling.tolist(), units.denial.tolist(), units.quick.tolist(), units.offence.tolist(), strict=True
        )
        for words, telling, denial, quick, offence in columns:
            text = [self.ordinary[w] for w in words if w >= 0]
            text[1:1] = [self._spelled(slot, quick, offence=offence) for slot in telling if slot >= 0]
            if denial >= 0:
                text.insert(len(text) // 2, self.denials[denial])
            written.append(text)
        return written

    def fields(self, units: Units) -> dict[str, Floats]:
        """The fields of each unit as they are shown now; NaN is unknown."""
        return {
            "price": units.price + self.shift * units.price_shift,
            "contacts": units.contacts + np.round(self.shift * units.contact_shift),
            "licence": units.licence,
            "age": units.age,
            "channel": units.channel.astype(np.float64),
        }

    def learn(self, units: Units, caught: Flags, number: int) -> int:
        """Offenders have seen which of these units were caught; how many words are spelled otherwise from now on."""
        if not units.offence.any():
            return 0
        self.shift *= 1 - self.truth.fading * float(caught[units.offence].mean())
        share = self._caught_share(units.telling[units.offence], caught[units.offence])
        changed = 0
        for scheme in range(self.truth.schemes + 1):
            slots = np.arange(scheme * self.truth.slots, (scheme + 1) * self.truth.slots)
            worst = slots[np.argsort(-share[slots], kind="stable")][: self.truth.switched]
            for slot in worst[share[worst] >= self.truth.tolerance].tolist():
                self.spellings[slot].append(self._respelled(slot, number))
                changed += 1
        return changed

    def _caught_share(self, telling: Ints, caught: Flags) -> Floats:
        slots = len(self.spellings)
        inside = telling >= 0
        used = np.bincount(telling[inside], minlength=slots)
        seen = np.bincount(telling[inside], weights=np.broadcast_to(caught[:, None], telling.shape)[inside].astype(float), minlength=slots)
        return np.divide(seen, used, out=np.zeros(slots), where=used > 0)

    def _respelled(self, slot: int, number: int) -> str:
        fresh, old = invented(self.seed, 4, slot, number), self.spellings[slot][-1]
        keeps = np.random.default_rng([self.seed, 5, slot, number]).random() < self.truth.kept
        return old[0] + fresh[1] if keeps else fresh

    def _spelled(self, slot: int, quick: float, *, offence: bool) -> str:
        known = self.spellings[slot]
        newest = offence and quick < self.truth.adopting
        return known[-1] if newest or len(known) == 1 else known[-2]
