"""Whether the database answers, with the tables this program needs, and what is wrong with the rule plug-ins in use."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from risk.storage import migrate
from risk.storage.engine import reading


@dataclass(frozen=True, slots=True)
class PluginTrouble:
    """A fault of a rule plug-in in this process, and how often it came up. The rules that use it are unknown, never false."""

    code: str
    name: str
    package: str
    times: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between the service and its work."""

    ready: bool
    database: bool
    revision: str | None
    wanted: str
    plugins: tuple[PluginTrouble, ...] = ()


def readiness(engine: Engine) -> Readiness:
    """Ask the database one thing and compare its revision."""
    wanted = migrate.head()
    try:
        with reading(engine) as conn:
            conn.execute(text("SELECT 1"))
        revision = migrate.current(engine)
    except SQLAlchemyError:
        return Readiness(ready=False, database=False, revision=None, wanted=wanted)
    return Readiness(ready=revision == wanted, database=True, revision=revision, wanted=wanted, plugins=plugin_troubles())


def plugin_troubles() -> tuple[PluginTrouble, ...]:
    """What went wrong with rule plug-ins so far; starts nothing."""
    from rules.plugin_host import installed

    return tuple(PluginTrouble(one.code, one.source.name, one.source.owner, one.times, one.zh, one.en) for one in installed().faults)
