"""Which subject does a row speak of? By USCC, else licence number, else platform + shop, else name + region; unknown ones get a provisional subject.

The outcome is that of going row by row, whatever the chunk size: a subject that an earlier row of the chunk brought is found by a later one. An
alias belongs to the subject that had it first. Two statements a chunk look up, two write; none is per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from risk.domain import aliases, regions
from risk.domain.signals import Signal
from risk.storage.tables import subject_aliases, subjects
from risk.storage.upsert import batches, insert_new


class Link(NamedTuple):
    """The subject of a row and what it was found by."""

    subject_id: int | None
    by: str | None


def link(connection: Connection, rows: Sequence[Signal], now: datetime) -> list[Link]:
    """The link of each row; creates what is not known yet. Call it inside a transaction that ``serialise``s writers of signals."""
    offered = [aliases.ways(row.subject, row.region) for row in rows]
    known = _known(connection, {way for ways in offered for way in ways})
    new_subjects: dict[str, dict[str, Any]] = {}
    new_aliases: dict[str, int | str] = {}
    chosen: list[tuple[int | str, str] | None] = []
    for row, ways in zip(rows, offered, strict=True):
        if not ways:
            chosen.append(None)
            continue
        # a code that is given decides, known or not; else the strongest way that is known; else the strongest
        by, handle = ways[0] if ways[0][0] == "uscc" else next((way for way in ways if way[1] in known), ways[0])
        subject = known.get(handle)
        if subject is None:
            subject = handle if by == "uscc" else aliases.provisional_key(handle)
            new_subjects.setdefault(subject, _subject(subject, row, now))
            if by == "uscc":
                known[handle] = subject
        for way, alias in ways:
            if way != "uscc" and alias not in known:
                known[alias] = new_aliases[alias] = subject
        chosen.append((subject, by))
    ids = _write(connection, new_subjects, new_aliases)
    return [Link(None, None) if pair is None else Link(_id(pair[0], ids), pair[1]) for pair in chosen]


def _known(connection: Connection, ways: set[tuple[str, str]]) -> dict[str, int | str]:
    """Subject ids of the codes and aliases that are in the database."""
    found: dict[str, int | str] = {}
    codes = sorted(handle for by, handle in ways if by == "uscc")
    others = sorted(handle for by, handle in ways if by != "uscc")
    for batch in batches(codes):
        found.update((row[0], row[1]) for row in connection.execute(select(subjects.c.key, subjects.c.id).where(subjects.c.key.in_(batch))))
    for batch in batches(others):
        pairs = select(subject_aliases.c.alias, subject_aliases.c.subject_id).where(subject_aliases.c.alias.in_(batch))
        found.update((row[0], row[1]) for row in connection.execute(pairs))
    return found


def _subject(key: str, row: Signal, now: datetime) -> dict[str, Any]:
    code = row.subject.uscc
    region = row.region or (regions.resolve(code[2:8]) if code else None)
    return {"key": key, "uscc": code, "name": row.subject.name, "region": region, "kind": "enterprise", "facts": {}, "created_at": now}


def _write(connection: Connection, new_subjects: dict[str, dict[str, Any]], new_aliases: dict[str, int | str]) -> dict[str, int]:
    insert_new(connection, subjects, list(new_subjects.values()), ["key"])
    ids: dict[str, int] = {}
    for batch in batches(new_subjects):
        ids.update((row[0], row[1]) for row in connection.execute(select(subjects.c.key, subjects.c.id).where(subjects.c.key.in_(batch))))
    rows = [{"alias": alias, "subject_id": _id(subject, ids)} for alias, subject in new_aliases.items()]
    insert_new(connection, subject_aliases, rows, ["alias"])
    return ids


def _id(subject: int | str, ids: dict[str, int]) -> int:
    return subject if isinstance(subject, int) else ids[subject]
