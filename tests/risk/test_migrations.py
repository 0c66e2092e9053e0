"""Up from empty, down to nothing, and no difference to ``tables.py`` on the way."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import Engine, inspect
from sqlalchemy.engine import URL

from risk.bootstrap import open_store
from risk.cli import cli
from risk.domain.errors import ConflictError, InvalidInputError
from risk.settings import Settings
from risk.storage import migrate
from risk.storage.engine import open_engine, reading, transaction
from risk.storage.tables import metadata

pytestmark = pytest.mark.usefixtures("migrations_as_shipped")


def test_upgraded_database_equals_the_tables(empty_url: URL) -> None:
    migrate.upgrade(empty_url)
    engine = open_engine(empty_url)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == [], "run: python -m risk.storage.migrations.regenerate"
    engine.dispose()
    assert migrate.current(empty_url) == migrate.head()


def test_downgrade_to_base_leaves_nothing(empty_url: URL) -> None:
    migrate.upgrade(empty_url)
    migrate.downgrade(empty_url, "base")
    engine = open_engine(empty_url)
    with reading(engine) as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()
    assert migrate.current(empty_url) is None
    migrate.upgrade(empty_url)
    assert migrate.current(empty_url) == migrate.head()


def test_upgrading_twice_changes_nothing(empty_url: URL) -> None:
    migrate.upgrade(empty_url)
    migrate.upgrade(empty_url)
    assert migrate.current(empty_url) == migrate.head()


def test_unknown_revision_is_refused(empty_url: URL) -> None:
    with pytest.raises(InvalidInputError, match="no such revision: 9999"):
        migrate.upgrade(empty_url, "9999")


def test_embedded_database_upgrades_itself_and_a_server_does_not(empty_url: URL) -> None:
    settings = Settings(home=Path(), database_url=empty_url.render_as_string(hide_password=False))
    if empty_url.get_backend_name() == "sqlite":
        open_store(settings).dispose()
        assert migrate.current(empty_url) == migrate.head()
        return
    with pytest.raises(ConflictError) as refusal:
        open_store(settings)
    assert refusal.value.code == "database_outdated"
    assert "risk db upgrade" in refusal.value.hint("en")


def test_a_newer_database_is_not_touched(empty_url: URL) -> None:
    migrate.upgrade(empty_url)
    engine = open_engine(empty_url)
    with transaction(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(ConflictError, match="9999"):
        open_store(Settings(home=Path(), database_url=empty_url.render_as_string(hide_password=False)))


def test_unreachable_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(InvalidInputError) as refusal:
        open_store(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path / 'broken.db'}"))
    assert refusal.value.code == "database_unreachable"


def test_command_line(tmp_path: Path) -> None:
    environment = {"RISK_HOME": str(tmp_path), "RISK_LANG": "en", "RISK_DATABASE": f"sqlite:///{tmp_path / 'cli.db'}"}
    run = CliRunner(env=environment)
    assert "empty" in run.invoke(cli, ["db", "current"], catch_exceptions=False).output
    assert migrate.head() in run.invoke(cli, ["db", "upgrade"], catch_exceptions=False).output
    assert migrate.head() in run.invoke(cli, ["db", "current"], catch_exceptions=False).output
    assert "empty" in run.invoke(cli, ["db", "downgrade", "--to", "base"], catch_exceptions=False).output


def test_other_tests_begin_with_what_the_migrations_make(tmp_path: Path, laid_out_once: Callable[..., None]) -> None:
    """The short way of ``tests/conftest.py`` ends where the long one does: the same tables, in the same order, at the same revision."""
    made = []
    for name, run in (("long", migrate._run), ("short", laid_out_once)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(migrate, "_run", run)
            migrate.upgrade(f"sqlite:///{tmp_path / name}.db")
        with closing(sqlite3.connect(tmp_path / f"{name}.db")) as file:
            made.append(list(file.iterdump()))
    assert made[0] == made[1]
    assert len(made[0]) > 100


def test_where_it_is_and_what_is_known_is_what_alembic_says(engine: Engine) -> None:
    """A server asks both at every start, without importing alembic."""
    script = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert migrate.head() == script.get_current_head()
    assert all(migrate.knows(one.revision) for one in script.walk_revisions())
    assert not migrate.knows("9999")
    with engine.connect() as connection:
        assert migrate.current(engine) == MigrationContext.configure(connection).get_current_revision()
