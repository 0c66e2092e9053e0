"""What rules mean: three values, text operators, and one answer whether a row comes alone or in a crowd."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.evaluate import Batch, EvaluationError, evaluate
from rules.explain import Explainer
from rules.inputs import Column, Hits, Remembered, WindowQuery
from rules.items import Condition, Feature, Plain, Rule, WordList
from rules.nodes import Aggregate, And, Arithmetic, Compare, Day, Expr, Flag, Known, Name, Not, Number, Or, Otherwise
from rules.pack import Pack, pack_from_text
from rules.row_hits import RowHit, near, together
from rules.rowwise import RowReader, evaluate_row, kleene_and, kleene_not, kleene_or
from rules.text_hits import HitBook, rows_near
from tests.rules.fakes import VOCABULARY, FakeInputs, History
from tests.rules.trees import conditions, dated, leaves, numeric

_LISTS = (WordList("甲", ("治愈", "根治", "愈")), WordList("乙", ("病", "根治")), WordList("丙", ("疗",), ("理疗",)))
_CONDITIONS = (Condition("条一", Not(Name("has_wechat"))), Condition("条二", Or((Name("条一"), Flag(value=False)))))
_FEATURES = (
    Feature("特一", Arithmetic("/", Arithmetic("*", Name("amount"), Number("15", "%")), Name("phones"))),
    Feature("特二", Otherwise(Name("特一"), Number("2"))),
)
_OTHERS = (
    Rule("base", Or((Name("条一"), Compare(">", Name("特二"), Number("1"))))),
    Rule("另案", Flag(value=True), valid_to=date(2020, 1, 1)),
)

_texts = st.text("治愈根病疗理不能*「」。", max_size=24)
_maybe = st.none()
_ago = st.sampled_from([1, 29.5, 30, 31, 90, 91, 400])
_streams = st.fixed_dictionaries(
    {},
    optional={
        "complaints": st.lists(
            st.fixed_dictionaries({"days_ago": _ago, "channel": st.sampled_from(["shop", "moments", None])}), max_size=4
        ),
        "penalties": st.lists(st.fixed_dictionaries({"days_ago": _ago, "amount": st.sampled_from([0.0, 1e4, 0.1, None])}), max_size=4),
    },
)
_histories = st.builds(
    History,
    _streams,
    st.fixed_dictionaries({}, optional={"same_address": st.lists(st.builds(History, _streams), max_size=2), "same_phone": st.just([])}),
)
_row = st.fixed_dictionaries(
    {
        "promised_annual_yield": _maybe | st.sampled_from([0.0, 1.0, 2.0, float("nan")]),
        "amount": _maybe | st.sampled_from([-3.0, 1.0, 10_000.0, 1e308]),
        "phones": _maybe | st.integers(0, 3).map(float),
        "channel": _maybe | st.sampled_from(["shop", "moments"]),
        "seller": _maybe | st.sampled_from(["shop", 'a"b\\']),
        "has_wechat": _maybe | st.booleans(),
        "registered_on": _maybe | st.dates(date(2023, 12, 1), date(2024, 2, 1)),
        "licence_state": _maybe | st.sampled_from(["shop", "moments"]),
        "alerts_in_last": _maybe | st.sampled_from([0.0, 1.0, 30.0]),
        "fee_share": _maybe | st.sampled_from([0.0, 2.5, 1e308]),
        "text_length": st.integers(0, 5).map(float),
        "licences_held": _maybe | st.frozensets(st.sampled_from(["drug", "food", "device"])),
        "history": _maybe | _histories,
    }
)
_CALLS = ("licence_state", "alerts_in_last")


def _pack(*exprs: Expr) -> Pack:
    return Pack("demo", tuple(Rule(f"r{index}", expr) for index, expr in enumerate(exprs)), _LISTS, _CONDITIONS, _FEATURES, _OTHERS)


def _inputs(pack: Pack, texts: list[str], rows: list[dict[str, Any]]) -> FakeInputs:
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    return FakeInputs(pack, texts, columns, {name: columns[name] for name in _CALLS}, columns["history"])


def _outcomes(
    text: str,
    texts: list[str],
    lists: str = "",
    columns: dict[str, list[Any]] | None = None,
    histories: list[History | None] | None = None,
) -> list[int]:
    pack = pack_from_text(f'{lists}\nrule r "x" when {text}')
    assert not pack.diagnostics
    inputs = FakeInputs(pack, texts, columns, histories=histories)
    outcome = evaluate(pack, inputs).outcome[:, -1].tolist()
    alone = [{True: 1, False: 0, None: -1}[evaluate_row(pack, inputs, "r", row)] for row in range(len(texts))]
    assert outcome == alone
    return [int(value) for value in outcome]


@settings(deadline=None)
@given(
    st.lists(conditions, min_size=1, max_size=3),
    st.lists(st.tuples(_texts, _row), min_size=1, max_size=5),
    st.sampled_from([None, date(2020, 1, 1), date(2020, 1, 2)]),
)
def test_a_batch_is_its_rows(exprs: list[Expr], rows: list[tuple[str, dict[str, Any]]], day: date | None) -> None:
    pack = _pack(*exprs)
    inputs = _inputs(pack, [text for text, _ in rows], [row for _, row in rows])
    outcome = evaluate(pack, inputs, day).outcome
    for index, rule in enumerate(pack.rules):
        for row in range(len(rows)):
            alone = evaluate_row(pack, inputs, rule.id, row, day)
            assert outcome[row, index] == (-1 if alone is None else int(alone)), (rule.when, row)


@settings(deadline=None)
@given(st.lists(leaves, min_size=5, max_size=10), st.lists(st.tuples(_texts, _row), min_size=3, max_size=5))
def test_every_operator_says_the_same_of_a_row_alone(exprs: list[Expr], rows: list[tuple[str, dict[str, Any]]]) -> None:
    pack = _pack(*exprs)
    inputs = _inputs(pack, [text for text, _ in rows], [row for _, row in rows])
    outcome = evaluate(pack, inputs).outcome
    for row in range(len(rows)):
        reader = RowReader(pack, inputs, row)
        assert outcome[row].tolist() == [{True: 1, False: 0, None: -1}[reader.truth(expr)] for expr in exprs]


@settings(deadline=None)
@given(st.lists(st.one_of(numeric, dated), min_size=1, max_size=4), st.lists(st.tuples(_texts, _row), min_size=1, max_size=3))
def test_every_value_is_the_same_of_a_row_alone(exprs: list[Expr], rows: list[tuple[str, dict[str, Any]]]) -> None:
    """Each row's own values are written into rules that ask for just them."""
    pack = _pack()
    inputs = _inputs(pack, [text for text, _ in rows], [row for _, row in rows])
    asked = [(row, _is_just(expr, RowReader(pack, inputs, row).value(expr))) for row in range(len(rows)) for expr in exprs]
    outcome = evaluate(_pack(*(expr for _, expr in asked)), inputs).outcome
    assert [int(outcome[row, index]) for index, (row, _) in enumerate(asked)] == [1] * len(asked)


def _is_just(expr: Expr, value: Plain) -> Expr:
    if value is None:
        return Known(expr, known=False)
    assert isinstance(value, float | date)
    return Compare("=", expr, Day(value) if isinstance(value, date) else Number(repr(value)))


_truth = st.sampled_from([True, False, None])


@given(_truth, _truth, _truth)
def test_kleene_laws(a: bool | None, b: bool | None, c: bool | None) -> None:
    assert kleene_and([a, b]) == kleene_and([b, a])
    assert kleene_or([a, kleene_or([b, c])]) == kleene_or([a, b, c])
    assert kleene_not(kleene_and([a, b])) == kleene_or([kleene_not(a), kleene_not(b)])
    assert kleene_not(kleene_not(a)) is a
    assert kleene_and([a, kleene_or([b, c])]) == kleene_or([kleene_and([a, b]), kleene_and([a, c])])
    assert kleene_and([a, True]) is a
    assert kleene_or([a, False]) is a
    assert kleene_or([a, True]) is True


@given(conditions, conditions, st.lists(st.tuples(_texts, _row), min_size=1, max_size=4))
@settings(deadline=None)
def test_laws_hold_for_columns(a: Expr, b: Expr, rows: list[tuple[str, dict[str, Any]]]) -> None:
    pack = _pack(Not(And((a, b))), Or((Not(a), Not(b))), And((a, a)), a, Not(Not(a)))
    outcome = evaluate(pack, _inputs(pack, [text for text, _ in rows], [row for _, row in rows])).outcome
    assert (outcome[:, 0] == outcome[:, 1]).all()
    assert (outcome[:, 2] == outcome[:, 3]).all()
    assert (outcome[:, 3] == outcome[:, 4]).all()


_SPANS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 6)), max_size=8)


@given(_SPANS, _SPANS, st.integers(0, 8))
def test_near_is_the_distance_of_some_pair(one: list[tuple[int, int, int]], two: list[tuple[int, int, int]], within: int) -> None:
    book = HitBook(Pack("demo"), FakeInputs(Pack("demo"), []))
    left, right = (book._sorted(_hits(spans), ("x",)) for spans in (one, two))
    slow = {a[0] for a in one for b in two if a[0] == b[0] and max(0, b[1] - a[1] - a[2], a[1] - b[1] - b[2]) <= within}
    assert set(np.flatnonzero(rows_near(left, right, within, 4)).tolist()) == slow


@given(_SPANS, _SPANS, st.integers(0, 8), st.lists(st.integers(1, 6), max_size=6))
def test_what_stands_together_is_found_without_trying_pairs(
    one: list[tuple[int, int, int]], two: list[tuple[int, int, int]], within: int, sizes: list[int]
) -> None:
    spans = (sorted((start, start + size) for _, start, size in some) for some in (one, two))
    left, right = ([RowHit(start, end, "x", *(False,) * 3) for start, end in some] for some in spans)
    pairs = [(a, b) for a in range(len(left)) for b in range(len(right))]
    apart = [(a, max(0, right[b].start - left[a].end, left[a].start - right[b].end)) for a, b in pairs]
    assert near(left, right, within) == sorted({a for a, distance in apart if distance <= within})
    sentences = [(sum(sizes[:at]) + at, sum(sizes[:at]) + at + size) for at, size in enumerate(sizes)]  # one character between two
    both = {a for a, b in pairs for low, high in sentences if low <= left[a].start < high and low <= right[b].start < high}
    assert together(left, right, sentences) == sorted(both)


@pytest.mark.parametrize("condition", ["@a near @b within 5", "@a in one sentence with @b", "@a near @c within 5 or @b near @a within 0"])
def test_a_text_that_repeats_its_words_is_explained(condition: str) -> None:
    times = 20_000  # 400 million pairs
    pack = pack_from_text(f'list a\n include "治愈"\nlist b\n include "癌"\nlist c\n include "病"\nrule r "x" when {condition}')
    inputs = FakeInputs(pack, ["治愈癌" * times + "一二三四五六病"])
    assert evaluate(pack, inputs).outcome.tolist() == [[1]]
    told = Explainer(pack, inputs).explain("r", 0)
    assert told.outcome is True
    assert len(told.evidence) == 2 * times


def _hits(spans: list[tuple[int, int, int]]) -> Hits:
    row, start, size = np.array(spans, dtype=np.int64).reshape(-1, 3).T
    off = np.zeros(len(row), dtype=bool)
    return Hits(row, start, start + size, ["x"] * len(row), off, off, off)


_AB = 'list a\n include "治愈" "根治"\n exclude "根治拖延"\nlist b\n include "病" "癌"'


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("text has any of @a", [1, 1, 1, 0, 1]),
        ("text has any of @a asserted", [1, 0, 0, 0, 1]),
        ("text has any of @a plain", [1, 1, 1, 0, 0]),
        ("text has all of @a, @b", [1, 0, 0, 0, 0]),
        ("text has none of @a, @b", [0, 0, 0, 1, 0]),
        ("text has none of @a asserted", [0, 1, 1, 1, 0]),
        ('text has any of "拖延", @b', [1, 0, 0, 1, 0]),
        ("count of @a >= 2", [0, 0, 0, 0, 0]),
        ("count of @a, @b = 3", [1, 0, 0, 0, 0]),
        ('count of @b, "病" = 2', [1, 0, 0, 0, 0]),
        ("@a near @b within 0", [1, 0, 0, 0, 0]),
    ],
)
def test_text_operators(text: str, wanted: list[int]) -> None:
    texts = ["根治病，防癌", "不能治愈", "「根治」", "根治拖延", "根*治"]
    assert _outcomes(text, texts, _AB) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("@a in one sentence with @b", [1, 1, 0, 1, 1]),
        ("@a in one sentence with @b asserted", [1, 1, 0, 1, 0]),
        ('@a in one sentence with ("癌", "药")', [0, 1, 0, 0, 0]),
        ("text starts with @a", [1, 0, 0, 0, 0]),
        ("text starts with @b, @a", [1, 0, 0, 1, 0]),
        ("text ends with @b", [0, 0, 0, 0, 1]),
        ("text ends with @b, @a", [1, 0, 0, 1, 1]),
        ('text ends with "药"', [0, 1, 0, 0, 0]),
        ('text matches "根.{0,2}病"', [0, 0, 0, 0, 1]),
        ('text matches "根.{0,2}病" unnegated', [0, 0, 0, 0, 0]),
        ('text matches "「[^」]+」"', [0, 0, 1, 0, 0]),
        ('text matches "^.治" unquoted', [1, 0, 0, 0, 0]),
        ("text has any of @a unnegated", [1, 1, 1, 1, 0]),
        ("text has any of @a unquoted", [1, 1, 0, 1, 1]),
        ("text has any of @a unnegated unquoted", [1, 1, 0, 1, 0]),
        ("occurrences of @a = 2", [1, 0, 0, 0, 0]),
        ('occurrences of @a, "根治" = 2', [1, 0, 0, 0, 0]),
        ("count of @a = 2", [0, 0, 0, 0, 0]),
        ("(@b, @a) near @b within 0", [1, 1, 0, 1, 1]),
        ('@b near (@a, "药") within 2', [1, 1, 0, 1, 1]),
    ],
)
def test_text_operators_on_sentences(text: str, wanted: list[int]) -> None:
    texts = ["根治多年老病。根治", " 好药根治癌！癌药！", "听说「根治」", "病，治愈", "不能根治糖病。"]
    assert _outcomes(text, texts, _AB) == wanted


_PAST = History(
    {
        "complaints": [{"days_ago": 1, "channel": "shop"}, {"days_ago": 30, "channel": "shop"}, {"days_ago": 31, "channel": "moments"}],
        "penalties": [
            {"days_ago": 10, "amount": 100.0, "reason": "甲"},
            {"days_ago": 20, "amount": 300.0, "reason": "甲"},
            {"days_ago": 5},
        ],
    },
    {"same_address": [History({"complaints": [{"days_ago": 3, "channel": "shop"}]}), History()]},
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("count of complaints in last 30 days = 2", [1, 0, -1]),
        ("次数 投诉 = 3", [1, 0, -1]),
        ("次数 投诉 近 30天 跨 同址 = 1", [1, 0, -1]),
        ("change of complaints in last 30 days = 1", [1, 0, -1]),
        ("distinct of complaints.channel = 2", [1, 0, -1]),
        ("合计 处罚.金额 近 15天 = 100元", [1, 0, -1]),
        ("sum of penalties.amount >= 0元", [1, 1, -1]),
        ("mean of penalties.amount = 200元", [1, -1, -1]),
        ("max of penalties.amount - min of penalties.amount = 200元", [1, -1, -1]),
        ("days since last penalties = 5天", [1, -1, -1]),
        ("距上次 投诉 近 1天 = 1天", [1, -1, -1]),
        ("subjects with same_address = 2", [1, -1, -1]),
        ("主体数 同址 未知", [0, 1, 1]),
    ],
)
def test_windows_and_relations(text: str, wanted: list[int]) -> None:
    assert _outcomes(text, ["", "", ""], histories=[_PAST, History(), None]) == wanted


def test_windows_are_asked_for_in_english_and_once() -> None:
    pack = pack_from_text(
        'rule r "x" when 合计 处罚.金额 近 1年 跨 同址 > 1元 or sum of penalties.amount in last 365 days across same_address < 1元'
    )
    asked: list[WindowQuery] = []
    inputs = FakeInputs(pack, [""], histories=[_PAST])
    inputs.window = lambda query: asked.append(query) or Column.of([1.0])  # type: ignore[func-returns-value, method-assign]
    evaluate(pack, Remembered(inputs))
    assert asked == [WindowQuery(Aggregate.SUM, "penalties", "amount", 365.0, "same_address")]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("amount * 15% = 1500元", [1, 0, -1]),
        ("15% * amount * 2 - 100元 = 2900元", [1, 0, -1]),
        ("amount * fee_share = 250元", [1, 0, -1]),
        ("amount / 1万元 * 3 = 3", [1, 0, -1]),
        ("(amount + 1元) / phones > 0元", [1, -1, -1]),
        ("phones / phones = 1", [1, -1, -1]),
        ("2024-03-01 - registered_on = 60天", [1, 0, -1]),
        ("registered_on + 30天 > 2024-01-31", [0, 1, -1]),
        ("registered_on - 99999年 < 2024-01-01", [-1, -1, -1]),
        ("数 = 5000元 and 数 otherwise 1元 = 5000元", [1, 0, 0]),
        ('licences_held contains "food"', [1, 0, -1]),
        ('licences_held contains all of ["food", "drug"]', [1, 0, -1]),
        ('licences_held contains none of ["device"]', [1, 1, -1]),
        ("seller in @b", [1, 0, -1]),
        ("not seller in @b", [0, 1, -1]),
        ("channel in @b", [0, 0, -1]),
        ("fires(other)", [1, 0, -1]),
        ("not fires(other) otherwise true", [0, 1, 0]),
        ("promised_annual_yield = 2%/月", [1, 0, -1]),
        ("promised_annual_yield > 0.05% a day", [1, 0, -1]),
    ],
)
def test_calculations_and_sets(text: str, wanted: list[int]) -> None:
    columns: dict[str, list[Any]] = {
        "amount": [10_000.0, 0.0, None],
        "fee_share": [2.5, 3.0, 2.0],
        "phones": [2.0, 0.0, None],
        "registered_on": [date(2024, 1, 1), date(2024, 1, 2), None],
        "licences_held": [frozenset({"food", "drug"}), frozenset(), None],
        "seller": [" 病 ", "癌症", None],
        "channel": ["shop", "shop", None],
        "promised_annual_yield": [24.0, 15.0, None],
    }
    more = f'{_AB}\nfeature 数 = amount / 2\nrule other "y" when phones > 1'
    assert _outcomes(text, ["", "", ""], more, columns) == wanted


def test_what_is_no_finite_number_is_unknown() -> None:
    columns: dict[str, list[Any]] = {"phones": [1e308, 1e308, 3.0], "fee_share": [1e308, 1.0, 1.0]}
    assert _outcomes("phones * fee_share is unknown", ["", "", ""], columns=columns) == [1, 0, 0]
    assert _outcomes("(phones * 10 - phones * 10) is unknown", ["", "", ""], columns=columns) == [1, 1, 0]


def test_the_outcome_of_a_rule_out_of_force_is_no() -> None:
    pack = pack_from_text('rule old "x" when true valid from 2020-01-01 to 2020-12-31\nrule now "x" when fires(old)')
    inputs = FakeInputs(pack, [""])
    for day, wanted in ((date(2020, 12, 31), 1), (date(2021, 1, 1), 0)):
        assert evaluate(pack, inputs, day).outcome[0, 1] == wanted
        assert evaluate_row(pack, inputs, "now", 0, day) is bool(wanted)
    assert evaluate(pack.only(["now"]), inputs, date(2020, 6, 1)).outcome.tolist() == [[1]]


@pytest.mark.parametrize("text", ["condition a = fires(r)", "feature f = phones\ncondition a = fires(gone)"])
def test_outcomes_that_are_not_there_are_refused(text: str) -> None:
    pack = pack_from_text(f'{text}\nrule r "x" when a')
    with pytest.raises(EvaluationError):
        evaluate(pack, FakeInputs(pack, ["x"]))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('"根治" near "糖尿病" within 3', [1, 1, 0, 1]),
        ('"根治" near "糖尿病" within 4', [1, 1, 1, 1]),
        ('"根治" near "治" within 0', [1, 1, 1, 1]),
        ('"根治" near "根治" within 0', [1, 1, 1, 1]),
    ],
)
def test_near(text: str, wanted: list[int]) -> None:
    assert _outcomes(text, ["根治糖尿病", "糖尿病能够被根治", "根治多年的老糖尿病", "根治糖尿病，根治"]) == [
        value if row != 2 or value else 0 for row, value in enumerate(wanted)
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("phones >= 2", [1, 0, -1]),
        ("phones >= 2 or has_wechat", [1, 1, -1]),
        ("phones >= 2 and has_wechat", [-1, 0, -1]),
        ("phones is known", [1, 1, 0]),
        ("phones is unknown or has_wechat", [-1, 1, 1]),
        ("(phones >= 2) otherwise true", [1, 0, 1]),
        ("phones otherwise 7 = 7", [0, 0, 1]),
        ("phones between 0 and 2", [1, 1, -1]),
        ('channel in ["shop", "moments"]', [1, 0, -1]),
        ('channel != "shop"', [0, 1, -1]),
        ("registered_on < 2024-01-02", [1, 0, -1]),
        ("has_wechat = false", [-1, 0, -1]),
        ("doubled(phones) > phones", [1, 0, -1]),
        ('licence_state("药品经营许可证") is unknown', [1, 1, 1]),
        ("(phones >= 2) is known", [1, 1, 0]),
        ("true", [1, 1, 1]),
    ],
)
def test_values(text: str, wanted: list[int]) -> None:
    columns: dict[str, list[Any]] = {
        "phones": [2.0, 0.0, None],
        "has_wechat": [None, True, None],
        "channel": ["shop", "livestream", None],
        "registered_on": [date(2024, 1, 1), date(2024, 1, 2), None],
    }
    assert _outcomes(text, ["", "", ""], columns=columns) == wanted


def test_columns_of_every_type_are_read() -> None:
    pack = pack_from_text('rule r "x" when registered_on >= 2024-01-02\nrule s "x" when phones = 1\nrule t "x" when has_wechat')
    inputs = FakeInputs(pack, ["", ""])
    columns = {
        "registered_on": Column(np.array(["2024-01-02T05:00", "NaT"], dtype="datetime64[ns]"), np.array([True, True])),
        "phones": Column(np.array([1, 2]), np.array([True, False])),
        "has_wechat": Column(np.array([1.0, np.nan]), np.array([True, True])),
    }
    inputs.field = columns.__getitem__  # type: ignore[method-assign, assignment]
    assert evaluate(pack, inputs).outcome.tolist() == [[1, 1, 1], [-1, -1, -1]]
    assert [evaluate_row(pack, inputs, rule.id, 0) for rule in pack.rules] == [True] * 3
    assert [evaluate_row(pack, inputs, rule.id, 1) for rule in pack.rules] == [None] * 3


def test_validity_and_lens() -> None:
    text = 'rule old "x" when true valid from 2020-01-01 to 2020-12-31\nrule shop "x" lens report when true\nrule any "x" when true'
    pack = pack_from_text(text)
    inputs = FakeInputs(pack, [""])
    assert evaluate(pack, inputs, date(2020, 12, 31)).outcome.tolist() == [[1, 1, 1]]
    assert evaluate(pack, inputs, date(2021, 1, 1)).outcome.tolist() == [[0, 1, 1]]
    hits = evaluate(pack, inputs, lens="firm")
    assert hits.ids == ("old", "any")
    assert hits.fired.tolist() == [[True, True]]
    assert hits.weights.tolist() == [1.0, 1.0]
    assert [rule.id for rule in hits.fired_rules(0)] == ["old", "any"]


def test_functions_take_features_and_conditions() -> None:
    pack = pack_from_text('feature twice = phones * 2\nfeature more = doubled(twice) + 1\nrule a "x" when doubled(more) > 17')
    inputs = FakeInputs(pack, ["", "", ""], {"phones": [1.0, 2.0, None]})
    assert evaluate(pack, inputs).outcome[:, 0].tolist() == [0, 1, -1]
    assert [evaluate_row(pack, inputs, "a", row) for row in range(3)] == [False, True, None]
    explainer = Explainer(pack, inputs, VOCABULARY)
    assert [explainer.explain("a", row).outcome for row in range(3)] == [False, True, None]


@pytest.mark.parametrize("rows", [3, 20])
def test_packs_judged_together_may_ask_for_rules_that_begin_some_day(rows: int) -> None:
    one = pack_from_text('rule a "x" when phones > 1', "one")
    two = pack_from_text('rule b "x" valid from 2025-01-01 when phones > 1\nrule c "x" when fires(b)', "two")
    inputs = FakeInputs(one, [""] * rows, {"phones": [2.0] * rows})
    for day, wanted in ((date(2024, 12, 31), [0, 0]), (date(2025, 1, 1), [1, 1])):
        for singly in (False, True):
            batch = Batch([one, two], inputs, day, singly=singly)
            assert batch.hits(0).outcome.tolist() == [[1]] * rows
            assert batch.hits(1).outcome.tolist() == [wanted] * rows


def test_equal_expressions_are_computed_once() -> None:
    pack = pack_from_text(
        'list a\n include "x"\n' + "\n".join(f'rule r{n} "x" when text has any of @a and phones > 1 and phones > {n}' for n in range(9))
    )
    inputs = FakeInputs(pack, ["x", ""], {"phones": [2.0, 1.0]})
    assert evaluate(pack, inputs).outcome.shape == (2, 9)
    assert sorted(inputs.asked) == ["a", "phones"]


def test_no_rows_and_no_rules() -> None:
    pack = pack_from_text(
        'list a\n include "x"\nrule r "x" when count of @a > 1 and @a near @a within 3 and text has none of @a or phones > 1'
    )
    assert evaluate(pack, FakeInputs(pack, [])).outcome.shape == (0, 1)
    assert evaluate(Pack("demo"), FakeInputs(pack, ["a"])).outcome.shape == (1, 0)


def test_an_unchecked_circle_is_refused() -> None:
    pack = pack_from_text('condition a = b\ncondition b = a\nrule r "x" when a')
    with pytest.raises(EvaluationError):
        evaluate(pack, FakeInputs(pack, ["x"]))


def test_a_named_condition_is_a_flag_of_three_values() -> None:
    pack = pack_from_text('condition a = has_wechat\nrule r "x" when a\nrule s "x" when a is unknown\nrule t "x" when a = false')
    inputs = FakeInputs(pack, [""] * 3, {"has_wechat": [True, False, None]})
    assert evaluate(pack, inputs).outcome.tolist() == [[1, 0, 0], [0, 0, 1], [-1, 1, -1]]
    assert RowReader(pack, inputs, 1).value(Name("a")) is False
