"""Whether the database answers, and with the tables this program needs."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from risk.storage import migrate
from risk.storage.engine import reading


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between the service and its work."""

    ready: bool
    database: bool
    revision: str | None
    wanted: str


def readiness(engine: Engine) -> Readiness:
    """Ask the database one thing and compare its revision."""
    wanted = migrate.head()
    try:
        with reading(engine) as conn:
            conn.execute(text("SELECT 1"))
        revision = migrate.current(engine)
    except SQLAlchemyError:
        return Readiness(ready=False, database=False, revision=None, wanted=wanted)
    return Readiness(ready=revision == wanted, database=True, revision=revision, wanted=wanted)
