"""The data desk in the browser: a file taken in and followed, a refused row repaired and taken in again, a source set, a list taken in and mapped, data lent."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from risk.domain import matters as law
from risk.domain.calendar import SHANGHAI
from risk.services.dispatch import load_directory
from tests.risk.task_world import MODEL
from tests.web.conftest import PHONE, Browsers, Service

CODE = "10000000000001"
HOME, OTHER = "420100-market_supervision", "420500-market_supervision"


@pytest.fixture(scope="module", autouse=True)
def people(service: Service) -> None:
    with service.write() as conn:
        load_directory(conn)  # the offices
    service.account("lixiang", ["analyst"], display="李想")
    service.account("sunli", ["office_head"], [("420100", "market_supervision")], HOME, display="孙丽")
    service.account("liuqiang", ["office_head"], [("420500", "market_supervision")], OTHER, display="刘强")


def _reason(page: Any, words: str) -> None:
    box = page.get_by_role("dialog")
    box.locator("textarea").fill(words)
    box.get_by_role("button", name="保存").click()


def _taken_in(service: Service, page: Any, folder: Path, name: str, text: str) -> dict[str, Any]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    page.goto("/ui/data/imports")
    page.locator("[data-test=file]").set_input_files(str(path))
    page.locator("[data-test=send]").click()
    page.locator("[data-test=jobs] li", has_text=name).locator("[data-test=job-status]", has_text="完成").wait_for(timeout=15000)
    found: dict[str, Any] = next(one for one in service.ask("lixiang", "/api/v1/imports")["items"] if one["file"] == name)
    return found


def test_a_refused_row_is_found_repaired_and_taken_in_again(
    browsers: Browsers, service: Service, tmp_path: Path, accessible: Callable[[Any], None]
) -> None:
    page = browsers.sign_in("lixiang", to="/data/imports")
    text = "内容,发布时间,来源\n三个疗程根治糖尿病,2026-10-12 10:00,巡查\n无效退款的神药,昨天晚上,巡查\n"
    job = _taken_in(service, page, tmp_path, "ads.csv", text)
    assert (job["status"], job["accepted"], job["quarantined"]) == ("done", 1, 1)
    page.locator("[data-test=errors]").first.click()
    page.get_by_text("昨天晚上").first.wait_for()
    page.goto("/ui/data/quarantine")
    (row,) = service.ask("lixiang", "/api/v1/quarantine")["items"]
    page.locator(f"[data-test=row-{row['id']}]").click()
    accessible(page)
    page.locator("[data-test=cell-发布时间]").fill("2026-10-12 11:00")
    page.locator("[data-test=repair]").click()
    page.locator(f"[data-test=status-{row['id']}]", has_text="已修复").wait_for()
    page.locator("[data-test=resubmit]").click()
    page.get_by_text("没有等待处理的行").wait_for()
    (after,) = service.ask("lixiang", "/api/v1/quarantine?status=all")["items"]
    assert (after["id"], after["status"]) == (row["id"], "resubmitted")
    assert len(service.ask("lixiang", "/api/v1/signals")["items"]) == 2


def test_what_is_expected_of_a_source_is_set_on_a_phone(
    browsers: Browsers, service: Service, tmp_path: Path, accessible: Callable[[Any], None]
) -> None:
    page = browsers.open(as_="lixiang")
    _taken_in(service, page, tmp_path, "posts.csv", "text,time\n包治百病,2026-10-11 10:00\n")
    page = browsers.open(as_="lixiang", size=PHONE)
    page.goto("/ui/data/sources")
    page.locator("[data-test=set-posts]").wait_for()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-test=set-posts]").click()
    page.locator("[data-test=minutes] input, input[data-test=minutes]").fill("1440")
    page.locator("[data-test=owner]").fill("信息中心")
    page.locator("[data-test=reason]").fill("每天一次")
    page.locator("[data-test=save]").click()
    page.get_by_text("信息中心").wait_for()
    found = next(one for one in service.ask("lixiang", "/api/v1/data-sources")["items"] if one["name"] == "posts")
    assert (found["every_minutes"], found["set_by_person"], found["owner"], found["status"]) == (1440, True, "信息中心", "fresh")


def test_a_list_of_matters_is_taken_in_and_a_model_mapped(
    browsers: Browsers, service: Service, tmp_path: Path, accessible: Callable[[Any], None]
) -> None:
    path = tmp_path / "matters.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow([one.names[0] for one in law.columns()])
        out.writerow([CODE, "医疗广告监督检查", *["依法实施"] * 8])
    page = browsers.open(as_="lixiang")
    page.goto("/ui/data/matters")
    page.locator("[data-test=take]").click()
    page.mouse.move(0, 0)
    accessible(page)
    page.locator("[data-test=file]").set_input_files(str(path))
    page.locator("[data-test=reason]").fill("年度清单")
    page.locator("[data-test=send]").click()
    page.locator("[data-test=matters]").get_by_text("医疗广告监督检查").wait_for()
    page.locator("[data-test=map]").click()
    page.locator("[data-test=map-model]").click()
    page.get_by_role("option", name="虚假医疗广告", exact=True).last.click()
    page.locator("[data-test=map-code]").fill(CODE)
    page.locator("[data-test=map-reason]").fill("按清单")
    page.locator("[data-test=map-save]").click()
    page.locator("[data-test=mappings]").get_by_text(CODE).wait_for()
    (mapped,) = service.ask("lixiang", "/api/v1/matters/mappings")
    assert (mapped["model"], mapped["code"], mapped["name"]) == (MODEL, CODE, "医疗广告监督检查")


def test_data_is_applied_for_decided_by_its_owner_and_collected(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None]
) -> None:
    until = (datetime.now(SHANGHAI).date() + timedelta(days=30)).isoformat()
    asked = {"data": "alerts", "form": "key", "region": "420100", "department": "market_supervision", "until": until}
    body = {**asked, "purpose": "并案研判", "basis": "协作方案"}
    number = service.ask("liuqiang", "/api/v1/shares", method="POST", body=body)["request"]["id"]
    page = browsers.open(as_="sunli")
    page.goto("/ui/data/sharing")
    one = page.locator(f"[data-test=share-{number}]")
    one.locator("[data-test=receive]").wait_for()
    accessible(page)
    one.locator("[data-test=receive]").click()
    _reason(page, "材料齐全")
    one.locator("[data-test=grant]").click()
    _reason(page, "与用途相符")
    one.get_by_text("已授权").wait_for()
    page = browsers.open(as_="liuqiang")
    page.goto("/ui/data/sharing")
    page.locator("[data-test=collect]").click()
    key = page.get_by_role("dialog").locator(".el-message-box__message").inner_text().strip()
    assert key.startswith("rk_")
    told = service.ask("sunli", f"/api/v1/shares/{number}")
    assert (told["request"]["state"], told["request"]["collected"], told["request"]["decided_by"]) == ("granted", True, "sunli")
    assert [step["event"] for step in told["events"]] == ["apply", "receive", "grant", "collect"]
