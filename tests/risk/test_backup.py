"""A backup goes back into an empty place, whole; anything that was changed in it, and any place that is not empty, is refused."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.engine import URL

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.grades import Grade
from risk.services import audit_check, auditing, backup
from risk.services.alerts import settle
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects


@pytest.fixture
def settings(engine_url: URL, tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    (home / "models" / "artifacts").mkdir(parents=True)
    (home / "attachments" / "ab").mkdir(parents=True)
    (home / "models" / "artifacts" / "model.txt").write_text("tree")
    (home / "attachments" / "ab" / "abcd").write_bytes(bytes(range(256)) * 40)
    (home / "secret.key").write_text("a" * 43 + "=")
    with sqlite3.connect(home / "models" / "mlflow.db") as registry:
        registry.execute("CREATE TABLE versions (name TEXT)")
        registry.execute("INSERT INTO versions VALUES ('one')")
    registry.close()
    return Settings(home, engine_url.render_as_string(hide_password=False))


@pytest.fixture
def stored(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        run, subjects = new_run(conn), new_subjects(conn, 2)
        settle(conn, run, new_candidates(conn, run, [(subjects[0], Grade.ORANGE, 0.75), (None, Grade.BLUE, 0.4)]), NOW)
        auditing.record(conn, "张三", "task.sign", "task:1", {"字": ["\t\\N", None, 1.5]}, NOW)
    yield engine
    engine.dispose()


@pytest.fixture
def target(tmp_path: Path, empty_url: URL, engine_url: URL) -> Settings:
    if empty_url.get_backend_name() != engine_url.get_backend_name():
        pytest.skip("one kind of database at a time")
    return Settings(tmp_path / "new", empty_url.render_as_string(hide_password=False))


def rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with reading(engine) as conn:
        return {table.name: sorted((tuple(row) for row in conn.execute(select(table))), key=repr) for table in t.metadata.sorted_tables}


def test_everything_comes_back(stored: Engine, settings: Settings, target: Settings, tmp_path: Path) -> None:
    file = tmp_path / "out" / "risk.backup"
    made = backup.make(stored, settings, file, actor="运维", now=NOW)
    assert file.stat().st_mode & 0o777 == 0o600
    assert made.missing == ("secret.key",)
    assert made.rows["alerts"] == 2
    before = rows(stored)
    with transaction(stored) as conn:  # what happens after the backup is not in it
        auditing.record(conn, "张三", "later", "x", {}, NOW)
    assert backup.restore(target, file, actor="运维", now=NOW) == made == backup.read_manifest(file)
    engine = open_engine(target.database_url)
    after = rows(engine)
    assert [row[3] for row in after["audit"]][-1:] != ["later"]
    assert {name: some for name, some in after.items() if name not in ("audit", "audit_head")} == {
        name: some for name, some in before.items() if name not in ("audit", "audit_head")
    }
    with reading(engine) as conn:
        noted = audit_check.Noted(made.audit_length, made.audit_hash)
        found = audit_check.verify(conn, noted=[noted])
        assert (found.sound, found.rows) == (True, made.audit_length + 1)
        actions = list(conn.scalars(select(t.audit.c.action).order_by(t.audit.c.id)))
    assert actions[-2:] == ["backup.make", "backup.restore"]
    with transaction(engine) as conn:  # and it goes on: numbers are not given twice
        new_subjects(conn, 1, prefix="after")
    engine.dispose()
    assert (target.home / "attachments" / "ab" / "abcd").read_bytes() == bytes(range(256)) * 40
    assert (target.home / "models" / "artifacts" / "model.txt").read_text() == "tree"
    with sqlite3.connect(target.home / "models" / "mlflow.db") as registry:
        assert registry.execute("SELECT name FROM versions").fetchall() == [("one",)]
    registry.close()
    assert not (target.home / "secret.key").exists()
    assert not list(target.home.glob(".risk-*"))


def test_a_place_that_is_not_empty_is_refused(stored: Engine, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "risk.backup"
    backup.make(stored, settings, file, actor="运维", now=NOW, with_key=True)
    with pytest.raises(ConflictError, match="there is a file already"):
        backup.make(stored, settings, file, actor="运维", now=NOW)
    with pytest.raises(ConflictError, match="not empty"):
        backup.restore(settings, file, actor="运维", now=NOW)
    new = Settings(tmp_path / "new", settings.database_url)
    with pytest.raises(ConflictError, match="not empty"):
        backup.restore(new, file, actor="运维", now=NOW)
    assert not (new.home / "secret.key").exists(), "nothing was written"


def changed(source: Path, target: Path, name: str, new: bytes | None, *, rename: str | None = None) -> None:
    """The same archive with one member changed, renamed or left out."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as out:
        for member in old:
            held = old.extractfile(member)
            assert held is not None
            data = held.read()
            if member.name == name:
                if new is None and rename is None:
                    continue
                data = data if new is None else new
                member.name, member.size = rename or name, len(data)
            out.addfile(member, io.BytesIO(data))


def test_what_was_changed_is_refused(sqlite_engine: Engine, tmp_path: Path) -> None:
    settings = Settings(tmp_path, sqlite_engine.url.render_as_string(hide_password=False))
    (tmp_path / "attachments").mkdir()
    (tmp_path / "attachments" / "a").write_text("evidence")
    whole, bad = tmp_path / "whole", tmp_path / "bad"
    backup.make(sqlite_engine, settings, whole, actor="运维", now=NOW)
    new = Settings(tmp_path / "new", f"sqlite:///{tmp_path}/new/risk.db")

    def refused(code: str) -> None:
        with pytest.raises(InvalidInputError) as error:
            backup.restore(new, bad, actor="运维", now=NOW)
        assert error.value.code == code
        assert list(new.home.iterdir()) == []

    changed(whole, bad, "home/attachments/a", b"evidencE")
    refused("backup_damaged")
    changed(whole, bad, "home/attachments/a", None)
    refused("backup_damaged")
    bad.write_bytes(whole.read_bytes()[:-2000])
    refused("backup_unreadable")
    bad.write_bytes(b"nothing")
    refused("backup_unreadable")
    with tarfile.open(whole) as tar:
        held = tar.extractfile("manifest.json")
        assert held is not None
        told = json.loads(held.read())
    told["parts"][0]["name"] = "../outside"
    changed(whole, bad, "manifest.json", json.dumps(told).encode())
    refused("backup_unreadable")
    told["parts"][0]["name"], told["revision"] = "database.sqlite", "9999"
    changed(whole, bad, "manifest.json", json.dumps(told).encode())
    refused("backup_newer")


def test_a_backup_of_the_other_kind_is_refused(stored: Engine, settings: Settings, tmp_path: Path) -> None:
    if stored.dialect.name == "sqlite":
        pytest.skip("restored to SQLite")
    file = tmp_path / "risk.backup"
    backup.make(stored, settings, file, actor="运维", now=NOW)
    new = Settings(tmp_path / "new", f"sqlite:///{tmp_path}/new/risk.db")
    with pytest.raises(InvalidInputError, match="the backup is of postgresql"):
        backup.restore(new, file, actor="运维", now=NOW)


def test_others_write_meanwhile(engine_url: URL, tmp_path: Path) -> None:
    """Taken while writers are at work, a backup is of one moment: its audit is sound."""
    import threading

    settings = Settings(tmp_path / "home", engine_url.render_as_string(hide_password=False))
    settings.home.mkdir()
    engine, stop = open_engine(engine_url), threading.Event()

    def work() -> None:
        while not stop.is_set():
            with transaction(engine) as conn:
                conn.execute(insert(t.leases).values(name=f"n{len(stops)}", owner="", token=0, until=NOW))
                auditing.record(conn, "w", "act", "x", {}, NOW)
                stops.append(1)

    stops: list[int] = []
    thread = threading.Thread(target=work)
    thread.start()
    try:
        made = [backup.make(engine, settings, tmp_path / f"{n}.backup", actor="运维", now=NOW) for n in range(3)]
    finally:
        stop.set()
        thread.join()
        engine.dispose()
    for one in made:
        assert one.rows["leases"] == one.audit_length - (made.index(one) + 1), "acts and their audit are of one moment"
