"""The row of a file's import: begun once, advanced with each chunk in the chunk's own transaction, ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from risk.domain.mapping import FieldMapping
from risk.services import auditing
from risk.storage.tables import imports
from risk.storage.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Summary:
    """What an import has come to. ``repeated``: the file had been taken in before; ``resumed_after``: the row a broken import went on after."""

    import_id: int
    file: str
    status: str
    rows: int
    accepted: int
    duplicates: int
    quarantined: int
    started_at: datetime
    notes: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    repeated: bool = False
    resumed_after: int = 0


@dataclass(frozen=True, slots=True)
class Origin:
    """What an import is of; ``columns`` is the header, ``None`` where rows name their own."""

    file: str
    source: str
    mapping: FieldMapping
    columns: tuple[str, ...] | None


def begin(connection: Connection, key: str, origin: Origin, actor: str, now: datetime) -> Row[Any]:
    """The import of this key as it stands, new or not."""
    columns = None if origin.columns is None else list(origin.columns)
    notes = {"mapping": origin.mapping.record(), "columns": columns, "counts": {}, "warnings": {}, "reasons": {}}
    fresh = {
        "key": key,
        "file": origin.file[-1000:],
        "source": origin.source,
        "status": "running",
        "notes": notes,
        "actor": actor,
        "started_at": now,
    }
    held = connection.scalar(select(imports.c.id).where(imports.c.key == key))
    insert_new(connection, imports, [{**fresh, "rows_done": 0, "accepted": 0, "duplicates": 0, "quarantined": 0}], ["key"])
    row = connection.execute(select(imports).where(imports.c.key == key)).one()
    if held is None:
        auditing.record(connection, actor, "import.begin", f"import:{row.id}", {"file": row.file, "source": row.source}, now)
    return row


def get(connection: Connection, import_id: int) -> Row[Any]:
    """The import with this id."""
    return connection.execute(select(imports).where(imports.c.id == import_id)).one()


def lock(connection: Connection, import_id: int) -> Row[Any]:
    """The import, held until the transaction ends (on SQLite the writer holds everything anyway)."""
    return connection.execute(select(imports).where(imports.c.id == import_id).with_for_update()).one()


def advance(
    connection: Connection, row: Row[Any], by: dict[str, int], counts: dict[str, Counter[str]], *, rows_done: int, status: str = "running"
) -> None:
    """Add to the numbers of an import: accepted, duplicates, quarantined, and the counts kept in its notes."""
    notes = dict(row.notes)
    for name, added in counts.items():
        total: Counter[str] = Counter(notes.get(name, {}))
        total.update(added)
        notes[name] = {code: count for code, count in total.items() if count}
    numbers = {name: getattr(row, name) + added for name, added in by.items()}
    connection.execute(update(imports).where(imports.c.id == row.id).values(notes=notes, rows_done=rows_done, status=status, **numbers))


def end(connection: Connection, import_id: int, status: str, now: datetime, error: str | None = None) -> None:
    """Close an import as done or failed."""
    connection.execute(update(imports).where(imports.c.id == import_id).values(status=status, ended_at=now, error=error))


def summarise(row: Row[Any], *, repeated: bool = False, resumed_after: int = 0) -> Summary:
    """What people are told of an import."""
    return Summary(
        import_id=row.id,
        file=row.file,
        status=row.status,
        rows=row.rows_done,
        accepted=row.accepted,
        duplicates=row.duplicates,
        quarantined=row.quarantined,
        started_at=row.started_at,
        notes=row.notes.get("counts", {}),
        warnings=row.notes.get("warnings", {}),
        reasons=row.notes.get("reasons", {}),
        repeated=repeated,
        resumed_after=resumed_after,
    )
