"""What of the original text made a condition true: quotations with their offsets, words and lists."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

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
from rules.rowwise import RowReader
from rules.text_hits import Sorted


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


def evidence_of(node: Expr, reader: RowReader, *, sure: bool = False) -> Evidences:
    """Quotations in the order of the condition, then of the text; a span is quoted once. `sure`: the condition is known to be true in this row."""
    text = reader.inputs.text(reader.row)
    found: dict[tuple[int, int], Evidence] = {}
    for textual in _supporting(node, reader, sure):
        for item in _quotations(textual, reader, text):
            found.setdefault((item.start, item.end), item)
    return tuple(found.values())


def _supporting(node: Expr, reader: RowReader, sure: bool) -> Iterator[Textual]:
    """The text operators that made a condition true: nothing under `not`, nothing on a branch that is not true.

    `sure`: the node is true, so that what is joined by `and` in it need not be asked.
    """
    match node:
        case Has() | Near() | SameSentence() | Edge() | Matches() | Count():
            yield node
        case And(items):
            for item in items:
                if sure or reader.truth(item):
                    yield from _supporting(item, reader, sure=True)
        case Or(items):
            for item in items:
                if reader.truth(item):
                    yield from _supporting(item, reader, sure=True)
        case Not():
            return
        case Name(name):
            definition = reader.pack.named(name)
            if definition is not None:
                yield from _supporting(definition.expr, reader, sure)
        case Fires(rule):
            if sure or reader.truth(node):
                yield from _supporting(reader.pack.rule_by_id[rule].when, reader, sure=True)
        case _:
            for child in children(node):
                if not isinstance(child, Operand):
                    yield from _supporting(child, reader, sure=False)


def _quotations(node: Textual, reader: RowReader, text: str) -> Iterator[Evidence]:
    """The hits of one operator in the order of the text; of two sides, those of the left first."""
    match node:
        case Has(Mode.NONE):
            return
        case Near(left, right) | SameSentence(left, right):
            one_side, other_side = reader.hit(left), reader.hit(right)
            yield from _in_order(_quote(reader.hits(node, one), one, reader, text, _met(node, one, other_side, reader)) for one in one_side)
            yield from _in_order(_quote(reader.hits(node, two), two, reader, text, _met(node, two, one_side, reader)) for two in other_side)
        case Edge(_, lists):
            there = reader.hit(lists)
            yield from _in_order(_quote(reader.hits(node, item), item, reader, text, reader.at_edge(node, item)) for item in there)
        case Matches():
            yield from _quote(reader.matches(node), None, reader, text)
        case Has(_, lists) | Count(lists):
            yield from _in_order(_quote(reader.hits(node, item), item, reader, text) for item in reader.hit(lists))


def _met(node: Near | SameSentence, operand: Operand, others: tuple[Operand, ...], reader: RowReader) -> list[int]:
    """The hits of one list that stand together with one of another side."""
    return sorted({index for other in others for index in reader.met(node, operand, other)})


def _in_order(groups: Iterable[Iterable[Evidence]]) -> list[Evidence]:
    return sorted((item for group in groups for item in group), key=lambda item: (item.start, item.end))


def _quote(hits: Sorted, operand: Operand | None, reader: RowReader, text: str, chosen: list[int] | None = None) -> Iterator[Evidence]:
    name = operand.name if isinstance(operand, ListRef) else ""
    for index in range(len(hits.row)) if chosen is None else chosen:
        start, end = int(hits.start[index]), int(hits.end[index])
        word = reader.book.words[int(hits.term[index])]
        flags = (bool(hits.aggressive[index]), bool(hits.negated[index]), bool(hits.reported[index]))
        yield Evidence(text[start:end], start, end, word, name, *flags)
