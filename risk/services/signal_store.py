"""Keeps signals, once each: the one place that writes the table. Intake, resubmission, the API and the demo come through here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain.signals import Signal
from risk.services.linking import Link, link
from risk.storage.engine import serialise
from risk.storage.tables import archived_signals, archives, signals
from risk.storage.upsert import batches, insert_new

_LOCK = 2  # of risk.storage.engine.serialise; 1 is the migrations'


@dataclass(slots=True)
class Stored:
    """What became of a batch. ``notes`` counts, among the accepted, rows without time, region, subject, and links by way."""

    accepted: int = 0
    duplicates: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)


def hold(connection: Connection) -> None:
    """Become the one writer of signals until the transaction ends. Take it before any row lock: two orders would be a deadlock."""
    serialise(connection, _LOCK)


def store(connection: Connection, batch: Sequence[Signal], *, now: datetime, import_id: int | None = None) -> Stored:
    """Keep the signals that are not there yet, linked to their subjects, in the order given.

    Writers pass one at a time, so that ids become visible in ascending order and counts are exact.
    """
    hold(connection)
    fresh: dict[str, tuple[Signal, str]] = {}
    for signal in batch:
        identity, content = signal.hashes
        fresh.setdefault(identity, (signal, content))
    for identities in batches(list(fresh)):
        for (known,) in connection.execute(select(signals.c.identity).where(signals.c.identity.in_(identities))):
            del fresh[known]
    for known in archived(connection, list(fresh)):
        del fresh[known]
    links = link(connection, [signal for signal, _ in fresh.values()], now)
    result = Stored(accepted=len(fresh), duplicates=len(batch) - len(fresh))
    rows = []
    for (identity, (signal, content)), found in zip(fresh.items(), links, strict=True):
        rows.append(_row(identity, content, signal, found, now, import_id))
        _note(result, signal, found)
    insert_new(connection, signals, rows, ["identity"])
    return result


def archived(connection: Connection, identities: Sequence[str]) -> set[str]:
    """Those of the identities whose signals lie in an archive: they have come before, though no row of the table says so."""
    found: set[str] = set()
    if identities and connection.scalar(select(archived_signals.c.archive_id).limit(1)) is not None:
        for part in batches([bytes.fromhex(one) for one in identities]):
            rows = connection.execute(select(archived_signals.c.identity).where(archived_signals.c.identity.in_(part)))
            found.update(bytes(row.identity).hex() for row in rows)
    return found


def archived_month(connection: Connection, identity: str) -> str | None:
    """The month in whose archive a signal lies."""
    k, a = archived_signals.c, archives.c
    found: str | None = connection.scalar(
        select(a.month).join_from(archived_signals, archives, k.archive_id == a.id).where(k.identity == bytes.fromhex(identity))
    )
    return found


def _note(result: Stored, signal: Signal, found: Link) -> None:
    result.notes["no_time"] += not signal.time_given
    result.notes["no_region"] += signal.region is None
    result.notes["no_subject"] += found.subject_id is None
    result.warnings.update(signal.warnings)


def _row(identity: str, content: str, signal: Signal, found: Link, now: datetime, import_id: int | None) -> dict[str, Any]:
    return {
        "identity": identity,
        "content_hash": content,
        "import_id": import_id,
        "source": signal.source,
        "source_id": signal.source_id,
        "kind": signal.kind,
        "url": signal.url,
        "channel": signal.channel,
        "region": signal.region,
        "text": signal.text,
        "fields": dict(signal.fields),
        "warnings": list(signal.warnings),
        "observed_at": signal.observed_at,
        "time_given": signal.time_given,
        "received_at": now,
        "subject_id": found.subject_id,
        "linked_by": found.by,
    }
