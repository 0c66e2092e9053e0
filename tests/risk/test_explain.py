"""`risk explain` and its API: reasons that add up, what would change the grade, plots that are really drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from risk.cli import cli
from risk.domain.errors import RiskError
from risk.reports.shap_plots import draw
from risk.scoring.importance import Matrix, matrix
from risk.scoring.scorer import Scorer
from rules.pack import pack_from_text
from tests.risk.run_world import MED
from tests.risk.test_grounds import PACK, TEXTS

TEXT = "三个疗程根治糖尿病，永不复发，无效退款"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(
    ("lang", "says"), [("zh", ["理由", "底数", "如何改判", "若无"]), ("en", ["Reasons", "base", "What would change", "without"])]
)
def test_one_text_is_explained(lang: str, says: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_LANG", lang)
    told = CliRunner().invoke(cli, ["explain", MED, TEXT, "--rules-only"], catch_exceptions=False).output
    assert all(word in told for word in says), told
    weights = [float(line.split()[0]) for line in told.splitlines() if line.startswith("  ") and line.strip()[0] in "+-"]
    probability = float(told.split("概率 " if lang == "zh" else "probability ")[1][:5])
    assert 1 / (1 + np.exp(-sum(weights))) == pytest.approx(probability, abs=0.03)  # two digits a line


def test_what_is_no_alert_is_said_to_be_none() -> None:
    told = CliRunner().invoke(cli, ["explain", MED, "今天下雨", "--rules-only"], catch_exceptions=False).output
    assert "低于蓝色" in told


@pytest.mark.parametrize("given", [[], [TEXT, "--texts", "x.csv"], ["--texts", "x.csv"], ["--lens", "firm"]])
def test_anything_but_one_input_is_refused(given: list[str]) -> None:
    with pytest.raises(RiskError) as refused:
        CliRunner().invoke(cli, ["explain", "illegal_fundraising", *given], catch_exceptions=False)
    assert refused.value.code == "explain_input"


def test_plots_are_drawn_and_say_the_matters(tmp_path: Path) -> None:
    pytest.importorskip("shap", reason="shap is not installed (extra explain)")
    pytest.importorskip("matplotlib", reason="matplotlib is not installed (extra explain)")
    scorer = Scorer(packs=[pack_from_text(PACK, MED)])
    reading = scorer.read(TEXTS)
    found = matrix(scorer, reading, scorer.judge(reading, MED), range(len(TEXTS)), "en")
    assert found.weights.shape == found.seen.shape == (len(TEXTS), len(found.names))
    rng = np.random.default_rng(0)
    made = Matrix(rng.normal(size=(40, 3)), rng.normal(size=(40, 3)), ["yield", "contact", "wording"], np.zeros(40))
    paths = draw(made, tmp_path / "plots")
    assert [path.name for path in paths] == ["swarm.svg", "bars.svg", "scatter-1.svg", "scatter-2.svg", "scatter-3.svg"]
    assert all(path.read_text(encoding="utf-8").rstrip().endswith("</svg>") for path in paths)
    assert [path.read_bytes() for path in draw(made, tmp_path / "again")] == [path.read_bytes() for path in paths]
