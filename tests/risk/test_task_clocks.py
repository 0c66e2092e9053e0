"""Time of tasks: reminders in working time, one level up, clocks that stand still, extensions that are asked for, and ceilings that nothing passes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from risk.domain.authority import Grant, Scope
from risk.domain.calendar import SHANGHAI, WorkCalendar
from risk.domain.errors import ConflictError, InvalidInputError, RiskError
from risk.domain.grades import Grade
from risk.domain.tasks import State
from risk.services import as_known, assists, clock_stops, reminders, tasks
from risk.services.task_views import TaskFilter, get_task, list_tasks
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.task_world import FINANCE, HOME, NOW, OTHER, issue, report

PAPER = [{"kind": "检验委托书", "number": "鄂检〔2026〕1号"}]
CALENDAR = WorkCalendar.default()
CITY = "420100-market_supervision"


def _at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


def test_reminders_are_counted_in_working_time_and_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn, grade=Grade.YELLOW)  # Monday 12 October, 10:00: to be signed for by the end of the 13th
        assert reminders.scan(conn, _at(12, 17)) == {}
        assert reminders.scan(conn, _at(13, 8, 45)) == {}
        assert reminders.scan(conn, _at(13, 10)) == {"50": 1}
        assert reminders.scan(conn, _at(13, 12)) == {}
        assert reminders.scan(conn, _at(13, 17, 30)) == {"due": 1}  # four fifths went by unseen: only the latest is told
        assert reminders.scan(conn, _at(13, 23)) == {}
        version = get_task(conn, task, NOW).task.version
        assert version == 1  # nobody's If-Match is spoilt by a reminder
        tasks.sign(conn, task, actor="张三", now=_at(13, 18))
        assert reminders.scan(conn, _at(13, 18)) == {}
        assert reminders.scan(conn, _at(21, 17, 30)) == {"due": 1}
        events = [(e["event"], e["detail"].get("clock"), e["detail"].get("stage")) for e in get_task(conn, task, NOW).events]
        assert events == [
            ("issue", None, None),
            ("remind", "sign", "50"),
            ("remind", "sign", "due"),
            ("sign", None, None),
            ("remind", "report", "due"),
        ]
        told = conn.execute(select(t.outbox.c.event, t.outbox.c.office_code).where(t.outbox.c.event == "task.reminded")).all()
        assert [tuple(row) for row in told] == [("task.reminded", HOME)] * 3


def test_what_is_late_goes_one_level_up_and_comes_back(engine: Engine) -> None:
    city = Scope((Grant("420100", "market_supervision"),))
    with transaction(engine) as conn:
        (task,) = issue(conn, grade=Grade.RED)
        assert reminders.scan(conn, _at(13, 9)) == {"escalate": 1}
        row = get_task(conn, task, _at(13)).task
        assert (row.escalated_to, row.overdue) == (CITY, True)
        assert [one.id for one in list_tasks(conn, TaskFilter(office=CITY), _at(13), scope=city).items] == [task]
        assert [one.id for one in list_tasks(conn, TaskFilter(escalated=True), _at(13)).items] == [task]
        told = conn.execute(select(t.outbox.c.office_code, t.outbox.c.data).where(t.outbox.c.event == "task.escalated")).one()
        assert (told.office_code, told.data["to_office"], told.data["office"]) == (CITY, CITY, HOME)
        tasks.sign(conn, task, actor="张三", now=_at(13, 10))
        assert get_task(conn, task, _at(13)).task.escalated_to is None
        reminders.scan(conn, _at(20))
        assert get_task(conn, task, _at(20)).task.escalated_to == CITY
        report(conn, task)
        assert list_tasks(conn, TaskFilter(escalated=True), _at(20)).items == ()


def test_a_city_goes_to_the_province_and_the_province_to_the_desk(engine: Engine) -> None:
    with transaction(engine) as conn:
        first, second = issue(conn, 2, grade=Grade.RED)
        for task, office in ((first, "429004-market_supervision"), (second, "420000-drug_administration")):
            tasks.transfer_back(conn, task, actor="张三", reason="不在本辖区", to=office, now=NOW)
        reminders.scan(conn, _at(16))
        found = {task: get_task(conn, task, NOW).task.escalated_to for task in (first, second)}
        assert found == {first: "420000-market_supervision", second: "province-coordination"}


def test_time_for_testing_does_not_count(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn, grade=Grade.BLUE)
        tasks.sign(conn, task, actor="张三", now=_at(12, 11))
        before = get_task(conn, task, NOW)
        with pytest.raises(InvalidInputError) as paper:
            clock_stops.pause(conn, task, actor="张三", reason="送检", documents=[], now=_at(14))
        assert paper.value.code == "pause_document"
        clock_stops.pause(conn, task, actor="张三", reason="送检", documents=PAPER, now=_at(14, 9))
        far = _at(14) + timedelta(days=60)
        assert reminders.scan(conn, far) == {}
        assert not get_task(conn, task, far).task.overdue
        assert list_tasks(conn, TaskFilter(overdue=True), far).items == ()
        with pytest.raises(ConflictError) as held:
            report(conn, task)
        assert held.value.code == "task_paused"
        due = clock_stops.resume(conn, task, actor="张三", documents=PAPER, now=_at(21, 9))
        after = get_task(conn, task, NOW)
        assert CALENDAR.work_between(before.task.report_due, due) == 5 * CALENDAR.day_length  # five working days lay between
        assert before.ceiling is not None
        assert after.ceiling == CALENDAR.add_work_time(before.ceiling, 5 * CALENDAR.day_length)
        assert [e["event"] for e in after.events][-2:] == ["pause", "resume"]
        with pytest.raises(ConflictError) as running:
            clock_stops.resume(conn, task, actor="张三", documents=PAPER, now=_at(21, 9))
        assert running.value.code == "task_not_paused"
        late = due + timedelta(days=1)
        with pytest.raises(ConflictError) as overdue:
            clock_stops.pause(conn, task, actor="张三", reason="送检", documents=PAPER, now=late)
        assert overdue.value.code == "pause_overdue"


def test_an_extension_is_asked_for_and_decided_by_somebody_else(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn)
        tasks.sign(conn, task, actor="张三", now=NOW)
        with pytest.raises(ConflictError) as nothing:
            tasks.refuse_extension(conn, task, actor="科长", reason="？", now=NOW)
        assert nothing.value.code == "extension_not_asked"
        tasks.ask_extension(conn, task, actor="张三", reason="等待外地协查", now=NOW)
        assert [one.id for one in list_tasks(conn, TaskFilter(extension_asked=True), NOW).items] == [task]
        with pytest.raises(ConflictError) as waits:
            tasks.ask_extension(conn, task, actor="张三", reason="再申请", now=NOW)
        assert waits.value.code == "extension_asked"
        tasks.refuse_extension(conn, task, actor="科长", reason="理由不足", now=NOW)
        tasks.ask_extension(conn, task, actor="张三", reason="补充理由", now=NOW)
        with pytest.raises(ConflictError) as own:
            tasks.extend(conn, task, actor="张三", reason="同意", now=NOW)
        assert own.value.code == "extension_own"
        before = get_task(conn, task, NOW).task.report_due
        due = tasks.extend(conn, task, actor="科长", reason="同意", now=NOW)
        assert due == CALENDAR.add_workdays(before, 15)
        with pytest.raises(ConflictError) as twice:
            tasks.ask_extension(conn, task, actor="张三", reason="再次", now=NOW)
        assert twice.value.code == "task_extended_already"


_STEPS = [
    "sign",
    "start",
    "return",
    "reopen",
    "extend",
    "ask",
    "transfer",
    "reissue",
    "finance",
    "pause",
    "resume",
    "stage",
    "accept",
    "report",
    "answer",
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(
    st.sampled_from([Grade.BLUE, Grade.YELLOW, Grade.RED]), st.lists(st.tuples(st.sampled_from(_STEPS), st.integers(0, 90)), max_size=14)
)
def test_no_act_moves_a_deadline_beyond_the_offices_own_law(sqlite_engine: Engine, grade: Grade, acts: list[tuple[str, int]]) -> None:
    with sqlite_engine.connect() as raw:
        raw.execution_options(risk_writing=True)
        with raw.begin() as running:
            (task,) = issue(raw, grade=grade)
            begun = NOW  # when market supervision first had it
            excluded, since, now = timedelta(0), None, NOW
            for name, hours in acts:
                now += timedelta(hours=hours)
                try:
                    with raw.begin_nested():
                        _take(raw, task, name, now)
                except RiskError:
                    continue
                if name == "pause":
                    since = now
                if name == "resume" and since is not None:
                    excluded += CALENDAR.work_between(since, now)
                    since = None
                row = raw.execute(select(t.tasks).where(t.tasks.c.id == task)).one()
                for due in (row.report_due, row.sign_due, *([row.stage_due] if row.stage_due else [])):
                    local = due.astimezone(SHANGHAI)
                    assert CALENDAR.is_workday(local.date())
                    assert any(a <= local.time() <= b for a, b in CALENDAR.spans)
                if "market_supervision" in row.office_code:
                    limit = CALENDAR.add_workdays(begun, 30 if row.extended else 15)
                    assert row.report_due <= CALENDAR.add_work_time(limit, excluded)
            running.rollback()


def _take(conn: Connection, task: int, name: str, now: datetime) -> None:
    who: dict[str, Any] = {"actor": "张三", "now": now}
    officers: dict[str, Any] = {"facts": "查实", "officers": ["张三", "李四"], "code": "10"}
    steps: dict[str, Any] = {
        "sign": lambda: tasks.sign(conn, task, **who),
        "start": lambda: tasks.start(conn, task, **who),
        "report": lambda: tasks.report(conn, task, **officers, reason="理由", **who),
        "return": lambda: tasks.return_(conn, task, reason="补充", **who),
        "accept": lambda: tasks.accept(conn, task, close_too=True, **who),
        "reopen": lambda: tasks.reopen(conn, task, reason="新证据", **who),
        "extend": lambda: tasks.extend(conn, task, reason="延期", **who),
        "ask": lambda: assists.ask(conn, task, office=OTHER, question="？", **who),
        "answer": lambda: assists.answer(conn, task + 1, text="是", **who),
        "transfer": lambda: tasks.transfer_back(conn, task, reason="不在辖区", suggested=OTHER, **who),
        "reissue": lambda: tasks.reissue(conn, task, **who),
        "finance": lambda: tasks.transfer_back(conn, task, reason="属金融", to=FINANCE, **who),
        "pause": lambda: clock_stops.pause(conn, task, reason="送检", documents=PAPER, **who),
        "resume": lambda: clock_stops.resume(conn, task, documents=PAPER, **who),
        "stage": lambda: reminders.scan(conn, now),
    }
    steps[name]()


def test_a_task_issued_again_late_is_late_at_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn, grade=Grade.BLUE)
        now = NOW + timedelta(days=40)
        tasks.transfer_back(conn, task, actor="张三", reason="不在辖区", suggested=OTHER, now=now)
        assert tasks.reissue(conn, task, actor="统筹岗", now=now) is State.ISSUED
        view = get_task(conn, task, now)
        assert view.task.overdue
        assert view.task.report_due == view.ceiling == CALENDAR.add_workdays(NOW, 15)


def test_reports_know_of_the_stopped_clock_as_it_was(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn, grade=Grade.RED)
        alert = [int(conn.scalar(select(t.tasks.c.alert_id)) or 0)]
        tasks.sign(conn, task, actor="张三", now=_at(12, 11))
        clock_stops.pause(conn, task, actor="张三", reason="送检", documents=PAPER, now=_at(13, 9))
        (stopped,) = as_known.tasks_of(conn, alert, _at(20))
        assert stopped.report_due == as_known.NEVER
        due = clock_stops.resume(conn, task, actor="张三", documents=PAPER, now=_at(21, 9))
        found = [as_known.tasks_of(conn, alert, moment)[0].report_due for moment in (_at(12, 12), _at(20), _at(22))]
        assert found == [CALENDAR.add_workdays(NOW, 2), as_known.NEVER, due]
