"""Files become signals once each, whatever their format, and say what they lacked."""

from __future__ import annotations

import json
import multiprocessing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from sqlalchemy import Engine, func, select
from sqlalchemy.engine import URL

from risk.domain.errors import InvalidInputError, RiskError
from risk.domain.mapping import FieldMapping
from risk.services import intake
from risk.services.imports import Summary
from risk.services.intake import load_mapping, take
from risk.storage.engine import open_engine, reading
from risk.storage.tables import imports, quarantine, signals, subject_aliases, subjects

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ROWS = [
    {
        "编号": "1",
        "正文": "三个疗程根治",
        "发布时间": "2026-10-01 08:00",
        "地区": "武汉市江岸区",
        "平台": "某商城",
        "店铺": "一号店",
        "赞": 3,
    },
    {"编号": "2", "正文": "月息两分，保本", "发布时间": "", "地区": "", "平台": "", "店铺": "", "赞": 4},
    {"编号": "3", "正文": "", "发布时间": "2026-10-01", "地区": "420102", "平台": "", "店铺": "", "赞": 5},
    {"编号": "4", "正文": "第四", "发布时间": "昨天", "地区": "某地", "平台": "", "店铺": "", "赞": 6},
]
GOOD, BAD = "91350100M000100Y43", "91350211M0000XUF46"


def run(engine: Engine, path: Path, **options: Any) -> Summary:
    return take(engine, path, **{"actor": "t", "now": NOW, **options})


def stored(engine: Engine, *columns: str) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(*(signals.c[name] for name in columns)).order_by(signals.c.id)))


def count(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows in the format that the name asks for."""
    names = list(rows[0])
    if path.suffix == ".ndjson":
        path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".xlsx":
        book = Workbook()
        book.active.append(names)
        for row in rows:
            book.active.append(list(row.values()))
        book.save(path)
        book.close()
    else:
        lines = [",".join(names), *(",".join(str(value) for value in row.values()) for row in rows)]
        path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", ["csv", "ndjson", "parquet", "xlsx"])
def test_every_format_gives_the_same_signals(engine: Engine, tmp_path: Path, suffix: str) -> None:
    summary = run(engine, write(tmp_path / f"file.{suffix}", ROWS))
    assert (summary.rows, summary.accepted, summary.duplicates, summary.quarantined) == (4, 2, 0, 2)
    assert summary.reasons == {"empty_text": 1, "time_invalid": 1}
    assert summary.notes == {"no_time": 1, "no_region": 1, "no_subject": 1}
    first, second = stored(engine, "source", "source_id", "text", "observed_at", "time_given", "region", "linked_by", "fields")
    assert first[:7] == ("file", "1", "三个疗程根治", datetime(2026, 10, 1, tzinfo=UTC), True, "420102", "shop")
    assert str(first[7]["赞"]) == "3"
    assert first[7]["platform"] == "某商城"
    assert second[3:5] == (NOW, False)


def test_the_same_file_again_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "file.csv", ROWS)
    run(engine, path)
    again = run(engine, path)
    assert again.repeated
    assert (count(engine, signals), count(engine, quarantine), count(engine, imports)) == (2, 2, 1)


def test_identity_over_files(engine: Engine, tmp_path: Path) -> None:
    """The same row in two files of one source is one signal; in two sources, or in two shops, it is two."""
    run(engine, write(tmp_path / "a.csv", ROWS[:2]), source="s")
    overlap = run(engine, write(tmp_path / "b.csv", ROWS[:1] * 2), source="s")
    assert (overlap.accepted, overlap.duplicates) == (0, 2)
    assert run(engine, write(tmp_path / "b.csv", ROWS[:1]), source="other").accepted == 1
    assert run(engine, write(tmp_path / "c.csv", [{**ROWS[0], "店铺": "二号店"}]), source="s").accepted == 1


def test_gb18030_and_bom_and_delimiters(sqlite_engine: Engine, tmp_path: Path) -> None:
    text = '编号;正文;地区\n1;"第一行\n第二行";荆州市\n2;𠮷字;江陵县\n'
    for name, data in {"gb": text.encode("gb18030"), "bom": text.encode("utf-8-sig"), "tab": text.replace(";", "\t").encode()}.items():
        (tmp_path / f"{name}.csv").write_bytes(data)
        assert run(sqlite_engine, tmp_path / f"{name}.csv").accepted == 2
    assert {row[0] for row in stored(sqlite_engine, "text")} == {"第一行\n第二行", "𠮷字"}
    assert {row[0] for row in stored(sqlite_engine, "region")} == {"421000", "421024"}
    (tmp_path / "n.ndjson").write_bytes('{"text": "中文"}\n'.encode("gb18030"))
    assert run(sqlite_engine, tmp_path / "n.ndjson").accepted == 1


def test_linking(engine: Engine, tmp_path: Path) -> None:
    rows = [
        {"text": "a", "uscc": GOOD, "platform": "p", "shop": "s", "name": "某公司", "licence_no": "鄂AA027", "region": "420102"},
        {"text": "b", "uscc": "", "platform": "Ｐ", "shop": "S", "name": "", "licence_no": "", "region": ""},
        {"text": "c", "uscc": "", "platform": "", "shop": "", "name": "某公司", "licence_no": "", "region": "江岸区"},
        {"text": "d", "uscc": "", "platform": "", "shop": "", "name": "", "licence_no": "鄂 AA027", "region": ""},
        {"text": "e", "uscc": BAD, "platform": "", "shop": "", "name": "", "licence_no": "", "region": ""},
        {"text": "f", "uscc": "123", "platform": "", "shop": "", "name": "", "licence_no": "", "region": ""},
        {"text": "g", "uscc": "", "platform": "q", "shop": "t", "name": "", "licence_no": "", "region": ""},
        {"text": "h", "uscc": "", "platform": "", "shop": "", "name": "某公司", "licence_no": "", "region": ""},
    ]
    summary = run(engine, write(tmp_path / "l.csv", rows), chunk_rows=3)
    found = {
        text: (subject, by, tuple(warnings))
        for text, subject, by, warnings in stored(engine, "text", "subject_id", "linked_by", "warnings")
    }
    assert [found[text][1] for text in "abcdefgh"] == ["uscc", "shop", "name", "licence", "uscc", None, "shop", None]
    assert found["a"][0] == found["b"][0] == found["c"][0] == found["d"][0] != found["e"][0]
    assert found["e"][2] == ("uscc_checksum",)
    assert found["f"][2] == ("uscc_malformed",)
    assert summary.accepted == 8
    assert summary.warnings == {"uscc_checksum": 1, "uscc_malformed": 1}
    assert (count(engine, subjects), count(engine, subject_aliases)) == (3, 4)


def test_linking_does_not_depend_on_chunks(sqlite_engine: Engine, tmp_path: Path) -> None:
    rows = [{"text": str(i), "platform": "p", "shop": str(i % 7), "name": str(i % 5), "region": "420102"} for i in range(60)]
    shapes = []
    for size in (1, 13, 60):
        engine = open_engine(f"sqlite:///{tmp_path / f'{size}.db'}")
        from risk.storage import migrate

        migrate.upgrade(engine)
        run(engine, write(tmp_path / "r.csv", rows), chunk_rows=size)
        with reading(engine) as connection:
            pairs = select(signals.c.text, subjects.c.key, signals.c.linked_by).join(subjects).order_by(signals.c.id)
            shapes.append(connection.execute(pairs).all())
        engine.dispose()
    assert shapes[0] == shapes[1] == shapes[2]


def test_guessing_never_refuses_for_a_foreign_kind(sqlite_engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "k.csv", [{"kind": "spam", "text": "a", "source": "x"}, {"kind": "report", "text": "b", "source": "y"}])
    assert run(sqlite_engine, path).accepted == 2
    assert stored(sqlite_engine, "kind", "fields") == [("content", {"kind": "spam", "source": "x"}), ("report", {"source": "y"})]


MAP = """
date_formats = ["%d.%m.%Y"]
timezone = "UTC"
fields = ["赞"]
[columns]
"甲" = "text"
"乙" = "text"
"日" = "time"
"类" = "kind"
"道" = "channel"
[constants]
platform = "某平台"
[values.kind]
"投诉" = "report"
[values.channel]
"微信" = "wechat"
"""


def test_mapping_file(sqlite_engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(MAP, encoding="utf-8")
    mapping = load_mapping(tmp_path / "m.toml")
    assert FieldMapping.restore(json.loads(json.dumps(mapping.record()))) == mapping
    row = {"甲": "题", "乙": "文", "日": "02.10.2026", "类": "投诉", "道": "微信", "赞": "1", "踩": "2"}
    path = write(tmp_path / "m.csv", [row, {**row, "类": "表扬"}])
    summary = run(sqlite_engine, path, mapping=mapping)
    assert summary.reasons == {"kind_unknown": 1}
    (kept,) = stored(sqlite_engine, "text", "observed_at", "kind", "channel", "fields")
    assert kept == ("题\n文", datetime(2026, 10, 2, tzinfo=UTC), "report", "wechat", {"赞": "1", "platform": "某平台"})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[columns]\na = 'nonsense'", "mapping_field_unknown"),
        ("[columns]\na = 'time'\nb = 'time'", "mapping_field_twice"),
        ("timezone = 'Mars/Base'", "mapping_timezone_unknown"),
        ("colums = 1", "mapping_key_unknown"),
        ("columns = 1", "mapping_shape"),
        ("= =", "mapping_unreadable"),
    ],
)
def test_bad_mapping_files(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(RiskError) as refusal:
        load_mapping(tmp_path / "m.toml")
    assert refusal.value.code == code


def test_missing_columns_are_named(sqlite_engine: Engine, tmp_path: Path) -> None:
    path = write(tmp_path / "x.csv", [{"a": "1", "b": "2"}])
    with pytest.raises(InvalidInputError, match="no column holds the text; the header is: a, b"):
        run(sqlite_engine, path)
    with pytest.raises(InvalidInputError, match="no column 'c'"):
        run(sqlite_engine, path, mapping=FieldMapping.parse({"columns": {"c": "text"}}))


def test_times(sqlite_engine: Engine, tmp_path: Path) -> None:
    rows = [{"text": str(i), "time": time} for i, time in enumerate(["2026-11-01", "2026-11-05", "1970-01-01", "9999-12-31", "-"])]
    assert run(sqlite_engine, write(tmp_path / "t.csv", rows)).reasons == {"time_future": 2, "time_too_old": 1}
    typed = [{"text": "d", "time": date(2026, 10, 1)}, {"text": "e", "time": date(2027, 10, 1)}]
    assert run(sqlite_engine, write(tmp_path / "t.parquet", typed)).reasons == {"time_future": 1}


class Killed(BaseException):
    """Stands for a SIGKILL."""


@pytest.mark.parametrize("broken", range(12))
def test_going_on_after_a_failure_anywhere(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    """Broken off at the n-th write, before or after it, then taken in again: as if nothing had happened."""
    rows = [{"text": "" if i % 5 == 0 else str(i % 17), "shop": str(i % 3), "platform": "p"} for i in range(40)]
    path = write(tmp_path / "r.csv", rows)
    calls = 0
    for name in ("store", "insert_new"):
        original = getattr(intake, name)

        def fail(*args: Any, _original: Any = original, **options: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == broken:
                raise Killed
            result = _original(*args, **options)
            if calls == broken - 1 and broken % 2:
                calls += 1
                raise Killed
            return result

        monkeypatch.setattr(intake, name, fail)
    try:
        run(engine, path, chunk_rows=8)
    except Killed:
        monkeypatch.undo()
        run(engine, path, chunk_rows=7)
    with reading(engine) as connection:
        row = connection.execute(select(imports)).one()
    distinct = {(r["text"], r["shop"]) for r in rows if r["text"]}
    assert (row.status, row.rows_done, row.accepted, row.quarantined) == ("done", 40, len(distinct), 8)
    assert row.duplicates == 40 - 8 - len(distinct)
    assert (count(engine, signals), count(engine, quarantine)) == (len(distinct), 8)


def take_in_a_process(url: str, path: str) -> None:
    engine = open_engine(url)
    take(engine, Path(path), actor="t", now=NOW, chunk_rows=20)
    engine.dispose()


def test_two_processes_with_one_file(engine: Engine, engine_url: URL, tmp_path: Path) -> None:
    path = write(tmp_path / "two.csv", [{"text": "" if i % 10 == 0 else str(i), "shop": str(i % 3), "platform": "p"} for i in range(600)])
    context = multiprocessing.get_context("spawn")
    url = engine_url.render_as_string(hide_password=False)
    workers = [context.Process(target=take_in_a_process, args=(url, str(path))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
        worker.close()
    with reading(engine) as connection:
        row = connection.execute(select(imports)).one()
    assert (row.rows_done, row.accepted, row.duplicates, row.quarantined) == (600, 540, 0, 60)
    assert (count(engine, signals), count(engine, quarantine), count(engine, subjects)) == (540, 60, 3)
