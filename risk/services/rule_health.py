"""How rules in service are doing, and what a person might do about it. Proposals only: nothing here changes a rule.

Read from the newest finished back-test of the rules in service, so that what was not stored (hits below blue, units that could not be decided) counts too.
Tests are exact (binomial, Fisher), two-sided, and corrected for the number of rules by Holm's method. They take units for independent; where one text is
copied a hundred times, they see a hundred. So a proposal also asks that the difference be large enough to matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from models.grades import FLOORS
from risk.domain.messages import register, say
from risk.domain.verdicts import taxonomy
from risk.services import repairs
from risk.services.backtest import share
from risk.services.bulk import select_in
from risk.storage import tables as t
from rules.items import Severity

LEVEL = 0.05
"""Of each family of tests, after Holm."""

MATTERS = 1.5
"""A rate or share that differs by less than this factor is left alone, however sure the difference is."""

ENOUGH = 10
"""Fewer labelled hits than this ask for nothing."""

REDUNDANT = 0.8
SILENT = 1_000
"""Units without a hit after which a rule that nobody expected anything of is worth a look."""

PROMISED = {"low": FLOORS["blue"], "medium": FLOORS["yellow"], "high": FLOORS["orange"], "critical": FLOORS["red"]}
"""The precision that a severity promises: that of the grade which a single rule of it reaches."""

register(
    {
        "health_no_backtest": ("还没有现行规则的回测", "no back-test of the rules in service is finished yet"),
        "health_no_backtest.hint": (
            "先运行 risk rules health，或提交一次不带文件的回测",
            "run risk rules health, or ask for a back-test without files",
        ),
        "health_do_pause": ("建议暂停", "pause"),
        "health_do_narrow": ("建议收窄", "narrow"),
        "health_do_merge": ("建议合并", "merge"),
        "health_do_retire": ("建议停用", "retire"),
        "health_do_reapprove": ("建议重新审批", "re-approve"),
        "health_imprecise": (
            "属实率 {value}（{low}–{high}，{n} 条），低于该严重度应有的 {floor}",
            "precision {value} ({low}–{high}, {n} labelled), below the {floor} that its severity promises",
        ),
        "health_hopeless": (
            "属实率 {value}（{low}–{high}，{n} 条），连蓝色预警应有的 {floor} 也达不到",
            "precision {value} ({low}–{high}, {n} labelled), below the {floor} that even blue promises",
        ),
        "health_rate_up": (
            "命中率 {now}，审批时为 {then}（校正后 p {p}）",
            "hits {now} of units, {then} when it was approved (p {p} after correction)",
        ),
        "health_rate_down": (
            "命中率降至 {now}，审批时为 {then}（校正后 p {p}）",
            "hits only {now} of units, {then} when it was approved (p {p} after correction)",
        ),
        "health_silent": (
            "{units} 条中没有命中，审批时的命中率下应有约 {expected} 次（校正后 p {p}）",
            "no hit in {units} units where about {expected} were expected (p {p} after correction)",
        ),
        "health_never": ("{units} 条中没有命中，命中率至多 {high}", "no hit in {units} units: at most {high} of them"),
        "health_decay": (
            "属实率由 {before} 降至 {after}（校正后 p {p}）",
            "precision fell from {before} to {after} (p {p} after correction)",
        ),
        "health_redundant": (
            "{share} 的命中也被不轻于它的规则“{other}”命中",
            "{share} of its hits are hits of `{other}` too, which is no less severe",
        ),
        "health_unknown": (
            "无法判定的比例由 {before} 升至 {after}（校正后 p {p}）",
            "the share that cannot be decided rose from {before} to {after} (p {p} after correction)",
        ),
    }
)


def examine(conn: Connection, models: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The health of the rules of models (all, where none is named), each by its newest finished back-test of rules in service; none where there is no back-test.

    ``repairs`` of a rule: how many repairs that verdicts asked of its owner are open, and how many were asked for.
    """
    c = t.backtests.c
    found: dict[str, Any] = {}
    query = select(t.backtests).where(c.status == "done").order_by(c.id.desc())
    for row in conn.execute(query.where(c.model.in_(models)) if models else query):
        if not row.sources and row.model not in found:
            found[row.model] = row
    rows = [found[name] for name in sorted(found)]
    expected = [{one["rule"]: expectation(conn, row, one) for one in row.result["rules"]} for row in rows]
    causes = [false_alarms(conn, row.model, row.since, row.until) for row in rows]
    reports = [report(row.result, then, why) for row, then, why in zip(rows, expected, causes, strict=True)]
    _correct([one for told in reports for one in told["rules"]])
    for told, row in zip(reports, rows, strict=True):
        told |= {"backtest": row.id, "asked_at": row.asked_at.isoformat()}
        asked = repairs.by_rule(conn, row.model)
        for one in told["rules"]:
            one["proposals"] = proposals(one)
            one["repairs"] = asked.get(one["rule"], {"open": 0, "asked": 0})
    return reports


def expectation(conn: Connection, row: Any, one: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was expected of this very version: by the back-test that its approver saw, else by the newest one over an earlier period."""
    v, i, c = t.rule_versions.c, t.rule_items.c, t.backtests.c
    approved = (
        select(v.evidence)
        .join_from(t.rule_versions, t.rule_items, v.item_id == i.id)
        .where(i.kind == "rule", i.name == one["rule"], v.state.in_(("active", "paused")))
        .order_by(v.version.desc())
    )
    numbers = [evidence.get("backtest") for evidence in conn.scalars(approved) if evidence]
    earlier = select(c.id, c.result).where(c.status == "done", c.model == row.model, c.id != row.id).order_by(c.id.desc())
    seen = [number for number in numbers if isinstance(number, int)]
    for chosen in ([earlier.where(c.id.in_(seen))] if seen else []) + [earlier.where(c.until <= row.since)]:
        for number, result in conn.execute(chosen):
            for then in result["rules"]:
                decided = then["hits"] + then["misses"]
                if then["rule"] == one["rule"] and then["hash"] == one["hash"] and decided:
                    return {"hits": then["hits"], "of": decided, "share": then["hits"] / decided, "backtest": number}
    return None


def false_alarms(conn: Connection, model: str, since: datetime, until: datetime) -> dict[str, dict[str, int]]:
    """For each rule, why alerts that it fired in turned out wrong: sub-reasons of the verdicts in force that were reported in the period."""
    v, e, a = t.verdicts.c, t.alert_evidence.c, t.assessments.c
    newer = t.verdicts.alias("newer")
    wrong = [code for code, kind in taxonomy().items() if kind.sub_reason_required]
    query = select(v.alert_id, v.code, v.sub_reason).where(v.code.in_(wrong), v.reported_at > since, v.reported_at <= until)
    rows = conn.execute(query.where(~select(newer.c.id).where(newer.c.supersedes == v.id).exists())).all()
    why = {row.alert_id: row.sub_reason or row.code for row in rows}
    pieces = select(e.alert_id, a.evidence).join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
    fired: dict[int, set[str]] = {}
    for row in select_in(conn, pieces.where(a.model.startswith(model)), e.alert_id, why):
        fired.setdefault(row.alert_id, set()).update(rule["rule"] for rule in (row.evidence or {}).get("rules", ()))
    found: dict[str, Counter[str]] = {}
    for alert, rules in fired.items():
        for rule in rules:
            found.setdefault(rule, Counter())[why[alert]] += 1
    return {rule: dict(sorted(causes.items())) for rule, causes in found.items()}


def report(result: Mapping[str, Any], expected: Mapping[str, Any], causes: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """What there is to say of each rule, without proposals yet; p-values stand alone."""
    severity = {one["rule"]: one["severity"] for one in result["rules"]}
    rules = [_rule(one, expected.get(one["rule"]), causes.get(one["rule"], {}), severity) for one in result["rules"]]
    return {"model": result["model"], "period": result["period"], "units": result["units"], "rules": rules, "lists": result["lists"]}


def _rule(one: Mapping[str, Any], then: Mapping[str, Any] | None, causes: Mapping[str, int], severity: Mapping[str, str]) -> dict[str, Any]:
    decided = one["hits"] + one["misses"]
    return {
        "rule": one["rule"],
        "title": one["title"],
        "severity": one["severity"],
        "units": one["units"],
        "hits": one["hits"],
        "share": share(one["hits"], decided),
        "expected": dict(then) if then else None,
        "rate": {"p": rate_p(one["hits"], decided, then["hits"], then["of"])} if then and decided else None,
        "precision": one["labels"]["precision"],
        "months": one["months"],
        "decay": halves([(m["confirmed"], m["labelled"]) for m in one["months"]]),
        "unknown": halves([(w["unknown"], w["units"]) for w in one["weeks"]]),
        "redundant": [
            {"rule": row["rule"], "share": row["of_this"], "severity": severity[row["rule"]]}
            for row in one["overlap"]
            if row["of_this"] >= REDUNDANT and row["rule"] in severity and _weight(severity[row["rule"]]) >= _weight(one["severity"])
        ],
        "causes": [
            {"cause": code, **_cause(code), "alerts": count} for code, count in sorted(causes.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def _weight(severity: str) -> float:
    found = Severity.named(severity)
    return found.weight if found else 0.0


def _cause(code: str) -> dict[str, str]:
    for kind in taxonomy().values():
        if code in kind.sub_reasons:
            return {"zh": kind.sub_reasons[code].zh, "en": kind.sub_reasons[code].en}
        if code == kind.code:
            return {"zh": kind.zh, "en": kind.en}
    return {"zh": code, "en": code}


def rate_p(hits: int, of: int, hits_then: int, of_then: int) -> float:
    """The exact two-sided binomial p-value of the hits now, had the share stayed what it was.

    Where the back-test had none (or only) hits, half a hit is added to what it saw and one to what it read: *never* was not promised.

    >>> round(rate_p(0, 10, 3, 10), 7), rate_p(2, 4, 5, 10)
    (0.0388396, 1.0)
    """
    from scipy.stats import binomtest

    expected = hits_then / of_then if 0 < hits_then < of_then else (hits_then + 0.5) / (of_then + 1)
    return float(binomtest(hits, of, expected).pvalue)


def halves(counts: Sequence[tuple[int, int]]) -> dict[str, Any] | None:
    """Earlier against later half of a series of (yes, of), cut where half of all is passed, by Fisher's exact test. None where one half is empty.

    >>> told = halves([(3, 4), (1, 4)])
    >>> told["before"]["value"], told["after"]["value"], round(told["p"], 6)
    (0.75, 0.25, 0.485714)
    """
    from scipy.stats import fisher_exact

    total, seen, cut = sum(of for _, of in counts), 0, 0
    while cut < len(counts) and seen * 2 < total:
        seen += counts[cut][1]
        cut += 1
    (yes, of), (yes_later, of_later) = ((sum(y for y, _ in part), sum(n for _, n in part)) for part in (counts[:cut], counts[cut:]))
    if not of or not of_later:
        return None
    p = float(fisher_exact(np.array([[yes, of - yes], [yes_later, of_later - yes_later]])).pvalue)
    return {"before": share(yes, of), "after": share(yes_later, of_later), "p": p}


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number, step down; in the order given.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = highest
    return corrected


def _correct(rules: Sequence[dict[str, Any]]) -> None:
    """Put the corrected value beside each p, family by family."""
    for family in ("rate", "decay", "unknown"):
        tested = [one[family] for one in rules if one[family] is not None]
        for test, value in zip(tested, holm([test["p"] for test in tested]), strict=True):
            test["p_holm"] = value


def proposals(one: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a person might do, each with its reason in both languages and the numbers in it."""
    return [*_of_precision(one), *_of_rate(one), *_of_halves(one), *_of_overlap(one)]


def _of_precision(one: Mapping[str, Any]) -> list[dict[str, str]]:
    found = one["precision"]
    if found is None or found["of"] < ENOUGH:
        return []
    told = {"value": pct(found["value"]), "low": pct(found["low"]), "high": pct(found["high"]), "n": found["of"]}
    if found["high"] < FLOORS["blue"]:
        return [_propose("pause", "health_hopeless", **told, floor=pct(FLOORS["blue"]))]
    floor = PROMISED[one["severity"]]
    return [_propose("narrow", "health_imprecise", **told, floor=pct(floor))] if found["high"] < floor else []


def _of_rate(one: Mapping[str, Any]) -> list[dict[str, str]]:
    decided = one["share"]["of"] if one["share"] else 0
    if one["rate"] is None:
        if decided >= SILENT and not one["hits"]:
            return [_propose("retire", "health_never", units=decided, high=pct(one["share"]["high"]))]
        return []
    if one["rate"]["p_holm"] >= LEVEL:
        return []
    now, then, p = one["share"]["value"], one["expected"]["share"], _p(one["rate"]["p_holm"])
    if not one["hits"]:
        return [_propose("reapprove", "health_silent", units=decided, expected=f"{then * decided:.1f}", p=p)]
    if now >= MATTERS * then:
        return [_propose("reapprove", "health_rate_up", now=pct(now), then=pct(then), p=p)]
    return [_propose("reapprove", "health_rate_down", now=pct(now), then=pct(then), p=p)] if now * MATTERS <= then else []


def _of_halves(one: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    for family, do, code, worse in (("decay", "narrow", "health_decay", -1), ("unknown", "reapprove", "health_unknown", 1)):
        test = one[family]
        if test is None or test["p_holm"] >= LEVEL:
            continue
        low, high = sorted((test["before"]["value"], test["after"]["value"]))
        if (test["after"]["value"] - test["before"]["value"]) * worse > 0 and high >= MATTERS * low:
            told = {"before": pct(test["before"]["value"]), "after": pct(test["after"]["value"]), "p": _p(test["p_holm"])}
            found.append(_propose(do, code, **told))
    return found


def _of_overlap(one: Mapping[str, Any]) -> list[dict[str, str]]:
    if one["hits"] < ENOUGH:
        return []
    return [_propose("merge", "health_redundant", share=pct(row["share"]), other=row["rule"]) for row in one["redundant"]]


def _propose(do: str, code: str, **facts: Any) -> dict[str, str]:
    return {"do": do, "why": code, "zh": say(code, "zh", **facts), "en": say(code, "en", **facts)}


def pct(value: float) -> str:
    """A share for people: whole per cents, small ones finer.

    >>> pct(0.756), pct(0.0123), pct(0.0)
    ('76%', '1.2%', '0%')
    """
    return f"{value:.0%}" if value >= 0.1 or not value else f"{value:.1%}" if value >= 0.001 else f"{value:.2%}"


def _p(value: float) -> str:
    return f"= {value:.3f}" if value >= 0.001 else "< 0.001"
