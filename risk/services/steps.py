"""What open runs have left to judge: the next signals of each, so that one reading serves all models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, or_, select

from risk.services.bulk import select_in
from risk.services.chunks import Step
from risk.services.passing import kinds_of
from risk.services.settling import OpenRun, judged
from risk.storage import tables as t

_WIDEST = 20_000
"""The most signals that are looked at in one query, where all of those before were judged already."""


def next_step(conn: Connection, runs: Sequence[OpenRun], chunk: int, *, begin: bool) -> Step | None:
    """The next signals of each run (all of one moment), up to one common id; None when nothing is left, unless a run is to ``begin``.

    Of no model more than ``chunk``: the first that has as many says where the step ends.
    """
    if not runs:
        return None
    as_of = runs[0].as_of
    wanted: dict[str, list[int]] = {one.key: [] for one in runs}
    waiting: dict[str, list[int]] = {one.key: [] for one in runs}
    upto = 0
    for rows in _looked_at(conn, runs, chunk):
        there = judged(conn, [number for number, _, _ in rows])
        for one in runs:
            kinds, done = kinds_of(one.key), there.get(one.key, ())
            for number, kind, late in rows:
                if number > one.cursor and kind in kinds and number not in done:
                    (waiting if late else wanted)[one.key].append(number)
        full = [ids[chunk - 1] for ids in wanted.values() if len(ids) >= chunk]
        upto = min(full) if full else rows[-1].id
        if full:
            break
    else:
        upto = max(upto, min(one.passed.upto for one in runs)) if upto or begin else 0
    if upto == 0 and not begin:
        return None
    cut = [{key: [i for i in ids if i <= upto] for key, ids in found.items()} for found in (wanted, waiting)]
    return Step(cut[0], upto, as_of, min(as_of, *(one.started_at for one in runs)), cut[1])


def _looked_at(conn: Connection, runs: Sequence[OpenRun], chunk: int) -> Iterator[Sequence[Any]]:
    """Signals that may be left, in the order of their ids: those that were left before, then all that not every model has passed.

    Each with its kind and whether it is ``late``: observed or received after the runs' moment.
    """
    s = t.signals.c
    query = select(s.id, s.kind, or_(s.observed_at > runs[0].as_of, s.received_at > runs[0].as_of).label("late"))
    begun, passed = min(one.cursor for one in runs), min(one.passed.upto for one in runs)
    left = sorted({number for one in runs for number in one.passed.left if begun < number <= passed})
    for first in range(0, len(left), chunk):
        found = select_in(conn, query, s.id, left[first : first + chunk])
        if found:
            yield sorted(found, key=lambda row: int(row.id))
    last, width = max(begun, passed), chunk
    while rows := conn.execute(query.where(s.id > last).order_by(s.id).limit(width)).all():
        yield rows
        last, width = rows[-1].id, max(chunk, min(2 * width, _WIDEST))
