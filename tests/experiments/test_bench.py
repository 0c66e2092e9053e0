"""The bench counts and compares as it says. No seconds are asserted."""

from __future__ import annotations

import pytest

from experiments.bench import material, timing
from experiments.bench.__main__ import page


def test_material_is_seeded_and_from_the_rules() -> None:
    assert material.texts(5) == material.texts(5)
    assert len(set(material.texts(50))) == 50
    assert len(set(material.terms(100))) == 100


def test_unequal_results_are_refused() -> None:
    timing.same("x", [1], [1])
    with pytest.raises(AssertionError, match="x: the rivals do not give the same result"):
        timing.same("x", [1], [2])


def test_a_race_and_its_page() -> None:
    ran: list[str] = []
    rivals = [timing.Rival("ours", lambda: ran.append("a")), timing.Rival("theirs", lambda: ran.append("b"), 0.5)]
    told = timing.race("work", "rows/s", 10, rivals, turns=2)
    assert ran == ["a", "b", "a", "b"]
    assert [one["name"] for one in told["rivals"]] == ["ours", "theirs"]
    shown = page({"command": "c", "made": "d", "commit": "e", "versions": {"python": "3"}, "notes": ["n"], "races": [told]})
    assert "| work | ours |" in shown
