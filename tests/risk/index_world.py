"""Stored worlds for the tests of the index, of credit classes and of random plans."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select

from risk.domain import uscc
from risk.domain.routing import default_offices
from risk.domain.signals import digest
from risk.services import officers
from risk.storage import tables as t
from tests.risk.disposal_world import MODEL, new_run

NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=200)


def with_check(stem: str) -> str:
    """A code with its check character."""
    return next(stem + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if uscc.checks(stem + last))


def subjects(conn: Connection, count: int, region: str, *, at: datetime = BEFORE, industry: str | None = None) -> list[int]:
    """Subjects of a place, in a row; their ids."""
    rows: list[dict[str, Any]] = [
        {
            "key": f"{region}/{at}/{i}",
            "uscc": with_check(f"91{region}MA{i:04d}{at:%d}0"),
            "name": f"企业{region}{i}",
            "region": region,
        }
        | {"kind": "enterprise", "facts": {}, "industry": industry, "created_at": at}
        for i in range(count)
    ]
    made = conn.execute(insert(t.subjects).returning(t.subjects.c.id, sort_by_parameter_order=True), rows)
    return [row[0] for row in made]


def signals(conn: Connection, count: int, region: str, at: datetime, *, kind: str = "content", subject: int | None = None) -> None:
    """Signals of a place, observed and received at a moment."""
    common = {"source": "测试", "kind": kind, "text": "文", "fields": {}, "warnings": [], "time_given": True, "region": region}
    rows: list[dict[str, Any]] = [
        {**common, "identity": digest([region, at, kind, i, subject]), "content_hash": digest([i]), "observed_at": at, "received_at": at}
        | {"subject_id": subject}
        for i in range(count)
    ]
    conn.execute(insert(t.signals), rows)


def alert(conn: Connection, subject: int, region: str, at: datetime, tag: str, *, grade: int = 3, code: str | None = None) -> int:
    """An alert with its task at the city's office, verified with a code two days later where one is given."""
    run = conn.scalar(select(t.runs.c.id)) or new_run(conn)
    row = {
        "merge_key": digest([tag]), "model": MODEL, "subject_id": subject, "region": region, "grade": grade, "probability": 0.8,
        "status": "tasked", "title_zh": "线索", "title_en": "clue", "opened_at": at, "window_end": at, "updated_at": at, "run_id": run,
    }  # fmt: skip
    alert = int(conn.execute(insert(t.alerts).values(row).returning(t.alerts.c.id)).scalar_one())
    told = at + timedelta(days=2) if code else None
    task = {
        "kind": "alert", "alert_id": alert, "office_code": f"{region[:4]}00-market_supervision", "routed_by": {}, "state": "issued",
        "grade": grade, "issued_at": at, "sign_due": at + timedelta(days=1), "report_due": at + timedelta(days=3), "reported_at": told,
    }  # fmt: skip
    number = int(conn.execute(insert(t.tasks).values(task).returning(t.tasks.c.id)).scalar_one())
    if code:
        verdict = {
            "task_id": number,
            "alert_id": alert,
            "code": code,
            "facts": "查明",
            "officers": [],
            "actor": "张三",
            "reported_at": told,
        }
        conn.execute(insert(t.verdicts).values(verdict))
    return alert


def world(conn: Connection) -> None:
    """Wuhan with 40 subjects, 8 signals, 4 complaints, 6 alerts of which 4 are verified; Yichang with 20 subjects and 2 signals."""
    conn.execute(insert(t.offices), [office(one) for one in default_offices() if one.region in ("420100", "420500")])
    wuhan = subjects(conn, 40, "420102")
    subjects(conn, 20, "420502", industry="2017:7212")
    recent = NOW - timedelta(days=10)
    signals(conn, 8, "420102", recent)
    signals(conn, 4, "420103", recent, kind="report")
    signals(conn, 6, "420103", NOW - timedelta(days=60), kind="report")
    signals(conn, 2, "420502", recent)
    for i, code in enumerate(("10", "10", "20", "30", "30", None)):
        alert(conn, wuhan[i // 2], "420102", recent, f"a{i}", grade=4 if i == 5 else 2, code=code)


def office(one: Any) -> dict[str, Any]:
    """An office of the shipped table as a row."""
    return {name: getattr(one, name) for name in ("code", "name_zh", "name_en", "region", "level", "department", "weekly_capacity")}


def plan_world(conn: Connection) -> list[int]:
    """60 subjects of Yichang, the first six with a red alert, the last inspected lately; three officers. Their ids."""
    conn.execute(insert(t.offices), [office(one) for one in default_offices() if one.region in ("420100", "420500")])
    ids = subjects(conn, 60, "420502")
    for i in range(6):
        alert(conn, ids[i], "420502", NOW - timedelta(days=20), f"p{i}", grade=4)
    act = {"record_id": "x", "kind": "inspection", "number": "1", "name": "检查", "matter_code": "1" * 14, "subject_id": ids[59]}
    act |= {"happened_on": date(2026, 10, 1), "fields": {}, "source": "own", "actor": "a", "created_at": BEFORE, "changed_at": BEFORE}
    conn.execute(insert(t.acts).values(act))
    for name in ("甲", "乙", "丙"):
        officers.put(conn, name, "420500-market_supervision", actor="张三", now=NOW)
    return ids


def classes_csv(conn: Connection) -> str:
    """A file of classes of the first forty subjects: ten D, thirty A."""
    codes = list(conn.scalars(select(t.subjects.c.uscc).order_by(t.subjects.c.id)))[:40]
    return "uscc,class,assessed_on\n" + "".join(f"{code},{'D' if i < 10 else 'A'},2026-10-01\n" for i, code in enumerate(codes))
