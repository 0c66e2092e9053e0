"""Move a database between revisions, without an ``alembic.ini``. One transaction per call, so a killed upgrade leaves the old revision.

Alembic is imported by who moves: each server and each command only asks where the database is, and starts half a second sooner without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.engine import URL

from risk.domain.errors import InvalidInputError
from risk.storage.engine import open_engine, reading, serialise, transaction

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 1  # of risk.storage.engine.serialise
_FOLDER = Path(__file__).parent / "migrations"
_NAMED = re.compile(r'^(revision|down_revision)\b[^=\n]*= (?:None|"(\w+)")$', re.MULTILINE)


def upgrade(target: str | URL | Engine, revision: str = "head") -> None:
    """Move up to ``revision``; nothing happens where the database is there already."""
    with _engine(target) as engine, transaction(engine) as connection:
        _run(connection, "upgrade", revision)


def downgrade(target: str | URL | Engine, revision: str) -> None:
    """Move down to ``revision`` (``base`` leaves an empty database, ``-1`` goes one back). Data of dropped tables is gone."""
    with _engine(target) as engine, transaction(engine) as connection:
        _run(connection, "downgrade", revision)
        if _current(connection) is None:
            connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def current(target: str | URL | Engine) -> str | None:
    """The revision of the database, ``None`` if it is empty."""
    with _engine(target) as engine, reading(engine) as connection:
        return _current(connection)


def head() -> str:
    """The newest revision that this program knows."""
    known = _revisions()
    (found,) = set(known) - set(known.values())
    return found


def knows(revision: str) -> bool:
    """Whether this program has the revision at all."""
    return revision in _revisions()


def _current(connection: Connection) -> str | None:
    """What alembic noted in the database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _revisions() -> dict[str, str | None]:
    """Each revision of the program and the one before it, by the lines in which its file says so."""
    found = {}
    for file in sorted((_FOLDER / "versions").glob("*.py")):
        named = {key: value or None for key, value in _NAMED.findall(file.read_text(encoding="utf-8"))}
        found[str(named["revision"])] = named["down_revision"]
    return found


def _run(connection: Connection, name: str, revision: str) -> None:
    from alembic import command
    from alembic.util.exc import CommandError

    serialise(connection, _LOCK)
    config = _config()
    config.attributes["connection"] = connection
    try:
        {"upgrade": command.upgrade, "downgrade": command.downgrade}[name](config, revision)
    except CommandError as error:
        raise InvalidInputError("revision_unknown", revision=revision) from error


def _config() -> Config:
    from alembic.config import Config

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
