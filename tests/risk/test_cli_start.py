"""Starting ``risk``: at once, without the heavy libraries; a setting or a folder that cannot be used is a refusal, not a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from risk.cli import COMMANDS
from tests.risk.cli_world import good, risk

HEAVY = ("pandas", "numpy", "sklearn", "lightgbm", "mlflow", "sqlalchemy", "fastapi", "pyarrow", "jieba", "rjieba")


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.delenv("RISK_DATABASE", raising=False)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["score", "--help"], ["train", "--help"], ["tasks", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """``risk --help`` took three seconds while a module of the command line imported pandas at its top."""
    code = f"""
import sys
from risk.cli import main
sys.argv = ["risk", *{arguments!r}]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("HEAVY", sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("HEAVY []\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    assert "Usage: risk " + name in good(name, "--help")


@pytest.mark.parametrize("value", ["abc", "８０", "70000", "-1"])
def test_a_port_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("RISK_PORT", value)
    done = risk("doctor")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"error[setting_wrong]: the environment variable RISK_PORT has no usable value: {value}\n  hint: allowed: from 0 to 65535\n"
    )


@pytest.mark.parametrize("command", [["run"], ["tasks", "list"], ["jobs", "list"], ["report"]])
def test_a_home_that_is_a_file_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "file"))
    done = risk(*command)
    assert done.code == 1
    assert done.err.startswith("error[place_refused]: cannot use ")
    assert "  hint: " in done.err


def test_an_unknown_command_is_usage() -> None:
    assert risk("nothing").code == 2
