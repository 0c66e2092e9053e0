"""The case library (案例库): texts whose answer is known, kept as signals of the kind ``case`` with labels. Runs never judge them; training reads them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from risk.domain.signals import Signal
from risk.services.bulk import insert_rows, select_in, slices
from risk.services.signal_store import store
from risk.services.training_sets import Part, case_library, known_at, look_alikes, weight_of
from risk.storage import tables as t
from risk.storage.engine import transaction

SOURCE = "案例库"


@dataclass(frozen=True, slots=True)
class Case:
    """A text whose answer is known for some models (1 or 0), and the scheme it is an example of: cases of a scheme are never split between fitting and checking."""

    text: str
    labels: Mapping[str, float]
    scheme: str = ""
    weight: float = 1.0


def add(conn: Connection, cases: Iterable[Case], *, known_at: datetime, now: datetime) -> int:
    """Add cases; one that is there already only gains labels. Returns how many labels are new."""
    added = 0
    for part in slices_of(cases):
        signals = [Signal(SOURCE, one.text, known_at, time_given=False, kind="case", fields={"scheme": one.scheme}) for one in part]
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
                "model": key,
                "signal_id": ids[signal.identity],
                "value": float(value),
                "weight": one.weight,
                "source": "case_library",
                "known_at": known_at,
                "matures_at": known_at,
            }
            for signal, one in zip(signals, part, strict=True)
            for key, value in one.labels.items()
            if (ids[signal.identity], key) not in have
        ]
        insert_rows(conn, t.labels, rows)
        added += len(rows)
    return added


def ship(engine: Engine, key: str, *, whole: bool, now: datetime) -> int:
    """Add the project's own library for one model, or its look-alikes alone, to the cases of a store, known since its release; again, it adds nothing."""
    return take(engine, key, case_library(key) if whole else look_alikes(key), known_at=known_at(), now=now)


def take(engine: Engine, key: str, part: Part, *, known_at: datetime, now: datetime) -> int:
    """Add labelled texts of one source to the cases of a store, each with the weight of its source; returns how many labels are new."""
    weight, schemes = weight_of(part.source), part.schemes or ("",) * len(part.texts)
    rows = [
        Case(text, {key: label}, scheme, weight)
        for text, label, scheme in zip(part.texts, part.labels, schemes, strict=True)
        if not math.isnan(label)
    ]
    with transaction(engine) as conn:
        return add(conn, rows, known_at=known_at, now=now)


def slices_of(cases: Iterable[Case], size: int = 800) -> Iterable[Sequence[Case]]:
    """The cases in runs of at most ``size``, the same text once."""
    unique = {one.text: one for one in cases}
    for part in slices(unique, size):
        yield [unique[text] for text in part]
