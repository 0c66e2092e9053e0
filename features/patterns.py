r"""Regular expressions in linear time (RE2), matched on the plain view, found in the original.

The rule: a pattern sees what `normalise` calls plain: simplified, half width, case put aside. So a pattern's own characters are brought to that
spelling first (`（` means `\(`, `證` means `证`); its syntax stays RE2's.

>>> from features.normalise import normalise
>>> texts = [normalise("年化１５％，返现20％"), normalise("严禁承诺年化15%")]
>>> hits = find(r"年化\s*\d+%", texts)
>>> [(texts[r].quote(s, e), n) for r, s, e, n in zip(hits.row, hits.start, hits.end, hits.negated.tolist())]
[('年化１５％', False), ('年化15%', True)]

Not ok: look-around and back-references. They have no linear time, so RE2 has none of them:

>>> problem(r"(?=保本)")
'invalid perl operator: (?='
>>> problem("(" * 3), problem("a" * 2000), problem(r"年化\d+%")
('missing ): (((', 'longer than 1000 characters', None)
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain, islice
from typing import Any

import daachorse
import numpy as np
from numpy.typing import NDArray

from features.characters import TABLE
from features.joined import Joined
from features.needs import NOTHING, Need, Shape, shape
from features.stance import AFTER, CueWords, Stance
from features.views import NormalisedText

Ints = NDArray[np.int64]

LONGEST = 1_000
"""characters of a pattern"""
MOST = 1_000
"""hits of one pattern in one text, empty ones counted: finding n hits may read the text n times, so the work stays linear"""
MEMORY = 1 << 20
"""bytes that one compiled pattern may use; a bigger one is refused, and a match that would need more goes on slower, still in linear time"""

_FEW = 4
"""Texts that are looked at one by one."""
_SHORT = 500
"""A text of so many characters is sooner searched."""
_SOME = 200
"""So many texts out of more are sooner searched than looked at for what a pattern needs."""
_LONG = MOST
"""A text of more characters is searched by itself, so that `MOST` bounds its cost: a shorter one has no more hits."""

_TOKEN = re.compile(r"\\Q(?P<quoted>.*?)(?:\\E|\Z)|\\[pP]\{[^}]*\}|\\x\{[^}]*\}|\\.|(?P<low>[^\[\]\\])-(?P<high>[^\[\]\\])|.", re.DOTALL)


class PatternError(ValueError):
    """A pattern that cannot be used; the message is RE2's reason, in English."""


@dataclass(frozen=True, slots=True, eq=False)
class PatternHits:
    """Parallel arrays, sorted by row, then start. `start` and `end` count characters of the original; `said` is the plain spelling of what matched."""

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    said: list[str]
    negated: NDArray[np.bool_]
    reported: NDArray[np.bool_]


_NONE, _OFF = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
_NO_HITS = PatternHits(_NONE, _NONE, _NONE, [], _OFF, _OFF)


def problem(pattern: str) -> str | None:
    """Why a pattern cannot be used; None when it can."""
    try:
        _compiled(pattern)
    except PatternError as error:
        return str(error)
    return None


def find(pattern: str, texts: Sequence[NormalisedText], stance: Callable[[int], Stance] | None = None) -> PatternHits:
    """All hits of a pattern that are not empty, at most `MOST` a text. `stance` gives a row's (of its plain view) where it exists already.

    Raises PatternError. Hits of one text do not overlap: the leftmost one counts, then the next after it. Many patterns: see `Searched`.
    """
    return Searched(texts, stance).find(pattern)


class Searched:
    """Texts in which many patterns are looked for: what is the same for all patterns is made once.

    A pattern is tried only on texts that have the characters it needs (`features.needs`), and on all of those at once where no match can reach from
    one text into the next. Which way is taken shows in the time alone.
    """

    def __init__(self, texts: Sequence[NormalisedText], stance: Callable[[int], Stance] | None = None) -> None:
        self._texts = [text.plain.text for text in texts]
        self._views = [text.plain for text in texts]
        self._begins: Ints = np.cumsum([0, *map(len, self._texts)])
        self._stance = stance or self._made
        self._stances: dict[int, Stance] = {}
        self._sets: dict[int, frozenset[str]] = {}
        self._having: dict[Need, NDArray[np.bool_] | None] = {}

    def find(self, pattern: str, among: Ints | None = None) -> PatternHits:
        """All hits of a pattern, as `find` gives them; `among`: in these texts alone (numbers in order)."""
        matcher, form = _ready(pattern)
        row, low, high = self._places(matcher, form, among)
        if not len(row):
            return _NO_HITS
        at = self._begins[row]
        start, end = self._starts[at + low].astype(np.int64), self._ends[at + high - 1].astype(np.int64)
        negated, reported = np.zeros((2, len(row)), dtype=np.bool_)
        said = [self._texts[one][lo:hi] for one, lo, hi in zip(row.tolist(), low.tolist(), high.tolist(), strict=True)]
        denied, told = self._cues.deny(row, low, high), self._cues.tell[row]
        for k in np.flatnonzero(denied | told).tolist():
            held, lo, hi = self._stance(int(row[k])), int(low[k]), int(high[k])
            negated[k] = denied[k] and held.negated(lo, hi)
            reported[k] = told[k] and held.reported(lo, hi)
        return PatternHits(row, start, end, said, negated, reported)

    def _places(self, matcher: Any, form: Shape, among: Ints | None) -> tuple[Ints, Ints, Ints]:
        """Row, first and last place of each hit in the plain views, in order."""
        rows = self._worth_trying(form.need, among)
        if not form.apart or len(rows) <= _FEW:
            return self._alone(matcher, rows)
        short = [row for row in rows if len(self._texts[row]) <= _LONG]
        joined = self._joined(matcher, short, form.apart)
        if len(short) == len(rows):
            return joined
        alone = self._alone(matcher, [row for row in rows if len(self._texts[row]) > _LONG])
        row, low, high = (np.concatenate(both) for both in zip(joined, alone, strict=True))
        order = np.lexsort((low, row))
        return row[order], low[order], high[order]

    def _alone(self, matcher: Any, rows: Sequence[int]) -> tuple[Ints, Ints, Ints]:
        found = [(row, lo, hi) for row in rows for lo, hi in _places(matcher, self._texts[row])]
        row, low, high = np.array(found, dtype=np.int64).reshape(len(found), 3).T
        return row, low, high

    def _worth_trying(self, need: Need, among: Ints | None) -> Sequence[int]:
        """The texts that have what a pattern needs."""
        n = len(self._texts)
        rows = range(n) if among is None else among.tolist()
        if need == NOTHING or len(rows) <= _SOME < n:
            return rows
        if len(rows) <= _FEW:
            return [row for row in rows if len(self._texts[row]) <= _SHORT or need.met(self._signs_of(row))]
        if need not in self._having:
            self._having[need] = need.among(self._signs.having)
        mask = self._having[need]
        if mask is None:
            return rows
        return np.flatnonzero(mask).tolist() if among is None else among[mask[among]].tolist()

    def _joined(self, matcher: Any, rows: Sequence[int], apart: str) -> tuple[Ints, Ints, Ints]:
        """The hits in some texts, searched as one: in bytes, which are counted back into characters."""
        between = apart.encode()
        parts = [self._bytes.parts[row] for row in rows]
        spans = [m.span() for m in matcher.finditer(between.join(parts))]
        begins = np.cumsum([0, *(len(part) + len(between) for part in parts[:-1])])
        low, high = np.fromiter(chain.from_iterable(spans), dtype=np.int64, count=2 * len(spans)).reshape(-1, 2).T
        at = np.searchsorted(begins, low, side="right") - 1
        row = np.array(rows, dtype=np.int64)[at]
        shift = self._bytes.begins[row] - begins[at]
        count = self._bytes.characters
        first = count[self._bytes.begins[row]]
        return row, count[low + shift] - first, count[high + shift] - first

    def _made(self, row: int) -> Stance:
        if row not in self._stances:
            self._stances[row] = Stance(self._texts[row])
        return self._stances[row]

    @cached_property
    def _starts(self) -> NDArray[np.int32]:
        return np.frombuffer(b"".join([view.starts for view in self._views]), dtype=np.int32)

    @cached_property
    def _ends(self) -> NDArray[np.int32]:
        return np.frombuffer(b"".join([view.ends for view in self._views]), dtype=np.int32)

    @cached_property
    def _cues(self) -> "_Cues":
        return _Cues(self._texts)

    def _signs_of(self, row: int) -> frozenset[str]:
        if row not in self._sets:
            self._sets[row] = frozenset(self._texts[row])
        return self._sets[row]

    @cached_property
    def _signs(self) -> "_Signs":
        return _Signs(self._texts)

    @cached_property
    def _bytes(self) -> "_Bytes":
        return _Bytes(self._texts)


class _Cues:
    """Where the words stand by which spans are denied or told: elsewhere they are neither, and no `Stance` is asked."""

    def __init__(self, texts: Sequence[str]) -> None:
        words = _cue_words()
        joined = Joined(texts)
        found = words.automaton.find_overlapping(joined.text)
        low, high, word = np.fromiter(chain.from_iterable(found), dtype=np.int64, count=3 * len(found)).reshape(-1, 3).T
        reach = words.reach[word]
        self._begins = joined.begins
        self._negators = [(distance, high[reach == distance]) for distance in words.reaches]  # ascending: they are found by their ends
        self._denials = np.sort(low[words.denies[word]])
        self.tell = joined.rows(low[words.tells[word]])
        """The texts in which anything may be told of."""

    def deny(self, row: Ints, low: Ints, high: Ints) -> NDArray[np.bool_]:
        """The spans that may be denied: a negator in reach before, or a denial right after."""
        first, last = self._begins[row] + low, self._begins[row] + high
        near = _any_between(self._denials, last, last + AFTER)
        for distance, ends in self._negators:
            near |= _any_between(ends, first - distance, first)
        return near


def _any_between(values: Ints, low: Ints, high: Ints) -> NDArray[np.bool_]:
    """Whether any of some ascending values lies in each range, both ends included."""
    found: NDArray[np.bool_] = np.searchsorted(values, high, side="right") > np.searchsorted(values, low, side="left")
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _CueWords:
    """The words by which spans are denied or told, and what each does; ``reach`` is -1 for what is no negator."""

    automaton: daachorse.CharwiseDoubleArrayAhoCorasick
    reach: Ints
    denies: NDArray[np.bool_]
    tells: NDArray[np.bool_]
    reaches: tuple[int, ...]


@cache
def _cue_words() -> _CueWords:
    cues = CueWords.all()
    words = list(dict.fromkeys([*cues.negators, *cues.denials, *cues.telling]))
    return _CueWords(
        daachorse.CharwiseDoubleArrayAhoCorasick(words),
        np.array([cues.negators.get(word, -1) for word in words], dtype=np.int64),
        np.array([word in cues.denials for word in words], dtype=bool),
        np.array([word in cues.telling for word in words], dtype=bool),
        tuple(sorted(set(cues.negators.values()))),
    )


class _Signs:
    """Which characters stand in which texts. Characters from U+10000 on count as those with the same last sixteen bits: a text too many is merely searched."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._size = len(texts)
        codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint16)
        row = np.repeat(np.arange(self._size, dtype=np.int32), [len(text) for text in texts])
        self._row = row[np.argsort(codes, kind="stable")]
        self._ends = np.cumsum(np.bincount(codes, minlength=1 << 16))
        self._known: dict[frozenset[str], NDArray[np.bool_]] = {}

    def having(self, signs: frozenset[str]) -> NDArray[np.bool_]:
        """The texts that have one of some characters."""
        mask = self._known.get(signs)
        if mask is None:
            mask = self._known[signs] = np.zeros(self._size, dtype=bool)
            for code in {ord(sign) & 0xFFFF for sign in signs}:
                mask[self._row[self._ends[code - 1] if code else 0 : self._ends[code]]] = True
        return mask


class _Bytes:
    """The texts in UTF-8: each by itself, and where each begins when they follow one another, with how many characters stand before each byte."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.parts = [text.encode() for text in texts]
        self.begins = np.cumsum([0, *map(len, self.parts)])[:-1]
        heads = (np.frombuffer(b"".join(self.parts), dtype=np.uint8) & 0xC0) != 0x80
        self.characters = np.concatenate([[0], np.cumsum(heads, dtype=np.int64)])


def _places(matcher: Any, text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for m in islice(matcher.finditer(text), MOST):
        lo, hi = m.span()
        if lo < hi:
            found.append((lo, hi))
    return found


@lru_cache(maxsize=512)
def _ready(pattern: str) -> tuple[Any, Shape]:
    """The matcher that finds whole hits alone, and what the pattern needs. Raises PatternError."""
    import re2

    options = _compiled(pattern).options
    options.never_capture = True
    spelt = _in_plain_spelling(pattern)
    return re2.compile(spelt, options), shape(spelt)


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> Any:
    """The matcher, made once a pattern. `re2` keeps a cache of its own too, of 128."""
    import re2

    if len(pattern) > LONGEST:
        raise PatternError(f"longer than {LONGEST} characters")
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.case_sensitive = False
    try:
        return re2.compile(_in_plain_spelling(pattern), options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        raise PatternError(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)) from None


def _in_plain_spelling(pattern: str) -> str:
    r"""The pattern as it must be written to match the plain view. Latin letters and RE2's own signs stay; what became a sign is escaped.

    >>> _in_plain_spelling("（保證）[０-９]+\\D")
    '\\(保证\\)[0-9]+\\D'
    >>> _in_plain_spelling("[一-龥]💊🧧"), _in_plain_spelling("\\Q（*\\E")
    ('[一-龥]药(?:红包)', '\\Q(*\\E')
    """
    out: list[str] = []
    inside = False
    for m in _TOKEN.finditer(pattern):
        piece = m.group()
        if m["quoted"] is not None:
            out.append("\\Q" + TABLE.replace(m["quoted"]) + "\\E")
        elif m["low"] is not None:
            out.append(_range(m["low"], m["high"]) if inside else _sign(m["low"], inside) + "-" + _sign(m["high"], inside))
        else:
            inside = piece == "[" or (inside and piece != "]")
            out.append(_sign(piece, inside) if len(piece) == 1 else piece)
    return "".join(out)


def _sign(c: str, inside: bool) -> str:
    if c.isascii() or c == "\ufffd":
        return c
    new = re.escape(TABLE.replace(c)) if not c.isspace() else " "
    return f"(?:{new})" if len(TABLE.replace(c)) > 1 and not inside else new


def _range(low: str, high: str) -> str:
    """The ends of a range stand for all between them: they move only together, into ASCII."""
    ends = TABLE.replace(low), TABLE.replace(high)
    moved = all(len(end) == 1 and end.isalnum() and end.isascii() for end in ends)
    return "-".join(ends if moved else (low, high))
