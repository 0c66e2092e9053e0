"""Rows by the thousand are the rows that SQLAlchemy would have written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from risk.storage.many import insert_many

AT = datetime(2026, 10, 12, 2, 0, 0, 123, tzinfo=UTC)
NAMES = ("key", "uscc", "name", "registered_on", "facts", "created_at")
ROWS = [
    ("a", None, "店\t一\\n", date(2020, 2, 29), {"面积": [1.5, None, "“引号”\n"]}, AT),
    ("b", "92420102MA00001A", None, None, {}, AT.astimezone(timezone(timedelta(hours=8)))),
]
SIGNAL = ("identity", "content_hash", "text", "time_given", "observed_at", "subject_id", "warnings")
SAME = {"source": "源", "kind": "content", "fields": {}, "received_at": AT}


def test_the_rows_are_those_that_sqlalchemy_writes(engine: Engine) -> None:
    with transaction(engine) as conn:
        insert_many(conn, t.subjects, NAMES, ROWS, {"kind": "enterprise"})
        conn.execute(insert(t.subjects), [dict(zip(NAMES, (row[0] + "2", *row[1:]), strict=True)) for row in ROWS])
        signals: list[tuple[Any, ...]] = [(f"i{i}", "c", "保证\x01根治", i == 0, AT, None, ["x"]) for i in range(2)]
        insert_many(conn, t.signals, SIGNAL, signals, SAME)
        insert_many(conn, t.signals, SIGNAL, [], SAME)
    with reading(engine) as conn:
        stored = conn.execute(select(*(t.subjects.c[name] for name in (*NAMES, "kind"))).order_by(t.subjects.c.id)).all()
        assert [row[1:] for row in stored[:2]] == [row[1:] for row in stored[2:]]
        assert stored[0] == ("a", None, "店\t一\\n", date(2020, 2, 29), {"面积": [1.5, None, "“引号”\n"]}, AT, "enterprise")
        late = conn.execute(select(t.signals).where(t.signals.c.observed_at <= AT, t.signals.c.time_given.is_(True))).one()
        assert (late.text, late.warnings, late.fields, late.observed_at) == ("保证\x01根治", ["x"], {}, AT)


def test_nothing_is_left_to_a_default_of_python_and_no_local_time_is_taken(engine: Engine) -> None:
    with pytest.raises(ValueError, match="no value for kind, facts"), transaction(engine) as conn:
        insert_many(conn, t.subjects, ("key", "created_at"), [("a", AT)])
    with pytest.raises(ValueError, match="naive"), transaction(engine) as conn:
        insert_many(conn, t.subjects, NAMES, [(*ROWS[0][:-1], AT.replace(tzinfo=None))], {"kind": "enterprise"})
