"""Move a database between revisions, without an ``alembic.ini``. One transaction per call, so a killed upgrade leaves the old revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL

from risk.domain.errors import InvalidInputError
from risk.storage.engine import open_engine, reading, serialise, transaction

_LOCK = 1  # of risk.storage.engine.serialise
_FOLDER = Path(__file__).parent / "migrations"


def upgrade(target: str | URL | Engine, revision: str = "head") -> None:
    """Move up to ``revision``; nothing happens where the database is there already."""
    with _engine(target) as engine, transaction(engine) as connection:
        _run(connection, "upgrade", revision)


def downgrade(target: str | URL | Engine, revision: str) -> None:
    """Move down to ``revision`` (``base`` leaves an empty database, ``-1`` goes one back). Data of dropped tables is gone."""
    with _engine(target) as engine, transaction(engine) as connection:
        _run(connection, "downgrade", revision)
        if MigrationContext.configure(connection).get_current_revision() is None:
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def current(target: str | URL | Engine) -> str | None:
    """The revision of the database, ``None`` if it is empty."""
    with _engine(target) as engine, reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision that this program knows."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def knows(revision: str) -> bool:
    """Whether this program has the revision at all."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def _run(connection: Connection, name: str, revision: str) -> None:
    serialise(connection, _LOCK)
    config = _config()
    config.attributes["connection"] = connection
    try:
        {"upgrade": command.upgrade, "downgrade": command.downgrade}[name](config, revision)
    except CommandError as error:
        raise InvalidInputError("revision_unknown", revision=revision) from error


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _engine(target: str | URL | Engine) -> Iterator[Engine]:
    if isinstance(target, Engine):
        yield target
        return
    engine = open_engine(target)
    try:
        yield engine
    finally:
        engine.dispose()
