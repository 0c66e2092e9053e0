"""Numbers over a subject's history as of a moment: how many, how much, how long ago, and how that changed.

The rule: an event counts for a query only if it lies strictly before `as_of`, strictly inside the window, and is not of the unit asked about.
So a row never sees itself, and nothing that happens later can change it.

>>> events = pd.DataFrame({"subject": ["甲", "甲", "甲", "乙"], "at": pd.to_datetime(["2026-01-01", "2026-01-05", "2026-01-10", "2026-01-05"]),
...     "kind": ["alert", "complaint", "alert", "alert"], "unit": ["u1", "u2", "u3", "u4"], "amount": [5.0, None, 7.0, 3.0]})
>>> queries = pd.DataFrame({"subject": ["甲", "甲", "丙"], "as_of": pd.to_datetime(["2026-01-10", "2026-01-11", "2026-01-11"]), "unit": ["u3", "u3", "u9"]})
>>> window(events, queries, "count", days=30).tolist(), window(events, queries, "count", days=6, kind="alert").tolist()
([2.0, 2.0, 0.0], [0.0, 0.0, 0.0])
>>> window(events, queries, "sum", field="amount").tolist(), window(events, queries, "days_since").tolist()
([5.0, 5.0, 0.0], [5.0, 6.0, nan])

Over the other subjects of a group (an address, a telephone) instead of the subject itself:

>>> shared = pd.DataFrame({"subject": ["甲", "乙", "丙"], "group": ["一号院", "一号院", "二号院"]})
>>> window(events, queries, "sum", field="amount", groups=shared).tolist()
[3.0, 3.0, 0.0]
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
AGGREGATES = ("count", "distinct", "sum", "mean", "max", "min", "days_since", "change")
_PAIRS_AT_ONCE = 4_000_000
_DAY = 86_400_000_000
_NEVER = np.iinfo(np.int64).min
_WIDEST = 2**61


def window(
    events: pd.DataFrame,
    queries: pd.DataFrame,
    how: str,
    *,
    kind: str | None = None,
    field: str = "",
    days: float | None = None,
    own: pd.DataFrame | None = None,
    groups: pd.DataFrame | None = None,
) -> Floats:
    """One of `AGGREGATES` for each query; `days` None is all time before it. `change` is the count less that of the window before.

    `events`: subject, at, kind, unit and the `field`. `queries`: subject, as_of, unit. An event without a time counts nowhere, a query without one
    gets nan. Times all carry a zone or all carry none.

    `own` (unit, event): units of further events that are a unit's own, such as the alert it is evidence of. `groups` (subject, group): count the
    events of the *other* subjects that share a group with the query's subject. An event whose `field` is not known takes no part in distinct, sum,
    mean, max and min; these are nan where events have no known value at all, and mean, max, min and days_since also where there is no event.
    """
    return Windows(events, queries, own).window(how, kind=kind, field=field, days=days, groups=groups)


class Windows:
    """Many windows over the same events, asked by the same queries: what they have in common is computed once, and no number twice. Arguments as of :func:`window`."""

    def __init__(self, events: pd.DataFrame, queries: pd.DataFrame, own: pd.DataFrame | None = None) -> None:
        self._events, self._queries = events, queries
        self._at, self._as_of = _micros(events["at"]), _micros(queries["as_of"])
        subjects = _codes(events["subject"], queries["subject"])
        self._subject, self._asking = subjects[: len(events)], subjects[len(events) :]
        self._hidden = _own_pairs(events["unit"], queries["unit"], own)
        self._sorted: dict[str | None, _Sorted] = {}
        self._found: dict[tuple[str, str | None, str, float | None], Floats] = {}

    def window(
        self, how: str, *, kind: str | None = None, field: str = "", days: float | None = None, groups: pd.DataFrame | None = None
    ) -> Floats:
        """As :func:`window` says it."""
        if groups is not None:
            return self._counted(how, kind, field, days, groups)
        key = (how, kind, field, days)
        if key not in self._found:
            self._found[key] = self._counted(how, kind, field, days, None)
        return self._found[key].copy()

    def _counted(self, how: str, kind: str | None, field: str, days: float | None, groups: pd.DataFrame | None) -> Floats:
        if how == "change":
            if days is None:
                raise ValueError("a change needs the days of its window")
            once, twice = (self.window("count", kind=kind, days=n * days, groups=groups) for n in (1, 2))
            return 2 * once - twice
        held = self._held(kind, days, groups)
        found = _REDUCE[how](held, self._events, field) if how in _REDUCE else _since(held, self._at, self._as_of)
        found[self._as_of == _NEVER] = np.nan
        return found

    def _held(self, kind: str | None, days: float | None, groups: pd.DataFrame | None) -> "_Held":
        chosen = self._at != _NEVER
        if kind is not None and (groups is not None or kind not in self._sorted):
            chosen &= (self._events["kind"] == kind).to_numpy(dtype=bool)
        n, q = len(self._events), len(self._queries)
        if groups is None:
            query, asking = np.arange(q), self._asking
            if kind not in self._sorted:
                event = np.flatnonzero(chosen)
                self._sorted[kind] = _Sorted.of(self._subject[event], self._at[event], event)
            ordered = self._sorted[kind]
        else:
            shared = groups.drop_duplicates()
            subjects = _codes(self._events["subject"], self._queries["subject"], shared["subject"])
            event, who = _joined(subjects[:n], subjects[n + q :], _codes(shared["group"]))
            query, asking = _joined(subjects[n : n + q], subjects[n + q :], _codes(shared["group"]))
            event, who = event[chosen[event]], who[chosen[event]]
            ordered = _Sorted.of(who, self._at[event], event)
        width = None if days is None else min(int(days * _DAY), _WIDEST)
        lo, hi = ordered.bounds(asking, self._as_of[query], width)
        return _Held(q, n, ordered.order, query, lo, hi, self._hidden, self._subject, self._asking, groups is not None)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Events by who they are of, then by time: ``keys`` are made of both, times being numbered."""

    order: Ints
    times: Ints
    keys: Ints

    @classmethod
    def of(cls, who: Ints, at: Ints, event: Ints) -> "_Sorted":
        order = np.lexsort((at, who))
        times, rank = np.unique(at, return_inverse=True)
        return cls(event[order], times, who[order] * (len(times) + 1) + rank[order] + 1)

    def bounds(self, asked: Ints, as_of: Ints, width: int | None) -> tuple[Ints, Ints]:
        """For each query the slice of the order that its window holds."""
        base = asked * (len(self.times) + 1)
        since = 0 if width is None else np.searchsorted(self.times, np.where(as_of == _NEVER, _NEVER, as_of - width), side="right")
        lo = np.searchsorted(self.keys, base + since, side="right")
        hi = np.searchsorted(self.keys, base + np.searchsorted(self.times, as_of, side="left"), side="right")
        return lo, np.where(as_of == _NEVER, lo, np.maximum(lo, hi))


@dataclass(frozen=True, slots=True)
class _Held:
    """What each query's window holds: the events `order[lo[k]:hi[k]]` for the query `query[k]`, less the hidden."""

    queries: int
    events: int
    order: Ints
    query: Ints
    lo: Ints
    hi: Ints
    hidden: Ints
    """sorted `query * events + event`: a query's own events"""
    subject: Ints
    asking: Ints
    grouped: bool
    """over groups: an event may stand in several of a query's slices, and those of its own subject are left out"""

    def pairs(self) -> Iterator[tuple[Ints, Ints]]:
        """(query, event), each once; a block of queries at a time, so that memory stays small."""
        sizes = self.hi - self.lo
        ends = np.cumsum(sizes)
        first = 0
        while first < len(self.query):
            done = ends[first - 1] if first else 0
            stop = max(first + 1, int(np.searchsorted(ends, done + _PAIRS_AT_ONCE, side="right")))
            while self.grouped and stop < len(self.query) and self.query[stop] == self.query[stop - 1]:
                stop += 1
            size = sizes[first:stop]
            slot = np.repeat(np.arange(first, stop), size)
            place = np.arange(len(slot)) - np.repeat(np.cumsum(size) - size, size) + self.lo[slot]
            yield self._seen(self.query[slot], self.order[place])
            first = stop

    def _seen(self, query: Ints, event: Ints) -> tuple[Ints, Ints]:
        if self.grouped:
            others = self.subject[event] != self.asking[query]
            key = np.unique(query[others] * self.events + event[others])
            query, event = key // max(self.events, 1), key % max(self.events, 1)
        if len(self.hidden) and len(query):
            shown = ~_among(query * self.events + event, self.hidden)
            query, event = query[shown], event[shown]
        return query, event


def _counts(held: _Held, events: pd.DataFrame, field: str) -> Floats:  # noqa: ARG001 - every event counts
    if held.grouped:
        out = np.zeros(held.queries, dtype=np.int64)
        for query, _ in held.pairs():
            out += np.bincount(query, minlength=held.queries)
        return out.astype(np.float64)
    place = np.full(held.events, -1)
    place[held.order] = np.arange(len(held.order))
    query, event = held.hidden // max(held.events, 1), held.hidden % max(held.events, 1)
    inside = (held.lo[query] <= place[event]) & (place[event] < held.hi[query])
    return (held.hi - held.lo - np.bincount(query[inside], minlength=held.queries)).astype(np.float64)


def _distinct(held: _Held, events: pd.DataFrame, field: str) -> Floats:
    values = pd.factorize(events[field].astype(object))[0].astype(np.int64)
    known = values >= 0
    top = int(values.max(initial=0)) + 1
    out, events_seen, known_seen = (np.zeros(held.queries, dtype=np.int64) for _ in range(3))
    for query, event in held.pairs():
        events_seen += np.bincount(query, minlength=held.queries)
        query, event = query[known[event]], event[known[event]]
        known_seen += np.bincount(query, minlength=held.queries)
        out += np.bincount(np.unique(query * top + values[event]) // top, minlength=held.queries)
    return np.where((events_seen > 0) & (known_seen == 0), np.nan, out)


def _sum(held: _Held, events: pd.DataFrame, field: str) -> Floats:
    total, known, seen = _totals(held, events, field)
    return np.where((seen > 0) & (known == 0), np.nan, total)


def _mean(held: _Held, events: pd.DataFrame, field: str) -> Floats:
    total, known, _ = _totals(held, events, field)
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def _totals(held: _Held, events: pd.DataFrame, field: str) -> tuple[Floats, Ints, Ints]:
    values = _numbers(events, field)
    total = np.zeros(held.queries)
    known, seen = np.zeros(held.queries, dtype=np.int64), np.zeros(held.queries, dtype=np.int64)
    for query, event in held.pairs():
        seen += np.bincount(query, minlength=held.queries)
        query, event = query[~np.isnan(values[event])], event[~np.isnan(values[event])]
        known += np.bincount(query, minlength=held.queries)
        total += np.bincount(query, weights=values[event], minlength=held.queries)
    return total, known, seen


def _max(held: _Held, events: pd.DataFrame, field: str) -> Floats:
    return _highest(held, _numbers(events, field))


def _min(held: _Held, events: pd.DataFrame, field: str) -> Floats:
    return -_highest(held, -_numbers(events, field))


def _highest(held: _Held, values: Floats) -> Floats:
    out = np.full(held.queries, np.nan)
    for query, event in held.pairs():
        np.fmax.at(out, query, values[event])
    return out


def _since(held: _Held, at: Ints, as_of: Ints) -> Floats:
    """Days from the last event of a window to its end."""
    last = np.full(held.queries, _NEVER)
    if held.grouped:
        for query, event in held.pairs():
            np.maximum.at(last, query, at[event])
    else:
        place = held.hi - 1
        while len(hiding := _hiding(held, place)):
            place[hiding] -= 1
        some = place >= held.lo
        last[some] = at[held.order[place[some]]]
    return np.where(last == _NEVER, np.nan, (as_of - last) / _DAY)


def _hiding(held: _Held, place: Ints) -> Ints:
    """The queries whose place holds an event of their own."""
    some = np.flatnonzero(place >= held.lo)
    return some[_among(some * held.events + held.order[place[some]], held.hidden)] if len(held.hidden) else some[:0]


_REDUCE = {"count": _counts, "distinct": _distinct, "sum": _sum, "mean": _mean, "max": _max, "min": _min}


def _numbers(events: pd.DataFrame, field: str) -> Floats:
    return pd.to_numeric(events[field].astype(object), errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _micros(times: "pd.Series[pd.Timestamp]") -> Ints:
    stamps = pd.to_datetime(times)
    if stamps.dt.tz is not None:
        stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    return stamps.to_numpy().astype("datetime64[us]").astype(np.int64)


def _codes(*parts: "pd.Series[str]") -> Ints:
    """One number for each value over all parts. Unknown values equal nothing: each gets a number of its own."""
    codes, uniques = pd.factorize(np.concatenate([p.to_numpy(dtype=object) for p in parts]))
    unknown = codes < 0
    out: Ints = codes.astype(np.int64)
    out[unknown] = len(uniques) + np.arange(int(unknown.sum()))
    return out


def _joined(subjects: Ints, of_group: Ints, group: Ints) -> tuple[Ints, Ints]:
    """Each row once for every group of its subject: the row's number, the group; in the order of rows."""
    row, place = _matched(subjects, of_group)
    return row, group[place]


def _own_pairs(of_event: "pd.Series[str]", of_query: "pd.Series[str]", own: pd.DataFrame | None) -> Ints:
    """Sorted `query * events + event` for the events of the query's own unit."""
    n, q = len(of_event), len(of_query)
    if own is None or not len(own):
        codes = _codes(of_event, of_query)
        query, event = _matched(codes[n:], codes[:n])
        return query * n + event  # sorted: queries in their order, events of one unit in theirs
    codes = _codes(of_event, of_query, own["unit"], own["event"])
    events, queries, unit, its = np.split(codes, [n, n + q, n + q + len(own)])
    query, event = _matched(queries, events)
    further, row = _matched(queries, unit)
    place, more = _matched(its[row], events)
    return np.unique(np.concatenate([query * n + event, further[place] * n + more]))


def _matched(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """All pairs of places whose values are equal, by the left place, then the right."""
    order = np.argsort(right, kind="stable")
    ranked = right[order]
    lo, hi = np.searchsorted(ranked, left, side="left"), np.searchsorted(ranked, left, side="right")
    size = hi - lo
    at = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size) + np.repeat(lo, size)
    return np.repeat(np.arange(len(left)), size), order[at]


def _among(keys: Ints, of: Ints) -> NDArray[np.bool_]:
    """Which keys are in a sorted array that is not empty."""
    return np.asarray(of[np.minimum(np.searchsorted(of, keys), len(of) - 1)] == keys)
