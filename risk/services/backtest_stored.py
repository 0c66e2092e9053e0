"""Stored versions as what a back-test tries: ``gold@3``, a draft as well as one that was retired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from risk.domain.errors import ConflictError, NotFoundError
from risk.services import live_rules
from risk.services.rule_refs import Ref, find, newest, parse_ref
from risk.services.rule_store import SHIPPED, Key, file_of
from risk.services.rule_text import all_items, kind_of, name_of
from rules.pack import Pack, pack_from_texts
from rules.printer import show_all


def candidate_of(conn: Connection, refs: Sequence[str], *, kind: str | None = None, model: str | None = None) -> Pack:
    """One pack of the versions named (``NAME`` is the newest). Raises as ``rule_refs.find`` does for what is not there."""
    sources, models = {}, []
    for text in refs:
        ref = parse_ref(text, kind=kind)
        key = _key(conn, ref, model)
        version = newest(conn, key, ref.version)
        number = SHIPPED if version is None else version.version
        sources[file_of(key.model, key.name, number)] = _shipped(key) if version is None else version.source
        models += [key.model] if key.kind == "rule" else []
    return pack_from_texts(sources, models[0] if models else "stored")


def _key(conn: Connection, ref: Ref, model: str | None) -> Key:
    """The definition meant; ``model`` decides only where the name alone does not: a shared list may be tried in one model."""
    try:
        return find(conn, ref)
    except ConflictError:
        return find(conn, replace(ref, model=model))


def _shipped(key: Key) -> str:
    for pack in live_rules.shipped():
        for item in all_items(pack):
            if (kind_of(item), name_of(item)) == (key.kind, key.name) and (pack.name == key.model or pack.is_shared(item)):
                return show_all([item])
    raise NotFoundError("rule_not_found", name=key.name)
