"""Annual reports of firms → what the last one says, how it moved, what is never filled in, and each of the last years by itself."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.firm_tables import REPORTS, column, days, words, years

STATES = {"开业": "open", "歇业": "idle", "停业": "stopped", "清算": "liquidation"}
NUMBERS = (
    "FUNDAM",
    "EMPNUM",
    "COLGRANUM",
    "RETSOLNUM",
    "DISPERNUM",
    "UNENUM",
    "COLEMPLNUM",
    "RETEMPLNUM",
    "DISEMPLNUM",
    "UNEEMPLNUM",
    "MEMNUM",
    "FARNUM",
    "ANNNEWMEMNUM",
    "ANNREDMEMNUM",
    "STATE",
    "EMPNUMSIGN",
    "WEBSITSIGN",
    "FORINVESTSIGN",
    "STOCKTRANSIGN",
    "PUBSTATE",
)
SIGNS = ("empnumsign", "websitsign", "forinvestsign", "stocktransign", "pubstate")
OWNERS, STAFF = ("colgranum", "retsolnum", "dispernum", "unenum"), ("colemplnum", "retemplnum", "disemplnum", "uneemplnum")
MOVING = ("empnum", "fundam", "colgranum", "unenum", "pubstate", "colemplnum")
TOLD = ("fundam", "empnumsign", "colgranum", "forinvestsign", "stocktransign", "state_open")
BY_YEAR = (*SIGNS, "empnum", "colgranum", "colemplnum", "unexplained", "missing")
LAGS = range(6)
"""Years before the moment of judging: 1 is the report that was due last."""


def annual(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """One row a firm; ``lag2_pubstate`` is a value of the report of the year before last."""
    facts = _facts(rows, moment)
    grouped = facts.groupby("id")
    last, first = grouped.nth(-1).set_index("id"), grouped.nth(0).set_index("id")
    out = last.drop(columns=["lag", "missing"]).add_prefix("last_")
    out["missing"], out["count"], out["first_years_ago"] = last["missing"], grouped.size(), first["years_ago"]
    out["gap_years"] = first["lag"] - last["lag"] + 1 - grouped["lag"].nunique()
    out["workers_special"] = last[list(OWNERS)].sum(axis=1, min_count=1)
    for c in MOVING:
        out[f"{c}_mean"], out[f"{c}_max"], out[f"{c}_change"] = grouped[c].mean(), grouped[c].max(), last[c] - first[c]
    for c in SIGNS:
        out[f"{c}_least"], out[f"{c}_values"], out[f"{c}_course"] = grouped[c].min(), grouped[c].nunique(), _course(facts, c)
    for c in TOLD:
        out[f"{c}_told"] = facts[c].notna().groupby(facts["id"]).mean()
    out["unexplained_mean"], out["missing_least"], out["blanks"] = grouped["unexplained"].mean(), grouped["missing"].min(), _blanks(last)
    return out.join(_by_year(facts))


def _facts(rows: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """One row a report, oldest first; reports of one year are ordered by what they say, never by where they stand in the file."""
    facts = pd.DataFrame({c.lower(): column(rows, c) for c in NUMBERS}, index=rows.index)
    state = words(rows, "BUSSTNAME")
    for word, code in STATES.items():
        facts[f"state_{code}"] = (state == word).astype("Float64").astype("float64")
    facts["missing"] = facts[[c.lower() for c in NUMBERS]].isna().sum(axis=1) + state.isna()
    named = facts[[*OWNERS, *STAFF]].sum(axis=1, min_count=1)
    facts["unexplained"] = facts["empnum"] - named
    day = days(REPORTS, rows)
    facts["id"], facts["years_ago"] = rows["id"], years(moment, day)
    facts["lag"] = (moment.year - day.dt.year).astype("float64")
    content = sorted(set(facts.columns) - {"id", "lag"})
    return facts.sort_values(["id", "lag", *content], ascending=[True, False, *[True] * len(content)], na_position="first")


def _course(facts: pd.DataFrame, name: str) -> pd.Series[Any]:
    """The answers of a firm from the oldest report to the last as digits (0 where not answered): 2, 2, 1 → 221."""
    digits = facts[name].fillna(0).clip(0, 9).round().astype("int64").astype("string")
    return digits.groupby(facts["id"]).agg(lambda told: float("".join(told)[-8:]))


def _blanks(last: pd.DataFrame) -> pd.Series[Any]:
    """Which of the questions the last report leaves open, as a number: one bit a question."""
    asked = last[list(TOLD)].isna()
    return sum((asked[c].astype("float64") * 2**k for k, c in enumerate(TOLD)), start=pd.Series(0.0, index=last.index))


def _by_year(facts: pd.DataFrame) -> pd.DataFrame:
    chosen = facts.drop_duplicates(["id", "lag"], keep="last")
    parts = [chosen[chosen["lag"] == lag].set_index("id")[list(BY_YEAR)].add_prefix(f"lag{lag}_") for lag in LAGS]
    return pd.concat(parts, axis=1)
