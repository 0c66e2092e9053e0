"""Signing in: the session's cookie, lock-out, the password's rules, the second factor, keys; as a browser and a program meet them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from api.app import create_app
from risk.services.secrets_passwords import Passwords
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading
from tests.api.accounts_world import COOKIE, Application, Clock, engine_of, new_account, signed_in
from tests.risk.disposal_world import NOW

PASSWORD = "Wuhan-2026-autumn"
NEXT = "Yichang-2027-spring"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """What is stored is tested on both databases by ``tests/risk/test_identity.py``."""
    return Application(tmp_path_factory.mktemp("auth") / "home")


@pytest.fixture
def clock(application: Application) -> Clock:
    return application.clock


@pytest.fixture
def cheap(application: Application) -> Settings:
    return application.settings


@pytest.fixture
def client(application: Application, sqlite_template: Path) -> Iterator[TestClient]:
    with application.opened(sqlite_template) as opened:
        yield opened


@pytest.fixture
def person(client: TestClient, cheap: Settings) -> int:
    """zhangsan, an officer of Yichang."""
    engine = engine_of(client)
    digest = Passwords(cheap).digest(PASSWORD)
    return new_account(engine, ["officer"], [("420500", "")], name="zhangsan", digest=digest)


def sign_in(client: TestClient, name: str = "zhangsan", password: str = PASSWORD, **more: str) -> tuple[int, dict[str, object]]:
    answer = client.post("/api/v1/auth/sign-in", json={"name": name, "password": password, **more}, headers={"Accept-Language": "en"})
    return answer.status_code, answer.json()


def test_while_no_account_exists_this_machine_acts(client: TestClient) -> None:
    me = client.get("/api/v1/auth/me", headers={"X-Actor": "%E5%BC%A0%E4%B8%89"}).json()
    assert (me["kind"], me["name"], me["grants"]) == ("local", "张三", None)
    status, problem = sign_in(client)
    assert (status, problem["code"]) == (409, "account_first_needed")


def test_with_an_account_nobody_acts_unnamed(client: TestClient, person: int) -> None:
    answer = client.get("/api/v1/signals")
    assert (answer.status_code, answer.json()["code"], answer.headers["www-authenticate"]) == (401, "not_signed_in", "Bearer")
    assert client.get("/api/v1/signals", headers={"Cookie": f"{COOKIE}=made-up"}).status_code == 401
    assert client.get("/api/v1/signals", headers={"Authorization": "Bearer rk_made-up"}).status_code == 401


def test_signing_in_and_out(client: TestClient, person: int) -> None:
    answer = client.post("/api/v1/auth/sign-in", json={"name": " ZhangSan", "password": PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" in cookie  # the test's host is not this machine's own
    me = answer.json()
    assert (me["name"], me["roles"], me["grants"], me["held"]) == ("zhangsan", ["officer"], [["420500", ""]], None)
    token = cookie.split("=", 1)[1].split(";")[0]
    mine = {"Cookie": f"{COOKIE}={token}"}
    assert client.get("/api/v1/signals", headers=mine).status_code == 200
    engine = engine_of(client)
    with reading(engine) as conn:
        assert token not in str(conn.execute(select(t.sessions)).all())
    assert client.post("/api/v1/auth/sign-out", headers=mine).status_code == 204
    assert client.get("/api/v1/signals", headers=mine).status_code == 401


def test_on_this_machine_the_cookie_may_travel_in_clear(client: TestClient, person: int) -> None:
    answer = client.post("http://127.0.0.1:8000/api/v1/auth/sign-in", json={"name": "zhangsan", "password": PASSWORD})
    assert "Secure" not in answer.headers["set-cookie"]


def test_a_wrong_name_and_a_wrong_password_are_told_apart_by_nobody(client: TestClient, person: int) -> None:
    wrong, unknown = sign_in(client, password="Wrong-password-1"), sign_in(client, name="nobody", password="Wrong-password-1")
    assert wrong == unknown
    assert (wrong[0], wrong[1]["code"]) == (401, "sign_in_refused")


@pytest.mark.parametrize("name", ["zhangsan", "nobody"])
def test_a_name_is_locked_after_failures_whether_or_not_it_exists(client: TestClient, person: int, clock: Clock, name: str) -> None:
    for _ in range(5):
        assert sign_in(client, name, "Wrong-password-1")[0] == 401
    status, problem = sign_in(client, name)
    assert (status, problem["code"]) == (429, "sign_in_blocked")
    assert problem["detail"] == "too many attempts; try again in 30 minutes"
    clock.add(minutes=31)
    assert sign_in(client, name)[0] == (200 if name == "zhangsan" else 401)


def test_a_success_between_failures_counts_anew(client: TestClient, person: int) -> None:
    for _ in range(3):
        for _ in range(3):
            assert sign_in(client, password="Wrong-password-1")[0] == 401
        assert sign_in(client)[0] == 200


def test_an_address_is_throttled_over_many_names(client: TestClient, person: int) -> None:
    answers = [sign_in(client, f"name{i}", "Wrong-password-1")[0] for i in range(61)]
    assert answers == [401] * 60 + [429]
    assert sign_in(client)[0] == 429


def test_a_session_ends_by_idling_and_by_age(client: TestClient, person: int, clock: Clock) -> None:
    mine = signed_in(client, ["officer"])
    for _ in range(25):
        clock.add(minutes=29)
        answer = client.get("/api/v1/auth/me", headers=mine)
        if answer.status_code == 401:
            break
    assert clock.now - NOW > timedelta(hours=11)
    mine = signed_in(client, ["officer"])
    clock.add(minutes=31)
    assert client.get("/api/v1/auth/me", headers=mine).status_code == 401


def test_the_moment_of_use_is_written_once_a_minute(client: TestClient, clock: Clock) -> None:
    mine = signed_in(client, ["officer"])
    engine = engine_of(client)

    def seen() -> datetime:
        client.get("/api/v1/auth/me", headers=mine)
        with reading(engine) as conn:
            found: datetime = conn.execute(select(t.sessions.c.last_seen)).scalar_one()
            return found

    clock.add(seconds=59)
    assert seen() == NOW
    clock.add(seconds=1)
    assert seen() == clock.now


def test_changing_the_password(client: TestClient, person: int, clock: Clock) -> None:
    def change(old: str, new: str) -> tuple[int, str]:
        answer = client.post("/api/v1/auth/password", json={"old": old, "new": new}, headers={**mine, "Accept-Language": "en"})
        return answer.status_code, answer.json()["code"] if answer.content else ""

    answer = client.post("/api/v1/auth/sign-in", json={"name": "zhangsan", "password": PASSWORD})
    mine = {"Cookie": answer.headers["set-cookie"].split(";")[0]}
    client.cookies.clear()
    other = client.post("/api/v1/auth/sign-in", json={"name": "zhangsan", "password": PASSWORD}).headers["set-cookie"].split(";")[0]
    client.cookies.clear()
    assert change("Wrong-password-1", NEXT) == (422, "password_wrong")
    assert change(PASSWORD, "zhangsan") == (422, "password_weak")
    assert change(PASSWORD, PASSWORD) == (422, "password_weak")
    assert change(PASSWORD, NEXT) == (204, "")
    assert client.get("/api/v1/auth/me", headers=mine).status_code == 200
    assert client.get("/api/v1/auth/me", headers={"Cookie": other}).status_code == 401
    assert change(NEXT, PASSWORD) == (422, "password_weak")  # one of the last five
    for i in range(4):
        assert change(NEXT if i == 0 else f"Another-one-{i - 1}", f"Another-one-{i}") == (204, "")
    assert change("Another-one-3", PASSWORD) == (204, "")


def test_an_old_password_must_be_changed_first(client: TestClient, person: int, clock: Clock) -> None:
    clock.add(days=90)
    assert sign_in(client)[1]["held"] == "password_change_required"
    answer = client.get("/api/v1/signals")
    assert (answer.status_code, answer.json()["code"]) == (403, "password_change_required")
    assert client.post("/api/v1/auth/password", json={"old": PASSWORD, "new": NEXT}).status_code == 204
    assert client.get("/api/v1/signals").status_code == 200


def test_parameters_of_digests_may_change(client: TestClient, cheap: Settings, person: int, clock: Clock) -> None:
    dearer = replace(cheap, argon2="2,16,1")
    with TestClient(create_app(dearer, clock=clock)) as later:
        assert sign_in(later)[0] == 200
        with reading(engine_of(later)) as conn:
            stored = conn.execute(select(t.accounts.c.password_hash)).scalar_one()
    assert "$m=16,t=2,p=1$" in stored
    assert sign_in(client)[0] == 200


def enrol(client: TestClient, mine: dict[str, str], clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    given = client.post("/api/v1/auth/totp", headers=mine).json()
    totp = pyotp.TOTP(given["secret"])
    assert given["uri"].startswith("otpauth://totp/")
    codes = client.post("/api/v1/auth/totp/confirm", json={"code": totp.at(clock.now)}, headers=mine).json()["recovery_codes"]
    return totp, codes


def test_a_second_factor_is_asked_for_and_each_code_is_good_once(client: TestClient, person: int, clock: Clock) -> None:
    sign_in(client)
    totp, codes = enrol(client, {}, clock)
    client.cookies.clear()
    assert sign_in(client)[1]["code"] == "second_factor_needed"
    assert sign_in(client, totp=totp.at(clock.now))[1]["code"] == "sign_in_refused"  # used to confirm
    clock.add(seconds=30)
    code = totp.at(clock.now)
    assert sign_in(client, totp=code)[0] == 200
    assert sign_in(client, totp=code)[0] == 401
    clock.add(seconds=60)
    assert sign_in(client, totp=totp.at(clock.now - timedelta(seconds=30)))[0] == 200  # a telephone may be half a minute late
    assert len(codes) == 10
    assert sign_in(client, totp=codes[0])[0] == 200
    assert sign_in(client, totp=codes[0])[0] == 401
    assert client.get("/api/v1/auth/me").json()["recovery_codes"] == 9


def test_the_secret_lies_encrypted_under_a_key_file_of_its_owner(client: TestClient, cheap: Settings, person: int, clock: Clock) -> None:
    sign_in(client)
    totp, _ = enrol(client, {}, clock)
    with reading(engine_of(client)) as conn:
        assert totp.secret not in conn.execute(select(t.accounts.c.totp_secret)).scalar_one()
    key = cheap.home / "secret.key"
    assert key.stat().st_mode & 0o777 == 0o600
    with TestClient(create_app(replace(cheap, secret_key="A" * 43 + "="), clock=clock)) as other:
        status, problem = sign_in(other, totp="123456")
    assert (status, problem["code"]) == (409, "secret_unreadable")


def test_doing_without_a_second_factor_takes_password_and_code(client: TestClient, person: int, clock: Clock) -> None:
    sign_in(client)
    totp, _ = enrol(client, {}, clock)
    clock.add(seconds=30)

    def end(password: str, code: str) -> int:
        return client.post("/api/v1/auth/totp/disable", json={"password": password, "code": code}).status_code

    assert end(PASSWORD, "000000") == 422
    assert end("Wrong-password-1", totp.at(clock.now)) == 422
    assert end(PASSWORD, totp.at(clock.now)) == 204
    assert sign_in(client)[0] == 200


def test_a_role_that_needs_a_second_factor_does_nothing_before(client: TestClient, cheap: Settings, clock: Clock) -> None:
    engine = engine_of(client)
    new_account(engine, ["auditor"], name="auditor", digest=Passwords(cheap).digest(PASSWORD))
    assert sign_in(client, "auditor")[1]["held"] == "second_factor_required"
    assert client.get("/api/v1/accounts").json()["code"] == "second_factor_required"
    totp, _ = enrol(client, {}, clock)
    assert client.get("/api/v1/accounts").status_code == 200
    clock.add(seconds=30)
    problem = client.post("/api/v1/auth/totp/disable", json={"password": PASSWORD, "code": totp.at(clock.now)}).json()
    assert problem["code"] == "totp_needed_by_role"


def test_sessions_are_listed_and_ended(client: TestClient, person: int, clock: Clock) -> None:
    sign_in(client)
    clock.add(seconds=5)
    first = dict(client.cookies)
    sign_in(client)
    rows = client.get("/api/v1/auth/sessions").json()
    assert [row["here"] for row in rows] == [True, False]
    assert client.delete(f"/api/v1/auth/sessions/{rows[1]['id']}").status_code == 204
    assert client.delete(f"/api/v1/auth/sessions/{rows[1]['id']}").status_code == 404
    client.cookies.clear()
    assert client.get("/api/v1/auth/me", headers={"Cookie": f"{COOKIE}={first[COOKIE]}"}).status_code == 401


def test_whoever_is_signed_in_acts_for_nobody_else(client: TestClient) -> None:
    mine = signed_in(client, ["analyst"], name="analyst.a")
    assert client.get("/api/v1/signals", headers={**mine, "X-Actor": "analyst.a"}).status_code == 200
    answer = client.get("/api/v1/signals", headers={**mine, "X-Actor": "somebody"})
    assert (answer.status_code, answer.json()["code"]) == (403, "actor_not_you")


def test_a_key_may_what_it_was_given_and_its_owner_still_may(client: TestClient, clock: Clock) -> None:
    mine = signed_in(client, ["analyst"], [("420500", "")], name="owner")
    sent = {"label": "reports", "permissions": ["reports.read", "signals.read"], "grants": ["420502", "420100"]}
    made = client.post("/api/v1/keys", json=sent, headers=mine)
    assert made.status_code == 201
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    me = client.get("/api/v1/auth/me", headers=key).json()
    assert (me["kind"], me["name"], me["permissions"]) == ("key", "owner", ["reports.read", "signals.read"])
    assert me["grants"] == [["420502", ""]]  # Wuhan is not the owner's
    assert client.get("/api/v1/signals", headers=key).status_code == 200
    assert client.get("/api/v1/jobs", headers=key).status_code == 403
    assert client.post("/api/v1/keys", json=sent, headers=key).json()["code"] == "session_required"
    listed = client.get("/api/v1/keys", headers=mine).json()["items"]
    assert made.json()["key"].startswith(listed[0]["prefix"])
    assert made.json()["key"] not in client.get("/api/v1/keys", headers=mine).text
    clock.add(days=90)
    assert client.get("/api/v1/signals", headers=key).status_code == 401


def test_a_key_is_refused_what_its_owner_lacks_and_after_it_is_revoked(client: TestClient) -> None:
    mine = signed_in(client, ["officer"])
    beyond = client.post("/api/v1/keys", json={"label": "x", "permissions": ["accounts.write"]}, headers=mine)
    assert (beyond.status_code, beyond.json()["code"]) == (403, "key_too_much")
    late = client.post(
        "/api/v1/keys", json={"label": "x", "permissions": ["signals.read"], "expires_at": "2036-01-01T00:00:00Z"}, headers=mine
    )
    assert late.json()["code"] == "key_expiry_wrong"
    made = client.post("/api/v1/keys", json={"label": "x", "permissions": ["signals.read"]}, headers=mine).json()
    key = {"Authorization": f"Bearer {made['key']}"}
    other = signed_in(client, ["officer"])
    assert client.delete(f"/api/v1/keys/{made['row']['id']}", headers=other).status_code == 404
    assert client.get("/api/v1/signals", headers=key).status_code == 200
    assert client.delete(f"/api/v1/keys/{made['row']['id']}", headers=mine).json()["revoked_at"]
    assert client.get("/api/v1/signals", headers=key).status_code == 401


def test_a_browser_is_led_to_the_page_where_one_signs_in(client: TestClient, person: int, clock: Clock) -> None:
    browser = {"Accept": "text/html,*/*", "Accept-Language": "en"}
    answer = client.get("/start", headers=browser, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?lang=en")
    assert client.get("/start", headers={"Accept": "application/json"}).status_code == 401
    assert client.get("/api/v1/signals", headers=browser).status_code == 401  # only the page of people
    page = client.get("/sign-in", headers=browser)
    nonce = page.headers["content-security-policy"].split("'nonce-")[1].split("'")[0]
    assert page.text.count("<script") == page.text.count(f'<script nonce="{nonce}">') == 1
    assert "Single sign-on" not in page.text
    assert "Present password" in page.text
    sign_in(client)
    assert client.get("/start", headers=browser, follow_redirects=False).status_code == 200
    clock.add(days=90)
    sign_in(client)
    assert client.get("/start", headers=browser, follow_redirects=False).headers["location"] == "/sign-in?lang=en"
