"""How firms that answered alike were labelled: a smoothed rate for every combination of answers, without a firm ever seeing its own label.

Filers of one kind (partnerships, branches, shells of one agent) answer the yearly report in the same pattern, and many firms share every answer with others. Trees
find such a pattern only cut by cut; its rate in one column tells it at once. On the public tables this is worth more than any setting of the trees.

For rows that are learnt from, the rate comes from the other nine tenths of them (else trees would read the label back); for all others from the whole. Source:
Micci-Barreca, *A preprocessing scheme for high-cardinality categorical attributes*, SIGKDD Explorations 3 (2001): rate = (positives + k·prior) / (rows + k).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.inputs import Floats, table

if TYPE_CHECKING:
    import pandas as pd

Codes = npt.NDArray[np.uint64]
PREFIX = "alike_"
PARTS = 10
WEIGHT = 3.0
"""k of the source: how many rows the prior counts for."""

_SIGNS = ("empnumsign", "forinvestsign", "stocktransign", "pubstate", "websitsign")
_LAGS = (1, 2, 3, 4, 5)
_YEARLY = (*_SIGNS, "empnum", "colgranum", "colemplnum", "unexplained", "missing")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "signs": tuple(f"report_{s}_course" for s in _SIGNS),
    "filing": ("report_blanks", "report_count", "report_first_years_ago", "report_last_years_ago"),
    "signs_and_staff": ("report_empnumsign_course", "report_forinvestsign_course", "report_stocktransign_course", "report_last_empnum"),
    "last_staff": ("report_blanks", *(f"report_last_{c}" for c in ("empnum", "colgranum", "colemplnum")), "report_count"),
    "staff_by_year": tuple(f"report_lag{k}_empnum" for k in _LAGS),
    "make_up_by_year": tuple(f"report_lag{k}_{c}" for k in _LAGS for c in ("colgranum", "colemplnum")),
    "everything_by_year": tuple(f"report_lag{k}_{c}" for k in _LAGS for c in _YEARLY),
    "make_up": ("report_blanks", *(f"report_last_{c}" for c in ("empnum", "colgranum", "colemplnum", "unenum", "uneemplnum"))),
}
"""Answers that are looked at together."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Rates by group of columns: codes of combinations in rising order, the rate of each, and the prior for one that was never seen."""

    groups: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Codes]
    rates: Mapping[str, Floats]
    prior: float

    @property
    def names(self) -> list[str]:
        """The columns that it gives."""
        return [PREFIX + name for name in self.groups]

    def __call__(self, frame: pd.DataFrame) -> Floats:
        """One column a group: the rate of firms that answered as this one did."""
        return self.of(combinations(frame, self.groups))

    def of(self, told: Codes) -> Floats:
        """The same from `combinations`."""
        out = np.full(told.shape, self.prior)
        for j, name in enumerate(self.groups):
            known = self.codes[name]
            at = np.minimum(np.searchsorted(known, told[:, j]), len(known) - 1)
            found = known[at] == told[:, j]
            out[found, j] = self.rates[name][at[found]]
        return out

    def state(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """(JSON, arrays) for `models.bundle`: combinations are 64-bit codes, no answer of a firm is stored."""
        arrays: dict[str, Any] = {f"{PREFIX}{name}_codes": self.codes[name] for name in self.groups}
        arrays |= {f"{PREFIX}{name}_rates": self.rates[name] for name in self.groups}
        return {"groups": {name: list(columns) for name, columns in self.groups.items()}, "prior": self.prior}, arrays


def from_state(plain: Mapping[str, Any], arrays: Mapping[str, Any]) -> Alike:
    """What `Alike.state` described."""
    groups = {name: tuple(columns) for name, columns in plain["groups"].items()}
    codes = {name: np.asarray(arrays[f"{PREFIX}{name}_codes"], dtype=np.uint64) for name in groups}
    rates = {name: np.asarray(arrays[f"{PREFIX}{name}_rates"], dtype=np.float64) for name in groups}
    return Alike(groups, codes, rates, float(plain["prior"]))


def groups_of(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The groups of which a table has any column, cut to those it has."""
    there = set(columns)
    cut = {name: tuple(c for c in wanted if c in there) for name, wanted in GROUPS.items()}
    return {name: found for name, found in cut.items() if found}


def combinations(frame: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> Codes:
    """A 64-bit code of each row's answers, one column a group; unknown is an answer of its own.

    >>> import pandas as pd
    >>> c = combinations(pd.DataFrame({"a": [1.0, 1.0, None], "b": [2.0, 2.0, 2.0]}), {"both": ["a", "b"]})[:, 0].tolist()
    >>> c[0] == c[1], c[0] == c[2]
    (True, False)
    """
    out = np.zeros((len(frame), len(groups)), dtype=np.uint64)
    for j, columns in enumerate(groups.values()):
        values = np.nan_to_num(table(frame, list(columns), len(frame)).round(4), nan=-1e9) + 0.0
        code = np.full(len(frame), 14695981039346656037, dtype=np.uint64)
        for bits in np.ascontiguousarray(values.T).view(np.uint64):
            mixed = (code ^ bits) * np.uint64(1099511628211)
            code = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
        out[:, j] = code
    return out


def learn(told: Codes, groups: Mapping[str, tuple[str, ...]], y: Floats, w: Floats) -> Alike:
    """Rates from all rows.

    >>> told = np.array([[7], [7], [9]], dtype=np.uint64)
    >>> learn(told, {"g": ("a",)}, np.array([1.0, 1.0, 0.0]), np.ones(3)).of(told)[:, 0].round(2).tolist()
    [0.8, 0.8, 0.5]
    """
    prior, mean = float((w * y).sum() / w.sum()), float(w.mean())
    codes: dict[str, Codes] = {}
    rates: dict[str, Floats] = {}
    for j, name in enumerate(groups):
        codes[name], inverse = np.unique(told[:, j], return_inverse=True)
        up, rows = np.bincount(inverse, weights=w * y / mean), np.bincount(inverse, weights=w / mean)
        rates[name] = (up + WEIGHT * prior) / (rows + WEIGHT)
    return Alike(dict(groups), codes, rates, prior)


def held_out(told: Codes, groups: Mapping[str, tuple[str, ...]], y: Floats, w: Floats, group: Any, seed: int) -> Floats:
    """Rates of the rows that are learnt from, each from the other tenths; rows of one ``group`` (one subject) share a tenth."""
    _, inverse = np.unique(np.asarray(group), return_inverse=True)
    part = (np.random.default_rng(seed).permutation(int(inverse.max()) + 1) % PARTS)[inverse]
    out = np.zeros(told.shape)
    for one in np.unique(part):
        rest = part != one
        out[~rest] = learn(told[rest], groups, y[rest], w[rest]).of(told[~rest])
    return out
