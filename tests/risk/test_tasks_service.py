"""From a task to a label: every act one event, verdicts that can be corrected, labels that mature, and nothing known too early."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, select

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.tasks import State
from risk.services import labels, tasks
from risk.services.alerts import settle
from risk.services.desk import Desk
from risk.services.dispatch import seed_offices
from risk.services.task_views import TaskFilter, get_task, list_tasks
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import MODEL, NOW, new_candidates, new_run, new_subjects

TWO = ("张三", "李四")


def _issue(conn: Connection, count: int = 1, grade: Grade = Grade.YELLOW) -> list[int]:
    run, subjects = new_run(conn), new_subjects(conn, count)
    settle(conn, run, new_candidates(conn, run, [(s, grade, 0.6) for s in subjects]), NOW)
    return list(conn.scalars(select(t.tasks.c.id).order_by(t.tasks.c.id)))


def _reported(conn: Connection, task: int, code: str = "10", sub: str | None = None, at: datetime = NOW) -> int:
    tasks.sign(conn, task, actor="张三", now=at)
    return tasks.report(conn, task, actor="张三", code=code, facts="现场查实", officers=TWO, sub_reason=sub, now=at)


def test_the_whole_way_leaves_its_trace(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = _issue(conn)
        _reported(conn, task)
        assert tasks.accept(conn, task, actor="科长", now=NOW, close_too=True) == 1
        view = get_task(conn, task, NOW)
        assert [e["event"] for e in view.events] == ["issue", "sign", "start", "report", "accept", "close"]
        assert (view.task.state, view.task.officer, view.task.version) == ("closed", "张三", 4)
        assert view.verdicts[0]["officers"] == list(TWO)
        assert view.evidence[0].clues[0].quotes == ("根治糖尿病",)
        assert conn.scalar(select(t.alerts.c.status)) == "closed"
    with reading(engine) as conn:
        actions = list(conn.scalars(select(t.audit.c.action).order_by(t.audit.c.id)))
        assert [one for one in actions if one.startswith("task.")] == ["task.sign", "task.report", "task.close"]


def test_labels_mature_and_are_never_known_early(engine: Engine) -> None:
    with transaction(engine) as conn:
        yes, no, nothing, partly = _issue(conn, 4)
        for task, code, sub in ((yes, "10", None), (no, "30", "context_misread"), (nothing, "30", "wrong_subject"), (partly, "20", None)):
            _reported(conn, task, code, sub)
            tasks.accept(conn, task, actor="科长", now=NOW)
        assert labels.matured(conn, MODEL, NOW + timedelta(days=6, hours=23)) == []
        mature = labels.matured(conn, MODEL, NOW + timedelta(days=7))
        assert [(m.value, m.weight, m.known_at) for m in mature] == [(1.0, 1.0, NOW), (0.0, 1.0, NOW), (0.5, 1.0, NOW)]
        assert labels.matured(conn, "illegal_fundraising", NOW + timedelta(days=70)) == []


def test_a_correction_replaces_what_was_taught_from_its_moment_on(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = _issue(conn)
        old = _reported(conn, task, "10")
        tasks.accept(conn, task, actor="科长", now=NOW, close_too=True)
        later = NOW + timedelta(days=10)

        def correct(reason: str) -> int:
            return tasks.correct(
                conn, task, actor="张三", code="30", sub_reason="licensed", facts="证照齐全", officers=TWO, reason=reason, now=later
            )

        with pytest.raises(InvalidInputError, match="reason"):
            correct("")
        new = correct("复核")
        assert conn.scalar(select(t.verdicts.c.supersedes).where(t.verdicts.c.id == new)) == old
        assert [m.value for m in labels.matured(conn, MODEL, later - timedelta(seconds=1))] == [1.0]
        assert labels.matured(conn, MODEL, later) == []
        tasks.accept(conn, task, actor="科长", now=later)
        assert [m.value for m in labels.matured(conn, MODEL, later + timedelta(days=7))] == [0.0]


def test_returned_reports_teach_nothing_and_can_be_done_again(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = _issue(conn)
        _reported(conn, task)
        assert tasks.return_(conn, task, actor="科长", reason="缺现场照片", now=NOW) is State.RETURNED
        assert conn.scalar(select(func.count()).select_from(t.labels)) == 0
        tasks.report(conn, task, actor="张三", code="11", facts="补充取证", officers=TWO, now=NOW)
        assert tasks.accept(conn, task, actor="科长", now=NOW) == 1


def test_transfer_extend_and_merge(engine: Engine) -> None:
    with transaction(engine) as conn:
        a, b, c = _issue(conn, 3)
        with pytest.raises(NotFoundError) as unknown:
            tasks.transfer_back(conn, a, actor="张三", reason="住所在黄石", to="nowhere", now=NOW)
        assert unknown.value.code == "office_not_found"
        assert tasks.transfer_back(conn, a, actor="张三", reason="住所在黄石", to="420222-market_supervision", now=NOW) is State.ISSUED
        assert get_task(conn, a, NOW).task.office == "420222-market_supervision"
        assert tasks.transfer_back(conn, a, actor="张三", reason="不明", now=NOW) is State.TRANSFERRED_BACK
        assert get_task(conn, a, NOW).task.office == "province-coordination"

        tasks.sign(conn, b, actor="张三", now=NOW)
        before = get_task(conn, b, NOW).task.report_due
        assert tasks.extend(conn, b, actor="张三", reason="等待检验", now=NOW) > before
        with pytest.raises(ConflictError) as twice:
            tasks.extend(conn, b, actor="张三", reason="还要等", now=NOW)
        assert twice.value.code == "task_extended_already"

        assert tasks.merge(conn, c, b, actor="科长", reason="同一广告", now=NOW) is State.MERGED
        assert len(get_task(conn, b, NOW).evidence) == 2
        with pytest.raises(ConflictError) as ended:
            tasks.merge(conn, b, c, actor="科长", reason="反了", now=NOW)
        assert ended.value.code == "task_merge_itself"


def test_who_is_slower_is_told(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = _issue(conn)
        tasks.sign(conn, task, actor="张三", now=NOW, version=1)
        with pytest.raises(ConflictError) as late:
            tasks.transfer_back(conn, task, actor="李四", reason="不归我管", now=NOW, version=1)
        assert late.value.code == "task_changed"
        with pytest.raises(ConflictError, match="signed"):
            tasks.sign(conn, task, actor="李四", now=NOW)
        with pytest.raises(NotFoundError):
            tasks.sign(conn, 999, actor="李四", now=NOW)
        with pytest.raises(InvalidInputError) as nobody:
            tasks.start(conn, task, actor=" ", now=NOW)
        assert nobody.value.code == "actor_required"


def test_a_refused_act_changes_nothing(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = _issue(conn)
    desk = Desk(engine, clock=lambda: NOW)
    with pytest.raises(ConflictError):
        desk.act(tasks.report, task, actor="张三", code="10", facts="未签收", officers=TWO, now=NOW)
    view = desk.read(get_task, task, NOW)
    assert (view.task.state, len(view.events), view.verdicts) == ("issued", 1, ())


def test_lists_page_filter_and_know_what_is_late(engine: Engine) -> None:
    with transaction(engine) as conn:
        seed_offices(conn)
        assert seed_offices(conn) == (0, 0)
        all_of_them = _issue(conn, 7)
        tasks.sign(conn, all_of_them[0], actor="张三", now=NOW)
        seen, cursor = [], None
        while True:
            page = list_tasks(conn, TaskFilter(office="420102-market_supervision"), NOW, limit=3, cursor=cursor)
            seen += [row.id for row in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert seen == all_of_them
        assert [r.id for r in list_tasks(conn, TaskFilter(state=State.SIGNED), NOW).items] == all_of_them[:1]
        after_sign_due = NOW + timedelta(days=2)
        assert [r.id for r in list_tasks(conn, TaskFilter(overdue=True), after_sign_due).items] == all_of_them[1:]
        assert len(list_tasks(conn, TaskFilter(overdue=True), NOW + timedelta(days=60)).items) == 7
        assert list_tasks(conn, TaskFilter(grade=Grade.RED), NOW).items == ()
        assert len(list_tasks(conn, TaskFilter(model=MODEL), NOW).items) == 7
        for bad in ("x", "2026-01-01~1", "~"):
            with pytest.raises(InvalidInputError):
                list_tasks(conn, TaskFilter(), NOW, cursor=bad)
