"""The case library (案例库): texts whose answer is known, kept as signals of the kind ``case`` with labels. Runs never judge them; training reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from risk.domain.signals import Signal
from risk.services.bulk import insert_rows, select_in, slices
from risk.services.signal_store import store
from risk.storage import tables as t

SOURCE = "案例库"


def add(conn: Connection, cases: Iterable[tuple[str, Mapping[str, float]]], *, known_at: datetime, now: datetime) -> int:
    """Add cases: a text and, for model keys, whether it is one (1) or not (0). A case that is there already only gains labels. Returns how many labels are new."""
    added = 0
    for part in slices_of(cases):
        signals = [Signal(SOURCE, text, known_at, time_given=False, kind="case") for text, _ in part]
        store(conn, signals, now=now)
        ids = {
            row.identity: row.id
            for row in select_in(conn, select(t.signals.c.identity, t.signals.c.id), t.signals.c.identity, [s.identity for s in signals])
        }
        have = {
            (row.signal_id, row.model)
            for row in select_in(
                conn,
                select(t.labels.c.signal_id, t.labels.c.model).where(t.labels.c.source == "case_library"),
                t.labels.c.signal_id,
                list(ids.values()),
            )
        }
        rows = [
            {
                "model": key, "signal_id": ids[signal.identity], "value": float(value), "weight": 1.0, "source": "case_library",
                "known_at": known_at, "matures_at": known_at,
            }
            for signal, (_, labels) in zip(signals, part, strict=True)
            for key, value in labels.items()
            if (ids[signal.identity], key) not in have
        ]  # fmt: skip
        insert_rows(conn, t.labels, rows)
        added += len(rows)
    return added


def slices_of(cases: Iterable[tuple[str, Mapping[str, float]]], size: int = 800) -> Iterable[Sequence[tuple[str, Mapping[str, float]]]]:
    """The cases in runs of at most ``size``, the same text once."""
    unique = dict(cases)
    for part in slices(unique, size):
        yield [(text, unique[text]) for text in part]
