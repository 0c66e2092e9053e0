"""An analyst finds an alert by filters, opens it, has it judged again, asks what would lower it, and enters a telephone tip whose reporter stays masked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from risk.domain.grades import Grade
from risk.scoring.scorer import Scorer
from risk.services.alerts import settle
from risk.services.runs import run
from risk.storage import tables as t
from rules.pack import load_pack
from tests.risk.disposal_world import new_candidates, new_run, new_subjects
from tests.risk.run_world import MED, put
from tests.web.conftest import DESKTOP, PHONE, Browsers, Service, holds, shows

CLAIM = "祖传秘方，三个疗程根治糖尿病，永不复发，无效退款。电话13800138000"
TIP = "来电反映一元路某诊所张贴“三个疗程根治糖尿病，无效退款”"
NAME, TELEPHONE = "欧阳小明", "13800001234"


@pytest.fixture(scope="module")
def judged(service: Service) -> int:
    """One claim judged by the shipped rules, as a run does it, and two settled candidates of Yichang; the number of the claim's alert."""
    now = datetime.now(UTC) - timedelta(hours=1)
    with service.write() as conn:
        put(conn, [CLAIM], at=now - timedelta(hours=1), tag="claim")
    run(service.engine, Scorer(packs=[load_pack(MED)]), [MED], as_of=now, now=now, actor="test")
    with service.write() as conn:
        other, subjects = new_run(conn, "other"), new_subjects(conn, 2)
        settle(
            conn, other, new_candidates(conn, other, [(s, Grade.BLUE, 0.45) for s in subjects], region="420502", observed=now, tag="y"), now
        )
        conn.execute(update(t.runs).where(t.runs.c.id == other).values(status="done", ended_at=now))
    service.account("fenxi", ["analyst"], display="李想")
    (mine,) = service.ask("fenxi", "/api/v1/alerts?region=420102")["items"]
    return int(mine["id"])


@pytest.mark.parametrize(("lang", "size"), [("zh", DESKTOP), ("en", PHONE)])
def test_an_alert_is_found_opened_and_judged_again(
    browsers: Browsers, service: Service, judged: int, accessible: Callable[[Any], None], lang: str, size: dict[str, int]
) -> None:
    page = browsers.sign_in("fenxi", to="/alerts", size=size, lang=lang)
    page.locator("[data-test=alerts] tbody tr").nth(2).wait_for()
    page.locator("[data-test=grade-blue]").click()
    page.wait_for_url(re.compile("grade=blue"))
    page.locator("[data-test=alerts]").get_by_text("#" + str(judged)).wait_for(state="detached")
    page.goto("/ui/alerts?region=420102&sort=gravest")  # as somebody sent it on
    row = page.locator("[data-test=alerts] tbody tr")
    row.first.wait_for()
    holds(row, 1)
    shows(page.locator("[data-test=total]"), {"zh": "共 1 条", "en": "one alert"}[lang])
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    accessible(page)
    row.get_by_role("link").first.click()
    page.wait_for_url(re.compile(rf"/ui/alerts/{judged}$"))
    page.locator("mark").first.wait_for()
    assert "根治" in "".join(page.locator("mark").all_inner_texts())
    assert "13800138000" not in page.content()
    page.locator("[data-test=replay]").click()
    page.locator("[data-test=replayed]").get_by_text({"zh": "结果一致", "en": "same result"}[lang]).wait_for()
    page.locator("[data-test=lower]").click()
    page.locator("[data-test=lowered]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    accessible(page)
    assert service.ask("fenxi", f"/api/v1/alerts/{judged}/replay")["same"] is True


def test_a_telephone_tip_becomes_an_alert_and_its_reporter_stays_masked(
    browsers: Browsers, service: Service, judged: int, accessible: Callable[[Any], None]
) -> None:
    before = service.ask("fenxi", "/api/v1/alerts/counts")["by_origin"].get("manual", 0)
    page = browsers.open(as_="fenxi")
    page.goto("/ui/alerts/new")
    page.locator("[data-test=model]").click()
    page.get_by_role("option", name="虚假医疗广告").click()
    page.locator("textarea[data-test=clue]").fill(TIP)
    page.locator("textarea[data-test=why]").fill("来电人描述具体，地址明确")
    page.locator("input[data-test=subject-name]").fill("某诊所")
    page.locator("input[data-test=reporter-name]").fill(NAME)
    page.locator("input[data-test=reporter-phone]").fill(TELEPHONE)
    accessible(page)
    page.locator("[data-test=save]").click()
    page.locator("[data-test=go]").click()
    page.locator("[data-test=reporters]").get_by_text("138****1234").wait_for()
    assert NAME not in page.content()
    assert TELEPHONE not in page.content()
    number = int(page.url.rsplit("/", 1)[1])
    made = service.ask("fenxi", f"/api/v1/alerts/{number}")
    assert (made["alert"]["origin"], made["alert"]["model"], made["evidence"][0]["text"]) == ("manual", MED, TIP)
    assert made["task"]["state"] == "issued"
    (told,) = service.ask("fenxi", f"/api/v1/alerts/{number}/reporters")
    assert (told["phone"], told["masked"]) == ("138****1234", True)
    assert service.ask("fenxi", "/api/v1/alerts/counts")["by_origin"]["manual"] == before + 1


def test_signals_are_found_and_a_run_accounts_for_every_candidate(
    browsers: Browsers, judged: int, accessible: Callable[[Any], None]
) -> None:
    page = browsers.open(as_="fenxi", size=PHONE)
    page.goto("/ui/signals?text=13800138000")
    page.get_by_text("没有符合条件的信号").wait_for()  # what is masked cannot be found
    page.goto("/ui/signals?text=祖传秘方")
    page.locator("[data-test=signals] tbody tr").get_by_role("link").first.click()
    page.locator("[data-test=assessments]").wait_for()
    page.get_by_text("产生预警").first.wait_for()
    accessible(page)
    page.goto("/ui/runs")
    page.locator("[data-test=runs] tbody tr").last.get_by_role("link").click()
    page.get_by_text("1 + 0 + 0 + 0 + 0 + 0 = 1").wait_for()
    accessible(page)


def test_a_run_under_way_tells_how_far_it_is_and_how_long_it_will_take(browsers: Browsers, service: Service, judged: int) -> None:
    assert judged
    now = datetime.now(UTC)
    span = {"first": 0, "last": 1000, "at": (now - timedelta(minutes=10)).isoformat(), "from": 0}
    with service.write() as conn:
        going = new_run(conn, "going")
        conn.execute(update(t.runs).where(t.runs.c.id == going).values(cursor=250, span=span))
    page = browsers.open(as_="fenxi", lang="en")
    page.goto(f"/ui/runs/{going}")
    page.locator("[data-test=far]", has_text="25%").wait_for()
    page.get_by_text(re.compile(r"250 of about 1,000 signals read · about 3[01] min left")).wait_for()
    with service.write() as conn:  # it ends while one looks on
        conn.execute(update(t.runs).where(t.runs.c.id == going).values(status="done", ended_at=datetime.now(UTC), cursor=1000))
    page.locator("[data-test=far]").wait_for(state="detached")
