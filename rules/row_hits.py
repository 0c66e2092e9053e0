"""Hits of one list in one row, in the order of the text: a handful, so that they are plain tuples and not arrays."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from rules.nodes import Textual


class RowHit(NamedTuple):
    """One hit, with the word that was hit."""

    start: int
    end: int
    word: str
    aggressive: bool
    negated: bool
    reported: bool


def qualified(hits: Sequence[RowHit], node: Textual) -> Sequence[RowHit]:
    """Only hits that the node's qualifiers admit: asserted = neither negated nor reported, plain = seen without a disguise."""
    claimed, unquoted, plain = node.asserted or node.unnegated, node.asserted or node.unquoted, node.plain
    if not hits or not (claimed or unquoted or plain):
        return hits
    return [hit for hit in hits if not ((claimed and hit.negated) or (unquoted and hit.reported) or (plain and hit.aggressive))]


def near(hits: Sequence[RowHit], others: Sequence[RowHit], within: int) -> list[int]:
    """Indices of the hits that have one of the others at most `within` apart; touching and overlapping spans, and the very same span, are 0 apart.

    A text may repeat its words thousands of times, so pairs are not tried: of the others that begin soon enough, the one that ends last decides.

    >>> word = [RowHit(4, 6, "保本", False, False, False)]
    >>> near(word, word, 0), near(word, [RowHit(9, 11, "收益", False, False, False)], 2)
    ([0], [])
    """
    if not hits or not others:
        return []
    starts, reach = [other.start for other in others], list(accumulate((other.end for other in others), max))
    soon = (bisect_right(starts, hit.end + within) for hit in hits)
    return [index for index, (hit, some) in enumerate(zip(hits, soon, strict=True)) if some and reach[some - 1] >= hit.start - within]


def together(hits: Sequence[RowHit], others: Sequence[RowHit], sentences: Sequence[tuple[int, int]]) -> list[int]:
    """Indices of the hits that begin in a sentence in which one of the others begins."""
    if not hits or not others:
        return []
    shared = set(_numbers(others, sentences)) - {None}
    return [index for index, number in enumerate(_numbers(hits, sentences)) if number in shared]


def _numbers(hits: Sequence[RowHit], sentences: Sequence[tuple[int, int]]) -> Iterable[int | None]:
    """The number of the sentence that each hit begins in."""
    for hit in hits:
        number = bisect_right(sentences, hit.start, key=itemgetter(0)) - 1
        yield number if number >= 0 and hit.start < sentences[number][1] else None
