"""The health of rules: exact tests against hand-computed values, each proposal from the figures that call for it, nothing changed."""

from __future__ import annotations

import random
from datetime import timedelta
from math import comb
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from risk.services import backtest_jobs, rule_health
from risk.services.backtest import share
from risk.services.backtest_text import health_text
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.backtest_world import START, history, trial
from tests.risk.cli_world import check_golden
from tests.risk.run_world import MED, NOW, scorer

LATER = NOW + timedelta(days=60)


@pytest.mark.parametrize(
    ("hits", "of", "share_then"), [(0, 10, (3, 10)), (9, 12, (1, 4)), (1, 30, (1, 5)), (7, 20, (7, 20)), (20, 20, (1, 2))]
)
def test_the_rate_is_tested_exactly(hits: int, of: int, share_then: tuple[int, int]) -> None:
    """The two-sided p-value is the sum of all outcomes that are no likelier than the one seen."""
    p = share_then[0] / share_then[1]
    mass = [comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(of + 1)]
    wanted = sum(m for m in mass if m <= mass[hits] * (1 + 1e-9))
    assert rule_health.rate_p(hits, of, *share_then) == pytest.approx(wanted)


def test_known_values() -> None:
    # P(0) = 0.7^10 = 0.0282475; as unlikely or less: 7, 8, 9, 10 hits = 0.0090017 + 0.0014467 + 0.0001378 + 0.0000059
    assert rule_health.rate_p(0, 10, 3, 10) == pytest.approx(0.0388396, abs=5e-8)
    # nothing expected: (0 + 0.5) / (9 + 1) = 5 %; P(no hit in 4) is the likeliest, so p = 1
    assert rule_health.rate_p(0, 4, 0, 9) == 1.0
    # Fisher of 3 of 4 against 1 of 4: (C(4,3)C(4,1) + C(4,1)C(4,3) + 2) / C(8,4) = 34 / 70
    told = rule_health.halves([(3, 4), (1, 4)])
    assert told is not None
    assert told["p"] == pytest.approx(34 / 70)


def test_holm_steps_down() -> None:
    assert rule_health.holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert rule_health.holm([0.6, 0.9]) == [1.0, 1.0]
    rng = random.Random(0)
    for _ in range(50):
        values = [rng.random() for _ in range(rng.randint(1, 9))]
        corrected = rule_health.holm(values)
        assert all(a <= b <= 1 for a, b in zip(values, corrected, strict=True))
        assert min(corrected) == pytest.approx(min(1.0, min(values) * len(values)))


def _one(**parts: Any) -> dict[str, Any]:
    """A rule that nothing is wrong with, but for the parts given."""
    told = {
        "rule": "a", "severity": "high", "units": 2000, "hits": 200, "share": share(200, 2000), "expected": {"share": 0.1}, "rate": {"p_holm": 1.0},
        "precision": share(90, 100), "decay": None, "unknown": None, "redundant": [],
    }  # fmt: skip
    return told | parts


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ({}, []),
        ({"precision": share(10, 100)}, [("pause", "health_hopeless")]),
        ({"precision": share(55, 100)}, [("narrow", "health_imprecise")]),
        ({"precision": share(55, 100), "severity": "medium"}, []),
        ({"precision": share(0, 9)}, []),  # too few to say
        ({"precision": None}, []),
        ({"share": share(400, 2000), "rate": {"p_holm": 1e-9}}, [("reapprove", "health_rate_up")]),
        ({"share": share(100, 2000), "rate": {"p_holm": 1e-9}}, [("reapprove", "health_rate_down")]),
        ({"share": share(220, 2000), "rate": {"p_holm": 1e-9}}, []),  # sure, but small
        ({"share": share(400, 2000), "rate": {"p_holm": 0.06}}, []),  # large, but not sure
        ({"hits": 0, "share": share(0, 2000), "rate": {"p_holm": 1e-9}}, [("reapprove", "health_silent")]),
        ({"hits": 0, "share": share(0, 2000), "rate": None, "expected": None}, [("retire", "health_never")]),
        ({"hits": 0, "share": share(0, 900), "rate": None, "expected": None}, []),
        ({"decay": {"before": share(90, 100), "after": share(50, 100), "p_holm": 0.001}}, [("narrow", "health_decay")]),
        ({"decay": {"before": share(50, 100), "after": share(90, 100), "p_holm": 0.001}}, []),  # better is no fault
        ({"unknown": {"before": share(5, 100), "after": share(50, 100), "p_holm": 0.001}}, [("reapprove", "health_unknown")]),
        ({"unknown": {"before": share(50, 100), "after": share(5, 100), "p_holm": 0.001}}, []),
        ({"redundant": [{"rule": "b", "share": 0.9}]}, [("merge", "health_redundant")]),
        ({"redundant": [{"rule": "b", "share": 0.9}], "hits": 5}, []),
    ],
)
def test_each_proposal_has_its_reason(parts: dict[str, Any], wanted: list[tuple[str, str]]) -> None:
    found = rule_health.proposals(_one(**parts))
    assert [(one["do"], one["why"]) for one in found] == wanted
    for one in found:
        assert any(letter.isdigit() for letter in one["zh"])
        assert one["zh"] != one["en"]


def _backtest(engine: Engine, first_week: int, last_week: int) -> int:
    since, until = (START + timedelta(days=7 * week, hours=-1) for week in (first_week, last_week))
    number = backtest_jobs.ask(engine, trial(None, model=MED), scorer(), None, since=since, until=until, actor="张三", now=LATER)
    backtest_jobs.carry_out(engine, scorer(), number, clock=lambda: LATER)
    return number


def test_health_is_read_from_the_back_tests_in_service(engine: Engine) -> None:
    history(engine, weeks=6)
    with reading(engine) as conn:
        assert rule_health.examine(conn) == []
    earlier, newest = _backtest(engine, 0, 3), _backtest(engine, 3, 6)
    with reading(engine) as conn:
        (report,) = rule_health.examine(conn, [MED])
        then = {one["rule"]: one for one in conn.scalars(select(t.backtests.c.result).where(t.backtests.c.id == earlier)).one()["rules"]}
    assert (report["backtest"], report["units"]) == (newest, 39)
    rates = []
    for one in report["rules"]:
        before = then[one["rule"]]
        decided = before["hits"] + before["misses"]
        assert one["expected"] == {"hits": before["hits"], "of": decided, "share": before["hits"] / decided, "backtest": earlier}
        assert one["rate"]["p"] == rule_health.rate_p(one["hits"], one["share"]["of"], before["hits"], decided)
        rates.append(one["rate"])
    assert [rate["p_holm"] for rate in rates] == rule_health.holm([rate["p"] for rate in rates])
    months = next(one["months"] for one in report["rules"] if one["rule"] == "cure")
    assert [month["month"] for month in months] == ["2026-09", "2026-10"]
    assert sum(month["labelled"] for month in months) == next(one["precision"]["of"] for one in report["rules"] if one["rule"] == "cure")


def test_false_alarms_are_told_by_their_causes(engine: Engine) -> None:
    history(engine, weeks=4)
    number = _backtest(engine, 0, 6)
    with reading(engine) as conn:
        (report,) = rule_health.examine(conn)
        wrong = set(conn.scalars(select(t.verdicts.c.alert_id).where(t.verdicts.c.code == "30")))
        query = select(t.alert_evidence.c.alert_id, t.assessments.c.evidence).join_from(t.alert_evidence, t.assessments)
        fired: dict[str, set[int]] = {}
        for row in conn.execute(query):
            for rule in row.evidence["rules"]:
                fired.setdefault(rule["rule"], set()).add(row.alert_id)
    assert report["backtest"] == number
    told = {one["rule"]: {cause["cause"]: cause["alerts"] for cause in one["causes"]} for one in report["rules"]}
    wanted = {rule: len(alerts & wrong) for rule, alerts in fired.items() if alerts & wrong}
    assert {rule: causes for rule, causes in told.items() if causes} == {rule: {"context_misread": n} for rule, n in wanted.items()}


def test_the_approvers_back_test_is_the_expectation(sqlite_engine: Engine) -> None:
    """Where a version's evidence names a back-test, that one counts, whatever ran since."""
    history(sqlite_engine, weeks=4)
    approved, between, newest = _backtest(sqlite_engine, 0, 2), _backtest(sqlite_engine, 2, 3), _backtest(sqlite_engine, 3, 5)
    with transaction(sqlite_engine) as conn:
        item = conn.execute(
            insert(t.rule_items).values(kind="rule", name="cure", model=MED, created_at=NOW).returning(t.rule_items.c.id)
        ).scalar_one()
        conn.execute(
            insert(t.rule_versions).values(
                item_id=item, version=1, source="", text="", language="zh", hash="", state="active", author="a", evidence={"backtest": approved},
                created_at=NOW, changed_at=NOW,
            )
        )  # fmt: skip
    with reading(sqlite_engine) as conn:
        (report,) = rule_health.examine(conn)
    assert report["backtest"] == newest
    seen = {one["rule"]: one["expected"]["backtest"] for one in report["rules"]}
    assert (seen["cure"], seen["urge"]) == (approved, between)


def test_nothing_is_changed(sqlite_engine: Engine) -> None:
    def world() -> dict[str, list[Any]]:
        with reading(sqlite_engine) as conn:
            return {
                name: [tuple(row) for row in conn.execute(select(table))]
                for name, table in t.metadata.tables.items()
                if name not in ("backtests", "audit", "audit_head")
            }

    history(sqlite_engine, weeks=3)
    before = world()
    _backtest(sqlite_engine, 0, 3)
    with reading(sqlite_engine) as conn:
        rule_health.examine(conn)
    assert world() == before


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_reads_well(sqlite_engine: Engine, lang: str) -> None:
    history(sqlite_engine, weeks=5)
    _backtest(sqlite_engine, 0, 2)
    _backtest(sqlite_engine, 2, 5)
    with reading(sqlite_engine) as conn:
        reports = rule_health.examine(conn)
    for one in reports[0]["rules"]:  # as if the tests had found something
        if one["rule"] == "urge":
            one["proposals"] = rule_health.proposals(
                _one(precision=share(2, 40), rate={"p_holm": 0.0004}, share=share(6, 39), expected={"share": 0.05})
            )
    check_golden(f"rule_health.{lang}.txt", health_text(reports, lang))
