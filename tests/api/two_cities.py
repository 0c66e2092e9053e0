"""Yichang and Wuhan in one store, so that it can be asked what an officer of Yichang learns of Wuhan. Every text of Wuhan's holds `MARK`.

`yichang` is made first, `wuhan` is added to it: an answer that differs afterwards tells of Wuhan. Every table that is not in `NOT_OF_A_PLACE` gets a row of
Wuhan's, new tables at once: by `wuhan` itself, or made from the columns. A path parameter takes its values from the tables in `PARTS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Date, Float, Integer, String, Table, Text, func, insert, select, update

from api.rule_schemas import EXAMPLE
from risk.domain import periods
from risk.domain.authority import Grant
from risk.domain.grades import Grade
from risk.domain.routing import default_duties, default_offices
from risk.domain.signals import digest
from risk.services import case_file_links, case_files, index_versions, situation, tasks
from risk.services.alerts import settle
from risk.storage import tables as t
from risk.storage.tables import UtcDateTime
from tests.risk.disposal_world import EVIDENCE, MODEL, NOW, new_candidates

MARK = "武汉WUHANMARK"
YICHANG, WUHAN = "420502", "420102"
OFFICES = {YICHANG: "420500-market_supervision", WUHAN: "420100-market_supervision"}
FAR = 900_000
_numbers = count(1)

NOT_OF_A_PLACE = {
    "rule_items": "rules are the same for all",
    "rule_versions": "rules are the same for all",
    "rule_events": "rules are the same for all",
    "live_rules": "rules are the same for all",
    "list_entries": "rules are the same for all",
    "pack_snapshots": "rules are the same for all",
    "grade_settings": "of a model, for the whole province",
    "index_versions": "weights are the same for all",
    "trainings": "of a model, for the whole province",
    "shadow_scores": "of a model, for the whole province",
    "offices": "who is in charge is known to all",
    "duties": "who is in charge is known to all",
    "duty_changes": "who is in charge is known to all",
    "office_settings": "who is in charge is known to all",
    "calendar_days": "the calendar is the same for all",
    "calendar_notices": "the calendar is the same for all",
    "warning_sources": "which systems send is known to all who exchange",
    "matter_versions": "the matter list is the same for all",
    "matters": "the matter list is the same for all",
    "matter_mappings": "the matter list is the same for all",
    "source_settings": "sources are of the whole province",
    "archives": "months of the whole province, told to whoever holds the whole",
    "archived_signals": "identities alone: asked by intake, which takes the whole",
    "archived_outcomes": "of runs, read for the whole province only",
    "jobs": "work of the system, by permission",
    "job_runs": "work of the system, by permission",
    "leases": "work of the system, by permission",
    "outbox": "work of the system, by permission",
    "push_targets": "work of the system, by permission",
    "push_deliveries": "work of the system, by permission",
    "push_attempts": "work of the system, by permission",
    "audit": "its administrator holds no permission on cases",
    "audit_head": "its administrator holds no permission on cases",
    "accounts": "their administrator holds no permission on cases",
    "password_history": "their administrator holds no permission on cases",
    "recovery_codes": "their administrator holds no permission on cases",
    "sessions": "their administrator holds no permission on cases",
    "api_keys": "their administrator holds no permission on cases",
    "sign_in_counters": "their administrator holds no permission on cases",
}
"""Tables that get no row of Wuhan's, and why: `risk.services.scoping` has the reasons at length."""

PARTS: dict[str, tuple[str, ...]] = {
    "row_id": ("quarantine",),
    "joint_id": ("joint_tasks",),
    "session_id": (),
    "key_id": (),
    "training_id": (),
}
"""Path parameter → the tables whose ids it takes, where their names do not say it (``task_id``: ``tasks``, ``model_tasks`` …); those with none are of no place."""


def tables_of(part: str) -> tuple[str, ...] | None:
    """The tables whose ids a path parameter takes; ``None`` where nobody has said what it is."""
    if part in PARTS:
        return PARTS[part]
    stem = part.removesuffix("_id")
    plurals = (f"{stem}s", f"{stem}es", f"{stem[:-1]}ies" if stem.endswith("y") else f"{stem}s")
    found = [name for name in t.metadata.tables if any(name == one or name.endswith(f"_{one}") for one in plurals)]
    return tuple(sorted(set(found) - set(NOT_OF_A_PLACE))) if part.endswith("_id") and found else None


PLAIN = {
    "model": MODEL,
    "kind": "rule",
    "name": "gold",
    "version": "1",
    "period": "2026-10",
    "format": "json",
    "year": "2026",
    "month": "2023-03",
}
"""Path parameter → a value that is of no place."""

VALUES: dict[str, dict[str, Any]] = {
    "reports": {"period": "2026-10", "region": "420100", "department": "", "cutoff": NOW},
    "health_figures": {"model": MODEL, "as_of": NOW, "name": "score_drift", "part": "420100", "crossed": False},
    "quarantine": {"status": "open"},
    "imports": {"status": "done"},
    "backtests": {"status": "done", "model": MODEL},
    "model_tasks": {"state": "open", "model": MODEL},
    "shadow_hits": {"model": MODEL, "how": "shadow"},
}
"""What a made row holds in some columns, so that a filter that forgets the place would show it."""


def offices(conn: Connection) -> None:
    """The offices of both cities, of the two counties and of the province with their duties, unless there are any: the whole table takes a second."""
    if conn.scalar(select(func.count()).select_from(t.offices)):
        return
    places = {YICHANG, WUHAN, "420500", "420100", "420000"}
    kept = [one for one in default_offices() if one.region in places]
    conn.execute(insert(t.offices), [asdict(one) for one in kept])
    duties = [asdict(one) for one in default_duties() if one.region in places]
    conn.execute(insert(t.duties), duties)


def yichang(conn: Connection) -> dict[str, int]:
    """Yichang's part: what an officer there sees. Table → the id of a row."""
    offices(conn)
    run = _run(conn, "shared")
    _judged(conn, run, YICHANG, "宜昌")
    _counted(conn, run)
    version = _draft(conn)
    signal = conn.scalar(select(func.min(t.signals.c.id)))
    hit = {"version_id": version, "run_id": run, "signal_id": signal, "model": MODEL, "rule": PLAIN["name"], "how": "shadow", "as_of": NOW}
    conn.execute(insert(t.shadow_hits), [hit])
    cutoff = situation.latest_cutoff(conn)
    made = _report(cutoff, "420500")
    told = situation.numbers(conn, periods.month(made["period"]), made["cutoff"], Grant("420500", "market_supervision"))
    conn.execute(insert(t.reports), {**made, "numbers": told | made["numbers"]})
    figure = {"model": MODEL, "as_of": NOW, "name": "score_drift", "n": 9, "value": 0.1, "crossed": False, "detail": {}}
    conn.execute(insert(t.health_figures), [{**figure, "part": "420500"}])
    index_versions.ensure(conn, "region", NOW)
    _followed(conn)
    return _newest(conn)


def _followed(conn: Connection) -> None:
    """An event that Yichang follows, with an alert and a subject of its own."""
    given: dict[str, Any] = {
        "title": "宜昌事件",
        "model": MODEL,
        "level": "ordinary",
        "places": [YICHANG],
        "owner": "宜昌",
        "cause": "投诉",
    }
    file = case_files.create(conn, **given, lead_office=OFFICES[YICHANG], actor="宜昌", now=NOW)
    for kind, table in (("alert", t.alerts), ("subject", t.subjects)):
        case_file_links.link(conn, file, kind, list(conn.scalars(select(table.c.id).limit(1))), actor="宜昌", now=NOW)


def wuhan(conn: Connection) -> dict[str, int]:
    """Wuhan's part beside it: in the same run, in one of its own, and a row in every other table. Table → the id of a row of Wuhan's."""
    shared = conn.scalars(select(t.runs.c.id)).one()
    _judged(conn, shared, WUHAN, MARK)
    _counted(conn, shared)
    own = _run(conn, "wuhan")
    _judged(conn, own, WUHAN, MARK)
    _counted(conn, own)
    cutoff = situation.latest_cutoff(conn)
    conn.execute(insert(t.reports), _report(cutoff, ""))
    figure = {"model": MODEL, "as_of": NOW, "name": "score_drift", "n": 9, "value": 0.4, "crossed": False, "detail": {"mark": MARK}}
    conn.execute(insert(t.health_figures), [{**figure, "part": ""}])
    known = _newest(conn)
    for table in t.metadata.sorted_tables:
        if table.name not in NOT_OF_A_PLACE and table.name not in _MADE:
            known |= _filled(conn, table, known)
    return known


_MADE = frozenset(
    {
        "subjects",
        "imports",
        "signals",
        "runs",
        "assessments",
        "candidates",
        "alerts",
        "alert_evidence",
        "tasks",
        "task_events",
        "verdicts",
        "labels",
    }
)
"""What both cities have by being judged and verified."""


def _draft(conn: Connection) -> int:
    """A stored draft of a rule, as it stands in the store: storing it by the desk would first read all rules there are."""
    item = {"kind": "rule", "name": PLAIN["name"], "model": MODEL, "created_at": NOW}
    number = conn.scalar(insert(t.rule_items).values(item).returning(t.rule_items.c.id))
    row = {"item_id": number, "version": 1, "source": EXAMPLE, "text": EXAMPLE, "language": "zh", "hash": digest(EXAMPLE), "state": "draft"}
    made = insert(t.rule_versions).values(**row, author="宜昌", created_at=NOW, changed_at=NOW)
    return int(conn.scalar(made.returning(t.rule_versions.c.id)) or 0)


def _run(conn: Connection, key: str) -> int:
    row = {"key": key, "model": MODEL, "as_of": NOW, "status": "running", "versions": {"model": "rules"}, "balance": {}, "actor": key}
    return int(conn.scalar(insert(t.runs).values(**row, started_at=NOW).returning(t.runs.c.id)) or 0)


def _judged(conn: Connection, run: int, region: str, mark: str) -> None:
    """Two subjects and three signals, judged and settled in the run; the first task verified to its end."""
    tag = f"{mark}{next(_numbers)}"
    rows = [
        {"key": f"{tag}/{i}", "name": f"{tag}主体{i}", "region": region, "kind": "enterprise", "facts": {"m": mark}, "created_at": NOW}
        for i in range(2)
    ]
    conn.execute(insert(t.subjects), rows)
    subjects = list(conn.scalars(select(t.subjects.c.id).where(t.subjects.c.key.startswith(tag)).order_by(t.subjects.c.id)))
    taken = {"key": digest(tag), "file": f"{tag}.csv", "source": mark, "status": "done", "actor": mark, "started_at": NOW, "ended_at": NOW}
    import_id = conn.scalar(insert(t.imports).values(**taken, accepted=3).returning(t.imports.c.id))
    specs = [(subjects[0], Grade.ORANGE, 0.75), (subjects[1], Grade.BLUE, 0.42), (None, Grade.NONE, 0.1)]
    chunk = new_candidates(conn, run, specs, region=region, tag=tag)
    ids = [one.signal_id for one in chunk]
    conn.execute(
        update(t.signals)
        .where(t.signals.c.id.in_(ids))
        .values(
            region=region,
            import_id=import_id,
            text=f"{mark}三个疗程根治糖尿病",
            source=mark,
            source_id=mark,
            url=f"https://x.example/{mark}",
        )
    )
    rule = EVIDENCE["rules"][0]
    told = {"rules": [{"title": {"zh": f"{mark}断言疗效", "en": mark}, **rule, "quotes": [mark]}]}
    conn.execute(
        update(t.assessments)
        .where(t.assessments.c.signal_id.in_(ids), t.assessments.c.grade > 0)
        .values(evidence=told, evidence_hash=digest(told))
    )
    settle(conn, run, chunk, NOW)
    mine = select(t.candidates.c.alert_id).where(t.candidates.c.signal_id.in_(ids))
    conn.execute(update(t.alerts).where(t.alerts.c.id.in_(mine)).values(title_zh=f"{mark}涉嫌", title_en=f"{mark} suspected"))
    task = conn.scalars(select(t.tasks.c.id).where(t.tasks.c.alert_id.in_(mine)).order_by(t.tasks.c.id)).first()
    assert task is not None
    tasks.sign(conn, task, actor=mark, now=NOW)
    officers = [f"{mark}张三", f"{mark}李四"]
    tasks.report(conn, task, actor=mark, code="30", sub_reason="context_misread", facts=mark, officers=officers, now=NOW)
    tasks.accept(conn, task, actor=mark, now=NOW)


def _counted(conn: Connection, run: int) -> None:
    """The run's own numbers, of everything it judged."""
    c = t.candidates.c
    rows = conn.execute(select(c.outcome, func.count()).where(c.run_id == run).group_by(c.outcome))
    balance = {row[0]: int(row[1]) for row in rows}
    judged = conn.scalar(select(func.count()).where(t.assessments.c.run_id == run))
    values = {"status": "done", "ended_at": NOW, "judged": judged, "candidates": sum(balance.values()), "balance": balance}
    conn.execute(update(t.runs).where(t.runs.c.id == run).values(**values))


def _report(cutoff: Any, region: str) -> dict[str, Any]:
    numbers = {"mark": "宜昌" if region == "420500" else MARK}
    return {
        "period": "2026-09", "cutoff": cutoff - timedelta(days=9), "numbers": numbers, "numbers_hash": digest(numbers), "created_at": NOW,
        "actor": numbers["mark"], "region": region, "department": "market_supervision" if region else "",
    }  # fmt: skip


def _newest(conn: Connection) -> dict[str, int]:
    """The newest id of every table that has one, of those that are of a place."""
    found = {}
    for table in t.metadata.sorted_tables:
        if table.name not in NOT_OF_A_PLACE and "id" in table.c:
            newest = conn.scalar(select(func.max(table.c.id)))
            if newest is not None:
                found[table.name] = int(newest)
    return found


def _filled(conn: Connection, table: Table, known: dict[str, int]) -> dict[str, int]:
    """A row of Wuhan's in a table, made from its columns; its id, where it has one."""
    own = VALUES.get(table.name, {})
    kept = known | {one.name: _last(conn, one) for one in NAMED}
    row = {column.name: own.get(column.name, _value(column, kept)) for column in table.c if column.name != "id"}
    number = {"id": FAR + next(_numbers)} if "id" in table.c else {}  # an id that no row of another table has
    conn.execute(insert(table), [row | number])
    return {table.name: number["id"]} if number else {}


NAMED = (t.rule_versions, t.index_versions)
"""Tables of no place that rows of a place name."""


def _last(conn: Connection, table: Table) -> int | None:
    newest = conn.scalar(select(func.max(table.c.id)))
    return None if newest is None else int(newest)


def _value(column: Column[Any], known: Mapping[str, int | None]) -> Any:
    """What a column of a row of Wuhan's holds: by what it refers to, by its name, by its type."""
    for key in column.foreign_keys:
        return known.get(key.column.table.name)
    name, kind = column.name, column.type
    if name.endswith("_id") and f"{name.rpartition('_id')[0].rpartition('_')[2]}s" in known:  # about_alert_id
        return known[f"{name.rpartition('_id')[0].rpartition('_')[2]}s"]
    if name.endswith(("office", "office_code", "unit_code")):
        return OFFICES[WUHAN]
    if name in ("region", "division"):
        return "420100"
    if name == "model":
        return MODEL
    if isinstance(kind, UtcDateTime):
        return NOW
    if isinstance(kind, Date):
        return NOW.date()
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Float):
        return 0.5
    if isinstance(kind, Integer):
        return None if column.nullable else 1
    if isinstance(kind, (String, Text)):
        return f"{MARK}{next(_numbers)}"[: getattr(kind, "length", None) or 200]
    if isinstance(kind, JSON) or type(kind).__name__ == "Variant":
        return {"mark": MARK}
    return {"mark": MARK} if "JSON" in str(kind) else None
