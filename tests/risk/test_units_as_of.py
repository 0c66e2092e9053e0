"""Nothing that happens later changes what was known at a moment: the future is rewritten, the scores stay."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, insert, select

from features.context import RELATIONS, STREAMS
from risk.services import judging, labels, register, runs, tasks, units
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.reviewing import review_all
from tests.risk.run_world import CURE, MED, NOW, PLAIN, URGE, put, scorer, set_capacity

CLINIC = "医疗机构执业许可证"
TEXTS = [PLAIN, CURE, URGE, "本院诊疗，证号鄂DA010200001"]


def _subjects(conn: Connection, tag: str = "a") -> None:
    register.load_subjects(
        conn,
        [
            {"key": f"{tag}{i}", "name": f"主体{tag}{i}", "region": "420102", "registered_on": date(2020, 1, 1), "address": f"中山大道{i % 2 + 1}号", "aliases": [f"shop:商城/{tag}店{i}"]}
            for i in range(4)
        ],
        now=NOW - timedelta(days=300),
    )  # fmt: skip
    register.load_licences(
        conn,
        [
            {"subject_key": f"{tag}0", "kind": CLINIC, "number": f"{tag}0", "valid_from": date(2021, 1, 1), "valid_to": date(2026, 10, 12)},
            {"subject_key": f"{tag}1", "kind": CLINIC, "number": f"{tag}1", "valid_from": date(2021, 1, 1), "valid_to": date(2026, 10, 11)},
            {"subject_key": f"{tag}2", "kind": CLINIC, "number": f"{tag}2", "valid_from": date(2026, 10, 13), "valid_to": None},
        ],
        source="测试",
        now=NOW - timedelta(days=300),
    )


def _known(engine: Engine, ids: list[int]) -> dict[str, Any]:
    with reading(engine) as conn:
        loaded = units.load(conn, ids, NOW)
    read = scorer().read(loaded.texts, loaded.around)
    judged = scorer().judge(read, MED, on=units.judged_day(NOW))
    windows = {
        (how, stream, relation): loaded.around.window(how, stream, field, 365.0, relation).tolist()
        for stream, (_, fields) in STREAMS.items()
        for relation in ("", *RELATIONS)
        for how, field in (("count", ""), ("days_since", ""), ("change", ""), *(("distinct", name) for name in fields))
    }
    return {
        "windows": repr(windows),
        "related": repr([loaded.around.related(relation).tolist() for relation in RELATIONS]),
        "held": loaded.around.licences_held(),
        "numbers": read.inputs.call("identifier_state", ("药品经营许可证",)).values.tolist(),
        "columns": loaded.around.columns().fillna(-9).to_numpy().tolist(),
        "p": judged.probability.tolist(),
        "ranks": judged.ranks.tolist(),
    }


def _future(conn: Connection, shops: list[str], rng: random.Random, tag: str) -> None:
    """Things of every kind that are known only from NOW on, in a random order and number."""
    for number in range(rng.randint(1, 4)):
        later = NOW + timedelta(hours=rng.randint(1, 2000))
        put(
            conn,
            [rng.choice(TEXTS)] * 2,
            shops=rng.sample(shops, 2),
            at=later,
            tag=f"{tag}c{number}",
            kind=rng.choice(["content", "report"]),
        )
        put(conn, [CURE], shops=[rng.choice(shops)], at=NOW - timedelta(days=2), received=later, tag=f"{tag}l{number}", kind="report")
    late = NOW + timedelta(days=rng.randint(1, 90))
    rows = [{"subject_key": "a2", "kind": CLINIC, "number": f"{tag}f", "valid_from": late.date(), "valid_to": None}]
    register.load_licences(conn, rows, source="测试", now=late)
    backdated = [
        {"subject_key": f"a{i}", "kind": CLINIC, "number": f"a{i}", "valid_from": date(2019, 1, 1), "valid_to": None} for i in range(3)
    ]
    backdated += [{"subject_key": "a1", "kind": "药品经营许可证", "number": "鄂DA010200001", "valid_from": None, "valid_to": None}]
    register.load_licences(conn, backdated, source="测试", now=late)
    long_ago = [
        {"subject_key": f"a{rng.randint(0, 3)}", "kind": f"{tag}{i}", "amount": 9.0, "at": NOW - timedelta(days=i + 1)} for i in range(5)
    ]
    register.load_penalties(conn, long_ago, source="测试", now=late)
    register.load_changes(conn, long_ago, source="测试", now=late)
    moved = [
        {"key": f"a{i}", "name": f"a{i}", "region": "420102", "address": f"中山大道{rng.randint(1, 2)}号", "phone": "13800138000"}
        for i in range(4)
    ]
    register.load_subjects(conn, moved, now=late)


@pytest.mark.parametrize("seed", range(4))
def test_rewriting_the_future_changes_no_score(engine: Engine, seed: int) -> None:
    rng, shops = random.Random(seed), [f"a店{i}" for i in range(4)]
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        _subjects(conn)
        put(conn, [PLAIN, CURE] * 2, shops=shops, at=NOW - timedelta(days=20), tag="old", kind="report")
        known = [{"subject_key": f"a{i}", "kind": "罚款", "amount": 5.0, "at": NOW - timedelta(days=40 + i)} for i in range(3)]
        register.load_penalties(conn, known, source="测试", now=NOW - timedelta(days=30))
    past = NOW - timedelta(days=10)
    runs.run(engine, scorer(), [MED], as_of=past, now=past, actor="测试")
    with transaction(engine) as conn:
        ids = put(conn, TEXTS, shops=shops, tag="now")
        task = int(conn.scalars(select(t.tasks.c.id).order_by(t.tasks.c.id)).first() or 0)
        tasks.sign(conn, task, actor="张三", now=past)
        tasks.report(conn, task, actor="张三", code="10", facts="查实", officers=["张三", "李四"], now=past + timedelta(days=1))
    before = _known(engine, ids)
    assert max(max(row) for row in before["columns"]) > 1
    with transaction(engine) as conn:
        _future(conn, shops, rng, "f")
        tasks.correct(
            conn, task, actor="张三", code="30", sub_reason="licensed", facts="误报", officers=["张三", "李四"], reason="重核", now=NOW + timedelta(hours=1)
        )  # fmt: skip
        tasks.accept(conn, task, actor="科长", now=NOW + timedelta(hours=2), close_too=True)
        review_all(conn, NOW + timedelta(hours=2))
        assert labels.matured(conn, MED, NOW) == []
    later = NOW + timedelta(days=100)
    runs.run(engine, scorer(), [MED], as_of=later, now=later, actor="测试")
    assert _known(engine, ids) == before


def test_licences_and_rules_hold_by_the_day_in_shanghai(engine: Engine) -> None:
    with transaction(engine) as conn:
        _subjects(conn)
        ids = put(conn, ["本院诊疗"] * 4, shops=[f"a店{i}" for i in range(4)])
    midnight = units.judged_day(NOW.replace(hour=16))
    assert (midnight, units.judged_day(NOW.replace(hour=16, second=1))) == (date(2026, 10, 12), date(2026, 10, 13))
    with reading(engine) as conn:
        for hour, second, wanted in ((2, 0, ["valid", "expired", "absent", "absent"]), (16, 1, ["expired", "expired", "valid", "absent"])):
            around = units.load(conn, ids, NOW.replace(hour=hour, second=second)).around
            assert around.licence_states(CLINIC) == wanted


def test_a_unit_does_not_count_itself_and_unknown_subjects_are_unknown(engine: Engine) -> None:
    with transaction(engine) as conn:
        _subjects(conn)
        ids = put(conn, [PLAIN] * 3, shops=["a店0", "a店0", None], at=NOW - timedelta(days=1), kind="report")
        conn.execute(
            insert(t.subjects).values(key="later", name="后来", kind="enterprise", registered_on=date(2027, 1, 1), facts={}, created_at=NOW)
        )
    with reading(engine) as conn:
        around = units.load(conn, ids, NOW).around
    assert around.counts("complaint", 30)[:2].tolist() == [1.0, 1.0]
    assert np.isnan(around.counts("signal", 30)[2])
    table = around.columns()
    assert table["subject_known"].tolist() == [1.0, 1.0, 0.0]
    assert np.isnan(table["subject_age_days"][2])


def test_a_signal_that_went_into_the_archive_meanwhile_stops_nobody(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        ids = put(conn, [CURE, PLAIN])
        loaded = units.load(conn, ids, NOW)
    gone = max(ids) + 1
    (part,) = judging.judge(scorer(), loaded, {MED: [*ids, gone]}, NOW)[MED]
    assert part.positions == [0, 1]
