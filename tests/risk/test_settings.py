"""Settings come from the environment, else from a file; what is wrong is told with its name, its place and what may be given."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk.cli import cli
from risk.domain.errors import InvalidInputError
from risk.settings import ENVIRONMENT_ONLY, SPECS, Settings, examine, language
from risk.storage.engine import open_engine
from tests.risk.cli_world import risk


def write(home: Path, text: str) -> dict[str, str]:
    (home / "risk.toml").write_text(text, encoding="utf-8")
    return {"RISK_HOME": str(home)}


def test_every_field_has_its_specification() -> None:
    assert {spec.name for spec in SPECS} - {"database"} | {"database_url"} == {field.name for field in fields(Settings)}
    for spec in SPECS:
        spec.read(spec.default)
        assert spec.what.zh
        assert spec.allowed.en


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    env = write(tmp_path, 'port = 9000\nlang = "en"\nhosts = ["A.example", "b.example"]\n')
    found = Settings.from_environment(env | {"RISK_PORT": "9001"})
    assert (found.port, found.lang, found.hosts) == (9001, "en", ("a.example", "b.example"))
    assert found.database_url == f"sqlite:///{tmp_path / 'risk.db'}"
    assert {one.spec.name: one.source for one in examine(env | {"RISK_PORT": "9001"}).values}["hosts"] == "file"


def test_another_file_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(f'home = "{tmp_path / "data"}"\n')
    assert Settings.from_environment({"RISK_CONFIG": str(tmp_path / "other.toml")}).home == tmp_path / "data"
    with pytest.raises(InvalidInputError, match="no such file"):
        Settings.from_environment({"RISK_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("port = 70000", "setting_wrong_in_file", "from 0 to 65535"),
        ('log = "xml"', "setting_wrong_in_file", "text or json"),
        ("prot = 8000", "setting_unknown", "did you mean port"),
        ("port = ", "config_unreadable", "TOML"),
        ('database = "foo"', "setting_wrong_in_file", "postgresql+psycopg://"),
        ('audit_hash = "md5"', "setting_wrong_in_file", "sha256 or sm3"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, text: str, code: str, says: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        Settings.from_environment(write(tmp_path, text))
    assert error.value.code == code
    assert "risk.toml" in error.value.text("en")
    assert says in error.value.hint("en")
    assert error.value.hint("zh")


def test_a_wrong_database_is_told_without_a_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.setenv("RISK_DATABASE", "foo")
    done = risk("tasks", "list")
    assert done.code == 1
    assert "error[setting_wrong]: the environment variable RISK_DATABASE has no usable value: foo" in done.err
    for url in ("foo", "foo://bar", ""):
        with pytest.raises(InvalidInputError, match="not supported"):
            open_engine(url)


def test_a_secret_is_never_told(tmp_path: Path) -> None:
    env = write(tmp_path, 'secret_key = "plainly-fake"\ndatabase = "postgresql+psycopg://u:plainly-fake@h/d"\n')
    shown = CliRunner(env=env).invoke(cli, ["config", "show", "--format", "json"], catch_exceptions=False).output
    assert "plainly-fake" not in shown
    assert {row["name"]: row["value"] for row in json.loads(shown)}["secret_key"] == "***"
    assert "plainly-fake" not in repr(Settings.from_environment(env | {"RISK_DATABASE": "sqlite://"}))


def test_check_tells_every_mistake(tmp_path: Path) -> None:
    env = write(tmp_path, "port = 70000\nlgo = 1\n") | {"RISK_LANG": "en", "RISK_AUDIT_HASH": "md5", "RISK_PROT": "1"}
    done = CliRunner(env=env).invoke(cli, ["config", "check"])
    assert done.exit_code == 1
    for said in ("port in ", "lgo", "RISK_AUDIT_HASH", "RISK_PROT", "3 settings are wrong"):
        assert said in done.output, done.output
    (tmp_path / "risk.toml").write_text("port = 8000\n")
    done = CliRunner(env=env | {"RISK_AUDIT_HASH": "sm3"}).invoke(cli, ["config", "check"])
    assert done.exit_code == 0
    assert "in order" in done.output


def test_the_language_is_known_whatever_else_is_wrong(tmp_path: Path) -> None:
    assert language(write(tmp_path, 'lang = "en"\nport = 70000')) == "en"
    assert language({"RISK_HOME": str(tmp_path / "none"), "RISK_LANG": "xx"}) == "zh"
    assert "RISK_CONFIG" in ENVIRONMENT_ONLY
