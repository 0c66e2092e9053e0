"""Tables of firms as they come: read, with a day for every row that has one, cut at a moment.

One rule: what is not there is unknown. A column that a table lacks reads as empty; only a table without ``id`` is refused, because nobody could say whom
its rows are about.

Not ok: a row later than ``as_of``; a row without a readable day once ``as_of`` is given, because nobody can say that it was known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FILES = ("base_info.csv", "change_info.csv", "annual_report_info.csv", "tax_info.csv", "news_info.csv", "other_info.csv")
REPORTS = "annual_report_info.csv"

_DAYS = {"tax_info.csv": "END_DATE", "news_info.csv": "public_date", "change_info.csv": "bgrq", "base_info.csv": "opfrom"}
_DATED = frozenset({REPORTS, "tax_info.csv", "news_info.csv", "change_info.csv"})
"""Tables whose rows happened on a day. The register and the counts of judgments are as they stand: a caller hands them in as of the moment."""

FILED_MONTH, FILED_DAY = 6, 30
"""The report of a year is filed from January to the end of June of the next; it counts as known from there on."""


def read(path: Path) -> pd.DataFrame:
    """One table, ids as text. Raises ``KeyError`` for one without ``id``."""
    frame = pd.read_csv(path, dtype={"id": str}, encoding="utf-8-sig", low_memory=False)
    return frame[frame["id"].notna()]


def tables_of(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that the folder has, by file name."""
    return {name: read(folder / name) for name in FILES if (folder / name).exists()}


def column(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A column as numbers; NaN where it says none, and everywhere if the table lacks it.

    >>> column(pd.DataFrame({"id": ["a", "b"], "n": ["3", "many"]}), "n").tolist(), column(pd.DataFrame({"id": ["a"]}), "n").tolist()
    ([3.0, nan], [nan])
    """
    if name not in rows:
        return pd.Series(np.nan, index=rows.index)
    return pd.to_numeric(rows[name], errors="coerce").astype("float64")


def words(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    """A column as texts, missing where empty, and everywhere if the table lacks it."""
    if name not in rows:
        return pd.Series(pd.NA, index=rows.index, dtype="string")
    told: pd.Series[Any] = rows[name].astype("string").str.strip()
    return told.where(told.ne(""), pd.NA)


def days(name: str, rows: pd.DataFrame) -> pd.Series[Any]:
    """The day that each row speaks of; NaT for a date that is none (``1小时前``, 0000-00-00, a serial number)."""
    if name == REPORTS:
        return _dates(_year(rows).astype("string") + "-12-31")
    if name not in _DAYS:
        return pd.Series(pd.NaT, index=rows.index, dtype="datetime64[ns]")
    text = words(rows, _DAYS[name]).str.extract(r"^(\d{4}\D\d{1,2}\D\d{1,2}|\d{8}(?!\d{1,5}$))", expand=False)
    return _dates(text.str.replace(r"\D", "-", regex=True))


def known_from(name: str, rows: pd.DataFrame) -> pd.Series[Any]:
    """The day from which each row can have been known: for an annual report the last day of filing it, else its own day."""
    if name != REPORTS:
        return days(name, rows)
    return _dates((_year(rows) + 1).astype("string") + f"-{FILED_MONTH:02}-{FILED_DAY}")


def known_by(name: str, rows: pd.DataFrame, moment: pd.Timestamp, *, strict: bool) -> pd.DataFrame:
    """The rows that were known at the moment. ``strict`` leaves out, too, what has no readable day in a table of dated rows."""
    day = known_from(name, rows)
    out = day > moment
    if strict and name in _DATED:
        out |= day.isna()
    return rows[~out]


def moment_of(tables: Mapping[str, pd.DataFrame], as_of: date | str | None) -> pd.Timestamp:
    """``as_of``, or the newest day from which anything in the tables was known."""
    if as_of is not None:
        return pd.Timestamp(as_of)
    newest = [d for name, t in tables.items() if name != "base_info.csv" and (d := known_from(name, t).max()) is not pd.NaT]
    return max(newest, default=pd.Timestamp.max.normalize())


def years(moment: pd.Timestamp, dates: pd.Series[Any]) -> Any:
    """Years from each date to the moment."""
    return (moment - dates).dt.days / 365.25


def _year(rows: pd.DataFrame) -> pd.Series[Any]:
    year = column(rows, "ANCHEYEAR")
    return year.where(year.between(1980, 2100)).round().astype("Int64")


def _dates(text: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(text.astype(object), errors="coerce", format="mixed").astype("datetime64[ns]")
