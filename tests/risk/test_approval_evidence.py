"""A back-test that an approver names exists, is finished, and looked at the very version."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, Engine, insert

from risk.domain.errors import ConflictError, NotFoundError
from risk.services import rule_desk, rule_drafts
from risk.services.rule_store import Version
from risk.storage import tables as t
from risk.storage.engine import transaction
from rules.layout import layout
from tests.risk.rule_world import AUTHOR, GOLD, OTHER, shipped
from tests.risk.run_world import MED, NOW


def _backtest(conn: Connection, source: str, status: str = "done") -> int:
    values = {"model": MED, "hash": "0", "rules": ["gold"], "sources": {"x.rules": source} if source else {}, "live": "", "status": status}
    row = {**values, "since": NOW, "until": NOW, "actor": AUTHOR, "asked_at": NOW}
    return int(conn.execute(insert(t.backtests).values(row).returning(t.backtests.c.id)).scalar_one())


def _submitted(conn: Connection) -> Version:
    made = rule_drafts.create(conn, GOLD, actor=AUTHOR, now=NOW)
    rule_drafts.try_out(conn, made.id, actor=AUTHOR, now=NOW)
    return rule_desk.submit(conn, made.id, actor=AUTHOR, now=NOW)


@pytest.mark.parametrize(
    ("source", "status", "code"),
    [
        (GOLD.replace("金方", "银方"), "done", "approval_backtest_other"),
        ("", "done", "approval_backtest_other"),
        (GOLD, "running", "approval_backtest_open"),
    ],
)
def test_another_or_an_unfinished_one_is_no_evidence(
    monkeypatch: pytest.MonkeyPatch, sqlite_engine: Engine, source: str, status: str, code: str
) -> None:
    shipped(monkeypatch)
    with transaction(sqlite_engine) as conn:
        made, number = _submitted(conn), _backtest(conn, source, status)
        with pytest.raises(ConflictError) as refused:
            rule_desk.approve(conn, made.id, actor=OTHER, now=NOW, evidence={"backtest": number})
        assert refused.value.code == code
        with pytest.raises(NotFoundError):
            rule_desk.approve(conn, made.id, actor=OTHER, now=NOW, evidence={"backtest": number + 1})


def test_one_of_this_version_is_kept_whatever_its_layout(monkeypatch: pytest.MonkeyPatch, sqlite_engine: Engine) -> None:
    shipped(monkeypatch)
    with transaction(sqlite_engine) as conn:
        made, number = _submitted(conn), _backtest(conn, layout(GOLD, "en").text)
        done = rule_desk.approve(conn, made.id, actor=OTHER, now=NOW, evidence={"backtest": number})
        assert (done.state, (done.evidence or {})["backtest"]) == ("approved", number)
