"""The 17 divisions as a tile map: each a square about where it lies, until a map with an approval number is installed. Ours, in ``tiles.csv``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from risk.domain.datafiles import read_csv


@dataclass(frozen=True, slots=True)
class Tile:
    """A division and its place: ``column`` from the west, ``row`` from the north, both from 0."""

    code: str
    column: int
    row: int
    zh: str
    en: str


@cache
def tiles() -> tuple[Tile, ...]:
    """Every division once, no two in one place.

    >>> len({(one.column, one.row) for one in tiles()})
    17
    """
    return tuple(Tile(row["code"], int(row["column"]), int(row["row"]), row["short_zh"], row["short_en"]) for row in read_csv("tiles.csv"))
