"""Windows against a naive loop, and the law of no future."""

import math

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from features.windows import history

DAY = pd.Timedelta(days=1)
START = pd.Timestamp("2026-01-01")
EVENT = st.tuples(
    st.sampled_from("甲乙丙"),
    st.integers(0, 40),
    st.sampled_from(["alert", "complaint", "report"]),
    st.sampled_from(["u1", "u2", "u3", None]),
)
QUERY = st.tuples(st.sampled_from("甲乙丁"), st.integers(0, 40), st.sampled_from(["u1", "u2", "u9", None]))


def _events(rows: list[tuple[str, int, str, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["subject", "at", "kind", "unit"])
    frame["at"] = START + pd.to_timedelta(frame["at"].astype("int64"), unit="D")
    return frame


def _queries(rows: list[tuple[str, int, str | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["subject", "as_of", "unit"])
    frame["as_of"] = START + pd.to_timedelta(frame["as_of"].astype("int64"), unit="D")
    return frame


def _naive(events: list[tuple[str, int, str, str | None]], query: tuple[str, int, str | None], days: int) -> tuple[float, float, float]:
    who, as_of, own = query
    seen = [
        (at, kind) for subject, at, kind, unit in events if subject == who and as_of - days < at < as_of and (own is None or unit != own)
    ]
    return float(len(seen)), float(len({k for _, k in seen})), float(as_of - max(at for at, _ in seen)) if seen else math.nan


@given(st.lists(EVENT, max_size=25), st.lists(QUERY, max_size=8), st.sampled_from([1, 5, 30]))
def test_same_as_a_loop(events: list[tuple[str, int, str, str | None]], queries: list[tuple[str, int, str | None]], days: int) -> None:
    got = history(_events(events), _queries(queries), days=days)
    expected = pd.DataFrame([_naive(events, q, days) for q in queries], columns=["count", "distinct", "days_since"]).astype("float64")
    pd.testing.assert_frame_equal(got, expected, check_index_type=False)


@given(st.lists(EVENT, max_size=20), st.lists(QUERY, min_size=1, max_size=5), st.integers(0, 30))
def test_the_future_changes_nothing(
    events: list[tuple[str, int, str, str | None]], queries: list[tuple[str, int, str | None]], later: int
) -> None:
    now = max(as_of for _, as_of, _ in queries)
    moved = [(s, at + later if at >= now else at, k, u) for s, at, k, u in events]
    pd.testing.assert_frame_equal(history(_events(events), _queries(queries), days=30), history(_events(moved), _queries(queries), days=30))


def test_unknown_times_and_zones() -> None:
    at = pd.Series([pd.Timestamp("2026-01-01T23:00:00+08:00"), pd.NaT])
    as_of = pd.Series([pd.Timestamp("2026-01-01T16:00:00", tz="UTC"), pd.NaT])
    events = pd.DataFrame({"subject": ["甲", "甲"], "at": at, "kind": "alert", "unit": ["u1", "u2"]})
    queries = pd.DataFrame({"subject": ["甲", "甲"], "as_of": as_of, "unit": "u9"}).set_axis([4, 9])
    got = history(events, queries, days=1)
    assert got.index.tolist() == [4, 9]
    assert got["count"].tolist()[0] == 1.0
    assert got.loc[9].isna().all()
