"""An officer in the field and the head of the office: from the list to a report that survives a lost network, from the report to its acceptance."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from risk.domain.grades import Grade
from risk.services.alerts import settle
from risk.storage import tables as t
from tests.risk.disposal_world import EVIDENCE, new_candidates, new_run, new_subjects
from tests.risk.test_attachments import JPEG
from tests.web.conftest import PHONE, Browsers, Service

OFFICE = "420102-market_supervision"
HERE = (("420102", "market_supervision"),)
CUT = ("ERR_INTERNET_DISCONNECTED",)
"""What a browser logs of a network that was cut."""

SAID = {
    "zh": {"signed": "已签收", "queued": "等待网络", "state": "已反馈", "facts": "现场检查：店内张贴“根治糖尿病”，无审查证明"},
    "en": {
        "signed": "signed",
        "queued": "waits for the network",
        "state": "reported",
        "facts": "On site: a poster in the shop claims a cure; no certificate",
    },
}


@pytest.fixture(scope="module")
def tasks(service: Service) -> list[int]:
    """Five tasks of one office, issued an hour ago, with an officer and a head."""
    now = datetime.now(UTC) - timedelta(hours=1)
    quoted = {**EVIDENCE["rules"][0], "title": {"zh": "断言疗效", "en": "asserts effect"}, "severity": "high"}
    quoted["quotes"] = [{"quote": "根治糖尿病", "start": 4, "end": 9}]
    with service.write() as conn:
        run, subjects = new_run(conn), new_subjects(conn, 5)
        grades = (Grade.RED, Grade.YELLOW, Grade.BLUE, Grade.BLUE, Grade.BLUE)
        chunk = new_candidates(conn, run, [(s, g, 0.9) for s, g in zip(subjects, grades, strict=True)], observed=now)
        conn.execute(update(t.assessments).values(evidence={"rules": [quoted]}))
        settle(conn, run, chunk, now)
        conn.execute(update(t.runs).values(status="done", ended_at=now))
        numbers = list(conn.scalars(select(t.tasks.c.id).where(t.tasks.c.office_code == OFFICE).order_by(t.tasks.c.id)))
    service.account("waiqin", ["officer"], HERE, OFFICE, display="张三")
    service.account("tongshi", ["officer"], HERE, OFFICE, display="李四")
    service.account("shouzhang", ["office_head"], HERE, OFFICE, display="王五")
    return numbers


def fill(page: Any, facts: str, *, code: str = "30") -> None:
    """A report that a colleague could send: result, sub-reason, facts, two officers."""
    page.locator("[data-test=code]").click()
    page.get_by_role("option", name=re.compile(rf"^{code} ")).click()
    page.locator("[data-test=sub-reason]").click()
    page.get_by_role("option", name=re.compile("^(语境误判|context misread)")).click()
    page.locator("textarea[data-test=facts]").fill(facts)
    for place, (name, certificate) in enumerate((("张三", "42050012345"), ("李四", "42050012346"))):
        page.locator(f"input[data-test=name-{place}]").fill(name)
        page.locator(f"input[data-test=certificate-{place}]").fill(certificate)


def holds(page: Any, place: str, text: str) -> None:
    """Waits until a field holds a text."""
    from playwright.sync_api import expect

    expect(page.locator(f"textarea[data-test={place}]")).to_have_value(text)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_report_from_the_field_survives_a_lost_network(
    browsers: Browsers, service: Service, tasks: list[int], accessible: Callable[[Any], None], lang: str
) -> None:
    task, said = tasks[0 if lang == "zh" else 1], SAID[lang]
    browsers.allowed += CUT
    page = browsers.sign_in("waiqin", to="/tasks", size=PHONE, lang=lang)
    page.locator(f"a[href='/ui/tasks/{task}']").click()
    page.locator("[data-test=evidence] mark", has_text="根治糖尿病").wait_for()
    page.locator("[data-test=act-sign]").click()
    page.locator("[data-test=state]", has_text=said["signed"]).wait_for()
    fill(page, said["facts"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.context.set_offline(True)
    page.locator("textarea[data-test=measures]").fill("责令改正")
    page.context.set_offline(False)
    page.goto("/ui/tasks")  # away without sending, and back: what was typed without network is there
    page.goto(f"/ui/tasks/{task}")
    holds(page, "measures", "责令改正")
    holds(page, "facts", said["facts"])
    accessible(page)
    page.context.set_offline(True)
    page.locator("[data-test=send]").click()
    page.locator("[data-test=queued]", has_text=said["queued"]).wait_for()
    assert service.ask("waiqin", f"/api/v1/verdicts?task={task}")["items"] == []
    page.context.set_offline(False)  # the queue hears of it and sends
    page.locator("[data-test=verdict]").wait_for()
    page.locator("[data-test=state]", has_text=said["state"]).wait_for()
    (row,) = service.ask("waiqin", f"/api/v1/verdicts?task={task}")["items"]
    assert (row["code"], row["facts"], row["measures"], row["actor"]) == ("30", said["facts"], "责令改正", "waiqin")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('risk.draft.') && key.includes('report'))") == []


def test_a_draft_that_a_colleague_changed_is_merged_by_hand_and_goes_with_its_photo(
    browsers: Browsers, service: Service, tasks: list[int]
) -> None:
    task = tasks[2]
    browsers.allowed += CUT
    service.ask("waiqin", f"/api/v1/tasks/{task}/sign", method="POST", body={})
    page = browsers.open(as_="waiqin", size=PHONE)
    page.goto(f"/ui/tasks/{task}")
    fill(page, "本机所写的事实")
    page.locator("input[data-test=file-input]").set_input_files({"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": JPEG})
    page.locator("[data-test=files]", has_text="现场.jpg").wait_for()
    theirs = {"facts": "同事所写的事实", "measures": "已约谈"}
    service.ask("tongshi", f"/api/v1/verdicts/drafts/{task}", method="PUT", body={"content": theirs})
    page.goto(f"/ui/tasks/{task}")
    page.locator("[data-test=conflict]", has_text="tongshi").wait_for()
    page.get_by_role("button", name="全部用本机").click()
    page.locator("[data-test=conflict] .field", has_text="采取措施").get_by_text("服务端内容").click()
    page.locator("[data-test=merge]").click()
    holds(page, "measures", "已约谈")
    page.locator("[data-test=send]").click()
    page.locator("[data-test=verdict]").wait_for()
    (row,) = service.ask("waiqin", f"/api/v1/verdicts?task={task}")["items"]
    view = service.ask("waiqin", f"/api/v1/verdicts/{row['id']}")
    assert (row["facts"], row["measures"], [one["name"] for one in view["attachments"]]) == ("本机所写的事实", "已约谈", ["现场.jpg"])


def test_the_head_accepts_on_a_desktop(browsers: Browsers, service: Service, tasks: list[int], accessible: Callable[[Any], None]) -> None:
    task = tasks[3]
    service.ask("waiqin", f"/api/v1/tasks/{task}/sign", method="POST", body={})
    handlers = [{"name": "张三", "certificate": "42050012345"}, {"name": "李四", "certificate": "42050012346"}]
    content = {"code": "30", "sub_reason": "context_misread", "facts": "系科普内容", "handlers": handlers}
    service.ask("waiqin", "/api/v1/verdicts", method="POST", body={"task_id": task, "content": content})
    page = browsers.sign_in("shouzhang", to="/office")
    page.get_by_role("checkbox", name=f"选择任务 {task}").check()
    accessible(page)
    page.locator("[data-test=accept-many]").click()
    page.get_by_text("1 项已办").wait_for()
    view = service.ask("shouzhang", f"/api/v1/tasks/{task}")
    assert view["task"]["state"] == "closed"
    assert [(one["event"], one["actor"]) for one in view["events"][-2:]] == [("accept", "shouzhang"), ("close", "shouzhang")]


def test_a_key_made_on_the_account_page_opens_the_service(browsers: Browsers, service: Service, tasks: list[int]) -> None:
    assert tasks
    page = browsers.open(as_="tongshi", lang="en")
    page.goto("/ui/account")
    page.get_by_label("What for").fill("nightly report")
    page.locator("[data-test=permissions]").click()
    page.get_by_role("option", name="tasks.read").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Make a key").click()
    key = page.locator(".made code").inner_text()
    request = urllib.request.Request(f"{service.base}/api/v1/tasks", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert len(json.loads(answer.read())["items"]) == len(tasks)


def test_signing_out_of_a_shared_device_clears_what_it_keeps(browsers: Browsers, service: Service, tasks: list[int]) -> None:
    task = tasks[4]
    browsers.allowed += (*CUT, "401 (Unauthorized)")
    service.ask("waiqin", f"/api/v1/tasks/{task}/sign", method="POST", body={})
    page = browsers.sign_in("waiqin", to=f"/tasks/{task}", lang="en")
    page.locator("textarea[data-test=facts]").fill("half a sentence")
    kept = "Object.values(localStorage).filter(text => text.includes('half a sentence')).length"
    assert page.evaluate(kept) == 1
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.get_by_role("button", name="Shared: clear them").click()
    page.wait_for_url(re.compile("/ui/sign-in"))
    assert page.evaluate(kept) == 0
    assert service.ask("waiqin", f"/api/v1/tasks/{task}")["task"]["state"] == "signed"
