"""Claims, denials and reports by example. `[]` marks the span."""

import pytest

from features.normalise import plain_text
from features.stance import Stance


def _spanned(marked: str) -> tuple[Stance, int, int]:
    text = plain_text(marked)
    start = text.index("[")
    end = text.index("]") - 1
    return Stance(text.replace("[", "").replace("]", "")), start, end


@pytest.mark.parametrize(
    "marked",
    [
        "目前不能[根治]",
        "本产品不保证[保本]",
        "本品不能代替[药物]",
        "不得承诺[保本]",
        "严禁宣传[治愈率]",
        "并非[保本]产品",
        "谨防[高收益]诱惑",
        "非[保本]浮动收益",
        "[根治]是不可能的",
        "没有任何机构[保本]",
    ],
)
def test_negated(marked: str) -> None:
    stance, start, end = _spanned(marked)
    assert stance.negated(start, end)


@pytest.mark.parametrize(
    "marked",
    [
        "三个疗程[根治]",
        "[无副作用]",
        "不反弹、[根治]肥胖",
        "[永不复发]",
        "没有不能[治愈]的病",
        "不[治愈]不收费",
        "不仅[保本]还分红",
        "不开刀[根治]",
        "无风险[保本]",
        "别的医院不能治,我院[根治]",
        "不吃药也能[根治]",
        "不会复发,彻底[根治]",
    ],
)
def test_claimed(marked: str) -> None:
    stance, start, end = _spanned(marked)
    assert not stance.negated(start, end)


@pytest.mark.parametrize(
    "marked",
    [
        "某公司因宣称“[治愈率]98%”被罚款5万元",
        "警方提醒：[保本]高息都是骗局",
        "记者从市场监管局获悉,该店宣称[根治]糖尿病被查处",
        "糖尿病能[根治]吗？",
        "涉嫌以[高额返利]为诱饵非法集资",
        "广告不得含有“[治愈率]”等内容",
        "反诈宣传：凡是承诺[稳赚不赔]的都是诈骗",
    ],
)
def test_reported(marked: str) -> None:
    stance, start, end = _spanned(marked)
    assert stance.reported(start, end)


@pytest.mark.parametrize(
    "marked",
    [
        "[保本]保息,年化15%,加微信abc123",
        "还在为糖尿病烦恼吗？[根治]糖尿病,加微信abc123",
        "央视记者报道,[根治]糖尿病,热线12345678901",
        "祖传秘方“[根治]”各种疑难杂症",
        "鞋垫[专治]痛风,穿上当晚就不疼",
    ],
)
def test_not_reported(marked: str) -> None:
    stance, start, end = _spanned(marked)
    assert not stance.reported(start, end)
