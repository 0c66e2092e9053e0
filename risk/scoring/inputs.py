"""What rules see of texts: the adapter from feature frames to the ``Inputs`` that the rule language asks for.

The vocabulary (which names a rule may use) and the way to each value stand together here, so that a name cannot exist without a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from features.catalogue import FEATURES, Feature
from features.context import LICENCE_KINDS, Context
from features.lexicon import Lexicon, ListHits, WordList
from features.normalise import plain_text
from risk.domain.channels import CHANNELS
from risk.scoring.firm_fields import FIRM_FIELDS
from risk.scoring.statutes import statutes
from rules.functions import Field, Function, Parameter, Vocabulary
from rules.inputs import Column, Hits
from rules.kinds import Kind, Type, Unit
from rules.nodes import Term, walk
from rules.pack import Pack
from rules.plugin_calls import Offered
from rules.plugin_host import installed

if TYPE_CHECKING:
    import pandas as pd

    from features.frame import TextFrame

SIGNAL_KINDS = (("content", "发布内容"), ("report", "举报舆情"), ("warning", "外部预警"))
LICENCE_STATES = (("valid", "有效"), ("expired", "过期"), ("absent", "没有"))
IDENTIFIER_STATES = (("absent", "没有"), ("malformed", "不合格式"), ("well_formed", "合乎格式"), ("expired", "过期"))

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
}
"""What ``identifier_state`` may be asked for → kinds of numbers of ``features.identifiers``."""

RENAMED = {"amount_max": ("largest_amount", "最大金额"), "length": ("text_length", "文本长度")}
"""Features that rules know by a plainer name."""

HISTORY = {
    "signals_in_last": ("近期信号数", "signal"),
    "alerts_in_last": ("近期预警数", "alert"),
    "complaints_in_last": ("近期投诉数", "complaint"),
    "confirmed_in_last": ("近期属实数", "confirmed"),
}
"""Counts over the subject's history as of the judged moment, the unit itself excluded: function → Chinese name, kind of event."""

_CHANNELS = frozenset(code for code, _ in CHANNELS)
_UNITS = {"%": Unit.PERCENT, "元": Unit.YUAN, "天": Unit.DAYS}


def as_matched(text: str) -> str:
    """A word of a list in the spelling in which it is compared with texts.

    >>> as_matched(" VIP會員")
    'vip会员'
    """
    return plain_text(text).strip()


def _unit(feature: Feature) -> Unit:
    """A percentage a year is no mere percentage: 2% a month is 24% a year."""
    return Unit.YIELD if feature.name.endswith("_annual_yield") else _UNITS.get(feature.unit, Unit.PLAIN)


@cache
def vocabulary() -> Vocabulary:
    """Every field and function that a rule over texts may use, those of installed plug-ins included."""
    fields = []
    for feature in FEATURES:
        name, zh = RENAMED.get(feature.name, (feature.name, feature.zh))
        type_ = Type(Kind.FLAG) if feature.kind == "flag" else Type(Kind.NUMBER, _unit(feature))
        fields.append(Field(name, zh, type_, feature.doc_zh, feature.doc_en))
    fields.append(Field("channel", "渠道", Type(Kind.CATEGORY), "信号的渠道", "the channel a signal came by", CHANNELS))
    fields.append(
        Field("signal_kind", "信号类别", Type(Kind.CATEGORY), "内容、举报舆情或外部预警", "content, report or warning", SIGNAL_KINDS)
    )
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
            "文本中该类证号的形式；形式合格不等于登记属实",
            "the form of the numbers of that kind in the text; well-formed is not registered",
            IDENTIFIER_STATES,
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
    return Vocabulary([*fields, *FIRM_FIELDS], [*functions, *added], refused=refused, statutes=statutes(), normalise=as_matched)


def lexicon_of(packs: Iterable[Pack]) -> Lexicon:
    """One lexicon over the lists of all packs. A name means one list everywhere (``rules.check`` sees to it)."""
    lists = {item.name: item for pack in packs for item in pack.lists}
    return Lexicon([WordList(item.name, item.terms, item.exclude) for _, item in sorted(lists.items())])


def literals_of(packs: Iterable[Pack]) -> Lexicon:
    """The words that rules write literally, each a list of its own: matched for rules, no columns for learners."""
    words: set[str] = set()
    for pack in packs:
        for expr in pack.expressions():
            words |= {node.text for node in walk(expr) if isinstance(node, Term)}
    return Lexicon([WordList(word, (word,)) for word in sorted(words)])


class TextInputs:
    """``rules.inputs.Inputs`` over a text frame and what is known around it."""

    def __init__(self, frame: TextFrame, literals: ListHits, around: Context) -> None:
        self._frame = frame
        self._literals = literals
        self._around = around
        self._vocabulary = vocabulary()
        self._plugins = installed().bind(self.size, self.text)
        self._columns = {RENAMED[f.name][0] if f.name in RENAMED else f.name: f for f in FEATURES}

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary()

    @property
    def size(self) -> int:
        return self._frame.n

    def text(self, row: int) -> str:
        return self._frame.texts[row].original

    def hits(self, list_name: str) -> Hits:
        return _hits(self._frame.hits.of(list_name))

    def literal(self, term: str) -> Hits:
        return _hits(self._literals.of(term))

    def field(self, name: str) -> Column:
        field = self._vocabulary.field(name)
        if field is None:
            raise KeyError(f"no field named {name!r}")
        if field.name == "channel":
            return Column.of(name if name in _CHANNELS else None for name in self._around.channel)
        if field.name == "signal_kind":
            return Column.of(self._around.signal_kind)
        feature = self._columns.get(field.name)
        if feature is None:  # a column of firms: unknown of a text
            return Column(np.zeros(self.size), np.zeros(self.size, dtype=bool))
        values = self._frame.columns[feature.name].to_numpy(dtype=np.float64)
        known = ~np.isnan(values)
        return Column(values > 0, known) if feature.kind == "flag" else Column(values, known)

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        function = self._vocabulary.function(name)
        if function is None:
            raise KeyError(f"no function named {name!r}")
        if isinstance(function, Offered):
            return self._plugins.call(function, args)
        if function.name == "licence_state":
            return Column.of(self._around.licence_states(str(args[0])))
        if function.name == "identifier_state":
            return self._identifier_state(str(args[0]))
        values = self._around.counts(HISTORY[function.name][1], float(args[0]))
        return Column(values, ~np.isnan(values))

    def _identifier_state(self, kind: str) -> Column:
        """The state that matters most: malformed, then expired, then well formed."""
        table = self._frame.columns
        states = np.full(self.size, "absent", dtype=object)
        for state, found in (("well_formed", ("masked", "well_formed")), ("expired", ("expired",)), ("malformed", ("malformed",))):
            present = np.zeros(self.size, dtype=bool)
            for name in IDENTIFIERS[kind]:
                for column in found:
                    present |= table[f"{name}_{column}"].to_numpy() > 0
            states[present] = state
        return Column(states, np.ones(self.size, dtype=bool))


class RowInputs:
    """Rows of named columns, as rule examples give them; what a row does not name is asked of ``texts``, where its text stands."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], texts: TextInputs) -> None:
        self._rows = rows
        self._texts = texts

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary()

    @property
    def size(self) -> int:
        return len(self._rows)

    def text(self, row: int) -> str:
        return self._texts.text(row)

    def hits(self, list_name: str) -> Hits:
        return self._texts.hits(list_name)

    def literal(self, term: str) -> Hits:
        return self._texts.literal(term)

    def field(self, name: str) -> Column:
        field = vocabulary().field(name)
        names = (name,) if field is None else (field.name, field.zh)
        told = [next((row[n] for n in names if n in row), None) for row in self._rows]
        given = Column.of(told)
        if all(any(n in row for n in names) for row in self._rows):
            return given
        fallback = self._texts.field(name)
        values = [
            told[i] if any(n in row for n in names) else fallback.values[i] if fallback.known[i] else None
            for i, row in enumerate(self._rows)
        ]
        return Column.of(values)

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        return self._texts.call(name, args)


class FirmInputs:
    """Firms, one row each, as ``features.tabular`` builds them. Firms have no text."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table
        self._plugins = installed().bind(len(table), None)

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary()

    @property
    def size(self) -> int:
        return len(self._table)

    def text(self, row: int) -> str:  # noqa: ARG002 - a firm has none
        return ""

    def hits(self, list_name: str) -> Hits:  # noqa: ARG002
        return _no_hits()

    def literal(self, term: str) -> Hits:  # noqa: ARG002
        return _no_hits()

    def field(self, name: str) -> Column:
        field = vocabulary().field(name)
        if field is None or field.name not in self._table.columns:
            return Column(np.zeros(self.size), np.zeros(self.size, dtype=bool))
        values = self._table[field.name].to_numpy(dtype=np.float64)
        known = ~np.isnan(values)
        return Column(values > 0, known) if field.type.kind is Kind.FLAG else Column(values, known)

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        """Nothing around a bare row is known; a plug-in's function may still answer from its arguments."""
        function = vocabulary().function(name)
        if isinstance(function, Offered):
            return self._plugins.call(function, args)
        return Column(np.zeros(self.size), np.zeros(self.size, dtype=bool))


def _no_hits() -> Hits:
    none, off = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    return Hits(none, none, none, none, off, off, off)


def _hits(found: ListHits) -> Hits:
    return Hits(found.row, found.start, found.end, [found.terms[i] for i in found.term], found.aggressive, found.negated, found.reported)
