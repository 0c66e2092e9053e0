"""A leader at work: sees the situation, goes from a city to its alerts to one of them; what the page shows is what the API counts and what the tables hold.

The wall screen shows what is grave and late, and nothing at all once the session is over; a map that an administrator installs is shown with its number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from risk.domain.grades import Grade
from risk.services import tasks
from risk.services.alerts import settle
from risk.storage import tables as t
from tests.api.test_overview import geojson
from tests.api.two_cities import offices
from tests.risk.disposal_world import new_candidates, new_run, new_subjects
from tests.web.conftest import PHONE, Browsers, Service, holds, shows

CITIES = {"420502": 3, "420102": 2, "429004": 1}
NO_INDEX = "404 (Not Found) /api/v1/index"
"""What the overview meets in this store: no index was computed."""


@pytest.fixture(scope="module", autouse=True)
def world(service: Service) -> None:
    """Six alerts in three divisions, of today; one verified and confirmed, one overdue."""
    service.account("guanliyuan", ["security_admin"])
    service.account("xitong", ["system_admin"])
    service.account("lingdao", ["leader"], display="何琳")
    now = datetime.now(UTC) - timedelta(minutes=1)
    with service.write() as conn:
        offices(conn)
        run, subjects = new_run(conn), iter(new_subjects(conn, 6))
        for region, count in CITIES.items():
            grades = [(Grade.RED, 0.95), (Grade.YELLOW, 0.6), (Grade.BLUE, 0.45)][:count]
            specs: list[Any] = [(next(subjects), grade, probability) for grade, probability in grades]
            settle(conn, run, new_candidates(conn, run, specs, region=region, observed=now, tag=region), now)
        conn.execute(
            update(t.runs).values(status="done", ended_at=now, judged=6, candidates=6, balance={"new": 6}, versions={"model": "rules"})
        )
        numbers = list(conn.scalars(select(t.tasks.c.id).order_by(t.tasks.c.id)))
        tasks.sign(conn, numbers[0], actor="张三", now=now)
        tasks.report(conn, numbers[0], actor="张三", code="10", facts="查明", officers=["张三", "李四"], now=now)
        conn.execute(update(t.tasks).where(t.tasks.c.id == numbers[1]).values(report_due=now - timedelta(days=3)))


def number(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text))


def test_a_leader_goes_from_the_situation_to_a_city_to_its_list_to_an_alert(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None]
) -> None:
    browsers.allowed.append(NO_INDEX)
    page = browsers.sign_in("lingdao", to="/situation")
    page.locator("[data-test=total-n]").wait_for()
    told = service.ask("lingdao", "/api/v1/overview")
    with service.write() as conn:
        stored = conn.scalar(select(func.count()).select_from(t.alerts))
        in_yichang = conn.scalar(select(func.count()).select_from(t.alerts).where(t.alerts.c.region.startswith("4205")))
    assert number(page.locator("[data-test=total-n]").inner_text()) == told["total"]["n"] == stored == sum(CITIES.values())
    assert number(page.locator("[data-test=late] b").inner_text()) == told["late"]["n"] == 1
    steps = {one["key"]: one["n"] for one in told["steps"]}
    assert number(page.locator("[data-test=step-confirmed] b").inner_text()) == steps["confirmed"] == 1
    shows(page.locator("[data-test=place-420500] b"), str(in_yichang))
    accessible(page)
    page.locator("[data-test=place-420500]").click()
    page.wait_for_url(re.compile("region=420500"))
    page.locator("[data-test=see]").filter(has_text=f"({in_yichang})").wait_for()
    page.locator("[data-test=see]").click()
    page.wait_for_url(re.compile("/ui/alerts"))
    page.locator("[data-test=alerts] tbody tr").first.wait_for()
    assert in_yichang == 3
    holds(page.locator("[data-test=alerts] tbody tr"), in_yichang)
    page.locator("[data-test=alerts] tbody a").first.click()
    page.wait_for_url(re.compile(r"/ui/alerts/\d+$"))
    shown = service.ask("lingdao", f"/api/v1/alerts/{page.url.rsplit('/', 1)[1]}")
    assert shown["alert"]["region"] == "420502"


def test_on_a_phone_in_english_the_same_and_what_is_late_leads_to_its_alert(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None]
) -> None:
    browsers.allowed.append(NO_INDEX)
    page = browsers.sign_in("lingdao", to="/situation", size=PHONE, lang="en")
    page.locator("[data-test=total-n]").wait_for()
    page.get_by_text("From signal to case").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    accessible(page)
    page.locator("[data-test=late]").click()
    page.wait_for_url(re.compile("step=late"))
    page.locator("[data-test=step]").wait_for()
    page.locator("[data-test=alerts] tbody tr").first.wait_for()
    assert service.ask("lingdao", "/api/v1/alerts/counts?step=late")["total"] == 1
    holds(page.locator("[data-test=alerts] tbody tr"), 1)


def test_the_wall_shows_no_names_and_nothing_after_the_session(
    browsers: Browsers, service: Service, accessible: Callable[[Any], None]
) -> None:
    browsers.allowed += [NO_INDEX, "401 (Unauthorized)"]
    page = browsers.open(as_="lingdao", size={"width": 1920, "height": 1080})
    page.goto("/ui/wall")
    page.locator("[data-test=newest] li").first.wait_for()
    told = service.ask("lingdao", "/api/v1/overview/wall")
    assert len(told["newest"]) == 3
    holds(page.locator("[data-test=newest] li"), 3)
    assert number(page.locator("[data-test=wall-late]").inner_text()) == told["late"] == 1
    assert "主体" not in page.locator("[data-test=wall]").inner_text()
    assert page.locator("[data-test=pause]").get_attribute("aria-pressed") == "true", "nothing turns by itself where motion is not wanted"
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    accessible(page)
    page.context.clear_cookies()
    page.evaluate("window.dispatchEvent(new Event('online'))")  # asks again at once
    page.locator("[data-test=over]").wait_for()
    assert page.locator("[data-test=newest], [data-test=overdue], .heads").count() == 0
    page.get_by_role("button", name="重新登录").click()
    page.wait_for_url(re.compile("/ui/sign-in"))


def test_an_administrator_installs_a_map_and_it_is_shown_with_its_number(browsers: Browsers, service: Service, tmp_path: Path) -> None:
    browsers.allowed.append(NO_INDEX)
    file = tmp_path / "map.geojson"
    file.write_text(json.dumps(geojson()), encoding="utf-8")
    page = browsers.open(as_="xitong")
    page.goto("/ui/map-file")
    page.locator("[data-test=source]").fill("测试来源")
    page.locator("[data-test=number]").fill("鄂S(2026)005号")
    page.locator("[data-test=file]").set_input_files(str(file))
    page.locator("[data-test=install]").click()
    page.locator("[data-test=installed]").wait_for()
    assert service.ask("xitong", "/api/v1/maps/current")["approval"] == "鄂S(2026)005号"
    leader = browsers.open(as_="lingdao")
    leader.goto("/ui/situation")
    leader.locator("[data-test=approval]").get_by_text("鄂S(2026)005号").wait_for()
