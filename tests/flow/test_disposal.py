"""One complaint from its entry to the report: returned, asked about elsewhere, extended, overdue and taken one level up, verified, labelled, answered.

Everybody signs in and works over HTTP; time is moved by hand. In the end every event, every push (verified by the stock library) and every audit entry is
looked at. Rules only, over the test's own packs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.engine import URL
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain.calendar import SHANGHAI
from risk.services import audit_check, reminders, reporting, runs, sessions
from risk.services.dispatch import seed_offices
from risk.services.push import Pusher
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from tests.api.accounts_world import COOKIE, new_account
from tests.risk.push_world import SECRET, Clock, Receiver, receiving
from tests.risk.run_world import REPORT, scorer

FINANCE, MARKET, CITY = "420502-finance_lead", "420502-market_supervision", "420500-finance_lead"
COMPLAINT = "交了集资款以后人就联系不上了，请帮忙追回，我的电话13812345678"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


class Story:
    """A served application, its people, a clock and a receiver."""

    def __init__(self, client: TestClient, settings: Settings, clock: Clock, receiver: Receiver, engine: Engine) -> None:
        self.client, self.settings, self.clock, self.receiver, self.engine = client, settings, clock, receiver, engine
        who = {
            "admin": (["system_admin"], [("", "")], None),
            "analyst": (["analyst"], [("", "")], None),
            "officer": (["officer"], [("420502", "finance_lead")], FINANCE),
            "head": (["office_head"], [("420502", "finance_lead")], FINANCE),
            "neighbour": (["officer"], [("420502", "market_supervision")], MARKET),
            "city": (["office_head"], [("420500", "finance_lead")], CITY),
            "wuhan": (["officer"], [("420100", "")], None),
            "auditor": (["auditor"], [("", "")], None),
        }
        self.people = {
            name: new_account(engine, roles, grants, office, name=name, now=clock.now) for name, (roles, grants, office) in who.items()
        }

    def ask(self, who: str, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """The answer that this person gets, signed in anew: sessions end while weeks go by."""
        with transaction(self.engine) as conn:
            token = sessions.open_session(conn, self.people[who], how="password", second_factor=True, now=self.clock.now, client="test")
        answer = self.client.request(method, f"/api/v1/{path}", json=body, headers={"Cookie": f"{COOKIE}={token}"})
        assert answer.status_code == status, (who, method, path, answer.status_code, answer.text[:400])
        return answer.json() if answer.content else None

    def act(self, who: str, task: int, step: str, body: Any = None, *, status: int = 200) -> Any:
        """A step of a task."""
        return self.ask(who, "POST", f"tasks/{task}/{step}", body or {}, status=status)

    def push(self) -> None:
        """Send what is due."""
        pusher = Pusher.of(self.engine, self.settings, worker="w", clock=self.clock)
        try:
            pusher.drain()
        finally:
            pusher.close()


@pytest.fixture
def story(engine_url: URL, tmp_path: Any) -> Iterator[Story]:
    """Everybody has an account; the platform of the province is told of everything by webhook."""
    clock = Clock(at(12, 9))
    with receiving() as receiver:
        settings = Settings(
            home=tmp_path / "home", database_url=engine_url.render_as_string(hide_password=False), push_allow=receiver.allow
        )
        engine = open_engine(engine_url)
        with transaction(engine) as conn:
            seed_offices(conn)
        with TestClient(create_app(replace(settings, rate="off"), clock=clock), raise_server_exceptions=False) as client:
            made = Story(client, settings, clock, receiver, engine)
            target = {"name": "platform", "kind": "webhook", "address": receiver.url, "secret": SECRET}
            made.ask("admin", "POST", "push/targets", target, status=201)
            yield made
        engine.dispose()


def test_one_complaint_from_entry_to_report(story: Story) -> None:
    clock, engine = story.clock, story.engine
    # in: posted by the hotline's analyst, judged, routed to the office in charge of its place
    row = {"text": COMPLAINT, "kind": "report", "region": "宜昌市西陵区", "source_id": "12345-1", "observed_at": at(12, 8).isoformat()}
    posted = story.ask("analyst", "POST", "signals", {"source": "热线", "signals": [row]})
    assert (posted["accepted"], posted["quarantined"]) == (1, 0)
    clock.now = at(12, 10)
    (result,) = runs.run(engine, scorer(), (REPORT,), as_of=clock.now, now=clock.now, actor="scheduler")
    assert result.balance.as_dict()["new"] == result.balance.candidates == 1
    task = story.ask("officer", "GET", "tasks")["items"][0]["id"]
    assert story.ask("wuhan", "GET", "tasks")["items"] == []
    story.ask("wuhan", "GET", f"tasks/{task}", status=404)
    seen = story.ask("officer", "GET", f"tasks/{task}")
    assert "13812345678" not in str(seen)
    assert "集资款" in str(seen["evidence"])

    # signed, another office asked, answered by it and by nobody else
    story.act("officer", task, "sign")
    asked = story.act("officer", task, "ask", {"office": MARKET, "question": "该合作社是否登记？"})
    assist = story.ask("neighbour", "GET", "assists")["items"][0]["task"]
    story.ask("wuhan", "POST", f"assists/{assist}/answer", {"text": "不是我"}, status=404)
    story.act("officer", task, "report", _verdict("12"), status=409)  # while a question is open, a reason is needed
    clock.on(hours=2)
    story.ask("neighbour", "POST", f"assists/{assist}/answer", {"text": "未见登记"})
    assert asked["task"]["state"] == "signed"

    # reported, returned for more, extended by the head
    clock.on(hours=1)
    story.act("officer", task, "report", _verdict("12"))
    story.act("officer", task, "accept", status=403)
    story.act("head", task, "return", {"reason": "请补充询问笔录"})
    story.act("officer", task, "extension", {"reason": "当事人外出"})
    before = story.ask("head", "GET", f"tasks/{task}")["task"]["report_due"]
    story.act("head", task, "extend", {"reason": "同意"})
    due = datetime.fromisoformat(story.ask("head", "GET", f"tasks/{task}")["task"]["report_due"])
    assert due > datetime.fromisoformat(before)
    story.act("head", task, "extend", {"reason": "再延"}, status=409)

    # overdue: reminded, then one level up, who finds it in its list
    clock.now = due - timedelta(hours=1)
    with transaction(engine) as conn:
        reminders.scan(conn, clock.now)
    clock.now = due + timedelta(days=21)
    with transaction(engine) as conn:
        assert reminders.scan(conn, clock.now)["escalate"] == 1
        assert reminders.scan(conn, clock.now) == {}
    assert [row["id"] for row in story.ask("city", "GET", "tasks?escalated=true")["items"]] == [task]

    # the verdict, accepted by the head, reviewed by the city where that is asked for, taught, and told to whom the clue came from
    story.act("officer", task, "report", _verdict("12"))
    story.act("head", task, "accept", {"close": True})
    for review in story.ask("city", "GET", "verdicts/reviews")["items"]:
        story.ask("city", "POST", f"verdicts/reviews/{review['id']}/pass", {})
    done = story.ask("head", "GET", f"tasks/{task}")
    assert done["task"]["state"] == "closed"
    assert [one["event"] for one in done["events"]] == [
        "issue", "sign", "ask", "assist_answered", "start", "report", "return", "ask_extension", "extend",
        "remind", "escalate", "start", "report", "accept", "close",
    ]  # fmt: skip
    with reading(engine) as conn:
        labels = conn.execute(select(t.labels.c.model, t.labels.c.value, t.labels.c.source)).all()
        verdicts = conn.execute(select(t.verdicts.c.code, t.verdicts.c.state).order_by(t.verdicts.c.id)).all()
    assert [tuple(one) for one in labels] == [(REPORT, 1.0, "verdict")]
    assert [one.code for one in verdicts] == ["12", "12"]
    assert verdicts[-1].state == "final"
    assert story.ask("head", "GET", "verdicts/feedback")["items"][0]["result"]

    # the report tells of it
    numbers = reporting.make(engine, "2026-10", actor="leader", now=clock.now + timedelta(hours=1), cutoff=clock.now)
    assert numbers["alerts"]["total"] == 1

    _check_pushes(story, task)
    _check_audit(story, task)


def _verdict(code: str) -> dict[str, Any]:
    return {"code": code, "facts": "约谈该合作社，责令清退", "officers": ["officer", "李四"], "measures": "责令清退"}


def _check_pushes(story: Story, task: int) -> None:
    """Each event of the outbox came once, signed; nothing personal in it."""
    story.push()
    hook = Webhook(SECRET)
    for got in story.receiver.got:
        sent = datetime.fromtimestamp(int(got.headers["webhook-timestamp"]), tz=UTC)
        assert (
            sent == story.clock.now
        )  # the stock library's `verify` compares with the clock of the wall: its signature is compared instead
        assert got.headers["webhook-signature"] == hook.sign(got.headers["webhook-id"], sent, got.body.decode())
        assert b"13812345678" not in got.body
    with reading(story.engine) as conn:
        outbox = conn.execute(select(t.outbox.c.key, t.outbox.c.event, t.outbox.c.object).order_by(t.outbox.c.id)).all()
    assert Counter(story.receiver.ids) == Counter(row.key for row in outbox)
    assert all(count == 1 for count in Counter(story.receiver.ids).values())
    mine = [row.event for row in outbox if row.object == f"task:{task}"]
    for event in (
        "task.issued",
        "task.signed",
        "task.returned",
        "task.extension_asked",
        "task.extended",
        "task.reminded",
        "task.escalated",
    ):
        assert mine.count(event) == 1, (event, mine)
    assert mine.count("task.reported") == 2
    events = {row.event for row in outbox}
    assert {
        "alert.raised",
        "assist.asked",
        "assist.answered",
        "verdict.accepted",
        "verdict.final",
        "clue.feedback",
        "task.closed",
    } <= events


def _check_audit(story: Story, task: int) -> None:
    """Who did what, in order, in a chain that holds; read by the auditor alone."""
    story.ask("officer", "GET", "audit", status=403)
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = story.ask("auditor", "GET", f"audit?limit=200&object=task:{task}" + (f"&cursor={cursor}" if cursor else ""))
        rows += page["items"]
        if (cursor := page["cursor"]) is None:
            break
    acts = [(row["actor"], row["action"]) for row in sorted(rows, key=lambda row: row["id"])]
    assert acts == [
        ("officer", "task.sign"),
        ("officer", "task.ask"),
        ("neighbour", "task.assist_answered"),
        ("officer", "task.report"),
        ("head", "task.return"),
        ("officer", "task.ask_extension"),
        ("head", "task.extend"),
        ("system", "task.remind.report.80"),
        ("system", "task.remind.report.escalate"),
        ("officer", "task.report"),
        ("head", "task.close"),
    ]
    with reading(story.engine) as conn:
        assert audit_check.verify(conn).sound
