"""Three administrators: one makes an account, one verifies the audit, one runs the service. Each enrols the second factor that their role takes, by the form."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from sqlalchemy import insert, select

from risk.storage import tables as t
from tests.web.conftest import DESKTOP, PHONE, Browsers, Service, shows


@pytest.fixture(scope="module", autouse=True)
def people(service: Service) -> None:
    service.account("anquan", ["security_admin"])
    service.account("shenji", ["auditor"])
    service.account("xitong", ["system_admin"])


def enrolled(browsers: Browsers, name: str, *, size: dict[str, int] = DESKTOP, lang: str = "zh") -> Any:
    """Signed in by the form, with the authenticator that the form asks for, as on somebody's first day."""
    page = browsers.open(size=size, lang=lang)
    browsers.allowed += ["401 (Unauthorized)", "403 (Forbidden)"]
    page.goto("/ui/sign-in")
    page.locator("[data-test=name]").fill(name)
    from tests.web.conftest import PASSWORD

    page.locator("[data-test=password]").fill(PASSWORD)
    page.locator("[data-test=sign-in]").click()
    secret = page.locator("code").first.inner_text()
    page.locator("input[autocomplete=one-time-code]").fill(pyotp.TOTP(secret).now())
    page.locator("button[type=submit]").click()
    page.locator(".codes").wait_for()
    page.get_by_role("button").last.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def test_the_security_administrator_makes_an_account(browsers: Browsers, service: Service, accessible: Callable[[Any], None]) -> None:
    page = enrolled(browsers, "anquan")
    page.wait_for_url(re.compile("/ui/accounts"))
    page.locator("[data-test=accounts] tbody tr").nth(2).wait_for()
    accessible(page)
    page.locator("[data-test=new]").click()
    page.locator("input[data-test=new-name]").fill("lisi")
    page.get_by_role("dialog").get_by_text("分析人员", exact=True).click()
    page.locator("[data-test=add-grant]").click()
    accessible(page)
    page.locator("[data-test=make]").click()
    told = page.locator("[data-test=one-time]").inner_text()
    made = next(one for one in service.ask("anquan", "/api/v1/accounts")["items"] if one["name"] == "lisi")
    assert (made["roles"], made["grants"], made["must_change"], made["state"]) == (["analyst"], [["", ""]], True, "active")
    asked = urllib.request.Request(
        service.base + "/api/v1/auth/sign-in",
        data=f'{{"name": "lisi", "password": "{told}", "totp": ""}}'.encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked) as answer:
        assert b"password_change_required" in answer.read()
    page.get_by_role("button", name="关闭").last.click()
    page.locator("[data-test=account-lisi]").click()
    page.locator("[data-test=disable]").click()
    page.get_by_role("button", name="确认").click()
    page.get_by_role("button", name="启用", exact=True).wait_for()
    assert service.ask("anquan", f"/api/v1/accounts/{made['id']}")["state"] == "disabled"


def test_the_auditor_verifies_the_chain(browsers: Browsers, service: Service, accessible: Callable[[Any], None]) -> None:
    page = enrolled(browsers, "shenji", size=PHONE, lang="en")
    page.wait_for_url(re.compile("/ui/audit"))
    page.locator("[data-test=acts] tbody tr").first.wait_for()
    page.locator("[data-test=verify]").click()
    page.locator("[data-test=checked][data-sound=true]").wait_for()
    page.locator("[data-test=action]").fill("account")
    page.locator("[data-test=action]").press("Enter")
    page.wait_for_url(re.compile("action=account"))
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    accessible(page)
    with page.expect_download() as saved:
        page.locator("[data-test=export]").click()
    rows = saved.value.path().read_text(encoding="utf-8").splitlines()
    assert rows
    assert all('"account.' in row for row in rows)
    assert service.ask("shenji", "/api/v1/audit?action=audit.export")["items"][0]["actor"] == "shenji"


def test_a_push_target_is_stopped_and_one_outside_of_the_list_is_refused(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None]
) -> None:
    now = datetime.now(UTC)
    row = {
        "name": "platform",
        "kind": "webhook",
        "address": "http://127.0.0.1:9/in",
        "sealed": "",
        "events": ["*"],
        "lang": "zh",
        "state": "on",
    }
    with service.write() as conn:
        conn.execute(insert(t.push_targets).values(**row, created_at=now, changed_at=now))
    page = browsers.open(size=PHONE, as_="xitong")
    page.goto("/ui/system?tab=push")
    shows(page.locator("[data-test=target-platform]"), "运行")
    page.locator("[data-test=turn]").click()
    shows(page.locator("[data-test=target-platform]"), "已暂停")
    assert service.ask("xitong", "/api/v1/push/targets/platform")["target"]["state"] == "off"
    page.locator("[data-test=add-target]").click()
    page.locator("[data-test=target-name]").fill("other")
    page.locator("[data-test=target-address]").fill("https://hooks.example.cn/in")
    browsers.allowed.append("422 (Unprocessable")
    page.locator("[data-test=target-save]").click()
    page.get_by_text("guard_not_listed").wait_for()
    accessible(page)
    assert [one["name"] for one in service.ask("xitong", "/api/v1/push/targets")] == ["platform"]


def test_the_operator_sees_readiness_stops_a_job_and_closes_a_day(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None]
) -> None:
    page = enrolled(browsers, "xitong")
    page.wait_for_url(re.compile("/ui/system"))
    page.locator("[data-test=ready]").get_by_text("可以服务").wait_for()
    page.get_by_text("risk_run_balance_gap").or_(page.get_by_text("risk_audit_rows_total")).first.wait_for()
    accessible(page)
    page.get_by_role("tab", name="定时作业").click()
    page.locator("[data-test=switch-judge]").click()
    page.get_by_text("已停用").wait_for()
    accessible(page)
    assert not next(one for one in service.ask("xitong", "/api/v1/jobs") if one["name"] == "judge")["enabled"]
    page.goto("/ui/duty?tab=calendar")
    day = datetime.now(UTC).strftime("%Y-12-25")
    page.locator(f"button[data-day='{day}']").click()
    page.locator("input[data-test=day-name]").fill("试验日")
    page.locator("input[data-test=day-basis]").fill("鄂政办发〔2026〕9号")
    page.locator("[data-test=save-day]").click()
    page.locator(f"button[data-day='{day}'].holiday").wait_for()
    accessible(page)
    with service.write() as conn:
        kept = conn.execute(select(t.calendar_days.c.kind, t.calendar_days.c.actor).where(t.calendar_days.c.name_zh == "试验日")).one()
    assert tuple(kept) == ("holiday", "xitong")
