"""A subject's chain of supervision on one page: licences with their validity, alerts by month, what happened, whom it hangs together with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from risk.domain.grades import Grade
from risk.services import register, tasks
from risk.services.alerts import settle
from risk.storage import tables as t
from tests.risk.disposal_world import new_candidates, new_run, new_subjects
from tests.web.conftest import DESKTOP, PHONE, Browsers, Service, holds

DRUG = "药品经营许可证"


@pytest.fixture(scope="module")
def subject(service: Service) -> int:
    """A subject with a licence that ended, one that holds, an alert that was signed for, a penalty, and a neighbour with the same telephone."""
    now = datetime.now(UTC) - timedelta(hours=2)
    with service.write() as conn:
        run, (mine, other) = new_run(conn), new_subjects(conn, 2)
        settle(conn, run, new_candidates(conn, run, [(mine, Grade.ORANGE, 0.75), (other, Grade.RED, 0.9)], observed=now), now)
        conn.execute(update(t.runs).values(status="done", ended_at=now))
        of_mine = (
            select(t.tasks.c.id).join_from(t.tasks, t.alerts, t.tasks.c.alert_id == t.alerts.c.id).where(t.alerts.c.subject_id == mine)
        )
        tasks.sign(conn, conn.scalars(of_mine).one(), actor="张三", now=now + timedelta(minutes=20))
        held = {"subject_key": "s0", "kind": DRUG, "valid_from": date(2020, 1, 1)}
        rows = [{**held, "number": "鄂DA01", "valid_to": date(2025, 1, 1)}, {**held, "number": "鄂DA02", "valid_to": date(2099, 1, 1)}]
        register.load_licences(conn, rows, source="许可库", now=now)
        link = {"relation": "same_phone", "value_key": "k", "known_from": now}
        conn.execute(insert(t.subject_links), [{**link, "subject_id": mine}, {**link, "subject_id": other}])
        fined = {
            "key": "p",
            "subject_id": mine,
            "kind": "罚款",
            "number": "鄂市监罚〔2026〕1号",
            "at": now,
            "known_at": now,
            "source": "处罚库",
        }
        conn.execute(insert(t.penalties), [fined])
    service.account("fenxi", ["analyst"], display="李想")
    return int(mine)


@pytest.mark.parametrize(("lang", "size"), [("zh", DESKTOP), ("en", PHONE)])
def test_the_chain_of_a_subject_stands_on_one_page(
    browsers: Browsers, service: Service, subject: int, accessible: Callable[[Any], None], lang: str, size: dict[str, int]
) -> None:
    page = browsers.sign_in("fenxi", to="/subjects?q=主体0", size=size, lang=lang)
    page.locator("[data-test=subjects]").get_by_role("link", name="主体0").click()
    page.wait_for_url(f"**/ui/subjects/{subject}")
    said = {"zh": ("已过期", "有效", "同电话", "签收", "处罚"), "en": ("Expired", "Valid", "same telephone", "signed", "Penalties")}[lang]
    licences = page.locator("[data-test=licences]")
    licences.get_by_text(said[0], exact=True).wait_for()
    licences.get_by_text(said[1], exact=True).wait_for()
    page.locator("[data-test=relations]").get_by_text(said[2]).wait_for()
    page.locator("[data-test=risk] td.orange").wait_for()
    page.locator("[data-test=timeline]").get_by_text(said[3]).first.wait_for()
    page.locator("[data-test=timeline]").get_by_role("button", name=said[4]).click()
    page.locator("[data-test=timeline]").get_by_text("鄂市监罚〔2026〕1号").wait_for()
    holds(page.locator("[data-test=timeline] li"), 1)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    accessible(page)
    page.locator("[data-test=relations]").get_by_role("link", name="主体1").click()
    page.locator("[data-test=risk] td.red").wait_for()
    told = service.ask("fenxi", f"/api/v1/subjects/{subject}/relations")
    assert [(one["name"], one["by"], one["alerts"], one["gravest"]) for one in told["items"]] == [("主体1", ["same_phone"], 1, "red")]
    kinds = {one["kind"] for one in service.ask("fenxi", f"/api/v1/subjects/{subject}/history")["entries"]}
    assert kinds == {"signal", "alert", "task", "task_event", "licence", "penalty"}
