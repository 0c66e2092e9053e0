"""The audit: a chain that the database guards, that many writers extend at once, and in which every kind of tampering is found."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import DBAPIError

from risk.services import auditing
from risk.services.audit_check import Check, verify
from risk.storage import tables as t
from risk.storage.engine import reading, serialise, transaction
from risk.storage.guards import GUARDS

NOW = datetime(2026, 11, 1, 3, 4, 5, 678, tzinfo=UTC)
UNGUARD = {
    "sqlite": [
        f"DROP TRIGGER IF EXISTS {name}"
        for name in ("audit_no_update", "audit_no_delete", "audit_no_replace", "audit_head_grows", "audit_head_stays")
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS audit_append_only ON audit",
        "DROP TRIGGER IF EXISTS audit_head_grows ON audit_head",
        "DROP TRIGGER IF EXISTS audit_head_stays ON audit_head",
    ],
}


def write(engine: Engine, count: int, start: int = 0) -> None:
    with transaction(engine) as conn:
        for number in range(start, start + count):
            auditing.record(conn, "张三", "task.sign", f"task:{number}", {"n": number, "share": number / 3, "字": [None, True]}, NOW)


def checked(engine: Engine, **wanted: Any) -> Check:
    with reading(engine) as conn:
        return verify(conn, **wanted)


def unguard(conn: Connection) -> None:
    for statement in UNGUARD[conn.dialect.name]:
        conn.execute(text(statement))


def test_rows_form_a_chain_whatever_the_algorithm(engine: Engine) -> None:
    write(engine, 3)
    auditing.use_algorithm(engine, "sm3")
    write(engine, 2)
    auditing.use_algorithm(engine, "sha256")
    write(engine, 1)
    found = checked(engine)
    assert (found.rows, found.sound, found.faults) == (6, True, ())
    with reading(engine) as conn:
        assert list(conn.scalars(select(t.audit.c.algorithm).order_by(t.audit.c.id))) == ["sha256"] * 3 + ["sm3"] * 2 + ["sha256"]
        assert conn.execute(select(t.audit_head)).one().hash == found.head


def test_an_empty_audit_is_sound(engine: Engine) -> None:
    assert checked(engine).sound


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'x'", "DELETE FROM audit WHERE id = 2", "DELETE FROM audit_head", "UPDATE audit_head SET length = 1"],
)
def test_the_database_refuses_changes(engine: Engine, statement: str) -> None:
    write(engine, 3)
    with pytest.raises(DBAPIError, match=r"append-only|only grows"), transaction(engine) as conn:
        conn.execute(text(statement))
    assert checked(engine).sound


def test_replacing_a_row_is_refused(engine: Engine) -> None:
    write(engine, 2)
    row = "(1, '2026-01-01', 'x', 'x', 'x', '{}', 'sha256', 'x')"
    verb = "INSERT OR REPLACE" if engine.dialect.name == "sqlite" else "INSERT"
    with pytest.raises(DBAPIError), transaction(engine) as conn:
        conn.execute(text(f"{verb} INTO audit (id, at, actor, action, object, detail, algorithm, hash) VALUES {row}"))
    if engine.dialect.name == "postgresql":
        with pytest.raises(DBAPIError, match=r"append-only"), transaction(engine) as conn:
            conn.execute(text("TRUNCATE audit"))
    assert checked(engine).sound


def test_guards_name_both_databases() -> None:
    assert all(set(kinds) == {"sqlite", "postgresql"} for kinds in GUARDS.values())


def test_many_writers_leave_one_chain(engine: Engine) -> None:
    """Each records first and takes another lock afterwards, in different orders: with the head locked at once they would wait in a circle."""
    errors: list[BaseException] = []

    def work(name: int) -> None:
        try:
            for turn in range(8):
                with transaction(engine) as conn:
                    auditing.record(conn, f"w{name}", "act", f"task:{turn}", {"turn": turn}, NOW)
                    for what in sorted((101, 102), reverse=bool(name % 2))[:1]:
                        serialise(conn, what)
                    auditing.record(conn, f"w{name}", "act.more", f"task:{turn}", {}, NOW)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    found = checked(engine)
    assert (found.rows, found.sound) == (64, True)
    with reading(engine) as conn:
        rows = conn.execute(select(t.audit.c.actor, t.audit.c.action).order_by(t.audit.c.id)).all()
    assert all(rows[i].actor == rows[i + 1].actor for i in range(0, 64, 2)), "the rows of one transaction stand together"


def test_what_is_rolled_back_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with transaction(engine) as conn:
            auditing.record(conn, "a", "b", "c", {}, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with transaction(engine) as conn:
        auditing.record(conn, "a", "kept", "c", {}, NOW)
        inner = conn.begin_nested()
        auditing.record(conn, "a", "gone", "c", {}, NOW)
        inner.rollback()
        with conn.begin_nested():
            auditing.record(conn, "a", "kept", "d", {}, NOW)
    with reading(engine) as conn:
        assert list(conn.execute(select(t.audit.c.id, t.audit.c.action))) == [(1, "kept"), (2, "kept")]
    assert checked(engine).sound


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab字", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(JSON, min_size=1, max_size=5))
def test_any_detail_comes_back_as_it_was_hashed(engine: Engine, details: list[Any]) -> None:
    with transaction(engine) as conn:
        auditing.record_all(conn, [{"at": NOW, "actor": "a", "action": "b", "object": "c", "detail": {"v": one}} for one in details])
    assert checked(engine).sound


TAMPERINGS = st.one_of(
    st.tuples(st.just("edit"), st.integers(1, 8), st.sampled_from(["actor", "action", "object", "trace_id"])),
    st.tuples(st.just("detail"), st.integers(1, 8), st.just("")),
    st.tuples(st.just("moment"), st.integers(1, 8), st.just("")),
    st.tuples(st.just("delete"), st.integers(1, 8), st.just("")),
    st.tuples(st.just("insert"), st.integers(1, 9), st.just("")),
    st.tuples(st.just("swap"), st.integers(1, 7), st.just("")),
    st.tuples(st.just("cut"), st.integers(1, 8), st.just("")),
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TAMPERINGS)
def test_every_tampering_is_found(engine: Engine, how: tuple[str, int, str]) -> None:
    with engine.connect() as conn:
        conn.rollback()
        with conn.begin() as running:
            unguard(conn)
            conn.execute(text("DELETE FROM audit"))
            conn.execute(text("DELETE FROM audit_head"))
            for number in range(8):
                auditing.record(conn, "张三", "task.sign", f"task:{number}", {"n": number}, NOW)
            assert verify(conn).sound
            tamper(conn, *how)
            found = verify(conn)
            running.rollback()
    assert not found.sound
    assert found.faults


def tamper(conn: Connection, kind: str, place: int, column: str) -> None:
    c = t.audit.c
    if kind == "edit":
        conn.execute(t.audit.update().where(c.id == place).values({column: "别的"}))
    elif kind == "detail":
        conn.execute(t.audit.update().where(c.id == place).values(detail={"n": -1}))
    elif kind == "moment":
        conn.execute(t.audit.update().where(c.id == place).values(at=NOW.replace(second=59)))
    elif kind == "delete":
        conn.execute(t.audit.delete().where(c.id == place))
    elif kind == "insert":
        for number in range(8, place - 1, -1):
            conn.execute(t.audit.update().where(c.id == number).values(id=number + 1))
        row = {"id": place, "at": NOW, "actor": "x", "action": "x", "object": "x", "detail": {}, "algorithm": "sha256", "hash": "0" * 64}
        conn.execute(insert(t.audit), row)
    elif kind == "swap":
        for old, new in ((place, 100), (place + 1, place), (100, place + 1)):
            conn.execute(t.audit.update().where(c.id == old).values(id=new))
    elif kind == "cut":  # the newest rows, and the head with them forgotten
        conn.execute(t.audit.delete().where(c.id >= place))
