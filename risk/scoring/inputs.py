"""What rules see of texts: the adapter from feature frames to the ``Inputs`` that the rule language asks for.

The vocabulary (which names a rule may use) and the way to each value stand in one table here, so that a field cannot exist without a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from features import catalogue
from features.lexicon import Lexicon, ListHits
from features.lexicon import WordList as FeatureList
from rules.functions import Field, Function, Parameter, Vocabulary
from rules.inputs import Column, Hits
from rules.kinds import Kind, Type, Unit
from rules.nodes import Term, walk
from rules.pack import Pack

if TYPE_CHECKING:
    from features.frame import TextFrame

CHANNELS = (
    ("sms", "短信"), ("moments", "朋友圈"), ("short_video", "短视频"), ("livestream", "直播"), ("listing", "商品页"), ("article", "文章"),
    ("forum", "论坛"), ("leaflet", "传单"), ("app_push", "应用推送"), ("complaint", "投诉"), ("official", "公告"), ("chat", "聊天"), ("news", "新闻"),
)  # fmt: skip
"""The channels a signal may come by, with their Chinese names. Anything else is unknown."""

SIGNAL_KINDS = (("content", "发布内容"), ("report", "举报舆情"), ("warning", "外部预警"))
LICENCE_STATES = (("valid", "有效"), ("expired", "过期"), ("absent", "没有"))
IDENTIFIER_STATES = (("absent", "没有"), ("malformed", "不合格式"), ("well_formed", "合乎格式"), ("expired", "过期"))

LICENCE_KINDS = ("药品经营许可证", "医疗器械经营许可证", "医疗机构执业许可证", "医疗广告审查证明", "金融许可证")

_FLAG, _NUMBER, _DAYS = Type(Kind.FLAG), Type(Kind.NUMBER), Type(Kind.NUMBER, Unit.DAYS)
_UNITS = {"percent": Unit.PERCENT, "yuan": Unit.YUAN, "days": Unit.DAYS}
_CONTEXT_FIELDS = (
    Field("channel", "渠道", Type(Kind.CATEGORY), "信号的渠道", "the channel a signal came by", CHANNELS),
    Field("signal_kind", "信号类别", Type(Kind.CATEGORY), "内容、举报舆情或外部预警", "content, report or outside warning", SIGNAL_KINDS),
)
HISTORY = (
    ("signals_in_last", "近期信号数", "signals"),
    ("alerts_in_last", "近期预警数", "alerts"),
    ("complaints_in_last", "近期投诉数", "complaints"),
    ("confirmed_in_last", "近期属实数", "confirmed"),
)
"""Counts over the subject's history as of the judged moment, excluding the unit itself: function, Chinese name, what is counted."""


def vocabulary() -> Vocabulary:
    """Every field and function that a rule over texts or firms may use."""
    fields = [
        Field(f.name, f.zh, Type(Kind.FLAG) if f.kind == "flag" else Type(Kind.NUMBER, _UNITS.get(f.unit, Unit.PLAIN)), f.doc_zh, f.doc_en)
        for f in catalogue.FEATURES
    ]
    kinds = Type(Kind.TEXT)
    functions = [
        Function(
            "licence_state",
            "许可状态",
            (Parameter("kind", kinds, LICENCE_KINDS),),
            Type(Kind.CATEGORY),
            "主体持有该许可的状态；主体未知则未知",
            "state of the subject's licence; unknown where the subject is",
            LICENCE_STATES,
        ),
        Function(
            "identifier_state",
            "证号状态",
            (Parameter("kind", kinds, catalogue.IDENTIFIER_KINDS),),
            Type(Kind.CATEGORY),
            "文本中该类证号的状态",
            "state of the numbers of that kind in the text",
            IDENTIFIER_STATES,
        ),
        *(
            Function(name, zh, (Parameter("days", _DAYS),), _NUMBER, f"截至研判时刻、不含本条的{zh}", "as of the judged moment, without the unit itself")
            for name, zh, _ in HISTORY
        ),
    ]
    return Vocabulary([*fields, *_CONTEXT_FIELDS], functions)
