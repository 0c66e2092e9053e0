"""The calendar is edited: days have versions, a notice settles its year, and deadlines follow by events."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from risk.cli.work_calendar import calendar as command
from risk.domain.calendar import SHANGHAI, WorkCalendar
from risk.domain.clocks import stage_of
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.grades import Grade
from risk.services import calendar_changes, calendar_store, tasks
from risk.services.alerts import settle
from risk.services.calendar_changes import NoticeDay, read_notice
from risk.services.task_views import get_task
from risk.storage.engine import transaction
from tests.risk.disposal_world import new_candidates, new_run
from tests.risk.task_world import NOW, issue

CALENDAR = WorkCalendar.default()
DECEMBER = datetime(2026, 12, 21, 2, 0, tzinfo=UTC)  # a Monday
NOTICE = """date,kind,name_zh,name_en
2027-01-01,holiday,元旦,New Year's Day
2027-01-02,holiday,元旦,New Year's Day
2027-01-03,workday,元旦调休,New Year make-up
2027-01-04,holiday,元旦,New Year's Day
"""


def _issue_in_december(conn: Connection) -> int:
    run = new_run(conn)
    settle(conn, run, new_candidates(conn, run, [(None, Grade.BLUE, 0.45)], observed=DECEMBER), DECEMBER)
    return 1


def _take(conn: Connection) -> calendar_changes.Moved:
    return calendar_changes.take_notice(conn, 2027, read_notice(NOTICE, 2027), source="国办发明电〔2026〕7号", actor="管理员", now=NOW)


def test_a_day_set_moves_the_deadlines_that_run_through_it(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn)
        before = get_task(conn, task, NOW).task
        moved = calendar_changes.set_day(
            conn, date(2026, 10, 15), "holiday", name_zh="停电", name_en="power cut", source="武政办〔2026〕9号", actor="管理员", now=NOW
        )
        assert (moved.days, moved.later, moved.earlier, moved.tasks) == (1, 1, 0, (task,))
        after = get_task(conn, task, NOW)
        assert after.task.report_due == CALENDAR.add_workdays(before.report_due, 1)
        assert after.task.sign_due == before.sign_due
        assert after.events[-1]["event"] == "recalendar"
        assert after.events[-1]["detail"]["from"] == before.report_due.isoformat()
        back = calendar_changes.set_day(conn, date(2026, 10, 15), "plain", name_zh="", name_en="", source="更正", actor="管理员", now=NOW)
        assert (back.later, back.earlier) == (0, 1)
        assert get_task(conn, task, NOW).task.report_due == before.report_due
        (day,) = [one for one in calendar_changes.show(conn, 2026).days if one.day == date(2026, 10, 15)]
        assert (day.kind, day.version, day.source) == ("plain", 2, "更正")
        assert not calendar_changes.show(conn, 2026).provisional


def test_a_notice_settles_its_year_and_what_was_provisional(engine: Engine) -> None:
    with transaction(engine) as conn:
        task = _issue_in_december(conn)
        before = get_task(conn, task, DECEMBER)
        assert before.provisional
        found = calendar_changes.check(conn)
        assert (found.missing, found.provisional_tasks) == ((2027,), 1)
        assert before.task.report_due.date() == date(2027, 1, 12)
        moved = _take(conn)
        after = get_task(conn, task, DECEMBER)
        assert (after.provisional, moved.tasks) == (False, ())  # a working Sunday for a free Monday: as many days as before
        assert after.task.report_due == before.task.report_due
        assert calendar_changes.check(conn).missing == ()
        with pytest.raises(ConflictError) as again:
            _take(conn)
        assert again.value.code == "calendar_year_given"
        assert calendar_changes.show(conn, 2027).source == "国办发明电〔2026〕7号"
        assert calendar_store.load(conn).is_workday(date(2027, 1, 3))
        assert tasks.transfer_back(conn, task, actor="张三", reason="不在辖区", to="420222-market_supervision", now=DECEMBER)
        assert not get_task(conn, task, DECEMBER).provisional


def test_a_deadline_that_gets_earlier_says_so_and_keeps_its_ceiling(engine: Engine) -> None:
    with transaction(engine) as conn:
        task = _issue_in_december(conn)
        before = get_task(conn, task, DECEMBER)
        days = [NoticeDay(date(2027, 1, d), "workday", "调休", "make-up") for d in (2, 3)]
        moved = calendar_changes.take_notice(conn, 2027, days, source="通知", actor="管理员", now=NOW)
        after = get_task(conn, task, DECEMBER)
        assert (moved.earlier, after.task.report_due < before.task.report_due) == (1, True)
        assert after.ceiling == after.task.report_due
        assert after.events[-1]["detail"]["report_due"] == after.task.report_due.astimezone(SHANGHAI).isoformat()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("day,kind\n", "calendar_columns"),
        ("date,kind\n", "calendar_empty"),
        ("date,kind\n2027-02-30,holiday\n", "calendar_day"),
        ("date,kind\n2027-01-01,free\n", "calendar_kind"),
        ("date,kind\n2026-01-01,holiday\n", "calendar_other_year"),
        ("date,kind\n2027-01-04,workday\n", "calendar_senseless"),
        ("date,kind\n2027-01-01,holiday\n2027-01-01,holiday\n", "calendar_again"),
        ("", "calendar_columns"),
        ("day\rkind", "calendar_columns"),
        ('date,kind\n"' + "x" * 140_000, "csv_unreadable"),
    ],
)
def test_a_notice_that_does_not_fit_is_refused_with_its_line(text: str, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_notice(text, 2027)
    assert refused.value.code == code
    assert "{" not in refused.value.text("zh") + refused.value.text("en")


def test_refusals(engine: Engine) -> None:
    with transaction(engine) as conn:
        for year in (1800, 2500):
            with pytest.raises(InvalidInputError, match="range"):
                calendar_changes.show(conn, year)
        for kind, source, code in (("free", "x", "calendar_kind"), ("holiday", " ", "calendar_source")):
            with pytest.raises(InvalidInputError) as refused:
                calendar_changes.set_day(conn, date(2026, 1, 5), kind, name_zh="", name_en="", source=source, actor="a", now=NOW)
            assert refused.value.code == code


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 6, 1)).map(lambda d: d.replace(tzinfo=UTC)), st.integers(0, 200))  # noqa: DTZ001
def test_any_date_works(moment: datetime, hours: int) -> None:
    end = CALENDAR.add_work_time(moment, timedelta(hours=hours))
    assert CALENDAR.work_between(moment, end) == timedelta(hours=hours)
    assert CALENDAR.work_between(end, moment) == timedelta(0) or hours == 0
    assert stage_of(moment, end, end + timedelta(days=400), CALENDAR) == "escalate"


@given(
    st.datetimes(datetime(2025, 11, 1), datetime(2027, 3, 1)).map(lambda d: d.replace(tzinfo=UTC)),  # noqa: DTZ001
    st.timedeltas(timedelta(0), timedelta(days=90)),
    st.timedeltas(timedelta(0), timedelta(days=90)),
)
def test_working_time_adds_up(start: datetime, first: timedelta, second: timedelta) -> None:
    middle, end = start + first, start + first + second
    assert CALENDAR.work_between(start, middle) + CALENDAR.work_between(middle, end) == CALENDAR.work_between(start, end)


def test_on_the_command_line(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_DATABASE", sqlite_engine.url.render_as_string())
    monkeypatch.setenv("RISK_LANG", "en")

    def run(*arguments: str) -> str:
        return CliRunner().invoke(command, arguments, catch_exceptions=False).output

    with transaction(sqlite_engine) as conn:
        _issue_in_december(conn)
    assert "warning: no notice for 2027; 1 open task(s)" in run("check")
    assert "provisional: no notice yet" in run("show", "2027")
    file = tmp_path / "2027.csv"
    file.write_text("\ufeff" + NOTICE, encoding="utf-8")
    assert (
        run("import", "2027", str(file), "--source", "notice 7", "--actor", "admin")
        == "4 day(s) changed; 0 deadline(s) moved later, 0 earlier, each by an event of its task\n"
    )
    assert "every open task is due in a year whose notice is there" in run("check")
    assert "1 day(s) changed" in run("set", "2027-01-05", "holiday", "--name", "power cut", "--source", "notice 8", "--actor", "admin")
    assert "2027-01-05  holiday  power cut  [admin: notice 8, version 1]" in run("show", "2027")
    with pytest.raises(InvalidInputError):
        run("set", "tomorrow", "holiday", "--source", "x", "--actor", "a")
