"""What a target gets: webhooks that a stock library verifies, letters that a real mail server takes, robots' own JSON; words kept as golden texts.

Renew the golden texts with RISK_RENEW_GOLDEN=1 and review the difference.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from risk.domain.events import Happened
from risk.domain.push import knobs
from risk.domain.push_messages import Names, compose
from risk.domain.push_robots import body_of
from risk.services import push_targets
from risk.services.http_guard import Guard, Limits, read_list
from risk.services.push_mail import html_of, letter_of, text_of
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.push_world import NOW, SECRET, WUHAN, YICHANG, Pushing, pushing, receiving, task
from tests.risk.test_http_guard import certificate

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = Names(
    {YICHANG: ("宜昌市市场监督管理局", "Yichang Administration for Market Regulation")},
    {"false_medical_advertising": ("虚假医疗广告", "False medical advertising")},
    "https://risk.example.gov.cn",
)
OTHER = "whsec_" + "b3RoZXItdGVzdC1vbmx5LW90aGVyLXRlc3Qtb25seQ=="


def told(*events: tuple[str, str, Any, str | None]) -> list[Happened]:
    """Events as the other side of the outbox sees them."""
    return [Happened(n, f"k{n}", name, object_, office, data, NOW) for n, (name, object_, data, office) in enumerate(events, 1)]


STORY = told(
    task(12, "red"),
    ("alert.risen", "alert:7", {"alert": 7, "grade": "orange", "was": "yellow", "model": "false_medical_advertising"}, YICHANG),
    ("task.reminded", "task:9", {"task": 9, "grade": "yellow", "stage": "80", "report_due": "2026-10-12T09:30:00+00:00"}, YICHANG),
    ("task.escalated", "task:8", {"task": 8, "grade": "blue", "stage": "escalate", "to_office": "420000-market_supervision"}, YICHANG),
    ("verdict.accepted", "verdict:3", {"outcome": "30", "task": 5}, YICHANG),
    ("copy.sent", "copy:2", {"from_office": YICHANG, "grade": "blue", "alert": 7}, YICHANG),
    ("model.rolled_back", "model:false_medical_advertising@4", {"model": "false_medical_advertising", "version": 4}, None),
    ("rule.changed", "rule:m/r@2", {"model": "false_medical_advertising", "rule": "r", "version": 2, "step": "activate"}, None),
    ("moon.risen", "moon:1", {"grade": "red"}, None),
)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_words_are_those_we_agreed_on(lang: str) -> None:
    """One message with everything, one with one event, one of a test; as text, HTML and the robots' JSON."""
    parts = [text_of(compose([one], lang, NAMES)) for one in (STORY[0], *told(("push.test", "push_target:1", {}, None)))]
    whole = compose(STORY, lang, NAMES)
    parts += [text_of(compose(STORY[:5], lang, NAMES)), text_of(whole), html_of(whole)]
    parts += [json.dumps(body_of(kind, whole, NOW), ensure_ascii=False, indent=1) for kind in ("wecom", "dingtalk", "feishu")]
    text, path = "\n----\n".join(parts) + "\n", GOLDEN / f"push.{lang}.txt"
    if os.environ.get("RISK_RENEW_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_values_of_others_make_no_markup_and_no_lines() -> None:
    hostile = "[click](http://evil.example)\r\n# <script>alert(1)</script>"
    message = compose(told(("alert.unroutable", "alert:1", {"reason": hostile, "grade": hostile}, None)), "en", NAMES)
    assert len(message.lines) == 1
    for shown in (message.lines[0].text, html_of(message), json.dumps(body_of("wecom", message, NOW))):
        assert "<script" not in shown
        assert "](http://evil" not in shown
        assert "\r" not in shown
    assert "\n" not in message.lines[0].text


def test_a_long_message_is_cut_to_what_the_robot_takes_and_says_so() -> None:
    message = compose(told(*(task(n, "red") for n in range(1, 200))), "zh", NAMES)
    content = body_of("wecom", message, NOW)["markdown"]["content"]
    assert len(content.encode()) <= knobs()["bytes"]["wecom"]
    listed = content.count("核查任务已下达：")
    assert f"另有 {199 - listed} 条" in content


@contextmanager
def partner(secret: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The receiver's port and process."""
    command = [sys.executable, str(Path(__file__).with_name("push_receiver.py")), secret]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline()), process
        finally:
            process.terminate()


def test_a_partner_with_the_stock_library_verifies_our_pushes(sqlite_engine: Engine) -> None:
    """Before, while and after the secret is changed; and refuses what is signed with another one."""
    with partner(SECRET) as (old_port, old), partner(OTHER) as (new_port, new):
        allow = f"http://127.0.0.1:{old_port},http://127.0.0.1:{new_port}"
        world = pushing(sqlite_engine, allow=allow)
        world.clock.now = datetime.now(UTC)  # the library refuses what is older than five minutes
        world.add("old", f"http://127.0.0.1:{old_port}/in")
        world.add("new", f"http://127.0.0.1:{new_port}/in")
        world.emit(task(1))
        world.drain()
        with transaction(sqlite_engine) as conn:
            for name in ("old", "new"):
                push_targets.rotate(conn, world.box, name, OTHER, actor="admin", now=world.clock())
        world.emit(task(2))
        world.drain()
        assert old.stdout is not None
        assert new.stdout is not None
        first, second = json.loads(old.stdout.readline()), json.loads(old.stdout.readline())
        assert (first["type"], first["subject"], second["subject"]) == ("task.issued", "task:1", "task:2")
        assert {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"} <= set(first)
        assert (json.loads(new.stdout.readline()), json.loads(new.stdout.readline())["subject"]) == (None, "task:2")
    states = {(row["outbox_id"], row["target_id"]): (row["state"], row["status"]) for row in world.deliveries()}
    assert list(states.values()) == [("sent", 204), ("dead", 401), ("sent", 204), ("sent", 204)]


def test_an_old_secret_signs_for_its_days_only(sqlite_engine: Engine) -> None:
    with receiving() as one:
        world = pushing(sqlite_engine, one)
        world.add("a", one.url)
        with transaction(sqlite_engine) as conn:
            push_targets.rotate(conn, world.box, "a", OTHER, actor="admin", now=world.clock())
        for days in (0, 3, knobs()["rotation"]["days"]):
            world.clock.on(days=days)
            world.emit(task(days + 1))
            world.drain()
    assert [len(got.headers["webhook-signature"].split(" ")) for got in one.got] == [2, 2, 1]


class Mailbox:
    """An aiosmtpd handler that keeps what comes, and refuses some."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """One letter."""
        if self.answer.startswith("2"):
            found = message_from_bytes(envelope.content, policy=default)
            assert isinstance(found, EmailMessage)
            self.letters.append(found)
        return self.answer


@contextmanager
def mail_server(**options: Any) -> Iterator[tuple[Mailbox, int]]:
    """A real SMTP server on loopback."""
    import socket

    from aiosmtpd.controller import Controller

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=port, **options)
    server.start()
    try:
        yield box, port
    finally:
        server.stop()


def mailing(engine: Engine, allow: str, *, tls: ssl.SSLContext | None = None) -> Pushing:
    """A pusher that may talk to a mail server of the name mail.example.cn."""
    world = pushing(engine)
    world.guard = Guard(read_list(allow), resolve=lambda host, port: ["127.0.0.1"], limits=Limits(2, 5), tls=tls)
    return world


MAIL: dict[str, Any] = {"kind": "smtp", "sender": "risk@example.gov.cn", "recipients": ("a@example.gov.cn", "b@example.gov.cn")}


def test_a_letter_reaches_a_mail_server(sqlite_engine: Engine) -> None:
    with mail_server() as (box, port):
        world = mailing(sqlite_engine, f"smtp://127.0.0.1:{port}")
        world.add("office", f"smtp://mail.example.cn:{port}", lang="zh", **MAIL)
        world.add("english", f"smtp://mail.example.cn:{port}", lang="en", **MAIL)
        world.base = NAMES.base
        world.emit(task(12, "red"))
        assert world.drain() == 2
    zh, en = sorted(box.letters, key=lambda one: one["Content-Language"], reverse=True)
    assert zh["Subject"] == "【风险预警】核查任务已下达"
    assert (zh["From"], zh["To"]) == ("risk@example.gov.cn", "a@example.gov.cn, b@example.gov.cn")
    plain, page = (zh.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert page is not None
    for text in (plain.get_content(), page.get_content()):
        assert "任务 12（等级：红色；" in text
        assert "https://risk.example.gov.cn/ui/tasks/12" in text
        assert "不是结论" in text
    english = en.get_body(("plain",))
    assert english is not None
    assert "not a finding" in english.get_content()
    assert {row["state"] for row in world.deliveries()} == {"sent"}


@pytest.mark.parametrize(("answer", "state", "status"), [("451 later", "failed", 451), ("554 no", "dead", 554)])
def test_what_a_mail_server_refuses(sqlite_engine: Engine, answer: str, state: str, status: int) -> None:
    with mail_server() as (box, port):
        box.answer = answer
        world = mailing(sqlite_engine, f"smtp://127.0.0.1:{port}")
        world.add("office", f"smtp://127.0.0.1:{port}", **MAIL)
        world.emit(task(1))
        world.drain()
    assert [(row["state"], row["status"], row["error"]) for row in world.deliveries()] == [(state, status, "push_mail_refused")]


@pytest.mark.parametrize(("name", "state"), [("mail.example.cn", "sent"), ("other.example.cn", "failed")])
def test_starttls_checks_the_name_and_a_password_goes_inside(sqlite_engine: Engine, tmp_path: Path, name: str, state: str) -> None:
    from aiosmtpd.smtp import AuthResult, LoginPassword

    cert, key = certificate(tmp_path, "mail.example.cn")
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(cert, key)
    seen: list[LoginPassword] = []

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append(data)
        return AuthResult(success=True)

    with mail_server(tls_context=served, require_starttls=True, auth_required=True, authenticator=check) as (box, port):
        trusted = ssl.create_default_context(cafile=str(cert))
        world = mailing(sqlite_engine, f"smtp+starttls://127.0.0.1:{port}", tls=trusted)
        world.add("office", f"smtp+starttls://{name}:{port}", user="risk", password="only-for-tests", **MAIL)
        world.emit(task(1))
        world.drain()
    assert [row["state"] for row in world.deliveries()] == [state]
    assert len(box.letters) == (state == "sent")
    assert [(one.login, one.password) for one in seen] == [(b"risk", b"only-for-tests")] * (state == "sent")


def test_a_server_without_tls_gets_no_password(sqlite_engine: Engine) -> None:
    with mail_server() as (box, port):
        world = mailing(sqlite_engine, f"smtp+starttls://127.0.0.1:{port}")
        world.add("office", f"smtp+starttls://127.0.0.1:{port}", user="risk", password="only-for-tests", **MAIL)
        world.emit(task(1))
        world.drain()
    assert box.letters == []
    assert [(row["state"], row["error"]) for row in world.deliveries()] == [("failed", "push_tls_failed")]


@pytest.mark.parametrize(
    ("kind", "body", "state", "error"),
    [
        ("wecom", b'{"errcode":0,"errmsg":"ok"}', "sent", None),
        ("wecom", b'{"errcode":93000,"errmsg":"invalid webhook url"}', "dead", "push_robot_refused"),
        ("wecom", b'{"errcode":-1,"errmsg":"system busy"}', "failed", "push_robot_refused"),
        ("dingtalk", b'{"errcode":310000,"errmsg":"sign not match"}', "dead", "push_robot_refused"),
        ("feishu", b'{"code":0,"msg":"success","data":{}}', "sent", None),
        ("feishu", b'{"StatusCode":0,"StatusMessage":"success"}', "sent", None),
        ("feishu", b'{"code":19021,"msg":"sign match fail"}', "dead", "push_robot_refused"),
        ("feishu", b"<html>", "failed", "push_robot_unreadable"),
        ("feishu", b"[]", "failed", "push_robot_unreadable"),
    ],
)
def test_robots_refuse_with_200(sqlite_engine: Engine, kind: str, body: bytes, state: str, error: str | None) -> None:
    with receiving() as one:
        one.answer = lambda number: (200, {"Content-Type": "application/json"}, body)
        world = pushing(sqlite_engine, one)
        world.add("robot", one.url, kind)
        world.emit(task(1))
        world.drain()
    assert [(row["state"], row["error"]) for row in world.deliveries()] == [(state, error)]


def test_dingtalk_is_signed_and_a_refusal_for_haste_is_waited_for(sqlite_engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (200, {}, b'{"errcode":130101}' if number == 1 else b'{"errcode":0}')
        world = pushing(sqlite_engine, one)
        world.add("robot", f"{one.url}?access_token=x", "dingtalk", secret="SEConly-for-tests")
        world.emit(task(1))
        world.drain()
        assert world.target("robot").state == "paused"
        world.clock.on(seconds=599)
        assert world.drain() == 0
        world.clock.on(hours=1)
        assert world.drain() == 1
    assert one.got[0].path.startswith("/in?access_token=x&timestamp=1791770400000&sign=")
    assert world.target("robot").state == "on"


def test_events_of_a_window_become_one_message_an_office_and_red_ones_come_at_once(engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (200, {}, b'{"errcode":0}')
        world = pushing(engine, one)
        world.add("robot", one.url, "wecom", digest="every 30m")
        world.emit(*(task(n) for n in range(1, 6)), task(6, office=WUHAN), task(7, "red"))
        assert world.drain() == 1
        assert "任务 7" in one.got[0].json["markdown"]["content"]
        world.clock.on(minutes=29)  # 10:29
        assert world.drain() == 0
        world.clock.on(minutes=1)
        assert world.drain() == 2
        assert world.drain() == 0
    contents = [got.json["markdown"]["content"] for got in one.got[1:]]
    assert sorted(content.count("核查任务已下达：") for content in contents) == [1, 5]
    assert "5 条消息" in "".join(contents)
    assert len({row["message"] for row in world.deliveries()}) == 3


def test_a_digest_that_failed_travels_together_again_under_its_id(sqlite_engine: Engine) -> None:
    with receiving() as one:
        one.answer = lambda number: (500 if number == 1 else 200, {}, b'{"errcode":0}')
        world = pushing(sqlite_engine, one)
        world.add("robot", one.url, "wecom")
        world.emit(task(1), task(2))
        world.drain()
        world.emit(task(3))
        world.clock.on(hours=1)
        world.drain()
    first, again, later = [got.json["markdown"]["content"] for got in one.got]
    assert first == again != later
    assert "任务 3" in later


def test_a_robot_gets_no_more_messages_a_minute_than_it_takes(sqlite_engine: Engine) -> None:
    offices = [f"4205{n:02d}-market_supervision" for n in range(30)]  # a message each, so that joining does not help
    with transaction(sqlite_engine) as conn:
        rows = [
            {"code": one, "name_zh": one, "name_en": one, "region": one[:6], "level": "county", "department": "x", "weekly_capacity": 1}
            for one in offices
        ]
        known = {row.code for row in conn.execute(t.offices.select())}
        conn.execute(insert(t.offices), [row for row in rows if row["code"] not in known])
    with receiving() as one:
        one.answer = lambda number: (200, {}, b'{"errcode":0}')
        world = pushing(sqlite_engine, one)
        world.add("robot", one.url, "dingtalk")
        world.emit(*(task(n, office=office) for n, office in enumerate(offices)))
        assert world.drain() == 18
        world.clock.on(seconds=30)
        assert world.drain() == 0
        world.clock.on(seconds=31)
        assert world.drain() == 12


def test_what_is_for_programs_only_is_not_for_people(sqlite_engine: Engine) -> None:
    with receiving() as one, receiving() as two:
        two.answer = lambda number: (200, {}, b'{"errcode":0}')
        world = pushing(sqlite_engine, one, two)
        world.add("program", one.url)
        world.add("robot", two.url, "wecom")
        world.emit(("run.done", "run:1", {"judged": 10}, None))
        world.drain()
    assert (len(one.got), len(two.got)) == (1, 0)


def test_a_letter_says_the_same_number_each_time() -> None:
    message = compose(STORY[:1], "zh", NAMES)
    numbers = {letter_of(message, "abc", {**MAIL}, NOW)["Message-ID"] for _ in range(2)}
    assert numbers == {"<abc@example.gov.cn>"}
