"""``risk accounts``, ``risk keys`` and the demo's accounts, as the person at the machine meets them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from risk.bootstrap import open_store
from risk.cli.accounts import accounts as group
from risk.demo import accounts as demo_accounts
from risk.domain.errors import ConflictError, InvalidInputError
from risk.services import sign_in
from risk.services.dispatch import seed_offices
from risk.services.secrets_key import SecretBox
from risk.services.secrets_passwords import Passwords
from risk.services.sign_in import Attempt
from risk.settings import Settings
from risk.storage.engine import transaction
from tests.api.accounts_world import CHEAP_ARGON2
from tests.risk.cli_world import good, risk

PASSWORD = "Wuhan-2026-autumn"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISK_LANG", "en")
    monkeypatch.setenv("RISK_ARGON2", CHEAP_ARGON2)
    monkeypatch.setenv("USER", "operator")
    monkeypatch.delenv("RISK_DATABASE", raising=False)


def type_in(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def enter(name: str, password: str) -> str:
    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        return sign_in.sign_in(engine, Passwords(settings), SecretBox(settings), Attempt(name, password), datetime.now(UTC))
    finally:
        engine.dispose()


def test_from_the_first_account_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert good("accounts", "list") == "no account yet: this machine acts without signing in\n"
    assert risk("accounts", "create", "wang", "--role", "officer", "--grant", "420500", "--no-password").err.startswith(
        "error[account_first_needed]: there is no account yet\n  hint: "
    )
    assert "account_first_role" in risk("accounts", "create", "zhao", "--role", "officer", "--first", "--no-password").err
    type_in(monkeypatch, f"{PASSWORD}\n")
    made = good("accounts", "create", "zhao", "--role", "security_admin", "--first", "--password-stdin")
    assert made.splitlines()[0] == "made the account zhao (number 1): security administrator; everywhere"
    assert PASSWORD not in made
    assert enter("zhao", PASSWORD)
    told = good("accounts", "create", "wang", "--role", "officer", "--grant", "420500:market_supervision", "--one-time")
    password = told.rsplit(": ", 1)[1].strip()
    assert enter("wang", password)
    assert "office head, officer; Wuhan City" in good(
        "accounts", "roles", "wang", "--role", "officer", "--role", "office_head", "--grant", "420100"
    )
    assert good("accounts", "disable", "wang", "--reason", "left") == "wang: disabled\n"
    assert good("accounts", "enable", "wang") == "wang: active\n"
    again = good("accounts", "reset-password", "wang").rsplit(": ", 1)[1].strip()
    assert again != password
    assert enter("wang", again)
    assert good("accounts", "totp-reset", "wang") == "wang: the second factor is reset\n"
    assert good("accounts", "unlock", "wang") == "wang: active\n"
    rows = json.loads(good("accounts", "list", "--format", "json"))
    assert [(row["name"], row["grants"], row["must_change"]) for row in rows] == [
        ("zhao", [["", ""]], False),
        ("wang", [["420100", ""]], True),
    ]
    assert json.loads(good("accounts", "show", "wang"))["roles"] == ["office_head", "officer"]
    assert "account_last_guardian" in risk("accounts", "disable", "zhao").err
    assert "account_own" in risk("accounts", "disable", "wang", "--actor", "wang").err


def test_a_weak_password_is_told_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "zhao\n")
    done = risk("accounts", "create", "zhao", "--role", "security_admin", "--first", "--password-stdin")
    assert done.code == 1
    assert done.err == (
        "error[password_weak]: this password cannot be used: shorter than 12 characters; fewer than 3 kinds of characters; contains the name\n"
    )


def test_a_password_is_asked_for_twice_and_unseen() -> None:
    typed = CliRunner().invoke(
        group, ["create", "zhao", "--role", "security_admin", "--first"], input=f"{PASSWORD}\n{PASSWORD}\n", catch_exceptions=False
    )
    assert typed.exit_code == 0
    assert PASSWORD not in typed.output
    assert enter("zhao", PASSWORD)


def test_keys_are_shown_once() -> None:
    good("accounts", "create", "zhao", "--role", "security_admin", "--first", "--no-password")
    good("accounts", "create", "robot", "--role", "analyst", "--grant", "420500", "--no-password")
    key = (
        good("keys", "create", "--owner", "robot", "--label", "feed", "--permission", "signals.write", "--days", "3")
        .rsplit(": ", 1)[1]
        .strip()
    )
    assert key.startswith("rk_")
    listed = good("keys", "list", "--owner", "robot")
    assert key not in listed
    assert f"{key[:9]}…  robot" in listed
    assert "in force  signals.write" in listed
    assert "key_too_much" in risk("keys", "create", "--owner", "robot", "--label", "x", "--permission", "accounts.write").err
    assert good("keys", "revoke", "1") == f"revoked the key {key[:9]}… of robot\n"
    assert "revoked  signals.write" in good("keys", "list")
    assert "key_not_found" in risk("keys", "revoke", "2").err


def test_the_demo_makes_an_account_for_each_role_and_nowhere_else() -> None:
    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        with transaction(engine) as conn:
            seed_offices(conn)
        with pytest.raises(ConflictError) as refused:
            demo_accounts.make(engine, settings, now=datetime.now(UTC), actor="demo")
        assert refused.value.code == "demo_accounts_elsewhere"
        (settings.home / "demo").mkdir()
        (settings.home / "demo" / "demo.json").write_text("{}")
        path, made = demo_accounts.make(engine, settings, now=datetime.now(UTC), actor="demo")
        with pytest.raises(ConflictError):
            demo_accounts.make(engine, settings, now=datetime.now(UTC), actor="demo")
    finally:
        engine.dispose()
    assert path.stat().st_mode & 0o777 == 0o600
    from risk.domain.authority import roles

    assert {one.person.role for one in made} == set(roles())
    assert {row["name"]: row["password"] for row in json.loads(path.read_text())} == {one.person.name: one.password for one in made}
    assert len({one.password for one in made}) == len(made)
    assert enter("wangfang", next(one.password for one in made if one.person.name == "wangfang"))
    rows = {row["name"]: row for row in json.loads(good("accounts", "list", "--format", "json"))}
    assert rows["wangfang"]["grants"] == [["420500", "market_supervision"]]
    assert rows["zhangwei"]["grants"] == [["420100", "market_supervision"]]


def test_a_setting_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_ARGON2", "strong")
    with pytest.raises(InvalidInputError):
        Passwords(Settings.from_environment()).digest("x")
