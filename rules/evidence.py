"""What of the original text made a condition true: quotations with their offsets, words and lists."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from rules.items import Rule
from rules.nodes import (
    And,
    Count,
    Edge,
    Expr,
    Fires,
    Has,
    ListRef,
    Matches,
    Mode,
    Name,
    Near,
    Not,
    Operand,
    Or,
    SameSentence,
    Textual,
    children,
)
from rules.pack import Pack
from rules.row_hits import RowHit
from rules.rowwise import RowReader


@dataclass(frozen=True, slots=True)
class Evidence:
    """One quotation of the original text and how it was found; `list` is empty for a literal word and for a regular expression."""

    quote: str
    start: int
    end: int
    term: str
    list: str
    aggressive: bool
    negated: bool
    reported: bool


Evidences: TypeAlias = tuple[Evidence, ...]


class _Piece(NamedTuple):
    """Text operators that may support a condition: those that follow count only where `asked` is true (None: always)."""

    asked: Expr | None
    texts: tuple[Textual, ...]
    pieces: "tuple[_Piece, ...]"


def evidence_of(node: Expr, reader: RowReader) -> Evidences:
    """Quotations in the order of the condition, then of the text; a span is quoted once."""
    return _evidence(_supports(node, reader.pack, sure=False), reader)


def evidence_of_fired(rule: Rule, reader: RowReader) -> Evidences:
    """The same of a rule that is known to fire in this row: less has to be asked."""
    supports = _SUPPORTS.setdefault(reader.pack, {})
    if rule.id not in supports:
        supports[rule.id] = rule, _supports(rule.when, reader.pack, sure=True)
    known, pieces = supports[rule.id]
    return _evidence(pieces if known is rule else _supports(rule.when, reader.pack, sure=True), reader)


_SUPPORTS: WeakKeyDictionary[Pack, dict[str, tuple[Rule, tuple[_Piece, ...]]]] = WeakKeyDictionary()
"""Of the rules that fired so far: what supports them is the same in every row."""


def _evidence(pieces: tuple[_Piece, ...], reader: RowReader) -> Evidences:
    text = reader.inputs.text(reader.row)
    found: dict[tuple[int, int], Evidence] = {}
    for textual in _supporting(pieces, reader):
        for item in _quotations(textual, reader, text):
            found.setdefault((item.start, item.end), item)
    return tuple(found.values())


def _supporting(pieces: tuple[_Piece, ...], reader: RowReader) -> Iterator[Textual]:
    """The text operators that made a condition true in a row."""
    for piece in pieces:
        if piece.asked is None or reader.truth(piece.asked):
            yield from piece.texts
            yield from _supporting(piece.pieces, reader)


def _supports(node: Expr, pack: Pack, *, sure: bool) -> tuple[_Piece, ...]:
    """The text operators that can support a condition, and what must be true for it: nothing under `not`, nothing on a branch that is not true.

    `sure`: the condition is known to be true, and so is what is joined by `and` in it.
    """
    match node:
        case Has() | Near() | SameSentence() | Edge() | Matches() | Count():
            return (_Piece(None, (node,), ()),)
        case Not():
            return ()
        case And(items) if sure:
            return tuple(piece for item in items for piece in _supports(item, pack, sure=True))
        case And(items) | Or(items):
            return tuple(piece for item in items for piece in _asked(item, _supports(item, pack, sure=True)))
        case Name(name):
            definition = pack.named(name)
            return () if definition is None else _supports(definition.expr, pack, sure=sure)
        case Fires(rule):
            inner = _supports(pack.rule_by_id[rule].when, pack, sure=True)
            return inner if sure else _asked(node, inner)
        case _:
            inside = (child for child in children(node) if not isinstance(child, Operand))
            return tuple(piece for child in inside for piece in _supports(child, pack, sure=False))


def _asked(node: Expr, pieces: tuple[_Piece, ...]) -> tuple[_Piece, ...]:
    """Pieces that count where a condition is true."""
    if len(pieces) == 1 and pieces[0].asked is None:
        return (pieces[0]._replace(asked=node),)
    return (_Piece(node, (), pieces),) if pieces else ()


def _quotations(node: Textual, reader: RowReader, text: str) -> Iterator[Evidence]:
    """The hits of one operator in the order of the text; of two sides, those of the left first."""
    match node:
        case Has(Mode.NONE):
            return
        case Near(left, right) | SameSentence(left, right):
            one_side, other_side = reader.hit(left), reader.hit(right)
            yield from _in_order(_quote(reader.hits(node, one), one, text, _met(node, one, other_side, reader)) for one in one_side)
            yield from _in_order(_quote(reader.hits(node, two), two, text, _met(node, two, one_side, reader)) for two in other_side)
        case Edge(_, lists):
            there = reader.hit(lists)
            yield from _in_order(_quote(reader.hits(node, item), item, text, reader.at_edge(node, item)) for item in there)
        case Matches():
            yield from _quote(reader.matches(node), None, text)
        case Has(_, lists) | Count(lists):
            yield from _in_order(_quote(reader.hits(node, item), item, text) for item in reader.hit(lists))


def _met(node: Near | SameSentence, operand: Operand, others: tuple[Operand, ...], reader: RowReader) -> list[int]:
    """The hits of one list that stand together with one of another side."""
    return sorted({index for other in others for index in reader.met(node, operand, other)})


def _in_order(groups: Iterable[Iterable[Evidence]]) -> list[Evidence]:
    return sorted((item for group in groups for item in group), key=lambda item: (item.start, item.end))


def _quote(hits: Sequence[RowHit], operand: Operand | None, text: str, chosen: list[int] | None = None) -> Iterator[Evidence]:
    name = operand.name if isinstance(operand, ListRef) else ""
    for hit in hits if chosen is None else [hits[index] for index in chosen]:
        start, end, word, *flags = hit
        yield Evidence(text[start:end], start, end, word, name, *flags)
