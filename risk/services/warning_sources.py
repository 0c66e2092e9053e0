"""Outside warning systems that are asked again and again: a folder, an address with JSON, a plug-in. Their warnings come in as exchange records do.

A poll is: fetch, take in (what does not fit waits in quarantine), remember the cursor. The cursor moves after what was fetched is stored, so a kill between the two
fetches it again, and what is there already changes nothing. Each source has its own health; one that fails costs itself alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError, RiskError
from risk.domain.exchange.records import limits, record
from risk.domain.exchange.sources import GROUP, Fetched, SourceMapping, fetched, read_mapping
from risk.domain.messages import register
from risk.domain.signals import digest
from risk.services import auditing, exchange_in, lease, warning_fetching
from risk.services.exchange_in import Taken, Way
from risk.services.exchange_wire import Found
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from risk.storage.upsert import insert_new

OWN_KINDS = ("folder", "http")
PAGES = 20
"""Fetches of one source in one poll, where it says that there is more."""

SECONDS = 120.0
"""How long a plug-in may take to answer."""

_log = logging.getLogger("risk.warning_sources")

register(
    {
        "source_not_found": ("没有名为“{name}”的外部预警来源", "there is no outside source called `{name}`"),
        "source_exists": ("来源“{name}”已存在", "there is a source called `{name}` already"),
        "source_kind_unknown": ("没有这种来源：{kind}（可用：{known}）", "there is no kind of source {kind} (one of: {known})"),
        "source_busy": ("来源“{name}”正在轮询", "the source `{name}` is being polled"),
        "source_failed": ("来源的插件出错：{why}", "the plug-in of the source failed: {why}"),
        "source_too_slow": ("来源在 {seconds} 秒内没有答复", "the source did not answer within {seconds} seconds"),
        "source_name": (
            "来源名称只能含字母、数字、汉字、连字符，至多 80 个字符：{name}",
            "a source is called by letters, digits and hyphens, at most 80: {name}",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as people look at it; ``state`` is new, ok or failing, ``failures`` how many polls failed in a row."""

    name: str
    kind: str
    options: Mapping[str, Any]
    enabled: bool
    state: str
    failures: int
    error: Mapping[str, Any] | None
    accepted: int
    duplicates: int
    quarantined: int
    polled_at: datetime | None
    succeeded_at: datetime | None


@dataclass(slots=True)
class Poll:
    """What one poll of one source came to."""

    name: str
    fetched: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    error: dict[str, Any] | None = field(default=None)


def installed() -> dict[str, EntryPoint]:
    """The plug-ins of this process by their entry points' names; imports nothing."""
    return {one.name: one for one in entry_points(group=GROUP) if one.name not in OWN_KINDS}


def add(conn: Connection, name: str, kind: str, options: Mapping[str, Any], *, settings: Settings, actor: str, now: datetime) -> None:
    """Add a source. ``source_name``, ``source_kind_unknown``, ``source_mapping``, ``source_exists``; of an address those of the guard."""
    if not 0 < len(name) <= 80 or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise InvalidInputError("source_name", name=name[:100])
    known = [*OWN_KINDS, *installed()]
    if kind not in known:
        raise InvalidInputError("source_kind_unknown", kind=kind, known=", ".join(known))
    read_mapping(options.get("mapping", {}))
    if kind == "http":
        warning_fetching.check_options(options, settings)
    row = {"name": name, "kind": kind, "options": dict(options), "enabled": True, "state": "new", "failures": 0}
    more = {"accepted": 0, "duplicates": 0, "quarantined": 0, "actor": actor, "created_at": now, "changed_at": now}
    if conn.scalar(select(t.warning_sources.c.id).where(t.warning_sources.c.name == name)) is not None:
        raise ConflictError("source_exists", name=name)
    insert_new(conn, t.warning_sources, [row | more], ["name"])
    auditing.record(conn, actor, "source.add", f"source:{name}", {"kind": kind}, now)


def switch(conn: Connection, name: str, *, on: bool, actor: str, now: datetime) -> None:
    """Poll a source, or leave it alone."""
    _get(conn, name)
    c = t.warning_sources.c
    conn.execute(update(t.warning_sources).where(c.name == name).values(enabled=on, actor=actor, changed_at=now))
    auditing.record(conn, actor, "source.enable" if on else "source.disable", f"source:{name}", {}, now)


def list_sources(conn: Connection) -> tuple[SourceRow, ...]:
    """Every source with its health, by name."""
    return tuple(_row(row) for row in conn.execute(select(t.warning_sources).order_by(t.warning_sources.c.name)))


def get_source(conn: Connection, name: str) -> SourceRow:
    """One source; ``source_not_found``."""
    return _row(_get(conn, name))


def poll_all(engine: Engine, settings: Settings, *, actor: str, clock: Callable[[], datetime]) -> list[Poll]:
    """Poll every source that is switched on; one that is being polled elsewhere is left to that process."""
    with reading(engine) as conn:
        names = [row.name for row in list_sources(conn) if row.enabled]
    done = []
    for name in names:
        try:
            done.append(poll(engine, settings, name, actor=actor, clock=clock))
        except ConflictError:
            continue
    return done


def poll(engine: Engine, settings: Settings, name: str, *, actor: str, clock: Callable[[], datetime]) -> Poll:
    """Fetch what a source has and take it in. What goes wrong with the source is its health, not an error; ``source_not_found``, ``source_busy``."""
    with reading(engine) as conn:
        row = _get(conn, name)
    told = Poll(name)
    with lease.held(engine, f"warning_source:{name}"[:80], lease.process_name(), clock) as mine:
        if mine is None:
            raise ConflictError("source_busy", name=name)
        try:
            _poll(engine, settings, row, told, actor, clock)
        except RiskError as error:
            told.error = {"code": error.code, "zh": error.text("zh"), "en": error.text("en")}
        except Exception as error:  # a plug-in may raise anything
            _log.exception("the source %s failed", name)
            failed = InvalidInputError("source_failed", why=type(error).__name__)
            told.error = {"code": failed.code, "zh": failed.text("zh"), "en": failed.text("en")}
        _note(engine, row, told, clock())
    return told


def _poll(engine: Engine, settings: Settings, row: Row[Any], told: Poll, actor: str, clock: Callable[[], datetime]) -> None:
    if row.kind == "folder":
        way = _way(row.name, read_mapping(row.options.get("mapping", {})), actor)
        for taken in warning_fetching.folder(engine, settings, row.name, way, clock):
            told.fetched += taken.records
            _add(told, taken)
        return
    fetch, mapping = _fetcher(row, settings)
    way = _way(row.name, mapping, actor)
    cursor = row.cursor
    for _ in range(PAGES):
        found = _in_time(fetch, row.succeeded_at, cursor)
        told.fetched += len(found.rows)
        if found.rows:
            _add(told, _take(engine, found.rows, mapping, way, clock()))
        if found.cursor is not None and found.cursor != cursor:
            cursor = found.cursor
            with transaction(engine) as conn:
                conn.execute(update(t.warning_sources).where(t.warning_sources.c.id == row.id).values(cursor=cursor))
        elif found.more:
            break  # it says there is more and does not move
        if not found.more:
            break


def _fetcher(row: Row[Any], settings: Settings) -> tuple[Callable[[datetime | None, str | None], Any], SourceMapping]:
    if row.kind == "http":
        return warning_fetching.http_source(row.options, settings), read_mapping(row.options.get("mapping", {}))
    found = installed().get(row.kind)
    if found is None:
        raise NotFoundError("source_kind_unknown", kind=row.kind, known=", ".join([*OWN_KINDS, *installed()]))
    source = found.load()
    source = source() if isinstance(source, type) else source
    given = row.options.get("mapping") or getattr(source, "mapping", {})
    return source.fetch, read_mapping(given)


def _in_time(fetch: Callable[[datetime | None, str | None], Any], since: datetime | None, cursor: str | None) -> Fetched:
    """Call it beside us, so that one that hangs costs its own thread and nothing else."""
    box: list[Any] = []

    def call() -> None:
        try:
            box.append(fetch(since, cursor))
        except BaseException as error:  # handed over to who waits
            box.append(error)

    thread = threading.Thread(target=call, daemon=True, name="warning source")
    thread.start()
    thread.join(SECONDS)
    if not box:
        raise InvalidInputError("source_too_slow", seconds=int(SECONDS))
    if isinstance(box[0], BaseException):
        raise box[0]
    return fetched(box[0])


def _take(engine: Engine, rows: Sequence[Mapping[str, Any]], mapping: SourceMapping, way: Way, now: datetime) -> Taken:
    kind = record(mapping.record)
    most = limits()["batch_records"]
    if len(rows) > most:
        raise InvalidInputError("source_answer", why=f"> {most}")
    given = [Found(number, kind, kind.wire, mapping.row(row)) for number, row in enumerate(rows, 1)]
    mark = str(digest([one.values for one in given]))
    return exchange_in.take_rows(engine, given, way, file=f"{way.source}", form="json", mark=mark, now=now)


def _way(name: str, mapping: SourceMapping, actor: str) -> Way:
    return Way(name, actor, domains=mapping.domains)


def _add(told: Poll, taken: Taken) -> None:
    if not taken.repeated:
        told.accepted += taken.accepted
        told.duplicates += taken.duplicates
        told.quarantined += taken.quarantined


def _note(engine: Engine, row: Row[Any], told: Poll, now: datetime) -> None:
    c = t.warning_sources.c
    values: dict[str, Any] = {
        "polled_at": now,
        "error": told.error,
        "state": "failing" if told.error else "ok",
        "failures": c.failures + 1 if told.error else 0,
        "accepted": c.accepted + told.accepted,
        "duplicates": c.duplicates + told.duplicates,
        "quarantined": c.quarantined + told.quarantined,
    }
    if not told.error:
        values["succeeded_at"] = now
    with transaction(engine) as conn:
        conn.execute(update(t.warning_sources).where(c.id == row.id).values(**values))


def _get(conn: Connection, name: str) -> Row[Any]:
    row = conn.execute(select(t.warning_sources).where(t.warning_sources.c.name == name)).one_or_none()
    if row is None:
        raise NotFoundError("source_not_found", name=name)
    return row


def _row(row: Row[Any]) -> SourceRow:
    return SourceRow(**{name: getattr(row, name) for name in SourceRow.__dataclass_fields__})


def inbox(settings: Settings, name: str) -> Path:
    """The folder that files of a folder source are dropped into."""
    return warning_fetching.inbox(settings, name)
