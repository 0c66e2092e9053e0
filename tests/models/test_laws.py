"""The laws catch what they are there for: an honest model passes all of them, and for each law a model that breaks it is told by that law."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import laws
from models.explain import Contribution

COLUMNS = ("length", "offers", "digits")
RULES = ("cure", "recipe")


@dataclass(frozen=True)
class Frame:
    """Rows of columns."""

    columns: pd.DataFrame

    @property
    def n(self) -> int:
        return len(self.columns)


@dataclass
class Honest:
    """A logistic model over named columns and rules; what is missing counts as nothing."""

    effects: Mapping[str, float]
    severities: Mapping[str, float] = field(default_factory=lambda: {"cure": 0.7, "recipe": 0.4})

    def raw(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        z = np.full(frame.n, -1.0)
        for name, effect in self.effects.items():
            if name in frame.columns:
                z = z + effect * np.tanh(np.nan_to_num(frame.columns[name].to_numpy(dtype=float)) / 10)
        for name, weight in {**self.severities, **(weights or {})}.items():
            if rules is not None and f"rule:{name}" in rules:
                z = z + 3 * weight * np.nan_to_num(rules[f"rule:{name}"].to_numpy(dtype=float))
        return z

    def predict(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        return 1 / (1 + np.exp(-self.raw(frame, rules, weights)))

    def contributions(
        self, frame: Frame, rules: pd.DataFrame | None, rows: Sequence[int], weights: Any = None, top: int | None = None
    ) -> list[list[Contribution]]:
        whole = self.raw(frame, rules, weights)
        return [[Contribution("all", "column", None, float(whole[r]) + 1.0), Contribution("(base)", "base", None, -1.0)] for r in rows][
            :top
        ]


class ByPosition(Honest):
    def raw(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        first = frame.columns.iloc[:, 0].to_numpy(dtype=float) if frame.columns.shape[1] else np.zeros(frame.n)
        return super().raw(frame, rules, weights) + np.tanh(np.nan_to_num(first))


class Crashing(Honest):
    def predict(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        if frame.columns.shape[1] == 0:
            raise KeyError("length")
        return super().predict(frame, rules, weights)


class Unknowing(Honest):
    def predict(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        if "length" in frame.columns and frame.columns["length"].isna().all():
            return np.full(frame.n, np.nan)
        return super().predict(frame, rules, weights)


class Writing(Honest):
    def predict(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        told = super().predict(frame, rules, weights)
        if "offers" in frame.columns:
            frame.columns["offers"] = frame.columns["offers"] * 0.5 + 1
        return told


class Ranking(Honest):
    def predict(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        p = super().predict(frame, rules, weights)
        return p if len(p) < 2 else np.clip(p - p.mean() + 0.5, 0.01, 0.99)


class Scoring(Honest):
    def predict(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        return self.raw(frame, rules, weights) * 9


class Forgiving(Honest):
    """One rule that fires speaks for innocence."""

    def raw(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        z = super().raw(frame, rules, weights)
        return z if rules is None or "rule:recipe" not in rules else z - 4 * np.nan_to_num(rules["rule:recipe"].to_numpy(dtype=float))


class Perverse(Honest):
    """The graver a rule, the less it counts."""

    def raw(self, frame: Frame, rules: pd.DataFrame | None, weights: Mapping[str, float] | None = None) -> Any:
        turned = {name: 1 - weight for name, weight in {**self.severities, **(weights or {})}.items()}
        return super().raw(frame, rules, turned)


class Storytelling(Honest):
    def contributions(
        self, frame: Frame, rules: pd.DataFrame | None, rows: Sequence[int], weights: Any = None, top: int | None = None
    ) -> list[list[Contribution]]:
        found = super().contributions(frame, rules, rows, weights, top)
        return [[*one, Contribution("a nice reason", "column", None, 0.01)] for one in found]


def _case(model: Any, table: pd.DataFrame, rules: pd.DataFrame, **more: Any) -> laws.Case:
    return laws.Case(
        model,
        Frame(table.copy()),
        rules.copy(),
        lambda frame, rows: Frame(frame.columns.iloc[list(rows)].reset_index(drop=True)),
        lambda frame: frame.columns,
        lambda _, columns: Frame(columns),
        weights={"cure": 0.7, "recipe": 0.4},
        **{"reload": lambda m: m, "retrain": lambda: model, "calibration_error": 0.01, **more},
    )


def _broken(case: laws.Case) -> set[str]:
    return {told.split(":")[0] for told in laws.failures(case)}


def _tables(seed: int, n: int, missing: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(5, 8, (n, len(COLUMNS))), columns=list(COLUMNS))
    table = table.mask(rng.random(table.shape) < missing)
    rules = pd.DataFrame((rng.random((n, len(RULES))) < 0.5).astype(float), columns=[f"rule:{r}" for r in RULES])
    return table, rules.mask(rng.random(rules.shape) < missing / 2)


EFFECTS = {"length": 1.5, "offers": -2.0, "digits": 0.7}
BROKEN: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "gives_probabilities": (lambda: Scoring(EFFECTS), {}),
    "order_and_new_columns_do_not_matter": (lambda: ByPosition(EFFECTS), {}),
    "missing_values_do_not_crash": (lambda: Crashing(EFFECTS), {}),
    "inputs_are_not_changed": (lambda: Writing(EFFECTS), {}),
    "batch_equals_single": (lambda: Ranking(EFFECTS), {}),
    "saved_equals_loaded": (lambda: Honest(EFFECTS), {"reload": lambda _: Honest({**EFFECTS, "length": 1.5 + 1e-12})}),
    "seeding_repeats": (lambda: Honest(EFFECTS), {"retrain": lambda: Honest({**EFFECTS, "digits": 0.70001})}),
    "more_severity_never_lowers": (lambda: Forgiving(EFFECTS), {}),
    "graver_rules_never_lower": (lambda: Perverse(EFFECTS), {}),
    "contributions_add_up": (lambda: Storytelling(EFFECTS), {}),
    "calibrated": (lambda: Honest(EFFECTS), {"calibration_error": laws.CALIBRATION_ERROR * 1.01}),
}


def test_every_law_has_a_model_that_breaks_it() -> None:
    assert {law.__name__ for law in laws.LAWS} == set(BROKEN)


@given(st.integers(0, 10_000), st.integers(4, 30), st.sampled_from([0.0, 0.2, 0.6]))
@settings(max_examples=15)
def test_an_honest_model_passes(seed: int, n: int, missing: float) -> None:
    assert laws.failures(_case(Honest(EFFECTS), *_tables(seed, n, missing))) == []


@pytest.mark.parametrize("law", BROKEN)
@given(seed=st.integers(0, 10_000), n=st.integers(12, 30))
@settings(max_examples=6)
def test_each_law_catches_its_breaker(law: str, seed: int, n: int) -> None:
    make, more = BROKEN[law]
    table, rules = _tables(seed, n, 0.1)
    assert law in _broken(_case(make(), table, rules, **more))


def test_a_law_that_crashes_is_broken_and_unknown_is_no_probability() -> None:
    table, rules = _tables(1, 12, 0.1)
    assert any(told.startswith("missing_values_do_not_crash: KeyError") for told in laws.failures(_case(Crashing(EFFECTS), table, rules)))
    assert "missing_values_do_not_crash" in _broken(_case(Unknowing(EFFECTS), table, rules))


def test_a_model_without_reasons_or_rules_is_not_asked_for_them() -> None:
    class Plain:
        def predict(self, frame: Frame, rules: Any) -> Any:
            return np.full(frame.n, 1 / (1 + math.e))

    table, rules = _tables(2, 12, 0.0)
    assert laws.failures(replace(_case(Plain(), table, rules), rules=None, weights={})) == []
