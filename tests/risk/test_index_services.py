"""The index over a store: values by hand, nothing later than its moment, versions approved by another; credit classes and random plans, on both databases."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select

from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.indices import system
from risk.domain.signals import digest
from risk.services import (
    credit_classes,
    credit_import,
    index_results,
    index_subjects,
    index_versions,
    random_plan_export,
    random_plan_results,
    random_plans,
)
from risk.services.index_facts import of_places
from risk.services.index_versions import Ask
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.index_world import BEFORE, NOW, alert, classes_csv, plan_world, signals, subjects, world

YICHANG = Scope((Grant("420500", "market_supervision"),))


def test_values_of_places_are_those_of_the_rows(engine: Engine) -> None:
    with transaction(engine) as conn:
        world(conn)
    with reading(engine) as conn:
        facts = of_places(conn, NOW)
    wuhan: dict[str, Any] = {code: found.get("420100") for code, found in facts.items()}
    assert wuhan["signal_density"] == (8 / 40 * 10_000, 40)
    assert wuhan["alert_density"] == (6 / 40 * 10_000, 40)
    assert wuhan["grave_share"] == (1 / 6, 6)
    assert wuhan["verified_rate"] == (3 / 5, 5)
    assert wuhan["open_grave"] == (1 / 40 * 10_000, 40)
    assert wuhan["repeat_share"] == (None, 3)  # three subjects: too few to say
    assert wuhan["complaint_density"] == (4 / 40 * 10_000, 40)
    assert wuhan["complaint_growth"] == (4 * 3 / 6, 6)
    assert wuhan["in_time"] == (5 / 6, 6)
    assert wuhan["overdue_share"] == (None, 1)
    assert wuhan["feedback_quality"] == (1.0, 5)
    assert wuhan["sensitive_share"] is None  # no industry is known: unknown, not none
    yichang: Any = facts["sensitive_share"]["420500"]
    assert yichang == (1.0, 20)
    assert facts["signal_density"]["420000"].value == pytest.approx(10 / 60 * 10_000)
    assert wuhan["credit_cd"] is None


def test_nothing_later_than_its_moment_changes_a_value(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as conn:
        world(conn)
    with reading(engine) as conn:
        places = of_places(conn, NOW)
        subject = conn.scalar(select(t.subjects.c.id).order_by(t.subjects.c.id))
        assert subject is not None
        point = index_subjects.of_subject(conn, subject, NOW, months=3)
    later = NOW + timedelta(hours=1)
    with transaction(engine) as conn:
        more = subjects(conn, 30, "420102", at=later, industry="2017:7212")
        signals(conn, 9, "420102", later, subject=subject)
        signals(conn, 5, "420102", later, kind="report", subject=subject)
        alert(conn, subject, "420102", later, "later", code="10")
        alert(conn, more[0], "420102", later, "later too")
        rows = "uscc,class,assessed_on\n" + "".join(f"{code},D,2026-10-12\n" for code in conn.scalars(select(t.subjects.c.uscc)))
        _take(conn, tmp_path, rows, later)
        act = {"record_id": "x", "kind": "inspection", "number": "1", "name": "检查", "matter_code": "1" * 14, "subject_id": subject}
        act |= {"happened_on": date(2026, 10, 1), "fields": {}, "source": "own", "actor": "a", "created_at": later, "changed_at": later}
        conn.execute(insert(t.acts).values(act))
        conn.execute(insert(t.penalties).values(key="p", subject_id=subject, at=NOW - timedelta(days=9), known_at=later, source="登记"))
        licence = {"subject_id": subject, "kind": "许可", "number": "1", "number_key": "1", "valid_to": date(2026, 1, 1), "source": "登记"}
        conn.execute(insert(t.licences).values(**licence, known_from=later))
    with reading(engine) as conn:
        assert of_places(conn, NOW) == places
        assert index_subjects.of_subject(conn, subject, NOW, months=3) == point
        now = index_subjects.of_subject(conn, subject, later + timedelta(hours=1), months=0).now
    assert (now.value or 0) > (point.now.value or 0) > 0
    values = {part.code: part.value for part in now.parts}
    assert values["credit_class"] == 3.0
    assert values["lapsed_licence"] == 1.0
    assert values["penalties"] == 1.0
    assert values["complaints"] == 5.0
    assert values["confirmed"] == 2.0  # what is reported two days after `later` is not known yet
    assert point.now.parts[5].value is None


def test_a_moment_is_computed_once_and_read_inside_a_scope(engine: Engine) -> None:
    with transaction(engine) as conn:
        world(conn)
        with pytest.raises(NotFoundError, match="approved yet"):
            index_results.board(conn)
        assert index_results.compute(conn, "2026-10-11", actor="张三", now=NOW).again is False
        again = index_results.compute(conn, "2026-10-11", actor="李四", now=NOW + timedelta(days=1))
        assert again.again is True
        for period, code in (("2026-10-12", "index_period_open"), ("2026-13", "index_period"), ("gestern", "index_period")):
            with pytest.raises(InvalidInputError) as refused:
                index_results.compute(conn, period, actor="张三", now=NOW)
            assert refused.value.code == code
    with reading(engine) as conn:
        board = index_results.board(conn)
        assert {row.region for row in board.rows} == {"420100", "420500"}
        wuhan = next(row for row in board.rows if row.region == "420100")
        assert wuhan.missing
        assert wuhan.coverage < 1
        place = index_results.place(conn, "武汉市")
        assert sum(part.used for part in place.parts) == pytest.approx(1)
        assert sum(part.weight for part in place.parts) == pytest.approx(1)
        if place.value is not None:
            assert sum(part.contribution or 0 for part in place.parts) == pytest.approx(place.value)
        inside = index_results.board(conn, scope=YICHANG)
        assert [row.region for row in inside.rows] == ["420500"]
        with pytest.raises(NotFoundError):
            index_results.place(conn, "420100", scope=YICHANG)
        assert [row.region for row in index_results.board(conn, level="county", within="420100").rows] == ["420102", "420103"]
        assert index_results.robustness(conn).result.places


def test_weights_are_approved_by_another_and_kept(engine: Engine) -> None:
    ask = Ask("region", "ahp", tuple(tuple(1.0 for _ in range(5)) for _ in range(5)))
    with transaction(engine) as conn:
        world(conn)
        index_results.compute(conn, "2026-10-11", actor="张三", now=NOW)
        number = index_versions.draft(conn, ask, reason="各组同等", actor="张三", now=NOW)
        with pytest.raises(ConflictError, match="cannot approve"):
            index_versions.decide(conn, number, approve=True, reason="同意", actor="张三", now=NOW)
        assert index_versions.current(conn, "region").version == 0
        index_versions.decide(conn, number, approve=True, reason="同意", actor="李四", now=NOW)
        with pytest.raises(ConflictError):
            index_versions.decide(conn, number, approve=False, reason="反悔", actor="王五", now=NOW)
        found = index_versions.current(conn, "region")
        assert (found.version, found.decided_by) == (1, "李四")
        assert sum(found.weights.values()) == pytest.approx(1)
        by_group = {code: sum(found.weights[c] for c in system("region").codes(code)) for code in ("pressure", "reaction")}
        assert by_group == pytest.approx({"pressure": 0.2, "reaction": 0.2})
        assert index_results.compute(conn, "2026-10-11", actor="张三", now=NOW).again is False  # by the new version
        told = {one.method: one for one in index_versions.propose(conn, Ask("region", "ahp"), NOW).proposals}
        assert set(told) == {"ahp", "entropy", "critic", "ahp_entropy"}
        for refused_ask, code in ((Ask("subject", "critic"), "index_subject_method"), (Ask("region", "guess"), "weights_method")):
            with pytest.raises(InvalidInputError) as refused:
                index_versions.draft(conn, refused_ask, reason="试", actor="张三", now=NOW)
            assert refused.value.code == code


def _take(conn: Connection, folder: Path, text: str, now: datetime, source: str = "省平台") -> credit_import.CreditImport:
    path = folder / f"{digest(text)[:8]}.csv"
    path.write_text(text, encoding="utf-8")
    return credit_import.take_in(conn, path, called=path.name, source=source, actor="张三", now=now)


def test_credit_classes_keep_their_history(engine: Engine, tmp_path: Path) -> None:
    code = "91350100M000100Y43"
    head = "统一社会信用代码,企业名称,信用风险分类,分类日期,有效期至\n"
    with transaction(engine) as conn:
        row = {"key": code, "uscc": code, "name": "某店", "region": "420502", "kind": "enterprise", "facts": {}, "created_at": BEFORE}
        subject = int(conn.execute(insert(t.subjects).values(row).returning(t.subjects.c.id)).scalar_one())
        first = (
            head
            + f"{code},某店,B类,2026-06-30,2026-09-30\n9999,坏行,B,2026-06-30,\n91512081MA62K0260E,外地店,D,2026/06/30,\n{code},,E,2026-06-30,\n"
        )
        found = _take(conn, tmp_path, first, NOW - timedelta(days=90))
        assert (found.rows, found.accepted, found.known, found.refused) == (4, 2, 0, 2)
        assert [(one.row, one.code) for one in found.problems] == [(2, "credit_uscc"), (4, "credit_class")]
        assert _take(conn, tmp_path, first, NOW).again
        assert _take(conn, tmp_path, head + f"{code},某店,B,2026-06-30,2026-09-30\n{code},某店,D,2026-10-01,\n", NOW).known == 1
        with pytest.raises(InvalidInputError, match="lacks"):
            _take(conn, tmp_path, "名称,类\n某店,A\n", NOW)
    with reading(engine) as conn:
        then = {day: _class(conn, code, day) for day in (-91, -89, -5, 0)}
        assert then == {-91: None, -89: "B", -5: None, 0: "D"}  # B had ended, D was not known yet
        assert [one.class_code for one in credit_classes.history(conn, subject, NOW)] == ["D", "B"]
        assert credit_classes.counts(conn, NOW, scope=YICHANG).classes == {"A": 0, "B": 0, "C": 0, "D": 1}
        assert credit_classes.counts(conn, NOW).others == 1
        mine = credit_classes.list_classes(conn, NOW, scope=YICHANG)
        assert [(one.uscc, one.class_code, one.in_force) for one in mine.items] == [(code, "D", True)]
        assert [one.in_force for one in credit_classes.list_classes(conn, NOW, current=False, scope=YICHANG).items] == [True, False]
        text = random_plan_export.classes_file([credit_classes.list_classes(conn, NOW).items], "csv", "en", NOW).decode("utf-8-sig")
    with transaction(engine) as conn:
        again = _take(conn, tmp_path, text, NOW)
        assert (again.accepted, again.known, again.refused) == (0, 2, 0)


def _class(conn: Connection, code: str, days: int) -> str | None:
    row = credit_classes.in_force(conn, NOW + timedelta(days=days)).get(code)
    return None if row is None else str(row.class_code)


def _planned(conn: Connection, folder: Path) -> list[int]:
    ids = plan_world(conn)
    _take(conn, folder, classes_csv(conn), NOW - timedelta(days=5))
    return ids


def _draw(conn: Connection, **changed: Any) -> int:
    ask = random_plans.Ask("420500", changed.pop("count", 12), audit=changed.pop("audit", 8))
    given: dict[str, Any] = {
        "name": "年度抽查",
        "office": "420500-market_supervision",
        "seed": "2026",
        "reason": "计划",
        "actor": "张三",
        "now": NOW,
    }
    return random_plans.make(conn, ask, **{**given, **changed})


def test_a_plan_is_drawn_with_known_chances_and_drawn_again_the_same(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as conn:
        ids = _planned(conn, tmp_path)
        number = _draw(conn)
    with reading(engine) as conn:
        units = random_plans.every_unit(conn, number)
        plan = random_plans.show(conn, number, scope=YICHANG)
        assert random_plans.verify(conn, number).same
        with pytest.raises(NotFoundError):
            random_plans.show(conn, number, scope=Scope((Grant("420100"),)))
    assert (plan.counts["units"], plan.counts["repeats"]) == (59, 1)
    assert {one["name"]: one["units"] for one in plan.counts["classes"]} == {"A": 30, "D": 10, "none": 19}
    assert sum(one["expected"] for one in plan.counts["classes"]) == pytest.approx(12)
    assert ids[59] not in {one.subject_id for one in units}
    assert all(len(one.inspectors) == 2 and 0 < one.probability <= 1 for one in units)
    chance = {one.class_code: one.probability for one in units if one.grade == "none"}
    assert chance["D"] > chance[None] > chance["A"]
    with transaction(engine) as conn:
        conn.execute(t.random_plan_units.delete().where(t.random_plan_units.c.id == units[0].id))
        told = random_plans.verify(conn, number)
        assert (told.same, told.missing) == (False, (units[0].subject_id,))
        second = _draw(conn, count=5, audit=0)  # who is in the first plan is left out
        assert not {one.subject_id for one in random_plans.every_unit(conn, second)} & {one.subject_id for one in units[1:]}


def test_results_are_taken_in_and_weighed(engine: Engine, tmp_path: Path) -> None:
    with transaction(engine) as conn:
        _planned(conn, tmp_path)
        number = _draw(conn, matter_code="31012345678901", checklist_code="91350100M000100Y43201")
        table = random_plan_export.plan_file(conn, number, "csv", "zh", actor="张三", now=NOW).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(table)))
        for i, row in enumerate(rows):
            row |= {
                "检查结果代码": "10" if i % 3 == 0 else "30",
                "检查日期": "2026-10-12",
                "检查情况": "现场检查",
                "行政相对人性质": "法人",
            }
        rows[0] |= {"检查结果代码": "99"}
        rows[1] |= {"检查日期": "2026-10-01"}
        rows[2] |= {"行政相对人性质": ""}
        rows[-1] |= {"检查结果代码": ""}
        found = _results(conn, number, rows, tmp_path)
        assert (found.entered, found.refused, found.done) == (len(rows) - 3, 2, False)
        assert [one.code for one in found.problems] == ["plan_result_code", "plan_result_day"]
        assert (found.acts, [one.count for one in found.without_act]) == (len(rows) - 4, [1])
        assert _results(conn, number, rows, tmp_path).unchanged == len(rows) - 3
        for row in (rows[0], rows[1], rows[-1]):
            row |= {"检查结果代码": "not_done", "检查日期": "", "检查情况": "已注销"}
        assert _results(conn, number, rows, tmp_path).done
        act = conn.execute(select(t.acts).where(t.acts.c.number == f"SSJ-{number}-4")).one()
        assert (act.kind, act.office_code, act.fields["plan_id"]) == ("inspection", "420500-market_supervision", f"SSJ-{number}")
    with reading(engine) as conn:
        told = random_plan_results.estimate(conn, number)
        units = [one for one in random_plans.every_unit(conn, number) if one.label is not None]
    assert (told.population, told.alerted, told.answered) == (59, 6, len(units))
    assert 0 < (told.prevalence.low or 0) < (told.prevalence.value or 0) < (told.prevalence.high or 0)
    assert told.found["not_done"] == 3


def _results(conn: Connection, number: int, rows: Sequence[dict[str, str]], folder: Path) -> random_plan_results.TakenIn:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "results.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    return random_plan_results.take_in(conn, number, path, actor="张三", now=NOW)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"name": " "}, "plan_name"),
        ({"matter_code": "1"}, "plan_matter"),
        ({"office": "420100-market_supervision"}, "plan_inspectors"),
        ({"count": 99}, "plan_size"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(sqlite_engine: Engine, tmp_path: Path, changed: dict[str, Any], code: str) -> None:
    with transaction(sqlite_engine) as conn:
        _planned(conn, tmp_path)
        with pytest.raises(InvalidInputError) as refused:
            _draw(conn, **changed)
        assert refused.value.code == code
