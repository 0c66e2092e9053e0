"""Who may talk to the service and by which name, before and after there are accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from risk.settings import Settings
from tests.api.accounts_world import CHEAP_ARGON2, COOKIE, signed_in
from tests.risk.disposal_world import NOW

FAR = ("10.1.2.3", 4711)


@pytest.fixture
def settings(sqlite_engine: Engine, tmp_path: Any) -> Settings:
    url = sqlite_engine.url.render_as_string(hide_password=False)
    return Settings(home=tmp_path / "home", database_url=url, hosts=("risk.example.org",), argon2=CHEAP_ARGON2)


@contextmanager
def served(settings: Settings, client: tuple[str, int], host: str = "risk.example.org", **more: Any) -> Iterator[TestClient]:
    app = create_app(replace(settings, **more), clock=lambda: NOW)
    with TestClient(app, base_url=f"http://{host}", client=client) as opened:
        yield opened


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_without_accounts_only_this_machine(settings: Settings) -> None:
    with served(settings, FAR) as far:
        assert code(far.get("/healthz")) == (403, "client_not_loopback")
    with served(settings, ("127.0.0.1", 1)) as near:
        assert code(near.get("/healthz")) == (403, "host_not_allowed")
        here = {"host": "127.0.0.1"}
        assert near.get("/healthz", headers=here).status_code == 200
        for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):  # a proxy on this machine that opens us to others
            assert code(near.get("/healthz", headers={**here, name: "10.1.2.3"})) == (403, "client_not_loopback")


def test_with_accounts_others_come_by_the_names_of_the_settings(settings: Settings) -> None:
    mine = signed_in(settings, ["analyst"])
    with served(settings, FAR) as far:
        assert far.get("/healthz").status_code == 200
        assert far.get("/api/v1/signals", headers=mine).status_code == 200
        assert code(far.get("/api/v1/signals")) == (401, "not_signed_in")
        assert code(far.get("/healthz", headers={"host": "rebound.example"})) == (403, "host_not_allowed")


def test_an_account_made_while_the_server_runs_opens_it(settings: Settings) -> None:
    with served(settings, FAR) as far:
        assert code(far.get("/healthz")) == (403, "client_not_loopback")
        signed_in(settings, ["security_admin"])
        assert far.get("/healthz").status_code == 200


FOREIGN = ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"})


def test_a_write_from_another_site_is_refused_with_a_cookie_and_not_with_a_key(settings: Settings) -> None:
    mine = signed_in(settings, ["analyst"])
    sent = {"label": "x", "permissions": ["rules.read"]}
    with served(settings, FAR) as far:
        made = far.post("/api/v1/keys", json=sent, headers={**mine, "Origin": "http://risk.example.org"})
        for headers in FOREIGN:
            assert code(far.post("/api/v1/keys", json=sent, headers={**mine, **headers})) == (403, "cross_site")
            program = {**headers, "Authorization": f"Bearer {made.json()['key']}"}
            assert far.post("/api/v1/rule-editor/check", json={"source": ""}, headers=program).status_code == 200
            # the cookie does not count beside a key, so a made-up key opens no way round the check
            answer = far.post("/api/v1/keys", json=sent, headers={**mine, **headers, "Authorization": "Bearer rk_x"})
            assert code(answer) == (401, "not_signed_in")


def test_a_proxy_is_believed_only_where_the_settings_say_so(settings: Settings) -> None:
    signed_in(settings, ["analyst"])
    told = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    wrong = {"name": "x", "password": "y"}
    with served(settings, FAR) as plain:
        for i in range(60):
            plain.post("/api/v1/auth/sign-in", json=wrong | {"name": f"n{i}"}, headers=told)
        assert plain.post("/api/v1/auth/sign-in", json=wrong, headers={"X-Forwarded-For": "203.0.113.10"}).status_code == 429  # one address
    with served(settings, FAR, trusted_proxies=("10.0.0.0/8",)) as proxied:
        assert proxied.post("/api/v1/auth/sign-in", json=wrong, headers=told).status_code == 401  # another one


def test_over_tls_at_a_trusted_proxy_the_cookie_is_secure(settings: Settings) -> None:
    signed_in(settings, ["analyst"])
    with served(settings, ("127.0.0.1", 1), "localhost", trusted_proxies=("127.0.0.1",)) as proxied:
        for scheme, secure in (("https", True), ("http", False)):
            answer = proxied.post("/api/v1/auth/sign-out", headers={"X-Forwarded-Proto": scheme, "Cookie": f"{COOKIE}=x"})
            assert ("Secure" in answer.headers["set-cookie"]) is secure
