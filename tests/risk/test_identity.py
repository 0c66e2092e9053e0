"""Accounts, sessions, keys and failures as they are stored, on both databases; and what happens when two act at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import Engine, func, select

from risk.domain.authority import Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotSignedInError, RiskError, TooOftenError
from risk.services import accounts, accounts_views, api_keys, sessions, sign_in, sign_in_counters, totp
from risk.services.accounts import NewAccount
from risk.services.accounts_views import AccountFilter
from risk.services.secrets_key import FILE, SecretBox
from risk.services.secrets_passwords import Passwords
from risk.services.sign_in import Attempt
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.api.accounts_world import CHEAP_ARGON2, new_account
from tests.risk.disposal_world import NOW

PASSWORD = "Wuhan-2026-autumn"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="", argon2=CHEAP_ARGON2)


@pytest.fixture
def passwords(settings: Settings) -> Passwords:
    return Passwords(settings)


@pytest.fixture
def box(settings: Settings) -> SecretBox:
    return SecretBox(settings)


def at_once(count: int, act: Any) -> list[str]:
    """What several threads get that do one thing at the same time: ``ok`` or the code of a refusal."""
    barrier, answers = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        try:
            act()
        except RiskError as error:
            answers.append(error.code)
        else:
            answers.append("ok")

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)


def test_the_first_account_is_made_once(engine: Engine) -> None:
    new = NewAccount("zhao", ("security_admin",))

    def first() -> None:
        with transaction(engine) as conn:
            accounts.create_first(conn, new, digest=None, must_change=False, actor="test", now=NOW)

    with transaction(engine) as conn, pytest.raises(ConflictError, match="there is no account yet"):
        accounts.create(conn, new, digest=None, must_change=False, actor="test", now=NOW)
    assert at_once(4, first) == ["account_first_taken"] * 3 + ["ok"]


def test_of_two_last_administrators_one_stays(engine: Engine) -> None:
    pair = [new_account(engine, ["security_admin"], name=name) for name in ("zhao", "qian")]
    turns = iter([(pair[0], "qian"), (pair[1], "zhao")])

    def disable_the_other() -> None:
        account, actor = next(turns)
        with transaction(engine) as conn:
            accounts.disable(conn, account, actor=actor, now=NOW)

    assert at_once(2, disable_the_other) == ["account_last_guardian", "ok"]


def test_many_guesses_at_once_are_all_counted(engine: Engine, passwords: Passwords, box: SecretBox) -> None:
    new_account(engine, ["officer"], name="zhangsan", digest=passwords.digest(PASSWORD))

    def guess() -> None:
        sign_in.sign_in(engine, passwords, box, Attempt("zhangsan", "Wrong-password-1"), NOW)

    answers = at_once(12, guess)
    assert answers == ["sign_in_blocked"] * 7 + ["sign_in_refused"] * 5


def test_a_code_used_twice_at_once_is_good_once(engine: Engine, passwords: Passwords, box: SecretBox) -> None:
    account = new_account(engine, ["officer"], name="zhangsan", digest=passwords.digest(PASSWORD))
    with transaction(engine) as conn:
        secret = totp.enrol(conn, box, account, now=NOW).secret
        codes = totp.confirm(conn, box, account, pyotp.TOTP(secret).at(NOW), session=None, now=NOW)
    later = NOW + timedelta(seconds=60)
    for code in (pyotp.TOTP(secret).at(later), codes[3].upper()):
        answers = at_once(3, lambda code=code: sign_in.sign_in(engine, passwords, box, Attempt("zhangsan", PASSWORD, code), later))
        assert answers == ["ok", "sign_in_refused", "sign_in_refused"]


def test_a_missing_code_is_no_failure(engine: Engine, passwords: Passwords, box: SecretBox) -> None:
    account = new_account(engine, ["officer"], name="zhangsan", digest=passwords.digest(PASSWORD))
    with transaction(engine) as conn:
        secret = totp.enrol(conn, box, account, now=NOW).secret
        totp.confirm(conn, box, account, pyotp.TOTP(secret).at(NOW), session=None, now=NOW)
    for _ in range(8):
        with pytest.raises(NotSignedInError) as refused:
            sign_in.sign_in(engine, passwords, box, Attempt("zhangsan", PASSWORD), NOW)
        assert refused.value.code == "second_factor_needed"
    for _ in range(5):
        with pytest.raises(NotSignedInError):
            sign_in.sign_in(engine, passwords, box, Attempt("zhangsan", PASSWORD, "000000"), NOW)
    with pytest.raises(TooOftenError):
        sign_in.sign_in(engine, passwords, box, Attempt("zhangsan", PASSWORD, "000000"), NOW)


def test_without_a_password_nobody_signs_in(engine: Engine, passwords: Passwords, box: SecretBox) -> None:
    new_account(engine, ["officer"], name="robot")
    for password in ("", "None", PASSWORD):
        with pytest.raises(NotSignedInError):
            sign_in.sign_in(engine, passwords, box, Attempt("robot", password), NOW)


def test_the_store_holds_no_secret_as_it_is(engine: Engine, passwords: Passwords, box: SecretBox) -> None:
    account = new_account(engine, ["officer"], name="zhangsan", digest=passwords.digest(PASSWORD))
    with transaction(engine) as conn:
        secret = totp.enrol(conn, box, account, now=NOW).secret
        codes = totp.confirm(conn, box, account, pyotp.TOTP(secret).at(NOW), session=None, now=NOW)
        token = sessions.open_session(conn, account, how="password", second_factor=True, now=NOW)
        key = api_keys.create(conn, account, "x", ["signals.read"], actor="zhangsan", now=NOW).key
    with pytest.raises(NotSignedInError):
        sign_in.sign_in(engine, passwords, box, Attempt("My-password-as-a-name", "x"), NOW)
    with reading(engine) as conn:
        stored = "".join(str(conn.execute(select(table)).all()) for table in t.metadata.tables.values())
    for hidden in (PASSWORD, secret, *codes, *(code.replace("-", "") for code in codes), token, key, "My-password-as-a-name"):
        assert hidden not in stored
        assert hidden.lower() not in stored


def test_an_expired_session_and_key_resolve_to_nobody(engine: Engine) -> None:
    account = new_account(engine, ["officer"], [("420500", "")], name="zhangsan")
    with transaction(engine) as conn:
        token = sessions.open_session(conn, account, how="password", second_factor=False, now=NOW)
        key = api_keys.create(conn, account, "x", ["signals.read"], actor="a", now=NOW, expires_at=NOW + timedelta(days=1)).key
    with reading(engine) as conn:
        found = sessions.resolve(conn, token, NOW)
        assert found is not None
        assert (found.principal.scope, found.principal.roles, found.touch) == (accounts_scope(), ("officer",), False)
        assert sessions.resolve(conn, token, NOW + timedelta(minutes=30)) is None
        assert api_keys.resolve(conn, key, NOW + timedelta(hours=23)) is not None
        assert api_keys.resolve(conn, key, NOW + timedelta(days=1)) is None
        assert api_keys.resolve(conn, key.removeprefix("rk_"), NOW) is None
        assert sessions.resolve(conn, key, NOW) is None


def test_sessions_that_are_long_over_do_not_stay(engine: Engine) -> None:
    account = new_account(engine, ["officer"])
    for days in (0, 1, 31, 60):
        with transaction(engine) as conn:
            sessions.open_session(conn, account, how="password", second_factor=False, now=NOW + timedelta(days=days))
    with reading(engine) as conn:
        kept = list(conn.scalars(select(t.sessions.c.created_at).order_by(t.sessions.c.id)))
    assert kept == [NOW + timedelta(days=days) for days in (31, 60)]


def accounts_scope() -> Scope:
    from risk.domain.authority import Grant

    return Scope((Grant("420500"),))


def test_a_key_loses_what_its_owner_loses(engine: Engine) -> None:
    account = new_account(engine, ["analyst"], [("420500", "")], name="owner")
    with transaction(engine) as conn:
        key = api_keys.create(conn, account, "x", ["rules.write", "signals.read"], actor="owner", now=NOW, grants=[("420502", "")]).key
        accounts.change(conn, account, actor="test", now=NOW, roles=("officer",), grants=(("420100", ""),))
        found = api_keys.resolve(conn, key, NOW)
    assert found is not None
    assert found.principal.permissions == {"signals.read"}
    assert found.principal.scope == Scope(())


def test_a_role_of_one_kind_is_found_by_its_whole_code(engine: Engine) -> None:
    new_account(engine, ["office_head"], name="head")
    new_account(engine, ["officer"], name="officer.a")
    with reading(engine) as conn:
        for role, expected in (("office_head", ["head"]), ("officer", ["officer.a"]), ("off", []), ('"', []), ("%", [])):
            found = accounts_views.list_accounts(conn, AccountFilter(role=role), NOW)
            assert [row.name for row in found.items] == expected


def test_counters_of_made_up_names_do_not_stay(engine: Engine, passwords: Passwords, box: SecretBox) -> None:
    def count() -> int:
        with reading(engine) as conn:
            return int(conn.execute(select(func.count()).select_from(t.sign_in_counters)).scalar_one())

    for i in range(3):
        with pytest.raises(NotSignedInError):
            sign_in.sign_in(engine, passwords, box, Attempt(f"name{i}", "x", address=f"10.0.0.{i}"), NOW)
    assert count() == 6
    with pytest.raises(NotSignedInError):
        sign_in.sign_in(engine, passwords, box, Attempt("name9", "x", address="10.0.0.9"), NOW + sign_in_counters.KEPT * 1.1)
    assert count() == 2


def test_processes_that_meet_make_one_key_file(settings: Settings) -> None:
    boxes = [SecretBox(settings) for _ in range(6)]
    sealed: list[str] = []
    turns = iter(boxes)
    at_once(6, lambda: sealed.append(next(turns).seal("text")))
    assert len(sealed) == 6
    assert {SecretBox(settings).open(one) for one in sealed} == {"text"}
    assert [path.name for path in settings.home.iterdir()] == [FILE]
    assert (settings.home / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("given", ["x", "1,2", "0,8,1", "1,4,1", "1,8,1,1"])
def test_parameters_that_cannot_be_are_told(settings: Settings, given: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        Passwords(Settings(settings.home, "", argon2=given)).digest("x")
    assert refused.value.code == "argon2_wrong"


def test_a_key_that_is_none_is_told(settings: Settings) -> None:
    with pytest.raises(InvalidInputError) as refused:
        SecretBox(Settings(settings.home, "", secret_key="short")).seal("x")
    assert refused.value.code == "secret_key_wrong"
