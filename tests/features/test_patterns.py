"""Patterns: linear, bounded, in the original's offsets, with the stance that word hits have."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.lexicon import Lexicon, WordList
from features.needs import NOTHING, shape
from features.normalise import normalise
from features.patterns import LONGEST, MOST, PatternError, _in_plain_spelling, find, problem
from features.stance import Stance

NUMBERS = "年月收益化%0123456789 ，。()（）ＶＸvx證证"


def _quotes(pattern: str, *texts: str) -> list[str]:
    read = [normalise(text) for text in texts]
    hits = find(pattern, read)
    return [read[row].quote(start, end) for row, start, end in zip(hits.row, hits.start, hits.end, strict=True)]


@pytest.mark.parametrize(
    ("pattern", "text", "quotes"),
    [
        (r"年化\d+%", "承诺年化１８％，年化20%", ["年化１８％", "年化20%"]),
        ("（保證）", "（保证）(保證)", ["（保证）", "(保證)"]),
        ("VX[:：]?\\s*[a-z]\\w+", "加ＶＸ：abc_1", ["ＶＸ：abc_1"]),
        ("[０-９]{3}", "热线12345", ["123"]),
        ("保.?本", "保*本", ["保*本"]),
        (r"^\s*\d+[、.]", "1、保本", ["1、"]),
        (r"\p{Han}{2}药", "祖传💊", ["祖传💊"]),
        ("a*", "bbb", []),
        ("微信", "薇信", []),
    ],
)
def test_a_pattern_matches_the_plain_view_and_quotes_the_original(pattern: str, text: str, quotes: list[str]) -> None:
    assert _quotes(pattern, text) == quotes


@pytest.mark.parametrize(
    "pattern", [r"(?=a)", r"(?<!a)b", r"(a)\1", "(", "a{2000}", "(a{500}){500}", r"\p{Han}{1000}", "x" * (LONGEST + 1), "[z-a]"]
)
def test_what_has_no_linear_time_or_no_bound_is_refused(pattern: str) -> None:
    assert problem(pattern)
    with pytest.raises(PatternError, match=re.escape(str(problem(pattern)))):
        find(pattern, [normalise("a")])


@given(st.text(max_size=40))
def test_any_text_is_a_pattern_or_has_a_problem(pattern: str) -> None:
    if problem(pattern) is None:
        find(pattern, [normalise("年化15%，加VX abc123")])


@given(st.lists(st.text(alphabet=NUMBERS, max_size=30), max_size=4))
def test_spans_lie_in_the_original_in_order(texts: list[str]) -> None:
    read = [normalise(text) for text in texts]
    hits = find(r"[年月]?\d+%?|证", read)
    places = list(zip(hits.row.tolist(), hits.start.tolist(), hits.end.tolist(), strict=True))
    assert places == sorted(places)
    assert all(0 <= start < end <= len(texts[row]) for row, start, end in places)
    plain = [m.group() for text in read for m in re.finditer(r"[年月]?\d+%?|证", text.plain.text)]
    assert hits.said == plain


@pytest.mark.parametrize("text", ["本品不能保本", "警方通报：以保本为诱饵，涉嫌非法集资", "保本高息", "糖尿病能保本吗？", "有人宣称“保本”"])
def test_stance_is_that_of_a_word_hit(text: str) -> None:
    read = [normalise(text)]
    words, hits = Lexicon([WordList("甲", ("保本",))]).match(read), find("保.", read)
    assert (hits.negated.tolist(), hits.reported.tolist()) == (words.negated.tolist(), words.reported.tolist())


@pytest.mark.parametrize("pattern", ["(?:a|a)*b", "(a+)+$", "a.*z|a", "(?:.*z)?", "(x+x+)+y"])
def test_hostile_patterns_end_and_hits_are_bounded(pattern: str) -> None:
    hits = find(pattern, [normalise("a" * 20_000)])
    assert len(hits.row) <= MOST


PIECES = ["保本", "收益", "年化", "15%", "\n", "。", "，", "z", "k", "XXL", "3天", "¥", "🌸", "x", " ", "根治", "医", "a" * 1_200]
PATTERNS = [
    r"保本[^。]{0,9}收益", r"[0-9一二三]+\s?(?:天|日)|年化", r"XXL|K", r"\W年", r"(保|根)(本|治)?", r"^保|收益$", r"[一-龥]{3}", r"z*", r"a", r".益",
    r"(?:保本|稳赚)?\d{2}%", r"[^，]化", r"(?i)xxl",
]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), min_size=6, max_size=12), st.sampled_from(PATTERNS))
def test_texts_searched_together_are_searched_as_each_alone(texts: list[str], pattern: str) -> None:
    read = [normalise(text) for text in texts]
    hits, alone = find(pattern, read), [find(pattern, [text]) for text in read]
    assert hits.row.tolist() == [row for row, one in enumerate(alone) for _ in one.said]
    for name in ("start", "end", "said", "negated", "reported"):
        assert list(getattr(hits, name)) == [value for one in alone for value in getattr(one, name)]


CUES = [
    "保本",
    "不能",
    "严禁",
    "不",
    "没有",
    "，",
    "。",
    "是假的",
    "不可能",
    "警方通报",
    "？",
    "吗",
    "“",
    "”",
    "所谓",
    "甲乙丙丁戊",
    "\n",
    "不收费",
]


@given(st.lists(st.lists(st.sampled_from(CUES), max_size=12).map("".join), max_size=7))
def test_a_cue_out_of_reach_is_not_asked_about(texts: list[str]) -> None:
    read = [normalise(text) for text in texts]
    stances = [Stance(text.plain.text) for text in read]
    hits = find("保本|[乙丁].", read)
    places = [(row, m.span()) for row, text in enumerate(read) for m in re.finditer("保本|[乙丁].", text.plain.text)]
    assert hits.negated.tolist() == [stances[row].negated(*span) for row, span in places]
    assert hits.reported.tolist() == [stances[row].reported(*span) for row, span in places]


@given(st.text(alphabet="保本收益治K\n。，s3(|)[]-?*+{}^$.\\dW", max_size=14), st.text(alphabet="保本收益治k\n。，s3", max_size=12))
def test_what_a_pattern_needs_is_there_wherever_it_matches(pattern: str, text: str) -> None:
    if problem(pattern) is not None:
        return
    read = normalise(text)
    known = shape(_in_plain_spelling(pattern))
    for said in find(pattern, [read]).said:
        assert known.need.met(set(said))
        assert not known.apart or known.apart not in said


def test_what_is_not_understood_asks_for_nothing() -> None:
    assert all(
        shape(p).need == NOTHING and not shape(p).apart
        for p in (r"(?i)保本", r"(?P<a>保)", r"\p{Han}", r"[[:alpha:]]", r"\Q(保\E", "保{2}{3}")
    )
