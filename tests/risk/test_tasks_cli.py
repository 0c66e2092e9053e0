"""``risk tasks`` as a person uses it; what ``show`` prints is kept as golden text in both languages (renew: RISK_RENEW_GOLDEN=1)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine

from risk.cli import task_text
from risk.cli.tasks import tasks as command
from risk.domain.errors import ConflictError
from risk.domain.grades import Grade
from risk.services import tasks
from risk.services.alerts import settle
from risk.services.desk import Desk
from risk.services.task_views import get_task
from risk.storage.engine import transaction
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture
def desk(sqlite_engine: Engine) -> Desk:
    with transaction(sqlite_engine) as conn:
        run, (subject, _) = new_run(conn), new_subjects(conn, 2)
        chunk = new_candidates(conn, run, [(subject, Grade.ORANGE, 0.75), (None, Grade.BLUE, 0.42)])
        settle(conn, run, chunk, NOW)
    return Desk(sqlite_engine, clock=lambda: NOW)


@pytest.fixture
def home(desk: Desk, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_DATABASE", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("RISK_LANG", "en")


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_show_reads_like_this(desk: Desk, lang: str) -> None:
    desk.act(tasks.sign, 1, actor="张三", now=NOW)
    facts = "页面宣称“根治”，无审查证明"
    desk.act(tasks.report, 1, actor="张三", code="30", sub_reason="context_misread", facts=facts, officers=["张三", "李四"], now=NOW)
    desk.act(tasks.return_, 1, actor="科长", reason="补充截图", now=NOW)
    text = "\n".join(task_text.show_lines(desk.read(get_task, 1, NOW), lang)) + "\n"
    path = GOLDEN / f"tasks_show.{lang}.txt"
    if os.environ.get("RISK_RENEW_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.usefixtures("home")
def test_from_list_to_labels() -> None:
    listed = json.loads(_run("list", "--format", "json").output)
    assert [row["id"] for row in listed["items"]] == [1, 2]
    assert "orange" in _run("list", "--grade", "orange").output
    assert _run("list", "--state", "closed").output == "no tasks match\n"
    assert "--cursor" in _run("list", "--limit", "1").output
    assert _run("sign", "1", "--actor", "Zhang").output == "task 1: signed\n"
    assert "extended to" in _run("extend", "1", "--actor", "Zhang", "--reason", "laboratory").output
    words = ["--code", "10", "--facts", "seen on site", "--officer", "Zhang", "--officer", "Li"]
    assert _run("report", "1", "--actor", "Zhang", *words).output == "task 1: reported\n"
    assert _run("return", "1", "--actor", "Wang", "--reason", "no photographs").output == "task 1: returned\n"
    _run("report", "1", "--actor", "Zhang", *words)
    assert _run("accept", "1", "--actor", "Wang").output == "task 1: accepted\nlabels written: 1\n"
    assert _run("close", "1", "--actor", "Wang").output == "task 1: closed\n"
    moved = _run("transfer", "2", "--actor", "Li", "--reason", "elsewhere", "--to", "420222-market_supervision")
    assert moved.output == "task 2: issued\n"
    assert json.loads(_run("show", "2", "--format", "json").output)["task"]["office"] == "420222-market_supervision"
    with pytest.raises(ConflictError):
        _run("accept", "2", "--actor", "Wang")
