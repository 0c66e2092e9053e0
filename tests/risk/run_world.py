"""A small world for the tests of runs: a pack of its own, so that the shipped packs may change, and signals stored as intake stores them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, func, select, update

from risk.domain.signals import Signal, SubjectKeys
from risk.scoring.scorer import Scorer
from risk.services.dispatch import seed_offices
from risk.services.signal_store import store
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from rules.pack import Pack, pack_from_text

NOW = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Wuhan
SEEN = NOW - timedelta(hours=2)
MED, DRUG, REPORT = "false_medical_advertising", "illegal_drug_sales", "illegal_fundraising.report"
KEYS = (MED, DRUG, REPORT)

MED_PACK = """
rule cure "断言治愈" / "promises a cure"
  severity high
  when text has any of "根治" and text has any of "糖尿病"
  because zh "宣称“{hit}”，涉嫌断言疗效" en "claims \\"{hit}\\": suspected promise of a cure"
rule urge "催促购买" / "urges to buy"
  severity low
  when text has any of "立即抢购"
rule again "一再被投诉" / "complained of again"
  severity medium
  when (complaints_in_last(30天) >= 2) otherwise false
rule warned "曾被预警" / "warned of before"
  severity low
  when (alerts_in_last(180天) >= 1) otherwise false
rule unlicensed "无医疗机构执业许可" / "without a licence"
  severity medium
  when text has any of "诊疗" and (licence_state("医疗机构执业许可证") != "valid") otherwise false
"""
DRUG_PACK = """
rule secret "私下售药" / "sells in private"
  severity medium
  when text has any of "代购药"
"""
FUND_PACK = """
rule scheme "疑似集资" / "a scheme"
  lens report
  severity high
  when text has any of "集资款"
"""
CURE, URGE, DRUGS, PLAIN, SCHEME = "三个疗程根治糖尿病", "立即抢购养生茶", "代购药品加我", "本店今日营业", "集资款要不回来"


@cache
def packs() -> tuple[Pack, ...]:
    """The test's own packs."""
    return (pack_from_text(MED_PACK, MED), pack_from_text(DRUG_PACK, DRUG), pack_from_text(FUND_PACK, "illegal_fundraising"))


@cache
def scorer() -> Scorer:
    """Rules only, over the test's packs."""
    return Scorer(packs=packs())


def put(
    conn: Connection,
    texts: Sequence[str],
    *,
    shops: Sequence[str | None] | None = None,
    at: datetime = SEEN,
    received: datetime | None = None,
    tag: str = "t",
    **more: Any,
) -> list[int]:
    """Store texts as signals of shops (a shop each unless given); their ids in order."""
    signals = [
        Signal(
            "测试源", text, at, time_given=True, source_id=f"{tag}{i}", region="420102",
            subject=SubjectKeys(platform="商城", shop=shop) if (shop := shops[i] if shops else f"{tag}店{i}") else SubjectKeys(), **more,
        )
        for i, text in enumerate(texts)
    ]  # fmt: skip
    store(conn, signals, now=received or at)
    ids = {row.identity: row.id for row in conn.execute(select(t.signals.c.identity, t.signals.c.id))}
    return [ids[signal.identity] for signal in signals]


def set_capacity(engine: Engine, weekly: int) -> None:
    """Offices as shipped, all with this capacity."""
    with transaction(engine) as conn:
        seed_offices(conn)
        conn.execute(update(t.offices).values(weekly_capacity=weekly))


def world(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """What judging left, without ids of rows and moments of the clock."""
    r, c, a = t.runs.c, t.candidates.c, t.alerts.c
    with reading(engine) as conn:
        found = {
            "runs": select(r.model, r.as_of, r.status, r.judged, r.candidates),
            "assessments": select(
                t.assessments.c.signal_id, t.assessments.c.model, t.assessments.c.probability, t.assessments.c.grade, t.assessments.c.evidence_hash
            ),
            "candidates": select(r.model, c.signal_id, c.outcome, a.merge_key).join_from(t.candidates, t.runs, c.run_id == r.id).join(
                t.alerts, c.alert_id == a.id, isouter=True
            ),
            "alerts": select(a.merge_key, a.model, a.grade, a.probability, a.title_zh),
            "tasks": select(a.merge_key, t.tasks.c.office_code, t.tasks.c.grade).join_from(t.tasks, t.alerts, t.tasks.c.alert_id == a.id),
        }  # fmt: skip
        return {name: sorted((tuple(row) for row in conn.execute(query)), key=repr) for name, query in found.items()}


def count(engine: Engine, table: Any, *conditions: Any) -> int:
    """How many rows."""
    with reading(engine) as conn:
        return int(conn.scalar(select(func.count()).select_from(table).where(*conditions)) or 0)
