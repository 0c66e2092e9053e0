"""What can be said of conditions before any data is seen: never true, always true, one implied by another. In three values, and only what is certain.

`A or not A` is not always true: where A is unknown, so is the whole. Every question has a bound of work; beyond it the answer is None, "cannot tell".

>>> from rules.functions import Vocabulary
>>> from rules.pack import pack_from_text
>>> pack = pack_from_text('condition a = text has any of "u", "v" and text has none of "u", "v", "w"\\ncondition b = d or not d')
>>> reasoner = Reasoner(pack, Vocabulary())
>>> [reasoner.never_true(item.expr) for item in pack.conditions], reasoner.always_true(pack.conditions[1].expr)
([True, False], False)
"""

from collections.abc import Callable, Iterable

from rules.functions import Vocabulary
from rules.limits import MAX_REASONING
from rules.logic.facts import Facts
from rules.logic.formula import Formula, all_of, any_of, negated
from rules.logic.reading import Reader, Reading
from rules.logic.solve import possible
from rules.logic.topics import Topics
from rules.logic.work import SpentError, Work
from rules.nodes import Expr
from rules.pack import Pack

__all__ = ["Formula", "Reading", "Reasoner", "all_of", "any_of", "negated"]


class Reasoner:
    """Answers about the expressions of one pack: True, False, or None where the work ran out. True is certain; False may be an oversight.

    The questions after one `begin` share its steps; `done` counts the steps of all.
    """

    def __init__(self, pack: Pack, vocabulary: Vocabulary, steps: int = MAX_REASONING) -> None:
        self.pack = pack
        self._reader = Reader(pack, vocabulary, steps // 10)
        self._facts = Facts()
        self._topics = Topics(self._facts)
        self._left = steps
        self.done = 0
        self.gave_up = False

    @property
    def left(self) -> int:
        """The steps left for the questions of this `begin`."""
        return self._left

    def begin(self, steps: int = MAX_REASONING) -> None:
        """New questions, with so many steps for all of them together."""
        self._left = steps
        self.gave_up = False

    def read(self, node: Expr) -> Reading | None:
        """When an expression is true and when false; None where it is too large."""
        try:
            return self._reader.read(node)
        except SpentError:
            self.gave_up = True
            return None

    def impossible(self, formula: Formula) -> bool | None:
        """Whether a formula can never hold."""
        if self.gave_up:
            return None
        work = Work(max(0, self._left))
        try:
            return not possible(formula, work, self._facts)
        except SpentError:
            self.gave_up = True
            return None
        finally:
            self.done += work.done
            self._left -= work.done

    def _ask(self, nodes: Iterable[Expr], ask: Callable[..., Formula]) -> bool | None:
        readings = [self.read(node) for node in nodes]
        if None in readings or not self._take(sum(reading.size for reading in readings if reading is not None)):
            return None
        return self.impossible(ask(*readings))

    def _take(self, steps: int) -> bool:
        """Takes steps outside a search; False when none are left."""
        if self.gave_up:
            return False
        self._left -= steps
        self.done += steps
        self.gave_up = self.gave_up or self._left < 0
        return not self.gave_up

    def never_true(self, node: Expr) -> bool | None:
        """The expression is false or unknown, whatever the values."""
        return self._ask((node,), lambda it: it.yes)

    def never_false(self, node: Expr) -> bool | None:
        """The expression is true or unknown, whatever the values."""
        return self._ask((node,), lambda it: it.no)

    def always_true(self, node: Expr) -> bool | None:
        """The expression is true, whatever the values."""
        return self._ask((node,), lambda it: negated(it.yes))

    def always_false(self, node: Expr) -> bool | None:
        """The expression is false, whatever the values."""
        return self._ask((node,), lambda it: negated(it.no))

    def implies(self, one: Expr, other: Expr) -> bool | None:
        """Wherever `one` is true, `other` is."""
        return self._ask((one, other), lambda it, that: all_of((it.yes, negated(that.yes))))

    def below(self, one: Expr, other: Expr) -> bool | None:
        """`one or other` is `other` in every case, and `one and other` is `one`: true implies true, and false comes from false."""
        return self.reads_below(self.read(one), self.read(other))

    def reads_below(self, one: Reading | None, other: Reading | None) -> bool | None:
        """The same for two readings."""
        if one is None or other is None:
            return None
        if not self.may_imply(one.yes, other.yes) or not self._take(one.size + other.size):
            return None if self.gave_up else False
        first = self.impossible(all_of((one.yes, negated(other.yes))))
        return self.impossible(all_of((other.no, negated(one.no)))) if first else first

    def may_imply(self, one: Formula, other: Formula) -> bool:
        """A quick look, one step: whether there is anything in `one` from which `other` could follow."""
        return self._take(1) and self._topics.may_imply(one, other)
