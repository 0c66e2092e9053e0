"""Internal tasks: one open a model and kind, brought up to date, closed with who and why, each change in the audit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.services import model_tasks
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.run_world import DRUG, MED, NOW, REPORT

register({"model_task_try": ("{model}：试一试", "{model}: a try")})


def _open(engine: Engine, key: str = MED, kind: str = "try", psi: float = 0.3) -> int:
    with transaction(engine) as conn:
        return model_tasks.open_task(conn, key, kind, {"psi": psi}, now=NOW, actor="作业")


def _actions(engine: Engine) -> list[str]:
    with reading(engine) as conn:
        return list(conn.scalars(select(t.audit.c.action).where(t.audit.c.object.startswith("model_task")).order_by(t.audit.c.id)))


def test_one_is_open_for_a_model_and_kind(engine: Engine) -> None:
    first = _open(engine)
    assert _open(engine) == first
    assert _actions(engine) == ["model_task.open"]
    assert _open(engine, psi=0.4) == first
    assert _open(engine, DRUG) != first
    with reading(engine) as conn:
        one = model_tasks.get(conn, first)
        everything = model_tasks.list_tasks(conn)
        mine = model_tasks.list_tasks(conn, model=DRUG, state="open")
    assert (one.detail, one.state, one.title_zh) == ({"psi": 0.4}, "open", "虚假医疗广告：试一试")
    assert one.title_en.endswith(": a try")
    assert one.owner_zh
    assert one.owner_zh != one.owner_en
    assert [row.model for row in everything.items] == [DRUG, MED]
    assert [row.model for row in mine.items] == [DRUG]
    assert _actions(engine) == ["model_task.open", "model_task.renew", "model_task.open"]


def test_done_says_who_and_why_and_a_new_one_may_open(engine: Engine) -> None:
    first = _open(engine, REPORT)
    with transaction(engine) as conn:
        with pytest.raises(InvalidInputError, match="reason"):
            model_tasks.close(conn, first, reason=" ", now=NOW, actor="李四")
        done = model_tasks.close(conn, first, reason="已重新训练", now=NOW + timedelta(days=1), actor="李四")
        assert (done.state, done.closed_by, done.reason, done.closed_at) == ("done", "李四", "已重新训练", NOW + timedelta(days=1))
        with pytest.raises(ConflictError, match="done already"):
            model_tasks.close(conn, first, reason="再", now=NOW, actor="李四")
        with pytest.raises(NotFoundError, match="number 99"):
            model_tasks.close(conn, 99, reason="再", now=NOW, actor="李四")
    assert _open(engine, REPORT) != first
    assert _actions(engine) == ["model_task.open", "model_task.close", "model_task.open"]


def test_it_recovers_by_itself_once(engine: Engine) -> None:
    first = _open(engine)
    with transaction(engine) as conn:
        assert not model_tasks.recover(conn, DRUG, "try", {}, now=NOW, actor="作业")
        assert model_tasks.recover(conn, MED, "try", {"psi": 0.01}, now=NOW, actor="作业")
        assert not model_tasks.recover(conn, MED, "try", {"psi": 0.01}, now=NOW, actor="作业")
        assert model_tasks.get(conn, first).reason == "指标已恢复到限值以内 / the figure is within its limit again"
    assert _actions(engine) == ["model_task.open", "model_task.recover"]


def test_a_kind_without_words_is_refused(sqlite_engine: Engine) -> None:
    with pytest.raises(KeyError, match="model_task_nameless"):
        _open(sqlite_engine, kind="nameless")
