"""A data scientist's own pyfunc as a sixth risk: registered from the notebook, run only once another person approved it, then judging like the others."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, select

from models import bundle, outside
from models.outside import OutsideError, OutsideModel, OutsideSpec
from models.registry import NotApprovedError, Registry
from risk.bootstrap import open_scorer
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.scoring import keys
from risk.scoring.scorer import Learner, Scorer
from risk.services import model_approval, model_desk, rule_desk, rule_drafts, runs
from risk.settings import Settings
from risk.storage import migrate
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from tests.risk.cli_world import risk
from tests.risk.run_world import NOW, PLAIN, packs, put, set_capacity

NAME = "prepaid_default"
NOTEBOOKS = Path(__file__).parents[2] / "experiments" / "notebooks"
GONE = "办卡三年，充值三千。老板失联，店铺一夜搬空。加微信 abc12345 退卡"
SPEC = {
    "name": "sixth_risk",
    "title": ("第六类", "Sixth"),
    "question": ("是否涉嫌？", "Suspected?"),
    "basis": (("消费者权益保护法", "53"),),
    "owner": ("甲处", "office A"),
}
RULE = """规则 prepaid_gone "预付卡失联" / "Prepaid and gone"
  模型   prepaid_default
  依据   "广告法" 条 "28" 文本 2021-04-29
  严重度 高
  当     文本 含任一 "押金" 且 文本 含任一 "失联"
  理由   中 "“{hit}”，涉嫌收取预付款后失联" 英 "\\"{hit}\\": suspected of vanishing with prepayments"
  命中   "交了押金就失联" "押金不退，老板失联" "失联了，押金怎么办"
  不命中 "押金已经退回" "老友失联多年" "本店今日营业"
"""


@dataclass(frozen=True)
class World:
    """A home with the example's model, approved and champion as version 1."""

    settings: Settings
    engine: Engine
    before: dict[str, Any]
    """What was refused before the approval."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("outside")
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'risk.db'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RISK_HOME", str(home))
        patch.setenv("RISK_LANG", "en")
        patch.chdir(NOTEBOOKS)
        migrate.upgrade(settings.database_url)
        notebook = json.loads(Path("register_outside.ipynb").read_text(encoding="utf-8"))
        cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert len([line for cell in cells for line in cell.splitlines() if line.strip()]) <= 10
        space: dict[str, Any] = {}
        for cell in cells:
            exec(compile(cell, "register_outside.ipynb", "exec"), space)
        assert space["version"] == 1
    engine = open_engine(settings.database_url)
    before = {
        "in_use": keys.text_keys(in_use=True),
        "listed": model_desk.list_models(settings)[-1],
        "promote": _refused(lambda: model_approval.promote(engine, settings, NAME, 1, actor="乙", now=NOW)),
        "own": _refused(lambda: model_approval.approve(engine, settings, NAME, 1, actor=" 甲 ", now=NOW)),
        "using": _refused(lambda: open_scorer(settings, [NAME], using={NAME: "1"})),
    }
    with pytest.raises(NotApprovedError):
        Registry(settings.registry_dir).promote(NAME, 1)
    model_approval.approve(engine, settings, NAME, 1, actor="审批人乙", now=NOW, reason="已读代码")
    model_approval.promote(engine, settings, NAME, 1, actor="审批人乙", now=NOW)
    yield World(settings, engine, before)
    engine.dispose()
    keys._registry.clear()


@pytest.fixture(autouse=True)
def looked_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_HOME", str(world.settings.home))
    monkeypatch.setenv("RISK_LANG", "en")
    keys.look_in(world.settings.registry_dir)


def _refused(act: Any) -> str:
    with pytest.raises(ConflictError) as refused:
        act()
    return refused.value.code


def _scorer(settings: Settings) -> Scorer:
    return open_scorer(settings, [NAME])


# --- before and after the approval ---------------------------------------------------------------------------------------


def test_before_its_approval_it_is_listed_and_judges_nothing(world: World) -> None:
    assert NAME not in world.before["in_use"]
    assert (world.before["listed"].key, world.before["listed"].champion, world.before["listed"].outside) == (NAME, None, True)
    assert (world.before["promote"], world.before["own"]) == ("model_not_approved", "model_own_approval")
    assert world.before["using"] == "outside_not_approved"


def test_registering_and_refusing_run_none_of_its_code(world: World, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    code = tmp_path / "code.py"
    code.write_text(f"from pathlib import Path\nPath({str(mark)!r}).write_text('ran')\nraise SystemExit\n", encoding="utf-8")
    spec = {**SPEC, "name": "never_run"}
    version = model_approval.register_outside(world.engine, world.settings, spec, code, ["样例"], actor="甲", now=NOW)
    model_desk.list_models(world.settings)
    assert risk("models", "show", "never_run", str(version)).code == 0
    assert risk("promote", "never_run", str(version)).code == 1
    with Registry(world.settings.registry_dir)._mlflow() as mlflow, pytest.raises(Exception, match="not approved"):
        mlflow.pyfunc.load_model(f"models:/never_run/{version}")
    assert not mark.exists()


def test_who_when_and_why_are_in_the_audit(world: World) -> None:
    with reading(world.engine) as conn:
        rows = conn.execute(
            select(t.audit.c.actor, t.audit.c.action, t.audit.c.detail).where(t.audit.c.object == f"model:{NAME}@1").order_by(t.audit.c.id)
        ).all()
    assert [(row.actor, row.action) for row in rows] == [
        ("甲", "model.register"), ("审批人乙", "model.approve"), ("审批人乙", "model.promote"),
    ]  # fmt: skip
    assert (rows[1].detail["reason"], rows[1].detail["laws_broken"]) == ("已读代码", [])
    one = Registry(world.settings.registry_dir).get(NAME, 1)
    assert [line["event"] for line in one.history] == ["approve", "promote"]
    assert one.approval is not None
    assert one.approval["actor"] == "审批人乙"


# --- judging like the others ---------------------------------------------------------------------------------------------


def test_a_file_is_scored_with_reasons(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"text": [GONE, PLAIN]}).to_csv("t.csv", index=False)
    done = risk("score", NAME, "--texts", "t.csv", "--text", "text", "--output", "o.csv")
    assert done.code == 0, done.err
    scored = pd.read_csv("o.csv", keep_default_na=False)
    assert scored["grade"].tolist() == ["red", "none"]
    assert "店铺一夜搬空" in scored["reasons"][0]


def test_what_is_taken_away_is_measured_and_adds_up(world: World) -> None:
    scorer = _scorer(world.settings)
    model = scorer.learners[NAME].model
    told = scorer.read([GONE, PLAIN])
    first, second = model.contributions(told.frame, None)
    p = model.predict(told.frame)
    for parts, one in zip((first, second), p, strict=True):
        assert sum(c.log_odds for c in parts) == pytest.approx(np.log(one / (1 - one)), abs=1e-6)
    heaviest = first[0]
    assert GONE[slice(*heaviest.spans[0])] == heaviest.feature
    without = model.predict(scorer.read([GONE.replace(heaviest.feature, "")]).frame)[0]
    assert without < p[0]
    assert [c.value for c in first if c.feature == "contact_count"] == [1.0]


def test_a_run_raises_alerts_that_somebody_gets(world: World) -> None:
    set_capacity(world.engine, 500)
    with transaction(world.engine) as conn:
        put(conn, [GONE, PLAIN])
    scorer = Scorer(_scorer(world.settings).learners, packs())
    (result,) = runs.run(world.engine, scorer, [NAME], as_of=NOW, now=NOW, actor="测试")
    assert (result.judged, result.balance.new) == (2, 1)
    with reading(world.engine) as conn:
        alert = conn.execute(select(t.alerts).where(t.alerts.c.model == NAME)).one()
        task = conn.execute(select(t.tasks).where(t.tasks.c.alert_id == alert.id)).one()
        stored = conn.execute(select(t.assessments).where(t.assessments.c.model == NAME, t.assessments.c.grade > 0)).one()
    assert (alert.title_zh.split("：")[0], alert.title_en.split(":")[0]) == ("涉嫌预付卡跑路", "Suspected")
    assert task.office_code == "province-coordination"
    assert any("失联" in reason for reason in stored.evidence["zh"])
    assert stored.model_version == "1"
    again = Scorer(_scorer(world.settings).learners, packs())
    later = NOW.replace(hour=5)
    assert runs.run(world.engine, again, [NAME], as_of=later, now=later, actor="测试")[0].judged == 0


def test_it_may_have_rules(world: World) -> None:
    with transaction(world.engine) as conn:
        draft = rule_drafts.create(conn, RULE, actor="分析员", now=NOW)
        tested = rule_drafts.try_out(conn, draft.id, actor="分析员", now=NOW)
        assert tested.state == "tested", (tested.diagnostics, tested.test)
        rule_desk.submit(conn, draft.id, actor="分析员", now=NOW)
        rule_desk.approve(conn, draft.id, actor="审批人乙", now=NOW)
        rule_desk.activate(conn, draft.id, actor="审批人乙", reason="启用", now=NOW)
    scorer = open_scorer(world.settings, [NAME], engine=world.engine)
    judged = scorer.judge(scorer.read(["交了押金就失联", "押金已退"]), NAME)
    assert [rule.id for rule in judged.hits.fired_rules(0)] == ["prepaid_gone"]
    assert judged.ranks.tolist()[1] == 0
    assert judged.ranks[0] >= 1  # the floor of a grave rule, though the model alone says less
    assert judged.rules_version


def test_a_stock_client_scores_what_was_approved(world: World) -> None:
    with Registry(world.settings.registry_dir)._mlflow() as mlflow:
        served = mlflow.pyfunc.load_model(f"models:/{NAME}@champion")
        told = served.predict(pd.DataFrame({"text": [GONE, PLAIN]}))
    assert told["grade"].tolist() == ["red", "none"]
    assert [column.name for column in served.metadata.signature.outputs] == ["probability", "grade", "rules"]


# --- what was changed ----------------------------------------------------------------------------------------------------


def test_changed_code_is_refused(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.settings.registry_dir, home / "models")
    settings = replace(world.settings, home=home)
    entry = Registry(settings.registry_dir).champions()[NAME]
    folder = settings.registry_dir / entry["path"]
    code = folder / outside.CODE
    code.write_text(code.read_text(encoding="utf-8") + "\n# harmless\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"model\.py was changed") as refused:
        _scorer(settings)
    assert (refused.value.code, "model.py" in refused.value.text("zh")) == ("bundle_refused", True)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][outside.CODE] = bundle.sha256(code)  # a careful hand makes the manifest fit
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InvalidInputError, match="not the one that was recorded"):
        _scorer(settings)


def test_a_champion_without_an_approval_is_not_run(world: World, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(world.settings.registry_dir, home / "models")
    path = home / "models" / "champions.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told[NAME].pop("approved")
    path.write_text(json.dumps(told), encoding="utf-8")
    assert _refused(lambda: _scorer(replace(world.settings, home=home))) == "outside_not_approved"


# --- the laws ------------------------------------------------------------------------------------------------------------


def _laws(call: Any, columns: tuple[str, ...] = ()) -> list[str]:
    spec = OutsideSpec.of({**SPEC, "columns": columns})
    scorer = Scorer(packs=packs())
    frame = scorer.read([GONE, PLAIN, "", "药" * 50]).frame
    found = outside.failures(OutsideModel(spec, call), frame, lambda one, rows: one.take(rows), lambda: OutsideModel(spec, call))
    return [one.split(":")[0] for one in found]


def test_a_model_that_keeps_the_contract_breaks_no_law() -> None:
    assert _laws(lambda table: [0.9 if "失联" in text else 0.1 for text in table["text"]]) == []
    assert _laws(lambda table: (table["contact_count"].fillna(0) > 0) * 0.5, ("contact_count",)) == []


def _by_position(table: pd.DataFrame) -> list[float]:
    return [i / len(table) for i in range(len(table))]


def _crashing_on_nothing(table: pd.DataFrame) -> list[float]:
    return [1.0 / (1 + len(text) * 0) if text else 1 / 0 for text in table["text"]]


@pytest.mark.parametrize(
    ("call", "law"),
    [
        (lambda table: [7.0] * len(table), "gives_probabilities"),
        (lambda table: [float("nan")] * len(table), "gives_probabilities"),
        (lambda table: [0.5], "gives_probabilities"),
        (_by_position, "batch_equals_single"),
        (lambda table: np.random.default_rng().random(len(table)), "repeats"),
        (_crashing_on_nothing, "gives_probabilities"),
        (lambda table: pd.DataFrame({"score": [0.5] * len(table)}), "gives_probabilities"),
    ],
)
def test_what_breaks_the_contract_breaks_a_law(call: Any, law: str) -> None:
    assert law in _laws(call)


def test_code_that_hangs_or_leaves_is_ended_and_told(world: World, tmp_path: Path) -> None:
    leaving = tmp_path / "leaving.py"
    leaving.write_text("import os\nos._exit(0)\n", encoding="utf-8")
    spec = {**SPEC, "name": "leaving_risk"}
    number = model_approval.register_outside(world.engine, world.settings, spec, leaving, ["样例"], actor="甲", now=NOW)
    with pytest.raises(ConflictError, match="gives_an_answer") as refused:
        model_approval.approve(world.engine, world.settings, "leaving_risk", number, actor="乙", now=NOW)
    assert refused.value.code == "model_laws_broken"
    one = Registry(world.settings.registry_dir).get("leaving_risk", number)
    assert one.approval is None
    assert model_approval.check(one.folder, one.checksum, seconds=0.2)[0].startswith("in_time: ")
    with reading(world.engine) as conn:
        (told,) = conn.scalars(select(t.audit.c.detail).where(t.audit.c.action == "model.refuse")).all()
    assert told["laws_broken"]


# --- the contract --------------------------------------------------------------------------------------------------------


def test_own_reasons_are_told_as_given(world: World) -> None:
    def call(table: pd.DataFrame) -> pd.DataFrame:
        said = [[{"zh": "卷款", "en": "took the money", "weight": 1.5, "start": 0, "end": 2}, "失联"] for _ in range(len(table))]
        return pd.DataFrame({"probability": [0.9] * len(table), "reasons": said})

    from risk.scoring.reasons import evidence

    model = OutsideModel(OutsideSpec.of({**SPEC, "name": NAME}), call)
    scorer = Scorer({NAME: Learner(model, "1")}, packs())
    read = scorer.read([GONE])
    told = evidence(scorer, read, scorer.judge(read, NAME), [0])[0]
    assert "卷款" in told["zh"]
    assert "took the money" in told["en"]
    parts = model.contributions(read.frame, None)[0]
    assert [(c.feature, c.spans) for c in parts if c.kind == "said" and c.log_odds == 1.5] == [("卷款", ((0, 2),))]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "illegal_drug_sales"}, "name"),
        ({"name": "../up"}, "name"),
        ({"basis": ()}, "basis"),
        ({"columns": ("no_such_feature",)}, "columns"),
        ({"title": ("只有中文",)}, "title"),
        ({"owner": "甲处"}, "owner"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_specification_is_told(change: dict[str, Any], where: str) -> None:
    with pytest.raises(OutsideError, match=f"^{where}:"):
        OutsideSpec.of({**SPEC, **change})


def test_a_file_that_is_no_python_is_told_at_registration(world: World, tmp_path: Path) -> None:
    code = tmp_path / "code.py"
    code.write_text("def broken(:\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="cannot be read as Python") as refused:
        model_approval.register_outside(world.engine, world.settings, SPEC, code, ["样例"], actor="甲", now=NOW)
    assert refused.value.code == "model_refused"
    with pytest.raises(NotFoundError):
        model_approval.promote(world.engine, world.settings, "sixth_risk", 1, actor="乙", now=NOW)


def test_it_is_trained_elsewhere(world: World) -> None:
    done = risk("train", NAME, "--texts", "x.csv", "--text", "text", "--label", "label", "--register")
    assert (done.code, "outside_not_trained" in done.err) == (1, True)
