"""The index as arithmetic: weights against matrices from textbooks and sums done by hand, properties for whatever is given."""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.errors import InvalidInputError
from risk.domain.indices import KINDS, compose, grade_of, score, system
from risk.domain.indices_sensitivity import kendall, moved_weights, ranked, sensitivity
from risk.domain.indices_trend import chance, trend
from risk.domain.indices_weights import FromData, ahp, combine, critic, entropy, full_matrix, hierarchy


def test_ahp_gives_what_the_textbook_gives() -> None:
    """Saaty's choice of a school (*The Analytic Hierarchy Process*, 1980): six criteria, weights .32 .14 .03 .13 .24 .14; the eigenvalue as numpy has it."""
    third, quarter, fifth, sixth, seventh = 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 7
    school: list[list[float]] = [
        [1, 4, 3, 1, 3, 4],
        [quarter, 1, 7, 3, fifth, 1],
        [third, seventh, 1, fifth, fifth, sixth],
        [1, third, 5, 1, 1, third],
        [third, 5, 5, 1, 1, 3],
        [quarter, 1, 6, 3, third, 1],
    ]
    told = ahp(school)
    assert [round(w, 2) for w in told.weights] == [0.32, 0.14, 0.03, 0.13, 0.24, 0.14]
    largest = max(np.linalg.eigvals(np.array(school)).real)
    assert told.largest == pytest.approx(largest, abs=1e-9)
    assert told.ratio == pytest.approx((largest - 6) / 5 / 1.24, abs=1e-9)
    assert not told.consistent
    assert told.worst == (1, 3)


def test_ahp_of_three_by_hand() -> None:
    """[[1, 3, 5], [1/3, 1, 2], [1/5, 1/2, 1]]: for order 3 the eigenvector is the geometric means, λ = 3.0037, CR = (λ − 3) / 2 / 0.58."""
    told = ahp([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]])
    means = [15 ** (1 / 3), (2 / 3) ** (1 / 3), (1 / 10) ** (1 / 3)]
    assert told.weights == pytest.approx([one / sum(means) for one in means], abs=1e-9)
    assert told.largest == pytest.approx(3.0037, abs=1e-4)
    assert told.ratio == pytest.approx((told.largest - 3) / 2 / 0.58)
    assert told.consistent


@pytest.mark.parametrize(
    "matrix", [[[1, 2], [2, 1]], [[1, 0], [0, 1]], [[1, 20], [0.05, 1]], [[1, 2]], [[2, 1], [1, 1]], [[1, float("nan")], [1, 1]]]
)
def test_what_is_no_comparison_is_refused(matrix: list[list[float]]) -> None:
    with pytest.raises(InvalidInputError, match="comparison"):
        ahp(matrix)


def test_an_inconsistent_hierarchy_is_refused_and_says_where() -> None:
    told = system("region")
    absurd = full_matrix([[9, 1 / 9, 1, 1], [9, 1, 1], [1, 1], [1]])
    with pytest.raises(InvalidInputError) as refused:
        hierarchy(told, absurd, {})
    assert refused.value.code == "ahp_inconsistent"
    assert "dimensions" in refused.value.text("en")
    assert refused.value.hint("zh")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shipped_is_consistent_and_complete(kind: str) -> None:
    told = system(kind)
    weights, comparisons = hierarchy(told, full_matrix(told.compare), {})
    assert set(weights) == set(told.codes())
    assert sum(weights.values()) == pytest.approx(1)
    assert all(one.ratio < 0.1 for one in comparisons.values())
    for one in told.indicators:
        assert all((one.zh, one.en, one.definition_zh, one.definition_en, one.query, one.law_zh, one.law_en))


def test_entropy_by_hand() -> None:
    """Columns (1, 1, 2) and (1, 3, 4): shares .25 .25 .5 and .125 .375 .5; d = 1 − H / ln 3."""
    first = 1 + (2 * 0.25 * log(0.25) + 0.5 * log(0.5)) / log(3)
    second = 1 + (0.125 * log(0.125) + 0.375 * log(0.375) + 0.5 * log(0.5)) / log(3)
    found = entropy({"a": [1, 1, 2], "b": [1, 3, 4], "even": [5, 5, 5]})
    assert found.weights["a"] == pytest.approx(first / (first + second))
    assert found.weights["b"] == pytest.approx(second / (first + second))
    assert found.silent == ("even",)


def test_critic_by_hand() -> None:
    """a = (0, 1, 2), b = (0, 2, 1), c = (2, 1, 0): scaled by 2; σ = 1/2 each; r(ab) = 1/2, r(ac) = −1, r(bc) = −1/2."""
    found = critic({"a": [0, 1, 2], "b": [0, 2, 1], "c": [2, 1, 0]})
    information = {"a": 0.5 * (0.5 + 2), "b": 0.5 * (0.5 + 1.5), "c": 0.5 * (2 + 1.5)}
    total = sum(information.values())
    assert found.weights == pytest.approx({code: one / total for code, one in information.items()})


def test_critic_leaves_out_rows_that_are_not_known() -> None:
    found = critic({"a": [0, 1, 2, None], "b": [0, 2, 1, 9], "few": [1, 2, None, None]})
    assert found.silent == ("few",)
    sigma_b = sqrt(sum((x - 1 / 3) ** 2 for x in (0, 2 / 9, 1 / 9, 1)) / 3)
    assert found.weights["a"] == pytest.approx(0.5 / (0.5 + sigma_b))


columns = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=5, max_size=5), min_size=2, max_size=6
)


def _weighed(method: Callable[[dict[str, list[float]]], FromData], given_: dict[str, list[float]]) -> FromData | None:
    """Nothing where what differs is too little to tell: all but even columns have the entropy of even ones, columns that go together no conflict."""
    try:
        return method(given_)
    except InvalidInputError:
        return None


@given(columns, st.floats(0.01, 1000))
def test_weights_from_data_sum_to_one_and_know_no_scale(given_: dict[str, list[float]], factor: float) -> None:
    for method in (entropy, critic):
        if all(max(column) == min(column) for column in given_.values()):
            with pytest.raises(InvalidInputError, match="too little"):
                method(given_)
            continue
        found = _weighed(method, given_)
        if found is None:
            continue
        assert sum(found.weights.values()) == pytest.approx(1)
        assert all(weight >= 0 for weight in found.weights.values())
        scaled = {code: [value * factor for value in column] for code, column in given_.items()}
        if not any(0 < max(column) - min(column) < 1e-6 for column in (*given_.values(), *scaled.values())):
            assert method(scaled).weights == pytest.approx(found.weights, abs=1e-6)


@given(st.lists(st.floats(0.2, 5), min_size=2, max_size=6))
def test_comparisons_of_known_weights_give_them_back(sizes: list[float]) -> None:
    told = ahp([[min(max(a / b, 1 / 9), 9) for b in sizes] for a in sizes])
    assert sum(told.weights) == pytest.approx(1)
    if max(sizes) / min(sizes) <= 9:
        assert told.weights == pytest.approx([one / sum(sizes) for one in sizes], abs=1e-9)
        assert told.ratio == pytest.approx(0, abs=1e-6)


def test_the_product_of_two_weights_needs_something_in_both() -> None:
    assert combine({"a": 0.5, "b": 0.5}, {"a": 1.0, "b": 0.0}) == {"a": 1.0, "b": 0.0}
    with pytest.raises(InvalidInputError, match="too little"):
        combine({"a": 1.0}, {"b": 1.0})


def test_what_is_unknown_is_not_zero() -> None:
    weights = {"a": 0.4, "b": 0.4, "c": 0.2}
    known = compose(weights, {"a": 90.0, "b": 30.0, "c": None})
    assert known.value == pytest.approx(60.0)
    assert known.missing == ("c",)
    assert compose(weights, {"a": 90.0, "b": 30.0, "c": 0.0}).value == pytest.approx(48.0)
    assert compose(weights, {"a": None, "b": None, "c": 90.0}).value is None
    assert [grade_of(value) for value in (70.0, 69.9, 40.0, 39.9, None)] == ["red", "orange", "yellow", "blue", None]
    assert score(5.0, None, up=True) is None
    with pytest.raises(InvalidInputError):
        compose({"a": -1.0, "b": 2.0}, {"a": 1.0})
    with pytest.raises(InvalidInputError):
        score(1.0, (2.0, 2.0), up=True)


def test_a_trend_is_told_by_an_exact_test() -> None:
    assert chance(4, 6) == pytest.approx(2 / 24)
    assert chance(5, 10) == pytest.approx(2 / 120)
    assert chance(6, 0) == 1
    assert trend([10.0, 20.0, 30.0, 40.0]).state == "rising"
    assert trend([40.0, 30.0, 20.0, 10.0]).state == "falling"
    assert trend([40.0, 40.4, 40.8, 41.2]).state == "steady"  # clear, and not two points
    assert trend([40.0, None, 44.0, 45.0]).state == "unknown"
    assert trend([90.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]).state == "rising"  # six moments are looked at


def test_moving_one_weight_shows_which_ranks_are_firm() -> None:
    scores: dict[str, dict[str, float | None]] = {
        "x": {"a": 90.0, "b": 10.0},
        "y": {"a": 50.0, "b": 52.0},
        "z": {"a": 0.0, "b": 0.0},
        "w": {"a": None, "b": None},
    }
    told = sensitivity({"a": 0.5, "b": 0.5}, scores)
    ranges = {one.place: (one.rank, one.best, one.worst) for one in told.places}
    assert ranges == {"y": (1, 1, 2), "x": (2, 1, 2), "z": (3, 3, 3), "w": (None, None, None)}
    assert told.moves[0].tau == pytest.approx(1 / 3)
    assert moved_weights({"a": 1.0}, "a", 1.2) == {"a": 1.0}
    assert kendall([1, 1], [1, 1]) == 1
    assert ranked({"a": 1.0, "b": 1.0 + 1e-12}) == {"a": 1, "b": 1}


@given(st.lists(st.floats(0, 100), min_size=3, max_size=6), st.lists(st.floats(0.01, 1), min_size=3, max_size=3))
def test_ranks_lie_within_their_ranges(values: list[float], shares: list[float]) -> None:
    weights = dict(zip("abc", shares, strict=True))
    scores: dict[str, dict[str, float | None]] = {str(i): {"a": value, "b": 100 - value, "c": value / 2} for i, value in enumerate(values)}
    for one in sensitivity(weights, scores).places:
        assert (one.best or 0) <= (one.rank or 0) <= (one.worst or 0)
