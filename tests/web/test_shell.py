"""The frame of the workbench: signing in by the form, the language, the guard of pages, what a phone sees, and files that load nothing from elsewhere."""

from __future__ import annotations

import gzip
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from api import workbench
from tests.web.conftest import PHONE, Browsers, Service


@pytest.fixture(scope="module", autouse=True)
def people(service: Service) -> None:
    service.account("anquan", ["security_admin"])
    service.account("fenxi", ["analyst"], display="李想")


def test_a_person_signs_in_chooses_a_language_and_leaves(browsers: Browsers, service: Service, accessible: Callable[[Any], None]) -> None:
    page = browsers.open(lang="zh")
    browsers.allowed.append("401 (Unauthorized)")
    page.goto("/ui/alerts?grade=red")
    page.wait_for_url(re.compile("/ui/sign-in"))
    accessible(page)
    page.locator("[data-test=name]").fill("fenxi")
    page.locator("[data-test=password]").fill("wrong")
    page.locator("[data-test=sign-in]").click()
    page.get_by_role("alert").filter(has_text="sign_in_refused").wait_for()
    from tests.web.conftest import PASSWORD

    page.locator("[data-test=password]").fill(PASSWORD)
    page.locator("[data-test=sign-in]").click()
    page.wait_for_url(re.compile(r"/ui/alerts\?grade=red"))
    page.get_by_text("李想").wait_for()
    page.get_by_role("button", name="Switch to English").click()
    page.get_by_role("navigation", name="Navigation").wait_for()
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url(re.compile("/ui/sign-in"))


def test_a_page_outside_ones_permissions_says_so(browsers: Browsers) -> None:
    page = browsers.open(as_="anquan", lang="en")
    page.goto("/ui/rules")
    page.get_by_text("outside your permissions").wait_for()


def test_on_a_phone_the_navigation_is_a_drawer(browsers: Browsers, accessible: Callable[[Any], None]) -> None:
    page = browsers.open(as_="fenxi", size=PHONE)
    page.goto("/ui/not-there")
    page.get_by_text("没有这一页").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="菜单").click()
    page.get_by_role("link", name="首页", exact=True).wait_for()
    accessible(page)


def test_the_files_are_ours_packed_and_kept(service: Service) -> None:
    page = urllib.request.Request(service.base + "/ui/anything/below", headers={"Accept": "text/html"})
    with urllib.request.urlopen(page) as answer:
        index = answer.read().decode()
        assert answer.headers["Content-Security-Policy"] == workbench.POLICY
        assert answer.headers["Cache-Control"] == "no-cache"
    script = re.search(r'src="(/ui/assets/[^"]+\.js)"', index)
    assert script is not None
    packed = urllib.request.Request(service.base + script[1], headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(packed) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert gzip.decompress(answer.read())
    with pytest.raises(urllib.error.HTTPError) as missing:
        urllib.request.urlopen(service.base + "/ui/assets/none.js")
    missing.value.close()
    assert missing.value.code == 404


def test_the_first_page_takes_less_than_a_megabyte(browsers: Browsers) -> None:
    page = browsers.open(as_="fenxi")
    taken: list[int] = []
    hosts: set[str] = set()

    def received(answer: Any) -> None:
        hosts.add(answer.url.split("/")[2])
        if "/ui/" in answer.url:
            taken.append(answer.request.sizes()["responseBodySize"])

    page.on("requestfinished", lambda request: received(request.response()))
    page.goto("/ui/")
    page.wait_for_load_state("networkidle")
    assert 50_000 < sum(taken) <= 1_000_000, taken
    assert hosts == {browsers.service.base.removeprefix("http://")}
