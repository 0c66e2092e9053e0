"""Versions of rules, lists, conditions and features in the store, and their events: every step of a version goes through `step`, and nothing else writes a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.rule_states import RuleEvent, RuleState, advance, changes_live
from risk.services import auditing, outbox
from risk.services.rule_text import Definition, define
from risk.storage import tables as t
from risk.storage.engine import serialise

_LOCK = 7  # of serialise: one writer of rules at a time, so that events are numbered in the order in which they are seen

SHIPPED = 0
"""The number of the version that came with the program."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_QUIET = frozenset({RuleEvent.RELIST, RuleEvent.STUMBLE})
"""Events that happen to a version without changing it."""

register(
    {
        "rule_not_found": ("没有名为“{name}”的规则、词表、条件或特征", "there is no rule, list, condition or feature called `{name}`"),
        "rule_not_found.hint": ("用 risk rules list 查看", "see: risk rules list"),
        "rule_version_not_found": ("“{name}”没有版本 {version}", "`{name}` has no version {version}"),
        "rule_version_not_found.hint": ("用 risk rules history 查看各版本", "see its versions with: risk rules history"),
        "rule_ambiguous": ("有多个定义名为“{name}”：{places}", "several definitions are called `{name}`: {places}"),
        "rule_ambiguous.hint": ("用 --kind、--model 指明是哪一个", "say which one with --kind and --model"),
        "rule_changed": (
            "“{name}”版本 {version} 已被他人更改（修订 {now}，提交的是 {given}）",
            "`{name}` version {version} was changed by someone else (revision {now}, not {given})",
        ),
        "rule_changed.hint": ("重新查看后再提交", "look at it again, then submit"),
        "rule_unreadable": ("“{name}”版本 {version} 无法读取，不能使用", "version {version} of `{name}` cannot be read and cannot be used"),
        "actor_required": ("必须写明操作人", "the actor must be named"),
    }
)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a definition as stored."""

    id: int
    item_id: int
    kind: str
    name: str
    model: str
    version: int
    source: str
    text: str
    language: str
    hash: str
    state: RuleState
    author: str
    note: str | None
    roll_out: float
    diagnostics: list[dict[str, Any]]
    test: dict[str, Any] | None
    pins: dict[str, Any]
    evidence: dict[str, Any] | None
    revision: int
    created_at: datetime
    changed_at: datetime

    @property
    def file(self) -> str:
        """What its file is called when it is read: shared definitions stand in the shared folder."""
        return file_of(self.model, self.name, self.version)

    def define(self) -> Definition:
        """What it says."""
        return define(self.source, model=self.model, file=self.file)


@dataclass(frozen=True, slots=True)
class Key:
    """Which definition is meant."""

    kind: str
    model: str
    name: str


def file_of(model: str, name: str, version: int) -> str:
    """The file name under which a stored version is read.

    >>> file_of("shared", "疾病", 3)
    'shared/疾病@3.rules'
    """
    return f"{model}/{name}@{version}.rules"


def lock(conn: Connection) -> None:
    """Every act on rules begins with this."""
    serialise(conn, _LOCK)


def get(conn: Connection, version_id: int, *, seen: int | None = None) -> Version:
    """One version; ``NotFoundError`` (``rule_version_not_found``). ``seen`` is the revision the actor looked at: ``ConflictError`` (``rule_changed``) for another."""
    row = conn.execute(_versions().where(t.rule_versions.c.id == version_id)).first()
    if row is None:
        raise NotFoundError("rule_version_not_found", name="#", version=version_id)
    found = _version(row)
    if seen is not None and seen != found.revision:
        raise ConflictError("rule_changed", name=found.name, version=found.version, now=found.revision, given=seen)
    return found


def unstored(one: Definition, author: str) -> Version:
    """A definition that came with the program and has no row."""
    said = (one.kind, one.name, one.model, SHIPPED, one.source, one.text, one.language, one.hash)
    return Version(0, 0, *said, RuleState.ACTIVE, author, None, 100.0, [], None, {}, None, 0, _NEVER, _NEVER)


def missing(key: Key, number: int = SHIPPED) -> NotFoundError:
    """The refusal for a version that does not exist."""
    return NotFoundError("rule_version_not_found", name=key.name, version=number)


def unreadable(version: Version) -> ConflictError:
    """The refusal for a version whose text cannot be read."""
    return ConflictError("rule_unreadable", name=version.name, version=version.version)


def keys(conn: Connection, name: str, *, kind: str | None = None, model: str | None = None) -> list[Key]:
    """The stored definitions of a name."""
    c = t.rule_items.c
    query = select(c.kind, c.model, c.name).where(c.name == name).order_by(c.kind, c.model)
    return [Key(r.kind, r.model, r.name) for r in conn.execute(query) if kind in (None, r.kind) and model in (None, r.model)]


def only_key(name: str, found: list[Key]) -> Key:
    """The one definition meant; ``NotFoundError`` (``rule_not_found``), ``ConflictError`` (``rule_ambiguous``)."""
    if not found:
        raise NotFoundError("rule_not_found", name=name)
    if len(found) > 1:
        raise ConflictError("rule_ambiguous", name=name, places=", ".join(f"{key.kind} {key.model}" for key in found))
    return found[0]


def version_of(conn: Connection, key: Key, number: int | None = None) -> Version | None:
    """A version of a definition by its number, the newest where none is given; None where there is none."""
    v, i = t.rule_versions.c, t.rule_items.c
    query = _versions().where(i.kind == key.kind, i.model == key.model, i.name == key.name)
    query = query.order_by(v.version.desc()).limit(1) if number is None else query.where(v.version == number)
    row = conn.execute(query).first()
    return None if row is None else _version(row)


def versions_of(conn: Connection, key: Key) -> list[Version]:
    """Every version of a definition, the newest first."""
    v, i = t.rule_versions.c, t.rule_items.c
    query = _versions().where(i.kind == key.kind, i.model == key.model, i.name == key.name).order_by(v.version.desc())
    return [_version(row) for row in conn.execute(query)]


def in_states(conn: Connection, states: frozenset[RuleState]) -> list[Version]:
    """Every version in one of these states, in the order of their making."""
    query = _versions().where(t.rule_versions.c.state.in_(sorted(states))).order_by(t.rule_versions.c.id)
    return [_version(row) for row in conn.execute(query)]


def add(
    conn: Connection,
    one: Definition,
    *,
    actor: str,
    now: datetime,
    note: str | None,
    detail: Mapping[str, Any] | None = None,
    shipped: bool = False,
) -> Version:
    """A new version of a definition, with the next number (0 for what came with the program)."""
    actor = actor_of(actor)
    item_id = _item(conn, Key(one.kind, one.model, one.name), now)
    v = t.rule_versions.c
    last = conn.scalar(select(func.max(v.version)).where(v.item_id == item_id)) or 0
    event = RuleEvent.SHIP if shipped else RuleEvent.CREATE
    values: dict[str, Any] = {
        "item_id": item_id,
        "version": SHIPPED if shipped else last + 1,
        "source": one.source,
        "text": one.text,
        "language": one.language,
        "hash": one.hash,
        "state": advance(None, event),
        "author": actor,
        "note": note,
        "roll_out": 100.0,
        "diagnostics": [],
        "pins": {},
        "revision": 1,
        "created_at": now,
        "changed_at": now,
    }
    version_id = int(conn.execute(insert(t.rule_versions).values(values).returning(v.id)).scalar_one())
    made = get(conn, version_id)
    _record(conn, made, event, None, actor, now, note, detail or {})
    return made


def step(
    conn: Connection,
    version: Version,
    event: RuleEvent,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    detail: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Version:
    """Take one step of the table of ``risk.domain.rule_states``, with its event and its audit row; ``values`` are further columns to set.

    Errors: ``rule_transition``, ``rule_reason``, ``rule_changed`` where someone else was faster.
    """
    actor = actor_of(actor)
    after = advance(version.state, event, reason=reason)
    if event not in _QUIET:
        v = t.rule_versions.c
        change = update(t.rule_versions).where(v.id == version.id, v.revision == version.revision)
        done = conn.execute(change.values(**(values or {}), state=after, revision=version.revision + 1, changed_at=now))
        if done.rowcount != 1:
            get(conn, version.id, seen=version.revision)
    _record(conn, replace(version, state=after), event, version.state, actor, now, reason, detail or {})
    return get(conn, version.id)


def events_of(conn: Connection, version_id: int) -> list[Row[Any]]:
    """What happened to a version, in order."""
    e = t.rule_events.c
    return list(conn.execute(select(t.rule_events).where(e.version_id == version_id).order_by(e.id)))


def involved(conn: Connection, version: Version) -> set[str]:
    """Who wrote, edited or submitted a version."""
    mine = (RuleEvent.CREATE, RuleEvent.EDIT, RuleEvent.SUBMIT)
    return {version.author, *(row.actor for row in events_of(conn, version.id) if row.event in mine)}


def actor_of(name: str) -> str:
    """Who acts; ``InvalidInputError`` (``actor_required``) for nobody."""
    found = name.strip()[:120]
    if not found:
        raise InvalidInputError("actor_required")
    return found


def _record(
    conn: Connection,
    version: Version,
    event: RuleEvent,
    before: RuleState | None,
    actor: str,
    now: datetime,
    reason: str | None,
    detail: Mapping[str, Any],
) -> None:
    values = {
        "version_id": version.id,
        "event": event.value,
        "from_state": before.value if before else None,
        "to_state": version.state.value,
        "actor": actor,
        "reason": reason,
        "detail": dict(detail),
        "live": changes_live(before, event),
        "at": now,
    }
    conn.execute(insert(t.rule_events).values(values))
    told = {"state": version.state.value, "hash": version.hash, "reason": reason}
    object_ = f"{version.kind}:{version.model}/{version.name}@{version.version}"[:200]
    auditing.record(conn, actor, f"rule.{event.value}", object_, told, now)
    if values["live"]:
        data = {"model": version.model, "rule": version.name, "version": version.version, "step": event.value, "state": version.state.value}
        outbox.emit(conn, "rule.changed", object_, data, now, once=f"{event.value} {now.isoformat()}")


def _item(conn: Connection, key: Key, now: datetime) -> int:
    c = t.rule_items.c
    found = conn.scalar(select(c.id).where(c.kind == key.kind, c.model == key.model, c.name == key.name))
    if found is not None:
        return int(found)
    values = {"kind": key.kind, "model": key.model, "name": key.name, "created_at": now}
    return int(conn.execute(insert(t.rule_items).values(values).returning(c.id)).scalar_one())


def _versions() -> Select[Any]:
    i = t.rule_items.c
    return select(t.rule_versions, i.kind, i.name, i.model).join_from(t.rule_versions, t.rule_items, t.rule_versions.c.item_id == i.id)


def _version(row: Row[Any]) -> Version:
    values = {name: getattr(row, name) for name in Version.__dataclass_fields__}
    return Version(**{**values, "state": RuleState(row.state)})
