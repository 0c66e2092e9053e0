"""Made-up texts and a small frame of the shape that `features.frame` gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

OFFERS = ("根治", "永不复发", "保证治愈", "无效退款", "祖传秘方", "一次见效")
GOODS = ("糖尿病", "高血压", "风湿", "皮肤病", "失眠", "鼻炎")
CALM = ("今天天气很好", "明天一起吃饭", "请按时参加会议", "快递已经到了", "祝您生日快乐", "会议改到下午")
FILL = "春风花草香山水田园人间烟火长路漫漫归途远方故里旧时光影清晨黄昏"


@dataclass
class View:
    text: str

    def span(self, i: int, j: int, /) -> tuple[int, int]:
        return i, j


@dataclass
class Text:
    original: str

    @property
    def dense(self) -> View:
        return View(self.original.lower())


@dataclass
class Frame:
    texts: list[Text]
    columns: pd.DataFrame

    @property
    def n(self) -> int:
        return len(self.texts)

    @property
    def words(self) -> list[list[str]]:
        return [[t.dense.text[i : i + 2] for i in range(0, len(t.original), 2)] for t in self.texts]


def frame_of(texts: Sequence[str]) -> Frame:
    columns = pd.DataFrame({"length": [float(len(t)) for t in texts], "offers": [float(sum(o in t for o in OFFERS)) for t in texts]})
    columns.loc[columns.index[::7], "length"] = np.nan
    return Frame([Text(t) for t in texts], columns)


def take(frame: Frame, rows: Sequence[int]) -> Frame:
    return Frame([frame.texts[i] for i in rows], frame.columns.iloc[list(rows)].reset_index(drop=True))


def with_columns(frame: Frame, columns: pd.DataFrame) -> Frame:
    return replace(frame, columns=columns)


@dataclass
class Made:
    """n made-up texts with labels, rule outcomes and severities."""

    frame: Frame
    labels: np.ndarray[Any, np.dtype[np.float64]]
    rules: pd.DataFrame
    weights: dict[str, float]


def make(n: int, seed: int) -> Made:
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(n):
        positive = rng.random() < 0.25
        noise = "".join(rng.choice(list(FILL), 14))
        core = (
            f"{rng.choice(OFFERS)}{rng.choice(GOODS)}"
            if positive
            else f"{rng.choice(CALM)}{rng.choice(GOODS) if rng.random() < 0.3 else ''}"
        )
        texts.append(noise[:7] + core + noise[7:])
        labels.append(float(positive != (rng.random() < 0.04)))
    frame = frame_of(texts)
    rules = pd.DataFrame(
        {
            "rule:cure": [float("根治" in t or "保证治愈" in t) for t in texts],
            "rule:recipe": [float("祖传秘方" in t) for t in texts],
        }
    )
    rules.iloc[::11, 1] = np.nan
    return Made(frame, np.array(labels), rules, {"cure": 0.72, "recipe": 0.42})


@pytest.fixture(scope="session")
def made() -> Made:
    return make(400, 1)


@pytest.fixture(scope="session")
def later() -> Made:
    return make(300, 2)


@pytest.fixture(scope="session")
def fitted(made: Made) -> Any:
    from models.text import train_text

    return train_text(made.frame, made.rules, made.labels, rule_weights=made.weights, seed=3)


@pytest.fixture
def law_case(made: Made, fitted: Any, tmp_path: Any) -> Callable[[], Any]:
    from models import bundle, laws
    from models.grades import FIXED_CUTOFFS
    from models.text import train_text

    def reload(model: Any) -> Any:
        bundle.save(tmp_path / "again", model, name="false_medical_advertising", cutoffs=FIXED_CUTOFFS)
        return bundle.load(tmp_path / "again").model

    def case() -> Any:
        return laws.Case(
            fitted.model,
            made.frame,
            made.rules,
            take,
            lambda f: f.columns,
            with_columns,
            reload=reload,
            retrain=lambda: train_text(made.frame, made.rules, made.labels, rule_weights=made.weights, seed=3).model,
            calibration_error=fitted.report["out_of_fold"]["metrics"]["ece"]["value"],
        )

    return case
