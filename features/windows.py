"""Counts over a subject's history as of a moment.

The rule: an event counts for a query only if it lies strictly before `as_of`, strictly inside the window, and is not of the unit asked about.
So a row never sees itself, and nothing that happens later can change it.

>>> events = pd.DataFrame({"subject": ["甲", "甲", "甲", "乙"], "at": pd.to_datetime(["2026-01-01", "2026-01-05", "2026-01-10", "2026-01-05"]),
...     "kind": ["alert", "complaint", "alert", "alert"], "unit": ["u1", "u2", "u3", "u4"]})
>>> queries = pd.DataFrame({"subject": ["甲", "甲", "丙"], "as_of": pd.to_datetime(["2026-01-10", "2026-01-11", "2026-01-11"]), "unit": ["u3", "u3", "u9"]})
>>> history(events, queries, days=30)
   count  distinct  days_since
0    2.0       2.0         5.0
1    2.0       2.0         6.0
2    0.0       0.0         NaN
>>> history(events, queries, days=6, kind="alert")["count"].tolist()
[0.0, 0.0, 0.0]
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
_PAIRS_AT_ONCE = 4_000_000
_DAY = 86_400_000_000
_NEVER = np.iinfo(np.int64).min


def history(events: pd.DataFrame, queries: pd.DataFrame, days: float, *, kind: str | None = None, distinct: str = "kind") -> pd.DataFrame:
    """`count`, `distinct` (different values of a column) and `days_since` (the last event) for each query, all float64, in the queries' index.

    `events`: subject, at, kind, unit. `queries`: subject, as_of, unit. An event without a time counts nowhere; a query without one gets nan.
    Times all carry a zone or all carry none.
    """
    chosen = events if kind is None else events[events["kind"] == kind]
    at = _micros(chosen["at"])
    chosen, at = chosen[at != _NEVER], at[at != _NEVER]
    as_of = _micros(queries["as_of"])
    known = as_of != _NEVER
    n = len(chosen)
    subject = _codes(chosen["subject"], queries["subject"])
    unit = _codes(chosen["unit"], queries["unit"])
    order = np.lexsort((at, subject[:n]))
    at, who, what = at[order], subject[:n][order], unit[:n][order]
    lo, hi = _bounds(who, at, subject[n:], as_of, int(days * _DAY))
    own = unit[n:]
    lo, hi = np.where(known, lo, 0), np.where(known, hi, 0)
    count = hi - lo - _own(who, what, at, subject[n:], own, as_of, int(days * _DAY)) * (hi > lo)
    different = _distinct(_codes(chosen[distinct])[order], what, own, lo, hi)
    last = _last_of_others(who, what, own, lo, hi)
    since = np.where(last >= 0, (as_of - at[last]) / _DAY if n else np.nan, np.nan)
    columns = {"count": count.astype(np.float64), "distinct": different.astype(np.float64), "days_since": since.astype(np.float64)}
    return pd.DataFrame(columns, index=queries.index).where(pd.Series(known, index=queries.index), np.nan)


def _micros(times: "pd.Series[pd.Timestamp]") -> Ints:
    stamps = pd.to_datetime(times)
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    return stamps.to_numpy().astype("datetime64[us]").astype(np.int64)


def _codes(*parts: "pd.Series[str]") -> Ints:
    """One number for each value over all parts. Unknown values equal nothing: each gets a number of its own."""
    codes, uniques = pd.factorize(pd.concat([p.astype(object) for p in parts], ignore_index=True))
    unknown = codes < 0
    out: Ints = codes.astype(np.int64)
    out[unknown] = len(uniques) + np.arange(int(unknown.sum()))
    return out


def _bounds(who: Ints, at: Ints, asked: Ints, as_of: Ints, width: int) -> tuple[Ints, Ints]:
    """For each query the slice of the sorted events that its window holds."""
    floor = np.where(as_of == _NEVER, _NEVER, as_of - width)
    times, rank = np.unique(np.concatenate([at, floor, as_of]), return_inverse=True)
    base, n, q = len(times), len(at), len(asked)
    keys = who * base + rank[:n]
    lo = np.searchsorted(keys, asked * base + rank[n : n + q], side="right")
    hi = np.searchsorted(keys, asked * base + rank[n + q :], side="left")
    return lo, np.maximum(lo, hi)


def _own(who: Ints, what: Ints, at: Ints, asked: Ints, own: Ints, as_of: Ints, width: int) -> Ints:
    """How many events of the query's own unit the window holds."""
    top = int(max(what.max(initial=0), own.max(initial=0))) + 1
    pair, asked_pair = who * top + what, asked * top + own
    order = np.lexsort((at, pair))
    both, codes = np.unique(np.concatenate([pair[order], asked_pair]), return_inverse=True)
    del both
    lo, hi = _bounds(codes[: len(pair)], at[order], codes[len(pair) :], as_of, width)
    return hi - lo


def _last_of_others(who: Ints, what: Ints, own: Ints, lo: Ints, hi: Ints) -> Ints:
    """The place of the last event in the slice that is not the query's own; -1 if none."""
    n = len(who)
    if n == 0:
        return np.full(len(own), -1, dtype=np.int64)
    place = np.arange(n)
    new_run = np.ones(n, dtype=np.bool_)
    new_run[1:] = (who[1:] != who[:-1]) | (what[1:] != what[:-1])
    before_run = np.maximum.accumulate(np.where(new_run, place, 0)) - 1
    last = hi - 1
    safe = np.clip(last, 0, n - 1)
    last = np.where((last >= lo) & (what[safe] == own), before_run[safe], last)
    return np.where(last >= lo, last, -1)


def _distinct(values: Ints, what: Ints, own: Ints, lo: Ints, hi: Ints) -> Ints:
    """Different values in each slice without the query's own events; a block of queries at a time, so that memory stays small."""
    out = np.zeros(len(lo), dtype=np.int64)
    sizes = hi - lo
    ends = np.cumsum(sizes)
    top = int(values.max(initial=0)) + 1
    first = 0
    while first < len(lo):
        done = ends[first - 1] if first else 0
        stop = max(first + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
        size = sizes[first:stop]
        query = np.repeat(np.arange(first, stop), size)
        place = np.arange(len(query)) - np.repeat(np.cumsum(size) - size, size) + lo[query]
        query, place = query[what[place] != own[query]], place[what[place] != own[query]]
        seen = np.unique(query * top + values[place]) // top
        out += np.bincount(seen, minlength=len(out))
        first = stop
    return out
