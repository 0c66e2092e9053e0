"""Several offices at one task: questions to others, copies, joint tasks, a task that is given back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.tasks import State
from risk.services import assists, copies, joint, scoping, tasks
from risk.services.joint import Part
from risk.services.task_views import TaskFilter, get_task, list_tasks
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.task_world import FINANCE, HOME, LATER, NOW, OTHER, issue, report

WUHAN = Scope((Grant("420100"),))
HUANGSHI = Scope((Grant("420200"),))
YICHANG = Scope((Grant("420500"),))


def _events(conn: Connection, task: int) -> list[str]:
    return [event["event"] for event in get_task(conn, task, NOW).events]


def test_a_question_comes_back_with_its_answer(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn)
        tasks.sign(conn, task, actor="张三", now=NOW)
        number = assists.ask(conn, task, office=OTHER, question="登记地是否在贵辖区？", actor="张三", now=NOW)
        with pytest.raises(ConflictError) as twice:
            assists.ask(conn, task, office=OTHER, question="再问", actor="张三", now=NOW)
        assert twice.value.code == "assist_open_already"
        shown = get_task(conn, number, NOW, scope=HUANGSHI)
        assert (shown.task.kind, shown.task.office, shown.task.parent_id, shown.question and shown.question.asking_office) == (
            "assist",
            OTHER,
            task,
            HOME,
        )
        assert shown.evidence  # what the question is about may be read
        assert shown.may == ("sign", "transfer_back", "withdraw", "assign")
        with pytest.raises(ConflictError) as waiting:
            report(conn, task)
        assert waiting.value.code == "task_assists_open"
        with pytest.raises(ConflictError) as kind:
            tasks.start(conn, number, actor="李四", now=NOW)
        assert kind.value.code == "task_transition"
        assert assists.answer(conn, number, text="在本辖区，已停业", actor="李四", now=LATER) is State.ANSWERED
        assert _events(conn, number) == ["issue", "sign", "answer"]
        assert _events(conn, task)[-2:] == ["ask", "assist_answered"]
        (back,) = get_task(conn, task, NOW).assists
        assert (back.answer, back.late, back.state) == ("在本辖区，已停业", False, "answered")
        told = conn.execute(select(t.outbox.c.office_code, t.outbox.c.object).where(t.outbox.c.event == "assist.answered")).one()
        assert tuple(told) == (HOME, f"task:{task}")
        report(conn, task)
        with pytest.raises(ConflictError, match="reported"):
            assists.ask(conn, task, office=OTHER, question="还有一问", actor="张三", now=NOW)


def test_to_report_without_the_answer_takes_a_reason(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn)
        tasks.sign(conn, task, actor="张三", now=NOW)
        number = assists.ask(conn, task, office=OTHER, question="是否有许可证？", actor="张三", now=NOW)
        report(conn, task, reason="现场已足以认定事实")
        late = NOW + timedelta(days=30)
        assert get_task(conn, task, late).assists[0].late
        assert [one.task for one in assists.list_assists(conn, late, late=True, scope=WUHAN).items] == [number]
        assert assists.list_assists(conn, late, scope=YICHANG).items == ()
        assert assists.withdraw(conn, number, actor="张三", reason="不再需要", now=late) is State.WITHDRAWN
        assert assists.count_open(conn, task) == 0
        assert _events(conn, task)[-1] == "assist_answered"
        with pytest.raises(ConflictError):
            assists.answer(conn, number, text="晚了", actor="李四", now=late)


def test_a_duplicate_leaves_its_questions_and_earlier_deadline(engine: Engine) -> None:
    with transaction(engine) as conn:
        mild, grave = issue(conn, 2, grades=(Grade.BLUE, Grade.RED))
        tasks.sign(conn, grave, actor="张三", now=NOW)
        number = assists.ask(conn, grave, office=OTHER, question="？", actor="张三", now=NOW)
        due = get_task(conn, grave, NOW).task.report_due
        tasks.merge(conn, grave, mild, actor="科长", reason="同一广告", now=NOW)
        view = get_task(conn, mild, NOW)
        assert (view.task.grade, view.task.report_due, [one.task for one in view.assists]) == ("red", due, [number])
        assert view.events[-1]["event"] == "add_evidence"
        assert view.events[-1]["detail"]["report_due"] == due.isoformat()


def test_copies_are_read_only_and_receipted(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn)
        alert = int(conn.scalar(select(t.tasks.c.alert_id)) or 0)
        with pytest.raises(NotFoundError):
            scoping.require_alert(conn, HUANGSHI, alert)
        numbers = copies.send(conn, task, offices=[OTHER, FINANCE, OTHER], note="涉及贵单位职责", actor="张三", now=NOW)
        assert copies.send(conn, task, offices=[OTHER], note="再发", actor="张三", now=NOW) == ()
        scoping.require_alert(conn, HUANGSHI, alert)
        with pytest.raises(NotFoundError):
            scoping.require_task(conn, HUANGSHI, task)
        with pytest.raises(NotFoundError):
            copies.receive(conn, numbers[0], actor="赵六", now=NOW, scope=YICHANG)
        received = copies.receive(conn, numbers[0], actor="李四", now=LATER, note="收悉", scope=HUANGSHI)
        assert (received.received_by, received.late) == ("李四", False)
        with pytest.raises(ConflictError) as again:
            copies.receive(conn, numbers[0], actor="李四", now=LATER)
        assert again.value.code == "copy_received"
        late = NOW + timedelta(days=10)
        assert [one.office for one in copies.list_copies(conn, late, late=True).items] == [FINANCE]
        assert len(copies.list_copies(conn, late, sender=HOME, scope=WUHAN).items) == 2
        assert len(copies.list_copies(conn, late, scope=HUANGSHI).items) == 1
        assert {row[0] for row in conn.execute(select(t.outbox.c.event))} >= {"copy.sent", "copy.received"}


def test_one_visit_of_several_offices_closes_with_its_last_part(engine: Engine) -> None:
    with transaction(engine) as conn:
        issue(conn)
        subject = int(conn.scalar(select(t.subjects.c.id).limit(1)) or 0)
        parts = [Part(HOME, "广告与价格"), Part(FINANCE, "预付资金")]

        def create(day: date = date(2026, 10, 14), offices: list[Part] = parts, lead: str = HOME) -> int:
            return joint.create(conn, title="某美容院", lead=lead, parts=offices, visit_on=day, actor="科长", now=NOW, subject_id=subject)

        for wrong, arguments in (
            ("joint_past", {"day": date(2026, 10, 1)}),
            ("joint_parts", {"offices": parts[:1]}),
            ("joint_parts", {"lead": OTHER}),
        ):
            with pytest.raises(InvalidInputError) as refused:
                create(**arguments)
            assert refused.value.code == wrong
        number = create()
        view = joint.show(conn, number, scope=WUHAN)
        assert [(part.office, part.lead, part.state) for part in view.parts] == [(HOME, True, "issued"), (FINANCE, False, "issued")]
        with pytest.raises(NotFoundError):
            joint.show(conn, number, scope=YICHANG)
        for part, code in zip(view.parts, ("11", "31"), strict=True):
            assert joint.show(conn, number).state == "open"
            report(conn, part.task, code=code)
            tasks.accept(conn, part.task, actor="科长", now=NOW, close_too=True)
        done = joint.show(conn, number)
        assert (done.state, done.closed_at, [part.verdict for part in done.parts]) == ("closed", NOW, ["11", "31"])
        assert joint.list_joint(conn, office=FINANCE, state="closed").items[0].id == number


def test_an_office_that_stays_away_holds_nothing_up(engine: Engine) -> None:
    with transaction(engine) as conn:
        issue(conn)
        subject = int(conn.scalar(select(t.subjects.c.id).limit(1)) or 0)
        parts = [Part(HOME, "广告"), Part(FINANCE, "资金")]
        number = joint.create(
            conn, title="某店", lead=HOME, parts=parts, visit_on=date(2026, 10, 14), actor="科长", now=NOW, subject_id=subject
        )
        first = joint.show(conn, number).parts[0].task
        report(conn, first)
        tasks.accept(conn, first, actor="科长", now=NOW, close_too=True)
        with pytest.raises(InvalidInputError):
            joint.withdraw_part(conn, number, HOME, actor="科长", reason="牵头单位", now=NOW)
        assert joint.withdraw_part(conn, number, FINANCE, actor="科长", reason="无资金业务", now=NOW) is State.WITHDRAWN
        assert joint.show(conn, number).state == "closed"


def test_the_desk_follows_a_suggestion_or_not(engine: Engine) -> None:
    with transaction(engine) as conn:
        task, other = issue(conn, 2)
        for one in (task, other):
            tasks.transfer_back(conn, one, actor="张三", reason="住所在黄石", suggested=OTHER, now=NOW)
            assert get_task(conn, one, NOW).task.suggested_office == OTHER
        with pytest.raises(NotFoundError):
            tasks.transfer_back(conn, task, actor="张三", reason="？", suggested="nowhere", now=NOW)
        assert tasks.reissue(conn, task, actor="统筹岗", now=LATER) is State.ISSUED
        assert get_task(conn, task, NOW).task.office == OTHER
        tasks.reissue(conn, other, FINANCE, actor="统筹岗", reason="属地金融部门牵头", now=LATER)
        view = get_task(conn, other, NOW)
        assert (view.task.office, view.task.suggested_office, view.events[-1]["detail"]["suggested"]) == (FINANCE, None, OTHER)
        tasks.transfer_back(conn, other, actor="王五", reason="不明", now=LATER)
        with pytest.raises(InvalidInputError) as nobody:
            tasks.reissue(conn, other, actor="统筹岗", now=LATER)
        assert nobody.value.code == "suggestion_missing"


def test_reopening_and_handing_over(engine: Engine) -> None:
    with transaction(engine) as conn:
        (task,) = issue(conn)
        report(conn, task)
        tasks.accept(conn, task, actor="科长", now=NOW, close_too=True)
        assert tasks.reopen(conn, task, actor="科长", reason="新证据", now=LATER) is State.VERIFYING
        assert conn.scalar(select(t.alerts.c.status)) == "tasked"
        tasks.assign(conn, task, officer="李四", reason="张三休假", actor="科长", now=LATER)
        assert [row.id for row in list_tasks(conn, TaskFilter(officer="李四"), LATER).items] == [task]
        second = tasks.report(
            conn, task, actor="李四", code="30", sub_reason="licensed", facts="证照齐全", officers=["李四", "王五"], now=LATER
        )
        verdicts = get_task(conn, task, LATER).verdicts
        assert (verdicts[1]["id"], verdicts[1]["supersedes"]) == (second, verdicts[0]["id"])
