"""A document as a Word file in the layout of GB/T 9704-2012 (党政机关公文格式).

A4; margins top 37, left 28, right 26, bottom 35 mm, so that the type area is 156 × 225 mm; a document grid of 22 lines of 28 characters; body 三号 (16 pt)
仿宋_GB2312 on fixed lines, title 二号 (22 pt) 方正小标宋简体, first level 黑体, second level 楷体_GB2312; page numbers 四号 between dashes (一字线), odd pages right,
even pages left. Fonts are named, never embedded: the office's machine has them. 份号, 密级, 紧急程度, 发文机关标志, 文号, 签发人, 主送, 抄送, 附件 stand only where given.
"""

from __future__ import annotations

import io
from typing import Any

from risk.reports import charts
from risk.reports.document import Document, Figure, Heading, Number, Paragraph, Run, Table
from risk.reports.issue_words import word
from risk.reports.marks import Marks

SONG, FANG, HEI, KAI, TITLE = "宋体", "仿宋_GB2312", "黑体", "楷体_GB2312", "方正小标宋简体"
LATIN = "Times New Roman"
BODY, LINE = 16.0, 28.95
"""Points: 三号, and 225 mm over 22 lines."""
GRID_LINE, GRID_CHAR = 580, -849
"""Of the document grid: 225 mm / 22 in twentieths of a point; (156 mm / 28 − 16 pt) in 4096ths of a point."""
RED = "D0021B"


def docx(document: Document, marks: Marks) -> bytes:
    """The Word file. ``InvalidInputError`` (``report_library``) where python-docx is not installed."""
    try:
        import docx as library
    except ImportError as error:
        raise charts.library("python-docx") from error
    writer = _Writer(library.Document(), document, marks)
    writer.page()
    writer.styles()
    writer.footers()
    writer.top()
    writer.chapters()
    writer.end()
    out = io.BytesIO()
    writer.file.save(out)
    return out.getvalue()


class _Writer:
    """One file being written."""

    def __init__(self, file: Any, document: Document, marks: Marks) -> None:
        self.file, self.document, self.marks, self.lang = file, document, marks, document.lang

    def w(self, key: str) -> str:
        return word(key, self.lang)

    def page(self) -> None:
        """Paper, margins, grid."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Mm

        section = self.file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.header_distance, section.footer_distance = Mm(15), Mm(25)
        properties = section._sectPr
        for old in properties.findall(qn("w:docGrid")):
            properties.remove(old)
        grid = OxmlElement("w:docGrid")
        for name, value in (("type", "linesAndChars"), ("linePitch", GRID_LINE), ("charSpace", GRID_CHAR)):
            grid.set(qn(f"w:{name}"), str(value))
        properties.append(grid)
        self.file.settings.odd_and_even_pages_header_footer = True
        self.file.core_properties.title = self.document.title
        self.file.core_properties.author = self.marks.issuer
        self.file.core_properties.comments = self.marks.checksum

    def styles(self) -> None:
        """Fonts by name on every style that is used; no theme font is left."""
        from docx.shared import Pt, RGBColor

        styles = self.file.styles
        _fonts(_defaults(styles), FANG)
        for name, east, size in (("Normal", FANG, BODY), ("Title", TITLE, 22), ("Heading 1", HEI, BODY), ("Heading 2", KAI, BODY)):
            style = styles[name]
            _fonts(style.element.get_or_add_rPr(), east)
            style.font.size, style.font.bold, style.font.italic = Pt(size), False, False
            style.font.color.rgb = RGBColor(0, 0, 0)
            _lines(style.paragraph_format, 34 if name == "Title" else LINE)
            _unbordered(style)
        for name in ("Header", "Footer", "Table Grid"):
            _fonts(styles[name].element.get_or_add_rPr(), SONG)

    def footers(self) -> None:
        """Page numbers: 四号 宋体 between dashes, odd pages right and even pages left, one character in."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        section = self.file.sections[0]
        for footer, side in ((section.footer, WD_ALIGN_PARAGRAPH.RIGHT), (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT)):
            footer.is_linked_to_previous = False
            paragraph = footer.paragraphs[0]
            paragraph.alignment = side
            _indent(paragraph, left=14, right=14)
            self.run(paragraph, "— ", SONG, 14)
            _field(self.run(paragraph, "", SONG, 14), "PAGE")
            self.run(paragraph, " —", SONG, 14)

    def top(self) -> None:
        """版头 where given, the title, what it is of, to whom it goes."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        center, m = WD_ALIGN_PARAGRAPH.CENTER, self.marks
        for text in (m.copy_number, m.secrecy, m.urgency):
            if text:
                self.run(self.paragraph(), text, HEI, BODY)
        if m.letterhead:
            head = self.paragraph(center)
            _lines(head.paragraph_format, 60)
            self.run(head, m.letterhead, TITLE, 36, color=RED)
        if m.number or (m.letterhead and m.signer):
            line = self.paragraph(center)
            self.run(line, m.number, FANG, BODY)
            if m.signer:
                self.run(line, f"　　{self.w('signer')}", FANG, BODY)
                self.run(line, m.signer, KAI, BODY)
        if m.letterhead:
            _rule(self.paragraph(), RED, 12)
        if m.stamp:
            self.run(self.paragraph(center), f"【{m.stamp}】", HEI, BODY, color=RED)
        title = self.file.add_paragraph(style="Title")
        title.alignment = center
        self.run(title, self.document.title, TITLE, 22)
        facts = self.paragraph(center)
        colon = "：" if self.lang == "zh" else ": "
        self.run(facts, "　".join(f"{label}{colon}{value}" for label, value in self.document.facts), KAI, 12)
        _lines(facts.paragraph_format, 20)
        if m.addressees:
            self.run(
                self.paragraph(),
                ("、" if self.lang == "zh" else ", ").join(m.addressees) + ("：" if self.lang == "zh" else ":"),
                FANG,
                BODY,
            )

    def chapters(self) -> None:
        """The text, its tables and figures."""
        for chapter in self.document.chapters:
            heading = self.file.add_paragraph(style="Heading 1")
            _indent(heading, first=self.lang == "zh")
            self.run(heading, chapter.title, HEI, BODY)
            for block in chapter.blocks:
                match block:
                    case Heading(text):
                        line = self.file.add_paragraph(style="Heading 2")
                        _indent(line, first=self.lang == "zh")
                        self.run(line, text, KAI, BODY)
                    case Paragraph():
                        self.text(block)
                    case Table():
                        self.table(block)
                    case Figure():
                        self.figure(block)

    def text(self, block: Paragraph) -> None:
        paragraph = self.paragraph()
        _indent(paragraph, first=self.lang == "zh")
        if block.item:
            self.run(paragraph, f"{block.item}.{'' if self.lang == 'zh' else ' '}", FANG, BODY)
        for one in block.runs:
            self.run(paragraph, _text(one), KAI if block.human else FANG, BODY)

    def table(self, block: Table) -> None:
        from docx.enum.table import WD_TABLE_ALIGNMENT
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        caption = self.paragraph(WD_ALIGN_PARAGRAPH.CENTER)
        caption.paragraph_format.keep_with_next = True
        self.run(caption, block.caption, HEI, 12)
        table = self.file.add_table(rows=1, cols=len(block.columns), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        _repeated(table.rows[0])
        for cell, name in zip(table.rows[0].cells, block.columns, strict=True):
            self.cell(cell, name, HEI, WD_ALIGN_PARAGRAPH.CENTER)
        for row in block.rows:
            made = table.add_row()
            _whole(made)
            for cell, value in zip(made.cells, row, strict=True):
                side = WD_ALIGN_PARAGRAPH.RIGHT if isinstance(value, Number) else WD_ALIGN_PARAGRAPH.LEFT
                self.cell(cell, _text(value), FANG, side)
        _widths(table, block)

    def cell(self, cell: Any, text: str, font: str, side: Any) -> None:
        paragraph = cell.paragraphs[0]
        paragraph.alignment = side
        _lines(paragraph.paragraph_format, 15)
        _ungridded(paragraph)
        self.run(paragraph, text, font, 10.5)

    def figure(self, block: Figure) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
        from docx.shared import Mm

        caption = self.paragraph(WD_ALIGN_PARAGRAPH.CENTER)
        caption.paragraph_format.keep_with_next = True
        self.run(caption, block.caption, HEI, 12)
        paragraph = self.paragraph(WD_ALIGN_PARAGRAPH.CENTER)
        paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE  # on fixed lines a picture would be cut
        picture = self.run(paragraph, "", FANG, BODY).add_picture(io.BytesIO(charts.png(block, self.lang)), width=Mm(154))
        picture._inline.docPr.set("descr", charts.described(block))

    def end(self) -> None:
        """附件, 署名, 成文日期, 版记, and the checksum of the numbers."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        m = self.marks
        for i, one in enumerate(m.annexes, 1):
            line = self.paragraph()
            _indent(line, first=self.lang == "zh")
            self.run(line, f"{self.w('annexes') if i == 1 else '　　　'}{i}. {one}", FANG, BODY)
        for text in (m.issuer, m.date):
            if text:
                line = self.paragraph(WD_ALIGN_PARAGRAPH.RIGHT)
                _indent(line, right=4 * BODY)
                self.run(line, text, FANG, BODY)
        stop, comma = ("。", "，") if self.lang == "zh" else (".", ", ")
        parts = [self.w("copies") + comma.join(m.copies) + stop if m.copies else "", m.printer]
        for i, text in enumerate(one for one in parts if one):
            line = self.paragraph()
            _rule(line, "000000", 8 if i == 0 else 6, side="top")
            _indent(line, left=14, right=14)
            self.run(line, text, FANG, 14)
        if m.checksum:
            line = self.paragraph()
            _lines(line.paragraph_format, 12)
            self.run(line, f"{self.w('hash')} {m.checksum}", SONG, 8)

    def paragraph(self, side: Any = None) -> Any:
        made = self.file.add_paragraph()
        if side is not None:
            made.alignment = side
        return made

    def run(self, paragraph: Any, text: str, font: str, size: float, *, color: str = "") -> Any:
        """A piece of text, its fonts named on the run itself."""
        from docx.shared import Pt, RGBColor

        made = paragraph.add_run(_clean(text))
        made.font.size = Pt(size)
        _fonts(made._r.get_or_add_rPr(), font)
        if color:
            made.font.color.rgb = RGBColor.from_string(color)
        return made


def _text(run: Run) -> str:
    return run if isinstance(run, str) else run.shown


def _clean(text: str) -> str:
    """Without what XML cannot hold.

    >>> _clean("a\\x00b\\x0bc")
    'abc'
    """
    return "".join(char for char in text if char in "\t\n" or ord(char) >= 32)


def _fonts(properties: Any, east: str) -> None:
    """Name the fonts of a style or a run, and take theme fonts away, which would win."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(1 if properties.find(qn("w:rStyle")) is not None else 0, fonts)
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name, value in (("ascii", LATIN), ("hAnsi", LATIN), ("eastAsia", east), ("cs", LATIN)):
        fonts.set(qn(f"w:{name}"), value)


def _defaults(styles: Any) -> Any:
    from docx.oxml.ns import qn

    return styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))


def _lines(form: Any, points: float) -> None:
    from docx.enum.text import WD_LINE_SPACING
    from docx.shared import Pt

    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(points)
    form.space_before, form.space_after = Pt(0), Pt(0)


def _indent(paragraph: Any, *, first: bool = False, left: float = 0, right: float = 0) -> None:
    """``first``: two characters, counted in characters as offices do; the others in points."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    form = paragraph.paragraph_format
    if left:
        form.left_indent = Pt(left)
    if right:
        form.right_indent = Pt(right)
    if first:
        form.first_line_indent = Pt(2 * BODY)
        paragraph._p.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), "200")


def _rule(paragraph: Any, color: str, eighths: int, *, side: str = "bottom") -> None:
    """A line above or below a paragraph."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders, line = OxmlElement("w:pBdr"), OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", eighths), ("space", 1), ("color", color)):
        line.set(qn(f"w:{name}"), str(value))
    borders.append(line)
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:snapToGrid", "w:spacing", "w:ind", "w:jc", "w:rPr")


def _unbordered(style: Any) -> None:
    """The stock title has a line below it; ours has none."""
    from docx.oxml.ns import qn

    properties = style.element.find(qn("w:pPr"))
    for old in properties.findall(qn("w:pBdr")) if properties is not None else ():
        properties.remove(old)


def _ungridded(paragraph: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    snap = OxmlElement("w:snapToGrid")
    snap.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().insert_element_before(snap, "w:spacing", "w:ind", "w:jc", "w:rPr")


def _field(run: Any, code: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind in ("begin", "", "end"):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = code
        run._r.append(part)


def _repeated(row: Any) -> None:
    """The head of a table stands again on every page."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _whole(row: Any) -> None:
    """No row is cut between pages."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _widths(table: Any, block: Table) -> None:
    """Columns as wide as what they hold asks, 156 mm together."""
    from docx.shared import Mm

    def wide(text: str) -> int:
        return sum(1 if char.isascii() else 2 for char in text)

    longest = [max([wide(name), *(wide(_text(row[i])) for row in block.rows)]) for i, name in enumerate(block.columns)]
    asked = [min(max(one, 6), 40) + 2 for one in longest]
    table.autofit = False
    for i, one in enumerate(asked):
        for cell in table.columns[i].cells:
            cell.width = Mm(156 * one / sum(asked))
