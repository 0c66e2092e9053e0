"""Whether a formula can hold: parts are put down one after the other, alternatives are tried in turn, and every step is counted.

"No" is certain; "yes" means that no reason against it was found.

>>> x = Subject(("x",), Allowed(Ranges(), unknown=True))
>>> above, below = In(x, Allowed(Ranges.compared(">", 5.0))), In(x, Allowed(Ranges.compared("<", 3.0)))
>>> [possible(all_of(parts), Work(100), Facts()) for parts in ([above, below], [negated(above), negated(below)])]
[False, True]
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from rules.logic.facts import Fact, Facts, hits_behind, weight
from rules.logic.formula import All, Allowed, Any, Atom, Formula, In, Ranges, Says, Subject, all_of, negated
from rules.logic.values import Values
from rules.logic.work import Work

__all__ = ["Work", "all_of", "negated", "possible"]

_NONE: Values = Ranges.compared("=", 0.0)
_SOME: Values = Ranges.compared(">", 0.0)


@dataclass(slots=True)
class State:
    """What has been put down: what each subject may still be, what the text says and does not say."""

    work: Work
    facts: Facts
    subjects: dict[Subject, Allowed] = field(default_factory=dict)
    said: tuple[Fact, ...] = ()
    denied: tuple[Fact, ...] = ()

    def copy(self) -> "State":
        self.work.spend(1 + len(self.subjects) // 8)
        return State(self.work, self.facts, dict(self.subjects), self.said, self.denied)

    def may_be(self, subject: Subject) -> Allowed:
        """What a subject may still be; a count follows what the text says."""
        found = self.subjects.get(subject, subject.domain)
        if subject.hit is not None:
            if self._refuted(subject.hit):
                found = subject.meet(found, Allowed(_NONE))
            elif self._established(subject.hit):
                found = subject.meet(found, Allowed(_SOME))
        return found

    def judge(self, atom: Atom) -> bool | None:
        """Whether an atom already holds, already fails, or is open."""
        self.work.spend()
        if isinstance(atom, In):
            now = self.may_be(atom.subject)
            if atom.subject.meet(now, atom.allowed).empty:
                return False
            return True if atom.subject.meet(now, atom.allowed.complement()).empty else None
        if self._established(atom.fact):
            return atom.holds
        return not atom.holds if self._refuted(atom.fact) else None

    def put(self, atom: Atom) -> bool:
        """Puts an atom down; False where that cannot be."""
        self.work.spend()
        if isinstance(atom, Says):
            return self._say(atom.fact) if atom.holds else self._deny(atom.fact)
        subject = atom.subject
        now = subject.meet(self.may_be(subject), atom.allowed)
        self.subjects[subject] = now
        if now.empty:
            return False
        if subject.hit is not None:
            if not now.known.holds(0):
                return self._say(subject.hit)
            if now.known.both(_SOME).empty:  # type: ignore[arg-type] # a count is a number
                return self._deny(subject.hit)
        return True

    def _say(self, fact: Fact) -> bool:
        if self._refuted(fact):
            return False
        if fact not in self.said:
            self.said += tuple(item for item in (fact, *hits_behind(fact)) if item not in self.said)
        return self._counts_stand()

    def _deny(self, fact: Fact) -> bool:
        if fact not in self.denied:
            self.denied += (fact,)
        return not any(self._refuted(item) for item in self.said) and self._counts_stand()

    def _counts_stand(self) -> bool:
        return not any(subject.hit is not None and self.may_be(subject).empty for subject in self.subjects)

    def _established(self, fact: Fact) -> bool:
        self.work.spend(weight(fact) * len(self.said))
        return any(self.facts.follows(item, fact) for item in self.said)

    def _refuted(self, fact: Fact) -> bool:
        self.work.spend(sum(map(weight, self.denied)))
        return self.facts.refuted(fact, self.denied)


def possible(formula: Formula, work: Work, facts: Facts) -> bool:
    """Whether the formula can hold. Raises `SpentError` when the work runs out."""
    branches: list[tuple[State, list[Formula]]] = [(State(work, facts), [formula])]
    while branches:
        state, waiting = branches.pop()
        clauses = _settle(state, waiting)
        if clauses is None:
            continue
        if not clauses:
            return True
        first = min(clauses, key=lambda clause: len(clause.parts))
        rest: list[Formula] = [clause for clause in clauses if clause is not first]
        branches += [(state.copy(), [*rest, part]) for part in reversed(first.parts)]
    return False


def _settle(state: State, waiting: list[Formula]) -> list[Any] | None:
    """Puts down all that is certain; gives the alternatives that stay open, or None where something cannot be."""
    clauses: list[Any] = []
    while True:
        while waiting:
            item = waiting.pop()
            if isinstance(item, All):
                state.work.spend(len(item.parts))
                waiting += item.parts
            elif isinstance(item, Any):
                clauses.append(item)
            elif item is False or (item is not True and not state.put(item)):
                return None
        kept: list[Any] = []
        for clause in clauses:
            parts = _open(state, clause.parts)
            if parts is None:
                continue
            if not parts:
                return None
            if len(parts) == 1:
                waiting.append(parts[0])
            else:
                kept.append(clause if len(parts) == len(clause.parts) else Any(tuple(parts)))
        clauses = kept
        if not waiting:
            return clauses


def _open(state: State, parts: Iterable[Formula]) -> list[Formula] | None:
    """The alternatives that may still hold; None where one already does."""
    found: list[Formula] = []
    for part in parts:
        verdict = _verdict(state, part)
        if verdict is True:
            return None
        if verdict is None:
            found.append(part)
    return found


def _verdict(state: State, part: Formula) -> bool | None:
    """A look at one alternative: exact for an atom, the atoms side by side for a conjunction."""
    state.work.spend()
    match part:
        case bool():
            return part
        case All(parts):
            verdicts = [state.judge(item) for item in parts if isinstance(item, In | Says)]
            return False if False in verdicts else True if len(verdicts) == len(parts) and all(verdicts) else None
        case Any():
            return None
        case _:
            return state.judge(part)
