"""The contributions of a text's tokens: kept as arrays, named only where somebody looks.

A text has hundreds of known tokens and shows a dozen. What needs them all (their weight by character, their order) is array work here; a `Contribution`
with its spelling and its places is made when it is asked for. `Reasons` is a sequence like the list it stands for, and equal to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np
import numpy.typing as npt

from models.explain import Contribution, Kind

if TYPE_CHECKING:
    from models.grams import Floats, Ints

TOKENS = ("chars", "words")


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """The known tokens of some texts, text by text (text k from ``edges[k]`` to ``edges[k + 1]``): what each adds, and where it stands.

    ``first`` and ``last`` are the characters of the dense view (or the numbers of the words) from where to where a token stands first. Its places in the
    original text are ``begin`` and ``end`` from ``places[i]`` to ``places[i + 1]``: ascending, each once.
    """

    dense: Sequence[str]
    words: Sequence[Sequence[str]]
    edges: Ints
    is_word: npt.NDArray[np.bool_]
    tfidf: Floats
    log_odds: Floats
    first: Ints
    last: Ints
    places: Ints
    begin: Ints
    end: Ints

    def name(self, k: int, i: int) -> tuple[Kind, str]:
        """Kind and spelling of token i, which is one of text k."""
        first, last = int(self.first[i]), int(self.last[i])
        return ("words", " ".join(self.words[k][first:last])) if self.is_word[i] else ("chars", self.dense[k][first:last])

    def contribution(self, k: int, i: int, log_odds: float) -> Contribution:
        """Token i of text k, as it is told."""
        kind, feature = self.name(k, i)
        some = slice(int(self.places[i]), int(self.places[i + 1]))
        spans = tuple(zip(self.begin[some].tolist(), self.end[some].tolist(), strict=True))
        return Contribution(feature, kind, float(self.tfidf[i]), log_odds, spans)


class Reasons(Sequence[Contribution]):
    """Contributions of text ``k`` in their order: ``place`` numbers tokens of the text, then ``others``; ``tail`` comes after them."""

    __slots__ = ("_k", "_log_odds", "_others", "_place", "_tail", "_wording")
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self, wording: Wording, k: int, place: Ints, log_odds: Floats, others: Sequence[Contribution], tail: Sequence[Contribution]
    ) -> None:
        self._wording, self._k, self._place, self._log_odds, self._others, self._tail = wording, k, place, log_odds, others, tail

    def __len__(self) -> int:
        return len(self._place) + len(self._tail)

    def __iter__(self) -> Iterator[Contribution]:
        for place, log_odds in zip(self._place.tolist(), self._log_odds.tolist(), strict=True):
            yield self._told(place, log_odds)
        yield from self._tail

    @overload
    def __getitem__(self, at: int) -> Contribution: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Contribution]: ...
    def __getitem__(self, at: int | slice) -> Contribution | Sequence[Contribution]:
        if isinstance(at, slice):
            return [self[i] for i in range(len(self))[at]]
        i = range(len(self))[at]
        n = len(self._place)
        return self._tail[i - n] if i >= n else self._told(int(self._place[i]), float(self._log_odds[i]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    def __repr__(self) -> str:
        return repr(list(self))

    def _told(self, place: int, log_odds: float) -> Contribution:
        begin = int(self._wording.edges[self._k])
        n = int(self._wording.edges[self._k + 1]) - begin
        return self._others[place - n] if place >= n else self._wording.contribution(self._k, begin + place, log_odds)

    def scaled(self, by: float) -> Reasons:
        """The same with all log-odds multiplied."""
        others, tail = ([part._replace(log_odds=part.log_odds * by) for part in parts] for parts in (self._others, self._tail))
        return Reasons(self._wording, self._k, self._place, self._log_odds * by, others, tail)

    def followed(self, by: Contribution) -> Reasons:
        """The same with one more at the end."""
        return Reasons(self._wording, self._k, self._place, self._log_odds, self._others, [*self._tail, by])

    def beside_tokens(self) -> list[Contribution]:
        """Those that are no tokens, in their order."""
        n = int(self._wording.edges[self._k + 1] - self._wording.edges[self._k])
        return [*(self._others[place - n] for place in self._place[self._place >= n].tolist()), *self._tail]

    def by_character(self, size: int) -> tuple[Floats, list[float]]:
        """See `by_character`."""
        whole = self._wording
        begin, after = whole.edges[self._k : self._k + 2].tolist()
        mine = self._place < after - begin
        token, log_odds = begin + self._place[mine], self._log_odds[mine]
        count, place = _ranges(whole.places[token], whole.places[token + 1])
        first, last, share = whole.begin[place], whole.end[place], np.repeat(log_odds, count)
        if len(place) and not (first < last).all():
            count = np.bincount(np.repeat(np.arange(len(token)), count)[first < last], minlength=len(token))
            first, last, share = first[first < last], last[first < last], np.repeat(log_odds, count)
        many, character = _ranges(first, last)
        each = np.repeat(share / np.repeat(count, count) / many, many)
        return np.asarray(np.bincount(character, each, minlength=size), dtype=np.float64), log_odds[count == 0].tolist()


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """How long ranges are, and what they hold, one after another.

    >>> _ranges(np.array([3, 0]), np.array([5, 1]))[1].tolist()
    [3, 4, 0]
    """
    size = last - first
    ends = np.cumsum(size)
    return size, np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(first - ends + size, size)


def reasons(wording: Wording, k: int, scale: float, others: Sequence[Contribution], base: float, top: int | None) -> Reasons:
    """The tokens of text k and ``others``, as `models.explain.ranked` orders them: largest first, then by kind and name. Tokens are multiplied by ``scale``."""
    begin, after = wording.edges[k : k + 2].tolist()
    log_odds = np.concatenate([wording.log_odds[begin:after] * scale, [part.log_odds for part in others]])
    place = np.flatnonzero(log_odds)
    size = np.abs(log_odds[place])
    order = np.argsort(-size, kind="stable")
    place, size = place[order], size[order]
    _untie(wording, k, place, size, others)
    tail = [Contribution("(base)", "base", None, base)]
    if top is not None and len(place) > top:
        left = log_odds[place[top:]].tolist()
        tail.insert(0, Contribution("(rest)", "rest", float(len(left)), sum(left)))
        place = place[:top]
    return Reasons(wording, k, place, log_odds[place], others, tail)


def _untie(wording: Wording, k: int, place: Ints, size: Floats, others: Sequence[Contribution]) -> None:
    """Put those of one size in the order of their kinds and names: half of a text's tokens, because what was learnt from the same texts weighs the same."""
    same = np.concatenate([[False], size[1:] == size[:-1], [False]])
    tied = np.flatnonzero(same[1:] | same[:-1])
    if not len(tied):
        return
    names = _keys(wording, k, place[tied], others)
    begins = np.flatnonzero(~same[tied]).tolist()
    ordered = place[tied].tolist()
    for first, last in zip(begins, [*begins[1:], len(tied)], strict=True):
        ordered[first:last] = [i for _, i in sorted(zip(names[first:last], ordered[first:last], strict=True))]
    place[tied] = ordered


def _keys(wording: Wording, k: int, place: Ints, others: Sequence[Contribution]) -> list[str]:
    """Kind and name of tokens and others, as one text each that orders them."""
    begin, after = wording.edges[k : k + 2].tolist()
    dense, words, many = wording.dense[k], wording.words[k], after - begin
    token = begin + place[place < many]
    spelt = zip(wording.is_word[token].tolist(), wording.first[token].tolist(), wording.last[token].tolist(), strict=True)
    tokens = iter(["words\0" + " ".join(words[i:j]) if is_word else "chars\0" + dense[i:j] for is_word, i, j in spelt])
    return [next(tokens) if i < many else f"{others[i - many].kind}\0{others[i - many].feature}" for i in place.tolist()]


def by_character(shares: Sequence[Contribution], size: int) -> tuple[Floats, list[float]]:
    """What the tokens of a text weigh, character by character of the original (``size`` of them), and the shares of tokens that have no place there.

    A token's share is spread evenly over its places, and over the characters of each.

    >>> weight, lost = by_character([Contribution("ab", "chars", 1.0, 0.6, ((0, 2), (3, 4))), Contribution("c", "words", 1.0, 0.1)], 4)
    >>> weight.tolist(), lost
    ([0.15, 0.15, 0.0, 0.3], [0.1])
    """
    if isinstance(shares, Reasons):
        return shares.by_character(size)
    weight, lost = np.zeros(size), []
    for share in shares:
        if share.kind not in TOKENS or share.words is not None:
            continue
        spans = [(i, j) for i, j in share.spans if i < j]
        if not spans:
            lost.append(share.log_odds)
        for i, j in spans:
            weight[i:j] += share.log_odds / len(spans) / (j - i)
    return weight, lost


def beside_tokens(shares: Sequence[Contribution]) -> list[Contribution]:
    """The contributions that are no tokens, in their order."""
    if isinstance(shares, Reasons):
        return shares.beside_tokens()
    return [share for share in shares if share.kind not in TOKENS or share.words is not None]


def partly(shares: Sequence[Contribution], by: float, rest: Contribution) -> Sequence[Contribution]:
    """Contributions of one of two that speak together: multiplied by its part, and followed by what the other says.

    >>> [one.log_odds for one in partly([Contribution("a", "column", 1.0, 0.5)], 0.5, Contribution("b", "rules", 1.0, 2.0))]
    [0.25, 2.0]
    """
    if isinstance(shares, Reasons):
        return shares.scaled(by).followed(rest)
    return [*(share._replace(log_odds=share.log_odds * by) for share in shares), rest]
