"""Who put a word in a list, when and why. That a word is in a version stands in the version's text; this remembers the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from risk.services.bulk import insert_rows
from risk.services.rule_store import Version
from risk.storage import tables as t
from rules.items import WordList

Word = tuple[bool, str]
"""Whether it is excluded, and the term."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One word of a version of a list. Without ``actor`` it came with the program."""

    term: str
    exclude: bool
    note: str | None
    actor: str | None
    at: datetime | None
    version: int | None


def words_of(item: WordList) -> list[Word]:
    """The words of a list, in written order, each once."""
    return list(dict.fromkeys([*((False, term) for term in item.terms), *((True, term) for term in item.exclude)]))


def remember(
    conn: Connection,
    version: Version,
    before: WordList | None,
    after: WordList,
    *,
    actor: str,
    now: datetime,
    notes: Mapping[Word, str] | None = None,
) -> None:
    """Note the words that a version brings, and notes given to words that stay. Edits of a draft replace what was noted of it, except for words that stayed."""
    c = t.list_entries.c
    mine = (c.item_id == version.item_id) & (c.version == version.version)
    kept = {(bool(row.exclude), row.term): row for row in conn.execute(select(t.list_entries).where(mine))}
    conn.execute(delete(t.list_entries).where(mine))
    old, noted = set(words_of(before)) if before else set(), notes or {}
    rows: list[dict[str, Any]] = []
    for exclude, term in words_of(after):
        word = (exclude, term)
        if word in old and word not in noted and word not in kept:
            continue
        earlier = kept.get(word)
        same = earlier is not None and word not in noted
        rows.append(
            {
                "item_id": version.item_id,
                "version": version.version,
                "exclude": exclude,
                "term": term[:400],
                "note": earlier.note if same and earlier else noted.get(word),
                "actor": earlier.actor if same and earlier else actor,
                "at": earlier.at if same and earlier else now,
            }
        )
    insert_rows(conn, t.list_entries, rows)


def entries(conn: Connection, version: Version) -> tuple[Entry, ...]:
    """The words of a version of a list, in its order, each with what is known of its coming."""
    item = version.define().item
    if not isinstance(item, WordList):
        return ()
    c = t.list_entries.c
    query = select(t.list_entries).where(c.item_id == version.item_id, c.version <= version.version).order_by(c.version)
    known = {(bool(row.exclude), row.term): row for row in conn.execute(query)}
    found = []
    for exclude, term in words_of(item):
        row = known.get((exclude, term[:400]))
        found.append(Entry(term, exclude, *((row.note, row.actor, row.at, row.version) if row else (None, None, None, None))))
    return tuple(found)
