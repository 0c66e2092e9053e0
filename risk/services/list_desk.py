"""Lists as people keep them: what is in one and who put it there, and the short way to change it: one person proposes words, another approves.

A change of words is a new version of the list and takes every step of the cycle, only in two acts: *propose* writes, tests and submits it, *accept* approves and activates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import Told, register
from risk.services import live_rules, rule_desk, rule_drafts, rule_entries, rule_refs, rule_store
from risk.services.rule_entries import Entry, words_of
from risk.services.rule_refs import Ref
from risk.services.rule_store import Key, Version
from risk.services.rule_tests import said
from risk.services.rule_text import hash_of, name_of, untold
from rules.diagnostics import errors
from rules.items import WordList
from rules.layout import relist

LONGEST = 200
"""The longest word a person adds here."""

register(
    {
        "list_entry_there": ("词表“{name}”中已有“{term}”", "the list `{name}` already has `{term}`"),
        "list_entry_missing": ("词表“{name}”中没有“{term}”", "the list `{name}` has no `{term}`"),
        "list_entry_wrong": (
            "词应为 1 到 {most} 个字符，不含换行：{term}",
            "a word has 1 to {most} characters and no line breaks: {term}",
        ),
        "list_no_change": ("没有给出要增加或删去的词", "no word to add or remove was given"),
        "list_no_change.hint": ("用 --add、--exclude 或 --remove", "use --add, --exclude or --remove"),
        "list_unreadable": ("词表“{name}”无法读取", "the list `{name}` cannot be read"),
        "list_change_fails": ("改动后未通过测试，没有保存：{first}", "the change fails its test and was not stored: {first}"),
    }
)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A word to add: a term, or (``exclude``) a context in which terms do not count."""

    term: str
    exclude: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ListView:
    """A version of a list with its words."""

    name: str
    model: str
    version: int
    state: str
    note: str
    hash: str
    entries: tuple[Entry, ...]


def show(conn: Connection, ref: Ref) -> ListView:
    """A list as it is in force, or a version of it by number."""
    key = rule_refs.find(conn, Ref(ref.name, ref.version, "list", ref.model))
    version = rule_refs.newest(conn, key, ref.version) if ref.version is not None else live_rules.active_version(conn, key)
    if version is not None and version.define().item is not None:
        item = version.define().item
        assert isinstance(item, WordList)
        found = rule_entries.entries(conn, version)
        return ListView(key.name, key.model, version.version, version.state, item.note, version.hash, found)
    shipped = _in_force(conn, key)
    if shipped is None:
        raise NotFoundError("rule_version_not_found", name=key.name, version=ref.version or 0)
    words = tuple(Entry(term, exclude, None, None, None, None) for exclude, term in words_of(shipped))
    return ListView(key.name, key.model, 0, "active", shipped.note, hash_of(shipped), words)


def propose(
    conn: Connection,
    ref: Ref,
    *,
    add: Sequence[NewEntry] = (),
    remove: Sequence[NewEntry] = (),
    actor: str,
    now: datetime,
    reason: str | None = None,
) -> Version:
    """A new version of the list in force with words added and removed, tested against every rule that uses it, and submitted.

    Errors: ``list_no_change``, ``list_entry_there``, ``list_entry_missing``, ``list_entry_wrong``, ``list_change_fails``, ``rule_unfinished``.
    """
    rule_store.lock(conn)
    key = rule_refs.find(conn, Ref(ref.name, None, "list", ref.model))
    rule_drafts.begin(conn, key, now)
    base = _in_force(conn, key)
    if base is None:
        raise ConflictError("list_unreadable", name=key.name)
    changed = _changed(base, add, remove)
    source = _source(conn, key, base)
    made = rule_drafts.create(conn, relist(source, changed), actor=actor, now=now, model=key.model, note=reason)
    notes = {(one.exclude, one.term): one.note for one in add if one.note}
    rule_entries.remember(conn, made, base, changed, actor=actor, now=now, notes=notes)
    tested = rule_drafts.try_out(conn, made.id, actor=actor, now=now)
    if tested.state != "tested":
        raise ConflictError("list_change_fails", first=_first(tested))
    return rule_desk.submit(conn, made.id, actor=actor, now=now, reason=reason)


def accept(conn: Connection, version_id: int, *, actor: str, reason: str, now: datetime, seen: int | None = None) -> Version:
    """Approve what another person proposed and use it from the next run on."""
    rule_desk.approve(conn, version_id, actor=actor, now=now, seen=seen, reason=reason)
    return rule_desk.activate(conn, version_id, actor=actor, reason=reason, now=now)


def _in_force(conn: Connection, key: Key) -> WordList | None:
    """The list that rules use now; a paused one as it was."""
    packs = live_rules.load(conn).packs
    found = next((item for pack in packs for item in pack.lists if name_of(item) == key.name), None)
    if found is not None:
        return found
    version = live_rules.active_version(conn, key) or rule_store.version_of(conn, key)
    item = version.define().item if version else None
    return item if isinstance(item, WordList) else None


def _source(conn: Connection, key: Key, base: WordList) -> str:
    """The list in force as it is written, so that its lines and comments stay."""
    version = live_rules.active_version(conn, key)
    if version is not None and version.define().item == base:
        return version.source
    pack, item = rule_drafts.shipped_item(key)
    return rule_drafts.written(pack, item)


def _changed(base: WordList, add: Sequence[NewEntry], remove: Sequence[NewEntry]) -> WordList:
    if not add and not remove:
        raise InvalidInputError("list_no_change")
    words = words_of(base)
    for one in remove:
        if (one.exclude, one.term) not in words:
            raise NotFoundError("list_entry_missing", name=base.name, term=one.term[:LONGEST])
        words.remove((one.exclude, one.term))
    for one in add:
        if not one.term.strip() or len(one.term) > LONGEST or any(letter in one.term for letter in "\n\r\0"):
            raise InvalidInputError("list_entry_wrong", most=LONGEST, term=one.term[:LONGEST])
        if (one.exclude, one.term) in words:
            raise ConflictError("list_entry_there", name=base.name, term=one.term)
        words.append((one.exclude, one.term))
    terms, excluded = (tuple(term for exclude, term in words if exclude is which) for which in (False, True))
    return WordList(base.name, terms, excluded, base.note)


def _first(version: Version) -> Told:
    """The first thing wrong with a version that failed its test."""
    bad = errors(untold(version.diagnostics))
    if bad:
        return said(bad[0])
    failed = (version.test or {})["failures"][0]
    return Told(failed["zh"], failed["en"])
