"""The life of a refused row, and the command line around it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select

from risk.cli import cli
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.services.intake import take
from risk.services.quarantine import Resubmission, dismiss, list_rows, repair, resubmit
from risk.storage.engine import reading
from risk.storage.tables import audit, imports, signals

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LINES = ["编号,正文,时间", "1,好,2026-10-01", "2,,2026-10-01", "3,有,昨天", "4,缺列", "5,好\0坏,2026-10-01", "6,将来,2026-12-01"]


@pytest.fixture
def taken(engine: Engine, tmp_path: Path) -> Engine:
    """A store with one signal and five refused rows, of ids in the order of the file."""
    path = tmp_path / "q.csv"
    path.write_text("\n".join(LINES), encoding="utf-8")
    take(engine, path, actor="t", now=NOW)
    return engine


def ids(engine: Engine, code: str) -> int:
    (row,) = list_rows(engine, code=code)
    return int(row["id"])


def balance(engine: Engine) -> tuple[int, int, int, str]:
    with reading(engine) as connection:
        row = connection.execute(select(imports)).one()
    assert row.accepted + row.duplicates + row.quarantined == row.rows_done
    return row.accepted, row.duplicates, row.quarantined, row.status


def test_list(taken: Engine) -> None:
    rows = list_rows(taken)
    assert [row["row_no"] for row in rows] == [2, 3, 4, 5, 6]
    assert [row["problems"][0]["code"] for row in rows] == ["empty_text", "time_invalid", "ragged_row", "nul_character", "time_future"]
    assert rows[1]["problems"][0]["zh"] == "“时间”的时间无法识别：昨天"
    assert rows[3]["raw"]["正文"] == "好␀坏"
    assert len(list_rows(taken, after=rows[1]["id"], limit=2)) == 2
    assert list_rows(taken, import_id=99) == []


def test_repair_and_resubmit(taken: Engine) -> None:
    assert balance(taken) == (1, 0, 5, "done")
    repair(taken, ids(taken, "empty_text"), {"正文": "补上"}, actor="lin", now=NOW)
    repair(taken, ids(taken, "ragged_row"), {"时间": "2026-10-02"}, actor="lin", now=NOW)
    repair(taken, ids(taken, "nul_character"), {"正文": "好"}, actor="lin", now=NOW)
    assert resubmit(taken, actor="lin", now=NOW) == Resubmission(accepted=3)
    assert balance(taken) == (4, 0, 2, "done")
    assert resubmit(taken, actor="lin", now=NOW) == Resubmission()
    with reading(taken) as connection:
        assert [tuple(row) for row in connection.execute(select(signals.c.source_id, signals.c.text).order_by(signals.c.id))] == [
            ("1", "好"),
            ("2", "补上"),
            ("4", "缺列"),
            ("5", "好"),
        ]
        assert (
            connection.scalars(select(audit.c.action).order_by(audit.c.id)).all()
            == ["import.begin"] + ["quarantine.repair"] * 3 + ["quarantine.resubmit"] * 3
        )


def test_a_repair_that_does_not_help_is_refused(taken: Engine) -> None:
    with pytest.raises(InvalidInputError, match="no time that can be read: morgen") as refusal:
        repair(taken, ids(taken, "time_invalid"), {"时间": "morgen"}, actor="t", now=NOW)
    assert "无法识别" in refusal.value.text("zh")
    with pytest.raises(InvalidInputError, match="NUL"):
        repair(taken, ids(taken, "nul_character"), {"时间": "2026-10-02"}, actor="t", now=NOW)
    with pytest.raises(InvalidInputError, match="no such column: 题目"):
        repair(taken, ids(taken, "time_invalid"), {"题目": "x"}, actor="t", now=NOW)
    with pytest.raises(NotFoundError):
        repair(taken, 4711, {"正文": "x"}, actor="t", now=NOW)


def test_resubmitting_unrepaired_rows(taken: Engine) -> None:
    """They stay open with the reasons of now; what has become right in the meantime goes in."""
    everything = [row["id"] for row in list_rows(taken)]
    assert resubmit(taken, everything, actor="t", now=datetime(2026, 12, 2, tzinfo=UTC)) == Resubmission(accepted=1, refused=4)
    assert [row["problems"][0]["code"] for row in list_rows(taken)] == ["empty_text", "time_invalid", "ragged_row", "nul_character"]
    assert balance(taken) == (2, 0, 4, "done")


def test_a_repair_that_makes_a_duplicate(taken: Engine) -> None:
    row = ids(taken, "ragged_row")
    repair(taken, row, {"编号": "1", "正文": "好", "时间": "2026-10-01"}, actor="t", now=NOW)
    assert resubmit(taken, [row], actor="t", now=NOW) == Resubmission(duplicates=1)


def test_dismiss(taken: Engine) -> None:
    row = ids(taken, "time_future")
    dismiss(taken, row, reason="测试数据", actor="t", now=NOW)
    assert len(list_rows(taken)) == 4
    with pytest.raises(ConflictError, match="dismissed already"):
        repair(taken, row, {"时间": "2026-10-01"}, actor="t", now=NOW)
    with reading(taken) as connection:
        assert connection.scalar(select(audit.c.detail).where(audit.c.action == "quarantine.dismiss")) == {"reason": "测试数据"}


def test_command_line(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("\n".join(LINES), encoding="utf-8")
    run = CliRunner(env={"RISK_HOME": str(tmp_path / "home"), "RISK_LANG": "en", "RISK_DATABASE": f"sqlite:///{tmp_path / 'cli.db'}"})

    def say(*arguments: str) -> str:
        return run.invoke(cli, list(arguments), catch_exceptions=False).output

    first = say("intake", str(path), "--source", "s")
    assert "accepted 1 · duplicates 0 · quarantined 5" in first
    assert "there is no text" in first
    assert "nothing is new" in say("intake", str(path), "--source", "s")
    assert "row 3  [open]  '时间' is no time that can be read: 昨天" in say("quarantine", "list")
    rows = json.loads(say("quarantine", "list", "--code", "empty_text", "--format", "json"))
    assert rows[0]["problems"][0]["hint_en"]
    row = str(rows[0]["id"])
    assert "is repaired" in say("quarantine", "repair", row, "--set", "正文=补上")
    assert "accepted 1 · duplicates 0 · still refused 0" in say("quarantine", "resubmit", "--all")
    assert "dismissed" in say("quarantine", "dismiss", str(rows[0]["id"] + 1), "--reason", "x")
    assert "没有隔离行" in run.invoke(cli, ["quarantine", "list", "--code", "bad_json"], env={"RISK_LANG": "zh"}).output
    with pytest.raises(NotFoundError, match="no such file"):
        run.invoke(cli, ["intake", str(tmp_path / "none.csv")], catch_exceptions=False)
