"""Invented names, codes and contacts of the demo. No real firm, person or number is meant; phone numbers carry masked digits."""

from __future__ import annotations

import random

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海云"
_BRAND_A = "楚荆汉江鄂云梦龙凤东湖清和康安益仁同德瑞祥福泽明月星辰启元博雅恒信嘉禾"
_BRAND_B = "源泰康和盛达安宁润泽济民惠佳诚益春晖华林森海岳川"
_SUFFIX = {
    "pharmacy": ("大药房", "药店", "医药连锁有限公司"),
    "clinic": ("中医诊所", "口腔门诊部", "皮肤科诊所", "医疗美容门诊部"),
    "hospital": ("专科医院有限公司", "康复医院"),
    "health_consulting": ("健康咨询有限公司", "养生馆", "健康管理中心"),
    "device_shop": ("医疗器械经营部", "医疗器械有限公司"),
    "health_products": ("保健用品店", "生物科技有限公司"),
    "net_shop": ("电子商务有限公司", "商贸商行", "网络科技店"),
    "investment": ("投资管理有限公司", "企业管理咨询有限公司", "农业开发专业合作社"),
    "elder_care": ("养老服务有限公司", "康养中心"),
}
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))


def person(rng: random.Random) -> str:
    """A person's name."""
    return rng.choice(_SURNAMES) + "".join(rng.choice(_GIVEN) for _ in range(rng.choice((1, 2))))


def brand(rng: random.Random) -> str:
    """A made-up trade name of two or three characters."""
    return rng.choice(_BRAND_A) + rng.choice(_BRAND_B) + (rng.choice(_BRAND_A) if rng.random() < 0.3 else "")


def company_name(rng: random.Random, kind: str, place: str) -> str:
    """A firm's name: place, trade name, kind of business."""
    return f"{place}{brand(rng)}{rng.choice(_SUFFIX[kind])}"


def uscc(rng: random.Random, region: str, number: int, *, wrong: bool) -> str:
    """A 统一社会信用代码 by GB 32100-2015; ``wrong`` gives it a check digit that does not fit, as real registries hold some.

    >>> len(uscc(random.Random(1), "420102", 5, wrong=False))
    18
    """
    body = f"92{region}MA{number:05d}" + rng.choice("ABCDEFGH") + rng.choice("0123456789")
    check = (31 - sum(_ALPHABET.index(c) * w for c, w in zip(body, _WEIGHTS, strict=True)) % 31) % 31
    return body + _ALPHABET[(check + 1) % 31 if wrong else check]


def fill_slots(text: str, rng: random.Random, county: str, shop: str) -> str:
    """The passage with its slots filled."""
    if "{" not in text:
        return text
    values = {
        "city": county,
        "county": county,
        "phone": f"1{rng.choice('3578')}{rng.randrange(10)}xxxx{rng.randrange(10_000):04d}",
        "wechat": f"{rng.choice(('wx', 'vx', 'hb'))}{rng.randrange(10_000, 999_999)}",
        "surname": rng.choice(_SURNAMES),
        "brand": brand(rng),
        "shop": shop,
        "price": str(rng.choice((39, 68, 99, 128, 199, 298, 399, 598, 980, 1680))),
        "month": str(rng.randrange(1, 13)),
    }
    return text.format_map(values)
