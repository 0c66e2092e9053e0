"""A small history for the tests of back-tests: shops that post over six weeks, are judged week by week, verified, and corrected later."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import Engine, select

from risk.services import register, runs, tasks
from risk.services.backtest_plan import Trial, plan
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from rules.pack import Pack, pack_from_text
from tests.risk.reviewing import review_all
from tests.risk.run_world import CURE, DRUGS, MED, NOW, PLAIN, SCHEME, URGE, put, scorer, set_capacity

START = NOW - timedelta(days=42)
CLINIC = "医疗机构执业许可证"
SHOPS = [f"a店{i}" for i in range(6)]
MILD, BOTH = "糖尿病人的养生茶", "三个疗程根治糖尿病，立即抢购"
TEXTS = (CURE, URGE, PLAIN, DRUGS, MILD, BOTH, "本院诊疗糖尿病", "老人不能根治的病")

CANDIDATE = """
rule diabetes "提到糖尿病并催促" / "names diabetes and urges"
  model false_medical_advertising
  severity high
  when text has any of "糖尿病" and text has any of "养生茶", "立即抢购"
  because zh "称“{hit}”，涉嫌虚假宣传" en "says \\"{hit}\\": suspected false claim"
"""
UNDECIDED = """
rule history "一再出现" / "seen again"
  model false_medical_advertising
  severity low
  when text has any of "糖尿病", "抢购" and signals_in_last(30天) >= 1
"""


def candidate(text: str = CANDIDATE) -> Pack:
    """A rule that is not in service."""
    return pack_from_text(text, "mine")


def trial(text: str | None = CANDIDATE, **how: Any) -> Trial:
    """What to try over the test's packs."""
    return plan(scorer().packs.values(), candidate(text) if text is not None else None, **how)


_told: dict[tuple[int, int, bool], tuple[sqlite3.Connection, dict[int, str]]] = {}
"""Histories that were lived through before, as stores in memory; a SQLite that wants the same one gets a copy."""


def history(engine: Engine, *, weeks: int = 6, seed: int = 0, judged: bool = True) -> dict[int, str]:
    """Store the history, judge each week at the moment of its units, verify some alerts; text of each signal by its id."""
    if engine.dialect.name != "sqlite":
        return _live(engine, weeks, seed, judged)
    known = _told.get((weeks, seed, judged))
    with closing(engine.raw_connection()) as connection:
        raw = cast("sqlite3.Connection", connection.driver_connection)
        if known is not None:
            assert raw.execute("SELECT count(*) FROM signals").fetchall() == [(0,)], "a copy would replace what is there"
            known[0].backup(raw)
            return dict(known[1])
        told = _live(engine, weeks, seed, judged)
        kept = sqlite3.connect(":memory:")
        raw.backup(kept)
    _told[weeks, seed, judged] = kept, told
    return dict(told)


def _live(engine: Engine, weeks: int, seed: int, judged: bool) -> dict[int, str]:
    rng = random.Random(seed)
    told: dict[int, str] = {}
    set_capacity(engine, 3)
    with transaction(engine) as conn:
        register.load_subjects(
            conn,
            [{"key": f"a{i}", "name": f"主体{i}", "region": "420102" if i % 2 else "420222", "registered_on": date(2020, 1, 1),
              "aliases": [f"shop:商城/{shop}"]} for i, shop in enumerate(SHOPS)],
            now=START - timedelta(days=300),
        )  # fmt: skip
        register.load_licences(
            conn,
            [{"subject_key": f"a{i}", "kind": CLINIC, "number": f"a{i}", "valid_from": date(2021, 1, 1), "valid_to": date(2026, 9, 5 + 7 * i)}
             for i in range(3)],
            source="测试", now=START - timedelta(days=300),
        )  # fmt: skip
    for week in range(weeks):
        at = START + timedelta(days=7 * week, hours=week)
        with transaction(engine) as conn:
            texts = [rng.choice(TEXTS) + f"{week}" for _ in range(12)]
            shops = [*(rng.choice(SHOPS) for _ in range(8)), None, None, None, None]
            told |= dict(zip(put(conn, texts, shops=shops, at=at, tag=f"w{week}"), texts, strict=True))
            told |= dict(
                zip(put(conn, [SCHEME + str(week)], shops=[SHOPS[week % 6]], at=at, tag=f"r{week}", kind="report"), [SCHEME], strict=True)
            )
        if judged:
            runs.run(engine, scorer(), [MED], as_of=at, now=at, actor="测试")
            verify(engine, at + timedelta(days=2), rng)
    return told


def verify(engine: Engine, at: datetime, rng: random.Random) -> None:
    """Report and accept every task that is open."""
    with reading(engine) as conn:
        todo = list(conn.scalars(select(t.tasks.c.id).where(t.tasks.c.state == "issued").order_by(t.tasks.c.id)))
    for number in todo:
        with transaction(engine) as conn:
            tasks.sign(conn, number, actor="张三", now=at)
            code: dict[str, Any] = {"code": "10"} if rng.random() < 0.6 else {"code": "30", "sub_reason": "context_misread"}
            tasks.report(conn, number, actor="张三", facts="查明", officers=["张三", "李四"], now=at, **code)
            tasks.accept(conn, number, actor="科长", now=at + timedelta(hours=1), close_too=True)
            review_all(conn, at + timedelta(hours=1))
