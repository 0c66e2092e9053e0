"""Reading and writing: one grammar, two languages, no source that crashes."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lark import Lark

from rules.check import check
from rules.diagnostics import errors, render_all
from rules.evaluate import evaluate
from rules.explain import explain
from rules.grammar import grammar_text
from rules.items import Condition, Rule, WordList
from rules.nodes import Compare, Expr, InSet, Literal, Name
from rules.pack import load_packs, pack_from_text, pack_from_texts
from rules.parser import parse
from rules.printer import show, show_all, show_rule
from rules.words import CLAUSES, KEYWORDS, Language
from tests.rules.fakes import VOCABULARY, make_inputs
from tests.rules.golden import CASES, HERE
from tests.rules.trees import conditions, literals

DEMO = (HERE / "demo.rules").read_text("utf-8")
CHINESE = (HERE / "示例.rules").read_text("utf-8")
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def _expr(text: str) -> Expr:
    parsed = parse(f"condition 试 = {text}")
    assert not parsed.diagnostics, render_all(parsed.diagnostics)
    return parsed.conditions[0].expr


@given(conditions)
def test_what_is_printed_reads_back(tree: Expr) -> None:
    for language in LANGUAGES:
        assert _expr(show(tree, language)) == tree


@given(literals, st.text(min_size=1))
def test_any_text_survives_quotation(value: Literal, text: str) -> None:
    tree = Compare("=", Name("a"), value)
    for language in LANGUAGES:
        assert _expr(show(tree, language)) == tree
    words = WordList("表", (text.strip() or "x",), (), text)
    assert parse(show_all([words])).lists == (words,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whole_files_read_back(language: Language) -> None:
    parsed = parse(DEMO)
    items: tuple[WordList | Condition | Rule, ...] = (*parsed.lists, *parsed.conditions, *parsed.rules)
    again = parse(show_all(items, language))
    assert (*again.lists, *again.conditions, *again.rules) == items


def test_both_languages_are_one_pack() -> None:
    english, chinese = pack_from_text(DEMO), pack_from_text(CHINESE)
    assert english == chinese
    assert english.version == chinese.version
    assert not check(english, VOCABULARY)
    assert show_all([*english.lists, *english.conditions, *english.rules], "zh") == CHINESE.split("\n", 1)[1]


def test_version_changes_with_the_meaning_only() -> None:
    pack = pack_from_text(DEMO)
    assert pack_from_text(DEMO.replace("\n", "   \n") + "# more").version == pack.version
    assert pack_from_text(DEMO.replace("within 15", "within 16")).version != pack.version
    assert pack_from_text(DEMO.replace("彻底治愈", "治愈")).version != pack.version


def test_version_counts_shared_definitions_that_are_used() -> None:
    def version(shared: str) -> str:
        return pack_from_texts({"shared/a.rules": shared, "demo/b.rules": 'rule r "x" when c'}).version

    shared = 'list a\n include "u"\nlist b\n include "v"\ncondition c = d\ncondition d = text has any of @a'
    assert version(shared) == version(shared.replace('"v"', '"w"'))
    assert version(shared) != version(shared.replace('"u"', '"w"'))


def test_the_page_in_the_readme_is_true() -> None:
    page = (Path(HERE).parents[1] / "rules" / "README.md").read_text("utf-8")
    blocks = [block for block in page.split("```")[1::2] if not block.startswith(("python", "mermaid"))]
    parsed = parse(blocks[0])
    assert not parsed.diagnostics, render_all(parsed.diagnostics)
    assert [rule.id for rule in parsed.rules] == ["guaranteed_cure"]


def test_grammar_has_no_two_readings() -> None:
    Lark(grammar_text(), parser="lalr", maybe_placeholders=False)
    assert set(CLAUSES) <= set(KEYWORDS)


def test_one_bad_rule_does_not_lose_the_others() -> None:
    parsed = parse(DEMO.replace("severity  critical", "severity severity critical"))
    assert [rule.id for rule in parsed.rules] == ["guaranteed_cure", "young_firm"]
    assert [item.code for item in parsed.diagnostics] == ["R001"]
    assert parsed.broken == {"high_yield"}


def test_a_broken_condition_is_complained_of_once() -> None:
    pack = pack_from_text(DEMO.replace("= channel in", "= channel inn"))
    assert [item.code for item in check(pack, VOCABULARY)] == ["R001"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a and b or c", "(a and b) or c"),
        ("not a and b", "(not a) and b"),
        ("a = 5万元", "a = 5 万元"),
        ("a >= 30 days", "a ≥ 30天"),
        ("a in [1, 2,]", "a 属于 [1，2]"),
        ("（a 且 b） 或 c", "(a and b) or c"),
        ("a otherwise 1 > 2", "(a otherwise 1) > 2"),
        ("not a is known", "not (a is known)"),
        ("a between 1 and 2 and b", "(a 介于 1 与 2) 且 b"),
        ("text has any of @x plain asserted", "文本 含任一 @x 断言 明文"),
    ],
)
def test_two_ways_of_writing(one: str, other: str) -> None:
    assert _expr(one) == _expr(other)


def test_long_conditions_break_at_their_joints() -> None:
    expr = " and ".join(f'a_rather_long_field_name in ["{index}"]' for index in range(5))
    rule = parse(f'rule a "x" when {expr}').rules[0]
    assert show_rule(rule).count("\n    and ") == 4
    assert parse(show_rule(rule)).rules == (rule,)


def _mutants(source: str, number: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    pieces = [
        '"',
        "(",
        ")",
        "[",
        "}",
        "@",
        "且",
        "not ",
        "rule ",
        "\n",
        "within",
        "9" * 30,
        "-",
        "\\",
        "列",
        "\x00",
        "，",
        "“",
        "= ",
        "{",
        "5%",
        "text",
        " otherwise 1",
        "2021-13-45",
        "\nlist ",
    ]
    found = []
    for _ in range(number):
        text = source
        for _ in range(rng.randint(1, 4)):
            at, size = rng.randrange(len(text) + 1), rng.choice([0, 0, 1, 5, 60])
            text = text[:at] + rng.choice(pieces) * rng.choice([0, 1, 1, 40]) + text[at + size :]
        found.append(text)
    return found


def test_no_mutant_crashes_the_reader_or_the_checks() -> None:
    sources = [DEMO, CHINESE, *(path.read_text("utf-8") for path in sorted(CASES.glob("*.rules")))]
    mutants = [text for seed, source in enumerate(sources) for text in _mutants(source, 30, seed)]
    assert len(mutants) > 1000
    for text in mutants:
        pack = pack_from_text(text)
        found = check(pack, VOCABULARY)
        assert bool(render_all(found, pack.sources)) == bool(found) == bool(render_all(found, pack.sources, "zh"))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text())
def test_no_text_crashes_the_reader(text: str) -> None:
    parse(text)
    parse(f"condition a = {text}")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "not " * 100_000,
        "(not " * 5_000 + "a",
        "a" + ")" * 100_000,
        "[" * 100_000,
        "f(" * 1_000,
        "a" + " otherwise 1" * 10_000,
        "a" + " is known" * 10_000,
    ],
)
def test_depth_is_bounded(text: str) -> None:
    assert errors(parse(f"condition a = {text}").diagnostics)


def test_the_deepest_allowed_tree_works_everywhere() -> None:
    one = "((has_wechat or has_wechat and ({} otherwise false) = true) otherwise true)"
    text = "deepest"
    while not parse(f"condition a = {one.format(text)}").diagnostics:
        text = one.format(text)
    texts = [f"condition c{index} = {text.replace('deepest', f'c{index - 1}' if index else 'has_wechat')}" for index in range(12)]
    packs = [pack_from_text("\n".join(texts[: size + 1]) + f'\nrule r "x" when not c{size}') for size in range(12)]
    codes = [{item.code for item in errors(check(pack, VOCABULARY))} - {"R030"} for pack in packs]
    assert codes[0] == set()
    assert codes[-1] == {"R045"}
    pack = packs[codes.index({"R045"}) - 1]
    inputs = make_inputs(pack)(["x"])
    assert evaluate(pack, inputs).outcome.tolist() == [[0]]
    assert explain(pack, inputs, "r", 0, VOCABULARY).outcome is False
    assert pack_from_text(show_all([*pack.conditions, *pack.rules], "zh")) == pack


@pytest.mark.parametrize("text", ["hits { }", 'misses {text: "a",}', 'owner ""'])
def test_small_things_are_read(text: str) -> None:
    assert not parse(f'rule r "x" {text}').diagnostics


def test_a_hundred_rules_are_read_in_well_under_a_second() -> None:
    rule = DEMO[DEMO.index("rule guaranteed_cure") : DEMO.index("rule high_yield")]
    text = "\n".join(rule.replace("guaranteed_cure", f"r{index}") for index in range(100))
    parse(DEMO)
    begin = time.perf_counter()
    assert len(parse(text).rules) == 100
    assert time.perf_counter() - begin < 2  # 0.3 s on a laptop; the bound is for a busy machine


def test_shipped_packs_can_be_read() -> None:
    for pack in load_packs():
        assert not errors(pack.diagnostics), render_all(pack.diagnostics, pack.sources)


def test_items_are_what_they_say() -> None:
    parsed = parse(DEMO)
    rule = parsed.rules[0]
    assert (rule.severity.en, rule.floor, rule.owner, rule.lens) == ("high", "yellow", "广告处", "")
    assert [basis.verified for basis in rule.basis] == [True, False]
    assert rule.span.line == 19
    assert isinstance(parsed.conditions[0], Condition)
    assert isinstance(parsed.conditions[0].expr, InSet)
    assert isinstance(rule, Rule)
