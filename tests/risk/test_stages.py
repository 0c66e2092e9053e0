"""Graded response: who is advised first, what follows without an answer, and that stages stay within the task's deadline."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select, update

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.grades import Grade
from risk.domain.stages import Matter, Stage, hindrances
from risk.services import clock_stops, stages, tasks
from risk.services.alerts import settle
from risk.services.task_views import TaskFilter, get_task, list_tasks
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import new_candidates, new_run
from tests.risk.task_world import LATER, MODEL, NOW, issue, report

SLIGHT = Matter(
    "alert", Grade.YELLOW, MODEL, subject_known=True, confirmed_before=False, advised_before=False, texts=("三个疗程根治糖尿病",)
)


def _in_hand(conn: Connection, count: int = 1, grade: Grade = Grade.YELLOW) -> list[int]:
    found = issue(conn, count, grade)
    for task in found:
        tasks.sign(conn, task, actor="张三", now=NOW)
    return found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grade": Grade.ORANGE}, "等级为橙色"),
        ({"kind": "audit"}, "不是预警核查任务"),
        ({"model": "illegal_fundraising"}, "该类线索不适用先行提醒"),
        ({"subject_known": False}, "主体未关联"),
        ({"confirmed_before": True}, "该主体此前查实过问题"),
        ({"advised_before": True}, "此前已提醒过该当事人"),
        ({"texts": ()}, "没有可据以判断的内容"),
        ({"texts": ("服用后住院抢救",)}, "涉及人身伤害"),
        ({"texts": ("转让麻醉药品",)}, "涉及国家实行特殊管理的药品 (药品管理法 61)"),
        ({"texts": ("婴幼儿增高",)}, "面向未成年人、孕产妇"),
    ],
)
def test_who_is_not_advised_first(change: dict[str, object], said: str) -> None:
    from dataclasses import replace

    assert hindrances(SLIGHT) == ()
    assert [one.zh for one in hindrances(replace(SLIGHT, **change))] == [said]  # type: ignore[arg-type]


def test_advised_answered_and_reported(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = _in_hand(conn)
        assert stages.may_advise(conn, task, NOW) == ()
        with pytest.raises(InvalidInputError):
            stages.advise(conn, task, actor="张三", now=NOW, channel="pigeon")
        stages.advise(conn, task, actor="张三", now=NOW)
        view = get_task(conn, task, NOW)
        (sent,) = view.advices
        assert (view.task.state, view.task.stage, view.task.stage_due) == ("verifying", "advise", sent.answer_due)
        assert sent.answer_due <= view.task.report_due
        assert "线索不是违法认定" in sent.text_zh
        assert "2026年10月15日" in sent.text_zh
        assert "not a finding" in sent.text_en
        told = conn.execute(select(t.outbox.c.data).where(t.outbox.c.event == "trader.advised")).scalar_one()
        assert not {"name", "phone", "text", "subject"} & set(told)
        stages.record_answer(conn, task, answer="已下架，附截图", actor="张三", now=LATER)
        with pytest.raises(ConflictError) as twice:
            stages.record_answer(conn, task, answer="又来", actor="张三", now=LATER)
        assert twice.value.code == "advice_answered"
        assert stages.move_on(conn, NOW + timedelta(days=30)) == 0  # who was answered decides
        report(conn, task, code="11")
        assert [e["event"] for e in get_task(conn, task, NOW).events] == ["issue", "sign", "advise", "advice_answered", "report"]


def test_without_an_answer_it_goes_on_by_itself_and_stays_in_time(engine: Engine) -> None:
    with transaction(engine) as conn:
        first, second = _in_hand(conn, 2)
        for task in (first, second):
            stages.advise(conn, task, actor="张三", now=NOW)
        due = get_task(conn, first, NOW).task
        assert stages.move_on(conn, NOW + timedelta(days=1)) == 0
        clock_stops.pause(conn, second, actor="张三", reason="送检", documents=[{"kind": "委托书", "number": "1"}], now=LATER)
        late = (due.stage_due or NOW) + timedelta(hours=1)
        assert stages.move_on(conn, late) == 1
        assert stages.move_on(conn, late) == 0
        after = get_task(conn, first, late).task
        assert (after.stage, after.report_due) == ("remote", due.report_due)
        assert [one.id for one in list_tasks(conn, TaskFilter(stage="remote"), late).items] == [first]
        assert stages.move_on(conn, due.report_due + timedelta(days=1)) == 1
        last = get_task(conn, first, late).task
        assert (last.stage, last.stage_due) == ("on_site", due.report_due)
        with pytest.raises(ConflictError) as end:
            stages.go_on(conn, first, actor="张三", now=late)
        assert end.value.code == "stage_last"
        assert get_task(conn, second, late).task.stage == "advise"


def test_who_was_found_out_or_advised_before_is_verified_at_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        found_out, advised = _in_hand(conn, 2)
        stages.advise(conn, advised, actor="张三", now=NOW)
        for task in (found_out, advised):
            report(conn, task)
            tasks.accept(conn, task, actor="科长", now=NOW, close_too=True)
        subjects = list(conn.scalars(select(t.alerts.c.subject_id).order_by(t.alerts.c.id)))
        run = new_run(conn, "again")
        settle(conn, run, new_candidates(conn, run, [(s, Grade.BLUE, 0.45) for s in subjects], tag="again"), LATER)
        again = list(conn.scalars(select(t.tasks.c.id).where(t.tasks.c.issued_at == LATER).order_by(t.tasks.c.id)))
        assert [[one.en for one in stages.may_advise(conn, task, LATER)] for task in again] == [
            ["something was confirmed of this subject before"],
            ["something was confirmed of this subject before", "this trader was advised before"],
        ]
        tasks.sign(conn, again[0], actor="张三", now=LATER)
        with pytest.raises(ConflictError) as refused:
            stages.advise(conn, again[0], actor="张三", now=LATER)
        assert (refused.value.code, refused.value.text("zh")) == ("advise_not_here", "不宜先行提醒：该主体此前查实过问题")
        with pytest.raises(ConflictError) as none:
            stages.go_on(conn, again[0], actor="张三", now=LATER)
        assert none.value.code == "stage_none"


def test_what_was_seen_decides(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = _in_hand(conn)
        conn.execute(update(t.signals).values(text="用后昏迷送医"))
        assert [one.zh for one in stages.may_advise(conn, task, NOW)] == ["涉及人身伤害"]
        assert Stage.ON_SITE.word("zh") == "现场核查"
