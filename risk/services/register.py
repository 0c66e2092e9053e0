"""Registers: subjects and their licences, taken from files of the registries (市场主体库, 许可库). Loading the same file again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from risk.storage.tables import licences, subject_aliases, subjects

CHUNK = 2_000


def load_subjects(conn: Connection, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Store subjects; each row has ``uscc`` or ``name``+``region`` or ``platform``+``shop``. Returns how many are new.

    ``aliases`` are how later rows find the subject: shop:<platform>/<shop>, licence:<number>, name:<region>/<name>.
    """
    new = 0
    for chunk in _chunks(rows):
        known = _ids(conn, [row["key"] for row in chunk])
        fresh = {
            row["key"]: {
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
            for row in chunk
            if row["key"] not in known
        }
        if fresh:
            conn.execute(insert(subjects), list(fresh.values()))
            known = _ids(conn, [row["key"] for row in chunk])
        new += len(fresh)
        aliases = {alias: known[row["key"]] for row in chunk for alias in row.get("aliases", ())}
        _insert_missing(conn, subject_aliases, [{"alias": a, "subject_id": i} for a, i in aliases.items()], ["alias"])
    return new


def load_licences(conn: Connection, rows: Iterable[Mapping[str, Any]], *, source: str) -> int:
    """Store licences of known subjects (by ``subject_key``); a licence is one kind and number. Returns how many rows named a known subject."""
    stored = 0
    for chunk in _chunks(rows):
        known = _ids(conn, [row["subject_key"] for row in chunk])
        values = [
            {
                "subject_id": known[row["subject_key"]],
                "kind": row["kind"],
                "number": row["number"],
                "valid_from": _day(row.get("valid_from")),
                "valid_to": _day(row.get("valid_to")),
                "source": source,
            }
            for row in chunk
            if row["subject_key"] in known
        ]
        _insert_missing(conn, licences, values, ["kind", "number"])
        _insert_missing(
            conn, subject_aliases, [{"alias": f"licence:{v['number']}", "subject_id": v["subject_id"]} for v in values], ["alias"]
        )
        stored += len(values)
    return stored


def _insert_missing(conn: Connection, table: Any, values: Sequence[Mapping[str, Any]], keys: list[str]) -> None:
    """Insert rows whose key is not there yet, on either database."""
    if not values:
        return
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    conn.execute(dialect.insert(table).on_conflict_do_nothing(index_elements=keys), list(values))


def _ids(conn: Connection, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(keys), 500):
        query = select(subjects.c.key, subjects.c.id).where(subjects.c.key.in_(keys[start : start + 500]))
        found.update((row.key, row.id) for row in conn.execute(query))
    return found


def _chunks(rows: Iterable[Mapping[str, Any]]) -> Iterable[list[Mapping[str, Any]]]:
    chunk: list[Mapping[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _day(value: date | str | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and value else value or None  # type: ignore[return-value]
