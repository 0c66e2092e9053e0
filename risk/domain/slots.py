"""Slots of the phrase banks: made-up names, numbers and contacts. No real firm, person or number is meant; phone numbers carry masked digits."""

from __future__ import annotations

import random

SLOTS = frozenset({"city", "county", "phone", "wechat", "surname", "brand", "shop", "price", "month"})
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁"
_BRAND_A = "楚荆汉江鄂云梦龙凤东湖清和康安益仁同德瑞祥福泽明月星辰启元博雅恒信嘉禾"
_BRAND_B = "源泰康和盛达安宁润泽济民惠佳诚益春晖华林森海岳川"


def brand(rng: random.Random) -> str:
    """A made-up trade name of two or three characters."""
    return rng.choice(_BRAND_A) + rng.choice(_BRAND_B) + (rng.choice(_BRAND_A) if rng.random() < 0.3 else "")


def fill_slots(text: str, rng: random.Random, county: str, shop: str) -> str:
    """The passage with its slots filled."""
    if "{" not in text:
        return text
    values = {
        "city": county,
        "county": county,
        "phone": f"1{rng.choice('3578')}{rng.randrange(10)}xxxx{rng.randrange(10_000):04d}",
        "wechat": f"{rng.choice(('wx', 'vx', 'hb'))}{rng.randrange(10_000, 999_999)}",
        "surname": rng.choice(SURNAMES),
        "brand": brand(rng),
        "shop": shop,
        "price": str(rng.choice((39, 68, 99, 128, 199, 298, 399, 598, 980, 1680))),
        "month": str(rng.randrange(1, 13)),
    }
    return text.format_map(values)
