"""Clues that a person enters: from a call to a task, safely repeated, graded within limits, the reporter kept apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from risk.domain.alerts_manual import Reporter
from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.signals import SubjectKeys
from risk.scoring.scorer import Scorer
from risk.services import manual_alerts
from risk.services.alerts import run_balance
from risk.services.clue_senders import senders_of
from risk.services.dispatch import seed_offices
from risk.services.manual_alerts import Entry, add
from risk.services.suppressions import suppress
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.disposal_world import NOW

CALL = Entry(
    key="call-1",
    model="false_medical_advertising",
    reason="来电人描述具体，地址明确",
    text="来电反映一元路某诊所张贴“三个疗程根治糖尿病，无效退款”",
    received_at=NOW - timedelta(hours=1),
    subject=SubjectKeys(name="某诊所"),
    region="武汉市江岸区",
    office_code="420102-market_supervision",
    reporter=Reporter("欧阳小明", "13800001234", "武汉市江岸区一元路2号", wants_answer=True),
)
CLAIM = replace(CALL, key="claim", text="三个疗程根治糖尿病，无效退款", as_seen=True)
YICHANG = Scope((Grant("420500"),))


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer()


def test_a_call_becomes_an_alert_with_a_task_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        first = add(conn, CALL, actor="张三", now=NOW)
        again = add(conn, CALL, actor="张三", now=NOW + timedelta(minutes=5))
        assert (first.outcome, first.grade, first.graded_by, first.judged, first.repeated) == ("new", "blue", "person", None, False)
        assert again == replace(first, repeated=True)
        with pytest.raises(ConflictError, match="another entry"):
            add(conn, replace(CALL, text="别的事"), actor="张三", now=NOW)
        task = conn.execute(select(t.tasks)).one()
        assert (task.office_code, task.state) == ("420102-market_supervision", "issued")
        signal = conn.execute(select(t.signals)).one()
        assert (signal.kind, signal.channel, signal.source) == ("report", "telephone", "人工登记·电话举报")
        assert conn.scalar(select(t.alerts.c.origin)) == "manual"
        assert run_balance(conn, conn.scalars(select(t.runs.c.id)).one()).as_dict()["new"] == 1
        (sender,) = senders_of(conn, first.alert_id or 0)
        assert (sender.kind, sender.entered_by, sender.office, sender.wants_answer) == ("manual", "张三", "420102-market_supervision", True)
        stored = repr(conn.execute(select(t.outbox)).all()) + repr(conn.execute(select(t.audit)).all())
        assert "13800001234" not in stored
        assert "欧阳小明" not in stored


def test_the_models_grade_a_clue_and_a_person_only_adds(engine: Engine, scorer: Scorer) -> None:
    with transaction(engine) as conn:
        judged = add(conn, CLAIM, actor="张三", now=NOW, scorer=scorer)
        assert judged.graded_by == "models"
        assert Grade.parse(judged.judged or "none") >= Grade.BLUE
        evidence = conn.scalars(select(t.assessments.c.evidence)).one()
        assert evidence["rules"]
        assert evidence["entered"]["by"] == "张三"
        least = Grade.parse(judged.judged or "none")
        with pytest.raises(InvalidInputError, match="between"):
            add(conn, replace(CLAIM, key="2", grade=Grade(int(least) - 1)), actor="张三", now=NOW, scorer=scorer)
        plain = replace(CALL, key="3", text="门口堆放杂物", grade=Grade.ORANGE)
        with pytest.raises(InvalidInputError, match="between"):
            add(conn, plain, actor="张三", now=NOW, scorer=scorer)
        raised = add(conn, replace(plain, grade=Grade.YELLOW), actor="张三", now=NOW, scorer=scorer)
        assert (raised.judged, raised.grade, raised.graded_by) == ("none", "yellow", "person")


def test_the_next_run_judges_the_same_signal_and_adds_to_the_alert(sqlite_engine: Engine, scorer: Scorer) -> None:
    from risk.services.runs import run

    with transaction(sqlite_engine) as conn:
        entered = add(conn, CLAIM, actor="张三", now=NOW)
    (result,) = run(
        sqlite_engine, scorer, ["false_medical_advertising"], as_of=NOW + timedelta(hours=1), now=NOW + timedelta(hours=1), actor="t"
    )
    assert (result.judged, result.balance.merged, result.balance.new) == (1, 1, 0)
    with reading(sqlite_engine) as conn:
        mine = select(func.count()).where(t.alert_evidence.c.alert_id == entered.alert_id)
        assert conn.scalar(mine) == 2
        assert conn.scalars(select(t.alerts.c.grade)).one() > int(Grade.BLUE)
        assert conn.scalars(select(t.alerts.c.probability)).one() > 0.5


def test_neither_suppressed_nor_cut_off(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        seed_offices(conn)
        conn.execute(update(t.offices).values(weekly_capacity=0))
        suppress(conn, {"source": "人工登记·电话举报"}, owner="王", reason="x", expires_at=NOW + timedelta(days=1), now=NOW)
        assert add(conn, CALL, actor="张三", now=NOW).outcome == "new"


def test_what_lies_outside_is_received_and_told_nothing_more(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        add(conn, CALL, actor="王五", now=NOW)
        mine = add(conn, replace(CALL, key="elsewhere", text="同一诊所另一线索"), actor="李四", now=NOW, scope=YICHANG)
        assert (mine.outcome, mine.alert_id, mine.task_id) == ("received", None, None)
        hidden = replace(CALL, key="s", text="", signal_id=1)
        with pytest.raises(NotFoundError):
            add(conn, hidden, actor="李四", now=NOW, scope=YICHANG)
        with pytest.raises(NotFoundError):
            manual_alerts.reporters(conn, 1, scope=YICHANG)
        assert add(conn, hidden, actor="王五", now=NOW).outcome == "merged"


def test_the_reporter_is_masked_and_unmasked_on_the_record(engine: Engine) -> None:
    with transaction(engine) as conn:
        alert = add(conn, CALL, actor="张三", now=NOW).alert_id or 0
        (masked,) = manual_alerts.reporters(conn, alert)
        assert (masked.name, masked.phone, masked.masked) == ("欧***", "138****1234", True)
        with pytest.raises(InvalidInputError):
            manual_alerts.unmask(conn, alert, actor="李四", reason=" ", now=NOW)
        (plain,) = manual_alerts.unmask(conn, alert, actor="李四", reason="回访举报人", now=NOW)
        assert (plain.name, plain.phone) == ("欧阳小明", "13800001234")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": " "}, "manual_key_missing"),
        ({"text": " "}, "manual_text"),
        ({"reason": ""}, "manual_reason"),
        ({"signal_id": 1}, "manual_two_sources"),
        ({"channel": "鸽子"}, "manual_channel"),
        ({"region": "月球"}, "region_not_known"),
        ({"model": "illegal_fundraising.firm"}, "manual_firm"),
        ({"model": "moon"}, "unknown_model"),
        ({"grade": Grade.RED}, "manual_grade"),
    ],
)
def test_refusals(sqlite_engine: Engine, change: dict[str, object], code: str) -> None:
    with transaction(sqlite_engine) as conn, pytest.raises(InvalidInputError) as refused:
        add(conn, replace(CALL, **change), actor="张三", now=NOW)  # type: ignore[arg-type]
    assert refused.value.code == code
    assert refused.value.text("zh")
