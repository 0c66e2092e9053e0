"""What a formula speaks of: subjects, words, patterns. Formulas that have nothing in common cannot imply each other, unless one is a constant.

>>> Topics().shared(Says(Found("a", frozenset())), Says(Found("b", frozenset())))
False
"""

from dataclasses import dataclass

from rules.logic.facts import Found, hits_behind
from rules.logic.formula import Formula, In, Says, atoms


@dataclass(frozen=True, slots=True)
class Topic:
    """Subjects and patterns, and the words that the text is searched for."""

    things: frozenset[object]
    words: frozenset[str]


class Topics:
    """The topics of formulas, each found once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Formula, Topic]] = {}

    def of(self, formula: Formula) -> Topic:
        """What the formula speaks of."""
        known = self._known.get(id(formula))
        if known is None:
            known = self._known[id(formula)] = (formula, _topic(formula))
        return known[1]

    def shared(self, one: Formula, other: Formula) -> bool:
        """Whether both speak of something; a constant speaks of everything."""
        if isinstance(one, bool) or isinstance(other, bool):
            return True
        first, second = self.of(one), self.of(other)
        return not (first.things.isdisjoint(second.things) and first.words.isdisjoint(second.words))


def _topic(formula: Formula) -> Topic:
    things: set[object] = set()
    words: set[str] = set()
    for atom in atoms(formula):
        fact = atom.fact if isinstance(atom, Says) else atom.subject.hit
        if isinstance(atom, In):
            things.add(atom.subject)
        if isinstance(fact, Found):
            things.add(fact.pattern)
        elif fact is not None:
            words.update(term for hit in hits_behind(fact) for term, _ in hit.words)
    return Topic(frozenset(things), frozenset(words))
