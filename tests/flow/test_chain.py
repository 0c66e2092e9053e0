"""One advertisement and one complaint, followed from a file to the report: every event, audit row, balance and number. Rules only, over the test's own packs."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.services import labels, reporting, runs, tasks
from risk.services.dispatch import seed_offices
from risk.services.intake import take
from risk.services.task_views import get_task
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.reviewing import review_all
from tests.risk.run_world import KEYS, MED, REPORT, scorer

ROWS = """编号,内容,发布时间,信号类型,地区,统一社会信用代码,平台,店铺,企业名称
1,三个疗程根治糖尿病，立即抢购,2026-10-12 08:00:00,content,武汉市江岸区,91420102MA4K2X1P0A,商城,康和堂,武汉康和堂诊所
2,交了集资款以后人就联系不上了,2026-10-12 08:30:00,report,仙桃市,,,,仙桃鑫源农业合作社
3,本店今日营业,2026-10-12 08:40:00,content,武汉市江岸区,91420102MA4K2X1P0A,商城,康和堂,武汉康和堂诊所
4,,2026-10-12 08:50:00,content,武汉市江岸区,,,,
"""
TWO = ("张三", "李四")


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=SHANGHAI)


def _all(conn: Connection, *columns: Any, order: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(select(*columns).order_by(order))]


def test_one_advertisement_and_one_complaint(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "signals.csv"
    path.write_text(ROWS, encoding="gb18030")
    with transaction(engine) as conn:
        seed_offices(conn)
    summary = take(engine, path, source="广告监测", actor="接入员", now=at(12, 9))
    assert (summary.accepted, summary.quarantined, summary.duplicates) == (3, 1, 0)
    assert take(engine, path, source="广告监测", actor="接入员", now=at(12, 9)).repeated
    assert _count(engine, t.signals) == 3

    results = {one.key: one for one in runs.run(engine, scorer(), KEYS, as_of=at(12, 10), now=at(12, 10), actor="研判员")}
    assert (results[MED].judged, results[MED].balance.candidates, results[MED].balance.new) == (3, 2, 1)
    assert (results[REPORT].judged, results[REPORT].balance.candidates, results[REPORT].balance.new) == (1, 1, 1)

    ad, complaint = _tasks(engine)
    assert (ad["office"], ad["grade"], ad["model"]) == ("420102-market_supervision", int(Grade.ORANGE), MED)
    assert (complaint["office"], complaint["model"]) == ("429004-finance_lead", "illegal_fundraising")
    with reading(engine) as conn:
        evidence = conn.scalars(select(t.assessments.c.evidence).where(t.assessments.c.grade == int(Grade.ORANGE))).one()
    assert [rule["rule"] for rule in evidence["rules"]] == ["cure", "urge"]
    assert [q["quote"] for q in evidence["rules"][0]["quotes"]] == ["根治", "糖尿病"]
    assert evidence["signal"]["source"] == "广告监测"
    assert evidence["subject"]["key"] == "91420102MA4K2X1P0A"

    with transaction(engine) as conn:
        tasks.sign(conn, ad["id"], actor="张三", now=at(12, 11))
        tasks.report(conn, ad["id"], actor="张三", code="10", facts="广告属实，立案", officers=TWO, now=at(13, 10))
        assert tasks.accept(conn, ad["id"], actor="科长", now=at(13, 12), close_too=True) + review_all(conn, at(13, 12)) == 1
        tasks.sign(conn, complaint["id"], actor="王五", now=at(12, 12))
        tasks.report(
            conn, complaint["id"], actor="王五", code="30", sub_reason="context_misread", facts="买卖纠纷", officers=TWO, now=at(14, 10)
        )  # fmt: skip
        assert tasks.accept(conn, complaint["id"], actor="科长", now=at(14, 12), close_too=True) + review_all(conn, at(14, 12)) == 1

    with reading(engine) as conn:
        for task in (ad, complaint):
            events = [(e["event"], e["actor"]) for e in get_task(conn, task["id"], at(15, 0)).events]
            officer = "张三" if task is ad else "王五"
            assert events[0][0] == "issue"
            assert events[1:] == [("sign", officer), ("start", officer), ("report", officer), ("accept", "科长"), ("close", "科长")]
        audit = _all(conn, t.audit.c.actor, t.audit.c.action, t.audit.c.object, order=t.audit.c.id)
        assert [row for row in audit if row[1].startswith("task.")] == [
            ("张三", "task.sign", f"task:{ad['id']}"),
            ("张三", "task.report", f"task:{ad['id']}"),
            ("科长", "task.close", f"task:{ad['id']}"),
            ("王五", "task.sign", f"task:{complaint['id']}"),
            ("王五", "task.report", f"task:{complaint['id']}"),
            ("科长", "task.close", f"task:{complaint['id']}"),
        ]
        assert set(conn.scalars(select(t.alerts.c.status))) == {"closed"}
        assert labels.matured(conn, MED, at(15, 0)) == []
        assert [(one.value, one.signal_id is not None) for one in labels.matured(conn, MED, at(25, 0))] == [(1.0, True)]
        assert [one.value for one in labels.matured(conn, REPORT, at(25, 0))] == [0.0]

    # the subject is known now: what it publishes next opens a new alert, and the rule that remembers fires too
    more = tmp_path / "more.csv"
    more.write_text(ROWS.splitlines()[0] + "\n" + ROWS.splitlines()[1].replace("1,三个", "9,三个"), encoding="utf-8")
    take(engine, more, source="广告监测", actor="接入员", now=at(15, 9))
    again = {one.key: one for one in runs.run(engine, scorer(), KEYS, as_of=at(15, 10), now=at(15, 10), actor="研判员")}
    assert (again[MED].judged, again[MED].balance.new, again[REPORT].judged) == (1, 1, 0)
    with reading(engine) as conn:
        last = conn.execute(select(t.assessments).order_by(t.assessments.c.id.desc()).where(t.assessments.c.model == MED)).first()
    assert last is not None
    assert [rule["rule"] for rule in last.evidence["rules"]] == ["cure", "urge", "warned"]

    numbers = reporting.make(engine, "2026-10", actor="领导", now=at(16, 9))
    assert numbers["headline"] == {"signals": 4, "alerts": 3, "verdicts": 2, "verified_rate": 0.5}
    assert numbers["funnel"] == {
        "signals": 4, "assessments": 9, "candidates": 5, "alerts": 3, "tasks": 3, "signed": 2, "reported": 2, "confirmed": 1, "filed": 1, "labels": 2
    }  # fmt: skip
    assert numbers["balance"] == {
        "candidates": 5,
        "new": 3,
        "merged": 0,
        "suppressed": 0,
        "below_grade": 2,
        "over_capacity": 0,
        "failed": 0,
    }
    assert (numbers["monitoring"]["accepted"], numbers["monitoring"]["quarantined"]) == (4, 1)
    assert numbers["disposal"]["verdicts"] == {"10": 1, "30": 1}
    assert [(r["key"], r["total"]) for r in numbers["alerts"]["by_city"]] == [("420100", 2), ("429004", 1)]
    assert [c["subject"] for c in numbers["clues"]].count("武汉康和堂诊所") == 1
    for lang in ("zh", "en"):
        assert "2026-10" in reporting.write(numbers, tmp_path, lang).read_text(encoding="utf-8")
    assert reporting.make(engine, "2026-10", actor="领导", now=at(16, 9) + timedelta(days=1)) == numbers


def _count(engine: Engine, table: Any) -> int:
    with reading(engine) as conn:
        return int(conn.scalar(select(func.count()).select_from(table)) or 0)


def _tasks(engine: Engine) -> list[dict[str, Any]]:
    """The tasks, of advertisements first."""
    with reading(engine) as conn:
        rows = conn.execute(
            select(t.tasks.c.id, t.tasks.c.office_code, t.tasks.c.grade, t.alerts.c.model)
            .join_from(t.tasks, t.alerts, t.tasks.c.alert_id == t.alerts.c.id)
            .order_by(t.alerts.c.model)
        ).all()
    return [{"id": row.id, "office": row.office_code, "grade": row.grade, "model": row.model} for row in rows]
