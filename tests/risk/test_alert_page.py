"""One alert whole, and judged again: same result, or exactly what changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, select, update

from risk.domain.alerts_suppressed import Mode
from risk.domain.authority import Grant, Scope
from risk.domain.errors import NotFoundError
from risk.domain.signals import SubjectKeys, digest
from risk.services import alert_page, alert_replay, manual_alerts, runs
from risk.services.manual_alerts import Entry
from risk.services.suppressions import suppress
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.run_world import CURE, MED, NOW, REPORT, put, scorer, set_capacity


def _world(engine: Engine, texts: list[str]) -> list[int]:
    """Alerts of the texts, one by one judged."""
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        put(conn, texts)
    runs.run(engine, scorer(), [MED], as_of=NOW, now=NOW, actor="测试")
    with reading(engine) as conn:
        return list(conn.scalars(select(t.alerts.c.id).order_by(t.alerts.c.id)))


def _replayed(engine: Engine, alert: int, **more: Any) -> alert_replay.Replay:
    with reading(engine) as conn:
        return alert_replay.replay(conn, scorer(), alert, **more)


def test_the_page_says_what_who_where_why_and_what_since(engine: Engine) -> None:
    (alert,) = _world(engine, [f"{CURE}，电话13800138000"])
    with transaction(engine) as conn:
        kept = {"owner": "王", "reason": "x", "expires_at": NOW + timedelta(days=9), "now": NOW}
        suppress(conn, {"source": str(conn.scalar(select(t.signals.c.source))), "region": "宜昌市"}, **kept)  # type: ignore[arg-type]
        text = conn.scalars(select(t.signals.c.text)).one()
        page = alert_page.page(conn, alert, NOW)
    (piece,) = page.evidence
    assert "13800138000" not in piece.text
    assert len(piece.text) == len(text)
    assert piece.text_hash == alert_page.digest_of_text(text)
    assert piece.intact
    (reason,) = piece.reasons
    assert (reason.rule, reason.severity) == ("cure", "high")
    assert all(quote.stands and text[quote.start : quote.end] == quote.text for quote in reason.quotes)
    assert piece.versions.rules
    assert set(piece.versions.cutoffs) >= {"red", "orange", "yellow", "blue"}
    assert [moment.what for moment in page.history] == ["alert.new", "task.issue"]
    assert [line.kind for line in page.tasks] == ["alert"]
    assert [sender.kind for sender in page.senders] == ["source"]
    assert [near.part for near in page.nearly_suppressed] == ["region"]
    with reading(engine) as conn, pytest.raises(NotFoundError):
        alert_page.page(conn, alert, NOW, scope=Scope((Grant("420500"),)))


def test_related_alerts_are_of_the_subject_and_of_those_that_share_with_it(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        names = ["甲公司", "乙公司", "丙公司"]
        alerts = []
        for i, name in enumerate(names):
            for model in (MED, "illegal_drug_sales") if i == 0 else (MED,):
                entry = Entry(f"{name}{model}", model, "理由", f"{name}的线索", subject=SubjectKeys(name=name), region="420102")
                alerts.append(manual_alerts.add(conn, entry, actor="张三", now=NOW).alert_id or 0)
        ids = list(conn.scalars(select(t.subjects.c.id).order_by(t.subjects.c.id)))
        link = {"relation": "address", "value_key": digest("同一地址"), "known_from": NOW}
        conn.execute(t.subject_links.insert(), [{**link, "subject_id": ids[0]}, {**link, "subject_id": ids[1]}])
        page = alert_page.page(conn, alerts[0], NOW)
        assert [(one.id, one.by) for one in page.related] == [(alerts[1], "subject"), (alerts[2], "address")]
        assert page.subject == "甲公司"
        assert page.evidence[0].probability is None
        assert (page.evidence[0].entered or {})["by"] == "张三"


def test_judged_again_it_is_the_same_also_with_later_rules_and_later_history(engine: Engine) -> None:
    first, *_ = _world(engine, [CURE, f"{CURE}，独家"])
    with transaction(engine) as conn:
        put(conn, ["糖尿病根治又一例"], tag="later")
    runs.run(engine, scorer(), [MED], as_of=NOW + timedelta(days=1), now=NOW + timedelta(days=1), actor="测试")
    found = _replayed(engine, first)
    assert (found.same, found.zh, found.en) == (True, "结果一致", "same result")
    (piece,) = found.pieces
    assert piece.probability_now == piece.probability_then
    assert piece.rules_now == piece.rules_then == ("cure",)


def test_judged_again_it_says_exactly_what_changed(engine: Engine) -> None:
    (alert,) = _world(engine, [CURE])
    with transaction(engine) as conn:
        conn.execute(update(t.signals).values(text="三个疗程根治糖尿病！"))
    found = _replayed(engine, alert)
    assert (found.same, [one.code for one in found.pieces[0].differences]) == (False, ["replay_text"])
    with transaction(engine) as conn:
        conn.execute(update(t.signals).values(text="本店今日营业"))
    codes = [one.code for one in _replayed(engine, alert).pieces[0].differences]
    assert codes == ["replay_text", "replay_probability", "replay_grade", "replay_rule_lost"]
    with transaction(engine) as conn:
        conn.execute(update(t.signals).values(text=CURE))
        conn.execute(update(t.assessments).values(model_version="7"))
    (difference,) = _replayed(engine, alert).pieces[0].differences
    assert difference.code == "replay_model_gone"
    assert "7" in difference.zh
    with transaction(engine) as conn:
        conn.execute(delete(t.pack_snapshots))
        conn.execute(update(t.assessments).values(model_version="rules", evidence={"rules": []}))
    assert [one.code for one in _replayed(engine, alert).pieces[0].differences] == ["replay_evidence", "replay_rules_gone"]


def test_a_clue_of_a_person_is_judged_again_as_the_models_saw_it(sqlite_engine: Engine) -> None:
    entry = Entry("k", MED, "理由", CURE, region="420102", as_seen=True)
    with transaction(sqlite_engine) as conn:
        judged = manual_alerts.add(conn, entry, actor="张三", now=NOW, scorer=scorer())
        plain = manual_alerts.add(conn, Entry("p", REPORT, "理由", "集资", region="420102"), actor="张三", now=NOW)
    assert judged.graded_by == "models"
    assert _replayed(sqlite_engine, judged.alert_id or 0).same is True
    told = _replayed(sqlite_engine, plain.alert_id or 0)
    assert (told.same, told.pieces[0].notes[0].code) == (None, "replay_not_judged")


def test_a_page_takes_a_dozen_questions(engine: Engine) -> None:
    """Whatever stands on it, it is asked for once; also where it assists, has been entered, warned of, shared and nearly suppressed."""
    alert, *_ = _world(engine, [CURE])
    with transaction(engine) as conn:
        kept = {"owner": "王", "reason": "x", "expires_at": NOW + timedelta(days=9), "now": NOW}
        for mode in (Mode.ACTIVE, Mode.DRY_RUN):
            suppress(conn, {"source": "elsewhere", "region": "宜昌市"}, mode=mode, **kept)  # type: ignore[arg-type]
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            asked.append(statement)

    with reading(engine) as conn:
        event.listen(conn, "before_cursor_execute", note)
        page = alert_page.page(conn, alert, NOW)
    assert page.task is not None
    assert len(asked) <= 14, "\n".join(asked)
    assert len(set(asked)) == len(asked), "a question is asked twice"
    assert sum("alert_evidence.added_at" in one for one in asked) == 1
