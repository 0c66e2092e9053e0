"""What a text may say, as facts that are never unknown, and which fact follows from which.

More words follow from fewer, a plain hit from an asserted one, a wider distance from a narrower, and both sides from `near`.

>>> few, many = frozenset({("根治", frozenset())}), frozenset({("根治", frozenset()), ("治愈", frozenset())})
>>> facts = Facts()
>>> facts.follows(Hit(few, frozenset({"plain"})), Hit(many, frozenset())), facts.follows(Hit(many, frozenset()), Hit(few, frozenset()))
(True, False)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Word: TypeAlias = tuple[str, frozenset[str]]
"""A term with the contexts in which it does not count."""
Words: TypeAlias = frozenset[Word]
Bounds: TypeAlias = frozenset[str]
"""Which hits are admitted: `unnegated`, `unquoted`, `plain`; the more of them, the fewer hits."""

_FREE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """One of the words stands in the text."""

    words: Words
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Together:
    """A word of each side, near each other (`within` characters) or in one sentence (`within` is None)."""

    left: Words
    right: Words
    within: int | None
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class AtEdge:
    """The text starts or ends with one of the words."""

    where: str
    words: Words
    bounds: Bounds


@dataclass(frozen=True, slots=True)
class Found:
    """A regular expression finds something."""

    pattern: str
    bounds: Bounds


Fact: TypeAlias = Hit | Together | AtEdge | Found


def hits_behind(fact: Fact) -> tuple[Hit, ...]:
    """The plain hits that a fact cannot be without."""
    match fact:
        case Hit():
            return (fact,)
        case Together(left, right, _, bounds):
            return Hit(left, bounds), Hit(right, bounds)
        case AtEdge(_, words, bounds):
            return (Hit(words, bounds),)
        case Found():
            return ()


def weight(fact: Fact) -> int:
    """How much work it is to compare a fact, in steps."""
    match fact:
        case Together(left, right):
            return 1 + (len(left) + len(right)) // 50
        case Found():
            return 1
        case _:
            return 1 + len(fact.words) // 50


class Facts:
    """Compares facts, each pair once."""

    def __init__(self) -> None:
        self._covered: dict[tuple[Words, Words], bool] = {}
        self._follows: dict[tuple[Fact, Fact], bool] = {}

    def covered(self, words: Words, by: Words) -> bool:
        """Whether whatever hits `words` hits `by`: the same term with the same contexts, or with none."""
        key = (words, by)
        if key not in self._covered:
            self._covered[key] = all((term, _FREE) in by for term, _ in words - by)
        return self._covered[key]

    def follows(self, one: Fact, other: Fact) -> bool:
        """Whether `other` holds in every text in which `one` holds, as far as can be told from the two alone."""
        key = (one, other)
        if key not in self._follows:
            self._follows[key] = other.bounds <= one.bounds and self._compared(one, other)
        return self._follows[key]

    def _compared(self, one: Fact, other: Fact) -> bool:
        covered = self.covered
        match one, other:
            case (_, Hit(words)):
                return any(covered(hit.words, words) for hit in hits_behind(one))
            case (Together(), Together()):
                return _distances(one.within, other.within) and (
                    (covered(one.left, other.left) and covered(one.right, other.right))
                    or (covered(one.left, other.right) and covered(one.right, other.left))
                )
            case (AtEdge(), AtEdge()):
                return one.where == other.where and covered(one.words, other.words)
            case (Found(), Found()):
                return one.pattern == other.pattern
            case _:
                return False

    def refuted(self, fact: Fact, denied: Iterable[Fact]) -> bool:
        """Whether the fact cannot hold where all of `denied` do not: words denied one by one are denied together."""
        denied = [item for item in denied if item.bounds <= fact.bounds]
        if any(self.follows(fact, item) for item in denied):
            return True
        groups = [item.words for item in denied if isinstance(item, Hit)]
        return len(groups) > 1 and any(_together(hit.words, groups) for hit in hits_behind(fact))


def _together(words: Words, groups: list[Words]) -> bool:
    """Whether every word is in one of the groups."""
    return all(any(word in group or (word[0], _FREE) in group for group in groups) for word in words)


def _distances(one: int | None, other: int | None) -> bool:
    if one is None or other is None:
        return one is other
    return one <= other
