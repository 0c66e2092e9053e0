"""Any expression of the language, for properties: over the fake vocabulary, kinds always fitting."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from rules.nodes import (
    And,
    Between,
    Call,
    Compare,
    Count,
    Day,
    Expr,
    Flag,
    Has,
    InSet,
    Known,
    ListRef,
    Literal,
    Mode,
    Name,
    Near,
    Not,
    Number,
    Or,
    Otherwise,
    Term,
    Text,
)

LISTS = ("甲", "乙", "丙")
CONDITIONS = ("条一", "条二")
_ORDER = ("=", "!=", "<", "<=", ">", ">=")

operands = st.sampled_from([*(ListRef(name) for name in LISTS), Term("病"), Term("治愈")])
_lists = st.lists(operands, min_size=1, max_size=3).map(tuple)
_flags = st.booleans()

numbers = st.sampled_from(
    [Number("0"), Number("1"), Number("2", "%"), Number("1", "万元"), Number("0.5", "年"), Number("-3"), Number("30", "天")]
)
days = st.dates(date(2023, 12, 1), date(2024, 2, 1)).map(Day)
words = st.sampled_from(["shop", "moments", 'a"b\\', "x\ty"]).map(Text)
truths = st.booleans().map(Flag)


def _values(names: tuple[str, ...], literals: st.SearchStrategy[Any], more: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[Any]:
    base = st.one_of(st.sampled_from([Name(name) for name in names]), literals, *([more] if more is not None else []))
    return st.one_of(base, st.builds(Otherwise, base, literals))


_counts = st.builds(Count, _lists, _flags, _flags)
_calls = st.sampled_from(
    [Call("alerts_in_last", (Number("30", "天"),)), Call("doubled", (Name("phones"),)), Call("加倍", (Call("doubled", (Number("2"),)),))]
)
numeric = _values(("phones", "承诺年化收益", "amount"), numbers, st.one_of(_counts, _calls))
dated = _values(("registered_on",), days)
worded = _values(("channel", "卖家"), words, st.just(Call("licence_state", (Text("药品经营许可证"),))))

_leaves: st.SearchStrategy[Expr] = st.one_of(
    st.builds(Has, st.sampled_from(Mode), _lists, _flags, _flags),
    st.builds(Near, st.tuples(operands), st.tuples(operands), st.integers(0, 6), _flags, _flags),
    st.builds(Compare, st.sampled_from(_ORDER), numeric, numeric),
    st.builds(Compare, st.sampled_from(_ORDER), dated, dated),
    st.builds(Compare, st.sampled_from(("=", "!=")), worded, worded),
    st.builds(Between, numeric, numeric, numeric),
    st.builds(InSet, worded, st.lists(words, min_size=1, max_size=3).map(tuple)),
    st.builds(InSet, numeric, st.lists(numbers, min_size=1, max_size=3).map(tuple)),
    st.builds(Known, st.one_of(numeric, dated, worded, st.just(Name("has_wechat"))), st.booleans()),
    st.sampled_from([Name("has_wechat"), Name("有微信"), *(Name(name) for name in CONDITIONS)]),
    truths,
)


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


conditions: st.SearchStrategy[Expr] = st.recursive(_leaves, _grow, max_leaves=8)

# Any literal at all, for the printer alone.
literals: st.SearchStrategy[Literal] = st.one_of(
    st.text().map(Text), st.integers(-(10**12), 10**12).map(lambda value: Number(str(value))), st.dates(date(1000, 1, 1)).map(Day), truths
)
