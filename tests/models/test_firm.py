"""The firm learner on made-up firms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import bundle, calibrate, laws
from models.explain import total
from models.firm import NO_RECORD, train_firm
from models.grades import FIXED_CUTOFFS
from models.text import TooFewLabelsError


@pytest.fixture(scope="module")
def firms() -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"tax_amount": rng.normal(size=500), "news_count": rng.poisson(2, 500).astype(float), "same": 1.0})
    table.loc[rng.random(500) < 0.5, "news_count"] = np.nan
    risk = calibrate.sigmoid(2 * table["tax_amount"].to_numpy() - 2 + 0.3 * table["news_count"].fillna(0).to_numpy())
    return table, (rng.random(500) < risk).astype(float)


@pytest.fixture(scope="module")
def sparse(firms: tuple[pd.DataFrame, Any]) -> tuple[pd.DataFrame, Any]:
    """The same firms beside 1,000 others that no table knows, 5 % of them positive."""
    known, labels = firms
    nothing = pd.DataFrame(np.nan, index=range(1000), columns=known.columns).assign(tax_present=0.0)
    table = pd.concat([known.assign(tax_present=1.0), nothing], ignore_index=True)
    return table, np.concatenate([labels, np.arange(1000) % 20 == 0])


def test_learns_explains_and_keeps_the_laws(firms: tuple[pd.DataFrame, Any], tmp_path: Any) -> None:
    table, labels = firms
    result = train_firm(table, None, labels, seed=1, bags=1)
    assert result.report["out_of_fold"]["metrics"]["roc_auc"]["value"] > 0.75
    assert "same" not in result.model.columns
    told = result.model.contributions(table, rows=[1, 2])
    assert [total(t) for t in told] == pytest.approx(calibrate.logit(result.model.predict(table))[[1, 2]].tolist(), abs=1e-6)

    def reload(model: Any) -> Any:
        bundle.save(tmp_path / "f", model, name="illegal_fundraising", lens="firm", cutoffs=FIXED_CUTOFFS)
        return bundle.load(tmp_path / "f").model

    case = laws.Case(
        result.model,
        table,
        None,
        lambda f, rows: f.iloc[list(rows)],
        lambda f: f,
        lambda _f, columns: columns,
        reload=reload,
        retrain=lambda: train_firm(table, None, labels, seed=1, bags=1).model,
    )
    assert laws.failures(case) == []


def test_firms_without_a_record_get_their_base_rate(sparse: tuple[pd.DataFrame, Any], tmp_path: Any) -> None:
    table, labels = sparse
    result = train_firm(table, None, labels, seed=1, bags=1)
    p = result.model.predict(table)
    assert set(np.round(p[500:], 12)) == {round(float(p[500]), 12)}
    assert p[500] == pytest.approx(0.05, abs=0.005)
    assert result.out_of_fold[500:] == pytest.approx(0.05, abs=0.02)
    assert result.report["recorded"] == 500
    told = result.model.contributions(table, rows=[3, 700, 4])
    assert [c.feature for c in told[1]] == [NO_RECORD, "(base)"]
    assert [total(t) for t in told] == pytest.approx(calibrate.logit(p)[[3, 700, 4]].tolist(), abs=1e-6)
    bundle.save(tmp_path / "f", result.model, name="illegal_fundraising", lens="firm", cutoffs=FIXED_CUTOFFS)
    loaded: Any = bundle.load(tmp_path / "f").model
    assert np.array_equal(loaded.predict(table), p)


def test_what_the_others_are_does_not_move_the_recorded(sparse: tuple[pd.DataFrame, Any], firms: tuple[pd.DataFrame, Any]) -> None:
    """More firms that nobody knows anything of change the base rate, not the order of those with a record."""
    table, labels = sparse
    half = train_firm(table.iloc[:1000], None, labels[:1000], seed=1, bags=1).model.predict(table)
    none = train_firm(table.iloc[:500], None, labels[:500], seed=1, bags=1).model
    assert (
        np.argsort(half[:500]).tolist() == np.argsort(train_firm(table, None, labels, seed=1, bags=1).model.predict(table)[:500]).tolist()
    )
    assert none.predict(table)[500] == pytest.approx(labels[:500].mean(), abs=0.01)


def test_more_seeds_and_rules(firms: tuple[pd.DataFrame, Any]) -> None:
    table, labels = firms
    rules = pd.DataFrame({"rule:r": (table["tax_amount"] > 1).astype(float)})
    model = train_firm(table, rules, labels, rule_weights={"r": 0.6}, seed=1, bags=2).model
    assert len({p.text for p in model.parts}) == 2
    assert sum(p.weight for p in model.parts) == pytest.approx(1)
    on, off = (model.predict(table, rules.assign(**{"rule:r": value})) for value in (1.0, 0.0))
    assert (on >= off).all()
    assert (on > off).any()


def test_a_handful_with_a_record_is_refused(sparse: tuple[pd.DataFrame, Any]) -> None:
    table, labels = sparse
    with pytest.raises(TooFewLabelsError):
        train_firm(table.iloc[480:], None, labels[480:])


def test_firms_that_answer_alike_share_a_rate_and_no_row_sees_its_own_label(tmp_path: Any) -> None:
    """Sixty patterns of answers without order, some of them bad: only their rates can tell. A pattern of one's own tells nothing."""
    rng = np.random.default_rng(3)
    pattern = rng.integers(0, 60, 600)
    bad = rng.random(60) < 0.3
    labels = (rng.random(600) < np.where(bad[pattern], 0.9, 0.05)).astype(float)
    table = pd.DataFrame(
        {
            "report_present": 1.0,
            "report_lag2_empnum": (pattern * 37 % 60).astype(float),
            "report_lag3_empnum": (pattern * 17 % 60).astype(float),
        }
    )
    result = train_firm(table, None, labels, seed=1, bags=1)
    assert result.report["out_of_fold"]["metrics"]["roc_auc"]["value"] > 0.85
    assert "alike_staff_by_year" in result.model.parts[0].names
    alone = pd.DataFrame({"report_present": 1.0, "report_lag2_empnum": np.arange(600.0), "report_lag3_empnum": 1.0})
    assert train_firm(alone, None, labels, seed=1, bags=1).report["out_of_fold"]["metrics"]["roc_auc"]["value"] < 0.6
    told = result.model.contributions(table, rows=[5], top=None)[0]
    assert total(told) == pytest.approx(float(calibrate.logit(result.model.predict(table))[5]), abs=1e-6)
    bundle.save(tmp_path / "f", result.model, name="illegal_fundraising", lens="firm", cutoffs=FIXED_CUTOFFS)
    loaded: Any = bundle.load(tmp_path / "f").model
    assert np.array_equal(loaded.predict(table), result.model.predict(table))
