"""The measurement of the five models: nothing near-identical to a measured text is learnt, and the figures are what they say."""

from __future__ import annotations

import doctest
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from experiments.five_models import __main__ as run
from experiments.five_models import figures, material, pages
from models.neardup import near_duplicate_groups
from risk.scoring.scorer import Scorer

DRUGS, RX, REPORT, MED = "illegal_drug_sales", "illegal_prescription_drug_sales", "illegal_fundraising.report", "false_medical_advertising"
CURE, COPY = "三个疗程根治糖尿病，永不复发，无效退款，电话13800001111", "三个疗程根治糖尿病，永不复发，无效退款，电话13900002222"
WALK = "明天一起去公园散步吧，带上孩子和水壶"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five files like the public material, written here."""
    folder = tmp_path_factory.mktemp("material")
    files = {
        "labelled_messages.csv": f"text,codes,stratum\n{CURE},MED2,med\n{WALK},-,ham_med\n头痛门诊周三开放,MED1,med\n",
        "lookalike_negatives.csv": "source,text\n"
        + "".join(f"news_title,第{n}届运动会{'开幕' * (n % 7)}{'圆满' * (n % 5)}收官\n" for n in range(30)),
        "short_messages.csv": f"kind,text\nspam,{CURE}吧\nspam,{COPY}\nspam,全场羽绒服换季三折包邮到家\nham,晚上回家吃饭吗\n",
        "illicit_drug_posts.csv": "text,label,language\n出一批货懂的来,1,zh\n猫咪真可爱,0,zh\n",
        "finance_news_events.csv": "text,event_types\n某平台老板被抓,涉嫌非法集资\n某平台停止兑付,提现困难\n公司业绩下滑,业绩下滑\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("module", [figures, pages, run], ids=lambda m: m.__name__)
def test_examples(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_nothing_near_a_measured_text_is_learnt(data: Path) -> None:
    measured, (learnt_from, held) = material.labelled_messages(data), material.split_lookalikes(data, 0)
    told = material.development(data, learnt_from, 0)
    everything = [*measured.texts, *held.texts]
    rows = material.training_set(Scorer(), MED, told, everything, 0)
    groups = near_duplicate_groups([*everything, *rows.texts])
    assert not set(groups[: len(everything)].tolist()) & set(groups[len(everything) :].tolist())
    assert "全场羽绒服换季三折包邮到家" in rows.texts
    assert not any(CURE[:8] in text for text in rows.texts)
    assert set(rows.sources) == {"look_alikes", "case_library"}
    assert measured.labels[MED].tolist()[:2] == [1.0, 0.0]
    assert math.isnan(measured.labels[MED][2])


def test_what_is_not_known_of_a_model_is_left_out(data: Path) -> None:
    told = material.development(data, material.split_lookalikes(data, 0)[0], 0)
    scorer = Scorer()
    drugs, rx, report = (material.training_set(scorer, key, told, [], 0) for key in (DRUGS, RX, REPORT))
    assert drugs.labels[drugs.texts.index("出一批货懂的来")] == 1.0
    assert "出一批货懂的来" not in rx.texts
    assert rx.labels[rx.texts.index("猫咪真可爱")] == 0.0
    assert report.labels[report.texts.index("某平台老板被抓")] == 1.0
    assert "某平台停止兑付" not in report.texts
    assert report.labels[report.texts.index("公司业绩下滑")] == 0.0


def test_figures_have_their_value_inside_the_interval() -> None:
    rng = np.random.default_rng(0)
    y = (np.arange(400) % 4 == 0).astype(float)
    p = np.clip(0.3 * y + rng.uniform(0, 0.7, 400), 0, 1)
    for figure in (figures.average_precision, figures.recall_at):
        value, low, high = figures.interval(figure, p, np.where(np.arange(400) == 7, np.nan, y), np.arange(400), 0)
        assert low <= value <= high
        assert low < high
    assert figures.fall(np.ones(50, dtype=bool), np.zeros(50, dtype=bool), 0) == [1.0, 1.0, 1.0]


def test_a_page_names_what_misses_its_goal() -> None:
    alarms = [
        {
            "model": MED,
            "who": "library",
            "n": 100,
            "overall": [0.02, 0.01, 0.04],
            "by": {"news": [0.02, 0.01, 0.04], "labels": [0.04, 0.0, 0.1]},
        }
    ]
    told = pages._reached_alarms(alarms, ["library"])
    assert "overall 2.00 %" in told
    assert "labels 4.00 %" in told
    assert "news" not in told
    assert pages._reached_alarms(alarms, ["rules alone"]).endswith("all reached.")
