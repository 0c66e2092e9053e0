"""What plain tools give on the same split: a list of words, character n-grams with logistic regression, LightGBM on sums and counts.

Written to be read in a minute and to be beaten; nothing here knows the project's features or rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.measure import by_slice, measure
from models.neardup import near_duplicate_groups

Floats = npt.NDArray[np.float64]
Judge = Callable[[Sequence[str]], Floats]
NGRAMS = "char 1-4-grams + logistic regression"


def _words(told: str) -> tuple[str, ...]:
    return tuple(told.split())


KEYWORDS: dict[str, tuple[str, ...]] = {
    "false_medical_advertising": _words(
        "根治 治愈 治愈率 有效率 永不复发 不复发 无副作用 无痛 无痕 一次见效 立竿见影 彻底 保证 祖传 秘方 专家 权威 最好 第一 国家级"
    ),
    "illegal_fundraising.solicitation": _words(
        "保本 保息 高收益 年化 月息 日息 返利 分红 稳赚 回报 零风险 本息 理财 投资 众筹 入股 认购 原始股 养老 虚拟币"
    ),
    "illegal_fundraising.report": _words(
        "非法集资 非法吸收公众存款 非吸 集资诈骗 庞氏骗局 资金盘 爆雷 暴雷 跑路 失联 兑付 逾期 提现 立案 经侦 报案 网贷 投资人"
    ),
    "illegal_drug_sales": _words(
        "冰毒 大麻 摇头丸 K粉 麻古 海洛因 可卡因 迷药 迷奸 听话水 催情 春药 安眠药 打胎药 堕胎 LSD GHB weed xanax cocaine"
    ),
    "illegal_prescription_drug_sales": _words(
        "处方药 无需处方 免处方 抗生素 阿莫西林 安定 三唑仑 曲马多 伟哥 西地那非 他达拉非 肉毒 瘦脸针 玻尿酸 胰岛素 司美格鲁肽 米非司酮 安眠药 止咳水 利他林"
    ),
    "illegal_medical_device_sales": _words(
        "隐形眼镜 美瞳 助听器 治疗仪 理疗仪 血糖仪 血压计 制氧机 呼吸机 雾化器 注射 水光针 玻尿酸 针剂 热玛吉 超声刀 医疗器械 支架 注册证 械"
    ),
}
"""Twenty words a model (eighteen for news), written down without looking at the measured rows."""


def keywords(key: str, texts: Sequence[str]) -> Floats:
    """The more of the words, the surer; one is an alarm.

    >>> keywords("illegal_fundraising.report", ["平台爆雷，老板跑路", "爆雷", "天气"]).tolist()
    [0.75, 0.5, 0.0]
    """
    return np.array([1 - 0.5 ** sum(word.lower() in text.lower() for word in KEYWORDS[key]) for text in texts])


def ngrams(texts: Sequence[str], labels: Any) -> Judge:
    """Character 1–4-grams, TF-IDF, logistic regression: learns, then gives the probabilities of other texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    known = ~np.isnan(labels)
    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True, max_features=300_000)
    x = grams.fit_transform([t for t, k in zip(texts, known, strict=True) if k])
    learner = LogisticRegression(C=10, solver="liblinear").fit(x, labels[known])

    def judge(others: Sequence[str]) -> Floats:
        return np.asarray(learner.predict_proba(grams.transform(others))[:, 1])

    return judge


def firm_table(folder: Path) -> pd.DataFrame:
    """One row a firm: the last annual report, sums and counts of the other tables."""
    ids = pd.read_csv(folder / "labels.csv", dtype={"id": str})["id"]
    report = pd.read_csv(folder / "annual_report_info.csv", dtype={"id": str}).sort_values("ANCHEYEAR").groupby("id").last()
    tax = pd.read_csv(folder / "tax_info.csv", dtype={"id": str}).groupby("id")
    news = pd.read_csv(folder / "news_info.csv", dtype={"id": str})
    other = pd.read_csv(folder / "other_info.csv", dtype={"id": str}).drop_duplicates("id").set_index("id")
    parts = [
        report.select_dtypes("number"),
        tax["TAX_AMOUNT"].agg(["sum", "mean", "count"]).add_prefix("tax_"),
        pd.crosstab(news["id"], news["positive_negtive"]).set_axis(
            [f"news_{n}" for n in range(news["positive_negtive"].nunique())], axis=1
        ),
        other.select_dtypes("number"),
    ]
    return pd.concat([p.reindex(ids) for p in parts], axis=1)


def trees(x: pd.DataFrame, y: Any, fold: npt.NDArray[np.int64], seed: int) -> Floats:
    """LightGBM with ordinary settings; each firm's probability comes from the folds it is not in."""
    from lightgbm import LGBMClassifier

    found = np.zeros(len(x))
    values = x.to_numpy(dtype=np.float64)
    for one in np.unique(fold):
        learner = LGBMClassifier(n_estimators=200, learning_rate=0.03, num_leaves=15, random_state=seed, n_jobs=2, verbose=-1)
        learner.fit(values[fold != one], y[fold != one])
        found[fold == one] = np.asarray(learner.booster_.predict(values[fold == one]))
    return found


def figures(probability: Floats, labels: Any, texts: Sequence[str] | None, slices: Sequence[str] | None = None) -> dict[str, Any]:
    """The same figures as ``risk evaluate`` gives, at one half."""
    how: dict[str, Any] = {"threshold": 0.5, "groups": None if texts is None else near_duplicate_groups(list(texts))}
    found = {"overall": measure(probability, labels, **how)}
    return {**found, "by": by_slice(probability, labels, slices, **how)} if slices is not None else found
