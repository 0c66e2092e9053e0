"""Invented names, codes and contacts of the demo. No real firm, person or number is meant; phone numbers carry masked digits."""

from __future__ import annotations

import random

from risk.domain.slots import SURNAMES, brand

_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海云"
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
    return rng.choice(SURNAMES) + "".join(rng.choice(_GIVEN) for _ in range(rng.choice((1, 2))))


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
