"""``risk train`` to ``risk rollback`` on a small model of texts, and the same model served by a stock MLflow client."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from risk.services.training_sets import look_alikes
from tests.risk.cli_world import MODEL, good, labelled, risk

TRAIN = ("train", MODEL, "--texts", "lab.csv", "--text", "text", "--label", "label")
FIGURES = {"precision", "recall", "f1", "best_f1", "average_precision", "roc_auc", "brier_skill", "ece", "alarm_rate"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with labelled texts, a model in ``mdl`` that is also version 1 and champion, and version 2."""
    place = tmp_path_factory.mktemp("cli_train")
    with pytest.MonkeyPatch.context() as patch:
        _enter(patch, place)
        labelled().to_csv("lab.csv", index=False)
        first = good(*TRAIN, "--output", "mdl", "--register")
        second = good(*TRAIN, "--register", "--seed", "1", "--no-hard-negatives")
    Path(place / "told.txt").write_text(first + second, encoding="utf-8")
    return place


def _enter(patch: pytest.MonkeyPatch, place: Path) -> None:
    patch.setenv("RISK_HOME", str(place / "home"))
    patch.setenv("RISK_LANG", "en")
    patch.chdir(place)


@pytest.fixture(autouse=True)
def here(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _enter(monkeypatch, trained)
    return trained


def _score(output: str, *more: str) -> pd.DataFrame:
    good("score", MODEL, "--texts", "lab.csv", "--text", "text", "--output", output, *more)
    return pd.read_csv(output, keep_default_na=False)


def test_the_first_version_is_champion_the_second_challenger(here: Path) -> None:
    told = (here / "told.txt").read_text(encoding="utf-8").splitlines()
    ours = len(look_alikes(MODEL).texts)
    assert told[0].startswith(f"{MODEL} is trained on {96 + ours} labels, 48 positive; average precision out of fold ")
    assert told[3].startswith(f"{MODEL} is trained on 96 labels, 48 positive; ")
    assert told[1:3] == ["model folder: mdl", "registered as version 1 (champion)"]
    assert told[4] == "registered as version 2 (challenger)"
    rows = [line.split()[:3] for line in good("models", "list").splitlines()]
    assert rows == [[MODEL, "v1", "champion"], [MODEL, "v2", "challenger"]]


def test_the_dossier_says_what_it_learnt_from() -> None:
    told = json.loads(good("models", "show", MODEL, "1", "--json"))
    assert told["data"] == {"lab.csv": 96, "look_alikes": len(look_alikes(MODEL).texts)}
    assert json.loads(good("models", "show", MODEL, "2", "--json"))["data"] == {"lab.csv": 96}
    assert {"purpose", "basis", "limits", "owner", "metrics_out_of_fold", "cutoffs"} <= told.keys()


def test_promote_and_back() -> None:
    assert good("promote", MODEL, "2") == f"{MODEL}: version 2 is champion\n"
    assert _used() == "2"
    assert good("rollback", MODEL) == f"{MODEL}: back to version 1\n"
    assert _used() == "1"
    done = risk("rollback", MODEL)
    assert (done.code, done.err.splitlines()[0]) == (1, f"error[no_earlier_champion]: {MODEL} has no earlier champion to go back to")


def _used() -> str:
    return str(json.loads(good("evaluate", MODEL, "--texts", "lab.csv", "--text", "text", "--all-negative"))["using"])


def test_a_folder_a_version_and_the_champion_say_the_same() -> None:
    champion = _score("c.csv")
    for using in ("mdl", "1", "v1", "champion"):
        pd.testing.assert_frame_equal(_score("d.csv", "--using", using), champion)
    assert not _score("r.csv", "--rules-only")["probability"].equals(champion["probability"])
    assert champion["id"].tolist() == list(range(1, 97))


def test_a_model_that_was_changed_is_refused(here: Path) -> None:
    shutil.copytree(here / "mdl", here / "changed", dirs_exist_ok=True)
    path = here / "changed" / "model.json"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    done = risk("score", MODEL, "--texts", "lab.csv", "--text", "text", "--output", "x.csv", "--using", "changed")
    assert done.code == 1
    assert "error[bundle_refused]" in done.err
    assert "model.json was changed after it was saved" in done.err
    assert not Path("x.csv").exists()


def test_a_model_of_another_kind_is_refused() -> None:
    done = risk("score", "illegal_drug_sales", "--texts", "lab.csv", "--text", "text", "--output", "x.csv", "--using", "mdl")
    assert (done.code, done.err.splitlines()[0]) == (1, f"error[wrong_bundle]: this model is of {MODEL}, not of illegal_drug_sales")


def test_every_figure_has_an_interval() -> None:
    told = json.loads(good("evaluate", MODEL, "--texts", "lab.csv", "--text", "text", "--label", "label", "--by", "channel"))
    assert (told["using"], told["rows"]) == ("1", 96)
    assert set(told["by"]) == {"forum", "short_video"}
    for part in (told["overall"], *told["by"].values()):
        assert set(part["metrics"]) == FIGURES
        for name, figure in part["metrics"].items():
            assert figure is not None, name
            assert figure["low"] - 1e-9 <= figure["value"] <= figure["high"] + 1e-9, name
    assert told["overall"]["n"] == sum(part["n"] for part in told["by"].values())


def test_all_negative_counts_alarms() -> None:
    told = json.loads(good("evaluate", MODEL, "--texts", "lab.csv", "--text", "text", "--all-negative", "--rules-only"))["overall"]
    assert (told["positives"], told["n"]) == (0, 96)
    assert [name for name, figure in told["metrics"].items() if figure] == ["alarm_rate"]


def test_codes_and_thresholds() -> None:
    frame = labelled()
    frame["codes"] = ["MED2|DEV" if y == "1" else "-" for y in frame["label"]]
    frame.loc[0, "codes"], frame.loc[4, "codes"] = "MED1", ""
    frame.to_csv("codes.csv", index=False)
    codes = ("--label", "codes", "--positive", "MED2", "--ignore", "MED1", "--separator", "|")
    arguments = ("evaluate", MODEL, "--texts", "codes.csv", "--text", "text", *codes, "--threshold", "0")
    good(*arguments, "--output", "deep/e.json")
    told = json.loads(Path("deep/e.json").read_text(encoding="utf-8"))
    ignored = {frame.index[0], frame.index[4]}
    assert told["overall"]["ignored"] == len(ignored)
    assert told["overall"]["positives"] == sum(y == "1" for i, y in frame["label"].items() if i not in ignored)
    assert told["alarms"] == 96


def test_a_stock_client_says_what_score_says(here: Path) -> None:
    """The registered model is of use to people who have our wheel and MLflow, and nothing else of ours."""
    import mlflow

    texts = ["根治糖尿病，签协议\n无效退款", "", "社区健康讲座", "祖传秘方三天治好牛皮癣，永不复发"]
    pd.DataFrame({"text": texts}).to_csv("four.csv", index=False)
    good("score", MODEL, "--texts", "four.csv", "--text", "text", "--output", "four.out.csv", "--using", "champion")
    scored = pd.read_csv("four.out.csv", keep_default_na=False)
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    try:
        mlflow.set_tracking_uri(f"sqlite:///{here / 'home' / 'models' / 'mlflow.db'}")
        mlflow.set_registry_uri(f"sqlite:///{here / 'home' / 'models' / 'mlflow.db'}")
        served = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion").predict(pd.DataFrame({"text": texts}))
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])
    np.testing.assert_allclose(served["probability"], scored["probability"], atol=1e-6)
    assert served["grade"].tolist() == scored["grade"].tolist()
    assert served["rules"].tolist() == scored["rules"].tolist()
