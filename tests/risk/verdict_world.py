"""Alerts with tasks that are signed for, and reports of their results, for the tests of verdicts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from risk.domain.authority import Principal, local_principal
from risk.domain.grades import Grade
from risk.services import tasks, verdict_filing
from risk.services.alerts import settle
from risk.storage import tables as t
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects

HEAD = "科长"
LATER = NOW + timedelta(days=1)
HANDLERS = [{"name": "张三", "certificate": "42050012345"}, {"name": "李四", "certificate": "42050012346"}]
CONTENT: dict[str, Any] = {
    "code": "10",
    "facts": "现场查实，联系人：王小明 13800138000",
    "measures": "责令停止发布",
    "handlers": HANDLERS,
    "documents": [{"type": "立案审批表", "number": "市监立〔2026〕1号", "date": "2026-10-12"}],
}
UNFOUNDED = {"code": "30", "sub_reason": "context_misread", "facts": "科普文章", "handlers": HANDLERS}
INSPECTION: dict[str, Any] = {
    "kind": "inspection",
    "matter_code": "01312345678901",
    "object_name": "某药房",
    "party_name": "某药房有限公司",
    "party_nature": "法人",
    "party_id_type": "统一社会信用代码",
    "party_code": "91350100M000100Y43",
    "region": "420502",
    "checklist_code": "91350100M000100Y43301",
    "name": "药品经营检查",
    "number": "J-1",
    "form": "01",
    "category": "现场检查",
    "result": "不合格",
    "inspected_on": "2026-10-12",
    "inspectors": ["张三", "李四"],
}


def new_tasks(conn: Connection, grades: list[Grade], *, now: datetime = NOW, tag: str = "v") -> list[int]:
    """A signed task for each grade, each on a subject of its own."""
    run, subjects = new_run(conn, key=tag), new_subjects(conn, len(grades), prefix=tag)
    specs = [(subject, grade, 0.75) for subject, grade in zip(subjects, grades, strict=True)]
    settle(conn, run, new_candidates(conn, run, specs, tag=tag), now)
    c = t.tasks.c
    query = select(c.id, t.alerts.c.subject_id).join_from(t.tasks, t.alerts, c.alert_id == t.alerts.c.id)
    by_subject = {row.subject_id: row.id for row in conn.execute(query)}
    numbers = [by_subject[subject] for subject in subjects]
    for number in numbers:
        tasks.sign(conn, number, actor="张三", now=now)
        tasks.start(conn, number, actor="张三", now=now)
    return numbers


def by(name: str) -> Principal:
    """Somebody at this machine."""
    return local_principal(name)


def filed(conn: Connection, task: int, content: dict[str, Any] | None = None, *, now: datetime = NOW, accept: bool = True) -> int:
    """A verdict of a task, accepted by the head unless it is left waiting."""
    number = verdict_filing.report(conn, task, content or CONTENT, who=by("张三"), now=now)
    if accept:
        tasks.accept(conn, task, actor=HEAD, now=now + timedelta(hours=1))
    return number


def count(conn: Connection, table: Any, **columns: Any) -> int:
    """How many rows have these values."""
    return len(conn.execute(select(table.c.id).where(*(table.c[name] == value for name, value in columns.items()))).all())
