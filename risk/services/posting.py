"""Signals that are posted instead of read from a file: the same checks, the same quarantine, the same identity. One post is one import.

The same post again (same rows, same source) is the same import and changes nothing, so a client may repeat what it is unsure of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain.errors import InvalidInputError
from risk.domain.intake import RowCheck
from risk.domain.mapping import HEADERS, FieldMapping
from risk.domain.messages import register
from risk.domain.problems import Problem
from risk.domain.signals import Signal, digest
from risk.domain.values import keepable, safe_text
from risk.services import auditing, imports
from risk.services.signal_store import archived, store
from risk.storage import tables as t
from risk.storage.upsert import batches, insert_new

register(
    {
        "signals_none": ("没有信号", "there are no signals"),
        "signals_too_many": ("一次最多 {limit} 条信号，实有 {count} 条", "at most {limit} signals at once, these are {count}"),
        "signals_too_many.hint": ("分批提交，或用 risk intake 接入文件", "post them in parts, or take a file in with risk intake"),
        "source_required": ("必须写明来源", "the source must be named"),
    }
)

MOST = 1_000
"""Signals in one post."""

MAPPING = FieldMapping(columns={"title": "text", **{name: name for name in HEADERS}}, guess=False)
"""A posted row names our fields; what else it has is kept beside."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one row: ``accepted`` or ``duplicate`` with its signal, or ``quarantined`` with the reasons."""

    row: int
    outcome: str
    signal_id: int | None
    problems: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PostSummary:
    """What became of a post. ``repeated``: the same post was taken in before, nothing is new."""

    import_id: int
    source: str
    accepted: int
    duplicates: int
    quarantined: int
    repeated: bool
    notes: dict[str, int]
    warnings: dict[str, int]
    rows: tuple[Posted, ...]


def post(conn: Connection, rows: Sequence[Mapping[str, Any]], *, source: str, actor: str, now: datetime) -> PostSummary:
    """Check and keep the rows; refused ones go to quarantine. ``InvalidInputError``: ``signals_none``, ``signals_too_many``, ``source_required``."""
    if not rows:
        raise InvalidInputError("signals_none")
    if len(rows) > MOST:
        raise InvalidInputError("signals_too_many", limit=MOST, count=len(rows))
    source = source.strip()[:200]
    if not source:
        raise InvalidInputError("source_required")
    rows = [{safe_text(name): value for name, value in row.items()} for row in rows]
    kept = [keepable(row) for row in rows]
    outcomes = _check(rows, source, now)
    held = imports.begin(conn, digest(["post", source, kept]), imports.Origin("api", source, MAPPING, None), actor, now)
    repeated = held.status == "done"
    before = _ids(conn, outcomes)
    if not repeated:
        _keep(conn, held, outcomes, kept, actor, now)
    ids = _ids(conn, outcomes)
    summary = imports.summarise(imports.get(conn, held.id), repeated=repeated)
    return PostSummary(
        import_id=held.id,
        source=source,
        accepted=summary.accepted,
        duplicates=summary.duplicates,
        quarantined=summary.quarantined,
        repeated=repeated,
        notes=summary.notes,
        warnings=summary.warnings,
        rows=tuple(_told(outcomes, ids, {*before, *archived(conn, [one.identity for one in outcomes if isinstance(one, Signal)])})),
    )


def _check(rows: Sequence[Mapping[str, Any]], source: str, now: datetime) -> list[Signal | list[Problem]]:
    checks: dict[tuple[str, ...], RowCheck] = {}
    outcomes = []
    for row in rows:
        names = tuple(row)
        if names not in checks:
            checks[names] = RowCheck(MAPPING, names, source, now)
        outcomes.append(checks[names](row))
    return outcomes


def _keep(
    conn: Connection,
    held: Any,
    outcomes: Sequence[Signal | list[Problem]],
    kept: Sequence[dict[str, Any]],
    actor: str,
    now: datetime,
) -> None:
    stored = store(conn, [one for one in outcomes if isinstance(one, Signal)], now=now, import_id=held.id)
    bad = [(number, one) for number, one in enumerate(outcomes, 1) if isinstance(one, list)]
    common = {"import_id": held.id, "status": "open", "created_at": now}
    refused = [{**common, "row_no": n, "raw": kept[n - 1], "problems": [p.record() for p in problems]} for n, problems in bad]
    insert_new(conn, t.quarantine, refused, ["import_id", "row_no"])
    reasons = Counter(problem.code for _, problems in bad for problem in problems[:1])
    numbers = {"accepted": stored.accepted, "duplicates": stored.duplicates, "quarantined": len(bad)}
    counts = {"counts": stored.notes, "warnings": stored.warnings, "reasons": reasons}
    imports.advance(conn, held, numbers, counts, rows_done=len(outcomes))
    imports.end(conn, held.id, "done", now)
    auditing.record(conn, actor, "signals.post", f"import:{held.id}", numbers, now)


def _ids(conn: Connection, outcomes: Sequence[Signal | list[Problem]]) -> dict[str, int]:
    s = t.signals.c
    found: dict[str, int] = {}
    for part in batches(one.identity for one in outcomes if isinstance(one, Signal)):
        found.update({row.identity: row.id for row in conn.execute(select(s.identity, s.id).where(s.identity.in_(part)))})
    return found


def _told(outcomes: Sequence[Signal | list[Problem]], ids: Mapping[str, int], seen: set[str]) -> list[Posted]:
    told = []
    for number, one in enumerate(outcomes, 1):
        if isinstance(one, list):
            told.append(Posted(number, "quarantined", None, tuple(problem.record() for problem in one)))
            continue
        told.append(Posted(number, "duplicate" if one.identity in seen else "accepted", ids.get(one.identity), ()))
        seen.add(one.identity)
    return told
