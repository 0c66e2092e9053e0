"""Verified alerts as they were known at a moment, and what they say of a model: verified rates, calibration, causes of false alarms.

One row an alert: alerts are verified as a whole, so a hundred copies of one text count once. Its grade and probability are those it had when the verdict was
reported; its verdict is the one in force at ``as_of``, accepted by then. Verdicts without a label (untraceable, not ours …) are no rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from models import health
from models.grades import wilson
from risk.domain import regions
from risk.domain.grades import Grade
from risk.domain.routing import base_model
from risk.domain.verdicts import label_of, taxonomy
from risk.services.bulk import select_in
from risk.storage import tables as t

SPOKE = 0.15
"""Log-odds from which a feature counts as having spoken for an alert."""


@dataclass(frozen=True, slots=True)
class VerifiedAlert:
    """An alert with its verdict. ``rules`` fired in its evidence, ``features`` spoke for it; ``judged`` is the latest ``as_of`` of its evidence, ``version``
    the model version that gave it its probability (``rules``: none, and then the probability is a severity that nobody calibrated)."""

    id: int
    region: str | None
    grade: Grade
    probability: float
    version: str
    confirmed: bool
    code: str
    sub_reason: str | None
    reported_at: datetime
    judged: datetime
    rules: frozenset[str]
    features: frozenset[str]

    @property
    def city(self) -> str:
        """The city (or directly administered county) of the alert; empty where the place is unknown."""
        return city_of(self.region)


def city_of(region: str | None) -> str:
    """The city of a region, itself where it has none above but the province; empty where it is unknown.

    >>> city_of("420102"), city_of("429004"), city_of("420000"), city_of(None)
    ('420100', '429004', '420000', '')
    """
    code = regions.resolve(region)
    if code is None:
        return ""
    return code if code.startswith("4290") else f"{code[:4]}00"


def verified(conn: Connection, model: str, since: datetime, as_of: datetime) -> list[VerifiedAlert]:
    """The alerts with evidence of this model (and lens) whose verdict was reported in (``since``, ``as_of``] and accepted by then, in order of their verdicts."""
    rows = _in_force(conn, base_model(model), since, as_of)
    by_alert = {row.alert_id: row for row in rows}
    pieces = _evidence(conn, model, by_alert)
    found = []
    for alert, row in by_alert.items():
        value = label_of(row.code, row.sub_reason)
        mine = [one for one in pieces.get(alert, ()) if one.added_at <= row.reported_at]
        if value is None or not mine:
            continue
        told, gravest = [one.evidence or {} for one in mine], max(mine, key=lambda one: (one.probability, one.id))
        found.append(
            VerifiedAlert(
                id=alert,
                region=row.region,
                grade=Grade(max(one.grade for one in mine)),
                probability=gravest.probability,
                version=gravest.model_version,
                confirmed=value > 0,
                code=row.code,
                sub_reason=row.sub_reason,
                reported_at=row.reported_at,
                judged=max(one.as_of for one in mine),
                rules=frozenset(rule["rule"] for one in told for rule in one.get("rules", ())),
                features=frozenset(name for one in told for name in _spoke(one)),
            )
        )
    return found


def _in_force(conn: Connection, base: str, since: datetime, as_of: datetime) -> list[Any]:
    v, a, newer, label = t.verdicts.c, t.alerts.c, t.verdicts.alias("newer").c, t.labels.c
    corrected = select(newer.id).where(newer.supersedes == v.id, newer.reported_at <= as_of).exists()
    accepted = select(label.id).where(label.verdict_id == v.id, label.known_at <= as_of).exists()
    query = (
        select(v.id, v.alert_id, v.code, v.sub_reason, v.reported_at, a.region)
        .join_from(t.verdicts, t.alerts, v.alert_id == a.id)
        .where(a.model == base, v.reported_at > since, v.reported_at <= as_of, ~corrected, accepted)
        .order_by(v.reported_at, v.id)
    )
    return list(conn.execute(query))


def _evidence(conn: Connection, model: str, alerts: Mapping[int, Any]) -> dict[int, list[Any]]:
    e, a = t.alert_evidence.c, t.assessments.c
    query = (
        select(e.alert_id, e.added_at, a.id, a.grade, a.probability, a.model_version, a.evidence, a.as_of)
        .join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
        .where(a.model == model)
    )
    found: dict[int, list[Any]] = {}
    for row in select_in(conn, query, e.alert_id, alerts):
        found.setdefault(row.alert_id, []).append(row)
    return found


def _spoke(evidence: Mapping[str, Any]) -> list[str]:
    """Features by name: columns, not words, which belong to single texts."""
    return [
        str(one["feature"]) for one in evidence.get("contributions", ()) if one["kind"] == "column" and float(one["log_odds"]) >= SPOKE
    ]  # fmt: skip


def rates(alerts: Sequence[VerifiedAlert]) -> list[dict[str, Any]]:
    """Verified rate (share confirmed, Wilson) by grade, by city, and by both: ``part`` is ``red``, ``420100`` or ``red 420100``."""
    counts: dict[str, list[int]] = {}
    for one in alerts:
        for part in (one.grade.code, one.city, f"{one.grade.code} {one.city}" if one.city else ""):
            if part:
                seen = counts.setdefault(part, [0, 0])
                seen[0] += one.confirmed
                seen[1] += 1
    return [{"part": part, "value": hits / n, **_ends(hits, n), "n": n} for part, (hits, n) in sorted(counts.items())]


def _ends(hits: int, n: int) -> dict[str, float]:
    low, high = wilson(hits, n)
    return {"low": low, "high": high}


def calibration(alerts: Sequence[VerifiedAlert]) -> dict[str, dict[str, Any]]:
    """Expected against found, over all alerts (``""``) and by city."""
    parts: dict[str, list[VerifiedAlert]] = {"": list(alerts)}
    for one in alerts:
        if one.city:
            parts.setdefault(one.city, []).append(one)
    return {
        part: health.calibration([a.probability for a in mine], [float(a.confirmed) for a in mine]) for part, mine in sorted(parts.items())
    }


def false_alarms(alerts: Sequence[VerifiedAlert]) -> dict[str, list[dict[str, Any]]]:
    """Why alerts were wrong: ``rules`` and ``features`` that spoke for wrong ones (see `models.health.causes`), ``reasons`` of the verdicts with their numbers."""
    wrong, right = [a for a in alerts if not a.confirmed], [a for a in alerts if a.confirmed]
    reasons = Counter(a.sub_reason or a.code for a in wrong)
    return {
        "rules": health.causes([a.rules for a in wrong], [a.rules for a in right]),
        "features": health.causes([a.features for a in wrong], [a.features for a in right]),
        "reasons": [
            {"code": code, **_words(code), "alerts": n} for code, n in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def _words(code: str) -> dict[str, str]:
    for kind in taxonomy().values():
        if code in kind.sub_reasons:
            return {"zh": kind.sub_reasons[code].zh, "en": kind.sub_reasons[code].en}
    kind = taxonomy()[code]
    return {"zh": kind.zh, "en": kind.en}
