"""The text learner: learns, explains exactly, keeps the laws, is the same from a folder, refuses a handful."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from models import bundle, calibrate, laws
from models.cold import ColdModel, noisy_or
from models.explain import total
from models.grades import FIXED_CUTOFFS
from models.text import TooFewLabelsError, train_text


def test_learns_what_is_there(fitted: Any, later: Any) -> None:
    from sklearn.metrics import roc_auc_score

    assert fitted.report["out_of_fold"]["metrics"]["roc_auc"]["value"] > 0.9
    assert roc_auc_score(later.labels, fitted.model.predict(later.frame, later.rules)) > 0.9
    assert len(fitted.out_of_fold) == len(fitted.labels) == len(fitted.rows) == 400


def test_contributions_add_up(fitted: Any, later: Any) -> None:
    told = fitted.model.contributions(later.frame, later.rules, [0, 5, 9], top=4)
    raw = calibrate.logit(fitted.model.predict(later.frame, later.rules))
    assert [total(t) for t in told] == pytest.approx(raw[[0, 5, 9]].tolist(), abs=1e-6)
    assert all(len(t) <= 6 for t in told)


def test_tokens_are_found_in_the_text(fitted: Any, later: Any) -> None:
    for reason in fitted.model.contributions(later.frame, later.rules, [3], top=None)[0]:
        if reason.kind == "chars":
            assert all(later.frame.texts[3].original[i:j] == reason.feature for i, j in reason.spans)


def test_every_law_holds(law_case: Any) -> None:
    assert laws.failures(law_case()) == []


def test_a_broken_model_is_told(law_case: Any) -> None:
    class Unstable:
        def predict(self, frame: Any, rules: Any) -> Any:
            frame.columns["length"] = 0.0
            return np.arange(frame.n, dtype=float)

    case = law_case()
    own = replace(case.frame, columns=case.frame.columns.copy())
    broken = {
        f.split(":")[0] for f in laws.failures(replace(case, model=Unstable(), frame=own, reload=None, retrain=None, calibration_error=0.2))
    }
    assert {"gives_probabilities", "batch_equals_single", "calibrated"} <= broken


def test_few_labels_are_refused(made: Any) -> None:
    few = np.zeros(400)
    few[:3] = 1
    with pytest.raises(TooFewLabelsError, match="at least 10"):
        train_text(made.frame, None, few)


def test_rows_later_than_as_of_are_refused(made: Any) -> None:
    times = ["2024-01-01"] * 399 + ["2025-01-01"]
    with pytest.raises(ValueError, match="1 rows are later"):
        train_text(made.frame, None, made.labels, times=times, as_of="2024-06-01")


def test_ignored_labels_are_left_out(made: Any) -> None:
    labels = made.labels.copy()
    labels[:50] = np.nan
    result = train_text(made.frame, made.rules, labels, rule_weights=made.weights)
    assert result.report["n"] == 350
    assert result.rows.min() == 50


def test_without_any_column_or_rule(made: Any) -> None:
    bare = replace(made.frame, columns=made.frame.columns.iloc[:, :0])
    result = train_text(bare, None, made.labels)
    assert result.model.predict(bare, None).shape == (400,)


def test_cold_model_is_monotone(made: Any) -> None:
    cold = ColdModel(made.weights)
    p = cold.predict(made.frame, made.rules)
    up = cold.predict(made.frame, made.rules.assign(**{"rule:cure": 1.0}))
    assert (up >= p).all()
    assert p.max() == pytest.approx(max(noisy_or(made.rules, made.weights, 400)))
    assert cold.predict(made.frame, None).tolist() == [0.0] * 400
    row = int(np.argmax(p))
    assert 1 / (1 + np.exp(-total(cold.contributions(made.frame, made.rules, [row])[0]))) == pytest.approx(p[row])


def test_bundle_round_trip_and_tampering(fitted: Any, later: Any, tmp_path: Any) -> None:
    place = tmp_path / "b"
    bundle.save(
        place, fitted.model, name="false_medical_advertising", report=fitted.report, cutoffs=FIXED_CUTOFFS, label_sources={"made": 400}
    )
    again = bundle.load(place, bundle.checksum(place))
    assert np.array_equal(again.model.predict(later.frame, later.rules), fitted.model.predict(later.frame, later.rules))
    assert again.manifest["training"]["n"] == 400
    assert (again.name, again.lens) == ("false_medical_advertising", "")
    assert not [p for p in place.iterdir() if p.suffix in (".pkl", ".joblib")]
    with pytest.raises(bundle.BundleError, match="not the one that was recorded"):
        bundle.load(place, "0" * 64)
    text = (place / "model.json").read_text(encoding="utf-8")
    (place / "model.json").write_text(text.replace("0", "1", 1), encoding="utf-8")
    with pytest.raises(bundle.BundleError, match=r"model\.json was changed"):
        bundle.load(place)
    (place / "more.py").write_text("x", encoding="utf-8")
    with pytest.raises(bundle.BundleError, match=r"more\.py"):
        bundle.load(place)


def test_cold_bundle(made: Any, tmp_path: Any) -> None:
    bundle.save(tmp_path / "c", ColdModel(made.weights), name="illegal_drug_sales", cutoffs=FIXED_CUTOFFS)
    again = bundle.load(tmp_path / "c").model
    assert np.array_equal(again.predict(made.frame, made.rules), ColdModel(made.weights).predict(made.frame, made.rules))
