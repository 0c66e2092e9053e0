"""What hangs on a signal and goes with it into an archive, as it stands in a file; what keeps a signal is said in ``archiving_holds``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import JSON, Column, Connection, Table, select

from risk.services.bulk import select_in
from risk.storage import tables as t

GOES = (t.signals, t.assessments, t.candidates, t.shadow_hits, t.shadow_scores, t.suppression_hits)
"""What is archived, in the order in which it may be written back."""

Line = tuple[Any, ...]
"""A row as it stands in a file: the values of the table's columns in their order, JSON as text with its keys in order."""


def by(table: Table) -> str:
    """The column by which a table hangs on a signal, or on an assessment of one."""
    return "id" if table is t.signals else "signal_id" if "signal_id" in table.c else "assessment_id"


def line(table: Table, row: Sequence[Any]) -> Line:
    """A row of a table as it stands in a file."""
    return tuple(_plain(column, value) for column, value in zip(table.columns, row, strict=True))


def _plain(column: Column[Any], value: Any) -> Any:
    if value is None or not isinstance(column.type, JSON):
        return value
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def rows_of(conn: Connection, signal_ids: Sequence[int]) -> dict[str, list[Line]]:
    """All that is stored of these signals: table → rows, in the order of their keys."""
    found: dict[str, list[Line]] = {}
    assessed: list[int] = []
    for table in GOES:
        name = by(table)
        rows = select_in(conn, select(table), table.c[name], assessed if name == "assessment_id" else signal_ids)
        keys = [list(table.columns).index(column) for column in table.primary_key]
        found[table.name] = sorted((line(table, row) for row in rows), key=lambda one: tuple(one[i] for i in keys))
        if table is t.assessments:
            assessed = [one[0] for one in found[table.name]]
    return found


def by_signal(rows: Mapping[str, Sequence[Line]]) -> dict[int, list[tuple[str, Line]]]:
    """Signal → (table, row) of all that hangs on it, in a fixed order."""
    found: dict[int, list[tuple[str, Line]]] = defaultdict(list)
    of_assessment: dict[int, int] = {}
    for table in GOES:
        place = [column.name for column in table.columns].index(by(table))
        for one in rows[table.name]:
            signal = of_assessment[one[place]] if by(table) == "assessment_id" else one[place]
            found[signal].append((table.name, one))
            if table is t.assessments:
                of_assessment[one[0]] = signal
    return found
