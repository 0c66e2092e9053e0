"""The frame and its catalogue say the same; words do not depend on the engine."""

import pandas as pd
import pytest
from hypothesis import given
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
