"""Settling candidates: nothing disappears, nothing doubles, order inside a window does not matter, capacity never cuts red."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select, update

from risk.domain.balance import Balance
from risk.domain.candidates import Candidate, window_of
from risk.domain.grades import Grade
from risk.services import tasks as task_service
from risk.services.alerts import run_balance, settle
from risk.services.dispatch import issued_this_week, seed_offices, unroutable
from risk.services.suppressions import suppress
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import MODEL, NOW, new_candidates, new_run, new_subjects

TABLES = (t.candidates, t.alerts, t.alert_evidence, t.tasks, t.task_events)


def _sizes(conn: Connection) -> list[int]:
    return [int(conn.scalar(select(func.count()).select_from(table)) or 0) for table in TABLES]


def _alerts(conn: Connection) -> set[tuple[Any, ...]]:
    a = t.alerts.c
    rows = conn.execute(select(a.id, a.subject_id, a.grade, a.probability, a.window_end)).all()
    evidence = {
        row.id: frozenset(conn.scalars(select(t.alert_evidence.c.assessment_id).where(t.alert_evidence.c.alert_id == row.id)))
        for row in rows
    }
    return {(row.subject_id, row.grade, row.probability, row.window_end, evidence[row.id]) for row in rows}


def test_every_outcome_and_the_same_chunk_again(engine: Engine) -> None:
    with transaction(engine) as conn:
        run, (a, b, c) = new_run(conn), new_subjects(conn, 3)
        specs = [(a, Grade.YELLOW, 0.6), (a, Grade.BLUE, 0.45), (b, Grade.NONE, 0.1), (c, Grade.RED, 0.9), (b, Grade.BLUE, 0.4)]
        chunk = new_candidates(conn, run, specs)
        chunk[4] = replace(chunk[4], assessment_id=None, error="text too long")
        suppress(conn, {"subject": "s2"}, owner="王五", reason="已在办", expires_at=NOW + timedelta(days=1), now=NOW)
        balance = settle(conn, run, chunk, NOW)
        assert balance == Balance(5, new=1, merged=1, suppressed=1, below_grade=1, failed=1)
    with transaction(engine) as conn:
        before = _sizes(conn)
        assert settle(conn, run, chunk, NOW + timedelta(days=3)) == balance
        assert settle(conn, run, [*chunk, *chunk], NOW) == balance
        assert _sizes(conn) == before == [5, 1, 2, 1, 1]
        assert run_balance(conn, run) == balance
        task = conn.execute(select(t.tasks)).one()
        assert (task.office_code, task.state, task.grade) == ("420102-market_supervision", "issued", int(Grade.YELLOW))
        reason = conn.scalar(select(t.candidates.c.reason).where(t.candidates.c.outcome == "suppressed"))
        assert str(reason).startswith("suppression:")


def test_a_graver_signal_raises_the_alert_and_moves_the_deadlines(engine: Engine) -> None:
    with transaction(engine) as conn:
        run, (subject,) = new_run(conn), new_subjects(conn, 1)
        mild, grave = new_candidates(conn, run, [(subject, Grade.BLUE, 0.4), (subject, Grade.RED, 0.9)])
        settle(conn, run, [mild], NOW)
        before = conn.execute(select(t.tasks)).one()
        assert settle(conn, run, [replace(grave, title_zh="更重")], NOW).merged == 1
        after = conn.execute(select(t.tasks)).one()
        assert (after.grade, after.version) == (int(Grade.RED), 2)
        assert after.report_due < before.report_due
        assert after.sign_due < before.sign_due
        event = conn.execute(select(t.task_events).order_by(t.task_events.c.id.desc()).limit(1)).one()
        assert (event.event, event.detail["from"], event.detail["to"]) == ("raise", "blue", "red")
        assert conn.scalar(select(t.alerts.c.title_zh)) == "更重"


def test_judging_the_same_signals_again_makes_no_second_task_and_no_noise(engine: Engine) -> None:
    with transaction(engine) as conn:
        first, subjects = new_run(conn), new_subjects(conn, 5)
        chunk = new_candidates(conn, first, [(s, Grade.YELLOW, 0.6) for s in subjects])
        settle(conn, first, chunk, NOW)
        events = conn.scalar(select(func.count()).select_from(t.task_events))
        second = new_run(conn, "again")
        rows = [{"run_id": second, "signal_id": c.signal_id, "subject_id": c.subject_id, "model": MODEL} for c in chunk]
        more = {"probability": 0.6, "grade": 2, "model_version": "rules", "rules_version": "r1", "as_of": NOW}
        made = conn.execute(
            t.assessments.insert().returning(t.assessments.c.id, sort_by_parameter_order=True), [{**r, **more} for r in rows]
        )
        again = [replace(c, assessment_id=row[0]) for c, row in zip(chunk, made, strict=True)]
        assert settle(conn, second, again, NOW + timedelta(hours=1)) == Balance(5, merged=5)
        assert conn.scalar(select(func.count()).select_from(t.tasks)) == 5
        assert conn.scalar(select(func.count()).select_from(t.task_events)) == events


def _specs(rng: random.Random, subjects: Sequence[int]) -> list[tuple[int | None, Grade, float]]:
    return [(rng.choice([*subjects, None]), rng.choice(list(Grade)), round(rng.random(), 3)) for _ in range(40)]


@pytest.mark.parametrize("seed", range(6))
def test_order_and_chunks_do_not_change_the_alerts_of_a_window(sqlite_engine: Engine, seed: int) -> None:
    rng, outcomes, capacity = random.Random(seed), [], update(t.offices).values(weekly_capacity=10_000)
    with transaction(sqlite_engine) as conn:
        seed_offices(conn)
        conn.execute(capacity)
        run = new_run(conn)
        chunk = new_candidates(conn, run, _specs(rng, new_subjects(conn, 6)))
        for _ in range(3):
            with conn.begin_nested() as attempt:
                rng.shuffle(chunk)
                size = rng.randint(1, 40)
                parts = [settle(conn, run, chunk[i : i + size], NOW) for i in range(0, 40, size)]
                assert sum(parts, Balance()).check() == run_balance(conn, run)
                assert run_balance(conn, run).candidates == 40
                outcomes.append(_alerts(conn))
                attempt.rollback()
    assert outcomes[0] == outcomes[1] == outcomes[2] != set()


def test_windows_part_and_closed_alerts_take_no_more(engine: Engine) -> None:
    with transaction(engine) as conn:
        run, (subject,) = new_run(conn), new_subjects(conn, 1)
        now_one, later_one = new_candidates(conn, run, [(subject, Grade.BLUE, 0.4)] * 2)
        next_window = replace(later_one, observed_at=window_of(NOW)[1] + timedelta(seconds=1))
        assert settle(conn, run, [now_one, next_window], NOW).new == 2
        first_alert = select(t.alerts.c.id).where(t.alerts.c.window_end == window_of(NOW)[1]).scalar_subquery()
        task_id = int(conn.scalars(select(t.tasks.c.id).where(t.tasks.c.alert_id == first_alert)).one())
        task_service.sign(conn, task_id, actor="张三", now=NOW)
        task_service.report(conn, task_id, actor="张三", code="11", facts="已改正", officers=["张三", "李四"], now=NOW)
        task_service.accept(conn, task_id, actor="科长", now=NOW, close_too=True)
        (new,) = new_candidates(conn, run, [(subject, Grade.BLUE, 0.4)], tag="y")
        assert settle(conn, run, [new], NOW).new == 1


def test_capacity_serves_the_gravest_never_cuts_red_and_remembers_the_week(engine: Engine) -> None:
    with transaction(engine) as conn:
        seed_offices(conn)
        conn.execute(update(t.offices).values(weekly_capacity=3))
        run, subjects = new_run(conn), new_subjects(conn, 8)
        grades = [Grade.BLUE, Grade.RED, Grade.YELLOW, Grade.RED, Grade.RED, Grade.RED, Grade.ORANGE, Grade.BLUE]
        chunk = new_candidates(conn, run, [(s, g, 0.5) for s, g in zip(subjects, grades, strict=True)])
        assert settle(conn, run, chunk[:3], NOW) == Balance(3, new=3)
        assert settle(conn, run, chunk[3:], NOW) == Balance(5, new=3, over_capacity=2)
        assert issued_this_week(conn, NOW) == {"420102-market_supervision": 6}
        cut = conn.scalars(select(t.candidates.c.reason).where(t.candidates.c.outcome == "over_capacity")).all()
        assert set(cut) == {"420102-market_supervision 2026-W42 3"}
        next_run = new_run(conn, "next")
        again = new_candidates(conn, next_run, [(subjects[6], Grade.ORANGE, 0.5)], tag="y")
        assert settle(conn, next_run, again, NOW + timedelta(days=7)).new == 1


def test_no_region_no_subject_and_firms(engine: Engine) -> None:
    with transaction(engine) as conn:
        run, (firm, other) = new_run(conn), new_subjects(conn, 2)
        lost = new_candidates(conn, run, [(None, Grade.YELLOW, 0.6)] * 2, region=None)
        firms = new_candidates(conn, run, [(firm, Grade.RED, 0.9)], tag="f", model="illegal_fundraising.firm")
        failed = Candidate(None, None, other, "illegal_fundraising.firm", None, 0.0, Grade.NONE, "", "", NOW, error="no annual report")
        chunk = [*lost, replace(firms[0], signal_id=None), failed]
        assert settle(conn, run, chunk, NOW) == Balance(4, new=3, failed=1)
        assert settle(conn, run, chunk, NOW) == Balance(4, new=3, failed=1)
        assert run_balance(conn, run).candidates == 4
        assert unroutable(conn) == 2
        assert set(conn.scalars(select(t.alerts.c.model))) == {MODEL, "illegal_fundraising"}


def test_five_thousand_candidates_settle_in_seconds(sqlite_engine: Engine) -> None:
    rng = random.Random(1)
    with transaction(sqlite_engine) as conn:
        seed_offices(conn)
        conn.execute(update(t.offices).values(weekly_capacity=10_000))
        run, subjects = new_run(conn), new_subjects(conn, 3_000)
        specs: list[tuple[int | None, Grade, float]] = [(rng.choice(subjects), rng.choice(list(Grade)), rng.random()) for _ in range(5_000)]
        chunk = new_candidates(conn, run, specs)
        started = time.process_time()
        balance = settle(conn, run, chunk, NOW)
        assert time.process_time() - started < 3
    assert balance.candidates == 5_000
