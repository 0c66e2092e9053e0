"""The index, its weights, credit classes and random plans as people work with them, each ending by reading the changed row back."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from risk.domain.calendar import SHANGHAI
from risk.services import officers
from tests.risk.index_world import NOW, classes_csv, world
from tests.web.conftest import PHONE, Browsers, Service

OFFICE = "420500-market_supervision"


def _at(browsers: Browsers, name: str, path: str, **how: Any) -> Any:
    """Signed in by the form, then on a page."""
    page = browsers.sign_in(name, **how)
    page.goto(f"/ui{path}")
    return page


@pytest.fixture(scope="module")
def seeded(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wuhan and Yichang with signals, alerts and verdicts, accounts of an analyst, an approver and a head, and a file of credit classes; its place."""
    with service.write() as conn:
        world(conn)
        text = classes_csv(conn)
        for name in ("甲", "乙", "丙"):
            officers.put(conn, name, OFFICE, actor="test", now=NOW)
    service.account("index-security", ["security_admin"])
    service.account("index-analyst", ["analyst"])
    service.account("index-approver", ["approver"])
    service.account("index-head", ["office_head"], [("420500", "market_supervision")], OFFICE)
    file = tmp_path_factory.mktemp("files") / "classes.csv"
    file.write_text(text + "bad,D,2026-10-01\n", encoding="utf-8")
    return file


def test_weights_from_judgement_to_the_ranking(
    service: Service, browsers: Browsers, seeded: Path, accessible: Callable[[Any], None]
) -> None:
    page = _at(browsers, "index-analyst", "/index")
    browsers.allowed.append("404 (Not Found) /api/v1/index")  # nothing is computed yet: the page says so
    page.locator("[data-test=compute]").click()
    page.locator("[data-test=row-420100]").wait_for()
    page.reload()  # without the passing word of what was done
    page.locator("[data-test=row-420100]").wait_for()
    accessible(page)
    page.locator("[data-test=row-420100] a").click()
    page.locator("[data-test=indicator-signal_density]").click()
    assert "口径" in page.locator("main, body").first.inner_text()

    page.goto("/ui/index/weights")
    matrix = page.locator("[data-test=matrix-dimensions]")
    matrix.locator("[data-test=ratio]").wait_for()
    matrix.locator("[data-test=cell-0-1]").select_option(label="9")
    matrix.locator("[data-test=cell-1-2]").select_option(label="9")
    matrix.locator("[data-test=cell-0-2]").select_option(label="1/9")
    matrix.get_by_text("不一致").wait_for()
    assert page.locator("[data-test=save]").is_disabled()
    for cell, value in (("0-1", "1"), ("1-2", "3"), ("0-2", "3")):
        matrix.locator(f"[data-test=cell-{cell}]").select_option(label=value)
    matrix.get_by_text("，一致").wait_for()
    page.locator("[data-test=propose]").click()
    page.locator("[data-test=methods]").wait_for()
    page.locator("[data-test=save]").click()
    page.locator("textarea[data-test=reason], [data-test=reason] textarea").fill("专家重新打分")
    page.locator("[data-test=save-now]").click()
    page.locator("[data-test=version-1]").wait_for()

    other = _at(browsers, "index-approver", "/index/weights", lang="en")
    other.locator("[data-test=approve-1]").click()
    other.locator("textarea[data-test=decision-reason], [data-test=decision-reason] textarea").fill("agreed")
    other.locator("[data-test=decide-now]").click()
    other.locator("[data-test=version-1] .current").wait_for()
    found = service.ask("index-approver", "/api/v1/index/versions?kind=region")["items"][0]
    assert (found["version"], found["state"], found["current"], found["decided_by"]) == (1, "approved", True, "index-approver")


def test_classes_are_taken_in_and_shown(service: Service, browsers: Browsers, seeded: Path) -> None:
    page = _at(browsers, "index-analyst", "/credit", size=PHONE)
    page.locator("[data-test=import]").click()
    page.locator("input[data-test=source], [data-test=source] input").fill("省平台")
    page.locator("[data-test=file]").set_input_files(str(seeded))
    page.locator("[data-test=send]").click()
    page.locator("[data-test=taken-in]").get_by_text("拒收 1").wait_for()
    counts = service.ask("index-analyst", "/api/v1/credit-classes/counts")
    assert counts["classes"] == {"A": 30, "B": 0, "C": 0, "D": 10}


def test_a_plan_is_drawn_checked_and_its_results_taken_in(service: Service, browsers: Browsers, seeded: Path, tmp_path: Path) -> None:
    page = _at(browsers, "index-head", "/plans/new")
    page.locator("input[data-test=name], [data-test=name] input").fill("四季度抽查")
    for name, value in (("count", "6"), ("audit", "4")):
        field = page.locator(f"[data-test={name}] input")
        field.fill(value)
        field.blur()
    page.locator("[data-test=preview]").click()
    page.locator("[data-test=population]").wait_for()
    page.locator("input[data-test=seed], [data-test=seed] input").fill("2026-11-22")
    page.locator("textarea[data-test=reason], [data-test=reason] textarea").fill("年度计划")
    page.locator("[data-test=draw]").click()
    page.locator("[data-test=unit-1]").wait_for()
    page.locator("[data-test=verify]").click()
    page.locator("[data-test=verified]").get_by_text("复核一致").wait_for()
    with page.expect_download() as begun:
        page.locator("[data-test=export-csv]").click()
    exported = tmp_path / "plan.csv"
    begun.value.save_as(exported)
    rows = list(csv.DictReader(exported.read_text(encoding="utf-8-sig").splitlines()))
    made = service.ask("index-head", "/api/v1/random-plans")["items"][0]
    today = datetime.fromisoformat(made["as_of"]).astimezone(SHANGHAI).date().isoformat()
    for row in rows:
        row |= {"检查结果代码": "30", "检查日期": today, "检查情况": "现场检查未发现问题"}
    with exported.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    page.locator("[data-test=results]").set_input_files(str(exported))
    page.locator("[data-test=taken-in]").get_by_text(f"录入 {len(rows)}").wait_for()
    found = service.ask("index-head", f"/api/v1/random-plans/{made['id']}")
    assert (found["state"], found["inspected"]) == ("done", len(rows))
