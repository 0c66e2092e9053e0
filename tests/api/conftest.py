"""A served application over each database, with a clock of its own and a small world of signals, alerts and tasks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import URL
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain.grades import Grade
from risk.services.alerts import settle
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import EVIDENCE, NOW, new_candidates, new_run, new_subjects


@pytest.fixture
def settings(engine_url: URL, tmp_path: Path) -> Settings:
    """An upgraded, empty database and a folder of its own."""
    return Settings(home=tmp_path / "home", database_url=engine_url.render_as_string(hide_password=False))


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """An empty service."""
    with TestClient(create_app(settings, clock=lambda: NOW), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def world(settings: Settings) -> datetime:
    """A finished run with two alerts (orange with a subject, blue without) and their tasks; the moment it happened."""
    titled = {"rules": [{"title": {"zh": "断言疗效", "en": "asserts effect"}, **EVIDENCE["rules"][0]}]}
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        run, (subject, _) = new_run(conn), new_subjects(conn, 2)
        chunk = new_candidates(conn, run, [(subject, Grade.ORANGE, 0.75), (None, Grade.BLUE, 0.42), (None, Grade.NONE, 0.1)])
        conn.execute(t.assessments.update().where(t.assessments.c.grade > 0).values(evidence=titled))
        balance = settle(conn, run, chunk, NOW)
        conn.execute(
            t.runs.update()
            .where(t.runs.c.id == run)
            .values(
                status="done", judged=3, candidates=balance.candidates, balance=balance.as_dict(), ended_at=NOW, versions={"model": "rules"}
            )
        )
    engine.dispose()
    return NOW
