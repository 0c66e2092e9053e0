"""Up to which signal a model has nothing left to judge, so that a run over a full store does not look at every signal again.

**Passed**: every signal up to ``upto`` of the kinds that the model judges has an assessment by it, but those ``left``: observed or received after the run's moment, or failed.
A signal gets its number when it arrives, whatever its time, and an assessment is never taken back: what a run found to be so stays so, and the next run of the
model, of whatever moment and versions, begins there and looks at those ``left`` again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, select

from risk.services.bulk import select_in
from risk.storage import tables as t

KINDS = {"illegal_fundraising.solicitation": ("content", "warning"), "illegal_fundraising.report": ("report",)}
"""Which kinds of signals a model judges; all others judge every kind."""
ALL_KINDS = ("content", "report", "warning")

MOST_LEFT = 5_000
"""Signals that a model may have left below what it has passed: where there are more, it has passed less."""

_LOOK_BACK = 20
"""How many of a model's runs are searched for the one that passed most: runs of an earlier moment may pass less than those before."""


@dataclass(frozen=True, slots=True)
class Passed:
    """``left`` rises. ``whole``: nothing was dropped, so that what comes after ``upto`` may be added."""

    upto: int = 0
    left: tuple[int, ...] = ()
    whole: bool = True

    def plain(self, kinds: Sequence[str]) -> dict[str, Any]:
        """For JSON; told only of the ``kinds`` that the model judges."""
        return {"upto": self.upto, "left": list(self.left), "whole": self.whole, "kinds": sorted(kinds)}

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None, kinds: Sequence[str]) -> Passed | None:
        """What a run stored; None where it stored nothing, or judged other kinds."""
        if not stored or stored["kinds"] != sorted(kinds):
            return None
        return cls(int(stored["upto"]), tuple(stored["left"]), bool(stored["whole"]))

    def on(self, since: int, upto: int, left: Iterable[int]) -> Passed:
        """After a run looked at what may be left above ``since`` and up to ``upto``, of which those are ``left`` still.

        >>> Passed(4, (2,)).on(-1, 9, [2, 7])
        Passed(upto=9, left=(2, 7), whole=True)
        >>> Passed(4, (1, 2, 3)).on(1, 2, [])
        Passed(upto=4, left=(1, 3), whole=True)
        """
        if not self.whole:
            return self
        every = sorted({*left, *(number for number in self.left if not since < number <= upto)})
        if len(every) > MOST_LEFT:
            return Passed(max(every[MOST_LEFT] - 1, 0), tuple(every[:MOST_LEFT]), whole=False)
        return Passed(max(self.upto, upto), tuple(every))

    def again(self) -> Passed:
        """As a new run begins with it."""
        return Passed(self.upto, self.left)


def kinds_of(key: str) -> tuple[str, ...]:
    """The kinds of signals that the model judges."""
    return KINDS.get(key, ALL_KINDS)


def furthest(conn: Connection, key: str) -> Passed:
    """What the model's runs have passed so far; nothing where none told."""
    r = t.runs.c
    stored = conn.scalars(select(r.passed).where(r.model == key).order_by(r.id.desc()).limit(_LOOK_BACK)).all()
    found = [one for each in stored if (one := Passed.of(each, kinds_of(key))) is not None]
    return max(found, key=lambda one: one.upto, default=Passed()).again()


def unjudged(conn: Connection, as_of: datetime) -> int:
    """How many signals observed up to a moment no model has judged yet."""
    floor, left = _by_any(conn)
    s, a = t.signals.c, t.assessments.c
    query = select(s.id).where(s.observed_at <= as_of, s.kind != "case", ~exists().where(a.signal_id == s.id, a.signal_id > floor))
    after = int(conn.scalar(select(func.count()).select_from(query.where(s.id > floor).subquery())) or 0)
    query = select(s.id).where(s.observed_at <= as_of, s.kind != "case", ~exists().where(a.signal_id == s.id))
    return after + len(select_in(conn, query, s.id, left))


def _by_any(conn: Connection) -> tuple[int, list[int]]:
    """Up to which signal each has an assessment by some model, and which of those may have none."""
    r = t.runs.c
    best: dict[str, Passed] = {}
    for stored in conn.scalars(
        select(r.passed).where(r.passed.is_not(None)).order_by(r.id.desc()).limit(_LOOK_BACK * len(ALL_KINDS))
    ).all():
        if stored is None:
            continue
        for kind in stored["kinds"]:
            one = Passed.of(stored, stored["kinds"])
            if one is not None and one.upto > best.get(kind, Passed(-1)).upto:
                best[kind] = one
    if not best.keys() >= set(ALL_KINDS):
        return 0, []
    floor = min(one.upto for one in best.values())
    return floor, sorted({number for one in best.values() for number in one.left if number <= floor})
