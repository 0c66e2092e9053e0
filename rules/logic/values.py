"""Sets of values: unions of intervals, or a few named values, each with or without "unknown". Everything a comparison can say of one value.

>>> above, below = Ranges.compared(">", 5.0), Ranges.compared("<", 3.0)
>>> above.both(below).empty, above.complement() == Ranges.compared("<=", 5.0)
(True, True)
"""

import math
from dataclasses import dataclass
from typing import TypeAlias

Cut: TypeAlias = tuple[float, int]
"""A place between numbers: (5, 0) is just before 5, (5, 1) just after."""

_START, _END = (-math.inf, 0), (math.inf, 1)


@dataclass(frozen=True, slots=True)
class Ranges:
    """Numbers, as cuts where the set begins and ends in turn."""

    cuts: tuple[Cut, ...] = (_START, _END)

    @classmethod
    def compared(cls, op: str, value: float) -> "Ranges":
        """The numbers for which `number op value` holds.

        >>> Ranges.compared("!=", 2.0).cuts
        ((-inf, 0), (2.0, 0), (2.0, 1), (inf, 1))
        """
        before, after = (value, 0), (value, 1)
        match op:
            case "=":
                return cls((before, after))
            case "!=":
                return cls((before, after)).complement()
            case "<":
                return cls((_START, before)).tidy()
            case "<=":
                return cls((_START, after))
            case ">":
                return cls((after, _END)).tidy()
            case _:
                return cls((before, _END))

    @property
    def empty(self) -> bool:
        return not self.cuts

    def tidy(self) -> "Ranges":
        """Without intervals that hold nothing."""
        pairs = [pair for pair in zip(self.cuts[::2], self.cuts[1::2], strict=True) if pair[0] < pair[1]]
        return Ranges(tuple(cut for pair in pairs for cut in pair))

    def complement(self) -> "Ranges":
        cuts = self.cuts[1:] if self.cuts[:1] == (_START,) else (_START, *self.cuts)
        return Ranges(cuts[:-1] if cuts[-1:] == (_END,) else (*cuts, _END))

    def both(self, other: "Ranges") -> "Ranges":
        """What is in both."""
        found: list[Cut] = []
        one = other_side = 0
        for cut, mine in sorted([(cut, True) for cut in self.cuts] + [(cut, False) for cut in other.cuts]):
            was = one and other_side
            one, other_side = (1 - one, other_side) if mine else (one, 1 - other_side)
            if bool(was) != bool(one and other_side):
                if found and found[-1] == cut:
                    found.pop()
                else:
                    found.append(cut)
        return Ranges(tuple(found))

    def whole(self) -> "Ranges":
        """The same whole numbers, its ends drawn in to them: empty where it holds none.

        >>> Ranges.compared(">", 1.5).both(Ranges.compared("<", 2.0)).whole().empty
        True
        """
        found: list[Cut] = []
        for low, high in zip(self.cuts[::2], self.cuts[1::2], strict=True):
            first = low[0] if math.isinf(low[0]) else math.ceil(low[0]) if low[1] == 0 else math.floor(low[0]) + 1
            last = high[0] if math.isinf(high[0]) else math.floor(high[0]) if high[1] == 1 else math.ceil(high[0]) - 1
            if first <= last:
                found += [(first, 0), (last, 1)]
        return Ranges(tuple(found))

    def holds(self, value: object) -> bool:
        return isinstance(value, int | float) and sum(cut <= (value, 0) for cut in self.cuts) % 2 == 1


@dataclass(frozen=True, slots=True)
class Choices:
    """Named values: these, or all `but` these."""

    items: frozenset[object] = frozenset()
    but: bool = True

    @property
    def empty(self) -> bool:
        return not self.items and not self.but

    def complement(self) -> "Choices":
        return Choices(self.items, not self.but)

    def both(self, other: "Choices") -> "Choices":
        """What is in both.

        >>> Choices(frozenset("ab"), but=False).both(Choices(frozenset("b")))
        Choices(items=frozenset({'a'}), but=False)
        """
        if self.but and other.but:
            return Choices(self.items | other.items)
        if self.but or other.but:
            some, without = (other, self) if self.but else (self, other)
            return Choices(some.items - without.items, but=False)
        return Choices(self.items & other.items, but=False)

    def whole(self) -> "Choices":
        return self

    def holds(self, value: object) -> bool:
        return (value in self.items) is not self.but


Values: TypeAlias = Ranges | Choices


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a value may be: some known values, and perhaps unknown."""

    known: Values
    unknown: bool = False

    @property
    def empty(self) -> bool:
        return self.known.empty and not self.unknown

    def complement(self) -> "Allowed":
        return Allowed(self.known.complement(), not self.unknown)

    def both(self, other: "Allowed") -> "Allowed":
        """What is in both; values of unlike kinds have nothing in common."""
        unknown = self.unknown and other.unknown
        match self.known, other.known:
            case (Ranges() as one, Ranges() as two):
                return Allowed(one.both(two), unknown)
            case (Choices() as some, Choices() as others):
                return Allowed(some.both(others), unknown)
            case _:
                return Allowed(Choices(but=False), unknown)
