"""A back-test: what rules would have said of past units, each as of its own moment, and what that is worth, for the person who approves them.

The figures are plain JSON: hits and their share, precision and recall where labels are, overlap with every other rule, what the rule adds that no other rule
gives, the alerts it would bring and whose work they are, sample hits and near misses, what could not be decided and why. The same call gives the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models.grades import wilson
from risk.services import backtest_tally
from risk.services.backtest_judging import Worlds
from risk.services.backtest_load import NewAlerts, Offices, load_of, new_alerts
from risk.services.backtest_plan import Trial, keys_of, rule_hash
from risk.services.backtest_samples import sample
from risk.services.backtest_tally import RuleTally, Tally, lists_of
from risk.services.backtest_units import CHUNK, FileHistory, History

if TYPE_CHECKING:
    from risk.scoring.scorer import Learner

OVERLAP = 0.8
"""From this share on an overlap is pointed out: design and issue allow no two rules of a pack to share more."""

LISTED = 200
"""Words of a list that are named in the figures."""

Progress = Callable[[int, int], bool]
"""Told how many units of how many are read; false stops."""


def over_file(
    trial: Trial,
    learners: Mapping[str, Learner] | None,
    texts: Sequence[str],
    labels: Sequence[float] | None,
    *,
    name: str,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """A back-test on the rows of a file: no history, no offices. Labels are 1, 0, between, or nan for unknown."""
    history, worlds, tally = FileHistory(texts, labels, name=name), Worlds(trial, learners), Tally()
    known, total = history.labels(trial.model), history.total()
    for chunk in history.after(0, CHUNK):
        backtest_tally.add(tally, worlds, chunk, known)
        if progress:
            progress(tally.units, total)
    return figures(tally, worlds, history, known, Offices(None, {})) | {"source": {"kind": "file", "name": name}, "period": None}


def figures(tally: Tally, worlds: Worlds, history: History, labels: Mapping[int, float], offices: Offices) -> dict[str, Any]:
    """The result once every unit is counted: the alerts are settled, samples chosen and quoted."""
    trial = worlds.trial
    alerts = new_alerts(tally, worlds, history)
    for rule in trial.rules:
        tally.rules.setdefault(rule, RuleTally())
    rules = [_rule(rule, tally, worlds, history, labels, alerts, offices) for rule in trial.rules]
    return {
        "format": 1,
        "model": trial.model,
        "hash": trial.hash,
        "versions": {"before": trial.before.version, "after": trial.after.version},
        "learners": {key: worlds.learners[key].version if key in worlds.learners else "rules" for key in keys_of(trial.model)},
        "units": tally.units,
        "rules": rules,
        "change": _change(tally, trial, alerts, offices) if trial.changed else None,
        "also_changes": list(trial.also),
        "lists": [_list(name, tally, worlds) for name in lists_of(worlds)],
    }


def _rule(
    rule: str, tally: Tally, worlds: Worlds, history: History, labels: Mapping[int, float], alerts: NewAlerts, offices: Offices
) -> dict[str, Any]:
    one, item = tally.rules[rule], worlds.trial.after.rule_by_id[rule]
    standing = worlds.trial.standing(rule)
    hits, misses = sample(one, rule, worlds, history, labels)
    return {
        "rule": rule,
        "title": {"zh": item.title_zh, "en": item.title_en or item.title_zh},
        "lens": item.lens,
        "severity": item.severity.en,
        "standing": standing,
        "hash": rule_hash(item, worlds.trial.after),
        "units": one.units,
        "hits": one.hits,
        "misses": one.misses,
        "unknown": one.unknown,
        "share": share(one.hits, one.units),
        "weeks": [{"week": w, "units": n, "hits": h, "unknown": u} for w, (n, h, u) in sorted(one.weeks.items()) if w],
        "months": [{"month": m, "labelled": n, "confirmed": c, "precision": share(c, n)} for m, (n, c) in sorted(one.months.items()) if m],
        "labels": _labels(one),
        "overlap": _overlap(one, tally.others),
        "alone": dict(one.alone),
        "grades": dict(sorted(one.grades.items())),
        "load": load_of(alerts.rules[rule].values(), worlds.trial.model, offices, counted=standing != "new"),
        "sample": hits,
        "near": {"parts": _parts(one, rule, worlds), "sample": misses},
        "unknown_by": _unknown(one, rule, worlds),
        "compared": _compared(one) if standing == "changed" else None,
    }


def share(count: int, of: int) -> dict[str, Any] | None:
    """A share with its Wilson interval; None of nothing.

    >>> share(8, 10)["of"], round(share(8, 10)["low"], 3), share(0, 0)
    (10, 0.49, None)
    """
    if not of:
        return None
    low, high = wilson(count, of)
    return {"value": count / of, "low": low, "high": high, "of": of}


def _labels(one: RuleTally) -> dict[str, Any]:
    return {
        "labelled": one.labelled,
        "positives": one.positives,
        "hits": one.labelled_hits,
        "confirmed": one.confirmed,
        "precision": share(one.confirmed, one.labelled_hits),
        "recall": share(one.positives_hit, one.positives),
    }


def _overlap(one: RuleTally, others: Mapping[str, int]) -> list[dict[str, Any]]:
    """Each other rule that hits a unit in common: Jaccard, the share of this one's hits that it has too, the share of its hits that this one has."""
    rows = []
    for other, both in one.both.items():
        total = others.get(other, 0)
        mine, theirs = both / one.hits, both / total
        rows.append(
            {
                "rule": other,
                "both": both,
                "jaccard": both / (one.hits + total - both),
                "of_this": mine,
                "of_other": theirs,
                "flagged": max(mine, theirs) >= OVERLAP,
            }
        )
    return sorted(rows, key=lambda row: (-max(row["of_this"], row["of_other"]), row["rule"]))


def _parts(one: RuleTally, rule: str, worlds: Worlds) -> list[dict[str, Any]]:
    told = []
    for number, count in sorted(one.near.items(), key=lambda item: (item[1], int(item[0]))):
        said = worlds.probes.said(rule, int(number))
        told.append({"zh": said.zh, "en": said.en, "units": count})
    return told


def _unknown(one: RuleTally, rule: str, worlds: Worlds) -> list[dict[str, Any]]:
    told = []
    for number, count in sorted(one.unknown_by.items(), key=lambda item: (-item[1], int(item[0]))):
        said = worlds.probes.said(rule, int(number), source=True)
        told.append({"zh": said.zh, "en": said.en, "units": count})
    return told


def _compared(one: RuleTally) -> dict[str, Any]:
    """Before and after, side by side: what only the old version hits, only the new one, and both."""
    sides: dict[str, dict[str, Any]] = {
        name: {"units": 0, "labelled": 0, "confirmed": 0, **one.versions.get(name, {})} for name in ("only_old", "only_new", "both")
    }
    for side in sides.values():
        side["precision"] = share(side["confirmed"], side["labelled"])
    return sides


def _change(tally: Tally, trial: Trial, alerts: NewAlerts, offices: Offices) -> dict[str, Any]:
    """What the candidate as a whole changes: grades of units, alerts that come and that go."""
    return {
        "grades": dict(sorted(tally.change.items())),
        "gained": load_of(alerts.gained.values(), trial.model, offices, counted=False),
        "lost": load_of(alerts.lost.values(), trial.model, offices, counted=True),
    }


def _list(name: str, tally: Tally, worlds: Worlds) -> dict[str, Any]:
    """Words never seen in the period, and words seen only where another word of the list is seen."""
    terms, counts = worlds.trial.after.list_by_name[name].terms, tally.lists.get(name, {})
    never = [term for term in terms if term not in counts]
    covered = []
    for term, (_, hits, inside) in sorted(counts.items()):
        beside = tally.covers.get(name, {}).get(term, {})
        others = [other for other in beside if (counts[other][1], -len(other)) > (hits, -len(term))]
        if hits == inside and others:  # of two words always seen together the shorter one is kept
            by = min(others, key=lambda other: (-beside[other], other))
            covered.append({"term": term, "by": by, "hits": hits, "together": beside[by]})
    return {
        "list": name,
        "terms": len(terms),
        "never": never[:LISTED],
        "never_count": len(never),
        "covered": covered[:LISTED],
        "covered_count": len(covered),
    }


def period(since: datetime, until: datetime) -> dict[str, str]:
    """A period as the figures name it: (since, until]."""
    return {"since": since.isoformat(), "until": until.isoformat()}
