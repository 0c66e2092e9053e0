"""Routing: the duty table climbs county → city → province, has dates, and always ends with an owner."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.domain import regions
from risk.domain.routing import Duty, Routing, default_duties, default_offices, first_place, route

OFFICES = {o.code: o for o in default_offices()}
DUTIES = default_duties()
DAY = date(2026, 10, 1)
MODELS = sorted({d.model for d in DUTIES})


@pytest.mark.parametrize(
    ("model", "region", "office"),
    [
        ("false_medical_advertising", "420222", "420222-market_supervision"),
        ("false_medical_advertising", "421071", "421000-market_supervision"),  # statistical code: no office of its own
        ("illegal_fundraising.report", "420102", "420102-finance_lead"),
        ("illegal_drug_sales", "420000", "420000-drug_administration"),
        ("illegal_prescription_drug_sales", "公安县", "421022-market_supervision"),
        ("illegal_medical_device_sales", "420102", "420100-market_supervision"),
        ("illegal_medical_device_sales", "429021", "429021-market_supervision"),
    ],
)
def test_who_verifies(model: str, region: str, office: str) -> None:
    found = route(model, region, DAY, DUTIES, OFFICES)
    assert (found.office_code, found.fallback) == (office, False)


@pytest.mark.parametrize(
    ("model", "region", "on", "reason"),
    [
        ("illegal_drug_sales", None, DAY, "unknown_region"),
        ("illegal_drug_sales", "上海市", DAY, "unknown_region"),
        ("a_sixth_model", "420102", DAY, "unknown_model"),
        ("illegal_drug_sales", "420102", date(2001, 1, 1), "no_duty"),
    ],
)
def test_what_cannot_be_routed_has_an_owner_and_a_reason(model: str, region: str | None, on: date, reason: str) -> None:
    found = route(model, region, on, DUTIES, OFFICES)
    assert (found.office_code, found.fallback, found.reason) == ("province-coordination", True, reason)


def test_a_duty_ends_and_the_next_one_begins() -> None:
    old = Duty("m", "420102", "420102-finance_lead", date(2026, 1, 1), date(2026, 6, 30))
    new = Duty("m", "420102", "420102-market_supervision", date(2026, 7, 1))
    city = Duty("m", "420100", "420100-market_supervision", date(2020, 1, 1))

    def on(day: date) -> Routing:
        return route("m", "420102", day, [old, new, city], OFFICES)

    assert on(date(2026, 6, 30)).office_code == "420102-finance_lead"
    assert on(date(2026, 7, 1)).office_code == "420102-market_supervision"
    before = on(date(2025, 7, 1))
    assert before.office_code == "420100-market_supervision"
    assert [s.found for s in before.steps] == ["not_in_force", "office"]


def test_offices_are_one_a_division_and_department() -> None:
    assert len(OFFICES) == 2 * (103 + 13) + 3 + 1
    assert OFFICES["420102-market_supervision"].name_zh == "武汉市江岸区市场监督管理局"
    assert {d.office_code for d in DUTIES} <= set(OFFICES)
    assert len({(d.model, d.region, d.valid_from) for d in DUTIES}) == len(DUTIES)


@given(st.sampled_from(MODELS), st.sampled_from(sorted(regions.DIVISIONS)))
def test_every_division_reaches_a_duty_without_the_fallback(model: str, region: str) -> None:
    found = route(model, region, DAY, DUTIES, OFFICES)
    assert not found.fallback
    assert [s.region for s in found.steps] == [region, *regions.parents(region)][: len(found.steps)]


def test_the_place_that_counts() -> None:
    assert first_place(act="武汉", complaint="黄石") == ("420100", "act")
    assert first_place(platform="杭州") == (None, "unknown")
