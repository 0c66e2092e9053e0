"""Special campaigns: the set is frozen, tasks are issued once, progress is counted by office, the end keeps its numbers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, func, select, update

from risk.cli.campaigns import campaigns as command
from risk.domain.authority import Grant, Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.services import campaigns, tasks
from risk.services.campaigns import Added, Choice
from risk.services.task_views import TaskFilter, get_task, list_tasks
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.task_world import HOME, LATER, MODEL, NOW, OTHER, issue, report

WUHAN, YICHANG = Scope((Grant("420100"),)), Scope((Grant("420500"),))


def _world(conn: Connection) -> list[int]:
    """Four subjects with an alert each: two in Wuhan (one grave), two in Huangshi."""
    issue(conn, 4, grades=(Grade.YELLOW, Grade.RED, Grade.YELLOW, Grade.BLUE))
    numbers = list(conn.scalars(select(t.subjects.c.id).order_by(t.subjects.c.id)))
    for place, part in (("420102", numbers[:2]), ("420222", numbers[2:])):
        conn.execute(update(t.subjects).where(t.subjects.c.id.in_(part)).values(region=place, industry="2017:5251"))
    return numbers


def _draft(conn: Connection, name: str = "医美广告整治", **other: Any) -> int:
    given = {
        "name": name,
        "models": [MODEL],
        "basis": "广告法第十六条；年度方案",
        "owner": "王五",
        "owner_office": "420100-market_supervision",
        "starts_on": date(2026, 10, 12),
        "ends_on": date(2026, 12, 31),
        "actor": "王五",
        "now": NOW,
    }
    return campaigns.create(conn, **{**given, **other})


def test_a_frozen_set_becomes_tasks_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        subjects = _world(conn)
        number = _draft(conn)
        choice = Choice(model=MODEL, grade="yellow")
        assert campaigns.preview(conn, choice) == 3
        assert campaigns.start(conn, number, choice, actor="王五", now=NOW) == Added(3, 3)
        assert campaigns.issue(conn, number, actor="王五", now=NOW) == 0
        with pytest.raises(ConflictError) as running:
            campaigns.start(conn, number, choice, actor="王五", now=NOW)
        assert running.value.code == "campaign_state"
        rows = list_tasks(conn, TaskFilter(kind="campaign"), NOW).items
        assert sorted(row.office for row in rows) == [HOME, HOME, OTHER]
        assert {row.report_due for row in rows} == {datetime(2026, 12, 31, 17, 30, tzinfo=SHANGHAI)}
        assert {row.title_zh for row in rows} == {"专项整治：医美广告整治"}
        assert [row.id for row in list_tasks(conn, TaskFilter(campaign=number), NOW).items] == [row.id for row in rows]
        assert campaigns.add(conn, number, Choice(ids=tuple(subjects)), actor="王五", reason="上级交办", now=LATER) == Added(1, 1)
        events = campaigns.history(conn, number)
        assert [(e["event"], e["reason"]) for e in events] == [("create", None), ("start", None), ("add", "上级交办")]
        assert conn.scalar(select(func.count()).select_from(t.campaign_items).where(t.campaign_items.c.task_id.is_(None))) == 0
        told = list(conn.scalars(select(t.outbox.c.event).where(t.outbox.c.object == f"campaign:{number}")))
        assert told == ["campaign.started"]


def test_progress_by_office_and_the_numbers_of_the_end(engine: Engine) -> None:
    with transaction(engine) as conn:
        _world(conn)
        number = _draft(conn)
        campaigns.start(conn, number, Choice(model=MODEL), actor="王五", now=NOW)
        first, second, third, _ = [row.id for row in list_tasks(conn, TaskFilter(campaign=number), NOW).items]
        report(conn, first, code="10")
        tasks.accept(conn, first, actor="科长", now=NOW, close_too=True)
        report(conn, second, code="31")
        tasks.sign(conn, third, actor="李四", now=NOW)
        late = datetime(2027, 2, 1, tzinfo=SHANGHAI)
        found = {one.office: one for one in campaigns.progress(conn, number, late).offices}
        home, other = found[HOME], found[OTHER]
        assert (home.tasks, home.signed, home.reported, home.closed, home.confirmed, home.late) == (2, 2, 2, 1, 1, 0)
        assert (other.tasks, other.signed, other.reported, other.late) == (2, 1, 0, 2)
        inside = campaigns.progress(conn, number, late, scope=WUHAN)
        assert [one.office for one in inside.offices] == [HOME]
        assert inside.verdicts == {"10": 1, "31": 1}
        with pytest.raises(NotFoundError):
            campaigns.progress(conn, number, late, scope=YICHANG)
        with pytest.raises(ConflictError) as left:
            campaigns.end(conn, number, actor="王五", now=late)
        assert left.value.text("en") == "3 task(s) are not done: to end now takes a reason"
        numbers = campaigns.end(conn, number, actor="王五", now=late, reason="到期结束")
        assert (numbers["tasks"], numbers["open"], numbers["verdicts"]) == (4, 3, {"10": 1, "31": 1})
        view = campaigns.show(conn, number, scope=WUHAN)
        assert (view.state, view.numbers) == ("ended", numbers)
        with pytest.raises(ConflictError):
            campaigns.add(conn, number, Choice(model=MODEL), actor="王五", reason="再加", now=late)


def test_alerts_keep_their_clock_and_the_scope_cuts_the_choice(engine: Engine) -> None:
    with transaction(engine) as conn:
        _world(conn)
        number = _draft(conn)
        assert campaigns.preview(conn, Choice(what="alerts", region="武汉市")) == 4  # all were seen in Wuhan
        assert campaigns.preview(conn, Choice(region="黄石市", industry="5251")) == 2
        assert campaigns.preview(conn, Choice(region="黄石市", industry="5151")) == 0
        assert campaigns.preview(conn, Choice(what="alerts", model=MODEL), scope=YICHANG) == 0
        alert = int(conn.scalar(select(t.alerts.c.id).order_by(t.alerts.c.id).limit(1)) or 0)
        with pytest.raises(NotFoundError) as outside:
            campaigns.start(conn, number, Choice(what="alerts", ids=(alert,)), actor="王五", now=NOW, scope=YICHANG)
        assert outside.value.code == "campaign_unknown"
        campaigns.start(conn, number, Choice(what="alerts", ids=(alert,)), actor="王五", now=NOW, scope=WUHAN)
        (row,) = list_tasks(conn, TaskFilter(campaign=number), NOW).items
        view = get_task(conn, row.id, NOW)
        assert (row.about_alert_id, row.alert_id, bool(view.evidence)) == (alert, None, True)
        assert row.report_due == view.ceiling  # a clue has a limit by law, whatever the campaign's last day
        due = tasks.transfer_back(conn, row.id, actor="张三", reason="不在辖区", to=OTHER, now=NOW + timedelta(days=9))
        assert due
        assert get_task(conn, row.id, NOW).task.report_due == view.ceiling


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": " "}, "campaign_name"),
        ({"ends_on": date(2026, 10, 1)}, "campaign_days"),
        ({"models": ["no_such_model"]}, "campaign_models"),
        ({"basis": ""}, "campaign_basis"),
        ({"owner_office": "nowhere"}, "office_not_found"),
    ],
)
def test_drafts_that_do_not_fit(sqlite_engine: Engine, change: dict[str, Any], code: str) -> None:
    with transaction(sqlite_engine) as conn:
        issue(conn)
        with pytest.raises((InvalidInputError, NotFoundError)) as refused:
            _draft(conn, **change)
        assert refused.value.code == code


def test_choices_that_do_not_fit(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        _world(conn)
        for choice, code in (
            (Choice(), "campaign_empty"),
            (Choice(what="signals", ids=(1,)), "campaign_what"),
            (Choice(region="火星"), "campaign_region"),
        ):
            with pytest.raises(InvalidInputError) as refused:
                campaigns.preview(conn, choice)
            assert refused.value.code == code
        number = _draft(conn)
        with pytest.raises(InvalidInputError) as twice:
            _draft(conn)
        assert twice.value.code == "campaign_name"
        with pytest.raises(InvalidInputError) as over:
            campaigns.start(conn, number, Choice(model=MODEL), actor="王五", now=datetime(2027, 1, 4, tzinfo=SHANGHAI))
        assert over.value.code == "campaign_days"


def test_on_the_command_line(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_DATABASE", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("RISK_LANG", "en")

    def run(*arguments: str) -> str:
        return CliRunner().invoke(command, arguments, catch_exceptions=False).output

    with transaction(sqlite_engine) as conn:
        _world(conn)
    assert run("list") == "no campaigns\n"
    words = ["--name", "2099", "--model", MODEL, "--basis", "plan", "--owner", "Wang", "--office", HOME, "--actor", "Wang"]
    assert run("create", *words, "--from", "2026-10-12", "--to", "2099-12-31") == "campaign 1: drafted\n"
    assert run("start", "1", "--model", MODEL, "--actor", "Wang") == "campaign 1: 4 taken in, 4 task(s) issued\n"
    assert run("add", "1", "--id", "1", "--reason", "twice", "--actor", "Wang") == "campaign 1: 0 taken in, 0 task(s) issued\n"
    assert ": 2 task(s), 0 signed for" in run("progress", "1")
    assert run("end", "1", "--actor", "Wang", "--reason", "done") == "campaign 1: ended\n"
    assert "1  2099  ended  2026-10-12 to 2099-12-31  4" in run("list")
