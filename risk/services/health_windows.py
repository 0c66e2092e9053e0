"""Windows of what a model judged: the days it is looked at now, and the days it is compared with. Scores as stored, features computed anew by the one code that scoring uses.

Everything is read by the moment of judgement and was there at ``as_of``: later runs are not seen. A window too large is thinned by the hash that identifies
a signal, the same for the same window. Features are those of the text alone, with channel, source and place; what was known around a unit is not computed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import Connection, func, select

from risk.services.health_verdicts import city_of
from risk.storage import tables as t

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

MOST_SCORES = 20_000

Span = tuple[datetime, datetime]
"""After the first moment, up to and with the second."""


@dataclass(frozen=True, slots=True)
class Windows:
    """The model version in use at ``as_of`` and its windows; None where there is nothing to compare with."""

    version: str
    current: Span
    scores_before: Span | None
    features_before: Span | None


def windows(conn: Connection, model: str, as_of: datetime, *, current_days: int, reference_days: int) -> Windows | None:
    """The current days, and as reference: for scores the first days of the version in use (other versions have other scores); for features the days before
    it came into use, which it was trained on, else the same first days. None where nothing was judged yet."""
    a, r = t.assessments.c, t.runs.c
    seen = select(a.model_version, a.as_of).join_from(t.assessments, t.runs, a.run_id == r.id)
    seen = seen.where(a.model == model, a.as_of <= as_of, r.ended_at <= as_of)
    newest = conn.execute(seen.order_by(a.as_of.desc(), a.id.desc()).limit(1)).first()
    if newest is None:
        return None
    version = str(newest.model_version)
    bounds = seen.with_only_columns(func.min(a.as_of))
    first_of_all = conn.scalar(bounds)
    first = conn.scalar(bounds.where(a.model_version == version))
    assert first is not None
    assert first_of_all is not None
    current = (as_of - timedelta(days=current_days), as_of)
    just_before = timedelta(microseconds=1)
    scores = _before((first - just_before, first - just_before + timedelta(days=reference_days)), current)
    earlier = (max(first - timedelta(days=reference_days), first_of_all - just_before), first - just_before)
    features = _before(earlier, current) if earlier[1] > earlier[0] else None
    return Windows(version, current, scores, features or scores)


def _before(reference: Span, current: Span) -> Span | None:
    """The reference cut where the current window begins; None where nothing is left."""
    end = min(reference[1], current[0])
    return (reference[0], end) if end > reference[0] else None


@dataclass(frozen=True, slots=True)
class Scores:
    """What a model said of a window's units: arrays of one length."""

    probability: np.ndarray[Any, Any]
    alarm: np.ndarray[Any, Any]
    city: Sequence[str]

    def of(self, city: str) -> np.ndarray[Any, Any]:
        """The probabilities of one city."""
        chosen: np.ndarray[Any, Any] = self.probability[np.array([one == city for one in self.city], dtype=bool)]
        return chosen


def scores(conn: Connection, model: str, span: Span, as_of: datetime, version: str | None = None) -> Scores:
    """Probabilities, whether they alarmed, and cities, of the units judged in the window (by that version, where one is given)."""
    a, s = t.assessments.c, t.signals.c
    query = _judged(model, span, as_of, a.probability, a.grade, s.region)
    if version is not None:
        query = query.where(a.model_version == version)
    rows = conn.execute(query.order_by(s.identity, a.id).limit(MOST_SCORES)).all()
    return Scores(
        np.array([row.probability for row in rows], dtype=np.float64),
        np.array([row.grade > 0 for row in rows], dtype=bool),
        [city_of(row.region) for row in rows],
    )


def features(conn: Connection, scorer: Scorer, model: str, span: Span, as_of: datetime, most: int) -> dict[str, Any]:
    """The features of a window's units by name: columns of the text, ``rule:`` outcomes, ``channel``, ``source``, ``kind``, ``city``. Empty without texts."""
    s = t.signals.c
    query = _judged(model, span, as_of, s.text, s.channel, s.source, s.kind, s.region).where(s.text != "")
    rows = conn.execute(query.order_by(s.identity).limit(most)).all()
    if not rows:
        return {}
    reading = scorer.read([row.text for row in rows])
    _, rules = scorer.rules(reading, model, None)
    found: dict[str, Any] = {str(name): reading.frame.columns[name].to_numpy() for name in reading.frame.columns}
    found |= {str(name): rules[name].to_numpy() for name in rules}
    return found | _named(rows)


def _named(rows: Sequence[Any]) -> dict[str, Any]:
    return {
        "channel": [row.channel for row in rows],
        "source": [row.source for row in rows],
        "kind": [row.kind for row in rows],
        "city": [city_of(row.region) or None for row in rows],
    }


def _judged(model: str, span: Span, as_of: datetime, *columns: Any) -> Any:
    a, r, s = t.assessments.c, t.runs.c, t.signals.c
    return (
        select(*columns)
        .join_from(t.assessments, t.runs, a.run_id == r.id)
        .join(t.signals, a.signal_id == s.id, isouter=True)
        .where(a.model == model, a.as_of > span[0], a.as_of <= span[1], r.ended_at <= as_of)
    )
