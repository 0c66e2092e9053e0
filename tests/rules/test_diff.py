"""Tree diffs: nothing differs where two versions say the same, everything that differs is told, and telling it backwards tells the opposite."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.diff import Change, What, diff
from rules.items import Condition, WordList
from rules.layout import layout, relist
from rules.nodes import And, Or
from rules.pack import pack_from_text, pack_from_texts, shared_texts
from rules.pieces import pieces
from tests.rules.trees import conditions

WORDS = st.lists(st.text("甲乙丙丁戊", min_size=1, max_size=3), max_size=6, unique=True)
BACK = {What.ADDED: What.REMOVED, What.REMOVED: What.ADDED, What.CHANGED: What.CHANGED, What.MOVED: What.MOVED}


@given(conditions, conditions)
def test_a_difference_is_told_exactly_where_there_is_one(one: object, two: object) -> None:
    old, new = Condition("a", one), Condition("a", two)  # type: ignore[arg-type]
    assert bool(diff(old, new)) is (one != two)
    assert diff(old, old) == ()
    assert Counter(BACK[item.what] for item in diff(old, new)) == Counter(item.what for item in diff(new, old))


def test_two_parts_that_could_each_be_the_version_of_the_other_pair_the_same_in_both_directions() -> None:
    old = pack_from_text("condition a = known(fires(b)) and (c or fires(b)) and unknown(fires(b))").conditions[0]
    new = pack_from_text("condition a = known(c) and (c or fires(b)) and known(fires(b))").conditions[0]
    there, back = diff(old, new), diff(new, old)
    assert Counter(BACK[item.what] for item in there) == Counter(item.what for item in back)
    assert {(item.old_en, item.new_en) for item in there} == {(item.new_en, item.old_en) for item in back}


@given(st.lists(conditions, min_size=2, max_size=5, unique=True), st.sampled_from([And, Or]), st.data())
def test_one_part_taken_out_is_one_part_removed(parts: list[object], join: type[And | Or], data: st.DataObject) -> None:
    if any(isinstance(part, join) for part in parts):
        return
    k = data.draw(st.integers(0, len(parts) - 1))
    rest = [*parts[:k], *parts[k + 1 :]]
    old = Condition("a", join(tuple(parts)))  # type: ignore[arg-type]
    new = Condition("a", join(tuple(rest)) if len(rest) > 1 else rest[0])  # type: ignore[arg-type]
    found = diff(old, new)
    assert [item.what for item in found] == [What.REMOVED]
    assert found[0].old_en
    assert not found[0].new_en


@given(WORDS, WORDS, WORDS, WORDS)
def test_lists_tell_every_word_that_comes_or_goes(a: list[str], b: list[str], c: list[str], d: list[str]) -> None:
    old, new = WordList("l", tuple(a), tuple(c)), WordList("l", tuple(b), tuple(d))
    found = diff(old, new)
    told = {(item.what, item.clause, item.old_zh or item.new_zh) for item in found if item.what is not What.MOVED}
    expected = {
        (what, clause, f'"{term}"')
        for clause, one, two in (("INCLUDE", a, b), ("EXCLUDE", c, d))
        for what, terms in ((What.REMOVED, set(one) - set(two)), (What.ADDED, set(two) - set(one)))
        for term in terms
    }
    assert told == expected
    assert bool(found) is (old != new)


RULE = """rule a "甲" / "A"
  model m
  basis "法" article "1" dated 2021-04-29
  severity low
  when text has any of @x, "b" and (c or not d) and e >= 10%
  because zh "原因" en "reason"
  owner "处室"
  valid from 2021-01-01 to 2022-01-01
  hits "一" "二"
  misses "三"
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("10%", "12%", ("changed", "WHEN", "e >= 10%", "e >= 12%")),
        ('@x, "b"', "@x", ("removed", "WHEN", '"b"', "")),
        ("(c or not d)", "(c or not d or f)", ("added", "WHEN", "", "f")),
        ("(c or not d)", "c", ("removed", "WHEN", "not d", "")),
        ("(c or not d)", "(not d or c)", ("moved", "WHEN", "not d", "not d")),
        ("and e >= 10%", "", ("removed", "WHEN", "e >= 10%", "")),
        ("has any of", "has all of", ("changed", "WHEN", 'text has any of @x, "b"', 'text has all of @x, "b"')),
        ("severity low", "severity high", ("changed", "SEVERITY", "low", "high")),
        ('"reason"', '"why"', ("changed", "BECAUSE", "reason", "why")),
        ('  owner "处室"\n', "", ("removed", "OWNER", "处室", "")),
        ("to 2022-01-01", "to 2023-01-01", ("changed", "UNTIL", "2022-01-01", "2023-01-01")),
        ('hits "一" "二"', 'hits "一"', ("removed", "HITS", '"二"', "")),
        ('hits "一" "二"', 'hits "二" "一"', ("moved", "HITS", '"一" "二"', '"二" "一"')),
        ('article "1" dated', 'article "2" dated', ("removed", "BASIS", "《法》1 2021-04-29", "")),
        ('"甲" / "A"', '"甲" / "B"', ("changed", "TITLE", "A", "B")),
    ],
)
def test_each_clause_of_a_rule(old: str, new: str, expected: tuple[str, str, str, str]) -> None:
    assert old in RULE
    one, two = (pack_from_text(text).rules[0] for text in (RULE, RULE.replace(old, new)))
    found = diff(one, two)
    assert (found[0].what, found[0].clause, found[0].old_en, found[0].new_en) == expected
    assert len(found) == (2 if expected[1] == "BASIS" else 1)


def test_a_part_that_changes_its_place_in_the_tree_is_moved() -> None:
    one, two = (pack_from_text(f"condition a = {text}").conditions[0] for text in ("b and (c or d or g = 1)", "b and g = 1 and (c or d)"))
    assert [(item.what, item.old_en, item.inside_en) for item in diff(one, two)] == [("moved", "g = 1", "b and g = 1 and (c or d)")]


def test_two_kinds_have_no_difference() -> None:
    with pytest.raises(TypeError, match="WordList"):
        diff(WordList("a", ("b",)), pack_from_text("condition a = b").conditions[0])


def test_words_of_clauses_are_told_in_both_languages() -> None:
    assert {Change(What.ADDED, "SEVERITY").clause_word(language) for language in ("zh", "en")} == {"严重度", "severity"}


# --- pieces and layout ---------------------------------------------------------------------------------------------------

FILE = """# 文件说明

# 关于甲
词表 甲 "n"
    包含 "一"    "二"   # 行内说明

条件  乙=丙   且 (丁)
# 关于丁
规则 broken "x" 当 (

rule ok "标题" / "Title" severity low when 乙
# the end
"""


def test_pieces_take_the_comments_above_them_and_leave_nothing_behind() -> None:
    found = pieces(FILE)
    assert [(one.kind, one.name, one.language) for one in found] == [
        ("list", "甲", "zh"),
        ("condition", "乙", "zh"),
        ("rule", "broken", "zh"),
        ("rule", "ok", "en"),
    ]
    assert found[0].text.startswith("# 关于甲\n")
    assert found[2].text.startswith("# 关于丁\n")
    assert found[-1].text.endswith("# the end\n")


def test_layout_keeps_every_comment_and_what_it_cannot_write_anew() -> None:
    found = layout(FILE)
    assert found.left == ("broken",)
    assert [line for line in FILE.split("\n") if line.startswith("#")] == [line for line in found.text.split("\n") if line.startswith("#")]
    assert '词表 甲 "n"\n  包含 "一" "二" # 行内说明\n' in found.text
    assert "条件 乙 = 丙 且 丁\n" in found.text
    assert layout(found.text) == found
    english = layout(FILE, "en")
    assert "condition 乙 = 丙 and 丁\n" in english.text
    assert 'list 甲 "n"\n  include "一" "二" # 行内说明\n' in english.text
    assert english.left == found.left


def test_laid_out_files_say_what_they_said() -> None:
    for name, text in shared_texts().items():
        for language in (None, "zh", "en"):
            again = layout(text, language)
            before, after = (pack_from_texts({f"m/{name}": one}, "m") for one in (text, again.text))
            assert before.version == after.version, name


@given(WORDS, WORDS, WORDS, WORDS)
def test_words_of_a_list_are_changed_and_its_lines_and_comments_stay(a: list[str], b: list[str], c: list[str], d: list[str]) -> None:
    lines = [*(f'  包含 "{term}" # 行{k}' for k, term in enumerate(a)), *(f'  排除 "{term}"' for term in c)]
    source = '# 说明\n词表 表 "n"\n' + "\n".join(lines) + "\n# 末尾\n"
    after = WordList("表", tuple(b), tuple(d), "n")
    again = relist(source, after)
    found = pack_from_text(again).lists[0]
    assert (set(found.terms), set(found.exclude)) == (set(b), set(d))
    if b or d:
        assert all(f"# 行{k}" in again for k, term in enumerate(a) if term in b)
        assert again.startswith("# 说明\n词表 表")


def test_a_list_called_like_a_keyword_keeps_its_name() -> None:
    source = '词表 包含 包含 "甲" 排除 "乙"\n'
    assert layout(source, "en").text == 'list 包含 include "甲" exclude "乙"\n'
    assert relist(source, WordList("包含", ("丙",))) == '词表 包含\n  包含 "丙"\n'
