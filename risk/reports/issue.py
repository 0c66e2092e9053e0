"""Frozen numbers in, a document out: the chapters of a kind, in order, each made by one function of ``CHAPTERS``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from risk.domain.report_kinds import kind_of
from risk.reports import chapters, chapters_offices
from risk.reports.chapters_base import Source
from risk.reports.document import Block, Chapter, Document, Paragraph, cleaned
from risk.reports.issue_words import CHAPTERS as TITLES
from risk.reports.issue_words import word

CHAPTERS: dict[str, Callable[[Source], list[Block]]] = {
    "overall": chapters.overall,
    "monitoring": chapters.monitoring,
    "warnings": chapters.warnings,
    "clues": chapters.clues,
    "disposal": chapters.disposal,
    "quality": chapters.quality,
    "places": chapters.places,
    "events": chapters.events,
    "outlook": chapters.outlook,
    "measures": chapters.measures,
    "notes": chapters.notes,
    "effect": chapters_offices.effect,
    "ranking": chapters_offices.ranking,
    "small": chapters_offices.small,
    "late": chapters_offices.late,
}
"""Chapter → what makes its blocks."""

_DIGITS = "零一二三四五六七八九"


def build(numbers: Mapping[str, Any], lang: str, remarks: Mapping[str, str] | None = None) -> Document:
    """The document of frozen numbers in ``zh`` or ``en``. ``remarks``: what people wrote, chapter → text; it stands at the end of its chapter, under its own word."""
    kind = kind_of(str(numbers["kind"]))
    source = Source(numbers, lang)
    made, place = [], 0
    for code in kind.chapters:
        title = TITLES[code][0 if lang == "zh" else 1]
        if code != "notes":
            place += 1
            title = f"{numeral(place)}、{title}" if lang == "zh" else f"{place}. {title}"
        blocks = CHAPTERS[code](source)
        made.append(Chapter(code, title, (*blocks, *_said((remarks or {}).get(code, ""), lang))))
    return cleaned(Document(kind.code, lang, source.title(kind), source.facts(), tuple(made)))


def _said(text: str, lang: str) -> list[Block]:
    """What a person wrote, a paragraph a line, told apart from what the numbers say."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    label = word("judgement", lang) + ("：" if lang == "zh" else ": ")
    return [Paragraph(((label if i == 0 else "") + line,), human=True) for i, line in enumerate(lines)]


def numeral(number: int) -> str:
    """A chapter's number in Chinese.

    >>> [numeral(n) for n in (1, 10, 11, 20)]
    ['一', '十', '十一', '二十']
    """
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十") + (_DIGITS[ones] if ones or not tens else "")
