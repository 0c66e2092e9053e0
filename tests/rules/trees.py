"""Any expression of the language, for properties: over the fake vocabulary, kinds always fitting."""

from collections.abc import Callable
from datetime import date
from typing import Any

from hypothesis import strategies as st

from rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Contains,
    Count,
    Day,
    Edge,
    Expr,
    Fires,
    Flag,
    Has,
    InList,
    InSet,
    Known,
    ListRef,
    Literal,
    Matches,
    Mode,
    Name,
    Near,
    Not,
    Number,
    Or,
    Otherwise,
    Related,
    SameSentence,
    Side,
    Term,
    Text,
    Window,
)

LISTS = ("甲", "乙", "丙")
CONDITIONS = ("条一", "条二")
FEATURES = ("特一", "特二")
OUTCOMES = ("base", "另案")
PATTERNS = ("治愈|根治", "[病疗]+", r"治.?病", "「[^」]*」", r'a"b|\\+|\d{2,}')
_ORDER = ("=", "!=", "<", "<=", ">", ">=")

operands = st.sampled_from([*(ListRef(name) for name in LISTS), Term("病"), Term("治愈"), Term("。")])
_lists = st.lists(operands, min_size=1, max_size=3).map(tuple)
_flags = st.booleans()


@st.composite
def _drawn(draw: st.DrawFn, strategy: Callable[[], st.SearchStrategy[Any]]) -> Any:
    """A strategy under a short name: Hypothesis writes the whole of a deferred one out, once it has been used, and warns that it is long."""
    return draw(strategy())


numbers = st.sampled_from(
    [
        Number("0"),
        Number("1"),
        Number("2", "%"),
        Number("1.5", "%/月"),
        Number("0.1", "%/天"),
        Number("12", "%/年"),
        Number("1", "万元"),
        Number("0.5", "年"),
        Number("-3"),
        Number("30", "天"),
    ]
)
days = st.dates(date(2023, 12, 1), date(2024, 2, 1)).map(Day)
words = st.sampled_from(["shop", "moments", 'a"b\\', "x\ty"]).map(Text)
truths = st.booleans().map(Flag)


def _values(names: tuple[str, ...], literals: st.SearchStrategy[Any], more: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    base = st.one_of(st.sampled_from([Name(name) for name in names]), literals, *([more] if more is not None else []))
    return st.one_of(base, st.builds(Otherwise, base, literals))


def _qualified(node: Any, *parts: st.SearchStrategy[Any], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(node, *parts, asserted=_flags, plain=_flags, unnegated=_flags, unquoted=_flags, **more)


_counts = _qualified(Count, _lists, distinct=_flags)
_days = st.sampled_from([1.0, 30.0, 90.5, 365.0, 730.0])
_relations = st.sampled_from(["same_address", "同址", "same_phone"])
_windows = st.one_of(
    st.builds(
        Window,
        st.sampled_from([Aggregate.COUNT, Aggregate.DAYS_SINCE]),
        st.sampled_from(["complaints", "投诉"]),
        days=st.none() | _days,
        relation=st.just("") | _relations,
    ),
    st.builds(Window, st.just(Aggregate.CHANGE), st.just("penalties"), days=_days, relation=st.just("") | _relations),
    st.builds(Window, st.just(Aggregate.DISTINCT), st.just("complaints"), st.just("渠道"), days=st.none() | _days),
    st.builds(
        Window,
        st.sampled_from([Aggregate.SUM, Aggregate.MEAN, Aggregate.MAX, Aggregate.MIN]),
        st.just("处罚"),
        st.sampled_from(["amount", "金额"]),
        days=st.none() | _days,
        relation=st.just("") | _relations,
    ),
    st.builds(Related, _relations),
)
_calls = st.sampled_from(
    [Call("alerts_in_last", (Number("30", "天"),)), Call("doubled", (Name("phones"),)), Call("加倍", (Call("doubled", (Number("2"),)),))]
)
_numeric = _values(
    ("phones", "承诺年化收益", "amount", "手续费比例", "text_length", *FEATURES), numbers, st.one_of(_counts, _calls, _windows)
)
_dated = _values(("registered_on",), days)
_any_date: st.SearchStrategy[Any] = st.one_of(_dated, st.builds(Arithmetic, st.sampled_from("+-"), _dated, _numeric))
dated: st.SearchStrategy[Any] = _drawn(lambda: _any_date)
_any_number: st.SearchStrategy[Any] = st.recursive(
    st.one_of(_numeric, st.builds(Arithmetic, st.just("-"), dated, dated)),
    lambda inner: st.one_of(st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner), st.builds(Otherwise, inner, numbers)),
    max_leaves=4,
)
numeric: st.SearchStrategy[Any] = _drawn(lambda: _any_number)
worded = _values(("channel", "卖家"), words, st.just(Call("licence_state", (Text("药品经营许可证"),))))

licences = st.sampled_from(["drug", "food", "device"]).map(Text)
held = st.sampled_from([Name("licences_held"), Name("所持许可")])

_any_leaf: st.SearchStrategy[Expr] = st.one_of(
    _qualified(Has, st.sampled_from(Mode), _lists),
    _qualified(Near, _lists, _lists, st.integers(0, 6)),
    _qualified(SameSentence, _lists, _lists),
    _qualified(Edge, st.sampled_from(Side), _lists),
    _qualified(Matches, st.sampled_from(PATTERNS)),
    st.builds(InList, worded, st.sampled_from(LISTS).map(ListRef)),
    st.builds(Contains, held, st.sampled_from(Mode), st.lists(licences, min_size=1, max_size=3).map(tuple)),
    st.builds(Fires, st.sampled_from(OUTCOMES)),
    st.builds(Compare, st.sampled_from(_ORDER), numeric, numeric),
    st.builds(Compare, st.sampled_from(_ORDER), dated, dated),
    st.builds(Compare, st.sampled_from(("=", "!=")), worded, worded),
    st.builds(Between, numeric, numeric, numeric),
    st.builds(InSet, worded, st.lists(words, min_size=1, max_size=3).map(tuple)),
    st.builds(InSet, numeric, st.lists(numbers, min_size=1, max_size=3).map(tuple)),
    st.builds(Known, st.one_of(numeric, dated, worded, held, st.just(Name("has_wechat"))), st.booleans()),
    st.sampled_from([Name("has_wechat"), Name("有微信"), *(Name(name) for name in CONDITIONS)]),
    truths,
)
leaves: st.SearchStrategy[Expr] = _drawn(lambda: _any_leaf)


def _grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, inner),
        st.builds(Otherwise, inner, truths),
        st.builds(Known, inner, st.booleans()),
        st.builds(Compare, st.sampled_from(("=", "!=")), inner, truths),
    )


conditions: st.SearchStrategy[Expr] = st.recursive(leaves, _grow, max_leaves=8)

# Any literal at all, for the printer alone.
literals: st.SearchStrategy[Literal] = st.one_of(
    st.text().map(Text), st.integers(-(10**12), 10**12).map(lambda value: Number(str(value))), st.dates(date(1000, 1, 1)).map(Day), truths
)
