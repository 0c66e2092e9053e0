"""From source text to items. Never raises: what cannot be read becomes a diagnostic, and the rest of the file is still read.

>>> parsed = parse('condition a = b >= 10%\\nrule broken "x" when (', "demo.rules")
>>> [item.name for item in parsed.conditions], [item.code for item in parsed.diagnostics]
(['a'], ['R001'])
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from lark import Token, UnexpectedCharacters, UnexpectedToken
from lark.exceptions import UnexpectedInput

from rules.builder import Builder
from rules.diagnostics import Diagnostic, diagnose
from rules.grammar import parser
from rules.items import Condition, Feature, Rule, WordList
from rules.limits import MAX_DEPTH, MAX_NODES, MAX_SIGNS, MAX_SOURCE
from rules.nodes import Span
from rules.slips import OTHER_QUOTES, SIGNS, nothing_said, quotes, slip, unit
from rules.words import CLAUSES, KEYWORDS, SYMBOLS, pattern, say

_HEAD = re.compile(rf"^(?:{'|'.join(pattern(key) for key in ('LIST', 'CONDITION', 'FEATURE', 'RULE'))})\s+(\w+)?", re.MULTILINE)
_DEPTH = re.compile(rf'"(?:[^"\\\n]|\\.)*"|#[^\n]*|(?P<open>[(（])|(?P<close>[)）])|(?P<not>{pattern("NOT")})|\w+|\S')
_SHOWN = 6
_TOP = ("LIST", "CONDITION", "FEATURE", "RULE")
_Item: TypeAlias = Rule | WordList | Condition | Feature
_ORDER = {name: index for index, name in enumerate((*SYMBOLS, *KEYWORDS))}


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one file defines. `broken` are names whose definition could not be read: using them is no further error."""

    name: str
    source: str
    rules: tuple[Rule, ...] = ()
    lists: tuple[WordList, ...] = ()
    conditions: tuple[Condition, ...] = ()
    features: tuple[Feature, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    broken: frozenset[str] = frozenset()


def parse(source: str, name: str = "rules") -> ParsedFile:
    """Reads one file. Every definition that can be read is returned, whatever the others look like."""
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(source) > MAX_SOURCE:
        span = Span(name, 0, 0, 1, 1, 1, 1)
        return ParsedFile(name, "", diagnostics=(diagnose("R003", span, size=len(source), limit=MAX_SOURCE),))
    items: list[_Item] = []
    found: list[Diagnostic] = []
    broken: set[str] = set()
    for offset, line, chunk in chunks(source):
        read, complaints = _parse_chunk(chunk, Builder(name, offset, line))
        found += complaints
        if read is None:
            broken.update(match.group(match.lastindex or 0) for match in _HEAD.finditer(chunk) if match.lastindex)
        else:
            items += read
    return ParsedFile(
        name,
        source,
        tuple(item for item in items if isinstance(item, Rule)),
        tuple(item for item in items if isinstance(item, WordList)),
        tuple(item for item in items if isinstance(item, Condition)),
        tuple(item for item in items if isinstance(item, Feature)),
        tuple(found),
        frozenset(broken),
    )


def chunks(source: str) -> Iterator[tuple[int, int, str]]:
    """The file cut before each definition at the start of a line: offset, line, text."""
    starts = [0, *(match.start() for match in _HEAD.finditer(source) if match.start())]
    line = 1
    for start, end in zip(starts, [*starts[1:], len(source)], strict=True):
        yield start, line, source[start:end]
        line += source.count("\n", start, end)


def _parse_chunk(chunk: str, builder: Builder) -> tuple[list[_Item] | None, list[Diagnostic]]:
    size = _signs(chunk)
    if size > MAX_SIGNS:
        return None, [diagnose("R005", _at(chunk, 0, len(chunk.split("\n", 1)[0]), builder), size=size, limit=MAX_NODES)]
    deep = _too_deep(chunk)
    if deep is not None:
        return None, [diagnose("R004", _at(chunk, deep, deep + 1, builder), limit=MAX_DEPTH)]
    try:
        tree = parser().parse(chunk)
    except UnexpectedInput as error:
        return None, [_syntax(error, chunk, builder)]
    built = builder.transform(tree)
    return list(built.children), builder.found


def _signs(chunk: str) -> int:
    """How many words and signs an expression could be made of: what no expression needs is not even parsed."""
    if len(chunk) <= MAX_SIGNS:
        return len(chunk)
    return sum(1 for match in _DEPTH.finditer(chunk) if match[0][0] not in '"#,，、')


def _too_deep(chunk: str) -> int | None:
    """Where parentheses and `not` first nest deeper than allowed."""
    stack: list[int] = []
    run = depth = 0
    for match in _DEPTH.finditer(chunk):
        if match["open"]:
            stack.append(run)
            run, depth = 0, depth + 1
        elif match["close"]:
            depth -= run
            run = stack.pop() if stack else 0
            depth = max(0, depth - 1)
        elif match["not"]:
            run, depth = run + 1, depth + 1
        elif not match[0].startswith("#"):
            depth, run = depth - run, 0
        if depth > MAX_DEPTH:
            return match.start()
    return None


def _at(chunk: str, start: int, end: int, builder: Builder) -> Span:
    """The span of an offset range of the chunk."""
    before, within = chunk[:start], chunk[start:end]
    line, column = before.count("\n") + 1, start - before.rfind("\n")
    end_line = line + within.count("\n")
    end_column = column + len(within) if "\n" not in within else len(within) - within.rfind("\n")
    shift = builder.line - 1
    return Span(builder.file, start + builder.offset, end + builder.offset, line + shift, column, end_line + shift, end_column)


def _syntax(error: UnexpectedInput, chunk: str, builder: Builder) -> Diagnostic:
    """What lark could not read, in words."""
    if isinstance(error, UnexpectedCharacters):
        return _unreadable(chunk, error.pos_in_stream or 0, builder)
    assert isinstance(error, UnexpectedToken)
    token: Token = error.token
    terminals = frozenset(name.lstrip("_") for name in error.accepts or error.expected)
    start, end = token.start_pos or 0, token.end_pos or 0
    if clause := nothing_said(chunk, start, terminals):
        span = _at(chunk, *clause, builder)
        return diagnose("R001", span, **_condition_wanted(chunk[slice(*clause)]))
    ended = token.type == "$END"
    if ended:
        start = end = len(chunk.rstrip())
    meant = slip(chunk, start, terminals, token.type.lstrip("_"), end)
    place = (meant.start, meant.end) if meant and meant.fix else (max(0, start - 1), max(start, 1)) if ended else (start, end)
    span = _at(chunk, *place, builder)
    shown = f"`{token if len(token) <= 20 else str(token)[:20] + '…'}`"
    found_zh, found_en = (say("$END", "zh"), say("$END", "en")) if ended else (shown, shown)
    expected = _expected(terminals)
    zh, en = (_listed([say(item, "zh") for item in expected], "或"), _listed([say(item, "en") for item in expected], " or "))
    near = {"near_zh": meant.zh, "near_en": meant.en, "fix": meant.fix} if meant else {"near_zh": "", "near_en": ""}
    return diagnose("R001", span, expected_zh=zh, expected_en=en, found_zh=found_zh, found_en=found_en, **near)


def _condition_wanted(clause: str) -> dict[str, str]:
    """The condition before a clause is not finished."""
    said = {"expected_zh": "条件", "expected_en": "a condition", "found_zh": f"`{clause}`", "found_en": f"`{clause}`"}
    return {**said, "near_zh": "前面的条件没有写完", "near_en": "the condition before it is not finished"}


def _unreadable(chunk: str, start: int, builder: Builder) -> Diagnostic:
    """Characters that begin nothing: other quotation marks, a text without its end, a sign or unit of another language."""
    found = chunk[start]
    if meant := quotes(chunk, start):
        return diagnose("R009", _at(chunk, start, meant.end, builder), fix=meant.fix)
    if found in OTHER_QUOTES:
        return diagnose("R009", _at(chunk, start, start + 1, builder))
    if found == '"':
        return diagnose("R019", _at(chunk, start, start + 1, builder))
    near = {"near_zh": "请检查拼写，文字要放在双引号中", "near_en": "check the spelling; texts stand in double quotes"}
    end = start + 1
    if meant := unit(chunk, start) or slip(chunk, start, SIGNS):
        end, near = meant.end, {"near_zh": meant.zh, "near_en": meant.en, "fix": meant.fix}
    return diagnose("R002", _at(chunk, start, end, builder), found=chunk[start:end], **near)


def _expected(terminals: Iterable[str]) -> list[str]:
    """The most telling first: values and symbols, then operators, then clause names; sorted, so that messages never change from run to run."""
    names = {name.lstrip("_") for name in terminals} - {"$END", "BETWEEN_AND"}
    return sorted(names, key=lambda name: (name in KEYWORDS, name in _TOP or name in CLAUSES, _ORDER.get(name, 0), name)) or ["$END"]


def _listed(words: list[str], conjunction: str) -> str:
    unique = list(dict.fromkeys(words))
    shown, more = unique[:_SHOWN], len(unique) > _SHOWN
    separator = "、" if conjunction == "或" else ", "
    if more:
        return separator.join(shown) + ("等" if conjunction == "或" else " …")
    return shown[0] if len(shown) == 1 else separator.join(shown[:-1]) + conjunction + shown[-1]
