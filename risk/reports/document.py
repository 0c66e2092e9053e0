"""A report as a document, before any format: chapters of paragraphs, tables and figures, in one language. Every number carries its unit and its query.

It is made once from frozen numbers (`risk.reports.issue`); HTML, PDF, Word and Excel are made from it and compute nothing, so that their numbers cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

UNKNOWN = "—"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is and as it is shown. ``unit``: count, share (0 to 1), days, hours, points, figure (any); nothing is not known, never 0."""

    value: float | None
    unit: str = "count"
    query: str = ""

    @property
    def shown(self) -> str:
        """
        >>> [Number(1234).shown, Number(0.1234, "share").shown, Number(2.5, "days").shown, Number(None).shown, Number(0.5, "figure").shown]
        ['1,234', '12.3%', '2.5', '—', '0.5']
        """
        if self.value is None:
            return UNKNOWN
        if self.unit == "share":
            return f"{100 * self.value:.1f}%"
        if self.unit == "count":
            return f"{int(self.value):,}"
        return f"{self.value:.4g}" if self.unit == "figure" else f"{self.value:.1f}"


Run = str | Number


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the second level."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or several, with numbers in it; ``item`` is its number where it is one of a list, ``human`` whether a person wrote it."""

    runs: tuple[Run, ...]
    item: int | None = None
    human: bool = False

    @property
    def text(self) -> str:
        """As it is read."""
        return "".join(one if isinstance(one, str) else one.shown for one in self.runs)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; ``query`` is where its rows can be looked up."""

    key: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Run, ...], ...]
    query: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: its kind (line, bars, tiles, funnel, pareto, heat) and the numbers it shows, as ``risk.reports.charts`` reads them."""

    key: str
    kind: str
    caption: str
    data: Mapping[str, Any]


Block = Heading | Paragraph | Table | Figure


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter; ``code`` is of report_kinds.toml."""

    code: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report in one language. ``facts``: what stands under its title, label and value."""

    kind: str
    lang: str
    title: str
    facts: tuple[tuple[str, str], ...]
    chapters: tuple[Chapter, ...]

    def tables(self) -> Iterator[tuple[Chapter, Table]]:
        """Every table with its chapter."""
        return ((chapter, block) for chapter in self.chapters for block in chapter.blocks if isinstance(block, Table))

    def figures(self) -> Iterator[Figure]:
        """Every figure."""
        return (block for chapter in self.chapters for block in chapter.blocks if isinstance(block, Figure))

    def numbers(self) -> Iterator[Number]:
        """Every number in the order of reading."""
        for chapter in self.chapters:
            for block in chapter.blocks:
                if isinstance(block, Paragraph):
                    yield from (run for run in block.runs if isinstance(run, Number))
                elif isinstance(block, Table):
                    yield from (cell for row in block.rows for cell in row if isinstance(cell, Number))


def as_dict(document: Document) -> dict[str, Any]:
    """The document as plain values: what the API gives and a reader draws.

    >>> as_dict(Document("daily", "zh", "日报", (), (Chapter("overall", "一、", (Paragraph(("预警", Number(3))),)),)))["chapters"][0]["blocks"]
    [{'type': 'paragraph', 'runs': ['预警', {'value': 3, 'unit': 'count', 'query': '', 'shown': '3'}], 'item': None, 'human': False}]
    """
    return {
        "kind": document.kind,
        "lang": document.lang,
        "title": document.title,
        "facts": [{"label": label, "value": value} for label, value in document.facts],
        "chapters": [
            {"code": chapter.code, "title": chapter.title, "blocks": [_block(one) for one in chapter.blocks]}
            for chapter in document.chapters
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text):
            return {"type": "heading", "text": text}
        case Paragraph(runs, item, human):
            return {"type": "paragraph", "runs": [_run(one) for one in runs], "item": item, "human": human}
        case Table(key, caption, columns, rows, query):
            cells = [[_run(cell) for cell in row] for row in rows]
            return {"type": "table", "key": key, "caption": caption, "columns": list(columns), "rows": cells, "query": query}
        case Figure(key, kind, caption, data):
            return {"type": "figure", "key": key, "kind": kind, "caption": caption, "data": dict(data)}


def _run(run: Run) -> Any:
    return run if isinstance(run, str) else {"value": run.value, "unit": run.unit, "query": run.query, "shown": run.shown}


def from_dict(plain: Mapping[str, Any]) -> Document:
    """The document that was stored.

    >>> made = Document("daily", "zh", "日报", (("a", "b"),), (Chapter("x", "一", (Heading("h"), Table("k", "c", ("m",), (("t", Number(1)),)))),))
    >>> from_dict(as_dict(made)) == made
    True
    """
    chapters = tuple(Chapter(one["code"], one["title"], tuple(_unblock(block) for block in one["blocks"])) for one in plain["chapters"])
    facts = tuple((one["label"], one["value"]) for one in plain["facts"])
    return Document(plain["kind"], plain["lang"], plain["title"], facts, chapters)


def _unblock(plain: Mapping[str, Any]) -> Block:
    match plain["type"]:
        case "heading":
            return Heading(plain["text"])
        case "paragraph":
            return Paragraph(tuple(_unrun(one) for one in plain["runs"]), plain["item"], plain["human"])
        case "table":
            rows = tuple(tuple(_unrun(cell) for cell in row) for row in plain["rows"])
            return Table(plain["key"], plain["caption"], tuple(plain["columns"]), rows, plain["query"])
        case _:
            return Figure(plain["key"], plain["kind"], plain["caption"], plain["data"])


def _unrun(plain: Any) -> Run:
    return plain if isinstance(plain, str) else Number(plain["value"], plain["unit"], plain["query"])


def cleaned(document: Document) -> Document:
    """Without control characters, which come with texts from outside: one of them spoils the text of a whole PDF font, and XML holds none.

    >>> cleaned(Document("daily", "zh", "a\\x0bb", (), ())).title
    'ab'
    """
    return from_dict(_clean(as_dict(document)))


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isprintable() else "".join(char for char in value if char.isprintable() or char in " \u3000")
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, (list, tuple)) else value
