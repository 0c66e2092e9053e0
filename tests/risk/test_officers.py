"""Who gets which task: by load, by the head, handed over on leave; nobody outside the office, nobody who is away."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Engine, select, update

from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.officers import Assignment
from risk.services import assignment, officers
from risk.services.alerts import settle
from risk.services.dispatch import seed_offices
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects

OFFICE = "420102-market_supervision"
TODAY = date(2026, 10, 12)


def _staff(conn: Connection, *names: str, capacity: int = 5) -> list[int]:
    seed_offices(conn)
    return [officers.put(conn, name, OFFICE, weekly_capacity=capacity, actor="科长", now=NOW) for name in names]


def _tasks(conn: Connection, grades: list[Grade], tag: str = "x") -> list[int]:
    run, subjects = new_run(conn, tag), new_subjects(conn, len(grades), tag)
    settle(conn, run, new_candidates(conn, run, [(s, g, 0.5) for s, g in zip(subjects, grades, strict=True)], tag=tag), NOW)
    alerts = select(t.alerts.c.id).where(t.alerts.c.run_id == run)
    return list(conn.scalars(select(t.tasks.c.id).where(t.tasks.c.alert_id.in_(alerts)).order_by(t.tasks.c.id)))


def _held(conn: Connection) -> dict[int, str | None]:
    return {row.id: row.officer for row in conn.execute(select(t.tasks.c.id, t.tasks.c.officer))}


def test_an_automatic_office_gives_out_by_weighed_load(engine: Engine) -> None:
    with transaction(engine) as conn:
        _staff(conn, "甲", "乙")
        officers.set_assignment(conn, OFFICE, Assignment.AUTOMATIC, actor="科长", now=NOW)
        _tasks(conn, [Grade.RED, Grade.BLUE, Grade.BLUE, Grade.BLUE])
        loads, counts = officers.open_work(conn, OFFICE, NOW)
        assert set(_held(conn).values()) == {"甲", "乙"}
        assert sorted(counts.values()) == [1, 3]
        assert max(loads, key=lambda name: loads[name]) == min(counts, key=lambda name: counts[name])
        event = conn.execute(select(t.task_events).where(t.task_events.c.event == "assign")).all()
        assert len(event) == 4
        assert all(row.detail["officer"] in ("甲", "乙") for row in event)


def test_capacity_counts_and_ties_go_by_name(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        _staff(conn, "乙", "甲")
        officers.put(conn, "丙", OFFICE, weekly_capacity=0, actor="科长", now=NOW)
        first, *_ = _tasks(conn, [Grade.BLUE])
        assert assignment.assign(conn, first, None, actor="科长", now=NOW).officer == "乙"
        assert assignment.assign(conn, first, None, actor="科长", now=NOW).officer == "乙"


def test_the_head_assigns_within_the_office_and_officers_take_otherwise(engine: Engine) -> None:
    with transaction(engine) as conn:
        first, second = _staff(conn, "甲", "乙")
        task, *_ = _tasks(conn, [Grade.YELLOW])
        assert _held(conn) == {task: None}
        assert assignment.tend(conn, NOW).given == 0
        assert assignment.assign(conn, task, first, actor="科长", now=NOW).before is None
        assert assignment.assign(conn, task, second, actor="科长", now=NOW, reason="熟悉情况").before == "甲"
        other = officers.put(conn, "丁", "420502-market_supervision", actor="x", now=NOW)
        with pytest.raises(InvalidInputError, match="belongs to"):
            assignment.assign(conn, task, other, actor="科长", now=NOW)
        officers.put(conn, "甲", OFFICE, active=False, actor="科长", now=NOW)
        with pytest.raises(ConflictError, match="not active"):
            assignment.assign(conn, task, first, actor="科长", now=NOW)
        yichang = Scope((Grant("420500"),))
        with pytest.raises(NotFoundError):
            assignment.assign(conn, task, None, actor="x", now=NOW, scope=yichang)
        with pytest.raises(NotFoundError):
            officers.roster(conn, OFFICE, NOW, scope=yichang)


def test_leave_hands_over_to_the_deputy_else_by_load(engine: Engine) -> None:
    with transaction(engine) as conn:
        first, second, third = _staff(conn, "甲", "乙", "丙")
        tasks = _tasks(conn, [Grade.RED, Grade.BLUE])
        for task in tasks:
            assignment.assign(conn, task, first, actor="科长", now=NOW)
        plan = {"reason": "年休假", "actor": "科长", "now": NOW}
        moved = assignment.go_on_leave(conn, first, TODAY, TODAY + timedelta(days=4), deputy=third, **plan)  # type: ignore[arg-type]
        assert {one.officer for one in moved} == {"丙"}
        assert set(_held(conn).values()) == {"丙"}
        with pytest.raises(ConflictError, match="on leave"):
            assignment.assign(conn, tasks[0], first, actor="科长", now=NOW)
        with pytest.raises(ConflictError, match="overlaps"):
            assignment.go_on_leave(conn, first, TODAY, TODAY, deputy=None, **plan)  # type: ignore[arg-type]
        later = TODAY + timedelta(days=2)
        assert assignment.go_on_leave(conn, third, later, later, deputy=first, **plan) == []  # type: ignore[arg-type]
        assert assignment.tend(conn, NOW + timedelta(days=1)).leaves == 0
        tended = assignment.tend(conn, NOW + timedelta(days=2))
        assert (tended.leaves, tended.handed_over) == (1, 2)
        assert set(_held(conn).values()) == {"乙"}, "the deputy is away too: by load"
        assert assignment.tend(conn, NOW + timedelta(days=2)).handed_over == 0
        events = conn.scalars(select(t.task_events.c.reason).where(t.task_events.c.event == "assign")).all()
        assert "甲 休假，任务移交" in events
        with pytest.raises(InvalidInputError):
            assignment.go_on_leave(conn, second, TODAY, TODAY - timedelta(days=1), deputy=None, **plan)  # type: ignore[arg-type]
        with pytest.raises(InvalidInputError, match="deputy"):
            assignment.go_on_leave(conn, second, TODAY, TODAY, deputy=second, **plan)  # type: ignore[arg-type]


def test_a_leave_cut_short_makes_available_again(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        (first,) = _staff(conn, "甲")
        assignment.go_on_leave(conn, first, TODAY, TODAY + timedelta(days=9), deputy=None, reason="x", actor="科长", now=NOW)
        task, *_ = _tasks(conn, [Grade.RED])
        with pytest.raises(ConflictError, match="no officer"):
            assignment.assign(conn, task, None, actor="科长", now=NOW)
        (leave,) = officers.roster(conn, OFFICE, NOW).officers[0].leaves
        officers.end_leave(conn, leave.id, actor="科长", reason="提前返岗", now=NOW)
        assert assignment.assign(conn, task, None, actor="科长", now=NOW).officer == "甲"


def test_accounts_join_the_roster_and_leave_it(engine: Engine) -> None:
    with transaction(engine) as conn:
        seed_offices(conn)
        common = {"name_key": "a", "display_name": "", "grants": [], "must_change": False, "totp_step": 0, "version": 1, "created_at": NOW}
        row = {**common, "name": "戊", "office_code": OFFICE, "roles": ["officer"], "state": "active"}
        conn.execute(t.accounts.insert().values(row))
        conn.execute(t.accounts.insert().values({**row, "name": "己", "name_key": "b", "roles": ["leader"]}))
        assert assignment.tend(conn, NOW).joined == 1
        assert [one.name for one in officers.available(conn, OFFICE, NOW)] == ["戊"]
        conn.execute(update(t.accounts).where(t.accounts.c.name == "戊").values(state="disabled"))
        assert officers.available(conn, OFFICE, NOW) == []
        assert officers.roster(conn, OFFICE, NOW).officers[0].available is False
