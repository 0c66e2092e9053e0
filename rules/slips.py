"""What people write where the language has another word: what to say, and what should stand there instead.

>>> slip("条件 甲 = 有微信 并且 有电话", 11, frozenset({"AND"}))
Slip(start=11, end=13, zh='请写 `且`', en='write `且`', fix='且')
>>> slip('text contains "根治"', 5, frozenset({"HAS_ANY"})).fix
'has any of'
"""

import re
from collections.abc import Set
from dataclasses import dataclass

from rules.nearest import suggest
from rules.words import CLAUSES, KEYWORDS, Language, word

_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_WORD = re.compile(r"\w+")
_CHINESE = frozenset(zh for _, zh in KEYWORDS.values())
_COMPARED = {
    ">=": r"大于等于|不小于|不低于|不少于|至少|at\s+least(?!\w)|>\s*=",
    "<=": r"小于等于|不大于|不高于|不多于|不超过|至多|at\s+most(?!\w)|<\s*=",
    ">": r"大于|高于|多于|超过|(?:greater|more)\s+than(?!\w)",
    "<": r"小于|低于|少于|不足|less\s+than(?!\w)",
    "!=": r"不等于|不是|is\s+not(?!\w)",
    "=": r"等于|是(?!\w)|为(?!\w)|equals(?!\w)|is(?!\w)",
}
_MEANT = {
    "BETWEEN_AND": r"(?:和|到|至|to)(?!\w)",
    "AND": r"(?:并且|而且|同时|并|和|与)(?!\w)|&&?",
    "OR": r"(?:或者|或是)(?!\w)|\|\|?",
    "NOT": r"!",
    "HAS_NONE": r"(?:不包含|没有|不含有)(?!\w)|(?:does\s+not\s+contain|has\s+no(?:ne)?)(?!\w)",
    "HAS_ANY": r"(?:含有|包含|含|包括|出现)(?!\w)|(?:has\s+any|has|contains|includes)(?!\w)",
}
"""What is written instead of a keyword, where that one is expected."""
_DENIED = re.compile(r"(?<!\w)(?:不|不是|没有|无)[ \t]+$")
_CLAUSE = re.compile(rf"^[ \t]*({'|'.join(text for key in CLAUSES for text in KEYWORDS[key])})\s*$", re.MULTILINE)
_REFERENCE = re.compile(r"(@\w+)\s*$")
_TWICE = {"==": "=", "=>": ">=", "=<": "<=", "<>": "!="}
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")
_BEGINS = frozenset({"NAME", "TEXT", "NOT", "OPEN", "COUNT", "OCCURRENCES", "RELATED", "FIRES", "TRUE", "FALSE"})
OTHER_QUOTES = "“”„‟＂«»‹›「」『』'‘’`"
SIGNS = frozenset({"AND", "OR", "NOT"})
"""What other languages have signs for."""
_QUOTES = re.compile(
    r"[“”„‟＂]([^“”„‟＂\"\\\n]*)[“”„‟＂\"]|\"([^“”„‟＂\"\\\n]*)[“”„‟＂]|[«‹]([^»›\"\\\n]*)[»›]|[「『]([^」』\"\\\n]*)[」』]|['‘’`]([^'‘’`\"\\\n]*)['‘’`]"
)


@dataclass(frozen=True, slots=True)
class Slip:
    """What to say of the place from `start` to `end`, and what should stand there where that is certain."""

    start: int
    end: int
    zh: str
    en: str
    fix: str = ""


def slip(chunk: str, at: int, expected: Set[str], found: str = "", end: int | None = None) -> Slip | None:
    """What was probably meant at an offset where a terminal of `expected` should stand. `found` is the terminal that stands there."""
    language = _language(chunk[:at])
    return (
        _comparison(chunk, at, expected)
        or _keyword(chunk, at, expected, language)
        or _number(chunk, at)
        or _denied(chunk, at, expected, language)
        or _list_or_text(chunk, at, expected, found, end or at + 1)
        or _bare_list(chunk, at, expected)
        or _joined(chunk, at, expected, found, end or at + 1)
        or _misspelt(chunk, at, expected, language)
    )


def unit(chunk: str, at: int) -> Slip | None:
    """A number with a unit that is none."""
    match = re.compile(r"\d+(?:\.\d+)?\w*").match(chunk, at)
    if match is None:
        return None
    return Slip(
        at,
        match.end(),
        "数字后的单位写作 元、万元、亿元、天、周、个月、年、%、%/年、%/月、%/天",
        "units are written 元, 万元, 亿元, days, weeks, months, years, %, % a year",
    )


def quotes(chunk: str, at: int) -> Slip | None:
    """A text in other quotation marks than ours."""
    match = _QUOTES.match(chunk, at)
    if match is None:
        return None
    inside = next(group for group in match.groups() if group is not None)
    return Slip(at, match.end(), "", "", f'"{inside}"')


def nothing_said(chunk: str, at: int, expected: Set[str]) -> tuple[int, int] | None:
    """The clause that was taken for a column because the condition before it has no end: where it begins and ends."""
    match = _CLAUSE.search(chunk, chunk.rfind("\n", 0, at) + 1, at)
    return match.span(1) if match and "CMP" in expected else None


def _language(before: str) -> Language:
    return "zh" if _CHINESE & set(_WORD.findall(_TEXT.sub("", before))) else "en"


def _instead(start: int, end: int, text: str) -> Slip:
    return Slip(start, end, f"请写 `{text}`", f"write `{text}`", text)


def _comparison(chunk: str, at: int, expected: Set[str]) -> Slip | None:
    if at and (text := chunk[at - 1 : at + 1]) in _TWICE:
        return _instead(at - 1, at + 1, _TWICE[text])
    if "CMP" in expected:
        for symbol, written in _COMPARED.items():
            if match := re.compile(written).match(chunk, at):
                return _instead(at, match.end(), symbol)
    return None


def _keyword(chunk: str, at: int, expected: Set[str], language: Language) -> Slip | None:
    for key, written in _MEANT.items():
        if key in expected and (match := re.compile(written).match(chunk, at)):
            return _instead(at, match.end(), word(key, language))
    return None


def _number(chunk: str, at: int) -> Slip | None:
    """1,000元: the comma ends the number."""
    start = at
    while start and chunk[start - 1].isdecimal():
        start -= 1
    match = _THOUSANDS.match(chunk, start)
    if match is None or not match.start() < at < match.end():
        return None
    return Slip(start, match.end(), "数字中不写逗号", "numbers are written without commas", match[0].replace(",", ""))


def _denied(chunk: str, at: int, expected: Set[str], language: Language) -> Slip | None:
    match = _DENIED.search(chunk, 0, at)
    if match is None or "CMP" not in expected:
        return None
    return _instead(match.start(), len(chunk[: match.end()].rstrip()), word("NOT", language))


def _list_or_text(chunk: str, at: int, expected: Set[str], found: str, end: int) -> Slip | None:
    if found != "NAME" or "STRING" not in expected or "REFERENCE" not in expected or "CMP" in expected:
        return None
    name = chunk[at:end]
    return Slip(at, end, f'词写作 `"{name}"`，词表写作 `@{name}`', f'a word is written `"{name}"`, a list `@{name}`')


def _bare_list(chunk: str, at: int, expected: Set[str]) -> Slip | None:
    """A list alone where a yes or no is wanted."""
    match = _REFERENCE.search(chunk, chunk.rfind("@", 0, at) if "@" in chunk[:at] else at, at)
    if match is None or not {"NEAR", "SAME_SENTENCE"} <= expected or "COMMA" in expected:
        return None
    name = match[1]
    zh, en = (f"{word('TEXT', language)} {word('HAS_ANY', language)} {name}" for language in ("zh", "en"))
    return Slip(match.start(1), match.end(1), f"请写 `{zh}`", f"write `{en}`", zh if _language(chunk[:at]) == "zh" else en)


def _joined(chunk: str, at: int, expected: Set[str], found: str, end: int) -> Slip | None:
    """Two parts with nothing between them."""
    if found in ("REFERENCE", "STRING") and "COMMA" in expected:
        start = len(chunk[:at].rstrip())
        return Slip(start, end, "词与词之间写逗号", "put a comma between them", f", {chunk[at:end]}")
    if found in _BEGINS and {"AND", "OR"} <= expected and not suggest_keyword(chunk, at, expected):
        return Slip(at, end, "两个判断之间要写 `且` 或 `或`", "two conditions are joined by `and` or `or`")
    return None


def _misspelt(chunk: str, at: int, expected: Set[str], language: Language) -> Slip | None:
    near = suggest_keyword(chunk, at, expected)
    match = _WORD.match(chunk, at)
    if not near or match is None:
        return None
    text = word(near, "zh" if re.search(r"[\u4e00-\u9fff]", match[0]) else language if language == "en" else "en")
    return Slip(at, match.end(), f"是否想写 `{text}`", f"did you mean `{text}`", text)


def suggest_keyword(chunk: str, at: int, expected: Set[str]) -> str:
    """The expected keyword that a word is nearly, empty when there is none."""
    match = _WORD.match(chunk, at)
    if match is None or len(match[0]) < 2:
        return ""
    known = {text: key for key in expected if key in KEYWORDS for text in KEYWORDS[key] if len(text) > 1}
    return known.get(suggest(match[0], known), "")
