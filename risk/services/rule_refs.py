"""Which definition and which version a person means: by name, narrowed by kind and model where a name is not enough."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.services import live_rules, rule_store
from risk.services.rule_drafts import as_shipped, begin, home
from risk.services.rule_store import SHIPPED, Key, Version
from risk.services.rule_text import all_items, kind_of, name_of

register({"rule_reference": ("应写作 名称 或 名称@版本：{given}", "write NAME or NAME@VERSION: {given}")})


@dataclass(frozen=True, slots=True)
class Ref:
    """A name as a person gives it; no version means the newest, or for what is in force the version in force."""

    name: str
    version: int | None = None
    kind: str | None = None
    model: str | None = None


def parse_ref(text: str, *, kind: str | None = None, model: str | None = None) -> Ref:
    """``NAME`` or ``NAME@VERSION``; ``InvalidInputError`` (``rule_reference``).

    >>> parse_ref("gold@3"), parse_ref("疾病", kind="list").name
    (Ref(name='gold', version=3, kind=None, model=None), '疾病')
    """
    name, at, number = text.strip().partition("@")
    if not name or (at and not (number.isascii() and number.isdigit() and len(number) < 10)):
        raise InvalidInputError("rule_reference", given=text[:100])
    return Ref(name, int(number) if at else None, kind, model)


def find(conn: Connection, ref: Ref) -> Key:
    """The definition meant, stored or shipped; ``NotFoundError`` (``rule_not_found``), ``ConflictError`` (``rule_ambiguous``)."""
    found = set(rule_store.keys(conn, ref.name, kind=ref.kind, model=ref.model))
    for pack in live_rules.shipped():
        for item in all_items(pack):
            key = Key(kind_of(item), home(pack, item), name_of(item))
            if key.name == ref.name and ref.kind in (None, key.kind) and ref.model in (None, key.model):
                found.add(key)
    return rule_store.only_key(ref.name, sorted(found, key=lambda key: (key.kind, key.model)))


def newest(conn: Connection, key: Key, number: int | None = None) -> Version | None:
    """The version of that number, or the newest; None where nothing is stored and the newest, or number 0, is the shipped one."""
    found = rule_store.version_of(conn, key, number)
    if found is None and number not in (None, SHIPPED):
        raise NotFoundError("rule_version_not_found", name=key.name, version=number)
    return found


def to_look_at(conn: Connection, ref: Ref) -> Version:
    """The version meant, for reading; a shipped one that nobody has touched is shown as it came (its id is 0) and nothing is written."""
    key = find(conn, ref)
    return newest(conn, key, ref.version) or as_shipped(key)


def to_act_on(conn: Connection, ref: Ref, *, now: datetime, in_force: bool = False) -> Version:
    """The stored version to take a step with. ``in_force``: without a number, the one that is used now; a shipped one gets its row here."""
    rule_store.lock(conn)
    key = find(conn, ref)
    found = None
    if in_force and ref.version is None:
        found = live_rules.active_version(conn, key)
    found = found or newest(conn, key, ref.version)
    if found is None:
        found = begin(conn, key, now)
    if found is None:
        raise NotFoundError("rule_version_not_found", name=key.name, version=ref.version or 0)
    return found
