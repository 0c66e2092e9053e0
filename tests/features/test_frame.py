"""The frame and its catalogue say the same; words do not depend on the engine."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import text
from features.catalogue import FEATURES, TRANSFORMS, describe, names
from features.frame import Lexicon, WordList, build
from features.normalise import normalise

LEXICON = Lexicon([WordList("疗效", ("根治",)), WordList("收益", ("保本",))])


def test_every_column_is_in_the_catalogue() -> None:
    frame = build(["根治，加薇信abc123，国药准字H20041126，￥98", ""], LEXICON)
    assert list(frame.columns.columns) == names(LEXICON.names)
    assert set(frame.columns.dtypes.astype(str)) == {"float64"}
    for column in frame.columns.columns:
        assert describe(column).doc_zh
        assert describe(column).doc_en
    assert len({f.name for f in FEATURES}) == len({f.zh for f in FEATURES}) == len(FEATURES)
    assert {f.kind for f in FEATURES} == {"count", "share", "flag", "amount"}


@given(st.text(max_size=80))
def test_every_transform_is_in_the_catalogue(raw: str) -> None:
    assert normalise(raw).transforms <= TRANSFORMS.keys()


def test_rows_do_not_see_each_other() -> None:
    texts = ["保本，年化15%", "", "谨防“保本”骗局", "根.治糖尿病", "加微信abc123，99元"]
    together = build(texts, LEXICON).columns
    alone = pd.concat([build([t], LEXICON).columns for t in texts], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)


def test_values() -> None:
    row = build(["我们保证根治！加薇信abc123，国药准字H20041126，￥98/盒"], LEXICON).columns.iloc[0]
    expected = {
        "has_wechat": 1,
        "contact_disguised": 1,
        "has_price": 1,
        "price_min": 98,
        "asserted_疗效": 1,
        "drug_approval_well_formed": 1,
        "transform_contact": 1,
    }
    assert {k: row[k] for k in expected} == expected
    assert row[["first_person_count", "exclamation_count", "solicits"]].tolist() == [1, 1, 1]
    assert pd.isna(row["promised_annual_yield"])


def test_extra_columns_are_joined_by_position() -> None:
    frame = build(["药", "药"], LEXICON, pd.DataFrame({"channel": ["moments", "web"]}, index=[7, 8]))
    assert frame.columns["channel"].tolist() == ["moments", "web"]
    with pytest.raises(ValueError, match="1 rows for 2 texts"):
        build(["药", "药"], LEXICON, pd.DataFrame({"channel": ["web"]}))


def test_no_texts_make_an_empty_frame() -> None:
    frame = build([], LEXICON)
    assert (frame.n, frame.columns.shape, len(frame.hits), frame.words) == (0, (0, len(names(LEXICON.names))), 0, [])


def test_both_segmenters_give_the_same_words() -> None:
    pytest.importorskip("rjieba")
    fast, slow = text._fast(), text._slow()
    for sample in (
        "月息2分保本高收益",
        "www.a.com加微信abc_123",
        "司美格鲁肽无需处方直邮💊",
        "C++ 3.5克\n1-2天",
        "彻底根治糖尿病,永不复发!",
    ):
        assert list(fast(sample)) == list(slow(sample))


PIECES = (
    *("保本", "年化15%", "根.治", "加薇信abc123", "电话1三八零零13八零00", "“稳赚”", "大家人们", "我们本店", "周某某", "昆明甲乙投资有限公司", "国药准字Z13020588"),
    *("鄂DA1234567", "sc12345678901234", "￥99/盒", "5万元", "不能", "警方提醒", "?", "\n", "葯💊", "\u200b", "①", "保\n本\n保\n息", "保、本、保、息", "(根)治", "x" * 11),
    *("ｖＸ", "138 0013 8000", "三年翻倍", "免cfy直邮", "卫星号abc12", "a", "。", " ", "ﷺ", "\ud800", "😀", "私聊", "嫌疑人张三", "٣٣٣", "第一二三四五六七八九"),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), min_size=9, max_size=14))
def test_texts_read_together_are_read_as_each_alone(texts: list[str]) -> None:
    lexicon = Lexicon([WordList("甲", ("保本", "根治", "微信")), WordList("乙", ("稳赚", "投资"))])
    together, alone = build(texts, lexicon), [build([text], lexicon) for text in texts]
    assert together.texts == [one.texts[0] for one in alone]
    assert all((t.dense is t.plain) == (one.texts[0].dense is one.texts[0].plain) for t, one in zip(together.texts, alone, strict=True))
    assert np.array_equal(together.table, np.vstack([one.table for one in alone]), equal_nan=True)
    assert np.array_equal(together.hits.row, np.repeat(np.arange(len(texts)), [len(one.hits) for one in alone]))
    for name in ("start", "end", "term", "list", "aggressive", "negated", "reported"):
        assert getattr(together.hits, name).tolist() == [x for one in alone for x in getattr(one.hits, name).tolist()]
