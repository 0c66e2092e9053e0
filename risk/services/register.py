"""Registers: subjects and their licences, as the registries hold them (市场主体库, 许可库). Loading the same rows again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain import aliases
from risk.services.bulk import select_in
from risk.storage.tables import licences, subject_aliases, subjects
from risk.storage.upsert import batches, insert_new


def load_subjects(conn: Connection, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Store subjects by their ``key`` (USCC or provisional); what is there stays as it is. Returns how many are new.

    ``aliases`` of a row are how later rows find the subject: the forms of ``risk.domain.aliases``.
    """
    new = 0
    for batch in batches(rows, 2_000):
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
    return new


def load_licences(conn: Connection, rows: Iterable[Mapping[str, Any]], *, source: str) -> int:
    """Store licences of known subjects (by ``subject_key``); a licence is one kind and number. Returns how many rows named a known subject."""
    stored = 0
    for batch in batches(rows, 2_000):
        ids = _ids(conn, [row["subject_key"] for row in batch])
        values = [
            {
                "subject_id": ids[row["subject_key"]],
                "kind": row["kind"],
                "number": row["number"],
                "valid_from": row.get("valid_from"),
                "valid_to": row.get("valid_to"),
                "source": source,
            }
            for row in batch
            if row["subject_key"] in ids
        ]
        insert_new(conn, licences, values, ["kind", "number"])
        named = [{"alias": aliases.licence(str(v["number"])), "subject_id": v["subject_id"]} for v in values]
        insert_new(conn, subject_aliases, named, ["alias"])
        stored += len(values)
    return stored


def _ids(conn: Connection, keys: Iterable[str]) -> dict[str, int]:
    query = select(subjects.c.key, subjects.c.id)
    return {row.key: row.id for row in select_in(conn, query, subjects.c.key, keys)}
