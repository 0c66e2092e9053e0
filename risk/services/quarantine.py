"""Refused rows: look at them, repair them, take them in again, or dismiss them. Every change says who did it.

``open`` → repair → ``repaired`` → resubmit → ``resubmitted``, or back to ``open`` with the new reasons; ``open`` or ``repaired`` → ``dismissed``.
The import's numbers follow: accepted + duplicates + quarantined stays the number of its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, select, true, update

from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.intake import RowCheck
from risk.domain.mapping import FieldMapping
from risk.domain.messages import Told, say
from risk.domain.problems import Problem
from risk.domain.signals import Signal
from risk.services import auditing, imports
from risk.services.readers.rows import EXTRA, RAW
from risk.services.signal_store import hold, store
from risk.storage.engine import reading, transaction
from risk.storage.tables import imports as import_rows
from risk.storage.tables import quarantine
from risk.storage.upsert import batches

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Resubmission:
    """What became of resubmitted rows."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0


def list_rows(
    engine: Engine,
    *,
    import_id: int | None = None,
    code: str | None = None,
    status: str | None = "open",
    after: int = 0,
    limit: int = 1000,
    owner: str | None = None,
) -> list[dict[str, Any]]:
    """Quarantined rows in the order of their ids, after one id; ``status=None`` gives all of them, ``owner`` those of one person's imports."""
    query = select(quarantine).where(quarantine.c.id > after, _owned(owner)).order_by(quarantine.c.id)
    if import_id is not None:
        query = query.where(quarantine.c.import_id == import_id)
    if status is not None:
        query = query.where(quarantine.c.status.in_(("open", "repaired") if status == "open" else (status,)))
    found: list[dict[str, Any]] = []
    with reading(engine) as connection, connection.execution_options(yield_per=500).execute(query) as rows:
        for row in rows.mappings():
            if code is None or any(problem["code"] == code for problem in row["problems"]):
                found.append({str(name): value for name, value in row.items()})
                if len(found) == limit:
                    break
    return found


def repair(engine: Engine, row_id: int, values: Mapping[str, str], *, actor: str, now: datetime, owner: str | None = None) -> None:
    """Put values into columns of a refused row. Refused itself while the row would still not pass."""
    with transaction(engine) as connection:
        row = _get(connection, row_id, owner)
        repaired = {**(row.repaired or {}), **values}
        outcome = _check(connection, row, repaired, now)
        if not isinstance(outcome, Signal):
            reasons = {f"reasons_{lang}": "; ".join(problem.text(lang) for problem in outcome) for lang in ("zh", "en")}
            raise InvalidInputError("quarantine_still_bad", **reasons)
        _change(connection, row_id, "repaired", actor, now, repaired=repaired)
        _record(connection, "quarantine.repair", row_id, actor, now, {"values": dict(values)})


def resubmit(engine: Engine, row_ids: Sequence[int] | None = None, *, actor: str, now: datetime, owner: str | None = None) -> Resubmission:
    """Take rows in again by the same checks: the given ones, or all that are repaired. Those still refused are open again."""
    if row_ids is None:
        with reading(engine) as connection:
            row_ids = connection.scalars(
                select(quarantine.c.id).where(quarantine.c.status == "repaired", _owned(owner)).order_by(quarantine.c.id)
            ).all()
    total = Resubmission()
    for chunk in batches(row_ids, _CHUNK):
        with transaction(engine) as connection:
            hold(connection)
            for row_id in chunk:
                one = _resubmit(connection, row_id, actor, now, owner)
                total = Resubmission(total.accepted + one.accepted, total.duplicates + one.duplicates, total.refused + one.refused)
    return total


def dismiss(engine: Engine, row_id: int, *, reason: str, actor: str, now: datetime, owner: str | None = None) -> None:
    """Put a row aside for good; the reason is kept in the audit."""
    with transaction(engine) as connection:
        _get(connection, row_id, owner)
        _change(connection, row_id, "dismissed", actor, now)
        _record(connection, "quarantine.dismiss", row_id, actor, now, {"reason": reason})


def _resubmit(connection: Connection, row_id: int, actor: str, now: datetime, owner: str | None) -> Resubmission:
    row = _get(connection, row_id, owner)
    outcome = _check(connection, row, row.repaired or {}, now)
    if not isinstance(outcome, Signal):
        _change(connection, row_id, "open", actor, now, problems=[problem.record() for problem in outcome])
        return Resubmission(refused=1)
    held = imports.lock(connection, row.import_id)
    stored = store(connection, [outcome], now=now, import_id=row.import_id)
    _change(connection, row_id, "resubmitted", actor, now)
    numbers = {"accepted": stored.accepted, "duplicates": stored.duplicates, "quarantined": -1}
    imports.advance(
        connection, held, numbers, {"counts": stored.notes, "warnings": stored.warnings}, rows_done=held.rows_done, status=held.status
    )
    _record(connection, "quarantine.resubmit", row_id, actor, now, {})
    return Resubmission(accepted=stored.accepted, duplicates=stored.duplicates)


def _owned(owner: str | None) -> ColumnElement[bool]:
    """Rows of one person's imports; of everybody's, where nobody is named."""
    return true() if owner is None else quarantine.c.import_id.in_(select(import_rows.c.id).where(import_rows.c.actor == owner))


def _get(connection: Connection, row_id: int, owner: str | None) -> Row[Any]:
    row = connection.execute(select(quarantine).where(quarantine.c.id == row_id, _owned(owner)).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError("quarantine_not_found", id=row_id)
    if row.status not in ("open", "repaired"):
        told = (say(f"quarantine_is_{row.status}", lang) for lang in ("zh", "en"))
        raise ConflictError("quarantine_settled", id=row_id, status=Told(*told))
    return row


def _check(connection: Connection, row: Row[Any], repaired: Mapping[str, Any], now: datetime) -> Signal | list[Problem]:
    """The row with its repairs, by the mapping its file came with. A row that was never cut into columns passes only by what is put in."""
    origin = imports.get(connection, row.import_id)
    mapping = FieldMapping.restore(origin.notes["mapping"])
    values = {column: value for column, value in row.raw.items() if column not in (RAW, EXTRA)}
    columns = origin.notes.get("columns")
    for column in repaired:
        if columns is not None and column not in columns:
            raise InvalidInputError("quarantine_column_unknown", column=column, columns=", ".join(columns[:30]))
    untouched = [_again(problem) for problem in row.problems if problem["code"] in _READING and problem["column"] not in repaired]
    if untouched and (not repaired or any(problem.column in values for problem in untouched)):
        return untouched
    values.update(repaired)
    return RowCheck(mapping, columns or tuple(values), origin.source, now)(values)


_READING = frozenset(
    {
        "ragged_row",
        "bad_encoding",
        "broken_quotes",
        "cell_too_large",
        "row_too_large",
        "nul_character",
        "not_plain",
        "bad_json",
        "not_an_object",
    }
)
"""Reasons that a look at the kept values would not find again, because they were made keepable."""


def _again(problem: Mapping[str, Any]) -> Problem:
    return Problem(problem["code"], problem["column"], problem["value"], tuple(problem["facts"].items()))


def _change(connection: Connection, row_id: int, status: str, actor: str, now: datetime, **values: Any) -> None:
    connection.execute(update(quarantine).where(quarantine.c.id == row_id).values(status=status, actor=actor, changed_at=now, **values))


def _record(connection: Connection, action: str, row_id: int, actor: str, now: datetime, detail: dict[str, Any]) -> None:
    auditing.record(connection, actor, action, f"quarantine/{row_id}", detail, now)
