"""A rule taken apart for a back-test: which part of the condition failed where all others held, and what was unknown where nothing could be decided.

Each part is put beside the rules as a rule of its own, so that one evaluation answers all of it and shared expressions are computed once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from risk.domain.messages import Told
from risk.scoring.inputs import vocabulary
from rules.evaluate import RuleHits
from rules.items import Rule
from rules.nodes import (
    And,
    Call,
    Day,
    Expr,
    Fires,
    Flag,
    Known,
    Name,
    Node,
    Not,
    Number,
    Or,
    Otherwise,
    Related,
    Text,
    Window,
    children,
)
from rules.pack import Pack
from rules.printer import show
from rules.translate import translate

Mask = npt.NDArray[np.bool_]

QUALIFIERS = frozenset({"asserted", "plain", "unnegated", "unquoted"})
"""What narrows a text operator; a rule that is one such operator nearly hits where the words stand but do not qualify."""

MOST_PARTS = 60
"""Parts of one rule that are followed; more belong to a list, not to a condition."""

_MARK = "\u241f"  # stands in no rule's name


@dataclass(frozen=True, slots=True)
class Apart:
    """One rule: its parts, its ways to hold (each all of some parts), and the values it reads."""

    rule: str
    parts: tuple[Expr, ...]
    ways: tuple[tuple[int, ...], ...]
    sources: tuple[Expr, ...]


class Probes:
    """Some rules of a pack taken apart; ``pack`` has the parts beside the rules, as further rules."""

    def __init__(self, pack: Pack, rules: Iterable[str]) -> None:
        self.apart = {rule: take_apart(pack.rule_by_id[rule], pack) for rule in rules}
        extra: list[Rule] = []
        self._part: dict[tuple[str, int], str] = {}
        self._source: dict[tuple[str, int], str] = {}
        for name, one in self.apart.items():
            bare = _bare(pack.rule_by_id[name])
            for number, expr in enumerate(one.parts):
                self._part[name, number] = f"{name}{_MARK}{number}"
                extra.append(replace(bare, id=self._part[name, number], when=expr))
            for number, expr in enumerate(one.sources):
                self._source[name, number] = f"{name}{_MARK}?{number}"
                extra.append(replace(bare, id=self._source[name, number], when=Known(expr, known=False)))
        self.pack = replace(pack, rules=(*pack.rules, *extra))

    def rules_of(self, hits: RuleHits) -> tuple[RuleHits, dict[str, npt.NDArray[np.int8]]]:
        """The outcome of the rules themselves, and that of the parts by name."""
        own = [j for j, rule in enumerate(hits.rules) if _MARK not in rule.id]
        parts = {rule.id: hits.outcome[:, j] for j, rule in enumerate(hits.rules) if _MARK in rule.id}
        return RuleHits(tuple(hits.rules[j] for j in own), np.ascontiguousarray(hits.outcome[:, own])), parts

    def near(self, rule: str, parts: dict[str, npt.NDArray[np.int8]], outcome: npt.NDArray[np.int8]) -> dict[int, Mask]:
        """For each part, the rows that miss by it alone: the other parts of some way to hold are true, it is false."""
        one = self.apart[rule]
        found: dict[int, Mask] = {}
        for way in one.ways:
            columns = np.stack([parts[self._part[rule, number]] for number in way])
            true, false = columns == 1, columns == 0
            lone = (false.sum(axis=0) == 1) & (true.sum(axis=0) == len(way) - 1) & (outcome == 0)
            for place, number in enumerate(way):
                rows = lone & false[place]
                if rows.any():
                    found[number] = found[number] | rows if number in found else rows
        return found

    def unknown(self, rule: str, parts: dict[str, npt.NDArray[np.int8]], outcome: npt.NDArray[np.int8]) -> dict[int, int]:
        """For each value the rule reads, how many of the undecided rows do not know it."""
        open_ = outcome == -1
        if not open_.any():
            return {}
        counts = {n: int(((parts[self._source[rule, n]] == 1) & open_).sum()) for n in range(len(self.apart[rule].sources))}
        return {number: count for number, count in counts.items() if count}

    def said(self, rule: str, number: int, *, source: bool = False) -> Told:
        """A part, or a value read, in both languages."""
        one = self.apart[rule]
        return said(one.sources[number] if source else one.parts[number])


def said(expr: Expr) -> Told:
    """An expression in Chinese and English, columns and functions named in each."""
    words = vocabulary()
    return Told(show(translate(expr, words, "zh"), "zh"), show(translate(expr, words, "en"), "en"))


def take_apart(rule: Rule, pack: Pack) -> Apart:
    """The parts of a rule's condition.

    >>> from rules.pack import pack_from_text
    >>> p = pack_from_text('rule a "x" when text has any of "甲" and not (has_wechat or text_length > 9) or text has any of "乙" asserted')
    >>> one = take_apart(p.rules[0], p)
    >>> [show(part) for part in one.parts]
    ['text has any of "甲"', 'not has_wechat', 'not text_length > 9', 'text has any of "乙"', 'text has any of "乙" asserted']
    >>> one.ways
    ((0, 1, 2), (3, 4))
    >>> [show(source) for source in one.sources]
    ['has_wechat', 'text_length']
    """
    book: dict[str, Expr] = {item.name: item.expr for item in pack.definitions}
    numbers: dict[Expr, int] = {}
    ways = []
    for way in _ways(rule.when, book, 0):
        exprs = way if len(way) > 1 else _relaxed(way[0])
        if len(exprs) > 1 and len(numbers) + len(exprs) <= MOST_PARTS:
            ways.append(tuple(numbers.setdefault(expr, len(numbers)) for expr in exprs))
    sources = tuple(dict.fromkeys(_sources(rule.when, pack, frozenset())))[:MOST_PARTS]
    return Apart(rule.id, tuple(numbers), tuple(dict.fromkeys(ways)), sources)


def _ways(expr: Expr, book: dict[str, Expr], depth: int) -> Iterator[tuple[Expr, ...]]:
    """The alternatives of a condition, each as the parts that must all hold. Names are opened only where they are the whole alternative."""
    match expr:
        case Or(items):
            for item in items:
                yield from _ways(item, book, depth)
        case Not(And(items)):
            for item in items:
                yield from _ways(_not(item), book, depth)
        case Not(Not(item)):
            yield from _ways(item, book, depth)
        case Name(name) if name in book and depth < 16:
            yield from _ways(book[name], book, depth + 1)
        case _:
            yield tuple(dict.fromkeys(_all(expr)))


def _all(expr: Expr) -> Iterator[Expr]:
    """The parts of a conjunction."""
    match expr:
        case And(items):
            for item in items:
                yield from _all(item)
        case Not(Or(items)):
            for item in items:
                yield from _all(_not(item))
        case Not(Not(item)):
            yield from _all(item)
        case _:
            yield expr


def _not(expr: Expr) -> Expr:
    return expr.item if isinstance(expr, Not) else Not(expr)


def _relaxed(expr: Expr) -> tuple[Expr, ...]:
    """A text operator alone: the same without its qualifiers, then itself; nothing to part otherwise."""
    marks: dict[str, Any] = {f.name: False for f in fields(expr) if f.name in QUALIFIERS and getattr(expr, f.name) is True}
    return (replace(expr, **marks), expr) if marks else (expr,)


def _sources(node: Node, pack: Pack, seen: frozenset[str]) -> Iterator[Expr]:
    """The columns, calls and windows whose being unknown can leave the condition open; not those that say what to do then."""
    match node:
        case Otherwise() | Known() | Number() | Text() | Flag() | Day():
            return
        case Name(name) if (definition := pack.named(name)) is not None:
            if name not in seen:
                yield from _sources(definition.expr, pack, seen | {name})
        case Fires(rule) if rule in pack.rule_by_id:
            if f"rule {rule}" not in seen:
                yield from _sources(pack.rule_by_id[rule].when, pack, seen | {f"rule {rule}"})
        case Name() | Call() | Window() | Related():
            yield node
        case _:
            for child in children(node):
                yield from _sources(child, pack, seen)


def _bare(rule: Rule) -> Rule:
    """The rule's lens and days, without its words: they say nothing of a part."""
    return Rule(rule.id, rule.when, lens=rule.lens, valid_from=rule.valid_from, valid_to=rule.valid_to)
