"""How long until the first page can be used? ``python -m experiments.first_pages --home FOLDER [--rounds 5]``

Of each page that a role begins with, with an empty cache of the browser, on a copy of a demo's home (``risk demo`` makes one): once as the very first visit after the
server has said that it is ready, then again and again on the warm server. *Usable* is the moment at which the page shows what it is for (its rows, its figures)
and stands still for no later answer: a mark in the page of its own, not the end of the network's work. Beside the seconds stands the processor's time that the server took for it.
The result goes to ``experiments/results/first_pages.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.contact_sheet import program, tokens
from experiments.lists import processor
from experiments.record import RESULTS, heading, store_json
from experiments.serving import Server

RESULT = RESULTS / "first_pages.json"
GOAL = 2.0
"""Seconds until usable."""


@dataclass(frozen=True, slots=True)
class First:
    """A page that somebody begins with; it is usable once everything in ``shown`` is there."""

    path: str
    who: str
    shown: tuple[str, ...]


PAGES = (
    First("/ui/tasks", "zhangwei", ("[data-test=tasks] li", "[data-test=show-overdue] strong")),
    First("/ui/situation", "helin", ("[data-test=total-n]", "[data-test=clues] li", ".trend canvas")),
    First("/ui/rules", "lixiang", ("table.rules tbody tr",)),
    First("/ui/models", "zhoutao", ("article.model",)),
    First("/ui/alerts", "lixiang", ("[data-test=alerts] tbody tr",)),
)


def visit(browser: Any, server: Server, page: First, cookie: str) -> dict[str, float]:
    """One visit with nothing kept from any before."""
    assert server.process is not None
    context = browser.new_context(
        base_url=server.base, viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    context.add_cookies([{"name": "risk_session", "value": cookie, "url": server.base}])
    context.set_default_timeout(180_000)
    tab, before = context.new_page(), processor(server.process.pid)
    began = time.perf_counter()
    tab.goto(page.path, wait_until="commit")
    for selector in page.shown:
        tab.wait_for_selector(selector)
    usable = time.perf_counter() - began
    tab.wait_for_load_state("networkidle")
    spent = processor(server.process.pid) - before
    kept = tab.evaluate("performance.getEntriesByType('resource').map((one) => [one.transferSize, one.initiatorType])")
    painted = tab.evaluate("(performance.getEntriesByName('first-contentful-paint')[0] || {startTime: 0}).startTime")
    context.close()
    return {
        "seconds": round(usable, 3),
        "painted": round(painted / 1000, 3),
        "server_seconds": round(spent, 3),
        "requests": len(kept) + 1,
        "kilobytes": round(sum(size for size, _ in kept) / 1000),
    }


def rounds(home: Path, times: int) -> dict[str, list[dict[str, Any]]]:
    """Every page first after a start of the server, and then warm, so many times each; pages take turns."""
    from playwright.sync_api import sync_playwright

    found: dict[str, list[dict[str, Any]]] = {"first after the start": [], "later": []}
    cookies = tokens(home)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        for _ in range(times):
            for page in PAGES:
                server = Server({"RISK_HOME": str(home)})
                began = time.perf_counter()
                server.start()
                ready = round(time.perf_counter() - began, 2)
                try:
                    first = visit(browser, server, page, cookies[page.who])
                    later = visit(browser, server, page, cookies[page.who])
                finally:
                    server.stop()
                load = round(os.getloadavg()[0], 1)
                found["first after the start"].append({"page": page.path.strip("/"), "load": load, "ready": ready, **first})
                found["later"].append({"page": page.path.strip("/"), "load": load, **later})
                print(page.path, "first", first, "later", later, "load", load, flush=True)
        browser.close()
    return found


def told(visits: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """By page: the middle and the worst of its visits."""
    by_page: dict[str, dict[str, float]] = {}
    for page in dict.fromkeys(one["page"] for one in visits):
        mine = [one for one in visits if one["page"] == page]
        seconds = [one["seconds"] for one in mine]
        by_page[page] = {
            "median": round(statistics.median(seconds), 2),
            "worst": round(max(seconds), 2),
            "server_median": round(statistics.median(one["server_seconds"] for one in mine), 2),
            "requests": mine[-1]["requests"],
            "kilobytes": mine[-1]["kilobytes"],
        }
    return by_page


def main() -> None:
    """Visit, tell, store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="RISK_HOME of a demo")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="store the result")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        shutil.copytree(options.home, home)
        found = rounds(home, options.rounds)
    result = {
        **heading(f"python -m experiments.first_pages --home HOME --rounds {options.rounds} --keep"),
        "goal_seconds": GOAL,
        "load_average": {"least": min(one["load"] for one in found["later"]), "most": max(one["load"] for one in found["later"])},
        **{when: told(visits) for when, visits in found.items()},
        "visits": found,
    }
    print(json.dumps({when: result[when] for when in found}, indent=1))
    if options.keep:
        store_json(RESULT, result)


if __name__ == "__main__":
    main()
