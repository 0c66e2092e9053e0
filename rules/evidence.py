"""What of the original text made a condition true: quotations with their offsets, words and lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from rules.nodes import And, Count, Expr, Has, ListRef, Mode, Name, Near, Not, Operand, Or, Textual, children
from rules.rowwise import RowReader, near_pairs
from rules.text_hits import Sorted


@dataclass(frozen=True, slots=True)
class Evidence:
    """One quotation of the original text and how it was found; `list` is empty for a literal word."""

    quote: str
    start: int
    end: int
    term: str
    list: str
    aggressive: bool
    negated: bool
    reported: bool


Evidences: TypeAlias = tuple[Evidence, ...]


def evidence_of(node: Expr, reader: RowReader) -> Evidences:
    """Quotations in the order of the condition, then of the text; a span is quoted once."""
    text = reader.inputs.text(reader.row)
    found: dict[tuple[int, int], Evidence] = {}
    for textual in _supporting(node, reader):
        for item in _quotations(textual, reader, text):
            found.setdefault((item.start, item.end), item)
    return tuple(found.values())


def _supporting(node: Expr, reader: RowReader) -> Iterator[Textual]:
    """The text operators that made a condition true: nothing under `not`, nothing on a branch that is not true."""
    match node:
        case Not():
            return
        case Name(name):
            condition = reader.pack.condition_by_name.get(name)
            if condition is not None:
                yield from _supporting(condition.expr, reader)
        case Has() | Near() | Count():
            yield node
        case And(items) | Or(items):
            for item in items:
                if reader.truth(item):
                    yield from _supporting(item, reader)
        case _:
            for child in children(node):
                if not isinstance(child, Operand):
                    yield from _supporting(child, reader)


def _quotations(node: Textual, reader: RowReader, text: str) -> Iterator[Evidence]:
    """The hits of one operator in the order of the text; of `near`, those of its left side first."""
    if isinstance(node, Has) and node.mode is Mode.NONE:
        return
    if isinstance(node, Near):
        left, right = reader.hits(node, node.left[0]), reader.hits(node, node.right[0])
        pairs = near_pairs(left, right, node.within)
        yield from _quote(left, node.left[0], reader, text, {one for one, _ in pairs})
        yield from _quote(right, node.right[0], reader, text, {two for _, two in pairs})
        return
    found = [item for operand in node.lists for item in _quote(reader.hits(node, operand), operand, reader, text)]
    yield from sorted(found, key=lambda item: (item.start, item.end))


def _quote(hits: Sorted, operand: Operand, reader: RowReader, text: str, chosen: set[int] | None = None) -> Iterator[Evidence]:
    name = operand.name if isinstance(operand, ListRef) else ""
    for index in range(len(hits.row)) if chosen is None else sorted(chosen):
        start, end = int(hits.start[index]), int(hits.end[index])
        word = reader.book.words[int(hits.term[index])]
        flags = (bool(hits.aggressive[index]), bool(hits.negated[index]), bool(hits.reported[index]))
        yield Evidence(text[start:end], start, end, word, name, *flags)
