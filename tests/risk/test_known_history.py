"""Registers and histories as they were known: what is loaded later, corrected, passed on or moved changes no earlier day. On both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from risk.services import register, runs, tasks, units
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from rules.inputs import Column, WindowQuery
from rules.nodes import Aggregate
from tests.risk.run_world import CURE, MED, NOW, PLAIN, URGE, put, scorer, set_capacity

LONG_AGO = NOW - timedelta(days=300)
DRUG = "药品经营许可证"
HOLDER, OTHER = "鄂DA010200001", "鄂DA010200009"


def _subjects(conn: Connection, now: datetime = LONG_AGO, **facts: Any) -> None:
    rows = [
        {"key": f"s{i}", "name": f"主体{i}", "region": "420102", "aliases": [f"shop:商城/店{i}"], **{k: v[i] for k, v in facts.items()}}
        for i in range(3)
    ]
    register.load_subjects(conn, rows, now=now)


def _licence(number: str, subject: str, until: date | None, since: date | None = date(2020, 1, 1)) -> dict[str, Any]:
    return {"subject_key": subject, "kind": DRUG, "number": number, "valid_from": since, "valid_to": until}


def _ask(engine: Engine, ids: list[int], as_of: datetime) -> Any:
    with reading(engine) as conn:
        loaded = units.load(conn, ids, as_of)
    return scorer().read(loaded.texts, loaded.around).inputs


def _plain(column: Column) -> list[Any]:
    return [value if known else None for value, known in zip(column.values.tolist(), column.known.tolist(), strict=True)]


def _window(asked: Any, how: str, stream: str, field: str = "", days: float | None = None, relation: str = "") -> list[Any]:
    return _plain(asked.window(WindowQuery(Aggregate(how), stream, field, days, relation)))


def test_a_licence_that_is_loaded_later_changes_no_earlier_day(engine: Engine) -> None:
    with transaction(engine) as conn:
        _subjects(conn)
        ids = put(conn, ["药房"], shops=["店0"], at=NOW - timedelta(days=60))
    past = NOW - timedelta(days=30)
    assert _plain(_ask(engine, ids, past).field("licences_held")) == [frozenset()]
    with transaction(engine) as conn:
        register.load_licences(conn, [_licence(HOLDER, "s0", None)], source="许可库", now=NOW - timedelta(days=10))
    assert _plain(_ask(engine, ids, past).call("licence_state", (DRUG,))) == ["absent"]
    assert _plain(_ask(engine, ids, NOW).call("licence_state", (DRUG,))) == ["valid"]
    assert _plain(_ask(engine, ids, NOW).field("licences_held")) == [frozenset({DRUG})]


def test_a_licence_is_renewed_cut_short_and_passed_on(engine: Engine) -> None:
    day, weeks = date(2026, 10, 1), [NOW + timedelta(weeks=i) for i in range(5)]
    said = [_licence(HOLDER, "s0", day), _licence(HOLDER, "s0", date(2031, 1, 1)), _licence(HOLDER, "s1", date(2031, 1, 1))]
    with transaction(engine) as conn:
        _subjects(conn)
        ids = put(conn, ["药房", "药房"], shops=["店0", "店1"])
        for week, row in zip(weeks[1:], said, strict=False):
            assert register.load_licences(conn, [row, row], source="许可库", now=week) == 2
            assert register.load_licences(conn, [row], source="许可库", now=week + timedelta(days=1)) == 1  # says nothing new
        assert conn.scalar(select(func.count()).select_from(t.licences)) == 3
    states = [_plain(_ask(engine, ids, week + timedelta(days=2)).call("licence_state", (DRUG,))) for week in weeks[:4]]
    assert states == [["absent", "absent"], ["expired", "absent"], ["valid", "absent"], ["absent", "valid"]]


@pytest.mark.parametrize(
    ("number", "shop", "as_of", "expected"),
    [
        (HOLDER, "店0", NOW, "valid"),
        (HOLDER, "店1", NOW, "someone_elses"),
        (HOLDER, None, NOW, "valid"),
        ("鄂DA01020", "店0", NOW, "malformed"),
        (OTHER, "店0", NOW, "unregistered"),
        (HOLDER, "店0", NOW + timedelta(days=400), "expired"),
        (HOLDER, "店0", LONG_AGO - timedelta(days=1), "well_formed"),
        ("国药准字Z13020588", "店0", NOW, "someone_elses"),
        ("国药准字Z13020599", "店0", NOW, "unregistered"),
        ("国药准字Z13020588", "店0", NOW - timedelta(days=6), "well_formed"),
    ],
)
def test_numbers_in_texts_are_held_against_what_was_registered_then(
    engine: Engine, number: str, shop: str | None, as_of: datetime, expected: str
) -> None:
    with transaction(engine) as conn:
        _subjects(conn)
        register.load_licences(conn, [_licence(HOLDER, "s0", date(2027, 1, 1))], source="许可库", now=LONG_AGO)
        drug = {"kind": "drug_approval", "number": "国药准字 Ｚ13020588", "holder": "某某药业有限公司", "valid_to": date(2030, 1, 1)}
        for _ in range(2):
            assert register.load_registrations(conn, [drug], source="药品库", now=NOW - timedelta(days=5)) == 1
        assert conn.scalar(select(func.count()).select_from(t.registrations)) == 1
        ids = put(conn, [f"许可证号：{number}"], shops=[shop], at=LONG_AGO - timedelta(days=2))
    kind = "国药准字" if "国药" in number else DRUG
    assert _plain(_ask(engine, ids, as_of).call("identifier_state", (kind,))) == [expected]


def test_the_holder_of_a_registration_may_be_a_subject(engine: Engine) -> None:
    rows = [{"kind": "device_registration", "number": "鄂械注准20212140001", "holder": "旧名", "subject_key": "s1", "valid_to": None}]
    with transaction(engine) as conn:
        _subjects(conn)
        register.load_registrations(conn, rows, source="器械库", now=LONG_AGO)
        ids = put(conn, ["注册证：鄂械注准20212140001"] * 2, shops=["店0", "店1"])
    assert _plain(_ask(engine, ids, NOW).call("identifier_state", ("医疗器械注册证",))) == ["someone_elses", "valid"]


def test_changes_and_penalties_count_once_they_are_known(engine: Engine) -> None:
    at = NOW - timedelta(days=20)
    fines = [
        {"subject_key": "s0", "kind": "罚款", "number": "鄂市监罚1号", "amount": 20_000.0, "at": at, "known_at": NOW - timedelta(days=15)},
        {"subject_key": "s0", "kind": "警告", "number": "鄂市监罚2号", "amount": float("nan"), "at": at},
        {"subject_key": "nobody", "kind": "罚款", "number": "3号", "amount": 1.0, "at": at},
    ]
    moved = [{"subject_key": "s0", "kind": "住所", "before": "甲", "after": "乙", "at": date(2026, 9, 1)}]
    with transaction(engine) as conn:
        _subjects(conn)
        ids = put(conn, [PLAIN, PLAIN], shops=["店0", "店1"])
        for _ in range(2):
            assert register.load_penalties(conn, fines, source="处罚库", now=NOW - timedelta(days=5)) == 2
            assert register.load_changes(conn, moved, source="登记库", now=NOW - timedelta(days=5)) == 1
        assert [conn.scalar(select(func.count()).select_from(each)) for each in (t.penalties, t.subject_changes)] == [2, 1]
    then, later, now = (_ask(engine, ids, NOW - timedelta(days=d)) for d in (16, 10, 0))
    assert [_window(asked, "count", "penalties") for asked in (then, later, now)] == [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]]
    assert _window(now, "sum", "penalties", "amount", 365) == [20_000.0, 0.0]
    assert _window(now, "distinct", "penalties", "kind") == [2.0, 0.0]
    assert _window(now, "days_since", "penalties") == [20.0, None]
    assert [_window(asked, "count", "changes") for asked in (later, now)] == [[0.0, 0.0], [1.0, 0.0]]
    assert _window(now, "count", "penalties", days=20) == [0.0, 0.0]  # strictly inside


def test_what_subjects_share_follows_the_register(engine: Engine) -> None:
    with transaction(engine) as conn:
        _subjects(
            conn,
            住所=["武汉市江岸区中山大道１号", "湖北省武汉市江岸区中山大道1号", "江岸区解放大道9号"],
            联系电话=["13800138000", "", None],
        )
        ids = put(conn, [PLAIN] * 4, shops=["店0", "店1", "店2", None])
        put(conn, [URGE] * 2, shops=["店1", "店2"], tag="c", kind="report", at=NOW - timedelta(days=3))
    before = _ask(engine, ids, NOW)
    assert _plain(before.related("same_address")) == [1.0, 1.0, 0.0, None]
    assert _plain(before.related("same_phone")) == [0.0, None, None, None]
    assert _window(before, "count", "complaints", days=30) == [0.0, 1.0, 1.0, None]
    assert _window(before, "count", "complaints", days=30, relation="same_address") == [1.0, 0.0, 0.0, None]
    assert _window(before, "count", "complaints", days=30, relation="same_phone") == [0.0, None, None, None]
    with transaction(engine) as conn:
        _subjects(conn, now=NOW, address=["江岸区解放大道 9 号"] * 3)  # all move to one place
        _subjects(conn, now=NOW + timedelta(days=1), address=["江岸区解放大道9号"] * 3)  # says nothing new
        assert conn.scalar(select(func.count()).select_from(t.subject_links).where(t.subject_links.c.relation == "same_address")) == 5
    assert _plain(_ask(engine, ids, NOW - timedelta(hours=1)).related("same_address")) == [1.0, 1.0, 0.0, None]
    assert _plain(_ask(engine, ids, NOW + timedelta(days=2)).related("同址")) == [2.0, 2.0, 2.0, None]
    assert _plain(_ask(engine, ids, NOW + timedelta(days=2)).related("same_phone")) == [0.0, None, None, None]


def _alerted(engine: Engine) -> tuple[list[int], int]:
    """Two signals of a subject, the first of which opened an alert; the task that came of it."""
    past = NOW - timedelta(days=10)
    set_capacity(engine, 500)
    with transaction(engine) as conn:
        _subjects(conn)
        first = put(conn, [CURE], shops=["店0"], at=NOW - timedelta(days=20), tag="old")
    runs.run(engine, scorer(), [MED], as_of=past, now=past, actor="测试")
    with transaction(engine) as conn:
        second = put(conn, [PLAIN], shops=["店0"], at=NOW - timedelta(days=1), tag="new")
        task = int(conn.scalars(select(t.tasks.c.id)).one())
        tasks.sign(conn, task, actor="张三", now=past)
        tasks.report(
            conn,
            task,
            actor="张三",
            code="10",
            facts="查实",
            officers=["张三", "李四"],
            now=past + timedelta(days=1),
            detail={"amount": 3000},
        )
    return [*first, *second], task


def test_what_an_alert_owes_to_a_unit_is_that_units_own(engine: Engine) -> None:
    ids, task = _alerted(engine)
    asked = _ask(engine, ids, NOW)
    assert _window(asked, "count", "alerts", days=180) == [0.0, 1.0]
    assert _window(asked, "count", "verdicts") == [0.0, 1.0]
    assert _window(asked, "sum", "verdicts", "confirmed") == [0.0, 1.0]
    assert _window(asked, "sum", "verdicts", "amount") == [0.0, 3000.0]
    assert _plain(asked.call("alerts_in_last", (180.0,))) == _plain(asked.call("confirmed_in_last", (180.0,))) == [0.0, 1.0]
    grade = _window(asked, "max", "alerts", "grade")
    with transaction(engine) as conn:
        later = NOW + timedelta(hours=1)
        tasks.correct(
            conn, task, actor="张三", code="30", sub_reason="licensed", facts="误报", officers=["张三", "李四"], reason="重核", now=later
        )
        conn.execute(t.alerts.update().values(grade=1, probability=0.01))  # rows change; what was known does not
    assert _window(_ask(engine, ids, NOW), "max", "alerts", "grade") == grade
    assert grade[0] is None
    assert grade[1] >= 1
    assert _window(_ask(engine, ids, NOW), "distinct", "verdicts", "code") == [0.0, 1.0]
    corrected = _ask(engine, ids, NOW + timedelta(days=1))
    assert _window(corrected, "sum", "verdicts", "confirmed") == [0.0, 0.0]
    assert _window(corrected, "count", "verdicts") == [0.0, 1.0]


def test_evidence_that_joins_an_alert_later_makes_it_nobody_elses_before(engine: Engine) -> None:
    ids, _ = _alerted(engine)
    before = _window(_ask(engine, ids, NOW), "count", "alerts")
    with transaction(engine) as conn:
        more = put(conn, [CURE], shops=["店0"], at=NOW + timedelta(hours=1), tag="joins")
    runs.run(engine, scorer(), [MED], as_of=NOW + timedelta(days=1), now=NOW + timedelta(days=1), actor="测试")
    assert _window(_ask(engine, [*ids, *more], NOW), "count", "alerts")[:2] == before == [0.0, 1.0]


def test_days_without_a_clock_begin_in_shanghai(engine: Engine) -> None:
    with transaction(engine) as conn:
        _subjects(conn)
        ids = put(conn, [PLAIN], shops=["店0"])
        register.load_changes(conn, [{"subject_key": "s0", "kind": "名称", "at": date(2026, 10, 12)}], source="登记库", now=LONG_AGO)
        row = conn.execute(select(t.subject_changes.c.at, t.subject_changes.c.known_at)).one()
    assert tuple(row) == (datetime(2026, 10, 11, 16, tzinfo=UTC),) * 2  # nothing is known before it happens
    assert _window(_ask(engine, ids, datetime(2026, 10, 11, 16, tzinfo=UTC)), "count", "changes") == [0.0]
    assert _window(_ask(engine, ids, datetime(2026, 10, 11, 17, tzinfo=UTC)), "count", "changes") == [1.0]
