"""Pushes over HTTP: targets whose secrets never come back, deliveries, sending again; each within the caller's scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain.authority import Grant, Scope
from risk.domain.errors import ForbiddenError, NotFoundError
from risk.services import outbox, push_targets, push_views
from risk.services.lease import process_name
from risk.services.push import Pusher, guard_of
from risk.services.push_targets import Wanted
from risk.services.secrets_key import SecretBox
from risk.settings import Settings
from risk.storage.engine import open_engine, reading, transaction
from tests.risk.disposal_world import NOW
from tests.risk.push_world import SECRET, YICHANG, Receiver, receiving, task

BASE = "/api/v1/push"
ME = {"X-Actor": "admin"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listens on loopback."""
    with receiving() as opened:
        yield opened


@pytest.fixture
def listed(settings: Settings, receiver: Receiver) -> Settings:
    """Settings that list the receiver."""
    return replace(settings, push_allow=f"{receiver.allow},https://oapi.dingtalk.com,smtps://mail.example.cn")


@pytest.fixture
def client(listed: Settings) -> Iterator[TestClient]:
    """A service that may push to the receiver."""
    with TestClient(create_app(listed, clock=lambda: NOW), raise_server_exceptions=False, headers=ME) as opened:
        yield opened


def sent(receiver: Receiver, **more: Any) -> dict[str, Any]:
    """A target as it is sent."""
    return {"name": "platform", "kind": "webhook", "address": receiver.url, "secret": SECRET, **more}


def test_a_target_lives(client: TestClient, receiver: Receiver) -> None:
    made = client.post(f"{BASE}/targets", json=sent(receiver))
    assert made.status_code == 201, made.text
    assert made.headers["ETag"] == '"1"'
    assert client.post(f"{BASE}/targets", json=sent(receiver)).json()["code"] == "push_target_exists"
    tried = client.post(f"{BASE}/targets/platform/test", json={})
    assert tried.json() == {"ok": True, "status": 204, "error": None, "error_zh": None, "error_en": None}
    assert receiver.got[0].json["type"] == "push.test"
    changed = client.patch(f"{BASE}/targets/platform", json={"events": ["task.*"]}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["events"], changed.json()["version"]) == (200, ["task.*"], 2)
    assert client.patch(f"{BASE}/targets/platform", json={"events": ["*"]}, headers={"If-Match": '"1"'}).status_code == 409
    assert client.post(f"{BASE}/targets/platform/pause", json={}).json()["state"] == "off"
    assert client.post(f"{BASE}/targets/platform/resume", json={}).json()["state"] == "on"
    shown = client.get(f"{BASE}/targets/platform").json()
    assert (shown["health"]["tries"], shown["health"]["success"]) == (1, 1.0)
    assert client.delete(f"{BASE}/targets/platform").status_code == 204
    assert client.get(f"{BASE}/targets/platform").json()["code"] == "push_target_not_found"
    assert client.get(f"{BASE}/targets").json() == []
    assert client.post(f"{BASE}/targets", json=sent(receiver)).status_code == 201  # its name is free again


def test_no_answer_and_no_table_shows_a_secret(client: TestClient, receiver: Receiver, listed: Settings) -> None:
    key, word = "access-token-of-a-robot", "pass-word-of-a-server"
    mail = {"sender": "risk@example.cn", "recipients": ["office@example.cn"], "user": "risk", "password": word}
    bodies: list[dict[str, Any]] = [
        sent(receiver),
        {
            "name": "ding",
            "kind": "dingtalk",
            "address": f"https://oapi.dingtalk.com/robot/send?access_token={key}",
            "secret": "SEC-of-a-robot",
        },
        {"name": "mail", "kind": "smtp", "address": "smtps://mail.example.cn", **mail},
    ]
    answers = [client.post(f"{BASE}/targets", json=body) for body in bodies]
    assert [one.status_code for one in answers] == [201] * 3
    answers += [
        client.post(f"{BASE}/targets/platform/rotate", json={"secret": SECRET}),
        client.get(f"{BASE}/targets"),
        client.get(f"{BASE}/status"),
    ]
    answers += [client.get(f"{BASE}/targets/{name}") for name in ("platform", "ding", "mail")]
    answers.append(client.post(f"{BASE}/targets/ding/rotate", json={"secret": "SEC-another\n"}))
    assert answers[-1].status_code == 422
    hidden = (SECRET, SECRET[6:], key, word, "SEC-of-a-robot", "SEC-another")
    for answer in answers:
        assert not [one for one in hidden if one in answer.text], answer.text
    engine = open_engine(listed.database_url)
    with reading(engine) as conn:
        for table in ("push_targets", "audit"):
            rows = str(conn.exec_driver_sql(f"SELECT * FROM {table}").all())
            assert not [one for one in hidden if one in rows], table
    engine.dispose()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"address": "http://127.0.0.1:1/"}, "guard_not_listed"),
    ({"address": "http://u:p@127.0.0.1/"}, "guard_address_invalid"),
    ({"address": "smtps://mail.example.cn"}, "guard_address_invalid"),
    ({"events": ["tasks.*"]}, "push_event_unknown"),
    ({"secret": "short"}, "push_secret_needed"),
    ({"secret": None}, "push_secret_needed"),
    ({"digest": "every 30m"}, "push_digest_people"),
    ({"division": "999999"}, "push_division_unknown"),
    ({"name": "a b"}, "push_name_invalid"),
    ({"sender": "a@example.cn"}, "push_mail_only"),
    ({"kind": "smtp", "address": "smtps://mail.example.cn", "secret": None}, "push_mail_needed"),
    ({"kind": "dingtalk", "address": "https://oapi.dingtalk.com/robot/send", "digest": "hourly"}, "push_digest_invalid"),
    (
        {
            "kind": "smtp",
            "address": "smtps://mail.example.cn",
            "secret": None,
            "sender": "a@b.cn",
            "recipients": ["x@y.cn\r\nBcc: z@y.cn"],
        },
        "push_mail_address",
    ),
]


def test_what_cannot_be_a_target_is_refused_with_its_reason(client: TestClient, receiver: Receiver) -> None:
    for more, code in REFUSED:
        answer = client.post(f"{BASE}/targets", json=sent(receiver, **more))
        assert (answer.status_code, answer.json()["code"]) == (422, code), more
    assert receiver.connections == 0


def test_deliveries_and_sending_again(client: TestClient, receiver: Receiver, listed: Settings) -> None:
    receiver.answer = lambda number: (400 if number == 1 else 200, {}, b"")
    client.post(f"{BASE}/targets", json=sent(receiver))
    engine = open_engine(listed.database_url)
    with transaction(engine) as conn:
        outbox.emit_many(conn, [(*task(1), ""), (*task(2), "")], NOW)
    pusher = Pusher.of(engine, listed, worker=process_name(), clock=lambda: NOW)
    pusher.drain()
    dead = client.get(f"{BASE}/deliveries", params={"state": "dead"}).json()["items"]
    assert (dead[0]["error_zh"], dead[0]["error_en"]) == ("对方答复 400", "the other side answered 400")
    assert [(one["object"], one["error"], one["status"], one["target"]) for one in dead] == [
        ("task:1", "push_answer_refused", 400, "platform")
    ]
    assert client.get(f"{BASE}/deliveries/{dead[0]['id']}").json() == dead[0]
    assert client.get(f"{BASE}/deliveries/999").status_code == 404
    status = client.get(f"{BASE}/status").json()
    assert (status["deliveries"]["dead"], status["deliveries"]["sent"], status["unspread"]) == (1, 1, 0)
    assert client.post(f"{BASE}/replays", json={"numbers": [dead[0]["id"]]}).json() == {"again": 1, "new": 0, "more": False}
    assert client.post(f"{BASE}/replays", json={"numbers": [dead[0]["id"]]}).json()["code"] == "push_replay_open"
    pusher.drain()
    period = {"target": "platform", "since": "2026-10-12T00:00:00Z", "until": "2026-10-13T00:00:00Z", "states": ["sent"]}
    assert client.post(f"{BASE}/replays", json=period).json()["again"] == 2
    pusher.drain()
    assert len(receiver.ids) == 5
    assert len(set(receiver.ids)) == 2  # the same two ids each time
    client.post(f"{BASE}/targets", json=sent(receiver, name="late"))
    past = {"target": "late", "since": "2026-10-12T00:00:00Z", "until": "2026-10-13T00:00:00Z", "missing": True}
    assert client.post(f"{BASE}/replays", json=past).json() == {"again": 0, "new": 2, "more": False}
    for wrong in ({}, {"target": "late"}, {**past, "until": "2026-10-11T00:00:00Z"}):
        assert client.post(f"{BASE}/replays", json=wrong).json()["code"] == "push_replay_empty"
    pusher.close()
    engine.dispose()


def test_whoever_is_responsible_for_less_sees_and_does_less(listed: Settings, receiver: Receiver) -> None:
    engine, guard, box = open_engine(listed.database_url), guard_of(listed), SecretBox(listed)
    yichang, common = Scope((Grant("420500"),)), {"actor": "a", "now": NOW}
    with transaction(engine) as conn:
        for name, division in (("province", ""), ("wuhan", "420100"), ("yichang", "420500")):
            push_targets.add(conn, guard, box, Wanted(name, "webhook", receiver.url, division=division, secret=SECRET), actor="a", now=NOW)
        outbox.emit_many(conn, [(*task(1, office=YICHANG), "")], NOW)
    with reading(engine) as conn:
        assert [one.name for one in push_targets.list_targets(conn, scope=yichang)] == ["yichang"]
        assert [one.target.name for one in push_views.status(conn, NOW, scope=yichang).targets] == ["yichang"]
    pusher = Pusher.of(engine, listed, worker="w", clock=lambda: NOW)
    pusher.drain()
    pusher.close()
    with reading(engine) as conn:
        seen = push_views.list_deliveries(conn, scope=yichang).items
        everything = push_views.list_deliveries(conn).items
        assert {one.target for one in seen} <= {"yichang"} < {one.target for one in everything} | {"yichang"}
        hidden = next(one for one in everything if one.target == "province")
        with pytest.raises(NotFoundError):
            push_views.get_delivery(conn, hidden.id, scope=yichang)
    with transaction(engine) as conn, pytest.raises(NotFoundError):
        push_targets.switch(conn, "wuhan", on=False, scope=yichang, **common)  # type: ignore[arg-type]
    with transaction(engine) as conn, pytest.raises(ForbiddenError):
        push_targets.change(conn, guard, box, "yichang", {"division": "420100"}, scope=yichang, **common)  # type: ignore[arg-type]
    engine.dispose()
