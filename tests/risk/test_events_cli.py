"""``risk events``, ``sources``, ``matters``, ``shares`` as their users meet them: one way through, in process."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from risk.cli import cli
from risk.domain import matters as law
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import NotFoundError, RiskError
from risk.services.dispatch import load_directory
from risk.storage.engine import transaction
from tests.api.accounts_world import new_account
from tests.risk.task_world import HOME, MODEL, issue

CODE = "10000000000001"


@pytest.fixture
def run(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_DATABASE", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("RISK_LANG", "en")
    with transaction(sqlite_engine) as conn:
        load_directory(conn)

    def run(*arguments: str) -> str:
        return CliRunner().invoke(cli, arguments, catch_exceptions=False).output

    return run


def test_an_event_from_its_cause_to_its_result(run: object, sqlite_engine: Engine, tmp_path: Path) -> None:
    assert callable(run)
    with transaction(sqlite_engine) as conn:
        issue(conn, 2)
    assert run("events", "list") == "no case files\n"
    words = ["--title", "series", "--model", MODEL, "--place", "420100", "--office", HOME, "--owner", "Wang", "--cause", "complaints"]
    assert run("events", "create", *words, "--actor", "Wang").startswith("case file 1 (")
    assert run("events", "link", "1", "alert", "1", "2", "--actor", "Wang") == "2 linked, 0 were there\n"
    assert run("events", "write", "1", "--kind", "result", "--text", "taken down", "--amount", "5000", "--actor", "Wang") == "written: 3\n"
    assert run("events", "unlink", "1", "2", "--reason", "another case", "--actor", "Wang") == "the link 2 was taken out\n"
    assert run("events", "office", "1", "420500-market_supervision", "--reason", "theirs too", "--actor", "Wang").endswith("takes part\n")
    assert run("events", "link", "1", "subject", "1", "2", "--actor", "Wang") == "2 linked, 0 were there\n"
    assert run("events", "offers", "1") == ""  # both alerts were decided on: one is linked, one was taken out
    assert run("events", "change", "1", "--title", "the series", "--reason", "clearer", "--actor", "Wang") == "case file 1: opened\n"
    assert run("events", "step", "1", "close", "--reason", "done", "--actor", "Wang") == "case file 1: closed\n"
    shown = run("events", "show", "1")
    assert "clues: 1\n" in shown
    assert "money involved, as stated (yuan): 5000.00" in shown
    assert "from opened to closed: done" in shown
    target = tmp_path / "line.csv"
    assert run("events", "export", "1", "--format", "csv", "--output", str(target), "--actor", "Wang") == f"written to {target}\n"
    assert len(target.read_text(encoding="utf-8-sig").splitlines()) > 5


def test_the_data_desk(run: object, sqlite_engine: Engine, tmp_path: Path) -> None:
    assert callable(run)
    assert run("sources", "list") == "no source has delivered yet\n"
    path = tmp_path / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([one.name for one in law.columns()])
        out.writerow([CODE, *["x"] * 9])
    taken = run("matters", "import", str(path), "--valid-from", "2026-01-01", "--reason", "yearly", "--actor", "Wang")
    assert taken == "version 1: 1 matters, from 2026-01-01\n"
    assert run("matters", "list") == f"{CODE}  x  x\n"
    assert CODE in run("matters", "map", MODEL, CODE, "--from", "2026-01-01", "--reason", "yearly", "--actor", "Wang")
    assert run("matters", "unmap", "1", "--last", "2026-06-30", "--reason", "gone", "--actor", "Wang").endswith(
        "2026-01-01 to 2026-06-30\n"
    )
    assert "1 matters  list.csv" in run("matters", "list", "--versions")
    assert MODEL in run("matters", "list", "--mappings")
    path.write_text("code\n7\n", encoding="utf-8")
    with pytest.raises(RiskError):
        run("matters", "import", str(path), "--valid-from", "2026-01-01", "--reason", "yearly", "--actor", "Wang")
    for name, city in (("jia", "420200"), ("yi", "420100")):
        new_account(sqlite_engine, ["office_head"], [(city, "market_supervision")], f"{city}-market_supervision", name=name)
    asked = ["--data", "alerts", "--region", "420100", "--department", "market_supervision", "--purpose", "joint", "--basis", "plan"]
    assert run("shares", "list", "--account", "jia") == "no applications\n"
    until = (datetime.now(SHANGHAI).date() + timedelta(days=30)).isoformat()
    assert run("shares", "apply", "--account", "jia", *asked, "--field", "id", "--until", until) == "application 1: applied for\n"
    assert run("shares", "step", "1", "receive", "--account", "yi", "--reason", "looked at") == "application 1: received\n"
    assert run("shares", "step", "1", "grant", "--account", "yi", "--reason", "fits") == "application 1: granted\n"
    target = tmp_path / "shared.csv"
    assert run("shares", "collect", "1", "--account", "jia", "--output", str(target)) == f"written to {target}\n"
    assert target.read_text(encoding="utf-8-sig").splitlines() == ["id"]
    assert "used 1 times" in run("shares", "list", "--account", "jia")
    with pytest.raises(NotFoundError):
        run("shares", "step", "1", "withdraw", "--account", "jia", "--reason", "not the owner")
