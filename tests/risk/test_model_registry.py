"""The registry as people use it: shown, compared, approved, promoted and rolled back by name and reason; refused where files or approvals are not as they should be."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import insert, select

from models.registry import Registry
from risk.domain import model_policy
from risk.domain.datafiles import read_toml
from risk.reports import dossier
from risk.services import model_dossier
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from tests.risk.cli_world import MODEL, firms, good, labelled, risk
from tests.risk.run_world import NOW


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model in ``mdl``, registered twice by 张三: versions 1 and 2, challengers."""
    place = tmp_path_factory.mktemp("registry")
    with pytest.MonkeyPatch.context() as patch:
        _enter(patch, place)
        labelled().to_csv("lab.csv", index=False)
        good("train", MODEL, "--texts", "lab.csv", "--text", "text", "--label", "label", "--output", "mdl")
        told = [good("models", "register", "mdl", "--actor", "张三", "--reason", "试用") for _ in range(2)]
    assert told == [f"{MODEL}: registered as version {n}\n" for n in (1, 2)]
    return place


def _enter(patch: pytest.MonkeyPatch, place: Path) -> None:
    patch.setenv("RISK_HOME", str(place / "home"))
    patch.setenv("RISK_LANG", "en")
    patch.delenv("RISK_MLFLOW_URI", raising=False)
    patch.chdir(place)


@pytest.fixture(autouse=True)
def here(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _enter(monkeypatch, trained)
    return trained


def _audited(action: str) -> list[tuple[str, str, Any]]:
    engine = open_engine(Settings.from_environment().database_url)
    with reading(engine) as conn:
        c = t.audit.c
        rows = conn.execute(select(c.actor, c.object, c.detail).where(c.action == action).order_by(c.id)).all()
    engine.dispose()
    return [(row.actor, row.object, row.detail) for row in rows]


def test_the_policy_is_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``automatic`` a version of ours is promoted as it is; with ``required`` it waits for another person, from the command line and from the loop."""
    assert good("promote", MODEL, "1", "--actor", "李四", "--reason", "首个") == f"{MODEL}: version 1 is champion\n"
    told = {**read_toml("model_approval.toml"), "models": {MODEL: "required"}}
    monkeypatch.setattr(model_policy, "read_toml", lambda _: told)
    refused = risk("promote", MODEL, "2")
    assert (refused.code, refused.err.splitlines()[0]) == (
        1,
        f"error[model_not_approved]: version 2 of `{MODEL}` is not approved and cannot be promoted",
    )
    own = risk("models", "approve", MODEL, "2", "--actor", "张三")
    assert (own.code, own.err.split("]")[0]) == (1, "error[model_own_approval")
    assert good("models", "approve", MODEL, "2", "--actor", "王五", "--reason", "已看档案").startswith(f"{MODEL}: 王五 approved version 2")
    assert good("models", "promote", MODEL, "2", "--actor", "李四") == f"{MODEL}: version 2 is champion\n"
    assert good("models", "rollback", MODEL, "--actor", "赵六", "--reason", "误报") == f"{MODEL}: back to version 1\n"
    assert [(actor, where) for actor, where, _ in _audited("model.promote")] == [("李四", f"model:{MODEL}@1"), ("李四", f"model:{MODEL}@2")]
    ((who, what, why),) = _audited("model.approve")
    assert (who, what, why["reason"], why["laws_broken"]) == ("王五", f"model:{MODEL}@2", "已看档案", [])
    assert _audited("model.rollback") == [("赵六", f"model:{MODEL}@1", {"reason": "误报", "from": 2})]
    listed = {row["version"]: row for row in json.loads(good("models", "list", "--json"))}
    assert (listed[1]["aliases"], listed[1]["registered"]["actor"], listed[2]["approval"]["actor"]) == (["champion"], "张三", "王五")


def test_two_versions_side_by_side() -> None:
    settings = Settings.from_environment()
    engine = open_engine(settings.database_url)
    found = {"average_precision": {"value": 0.04, "low": 0.01, "high": 0.07}}
    with transaction(engine) as conn:
        row = {
            "key": "k1", "model": MODEL, "as_of": NOW, "status": "done", "champion": "1", "challenger": "2", "decision": "promoted",
            "detail": {"differences": found, "reason": "better beyond noise"}, "started_at": NOW,
        }  # fmt: skip
        conn.execute(insert(t.trainings).values(row))
    engine.dispose()
    told = good("models", "compare", MODEL, "1", "2")
    assert "average precision" in told
    assert "average precision difference (challenger − champion): +0.040 [0.010, 0.070]" in told
    plain = json.loads(good("models", "compare", MODEL, "1", "2", "--json"))
    assert plain["metrics"]["average_precision"][0] == plain["metrics"]["average_precision"][1]
    assert plain["paired"][0]["differences"] == found
    assert plain["features"]["only"] == [[], []]
    assert risk("models", "compare", MODEL, "1", "9").err.startswith("error[no_version]")


def test_what_differs_is_named() -> None:
    one = model_dossier.whole(Settings.from_environment(), MODEL, 1)
    assert model_dossier._apart(["a", "b"], ["b", "c"]) == {"both": 1, "only": [["a"], ["c"]]}
    assert one["training"]["n"] >= 96
    assert {feature["name"] for feature in one["features"]} >= {"length", "contact_count"}
    assert all(feature["zh"] and feature["en"] for feature in one["features"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_dossier_is_a_page_of_its_own(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_LANG", lang)
    good("models", "show", MODEL, "1", "--html", f"page.{lang}.html")
    page = Path(f"page.{lang}.html").read_text(encoding="utf-8")
    told = model_dossier.whole(Settings.from_environment(), MODEL, 1)
    for fact in (told["purpose"][lang], told["owner"][lang], told["checksum"], told["limits"][0][lang], "广告法", "张三", "lightgbm"):
        assert fact in page, fact
    assert ("平均精度" if lang == "zh" else "average precision") in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert page.count("<svg") >= 1  # the reliability plot
    assert ("分组效果" if lang == "zh" else "By slice") in page


def test_every_topic_has_a_table() -> None:
    """A topic that came up since is shown without any code of its own."""
    told = {**model_dossier.whole(Settings.from_environment(), MODEL, 1)}
    told["more"] = {**told["more"], "weather": {"rain": 0.25, "days": [{"day": "周一", "mm": 3}, {"day": "周二", "mm": 4.5}]}}
    page = dossier.render(told, "en")
    for cell in ("weather", "rain", "0.250", "周二", "4.500"):
        assert cell in page


def test_names_cannot_break_the_page() -> None:
    told = model_dossier.whole(Settings.from_environment(), MODEL, 1)
    told["registered"] = {"actor": "<script>alert(1)</script>", "at": "", "reason": ""}
    assert "<script>" not in dossier.render(told, "zh")


def test_slices_are_measured_at_training(here: Path) -> None:
    told = json.loads(good("models", "show", MODEL, "1", "--json"))["more"]["slices"]
    assert "source" in told
    assert sum(part["n"] for part in told["source"].values()) == model_dossier.whole(Settings.from_environment(), MODEL, 1)["training"]["n"]


def test_a_changed_version_is_refused_everywhere(here: Path) -> None:
    """Shown, compared, approved, promoted, scored: nothing reads a bundle that is not as it was registered."""
    shutil.copytree(here / "home", here / "changed" / "home", dirs_exist_ok=True)
    one = Registry(here / "changed" / "home" / "models").get(MODEL, 2)
    path = here / "changed" / "home" / "models" / one.tags["risk.path"] / "model.json"
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    os.environ["RISK_HOME"] = str(here / "changed" / "home")
    for command in (
        ("models", "show", MODEL, "2"),
        ("models", "compare", MODEL, "1", "2"),
        ("models", "approve", MODEL, "2", "--actor", "王五"),
        ("promote", MODEL, "2"),
        ("score", MODEL, "--texts", "lab.csv", "--text", "text", "--output", "x.csv", "--using", "2"),
    ):
        done = risk(*command)
        assert (done.code, "error[" in done.err) == (1, True), command
        assert "model.json was changed" in done.err, (command, done.err)


def test_another_place_for_the_records(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With RISK_MLFLOW_URI the records are elsewhere; what runs score with lies in the home, and needs neither."""
    other = here / "other"
    other.mkdir()
    monkeypatch.setenv("RISK_HOME", str(here / "home2"))
    monkeypatch.setenv("RISK_MLFLOW_URI", f"sqlite:///{other / 'records.db'}")
    good("models", "register", "mdl", "--actor", "张三")
    good("promote", MODEL, "1")
    assert (other / "records.db").is_file()
    assert not (here / "home2" / "models" / "mlflow.db").exists()
    monkeypatch.setenv("RISK_HOME", str(here / "home5"))  # a second home with the same records fetches what it promotes
    good("promote", MODEL, "1", "--actor", "李四")
    assert (here / "home5" / "models" / "copies" / MODEL / "1" / "manifest.json").is_file()
    monkeypatch.setenv("RISK_HOME", str(here / "home2"))
    monkeypatch.delenv("RISK_MLFLOW_URI")
    good("score", MODEL, "--texts", "lab.csv", "--text", "text", "--output", "y.csv", "--using", "champion")
    assert len(pd.read_csv("y.csv")) == 96


def test_a_stock_client_scores_firms_by_their_columns(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns in any order, some missing, one too many: as our own command says."""
    import mlflow
    import mlflow.pyfunc

    from features.tabular import load_firms

    firm = ("illegal_fundraising", "--lens", "firm", "--firms")
    monkeypatch.setenv("RISK_HOME", str(here / "home4"))
    folder = firms(here / "firms")
    good("train", *firm, folder, "--register")
    good("score", *firm, folder, "--output", "f.csv")
    table = load_firms(folder).astype("float64")  # MLflow takes no integers for a column of numbers that may be missing
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    try:
        mlflow.set_tracking_uri(Registry(here / "home4" / "models").uri)
        mlflow.set_registry_uri(Registry(here / "home4" / "models").uri)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a stock client says of wide tables is none of ours
            served = mlflow.pyfunc.load_model("models:/illegal_fundraising.firm@champion")
            told = served.predict(table[sorted(table.columns, reverse=True)].assign(another=1.0))
            fewer = served.predict(table[[name for name in table.columns if name.startswith("report_")]])
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])
    ours = pd.read_csv("f.csv")
    assert told["probability"].round(6).tolist() == pytest.approx(ours["probability"].tolist(), abs=1e-6)
    assert told["grade"].tolist() == ours["grade"].tolist()
    assert fewer["probability"].between(0, 1).all()
    assert {column.name for column in served.metadata.signature.inputs} >= {"report_count", "tax_count"}


def test_scoring_without_outside_models_needs_no_mlflow(here: Path) -> None:
    good("promote", MODEL, "1", "--actor", "李四")
    code = (
        "import sys; from risk.bootstrap import open_scorer; from risk.settings import Settings;"
        "s = open_scorer(Settings.from_environment());"
        f"print(s.judge(s.read(['根治']), {MODEL!r}).learner.version, 'mlflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_a_full_server_in_the_place_of_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not any(one.metadata["Name"] == "mlflow" for one in distributions()):
        pytest.skip("a tracking server needs the extra mlflow-ui (the full mlflow package)")
    from tests.risk.mlflow_server import serve

    with serve(here / "server") as uri:
        monkeypatch.setenv("RISK_HOME", str(here / "home3"))
        monkeypatch.setenv("RISK_MLFLOW_URI", uri)
        good("models", "register", "mdl", "--actor", "张三")
        good("promote", MODEL, "1")
        assert MODEL in good("models", "list")
    good("score", MODEL, "--texts", "lab.csv", "--text", "text", "--output", "z.csv", "--using", "champion")  # the server is down
    assert len(pd.read_csv("z.csv")) == 96
