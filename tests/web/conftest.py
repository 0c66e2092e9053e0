"""A real browser before a real server: ``service`` is a store with accounts, served on a port of this machine; ``browsers`` opens pages of it.

Skipped with a reason where there is no Chromium or the workbench was not built; ``make test`` builds it and ``.ci/run`` installs the browser.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from api import workbench
from api.app import create_app
from risk.services import accounts, sessions
from risk.services.accounts import NewAccount
from risk.services.secrets_passwords import Passwords
from risk.settings import Settings
from risk.storage import migrate
from risk.storage.engine import open_engine, transaction
from tests.api.accounts_world import CHEAP_ARGON2

PASSWORD = "Plainly-fake-2026-秋"  # of accounts that live as long as a test
WEB = Path(__file__).parents[2] / "api" / "web"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SERIOUS = ("serious", "critical")


def chromium() -> str | None:
    """The browser: ``RISK_CHROMIUM``, else the one that is installed."""
    return os.environ.get("RISK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Service:
    """A served store. ``base`` is its address; ``write`` is a transaction of its store, for seeding and for reading back what the API does not tell."""

    base: str
    settings: Settings
    engine: Engine
    tokens: dict[str, str] = field(default_factory=dict)

    def write(self) -> AbstractContextManager[Connection]:
        return transaction(self.engine)

    def account(
        self,
        name: str,
        roles: Sequence[str],
        grants: Sequence[tuple[str, str]] = (("", ""),),
        office: str | None = None,
        display: str | None = None,
    ) -> str:
        """An account with `PASSWORD`, who may sign in at once; gives its name."""
        digest = Passwords(self.settings).digest(PASSWORD)
        now = datetime.now(UTC)
        with self.write() as conn:
            make = accounts.create if accounts.exist(conn) else accounts.create_first
            new = NewAccount(name, tuple(roles), office, tuple(grants), **({"display_name": display} if display else {}))
            account = make(conn, new, digest=digest, must_change=False, actor="test", now=now)
            self.tokens[name] = sessions.open_session(conn, account, how="password", second_factor=True, now=now, client="test")
        return name

    def ask(self, name: str, path: str, *, method: str = "GET", body: Any = None) -> Any:
        """What the API answers to the account of that name: the JSON of it; fails the test where it refuses."""
        import urllib.request

        sent = None if body is None else json.dumps(body).encode()
        headers = {"Cookie": f"risk_session={self.tokens[name]}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data=sent, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")


def shows(place: Any, text: str) -> None:
    """The place says exactly this, at once or as soon as the answer is there."""
    from playwright.sync_api import expect

    expect(place).to_have_text(text)


def holds(place: Any, count: int) -> None:
    """There are so many of it, at once or as soon as the answer is there."""
    from playwright.sync_api import expect

    expect(place).to_have_count(count)


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The application on a port of its own, in a thread of this process."""
    import uvicorn

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(settings), log_level="error", lifespan="on", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the server ended"
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An empty store on SQLite, served with the workbench; one for the tests of a file."""
    folder = Path(os.environ.get("RISK_TEST_WORKBENCH", workbench.FOLDER))
    if not workbench.built(folder):
        pytest.skip("the workbench was not built: make web")
    home = tmp_path_factory.mktemp("web") / "home"
    home.mkdir()
    settings = Settings(home, f"sqlite:///{home / 'risk.db'}", argon2=CHEAP_ARGON2, rate="off")
    engine = open_engine(settings.database_url)
    migrate.upgrade(engine)
    before = workbench.FOLDER
    workbench.FOLDER = folder
    try:
        with serving(settings) as base:
            yield Service(base, settings, engine)
    finally:
        workbench.FOLDER = before
        engine.dispose()


@dataclass
class Browsers:
    """Pages of the service in a real browser. Whatever a page logs as an error, or throws, fails the test when the page is closed."""

    service: Service
    browser: Any
    troubles: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    """Parts of messages that are expected, as of a network that was cut on purpose."""
    contexts: list[Any] = field(default_factory=list)

    def open(self, *, size: dict[str, int] = DESKTOP, lang: str = "zh", as_: str | None = None, dark: bool = False) -> Any:
        """A page (playwright) in a context of its own; ``as_`` is an account that is signed in already (most tests sign in by the form: `sign_in`)."""
        context = self.browser.new_context(
            viewport=size,
            locale="zh-CN" if lang == "zh" else "en-GB",
            timezone_id="Asia/Shanghai",
            base_url=self.service.base,
            color_scheme="dark" if dark else "light",
            has_touch=size["width"] < 800,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)  # a busy machine is no failure
        context.set_default_navigation_timeout(40_000)
        self.contexts.append(context)
        if as_ is not None:
            context.add_cookies([{"name": "risk_session", "value": self.service.tokens[as_], "url": self.service.base}])
        page = context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self.troubles.append(self._told(page, said)) if said.type == "error" else None)
        return page

    def _told(self, page: Any, said: Any) -> str:
        """What the browser logged, with the address it is about: ``… 404 (Not Found) /api/v1/index/board?…``."""
        return f"{page.url}: {said.text} {said.location.get('url', '').removeprefix(self.service.base)}"

    def sign_in(self, name: str, *, to: str = "/", size: dict[str, int] = DESKTOP, lang: str = "zh") -> Any:
        """Through the form, as a person does; ends on the page ``to``."""
        page = self.open(size=size, lang=lang)
        self.allowed.append("401 (Unauthorized)")  # whoever is not signed in yet is told so
        page.goto(f"/ui/sign-in?to={to}")
        page.locator("[data-test=name] input, input[data-test=name]").fill(name)
        page.locator("[data-test=password] input, input[data-test=password]").fill(PASSWORD)
        page.locator("[data-test=sign-in]").click()
        page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        left = [one for one in self.troubles if not any(part in one for part in self.allowed)]
        assert not left, left


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, once a worker."""
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra [browser]")
    program = chromium()
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium, or name one in RISK_CHROMIUM")
    with sync.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
        yield opened
        opened.close()


@pytest.fixture
def browsers(service: Service, browser: Any) -> Iterator[Browsers]:
    """Pages of the service; errors in the browser's console fail the test."""
    opened = Browsers(service, browser)
    yield opened
    opened.close()


@pytest.fixture
def accessible() -> Callable[[Any], None]:
    """``accessible(page)``: axe finds no serious fault on the page as it stands."""
    script = (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")

    def check(page: Any) -> None:
        page.evaluate(script)
        page.wait_for_timeout(100)  # what was asked for is drawn; nothing moves, for the pages are told to keep still
        found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations']})")
        serious = [
            f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
        ]
        assert not serious, serious

    return check
