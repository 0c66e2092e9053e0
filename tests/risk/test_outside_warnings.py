"""Warnings of other systems: taken in once, merged, routed, tasked, and answerable."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from risk.domain.alerts_outside import OutsideWarning
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.grades import Grade
from risk.domain.signals import SubjectKeys, digest
from risk.services.alert_page import page
from risk.services.alerts import run_balance, settle
from risk.services.clue_senders import senders_of
from risk.services.dispatch import seed_offices
from risk.services.outside_warnings import raise_from_warning
from risk.services.suppressions import suppress
from risk.storage import tables as t
from risk.storage.engine import transaction
from tests.risk.disposal_world import NOW, new_candidates, new_run

WARNING = OutsideWarning(
    system="省风险监测平台",
    warning_id="W-1",
    level="橙色",
    model="illegal_fundraising",
    text="公众投诉该公司承诺年化收益18%",
    raised_at=NOW - timedelta(hours=3),
    raw_hash=digest("raw"),
    subject=SubjectKeys(uscc="91420100MA4K000000", name="某某投资公司"),
    region="武汉市江岸区",
    rule="收益承诺",
)


def test_a_warning_becomes_an_alert_with_its_own_provenance_once(engine: Engine) -> None:
    with transaction(engine) as conn:
        first = raise_from_warning(conn, WARNING, "exchange", NOW)
        again = raise_from_warning(conn, WARNING, "exchange", NOW + timedelta(hours=1))
        assert (first.outcome, first.grade, first.repeated) == ("new", "orange", False)
        assert (again.repeated, again.alert_id, again.task_id) == (True, first.alert_id, first.task_id)
        alert = conn.execute(select(t.alerts)).one()
        assert (alert.origin, alert.model, alert.region, alert.grade) == ("warning", "illegal_fundraising", "420102", int(Grade.ORANGE))
        assert alert.title_zh.startswith("涉嫌非法集资")
        assert conn.scalar(select(t.tasks.c.office_code)) == "420102-finance_lead"
        assert conn.scalar(select(t.signals.c.kind)) == "warning"
        assert run_balance(conn, int(conn.scalar(select(t.runs.c.id)) or 0)).as_dict()["new"] == 1
        kept = conn.execute(select(t.outside_warnings)).one()
        assert (kept.raw_hash, kept.rule, kept.outcome) == (WARNING.raw_hash, "收益承诺", "new")
        (sender,) = senders_of(conn, alert.id)
        assert (sender.kind, sender.source, sender.reference) == ("warning", "省风险监测平台", "W-1")
        events = conn.scalars(select(t.outbox.c.event).order_by(t.outbox.c.id)).all()
        assert sorted(events) == ["alert.raised", "task.issued"]


def test_the_same_number_with_another_record_is_refused(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        raise_from_warning(conn, WARNING, "exchange", NOW)
        with pytest.raises(ConflictError, match="another content"):
            raise_from_warning(conn, replace(WARNING, raw_hash=digest("else")), "exchange", NOW)
        with pytest.raises(InvalidInputError, match="text"):
            raise_from_warning(conn, replace(WARNING, text=" "), "exchange", NOW)


def test_warnings_merge_are_suppressed_but_never_cut_off(engine: Engine) -> None:
    with transaction(engine) as conn:
        seed_offices(conn)
        conn.execute(update(t.offices).values(weekly_capacity=0))
        first = raise_from_warning(conn, WARNING, "exchange", NOW)
        more = raise_from_warning(conn, replace(WARNING, warning_id="W-2", level="red", text="又一投诉"), "exchange", NOW)
        assert (first.outcome, more.outcome, more.alert_id) == ("new", "merged", first.alert_id)
        assert conn.scalar(select(t.tasks.c.grade)) == int(Grade.RED)
        assert len(senders_of(conn, first.alert_id or 0)) == 2
        told = conn.scalars(select(t.outbox.c.event).where(t.outbox.c.object == f"alert:{first.alert_id}").order_by(t.outbox.c.id)).all()
        assert told == ["alert.raised", "alert.merged", "alert.risen"]
        suppress(conn, {"source": "省风险监测平台"}, owner="王", reason="测试系统", expires_at=NOW + timedelta(days=1), now=NOW)
        quiet = raise_from_warning(conn, replace(WARNING, warning_id="W-3", text="再一投诉"), "exchange", NOW)
        assert (quiet.outcome, quiet.alert_id) == ("suppressed", None)
        assert conn.scalar(select(func.count()).select_from(t.alerts)) == 1


def test_a_run_adds_to_the_alert_of_a_warning(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        raised = raise_from_warning(conn, WARNING, "exchange", NOW)
        subject = conn.scalar(select(t.subjects.c.id))
        run = new_run(conn)
        (one,) = new_candidates(conn, run, [(subject, Grade.YELLOW, 0.6)], model="illegal_fundraising.report")
        assert settle(conn, run, [one], NOW).merged == 1
        assert conn.scalar(select(t.alerts.c.probability).where(t.alerts.c.id == raised.alert_id)) == 0.6


def test_an_unknown_level_is_blue_and_said_so(sqlite_engine: Engine) -> None:
    with transaction(sqlite_engine) as conn:
        assert raise_from_warning(conn, replace(WARNING, level="Ω"), "exchange", NOW).grade == "blue"
        evidence = conn.scalars(select(t.assessments.c.evidence)).one()
        assert evidence["warning"]["level_known"] is False
        assert "Ω" in evidence["zh"][1]


def test_fundraising_across_cities_is_led_by_the_place_of_registration(engine: Engine) -> None:
    """The subject is registered in Wuhan; a signal of its act in Yichang wants Yichang's lead department to assist, once."""
    at_home = replace(WARNING, region=None)
    with transaction(engine) as conn:
        first = raise_from_warning(conn, at_home, "exchange", NOW)
        conn.execute(update(t.subjects).values(region="420102"))
        conn.execute(update(t.alerts).values(region="420102"))
        conn.execute(update(t.tasks).values(office_code="420102-finance_lead"))
        for number in ("W-2", "W-3"):
            more = replace(WARNING, warning_id=number, region="宜昌市西陵区", text=f"在宜昌设点{number}")
            assert raise_from_warning(conn, more, "exchange", NOW).alert_id == first.alert_id
        medical = replace(WARNING, warning_id="M", model="false_medical_advertising", region="宜昌市西陵区")
        assert raise_from_warning(conn, medical, "exchange", NOW).outcome == "new"
        asked = conn.execute(select(t.outbox.c.office_code, t.outbox.c.data).where(t.outbox.c.event == "alert.assist_wanted")).all()
        assert [(row.office_code, row.data["from_office"]) for row in asked] == [("420502-finance_lead", "420102-finance_lead")]
        assert page(conn, first.alert_id or 0, NOW).assist_wanted == ("420502-finance_lead",)
