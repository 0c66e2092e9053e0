"""A made-up province: subjects with licences and latent risk, and what can be observed of them over some weeks. Seeded.

What is true (which passages are positives of which model) is kept beside the signals, never in them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from risk.demo.evasion import disguise
from risk.demo.names import company_name, person, uscc
from risk.domain import regions
from risk.domain.banks import Passage, passages
from risk.domain.calendar import SHANGHAI
from risk.domain.channels import CHANNELS
from risk.domain.slots import fill_slots

POPULATION = {
    "420100": 1374, "420200": 244, "420300": 316, "420500": 392, "420600": 527, "420700": 107, "420800": 254, "420900": 420, "421000": 513,
    "421100": 579, "421200": 262, "421300": 202, "422800": 340, "429004": 111, "429005": 86, "429006": 112, "429021": 7,
}  # fmt: skip
"""Rough sizes (ten thousand people), so that Wuhan is big and Shennongjia small."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A kind of market subject: its share, industry (2017 edition of GB/T 4754), licence, and which risks it may run."""

    kind: str
    share: float
    industry: str
    licence: str | None
    risks: tuple[str, ...]
    risk_rate: float
    banks: tuple[str, ...]


MED, DRUG, RX, DEV = "false_medical_advertising", "illegal_drug_sales", "illegal_prescription_drug_sales", "illegal_medical_device_sales"
FUND, REPORT = "illegal_fundraising.solicitation", "illegal_fundraising.report"

TRADES = (
    Trade("pharmacy", 0.13, "2017:5251", "药品经营许可证", (RX, DRUG), 0.05, (DRUG, RX)),
    Trade("clinic", 0.10, "2017:8425", "医疗机构执业许可证", (MED,), 0.12, (MED,)),
    Trade("hospital", 0.02, "2017:8415", "医疗机构执业许可证", (MED,), 0.10, (MED,)),
    Trade("health_consulting", 0.11, "2017:7244", None, (MED, DEV), 0.12, (MED, DEV)),
    Trade("device_shop", 0.08, "2017:5254", "医疗器械经营许可证", (DEV,), 0.10, (DEV,)),
    Trade("health_products", 0.10, "2017:5255", None, (MED, DEV), 0.10, (MED, DEV)),
    Trade("net_shop", 0.18, "2017:5292", None, (DRUG, RX, DEV), 0.08, (DRUG, DEV, MED)),
    Trade("investment", 0.09, "2017:7212", None, (FUND,), 0.16, (FUND,)),
    Trade("elder_care", 0.05, "2017:8514", None, (FUND,), 0.12, (FUND, MED)),
    Trade("individual", 0.14, "", None, (DRUG, RX, DEV, FUND), 0.10, (DRUG, RX, FUND)),
)


@dataclass(slots=True)
class MarketSubject:
    """A subject as the generator knows it, its secret (``risk``, ``starts``) included."""

    number: int
    trade: Trade
    name: str
    uscc: str | None
    region: str
    registered_on: date
    platform: str
    shop: str
    risk: str | None = None
    starts: int = 0
    licences: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Observed:
    """One row of a source file and the truth beside it."""

    day: int
    source: str
    row: dict[str, Any]
    positive_of: frozenset[str]
    family: str


@dataclass(frozen=True, slots=True)
class Province:
    """Everything the generator made."""

    start: date
    days: int
    subjects: list[MarketSubject]
    observed: list[Observed]
    emerging: frozenset[str]

    def truth(self) -> dict[tuple[str, str], frozenset[str]]:
        """(source, source id) → the models this signal is a positive of."""
        return {(o.source, o.row["编号"]): o.positive_of for o in self.observed}


AD_MONITOR, LISTINGS, POSTS, COMPLAINTS = "广告监测", "平台商品", "社交发帖", "投诉举报"
_SOURCE_OF = {"listing": LISTINGS, "moments": POSTS, "forum": POSTS, "chat": POSTS, "complaint": COMPLAINTS, "news": COMPLAINTS}
_CHANNEL_ZH = dict(CHANNELS)


def build(*, days: int = 90, seed: int = 7, end: date, subjects: int = 20_500, signals: int = 31_000) -> Province:
    """A province of ``subjects`` market subjects observed for ``days`` days up to ``end`` (exclusive). The same arguments give the same province."""
    rng = random.Random(seed)
    start = end - timedelta(days=days)
    bank = [p for p in passages() if not p.held]
    families = sorted({p.family for p in bank if p.positive_of})
    emerging = frozenset(rng.sample(families, len(families) // 5))
    people = _subjects(rng, subjects, days, start)
    return Province(start, days, people, _observe(rng, people, bank, emerging, days, start, signals), emerging)


def _subjects(rng: random.Random, count: int, days: int, start: date) -> list[MarketSubject]:
    counties = [d for d in regions.DIVISIONS.values() if d.level == "county" and d.statutory]
    weights = []
    for county in counties:
        city = county.code if county.code.startswith("4290") else county.parent
        siblings = 1 if county.code == city else sum(1 for d in counties if d.parent == city)
        weights.append(POPULATION[city or ""] / max(siblings, 1))
    places = rng.choices(counties, weights, k=count)
    trades = rng.choices(TRADES, [t.share for t in TRADES], k=count)
    people = []
    for number, (place, trade) in enumerate(zip(places, trades, strict=True)):
        individual = trade.kind == "individual"
        one = MarketSubject(
            number=number,
            trade=trade,
            name=person(rng) if individual else company_name(rng, trade.kind, place.name_zh),
            uscc=None if individual else uscc(rng, place.code, number, wrong=rng.random() < 0.01),
            region=place.code,
            registered_on=start - timedelta(days=rng.randrange(30, 5000)),
            platform=rng.choice(("楚货通", "江汉优选", "云市集", "微店铺")),
            shop=f"店{number:06d}",
        )
        if rng.random() < trade.risk_rate:
            one.risk, one.starts = rng.choice(trade.risks), rng.randrange(-30, days)
        if trade.licence:
            one.licences = _licences(rng, one, start)
        people.append(one)
    return people


def _licences(rng: random.Random, one: MarketSubject, start: date) -> list[dict[str, Any]]:
    """Most hold a valid licence, some an expired one, a few none; clinics may hold an advertisement review certificate too."""
    kind = one.trade.licence or ""
    chance = rng.random()
    if chance < (0.25 if one.risk else 0.02):
        return []
    issued = start - timedelta(days=rng.randrange(200, 1700) if chance < 0.94 else 2200)
    serial = f"{one.number:05d}"[-5:]
    shapes = {
        "药品经营许可证": f"鄂DA{one.region[2:6]}{serial}",
        "医疗器械经营许可证": f"鄂药监械经营许{issued.year}{serial}号",
        "医疗机构执业许可证": f"PDY{one.number:019d}"[:22],
    }
    held = [{"kind": kind, "number": shapes[kind], "valid_from": issued, "valid_to": issued + timedelta(days=5 * 365)}]
    if kind == "医疗机构执业许可证" and rng.random() < 0.3:
        review = start - timedelta(days=rng.randrange(0, 500))
        number = f"(鄂)医广[{review.year}]第{review.month:02d}-{review.day:02d}-{one.number % 1000:03d}号"
        held.append({"kind": "医疗广告审查证明", "number": number, "valid_from": review, "valid_to": review + timedelta(days=365)})
    return held


def _observe(
    rng: random.Random, people: list[MarketSubject], bank: list[Passage], emerging: frozenset[str], days: int, start: date, total: int
) -> list[Observed]:
    hits = {m: [p for p in bank if m in p.positive_of] for m in (MED, DRUG, RX, DEV, FUND, REPORT)}
    misses = {m: [p for p in bank if p.bank == f"{m}.misses"] for m in (MED, DRUG, RX, DEV, FUND, REPORT)}
    everyday = [p for p in bank if p.bank == "everyday"]
    offenders = [s for s in people if s.risk]
    lawful = [s for s in people if not s.risk]
    observed: list[Observed] = []
    scale = days / 90
    for _ in range(int(total * scale * 0.06)):  # about one signal in seventeen is a positive of some model
        day = rng.randrange(days)
        one = rng.choice(offenders)
        while one.starts > day:  # one who offends by then
            one = rng.choice(offenders)
        pool = hits[one.risk or ""]
        passage = rng.choice([p for p in pool if p.family not in emerging or day > days * 0.45] or pool)
        observed.append(_row(rng, one, passage, day, start, hide=rng.random() < 0.15))
        if rng.random() < (0.7 if one.risk == FUND else 0.12):
            observed.append(_complaint(rng, one, hits[REPORT], min(day + rng.randrange(1, 20), days - 1), start))
    while len(observed) < int(total * scale):
        one = rng.choice(offenders) if rng.random() < 0.1 else rng.choice(lawful)
        pool = everyday if rng.random() < 0.35 else misses[rng.choice(one.trade.banks)] if rng.random() < 0.9 else misses[REPORT]
        observed.append(_row(rng, one, rng.choice(pool), rng.randrange(days), start, hide=False))
    observed.sort(key=lambda o: (o.day, o.row["编号"]))
    return observed


_COMPLAINTS = (
    "我在{shop}交了钱，客服说马上发货，到现在联系不上人，要求退款并查处。",
    "家里老人听了讲座花了好几千买产品，说是能治病，结果没有任何效果，希望核实这家店有没有资质。",
    "这家店卖的东西没有批准文号，问他要票据也不给，请监管部门看一看。",
    "宣传说无效退款，三个月了症状没变，店家翻脸不认，我保留了聊天记录。",
    "网上买的药盒子上全是外文，没有中文说明书，不敢吃，举报给你们。",
    "店员没有看处方就把药卖给我父亲，吃了头晕，投诉这家药店。",
    "仪器说能降血压，用了半个月血压还是那样，商家不给看注册证。",
    "商家态度恶劣，发错货不给换，请协调。",
    "停车收费不合理，没有明码标价，要求退还多收的费用。",
    "办的年卡店关门了，余额退不了，希望帮忙处理。",
)


def _complaint(rng: random.Random, one: MarketSubject, reports: list[Passage], day: int, start: date) -> Observed:
    if one.risk == FUND:
        return _row(rng, one, rng.choice(reports), day, start, hide=False, source=COMPLAINTS)
    passage = Passage(
        rng.choice(_COMPLAINTS), "complaint", "投诉", "complaint", held=False, positive_of=frozenset(), bank="complaints", evasive=False
    )
    return _row(rng, one, passage, day, start, hide=False, source=COMPLAINTS)


def _row(
    rng: random.Random, one: MarketSubject, passage: Passage, day: int, start: date, *, hide: bool, source: str | None = None
) -> Observed:
    """One row with the gaps that real sources have: some without region, time or subject, some linked by shop only, a few broken."""
    source = source or _SOURCE_OF.get(passage.channel, AD_MONITOR)
    text = fill_slots(passage.text, rng, regions.name(one.region, "zh"), one.shop)
    if hide:
        text = disguise(text, rng)
    at = datetime.combine(start, datetime.min.time(), SHANGHAI) + timedelta(days=day, minutes=rng.randrange(1440))
    row: dict[str, Any] = {
        "编号": f"{source}-{day:03d}-{rng.randrange(16**8):08x}",
        "内容": text,
        "发布时间": at.strftime("%Y-%m-%d %H:%M:%S"),
        "渠道": _CHANNEL_ZH[passage.channel],
        "信号类型": "report" if source == COMPLAINTS else "content",
        "地区": one.region if rng.random() < 0.6 else regions.name(one.region, "zh"),
        "统一社会信用代码": one.uscc if rng.random() < 0.7 else None,
        "平台": one.platform,
        "店铺": one.shop,
        "企业名称": one.name,
    }
    gap = rng.random()
    if gap < 0.02:
        row["地区"] = None
    elif gap < 0.03:
        row |= {"统一社会信用代码": None, "平台": None, "店铺": None, "企业名称": None}
    elif gap < 0.032:
        row["发布时间"] = rng.choice(("2026-13-40", "昨天下午", "00000000"))
    elif gap < 0.034:
        row["内容"] = ""
    return Observed(day, source, row, passage.positive_of, passage.family)
