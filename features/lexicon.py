"""Many word lists, one automaton, all overlapping hits of all texts in one pass.

The rule: spans are in the original; a hit that the plain view shows is never called aggressive.

>>> from features.normalise import normalise
>>> lexicon = Lexicon([WordList("疗效保证", ("根治",), exclude=("根治拖延症",)), WordList("联系", ("微信", "vip"))])
>>> hits = lexicon.match([normalise("根.治糖尿病，加薇信"), normalise("根治拖延症"), normalise("不能根治")])
>>> [(h.list, h.term, h.start, h.end, h.aggressive, h.negated) for h in hits]
[('疗效保证', '根治', 0, 3, True, False), ('联系', '微信', 8, 10, True, False), ('疗效保证', '根治', 2, 4, False, True)]
>>> hits.counts(3).tolist(), hits.counts(3, asserted_only=True).tolist()
([[1, 1], [0, 0], [1, 0]], [[1, 1], [0, 0], [0, 0]])

A term that begins or ends with a Latin letter or a digit wants a boundary there (see `_run_on`):

>>> lexicon.match([normalise("vip会员"), normalise("vips")]).row.tolist()
[0]

The texts of a batch are joined and searched at once, with the cues of negation and report among the words: `features.stance` is asked only about hits
that have a cue in reach. Everything else is arithmetic on arrays.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain
from typing import Any

import daachorse
import numpy as np
from numpy.typing import NDArray

from features.hits import Hit, ListHits
from features.joined import Joined
from features.kernels import BATCH, plenty, search_of
from features.normalise import plain_text
from features.stance import AFTER, CueWords, Stance
from features.views import NormalisedText, View

__all__ = ["Hit", "Lexicon", "ListHits", "WordList"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
_AT_ONCE = 300_000
"""Characters that are joined for one search."""
_WIDE = 62
"""Bits of the numbers by which hits are sorted at once."""


@dataclass(frozen=True, slots=True)
class WordList:
    """A named list of terms. `exclude`: contexts inside which a term does not count."""

    name: str
    terms: tuple[str, ...]
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Use:
    list: int
    term: int  # -1: an excluded context


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Where patterns stand in some joined views: parallel arrays; `low` and `high` count from the beginning of the joined text."""

    row: Ints
    low: Ints
    high: Ints
    pattern: Ints
    begins: Ints
    """Where each row begins in the joined text."""
    negated: Mask
    """A negator or a denial is in reach."""
    reported: Mask
    """Something in the text can make it a report."""

    def within(self, some: Ints) -> Iterator[tuple[int, int, int, int]]:
        """Different places by number, row, and their spans in the text of that row."""
        chosen = np.zeros(len(self.row), dtype=bool)
        chosen[some] = True
        places = np.flatnonzero(chosen)
        row = self.row[places]
        begin = self.begins[row]
        return zip(places.tolist(), row.tolist(), (self.low[places] - begin).tolist(), (self.high[places] - begin).tolist(), strict=True)

    def take(self, chosen: Mask) -> "_Places":
        if chosen.all():
            return self
        row, low, high, pattern = (column[chosen] for column in (self.row, self.low, self.high, self.pattern))
        return _Places(row, low, high, pattern, self.begins, self.negated[chosen], self.reported[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Hits of lists: parallel arrays; `place` numbers the places, `start` and `end` are in the original."""

    place: Ints
    list: Ints
    term: Ints
    start: Ints
    end: Ints


class Lexicon:
    """Word lists made ready for matching."""

    def __init__(self, lists: Iterable[WordList]) -> None:
        self.lists = tuple(lists)
        self.names = tuple(w.name for w in self.lists)
        self.terms: tuple[str, ...] = tuple(term for w in self.lists for term in w.terms)
        if len(set(self.names)) < len(self.names):
            raise ValueError("word lists share a name: " + ", ".join(sorted({n for n in self.names if self.names.count(n) > 1})))
        uses: dict[str, list[_Use]] = {}
        number = 0
        for at, words in enumerate(self.lists):
            for term in words.terms:
                _use(uses, term, _Use(at, number))
                number += 1
            for context in words.exclude:
                _use(uses, context, _Use(at, -1))
        self._automaton = _Automaton(uses) if uses else None

    def match(self, texts: Sequence[NormalisedText], stances: Sequence[Stance] | None = None) -> ListHits:
        """All hits, sorted by row, start. `stances` (of the plain views) may be handed in where they exist already."""
        parts = [self._match(texts, low, high, stances) for low, high in _portions(texts)] if self._automaton is not None else []
        arrays = [np.concatenate(column) for column in zip(*parts, strict=True)] if parts else [np.zeros(0, dtype=np.int64)] * 8
        row, at, term, start, end, aggressive, negated, reported = arrays
        order = _order(row, start, end, at, term)
        kinds = (np.int32, np.int16, np.int32, np.int32, np.int32, np.bool_, np.bool_, np.bool_)
        columns = (row, at, term, start, end, aggressive, negated, reported)
        return ListHits(self.names, self.terms, *(column[order].astype(kind) for column, kind in zip(columns, kinds, strict=True)))

    def _match(self, texts: Sequence[NormalisedText], first: int, last: int, stances: Sequence[Stance] | None) -> list[NDArray[Any]]:
        """The columns of the hits of some texts: those of the plain views, then what only the dense views show."""
        assert self._automaton is not None
        some = texts[first:last]
        places, found = self._automaton.find([text.plain for text in some])
        given = None if stances is None else lambda row: stances[first + row]
        negated, reported = _stances([text.plain for text in some], places, found.place, given)
        row = places.row[found.place]
        plain = [row, found.list, found.term, found.start, found.end, np.zeros(len(row), bool), negated[found.place], reported[found.place]]
        other = np.array([at for at, text in enumerate(some) if text.dense is not text.plain], dtype=np.int64)
        columns = [plain]
        if len(other):
            columns.append(self._dense([some[at] for at in other.tolist()], other, plain))
        joined = [np.concatenate(column) for column in zip(*columns, strict=True)]
        joined[0] = joined[0] + first
        return joined

    def _dense(self, some: Sequence[NormalisedText], rows: Ints, plain: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """What the dense views show and the plain ones do not."""
        assert self._automaton is not None
        views = [text.dense for text in some]
        places, found = self._automaton.find(views)
        row = rows[places.row[found.place]]
        again = _marked(rows, int(max(plain[0].max(initial=0), rows[-1])) + 1, plain[0])
        new = _absent((row, found.term, found.start, found.end), [plain[at][again] for at in (0, 2, 3, 4)])
        row, place, at, term, start, end = (column[new] for column in (row, found.place, found.list, found.term, found.start, found.end))
        marked = np.zeros(len(places.row), dtype=bool)
        for one, view, low, high in places.within(place):
            marked[one] = bool(views[view].transforms(low, high))
        negated, reported = _stances(views, places, place, None)
        return [row, at, term, start, end, marked[place], negated[place], reported[place]]


class _Search:
    """Finds patterns in joined texts: by daachorse, and once there have been batches enough by a kernel, where there is one."""

    def __init__(self, patterns: list[str]) -> None:
        self._patterns = patterns
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(patterns)
        self._searched = 0

    def find(self, joined: Joined) -> tuple[Ints, Ints, Ints, Ints]:
        """Begin, end and number of each pattern, overlapping; and which place of each they are ordered by, that of the first or the last character."""
        size = len(joined.text)
        if plenty(size, self._searched) and self._kernel is not None:
            low, high, pattern = self._kernel.find(joined.codes)
            return low, high, pattern, low
        self._searched += size if size >= BATCH else 0
        triples = self._automaton.find_overlapping(joined.text)
        low, high, pattern = np.fromiter(chain.from_iterable(triples), np.int64, 3 * len(triples)).reshape(-1, 3).T
        return low, high, pattern, high - 1

    @cached_property
    def _kernel(self) -> Any:
        return search_of(self._patterns)


class _Automaton:
    """The patterns of all lists and the cues, and what each pattern is used for."""

    def __init__(self, uses: dict[str, list[_Use]]) -> None:
        cues = CueWords.all()
        patterns = list(dict.fromkeys([*uses, *cues.negators, *cues.denials, *cues.telling]))
        self._search = _Search(patterns)
        self._between = next(c for c in map(chr, (10, *range(0xE000, 0xF900))) if not any(c in p for p in patterns))
        flat = [use for p in patterns for use in uses.get(p, ())]
        self._list = np.array([use.list for use in flat], dtype=np.int64)
        self._term = np.array([use.term for use in flat], dtype=np.int64)
        self._count = np.array([len(uses.get(p, ())) for p in patterns], dtype=np.int64)
        self._first = np.cumsum(self._count) - self._count
        self._reach = np.array([cues.negators.get(p, -1) for p in patterns], dtype=np.int64)
        self._reaches = sorted(set(cues.negators.values()))
        self._denies = np.array([p in cues.denials for p in patterns], dtype=bool)
        telling = set(cues.telling)
        self._tells = np.array([p in telling for p in patterns], dtype=bool)
        self._left, self._right = (_edge_kinds([p[at] if p in uses else "" for p in patterns]) for at in (0, -1))
        self._edged = (self._left > 0) | (self._right > 0)

    def find(self, views: Sequence[View]) -> tuple[_Places, _Found]:
        """The places of patterns that are used, and the hits that they are; excluded contexts have done their work."""
        joined = Joined([view.text for view in views], self._between)
        low, high, pattern, ordered = self._search.find(joined)
        row = np.repeat(np.arange(len(views)), np.diff(np.searchsorted(ordered, np.append(joined.begins, len(joined.text) + 1))))
        places = self._cued(_Places(row, low, high, pattern, joined.begins, *np.zeros((2, len(row)), dtype=bool)))
        places = places.take(self._stands_alone(places, joined))
        return places, self._used(places, views)

    def _cued(self, places: _Places) -> _Places:
        """The places of words, with what the cues around them may do. Spans of other texts that happen to be in reach do no harm: a `Stance` decides."""
        telling = np.zeros(len(places.begins), dtype=bool)
        telling[places.row[self._tells[places.pattern]]] = True
        words = places.take(self._count[places.pattern] > 0)
        row, low, high, pattern = words.row, words.low, words.high, words.pattern
        negated = _between(np.sort(places.low[self._denies[places.pattern]]), high, high + AFTER)
        reach = self._reach[places.pattern]
        for distance in self._reaches:
            negated |= _between(np.sort(places.high[reach == distance]), low - distance, low)
        return _Places(row, low, high, pattern, places.begins, negated, telling[row])

    def _stands_alone(self, places: _Places, joined: Joined) -> Mask:
        """Where no word goes on past the edges of a pattern."""
        alone = np.ones(len(places.row), dtype=bool)
        edged = np.flatnonzero(self._edged[places.pattern])
        if not len(edged):
            return alone
        codes = joined.codes
        low, high, pattern = places.low[edged], places.high[edged], places.pattern[edged]
        before = np.where(low > 0, codes[low - 1], 0)
        after = np.where(high < len(codes), codes[np.minimum(high, len(codes) - 1)], 0)
        alone[edged] = ~(_run_on(self._left[pattern], before) | _run_on(self._right[pattern], after))
        return alone

    def _used(self, places: _Places, views: Sequence[View]) -> _Found:
        counts = self._count[places.pattern]
        place = np.repeat(np.arange(len(counts)), counts)
        use = np.arange(len(place)) + np.repeat(self._first[places.pattern] - (np.cumsum(counts) - counts), counts)
        at, term = self._list[use], self._term[use]
        if (term < 0).any():
            kept = self._outside(places, place, at, term)
            place, at, term = place[kept], at[kept], term[kept]
        start, end = _original(views, places, place)
        return _Found(place, at, term, start, end)

    def _outside(self, places: _Places, place: Ints, at: Ints, term: Ints) -> Mask:
        """The hits that no excluded context of their own list surrounds; the contexts themselves are no hits."""
        kept = term >= 0
        size = int(places.high.max()) + 1
        first, last = at * size + places.low[place], at * size + places.high[place]
        order = np.argsort(first[~kept], kind="stable")
        contexts, reach = first[~kept][order], np.maximum.accumulate(last[~kept][order])
        before = np.searchsorted(contexts, first, side="right")  # contexts of the same list that begin no later, and of lists before it
        inside = np.concatenate([[-1], reach])[before] >= last
        return kept & ~inside


def _between(values: Ints, low: Ints, high: Ints) -> Mask:
    """Whether any of some sorted values is in each range, both ends included."""
    if not len(values):
        return np.zeros(len(low), dtype=bool)
    found: Mask = np.searchsorted(values, high, side="right") > np.searchsorted(values, low, side="left")
    return found


def _portions(texts: Sequence[NormalisedText]) -> Iterator[tuple[int, int]]:
    """Ranges of texts that are searched together."""
    first = size = 0
    for at, text in enumerate(texts):
        size += len(text.plain.text)
        if size >= _AT_ONCE:
            yield first, at + 1
            first, size = at + 1, 0
    if first < len(texts):
        yield first, len(texts)


def _original(views: Sequence[View], places: _Places, place: Ints) -> tuple[Ints, Ints]:
    """The spans of places in the original texts."""
    row = places.row[place]
    begin = places.begins[row]
    start, end = places.low[place] - begin, places.high[place] - begin
    moved = [at for at, view in enumerate(views) if not view.straight]
    if moved:
        first = np.full(len(views), -1, dtype=np.int64)
        first[moved] = list(accumulate((len(views[at].text) for at in moved[:-1]), initial=0))
        some = np.flatnonzero(first[row] >= 0)
        starts, ends = (np.frombuffer(b"".join(side), dtype=np.int32) for side in _sides([views[at] for at in moved]))
        start[some], end[some] = starts[first[row[some]] + start[some]], ends[first[row[some]] + end[some] - 1]
    return start, end


def _sides(views: Sequence[View]) -> tuple[list["array[int]"], list["array[int]"]]:
    return [view.starts for view in views], [view.ends for view in views]


def _stances(views: Sequence[View], places: _Places, wanted: Ints, given: Callable[[int], Stance] | None) -> tuple[Mask, Mask]:
    """Which places are negated and which reported; a text's `Stance` is made when the first of its hits has a cue in reach."""
    negated, reported = np.zeros((2, len(places.row)), dtype=bool)
    made: dict[int, Stance] = {}
    doubtful = wanted[places.negated[wanted] | places.reported[wanted]]
    for one, row, low, high in places.within(doubtful):
        stance = made.get(row)
        if stance is None:
            stance = made[row] = Stance(views[row].text) if given is None else given(row)
        if places.negated[one]:
            negated[one] = stance.negated(low, high)
        if places.reported[one]:
            reported[one] = stance.reported(low, high)
    return negated, reported


def _order(*columns: Ints) -> NDArray[np.intp]:
    """The order by several columns of numbers from zero up, the first the most important: one sort where they fit into one number together."""
    widths = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(widths) > _WIDE:
        return np.lexsort(columns[::-1])
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column, width in zip(columns, widths, strict=True):
        key = (key << width) | column
    return np.argsort(key, kind="stable")


def _absent(some: Sequence[Ints], others: Sequence[Ints]) -> Mask:
    """Which rows of some columns of numbers from zero up are no rows of others.

    >>> _absent([np.array([1, 2, 2]), np.array([5, 5, 6])], [np.array([2, 3]), np.array([5, 5])]).tolist()
    [True, False, True]
    """
    size = len(some[0])
    columns = [np.concatenate(both) for both in zip(some, others, strict=True)]
    order = _order(*columns, (np.arange(len(columns[0])) < size).astype(np.int64))
    first = np.ones(len(order), dtype=bool)
    if size:
        first[1:] = np.logical_or.reduce([column[order[1:]] != column[order[:-1]] for column in columns])
    leads = order[np.flatnonzero(first)] < size  # equal rows follow one another, those of the others first
    alone = np.zeros(len(order), dtype=bool)
    alone[order] = leads[np.cumsum(first) - 1]
    return alone[:size]


def _marked(values: Ints | list[int], size: int, among: NDArray[Any]) -> Mask:
    """Which numbers of an array are among some values; all are below a size."""
    table = np.zeros(size, dtype=bool)
    table[values] = True
    found: Mask = table[among]
    return found


def _use(uses: dict[str, list[_Use]], phrase: str, use: _Use) -> None:
    key = plain_text(phrase).strip()
    if not key:
        raise ValueError(f"word list term is empty after normalising: {phrase!r}")
    if all((u.list, u.term < 0) != (use.list, use.term < 0) for u in uses.setdefault(key, [])):
        uses[key].append(use)


_LETTER, _FIGURE = 1, 2


def _edge_kinds(signs: Sequence[str]) -> NDArray[np.uint8]:
    """Of each sign (or none): a Latin letter, a digit, or something else (0)."""
    return _kinds_of(np.fromiter((ord(sign) if sign else 0 for sign in signs), dtype=np.uint32, count=len(signs)))


def _kinds_of(codes: NDArray[Any]) -> NDArray[np.uint8]:
    letter = (codes >= ord("a")) & (codes <= ord("z"))
    figure = (codes >= ord("0")) & (codes <= ord("9"))
    return np.where(letter, _LETTER, np.where(figure, _FIGURE, 0)).astype(np.uint8)


def _run_on(edge: NDArray[np.uint8], neighbour: NDArray[Any]) -> Mask:
    """Whether a word goes on past its edge: a letter before or after letters; a digit before or after letters and digits (abc12345 does not hold 12345).

    >>> _run_on(_edge_kinds(["a", "0", "a", "0", ""]), np.array([ord(c) for c in "8cb，b"])).tolist()
    [False, True, True, False, False]
    """
    beside = _kinds_of(neighbour)
    found: Mask = ((edge == _LETTER) & (beside == _LETTER)) | ((edge == _FIGURE) & (beside != 0))
    return found
