"""Single rows of a batch, handed to the function that `single` made of the plan: cells, hits as bits, and what is asked for only where it matters."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rules.inputs import Column, Inputs
from rules.items import Plain
from rules.nodes import Operand
from rules.plan import AGGRESSIVE, NEGATED, REPORTED
from rules.single import Rules
from rules.text_hits import HitBook
from rules.values import Values


class Cells(Protocol):
    """What a host may offer besides `Inputs`, where single values are sooner at hand than columns."""

    def cells(self, names: Sequence[str], row: int) -> list[Plain]:
        """The values of fields in one row, by their names; None is unknown."""
        ...


class Rows:
    """The rows of a batch, one at a time."""

    def __init__(self, rules: Rules, inputs: Inputs, values: Values, book: HitBook, force: Sequence[bool]) -> None:
        self._inputs = inputs
        self._values = values
        self._book = book
        self._force = force
        self._rules = rules
        self._fields: list[Column] | None = None
        self._notes: dict[int, list[tuple[Operand, int]]] | None = None
        offered: Cells | None = inputs if hasattr(inputs, "cells") else None  # type: ignore[assignment]
        self._cells = offered.cells if offered is not None else self._of_columns

    def outcomes(self) -> npt.NDArray[np.int8]:
        """1, 0 or -1 for each row and each outcome of the rules; one more column of zeros for rules that do not hold."""
        size = self._inputs.size
        told = b"".join([bytes(self._judged(row, self._hits(row))) for row in range(size)])
        return np.frombuffer(told, dtype=np.int8).reshape(size, -1)

    def _judged(self, row: int, hits: Sequence[int]) -> list[int]:
        rules = self._rules
        cells = self._cells(rules.fields, row)

        def value(step: int) -> Plain:
            return _cell(self._values.column(step), row)

        def place(step: int) -> bool:
            bits = self._values.places(step)
            return bits is not None and bool(bits[row >> 3] & (1 << (row & 7)))

        judge = rules.judge if None in cells else rules.judge_known
        return judge(cells, hits, value, place, self._force)

    def _of_columns(self, names: Sequence[str], row: int) -> list[Plain]:
        if self._fields is None:
            self._fields = [self._inputs.field(name) for name in names]
        return [_cell(column, row) for column in self._fields]

    def _hits(self, row: int) -> list[int]:
        """For each way of counting hits, the lists that are hit in a row, as bits."""
        found = [0] * len(self._rules.kept)
        bits = self._rules.bits
        if not bits:
            return found
        for operand, marked in self._book.noted(row, bits, self._rules.vetted) if self._book.notes else self._read(row):
            bit = bits.get(operand)
            if bit is not None:
                for at, kept in enumerate(self._rules.kept):
                    if not marked & ~kept:
                        found[at] |= 1 << bit
        return found

    def _read(self, row: int) -> list[tuple[Operand, int]]:
        """The hits of a row, from hosts that have columns of them alone."""
        if self._notes is None:
            self._notes = {}
            for operand in self._rules.bits:
                hits = self._book.of(operand)
                marks = (NEGATED * hits.negated + REPORTED * hits.reported + AGGRESSIVE * hits.aggressive).tolist()
                for at, marked in zip(hits.row.tolist(), marks, strict=True):
                    self._notes.setdefault(at, []).append((operand, marked))
        return self._notes.get(row, [])


def _cell(column: Column, row: int) -> Plain:
    """One value as Python has it; None is unknown."""
    value: Any = column.values[row]
    if not column.known[row] or value is None or value != value:
        return None
    if isinstance(value, np.datetime64):
        day = value.astype("datetime64[D]").item()
        assert isinstance(day, date)
        return day
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[no-any-return]
