"""What a person is shown: trace, quotations, sentences, and a rule's own examples."""

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from rules.evaluate import EvaluationError, evaluate
from rules.examples import run_examples
from rules.explain import Explainer, Trace, explain, firings
from rules.functions import Field, Function, Vocabulary
from rules.items import Bilingual
from rules.kinds import Kind, Type
from rules.pack import Pack, load_pack, pack_from_text
from tests.rules.fakes import VOCABULARY, FakeInputs, make_inputs
from tests.rules.golden import HERE, check_golden

DEMO = pack_from_text((HERE / "demo.rules").read_text("utf-8"))
TEXTS = ["三个疗程根治糖尿病，永*不复发", "「根治」糖尿病", "稳赚不赔，人人可投", "今日天气"]
INPUTS = FakeInputs(DEMO, TEXTS, {"promised_annual_yield": [None, None, 24.0, 1.0], "has_wechat": [True, True, None, False]})


def _lines(trace: Trace, depth: int = 0) -> Iterator[str]:
    value = f" = {trace.said_en} | {trace.said_zh}" if trace.verdict == "value" else ""
    yield f"{'  ' * depth}{trace.verdict}: {trace.en} | {trace.zh}{value}"
    for part in trace.parts:
        yield from _lines(part, depth + 1)


@pytest.mark.parametrize("row", range(len(TEXTS)))
def test_explanations(row: int) -> None:
    explainer = Explainer(DEMO, INPUTS, VOCABULARY)
    blocks = []
    for rule in DEMO.rules:
        told = explainer.explain(rule, row)
        quotes = [f"  {item.quote} [{item.start}:{item.end}] {item.list or '-'}/{item.term}" for item in told.evidence]
        because = [f"  {told.because.zh}", f"  {told.because.en}"]
        blocks.append("\n".join([f"{rule.id}: {told.outcome}", *_lines(told.trace), "evidence", *quotes, "because", *because]))
    check_golden(f"explain_{row}", "\n\n".join(blocks))


def test_firings_are_gravest_first() -> None:
    text = (
        'rule a "甲" severity low when true\nrule b "乙" / "B" severity critical when "x" near "y" within 2 because zh "{hit}" en "{hits}"'
    )
    pack = pack_from_text(text)
    inputs = FakeInputs(pack, ["yxx……x"])
    found = firings(pack, inputs, evaluate(pack, inputs), 0)
    assert [item.rule for item in found] == ["b", "a"]
    assert found[0].because == Bilingual("x", "x, y")
    assert [(item.start, item.end) for item in found[0].evidence] == [(1, 2), (2, 3), (0, 1)]
    assert found[1].title == Bilingual("甲", "甲")


def test_evidence_comes_from_what_made_it_true() -> None:
    text = 'rule a "x" when (text has any of "坏" and phones > 5) or text has any of "好" and not text has any of "丑"'
    pack = pack_from_text(text)
    inputs = FakeInputs(pack, ["坏好好"], {"phones": [1.0]})
    told = explain(pack, inputs, "a", 0)
    assert [item.quote for item in told.evidence] == ["好", "好"]


def test_qualified_operators_quote_admitted_hits_only() -> None:
    pack = pack_from_text('rule a "x" when text has any of "根治" asserted plain')
    told = explain(pack, FakeInputs(pack, ["不能根治，根*治，根治"]), "a", 0)
    assert [(item.start, item.quote) for item in told.evidence] == [(9, "根治")]


@pytest.mark.parametrize(
    ("when", "quotes"),
    [
        ('("根治", "好药") in one sentence with ("病", "癌")', [(1, "好药"), (3, "根治"), (5, "癌")]),
        ('text starts with "药", "好药"', [(1, "好药")]),
        ('text ends with "药"', [(9, "药")]),
        ('text matches "癌.?药"', [(7, "癌的药")]),
        ('("根治", "药") near "癌" within 0', [(3, "根治"), (5, "癌")]),
        ('occurrences of "癌" >= 2', [(5, "癌"), (7, "癌")]),
        ("癌数 + 1 >= 2", [(5, "癌"), (7, "癌")]),
        ("fires(other)", [(1, "好药")]),
        ("not fires(other) or seller in @名 or count of complaints > 1", []),
    ],
)
def test_evidence_of_every_text_operator(when: str, quotes: list[tuple[int, str]]) -> None:
    more = 'list 名\n include "甲"\nfeature 癌数 = count of "癌"\nrule other "y" when text has any of "好药" and has_wechat'
    pack = pack_from_text(f'{more}\nrule a "x" when {when}')
    inputs = FakeInputs(pack, [" 好药根治癌。癌的药！"], {"has_wechat": [True], "seller": ["甲"]})
    told = explain(pack, inputs, "a", 0, VOCABULARY)
    assert told.outcome is True
    assert [(item.start, item.quote) for item in told.evidence] == quotes
    assert all(item.quote == inputs.texts[0][item.start : item.end] for item in told.evidence)
    assert {one.rule: one.evidence for one in firings(pack, inputs, evaluate(pack, inputs), 0)}["a"] == told.evidence


def test_features_and_units_stand_in_the_sentence() -> None:
    text = (
        "feature 利息 = amount * fee_share\nfeature 天数 = 2024-03-01 - registered_on\n"
        'rule a "x" when true because zh "{利息}，{天数}，{fee_share}，{承诺年化收益}，{licences_held}，{text_length}" en "{利息}, {天数}, {fee_share}, {promised_annual_yield}"'
    )
    columns: dict[str, list[Any]] = {
        "amount": [4e6],
        "fee_share": [100 / 3],
        "promised_annual_yield": [24.0],
        "licences_held": [frozenset({"food"})],
        "text_length": [1 / 3],
    }
    pack = pack_from_text(text)
    told = explain(pack, FakeInputs(pack, [""], columns), "a", 0, VOCABULARY)
    assert told.because == Bilingual(
        "133.333万元，未知，33.33%，24%/年，食品经营许可证，0.3333", "133.333万元, unknown, 33.33%, 24% a year"
    )


def test_a_trace_tells_values_with_units_and_what_was_left_out() -> None:
    text = (
        'feature 利息 = amount * fee_share\nrule b "y" when phones > 1 valid from 2030-01-01\n'
        'rule a "x" when not fires(b) and 利息 between 1元 and 到手 and phones > 1 or channel = "shop" or has_wechat\nfeature 到手 = amount - 1元'
    )
    pack = pack_from_text(text)
    inputs = FakeInputs(pack, [""], {"amount": [2000.0], "fee_share": [5.0], "channel": ["shop"]})
    trace = Explainer(pack, inputs, VOCABULARY, date(2024, 1, 1)).explain("a", 0).trace
    check_golden("trace_units", "\n".join(_lines(trace)))
    assert (trace.span.line, trace.parts[0].parts[1].parts[0].said_zh) == (3, "100元")


def test_a_row_that_is_not_there_is_refused() -> None:
    with pytest.raises(EvaluationError):
        explain(DEMO, INPUTS, "high_yield", 99)


def test_examples_of_the_demo_hold() -> None:
    assert run_examples(DEMO, make_inputs(DEMO)) == []


def test_examples_that_fail_are_named() -> None:
    pack = pack_from_text(
        'rule a "x" when text has any of "根治" or phones > 2 hits "根治" "治" misses "不根治" { phones: 3 } { phones: unknown, text: "x" }'
    )
    failures = run_examples(pack, make_inputs(pack))
    check_golden("example_failures", "\n".join(item.text(language) for item in failures for language in ("zh", "en")))
    assert [item.expected for item in failures] == [True, False, False]


def test_many_firings_are_cheap() -> None:
    inputs = FakeInputs(DEMO, TEXTS * 250, {"promised_annual_yield": [24.0] * 1000})
    explainer, hits = Explainer(DEMO, inputs), evaluate(DEMO, inputs)
    explainer.firings(hits, 0)
    begin = time.process_time()
    fired = sum(len(explainer.firings(hits, row)) for row in range(1000))
    assert fired == 250
    assert time.process_time() - begin < 5


def test_values_are_said_with_units_and_names() -> None:
    field = VOCABULARY.field("渠道")
    assert field is not None
    assert (field.show("shop"), field.show("shop", "en"), field.show(None)) == ("网店", "shop", "未知")
    flag = Field("f", "标志", Type(Kind.FLAG))
    assert (flag.show(1.0), flag.show(value=False, language="en")) == ("是", "no")


def test_vocabulary_refuses_two_owners_of_a_name() -> None:
    one = Function("f", "函", (), Type(Kind.NUMBER))
    with pytest.raises(ValueError, match="two functions are called 函"):
        Vocabulary((), (one, Function("g", "函", (), Type(Kind.FLAG))))


def test_unknown_packs_are_refused() -> None:
    with pytest.raises(LookupError):
        load_pack("../rules")
    assert Pack("x").version != Pack("y").version
