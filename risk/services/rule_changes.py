"""What differs between two versions, and a definition in either language: the host's names are told in the language of the text."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from risk.services import live_rules, rule_drafts, rule_refs, rule_store
from risk.services.rule_refs import Ref
from risk.services.rule_store import SHIPPED, Key, Version
from risk.services.rule_text import Item
from rules.diff import diff
from rules.items import Condition, Feature, Rule
from rules.printer import show, show_all
from rules.translate import translate
from rules.words import Language


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of two versions, in words of both languages."""

    what: str
    clause: str
    clause_zh: str
    clause_en: str
    old_zh: str
    old_en: str
    new_zh: str
    new_en: str
    inside_zh: str
    inside_en: str


@dataclass(frozen=True, slots=True)
class DiffView:
    """What differs between two versions."""

    kind: str
    model: str
    name: str
    old: int
    new: int
    changes: tuple[Difference, ...]


def differences(conn: Connection, ref: Ref, old: int | None = None, new: int | None = None) -> DiffView:
    """What differs between two versions; without numbers, between what is in force and the newest."""
    key = rule_refs.find(conn, ref)
    after = rule_refs.newest(conn, key, new)
    in_force = live_rules.active_version(conn, key)
    before = rule_refs.newest(conn, key, old) if old is not None else in_force
    one, two = _item_of(key, before), _item_of(key, after)
    numbers = (before.version if before else SHIPPED, after.version if after else SHIPPED)
    return DiffView(key.kind, key.model, key.name, *numbers, changes(one, two))


def changes(old: Item, new: Item) -> tuple[Difference, ...]:
    """The tree diff of two definitions, with the host's names in the language of each text."""

    from risk.scoring.inputs import vocabulary

    def say(node: Any, language: Language) -> str:
        return show(translate(node, vocabulary(), language), language)

    return tuple(
        Difference(
            one.what,
            one.clause,
            one.clause_word("zh"),
            one.clause_word("en"),
            one.old_zh,
            one.old_en,
            one.new_zh,
            one.new_en,
            one.inside_zh,
            one.inside_en,
        )
        for one in diff(old, new, say)
    )


def texts(item: Item) -> tuple[str, str]:
    """A definition in Chinese and in English, the host's names too."""
    zh, en = (show_all([in_language(item, language)], language) for language in ("zh", "en"))
    return zh, en


def in_language(item: Item, language: Language) -> Item:
    """A definition with the host's names in one language."""
    from risk.scoring.inputs import vocabulary

    if isinstance(item, Rule):
        return replace(item, when=translate(item.when, vocabulary(), language))
    if isinstance(item, Condition | Feature):
        return replace(item, expr=translate(item.expr, vocabulary(), language))
    return item


def _item_of(key: Key, version: Version | None) -> Item:
    if version is None:
        return rule_drafts.shipped_item(key)[1]
    item = version.define().item
    if item is None:
        raise rule_store.unreadable(version)
    return item
