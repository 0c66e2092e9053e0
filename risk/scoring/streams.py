"""What windows may look back on and what subjects may share, as rules name them. ``features.context`` holds the values, ``risk.services.histories`` loads them.

>>> [(stream.name, [field.zh for field in stream.fields]) for stream in STREAMS][:2]
[('signals', ['渠道', '来源']), ('alerts', ['模型', '等级', '概率'])]
"""

from __future__ import annotations

from risk.domain.channels import CHANNELS
from risk.domain.links import RELATIONS as LINKS
from risk.domain.verdicts import taxonomy
from risk.scoring.keys import TEXT_KEYS, title
from rules.functions import Field, Relation, Stream
from rules.kinds import Kind, Type, Unit

_NUMBER, _TEXT, _YUAN = Type(Kind.NUMBER), Type(Kind.TEXT), Type(Kind.NUMBER, Unit.YUAN)
_CATEGORY = Type(Kind.CATEGORY)
_CHANNEL = Field("channel", "渠道", _CATEGORY, "信号的渠道", "the channel it came by", CHANNELS)
_MODELS = tuple((key, title(key, "zh")) for key in TEXT_KEYS)
_CODES = tuple((code, kind.zh) for code, kind in taxonomy().items())

STREAMS: tuple[Stream, ...] = (
    Stream(
        "signals",
        "信号",
        (_CHANNEL, Field("source", "来源", _TEXT, "数据来源", "where it was loaded from")),
        "主体的信号（内容、举报、外部预警），不含本条",
        "signals of the subject (content, reports, warnings), the unit itself left out",
    ),
    Stream(
        "alerts",
        "预警",
        (
            Field("model", "模型", _CATEGORY, "发出预警的模型", "the model that gave it", _MODELS, maybe=False),
            Field(
                "grade",
                "等级",
                _NUMBER,
                "当时的等级：蓝 1、黄 2、橙 3、红 4",
                "as grave as it was then: blue 1, yellow 2, orange 3, red 4",
                maybe=False,
            ),
            Field("probability", "概率", _NUMBER, "当时的概率，0 至 1", "its probability then, 0 to 1", maybe=False),
        ),
        "对主体发出的预警；以本条为证据的不计",
        "alerts on the subject; those the unit is evidence of do not count",
    ),
    Stream(
        "verdicts",
        "核查结论",
        (
            Field("code", "结论", _CATEGORY, "核查结论代码", "the code of the result", _CODES, maybe=False),
            Field("confirmed", "属实", _NUMBER, "属实或部分属实为 1，否则 0", "1 if confirmed, in full or in part, else 0", maybe=False),
            Field("amount", "金额", _YUAN, "结论所载金额", "the amount that the verdict states"),
        ),
        "对主体的核查结论，被更正的不计；以本条为证据的预警的结论不计",
        "verdicts on the subject, corrected ones left out, and those on alerts the unit is evidence of",
    ),
    Stream("complaints", "投诉", (_CHANNEL,), "对主体的投诉举报，不含本条", "complaints about the subject, the unit itself left out"),
    Stream(
        "changes",
        "变更",
        (Field("kind", "事项", _TEXT, "变更事项", "what was changed", maybe=False),),
        "主体的登记变更",
        "changes of the subject's registration",
    ),
    Stream(
        "penalties",
        "处罚",
        (
            Field("amount", "金额", _YUAN, "罚没金额", "fined and confiscated"),
            Field("kind", "种类", _TEXT, "处罚种类", "the kind of penalty"),
        ),
        "对主体的行政处罚",
        "administrative penalties on the subject",
    ),
)
"""Each as known at the judged moment, strictly before it."""

_DOCS = {
    "same_address": ("住所或经营场所相同的其他主体", "other subjects at the same address"),
    "same_phone": ("登记电话相同的其他主体", "other subjects registered with the same telephone"),
    "same_person": ("法定代表人相同的其他主体：证件号相同，或同一市内同名", "others of the same legal representative: same identity, or same name in one city"),
}  # fmt: skip

RELATIONS: tuple[Relation, ...] = tuple(Relation(name, zh, *_DOCS[name]) for name, zh in LINKS)
