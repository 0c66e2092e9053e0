"""Every name that rules over texts and firms may use: fields, functions, streams, relations, those of installed plug-ins included. One list.

>>> words = vocabulary()
>>> words.field("所持许可").name, words.function("证号状态").maybe, words.stream("处罚").name, words.relation("同址").name
('licences_held', False, 'penalties', 'same_address')
"""

from __future__ import annotations

from functools import cache

from features.catalogue import FEATURES, Feature
from features.context import LICENCE_KINDS
from features.normalise import plain_text
from risk.domain.channels import CHANNELS
from risk.scoring.firm_fields import FIRM_FIELDS
from risk.scoring.statutes import statutes
from risk.scoring.streams import RELATIONS, STREAMS
from rules.functions import Field, Function, Parameter, Vocabulary
from rules.kinds import Kind, Type, Unit
from rules.plugin_host import installed

SIGNAL_KINDS = (("content", "发布内容"), ("report", "举报舆情"), ("warning", "外部预警"))
LICENCE_STATES = (("valid", "有效"), ("expired", "过期"), ("absent", "没有"))
IDENTIFIER_STATES = (
    ("absent", "没有"),
    ("malformed", "不合格式"),
    ("well_formed", "合乎格式"),
    ("unregistered", "未登记"),
    ("someone_elses", "属于他人"),
    ("expired", "过期"),
    ("valid", "有效"),
)
HELD = (
    *LICENCE_KINDS,
    *("药品生产许可证", "医疗器械生产许可证", "第二类医疗器械经营备案凭证", "互联网药品信息服务资格证书"),
    *("食品经营许可证", "食品生产许可证", "化妆品生产许可证"),
)
"""The kinds of licences that rules may ask for by name."""

IDENTIFIERS = {
    "国药准字": ("drug_approval", "imported_drug"),
    "医疗器械注册证": ("device_registration",),
    "医疗器械备案": ("device_filing", "device_trading"),
    "药品经营许可证": ("drug_licence",),
    "医疗广告审查证明": ("medical_ad_review",),
    "广告审查批准文号": ("ad_approval",),
    "食品生产许可": ("food_licence",),
    "保健食品": ("health_food",),
    "消毒产品": ("disinfectant",),
    "化妆品": ("cosmetic",),
    "兽药": ("veterinary",),
    "互联网药品信息服务资格": ("drug_information",),
}
"""What ``identifier_state`` and ``identifier_kinds`` call a number → kinds of numbers of ``features.identifiers``."""

RENAMED = {"amount_max": ("largest_amount", "最大金额"), "length": ("text_length", "文本长度")}
"""Features that rules know by a plainer name."""

MAYBE = frozenset({"promised_annual_yield", "amount_max", "price_min"})
"""The features of a text that may be unknown: a number that is not stated, or is hidden. So may shares, of an empty text. All others are counted."""

HISTORY = {
    "signals_in_last": ("近期信号数", "signal"),
    "alerts_in_last": ("近期预警数", "alert"),
    "complaints_in_last": ("近期投诉数", "complaint"),
    "confirmed_in_last": ("近期属实数", "confirmed"),
}
"""Counts over the subject's history as of the judged moment, the unit itself excluded: function → Chinese name, kind of event."""

_UNITS = {"%": Unit.PERCENT, "元": Unit.YUAN, "天": Unit.DAYS}


def _unit(feature: Feature) -> Unit:
    """A percentage a year is no mere percentage: 2% a month is 24% a year."""
    return Unit.YIELD if feature.name.endswith("_annual_yield") else _UNITS.get(feature.unit, Unit.PLAIN)


def as_matched(text: str) -> str:
    """A word of a list in the spelling in which it is compared with texts.

    >>> as_matched(" VIP會員")
    'vip会员'
    """
    return plain_text(text).strip()


@cache
def vocabulary() -> Vocabulary:
    """Every field and function that a rule over texts may use, those of installed plug-ins included."""
    fields = []
    for feature in FEATURES:
        name, zh = RENAMED.get(feature.name, (feature.name, feature.zh))
        type_ = Type(Kind.FLAG) if feature.kind == "flag" else Type(Kind.NUMBER, _unit(feature))
        fields.append(Field(name, zh, type_, feature.doc_zh, feature.doc_en, maybe=feature.name in MAYBE or feature.kind == "share"))
    fields.append(Field("channel", "渠道", Type(Kind.CATEGORY), "信号的渠道", "the channel a signal came by", CHANNELS))
    fields.append(
        Field("signal_kind", "信号类别", Type(Kind.CATEGORY), "内容、举报舆情或外部预警", "content, report or warning", SIGNAL_KINDS)
    )
    fields += _sets()
    text = Type(Kind.TEXT)
    functions = [
        Function(
            "licence_state",
            "许可状态",
            (Parameter("kind", text, LICENCE_KINDS),),
            Type(Kind.CATEGORY),
            "主体所持该类许可在研判时刻的状态；主体未知则未知",
            "the state of the subject's licence at the judged moment; unknown where the subject is",
            LICENCE_STATES,
        ),
        Function(
            "identifier_state",
            "证号状态",
            (Parameter("kind", text, tuple(IDENTIFIERS)),),
            Type(Kind.CATEGORY),
            "文本中该类证号与登记核对的结果；没有该类登记可查时只看形式；有几个证号时取最差的：不合格式、未登记、过期、属于他人、合乎格式、有效",
            "what the registers say of the numbers of that kind in the text; without a register of the kind only the form is judged; the worst of "
            "several counts: malformed, unregistered, expired, someone else's, well-formed, valid",
            IDENTIFIER_STATES,
            maybe=False,
        ),
    ]
    days = (Parameter("days", Type(Kind.NUMBER, Unit.DAYS)),)
    for name, (zh, kind) in HISTORY.items():
        doc_zh, doc_en = (
            "截至研判时刻、不含本条；主体未知则未知",
            f"{kind}s as of the judged moment, without the unit; unknown where the subject is",
        )
        functions.append(Function(name, zh, days, Type(Kind.NUMBER), doc_zh, doc_en))
    added = installed().functions(name for item in functions for name in (item.name, item.zh))
    refused = installed().refused(added)
    everything = [*fields, *FIRM_FIELDS], [*functions, *added], STREAMS, RELATIONS
    return Vocabulary(*everything, refused=refused, statutes=statutes(), normalise=as_matched)


def _sets() -> tuple[Field, Field]:
    kinds = Type(Kind.SET)
    return (
        Field(
            "licences_held",
            "所持许可",
            kinds,
            "主体在研判时刻有效持有的许可种类；主体未知则未知",
            "the kinds of licences that the subject validly held at the judged moment; unknown where the subject is",
            tuple((kind, kind) for kind in HELD),
        ),
        Field(
            "identifier_kinds",
            "证号种类",
            kinds,
            "文本中出现的证号种类，不论真伪",
            "the kinds of numbers that the text shows, true or not",
            tuple((kind, kind) for kind in IDENTIFIERS),
            maybe=False,
        ),
    )
