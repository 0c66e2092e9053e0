"""``risk audit`` as an auditor uses it: look, export, verify, and find what somebody changed behind our back."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk.bootstrap import open_store
from risk.cli.audit import audit
from risk.domain.errors import InvalidInputError
from risk.services import auditing
from risk.settings import Settings
from risk.storage.engine import transaction
from tests.risk.cli_world import risk

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.setenv("RISK_AUDIT_HASH", "sm3")
    monkeypatch.delenv("RISK_DATABASE", raising=False)
    engine = open_store(Settings.from_environment())
    with transaction(engine) as conn:
        for number in range(3):
            auditing.record(conn, "张三", "task.sign", f"task:{number}", {"n": number}, NOW)
    engine.dispose()
    return tmp_path


def said(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(audit, list(arguments), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def test_look_export_and_verify(home: Path) -> None:
    assert said("list", "--object", "task:1").count("\n") == 1
    assert "no such rows" in said("list", "--by", "nobody")
    assert said("list", "--since", "2026-11-01", "--until", "2026-11-01").count("\n") == 3, "a bare date is the whole day in Hubei"
    assert [json.loads(line)["algorithm"] for line in said("list", "--format", "json").splitlines()] == ["sm3"] * 3
    assert "3 rows written" in said("export", "--output", str(home / "out.csv"), "--actor", "auditor")
    assert (home / "out.csv").read_text(encoding="utf-8-sig").count("task.sign") == 3
    with pytest.raises(FileExistsError):
        said("export", "--output", str(home / "out.csv"), "--actor", "auditor")
    told = said("verify")
    assert "4 rows" in told
    assert "no head was noted" in told
    assert "row 4" in said("head")
    assert "the last one at row 4" in said("verify")


def test_what_was_changed_is_found(home: Path, tmp_path: Path) -> None:
    said("head")
    (tmp_path / "kept.ndjson").write_bytes((tmp_path / "audit" / "heads.ndjson").read_bytes())
    with sqlite3.connect(home / "risk.db") as raw:
        with pytest.raises(sqlite3.DatabaseError, match="append-only"):
            raw.execute("UPDATE audit SET actor = '李四' WHERE id = 2")
        raw.execute("DROP TRIGGER audit_no_update")
        raw.execute("UPDATE audit SET actor = '李四' WHERE id = 2")
    raw.close()
    told = said("verify", code=1)
    assert "row 2: the row was changed" in told
    assert "1 faults" in told
    assert json.loads(said("verify", "--format", "json", code=1))["faults"][0]["place"] == 2
    with sqlite3.connect(home / "risk.db") as raw:  # the newest row and the head with it; and the file of heads on this machine
        raw.execute("UPDATE audit SET actor = '张三' WHERE id = 2")
        raw.execute("DROP TRIGGER audit_no_delete")
        raw.execute("DROP TRIGGER audit_head_grows")
        raw.execute("DELETE FROM audit WHERE id = 3")
        raw.execute("UPDATE audit_head SET length = 2, hash = (SELECT hash FROM audit WHERE id = 2)")
    raw.close()
    (tmp_path / "audit" / "heads.ndjson").unlink()
    assert "no head was noted" in said("verify")
    assert "history rewritten or cut off" in said("verify", "--heads", str(tmp_path / "kept.ndjson"), code=1)


def test_no_log_host(home: Path) -> None:
    with pytest.raises(InvalidInputError, match="no log host is set"):
        said("push")


def test_reading_plain_is_on_the_record(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_UNMASKINGS_A_DAY", "1")
    (tmp_path / "ads.csv").write_text("text,region\n加微信hb880123 电话13800138000,420102\n", encoding="utf-8")
    assert risk("intake", str(tmp_path / "ads.csv"), "--source", "x").code == 0
    done = risk("unmask", "signal:1", "--reason", "联系举报人核实", "--actor", "li")
    assert done.code == 0, done.err
    assert "13800138000" in done.out
    again = risk("unmask", "signal:1", "--reason", "联系举报人核实", "--actor", "li")
    assert (again.code, again.out) == (1, "")
    assert "error[unmask_limit]" in again.err
    assert "联系举报人核实" in said("list", "--action", "personal")
    assert "13800138000" not in said("list")
