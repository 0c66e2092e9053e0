"""Do the probabilities of a live model keep their word? Matured verdicts against what was said when the unit was judged: as a whole, by place, by grade.

The verdicts are those of alerts and of the random sample, each with the inverse of its chance of being verified; without a random sample the answer is about
alerts only, since nobody looked at the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from risk.domain.grades import Grade
from risk.scoring.keys import key_of, title
from risk.services import grade_evidence

REPLICATES = 200


@dataclass(frozen=True, slots=True)
class Reliability:
    """As `models.reliability` tells it; places are cities (the first four digits of a division's code), unknown ones an empty text."""

    key: str
    zh: str
    en: str
    since: datetime
    until: datetime
    as_of: datetime
    audited: bool
    overall: dict[str, Any]
    by_region: dict[str, Any]
    by_grade: dict[str, Any]
    by_region_and_grade: dict[str, dict[str, Any]]
    recalibration: dict[str, Any]


def reliability(
    conn: Connection, model: str, *, since: datetime | None, until: datetime | None, as_of: datetime, lens: str | None = None
) -> Reliability:
    """The reliability of a model over a period, with what had matured by ``as_of``."""
    from models.reliability import recalibration
    from models.reliability import reliability as told

    key = key_of(model, lens)
    evidence = grade_evidence.load(conn, key, since=since, until=until, as_of=as_of)
    known = [c for c in evidence.cases if c.label is not None]
    p = np.array([c.probability for c in known], dtype=np.float64)
    y = np.array([float((c.label or 0) > 0) for c in known], dtype=np.float64)
    w = np.array([c.weight for c in known], dtype=np.float64)
    grades, places = [Grade(c.grade).code for c in known], [_city(c.region) for c in known]
    overall = told(p, y, weights=w, slices=places, replicates=REPLICATES)
    by_grade = told(p, y, weights=w, slices=grades, replicates=0).get("by", {})
    cells = [f"{place}/{grade}" for place, grade in zip(places, grades, strict=True)]
    crossed: dict[str, dict[str, Any]] = {}
    for cell, figures in told(p, y, weights=w, slices=cells, replicates=0).get("by", {}).items():
        place, _, grade = cell.partition("/")
        crossed.setdefault(place, {})[grade] = figures
    again = recalibration(p, y, [c.known_at for c in known], w, replicates=REPLICATES)
    order = [g.code for g in sorted(Grade, reverse=True) if g.code in by_grade]
    return Reliability(
        key,
        title(key, "zh"),
        title(key, "en"),
        evidence.since,
        evidence.until,
        as_of,
        evidence.audited,
        overall,
        overall.pop("by", {}),
        {code: by_grade[code] for code in order},
        crossed,
        again,
    )


def _city(region: str | None) -> str:
    """The city of a division; those that answer to the province directly stand for themselves.

    >>> _city("420102"), _city("429004"), _city(None)
    ('420100', '429004', '')
    """
    if not region:
        return ""
    return region if region.startswith("4290") else f"{region[:4]}00"
