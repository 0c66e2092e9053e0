"""A quick look before a search: whether one formula could imply another at all, from what they speak of.

>>> from rules.logic.formula import any_of
>>> facts = Facts()
>>> one, other = (Says(Found(pattern, frozenset())) for pattern in "ab")
>>> Topics(facts).may_imply(one, any_of([one, other])), Topics(facts).may_imply(one, other)
(True, False)
"""

from dataclasses import dataclass

from rules.logic.facts import Fact, Facts, Found, Words, hits_behind
from rules.logic.formula import All, Any, Formula, In, Says, Subject, atoms


@dataclass(frozen=True, slots=True)
class Topic:
    """What a formula speaks of: subjects, facts that it may establish, words that it mentions."""

    subjects: frozenset[Subject]
    facts: tuple[Fact, ...]
    groups: frozenset[Words]


class Topics:
    """The topics of formulas, each found once; so is whether two groups of words overlap."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[int, tuple[Formula, Topic]] = {}
        self._terms: dict[Words, frozenset[str]] = {}
        self._overlap: dict[tuple[Words, Words], bool] = {}

    def of(self, formula: Formula) -> Topic:
        """What the formula speaks of."""
        known = self._known.get(id(formula))
        if known is None:
            known = self._known[id(formula)] = (formula, _topic(formula))
        return known[1]

    def may_imply(self, one: Formula, other: Formula) -> bool:
        """False only where `one`, unless impossible, does not imply `other`, unless that always holds."""
        if isinstance(one, bool) or isinstance(other, bool):
            return True
        return self._supported(self.of(one), other)

    def _supported(self, by: Topic, formula: Formula) -> bool:
        """Whether each part of a formula has something that speaks for it."""
        match formula:
            case bool():
                return True
            case All(parts):
                return all(self._supported(by, part) for part in parts)
            case Any(parts):
                return any(self._supported(by, part) for part in parts)
            case In(subject):
                return subject in by.subjects or (subject.hit is not None and self._mentioned(by, subject.hit))
            case Says(fact, holds):
                return any(self._facts.follows(item, fact) for item in by.facts) if holds else self._mentioned(by, fact)

    def _mentioned(self, by: Topic, fact: Fact) -> bool:
        """Whether the words of a fact are spoken of, or its pattern."""
        if isinstance(fact, Found):
            return any(isinstance(item, Found) and item.pattern == fact.pattern for item in by.facts)
        return any(hit.words in by.groups or any(self._overlaps(hit.words, group) for group in by.groups) for hit in hits_behind(fact))

    def _overlaps(self, one: Words, other: Words) -> bool:
        key = (one, other)
        if key not in self._overlap:
            self._overlap[key] = not self._terms_of(one).isdisjoint(self._terms_of(other))
        return self._overlap[key]

    def _terms_of(self, words: Words) -> frozenset[str]:
        if words not in self._terms:
            self._terms[words] = frozenset(term for term, _ in words)
        return self._terms[words]


def _topic(formula: Formula) -> Topic:
    subjects: set[Subject] = set()
    facts: dict[Fact, None] = {}
    groups: set[Words] = set()
    for atom in atoms(formula):
        if isinstance(atom, In):
            subjects.add(atom.subject)
        fact = atom.fact if isinstance(atom, Says) else atom.subject.hit
        if fact is not None:
            facts[fact] = None
            groups.update(hit.words for hit in hits_behind(fact))
    return Topic(frozenset(subjects), tuple(facts), frozenset(groups))
