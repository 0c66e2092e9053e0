"""A picture of every page of the workbench, at both sizes, in both languages: ``python -m experiments.contact_sheet --home FOLDER --out FOLDER``

Serves a copy of a demo's home (``risk demo`` makes one), signs in as whoever begins with each page, takes the pictures with Chromium, and lays them out on sheets to be
looked at. Nothing of it is kept in the repository. Also tells, of every page: errors in the console, what axe finds serious, whether a phone must scroll sideways, and how
long the page took until it was usable.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.serving import Server
from risk.bootstrap import open_store
from risk.settings import Settings

WEB = Path(__file__).parents[1] / "api" / "web"
SIZES: dict[str, Any] = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
AS = {
    "work": "zhangwei",
    "overview": "helin",
    "analysis": "lixiang",
    "models": "zhoutao",
    "reports": "helin",
    "data": "lixiang",
    "system": "gaofeng",
}
ELSE = ("sunli", "lixiang", "chenjing", "zhoutao", "gaofeng", "tangyun", "xumei")


@dataclass(frozen=True, slots=True)
class Shot:
    """One page to look at."""

    name: str
    path: str
    who: str


def tokens(home: Path) -> dict[str, str]:
    """A session of every account of the demo."""
    from datetime import UTC, datetime

    from sqlalchemy import select

    from risk.services import sessions
    from risk.storage import tables as t
    from risk.storage.engine import transaction

    engine, now = open_store(Settings.from_environment({"RISK_HOME": str(home)})), datetime.now(UTC)
    with transaction(engine) as conn:
        people = {row.name: row.id for row in conn.execute(select(t.accounts.c.name, t.accounts.c.id))}
        found = {
            name: sessions.open_session(conn, id_, how="password", second_factor=True, now=now, client="pictures")
            for name, id_ in people.items()
        }
    engine.dispose()
    return found


def pages(server: Server, cookies: dict[str, str]) -> list[Shot]:
    """Every page that the navigation offers to anybody, and the first thing that each list leads to."""
    from playwright.sync_api import sync_playwright

    found: dict[str, Shot] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        for who in dict.fromkeys((*AS.values(), *ELSE)):
            context = browser.new_context(base_url=server.base, viewport=SIZES["desktop"], locale="zh-CN")
            context.add_cookies([{"name": "risk_session", "value": cookies[who], "url": server.base}])
            page = context.new_page()
            page.goto("/ui/not-there")
            page.wait_for_selector("nav a")
            links = page.eval_on_selector_all("nav a", "all => all.map((one) => new URL(one.href).pathname)")
            for path in links:
                found.setdefault(path, Shot(path.removeprefix("/ui").strip("/").replace("/", "-") or "home", path, who))
            for path in links:
                page.goto(path)
                page.wait_for_timeout(1200)
                below = page.eval_on_selector_all("main a[href]", "all => all.map((one) => new URL(one.href).pathname)")
                inner = next((one for one in below if one.startswith(path + "/")), None)
                if inner is not None:
                    found.setdefault(path + "/:", Shot(path.removeprefix("/ui").strip("/").replace("/", "-") + "-one", inner, who))
            context.close()
        browser.close()
    return list(found.values())


def program() -> str | None:
    """The browser."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def shoot(server: Server, cookies: dict[str, str], shots: list[Shot], out: Path, langs: list[str], *, dark: bool) -> list[dict[str, Any]]:
    """Take the pictures; what was found of each page."""
    from playwright.sync_api import sync_playwright

    axe = (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    told: list[dict[str, Any]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        for lang in langs:
            for size, viewport in SIZES.items():
                for shot in shots:
                    context = browser.new_context(
                        base_url=server.base,
                        viewport=viewport,
                        locale="zh-CN" if lang == "zh" else "en-GB",
                        timezone_id="Asia/Shanghai",
                        reduced_motion="reduce",
                        color_scheme="dark" if dark else "light",
                    )
                    context.add_cookies([{"name": "risk_session", "value": cookies[shot.who], "url": server.base}])
                    page: Any = context.new_page()
                    errors: list[str] = []
                    page.on("pageerror", lambda error, errors=errors: errors.append(str(error)[:200]))
                    page.on("console", lambda said, errors=errors: errors.append(said.text[:200]) if said.type == "error" else None)
                    began = time.perf_counter()
                    page.goto(shot.path)
                    page.wait_for_load_state("networkidle")
                    took = time.perf_counter() - began - 0.5  # networkidle waits half a second after the last answer
                    page.wait_for_timeout(700)
                    page.evaluate(axe)
                    seen = page.evaluate(
                        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'], resultTypes: ['violations']})"
                    )
                    page.screenshot(path=str(out / f"{shot.name}.{size}.{lang}.png"), full_page=True)
                    told.append(
                        {
                            "page": shot.path,
                            "as": shot.who,
                            "size": size,
                            "lang": lang,
                            "seconds": round(took, 2),
                            "sideways": page.evaluate("document.documentElement.scrollWidth") > viewport["width"],
                            "errors": errors,
                            "axe": [
                                f"{one['id']} × {len(one['nodes'])}"
                                for one in seen["violations"]
                                if one["impact"] in ("serious", "critical")
                            ],
                        }
                    )
                    context.close()
        browser.close()
    return told


def sheets(out: Path, shots: list[Shot], langs: list[str]) -> None:
    """All pictures on pages of their own, small, to be looked at in one go."""
    from PIL import Image, ImageDraw

    for lang in langs:
        for size, width, columns in (("desktop", 640, 3), ("phone", 260, 7)):
            files = [out / f"{shot.name}.{size}.{lang}.png" for shot in shots]
            for start in range(0, len(files), columns * 2):
                tiles = []
                for file in files[start : start + columns * 2]:
                    picture = Image.open(file).convert("RGB")
                    picture = picture.resize((width, round(picture.height * width / picture.width))).crop(
                        (0, 0, width, min(900, picture.height))
                    )
                    tiles.append((file.name, picture))
                sheet = Image.new("RGB", (columns * (width + 12), 2 * 930), "white")
                draw = ImageDraw.Draw(sheet)
                for n, (name, picture) in enumerate(tiles):
                    at = (n % columns * (width + 12), n // columns * 930)
                    sheet.paste(picture, (at[0], at[1] + 18))
                    draw.text((at[0] + 4, at[1] + 3), name, fill="black")
                sheet.save(out / f"sheet.{size}.{lang}.{start // (columns * 2):02}.png")


def main() -> None:
    """Serve, look, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="RISK_HOME of a demo")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lang", action="append", choices=("zh", "en"), default=[])
    parser.add_argument("--only", default="", help="pages whose path holds this")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    langs = options.lang or ["zh", "en"]
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        shutil.copytree(options.home, home)
        cookies = tokens(home)
        server = Server({"RISK_HOME": str(home)})
        server.start(900.0)
        try:
            shots = [one for one in pages(server, cookies) if options.only in one.path]
            told = shoot(server, cookies, shots, options.out, langs, dark=options.dark)
        finally:
            server.stop()
    sheets(options.out, shots, langs)
    (options.out / "told.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    slowest = max(told, key=lambda one: one["seconds"])
    print(f"{len(shots)} pages, {len(told)} pictures; the slowest {slowest['page']} ({slowest['size']}): {slowest['seconds']} s")
    for one in told:
        if one["errors"] or one["axe"] or one["sideways"]:
            print(one["page"], one["size"], one["lang"], "SIDEWAYS" if one["sideways"] else "", *one["axe"], *one["errors"])


if __name__ == "__main__":
    main()
