"""A small world for the tests of rules as they live: the packs of ``run_world`` stand for the shipped ones, and people write beside them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from risk.services import live_rules, rule_desk, rule_drafts
from risk.services.rule_store import Version
from rules.pack import Pack, pack_from_texts
from tests.risk.run_world import MED, MED_PACK, NOW

AUTHOR, OTHER, THIRD = "张三", "李四", "王五"

SHARED_TEXT = '词表 病名 "names of illnesses"\n  包含 "糖尿病" "高血压"\n'

GOLD = """规则 gold "祖传金方" / "Ancestral golden recipe"
  模型   false_medical_advertising
  依据   "广告法" 条 "16.1.1" 文本 2021-04-29
  严重度 高
  当     文本 含任一 "祖传" 且 文本 含任一 "金方"
  理由   中 "宣称“{hit}”，涉嫌虚假宣传" 英 "claims \\"{hit}\\": suspected false claim"
  命中   "祖传金方，七天见效" "家里有祖传的金方子，金方在此" "百年祖传，一剂金方"
  不命中 "祖传老宅出租" "金方科技招聘" "本店今日营业"
"""
GOLD_TEXT = "祖传金方，药到病除"

WHEN = '文本 含任一 "祖传" 且 文本 含任一 "金方"'


def shipped(monkeypatch: pytest.MonkeyPatch) -> tuple[Pack, ...]:
    """Let a pack of the test's own, and a shared list, stand for what came with the program."""
    packs = (pack_from_texts({"shared/words.rules": SHARED_TEXT, f"{MED}/own.rules": MED_PACK}, MED),)
    monkeypatch.setattr(live_rules, "shipped", lambda: packs)
    return packs


def approved(conn: Connection, source: str = GOLD, *, author: str = AUTHOR, by: str = OTHER, hours: float = 0.0) -> Version:
    """A version written, tested, submitted, and approved by someone else."""
    now = NOW + timedelta(hours=hours)
    made = rule_drafts.create(conn, source, actor=author, now=now)
    tested = rule_drafts.try_out(conn, made.id, actor=author, now=now)
    assert tested.state == "tested", tested.test
    rule_desk.submit(conn, made.id, actor=author, now=now)
    return rule_desk.approve(conn, made.id, actor=by, now=now)


def activated(conn: Connection, source: str = GOLD, *, percent: float = 100.0, hours: float = 0.0) -> Version:
    """A version in force."""
    one = approved(conn, source, hours=hours)
    return rule_desk.activate(conn, one.id, actor=OTHER, reason="审议通过", now=NOW + timedelta(hours=hours), percent=percent)
