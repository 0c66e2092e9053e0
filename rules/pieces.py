"""A file cut into its definitions, each with the comments above it: what is stored, edited and approved one by one.

>>> [(piece.kind, piece.name, piece.line) for piece in pieces("# words\\nlist a\\n  include \\"x\\"\\n# why\\n规则 b \\"t\\" 当 (")]
[('list', 'a', 1), ('rule', 'b', 4)]
"""

import re
from dataclasses import dataclass

from rules.words import KEYWORDS, Language, pattern

_KEYS = tuple(key for key in ("LIST", "CONDITION", "FEATURE", "RULE") if key in KEYWORDS)
_HEAD = re.compile("^(?:" + "|".join(f"(?P<{key}>{pattern(key)})" for key in _KEYS) + r")\s+(?P<name>\w+)", re.MULTILINE)
_MODEL = re.compile(rf"^[^\S\n]+{pattern('MODEL')}\s+(\w+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """One definition as written. `kind` is `list`, `condition`, `feature` or `rule`; `line` counts from 1; `model` is the one it names, readable or not."""

    kind: str
    name: str
    text: str
    language: Language
    line: int
    model: str = ""


def pieces(source: str) -> tuple[Piece, ...]:
    """The definitions of a text, readable or not, in written order; what stands before the first one's comments belongs to none."""
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    heads = list(_HEAD.finditer(source))
    starts = [_with_comments(source, heads[i - 1].end() if i else 0, head.start()) for i, head in enumerate(heads)]
    ends = [*starts[1:], len(source)][: len(starts)]
    return tuple(_piece(source, *one) for one in zip(heads, starts, ends, strict=True))


def _piece(source: str, head: re.Match[str], start: int, end: int) -> Piece:
    key = next(key for key in _KEYS if head[key])
    language: Language = "zh" if re.match(KEYWORDS[key][1], head[key]) else "en"
    text = source[start:end].rstrip() + "\n"
    named = _MODEL.search(text)
    return Piece(key.lower(), head["name"], text, language, source.count("\n", 0, start) + 1, named[1] if named else "")


def _with_comments(source: str, after: int, start: int) -> int:
    """Where the comments begin that stand directly above a definition."""
    begin = start
    while begin > after:
        line_start = source.rfind("\n", 0, begin - 1) + 1
        if line_start < after or not source.startswith("#", line_start):
            break
        begin = line_start
    return begin
