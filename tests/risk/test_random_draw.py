"""The draw of a random plan: fixed size, exact chances, the same from the same seed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain.errors import InvalidInputError
from risk.domain.random_plans import Unit, default_rates, draw, inclusion, pair, rates_with, systematic

sizes = st.lists(st.floats(0.1, 50), min_size=1, max_size=40)


@given(sizes, st.data())
def test_chances_sum_to_the_number_drawn_and_follow_the_sizes(given_: list[float], data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(given_)))
    chances = inclusion(given_, count)
    assert sum(chances) == pytest.approx(count)
    assert all(0 <= one <= 1 for one in chances)
    uncertain = [(size, one) for size, one in zip(given_, chances, strict=True) if 0 < one < 1]
    assert all(one / size == pytest.approx(uncertain[0][1] / uncertain[0][0]) for size, one in uncertain)


@given(sizes, st.text(max_size=8), st.data())
def test_a_draw_has_its_size_and_comes_out_again(given_: list[float], seed: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, len(given_)))
    ids, chances = list(range(len(given_))), inclusion(given_, count)
    found = systematic(ids, chances, seed)
    assert len(found) == len(set(found)) == count
    assert {i for i in ids if chances[i] >= 1} <= set(found)
    assert systematic(ids[::-1], chances[::-1], seed) == found


def test_over_many_seeds_everybody_is_drawn_as_often_as_their_chance() -> None:
    chances = inclusion([1.0, 1.0, 2.0, 4.0, 8.0], 2)
    seen = Counter(one for seed in range(3000) for one in systematic(range(5), chances, str(seed)))
    assert [seen[i] / 3000 for i in range(5)] == pytest.approx(chances, abs=0.03)


def test_a_plan_joins_two_independent_draws() -> None:
    units = [Unit(i, 1.0 + i % 4, i % 5 == 0) for i in range(1, 201)]
    found = draw(units, 20, 10, "2026")
    assert sum(one.by in ("weighted", "both") for one in found) == 20
    assert sum(one.by in ("audit", "both") for one in found) == 10
    alerted = {one.id for one in units if one.alerted}
    for one in found:
        assert one.audit == (0.0 if one.id in alerted else pytest.approx(10 / 160))
        assert one.probability == pytest.approx(1 - (1 - one.weighted) * (1 - one.audit))
    assert not any(one.by != "weighted" for one in found if one.id in alerted)
    assert {one.id for one in draw(units, 20, 10, "2027")} != {one.id for one in found}


@pytest.mark.parametrize(("count", "audit"), [(4, 0), (0, 0), (1, 3), (-1, 1)])
def test_more_than_there_are_cannot_be_drawn(count: int, audit: int) -> None:
    with pytest.raises(InvalidInputError) as refused:
        draw([Unit(1, 1.0, alerted=True), Unit(2, 1.0, alerted=False), Unit(3, 1.0, alerted=False)], count, audit, "s")
    assert refused.value.code == "plan_size"


def test_rates_are_checked() -> None:
    assert rates_with({"D": 6.0}, {}).size("D", "none") == 6.0
    assert default_rates().size("A", "red") == pytest.approx(0.9)
    for classes, code in (({"E": 1.0}, "plan_rate_unknown"), ({"D": 0.0}, "plan_rates")):
        with pytest.raises(InvalidInputError) as refused:
            rates_with(classes, {})
        assert refused.value.code == code


@given(st.integers(2, 6), st.integers(1, 30), st.text(max_size=5))
def test_work_is_even_and_two_go(staff: int, units: int, seed: str) -> None:
    told = pair(range(units), [f"o{i}" for i in range(staff)], seed, each=2)
    assert all(len(set(two)) == 2 for two in told.values())
    load = Counter(name for two in told.values() for name in two)
    assert max(load.values()) - min(load[f"o{i}"] for i in range(staff)) <= 1
