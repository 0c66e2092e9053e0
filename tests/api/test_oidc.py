"""Single sign-on against a provider that really runs: a process of its own on this machine, met over HTTP by us and by a browser."""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain.errors import ConflictError, InvalidInputError, NotSignedInError
from risk.services import accounts, oidc
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.api.accounts_world import EVERYWHERE, new_account

CLIENT = "risk"
PUBLIC = "https://testserver"
CALLBACK = "/api/v1/auth/oidc/callback"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running provider."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("oidc") / "log"
    with log.open("w") as out:
        command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "NO_PROXY": "127.0.0.1"})
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx2.get(f"{address}/.well-known/openid-configuration", timeout=5, trust_env=False)
                break
            except httpx2.HTTPError:
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def settings(sqlite_engine: Engine, tmp_path: Path, issuer: str) -> Settings:
    url = sqlite_engine.url.render_as_string(hide_password=False)
    return Settings(
        home=tmp_path / "home",
        database_url=url,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret="not-a-secret",
        public_url=PUBLIC,
    )


@contextmanager
def served(settings: Settings) -> Iterator[TestClient]:
    """With the true clock: the provider has no other."""
    with TestClient(create_app(settings), base_url=PUBLIC, follow_redirects=False, headers={"Accept-Language": "en"}) as opened:
        yield opened


def person(engine: Engine, name: str, roles: list[str], issuer: str = "", subject: str = "") -> int:
    now = datetime.now(UTC)
    account = new_account(engine, roles, EVERYWHERE, name=name, now=now)
    if subject:
        with transaction(engine) as conn:
            accounts.link(conn, account, issuer, subject, actor="test", now=now)
    return account


def tell_provider(issuer: str, subject: str, **claims: Any) -> None:
    httpx2.put(f"{issuer}/users/{subject}", json=claims, trust_env=False).raise_for_status()


def authorised(client: TestClient, subject: str) -> tuple[str, dict[str, list[str]]]:
    """Start here, agree at the provider; the way back, and what was asked of the provider."""
    away = client.get("/api/v1/auth/oidc/start")
    assert away.status_code == 302, away.text
    answer = httpx2.post(away.headers["location"], data={"sub": subject}, trust_env=False)
    assert answer.status_code == 302, answer.text
    back = answer.headers["location"]
    assert back.startswith(f"{PUBLIC}{CALLBACK}?")
    return back.removeprefix(PUBLIC), parse_qs(urlsplit(away.headers["location"]).query)


def test_somebody_linked_comes_in(settings: Settings, sqlite_engine: Engine, issuer: str) -> None:
    person(sqlite_engine, "zhangsan", ["officer"], issuer, "subject-1")
    with served(settings) as client:
        back, asked = authorised(client, "subject-1")
        assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
        assert len(asked["state"][0]) >= 43
        assert len(asked["nonce"][0]) >= 43
        assert len(asked["code_challenge"][0]) == 43
        answer = client.get(back)
        assert answer.status_code == 200, answer.text
        assert "SameSite=strict" in answer.headers["set-cookie"]
        me = client.get("/api/v1/auth/me").json()
        assert (me["name"], me["kind"], me["held"]) == ("zhangsan", "account", None)
        assert client.post("/api/v1/auth/password", json={"old": "x", "new": "y"}).json()["code"] == "password_none"
    with reading(sqlite_engine) as conn:
        assert "oidc" in str(conn.execute(select(t.audit.c.detail).where(t.audit.c.action == "auth.sign_in")).all())


def test_nobody_gets_an_account_by_coming_from_a_provider(settings: Settings, sqlite_engine: Engine, issuer: str) -> None:
    person(sqlite_engine, "zhangsan", ["officer"])
    tell_provider(issuer, "stranger", preferred_username="zhangsan")
    with served(settings) as client:
        back, _ = authorised(client, "stranger")
        answer = client.get(back)
        assert (answer.status_code, answer.json()["code"]) == (403, "oidc_unknown")
        assert "stranger" in answer.json()["hint"]
        assert client.get("/api/v1/auth/me").status_code == 401


def test_a_claim_of_the_settings_may_be_the_name(settings: Settings, sqlite_engine: Engine, issuer: str) -> None:
    person(sqlite_engine, "lisi", ["officer"])
    person(sqlite_engine, "wangwu", ["officer"], issuer, "wangwu-himself")
    tell_provider(issuer, "by-name", preferred_username="LiSi")
    tell_provider(issuer, "thief", preferred_username="wangwu")
    with served(replace(settings, oidc_claim="preferred_username")) as client:
        assert client.get(authorised(client, "by-name")[0]).status_code == 200
        assert client.get("/api/v1/auth/me").json()["name"] == "lisi"
        assert client.get(authorised(client, "thief")[0]).status_code == 403  # a linked account is its person's
        tell_provider(issuer, "by-name", preferred_username="married-name")
        assert client.get(authorised(client, "by-name")[0]).status_code == 200
        tell_provider(issuer, "heir", preferred_username="lisi")
        assert client.get(authorised(client, "heir")[0]).status_code == 403  # a name given to somebody else opens nothing
    tell_provider(issuer, "mail", email="lisi", email_verified=False)
    with served(replace(settings, oidc_claim="email")) as client:
        assert client.get(authorised(client, "mail")[0]).json()["code"] == "oidc_unknown"


def test_roles_with_a_second_factor_take_one_of_the_provider(settings: Settings, sqlite_engine: Engine, issuer: str) -> None:
    person(sqlite_engine, "sys", ["system_admin"], issuer, "sys-1")
    with served(settings) as client:
        tell_provider(issuer, "sys-1")
        assert client.get(authorised(client, "sys-1")[0]).json()["code"] == "oidc_second_factor"


def test_a_disabled_account_does_not_come_in(settings: Settings, sqlite_engine: Engine, issuer: str) -> None:
    account = person(sqlite_engine, "gone", ["officer"], issuer, "gone-1")
    with transaction(sqlite_engine) as conn:
        accounts.disable(conn, account, actor="test", now=datetime.now(UTC))
    with served(settings) as client:
        assert client.get(authorised(client, "gone-1")[0]).status_code == 403


def test_the_way_back_is_for_the_browser_that_left_and_once(settings: Settings, sqlite_engine: Engine, issuer: str) -> None:
    person(sqlite_engine, "zhangsan", ["officer"], issuer, "subject-1")

    def refused(answer: Any) -> str:
        assert (answer.status_code, answer.json()["code"]) == (401, "oidc_refused"), answer.text
        return re.sub(".*: ", "", str(answer.json()["detail"]))

    with served(settings) as client, served(settings) as other:
        back, _ = authorised(client, "subject-1")
        assert refused(other.get(back)) == "expired"  # another browser: it has no flow
        authorised(other, "subject-1")
        assert refused(other.get(back)) == "state"  # it has one, but of another
        assert refused(client.get(back.replace("code=", "code=x"))) == "invalid_grant"
        assert client.get(back).status_code == 200
        assert refused(client.get(back)) == "expired"  # the flow is over
        denied, _ = authorised(client, "subject-1")
        state = parse_qs(urlsplit(denied).query)["state"][0]
        assert refused(client.get(CALLBACK, params={"error": "access_denied", "state": state})) == "access_denied"
        assert refused(client.get(CALLBACK, params={"code": "x", "state": state, "iss": "https://other.example"})) == "iss"


class Fixed(oidc.Provider):
    """The provider of the settings, with keys of the test."""

    def __init__(self, settings: Settings, key: RSAKey) -> None:
        super().__init__(settings)
        self._key = key

    def keys(self, *, anew: bool = False) -> KeySet:
        return KeySet([self._key])


NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "iss": "https://id.example.org",
    "aud": CLIENT,
    "sub": "s",
    "nonce": "n",
    "iat": int(NOW.timestamp()),
    "exp": int((NOW + timedelta(minutes=5)).timestamp()),
}


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "k1"})


@pytest.mark.parametrize(
    ("change", "header"),
    [
        ({"iss": "https://other.example"}, {}),
        ({"aud": "another-client"}, {}),
        ({"aud": [CLIENT, "another-client"]}, {}),  # without azp
        ({"nonce": "another"}, {}),
        ({"nonce": None}, {}),
        ({"exp": int((NOW - timedelta(minutes=2)).timestamp())}, {}),
        ({"exp": None}, {}),
        ({"sub": None}, {}),
        ({}, {"alg": "HS256"}),
        ({}, {"alg": "none"}),
        ({}, {"kid": "k2"}),
    ],
)
def test_a_token_that_is_not_right_is_not_believed(key: RSAKey, change: dict[str, Any], header: dict[str, str]) -> None:
    settings = Settings(Path(), "", oidc_issuer="https://id.example.org", oidc_client_id=CLIENT, public_url=PUBLIC)
    provider = Fixed(settings, key)
    assert oidc._believed(provider, settings, signed(key, GOOD), "n", NOW)["sub"] == "s"
    claims = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(NotSignedInError) as refused:
        oidc._believed(provider, settings, signed(key, claims, **header), "n", NOW)
    assert refused.value.code == "oidc_refused"


def signed(key: RSAKey, claims: dict[str, Any], **header: str) -> str:
    if header.get("alg") == "none":
        return f"{_part({'alg': 'none'})}.{_part(claims)}."
    if header.get("alg") == "HS256":  # the public key as a shared secret: an old trick
        text = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(claims)}"
        mac = hmac.digest(key.as_pem(private=False), text.encode(), "sha256")
        return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
    other = RSAKey.generate_key(2048, {"kid": "k2"}) if header.get("kid") == "k2" else key
    return jwt.encode({"alg": "RS256", "kid": header.get("kid", "k1")}, claims, other)


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_without_settings_there_is_no_single_sign_on(settings: Settings, sqlite_engine: Engine) -> None:
    person(sqlite_engine, "zhangsan", ["officer"])
    with served(replace(settings, oidc_issuer="")) as client:
        answer = client.get("/api/v1/auth/oidc/start")
        assert (answer.status_code, answer.json()["code"]) == (409, "oidc_not_set_up")


def test_a_provider_in_clear_or_of_another_name_is_refused(settings: Settings, issuer: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        oidc.Provider(replace(settings, oidc_issuer="http://id.example.org")).metadata()
    assert refused.value.code == "oidc_insecure"
    with pytest.raises(ConflictError):  # the same provider under another name is not the one that was asked
        oidc.Provider(replace(settings, oidc_issuer=issuer.replace("127.0.0.1", "localhost") + "/")).metadata()


def test_a_missing_library_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConflictError) as refused:
        oidc._require_installed()
    assert "risk-early-warning[sso]" in refused.value.hint("en")
