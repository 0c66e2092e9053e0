"""Registers: subjects, their licences, changes and penalties, and the numbers of products, as the registries hold them (市场主体库, 许可库, 处罚库 …).

The rule: everything is stored with the moment it became known, so that a replay of an earlier day sees what that day saw. Loading the same rows again
changes nothing; a row that says something new of a known thing stands beside the old one, from ``now`` on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection, Table, select

from features.identifiers import canonical
from risk.domain import aliases, links
from risk.domain.calendar import SHANGHAI
from risk.domain.signals import digest
from risk.services.bulk import select_in, update_rows
from risk.storage.tables import licences, penalties, registrations, subject_aliases, subject_changes, subject_links, subjects
from risk.storage.upsert import batches, insert_new

_BATCH = 2_000


def load_subjects(conn: Connection, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Store subjects by their ``key`` (USCC or provisional); what is there stays as it is. Returns how many are new.

    ``aliases`` of a row are how later rows find the subject: the forms of ``risk.domain.aliases``. Address, telephone and legal representative (columns or
    ``facts``, the headers of ``risk.domain.links``) are kept as digests, for known subjects too: a new value takes the place of the old from ``now`` on.
    """
    new = 0
    for batch in batches(rows, _BATCH):
        fresh = {row["key"]: row for row in batch}
        for key in _ids(conn, fresh):
            del fresh[key]
        values = [
            {
                "key": row["key"],
                "uscc": row.get("uscc"),
                "name": row.get("name"),
                "region": row.get("region"),
                "kind": row.get("kind") or "enterprise",
                "industry": row.get("industry") or None,
                "registered_on": row.get("registered_on"),
                "facts": dict(row.get("facts") or {}),
                "created_at": now,
            }
            for row in fresh.values()
        ]
        insert_new(conn, subjects, values, ["key"])
        new += len(values)
        ids = _ids(conn, [row["key"] for row in batch])
        known = {alias: ids[row["key"]] for row in reversed(batch) for alias in row.get("aliases", ())}
        insert_new(conn, subject_aliases, [{"alias": alias, "subject_id": number} for alias, number in known.items()], ["alias"])
        _link(conn, {ids[row["key"]]: told for row in batch if (told := links.keys_of(row))}, now)
    return new


def load_licences(conn: Connection, rows: Iterable[Mapping[str, Any]], *, source: str, now: datetime) -> int:
    """Store licences of known subjects (by ``subject_key``), known from ``now`` on. Returns how many rows named a known subject.

    A licence is one kind and number; a row that says another holder or other days than were known before takes its place from ``now`` on.
    """
    stored = 0
    for batch in batches(rows, _BATCH):
        ids = _ids(conn, [row["subject_key"] for row in batch])
        values = [
            {"subject_id": ids[row["subject_key"]], **_numbered(row, source, now)}
            for row in batch
            if row["subject_key"] in ids
        ]  # fmt: skip
        _supersede(conn, licences, values, ("subject_id", "valid_from", "valid_to"))
        named = [{"alias": aliases.licence(str(v["number"])), "subject_id": v["subject_id"]} for v in values]
        insert_new(conn, subject_aliases, named, ["alias"])
        stored += len(values)
    return stored


def load_registrations(conn: Connection, rows: Iterable[Mapping[str, Any]], *, source: str, now: datetime) -> int:
    """Store registered numbers: ``kind`` (of ``features.identifiers``), ``number``, ``holder`` (a name), ``subject_key``, ``valid_from``, ``valid_to``.

    Returns how many rows there were. As with licences, what is said anew of a number holds from ``now`` on.
    """
    stored = 0
    for batch in batches(rows, _BATCH):
        ids = _ids(conn, [row["subject_key"] for row in batch if row.get("subject_key")])
        values = [
            {"holder": row.get("holder"), "subject_id": ids.get(row.get("subject_key") or ""), **_numbered(row, source, now)}
            for row in batch
        ]
        _supersede(conn, registrations, values, ("holder", "subject_id", "valid_from", "valid_to"))
        stored += len(values)
    return stored


def load_changes(conn: Connection, rows: Iterable[Mapping[str, Any]], *, source: str, now: datetime) -> int:
    """Store changes of registrations of known subjects: ``subject_key``, ``kind``, ``before``, ``after``, ``at``. Returns how many named a known subject.

    ``known_at`` of a row is when the change became known, ``now`` where it says nothing; a day is its first moment in Shanghai.
    """
    return _load_events(conn, subject_changes, rows, ("kind", "before", "after"), source, now)


def load_penalties(conn: Connection, rows: Iterable[Mapping[str, Any]], *, source: str, now: datetime) -> int:
    """Store penalties of known subjects: ``subject_key``, ``kind``, ``number`` of the decision, ``amount`` in yuan, ``at``; else as ``load_changes``."""
    return _load_events(conn, penalties, rows, ("kind", "number", "amount"), source, now)


def _load_events(conn: Connection, table: Table, rows: Iterable[Mapping[str, Any]], said: Sequence[str], source: str, now: datetime) -> int:
    stored = 0
    for batch in batches(rows, _BATCH):
        ids = _ids(conn, [row["subject_key"] for row in batch])
        values: dict[str, dict[str, Any]] = {}
        for row in batch:
            if row["subject_key"] not in ids:
                continue
            at, facts = _moment(row["at"]), {name: _told(row.get(name)) for name in said}
            key = digest([row["subject_key"], at.isoformat(), *facts.values()])
            known = max(_moment(row.get("known_at") or now), at)  # nothing is known before it happens
            values.setdefault(
                key, {"key": key, "subject_id": ids[row["subject_key"]], **facts, "at": at, "known_at": known, "source": source}
            )
            stored += 1
        insert_new(conn, table, list(values.values()), ["key"])
    return stored


def _numbered(row: Mapping[str, Any], source: str, now: datetime) -> dict[str, Any]:
    number = str(row["number"])
    return {
        "kind": row["kind"],
        "number": number,
        "number_key": canonical(number)[:120],
        "valid_from": row.get("valid_from"),
        "valid_to": row.get("valid_to"),
        "source": source,
        "known_from": now,
    }


def _supersede(conn: Connection, table: Table, values: Sequence[Mapping[str, Any]], said: Sequence[str]) -> None:
    """Insert rows that say something else than was last known of their kind and number by then. The first of a batch counts."""
    if not values:
        return
    now = values[0]["known_from"]
    c = table.c
    query = select(c.kind, c.number, *(c[name] for name in said)).where(c.known_from <= now).order_by(c.known_from, c.id)
    before = {(row.kind, row.number): row for row in select_in(conn, query, c.number, [v["number"] for v in values])}
    fresh: dict[tuple[str, str], dict[str, Any]] = {}
    for value in values:
        key = value["kind"], value["number"]
        known = before.get(key)
        if known is None or any(getattr(known, name) != value[name] for name in said):
            fresh.setdefault(key, dict(value))
    insert_new(conn, table, list(fresh.values()), ["kind", "number", "known_from"])


def _link(conn: Connection, told: Mapping[int, Mapping[str, Sequence[str]]], now: datetime) -> None:
    """Bring what subjects share up to ``now``: a relation that a row tells of has its values and no others from then on."""
    c = subject_links.c
    query = select(c.id, c.subject_id, c.relation, c.value_key).where(c.known_to.is_(None))
    open_links: dict[tuple[int, str], dict[str, int]] = {}
    for row in select_in(conn, query, c.subject_id, told):
        open_links.setdefault((row.subject_id, row.relation), {})[row.value_key] = row.id
    fresh, ended = [], []
    for subject, relations in told.items():
        for relation, keys in relations.items():
            held = open_links.get((subject, relation), {})
            fresh += [
                {"subject_id": subject, "relation": relation, "value_key": key, "known_from": now, "known_to": None}
                for key in keys
                if key not in held
            ]
            ended += [{"id": number, "known_to": now} for key, number in held.items() if key not in keys]
    update_rows(conn, subject_links, ended)
    insert_new(conn, subject_links, fresh, ["subject_id", "relation", "value_key", "known_from"])


def _ids(conn: Connection, keys: Iterable[str]) -> dict[str, int]:
    query = select(subjects.c.key, subjects.c.id)
    return {row.key: row.id for row in select_in(conn, query, subjects.c.key, keys)}


def _moment(value: datetime | date) -> datetime:
    """A moment; a day is its first in Shanghai.

    >>> _moment(date(2026, 1, 2)).isoformat()
    '2026-01-01T16:00:00+00:00'
    """
    whole = value if isinstance(value, datetime) else datetime.combine(value, time.min, SHANGHAI)
    return whole.astimezone(UTC)


def _told(value: Any) -> Any:
    """A value to store: no empty text, no nan."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, str):
        return value.strip() or None
    return value
