"""The firm learner on made-up firms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from models import bundle, calibrate, laws
from models.explain import total
from models.firm import train_firm
from models.grades import FIXED_CUTOFFS


@pytest.fixture(scope="module")
def firms() -> tuple[pd.DataFrame, Any]:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"tax_amount": rng.normal(size=500), "news_count": rng.poisson(2, 500).astype(float), "same": 1.0})
    table.loc[rng.random(500) < 0.5, "news_count"] = np.nan
    risk = calibrate.sigmoid(2 * table["tax_amount"].to_numpy() - 2 + 0.3 * table["news_count"].fillna(0).to_numpy())
    return table, (rng.random(500) < risk).astype(float)


def test_learns_explains_and_keeps_the_laws(firms: tuple[pd.DataFrame, Any], tmp_path: Any) -> None:
    table, labels = firms
    result = train_firm(table, None, labels, seed=1)
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
        retrain=lambda: train_firm(table, None, labels, seed=1).model,
    )
    assert laws.failures(case) == []
