"""Rules, lists, conditions and features as people look for them: all of them, shipped ones too, one with its versions, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.rule_states import RuleEvent, RuleState
from risk.services import live_rules, rule_drafts, rule_refs, rule_shadow, rule_store
from risk.services.live_rules import LiveRules
from risk.services.paging import MAX_PAGE, Page, pack, unpack
from risk.services.rule_changes import texts
from risk.services.rule_drafts import home
from risk.services.rule_links import dependants
from risk.services.rule_refs import Ref
from risk.services.rule_store import SHIPPED, Key, Version
from risk.services.rule_text import Item, all_items, hash_of, kind_of, name_of, only_piece
from risk.storage import tables as t
from rules.items import Rule
from rules.pack import Pack


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One line of a list: what is in force and the newest version. ``in_force`` is 0 for what came with the program, None for what is not used.
    ``owner`` is whom the rule itself names."""

    kind: str
    model: str
    name: str
    title_zh: str
    title_en: str
    severity: str | None
    in_force: int | None
    roll_out: float
    newest: int
    state: str
    author: str | None
    revision: int
    changed_at: datetime | None
    owner: str | None


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """What to keep; ``text`` is looked for in names and titles."""

    kind: str | None = None
    model: str | None = None
    state: str | None = None
    author: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class RuleEventRow:
    """One thing that happened."""

    version: int
    event: str
    event_zh: str
    event_en: str
    from_state: str | None
    to_state: str
    actor: str
    reason: str | None
    detail: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in a line."""

    version: int
    state: str
    state_zh: str
    state_en: str
    author: str
    note: str | None
    hash: str
    roll_out: float
    revision: int
    created_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version whole. ``pinned`` are the hashes it was approved with; ``moved`` are those of them that are in force otherwise now."""

    kind: str
    model: str
    name: str
    row: VersionRow
    language: str
    source: str
    zh: str
    en: str
    diagnostics: list[dict[str, Any]]
    test: dict[str, Any] | None
    evidence: dict[str, Any] | None
    pinned: dict[str, str]
    moved: tuple[str, ...]
    shadow: dict[str, int]


@dataclass(frozen=True, slots=True)
class RuleView:
    """One definition: the line of the list, every version, the newest first, and the rules in force that build on it."""

    row: RuleRow
    versions: tuple[VersionRow, ...]
    used_by: tuple[str, ...]


def list_rules(conn: Connection, wanted: RuleFilter, *, limit: int = 50, cursor: str | None = None) -> Page[RuleRow]:
    """All definitions that fit, by kind, model and name."""
    limit = max(1, min(limit, MAX_PAGE))
    after = str(unpack(cursor)) if cursor else ""
    rows = [row for row in _rows(conn) if _place(row) > after and _fits(row, wanted)]
    return Page(tuple(rows[:limit]), pack(_place(rows[limit - 1])) if len(rows) > limit else None)


def get_rule(conn: Connection, ref: Ref) -> RuleView:
    """One definition with its versions; ``rule_not_found``, ``rule_ambiguous``."""
    key = rule_refs.find(conn, ref)
    row = next(row for row in _rows(conn) if (row.kind, row.model, row.name) == (key.kind, key.model, key.name))
    users = dependants(live_rules.load(conn).packs, f"{key.kind}:{key.name}")
    versions = tuple(_version_row(version) for version in rule_store.versions_of(conn, key)) or (
        _shipped_row(rule_drafts.shipped_item(key)[1]),
    )
    return RuleView(row, versions, tuple(sorted({rule.id for _, rule in users})))


def get_version(conn: Connection, ref: Ref, *, scope: Scope = EVERYWHERE) -> VersionView:
    """One version with its texts, findings, evidence; the newest where no number is given. Shadow hits are counted inside the scope."""
    key = rule_refs.find(conn, ref)
    version = rule_refs.newest(conn, key, ref.version)
    if version is None:
        where, item = rule_drafts.shipped_item(key)
        zh, en = texts(item)
        source = rule_drafts.written(where, item)
        row, language = _shipped_row(item), only_piece(source).language
        return VersionView(key.kind, key.model, key.name, row, language, source, zh, en, [], None, None, {}, (), {})
    read = version.define().item
    zh, en = texts(read) if read is not None else (version.source, version.source)
    now = _hashes(live_rules.load(conn)) if version.pins else {}
    moved = tuple(name for name, hashed in version.pins.items() if now.get(name, hashed) != hashed)
    return VersionView(
        key.kind,
        key.model,
        key.name,
        _version_row(version),
        version.language,
        version.source,
        zh,
        en,
        version.diagnostics,
        version.test,
        version.evidence,
        version.pins,
        moved,
        rule_shadow.counts(conn, version.id, scope=scope),
    )


def history(conn: Connection, ref: Ref) -> tuple[RuleEventRow, ...]:
    """Everything that happened to a definition, the oldest first."""
    key = rule_refs.find(conn, ref)
    e, v, i = t.rule_events.c, t.rule_versions.c, t.rule_items.c
    query = (
        select(t.rule_events, v.version)
        .join_from(t.rule_events, t.rule_versions, e.version_id == v.id)
        .join(t.rule_items, v.item_id == i.id)
        .where(i.kind == key.kind, i.model == key.model, i.name == key.name)
        .order_by(e.id)
    )
    return tuple(_event_row(row) for row in conn.execute(query))


# --- inside --------------------------------------------------------------------------------------------------------------


def _rows(conn: Connection) -> list[RuleRow]:
    live = live_rules.load(conn)
    items = {_key(where, item): item for where in (*live_rules.shipped(), *live.packs) for item in all_items(where)}
    i, v, w = t.rule_items.c, t.rule_versions.c, t.live_rules.c
    columns = (i.kind, i.model, i.name, v.id, v.version, v.state, v.author, v.revision, v.roll_out, v.changed_at)
    query = select(*columns, w.version_id, w.hidden).join_from(t.rule_versions, t.rule_items, v.item_id == i.id)
    stored: dict[Key, list[Any]] = {}
    for row in conn.execute(query.join(t.live_rules, w.item_id == i.id, isouter=True).order_by(v.version)):
        stored.setdefault(Key(row.kind, row.model, row.name), []).append(row)
    found = [_row(conn, key, items.get(key), stored.get(key, [])) for key in {*items, *stored}]
    return sorted(found, key=_place)


def _row(conn: Connection, key: Key, item: Item | None, stored: Sequence[Any]) -> RuleRow:
    last = stored[-1] if stored else None
    if item is None and last is not None:
        item = rule_store.get(conn, last.id).define().item
    titles = (item.title_zh, item.title_en or item.title_zh) if isinstance(item, Rule) else (getattr(item, "note", ""),) * 2
    used = next((row for row in stored if row.id == row.version_id and not row.hidden), None)
    hidden = any(row.hidden for row in stored)
    shipped = not hidden and (not stored or stored[0].version == SHIPPED)
    return RuleRow(
        key.kind,
        key.model,
        key.name,
        *titles,
        item.severity.en if isinstance(item, Rule) else None,
        used.version if used is not None else SHIPPED if shipped else None,
        used.roll_out if used is not None else 100.0,
        last.version if last is not None else SHIPPED,
        last.state if last is not None else RuleState.ACTIVE.value,
        last.author if last is not None else None,
        last.revision if last is not None else 0,
        last.changed_at if last is not None else None,
        (item.owner or None) if isinstance(item, Rule) else None,
    )


def _key(where: Pack, item: Item) -> Key:
    return Key(kind_of(item), home(where, item), name_of(item))


def _place(row: RuleRow) -> str:
    return f"{row.kind}\t{row.model}\t{row.name}"


def _fits(row: RuleRow, wanted: RuleFilter) -> bool:
    looked = f"{row.name} {row.title_zh} {row.title_en}".casefold()
    return (
        wanted.kind in (None, row.kind)
        and wanted.model in (None, row.model)
        and wanted.state in (None, row.state)
        and wanted.author in (None, row.author)
        and (wanted.text or "").casefold() in looked
    )


def _version_row(version: Version) -> VersionRow:
    state = version.state
    dates = (version.created_at, version.changed_at)
    told = (version.note, version.hash, version.roll_out, version.revision)
    return VersionRow(version.version, state.value, state.word("zh"), state.word("en"), version.author, *told, *dates)


def _shipped_row(item: Item) -> VersionRow:
    state = RuleState.ACTIVE
    return VersionRow(SHIPPED, state.value, state.word("zh"), state.word("en"), "program", None, hash_of(item), 100.0, 0, None, None)


def _event_row(row: Any) -> RuleEventRow:
    event = RuleEvent(row.event)
    words = (event.value, event.word("zh"), event.word("en"))
    return RuleEventRow(row.version, *words, row.from_state, row.to_state, row.actor, row.reason, row.detail, row.at)


def _hashes(live: LiveRules) -> dict[str, str]:
    return {f"{kind_of(item)}:{name_of(item)}": hash_of(item) for where in live.packs for item in all_items(where)}
