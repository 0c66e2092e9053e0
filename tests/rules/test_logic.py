"""What the reasoner claims holds for every row; what anyone would see, it sees; and it never thinks for long."""

from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from rules.items import Condition, Feature, Rule, WordList
from rules.logic import Reasoner
from rules.logic.values import Ranges
from rules.nodes import (
    And,
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
)
from rules.pack import Pack, pack_from_text
from rules.rowwise import RowReader
from tests.rules.fakes import VOCABULARY as WORDS
from tests.rules.fakes import FakeInputs, History

_LISTS = (
    WordList("甲", ("治愈", "根治")),
    WordList("乙", ("治愈", "根治", "病")),
    WordList("丙", ("病",), ("病人",)),
    WordList("丁", ("病",)),
)
_PACK = Pack(
    "demo",
    (Rule("old", Name("has_wechat"), valid_to=date(2020, 1, 1)), Rule("base", Compare(">", Name("phones"), Number("1")))),
    _LISTS,
    (Condition("条一", Not(Name("有微信"))), Condition("条二", Compare("<", Name("电话数"), Number("3")))),
    (Feature("双倍", Name("phones")),),
)

_flags = st.booleans()
_some_flags = st.sampled_from([{}, {"asserted": True}, {"plain": True}, {"unnegated": True}, {"asserted": True, "plain": True}])
_operands = st.sampled_from([*(ListRef(item.name) for item in _LISTS), Term("病"), Term("治愈")])
_groups = st.lists(_operands, min_size=1, max_size=2).map(tuple)
_numbers = st.sampled_from([Number("1"), Number("2"), Number("3")])
_numeric = st.sampled_from(
    [Name("phones"), Name("双倍"), Otherwise(Name("电话数"), Number("2")), Name("text_length"), Related("same_address")]
)
_orders = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
_channels = st.sampled_from([Text("shop"), Text("moments"), Text("livestream"), Text("short_video")])
_days = st.sampled_from([Day(date(2024, 1, 1)), Day(date(2024, 1, 2)), Day(date(2024, 1, 3))])


def _qualified(node: Any, *parts: Any) -> st.SearchStrategy[Any]:
    return st.builds(lambda items, flags: node(*items, **flags), st.tuples(*parts), _some_flags)


_counts = st.builds(lambda group, flags, distinct: Count(group, **flags, distinct=distinct), _groups, _some_flags, _flags)
_leaves: st.SearchStrategy[Expr] = st.one_of(
    _qualified(Has, st.sampled_from(Mode), _groups),
    _qualified(Near, _groups, _groups, st.integers(0, 2)),
    _qualified(SameSentence, _groups, _groups),
    _qualified(Edge, st.sampled_from(Side), _groups),
    _qualified(Matches, st.sampled_from(["治.", "病"])),
    st.builds(Compare, _orders, _counts, st.sampled_from([Number("0"), Number("1"), Number("2"), Number("1.5")])),
    st.builds(Compare, _orders, _numeric, _numbers),
    st.builds(Compare, _orders, _numbers, _numeric),
    st.builds(Compare, _orders, _numeric, _numeric),
    st.builds(Between, _numeric, _numbers, _numbers),
    st.builds(InSet, _numeric, st.lists(_numbers, min_size=1, max_size=2).map(tuple)),
    st.builds(Compare, st.sampled_from(["=", "!="]), st.sampled_from([Name("channel"), Name("渠道")]), _channels),
    st.builds(InSet, st.just(Name("channel")), st.lists(_channels, min_size=1, max_size=4).map(tuple)),
    st.builds(Compare, _orders, st.just(Name("registered_on")), _days),
    st.builds(
        Contains,
        st.just(Name("licences_held")),
        st.sampled_from(Mode),
        st.lists(st.sampled_from([Text("drug"), Text("food")]), min_size=1).map(tuple),
    ),
    st.builds(InList, st.just(Name("seller")), st.sampled_from([ListRef("甲"), ListRef("丙")])),
    st.builds(
        Compare, st.just("="), st.just(Call("licence_state", (Text("药品经营许可证"),))), st.sampled_from([Text("valid"), Text("none")])
    ),
    st.builds(Known, st.sampled_from([Name("channel"), Name("phones"), Name("有微信"), Name("registered_on")]), _flags),
    st.sampled_from([Name("has_wechat"), Name("条一"), Name("条二"), Fires("base"), Fires("old")]),
    _flags.map(Flag),
)


def _grow(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(And, several),
        st.builds(Or, several),
        st.builds(Not, inner),
        st.builds(Otherwise, inner, _flags.map(Flag)),
        st.builds(Known, inner, _flags),
        st.builds(Compare, st.sampled_from(["=", "!="]), inner, inner),
    )


_conditions: st.SearchStrategy[Expr] = st.recursive(_leaves, _grow, max_leaves=5)

_texts = st.one_of(
    st.text("治愈根病人不能*「」。", max_size=14),
    st.lists(st.sampled_from(["治愈", "根治", "病", "病人", "。", "不能", "治*愈", "「", "」", "啊"]), max_size=6).map("".join),
)
_maybe = st.none()
_rows = st.fixed_dictionaries(
    {
        "phones": _maybe | st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0, 4.0]),
        "text_length": st.sampled_from([0.0, 1.0, 2.0, 3.0, 7.0]),
        "channel": _maybe | st.sampled_from(["shop", "moments", "livestream", "short_video"]),
        "seller": _maybe | st.sampled_from(["治愈", "病", "病人"]),
        "has_wechat": _maybe | st.booleans(),
        "registered_on": _maybe | st.dates(date(2023, 12, 31), date(2024, 1, 4)),
        "licences_held": _maybe | st.frozensets(st.sampled_from(["drug", "food", "device"])),
        "licence_state": _maybe | st.sampled_from(["valid", "expired", "none"]),
        "history": _maybe | st.integers(0, 4).map(lambda size: History({}, {"same_address": [History()] * size})),
    }
)


def _readers(rows: list[tuple[str, dict[str, Any]]]) -> list[RowReader]:
    columns = {name: [row[name] for _, row in rows] for name in rows[0][1]}
    inputs = FakeInputs(_PACK, [text for text, _ in rows], columns, {"licence_state": columns["licence_state"]}, columns["history"])
    return [RowReader(_PACK, inputs, row) for row in range(len(rows))]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(_conditions, _conditions, st.lists(st.tuples(_texts, _rows), min_size=8, max_size=12))
def test_every_claim_holds_in_every_row(one: Expr, other: Expr, rows: list[tuple[str, dict[str, Any]]]) -> None:
    reasoner = Reasoner(_PACK, WORDS)
    values = [(reader.truth(one), reader.truth(other)) for reader in _readers(rows)]
    claims = {
        "never true": (reasoner.never_true(one), all(it is not True for it, _ in values)),
        "never false": (reasoner.never_false(one), all(it is not False for it, _ in values)),
        "always true": (reasoner.always_true(one), all(it is True for it, _ in values)),
        "always false": (reasoner.always_false(one), all(it is False for it, _ in values)),
        "implies": (reasoner.implies(one, other), all(that is True for it, that in values if it is True)),
        "below": (reasoner.below(one, other), all(_RANK[it] <= _RANK[that] for it, that in values)),
    }
    for name, (claimed, holds) in claims.items():
        if claimed:
            event(name)
            assert holds, name


_cuts = st.recursive(
    st.builds(Ranges.compared, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), st.sampled_from([0.0, 0.5, 1.0, 2.5, 3.0])),
    lambda inner: st.one_of(st.builds(Ranges.both, inner, inner), st.builds(Ranges.complement, inner)),
    max_leaves=6,
)


@given(_cuts, _cuts)
def test_ranges_are_sets(one: Ranges, other: Ranges) -> None:
    for value in (-1e9, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 2.5, 3.0, 4.0, float("inf")):
        assert one.both(other).holds(value) == (one.holds(value) and other.holds(value))
        assert one.complement().holds(value) != one.holds(value)
    whole = [float(value) for value in range(-3, 6)]
    assert [value for value in whole if one.whole().holds(value)] == [value for value in whole if one.holds(value)]
    inside = one.both(Ranges.compared(">=", -3.0)).both(Ranges.compared("<=", 5.0))
    assert inside.whole().empty == (not any(map(one.holds, whole)))
    assert one.both(one.complement()).empty
    assert one.complement().complement() == one


_RANK = {False: 0, None: 1, True: 2}
_SOURCE = """
list 甲 include "治愈" "根治"
list 乙 include "治愈" "根治" "病"
list 丙 include "病" exclude "病人"
condition 多 = phones > 5
rule base "x" when phones > 5
"""


def _expr(text: str, source: str = _SOURCE) -> tuple[Reasoner, Expr]:
    pack = pack_from_text(f"{source}\ncondition 试 = {text}")
    assert not pack.diagnostics, pack.diagnostics
    return Reasoner(pack, WORDS), pack.condition_by_name["试"].expr


@pytest.mark.parametrize(
    "text",
    [
        "phones > 5 and phones < 3",
        "phones > 5 and 电话数 <= 5",
        "phones >= 5 and phones <= 5 and phones != 5",
        'channel = "shop" and channel = "moments"',
        'channel in ["shop", "moments"] and 渠道 in ["livestream"]',
        "has_wechat and not has_wechat",
        "多 and phones < 3",
        "fires(base) and phones < 3",
        "text has any of @甲 and text has none of @甲",
        "text has any of @甲 and text has none of @乙",
        'text has any of @甲 and text has none of "治愈" and text has none of "根治"',
        "text has any of @甲 asserted and text has none of @甲",
        "@甲 near @丙 within 5 and text has none of @甲",
        "@甲 near @丙 within 5 and not @丙 near @乙 within 9",
        "@甲 in one sentence with @丙 and text has none of @丙",
        "text starts with @甲 and text has none of @乙",
        "count of @甲 >= 1 and text has none of @甲",
        "count of @甲 > 2",
        "text has any of @甲 and count of @甲 = 0",
        "occurrences of @甲 between 0.2 and 0.8",
        "registered_on > 2024-01-01 and registered_on < 2024-01-02",
        "channel is known and channel is unknown",
        "phones is unknown and phones > 3",
        "(phones otherwise 9) < 3 and phones is unknown",
        "phones > text_length and text_length > phones",
        'licences_held contains "drug" and not licences_held contains any of ["drug", "food"]',
    ],
)
def test_never_true(text: str) -> None:
    reasoner, expr = _expr(text)
    assert reasoner.never_true(expr) is True


@pytest.mark.parametrize(
    "text",
    [
        "phones > 5 and phones < 7",
        "phones > 5 and text_length < 3",
        "phones > 5 or phones < 3",
        'licence_state("药品经营许可证") = "valid" and licence_state("医疗广告审查证明") = "expired"',
        "alerts_in_last(30天) > 5 and alerts_in_last(60天) < 3",
        "text has any of @乙 and text has none of @甲",
        "text has any of @丙 and text has none of @甲",
        "text has any of @甲 and text has none of @甲 asserted",
        "text has any of @甲 asserted and text has none of @甲 plain",
        'text has any of "病" and text has none of @丙',
        "@甲 near @丙 within 9 and not @甲 near @丙 within 5",
        "@甲 near @丙 within 9 and not @甲 in one sentence with @丙",
        "occurrences of @甲 > 2",
        "count of @甲 = 2",
        "not has_wechat or has_wechat",
        "phones is unknown and not (phones > 3) is known",
    ],
)
def test_may_be_true(text: str) -> None:
    reasoner, expr = _expr(text)
    assert reasoner.never_true(expr) is False


@pytest.mark.parametrize(
    ("text", "always", "never_false"),
    [
        ("has_wechat or not has_wechat", False, True),
        ("phones > 3 or phones < 5", False, True),
        ("text_length > 3 or text_length < 5", True, True),
        ("text has any of @甲 or text has none of @甲", True, True),
        ("text has any of @乙 or text has none of @甲", True, True),
        ("phones is known or phones is unknown", True, True),
        ("(phones > 3) otherwise true or phones <= 3", True, True),
        ('channel in ["shop", "moments", "livestream", "short_video"]', False, True),
        ("phones > 3 or phones < 3", False, False),
    ],
)
def test_an_unknown_may_spoil_a_tautology(text: str, always: bool, never_false: bool) -> None:
    reasoner, expr = _expr(text)
    assert (reasoner.always_true(expr), reasoner.never_false(expr)) == (always, never_false)


@pytest.mark.parametrize(
    ("one", "other", "implies", "below"),
    [
        ("phones > 5", "phones > 3", True, True),
        ("phones > 5", "phones is known", True, False),
        ("has_wechat and phones > 5", "has_wechat", True, True),
        ("text has any of @甲", "text has any of @乙", True, True),
        ("text has all of @甲, @丙", "text has any of @丙", True, True),
        ("text has any of @丙", "text has any of @乙", True, True),
        ("text has any of @乙", "text has any of @丙", False, False),
        ("@甲 near @丙 within 3 asserted", "@丙 near @甲 within 9", True, True),
        ("count of @甲 >= 2", "text has any of @乙", True, True),
        ("phones > 5 and has_wechat", "fires(base)", True, True),
        ("(has_wechat) otherwise false", "has_wechat", True, True),
        ("has_wechat", "(has_wechat) otherwise false", True, False),
    ],
)
def test_implication(one: str, other: str, implies: bool, below: bool) -> None:
    reasoner, first = _expr(one, f"{_SOURCE}\ncondition 另 = {other}")
    second = reasoner.pack.condition_by_name["另"].expr
    assert (reasoner.implies(first, second), reasoner.below(first, second)) == (implies, below)


def test_a_puzzle_is_given_up() -> None:
    """Five pigeons in four holes: no search that splits cases is quick about it."""
    holes = [[Name(f"p{pigeon}h{hole}") for hole in range(4)] for pigeon in range(5)]
    somewhere = [Or(tuple(each)) for each in holes]
    apart = [Not(And((holes[one][hole], holes[two][hole]))) for hole in range(4) for one, two in combinations(range(5), 2)]
    expr = And((*somewhere, *apart))
    reasoner = Reasoner(Pack("demo"), WORDS, 1_000)
    assert reasoner.never_true(expr) is None
    assert reasoner.gave_up
    assert reasoner.done <= 1_200
    patient = Reasoner(Pack("demo"), WORDS, 2_000_000)
    assert patient.never_true(expr) is True


def test_doubling_is_given_up() -> None:
    expr: Expr = Name("has_wechat")
    for _ in range(40):
        expr = Compare("=", expr, Known(expr, known=True))
    reasoner = Reasoner(Pack("demo"), WORDS)
    assert reasoner.always_true(expr) is None
    assert reasoner.gave_up


def test_circles_are_somebody_elses_message() -> None:
    pack = pack_from_text('condition a = not b\ncondition b = a or fires(r)\nrule r "x" when fires(r) and a')
    reasoner = Reasoner(pack, WORDS)
    assert reasoner.never_true(pack.rules[0].when) is False
    assert not reasoner.gave_up
