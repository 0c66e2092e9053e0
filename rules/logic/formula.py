"""Two-valued formulas about three-valued expressions: "it is true", "it is false" and "it is unknown" are each a formula of their own.

>>> x = Subject(("x",), Allowed(Ranges(), unknown=True))
>>> above = In(x, Allowed(Ranges.compared(">", 5.0)))
>>> negated(above).allowed.unknown, all_of([True, above]) == above, any_of([True, above])
(True, True, True)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from rules.logic.facts import Fact, Hit
from rules.logic.values import Allowed, Ranges


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that has one value a row: a field, a call, a count. `whole` numbers only; `hit` is what a count above zero means."""

    key: tuple[object, ...]
    domain: Allowed = field(compare=False)
    whole: bool = field(default=False, compare=False)
    hit: Hit | None = field(default=None, compare=False)

    def meet(self, one: Allowed, other: Allowed) -> Allowed:
        """What is in both, as far as the subject can have it."""
        both = one.both(other)
        return Allowed(both.known.whole(), both.unknown) if self.whole else both


@dataclass(frozen=True, slots=True)
class In:
    """The subject's value is one of these."""

    subject: Subject
    allowed: Allowed


@dataclass(frozen=True, slots=True)
class Says:
    """The text says it, or does not."""

    fact: Fact
    holds: bool = True


@dataclass(frozen=True, slots=True)
class All:
    parts: "tuple[Formula, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    parts: "tuple[Formula, ...]"


Atom: TypeAlias = In | Says
Formula: TypeAlias = bool | In | Says | All | Any


def all_of(parts: Iterable[Formula]) -> Formula:
    """All of them, constants removed."""
    kept: list[Formula] = []
    for part in parts:
        if part is False:
            return False
        if part is not True:
            kept += part.parts if isinstance(part, All) else (part,)
    return True if not kept else kept[0] if len(kept) == 1 else All(tuple(kept))


def any_of(parts: Iterable[Formula]) -> Formula:
    """At least one of them, constants removed."""
    kept: list[Formula] = []
    for part in parts:
        if part is True:
            return True
        if part is not False:
            kept += part.parts if isinstance(part, Any) else (part,)
    return False if not kept else kept[0] if len(kept) == 1 else Any(tuple(kept))


def negated(formula: Formula) -> Formula:
    """The opposite; "not true" includes unknown."""
    match formula:
        case bool():
            return not formula
        case In(subject, allowed):
            return In(subject, allowed.complement())
        case Says(fact, holds):
            return Says(fact, not holds)
        case All(parts):
            return any_of(negated(part) for part in parts)
        case Any(parts):
            return all_of(negated(part) for part in parts)


def atoms(formula: Formula) -> Iterable[Atom]:
    """Every atom in a formula."""
    waiting: list[Formula] = [formula]
    while waiting:
        item = waiting.pop()
        if isinstance(item, All | Any):
            waiting += item.parts
        elif not isinstance(item, bool):
            yield item


__all__ = ["All", "Allowed", "Any", "Atom", "Formula", "In", "Ranges", "Says", "Subject", "all_of", "any_of", "atoms", "negated"]
