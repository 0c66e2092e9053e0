"""The duty table: orders cut intervals and leave the rest, versions are told backwards, a changed table is tried on what was, CSV comes back whole."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, update

from risk.domain.duties import Order, changed, findings
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.routing import Duty, default_duties, default_offices
from risk.services import duty_csv, duty_table, duty_trial, tasks
from risk.services.alerts import settle
from risk.services.dispatch import load_directory, unroutable
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import MODEL, NOW, new_candidates, new_run, new_subjects

TODAY = date(2026, 10, 12)
CITY, COUNTY = "420100-market_supervision", "420102-market_supervision"
MOVE = Order(MODEL, "武汉市", CITY, TODAY, level="county")

DAYS = st.integers(0, 60).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
ORDERS = st.lists(
    st.builds(
        lambda first, length, office: Order("m", "420102", office, first, None if length is None else first + timedelta(days=length)),
        DAYS,
        st.none() | st.integers(0, 30),
        st.sampled_from(["a", "b", None]),
    ),
    max_size=6,
)


@given(ORDERS)
def test_an_order_holds_inside_its_days_and_changes_nothing_outside(orders: list[Order]) -> None:
    duties: list[Duty] = []
    for order in orders:
        after = changed(duties, order)
        for n in range(-5, 100):
            day = date(2026, 1, 1) + timedelta(days=n)
            before = [duty.office_code for duty in duties if duty.holds(day)]
            now = [duty.office_code for duty in after if duty.holds(day)]
            inside = order.valid_from <= day and (order.valid_to is None or day <= order.valid_to)
            assert now == ([order.office] if order.office else []) if inside else now == before
        duties = after


def test_the_shipped_table_has_no_overlap_and_no_hole() -> None:
    offices = {one.code: one for one in default_offices()}
    assert {one.kind for one in findings(default_duties(), offices, TODAY)} == set()


def test_a_change_is_a_version_that_routes_from_its_day_on(engine: Engine) -> None:
    with transaction(engine) as conn:
        later = TODAY + timedelta(days=10)
        made = duty_table.change(conn, [Order(MODEL, "420102", CITY, later)], actor="王", reason="职责上收", now=NOW)
        assert (made.version, made.effective, len(made.before), len(made.after)) == (1, later, 1, 2)
        directory = load_directory(conn)
        assert directory.route(MODEL, "420102", NOW).office_code == COUNTY
        assert directory.route(MODEL, "420102", NOW + timedelta(days=10)).office_code == CITY
        table = duty_table.show(conn, NOW, on=later, model=MODEL, region="420102")
        assert [(row.region, row.office, row.state) for row in table.duties if row.region == "420102"] == [("420102", CITY, "in_force")]
        assert table.version == 1
        assert [one.reason for one in duty_table.history(conn).items] == ["职责上收"]
        assert conn.scalar(select(t.outbox.c.event)) == "duties.changed"
        for orders, code in (
            ([Order(MODEL, "420102", CITY, TODAY - timedelta(days=1))], "duty_past"),
            ([Order(MODEL, "420102", CITY, later)], "duty_nothing"),
            ([Order(MODEL, "月球", CITY, later)], "duty_region"),
            ([Order("moon", "420102", CITY, later)], "duty_model"),
            ([Order(MODEL, "420102", "moon", later)], "duty_office"),
            ([Order(MODEL, "420102", CITY, later, TODAY)], "duty_dates"),
            ([Order(MODEL, "420102", CITY, later, level="city")], "duty_nowhere"),
        ):
            with pytest.raises(InvalidInputError) as refused:
                duty_table.change(conn, orders, actor="王", reason="x", now=NOW)
            assert refused.value.code == code


def test_holes_overlaps_and_the_unroutable(engine: Engine) -> None:
    with transaction(engine) as conn:
        orders = [Order(MODEL, place, None, TODAY) for place in ("420102", "420100", "420000")]
        duty_table.change(conn, orders, actor="王", reason="试", now=NOW)
        wrong = duty_table.show(conn, NOW, model=MODEL, region="420102").findings
        assert {(one.kind, one.region) for one in wrong} >= {("hole", "420102"), ("hole", "420100")}
        row = {"model": MODEL, "region": "420502", "office_code": CITY, "valid_from": TODAY}
        conn.execute(t.duties.insert().values(row))
        assert ("overlap", "420502") in {(one.kind, one.region) for one in duty_table.show(conn, NOW, model=MODEL).findings}
        changed_back = duty_table.set_fallback(conn, CITY, actor="王", reason="统筹岗调整", now=NOW)
        assert changed_back.kind == "fallback"
        run, (subject,) = new_run(conn), new_subjects(conn, 1)
        settle(conn, run, new_candidates(conn, run, [(subject, Grade.RED, 0.9)]), NOW)
        assert unroutable(conn) == 1
        assert [(one.model, one.reason) for one in duty_table.unrouted(conn)] == [(MODEL, "no_duty")]
        assert conn.scalar(select(t.tasks.c.office_code).where(t.tasks.c.grade == int(Grade.RED))) == CITY
        own = new_candidates(conn, run, [(subject, Grade.RED, 0.9)], region="420100", tag="own", model="illegal_drug_sales")
        settle(conn, run, own, NOW)
        assert unroutable(conn) == 1, "what its own duties bring to the fallback owner is routed"
        duty_table.set_fallback(conn, "420000-market_supervision", actor="王", reason="再调整", now=NOW)
        assert unroutable(conn) == 1, "what waits with the owner before still waits"
        given_back = conn.scalars(select(t.tasks.c.id).where(t.tasks.c.routed_by["fallback"].as_boolean().is_(False))).one()
        tasks.transfer_back(conn, given_back, actor="李", reason="不属本单位职责", now=NOW)
        assert conn.scalar(select(t.tasks.c.office_code).where(t.tasks.c.id == given_back)) == "420000-market_supervision"
        assert unroutable(conn) == 2
        assert "alert.unroutable" in conn.scalars(select(t.outbox.c.event)).all()
        with pytest.raises(NotFoundError):
            duty_table.set_fallback(conn, "moon", actor="王", reason="x", now=NOW)


def test_a_changed_table_is_tried_on_past_alerts_and_stores_nothing(engine: Engine) -> None:
    with transaction(engine) as conn:
        run, subjects = new_run(conn), new_subjects(conn, 6)
        for i, subject in enumerate(subjects):
            region = ("420102", "420103", "420502")[i % 3]
            settle(conn, run, new_candidates(conn, run, [(subject, Grade.YELLOW, 0.6)], region=region, tag=str(i)), NOW)
        conn.execute(update(t.alerts).where(t.alerts.c.id == 1).values(region=None))
        before = duty_table.read_duties(conn)
        since, until = NOW - timedelta(days=7), NOW + timedelta(days=1)
        tried = duty_trial.try_orders(
            conn, [Order(MODEL, "武汉市", CITY, TODAY + timedelta(days=30), level="county")], since=since, until=until
        )
        assert (tried.alerts, tried.moved, tried.unroutable_before, tried.unroutable_after) == (6, 3, 1, 1)
        assert {(move.from_office, move.to_office, move.alerts) for move in tried.moves} == {
            (COUNTY, CITY, 1),
            ("420103-market_supervision", CITY, 2),
        }
        assert {load.office: (load.before, load.after) for load in tried.loads}[CITY] == (0, 3)
        none = [Order(MODEL, place, None, TODAY) for place in ("420502", "420500", "420000")]
        assert duty_trial.try_orders(conn, none, since=since, until=until).unroutable_after == 3
        assert duty_table.read_duties(conn) == before


def test_csv_comes_back_whole_and_bad_rows_are_told(engine: Engine) -> None:
    with transaction(engine) as conn:
        load_directory(conn)
        text = duty_csv.write(conn)
        with pytest.raises(InvalidInputError) as same:
            duty_csv.take_in(conn, text, actor="王", reason="x", now=NOW)
        assert same.value.code == "duty_nothing"
        head = text.splitlines()[0]
        good = f"{head}\n{MODEL},武汉市,county,{CITY},{TODAY.isoformat()},\n"
        made = duty_csv.take_in(conn, good, actor="王", reason="上收", now=NOW)
        assert len(made.after) == 2 * len(made.before) > 20
        found = duty_csv.read(
            conn, f"{head}\n{MODEL},月球,,{CITY},2027-01-01,\n{MODEL},420102,,{CITY},明天,\n{MODEL},420102,,{CITY},2027-01-01,\n"
        )
        assert [(error.row, error.code) for error in found.errors] == [(1, "duty_region"), (2, "duty_date")]
        assert len(found.orders) == 1
        with pytest.raises(InvalidInputError, match="row 1"):
            duty_csv.take_in(conn, f"{head}\n{MODEL},月球,,{CITY},2027-01-01,\n", actor="王", reason="x", now=NOW)
        with pytest.raises(InvalidInputError, match="begin with"):
            duty_csv.read(conn, "a,b\n1,2\n")
