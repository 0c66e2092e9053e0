"""The exposure board: only what a final verdict confirms, by two people, masked; a correction or an appeal takes it down at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from risk.domain.authority import Grant, Principal, Scope, permissions
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.services import appeals, exposures, tasks
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.task_world import LATER, NOW, issue, report

WORDS: dict[str, Any] = {"title": "某主体发布虚假医疗广告", "text": "经查属实，联系人：张晓明，电话13800138000。"}
ACT: dict[str, Any] = {"now": NOW}
CHIEF = Principal("局长", frozenset(permissions()))


def confirmed(conn: Connection, code: str = "10") -> int:
    """A final verdict about a named subject."""
    (task,) = issue(conn, 1)
    verdict = report(conn, task, code=code, reason=None)
    tasks.accept(conn, task, actor="科长", now=NOW)
    conn.execute(t.verdicts.update().where(t.verdicts.c.id == verdict).values(state="final"))
    conn.execute(t.subjects.update().values(name="武汉某某门诊部"))
    return int(verdict)


def test_two_people_put_a_confirmed_verdict_on_the_board(engine: Engine) -> None:
    with transaction(engine) as conn:
        verdict = confirmed(conn)
        made = exposures.draft(conn, verdict, **WORDS, actor="张三", **ACT)
        assert (made.state, made.standing, made.shown, made.subject_name) == ("draft", "in_force", False, "武汉某某门诊部")
        assert ("13800138000" in made.text, "138****8000" in made.text, "张晓明" in made.text) == (False, True, False)
        with pytest.raises(ConflictError):
            exposures.draft(conn, verdict, **WORDS, actor="李四", **ACT)
        exposures.revise(conn, made.id, title="改题", text="改文", actor="赵六", **ACT)
        for person in ("张三", "赵六"):
            with pytest.raises(ForbiddenError):
                exposures.publish(conn, made.id, actor=person, **ACT)
        with pytest.raises(ConflictError):
            exposures.publish(conn, made.id, actor="局长", version=1, **ACT)
        shown = exposures.publish(conn, made.id, actor="局长", **ACT)
        assert (shown.shown, shown.published_at) == (True, NOW)
        with pytest.raises(ConflictError):
            exposures.revise(conn, made.id, **WORDS, actor="张三", **ACT)
        with pytest.raises(InvalidInputError):
            exposures.withdraw(conn, made.id, reason=" ", actor="局长", **ACT)
        assert [one.id for one in exposures.list_exposures(conn, shown=True).items] == [made.id]
        outside = Scope((Grant("420500"),))
        assert exposures.list_exposures(conn, scope=outside).items == ()
        for act in (exposures.get, exposures.draft):
            with pytest.raises(NotFoundError):
                act(
                    conn,
                    verdict if act is exposures.draft else made.id,
                    **(WORDS | {"actor": "x"} | ACT if act is exposures.draft else {}),
                    scope=outside,
                )
        exposures.withdraw(conn, made.id, reason="期满", actor="局长", **ACT)
        again = exposures.draft(conn, verdict, **WORDS, actor="张三", **ACT)
    with reading(engine) as conn:
        assert [one.event for one in exposures.get(conn, made.id).history] == ["draft", "revise", "publish", "withdraw"]
        acts = conn.scalars(select(t.audit.c.action).where(t.audit.c.object == f"exposure:{made.id}").order_by(t.audit.c.id)).all()
    assert acts == ["exposure.draft", "exposure.revise", "exposure.publish", "exposure.withdraw"]
    assert again.id != made.id


@pytest.mark.parametrize("code", ["30", "20"])
def test_what_is_not_confirmed_is_not_exposed(sqlite_engine: Engine, code: str) -> None:
    with transaction(sqlite_engine) as conn:
        verdict = confirmed(conn)
        conn.execute(t.verdicts.update().values(code=code))
        with pytest.raises(ConflictError, match="confirms nothing"):
            exposures.draft(conn, verdict, **WORDS, actor="张三", **ACT)
        conn.execute(t.verdicts.update().values(code="10", state="accepted"))
        with pytest.raises(ConflictError, match="not final"):
            exposures.draft(conn, verdict, **WORDS, actor="张三", **ACT)


@pytest.mark.parametrize("how", ["appealed", "corrected"])
def test_a_verdict_that_is_contested_or_corrected_leaves_the_board(engine: Engine, how: str) -> None:
    with transaction(engine) as conn:
        verdict = confirmed(conn)
        made = exposures.draft(conn, verdict, **WORDS, actor="张三", **ACT)
        exposures.publish(conn, made.id, actor="局长", **ACT)
    with transaction(engine) as conn:
        if how == "appealed":
            appeals.file(conn, verdict, party="trader", appellant="某某门诊部", grounds="不服", actor="窗口", now=LATER)
        else:
            task = int(conn.scalar(select(t.tasks.c.id)) or 0)
            two = ("张三", "李四")
            tasks.correct(conn, task, actor="张三", code="30", sub_reason="licensed", facts="误报", officers=two, reason="重核", now=LATER)
    with reading(engine) as conn:
        now = exposures.get(conn, made.id)
        assert (now.state, now.standing, now.shown) == ("withdrawn", how, False)
        assert (now.history[-1].event, now.history[-1].reason is not None) == ("withdraw", True)
        assert exposures.list_exposures(conn, shown=True).items == ()
    with transaction(engine) as conn, pytest.raises(ConflictError):
        exposures.draft(conn, verdict, **WORDS, actor="张三", now=LATER)


def test_the_reading_itself_asks_whether_the_verdict_stands(sqlite_engine: Engine) -> None:
    """Also where something corrected the verdict without telling the board."""
    with transaction(sqlite_engine) as conn:
        verdict = confirmed(conn)
        made = exposures.draft(conn, verdict, **WORDS, actor="张三", **ACT)
        exposures.publish(conn, made.id, actor="局长", **ACT)
        row = conn.execute(select(t.verdicts).where(t.verdicts.c.id == verdict)).one()._asdict()
        conn.execute(t.verdicts.insert().values({**row, "id": verdict + 1, "code": "30", "supersedes": verdict}))
    with reading(sqlite_engine) as conn:
        assert (exposures.get(conn, made.id).shown, exposures.list_exposures(conn, shown=True).items) == (False, ())
        assert [one.id for one in exposures.list_exposures(conn, state="published").items] == [made.id]
