"""Rows of named cells, as rule examples give them: ``{text: "…", channel: "shop", licence_state: "expired", complaints: 3, same_address: 12}``.

The rule: a cell counts for whatever is called by its name, in either language. A field gives its value; a function its result, whatever it is asked;
a stream the value of every window over it; a relation the number of others. What a row does not name is asked of ``texts``, where its text stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from risk.scoring.inputs import TextInputs, vocabulary
from rules.functions import Field, Function, Relation, Stream, Vocabulary
from rules.inputs import Column, Hits, Spans, WindowQuery


class RowInputs:
    """``rules.inputs.Inputs`` over rows of cells."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], texts: TextInputs) -> None:
        self._rows = rows
        self._texts = texts

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary()

    @property
    def size(self) -> int:
        return len(self._rows)

    def text(self, row: int) -> str:
        return self._texts.text(row)

    def hits(self, list_name: str) -> Hits:
        return self._texts.hits(list_name)

    def literal(self, term: str) -> Hits:
        return self._texts.literal(term)

    def matches(self, pattern: str) -> Hits:
        return self._texts.matches(pattern)

    def sentences(self) -> Spans:
        return self._texts.sentences()

    def member(self, column: Column, list_name: str) -> Column:
        return self._texts.member(column, list_name)

    def field(self, name: str) -> Column:
        return self._told(vocabulary().field(name), name, lambda: self._texts.field(name))

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        return self._told(vocabulary().function(name), name, lambda: self._texts.call(name, args))

    def window(self, query: WindowQuery) -> Column:
        return self._told(vocabulary().stream(query.stream), query.stream, lambda: self._texts.window(query))

    def related(self, relation: str) -> Column:
        return self._told(vocabulary().relation(relation), relation, lambda: self._texts.related(relation))

    def _told(self, item: Field | Function | Stream | Relation | None, name: str, otherwise: Callable[[], Column]) -> Column:
        """The cells of that name, and what the texts say in rows that have none."""
        names = (name,) if item is None else (item.name, item.zh)
        cells = [next(((True, row[n]) for n in names if n in row), (False, None)) for row in self._rows]
        if all(told for told, _ in cells):
            return Column.of(value for _, value in cells)
        other = otherwise()
        if not any(told for told, _ in cells):
            return other
        unsaid = [value if known else None for value, known in zip(other.values.tolist(), other.known.tolist(), strict=True)]
        return Column.of(value if told else unsaid[row] for row, (told, value) in enumerate(cells))
