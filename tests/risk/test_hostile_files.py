"""Broken and hostile files: a clear error or quarantined rows, bounded memory, and nothing lost that was accepted."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count as counting
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import Engine, select

from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.intake import RowCheck
from risk.domain.mapping import FieldMapping
from risk.domain.values import keepable
from risk.services.imports import Summary
from risk.services.intake import take
from risk.services.readers import RawRow, open_reader, scan
from risk.storage.engine import reading
from risk.storage.tables import imports, quarantine, signals

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MEGABYTE = 1_000_000


def run(engine: Engine, path: Path, data: bytes | None = None, **options: Any) -> Summary:
    if data is not None:
        path.write_bytes(data)
    return take(engine, path, actor="t", now=NOW, **options)


def refused(engine: Engine) -> list[list[str]]:
    with reading(engine) as connection:
        found = connection.scalars(select(quarantine.c.problems).order_by(quarantine.c.row_no)).all()
    return [[problem["code"] for problem in problems] for problems in found]


def texts(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(signals.c.text).order_by(signals.c.id)))


def rows_of(path: Path, data: bytes) -> list[RawRow]:
    path.write_bytes(data)
    return list(open_reader(path, FieldMapping(), scan(path)))


def test_ragged_rows_nulls_and_single_bad_bytes(engine: Engine, tmp_path: Path) -> None:
    lines = ["text,a", "一,1", "少", "多,1,2,3", "空\0字,1", "坏字,1", "二,2", ""]
    data = "\n".join(lines).encode().replace("坏字".encode(), b"\xff\xfe\xfa")
    summary = run(engine, tmp_path / "r.csv", data)
    assert summary.accepted == 2
    assert refused(engine) == [["ragged_row"], ["ragged_row"], ["nul_character"], ["bad_encoding"]]
    assert texts(engine) == ["一", "二"]


def test_a_quote_that_never_closes_costs_one_row(sqlite_engine: Engine, tmp_path: Path) -> None:
    data = 'text,a\n一,1\n"二,2\n三,3\n"四",4\n"五" 后,5\n"六\n行",6\n七,7\n'.encode()
    assert run(sqlite_engine, tmp_path / "q.csv", data).accepted == 6
    assert refused(sqlite_engine) == [["broken_quotes"]]
    assert texts(sqlite_engine) == ["一", "三", "四", "五 后", "六\n行", "七"]
    assert run(sqlite_engine, tmp_path / "end.csv", 'text,a\n末一,1\n"末二,2\n末三,3'.encode()).accepted == 2


@pytest.mark.parametrize(
    "cell", [b"x" * 50 * MEGABYTE, b'"' + (b"x" * 99 + b"\n") * (MEGABYTE // 2) + b'"', b'"' + b"x" * 2 * MEGABYTE + b'"']
)
def test_a_huge_cell_is_one_quarantined_row(sqlite_engine: Engine, tmp_path: Path, cell: bytes) -> None:
    path = tmp_path / "h.csv"
    path.write_bytes(b"text,a\none,1\n" + cell + b",2\ntwo,3\n")
    del cell
    tracemalloc.start()
    summary = run(sqlite_engine, path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (summary.rows, summary.accepted, summary.quarantined) == (3, 2, 1)
    assert refused(sqlite_engine) in ([["row_too_large"]], [["cell_too_large"]])
    assert peak < 40 * MEGABYTE


def test_hopeless_quotes_end_with_a_clear_error(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("risk.services.readers.csv_rows.RESCAN_LIMIT", 20 * MEGABYTE)
    path = tmp_path / "h.csv"
    path.write_bytes(b"text,a\none,1\n" + b'b",x,"d\n' * MEGABYTE)
    with pytest.raises(InvalidInputError) as refusal:
        run(sqlite_engine, path)
    assert refusal.value.code == "csv_quotes_hopeless"
    assert texts(sqlite_engine) == ["one"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.csv", b"", "file_empty"),
        ("a.csv", b"\xef\xbb\xbf \n\n", "file_empty"),
        ("a.csv", "text\n中文".encode("utf-16"), "encoding_unknown"),
        ("a.csv", b"text\n" + b"\xff\xff\n\x80\x80\n" * 10, "encoding_unknown"),
        ("a.csv", b"text,a\rx,1\ry,2", "csv_line_ends"),
        ("a.csv", b",".join(b"%d" % i for i in range(1500)) + b"\n", "too_many_columns"),
        ("a.json", b'[{"text": "x"}]', "json_array"),
        ("a.parquet", b"nothing of the kind", "format_unknown"),
        ("a.parquet", b"PAR1 nothing of the kind PAR1", "file_unreadable"),
        ("a.xlsx", b"PK\x03\x04 nothing of the kind", "file_unreadable"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "format_unknown"),
    ],
)
def test_files_that_cannot_be_read_say_why(sqlite_engine: Engine, tmp_path: Path, name: str, data: bytes, code: str) -> None:
    with pytest.raises(RiskError) as refusal:
        run(sqlite_engine, tmp_path / name, data)
    assert refusal.value.code == code
    assert all(refusal.value.text(lang) for lang in ("zh", "en"))


def test_ndjson_lines(engine: Engine, tmp_path: Path) -> None:
    lines = [
        b'{"text": "a", "deep": ' + b"[" * 900 + b"]" * 900 + b"}",
        b"{bad",
        b"[1]",
        b'{"text": "\\u0000"}',
        b'{"text": {"a": 1}}',
        b'{"a\\u0000": 1}',
    ]
    lines += [
        b'{"text": "\xff"}',
        b'{"text": "b", "n": 1e400, "big": 123456789012345678901234567890}',
        b"",
        b'{"text": "' + b"x" * 5 * MEGABYTE + b'"}',
    ]
    summary = run(engine, tmp_path / "n.ndjson", b"\n".join([*lines, b'{"text": "last"}']))
    assert texts(engine)[-1] == "last"
    assert summary.rows == 10
    assert {"bad_json", "not_an_object", "nul_character", "not_text", "bad_encoding", "row_too_large"} <= set(summary.reasons)


def test_parquet_that_repeats_one_huge_value(sqlite_engine: Engine, tmp_path: Path) -> None:
    huge = pa.array(["x" * 10 * MEGABYTE] * 30 + ["y" * 2 * MEGABYTE, "kept"])
    pq.write_table(pa.table({"text": huge}), tmp_path / "h.parquet", dictionary_pagesize_limit=100 * MEGABYTE)
    del huge
    assert (tmp_path / "h.parquet").stat().st_size < 2 * MEGABYTE
    before = pa.default_memory_pool().bytes_allocated()
    summary = run(sqlite_engine, tmp_path / "h.parquet")
    assert (summary.accepted, summary.reasons) == (1, {"cell_too_large": 31})
    assert pa.default_memory_pool().bytes_allocated() - before < MEGABYTE


def test_nested_parquet_is_refused(sqlite_engine: Engine, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"], "tags": [["b", "c"]]}), tmp_path / "n.parquet")
    with pytest.raises(InvalidInputError, match="nested columns cannot be taken in: tags"):
        run(sqlite_engine, tmp_path / "n.parquet")


def workbook(path: Path, rows: int) -> Path:
    book = Workbook()
    book.active.append(["text", "a"])
    for number in range(rows):
        book.active.append([f"row {number}", number])
    book.save(path)
    book.close()
    return path


def with_sheet(source: Path, target: Path, sheet: bytes | Iterator[bytes]) -> Path:
    """The workbook with another first sheet."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != "xl/worksheets/sheet1.xml":
                new.writestr(part, old.read(part))
                continue
            with new.open(part.filename, "w", force_zip64=True) as stream:
                for block in [sheet] if isinstance(sheet, bytes) else sheet:
                    stream.write(block)
    return target


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def test_zip_bombs(sqlite_engine: Engine, tmp_path: Path) -> None:
    plain = workbook(tmp_path / "p.xlsx", 1)
    big = with_sheet(plain, tmp_path / "big.xlsx", iter([SHEET, *([b" " * MEGABYTE] * 250)]))
    packed = with_sheet(plain, tmp_path / "packed.xlsx", iter([SHEET, *([b" " * MEGABYTE] * 30)]))
    cells = (b'<c r="A1"/>' * 1000 + b"%d" % i for i in range(500))
    wide = with_sheet(plain, tmp_path / "wide.xlsx", iter([SHEET, b"<row>", *cells]))
    for path in (big, packed, wide):
        with pytest.raises(InvalidInputError) as refusal:
            run(sqlite_engine, path)
        assert refusal.value.code == "xlsx_bomb"


def test_far_cells_and_broken_sheets(sqlite_engine: Engine, tmp_path: Path) -> None:
    plain = workbook(tmp_path / "p.xlsx", 1)
    head = b'<row r="1"><c r="A1" t="inlineStr"><is><t>text</t></is></c></row>'
    far = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far</t></is></c></row></sheetData></worksheet>'
    summary = run(sqlite_engine, with_sheet(plain, tmp_path / "far.xlsx", SHEET + head + far))
    assert summary.reasons == {"ragged_row": 1}
    for name, tail in {"row": b'<row r="99999999999"/></sheetData></worksheet>', "cut": b'<row r="2"><c r="A2"'}.items():
        with pytest.raises(InvalidInputError):
            run(sqlite_engine, with_sheet(plain, tmp_path / f"{name}.xlsx", SHEET + head + tail))
    bomb = (
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9))
        + b"]>"
    )
    with pytest.raises(InvalidInputError):
        run(
            sqlite_engine,
            with_sheet(plain, tmp_path / "xml.xlsx", bomb + SHEET + b'<row r="1"><c t="str"><v>&j;</v></c></row></sheetData></worksheet>'),
        )


def test_what_came_before_the_row_cap_stays(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("risk.services.readers.xlsx.ROW_CAP", 25)
    path = workbook(tmp_path / "cap.xlsx", 40)
    with pytest.raises(InvalidInputError, match="more than 25 rows"):
        run(sqlite_engine, path, chunk_rows=10)
    assert len(texts(sqlite_engine)) == 25
    with reading(sqlite_engine) as connection:
        row = connection.execute(select(imports)).one()
    assert (row.status, row.rows_done) == ("failed", 25)
    assert row.error.startswith("xlsx_too_many_rows")


def test_memory_does_not_grow_with_rows(sqlite_engine: Engine, tmp_path: Path) -> None:
    peaks = []
    for rows in (2_000, 12_000):
        path = tmp_path / f"{rows}.csv"
        path.write_text("text,a\n" + "".join(f"第{i}行，说了一些话,{i}\n" for i in range(rows)), encoding="utf-8")
        tracemalloc.start()
        run(sqlite_engine, path, chunk_rows=500)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3 + MEGABYTE


NUMBERS = counting()
FRAGMENTS = st.sampled_from(
    [b'"', b",", b"\n", b"\r", b";", b"\t", b"\0", b"\xff", b"{", b"}", b'{"text":"a"}\n', b"PK\x03\x04", b"PAR1", b"text", "中".encode()]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(st.binary(max_size=300), st.lists(FRAGMENTS, max_size=60).map(b"".join)),
    suffix=st.sampled_from(["csv", "ndjson", "parquet", "xlsx", "dat"]),
)
def test_any_bytes_end_well(tmp_path: Path, data: bytes, suffix: str) -> None:
    """Rows or one of our errors, and every row is a signal or a reason that can be kept."""
    try:
        rows = rows_of(tmp_path / f"f{next(NUMBERS)}.{suffix}", data)
    except RiskError:
        return
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    for row in rows:
        outcome = RowCheck(FieldMapping(), tuple(row.values), "s", NOW)(row.values)
        if isinstance(outcome, list):
            assert all(problem.record()["zh"] for problem in outcome)
        else:
            assert len(outcome.identity) == 64
        kept = repr(keepable(row.values))
        assert "\\x00" not in kept


CELLS = st.text(alphabet=st.sampled_from('ab,;"\n中 '), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=8))
def test_well_formed_csv_comes_back_as_written(tmp_path: Path, table: list[tuple[str, str, str]]) -> None:
    quoted = "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in [("x", "y", "z"), *table])
    rows = rows_of(tmp_path / f"w{next(NUMBERS)}.csv", quoted.encode())
    assert [tuple(row.values.values()) for row in rows] == table
    assert all(row.problem is None for row in rows)
