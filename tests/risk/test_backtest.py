"""Back-tests over a small history: nothing later is seen, what ran is found again, the figures are those of a slow and obvious count."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, select

from risk.domain.grades import Grade
from risk.scoring.scorer import Scorer
from risk.services import backtest_jobs, backtest_views, labels, register, runs, tasks, units
from risk.services.backtest import over_file
from risk.services.backtest_judging import Worlds
from risk.services.backtest_plan import Trial, keys_of
from risk.services.backtest_text import backtest_text
from risk.services.backtest_units import Chunk, StoreHistory
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from rules.pack import Pack, pack_from_text
from tests.risk.backtest_world import CANDIDATE, CLINIC, SHOPS, START, TEXTS, UNDECIDED, candidate, history, trial
from tests.risk.cli_world import check_golden
from tests.risk.run_world import CURE, DRUG, MED, MED_PACK, NOW, URGE, packs, put, scorer, set_capacity

SINCE, LATER = START - timedelta(days=1), NOW + timedelta(days=60)


def _store(engine: Engine, tried: Trial) -> StoreHistory:
    return StoreHistory(engine, keys_of(tried.model), SINCE, NOW, LATER)


def _outcomes(engine: Engine, tried: Trial) -> dict[int, dict[str, Any]]:
    """What each rule of the model says of each unit, and the grade, by the way back-tests go."""
    worlds, found = Worlds(tried), {}
    for chunk in _store(engine, tried).after(0, 17):
        for day, part in worlds.days(chunk):
            said = worlds.listen(part, day)
            ranks = worlds.ranks_after(part, day, said.after)
            for row, unit in enumerate(part.units):
                rules = dict(zip(said.after.ids, said.after.outcome[row].tolist(), strict=True))
                found[unit.id] = {"rules": rules, "grade": int(ranks[row]), "week": unit.week, "group": unit.group, "moment": unit.moment}
    return found


def _run(engine: Engine, tried: Trial, what: Pack | None, **how: Any) -> dict[str, Any]:
    number = backtest_jobs.ask(engine, tried, scorer(), what, since=SINCE, until=NOW, actor="张三", now=LATER)
    return backtest_jobs.carry_out(engine, scorer(), number, clock=lambda: LATER, **how)


def _once_on_postgres(engine: Engine, *, first: bool) -> None:
    if engine.dialect.name != "sqlite" and not first:
        pytest.skip("the store is read alike: one case on PostgreSQL is enough")


@pytest.mark.parametrize("seed", range(3))
def test_rewriting_the_future_changes_no_outcome(engine: Engine, seed: int) -> None:
    _once_on_postgres(engine, first=seed == 0)
    rng, tried = random.Random(seed), trial(CANDIDATE + UNDECIDED)
    history(engine, seed=seed)
    cut = START + timedelta(days=7 * rng.randint(2, 4), hours=rng.randint(1, 100))
    before = {number: one for number, one in _outcomes(engine, tried).items() if one["moment"] <= cut}
    assert len(before) >= 26
    assert {value for one in before.values() for value in one["rules"].values()} == {-1, 0, 1}
    with transaction(engine) as conn:
        for number in range(rng.randint(2, 6)):
            later = cut + timedelta(hours=rng.randint(1, 900))
            put(
                conn,
                [rng.choice(TEXTS)] * 2,
                shops=rng.sample(SHOPS, 2),
                at=later,
                tag=f"f{number}",
                kind=rng.choice(["content", "report"]),
            )
            put(conn, [CURE], shops=[rng.choice(SHOPS)], at=cut - timedelta(days=2), received=later, tag=f"l{number}", kind="report")
        rows = [
            {"subject_key": f"a{i}", "kind": CLINIC, "number": f"late{i}", "valid_from": (cut + timedelta(days=2)).date()} for i in range(6)
        ]
        register.load_licences(conn, rows, source="测试", now=cut + timedelta(hours=1))
        for number in conn.scalars(select(t.verdicts.c.task_id).where(t.verdicts.c.reported_at > cut).order_by(t.verdicts.c.id)).all()[:4]:
            tasks.correct(
                conn, number, actor="李四", code=rng.choice(["10", "11"]), facts="重核", officers=["张三", "李四"], reason="重核", now=LATER
            )  # fmt: skip
    runs.run(engine, scorer(), [MED], as_of=LATER, now=LATER, actor="测试")
    after = _outcomes(engine, tried)
    assert {number: after[number] for number in before} == before


def test_the_live_pack_says_what_the_runs_said(engine: Engine) -> None:
    history(engine)
    found = _outcomes(engine, trial(None, model=MED))
    with reading(engine) as conn:
        rows = conn.execute(select(t.assessments).where(t.assessments.c.model == MED)).all()
    assert {row.signal_id for row in rows} == found.keys()
    told = 0
    for row in rows:
        judged = (
            Grade.parse(row.evidence["grading"]["judged"]) if row.evidence else row.grade
        )  # before hysteresis and escalators, which no rule decides
        assert found[row.signal_id]["grade"] == judged
        if row.evidence:
            told += 1
            assert {rule["rule"] for rule in row.evidence["rules"]} == {
                r for r, value in found[row.signal_id]["rules"].items() if value == 1
            }
    assert told > 20


def _alone(engine: Engine, chunk: Chunk, row: int, alone: Scorer) -> tuple[set[str], int]:
    """One unit by itself, at its own moment."""
    unit = chunk.units[row]
    assert unit.moment is not None
    with reading(engine) as conn:
        loaded = units.load(conn, [unit.id], unit.moment)
    judged = alone.judge(alone.read(loaded.texts, loaded.around), MED, on=unit.day)
    return {rule.id for rule in judged.hits.fired_rules(0)}, int(judged.ranks[0])


def _slow(engine: Engine, tried: Trial, rule: str) -> dict[str, Any]:
    """The same figures by plain counting, a unit at a time."""
    whole = Scorer(packs=[tried.after])
    without = Scorer(packs=[tried.after.only(one.id for one in tried.after.rules if one.id != rule)])
    chunk = _store(engine, tried).of([unit.id for part in _store(engine, tried).after(0) for unit in part.units])
    known = _store(engine, tried).labels(MED)
    fired: dict[int, set[str]] = {}
    grades: Counter[str] = Counter()
    alarmed: dict[bool, set[str]] = {True: set(), False: set()}
    others: dict[str, set[int]] = defaultdict(set)
    for row, unit in enumerate(chunk.units):
        names, high = _alone(engine, chunk, row, whole)
        _, low = _alone(engine, chunk, row, without)
        fired[unit.id] = names
        for name in names:
            others[name].add(unit.id)
        if rule in names:
            grades[f"{Grade(low).code}>{Grade(high).code}"] += 1
        for with_it, rank in ((True, high), (False, low)):
            if rank:
                alarmed[with_it].add(unit.group)
    hits = others[rule]
    return {
        "hits": len(hits),
        "grades": dict(sorted(grades.items())),
        "alerts": len(alarmed[True] - alarmed[False]),
        "alone": {number for number in hits if fired[number] == {rule}},
        "overlap": {
            name: (len(hits & mine), len(hits & mine) / len(hits | mine)) for name, mine in others.items() if name != rule and hits & mine
        },
        "confirmed": sum(known.get(number, 0) >= 0.5 for number in hits),
        "labelled": sum(number in known for number in hits),
        "positives": sum(value >= 0.5 for number, value in known.items() if number in fired),
    }


@pytest.mark.parametrize(("text", "rule"), [(CANDIDATE, "diabetes"), (UNDECIDED, "history"), (None, "urge"), (None, "cure")])
def test_figures_are_those_of_a_slow_count(engine: Engine, text: str | None, rule: str) -> None:
    _once_on_postgres(engine, first=rule == "diabetes")
    history(engine, weeks=4)
    tried = trial(text, rules=[rule])
    told = next(one for one in _run(engine, tried, candidate(text) if text else None)["rules"] if one["rule"] == rule)
    slow = _slow(engine, tried, rule)
    assert told["hits"] == slow["hits"] > 3
    assert told["hits"] + told["misses"] + told["unknown"] == told["units"] == sum(week["units"] for week in told["weeks"])
    assert told["grades"] == slow["grades"]
    assert told["load"]["alerts"] == slow["alerts"]
    assert told["alone"]["units"] == len(slow["alone"])
    ours = {row["rule"]: (row["both"], row["jaccard"]) for row in told["overlap"] if row["rule"] in {r.id for r in tried.after.rules}}
    assert ours == slow["overlap"]
    figures = told["labels"]
    assert (figures["hits"], figures["confirmed"], figures["positives"]) == (slow["labelled"], slow["confirmed"], slow["positives"])
    assert figures["precision"]["value"] == slow["confirmed"] / slow["labelled"]
    assert figures["recall"]["value"] == slow["confirmed"] / slow["positives"]


def test_the_work_is_whole_whoever_has_it(engine: Engine) -> None:
    """Alerts = those of offices + those without an office; an office over capacity is named; duties hold by the day."""
    history(engine, judged=False)
    set_capacity(engine, 0)
    with transaction(engine) as conn:
        conn.execute(t.signals.update().where(t.signals.c.subject_id.is_(None)).values(region=None))
        nowhere = t.duties.c.region.in_(["420222", "420200", "420000"])
        conn.execute(t.duties.update().where(t.duties.c.model == MED, nowhere).values(valid_to=(START + timedelta(days=10)).date()))
    wide = CANDIDATE.replace('"糖尿病" and text has any of "养生茶", "立即抢购"', '"糖尿病", "药", "茶", "病" and text has none of "没有"')
    told = _run(engine, trial(wide), candidate(wide))["rules"][0]["load"]
    assert told["alerts"] == sum(row["new"] for row in told["offices"]) + told["unroutable"] + told["unplaced"] > 4
    assert told["unroutable"] > 0
    assert told["unplaced"] == 0
    over = {row["office"] for row in told["offices"] if row["new"] > row["capacity"]}
    assert {row["office"] for row in told["over_capacity"]} == over
    assert over
    held = [row["week"] for row in told["offices"] if row["office"].startswith("4202")]
    assert held
    assert max(held) <= "2026-W37"


def test_many_moments_at_once_are_each_for_itself(engine: Engine) -> None:
    """History, relations, what is a unit's own: counted at once as for each moment alone."""
    history(engine)
    with transaction(engine) as conn:
        ids = [row.id for row in conn.execute(select(t.subjects.c.id).order_by(t.subjects.c.id)).all()]
        links = [
            {"subject_id": subject, "relation": "same_address", "value_key": "一号院", "known_from": START + timedelta(days=7 * k)}
            for k, subject in enumerate(ids)
        ]
        conn.execute(t.subject_links.insert(), links)
    chunk = next(_store(engine, trial()).after(0))
    many, one_by_one = chunk.around, units.joined(chunk.parts)
    assert many.columns().equals(one_by_one.columns())
    asked = [("count", "signals", "", 30.0, ""), ("distinct", "signals", "channel", None, ""), ("max", "alerts", "grade", None, ""),
             ("days_since", "verdicts", "", None, ""), ("change", "alerts", "", 14.0, ""), ("count", "signals", "", None, "same_address"),
             ("mean", "alerts", "probability", 90.0, "same_address")]  # fmt: skip
    for question in asked:
        np.testing.assert_array_equal(many.window(*question), one_by_one.window(*question), str(question))
    np.testing.assert_array_equal(many.related("same_address"), one_by_one.related("same_address"))
    assert len(np.unique(many.related("same_address")[~np.isnan(many.related("same_address"))])) > 3
    some = chunk.take([5, 3, 3, 70])
    np.testing.assert_array_equal(some.around.counts("alert", 180), one_by_one.counts("alert", 180)[[5, 3, 3, 70]])


class _KillError(BaseException):
    """What no one catches: the process is gone."""


def test_a_killed_one_goes_on_to_the_same_figures(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    history(engine)
    tried, what = trial(), candidate()
    whole = _run(engine, tried, what)
    number = backtest_jobs.ask(engine, tried, scorer(), what, since=SINCE, until=NOW, actor="张三", now=LATER)
    seen: list[int] = []

    def killed(done: int, total: int) -> None:
        seen.append(done)
        if len(seen) in (2, 3):
            raise _KillError

    for _ in range(2):
        with pytest.raises(_KillError):
            backtest_jobs.carry_out(engine, scorer(), number, clock=lambda: LATER, progress=killed, chunk=11)
    with reading(engine) as conn:
        half = backtest_views.get_backtest(conn, number).backtest
    assert (half.status, half.done) == ("running", seen[-1])
    again = backtest_jobs.carry_out(engine, scorer(), number, clock=lambda: LATER, progress=lambda done, _: seen.append(done), chunk=13)
    assert again == whole
    assert seen == sorted(set(seen))
    assert backtest_jobs.carry_out(engine, scorer(), number, clock=lambda: LATER) == whole
    with reading(engine) as conn:
        view = backtest_views.get_backtest(conn, number)
    assert view.result == json.loads(json.dumps(whole))
    assert (view.backtest.status, view.backtest.done, view.backtest.units) == ("done", 78, 78)


def test_other_rules_in_service_make_it_begin_anew(sqlite_engine: Engine) -> None:
    history(sqlite_engine, weeks=2)
    tried, what = trial(), candidate()
    number = backtest_jobs.ask(sqlite_engine, tried, scorer(), what, since=SINCE, until=NOW, actor="张三", now=LATER)

    def killed(done: int, total: int) -> None:
        raise _KillError

    with pytest.raises(_KillError):
        backtest_jobs.carry_out(sqlite_engine, scorer(), number, clock=lambda: LATER, progress=killed, chunk=11)
    changed = Scorer(packs=[pack_from_text(MED_PACK.replace("立即抢购", "快来抢购"), MED), *packs()[1:]])
    seen: list[int] = []
    told = backtest_jobs.carry_out(sqlite_engine, changed, number, clock=lambda: LATER, progress=lambda done, _: seen.append(done))
    assert seen == [26]
    assert "urge" not in {row["rule"] for row in told["rules"][0]["overlap"]}


def test_a_cancelled_one_stops_and_may_go_on(sqlite_engine: Engine) -> None:
    from risk.domain.errors import ConflictError

    history(sqlite_engine, weeks=2)
    tried, what = trial(), candidate()
    whole = _run(sqlite_engine, tried, what)
    number = backtest_jobs.ask(sqlite_engine, tried, scorer(), what, since=SINCE, until=NOW, actor="张三", now=LATER)

    def stop(done: int, total: int) -> None:
        with transaction(sqlite_engine) as conn:
            backtest_views.cancel(conn, number, actor="张三", now=LATER)

    with pytest.raises(ConflictError, match="was cancelled"):
        backtest_jobs.carry_out(sqlite_engine, scorer(), number, clock=lambda: LATER, progress=stop, chunk=11)
    with pytest.raises(ConflictError, match="has ended"):
        backtest_jobs.carry_out(sqlite_engine, scorer(), number, clock=lambda: LATER)
    assert backtest_jobs.carry_out(sqlite_engine, scorer(), number, clock=lambda: LATER, resume=True) == whole
    with transaction(sqlite_engine) as conn, pytest.raises(ConflictError, match="has ended"):
        backtest_views.cancel(conn, number, actor="张三", now=LATER)


def test_two_versions_side_by_side(sqlite_engine: Engine) -> None:
    history(sqlite_engine)
    new = 'rule urge "催促购买" / "urges to buy"\n  severity high\n  when text has any of "立即抢购" and text has any of "糖尿病" or text has any of "代购"\n'
    tried = trial(new)
    assert tried.standing("urge") == "changed"
    told = _run(sqlite_engine, tried, candidate(new))
    (one,) = told["rules"]
    known = _store(sqlite_engine, tried).labels(MED)
    with reading(sqlite_engine) as conn:
        texts = {row.id: row.text for row in conn.execute(select(t.signals.c.id, t.signals.c.text))}
    old = {n for n, text in texts.items() if "立即抢购" in text}
    now = {n for n, text in texts.items() if ("立即抢购" in text and "糖尿病" in text) or "代购" in text}
    for name, wanted in (("only_old", old - now), ("only_new", now - old), ("both", old & now)):
        side = one["compared"][name]
        confirmed = sum(known.get(n, 0) >= 0.5 for n in wanted)
        assert (side["units"], side["labelled"], side["confirmed"]) == (len(wanted), len(wanted & known.keys()), confirmed), name
        assert side["units"] > 0
    before = {n: one["grade"] for n, one in _outcomes(sqlite_engine, trial(None, model=MED)).items()}
    after = {n: one["grade"] for n, one in _outcomes(sqlite_engine, tried).items()}
    moves = Counter(f"{Grade(before[n]).code}>{Grade(after[n]).code}" for n in old | now)
    assert told["change"]["grades"] == dict(sorted(moves.items()))
    assert {n for n in before if before[n] != after[n]} <= old | now
    groups = {n: one["group"] for n, one in _outcomes(sqlite_engine, tried).items()}
    alarmed = [{groups[n] for n, grade in grades.items() if grade} for grades in (before, after)]
    assert told["change"]["gained"]["alerts"] == len(alarmed[1] - alarmed[0]) > 0
    assert told["change"]["lost"]["alerts"] == len(alarmed[0] - alarmed[1])


def test_samples_quote_what_stands_there(sqlite_engine: Engine) -> None:
    texts = history(sqlite_engine)
    (one,) = _run(sqlite_engine, trial(), candidate())["rules"]
    assert len(one["sample"]) == 10
    assert len({sample["week"] for sample in one["sample"]}) == 6
    for sample in [*one["sample"], *one["near"]["sample"]]:
        text = texts[sample["id"]]
        assert text[sample["excerpt_start"] :].startswith(sample["excerpt"])
        for quote in sample["quotes"]:
            assert text[quote["start"] : quote["end"]] == quote["quote"]
    assert all(sample["quotes"] and "涉嫌" in sample["because"]["zh"] for sample in one["sample"])
    for sample in one["near"]["sample"]:
        text = texts[sample["id"]]
        assert sample["failed"]["zh"] in {'文本 含任一 "糖尿病"', '文本 含任一 "养生茶", "立即抢购"'}
        assert ("糖尿病" in text) == ("养生茶" in sample["failed"]["zh"])
        assert ("糖尿病" in text) != ("养生茶" in text or "立即抢购" in text)
    assert {sample["failed"]["en"] for sample in one["near"]["sample"]} == {
        'text has any of "糖尿病"',
        'text has any of "养生茶", "立即抢购"',
    }


def test_unknown_says_by_what(sqlite_engine: Engine) -> None:
    history(sqlite_engine)
    (one,) = _run(sqlite_engine, trial(UNDECIDED), candidate(UNDECIDED))["rules"]
    assert one["unknown"] > 0
    assert one["unknown_by"] == [{"zh": "近期信号数(30天)", "en": "signals_in_last(30 days)", "units": one["unknown"]}]


def test_a_file_has_the_same_shape_and_its_own_labels(sqlite_engine: Engine) -> None:
    history(sqlite_engine, weeks=2)
    stored = _run(sqlite_engine, trial(), candidate())
    texts = ["糖尿病人的养生茶", "糖尿病人请遵医嘱", "立即抢购", "今日营业"] * 3
    told = over_file(trial(), None, texts, [1.0, 0.0, float("nan"), 1.0] * 3, name="x.csv")
    assert stored.keys() - told.keys() == {"labels_known_at"}
    (one,) = told["rules"]
    assert one.keys() == stored["rules"][0].keys()
    assert (one["hits"], one["misses"], one["unknown"]) == (3, 9, 0)
    assert (one["labels"]["precision"]["value"], one["labels"]["recall"]["value"], one["labels"]["labelled"]) == (1.0, 0.5, 9)
    assert one["load"] == {"alerts": 1, "unroutable": 0, "unplaced": 1, "offices": [], "over_capacity": []}
    assert [sample["id"] for sample in one["sample"]] == [1]  # copies are one
    assert one["sample"][0]["grade"] == "orange"


def test_words_that_are_never_seen_and_words_that_add_nothing() -> None:
    text = """
list 词 "x"
  include "根治" "彻底根治" "神药"
rule words "词" / "words"
  model false_medical_advertising
  severity low
  when text has any of @词
"""
    told = over_file(trial(text), None, ["彻底根治，真的根治", "根治", "好"], None, name="x")
    assert told["lists"] == [
        {"list": "词", "terms": 3, "never": ["神药"], "never_count": 1, "covered": [{"term": "彻底根治", "by": "根治", "hits": 1, "together": 1}], "covered_count": 1}
    ]  # fmt: skip


def test_a_shared_list_that_changes_is_said_to_change_other_models() -> None:
    words = 'list 共用 "x"\n  include "甲"\n'
    live = [pack_from_text(words + f'rule r{i} "x" / "x"\n  severity high\n  when text has any of @共用 and text has any of "店"', name) for i, name in enumerate((MED, DRUG))]  # fmt: skip
    from risk.services.backtest_plan import plan

    mine = pack_from_text(
        'list 共用 "x"\n  include "甲" "乙"\nrule r0 "x" / "x"\n  severity high\n  when text has any of @共用 and text has any of "店"',
        "mine",
    )
    tried = plan(live, mine)
    assert (tried.model, tried.also, tried.standing("r0")) == (MED, (DRUG,), "changed")
    told = over_file(tried, None, ["甲店", "乙店", "丙店"], None, name="x")
    sides = told["rules"][0]["compared"]
    assert [sides[name]["units"] for name in ("both", "only_new", "only_old")] == [1, 1, 0]
    assert told["change"]["grades"] == {"none>orange": 1, "orange>orange": 1}


def _codes(found: Iterable[BaseException]) -> list[str]:
    return [getattr(error, "code", "") for error in found]


def test_what_cannot_be_tried_is_refused() -> None:
    from risk.domain.errors import RiskError

    refused = []
    for text, how in (
        ('rule a "x"\n  when text hass "x"', {}),
        ('rule a "x"\n  model no_such_model\n  when text has any of "x"', {}),
        ('rule a "x"\n  model illegal_fundraising\n  lens firm\n  when employees > 3', {}),
        ('rule a "x"\n  model illegal_drug_sales\n  when text has any of @没有', {}),
        (CANDIDATE + CANDIDATE.replace("diabetes", "other").replace(MED, DRUG), {}),
        (CANDIDATE, {"rules": ["nothing"]}),
        (None, {"rules": ["nothing"]}),
        (None, {}),
    ):
        with pytest.raises(RiskError) as found:
            trial(text, **how)
        refused.append(found.value)
        assert found.value.text("zh") != found.value.text("en")
    assert _codes(refused) == [
        "backtest_rules_broken", "backtest_model_unknown", "backtest_firm_lens", "backtest_rules_broken", "backtest_two_models",
        "backtest_rule_unknown", "backtest_rule_unknown", "backtest_no_rules",
    ]  # fmt: skip


def test_labels_are_the_ones_known_when_it_was_asked(sqlite_engine: Engine) -> None:
    history(sqlite_engine, weeks=3)
    early = START + timedelta(days=15)
    number = backtest_jobs.ask(sqlite_engine, trial(), scorer(), candidate(), since=SINCE, until=NOW, actor="张三", now=early)
    told = backtest_jobs.carry_out(sqlite_engine, scorer(), number, clock=lambda: LATER)
    with reading(sqlite_engine) as conn:
        then, now = labels.matured(conn, MED, early), labels.matured(conn, MED, LATER)
    assert told["rules"][0]["labels"]["labelled"] == len(then) < len(now)
    assert told["period"]["until"] == early.isoformat()
    assert np.isclose(sum(week["hits"] for week in told["rules"][0]["weeks"]), told["rules"][0]["hits"])


def test_urge_alone_is_one_keyword(sqlite_engine: Engine) -> None:
    """Fusion is the real one: a rule that is a single keyword reaches blue at most."""
    with transaction(sqlite_engine) as conn:
        put(conn, [URGE], at=START)
    told = _run(sqlite_engine, trial(None, rules=["urge"]), None)
    assert told["rules"][0]["grades"] == {"none>blue": 1}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_reads_well(sqlite_engine: Engine, lang: str) -> None:
    history(sqlite_engine)
    told = _run(sqlite_engine, trial(), candidate())
    new = (
        'list 催 "x"\n  include "立即抢购" "立即" "从速"\n'
        + 'rule urge "催促购买" / "urges to buy"\n  severity low\n  when text has any of @催\n'
    )
    changed = _run(sqlite_engine, trial(new + UNDECIDED), candidate(new + UNDECIDED))
    check_golden(f"backtest.{lang}.txt", backtest_text(told, lang) + "\n" + backtest_text(changed, lang))
