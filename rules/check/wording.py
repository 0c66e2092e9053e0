"""How a check quotes a part of a rule, and in which language it writes a fix."""

import re
from bisect import bisect_right
from functools import cached_property

from rules.check.context import Context
from rules.items import WordList
from rules.nodes import And, Expr, Node, Or, Span
from rules.printer import quote, show
from rules.words import KEYWORDS, Language, pattern

_SHOWN = 40
_TEXT = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_WORD = re.compile(r"\w+")
_DEFINITION = re.compile(rf"^(?:{'|'.join(pattern(key) for key in ('LIST', 'CONDITION', 'FEATURE', 'RULE'))})", re.MULTILINE)
_CHINESE = frozenset(zh for _, zh in KEYWORDS.values())


def quoted(key: str, node: Node) -> dict[str, str]:
    """A part in both languages, cut to a readable length, under `key_zh` and `key_en`.

    >>> from rules.nodes import Name, Not
    >>> quoted("part", Not(Name("a")))
    {'part_zh': '非 a', 'part_en': 'not a'}
    """
    return {f"{key}_{language}": _short(show(node, language)) for language in ("zh", "en")}


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def source_at(context: Context, span: Span) -> str:
    """What is written at a place."""
    return context.pack.sources.get(span.file, "")[span.start : span.end]


def language_at(context: Context, span: Span) -> Language:
    """The language of the keywords at a place: Chinese when there is one of them, names and texts aside."""
    return "zh" if _CHINESE & set(_WORD.findall(_TEXT.sub("", source_at(context, span)))) else "en"


def language_before(context: Context, span: Span) -> Language:
    """The language in which a definition is written, as far as it stands before a place: what goes there reads on in it."""
    before = context.pack.sources.get(span.file, "")[: span.start]
    starts = [match.start() for match in _DEFINITION.finditer(before)]
    return "zh" if _CHINESE & set(_WORD.findall(_TEXT.sub("", before[starts[-1] if starts else 0 :]))) else "en"


def rewritten(context: Context, node: And | Or, kept: tuple[Expr, ...]) -> str:
    """The node with only some of its parts, in the language in which it is written."""
    return show(kept[0] if len(kept) == 1 else type(node)(kept), language_at(context, node.span))


class WordPlaces:
    """Where the words of a list are written; the place of the list where that cannot be seen."""

    def __init__(self, context: Context, item: WordList) -> None:
        self._item = item
        self._source = context.pack.sources.get(item.span.file, "")

    def of(self, text: str, which: int = 0) -> Span:
        """The place of a word, the first time or a later one."""
        found = self._written.get(quote(text), ())
        if which >= len(found):
            return self._item.span
        start, size = found[which], len(quote(text))
        line = bisect_right(self._lines, start)
        column = start - self._lines[line - 1] + 1
        return Span(self._item.span.file, start, start + size, line, column, line, column + size)

    @cached_property
    def _written(self) -> dict[str, list[int]]:
        """Where each text in quotes stands, up to the next definition."""
        end = _DEFINITION.search(self._source, self._item.span.end)
        found: dict[str, list[int]] = {}
        for match in _TEXT.finditer(self._source, self._item.span.end, end.start() if end else len(self._source)):
            found.setdefault(match[0], []).append(match.start())
        return found

    @cached_property
    def _lines(self) -> list[int]:
        """Where each line begins."""
        return [0, *(match.end() for match in re.finditer("\n", self._source))]
