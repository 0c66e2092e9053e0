"""The demo as a newcomer starts it, seven days of it, in a process of its own: the one test of its kind, because it takes most of a minute."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from risk.scoring.keys import TEXT_KEYS

START = """
from risk.cli import main
from risk.demo import story

every = story.passages()
families = sorted({one.family for one in every})
story.passages = lambda: tuple(one for one in every if one.family in families[::2])
main()
"""
"""``risk``, with every second family of the case library: what is learnt from all of it is learnt from half of it by the same steps."""


@pytest.mark.slow
def test_seven_days_of_the_loop(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RISK_")} | {
        "RISK_HOME": str(tmp_path / "home"),
        "RISK_LANG": "en",
    }
    command = [sys.executable, "-c", START, "demo", "--days", "7"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=1200)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    for step in ("signals", "assessments", "candidates", "alerts", "tasks", "verdicts", "labels", "trained versions"):
        assert f"\n  {step}" in done.stdout, step
    assert "Figures on the demo say nothing about the real world." in done.stdout
    written = sorted(p.name for p in (tmp_path / "home" / "reports").iterdir())
    assert [name.rsplit(".", 2)[1:] for name in written if name.startswith("situation")] == [["en", "html"], ["zh", "html"]]
    assert {name.rsplit(".", 1)[1] for name in written if not name.startswith("situation")} >= {"html", "docx", "xlsx"}
    with sqlite3.connect(tmp_path / "home" / "risk.db") as store:
        for table in ("case_file_entries", "matters", "credit_classes", "random_plan_units", "share_requests", "officer_leaves"):
            assert store.execute(f"select count(*) from {table}").fetchone() > (0,), table
    listed = subprocess.run(
        [sys.executable, "-m", "risk", "models", "list"], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
    )
    champions = {line.split()[0] for line in listed.stdout.splitlines() if " champion" in line}
    assert champions == set(TEXT_KEYS)
