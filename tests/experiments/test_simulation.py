"""The made-up market keeps its books, repeats itself, knows nothing of the project, and punishes nobody for looking: on a market of a few hundred units."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.record import RESULTS
from experiments.simulation import evasion, rounds
from experiments.simulation.coverage import by_list, coverage
from experiments.simulation.drifting import drifting
from experiments.simulation.figures import brier_skill, calibration_error, resampled
from experiments.simulation.market import Market
from experiments.simulation.offices import Offices
from experiments.simulation.page import page, plots
from experiments.simulation.policies import LOOPS, Loop, Oracle, judged, places, players, turns
from experiments.simulation.truth import REGIONS, SETTINGS, Truth, setting
from experiments.simulation.world import World

FOLDER = Path(evasion.__file__).parent
WORLD = ("truth", "world", "evasion", "drift", "offices")
OURS = {"models", "features", "rules", "risk", "api"}
TINY: dict[str, Any] = {"units": 250, "subjects": 500, "rounds": 2, "drift_at": 2, "offending": 0.12, "capacity": 16, "audit": 0.1}


@pytest.fixture(scope="module")
def market() -> Market:
    return Market.of(setting("main", **TINY), 5)


@pytest.fixture(scope="module")
def played(market: Market) -> dict[str, list[dict[str, Any]]]:
    model, past = rounds.first(market)
    return {p.name: rounds.play(market, p, past) for p in players(model, 5, market.starts(1), few=True)}


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("name", WORLD)
def test_the_world_shares_no_code_with_the_project(name: str) -> None:
    modules = imported(FOLDER / f"{name}.py")
    assert not {module.split(".")[0] for module in modules} & OURS
    inside = {module.rsplit(".", 1)[-1] for module in modules if module.startswith("experiments.")}
    assert inside <= set(WORLD)


def test_the_same_seed_is_the_same_market_and_another_is_not() -> None:
    truth = setting("main", **TINY)
    first, again, other = (World(truth, seed).round(2) for seed in (5, 5, 6))
    assert all(
        np.array_equal(getattr(first, f), getattr(again, f), equal_nan=first.luck.dtype == getattr(first, f).dtype) for f in first.__slots__
    )
    assert not np.array_equal(first.subject, other.subject)
    redrawn = World(truth, 5).round(2, again=1)
    assert not np.array_equal(first.subject, redrawn.subject)


def test_rounds_do_not_depend_on_which_were_drawn_before() -> None:
    truth = setting("main", **TINY)
    world = World(truth, 5)
    world.round(0)
    assert np.array_equal(world.round(3).telling, World(truth, 5).round(3).telling)


def test_policies_see_the_same_units(played: dict[str, list[dict[str, Any]]]) -> None:
    assert len({tuple(one["offences"] for one in told) for told in played.values()}) == 1
    assert len({told[0]["precision"] for name, told in played.items() if name != "oracle"}) == 1  # one model in the first round


def test_every_unit_ends_somewhere(market: Market, played: dict[str, list[dict[str, Any]]]) -> None:
    truth = market.truth
    for name, told in played.items():
        for one in told:
            assert sum(one["ends"].values()) == truth.units * truth.weeks
            assert one["ends"]["warned"] == truth.capacity * truth.weeks
            assert (one["ends"]["audited"] > 0) == name.startswith("loop")


def test_nobody_does_better_than_who_knows(played: dict[str, list[dict[str, Any]]]) -> None:
    for name, told in played.items():
        for one, best in zip(told, played["oracle"], strict=True):
            assert one["recall"] <= best["recall"], name
            assert one["precision"] <= best["precision"], name


def test_a_game_repeats_itself(market: Market) -> None:
    model, past = rounds.first(market)
    first, again = (rounds.play(market, Loop("loop", model, 5, market.starts(1)), past) for _ in range(2))
    assert [one["precision"] for one in first] == [one["precision"] for one in again]
    assert np.array_equal(first[-1]["score"], again[-1]["score"])


def test_offices_take_the_highest_of_their_own_and_no_more() -> None:
    truth = setting("main", **TINY)
    units, offices = World(truth, 5).round(1), Offices(truth, 5)
    score = np.random.default_rng(0).random(units.n)
    warned = offices.warned(units, score)
    for week in np.unique(units.week):
        limit = offices.capacity(int(week))
        assert limit.sum() == truth.capacity
        for office in range(REGIONS):
            mine = (units.week == week) & (units.region == office)
            taken, left = score[mine & warned], score[mine & ~warned]
            assert len(taken) == limit[office]
            assert len(taken) == 0 or taken.min() > left.max()


def test_random_checks_can_be_taken_from_the_capacity() -> None:
    market = Market.of(setting("paid_audit", **{**TINY, "audit": 0.02}), 5)
    model, past = rounds.first(market)
    told = rounds.play(market, Loop("loop", model, 5, market.starts(1)), past)
    assert market.reserved == 5
    assert {one["ends"]["warned"] for one in told} == {(16 - 5) * 4}


def test_verdicts_err_as_often_as_the_truth_says_and_come_later() -> None:
    truth = setting("noisy", **{**TINY, "units": 4000})
    units, offices = World(truth, 5).round(1), Offices(truth, 5)
    found = offices.findings(units)
    known = ~np.isnan(found.confirmed)
    assert 0.6 < found.confirmed[known & units.offence].mean() < 0.85
    assert 0.01 < found.confirmed[known & ~units.offence].mean() < 0.05
    assert (found.week > units.week).all()
    assert (
        found.week[units.offence].mean() - units.week[units.offence].mean()
        > found.week[~units.offence].mean() - units.week[~units.offence].mean()
    )


def test_only_what_is_caught_is_spelled_otherwise() -> None:
    truth = setting("main", **TINY)
    units = World(truth, 5).round(1)
    nobody, everybody = evasion.Evasion(truth, 5), evasion.Evasion(truth, 5)
    before = nobody.texts(units)
    assert nobody.learn(units, np.zeros(units.n, dtype=np.bool_), 2) == 0
    assert nobody.texts(units) == before
    assert everybody.learn(units, units.offence, 2) > 0
    after = everybody.texts(units)
    changed = np.array([a != b for a, b in zip(before, after, strict=True)])
    assert changed[units.offence].mean() > 0.3
    assert not changed[~units.offence].any()  # who quotes is a spelling behind
    assert everybody.shift < 1


def test_drift_comes_when_it_is_injected() -> None:
    truth = setting("main", **{**TINY, "units": 2000})
    before, after = World(truth, 5).round(1), World(truth, 5).round(2)
    assert not (before.scheme == truth.schemes).any()
    assert 0.2 < (after.scheme[after.offence] == truth.schemes).mean() < 0.5
    assert (before.channel == 3).mean() < 0.15 < 0.25 < (after.channel == 3).mean()
    still = World(setting("still", **{**TINY, "drift_at": 0}), 5).round(3)
    assert not (still.scheme == truth.schemes).any()


def test_settings_change_what_they_say() -> None:
    assert set(SETTINGS) >= {"main", "still", "noisy", "slow", "small_capacity", "little_audit"}
    assert all(hasattr(Truth(), name) for _, change in SETTINGS.values() for name in change)
    assert setting("main") == Truth()


def test_checks_by_risk_ask_as_often_and_nearer_to_the_warnings() -> None:
    score = np.linspace(0, 1, 1000)
    warned = score > 0.98
    made: Any = None
    even = Loop("loop", made, 0, 4).checks(score, warned, 0.02)
    risky = Loop("loop_by_risk", made, 0, 4).checks(score, warned, 0.02)
    assert even[~warned].sum() == pytest.approx(risky[~warned].sum())
    assert risky[970] > 5 * risky[10]
    assert set(LOOPS) >= {"loop", "loop_by_risk", "loop_ungated", "loop_as_shipped", "loop_shared"}


def test_the_gate_promotes_who_is_better_and_nobody_alike() -> None:
    rng = np.random.default_rng(1)
    verdict = (rng.random(600) < 0.3).astype(float)
    alike = np.clip(0.3 + 0.2 * (verdict - 0.3) + rng.normal(0, 0.15, 600), 0.01, 0.99)
    better = np.clip(0.1 + 0.8 * verdict + rng.normal(0, 0.05, 600), 0.01, 0.99)
    probability, subject = np.where(np.arange(600) < 300, 1.0, 0.5), np.arange(600)
    assert judged(alike, better, verdict, probability, subject, 0)["better"]
    assert not judged(alike, alike, verdict, probability, subject, 0)["better"]
    assert not judged(better, alike, verdict, probability, subject, 0)["better"]


def test_taking_turns_gives_both_their_best(market: Market) -> None:
    units = market.rounds[1]
    rng = np.random.default_rng(2)
    one, other = rng.random(units.n), rng.random(units.n)
    warned = market.offices.warned(units, turns(units, one, other))
    assert warned.sum() == 16 * 4
    mine = (units.week == units.week[0]) & (units.region == 0)
    assert warned[mine & (places(units, one) == 0)].all()
    assert warned[mine & (places(units, other) == 0)].all()


def test_the_oracle_asks_for_no_random_checks() -> None:
    made: Any = None
    assert Oracle(made).checks(np.zeros(3), np.zeros(3, dtype=np.bool_), 0.5) is None


def test_figures() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0, 0.2, 6000)
    y = (rng.random(6000) < p).astype(float)
    assert calibration_error(p, y) < 0.02 < calibration_error(np.minimum(1, 3 * p), y)
    told = resampled(p, y, 0, draws=50)
    assert 0 < told["brier_skill"]["low"] < brier_skill(p, y) < told["brier_skill"]["high"]


def test_coverage_and_drift_tell_shares_with_intervals() -> None:
    told = coverage(8, 0, units=300, subjects=800)
    assert told["right_verdicts"]["covered"]["n"] == 8
    assert told["right_verdicts"]["covered"]["value"] >= 0.75
    flags = drifting(2, 0, units=1500, mix_to=0.5)
    assert flags["both"]["alarm"]["flagged"]["value"] == 1.0
    assert flags["both"]["alarm"]["before"]["value"] == 0.0


def test_the_list_of_words_ranks(market: Market) -> None:
    units = market.rounds[1]
    score = by_list(units, market.truth, 3)
    assert score[units.offence].mean() > score[~units.offence].mean() + 0.5


def test_the_stored_result_tells_what_the_page_says() -> None:
    stored = json.loads((RESULTS / "simulation.json").read_text(encoding="utf-8"))
    assert page(stored) == (RESULTS / "simulation.md").read_text(encoding="utf-8")
    for name, drawn in plots(stored["parts"]).items():
        assert drawn == (RESULTS / "simulation" / name).read_text(encoding="utf-8")
    assert stored["parts"]["coverage"]["main"]["covered"]["n"] >= 500
    assert stored["parts"]["promotion"]["loop"]["promoted"]["n"] >= 500
    assert stored["parts"]["rounds"]["truth"]["rounds"] >= 6
    assert stored["parts"]["rounds"]["later"]["loop"]["n"] >= 5000


def test_the_learner_is_the_projects_own() -> None:
    assert "experiments.simulation.learner" in imported(FOLDER / "policies.py")
    assert "models.text" in imported(FOLDER / "learner.py")
