"""Candidates for an alert, and how they come together: one subject, one model, one window is one alert. Pure.

A *candidate* is one unit × one model that reached blue or had any rule fired. The window is a fixed grid of days since 1970 in Shanghai, not a sliding one:
whichever candidate is settled first, the same ones meet in the same alert.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.grades import Grade
from risk.domain.routing import base_model
from risk.domain.signals import digest

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One judged unit. ``error`` is set when judging failed: then there is no assessment. ``region`` is the place that counts (see ``routing.first_place``).

    ``unsure``: the model left both answers open. ``origin``: ``run``, or ``manual`` (a person entered it: never suppressed, never cut off by capacity) or
    ``warning`` (of an outside system: never cut off, for no later run would offer it again).
    """

    assessment_id: int | None
    signal_id: int | None
    subject_id: int | None
    model: str
    region: str | None
    probability: float
    grade: Grade
    title_zh: str
    title_en: str
    observed_at: datetime
    error: str | None = None
    unsure: bool = False
    origin: str = "run"

    @property
    def rank(self) -> tuple[int, bool, float, int]:
        """Gravest first: by grade, then what the model is unsure of (a person first), then probability, then the older assessment."""
        return (-int(self.grade), not self.unsure, -self.probability, self.assessment_id or 0)


def window_of(observed_at: datetime, days: int | None = None) -> tuple[int, datetime]:
    """The number of the merging window that a moment falls in, and the moment the window ends.

    >>> from datetime import UTC
    >>> window_of(datetime(2026, 10, 1, tzinfo=UTC), 90)[1].isoformat()
    '2026-12-03T00:00:00+08:00'
    """
    days = days or int(read_toml("disposal.toml")["merging"]["window_days"])
    index = (observed_at.astimezone(SHANGHAI).date() - _EPOCH).days // days
    return index, datetime.combine(_EPOCH + timedelta(days=(index + 1) * days), time(0), SHANGHAI)


def unit_of(candidate: Candidate, content_hash: str | None) -> str:
    """What candidates are merged by: the subject; without one the content observed; without that the signal itself."""
    if candidate.subject_id is not None:
        return f"subject:{candidate.subject_id}"
    return f"content:{content_hash}" if content_hash else f"signal:{candidate.signal_id}"


def merge_key(unit: str, model: str, window: int, turn: int = 0) -> str:
    """The unique key of an alert. ``turn`` counts alerts of the same key that are closed already: new evidence then opens a new alert, for a person to look at.

    >>> merge_key("subject:1", "illegal_fundraising.firm", 3) == merge_key("subject:1", "illegal_fundraising.report", 3)
    True
    """
    return digest([unit, base_model(model), window, turn])
