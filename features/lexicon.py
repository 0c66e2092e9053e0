"""Many word lists, one automaton, all overlapping hits of all texts in one pass.

The rule: spans are in the original; a hit that the plain view shows is never called aggressive.

>>> from features.normalise import normalise
>>> lexicon = Lexicon([WordList("疗效保证", ("根治",), exclude=("根治拖延症",)), WordList("联系", ("微信", "vip"))])
>>> hits = lexicon.match([normalise("根.治糖尿病，加薇信"), normalise("根治拖延症"), normalise("不能根治")])
>>> [(h.list, h.term, h.start, h.end, h.aggressive, h.negated) for h in hits]
[('疗效保证', '根治', 0, 3, True, False), ('联系', '微信', 8, 10, True, False), ('疗效保证', '根治', 2, 4, False, True)]
>>> hits.counts(3).tolist(), hits.counts(3, asserted_only=True).tolist()
([[1, 1], [0, 0], [1, 0]], [[1, 1], [0, 0], [0, 0]])

A term that begins or ends with a Latin letter or a digit wants a boundary there (see `_runs_on`):

>>> lexicon.match([normalise("vip会员"), normalise("vips")]).row.tolist()
[0]
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import daachorse

from features.hits import Hit, ListHits
from features.normalise import plain_text
from features.stance import Stance
from features.views import NormalisedText, View

__all__ = ["Hit", "Lexicon", "ListHits", "WordList"]

_Record = tuple[int, int, int, int, bool, bool, bool]


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
        self._uses = [tuple(u) for u in uses.values()]
        self._excluding = any(w.exclude for w in self.lists)
        self._edges = [(_edge(p[0]), _edge(p[-1])) for p in uses]
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(uses)) if uses else None

    def match(self, texts: Sequence[NormalisedText], stances: Sequence[Stance] | None = None) -> ListHits:
        """All hits, sorted by row, start. `stances` (of the plain views) may be handed in where they exist already."""
        rows: list[int] = []
        records: list[_Record] = []
        for row, text in enumerate(texts):
            found = self._of_text(text, stances[row] if stances is not None else None)
            rows += [row] * len(found)
            records += found
        return ListHits.pack(self.names, self.terms, rows, records)

    def _of_text(self, text: NormalisedText, stance: Stance | None) -> list[_Record]:
        plain = self._find(text.plain)
        records: list[_Record] = []
        seen: set[tuple[int, int, int]] = set()
        if plain:
            stance = stance or Stance(text.plain.text)
            for use, lo, hi in plain:
                start, end = text.plain.span(lo, hi)
                seen.add((use.term, start, end))
                records.append((use.list, use.term, start, end, False, stance.negated(lo, hi), stance.reported(lo, hi)))
        if text.dense is text.plain:
            return sorted(records, key=_by_place) if len(records) > 1 else records
        loose: Stance | None = None
        for use, lo, hi in self._find(text.dense):
            start, end = text.dense.span(lo, hi)
            if (use.term, start, end) in seen:
                continue
            loose = loose or Stance(text.dense.text)
            aggressive = bool(text.dense.transforms(lo, hi))
            records.append((use.list, use.term, start, end, aggressive, loose.negated(lo, hi), loose.reported(lo, hi)))
        return sorted(records, key=_by_place)

    def _find(self, view: View) -> list[tuple[_Use, int, int]]:
        if self._automaton is None:
            return []
        text = view.text
        found: list[tuple[_Use, int, int]] = []
        contexts: list[tuple[int, int, int]] = []
        for lo, hi, pattern in self._automaton.find_overlapping(text):
            left, right = self._edges[pattern]
            if (left and lo and _runs_on(left, text[lo - 1])) or (right and hi < len(text) and _runs_on(right, text[hi])):
                continue
            for use in self._uses[pattern]:
                if use.term < 0:
                    contexts.append((use.list, lo, hi))
                else:
                    found.append((use, lo, hi))
        if contexts and found:
            found = [f for f in found if not any(at == f[0].list and lo <= f[1] and f[2] <= hi for at, lo, hi in contexts)]
        return found


def _by_place(record: _Record) -> tuple[int, int, int, int]:
    return record[2], record[3], record[0], record[1]


def _use(uses: dict[str, list[_Use]], phrase: str, use: _Use) -> None:
    key = plain_text(phrase).strip()
    if not key:
        raise ValueError(f"word list term is empty after normalising: {phrase!r}")
    if all((u.list, u.term < 0) != (use.list, use.term < 0) for u in uses.setdefault(key, [])):
        uses[key].append(use)


def _runs_on(edge: str, neighbour: str) -> bool:
    """Whether a word goes on past its edge: a letter before or after letters; a digit before or after letters and digits (abc12345 does not hold 12345).

    >>> _runs_on("a", "8"), _runs_on("0", "c"), _runs_on("a", "b"), _runs_on("0", "，")
    (False, True, True, False)
    """
    return _edge(neighbour) == edge if edge == "a" else _edge(neighbour) != ""


def _edge(c: str) -> str:
    """`a` for a Latin letter, `0` for a digit, nothing for the rest."""
    if "a" <= c <= "z":
        return "a"
    return "0" if "0" <= c <= "9" else ""
