"""What models learn from: every set holds look-alikes, nothing is learnt twice or as its own opposite, and little knowledge takes nothing from the rules."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select

from risk.domain.banks import MODEL_KEYS, passages
from risk.scoring import fusion
from risk.services import cases, labels
from risk.services.training_sets import LOOK_ALIKES, TEXTS, Part, case_library, held_out, joined, known_at, label_of, look_alikes, weight_of
from risk.storage import tables as t
from risk.storage.engine import reading
from tests.risk.cli_world import MODEL, good, labelled, risk

DRUGS, RX = "illegal_drug_sales", "illegal_prescription_drug_sales"


@pytest.mark.parametrize("key", MODEL_KEYS)
def test_the_library_holds_both_sides_and_no_held_family(key: str) -> None:
    library, alike, held = case_library(key), look_alikes(key), held_out(key)
    assert library.labels.count(1.0) >= 150
    assert library.labels.count(0.0) >= 1_500
    assert set(alike.labels) == {0.0}
    assert set(alike.texts) <= set(library.texts)
    assert not set(held.schemes) & set(library.schemes)
    assert 0 < sum(held.labels) < len(held.labels)
    assert not any("{" in text for text in library.texts)
    assert case_library(key) == library


def test_overlapping_laws_leave_unknown_what_is_not_said() -> None:
    told = {p.family: p for p in passages() if DRUGS in p.positive_of or RX in p.positive_of}
    assert {frozenset(p.positive_of & {DRUGS, RX}) for p in told.values()} == {frozenset({DRUGS}), frozenset({RX}), frozenset({DRUGS, RX})}
    for passage in told.values():
        for key in (DRUGS, RX):
            assert label_of(passage, key) == 1.0 if key in passage.positive_of else math.isnan(label_of(passage, key))
        assert label_of(passage, "illegal_fundraising.report") == 0.0


def test_what_solicits_is_no_negative_of_the_solicitation_lens() -> None:
    soliciting = [p for p in passages() if p.bank == "illegal_fundraising.report.misses" and "招揽" in p.kind]
    assert soliciting
    assert not any(label_of(p, "illegal_fundraising.solicitation") == 0.0 for p in soliciting)
    assert all(label_of(p, "illegal_fundraising.report") == 0.0 for p in soliciting)


def test_a_given_text_wins_over_a_near_copy_of_the_library() -> None:
    ours = look_alikes(MODEL)
    copied = f"{ours.texts[40]}。"
    given = Part(TEXTS, "mine.csv", (copied, "今天下雨", "没人看过的"), (1.0, 0.0, math.nan))
    both = joined([given, ours])
    assert both.sources["mine.csv"] == 2
    assert both.texts.count(copied) == 1
    assert ours.texts[40] not in both.texts
    assert both.labels[both.texts.index(copied)] == 1.0
    assert both.representative.sum() == 2
    assert set(both.weights[both.representative]) == {weight_of(TEXTS)}
    assert set(both.weights[~both.representative]) == {weight_of(LOOK_ALIKES)}
    assert len(both.groups) == len(both.texts) == len(both.labels)


def test_an_ignored_text_keeps_its_near_copy_out_too() -> None:
    ours = look_alikes(MODEL)
    both = joined([Part(TEXTS, "mine.csv", (ours.texts[7],), (math.nan,)), ours])
    assert ours.texts[7] not in both.texts


def test_schemes_stay_together_with_their_near_copies() -> None:
    ours = case_library(MODEL)
    scheme = ours.schemes[0]
    both = joined([Part(TEXTS, "mine.csv", (ours.texts[0] + "！",), (1.0,)), ours])
    assert both.groups[0] == scheme
    assert both.groups.count(scheme) == ours.schemes.count(scheme)


def test_fusion_is_monotone_and_takes_little_from_the_rules() -> None:
    grid = np.linspace(0.001, 0.999, 60)
    learner, rules = (axis.ravel() for axis in np.meshgrid(grid, grid))
    for trust in (fusion.CASE_TRUST, 0.93, 1.0):
        fused = fusion.fuse(learner, rules, trust).reshape(60, 60)
        assert (np.diff(fused, axis=0) >= -1e-12).all()
        assert (np.diff(fused, axis=1) >= -1e-12).all()
    few = fusion.fuse(np.full(3, 0.02), np.array([0.42, 0.72, 0.88]), fusion.trust_of({"case_library": 3000}))
    full = fusion.fuse(np.full(3, 0.02), np.array([0.42, 0.72, 0.88]), fusion.trust_of({"posts.csv": 5000}))
    assert (few > 8 * full).all()
    assert few[2] > 0.5


def test_trust_grows_with_labels_of_the_field() -> None:
    grown = [fusion.trust_of({"a.csv": n, "look_alikes": 2000}) for n in (20, 200, 700, 1000)]
    assert grown == sorted(grown)
    assert grown[0] < 0.81
    assert grown[-1] == 1.0
    verdicts = [fusion.trust_of({"case_library": 2000, "verdict": n}) for n in (0, 50, 500, 5000)]
    assert verdicts == sorted(verdicts)
    assert verdicts[0] == fusion.CASE_TRUST


def test_one_table_of_codes_trains_two_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text may be positive for both; codes that are not asked for say no."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISK_LANG", "en")
    rows = labelled()
    rows["codes"] = [("DRUG,RX" if i % 3 else "DRUG") if y == "1" else "-" for i, y in enumerate(rows["label"])]
    rows.to_csv("codes.csv", index=False)
    told = {}
    for model, code, more in ((DRUGS, "DRUG", ()), (RX, "RX", ("--augment",))):
        good(
            "train", model, "--texts", "codes.csv", "--text", "text", "--label", "codes", "--positive", code,
            "--no-hard-negatives", "--output", model, *more,
        )  # fmt: skip
        told[model] = json.loads((tmp_path / model / "manifest.json").read_text(encoding="utf-8"))["training"]
    assert told[DRUGS]["positives"] == 48
    assert told[RX]["positives"] == sum("RX" in codes for codes in rows["codes"])
    assert 0 < told[RX]["positives"] < 48
    assert told[DRUGS]["copies"] == 0
    assert 0 < told[RX]["copies"] <= told[RX]["n"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("train", MODEL, "--cases", "--no-hard-negatives", "--output", "m"), "cases_hold_look_alikes"),
        (("train", MODEL, "--cases"), "train_nowhere"),
        (("train", MODEL), "one_input"),
        (("train", MODEL, "--from-verdicts", "--augment"), "augment_texts"),
        (("train", "illegal_fundraising", "--lens", "firm", "--firms", ".", "--cases", "--output", "m"), "cases_are_texts"),
        (("train", "illegal_fundraising", "--lens", "firm", "--firms", ".", "--no-hard-negatives", "--output", "m"), "cases_are_texts"),
    ],
)
def test_refusals(arguments: tuple[str, ...], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    done = risk(*arguments)
    assert done.code != 0
    assert code in done.err


def test_the_library_is_shipped_into_a_store_once(engine: Engine) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    alike, whole = look_alikes(MODEL), case_library(MODEL)
    assert cases.ship(engine, MODEL, whole=False, now=now) == len(set(alike.texts))
    assert cases.ship(engine, MODEL, whole=False, now=now) == 0
    assert cases.ship(engine, MODEL, whole=True, now=now) == len(set(whole.texts)) - len(set(alike.texts))
    with reading(engine) as conn:
        assert conn.scalar(select(func.count()).select_from(t.signals).where(t.signals.c.kind != "case")) == 0
        assert len(labels.matured(conn, MODEL, known_at())) == len(set(whole.texts))
        assert labels.matured(conn, MODEL, datetime(2026, 9, 1, tzinfo=UTC)) == []
        assert pd.Series([one.value for one in labels.matured(conn, MODEL, now)]).isin([0.0, 1.0]).all()


def test_a_labelled_file_joins_what_the_database_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No verdict yet: the file and the look-alikes are the cases that the first version learns from, and a retraining finds them there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISK_LANG", "en")
    labelled().to_csv("lab.csv", index=False)
    line = ("train", MODEL, "--from-verdicts", "--texts", "lab.csv", "--text", "text", "--label", "label")
    told = good(*line)
    assert f"{96 + len(set(look_alikes(MODEL).texts))} labels of the case library are new" in told
    shown = json.loads(good("models", "show", MODEL, "1", "--json"))
    assert shown["data"]["case_library"] == 96 + len(set(look_alikes(MODEL).texts))
    assert shown["training"]["positives"] == 48
    assert shown["training"]["n"] == shown["data"]["case_library"]
