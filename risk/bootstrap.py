"""Puts the parts together for one process: settings in, open store out. The command line, the API and the worker start here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from risk.domain.errors import ConflictError, InvalidInputError
from risk.scoring.keys import look_in
from risk.services.archiving_folder import use_folder
from risk.services.auditing import use_algorithm
from risk.settings import Settings
from risk.storage import migrate
from risk.storage.engine import open_engine, reading

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer
    from risk.services.replica import Replica


def open_store(settings: Settings) -> Engine:
    """The database of these settings, at the revision the program needs.

    The embedded SQLite is created and upgraded by itself. PostgreSQL is not: there the operator makes a backup first and runs
    ``risk db upgrade``; until then this is a :class:`ConflictError`.
    """
    look_in(settings.registry_dir)
    engine = open_engine(settings.database_url)
    use_algorithm(engine, settings.audit_hash)
    use_folder(engine, settings.archive_dir)
    try:
        with _reachable(settings):
            _bring_up(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_replica(settings: Settings) -> Replica | None:
    """The read replica of these settings, where they name one. It may be away: who asks it looks first (`risk.services.replica`)."""
    if not settings.database_read:
        return None
    from risk.services.replica import Replica

    engine = open_engine(settings.database_read)
    use_folder(engine, settings.archive_dir)
    return Replica(engine, settings.read_lag)


def move_store(settings: Settings, how: Literal["upgrade", "downgrade", "current"], revision: str = "") -> str | None:
    """Move the database to another revision, or only look; answers where it is then (``None``: empty)."""
    engine = open_engine(settings.database_url)
    try:
        with _reachable(settings):
            if how == "upgrade":
                migrate.upgrade(engine, revision)
            elif how == "downgrade":
                migrate.downgrade(engine, revision)
            return migrate.current(engine)
    finally:
        engine.dispose()


def open_scorer(
    settings: Settings,
    keys: Sequence[str] | None = None,
    *,
    rules_only: bool = False,
    using: Mapping[str, str] | None = None,
    engine: Engine | None = None,
) -> Scorer:
    """A scorer with the rules in force and the champions of the registry; a model without a champion scores by its rules.

    With ``engine`` the rules in force are the shipped ones and what its store has made of them; without, the shipped ones alone (no database is asked).
    ``using`` names, for a model key, a bundle's folder or a registered version instead of the champion. Files are verified before they are read.
    """
    os.environ["RISK_KERNELS"] = settings.kernels  # what reads texts asks there, and so do the processes that are started here
    from risk.scoring.learners import champions, learner_of, registered
    from risk.scoring.scorer import Scorer

    look_in(settings.registry_dir)
    learners = {} if rules_only else champions(settings.registry_dir, keys)
    for key, what in (using or {}).items():
        if what == "champion":
            continue
        if Path(what).is_dir():
            learners[key] = learner_of(Path(what), key=key)[1]
        else:
            learners[key] = registered(settings.registry_dir, key, what)
    if engine is None:
        return Scorer(learners)
    from risk.services import grade_settings, live_rules

    with reading(engine) as conn:
        live, cutoffs = live_rules.load(conn), grade_settings.in_force(conn)
    return Scorer(learners, live.packs, live.staging, cutoffs)


def register_outside(
    spec: Mapping[str, Any],
    code: Path | str,
    sample: Sequence[str],
    *,
    actor: str,
    data: Mapping[str, Path | str] | None = None,
    reason: str = "",
    settings: Settings | None = None,
    now: datetime | None = None,
) -> int:
    """For a notebook: register somebody else's pyfunc file as a risk of its own; gives the version. Its code is not run (``models/README.md``, Outside models)."""
    from risk.services import model_approval

    chosen = Settings.from_environment() if settings is None else settings
    engine = open_store(chosen)
    try:
        moment = datetime.now(UTC) if now is None else now
        return model_approval.register_outside(engine, chosen, spec, code, sample, actor=actor, now=moment, data=data, reason=reason)
    finally:
        engine.dispose()


@contextmanager
def _reachable(settings: Settings) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        shown = make_url(settings.database_url).render_as_string(hide_password=True)
        reason = str(error.orig).strip().splitlines()
        raise InvalidInputError("database_unreachable", url=shown, reason=reason[0] if reason else "") from error


def _bring_up(engine: Engine) -> None:
    now, newest = migrate.current(engine), migrate.head()
    if now == newest:
        return
    if now is not None and not migrate.knows(now):
        raise ConflictError("database_newer", current=now, head=newest)
    if engine.dialect.name != "sqlite":
        raise ConflictError("database_outdated", current=now or "-", head=newest)
    migrate.upgrade(engine)
