"""Rules over rows, in three values: a rule fires only where its condition is *known* to be true.

A pack is compiled once (`plan`), then whole blocks of rows are judged as bits (`blocks`), or a few rows one by one by a function made for the pack (`single`).
`rowwise` says the same by plain recursion; the tests hold all three to each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rules.blocks import BLOCK, Block
from rules.columns import Bits, unpacked
from rules.inputs import Column, Inputs, Mask
from rules.nodes import Expr
from rules.operators import CONTAINS, OPERATORS, EvaluationError
from rules.pack import Pack, Rule
from rules.plan import in_force, plan_of
from rules.rows import Rows
from rules.single import rules_of
from rules.text_hits import HitBook
from rules.values import Values

__all__ = ["CONTAINS", "OPERATORS", "Batch", "EvaluationError", "RuleHits", "evaluate"]

Outcomes = npt.NDArray[np.int8]
FEW = 16
"""Batches of so many rows are judged one by one, from the second time on that a plan meets one: the function for it takes a while to make."""


@dataclass(frozen=True, eq=False)
class Masks:
    """Outcomes as bits: a line for each rule, a bit for each row."""

    rows: int
    yes: npt.NDArray[np.uint8]
    open: npt.NDArray[np.uint8] | None
    """Where the outcome is unknown; None where no outcome is."""

    def fired(self, rule: int) -> Mask:
        """The rows in which a rule fires."""
        return unpacked(self.yes[rule], self.rows)

    def outcome(self) -> Outcomes:
        """The table of outcomes; a rule's column is contiguous."""
        table = np.empty((self.rows, len(self.yes)), dtype=np.int8, order="F")
        for rule in range(len(self.yes)):
            table[:, rule] = self.fired(rule)
            if self.open is not None and self.open[rule].any():
                table[:, rule] -= unpacked(self.open[rule], self.rows)
        return table


@dataclass(frozen=True, eq=False)
class RuleHits:
    """Outcome of each row and rule: 1 true, 0 false, -1 unknown. A rule not in force on the day is 0 everywhere.

    >>> from rules.nodes import Flag
    >>> hits = RuleHits((Rule("a", Flag(True)), Rule("b", Flag(True))), np.array([[1, -1], [0, 1]], dtype=np.int8))
    >>> hits.fired.tolist(), hits.with_outcome(hits.outcome * 0).fired.any().item()
    ([[True, False], [False, True]], False)
    """

    rules: tuple[Rule, ...]
    told: Outcomes | Masks

    def with_outcome(self, outcome: Outcomes) -> "RuleHits":
        """The same rules with other outcomes."""
        return RuleHits(self.rules, outcome)

    @property
    def outcome(self) -> Outcomes:
        """A line for each row, a column for each rule."""
        return self._written_out if isinstance(self.told, Masks) else self.told

    @cached_property
    def _written_out(self) -> Outcomes:
        assert isinstance(self.told, Masks)
        return self.told.outcome()

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(rule.id for rule in self.rules)

    @cached_property
    def weights(self) -> npt.NDArray[np.float64]:
        """The severity weight of each rule."""
        return np.array([rule.severity.weight for rule in self.rules], dtype=float)

    @cached_property
    def fired(self) -> Mask:
        """True where the rule fires; unknown does not."""
        if not isinstance(self.told, Masks):
            return np.equal(self.told, 1)
        table = np.empty((self.told.rows, len(self.rules)), dtype=bool, order="F")
        for rule in range(len(self.rules)):
            table[:, rule] = self.told.fired(rule)
        return table

    def fired_rules(self, row: int) -> tuple[Rule, ...]:
        """The rules that fire in a row, in the pack's order."""
        return tuple(self.rules[index] for index in np.flatnonzero(self.fired[row]))


def evaluate(pack: Pack, inputs: Inputs, as_of: date | None = None, *, lens: str | None = None) -> RuleHits:
    """All rules of a checked pack over all rows. `lens` keeps only rules of that lens and of none.

    Raises `EvaluationError` when conditions go in circles; a pack that passed `rules.check` never does.
    """
    return Batch(pack, inputs, as_of).hits(lens=lens)


class Batch:
    """Packs over one set of inputs, with everything computed so far; what packs share is computed once. Outcomes are those of the day `as_of`."""

    def __init__(self, packs: Pack | Sequence[Pack], inputs: Inputs, as_of: date | None = None, *, singly: bool | None = None) -> None:
        """`singly`: row by row, or not, whatever the number of rows."""
        self.packs = (packs,) if isinstance(packs, Pack) else tuple(packs)
        self.book = HitBook(self.packs, inputs)
        self._inputs = inputs
        self._as_of = as_of
        self._plan = plan_of(self.packs, inputs.vocabulary)
        self._values = Values(self._plan, inputs, self.book, self._known)
        self._only: Block | None = None
        self._force: list[bool] = []
        """Of the rules that others ask for, which hold; grows with what the plan has compiled, also under the block that is kept."""
        self._tables: dict[int, Outcomes] = {}
        if singly is None and inputs.size <= FEW:
            self._plan.met += 1
            singly = self._plan.met > 1
        self._singly = bool(singly)

    def hits(self, pack: int = 0, *, lens: str | None = None) -> RuleHits:
        """The outcomes of the rules of a pack. `lens` keeps only rules of that lens and of none."""
        chosen = self._plan.chosen(pack, lens, self._as_of)
        if not self._inputs.size or not chosen.rules:
            return RuleHits(chosen.rules, np.zeros((self._inputs.size, len(chosen.rules)), dtype=np.int8))
        if not self._singly:
            return RuleHits(chosen.rules, self._as_bits(chosen.roots))
        if pack not in self._tables:
            rules = rules_of(self._plan, self._plan.outcomes(pack))
            self._tables[pack] = Rows(rules, self._inputs, self._values, self.book, in_force(self._plan, self._as_of)).outcomes()
        return RuleHits(chosen.rules, self._tables[pack].take(chosen.places, axis=1))

    def value(self, node: Expr, pack: int = 0) -> Column:
        """Any expression of a pack, for every row; conditions are flags."""
        return self._values.column(self._plan.compile(pack, node, logic=False))

    def _as_bits(self, roots: Sequence[int | None]) -> Masks:
        size = self._inputs.size
        yes = np.zeros((len(roots), (size + 7) // 8), dtype=np.uint8)
        doubt: Bits | None = None
        for block, part in self._blocks():
            for at, root in enumerate(roots):
                if root is None:
                    continue
                true, false = block.truth(root)
                yes[at, part] = true
                if false is not None and false is not block.all and true is not block.all:
                    if doubt is None:
                        doubt = np.zeros_like(yes)
                    np.bitwise_not(true | false, out=doubt[at, part])
        return Masks(size, yes, doubt)

    def _blocks(self) -> Iterator[tuple[Block, slice]]:
        """The batch in blocks; the only block of a small batch is kept with all that it knows."""
        force, size = self._force, self._inputs.size
        force[:] = in_force(self._plan, self._as_of)
        if size <= BLOCK:
            self._only = self._only or Block(self._plan, self._values, force, 0, size)
            yield self._only, slice(0, (size + 7) // 8)
            return
        for low in range(0, size, BLOCK):
            high = min(low + BLOCK, size)
            yield Block(self._plan, self._values, force, low, high), slice(low // 8, (high + 7) // 8)

    def _known(self, step: int) -> tuple[Mask, Mask]:
        """A yes or no that is taken as a value: where it is true, and where it is known."""
        masks = self._as_bits([step])
        yes = masks.fired(0)
        return yes, np.ones(len(yes), dtype=bool) if masks.open is None else ~unpacked(masks.open[0], masks.rows)
