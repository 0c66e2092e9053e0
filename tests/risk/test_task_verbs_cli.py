"""The newer verbs of ``risk tasks`` as a person types them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from risk.cli.tasks import tasks as command
from risk.domain.errors import ConflictError
from risk.domain.grades import Grade
from risk.services.alerts import settle
from risk.storage.engine import transaction
from tests.risk.disposal_world import new_candidates, new_run, new_subjects
from tests.risk.task_world import FINANCE, OTHER

SOON = ["--actor", "Zhang"]
PAPER = ["--document", "order", "12"]


@pytest.fixture
def home(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Three tasks issued just now: the commands use the clock of the machine."""
    now = datetime.now(UTC)
    with transaction(sqlite_engine) as conn:
        run, subjects = new_run(conn), new_subjects(conn, 3)
        settle(conn, run, new_candidates(conn, run, [(s, Grade.BLUE, 0.45) for s in subjects], observed=now), now)
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_DATABASE", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("RISK_LANG", "en")


def _run(*arguments: str) -> str:
    return CliRunner().invoke(command, arguments, catch_exceptions=False).output


@pytest.mark.usefixtures("home")
def test_asked_copied_paused_and_shown() -> None:
    _run("sign", "1", *SOON)
    assert _run("ask", "1", "--office", OTHER, "--question", "licensed?", *SOON) == f"task 1: asked {OTHER} (task 4)\n"
    assert _run("copy", "1", "--office", FINANCE, "--note", "for your knowledge", *SOON) == "task 1: copies sent: 1\n"
    assert _run("receipt", "1", "--actor", "Wang") == f"copy 1 receipted by {FINANCE}\n"
    assert _run("pause", "1", "--reason", "laboratory", *PAPER, *SOON) == "task 1: the clock stands still\n"
    shown = _run("show", "1")
    assert "(clock stands still)" in shown
    assert "asked of Market Supervision Administration, Yangxin County, Huangshi City (task 4, issued): licensed?" in shown
    assert "copy 1 (Lead Department for Handling Illegal Fundraising, Jiang'an District, Wuhan City): receipted by Wang" in shown
    assert _run("resume", "1", *PAPER, *SOON).startswith("task 1: the clock goes on, report by ")
    assert "Wuhan City asks: licensed?" in _run("show", "4")
    assert _run("answer", "4", "--text", "yes, until 2027", "--actor", "Li") == "task 4: answered\n"
    assert "    answer: yes, until 2027" in _run("show", "1")
    assert "No such option" not in _run("list", "--kind", "assist", "--sort", "-updated")


@pytest.mark.usefixtures("home")
def test_advised_first() -> None:
    _run("sign", "2", *SOON)
    said = _run("advise", "2", *SOON)
    assert "A clue is not a finding" in said
    assert "task 2: the trader is advised and has until" in said
    assert "stage: advise the trader, until" in _run("show", "2")
    assert _run("advise", "2", "--answer", "taken down", *SOON) == "task 2: the answer of the trader is recorded\n"
    assert _run("advise", "2", "--next", *SOON) == "task 2: verify remotely\n"


@pytest.mark.usefixtures("home")
def test_moved_extended_merged_and_opened_again() -> None:
    for task in ("1", "2"):
        _run("sign", task, *SOON)
    assert _run("assign", "1", "--officer", "Li", *SOON) == "task 1: signed\n"
    assert _run("extend", "1", "--ask", "--reason", "abroad", *SOON) == "task 1: signed\n"
    assert "(extension asked for)" in _run("list", "--extension-asked")
    with pytest.raises(ConflictError):
        _run("extend", "1", "--reason", "granted", *SOON)
    assert _run("extend", "1", "--refuse", "--reason", "no", "--actor", "Head") == "task 1: signed\n"
    assert _run("transfer", "3", "--reason", "elsewhere", "--suggest", OTHER, *SOON) == "task 3: transferred back\n"
    assert f"suggested when transferred back: {OTHER}" in _run("show", "3")
    assert _run("reissue", "3", "--actor", "Desk") == "task 3: issued\n"
    assert _run("merge", "2", "--into", "1", "--reason", "the same", "--actor", "Head") == "task 2: merged\n"
    words = ["--code", "10", "--facts", "seen", "--officer", "Zhang", "--officer", "Li"]
    _run("ask", "1", "--office", OTHER, "--question", "?", *SOON)
    with pytest.raises(ConflictError):
        _run("report", "1", *words, *SOON)
    assert _run("report", "1", *words, *SOON, "--reason", "enough on site") == "task 1: reported\n"
    assert _run("withdraw", "4", "--reason", "not needed", *SOON) == "task 4: withdrawn\n"
    _run("accept", "1", "--close", "--actor", "Head")
    assert _run("reopen", "1", "--reason", "new evidence", "--actor", "Head") == "task 1: verifying\n"
