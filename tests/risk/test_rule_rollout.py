"""Rules kept back: shadows are watched and never heard, shares are drawn once and only grow, old runs are judged again by their own rules."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from risk.bootstrap import open_scorer
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.scoring import rollout
from risk.scoring.rollout import chosen
from risk.scoring.scorer import Scorer
from risk.services import list_desk, live_rules, rule_desk, rule_shadow, rule_store, runs, units
from risk.services.list_desk import NewEntry
from risk.services.rule_refs import Ref
from risk.services.runs import RunResult
from risk.services.scorer_cache import ScorerCache
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.rule_world import AUTHOR, GOLD, GOLD_TEXT, OTHER, WHEN, activated, approved, shipped
from tests.risk.run_world import CURE, MED, NOW, PLAIN, URGE, put, set_capacity, world

UNITS = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=40, unique=True)
SHARES = st.floats(0.0, 100.0)


@pytest.fixture(autouse=True)
def _packs(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped(monkeypatch)


@given(UNITS, st.text(max_size=10), SHARES, SHARES)
def test_a_larger_share_keeps_every_unit_of_a_smaller_one(names: list[str], rule: str, one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert (chosen(rule, names, low) <= chosen(rule, names, high)).all()
    assert (chosen(rule, names, high) == chosen(rule, list(reversed(names)), high)[::-1]).all()
    assert not chosen(rule, names, 0.0).any()
    assert chosen(rule, names, 100.0).all()


def test_lots_are_drawn_apart_for_each_rule_and_as_often_as_asked() -> None:
    names = [f"主体{i}" for i in range(4_000)]
    drawn = [chosen(rule, names, 25.0) for rule in ("gold", "silver")]
    assert all(920 < int(one.sum()) < 1080 for one in drawn)
    assert 200 < int((drawn[0] & drawn[1]).sum()) < 300


def judge(engine: Engine, hour: int = 1, chunk: int = 2_000) -> RunResult:
    with reading(engine) as conn:
        live = live_rules.load(conn)
    moment = NOW + timedelta(hours=hour)
    scorer = Scorer(None, live.packs, live.staging)
    return runs.run(engine, scorer, (MED,), as_of=moment, now=moment, actor="研判员", chunk=chunk)[0]


def fill(engine: Engine, texts: list[str]) -> list[int]:
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        return put(conn, texts)


def test_alerts_are_the_same_with_and_without_rules_in_shadow(engine: Engine) -> None:
    """The very same signals: once without, once beside a rule in shadow; everything that judging leaves is equal."""
    fill(engine, [CURE, GOLD_TEXT, URGE, PLAIN, GOLD_TEXT + CURE])
    judge(engine)
    without = world(engine)
    with transaction(engine) as conn:  # forget all of it, and judge again beside the shadow
        for table in (t.candidates, t.alert_evidence, t.task_events, t.tasks, t.alerts, t.assessments, t.runs):
            conn.execute(table.delete())
        one = approved(conn)
        rule_desk.shadow(conn, one.id, actor=OTHER, reason="观察", now=NOW)
    result = judge(engine)
    assert world(engine) == without
    assert without["alerts"]
    with reading(engine) as conn:
        assert rule_shadow.counts(conn, one.id) == {"shadow": 2}
        assert conn.scalars(select(t.runs.c.versions).where(t.runs.c.id == result.id)).one()["shadow"] == [one.id]


@pytest.mark.parametrize("chunk", [1, 2, 100])
def test_shadow_hits_are_recorded_once_in_any_chunks(sqlite_engine: Engine, chunk: int) -> None:
    ids = fill(sqlite_engine, [GOLD_TEXT, PLAIN, GOLD_TEXT, PLAIN, CURE])
    with transaction(sqlite_engine) as conn:
        one = approved(conn)
        rule_desk.shadow(conn, one.id, actor=OTHER, reason="观察", now=NOW)
    judge(sqlite_engine, chunk=chunk)
    judge(sqlite_engine, chunk=chunk)
    with reading(sqlite_engine) as conn:
        hits = rule_shadow.list_hits(conn, one.id, limit=1)
        assert hits.cursor is not None
        more = rule_shadow.list_hits(conn, one.id, limit=5, cursor=hits.cursor)
        assert sorted(hit.signal_id for hit in (*hits.items, *more.items)) == [ids[0], ids[2]]


def test_a_list_in_shadow_tells_what_its_rules_would_gain_and_lose(engine: Engine) -> None:
    ids = fill(engine, ["糖尿病金方", "哮喘金方", "高血压金方", PLAIN])
    with transaction(engine) as conn:
        activated(conn, GOLD.replace(WHEN, '文本 含任一 @病名 且 文本 含任一 "金方"').replace("祖传", "糖尿病"))
        made = list_desk.propose(conn, Ref("病名"), add=[NewEntry("哮喘")], remove=[NewEntry("高血压")], actor=AUTHOR, now=NOW)
        rule_desk.approve(conn, made.id, actor=OTHER, now=NOW)
        rule_desk.shadow(conn, made.id, actor=OTHER, reason="先看影响", now=NOW)
    judge(engine)
    with reading(engine) as conn:
        hits = {(hit.signal_id, hit.rule, hit.how) for hit in rule_shadow.list_hits(conn, made.id).items}
        assert hits == {(ids[1], "gold", "gained"), (ids[2], "gold", "lost")}
        fired = {row.signal_id for row in conn.execute(select(t.assessments.c.signal_id).where(t.assessments.c.grade > 0))}
        assert fired == {ids[0], ids[2]}  # by the list in force


def test_a_rule_counts_for_its_share_and_the_rest_is_noted(engine: Engine) -> None:
    texts = [f"{GOLD_TEXT}，第{i}家" for i in range(40)]
    ids = fill(engine, texts)
    with transaction(engine) as conn:
        one = activated(conn, percent=40.0)
        loaded = units.load(conn, ids, NOW)
    lots = dict(zip(loaded.ids, chosen("gold", loaded.lots, 40.0).tolist(), strict=True))
    assert 0 < sum(lots.values()) < 40
    first = judge(engine)
    with reading(engine) as conn:
        alerted = {row.signal_id for row in conn.execute(select(t.assessments.c.signal_id).where(t.assessments.c.grade > 0))}
        held = {hit.signal_id for hit in rule_shadow.list_hits(conn, one.id, limit=100).items if hit.how == "held_back"}
        assert alerted == {i for i, drawn in lots.items() if drawn}
        assert held == {i for i, drawn in lots.items() if not drawn}
        assert conn.scalars(select(t.runs.c.versions).where(t.runs.c.id == first.id)).one()["roll_out"] == {"gold": 40.0}
    with transaction(engine) as conn:
        more = put(conn, texts, tag="again")  # the same shops again
        rule_desk.roll_out(conn, one.id, percent=70.0, actor=OTHER, reason="扩大", now=NOW)
    judge(engine, 2)
    with reading(engine) as conn:
        wider = {row.signal_id for row in conn.execute(select(t.assessments.c.signal_id).where(t.assessments.c.grade > 0))}
        assert wider & set(ids) == alerted  # what was judged stays as it was judged
        again = dict(zip(more, chosen("gold", units.load(conn, more, NOW).lots, 70.0).tolist(), strict=True))
        assert wider & set(more) == {i for i, drawn in again.items() if drawn}


@pytest.mark.parametrize(("percent", "code"), [(-1.0, "rule_percent"), (101.0, "rule_percent")])
def test_a_share_is_a_percentage(sqlite_engine: Engine, percent: float, code: str) -> None:
    with transaction(sqlite_engine) as conn:
        one = approved(conn)
    with pytest.raises(InvalidInputError) as refused, transaction(sqlite_engine) as conn:
        rule_desk.activate(conn, one.id, actor=OTHER, reason="启用", now=NOW, percent=percent)
    assert refused.value.code == code


def test_an_old_run_is_judged_again_by_its_own_rules(engine: Engine) -> None:
    ids = fill(engine, [GOLD_TEXT, CURE, PLAIN])
    with transaction(engine) as conn:
        one = activated(conn)
    judge(engine)
    with transaction(engine) as conn:
        made = approved(
            conn,
            GOLD.replace('"祖传金方，七天见效" "家里有祖传的金方子，金方在此" "百年祖传，一剂金方"', '"秘制银方"').replace(
                WHEN, '文本 含任一 "银方"'
            ),
        )
        rule_desk.activate(conn, made.id, actor=OTHER, reason="改写", now=NOW)
        assert rule_store.get(conn, one.id).state == "retired"
    with reading(engine) as conn:
        stored = {row.signal_id: row for row in conn.execute(select(t.assessments))}
        version = stored[ids[0]].rules_version
        old, now = live_rules.kept(conn, version), live_rules.load(conn).packs
        assert old.version == version != now[0].version
        loaded = units.load(conn, ids, NOW + timedelta(hours=1))
        for packs, same in ((old,), True), (now, False):
            scorer = Scorer(packs=packs)
            judged = scorer.judge(scorer.read(loaded.texts, loaded.around), MED, on=units.judged_day(NOW))
            found = {i: float(p) for i, p in zip(loaded.ids, judged.probability, strict=True)}
            assert (found == {i: row.probability for i, row in stored.items()}) is same
        with pytest.raises(NotFoundError) as unknown:
            live_rules.kept(conn, "0" * 64)
        assert unknown.value.code == "rules_version_unknown"


def test_shipped_packs_come_back_from_their_snapshots() -> None:
    from risk.scoring.packs import usable_packs

    for pack in usable_packs():
        again = live_rules.restored(pack.name, live_rules.snapshot(pack))
        assert again.version == pack.version
        assert not again.diagnostics


def test_a_process_that_goes_on_uses_what_was_changed_and_a_run_keeps_what_it_began_with(engine: Engine, tmp_path: Path) -> None:
    opened: list[int] = []

    def opener(settings: Settings, engine: Engine) -> Scorer:
        opened.append(1)
        return open_scorer(settings, rules_only=True, engine=engine)

    cache = ScorerCache(Settings(home=tmp_path, database_url="sqlite://"), opener, engine)
    first = cache()
    assert "gold" not in first.packs[MED].rule_by_id
    with transaction(engine) as conn:
        one = approved(conn)
    assert cache() is first  # a draft, a test, an approval change nothing
    with transaction(engine) as conn:
        rule_desk.activate(conn, one.id, actor=OTHER, reason="启用", now=NOW)
    assert "gold" in cache().packs[MED].rule_by_id
    assert "gold" not in first.packs[MED].rule_by_id
    assert cache() is cache()
    with transaction(engine) as conn:
        rule_desk.pause(conn, one.id, actor=OTHER, reason="停用", now=NOW)
    assert "gold" not in cache().packs[MED].rule_by_id
    assert len(opened) == 3


def test_a_shadow_that_cannot_be_evaluated_is_told_and_stops_nothing(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_engine, [CURE, GOLD_TEXT])
    with transaction(sqlite_engine) as conn:
        one = approved(conn)
        rule_desk.shadow(conn, one.id, actor=OTHER, reason="观察", now=NOW)

    def broken(*_: object) -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(rollout, "_shadow_hits", broken)
    result = judge(sqlite_engine, chunk=1)
    assert (result.judged, result.balance.new, result.balance.failed) == (2, 1, 0)
    with reading(sqlite_engine) as conn:
        told = [event for event in rule_store.events_of(conn, one.id) if event.event == "stumble"]
        assert [(event.actor, event.detail) for event in told] == [("研判员", {"run": result.id, "error": "ValueError: no such thing"})]


def test_a_newer_shadow_takes_the_place_of_an_older_one(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        one = approved(conn)
        rule_desk.shadow(conn, one.id, actor=OTHER, reason="观察", now=NOW)
        two = approved(conn, GOLD.replace("严重度 高", "严重度 中"))
        rule_desk.shadow(conn, two.id, actor=OTHER, reason="再观察", now=NOW)
        assert (rule_store.get(conn, one.id).state, rule_store.get(conn, two.id).state) == ("retired", "shadow")
        with pytest.raises(ConflictError):
            rule_desk.activate(conn, one.id, actor=OTHER, reason="启用", now=NOW)


def test_a_stored_rule_that_can_no_longer_be_read_is_told_with_every_run(sqlite_engine: Engine) -> None:
    """A newer program may have given a word another meaning: what the rule replaced stays in its place, and the run says so."""
    fill(sqlite_engine, [CURE])
    with transaction(sqlite_engine) as conn:
        one = activated(conn, GOLD.replace("gold", "cure"))
        conn.execute(t.rule_versions.update().where(t.rule_versions.c.id == one.id).values(source=GOLD.replace("含任一", "含一")))
    result = judge(sqlite_engine)
    assert result.balance.new == 1  # by the shipped one
    with reading(sqlite_engine) as conn:
        versions = conn.scalars(select(t.runs.c.versions).where(t.runs.c.id == result.id)).one()
    assert versions["unreadable"] == [f"rule:{MED}/cure@1"]
