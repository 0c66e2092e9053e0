"""Accounts over HTTP: who may manage them, that nobody manages their own, and that what changes counts at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from risk.services.dispatch import seed_offices
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.api.accounts_world import Application, engine_of, signed_in

YICHANG = "420500-market_supervision"


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    """What is stored is tested on both databases by ``tests/risk/test_identity.py``."""
    return Application(tmp_path_factory.mktemp("accounts") / "home")


@pytest.fixture
def client(application: Application, sqlite_template: Path) -> Iterator[TestClient]:
    with application.opened(sqlite_template) as opened:
        yield opened


@pytest.fixture
def admin(client: TestClient) -> dict[str, str]:
    with transaction(engine_of(client)) as conn:
        seed_offices(conn)
    return signed_in(client, ["security_admin"], name="guardian")


def make(client: TestClient, admin: dict[str, str], **sent: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/accounts", json={"name": "lisi", "roles": ["officer"], "office": YICHANG, **sent}, headers=admin)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def sign_in(client: TestClient, made: dict[str, Any]) -> dict[str, Any]:
    sent = {"name": made["account"]["name"], "password": made["one_time_password"]}
    answer: dict[str, Any] = client.post("/api/v1/auth/sign-in", json=sent).json()
    return answer


def test_from_hiring_to_leaving(client: TestClient, admin: dict[str, str]) -> None:
    made = make(client, admin, telephone="13812345678", email="lisi@example.org")
    row = made["account"]
    assert (row["grants"], row["telephone"], row["email"]) == ([["420500", "market_supervision"]], "138****5678", "l***@example.org")
    assert sign_in(client, made)["held"] == "password_change_required"
    change = {"old": made["one_time_password"], "new": "Yichang-2026-autumn"}
    assert client.post("/api/v1/auth/password", json=change).status_code == 204
    key = client.post("/api/v1/keys", json={"label": "x", "permissions": ["signals.read"]}).json()["key"]
    program = {"Authorization": f"Bearer {key}"}
    mine = {"Cookie": f"risk_session={client.cookies['risk_session']}"}
    client.cookies.clear()
    assert client.get("/api/v1/signals", headers=mine).status_code == 200
    assert client.get("/api/v1/signals", headers=program).status_code == 200

    path = f"/api/v1/accounts/{row['id']}"
    changed = client.post(f"{path}/authority", json={"roles": ["analyst"], "grants": ["420502"]}, headers=admin).json()
    assert (changed["roles"], changed["grants"]) == (["analyst"], [["420502", ""]])
    me = client.get("/api/v1/auth/me", headers=mine).json()
    assert (me["roles"], me["grants"]) == (["analyst"], [["420502", ""]])  # with the next request

    assert client.post(f"{path}/disable", json={"reason": "离岗"}, headers=admin).json()["state"] == "disabled"
    assert client.get("/api/v1/signals", headers=mine).status_code == 401
    assert client.get("/api/v1/signals", headers=program).status_code == 401
    sent = {"name": "lisi", "password": "Yichang-2026-autumn"}
    refused = client.post("/api/v1/auth/sign-in", json=sent).json()
    assert refused["code"] == "sign_in_refused"
    assert client.post(f"{path}/enable", headers=admin).json()["state"] == "active"
    assert client.get("/api/v1/signals", headers=mine).status_code == 401  # nothing of before comes back
    assert client.post("/api/v1/auth/sign-in", json=sent).status_code == 200
    with reading(engine_of(client)) as conn:
        rows = conn.execute(select(t.audit.c.actor, t.audit.c.action, t.audit.c.detail).order_by(t.audit.c.id)).all()
    told = [(row.actor, row.action) for row in rows if row.action.startswith(("account.", "auth.", "key."))]
    assert told == [
        ("test", "account.create"),
        ("guardian", "account.create"),
        ("lisi", "auth.sign_in"),
        ("lisi", "auth.change_password"),
        ("lisi", "key.create"),
        ("guardian", "account.change"),
        ("guardian", "account.disable"),
        ("lisi", "auth.refused"),
        ("guardian", "account.enable"),
        ("lisi", "auth.sign_in"),
    ]
    everything = str([row.detail for row in rows])
    assert "13812345678" not in everything
    assert "Yichang-2026-autumn" not in everything
    assert key not in everything


def test_nobody_acts_on_their_own_account(client: TestClient, admin: dict[str, str]) -> None:
    signed_in(client, ["security_admin"], name="second")
    own = client.get("/api/v1/auth/me", headers=admin).json()["account"]["id"]
    for path, sent in (
        ("authority", {"roles": ["analyst"]}),
        ("disable", {}),
        ("enable", None),
        ("unlock", None),
        ("reset-password", None),
        ("reset-totp", None),
    ):
        answer = client.post(f"/api/v1/accounts/{own}/{path}", json=sent, headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (403, "account_own"), path


def test_the_last_security_administrator_stays(client: TestClient, admin: dict[str, str]) -> None:
    second = signed_in(client, ["security_admin"], name="second")
    first = client.get("/api/v1/auth/me", headers=admin).json()["account"]["id"]
    other = client.get("/api/v1/auth/me", headers=second).json()["account"]["id"]
    assert client.post(f"/api/v1/accounts/{other}/disable", json={}, headers=admin).status_code == 200
    assert client.post(f"/api/v1/accounts/{other}/enable", headers=admin).status_code == 200
    assert client.post(f"/api/v1/accounts/{other}/authority", json={"roles": ["analyst"]}, headers=admin).status_code == 200
    third = signed_in(client, ["security_admin"], name="third")  # the helper's own act
    assert client.post(f"/api/v1/accounts/{first}/disable", json={}, headers=third).status_code == 200
    gone = client.post(f"/api/v1/accounts/{first}/enable", headers=admin)
    assert gone.status_code == 401


def test_only_security_administrators_manage_and_auditors_look(client: TestClient, admin: dict[str, str]) -> None:
    made = make(client, admin)
    path = f"/api/v1/accounts/{made['account']['id']}"
    auditor = signed_in(client, ["auditor"])
    assert client.get(path, headers=auditor).status_code == 200
    for role in ("auditor", "system_admin", "leader", "office_head", "analyst"):
        headers = auditor if role == "auditor" else signed_in(client, [role])
        assert client.post(f"{path}/disable", json={}, headers=headers).status_code == 403
        assert client.post(f"{path}/unmask", headers=headers).status_code == 403
        assert (client.get("/api/v1/accounts", headers=headers).status_code == 200) is (role == "auditor")


IMPOSSIBLE: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": "local"}, "account_name_wrong"),
    ({"name": "a b"}, "account_name_wrong"),
    ({"name": "GUARDIAN"}, "account_exists"),
    ({"roles": ["king"]}, "role_unknown"),
    ({"roles": ["auditor", "officer"]}, "roles_conflict"),
    ({"office": "nowhere"}, "account_office_unknown"),
    ({"office": None}, "account_nowhere"),
    ({"grants": ["999999"]}, "grant_wrong"),
)


def test_what_an_account_cannot_be(client: TestClient, admin: dict[str, str]) -> None:
    for sent, code in IMPOSSIBLE:
        answer = client.post("/api/v1/accounts", json={"name": "lisi", "roles": ["officer"], "office": YICHANG, **sent}, headers=admin)
        assert answer.status_code == (409 if code == "account_exists" else 422)
        assert answer.json()["code"] == code


def test_lists_are_narrowed_and_paged(client: TestClient, admin: dict[str, str]) -> None:
    for i in range(3):
        make(client, admin, name=f"officer{i}")
    make(client, admin, name="head", roles=["office_head"])

    def names(**asked: Any) -> list[str]:
        found, cursor = [], None
        while True:
            page = client.get(
                "/api/v1/accounts", params={**asked, **({"cursor": cursor} if cursor else {}), "limit": 2}, headers=admin
            ).json()
            found += [row["name"] for row in page["items"]]
            cursor = page["cursor"]
            if cursor is None:
                return found

    assert names() == ["guardian", "officer0", "officer1", "officer2", "head"]
    assert names(role="office_head") == ["head"]
    assert names(role="office") == []
    assert names(name="Officer") == ["officer0", "officer1", "officer2"]
    assert names(office=YICHANG, state="disabled") == []


def test_a_stale_change_is_refused(client: TestClient, admin: dict[str, str]) -> None:
    path = f"/api/v1/accounts/{make(client, admin)['account']['id']}"
    assert client.get(path, headers=admin).headers["etag"] == '"1"'
    assert client.post(f"{path}/authority", json={"roles": ["analyst"], "version": 1}, headers=admin).json()["version"] == 2
    answer = client.post(f"{path}/authority", json={"roles": ["officer"], "version": 1}, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "account_stale")


def test_contact_details_are_masked_until_somebody_says_so(client: TestClient, admin: dict[str, str]) -> None:
    path = f"/api/v1/accounts/{make(client, admin)['account']['id']}"
    assert client.patch(path, json={"telephone": "13900001111"}, headers=admin).json()["telephone"] == "139****1111"
    assert client.post(f"{path}/unmask", headers=admin).json()["telephone"] == "13900001111"
    with reading(engine_of(client)) as conn:
        last = conn.execute(select(t.audit).order_by(t.audit.c.id.desc()).limit(1)).one()
    assert (last.actor, last.action) == ("guardian", "account.unmask")


def test_resetting_ends_sessions_and_unlocking_forgets_failures(client: TestClient, admin: dict[str, str]) -> None:
    made = make(client, admin)
    path = f"/api/v1/accounts/{made['account']['id']}"
    for _ in range(5):
        client.post("/api/v1/auth/sign-in", json={"name": "lisi", "password": "Wrong-password-1"})
    assert client.get(path, headers=admin).json()["state"] == "locked"
    assert sign_in(client, made)["code"] == "sign_in_blocked"
    assert client.post(f"{path}/unlock", headers=admin).json()["state"] == "active"
    assert sign_in(client, made)["name"] == "lisi"
    mine = {"Cookie": f"risk_session={client.cookies['risk_session']}"}
    client.cookies.clear()
    again = client.post(f"{path}/reset-password", headers=admin).json()
    assert client.get("/api/v1/auth/me", headers=mine).status_code == 401
    assert sign_in(client, made)["code"] == "sign_in_refused"
    assert sign_in(client, again)["held"] == "password_change_required"


def test_an_administrator_ends_a_key_and_never_sees_one(client: TestClient, admin: dict[str, str]) -> None:
    owner = signed_in(client, ["analyst"], name="owner")
    made = client.post("/api/v1/keys", json={"label": "x", "permissions": ["signals.read"]}, headers=owner).json()
    account = client.get("/api/v1/auth/me", headers=owner).json()["account"]["id"]
    listed = client.get(f"/api/v1/accounts/{account}/keys", headers=admin)
    assert made["key"] not in listed.text
    number = listed.json()["items"][0]["id"]
    assert client.delete(f"/api/v1/accounts/{account + 1}/keys/{number}", headers=admin).status_code == 404
    assert client.delete(f"/api/v1/accounts/{account}/keys/{number}", headers=admin).status_code == 200
    assert client.get("/api/v1/signals", headers={"Authorization": f"Bearer {made['key']}"}).status_code == 401
