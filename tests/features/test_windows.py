"""Windows against a naive loop, and two laws: neither the future nor a unit's own events change anything."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import windows
from features.windows import AGGREGATES, window

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2026-01-01")


class Event(NamedTuple):
    subject: str | None
    at: int
    kind: str
    unit: str | None
    amount: float | None


class Query(NamedTuple):
    subject: str | None
    as_of: int
    unit: str | None


UNITS = ["u1", "u2", "u3", None]
EVENT = st.builds(
    Event,
    st.sampled_from(["甲", "乙", "丙", None]),
    st.integers(0, 40),
    st.sampled_from(["alert", "complaint", "report"]),
    st.sampled_from(UNITS),
    st.sampled_from([1.0, 2.5, -4.0, None]),
)
QUERY = st.builds(Query, st.sampled_from(["甲", "乙", "丁"]), st.integers(0, 40), st.sampled_from([*UNITS, "u9"]))
EVENTS, QUERIES = st.lists(EVENT, max_size=25), st.lists(QUERY, max_size=8)
OWN = st.lists(st.tuples(st.sampled_from(["u1", "u2", "u9"]), st.sampled_from(["u2", "u3"])), max_size=3)
GROUPS = st.lists(st.tuples(st.sampled_from(["甲", "乙", "丙"]), st.sampled_from(["东院", "西院"])), max_size=6) | st.none()
DAYS, HOW = st.sampled_from([1, 5, 30]), st.sampled_from(AGGREGATES)


def _events(rows: list[Event]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["subject", "at", "kind", "unit", "amount"]).astype(
        {"amount": object, "subject": object, "unit": object}
    )
    frame["at"] = START + pd.to_timedelta(frame["at"].astype("int64"), unit="D")
    return frame


def _queries(rows: list[Query]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["subject", "as_of", "unit"]).astype({"subject": object, "unit": object})
    frame["as_of"] = START + pd.to_timedelta(frame["as_of"].astype("int64"), unit="D")
    return frame


def _own(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unit", "event"], dtype=object)


def _groups(rows: list[tuple[str, str]] | None) -> pd.DataFrame | None:
    return None if rows is None else pd.DataFrame(rows, columns=["subject", "group"], dtype=object)


def _seen(
    events: list[Event], query: Query, days: float | None, own: list[tuple[str, str]], groups: list[tuple[str, str]] | None
) -> list[Event]:
    """The events of a query's window, by the letter of the rule."""
    if groups is None:
        subjects: set[str | None] = {query.subject}
    else:
        mine = {group for subject, group in groups if subject == query.subject}
        subjects = {subject for subject, group in groups if group in mine and subject != query.subject}
    mine_too = {event for unit, event in own if unit == query.unit} | {query.unit}
    return [
        e
        for e in events
        if e.subject is not None
        and e.subject in subjects
        and e.at < query.as_of
        and (days is None or e.at > query.as_of - days)
        and (e.unit is None or e.unit not in mine_too)
    ]


def _naive(how: str, seen: list[Event], before: list[Event], query: Query) -> float:
    values = [e.amount for e in seen if e.amount is not None]
    none_known = bool(seen) and not values
    match how:
        case "count":
            return float(len(seen))
        case "change":
            return float(len(seen) - (len(before) - len(seen)))
        case "days_since":
            return float(query.as_of - max(e.at for e in seen)) if seen else math.nan
        case "distinct":
            return math.nan if none_known else float(len(set(values)))
        case "sum":
            return math.nan if none_known else float(sum(values))
        case "mean":
            return sum(values) / len(values) if values else math.nan
        case "max":
            return max(values, default=math.nan)
        case _:
            return min(values, default=math.nan)


@pytest.mark.parametrize("how", AGGREGATES)
@given(events=EVENTS, queries=QUERIES, days=DAYS | st.none(), own=OWN, groups=GROUPS)
def test_same_as_a_loop(
    how: str, events: list[Event], queries: list[Query], days: int | None, own: list[tuple[str, str]], groups: list[tuple[str, str]] | None
) -> None:
    days = 5 if how == "change" else days
    got = window(_events(events), _queries(queries), how, field="amount", days=days, own=_own(own), groups=_groups(groups))
    twice = None if days is None else 2 * days
    expected = [
        _naive(how, _seen(events, q, days, own, groups), _seen(events, q, twice, own, groups), q) for q in queries
    ]  # fmt: skip
    np.testing.assert_allclose(got, np.array(expected, dtype=np.float64), rtol=1e-12)


@given(HOW, EVENTS, st.lists(QUERY, min_size=1, max_size=5), st.integers(0, 30), OWN, GROUPS)
def test_the_future_changes_nothing(
    how: str, events: list[Event], queries: list[Query], later: int, own: list[tuple[str, str]], groups: list[tuple[str, str]] | None
) -> None:
    now = max(q.as_of for q in queries)
    moved = [e if e.at < now else e._replace(at=e.at + later, kind="report", amount=99.0, subject="甲") for e in events]
    before, after = (
        window(_events(each), _queries(queries), how, field="amount", days=30, own=_own(own), groups=_groups(groups))
        for each in (events, [*moved, Event("甲", now, "alert", None, 7.0)])
    )
    np.testing.assert_array_equal(before, after)


@given(HOW, EVENTS, QUERIES, EVENTS, OWN, GROUPS)
def test_the_own_events_of_a_unit_change_nothing(
    how: str,
    events: list[Event],
    queries: list[Query],
    others: list[Event],
    own: list[tuple[str, str]],
    groups: list[tuple[str, str]] | None,
) -> None:
    """Its own events are rewritten at will, added to or taken away; all queries are of one unit, so that all of them are its own."""
    asked = [q._replace(unit="u1") for q in queries]
    mine = {event for unit, event in own if unit == "u1"} | {"u1"}
    rest = [e for e in events if e.unit not in mine]
    rewritten = [*rest, *(e._replace(unit=sorted(mine)[i % len(mine)]) for i, e in enumerate(others))]
    before, after = (
        window(_events(each), _queries(asked), how, field="amount", days=30, own=_own(own), groups=_groups(groups))
        for each in (events, rewritten)
    )
    np.testing.assert_array_equal(before, after)


@given(HOW, EVENTS, QUERIES, DAYS, GROUPS)
def test_the_size_of_a_block_changes_nothing(
    how: str, events: list[Event], queries: list[Query], days: int, groups: list[tuple[str, str]] | None
) -> None:
    def asked() -> Any:
        return window(_events(events), _queries(queries), how, field="amount", days=days, groups=_groups(groups)).tolist()

    whole = asked()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows, "_PAIRS_AT_ONCE", 2)
        np.testing.assert_allclose(asked(), whole, rtol=1e-12)


def test_unknown_times_and_zones() -> None:
    at = pd.Series([pd.Timestamp("2026-01-01T23:00:00+08:00"), pd.NaT])
    as_of = pd.Series([pd.Timestamp("2026-01-01T16:00:00", tz="UTC"), pd.NaT])
    events = pd.DataFrame({"subject": ["甲", "甲"], "at": at, "kind": "alert", "unit": ["u1", "u2"]})
    queries = pd.DataFrame({"subject": ["甲", "甲"], "as_of": as_of, "unit": "u9"}).set_axis([4, 9])
    for how, expected in (("count", 1.0), ("days_since", 1 / 24)):
        got = window(events, queries, how, days=1)
        assert got[0] == pytest.approx(expected)
        assert math.isnan(got[1])


def test_flags_count_as_one_and_texts_are_told_apart() -> None:
    at = START + pd.to_timedelta([1, 2, 3, 4], unit="D")
    frame = pd.DataFrame({"subject": "甲", "at": at, "kind": "verdict", "unit": ["v1", "v2", "v3", "v4"]})
    frame["confirmed"] = pd.Series([True, False, True, None], dtype=object)
    frame["code"] = pd.Series(["10", "30", "10", None], dtype=object)
    queries = pd.DataFrame({"subject": ["甲"], "as_of": [START + 9 * DAY], "unit": ["s1"]})
    assert window(frame, queries, "sum", field="confirmed").tolist() == [2.0]
    assert window(frame, queries, "distinct", field="code").tolist() == [2.0]


def test_a_change_needs_its_days() -> None:
    with pytest.raises(ValueError, match="needs the days"):
        window(_events([]), _queries([]), "change")
