"""Files taken in as jobs over HTTP: every form of sending, progress as it goes, refused rows, cancelling, kills, repeats."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain.errors import ConflictError
from risk.domain.mapping import FieldMapping
from risk.services import import_jobs, intake
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading
from tests.risk.disposal_world import NOW

GOOD = "内容,发布时间\n三个疗程根治糖尿病,2026-10-11 10:00\n今日营业,2026-10-11 11:00\n,2026-10-11 12:00\n"
URL = "/api/v1/imports"


def _wait(client: TestClient) -> None:
    assert client.app.state.services.background.wait(30.0)  # type: ignore[attr-defined]


def _job(client: TestClient, number: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{URL}/{number}").json()
    return found


def _signals(settings: Settings) -> int:
    engine = open_engine(settings.database_url)
    with reading(engine) as conn:
        found = conn.scalar(select(func.count()).select_from(t.signals))
    engine.dispose()
    return int(found or 0)


def _events(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Name, id and data of each event of a stream."""
    found = []
    for block in text.strip().split("\n\n"):
        told = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if told:
            found.append((told["event"], told["id"], json.loads(told["data"])))
    return found


def test_a_form_is_taken_in_and_its_refused_rows_are_listed(client: TestClient, settings: Settings) -> None:
    answer = client.post(URL, files={"file": ("投诉.csv", GOOD.encode(), "text/csv")}, data={"source": "热线"})
    assert answer.status_code == 202, answer.text
    number = answer.json()["id"]
    assert (answer.json()["file"], answer.json()["source"], answer.json()["rows_estimated"]) == ("投诉.csv", "热线", 3)
    _wait(client)
    job = _job(client, number)
    assert (job["status"], job["rows_done"], job["accepted"], job["quarantined"], job["percent"]) == ("done", 3, 2, 1, 100.0)
    assert _signals(settings) == 2
    assert list((settings.home / "spool").iterdir()) == []
    errors = client.get(f"{URL}/{number}/errors").json()
    assert [(row["row_no"], row["problems"][0]["code"]) for row in errors["items"]] == [(3, "empty_text")]
    lines = client.get(f"{URL}/{number}/errors.csv")
    assert lines.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(lines.text.lstrip("\ufeff"))))
    assert rows[1][:3] == ["3", "内容", "empty_text"]


@pytest.mark.parametrize(
    ("kind", "name", "body", "rows"),
    [
        ("application/x-ndjson", "", '{"text": "根治糖尿病"}\n{"text": "今日营业"}\n'.encode(), 2),
        ("text/csv", "", GOOD.encode(), 3),
        ("application/octet-stream", "a.csv", GOOD.encode("gb18030"), 3),
    ],
)
def test_a_bare_body_is_a_file_too(client: TestClient, kind: str, name: str, body: bytes, rows: int) -> None:
    answer = client.post(URL, params={"source": "源", "file": name}, content=body, headers={"Content-Type": kind})
    assert answer.status_code == 202, answer.text
    _wait(client)
    job = _job(client, answer.json()["id"])
    assert (job["status"], job["rows_done"], job["rows_estimated"]) == ("done", rows, rows)


def test_parquet_and_workbooks_come_in_as_they_are(client: TestClient, tmp_path: Path) -> None:
    import openpyxl
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = tmp_path / "t.parquet"
    pq.write_table(pa.table({"text": ["根治糖尿病", "今日营业"]}), table)
    book = openpyxl.Workbook()
    book.active.append(["内容"])
    book.active.append(["三个疗程根治糖尿病"])
    book.save(tmp_path / "t.xlsx")
    first = client.post(URL, files={"file": ("t.parquet", table.read_bytes(), "application/octet-stream")})
    _wait(client)
    assert (_job(client, first.json()["id"])["accepted"], first.json()["rows_estimated"]) == (2, 2)
    second = client.post(
        URL, files={"file": ("t.xlsx", (tmp_path / "t.xlsx").read_bytes(), "application/octet-stream")}, data={"source": "本"}
    )
    tools = client.app.state.services  # type: ignore[attr-defined]
    _wait(client)
    import_jobs.carry_out_all(tools.desk.engine, tools.settings, clock=lambda: NOW)  # the clock of this test stands, so its slot is taken
    job = _job(client, second.json()["id"])
    assert (job["status"], job["accepted"], job["rows_estimated"]) == ("done", 1, None)


def test_a_mapping_is_named_or_sent(client: TestClient, settings: Settings) -> None:
    (settings.home / "mappings").mkdir(parents=True)
    mapping = '[columns]\n"x" = "text"\n[constants]\nregion = "420502"\n'
    (settings.home / "mappings" / "hotline.toml").write_text(mapping, encoding="utf-8")
    body = "x\n根治糖尿病\n".encode()
    sent = client.post(URL, files={"file": ("a.csv", body, "text/csv")}, data={"mapping": mapping, "source": "a"})
    named = client.post(
        URL, params={"mapping": "hotline", "file": "a.csv", "source": "a"}, content=body, headers={"Content-Type": "text/csv"}
    )
    assert (sent.status_code, named.status_code) == (202, 202)
    assert sent.json()["id"] == named.json()["id"]  # the same file, source and mapping
    _wait(client)
    assert client.get("/api/v1/signals", params={"region": "420502"}).json()["items"][0]["region"] == "420502"
    for given, status, code in (
        ("nothing", 404, "import_mapping_unknown"),
        ("[columns", 422, "mapping_unreadable"),
        ("a = 1", 422, "mapping_key_unknown"),
    ):
        refused = client.post(URL, files={"file": ("b.csv", body, "text/csv")}, data={"mapping": given})
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert list((settings.home / "spool").iterdir()) == []  # nothing stays behind of what was refused


def test_progress_is_told_as_it_changes_and_goes_on_from_the_last_event(client: TestClient) -> None:
    answer = client.post(URL, files={"file": ("a.csv", GOOD.encode(), "text/csv")})
    number = answer.json()["id"]
    with client.stream("GET", f"{URL}/{number}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        events = _events("".join(stream.iter_text()))
    assert events[-1][0] == "end"
    assert (events[-1][1], events[-1][2]["accepted"]) == ("done-3", 2)
    assert {name for name, _, _ in events[:-1]} <= {"progress"}
    with client.stream("GET", f"{URL}/{number}/events", headers={"Last-Event-ID": "done-3"}) as stream:
        again = _events("".join(stream.iter_text()))
    assert [(name, mark) for name, mark, _ in again] == [("end", "done-3")]
    assert client.get(f"{URL}/999/events").status_code == 404


def test_a_file_that_cannot_be_read_fails_with_its_reason_and_may_come_again(client: TestClient) -> None:
    answer = client.post(URL, files={"file": ("a.csv", "甲,乙\n1,2\n".encode(), "text/csv")})
    _wait(client)
    job = _job(client, answer.json()["id"])
    assert (job["status"], job["error"]["code"]) == ("failed", "no_text_column")
    again = client.post(URL, files={"file": ("a.csv", "甲,乙\n1,2\n".encode(), "text/csv")})
    assert again.json()["id"] == job["id"]


def test_nothing_and_too_much_are_refused(settings: Settings) -> None:
    from dataclasses import replace

    small = replace(settings, import_mb=1)
    with TestClient(create_app(small, clock=lambda: NOW), raise_server_exceptions=False) as client:
        for body, code, status in (
            (b"", "import_nothing", 422),
            (b"x" * 1_500_000, "import_too_large", 422),
            (b"x" * 3_000_000, "body_too_large", 413),
        ):
            refused = client.post(URL, content=body, headers={"Content-Type": "text/csv"})
            assert (refused.status_code, refused.json()["code"]) == (status, code)
        assert client.post(URL, data={"source": "x"}, files={"other": ("a", b"1", "text/csv")}).json()["code"] == "import_nothing"
    assert list((settings.home / "spool").iterdir()) == []


def test_a_larger_file_than_other_bodies_is_let_through(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.app.MOST_BYTES", 10_000)
    lines = b'{"text": "x"}\n' * 1_000
    with TestClient(create_app(settings, clock=lambda: NOW), raise_server_exceptions=False) as client:
        assert client.post("/api/v1/signals", content=lines, headers={"Content-Type": "application/json"}).status_code == 413
        answer = client.post(URL, params={"file": "a.ndjson"}, content=lines)
        assert answer.status_code == 202
        _wait(client)
        assert _job(client, answer.json()["id"])["rows_done"] == 1_000


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_after_its_chunk(settings: Settings, client: TestClient) -> None:
    tools = client.app.state.services  # type: ignore[attr-defined]
    engine = tools.desk.engine
    spool = import_jobs.new_spool(settings, "a.csv")
    spool.write_bytes(("内容\n" + "".join(f"第{n}条根治\n" for n in range(10))).encode())
    job = import_jobs.enqueue(engine, spool, "h1", file="a.csv", source="s", mapping=FieldMapping(), actor="x", now=NOW)
    taken = intake._settle

    def then_cancel(*args: Any) -> None:
        taken(*args)
        if client.get(f"{URL}/{job.id}").json()["status"] == "running":
            assert client.post(f"{URL}/{job.id}/cancel").json()["status"] == "cancelling"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_settle", then_cancel)
        assert import_jobs.carry_out_all(engine, settings, clock=lambda: NOW, chunk_rows=4) == {str(job.id): "cancelled"}
    found = _job(client, job.id)
    assert (found["status"], found["rows_done"], found["error"]["code"]) == ("cancelled", 4, "import_cancelled")
    assert client.post(f"{URL}/{job.id}/cancel").status_code == 409
    spool = import_jobs.new_spool(settings, "a.csv")
    spool.write_bytes(("内容\n" + "".join(f"第{n}条根治\n" for n in range(10))).encode())
    again = import_jobs.enqueue(engine, spool, "h1", file="a.csv", source="s", mapping=FieldMapping(), actor="x", now=NOW)
    assert again.id == job.id
    assert client.post(f"{URL}/{job.id}/cancel").json()["status"] == "cancelled"
    assert import_jobs.carry_out_all(engine, settings, clock=lambda: NOW) == {}


def test_a_killed_job_goes_on_where_it_was(settings: Settings, client: TestClient) -> None:
    engine = client.app.state.services.desk.engine  # type: ignore[attr-defined]
    spool = import_jobs.new_spool(settings, "a.csv")
    assert spool.parent.stat().st_mode & 0o777 == 0o700
    spool.write_bytes(("内容\n" + "".join(f"第{n}条根治\n" for n in range(10))).encode())
    job = import_jobs.enqueue(engine, spool, "h1", file="a.csv", source="s", mapping=FieldMapping(), actor="x", now=NOW)
    counted: list[int] = []
    taken = intake._settle

    def killed(*args: Any) -> None:
        if counted:
            raise KeyboardInterrupt
        counted.append(1)
        taken(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "_settle", killed)
        with pytest.raises(KeyboardInterrupt):
            import_jobs.carry_out_all(engine, settings, clock=lambda: NOW, chunk_rows=4)
    found = _job(client, job.id)
    assert (found["status"], found["rows_done"], found["percent"]) == ("running", 4, 40.0)
    assert import_jobs.carry_out_all(engine, settings, clock=lambda: NOW) == {str(job.id): "done"}
    assert _signals(settings) == 10
    assert not spool.exists()
    lost = import_jobs.enqueue(engine, _gone(settings), "h2", file="b.csv", source="s", mapping=FieldMapping(), actor="x", now=NOW)
    (settings.home / "spool").joinpath("gone.csv").unlink()
    assert import_jobs.carry_out_all(engine, settings, clock=lambda: NOW) == {}  # another machine may have it
    later = NOW + import_jobs.LOST_AFTER * 2
    assert import_jobs.carry_out_all(engine, settings, clock=lambda: later) == {str(lost.id): "failed"}


def _gone(settings: Settings) -> Path:
    path = import_jobs.spool_dir(settings) / "gone.csv"
    path.write_text("内容\n1\n", encoding="utf-8")
    return path


def test_jobs_are_listed_and_unknown_ones_not_found(client: TestClient) -> None:
    for name in ("a", "b"):
        client.post(URL, files={"file": (f"{name}.csv", GOOD.encode(), "text/csv")}, data={"source": name})
    page = client.get(URL, params={"limit": 1}).json()
    assert [one["source"] for one in page["items"]] == ["b"]
    assert [one["source"] for one in client.get(URL, params={"cursor": page["cursor"]}).json()["items"]] == ["a"]
    for path in ("/77", "/77/errors", "/77/errors.csv"):
        assert client.get(URL + path).json()["code"] == "import_job_not_found"
    _wait(client)


def test_a_server_that_is_busy_leaves_the_file_to_whoever_is_free(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: Any) -> None:
        raise ConflictError("use_case_busy", use_case="take_files", holder="other")

    monkeypatch.setattr(client.app.state.services.background, "start", busy)  # type: ignore[attr-defined]
    answer = client.post(URL, files={"file": ("a.csv", GOOD.encode(), "text/csv")})
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
