"""Signed in as anybody: an account with roles and a scope, and the headers of its session. From then on nobody acts without one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from risk.services import accounts, sessions
from risk.services.accounts import NewAccount
from risk.services.desk import Desk
from risk.settings import Settings
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import NOW

CHEAP_ARGON2 = "1,8,1"
"""Parameters for tests only."""

COOKIE = "risk_session"
EVERYWHERE = (("", ""),)
_numbers = count(1)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def add(self, **parts: float) -> None:
        self.now += timedelta(**parts)


class Application:
    """One application for the tests of a file, opened on an empty SQLite for each: its routes are built once, which is most of what opening one costs."""

    def __init__(self, home: Path) -> None:
        self.clock = Clock()
        self.settings = Settings(home, f"sqlite:///{home / 'risk.db'}", argon2=CHEAP_ARGON2)
        self._app = create_app(self.settings, clock=self.clock)

    @contextmanager
    def opened(self, template: Path) -> Iterator[TestClient]:
        """A client over a copy of ``template``, as a browser over TLS would come."""
        shutil.rmtree(self.settings.home, ignore_errors=True)
        self.settings.home.mkdir(parents=True)
        shutil.copy(template, self.settings.home / "risk.db")
        self.clock.now = NOW
        with TestClient(self._app, base_url="https://testserver", raise_server_exceptions=False) as client:
            yield client


def engine_of(client: TestClient) -> Engine:
    """The store behind a client."""
    desk: Desk = client.app.state.services.desk  # type: ignore[attr-defined]
    return desk.engine


def signed_in(
    where: TestClient | Settings | Engine,
    roles: Sequence[str],
    grants: Sequence[tuple[str, str]] = EVERYWHERE,
    office: str | None = None,
    *,
    name: str = "",
    now: datetime = NOW,
) -> dict[str, str]:
    """Headers of a new account's session: ``client.get("/api/v1/tasks", headers=signed_in(client, ["officer"], [("420500", "market_supervision")]))``.

    ``grants`` are pairs of division and department, everywhere where none are given. Headers of several accounts may be used with one client.
    """
    if isinstance(where, Engine):
        return _sign_in(where, roles, grants, office, name, now)
    if isinstance(where, TestClient):
        desk: Desk = where.app.state.services.desk  # type: ignore[attr-defined]
        return _sign_in(desk.engine, roles, grants, office, name, desk.clock())
    engine = open_engine(where.database_url)
    try:
        return _sign_in(engine, roles, grants, office, name, now)
    finally:
        engine.dispose()


def new_account(
    engine: Engine,
    roles: Sequence[str],
    grants: Sequence[tuple[str, str]] = EVERYWHERE,
    office: str | None = None,
    *,
    name: str = "",
    digest: str | None = None,
    now: datetime = NOW,
) -> int:
    """The number of a new account; the first one of a store, whatever its roles."""
    new = NewAccount(name or f"person{next(_numbers)}", tuple(roles), office, tuple(grants))
    with transaction(engine) as conn:
        make = accounts.create if accounts.exist(conn) else accounts.create_first
        return make(conn, new, digest=digest, must_change=False, actor="test", now=now)


def _sign_in(
    engine: Engine, roles: Sequence[str], grants: Sequence[tuple[str, str]], office: str | None, name: str, now: datetime
) -> dict[str, str]:
    account = new_account(engine, roles, grants, office, name=name, now=now)
    with transaction(engine) as conn:
        token = sessions.open_session(conn, account, how="password", second_factor=True, now=now, client="test")
    return {"Cookie": f"{COOKIE}={token}"}
