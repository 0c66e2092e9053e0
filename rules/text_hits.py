"""Word hits of a batch: fetched once per list, sorted by row, terms as numbers that mean the same in every list."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from rules.inputs import Array, Hits, Inputs, Mask
from rules.nodes import Count, Has, ListRef, Near, Operand
from rules.pack import Pack

Qualified: TypeAlias = Has | Near | Count


@dataclass(frozen=True, slots=True, eq=False)
class Sorted:
    """Hits sorted by row and start; `term` numbers the words of the whole batch."""

    row: Array
    start: Array
    end: Array
    term: Array
    aggressive: Mask
    negated: Mask
    reported: Mask

    def take(self, chosen: Array | slice) -> "Sorted":
        columns = (self.row, self.start, self.end, self.term, self.aggressive, self.negated, self.reported)
        return Sorted(*(column[chosen] for column in columns))

    def of_row(self, row: int) -> "Sorted":
        """The hits of one row."""
        low, high = np.searchsorted(self.row, [row, row + 1])
        return self.take(slice(int(low), int(high)))

    def qualified(self, node: Qualified) -> "Sorted":
        """Only hits that the node's qualifiers admit: asserted = neither negated nor reported, plain = seen without a disguise."""
        if not (node.asserted or node.plain):
            return self
        return self.take(admitted(node, self.aggressive, self.negated, self.reported))


def admitted(node: Qualified, aggressive: Mask, negated: Mask, reported: Mask) -> Mask:
    """Which hits the qualifiers of a node let through."""
    keep = np.ones(len(aggressive), dtype=bool)
    if node.asserted:
        keep &= ~(negated | reported)
    if node.plain:
        keep &= ~aggressive
    return keep


class HitBook:
    """The hits of all lists of one batch, each asked of the host once."""

    def __init__(self, pack: Pack, inputs: Inputs) -> None:
        self._pack = pack
        self._inputs = inputs
        self._found: dict[Operand, Sorted] = {}
        self._numbers: dict[str, int] = {}
        self.words: list[str] = []

    def of(self, operand: Operand) -> Sorted:
        """The hits of a list or literal."""
        if operand not in self._found:
            if isinstance(operand, ListRef):
                word_list = self._pack.list_by_name.get(operand.name)
                terms = word_list.terms if word_list else ()
                self._found[operand] = self._sorted(self._inputs.hits(operand.name), terms)
            else:
                self._found[operand] = self._sorted(self._inputs.literal(operand.text), (operand.text,))
        return self._found[operand]

    def _sorted(self, hits: Hits, terms: tuple[str, ...]) -> Sorted:
        row, start = np.asarray(hits.row, dtype=np.int64), np.asarray(hits.start, dtype=np.int64)
        term = self._terms(hits, terms)
        columns = (row, start, np.asarray(hits.end, dtype=np.int64), term, hits.aggressive, hits.negated, hits.reported)
        result = Sorted(*(np.asarray(column) for column in columns))
        return result.take(np.lexsort((result.end, start, row)))

    def _terms(self, hits: Hits, terms: tuple[str, ...]) -> Array:
        if isinstance(hits.term, np.ndarray) and hits.term.dtype.kind in "iu":
            numbers = np.array([self._number(text) for text in terms] or [0], dtype=np.int64)
            return numbers[hits.term] if len(hits.term) else np.empty(0, dtype=np.int64)
        return np.array([self._number(str(text)) for text in hits.term], dtype=np.int64)

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.words)
            self.words.append(text)
        return self._numbers[text]


def rows_hit(hits: Sorted, size: int) -> Mask:
    """Rows with at least one hit."""
    mask = np.zeros(size, dtype=bool)
    mask[hits.row] = True
    return mask


def rows_near(left: Sorted, right: Sorted, within: int, size: int) -> Mask:
    """Rows with a hit of each at most `within` characters apart; touching and overlapping spans are 0 apart.

    For each left span, among the right spans of its row that begin early enough, one must end late enough:
    the running maximum of ends answers that for all rows in one search.
    """
    mask = np.zeros(size, dtype=bool)
    if not len(left.row) or not len(right.row):
        return mask
    stride = int(max(left.end.max(), right.end.max())) + within + 2
    ends = np.maximum.accumulate(right.row * stride + right.end)
    early = np.searchsorted(right.row * stride + right.start, left.row * stride + left.end + within, side="right") - 1
    wanted = left.row * stride + np.maximum(left.start - within, 0)
    found = (early >= 0) & (ends[np.maximum(early, 0)] >= wanted)
    mask[left.row[found]] = True
    return mask


def distinct_terms(parts: list[Sorted], size: int) -> Array:
    """How many different words each row has over all parts."""
    rows, terms = np.concatenate([part.row for part in parts]), np.concatenate([part.term for part in parts])
    if not len(rows):
        return np.zeros(size)
    pairs = np.unique(rows * (int(terms.max()) + 1) + terms)
    return np.bincount(pairs // (int(terms.max()) + 1), minlength=size).astype(float)
