"""Word hits of a batch: fetched once per list, sorted by row, terms as numbers that mean the same in every list."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from rules.columns import Coded
from rules.hit_table import Places
from rules.inputs import Array, Hits, Inputs, Mask, Spans
from rules.nodes import ListRef, Operand, Side
from rules.pack import Pack
from rules.row_hits import RowHit

Numbers: TypeAlias = npt.NDArray[np.int64]
"""Of rows, in order."""


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
        if not len(self.row) or self.row[0] == row == self.row[-1]:
            return self
        low, high = np.searchsorted(self.row, [row, row + 1])
        return self.take(slice(int(low), int(high)))


_NONE, _OFF = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
_NOTHING = Sorted(_NONE, _NONE, _NONE, _NONE, _OFF, _OFF, _OFF)


class Sparse(Protocol):
    """What a host may offer besides `Inputs`, where it knows at once which lists and words are hit at all: the others are never asked for."""

    def operands_hit(self) -> Iterable[Operand]:
        """The lists and literal words that have a hit in any row."""
        ...

    def hits_noted(self, row: int) -> Iterable[tuple[Operand, int]]:
        """What is hit in one row, and how: the bits of `rules.plan.kept_hits` that apply to a hit."""
        ...

    def operands_known(self) -> frozenset[Operand]:
        """Those that were looked for: the same object for the same lists. A list that was not is an error, never an empty answer."""
        ...


class Rowed(Protocol):
    """What a host that is `Sparse` may offer besides, where it has the hits of a row together."""

    def hits_of_row(self, row: int) -> Mapping[Operand, Sequence[RowHit]]:
        """What is hit in one row, and where: sorted by start, then end."""
        ...


class Searching(Protocol):
    """What a host may offer besides `Inputs`, where it can search some texts alone; rows are numbers in order."""

    def matches_among(self, pattern: str, rows: Numbers) -> Hits:
        """The hits of a regular expression in these rows, and perhaps in others that were searched before; sorted by row and start."""
        ...

    def sentences_among(self, rows: Numbers) -> Spans:
        """The sentences of these rows alone."""
        ...


class HitBook:
    """The hits of all lists of one batch, each asked of the host once."""

    def __init__(self, packs: Pack | Sequence[Pack], inputs: Inputs) -> None:
        """Of several packs that are judged together, a list of one name is one list."""
        self._packs = (packs,) if isinstance(packs, Pack) else tuple(packs)
        self._inputs = inputs
        told: Sparse | None = inputs if hasattr(inputs, "operands_hit") else None  # type: ignore[assignment]
        self._told = told
        self._hit = None if told is None else frozenset(told.operands_hit())
        self._known = frozenset() if told is None else told.operands_known()
        self._found: dict[Operand, Sorted] = {}
        self._notes: dict[int, frozenset[tuple[Operand, int]]] = {}
        self._rows: dict[int, frozenset[Operand]] = {}
        self._groups: dict[int, tuple[tuple[Operand, ...], frozenset[Operand]]] = {}
        self._rowed: Rowed | None = inputs if hasattr(inputs, "hits_of_row") else None  # type: ignore[assignment]
        self._in_row: dict[int, Mapping[Operand, Sequence[RowHit]]] = {}
        self._searching: Searching | None = inputs if hasattr(inputs, "matches_among") else None  # type: ignore[assignment]
        self._matches: dict[str, Sorted] = {}
        self._matches_of_row: dict[tuple[str, int], Sequence[RowHit]] = {}
        self._sentences: Spans | None = None
        self._numbers: dict[str, int] = {}
        self._tables: dict[int, tuple[tuple[str, ...], Array]] = {}
        self.words: list[str] = []

    def of(self, operand: Operand) -> Sorted:
        """The hits of a list or literal."""
        if operand not in self._found:
            if self._hit is not None and operand not in self._hit:
                return self._nothing({operand})
            if isinstance(operand, ListRef):
                terms = next((pack.list_by_name[operand.name].terms for pack in self._packs if operand.name in pack.list_by_name), ())
                self._found[operand] = self._sorted(self._inputs.hits(operand.name), terms)
            else:
                self._found[operand] = self._sorted(self._inputs.literal(operand.text), (operand.text,))
        return self._found[operand]

    def of_row(self, operand: Operand, row: int) -> Sequence[RowHit]:
        """The hits of a list or literal in one row."""
        if self._told is None:
            return _plain(self.of(operand).of_row(row), self.words)
        if operand not in self._there(row):
            self._nothing({operand})
            return ()
        return _plain(self.of(operand).of_row(row), self.words) if self._rowed is None else self._in_row[row][operand]

    def hit(self, operands: tuple[Operand, ...], row: int) -> tuple[Operand, ...]:
        """Those of some lists and literals that may be hit in one row, in the order given: all of them where the host does not tell."""
        if self._told is None:
            return operands
        found = self._group(operands) & self._there(row)
        return tuple(found) if len(found) < 2 else tuple(item for item in operands if item in found)

    def _group(self, operands: tuple[Operand, ...]) -> frozenset[Operand]:
        """The same as a set, which is made once: rules are asked about row after row."""
        known = self._groups.get(id(operands))
        if known is None:
            group = frozenset(operands)
            self._nothing(group)
            known = self._groups[id(operands)] = operands, group
        return known[1]

    def _there(self, row: int) -> frozenset[Operand]:
        """What is hit in one row, for hosts that know it at once; several models look at the same row."""
        assert self._told is not None
        found = self._rows.get(row)
        if found is None:
            if self._rowed is None:
                found = frozenset(one for one, _ in self._told.hits_noted(row))
            else:
                self._in_row[row] = self._rowed.hits_of_row(row)
                found = frozenset(self._in_row[row])
            self._rows[row] = found
        return found

    def noted(self, row: int, operands: Mapping[Operand, int], vetted: list[frozenset[Operand]]) -> Iterable[tuple[Operand, int]]:
        """What is hit in one row, and how; for hosts that know it at once. `vetted` remembers that all operands were looked for."""
        assert self._told is not None
        if not vetted or vetted[-1] is not self._known:
            self._nothing(operands.keys())
            vetted[:] = [self._known]
        if row not in self._notes:
            self._notes[row] = frozenset(self._told.hits_noted(row))
        return self._notes[row]

    @property
    def notes(self) -> bool:
        """Whether `noted` can be asked."""
        return self._told is not None

    def _nothing(self, operands: AbstractSet[Operand]) -> Sorted:
        if not operands <= self._known:
            missing = sorted(str(item) for item in operands - self._known)
            raise KeyError(f"not looked for: {', '.join(missing)}")
        return _NOTHING

    def matches(self, pattern: str) -> Sorted:
        """The hits of a regular expression."""
        if pattern not in self._matches:
            self._matches[pattern] = self._sorted(self._inputs.matches(pattern), (pattern,))
        return self._matches[pattern]

    def matches_of_row(self, pattern: str, row: int) -> Sequence[RowHit]:
        """The hits of a regular expression in one row."""
        if self._searching is None:
            return _plain(self.matches(pattern).of_row(row), self.words)
        key = pattern, row
        if key not in self._matches_of_row:
            hits = self._searching.matches_among(pattern, np.array([row]))
            low, high = (int(place) for place in np.searchsorted(hits.row, [row, row + 1]))
            self._matches_of_row[key] = _plain(self._sorted(_cut(hits, low, high), (pattern,)), self.words) if low < high else ()
        return self._matches_of_row[key]

    def matched(self, pattern: str, rows: Numbers | None) -> Hits:
        """The hits of a regular expression in some rows (numbers in order; None: all), and perhaps in others; as the host gave them."""
        if rows is None or self._searching is None:
            return self._inputs.matches(pattern)
        return self._searching.matches_among(pattern, rows)

    def sentences(self, rows: Numbers | None = None) -> Spans:
        """The sentences of the batch; `rows`: of these alone, where the host can tell them apart."""
        if rows is not None and self._sentences is None and self._searching is not None:
            return _as_numbers(self._searching.sentences_among(rows))
        if self._sentences is None:
            self._sentences = _as_numbers(self._inputs.sentences())
        return self._sentences

    def _sorted(self, hits: Hits, terms: tuple[str, ...]) -> Sorted:
        row, start = np.asarray(hits.row, dtype=np.int64), np.asarray(hits.start, dtype=np.int64)
        term = self._terms(hits, terms)
        columns = (row, start, np.asarray(hits.end, dtype=np.int64), term, hits.aggressive, hits.negated, hits.reported)
        result = Sorted(*(np.asarray(column) for column in columns))
        return result.take(np.lexsort((result.end, start, row))) if len(row) > 1 else result

    def _terms(self, hits: Hits, terms: tuple[str, ...]) -> Array:
        if isinstance(hits.term, Coded):
            return self._coded(hits.term)
        if isinstance(hits.term, np.ndarray) and hits.term.dtype.kind in "iu":
            numbers = np.array([self._number(text) for text in terms] or [0], dtype=np.int64)
            return numbers[hits.term] if len(hits.term) else np.empty(0, dtype=np.int64)
        return np.array([self._number(str(text)) for text in hits.term], dtype=np.int64)

    def _coded(self, terms: Coded) -> Array:
        """Lists of one lexicon share their words: what one list has learnt of them counts for the next."""
        key = id(terms.words)
        if key not in self._tables:
            self._tables[key] = terms.words, np.full(len(terms.words), -1, dtype=np.int64)
        words, table = self._tables[key]
        numbers = table[terms.codes]
        if (numbers < 0).any():
            for code in set(terms.codes[numbers < 0].tolist()):
                table[code] = self._number(words[code])
            numbers = table[terms.codes]
        return np.asarray(numbers)

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = len(self.words)
            self.words.append(text)
        return self._numbers[text]


def _as_numbers(spans: Spans) -> Spans:
    return Spans(*(np.asarray(column, dtype=np.int64) for column in (spans.row, spans.start, spans.end)))


def _plain(hits: Sorted, words: Sequence[str]) -> Sequence[RowHit]:
    """Hits of one row."""
    said = [words[number] for number in hits.term.tolist()]
    flags = (column.tolist() for column in (hits.aggressive, hits.negated, hits.reported))
    return [RowHit(*one) for one in zip(hits.start.tolist(), hits.end.tolist(), said, *flags, strict=True)]


def _cut(hits: Hits, low: int, high: int) -> Hits:
    columns = (hits.row, hits.start, hits.end, hits.term, hits.aggressive, hits.negated, hits.reported)
    return Hits(*(column[low:high] for column in columns))  # type: ignore[arg-type]


def rows_hit(hits: Sorted, size: int) -> Mask:
    """Rows with at least one hit."""
    mask = np.zeros(size, dtype=bool)
    mask[hits.row] = True
    return mask


def rows_near(left: Sorted | Places, right: Sorted | Places, within: int, size: int) -> Mask:
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


def merged(parts: list[Sorted]) -> Sorted:
    """The hits of several lists as of one."""
    if len(parts) == 1:
        return parts[0]
    columns = zip(*((p.row, p.start, p.end, p.term, p.aggressive, p.negated, p.reported) for p in parts), strict=True)
    result = Sorted(*(np.concatenate(column) for column in columns))
    return result.take(np.lexsort((result.end, result.start, result.row)))


def rows_together(left: Sorted | Places, right: Sorted | Places, sentences: Spans, size: int) -> Mask:
    """Rows with a hit of each that begin in the same sentence."""
    mask = np.zeros(size, dtype=bool)
    shared = np.intersect1d(_sentence_of(left, sentences), _sentence_of(right, sentences))
    mask[sentences.row[shared]] = True
    return mask


def _sentence_of(hits: Sorted | Places, sentences: Spans) -> Array:
    """The numbers of the sentences that hits begin in; a hit between two sentences is in none."""
    if not len(hits.row) or not len(sentences.row):
        return np.zeros(0, dtype=np.int64)
    stride = int(max(hits.start.max(), sentences.start.max())) + 1
    index = np.searchsorted(sentences.row * stride + sentences.start, hits.row * stride + hits.start, side="right") - 1
    within = (index >= 0) & (sentences.row[index] == hits.row) & (hits.start < sentences.end[index])
    return np.asarray(index[within])


def rows_at_edge(hits: Sorted | Places, sentences: Spans, where: Side, size: int) -> Mask:
    """Rows with a hit at the start of the first sentence or earlier, or at the end of the last or later; no sentence, no edge."""
    mask = np.zeros(size, dtype=bool)
    if not len(sentences.row):
        return mask
    some = np.zeros(size, dtype=bool)
    some[sentences.row] = True
    if where is Side.START:
        first = np.full(size, np.iinfo(np.int64).max)
        np.minimum.at(first, sentences.row, sentences.start)
        found = some[hits.row] & (hits.start <= first[hits.row])
    else:
        last = np.zeros(size, dtype=np.int64)
        np.maximum.at(last, sentences.row, sentences.end)
        found = some[hits.row] & (hits.end >= last[hits.row])
    mask[hits.row[found]] = True
    return mask


def distinct_places(hits: Sorted | Places, size: int) -> Array:
    """How many different places of its text each row is hit at."""
    places = np.unique(np.stack([hits.row, hits.start, hits.end]), axis=1)
    return np.bincount(places[0], minlength=size).astype(float)


def distinct_terms(parts: list[Sorted], size: int) -> Array:
    """How many different words each row has over all parts."""
    rows, terms = np.concatenate([part.row for part in parts]), np.concatenate([part.term for part in parts])
    if not len(rows):
        return np.zeros(size)
    pairs = np.unique(rows * (int(terms.max()) + 1) + terms)
    return np.bincount(pairs // (int(terms.max()) + 1), minlength=size).astype(float)
