"""The figures of a model's health, each with its limit, as known at a moment: pure reading of the store and of the estimators in `models`.

| figure | what | part |
|---|---|---|
| `score_drift`, `feature_drift`, `features_moved` | population stability index, beyond noise and chance | city; feature |
| `estimated_precision`, `estimated_recall`, `estimated_prevalence` | without labels, from probabilities | |
| `precision`, `recall`, `prevalence`, `recall_of_alerts` | from alerts and the random sample | |
| `complaints_flagged`, `complaint_lead_days` | confirmed complaints that had been flagged before | month |
| `calibration`, `estimate_error` | expected against found | city |
| `verified_rate` | share of alerts confirmed, Wilson | grade, city, both |
| `false_alarm_rule`, `false_alarm_feature`, `false_alarm_reason` | what speaks in wrong alerts, and why they were wrong | rule, feature, reason |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from models import drift, health
from risk.domain.datafiles import read_toml
from risk.services import health_verdicts, health_windows, selection_bias
from risk.services.health_verdicts import VerifiedAlert

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

RULES = "rules"
"""The version of a model that is its rules alone: its probability is a severity, and nothing is held against it as if it were calibrated."""

_SHOWN = 20
"""The most features, rules or months that are stored of one figure, the gravest first."""


@dataclass(frozen=True, slots=True)
class HealthFigure:
    """One figure. ``part``: of what (a feature, a city, a grade, a rule, a month), empty for the whole. ``value`` is None where it is not known."""

    name: str
    part: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    limit: float | None = None
    crossed: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


def figures(conn: Connection, scorer: Scorer, model: str, as_of: datetime) -> list[HealthFigure]:
    """Every figure as known at ``as_of``; nothing is written."""
    window, limits = read_toml("health.toml")["window"], limits_of(model)
    since = as_of - timedelta(days=int(window["history_days"]))
    alerts = health_verdicts.verified(conn, model, since, as_of)
    recent = [one for one in alerts if one.reported_at > as_of - timedelta(days=int(window["reference_days"])) and one.version != RULES]
    spans = health_windows.windows(
        conn, model, as_of, current_days=int(window["current_days"]), reference_days=int(window["reference_days"])
    )
    return [
        *(_of_windows(conn, scorer, model, as_of, spans, window, limits) if spans else []),
        *_of_selection(conn, model, since, as_of, limits),
        *_of_calibration(recent, limits),
        *_of_estimate_error(conn, model, as_of, alerts, window, limits),
        *_of_rates(alerts, limits),
        *_of_false_alarms(alerts, limits),
    ]


def limits_of(model: str) -> dict[str, Any]:
    """The limits of a model: those of all, with its own over them (a table ``[limits.models."<model>"]``).

    >>> limits_of("illegal_drug_sales")["score_psi"]
    0.25
    """
    said = dict(read_toml("health.toml")["limits"])
    own: Mapping[str, Any] = said.pop("models", {}).get(model, {})
    return said | dict(own)


def _of_windows(
    conn: Connection,
    scorer: Scorer,
    model: str,
    as_of: datetime,
    spans: health_windows.Windows,
    window: Mapping[str, Any],
    limits: Mapping[str, Any],
) -> list[HealthFigure]:
    least, most = int(window["least"]), int(window["most_units"])
    current = health_windows.scores(conn, model, spans.current, as_of, spans.version)
    before = health_windows.scores(conn, model, spans.scores_before, as_of, spans.version) if spans.scores_before else None
    found = [*_of_scores(before, current, spans, least, limits), *_of_estimate(before, current, spans, least, limits)]
    if spans.features_before:
        then = health_windows.features(conn, scorer, model, spans.features_before, as_of, most)
        now = health_windows.features(conn, scorer, model, spans.current, as_of, most)
        found += _of_features(then, now, spans, least, limits)
    return found


def _of_scores(
    before: health_windows.Scores | None,
    current: health_windows.Scores,
    spans: health_windows.Windows,
    least: int,
    limits: Mapping[str, Any],
) -> list[HealthFigure]:
    limit, said = float(limits["score_psi"]), _said(spans)
    if before is None or min(len(before.probability), len(current.probability)) < least:
        return [HealthFigure("score_drift", n=len(current.probability), limit=limit, detail=said | {"before": _n(before)})]
    parts = {"": (before.probability, current.probability)}
    for city in sorted({city for city in current.city if city}):
        pair = before.of(city), current.of(city)
        if min(map(len, pair)) >= least:
            parts[city] = pair
    told = drift.compare({part: pair[0] for part, pair in parts.items()}, {part: pair[1] for part, pair in parts.items()})
    return [_drifted("score_drift", one, limit, float(limits["p_value"]), said) for one in sorted(told, key=lambda one: one.name)]


def _of_features(
    then: Mapping[str, Any], now: Mapping[str, Any], spans: health_windows.Windows, least: int, limits: Mapping[str, Any]
) -> list[HealthFigure]:
    rows = [len(next(iter(one.values()))) if one else 0 for one in (then, now)]
    limit, p, said = float(limits["feature_psi"]), float(limits["p_value"]), _said(spans)
    if min(rows) < least:
        return [HealthFigure("feature_drift", n=rows[1], limit=limit, detail=said | {"before": rows[0]})]
    told = drift.compare(then, now)
    moved = [one for one in told if one.moved(limit, p)]
    whole = HealthFigure("features_moved", value=float(len(moved)), n=len(told), detail=said | {"before": rows[0], "now": rows[1]})
    shown = [*moved, *(one for one in told if one not in moved)][:_SHOWN]
    return [whole, *(_drifted("feature_drift", one, limit, p, {}) for one in shown)]


def _drifted(name: str, one: drift.Drift, limit: float, p: float, said: Mapping[str, Any]) -> HealthFigure:
    detail = {key: value for key, value in asdict(one).items() if key not in ("name", "psi")}
    return HealthFigure(name, one.name, one.psi, None, None, one.n_now, limit, one.moved(limit, p), detail | dict(said))


def _of_estimate(
    before: health_windows.Scores | None,
    current: health_windows.Scores,
    spans: health_windows.Windows,
    least: int,
    limits: Mapping[str, Any],
) -> list[HealthFigure]:
    """Without labels. A model that is its rules alone has no calibrated probability: its estimate is told, and crosses nothing."""
    told = health.estimate_without_labels(current.probability, current.alarm)
    drop = float(limits["estimated_precision_drop"])
    then = health.estimate_without_labels(before.probability, before.alarm)["precision"] if before else None
    calibrated = spans.version != RULES
    found = []
    for name in ("precision", "recall", "prevalence"):
        value, low, high = health.plain(told[name])
        detail: dict[str, Any] = {"calibrated": calibrated, "assumes": "calibrated, no concept drift, seen alike in training"}
        figure = HealthFigure(f"estimated_{name}", "", value, low, high, len(current.probability), detail=detail)
        if name == "precision" and then and then["value"] is not None:
            limit = then["value"] - drop
            sure = calibrated and high is not None and high < then["value"] and int(current.alarm.sum()) >= 10
            crossed = bool(sure and value is not None and value < limit and min(len(current.probability), _n(before)) >= least)
            figure = HealthFigure(figure.name, "", value, low, high, figure.n, limit, crossed, detail | {"reference": then["value"]})
        found.append(figure)
    return found


def _of_selection(conn: Connection, model: str, since: datetime, as_of: datetime, limits: Mapping[str, Any]) -> list[HealthFigure]:
    told = selection_bias.recall(conn, model, since, as_of, as_of)
    found = []
    for name, figure in told["figures"].items():
        value, low, high = health.plain(figure)
        limit = float(limits["recall"]) if name == "recall" else None
        crossed = limit is not None and value is not None and high is not None and high < limit
        found.append(HealthFigure(name, "", value, low, high, int(told["counts"]["verified_drawn"]), limit, crossed, told["counts"]))
    value, low, high = health.plain(told["loop"]["recall"])
    found.append(HealthFigure("recall_of_alerts", "", value, low, high, int(told["counts"]["verified_drawn"]), detail=told["counts"]))
    return [*found, *_of_complaints(selection_bias.complaints(conn, model, since, as_of, as_of), limits)]


def _of_complaints(told: Mapping[str, Any], limits: Mapping[str, Any]) -> list[HealthFigure]:
    limit, least = float(limits["complaints_flagged"]), int(limits["least_verdicts"])
    value, low, high = health.plain(told["share"])
    n = int(told["complaints"])
    crossed = value is not None and n >= least and high is not None and high < limit
    detail = {"flagged": told["flagged"], "confirmed": told["confirmed"], "without_subject": told["without_subject"]}
    found = [HealthFigure("complaints_flagged", "", value, low, high, n, limit, crossed, detail)]
    for month in told["months"][-_SHOWN:]:
        value, low, high = health.plain(month["share"])
        found.append(HealthFigure("complaints_flagged", month["month"], value, low, high, int(month["complaints"])))
    value, low, high = health.plain(told["lead_days"])
    return [*found, HealthFigure("complaint_lead_days", "", value, low, high, int(told["flagged"]))]


def _of_calibration(alerts: Sequence[VerifiedAlert], limits: Mapping[str, Any]) -> list[HealthFigure]:
    limit, least, level = float(limits["calibration_gap"]), int(limits["least_verdicts"]), float(limits["p_value"])
    told = health_verdicts.calibration(alerts)
    tested = {part: one for part, one in told.items() if one["n"] >= least}
    corrected = dict(zip(tested, drift.holm([one["p_gap"] for one in tested.values()]), strict=True))
    found = []
    for part, one in told.items():
        value, low, high = health.plain(one["gap"])
        crossed = part in corrected and value is not None and abs(value) > limit and corrected[part] < level
        detail = {"expected": one["expected"], "observed": one["observed"], "p": one["p_gap"], "p_spiegelhalter": one["p_spiegelhalter"]}
        detail["p_holm"] = corrected.get(part)
        known = value if one["n"] else None
        found.append(HealthFigure("calibration", part, known, low, high, int(one["n"]), limit, crossed, detail))
    return found


def _of_estimate_error(
    conn: Connection, model: str, as_of: datetime, alerts: Sequence[VerifiedAlert], window: Mapping[str, Any], limits: Mapping[str, Any]
) -> list[HealthFigure]:
    """What would have been estimated of the alarms of an earlier window, against what their verdicts said since."""
    days, limit = timedelta(days=int(window["current_days"])), float(limits["estimate_error"])
    span = (as_of - 2 * days, as_of - days)
    judged = health_windows.scores(conn, model, span, as_of)
    estimated = health.estimate_without_labels(judged.probability, judged.alarm)["precision"]["value"]
    mine = [one for one in alerts if span[0] < one.judged <= span[1] and one.version != RULES]
    real = health.calibration([one.probability for one in mine], [float(one.confirmed) for one in mine])["observed"]
    if estimated is None or not mine or real["value"] is None:
        return [HealthFigure("estimate_error", n=len(mine), limit=limit, detail={"estimated": estimated})]
    error = estimated - real["value"]
    outside = not real["low"] <= estimated <= real["high"]
    crossed = abs(error) > limit and outside and len(mine) >= int(limits["least_verdicts"])
    detail = {"estimated": estimated, "real": real, "since": span[0].isoformat(), "until": span[1].isoformat()}
    ends = estimated - real["high"], estimated - real["low"]
    return [HealthFigure("estimate_error", "", error, ends[0], ends[1], len(mine), limit, crossed, detail)]


def _of_rates(alerts: Sequence[VerifiedAlert], limits: Mapping[str, Any]) -> list[HealthFigure]:
    promised, least = limits["verified_rate"], int(limits["least_verdicts"])
    found = []
    for one in health_verdicts.rates(alerts):
        limit = promised.get(one["part"].split(" ")[0])
        crossed = limit is not None and one["n"] >= least and one["high"] < limit
        found.append(HealthFigure("verified_rate", one["part"], one["value"], one["low"], one["high"], one["n"], limit, crossed))
    return found


def _of_false_alarms(alerts: Sequence[VerifiedAlert], limits: Mapping[str, Any]) -> list[HealthFigure]:
    told = health_verdicts.false_alarms(alerts)
    limit, least = float(limits["rule_share"]), int(limits["least_verdicts"])
    found = []
    for name, rows in (("false_alarm_rule", told["rules"]), ("false_alarm_feature", told["features"])):
        for row in rows[:_SHOWN]:
            value, low, high = health.plain(row["confirmed"])
            n = int(row["wrong"]) + int(row["right"])
            crossed = name == "false_alarm_rule" and n >= least and high is not None and high < limit
            detail = {key: row[key] for key in ("wrong", "right", "ratio", "p", "p_holm")}
            mine = limit if name == "false_alarm_rule" else None
            found.append(HealthFigure(name, str(row["name"])[:200], value, low, high, n, mine, crossed, detail))
    wrong = sum(not one.confirmed for one in alerts)
    for reason in told["reasons"]:
        share = reason["alerts"] / wrong
        words = {"zh": reason["zh"], "en": reason["en"]}
        found.append(HealthFigure("false_alarm_reason", reason["code"], share, None, None, reason["alerts"], detail=words))
    return found


def _said(spans: health_windows.Windows) -> dict[str, Any]:
    def days(span: health_windows.Span | None) -> list[str] | None:
        return None if span is None else [moment.isoformat() for moment in span]

    told = {"version": spans.version, "current": days(spans.current), "scores_before": days(spans.scores_before)}
    return {**told, "features_before": days(spans.features_before)}


def _n(scores: health_windows.Scores | None) -> int:
    return 0 if scores is None else len(scores.probability)
