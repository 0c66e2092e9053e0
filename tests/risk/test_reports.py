"""Reports of all kinds over a hand-made world: the same numbers in every format, GB/T 9704 read back from the file, the life of a report, made again the same.

``UPDATE_GOLDEN=1`` writes the stored chapters anew.
"""

from __future__ import annotations

import html.parser
import io
import os
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.report_kinds import evaluation, kinds, period_of
from risk.reports import charts, document, issue, pages, word_file, workbook
from risk.reports.document import Document, Number, Paragraph, Table
from risk.reports.marks import Marks
from risk.services import report_compare, report_files, report_issues, report_offices, reporting, situation
from risk.services.report_issues import Asked
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.test_situation import CUTOFF, _later, at, build

GOLDEN = Path(__file__).parents[1] / "golden" / "report"
MARKS = Marks(
    number="鄂预〔2026〕1号", signer="王五", letterhead="湖北省风险预警专班", issuer="湖北省市场监督管理局", copy_number="000001",
    addressees=("省政府",), copies=("甲局", "乙局"), annexes=("清单",), printer="办公室", date="2026年11月2日", checksum="ab" * 32,
)  # fmt: skip


def make(engine: Engine, kind: str, period: str = "latest", about: str = "", **more: Any) -> int:
    return report_issues.make(engine, Asked(kind, period, about, **more), actor="张三", now=CUTOFF)


def document_of(engine: Engine, number: int, lang: str = "zh") -> Document:
    with reading(engine) as conn:
        return report_issues.document(conn, number, lang)


@pytest.fixture
def world(sqlite_engine: Engine) -> Engine:
    with transaction(sqlite_engine) as conn:
        build(conn)
    return sqlite_engine


def hostile(made: Document) -> Document:
    """The same without its figures, which cost time and hold no text, and with texts that a page, a workbook or XML could take for something else."""
    first, *others = [replace(one, blocks=tuple(b for b in one.blocks if not isinstance(b, document.Figure))) for one in made.chapters]
    bad = Table("bad", "=1+1 [a]:b", ("=cmd()", "<b>"), (("=HYPERLINK(1)", Number(7)), ("<script>alert(1)</script>\x0b", Number(None))))
    return document.cleaned(replace(made, chapters=(replace(first, blocks=(*first.blocks, bad)), *others)))


class _Page(html.parser.HTMLParser):
    """The numbers of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = dict(attrs).get("class") == "n"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.append(data)
        self._inside = False


def _docx_blocks(content: bytes) -> Iterator[str]:
    import docx

    for block in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(block, docx.table.Table):
            for row in block.rows[1:]:
                yield from (cell.text for cell in row.cells)
        else:
            yield block.text


def _sheets(content: bytes) -> list[list[list[Any]]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets]


def test_every_format_says_the_same_numbers(world: Engine) -> None:
    pypdf = pytest.importorskip("pypdf", reason="the text of PDFs is read with pypdf")
    made = hostile(document_of(world, make(world, "monthly", "2026-10")))
    wanted = [one.shown for one in made.numbers()]
    assert len(wanted) > 200

    page = pages.html(made, MARKS)
    reader = _Page()
    reader.feed(page)
    assert reader.found == wanted
    assert ("<script>" in page, "http://" in page, "https://" in page) == (False, False, False)

    printed = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(pages.pdf(made, MARKS))).pages)
    where = 0
    squeezed = re.sub(r"\s+", "", printed)
    for shown in wanted:  # in the order of reading
        where = squeezed.find(shown, where)
        assert where >= 0, shown

    texts = list(_docx_blocks(word_file.docx(made, MARKS)))
    blocks = [block for chapter in made.chapters for block in chapter.blocks]
    sentences = [f"{f'{one.item}.' if one.item else ''}{one.text}" for one in blocks if isinstance(one, Paragraph)]
    cells = [cell if isinstance(cell, str) else cell.shown for one in blocks if isinstance(one, Table) for row in one.rows for cell in row]
    remaining = iter(texts)
    assert all(any(each == sentence for each in remaining) for sentence in sentences)
    remaining = iter(texts)
    assert all(any(each == cell for each in remaining) for cell in cells)

    about, told, *sheets = _sheets(workbook.xlsx(made, MARKS))
    assert about[0][0] == made.title
    in_text = [run for one in blocks if isinstance(one, Paragraph) for run in one.runs if isinstance(run, Number)]
    assert [row[2] for row in told[1:]] == [run.value if run.value is not None else run.shown for run in in_text]
    for table, sheet in zip([one for _, one in made.tables()], sheets, strict=True):
        rows = [row[: len(table.columns)] for row in sheet[4 : 4 + len(table.rows)]]
        plain = [
            [cell if isinstance(cell, str) else cell.shown if cell.value is None else cell.value for cell in row] for row in table.rows
        ]
        assert rows == plain


def test_the_word_file_follows_gb_t_9704(world: Engine) -> None:
    content = word_file.docx(document_of(world, make(world, "daily")), MARKS)
    parts = zipfile.ZipFile(io.BytesIO(content))
    body, styles = parts.read("word/document.xml").decode(), parts.read("word/styles.xml").decode()
    mm = 1440 / 25.4

    def attribute(tag: str, name: str, text: str = body) -> str:
        found = re.search(rf'<w:{tag}[^>]*\bw:{name}="([^"]*)"', text)
        assert found, (tag, name)
        return found[1]

    assert [round(int(attribute("pgSz", side)) / mm) for side in ("w", "h")] == [210, 297]
    assert [round(int(attribute("pgMar", side)) / mm) for side in ("top", "left", "right", "bottom")] == [37, 28, 26, 35]
    assert (attribute("docGrid", "type"), attribute("docGrid", "linePitch"), attribute("docGrid", "charSpace")) == (
        "linesAndChars",
        "580",
        "-849",
    )
    assert round(225 * mm / 580) == 22  # lines of the type area
    assert round(156 / 25.4 * 72 / (16 - 849 / 4096)) == 28  # characters of a line
    runs = re.findall(r"<w:r>(?:(?!</w:r>).)*?<w:t[ >].*?</w:r>", body, re.DOTALL)
    assert runs
    assert all(re.search(r'w:eastAsia="(?:仿宋_GB2312|黑体|楷体_GB2312|方正小标宋简体|宋体)"', one) for one in runs)
    assert "Theme=" not in "".join(re.findall(r"<w:rFonts[^>]*>", body))
    for name, east, half_points in (
        ("Normal", "仿宋_GB2312", 32),
        ("Title", "方正小标宋简体", 44),
        ("Heading1", "黑体", 32),
        ("Heading2", "楷体_GB2312", 32),
    ):
        style = re.search(rf'<w:style [^>]*w:styleId="{name}".*?</w:style>', styles, re.DOTALL)
        assert style is not None
        assert (attribute("rFonts", "eastAsia", style[0]), attribute("sz", "val", style[0])) == (east, str(half_points))
        assert "Theme" not in attribute("rFonts", "eastAsia", style[0])
    assert 'w:line="579"' in styles
    assert 'w:lineRule="exact"' in styles
    footers = [parts.read(name).decode() for name in parts.namelist() if "footer" in name]
    assert sum("PAGE" in one and "— " in one and 'w:sz w:val="28"' in one for one in footers) == 2
    assert "evenAndOddHeaders" in parts.read("word/settings.xml").decode()
    assert [
        text in body for text in ("000001", "湖北省风险预警专班", "鄂预〔2026〕1号", "抄送：甲局，乙局。", "附件：1. 清单", "办公室")
    ] == [True] * 6
    plain = zipfile.ZipFile(io.BytesIO(word_file.docx(document_of(world, 1), Marks()))).read("word/document.xml").decode()
    assert [word in plain for word in ("抄送", "签发人", "附件", "D0021B")] == [False] * 4


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_chapters_are_as_stored(world: Engine, lang: str) -> None:
    wanted = [
        ("daily", "latest", ""),
        ("monthly", "2026-10", ""),
        ("special", "2026-10", "model:false_medical_advertising"),
        ("offices", "2026-10", ""),
    ]
    lines = []
    for kind, period, about in wanted:
        made = document_of(world, make(world, kind, period, about), lang)
        assert document.from_dict(document.as_dict(made)) == made
        lines += [f"# {made.title}", *(f"{label}: {value}" for label, value in made.facts)]
        for chapter in made.chapters:
            lines.append(f"## {chapter.title}")
            for block in chapter.blocks:
                lines += _lines(block)
    text = "\n".join(lines) + "\n"
    stored = GOLDEN / f"chapters.{lang}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        stored.write_text(text, encoding="utf-8")
    assert text == stored.read_text(encoding="utf-8")
    assert "None" not in text


def _lines(block: document.Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [f"{f'{block.item}. ' if block.item else ''}{block.text}"]
    if isinstance(block, Table):
        rows = ["  " + " | ".join(cell if isinstance(cell, str) else cell.shown for cell in row) for row in block.rows]
        return [f"[{block.caption}] {' | '.join(block.columns)}", *rows]
    return [charts.described(block)] if isinstance(block, document.Figure) else [block.text]


def test_every_chapter_of_every_kind_is_made_by_something() -> None:
    assert {code for kind in kinds().values() for code in kind.chapters} == set(issue.CHAPTERS)


def test_a_monthly_report_counts_what_the_situation_report_counts(world: Engine) -> None:
    number = make(world, "monthly", "2026-10")
    same = reporting.make(world, "2026-10", actor="t", now=CUTOFF)
    with reading(world) as conn:
        found = report_issues.numbers(conn, number)
    assert {name: found[name] for name in same} == same
    assert sum(row["alerts"] for row in found["places"]) == found["alerts"]["total"]
    assert found["history"][-1] == {"key": "2026-10", "alerts": 4, "verdicts": 2, "verified_rate": 0.5}


def test_offices_are_counted_once_and_few_tasks_are_not_judged(world: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with reading(world) as conn:
        found = report_issues.numbers(conn, make(world, "offices", "2026-10"))["offices"]
        again = situation.numbers(conn, period_of(kinds()["offices"], "2026-10", CUTOFF), CUTOFF)
    assert (found["ranked"], len(found["small"])) == ([], 3)
    assert report_offices.sums(found["small"]) == {name: found["all"][name] for name in report_offices.sums([])} | report_offices.sums(
        [found["all"]]
    )
    assert (found["all"]["tasks"], found["all"]["reported"], found["all"]["overdue"]) == tuple(
        again["disposal"][name] for name in ("issued", "reported", "overdue")
    )
    monkeypatch.setitem(evaluation(), "least_tasks", 1)
    with reading(world) as conn:
        tasks = report_offices_tasks(conn)
        ranked = report_offices.evaluate(conn, tasks, CUTOFF)["ranked"]
    assert [row["rank"] for row in ranked] == [1, 2, None]  # of the third nothing is due yet: not known is not bad
    scores = [row["score"] or 0 for row in ranked]
    assert scores == sorted(scores, reverse=True)
    home = next(row for row in ranked if row["office"] == "420102-market_supervision")
    assert (home["told"], home["confirmed"], home["rate"], home["returned"]) == (2, 1, 0.5, 0)
    assert home["interval"][0] < 0.5 < home["interval"][1]


def report_offices_tasks(conn: Any) -> Any:
    from risk.services.as_known import alerts_of, tasks_of

    period = period_of(kinds()["offices"], "2026-10", CUTOFF)
    return tasks_of(conn, [one.id for one in alerts_of(conn, period, CUTOFF)], CUTOFF)


def test_a_report_made_again_is_the_same_whatever_happened_since(engine: Engine) -> None:
    with transaction(engine) as conn:
        ids = build(conn)
    numbers = [
        make(engine, "monthly", "2026-10"),
        make(engine, "offices", "2026-10"),
        make(engine, "special", "2026-10", "model:false_medical_advertising"),
    ]
    assert make(engine, "monthly", "2026-10") == numbers[0]
    with transaction(engine) as conn:
        _later(conn, ids)
    with reading(engine) as conn:
        for number in numbers:
            found = report_compare.compare(conn, number)
            assert (found.same, found.intact, found.differences) == (True, True, ())
            assert found.now_hash == found.frozen_hash
    assert make(engine, "monthly", "2026-10") != numbers[0]  # a later run: another cut-off
    with transaction(engine) as conn:
        conn.execute(t.tasks.delete().where(t.tasks.c.id == -1))
        changed = dict(conn.scalar(select(t.reports.c.numbers).where(t.reports.c.id == numbers[0])) or {})
        changed["headline"] = changed["headline"] | {"alerts": 99}
        conn.execute(t.reports.update().where(t.reports.c.id == numbers[0]).values(numbers=changed))
    with reading(engine) as conn:
        found = report_compare.compare(conn, numbers[0])
    assert (found.same, found.intact, found.count) == (False, False, 1)
    assert [(one.path, one.frozen, one.now) for one in found.differences] == [("headline.alerts", 99, 4)]


def test_a_report_lives_by_several_hands(engine: Engine) -> None:
    with transaction(engine) as conn:
        build(conn)
    number = make(engine, "weekly")
    act: dict[str, Any] = {"now": at(11, 2)}
    with transaction(engine) as conn:
        said = report_issues.remark(conn, number, "outlook", "联系人：张晓明 13800138000\n注意", actor="赵六", **act)
        assert "138****8000" in said.remarks["outlook"]
        report_issues.dress(conn, number, {"copies": ["甲局"], "secrecy": ""}, actor="张三", **act)
        with pytest.raises(InvalidInputError):
            report_issues.remark(conn, number, "places", "x", actor="赵六", **act)
        with pytest.raises(InvalidInputError):
            report_issues.dress(conn, number, {"copy_number": "1"}, actor="张三", **act)
        for person in ("张三", "赵六"):
            with pytest.raises(ForbiddenError):
                report_issues.step(conn, number, "approve", actor=person, **act)
        with pytest.raises(ConflictError):
            report_issues.step(conn, number, "sign", actor="王厅", **act)
        report_issues.step(conn, number, "approve", actor="李四", **act)
        with pytest.raises(ConflictError):
            report_issues.remark(conn, number, "outlook", "晚了", actor="赵六", **act)
        kept = report_issues.document(conn, number, "zh")
        with pytest.raises(InvalidInputError):
            report_issues.step(conn, number, "send_back", actor="王厅", **act)
        report_issues.step(conn, number, "send_back", actor="王厅", reason="补充", **act)
        report_issues.step(conn, number, "approve", actor="李四", **act)
        with pytest.raises(ConflictError):
            report_issues.step(conn, number, "sign", actor="王厅", version=1, **act)
        report_issues.step(conn, number, "sign", actor="王厅", **act)
        done = report_issues.step(conn, number, "publish", actor="王厅", number="鄂预〔2026〕1号", **act)
    assert (done.state, done.number, done.steps) == ("published", "鄂预〔2026〕1号", ("withdraw",))
    assert [one.event for one in done.history] == ["make", "remark", "dress", "approve", "send_back", "approve", "sign", "publish"]
    assert document_of(engine, number) == kept
    marks = report_files.marks_of(done, "zh")
    assert (marks.stamp, marks.signer, marks.date, marks.copies) == ("", "王厅", "2026年11月2日", ("甲局",))
    other = make(engine, "daily")
    with transaction(engine) as conn:
        assert conn.scalars(select(t.audit.c.action).where(t.audit.c.object == f"report:{number}").order_by(t.audit.c.id)).all() == [
            f"report.{one.event}" for one in done.history
        ]
        report_issues.step(conn, other, "approve", actor="李四", **act)
        report_issues.step(conn, other, "sign", actor="王厅", **act)
        with pytest.raises(ConflictError):
            report_issues.step(conn, other, "publish", actor="王厅", number="鄂预〔2026〕1号", **act)
        gone = report_issues.step(conn, number, "withdraw", actor="王厅", reason="数字有误", **act)
    assert report_files.marks_of(gone, "en").stamp == "WITHDRAWN"
    again = make(engine, "weekly")
    with reading(engine) as conn:
        assert (again != number, report_issues.get(conn, again).edition) == (True, 2)


def test_reports_keep_to_their_place_and_their_subject(world: Engine) -> None:
    with transaction(world) as conn:
        row: dict[str, Any] = {
            "number": "2026-1",
            "title": "某某 13800138000",
            "model": "false_medical_advertising",
            "level": "high",
            "state": "open",
            "places": [],
        }
        row |= {
            "lead_office": "420100-market_supervision",
            "owner": "张三",
            "opened_at": at(10, 9),
            "changed_at": at(10, 9),
            "created_by": "张三",
        }
        file = conn.execute(insert(t.case_files).values(row).returning(t.case_files.c.id)).scalar_one()
        alert = conn.scalar(select(t.alerts.c.id).order_by(t.alerts.c.grade.desc()).limit(1))
        link = {"case_file_id": file, "kind": "alert", "alert_id": alert, "state": "linked", "added_by": "张三", "added_at": at(10, 9)}
        conn.execute(insert(t.case_file_links).values(link))
    wuhan = Scope((Grant("420100", "market_supervision"),))
    number = report_issues.make(world, Asked("special", "2026-10", f"event:{file}"), actor="张三", now=CUTOFF, scope=wuhan)
    made = document_of(world, number)
    assert "138****8000" in made.title
    with reading(world) as conn:
        assert report_issues.numbers(conn, number)["alerts"]["total"] == 1
        with pytest.raises(NotFoundError):
            report_issues.get(conn, number, scope=Scope((Grant("420500"),)))
    placed = make(world, "special", "2026-10", "place:武汉市")
    assert document_of(world, placed).title == "武汉市风险专报（2026年10月）"
    month = document_of(world, make(world, "monthly", "2026-10"))
    assert any("138****8000" in str(cell) for _, table in month.tables() for row in table.rows for cell in row)
    for scope in (Scope((Grant("420500"),)), Scope(())):
        with pytest.raises(NotFoundError):
            report_issues.make(world, Asked("special", "2026-10", f"event:{file}"), actor="x", now=CUTOFF, scope=scope)


@pytest.mark.parametrize(
    ("kind", "period", "about", "code"),
    [
        ("hourly", "latest", "", "report_kind_unknown"),
        ("situation", "latest", "", "report_situation"),
        ("daily", "2026-10", "", "report_period_form"),
        ("monthly", "2026-13", "", "bad_period"),
        ("special", "2026-10", "", "report_about"),
        ("special", "2026-10", "model:moon", "report_model_unknown"),
        ("special", "2026-10", "event:x", "report_about"),
        ("special", "2026-10", "event:99", "report_event_not_found"),
        ("special", "2026-10-15..2026-10-01", "place:武汉市", "bad_period"),
        ("monthly", "2026-10", "place:武汉市", "report_about_none"),
    ],
)
def test_what_cannot_be_made_is_refused_in_words(world: Engine, kind: str, period: str, about: str, code: str) -> None:
    with pytest.raises((InvalidInputError, NotFoundError)) as refused:
        make(world, kind, period, about)
    assert refused.value.code == code


def test_nothing_outside_is_fetched_and_a_missing_font_is_told(world: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = document_of(world, make(world, "daily"))
    monkeypatch.setattr(charts, "cjk_font", lambda: None)
    with pytest.raises(InvalidInputError) as refused:
        report_files.file_of(world, 1, "pdf", "zh")
    assert (refused.value.code, "risk doctor" in refused.value.hint("en")) == ("report_no_font", True)
    figure = next(made.figures())
    with pytest.raises(InvalidInputError):
        charts.svg(figure, "zh")
    monkeypatch.setattr("risk.reports.pages.importlib.import_module", _missing)
    with pytest.raises(InvalidInputError) as refused:
        pages.pdf(replace(made, lang="en"), Marks())
    assert (refused.value.code, "risk doctor" in refused.value.hint("zh")) == ("report_library", True)
    with pytest.raises(InvalidInputError):
        report_files.file_of(world, 1, "odt", "zh")


def _missing(name: str) -> Any:
    raise ImportError(name)


def test_charts_are_the_same_again(world: Engine) -> None:
    made = document_of(world, make(world, "monthly", "2026-10"))
    figure = next(one for one in made.figures() if one.kind == "tiles")
    assert charts.svg(figure, "zh") == charts.svg(figure, "zh")
    assert {one.kind for one in made.figures()} == set(charts.DRAW)
