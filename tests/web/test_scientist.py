"""A data scientist plays with grades and puts a setting in force; an approver promotes a version and takes it back; health and a text on a phone."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from risk.services import model_approval
from tests.risk.disposal_world import MODEL
from tests.web import scientist_world
from tests.web.conftest import PHONE, Browsers, Service

V1 = "/api/v1"
SLOW = 60_000
"""Milliseconds: the first question to the registry imports MLflow, the first text loads the rules."""


@pytest.fixture(scope="module", autouse=True)
def task(service: Service) -> int:
    """The seeded store with its people; the number of the internal task."""
    service.account("anquan", ["security_admin"])
    service.account("zhoutao", ["data_scientist"], display="周涛")
    service.account("chenjing", ["approver"], display="陈静")
    now = datetime.now(UTC)
    scientist_world.registry(service.settings, now)
    with service.write() as conn:
        scientist_world.cases(conn, now)
        scientist_world.training(conn, now)
        number = scientist_world.health(conn, now)
    with urllib.request.urlopen(service.base + "/readyz", timeout=120) as told:  # the first answer puts the routes together
        told.read()
    return number


def _reason(page: Any, text: str) -> None:
    page.locator("[data-test=reason]:visible").fill(text)
    page.locator("[data-test=confirm]:visible").click()


def test_grades_are_tried_put_in_force_and_returned(browsers: Browsers, service: Service, accessible: Callable[[Any], None]) -> None:
    page = browsers.sign_in("zhoutao", to="/models")
    card = page.locator(f"[data-test=model-{MODEL}]")
    card.get_by_text("冠军 1").wait_for(timeout=SLOW)
    card.get_by_text("超出限值：评分漂移").wait_for()
    accessible(page)
    card.get_by_role("link", name="虚假医疗广告").click()
    page.locator("[data-test=tab-grades]").click()
    page.locator("[data-test=slide-red]").fill("92")  # a promise: the solver answers
    solved = page.locator("[data-test=tried-red]")
    solved.wait_for(timeout=SLOW)
    promised = service.ask("zhoutao", f"{V1}/grades/{MODEL}/what-if", method="POST", body={"floors": {"red": 0.92}})
    assert solved.inner_text() == f"{promised['cutoffs']['red']:.3f}"
    page.get_by_text("直接定分界").click()
    page.locator("[data-test=slide-red]").fill("95")
    page.locator("[data-test=tried-red]", has_text="0.950").wait_for(timeout=SLOW)
    page.get_by_role("button", name="看数字").first.click()
    page.get_by_role("columnheader", name="占已知属实").wait_for()
    accessible(page)
    page.locator("[data-test=apply]").click()
    _reason(page, "单位反映红色任务过多")
    page.get_by_text("设置 1", exact=True).wait_for()
    held = service.ask("zhoutao", f"{V1}/grades/{MODEL}")
    assert (held["source"], held["cutoffs"]["red"]) == ("set", 0.95)
    assert (held["setting"]["actor"], held["setting"]["reason"]) == ("zhoutao", "单位反映红色任务过多")
    page.locator("[data-test=revert-own]").click()
    _reason(page, "收回")
    page.get_by_text("设置 2", exact=True).wait_for()
    assert service.ask("zhoutao", f"{V1}/grades/{MODEL}")["source"] == "fixed"


def test_a_version_is_approved_promoted_and_rolled_back(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        model_approval, "check", lambda *_: []
    )  # the laws take a process of their own and a minute: tests/api/test_model_routes.py
    page = browsers.sign_in("chenjing", to=f"/models/{MODEL}/versions")
    page.locator("[data-test=version-2]").get_by_text("挑战者").wait_for(timeout=SLOW)
    page.get_by_text("Brier 技巧分").first.wait_for()
    page.get_by_text("+0.040").wait_for()  # the paired difference
    accessible(page)
    page.locator("[data-test=approve-2]").click()
    _reason(page, "已读档案")
    page.locator("[data-test=version-2]").get_by_text("chenjing 批准").wait_for()
    page.locator("[data-test=promote-2]").click()
    _reason(page, "概率更可信")
    page.locator("[data-test=version-2]").get_by_text("冠军", exact=True).wait_for()
    assert _champion(service) == 2
    page.locator("[data-test=rollback]").click()
    _reason(page, "先观察")
    page.locator("[data-test=version-1]").get_by_text("冠军", exact=True).wait_for()
    assert _champion(service) == 1
    told = service.ask("chenjing", f"{V1}/models/{MODEL}/versions/2/dossier?format=json")
    assert [(one["event"], one["actor"], one["reason"]) for one in told["history"]] == [
        ("approve", "chenjing", "已读档案"),
        ("promote", "chenjing", "概率更可信"),
        ("rolled_back", "chenjing", "先观察"),
    ]
    page.locator("[data-test=tab-dossier]").click()
    page.get_by_text("正例的含义").wait_for()
    page.locator("[data-test=tab-figures]").click()
    page.get_by_text("概率可信：校准误差").first.wait_for()
    page.locator("[data-test=tab-why]").click()
    page.get_by_text("各类依据对概率的平均影响").wait_for()
    accessible(page)


def _champion(service: Service) -> int | None:
    rows = service.ask("chenjing", f"{V1}/models?versions=false")
    return next(row["champion"] for row in rows if row["key"] == MODEL)  # type: ignore[no-any-return]


def test_health_is_seen_and_a_task_closed_on_a_phone(
    browsers: Browsers, service: Service, task: int, accessible: Callable[[Any], None]
) -> None:
    page = browsers.sign_in("zhoutao", to=f"/models/{MODEL}/health", size=PHONE, lang="en")
    page.get_by_text("beyond the limit: Score drift").wait_for(timeout=SLOW)
    page.get_by_text("2 checks").wait_for(timeout=SLOW)
    accessible(page)
    assert page.evaluate("document.querySelector('#page').scrollWidth") <= 390
    page.get_by_role("button", name="Close", exact=True).click()
    _reason(page, "looked at: a new source")
    page.get_by_text("no internal tasks").wait_for()
    told = service.ask("zhoutao", f"{V1}/model-tasks/{task}")
    assert (told["state"], told["closed_by"], told["reason"]) == ("done", "zhoutao", "looked at: a new source")


def test_a_text_is_judged_and_explained(browsers: Browsers, accessible: Callable[[Any], None]) -> None:
    page = browsers.open(as_="zhoutao", size=PHONE, lang="en")
    page.goto("/ui/try-text")
    page.locator("textarea[data-test=text], [data-test=text] textarea").fill("三个疗程根治糖尿病，无效退款")
    page.locator("[data-test=judge]").click()
    said = page.locator(f"[data-test=said-{MODEL}]")
    said.wait_for(timeout=SLOW)
    said.get_by_text(re.compile("red|orange|yellow|blue")).wait_for()
    page.locator("mark").first.wait_for()
    page.get_by_text(re.compile("would be|still")).first.wait_for(timeout=SLOW)
    page.mouse.move(0, 0)
    accessible(page)
