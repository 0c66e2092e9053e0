"""One rule from the first draft to its return: what each run makes of it, and what the store remembers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from risk.domain.errors import ConflictError
from risk.scoring.scorer import Scorer
from risk.services import live_rules, rule_desk, rule_drafts, rule_shadow, rule_store, runs
from risk.services.runs import RunResult
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.rule_world import AUTHOR, GOLD, GOLD_TEXT, OTHER, shipped
from tests.risk.run_world import CURE, MED, NOW, PLAIN, count, put, set_capacity


def scorer(engine: Engine) -> Scorer:
    """What a process that starts now judges by."""
    with reading(engine) as conn:
        live = live_rules.load(conn)
    return Scorer(None, live.packs, live.staging)


def judge(engine: Engine, hour: int) -> RunResult:
    """Two signals come in, and a run of the hour judges them."""
    with transaction(engine) as conn:
        put(conn, [GOLD_TEXT, PLAIN], tag=f"h{hour}", at=NOW + timedelta(hours=hour - 1))
    moment = NOW + timedelta(hours=hour)
    return runs.run(engine, scorer(engine), (MED,), as_of=moment, now=moment, actor="研判员")[0]


def test_from_the_first_draft_to_its_return(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped(monkeypatch)
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        put(conn, [CURE])
        broken = rule_drafts.create(conn, GOLD.replace("含任一", "含一", 1), actor=AUTHOR, now=NOW)
        assert [item["code"] for item in broken.diagnostics] == ["R001"]
        assert rule_drafts.try_out(conn, broken.id, actor=AUTHOR, now=NOW).state == "draft"
        wrong = rule_drafts.edit(conn, broken.id, GOLD.replace('不命中 "祖传老宅出租"', '不命中 "祖传金方老宅"'), actor=AUTHOR, now=NOW)
        found = rule_drafts.try_out(conn, wrong.id, actor=AUTHOR, now=NOW).test
        assert found is not None
        assert [(one["rule"], one["expected"], one["outcome"]) for one in found["failures"]] == [("gold", False, 1)]
        draft = rule_drafts.edit(conn, wrong.id, GOLD, actor=AUTHOR, now=NOW)
        tested = rule_drafts.try_out(conn, draft.id, actor=AUTHOR, now=NOW)
        assert (tested.state, tested.version, tested.test and tested.test["clean"]) == ("tested", 1, True)
        rule_desk.submit(conn, draft.id, actor=AUTHOR, now=NOW)
    for name in (AUTHOR, " 张 三"):
        with transaction(engine) as conn, pytest.raises(ConflictError, match="cannot approve") as refused:
            rule_desk.approve(conn, draft.id, actor=name, now=NOW)
        assert refused.value.code == "rule_own_approval"
    with transaction(engine) as conn:
        held = rule_desk.approve(conn, draft.id, actor=OTHER, now=NOW)
        assert held.evidence == {"hash": draft.hash, "against": None}
    assert (judge(engine, 1).balance.new, count(engine, t.shadow_hits)) == (
        1,
        0,
    )  # an approved one is not used yet; the one alert is the shipped rule's

    with transaction(engine) as conn:
        rule_desk.shadow(conn, draft.id, actor=OTHER, reason="观察一周", now=NOW)
    watched = judge(engine, 2)
    assert (watched.judged, watched.balance.candidates) == (2, 0)
    with reading(engine) as conn:
        hits = rule_shadow.list_hits(conn, draft.id).items
        assert [(one.rule, one.how, one.run_id, one.text) for one in hits] == [("gold", "shadow", watched.id, GOLD_TEXT)]

    with transaction(engine) as conn:
        rule_desk.activate(conn, draft.id, actor=OTHER, reason="观察无误报", now=NOW)
    alerting = judge(engine, 3)
    assert (alerting.balance.new, count(engine, t.shadow_hits)) == (1, 1)
    with transaction(engine) as conn:
        rule_desk.pause(conn, draft.id, actor=AUTHOR, reason="误报增多", now=NOW)
    assert judge(engine, 4).balance.candidates == 0

    with transaction(engine) as conn:
        again = rule_drafts.restore(conn, draft.id, actor=AUTHOR, now=NOW, note="收窄后再用")
        assert (again.version, again.state, again.hash) == (2, "draft", draft.hash)
        rule_drafts.try_out(conn, again.id, actor=AUTHOR, now=NOW)
        rule_desk.submit(conn, again.id, actor=AUTHOR, now=NOW)
        rule_desk.approve(conn, again.id, actor=OTHER, now=NOW)
        rule_desk.activate(conn, again.id, actor=OTHER, reason="恢复", now=NOW)
    assert judge(engine, 5).balance.new == 1

    with reading(engine) as conn:
        told = [(e.event, e.actor) for e in rule_store.events_of(conn, draft.id)]
        assert told == [
            ("create", AUTHOR), ("fail", AUTHOR), ("edit", AUTHOR), ("fail", AUTHOR), ("edit", AUTHOR), ("test", AUTHOR), ("submit", AUTHOR),
            ("approve", OTHER), ("shadow", OTHER), ("activate", OTHER), ("pause", AUTHOR), ("replace", OTHER),
        ]  # fmt: skip
        assert "含一" in rule_store.events_of(conn, draft.id)[2].detail["source"]
        audited = conn.execute(select(t.audit.c.actor, t.audit.c.action, t.audit.c.object).where(t.audit.c.action.like("rule.%"))).all()
        assert (AUTHOR, "rule.pause", f"rule:{MED}/gold@1") in [tuple(row) for row in audited]
        versions = {row.rules_version for row in conn.execute(select(t.assessments.c.rules_version))}
        assert {"gold" in live_rules.kept(conn, version).rule_by_id for version in versions} == {True, False}
