"""A document as an Excel workbook: a sheet a table with real numbers, their units, queries and cut-off; and the numbers of the text, sentence by sentence.

Text is written as text, whatever it begins with: no cell can become a formula or a link.
"""

from __future__ import annotations

import importlib
import io
import re
from typing import Any

from risk.reports import charts
from risk.reports.document import Chapter, Document, Number, Paragraph, Table
from risk.reports.issue_words import word
from risk.reports.marks import Marks

FORMATS = {"count": "#,##0", "share": "0.0%", "days": "0.0", "hours": "0.0", "points": "0.0", "figure": "General"}
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")


def xlsx(document: Document, marks: Marks) -> bytes:
    """The workbook. ``InvalidInputError`` (``report_library``) where XlsxWriter is not installed."""
    try:
        xlsxwriter: Any = importlib.import_module("xlsxwriter")
    except ImportError as error:
        raise charts.library("xlsxwriter") from error
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    sheets = _Sheets(book, document)
    sheets.about(marks)
    sheets.texts()
    for chapter, table in document.tables():
        sheets.table(chapter, table)
    book.close()
    return out.getvalue()


class _Sheets:
    """One workbook being written."""

    def __init__(self, book: Any, document: Document) -> None:
        self.book, self.document, self.names = book, document, set[str]()
        font = {"font_name": "宋体" if document.lang == "zh" else "Calibri", "font_size": 11}
        self.plain = book.add_format({**font, "text_wrap": True, "valign": "top"})
        self.head = book.add_format({**font, "bold": True, "bottom": 1, "text_wrap": True})
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.soft = book.add_format({**font, "font_color": "#777777"})
        self.numbers = {unit: book.add_format({**font, "num_format": form}) for unit, form in FORMATS.items()}

    def w(self, key: str) -> str:
        return word(key, self.document.lang)

    def sheet(self, name: str) -> Any:
        """A sheet under a name that Excel takes and that no other has."""
        stem = _FORBIDDEN.sub(" ", name).strip()[:28] or "-"
        free, count = stem, 1
        while free.casefold() in self.names:
            count += 1
            free = f"{stem} {count}"
        self.names.add(free.casefold())
        return self.book.add_worksheet(free)

    def about(self, marks: Marks) -> None:
        """What the workbook is of."""
        sheet = self.sheet(self.w("about_sheet"))
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 90)
        sheet.write_string(0, 0, self.document.title, self.title)
        rows = [*self.document.facts, (self.w("hash"), marks.checksum), *([("", marks.stamp)] if marks.stamp else [])]
        for i, (label, value) in enumerate(rows, 2):
            sheet.write_string(i, 0, label, self.head)
            sheet.write_string(i, 1, value, self.plain)
        notes = [block for chapter in self.document.chapters if chapter.code == "notes" for block in chapter.blocks]
        for i, block in enumerate(notes, len(rows) + 3):
            if isinstance(block, Paragraph):
                sheet.write_string(i, 1, block.text, self.plain)

    def texts(self) -> None:
        """Every number of the text, beside its sentence."""
        sheet = self.sheet(self.w("text_sheet"))
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 70)
        sheet.set_column(2, 4, 16)
        for column, key in enumerate(("chapter", "sentence", "value", "unit", "query")):
            sheet.write_string(0, column, self.w(key), self.head)
        row = 1
        for chapter in self.document.chapters:
            for block in chapter.blocks:
                for run in block.runs if isinstance(block, Paragraph) else ():
                    if isinstance(run, Number):
                        sheet.write_string(row, 0, chapter.title, self.plain)
                        sheet.write_string(row, 1, block.text if isinstance(block, Paragraph) else "", self.plain)
                        self.cell(sheet, row, 2, run)
                        sheet.write_string(row, 3, self.w(f"u.{run.unit}"), self.plain)
                        sheet.write_string(row, 4, run.query, self.soft)
                        row += 1
        sheet.freeze_panes(1, 0)

    def table(self, chapter: Chapter, table: Table) -> None:
        """A table, its units under its columns' names, its cut-off and query below."""
        sheet = self.sheet(table.caption)
        sheet.write_string(0, 0, f"{chapter.title}　{table.caption}", self.title)
        for column, name in enumerate(table.columns):
            cells = [row[column] for row in table.rows]
            unit = next((cell.unit for cell in cells if isinstance(cell, Number)), "")
            sheet.write_string(2, column, name, self.head)
            sheet.write_string(3, column, self.w(f"u.{unit}") if unit else "", self.soft)
            widest = max([_width(name), *(_width(cell if isinstance(cell, str) else cell.shown) for cell in cells)])
            sheet.set_column(column, column, min(max(widest + 2, 9), 60))
        for i, row in enumerate(table.rows, 4):
            for column, cell in enumerate(row):
                self.cell(sheet, i, column, cell)
        below = len(table.rows) + 5
        facts = [*self.document.facts, *([(self.w("query"), table.query)] if table.query else [])]
        for i, (label, value) in enumerate(facts, below):
            sheet.write_string(i, 0, f"{label}{'：' if self.document.lang == 'zh' else ': '}{value}", self.soft)
        sheet.freeze_panes(4, 0)

    def cell(self, sheet: Any, row: int, column: int, cell: str | Number) -> None:
        if isinstance(cell, str):
            sheet.write_string(row, column, cell, self.plain)
        elif cell.value is None:
            sheet.write_string(row, column, cell.shown, self.plain)
        else:
            sheet.write_number(row, column, cell.value, self.numbers[cell.unit])


def _width(text: str) -> int:
    """Columns that a text takes: two for a CJK character.

    >>> _width("武汉"), _width("abc")
    (4, 3)
    """
    return sum(1 if char.isascii() else 2 for char in text)
