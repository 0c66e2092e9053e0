"""Regular expressions and sentences of the texts of a batch: each text is searched once for each, and only when its answer can matter.

A rule that asks for words first and for an expression then needs the expression in the few texts that have the words. So a search names its rows; the answer
holds them and whichever others were searched before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from features.normalise import NormalisedText
from features.patterns import Searched
from features.sentences import sentences
from features.stance import Stance
from rules.inputs import Hits, Spans

Rows = npt.NDArray[np.int64]


@dataclass(slots=True)
class _Search:
    """What was found of one expression so far, and where it was looked for (None: everywhere)."""

    done: npt.NDArray[np.bool_] | None
    hits: Hits

    def unseen(self, rows: Rows | None) -> Rows:
        if self.done is None:
            return _NOWHERE
        return np.flatnonzero(~self.done) if rows is None else rows[~self.done[rows]]


class TextSearches:
    """Searches in some texts; `stance` is that of a row's plain view."""

    def __init__(self, texts: Sequence[NormalisedText], stance: Callable[[int], Stance]) -> None:
        self._texts = texts
        self._stance = stance
        self._searched: Searched | None = None
        self._found: dict[str, _Search] = {}
        self._spans: list[list[tuple[int, int]] | None] = [None] * len(texts)

    def matches(self, pattern: str, rows: Rows | None = None) -> Hits:
        """The hits of an expression in some rows (None: all), sorted by row and start; rows that were searched before may be among them."""
        search = self._found.get(pattern)
        if search is None:
            if rows is None or len(rows) == len(self._texts):
                search = self._found[pattern] = _Search(None, self._find(pattern, None))
                return search.hits
            search = self._found[pattern] = _Search(np.zeros(len(self._texts), dtype=bool), _no_hits())
        unseen = search.unseen(rows)
        if len(unseen):
            assert search.done is not None
            search.hits = _together(search.hits, self._find(pattern, unseen))
            search.done[unseen] = True
            if search.done.all():
                search.done = None
        return search.hits

    def _find(self, pattern: str, rows: Rows | None) -> Hits:
        self._searched = self._searched or Searched(self._texts, self._stance)
        found = self._searched.find(pattern, rows)
        return Hits(found.row, found.start, found.end, found.said, np.zeros(len(found.row), dtype=bool), found.negated, found.reported)

    def sentences(self, rows: Rows | None = None) -> Spans:
        """The sentences of some rows (None: of all), in order."""
        found: list[tuple[int, int, int]] = []
        for row in range(len(self._texts)) if rows is None else rows.tolist():
            spans = self._spans[row]
            if spans is None:
                spans = self._spans[row] = sentences(self._texts[row].original)
            found += [(row, low, high) for low, high in spans]
        return Spans(*np.array(found, dtype=np.int64).reshape(len(found), 3).T)


_NOWHERE = np.zeros(0, dtype=np.int64)


def _no_hits() -> Hits:
    none, off = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    return Hits(none, none, none, [], off, off, off)


def _together(one: Hits, two: Hits) -> Hits:
    """Hits of different rows, in order."""
    if not len(one.row) or not len(two.row):
        return two if len(two.row) else one
    order = np.argsort(np.concatenate([one.row, two.row]), kind="stable")
    said = [*one.term, *two.term]
    row, start, end = (np.concatenate(both)[order] for both in ((one.row, two.row), (one.start, two.start), (one.end, two.end)))
    negated, reported = (np.concatenate(both)[order] for both in ((one.negated, two.negated), (one.reported, two.reported)))
    return Hits(row, start, end, [said[at] for at in order.tolist()], np.zeros(len(row), dtype=bool), negated, reported)
