"""A report from its making to its publication in a real browser, by the analyst and the leader; an entry on the exposure board; read back through the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from risk.services import exposures
from risk.storage import tables as t
from tests.risk.test_exposures import WORDS, confirmed
from tests.web.conftest import PHONE, Browsers, Service


@pytest.fixture(scope="module")
def entry(service: Service) -> int:
    """A finished run with a confirmed verdict, three people, a drafted entry of the board."""
    service.account("fenxi", ["analyst"])
    service.account("shenhe", ["office_head"])
    service.account("lingdao", ["leader"])
    now = datetime.now(UTC)
    with service.write() as conn:
        verdict = confirmed(conn)
        conn.execute(t.runs.update().values(status="done", ended_at=now, balance={"new": 1}, candidates=1, judged=1))
        made = exposures.draft(conn, verdict, **WORDS, actor="shenhe", now=now)
    return made.id


def test_a_report_is_made_written_into_signed_and_published(
    service: Service, browsers: Browsers, entry: int, accessible: Callable[[Any], None]
) -> None:
    page = browsers.sign_in("fenxi")
    page.goto("/ui/reports")
    page.locator("[data-test=make-report]").click()
    page.locator("[data-test=kind-monthly]").click()
    page.locator("[data-test=make]").click()
    page.locator("[data-test=paper]").wait_for()
    number = int(page.url.rpartition("/")[2])
    assert "一、总体态势" in page.locator("[data-test=paper]").inner_text()
    page.locator(".el-message").wait_for(state="detached")
    accessible(page)
    assert page.locator("[data-test=step-approve]").count() == 0
    page.locator("[data-test=remark]").click()
    page.locator("textarea[data-test=remark-text], [data-test=remark-text] textarea").fill("总体平稳，节前加强抽查。")
    page.locator("[data-test=save]").click()
    page.get_by_text("节前加强抽查").first.wait_for()
    with page.expect_download() as got:
        page.locator("[data-test=file-xlsx]").click()
    assert got.value.suggested_filename.endswith(f"-{number}.xlsx")

    leader = browsers.open(size=PHONE, lang="zh", as_="lingdao")
    leader.goto(f"/ui/reports/{number}")
    for step, word in (("approve", "已审核"), ("sign", "已签发"), ("publish", "已印发")):
        leader.locator(f"[data-test=step-{step}]").click()
        if step == "publish":
            leader.locator("[data-test=number] input, input[data-test=number]").fill("鄂预〔2026〕7号")
        leader.locator("[data-test=take]").click()
        leader.locator("[data-test=state]").get_by_text(word).wait_for()
    leader.get_by_role("tab").nth(2).click()
    leader.locator("[data-test=compare]").click()
    leader.locator("[data-test=same]").wait_for()

    issue = service.ask("lingdao", f"/api/v1/reports/issues/{number}")
    assert (issue["state"], issue["number"], issue["remarks"]) == ("published", "鄂预〔2026〕7号", {"outlook": "总体平稳，节前加强抽查。"})
    assert [one["event"] for one in issue["history"]] == ["make", "remark", "approve", "sign", "publish"]


def test_a_leader_puts_an_entry_on_the_board(service: Service, browsers: Browsers, entry: int, accessible: Callable[[Any], None]) -> None:
    page = browsers.open(lang="en", as_="lingdao")
    page.goto("/ui/exposures")
    page.locator(f"[data-test=put-{entry}]").click()
    page.get_by_text("Published", exact=True).first.wait_for()
    page.locator(".el-message").wait_for(state="detached")  # the shell's note fades by itself
    accessible(page)
    assert "13800138000" not in page.content()
    shown = service.ask("lingdao", f"/api/v1/exposures/{entry}")
    assert (shown["state"], shown["shown"], shown["standing"]) == ("published", True, "in_force")
