"""Tables of firms → one row a firm: registers, annual reports, tax, news, judgments, as numbers with their absence kept.

One rule: what is missing is told, never filled in. A firm without a tax record differs from one that paid nothing, so every table gives a
flag of its own and its other columns are NaN where it has no row. What was not known at ``as_of`` is dropped before anything is counted.
Without ``as_of`` the newest day found in the tables stands for it: give one whenever firms are scored in parts.

Not ok: the position of a firm in a file, its id, or anything else that tells who made the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from features import firm_records, firm_register, firm_reports
from features.firm_index import dimensions
from features.firm_register import NUMBERS as BASE_NUMBERS
from features.firm_tables import FILES, known_by, moment_of, read, tables_of

__all__ = ["BASE_NUMBERS", "FILES", "PRESENT", "aligned", "dimensions", "firm_ids", "firms", "load_firms"]

PRESENT = "_present"
"""Ending of the columns that say whether a table has a row of the firm."""

_TABLES: Mapping[str, tuple[str, Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]]] = {
    "base_info.csv": ("base", firm_register.base),
    "change_info.csv": ("change", firm_register.change),
    "annual_report_info.csv": ("report", firm_reports.annual),
    "tax_info.csv": ("tax", firm_records.tax),
    "news_info.csv": ("news", firm_records.news),
    "other_info.csv": ("other", firm_records.other),
}
_CODES = "change_code_"


def load_firms(folder: Path | str, as_of: date | str | None = None) -> pd.DataFrame:
    """One row for each firm listed in ``labels.csv`` or ``ids.csv`` (else for each id in any table), indexed by id, float columns only.

    ``frame.attrs["as_of"]`` is the moment that the rows speak of. Raises ``KeyError`` for a table or list without ``id``, ``FileNotFoundError`` where
    there is neither; a column that a table lacks is unknown.
    """
    place = Path(folder)
    tables = tables_of(place)
    return firms(tables, firm_ids(place, tables), as_of)


def firms(tables: Mapping[str, pd.DataFrame], ids: Any, as_of: date | str | None = None) -> pd.DataFrame:
    """`load_firms` over tables that are read already, by file name."""
    moment = moment_of(tables, as_of)
    parts: list[pd.DataFrame] = []
    for name, (stem, make) in _TABLES.items():
        rows = tables.get(name)
        if rows is None:
            continue
        known = known_by(name, rows, moment, strict=as_of is not None)
        mine = known[known["id"].isin(ids)]
        once = (known if name == "base_info.csv" else mine).drop_duplicates()
        made = make(once, moment).astype("float64")
        made["copies"] = mine.groupby("id").size() - mine.drop_duplicates().groupby("id").size()
        made = made.reindex(ids).add_prefix(f"{stem}_")
        made.insert(0, f"{stem}{PRESENT}", ids.isin(mine["id"]).astype("float64"))
        parts.append(made)
    frame = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=ids)
    frame = pd.concat([frame, dimensions(frame)], axis=1)
    frame.attrs["as_of"] = moment.date().isoformat()
    return frame


def firm_ids(folder: Path | str, tables: Mapping[str, pd.DataFrame] | None = None) -> Any:
    """The firms to be judged, each once, in the order listed; from the tables where no list is there."""
    for name in ("labels.csv", "ids.csv"):
        path = Path(folder) / name
        if path.exists():
            return pd.Index(read(path)["id"].drop_duplicates(), name="id")
    found = [t["id"] for t in (tables or {}).values()]
    if not found:
        raise FileNotFoundError(f"no list of firms (labels.csv or ids.csv) and no table in {folder}")
    return pd.Index(pd.concat(found).drop_duplicates().sort_values(), name="id")


def aligned(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The named columns, in that order. A code of change that no firm of this table has is a count of 0 for those with changes, not unknown.

    >>> aligned(pd.DataFrame({"change_present": [1.0, 0.0]}), ["change_code_939", "tax_count"])["change_code_939"].tolist()
    [0.0, nan]
    """
    out = frame.reindex(columns=list(names))
    if "change_present" in frame:
        known = frame["change_present"].to_numpy(dtype="float64") > 0
        for name in names:
            if name.startswith(_CODES) and name not in frame:
                out[name] = pd.Series(0.0, index=out.index).where(known)
    return out
