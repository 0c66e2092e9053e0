"""The work that rule engines are compared on: two hundred rules from a seeded grammar, over columns from the same seed. Nothing from outside.

Written in the project's own language and read by its own parser; `peers` says the same trees in the languages of others.

>>> source(3).splitlines()[-1] == source(3).splitlines()[-1], len(pack(5).rules)
(True, 5)
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from rules.columns import coded
from rules.functions import Vocabulary
from rules.inputs import Column, Hits, Inputs
from rules.pack import Pack, pack_from_text

NUMBERS = tuple(f"amount_{i}" for i in range(10))
"""Values from 0 to 100 with two decimals: exact enough for engines that count in decimals."""

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "channel": ("shop", "livestream", "short_video", "moments", "forum", "search", "mail", "other"),
    "region": tuple(f"region_{i}" for i in range(12)),
    "trade": ("drugs", "devices", "food", "finance", "care", "none"),
    "state": ("valid", "expired", "absent"),
}
FLAGS = ("has_phone", "has_link", "is_new")
HITS = tuple(f"hit_{name}" for name in ("cure", "secret", "yield", "agent", "rush"))
"""Whether a text has words of a list: hits are ready for all engines, since none of the others can look for them."""

VOCABULARY = Vocabulary()
WITH_NULLS = (*NUMBERS[:6], "region", "state", "has_link")


def source(rules: int, seed: int = 7) -> str:
    """Rules as text: two to five parts each, half of the parts from a pool that all rules share, as packs have it."""
    rng = random.Random(seed)
    pool = [_atom(rng) for _ in range(60)]
    shared = [f"condition shared_{i} = {_joined(rng, [rng.choice(pool) for _ in range(rng.randint(2, 3))])}" for i in range(15)]
    told = [
        f'rule r{i} "rule {i}"\n  when {_joined(rng, [_part(rng, pool, len(shared)) for _ in range(rng.randint(2, 5))])}'
        for i in range(rules)
    ]
    return "\n".join([*shared, *told])


def pack(rules: int = 200, seed: int = 7) -> Pack:
    """The rules, parsed."""
    read = pack_from_text(source(rules, seed), "bench")
    assert not read.diagnostics, read.diagnostics[0]
    return read


def _atom(rng: random.Random) -> str:
    kind = rng.random()
    name = rng.choice(NUMBERS)
    if kind < 0.4:
        return f"{name} {rng.choice(('<', '<=', '>', '>='))} {rng.randint(2, 98)}"
    if kind < 0.5:
        low = rng.randint(0, 80)
        return f"{name} between {low} and {low + rng.randint(2, 20)}"
    if kind < 0.75:
        column, values = rng.choice(tuple(CATEGORIES.items()))
        some = ", ".join(f'"{value}"' for value in sorted(rng.sample(values, rng.randint(1, max(1, len(values) // 2)))))
        return f"{column} in [{some}]"
    return rng.choice((*FLAGS, *HITS, *HITS))


def _part(rng: random.Random, pool: list[str], conditions: int) -> str:
    kind = rng.random()
    part = rng.choice(pool) if kind < 0.5 else f"shared_{rng.randrange(conditions)}" if kind < 0.65 else _atom(rng)
    return f"not ({part})" if rng.random() < 0.15 else part


def _joined(rng: random.Random, parts: list[str]) -> str:
    while len(parts) > 1:
        word, some = rng.choice(("and", "and", "or")), parts[:3] if rng.random() < 0.3 else parts[:2]
        parts = ["(" + f" {word} ".join(some) + ")", *parts[len(some) :]]
    return parts[0]


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name; `known` masks only where a column has unknowns. Categories are codes into `CATEGORIES`."""

    columns: Mapping[str, npt.NDArray[Any]]
    known: Mapping[str, npt.NDArray[np.bool_]]
    size: int

    def cut(self, rows: int) -> Table:
        """The first rows."""
        return Table({k: v[:rows] for k, v in self.columns.items()}, {k: v[:rows] for k, v in self.known.items()}, rows)

    def rows(self, count: int) -> list[dict[str, Any]]:
        """The first rows as dictionaries, None where unknown: what engines that go row by row are given, made before any clock runs."""
        lists = {}
        for name, column in self.columns.items():
            values: list[Any] = column[:count].tolist()
            words = CATEGORIES.get(name)
            values = [words[code] for code in values] if words else values
            known = self.known.get(name)
            lists[name] = values if known is None else [v if k else None for v, k in zip(values, known[:count].tolist(), strict=True)]
        return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def table(rows: int, *, nulls: float = 0.0, seed: int = 7) -> Table:
    """Seeded columns; `nulls` is the share of unknown cells in the columns of `WITH_NULLS`."""
    rng = np.random.default_rng(seed)
    columns: dict[str, npt.NDArray[Any]] = {name: np.round(rng.uniform(0, 100, rows), 2) for name in NUMBERS}
    columns |= {name: rng.integers(0, len(values), rows).astype(np.uint8) for name, values in CATEGORIES.items()}
    columns |= {name: rng.random(rows) < 0.3 for name in FLAGS}
    columns |= {name: rng.random(rows) < 0.05 for name in HITS}
    known = {name: rng.random(rows) >= nulls for name in WITH_NULLS} if nulls else {}
    return Table(columns, known, rows)


class TableInputs:
    """A table as rules see it. Text, lists and functions there are none."""

    def __init__(self, given: Table) -> None:
        everywhere = np.ones(given.size, dtype=bool)
        self.size = given.size
        self._columns = {
            name: coded(column, CATEGORIES[name], given.known.get(name, everywhere))
            if name in CATEGORIES
            else Column(column, given.known.get(name, everywhere))
            for name, column in given.columns.items()
        }

    vocabulary = VOCABULARY

    def field(self, name: str) -> Column:
        return self._columns[name]

    def hits(self, list_name: str) -> Hits:
        raise KeyError(list_name)

    literal = hits


def inputs(given: Table) -> Inputs:
    """The table for `rules.evaluate`: only what has columns is ever asked."""
    return cast("Inputs", TableInputs(given))


def inputs_of_row(row: Mapping[str, Any]) -> Inputs:
    """One dictionary for `rules.evaluate`, as an online call has it."""
    return cast("Inputs", RowInputs(row))


class RowInputs:
    """One row by name."""

    size = 1

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    vocabulary = VOCABULARY

    def cells(self, names: Sequence[str], row: int) -> list[Any]:  # noqa: ARG002 - there is one
        return [self._row[name] for name in names]

    def field(self, name: str) -> Column:
        return Column.of([self._row[name]])

    def hits(self, list_name: str) -> Hits:
        raise KeyError(list_name)

    literal = hits
