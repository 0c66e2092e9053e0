"""``risk doctor`` in both languages, and what it says of a broken machine."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from risk.cli.doctor import doctor
from risk.services import examination


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("RISK_DATABASE", raising=False)
    monkeypatch.setenv("RISK_LANG", "en")
    return tmp_path / "home"


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(doctor, arguments)


def _states() -> dict[str, str]:
    return {row["check"]: row["state"] for row in json.loads(_run("--format", "json").output)}


def test_a_good_machine(home: Path) -> None:
    done = _run()
    assert done.exit_code == 0, done.output
    assert "there is no database yet" in done.output
    assert list(home.iterdir()) == []
    assert len(_states()) == len(examination.CHECKS)


def test_it_speaks_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_LANG", "zh")
    assert "数据目录可写" in _run().output


def test_a_missing_library_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "_loads", lambda _library: False)
    done = _run()
    assert done.exit_code == 1
    assert "apt-get install libgomp1" in done.output


def test_a_package_of_someone_else_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {name: [examination.DISTRIBUTION] for name in examination.PACKAGES}
    monkeypatch.setattr(metadata, "packages_distributions", lambda: owners)
    assert _states()["owners"] == "ok"
    owners["rules"].append("django-rules")
    done = _run()
    assert done.exit_code == 1
    assert "rules: django-rules" in done.output


def test_postgres_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_DATABASE", "postgresql+psycopg://nobody:secret@127.0.0.1:1/risk")
    done = _run()
    assert done.exit_code == 1
    assert "secret" not in done.output


def test_a_database_of_another_revision(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "risk.db").touch()
    monkeypatch.setattr("risk.bootstrap.move_store", lambda *_: "9999")
    assert _states()["database"] == "missing"


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    home.write_text("a file is in the way")
    assert _states()["folder"] == "missing"
