"""Events in the browser: a case file opened, written in, linked, closed; on a phone, in English; another city sees nothing of it. Each ends with the API's answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from risk.domain.grades import Grade
from risk.storage import tables as t
from tests.risk.task_world import HOME, MODEL, issue
from tests.web.conftest import PHONE, Browsers, Service, shows

CITY = "420102"


@pytest.fixture(scope="module", autouse=True)
def world(service: Service) -> dict[str, list[int]]:
    """Two alerts of a district of Wuhan with their tasks; its head, and one of Yichang."""
    with service.write() as conn:
        issue(conn, 2, grades=(Grade.RED, Grade.YELLOW))
        conn.execute(update(t.tasks).values(office_code=HOME))
        conn.execute(update(t.subjects).values(region=CITY))
        alerts = list(conn.scalars(select(t.alerts.c.id).order_by(t.alerts.c.subject_id)))
        subjects = list(conn.scalars(select(t.subjects.c.id).order_by(t.subjects.c.id)))
    service.account("sunli", ["office_head"], [("420100", "market_supervision")], HOME, display="孙丽")
    service.account("liuqiang", ["office_head"], [("420500", "market_supervision")], "420500-market_supervision", display="刘强")
    return {"alerts": alerts, "subjects": subjects}


def _choose(page: Any, place: str, words: str) -> None:
    """An option of a list that opens."""
    page.locator(f"[data-test={place}]").click()
    page.get_by_role("option", name=words, exact=True).last.click()


def _reason(page: Any, words: str) -> None:
    box = page.get_by_role("dialog")
    box.locator("textarea").fill(words)
    box.get_by_role("button", name=re.compile("保存|Save")).click()


def test_an_event_is_opened_followed_and_closed(
    browsers: Browsers, service: Service, world: dict[str, list[int]], accessible: Callable[[Any], None]
) -> None:
    page = browsers.sign_in("sunli", to="/events")
    page.locator("[data-test=create]").click()
    page.locator("[data-test=title]").fill("“根治”系列广告")
    _choose(page, "model", "虚假医疗广告")
    _choose(page, "places", "武汉市")
    page.keyboard.press("Escape")
    page.locator("[data-test=cause]").fill("多名消费者投诉同一系列广告")
    accessible(page)
    page.locator("[data-test=submit]").click()
    page.wait_for_url(re.compile(r"/ui/events/\d+$"))
    number = int(page.url.rsplit("/", 1)[1])

    page.locator("[data-test=link]").click()
    page.locator("[data-test=link-find]").click()
    page.locator("[data-test=found] .el-checkbox").first.wait_for()
    for one in world["alerts"]:
        page.locator("[data-test=found] .el-checkbox", has_text=re.compile(rf"^{one} ·")).click()
    page.locator("[data-test=link-now]").click()
    page.locator("[data-test=things] li").nth(1).wait_for()
    shows(page.locator("[data-test=figure-alert] strong"), "2")

    page.locator("[data-test=write]").click()
    _choose(page, "kind", "结果")
    page.locator("[data-test=amount]").fill("120000")
    page.locator("[data-test=text]").fill("平台已下架同类广告")
    page.locator("[data-test=save]").click()
    page.locator("[data-test=timeline]").get_by_text("平台已下架同类广告").wait_for()
    page.locator("[data-test=close]").click()
    _reason(page, "处置完毕")
    page.locator("[data-test=state]", has_text="已结卷").wait_for()

    told = service.ask("sunli", f"/api/v1/case-files/{number}")
    assert (told["file"]["state"], told["file"]["lead_office"], told["aspects"]["result"]) == ("closed", HOME, 1)
    figures = {one["name"]: one for one in service.ask("sunli", f"/api/v1/case-files/{number}/figures")["figures"]}
    assert (figures["alert"]["count"], figures["task"]["count"], figures["stated"]["amount"]) == (2, 2, "120000.00")
    assert service.ask("liuqiang", "/api/v1/case-files")["items"] == []


def test_on_a_phone_a_new_clue_is_decided_on_in_english(
    browsers: Browsers, service: Service, world: dict[str, list[int]], accessible: Callable[[Any], None]
) -> None:
    body = {"title": "Followed on the way", "model": MODEL, "places": [CITY], "lead_office": HOME, "owner": "孙丽", "cause": "seen on site"}
    number = service.ask("sunli", "/api/v1/case-files", method="POST", body=body)["file"]["id"]
    linked = {"kind": "subject", "ids": world["subjects"]}
    service.ask("sunli", f"/api/v1/case-files/{number}/links", method="POST", body=linked)
    page = browsers.open(as_="sunli", size=PHONE, lang="en")
    page.goto(f"/ui/events/{number}")
    first, second = world["alerts"]
    page.locator(f"[data-test=accept-{first}]").wait_for()
    page.locator("[data-test=timeline] li").first.wait_for()
    accessible(page)
    page.locator(f"[data-test=accept-{first}]").click()
    page.locator(f"[data-test=accept-{first}]").wait_for(state="detached")
    page.locator(f"[data-test=decline-{second}]").click()
    _reason(page, "another event")
    page.locator(f"[data-test=decline-{second}]").wait_for(state="detached")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    held = service.ask("sunli", f"/api/v1/case-files/{number}/objects?kind=alert")
    assert [one["thing"]["id"] for one in held["items"]] == [first]
    assert service.ask("sunli", f"/api/v1/case-files/{number}/offers") == []


def test_another_city_learns_nothing(browsers: Browsers, service: Service) -> None:
    body = {"title": "武汉的事", "model": MODEL, "places": [CITY], "lead_office": HOME, "owner": "孙丽", "cause": "武汉的起因"}
    at = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    number = service.ask("sunli", "/api/v1/case-files", method="POST", body={**body, "at": at})["file"]["id"]
    page = browsers.open(as_="liuqiang")
    browsers.allowed.append("404 (Not Found) /api/v1/case-files/")
    page.goto("/ui/events")
    page.get_by_text("没有符合条件的重点事件").wait_for()
    page.goto(f"/ui/events/{number}")
    page.get_by_role("alert").filter(has_text="case_file_not_found").first.wait_for()
    assert "武汉的" not in page.content()
