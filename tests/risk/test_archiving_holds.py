"""What keeps a signal in the tables: every reference to it, whichever table it is in, and whatever judging or people still look at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from risk.domain import periods
from risk.domain.retention import retention
from risk.services import archiving_holds
from risk.services.archiving_rows import GOES
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.archive_world import MONTH, NOW, THEN, judge
from tests.risk.run_world import CURE, MED, PLAIN, put, set_capacity

ROW: dict[str, Any] = {"model": MED, "probability": 0.9, "grade": 3, "model_version": "1", "rules_version": "1", "as_of": THEN}


def held(conn: Connection, signal_id: int, models: tuple[str, ...] = ()) -> set[str]:
    """Why a signal stays."""
    found = archiving_holds.holds(periods.month(MONTH), 90.0, NOW, models)
    s = t.signals.c
    return {name for name, why in found.items() if conn.scalar(select(s.id).where(s.id == signal_id, why)) is not None}


def free(conn: Connection) -> list[int]:
    """Those that may go."""
    condition = archiving_holds.of_month(periods.month(MONTH), retention(), 90.0, NOW, ())
    return list(conn.scalars(select(t.signals.c.id).where(condition).order_by(t.signals.c.id)))


def test_every_table_that_refers_to_what_goes_keeps_it() -> None:
    """Also one that somebody adds: what is asked is made from the foreign keys of all tables."""
    keys = {
        f"{table.name}.{key.parent.name}"
        for table in t.metadata.tables.values()
        if table not in GOES
        for key in table.foreign_keys
        if key.column.table in GOES
    }
    asked = {f"{column.table.name}.{column.name}" for query in archiving_holds._referring() for column in query.exported_columns}
    assert asked == keys
    assert {"labels.signal_id", "alert_evidence.assessment_id", "case_file_links.signal_id", "outside_warnings.signal_id"} <= asked


def _label(conn: Connection, signal: int, _subject: int, _assessment: int) -> None:
    conn.execute(insert(t.labels).values(model=MED, signal_id=signal, value=0.0, source="file", known_at=THEN, matures_at=THEN))


def _evidence(conn: Connection, _signal: int, _subject: int, assessment: int) -> None:
    alert = conn.scalar(select(t.alerts.c.id))
    conn.execute(insert(t.alert_evidence).values(alert_id=alert, assessment_id=assessment, added_at=THEN))


def _candidate(outcome: str) -> Callable[[Connection, int, int, int], None]:
    def add(conn: Connection, signal: int, _subject: int, assessment: int) -> None:
        run = conn.scalar(select(t.assessments.c.run_id).where(t.assessments.c.id == assessment))
        conn.execute(insert(t.candidates).values(run_id=run, assessment_id=assessment, signal_id=signal, outcome=outcome))

    return add


def _standing(conn: Connection, _signal: int, subject: int, assessment: int) -> None:
    """An older judgement of the subject was grave; the signal's, the newest, lets it stand no longer."""
    run = conn.scalar(select(t.assessments.c.run_id).where(t.assessments.c.id == assessment))
    conn.execute(insert(t.assessments).values(**ROW, id=-1, run_id=run, subject_id=subject))


def _open_file(conn: Connection, _signal: int, subject: int, _assessment: int) -> None:
    values = {
        "number": "1",
        "title": "x",
        "model": MED,
        "level": "general",
        "state": "active",
        "places": [],
        "lead_office": "o",
        "owner": "o",
    }
    file = conn.scalar(insert(t.case_files).values(**values, opened_at=NOW, changed_at=NOW, created_by="o").returning(t.case_files.c.id))
    linked = {"case_file_id": file, "kind": "subject", "subject_id": subject, "state": "linked", "added_by": "o", "added_at": NOW}
    conn.execute(insert(t.case_file_links).values(**linked))


def _shared(conn: Connection, _signal: int, subject: int, _assessment: int) -> None:
    """Another subject at the same address was warned of in the month."""
    warned = conn.scalar(select(t.alerts.c.subject_id))
    for one in (subject, warned):
        conn.execute(insert(t.subject_links).values(subject_id=one, relation="same_address", value_key="k", known_from=THEN))


REASONS: list[tuple[str, Callable[[Connection, int, int, int], None]]] = [
    ("referred", _label),
    ("referred", _evidence),
    ("waiting", _candidate("over_capacity")),
    ("waiting", _candidate("failed")),
    ("standing", _standing),
    ("at_work", _open_file),
    ("history", _shared),
]


def test_a_signal_stays_for_a_reason(sqlite_engine: Engine) -> None:
    set_capacity(sqlite_engine, 500)
    with transaction(sqlite_engine) as conn:
        plain, cure = put(conn, [PLAIN, CURE], at=THEN)
    judge(sqlite_engine, THEN + timedelta(hours=1))
    with transaction(sqlite_engine) as conn:
        assert {"alerted", "referred", "at_work", "history"} <= held(conn, cure)
        row = conn.execute(select(t.assessments).where(t.assessments.c.signal_id == plain, t.assessments.c.model == MED)).one()
        for name, act in REASONS:
            assert free(conn) == [plain]
            alone = conn.begin_nested()
            act(conn, plain, row.subject_id, row.id)
            assert name in held(conn, plain), name
            assert free(conn) == [], name
            alone.rollback()


def test_a_model_that_has_not_judged_it_keeps_it_and_so_does_a_late_arrival(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        (plain,) = put(conn, [PLAIN], at=THEN)
    judge(sqlite_engine, THEN + timedelta(hours=1))
    with transaction(sqlite_engine) as conn:
        assert held(conn, plain, (MED,)) == set()
        assert held(conn, plain, (MED, "illegal_fundraising.report")) == set()  # which judges reports only
        assert held(conn, plain, (MED, "a_sixth_model")) == {"unjudged"}
        values = {"key": "k", "model": "a_sixth_model", "as_of": NOW, "status": "running", "versions": {}, "actor": "x", "started_at": NOW}
        assert archiving_holds.models_in_use(conn, retention(), NOW) == []
        conn.execute(insert(t.runs).values(**values))
        assert archiving_holds.models_in_use(conn, retention(), NOW) == ["a_sixth_model"]
        assert free(conn) == [plain]
        conn.execute(update(t.signals).values(received_at=NOW - timedelta(days=100)))
        assert free(conn) == []
    with reading(sqlite_engine) as conn:
        assert conn.scalar(select(t.signals.c.kind)) == "content"
