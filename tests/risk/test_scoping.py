"""Scope in SQL on both databases: each condition keeps Yichang's rows of a store that holds Wuhan's, too, and by row the same as by list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, Engine, Table, func, insert, select, update

from risk.domain import periods
from risk.domain.authority import EVERYWHERE, NOWHERE, Grant, Scope
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.services import model_health, quarantine, report_scope, reporting, scoping, situation, views_loop, views_reports, views_runs
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.api import two_cities
from tests.api.two_cities import MARK, OFFICES, WUHAN, YICHANG
from tests.risk.disposal_world import MODEL, NOW

MINE = Scope((Grant("420500", "market_supervision"),))
Condition = Callable[..., ColumnElement[bool]]
TABLES: tuple[tuple[Table, Condition, bool], ...] = (
    (t.tasks, scoping.tasks_inside, False),
    (t.alerts, scoping.alerts_inside, True),
    (t.signals, scoping.signals_inside, True),
    (t.subjects, scoping.subjects_inside, True),
    (t.assessments, scoping.assessments_inside, True),
    (t.candidates, scoping.candidates_inside, False),
    (t.verdicts, scoping.verdicts_inside, False),
    (t.labels, scoping.labels_inside, False),
    (t.runs, scoping.runs_inside, False),
    (t.reports, scoping.reports_inside, False),
    (t.offices, scoping.offices_inside, False),
)


def _ids(conn: Connection, table: Table, condition: ColumnElement[bool]) -> set[int]:
    return set(conn.scalars(select(table.c.id).where(condition)))


def test_each_condition_keeps_what_was_there_without_the_others(engine: Engine) -> None:
    with transaction(engine) as conn:
        two_cities.yichang(conn)
        alone = {table.name: set(conn.scalars(select(table.c.id))) for table, _, _ in TABLES if table is not t.offices}
        two_cities.wuhan(conn)
        for table, condition, by_row in TABLES:
            every = set(conn.scalars(select(table.c.id)))
            if table is not t.offices:
                assert _ids(conn, table, condition(MINE)) == alone[table.name] < every, table.name
            assert _ids(conn, table, condition(EVERYWHERE)) == every
            assert _ids(conn, table, condition(Scope((Grant(),)))) == every
            assert _ids(conn, table, condition(NOWHERE)) == set()
            if by_row:
                assert _ids(conn, table, condition(MINE, few=True)) == alone[table.name], table.name


@pytest.mark.parametrize(
    ("grant", "sees"),
    [
        (Grant("420500"), True),
        (Grant("420502"), True),
        (Grant("420000"), True),
        (Grant("", "market_supervision"), True),
        (Grant("420500", "finance_lead"), False),
        (Grant("420503", "market_supervision"), False),
        (Grant("429005"), False),
    ],
)
def test_a_grant_is_a_place_with_what_is_below_it_and_a_department(sqlite_engine: Engine, grant: Grant, sees: bool) -> None:
    with transaction(sqlite_engine) as conn:
        two_cities.yichang(conn)
        every = set(conn.scalars(select(t.tasks.c.id)))
        assert _ids(conn, t.tasks, scoping.tasks_inside(Scope((grant,)))) == (every if sees else set())


def test_an_alert_is_seen_by_whoever_assists_and_whoever_has_a_copy(engine: Engine) -> None:
    with transaction(engine) as conn:
        two_cities.yichang(conn)
        conn.execute(update(t.tasks).values(office_code=OFFICES[WUHAN]))  # led by Wuhan
        conn.execute(update(t.signals).values(region=None))
        conn.execute(update(t.subjects).values(region=WUHAN))
        first, second = conn.scalars(select(t.alerts.c.id).order_by(t.alerts.c.id))
        assert not _ids(conn, t.alerts, scoping.alerts_inside(MINE))
        assert not _ids(conn, t.signals, scoping.signals_inside(MINE))
        asked = {"kind": "assist", "about_alert_id": first, "office_code": OFFICES[YICHANG], "routed_by": {}, "state": "issued", "grade": 1}
        conn.execute(insert(t.tasks), [{**asked, "issued_at": NOW, "sign_due": NOW, "report_due": NOW}])
        assert _ids(conn, t.alerts, scoping.alerts_inside(MINE)) == {first} == _ids(conn, t.alerts, scoping.alerts_inside(MINE, few=True))
        sent = {"alert_id": second, "office_code": OFFICES[YICHANG], "note": "", "sent_by": "x", "sent_at": NOW, "receipt_due": NOW}
        conn.execute(insert(t.copies), [sent])
        assert _ids(conn, t.alerts, scoping.alerts_inside(MINE)) == {first, second}
        behind = set(conn.scalars(select(t.assessments.c.signal_id).join(t.alert_evidence)))
        assert (
            _ids(conn, t.signals, scoping.signals_inside(MINE)) == behind == _ids(conn, t.signals, scoping.signals_inside(MINE, few=True))
        )
        assert len(_ids(conn, t.subjects, scoping.subjects_inside(MINE))) == 2


def test_what_lies_outside_is_not_found_as_if_it_did_not_exist(engine: Engine) -> None:
    with transaction(engine) as conn:
        ours = two_cities.yichang(conn)
        theirs = two_cities.wuhan(conn)
        for require, table in (
            (scoping.require_task, "tasks"),
            (scoping.require_alert, "alerts"),
            (scoping.require_signal, "signals"),
            (scoping.require_subject, "subjects"),
        ):
            require(conn, MINE, ours[table])
            refusals = []
            for number in (theirs[table], 987_654_321):
                with pytest.raises(NotFoundError) as found:
                    require(conn, MINE, number)
                refusals.append(found.value.text("zh").replace(str(number), "N"))
            assert refusals[0] == refusals[1]


def test_a_run_and_the_loop_are_counted_inside(engine: Engine) -> None:
    with transaction(engine) as conn:
        two_cities.yichang(conn)
        run, loop = views_runs.list_runs(conn).items[0], views_loop.loop(conn, NOW)
        two_cities.wuhan(conn)
        seen = views_runs.list_runs(conn, scope=MINE).items
        assert [(one.judged, one.candidates, one.balance) for one in seen] == [(run.judged, run.candidates, run.balance)]
        assert views_runs.list_runs(conn).items[-1].judged == 2 * run.judged
        inside = views_loop.loop(conn, NOW, scope=MINE)
        assert (inside.open_alerts, inside.task_states, inside.verdict_codes) == (loop.open_alerts, loop.task_states, loop.verdict_codes)
        assert inside.counts.signals == loop.counts.signals < views_loop.loop(conn, NOW).counts.signals
        assert views_loop.loop(conn, NOW, scope=NOWHERE).counts.alerts == 0


def test_a_report_of_a_place_is_frozen_to_it_and_read_inside_it(engine: Engine) -> None:
    with transaction(engine) as conn:
        two_cities.yichang(conn)
        month, of = periods.month("2026-10"), Grant("420500", "market_supervision")
        alone = situation.numbers(conn, month, NOW, of)
        assert alone["headline"] == situation.numbers(conn, month, NOW)["headline"]
        two_cities.wuhan(conn)
        assert situation.numbers(conn, month, NOW, of) == {**alone, "run": situation.numbers(conn, month, NOW, of)["run"]}
        assert situation.numbers(conn, month, NOW)["headline"]["alerts"] == 3 * alone["headline"]["alerts"]
    made = reporting.make(engine, "2026-10", actor="王五", now=NOW, scope=MINE)
    assert made["scope"] == {"region": "420500", "department": "market_supervision"}
    assert MARK not in str(made)
    assert (made["monitoring"]["duplicates"], made["monitoring"]["quarantined"], made["trainings"]) == (None, None, [])
    county = reporting.make(engine, "2026-10", actor="王五", now=NOW, scope=MINE, region="420502")
    whole = reporting.make(engine, "2026-10", actor="厅", now=NOW)
    assert MARK in str(whole)
    assert county["scope"]["region"] == "420502"
    for lang in ("zh", "en"):
        page = reporting.to_html(made, lang)
        assert ("宜昌" if lang == "zh" else "Yichang") in page
        assert MARK not in page
    with transaction(engine) as conn:
        assert views_reports.get_numbers(conn, "2026-10", scope=MINE) == made
        assert views_reports.get_numbers(conn, "2026-10") == whole
        assert {row.region for row in views_reports.list_reports(conn, scope=MINE).items} == {"420500", "420502"}
        for region in ("420100", "420000"):
            with pytest.raises(NotFoundError):
                views_reports.get_numbers(conn, "2026-10", region=region, scope=MINE)
            with pytest.raises(NotFoundError):
                reporting.make(engine, "2026-10", actor="王五", now=NOW, scope=MINE, region=region)


def test_of_which_place_a_report_is() -> None:
    two = Scope((Grant("420500"), Grant("420600", "finance_lead")))
    with pytest.raises(InvalidInputError, match="420500, 420600 finance_lead"):
        report_scope.chosen(two, None, None)
    assert report_scope.chosen(two, "420502", "finance_lead") == Grant("420502", "finance_lead")
    assert report_scope.chosen(two, "420602", None) == Grant("420602", "finance_lead")
    for region, department in (("420602", "market_supervision"), ("420100", None), (None, "no_such_department")):
        with pytest.raises(NotFoundError):
            report_scope.chosen(two, region, department)
    with pytest.raises(NotFoundError):
        report_scope.chosen(NOWHERE, None, None)
    with pytest.raises(InvalidInputError, match="亚特兰蒂斯"):
        report_scope.chosen(EVERYWHERE, "亚特兰蒂斯", None)


def test_a_quarantined_row_is_seen_by_whoever_sent_it(engine: Engine) -> None:
    with transaction(engine) as conn:
        for name in ("王五", "别人"):
            sent = {"key": name, "file": "a.csv", "source": "x", "status": "done", "actor": name, "started_at": NOW}
            number = conn.scalar(insert(t.imports).values(sent).returning(t.imports.c.id))
            row = {"import_id": number, "row_no": 1, "raw": {"text": name}, "problems": [], "status": "open", "created_at": NOW}
            conn.execute(insert(t.quarantine), [row])
    mine = quarantine.list_rows(engine, owner="王五")
    assert [row["raw"] for row in mine] == [{"text": "王五"}]
    assert len(quarantine.list_rows(engine)) == 2
    other = next(row["id"] for row in quarantine.list_rows(engine) if row["raw"] == {"text": "别人"})
    with pytest.raises(NotFoundError):
        quarantine.dismiss(engine, other, reason="x", actor="王五", now=NOW, owner="王五")
    quarantine.dismiss(engine, mine[0]["id"], reason="x", actor="王五", now=NOW, owner="王五")
    assert [row["raw"] for row in quarantine.list_rows(engine)] == [{"text": "别人"}]


def test_figures_of_health_are_of_places_inside(engine: Engine) -> None:
    with transaction(engine) as conn:
        two_cities.yichang(conn)
        two_cities.wuhan(conn)
        assert {one.part for one in model_health.show(conn, MODEL).figures} == {"420500", "420100", ""}
        seen = model_health.show(conn, MODEL, scope=MINE)
        assert ([one.part for one in seen.figures], seen.tasks) == (["420500"], ())
        assert len(model_health.trend(conn, MODEL, "score_drift", "420500", scope=MINE)) == 1
        assert model_health.trend(conn, MODEL, "score_drift", "420100", scope=MINE) == ()
        assert len(model_health.trend(conn, MODEL, "score_drift", "", scope=MINE)) == 0


def test_a_list_is_an_indexed_query(engine: Engine) -> None:
    """Neither database reads all alerts or tasks to make an officer's list: the plan looks up offices, then what hangs on them."""
    with transaction(engine) as conn:
        two_cities.yichang(conn)
        assert conn.scalar(select(func.count()).select_from(t.tasks)) == 2
        query = select(t.alerts.c.id).where(scoping.alerts_inside(MINE)).order_by(t.alerts.c.id.desc()).limit(51)
        sql = str(query.compile(conn.engine, compile_kwargs={"literal_binds": True}))
        if conn.dialect.name == "sqlite":
            plan = [row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}")]
            assert any("ix_tasks_office_seen" in line for line in plan)
            assert not any(line.startswith("SCAN") for line in plan)
        else:
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a table of two rows is read whole otherwise
            plan = [row[0] for row in conn.exec_driver_sql(f"EXPLAIN {sql}")]
            assert any("ix_tasks_office" in line for line in plan)
            assert not any("Seq Scan" in line for line in plan)


def test_rows_that_name_no_place_are_the_wholes(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        two_cities.yichang(conn)
        conn.execute(update(t.signals).values(region=None))
        column: Any = t.signals.c.region
        assert not _ids(conn, t.signals, scoping.region_inside(MINE, column))
        assert len(_ids(conn, t.signals, scoping.region_inside(EVERYWHERE, column))) == 3
        assert len(_ids(conn, t.signals, scoping.signals_inside(MINE))) == 2  # an alert inside rests on them
