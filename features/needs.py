r"""Which characters must a text have before a regular expression can match it? Read off the expression itself, so that most texts are never searched.

The rule: say less rather than wrong. What is not understood here (flags, named groups, classes by name …) asks for nothing, and the search itself decides.

>>> needs("(?:根治|断根).{0,9}糖尿病").met(set("能断根糖尿病")), needs("(?:根治|断根).{0,9}糖尿病").met(set("能治糖尿病"))
(True, False)
>>> needs(r"\d+[万亿]元?").met(set("五万")), needs("(?i)保本") is NOTHING
(False, True)

Not ok: taking an order for granted. Only that the characters are there is looked at; whether they stand as they should is for the search.
"""

from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_WIDEST = 256
"""Classes of more characters than that are hit by nearly every text."""
_SPACE = "\t\n\f\r "
_WORD = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_FOLDS = {"k": "\u212a", "s": "\u017f"}
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}

Range = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Need:
    """What must be there: one of some ``signs``, and all of ``every``, and one of ``either`` (each where it is given)."""

    signs: frozenset[str] = frozenset()
    every: tuple["Need", ...] = ()
    either: tuple["Need", ...] = ()

    def met(self, signs: Set[str]) -> bool:
        """Whether a text of these characters has it."""
        if self.signs and self.signs.isdisjoint(signs):
            return False
        return all(one.met(signs) for one in self.every) and (not self.either or any(one.met(signs) for one in self.either))

    def among(self, having: Callable[[frozenset[str]], Any]) -> Any:
        """The same of many texts at once: ``having`` gives a mask of the texts that have one of some characters; None where nothing is asked."""
        found = having(self.signs) if self.signs else None
        for one in self.every:
            mask = one.among(having)
            found = mask if found is None else found if mask is None else found & mask
        parts = [one.among(having) for one in self.either]
        if parts and all(part is not None for part in parts):
            united = parts[0]
            for part in parts[1:]:
                united = united | part
            found = united if found is None else found & united
        return found


NOTHING = Need()


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of an expression without searching."""

    need: Need = NOTHING
    apart: str = ""
    """A character that no match can hold, so that texts joined by it are searched as each alone; empty where there is none, or where the
    expression looks at the edges of a text, or matches nothing at all."""


_APART = "\n。,!、0a\ue000"


@lru_cache(maxsize=512)
def shape(pattern: str) -> Shape:
    """Of an expression of RE2, matched without regard to case.

    >>> shape("保本[^。]*收益").apart, shape("^保本").apart, shape("保?").apart
    ('。', '', '')
    """
    try:
        reader = _Reader(pattern)
        need, empty = reader.alternatives()
        if reader.at < len(pattern):
            return Shape()
    except (_UnknownError, IndexError):
        return Shape()
    apart = "" if empty or reader.edges else next((c for c in _APART if not any(takes(c) for takes in reader.takes)), "")
    return Shape(need, apart)


def needs(pattern: str) -> Need:
    """What a text must have before the expression can match it."""
    return shape(pattern).need


class _UnknownError(Exception):
    """Something that is not read here."""


class _Reader:
    """Reads an expression once from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.edges = False
        """It looks at edges of the text or of words."""
        self.takes: list[Callable[[str], bool]] = []
        """For each piece that takes a character, which ones it takes."""

    def alternatives(self) -> tuple[Need, bool]:
        """What one of the alternatives needs, and whether one of them matches nothing."""
        found = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            found.append(self._sequence())
        if len(found) == 1:
            return found[0]
        parts = tuple(need for need, _ in found)
        need = NOTHING if NOTHING in parts else _either(parts)
        return need, any(empty for _, empty in found)

    def _sequence(self) -> tuple[Need, bool]:
        parts: list[Need] = []
        all_empty = True
        while self._next() not in ("", "|", ")"):
            need, empty = self._piece()
            if need != NOTHING and need not in parts:
                parts.append(need)
            all_empty = all_empty and empty
        return (parts[0] if len(parts) == 1 else Need(every=tuple(parts)) if parts else NOTHING), all_empty

    def _piece(self) -> tuple[Need, bool]:
        need, empty = self._atom()
        sign = self._next()
        if sign not in ("*", "+", "?", "{"):
            return need, empty
        optional = sign in "*?"
        if sign == "{":
            end = self.pattern.find("}", self.at)
            least = self.pattern[self.at + 1 : end].split(",")[0] if end > 0 else ""
            if not (least.isascii() and least.isdigit()):
                raise _UnknownError
            optional, self.at = int(least) == 0, end
        self.at += 1
        if self._next() == "?":
            self.at += 1
        if self._next() in ("*", "+", "?", "{"):
            raise _UnknownError
        return (NOTHING, True) if optional else (need, empty)

    def _atom(self) -> tuple[Need, bool]:
        sign = self._next()
        if sign == "(":
            return self._group()
        self.at += 1
        if sign == "[":
            return self._class()
        if sign == ".":
            self.takes.append(lambda c: c != "\n")
            return NOTHING, False
        if sign in "^$":
            self.edges = True
            return NOTHING, True
        if sign == "\\":
            return self._escaped()
        if sign in "*+?{":
            raise _UnknownError
        return self._taken([(sign, sign)], negated=False)

    def _group(self) -> tuple[Need, bool]:
        self.at += 1
        if self._next() == "?":
            if not self.pattern.startswith("?:", self.at):
                raise _UnknownError
            self.at += 2
        found = self.alternatives()
        if self._next() != ")":
            raise _UnknownError
        self.at += 1
        return found

    def _escaped(self) -> tuple[Need, bool]:
        sign = self._take()
        if sign in "bB":
            self.edges = True
            return NOTHING, True
        if sign in "dDwWsS":
            return self._taken(_ranges(sign.lower()), negated=sign.isupper())
        return self._taken([(_plain(sign), _plain(sign))], negated=False)

    def _class(self) -> tuple[Need, bool]:
        negated = self._next() == "^"
        self.at += negated
        ranges: list[Range] = []
        first = True
        while first or self._next() != "]":
            first = False
            ranges += self._member()
        self.at += 1
        return self._taken(ranges, negated=negated)

    def _member(self) -> list[Range]:
        sign = self._take()
        if sign == "[" and self._next() == ":":
            raise _UnknownError
        if sign == "\\":
            sign = self._take()
            if sign in "DWS":
                raise _UnknownError
            if sign in "dws":
                return _ranges(sign)
            sign = _plain(sign)
        if self._next() == "-" and self.pattern[self.at + 1] != "]":
            self.at += 1
            last = self._take()
            if last in "\\[":
                raise _UnknownError
            return [(sign, last)]
        return [(sign, sign)]

    def _taken(self, ranges: list[Range], *, negated: bool) -> tuple[Need, bool]:
        self.takes.append(lambda c: _within(c, ranges) != negated)
        signs = None if negated else _signs(ranges)
        return (NOTHING if signs is None else Need(signs)), False

    def _next(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def _take(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]


def _within(c: str, ranges: list[Range]) -> bool:
    return any(low <= one <= high for low, high in ranges for one in (c, c.upper()))


def _ranges(kind: str) -> list[Range]:
    if kind == "d":
        return [("0", "9")]
    return [(c, c) for c in _SPACE] if kind == "s" else list(_WORD)


def _plain(sign: str) -> str:
    if sign in _CONTROL:
        return _CONTROL[sign]
    if sign.isalnum() or not sign.isascii():
        raise _UnknownError
    return sign


def _signs(ranges: list[Range]) -> frozenset[str] | None:
    """The characters of some ranges in either case; None where they are too many, or have cases that only RE2 knows."""
    if sum(ord(high) - ord(low) + 1 for low, high in ranges) > _WIDEST:
        return None
    found: set[str] = set()
    for low, high in ranges:
        for c in map(chr, range(ord(low), ord(high) + 1)):
            if c.lower() == c.upper():
                found.add(c)
            elif c.isascii():
                found |= {c.lower(), c.upper()} | ({_FOLDS[c.lower()]} if c.lower() in _FOLDS else set())
            else:
                return None
    return frozenset(found)


def _either(parts: tuple[Need, ...]) -> Need:
    """One of some; single characters are thrown together."""
    plain = [one for one in parts if not one.every and not one.either]
    rest = [one for one in parts if one.every or one.either]
    if plain:
        rest.append(Need(frozenset().union(*(one.signs for one in plain))))
    return rest[0] if len(rest) == 1 else Need(either=tuple(rest))
