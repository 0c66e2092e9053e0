"""What runs use now: the rules that came with the program, overlaid with the versions of the store that are active, less what is paused or retired.

A process that starts after a change uses it; one that goes on asks `number` and opens a new scorer when it has moved. A run keeps what it began with: its packs are kept
as snapshots under their version, so that an old run can be judged again by its very rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.domain.rule_states import RuleState
from risk.services import rule_store
from risk.services.rule_links import dependants, reached
from risk.services.rule_store import SHIPPED, Key, Version
from risk.services.rule_text import PARTS, Item, all_items, kind_of, name_of, read
from risk.storage import tables as t
from risk.storage.upsert import insert_new
from rules.pack import SHARED, Pack, pack_from_texts, shared_texts
from rules.printer import show_all

if TYPE_CHECKING:
    from risk.scoring.rollout import Shadow, Share, Staging

register(
    {
        "rules_version_unknown": ("没有保存版本为 {version} 的规则", "the rules of the version {version} were not kept"),
        "rules_version_unknown.hint": ("只有存入运行的规则才有快照", "rules are kept when a run begins with them"),
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """A definition put in the place of the one of its name, or (without ``item``) taken away."""

    key: Key
    item: Item | None = None
    source: str = ""


@dataclass(frozen=True, eq=False)
class LiveRules:
    """The packs in force, what is kept back from them, and by which number they go."""

    number: int
    packs: tuple[Pack, ...]
    staging: Staging

    def pack(self, model: str) -> Pack | None:
        """The pack of a model."""
        return next((pack for pack in self.packs if pack.name == model), None)


def number(conn: Connection) -> int:
    """The number of the rules in force; it grows with every change of them."""
    e = t.rule_events.c
    return int(conn.scalar(select(func.max(e.id)).where(e.live.is_(True))) or 0)


def shipped() -> tuple[Pack, ...]:
    """The packs that came with the program."""
    from risk.scoring.packs import usable_packs  # these and the like are imported when they are needed: a server starts without them

    return usable_packs()


def load(conn: Connection) -> LiveRules:
    """The rules in force now."""
    from risk.scoring.rollout import Staging

    changes, unreadable = _stored(conn)
    packs = overlay(shipped(), changes)
    shadows = rule_store.in_states(conn, frozenset({RuleState.SHADOW}))
    staging = Staging(tuple(_shadows(packs, shadows)), _shares(conn), unreadable)
    return LiveRules(number(conn), packs, staging)


def active_version(conn: Connection, key: Key) -> Version | None:
    """The stored version that has, or had last, a definition's place; None where it is as it came with the program and nobody has touched it."""
    i, w = t.rule_items.c, t.live_rules.c
    query = select(w.version_id).join_from(t.live_rules, t.rule_items, w.item_id == i.id)
    found = conn.scalar(query.where(i.kind == key.kind, i.model == key.model, i.name == key.name))
    return None if found is None else rule_store.get(conn, int(found))


def overlay(packs: Sequence[Pack], changes: Iterable[Change]) -> tuple[Pack, ...]:
    """The packs with changes applied: same name replaces in its place, what is new comes last, what has no item goes.

    >>> from rules.pack import pack_from_text
    >>> pack = pack_from_text('list a include "x"\\nrule c "t" when text has any of @a', "m")
    >>> new = pack_from_text('list a include "y"').lists[0]
    >>> [p.list_by_name["a"].terms for p in overlay([pack], [Change(Key("list", "m", "a"), new)])]
    [('y',)]
    >>> overlay([pack], [Change(Key("rule", "m", "c"))])[0].rules
    ()
    """
    found = list(packs)
    for change in changes:
        if change.item is not None and change.key.model not in (SHARED, *(pack.name for pack in found)):
            found.append(pack_from_texts(shared_texts(), change.key.model))
        found = [_changed(pack, change) for pack in found]
    return tuple(sorted(found, key=lambda pack: pack.name))


def change_of(version: Version) -> Change:
    """The change that makes a version live."""
    return Change(Key(version.kind, version.model, version.name), version.define().item, version.source)


def alone(packs: Sequence[Pack], version: Version) -> tuple[Pack, ...]:
    """The rules that a version is, or that build on it, with what they build on: for looking at it by itself."""
    found = []
    after = overlay(packs, [change_of(version)])
    names = {(where.name, rule.id) for where, rule in dependants(after, f"{version.kind}:{version.name}")}
    for pack in after:
        mine = [rule.id for rule in pack.rules if (pack.name, rule.id) in names or (version.kind, version.name) == ("rule", rule.id)]
        found += [trimmed(pack, mine)] if mine else []
    return tuple(found)


def _changed(pack: Pack, change: Change) -> Pack:
    part = PARTS[change.key.kind]
    items: tuple[Item, ...] = getattr(pack, part)
    mine = change.key.model in (pack.name, SHARED)
    there = any(name_of(item) == change.key.name for item in items)
    if not mine and not (there and change.key.kind == "list"):  # a list's name means one thing in all packs
        return pack
    if change.item is None:
        return replace(pack, **{part: tuple(item for item in items if name_of(item) != change.key.name)})  # type: ignore[arg-type]
    sources = {**pack.sources, change.item.span.file: change.source}
    placed: dict[str, Item] = {name_of(item): item for item in reversed(items)}
    placed = {name_of(item): placed[name_of(item)] for item in items} | {change.key.name: change.item}
    return replace(pack, **{part: tuple(placed.values()), "sources": sources})  # type: ignore[arg-type]


def _stored(conn: Connection) -> tuple[list[Change], tuple[str, ...]]:
    """What the store changes; versions that cannot be read any more leave what they replaced in its place, and are told."""
    i, w, v = t.rule_items.c, t.live_rules.c, t.rule_versions.c
    rows = conn.execute(
        select(i.kind, i.model, i.name, w.hidden, v.version, v.source)
        .join_from(t.live_rules, t.rule_items, w.item_id == i.id)
        .join(t.rule_versions, w.version_id == v.id)
        .order_by(i.id)
    )
    changes, unreadable = [], []
    for row in rows:
        key = Key(row.kind, row.model, row.name)
        if row.hidden:
            changes.append(Change(key))
        elif row.version != SHIPPED:
            items = all_items(read(row.source, rule_store.file_of(row.model, row.name, row.version)))
            if len(items) == 1 and kind_of(items[0]) == row.kind:
                changes.append(Change(key, items[0], row.source))
            else:
                unreadable.append(f"{row.kind}:{row.model}/{row.name}@{row.version}")
    return changes, tuple(unreadable)


def _shares(conn: Connection) -> dict[str, dict[str, Share]]:
    from risk.scoring.rollout import Share

    shares: dict[str, dict[str, Share]] = {}
    for version in rule_store.in_states(conn, frozenset({RuleState.ACTIVE})):
        if version.kind == "rule" and version.roll_out < 100.0:
            shares.setdefault(version.model, {})[version.name] = Share(version.roll_out, version.id)
    return shares


def _shadows(packs: Sequence[Pack], versions: Sequence[Version]) -> Iterable[Shadow]:
    """Rules in shadow, together for each model; a list, condition or feature in shadow by itself, with the live rules that build on it."""
    from risk.scoring.rollout import Shadow

    rules = [version for version in versions if version.kind == "rule"]
    for model in sorted({version.model for version in rules}):
        mine = [version for version in rules if version.model == model]
        for pack in overlay(packs, map(change_of, mine)):
            if pack.name == model:
                yield Shadow(trimmed(pack, [v.name for v in mine]), {v.name: v.id for v in mine})
    for version in versions:
        if version.kind != "rule":
            changed = overlay(packs, [change_of(version)])
            found = dependants(changed, f"{version.kind}:{version.name}")
            for pack in changed:
                names = [rule.id for where, rule in found if where is pack]
                if names:
                    yield Shadow(trimmed(pack, names), dict.fromkeys(names, version.id), compared=True)


def trimmed(pack: Pack, rule_ids: Iterable[str]) -> Pack:
    """A pack with some of its rules and nothing that they do not build on: only that is matched."""
    some = pack.only(rule_ids)
    used = {id(item) for item in reached(some, [rule.when for rule in (*some.rules, *some.helpers)])}
    kept = {part: tuple(item for item in getattr(some, part) if id(item) in used) for part in ("lists", "conditions", "features")}
    return replace(some, **kept)  # type: ignore[arg-type]


# --- snapshots -----------------------------------------------------------------------------------------------------------


def keep(conn: Connection, pack: Pack, now: datetime) -> str:
    """Keep a pack under its version, once; returns the version."""
    s = t.pack_snapshots.c
    if conn.scalar(select(s.id).where(s.version == pack.version)) is None:
        row = {"version": pack.version, "model": pack.name, "texts": snapshot(pack), "created_at": now}
        insert_new(conn, t.pack_snapshots, [row], ["version"])
    return pack.version


def kept(conn: Connection, version: str) -> Pack:
    """The rules of a version as they were, such as the ``rules_version`` of an assessment; ``NotFoundError`` (``rules_version_unknown``)."""
    row = conn.execute(select(t.pack_snapshots).where(t.pack_snapshots.c.version == version)).first()
    if row is None:
        raise NotFoundError("rules_version_unknown", version=version[:64])
    return restored(row.model, row.texts)


def snapshot(pack: Pack) -> dict[str, Any]:
    """A pack as texts: canonical, its own definitions and the shared ones in use.

    >>> from rules.pack import pack_from_text
    >>> pack = pack_from_text('list a include "x"\\nrule c "t" when text has any of @a', "m")
    >>> restored("m", snapshot(pack)).version == pack.version
    True
    """
    used = {id(item) for item in reached(pack, pack.expressions())}
    shared = [item for item in all_items(pack) if pack.is_shared(item) and id(item) in used]
    own = [item for item in all_items(pack) if not pack.is_shared(item)]
    files = {f"{SHARED}/kept.rules": show_all(shared), f"{pack.name}/kept.rules": show_all(own)}
    return {"files": {name: text for name, text in files.items() if text.strip()}, "calls": [list(call) for call in pack.calls]}


def restored(model: str, texts: Mapping[str, Any]) -> Pack:
    """The pack of a snapshot."""
    return replace(pack_from_texts(texts["files"], model), calls=tuple((name, version) for name, version in texts["calls"]))
