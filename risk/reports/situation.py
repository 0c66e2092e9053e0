"""The situation report as one self-contained HTML page: no script, no outside file, charts as inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from risk.reports.words import GRADE_WORDS, word

COLOURS = {"red": "#d4380d", "orange": "#fa8c16", "yellow": "#d4b106", "blue": "#1677ff"}
FUNNEL = ("signals", "candidates", "alerts", "tasks", "signed", "reported", "confirmed", "filed")
BALANCE = ("new", "merged", "suppressed", "below_grade", "over_capacity", "failed")


def render(
    numbers: Mapping[str, Any],
    lang: str,
    *,
    place: Callable[[str | None], str],
    verdict: Callable[[str], str],
    title: Callable[[str], str],
) -> str:
    """The page for frozen ``numbers`` in ``zh`` or ``en``.

    ``place``, ``verdict`` and ``title`` say a region code, a verdict code or a model's key in the language; the same numbers give the same page.
    """
    page: str = _template().render(
        n=numbers,
        lang=lang,
        w=lambda key: word(key, lang),
        title=title,
        grade=lambda code: GRADE_WORDS[code][0 if lang == "zh" else 1],
        place=place,
        verdict=verdict,
        colours=COLOURS,
        funnel=_funnel(numbers["funnel"], lang),
        balance=BALANCE,
        trend=_trend(numbers["alerts"]["trend"]),
        heat=_heat(numbers["alerts"]["heat"]),
        change=_change,
        percent=_percent,
    )
    return page


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=PackageLoader("risk.reports"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return env.get_template("situation.html.j2")


def _percent(part: float | None, whole: float | None = 1) -> str:
    """
    >>> _percent(1, 4), _percent(0.5), _percent(None), _percent(1, 0)
    ('25.0%', '50.0%', '—', '—')
    """
    return "—" if part is None or not whole else f"{100 * part / whole:.1f}%"


def _change(now: float | None, before: float | None) -> str:
    """
    >>> _change(110, 100), _change(90, 100), _change(5, 0), _change(None, 3)
    ('▲ 10.0%', '▼ 10.0%', '', '')
    """
    if now is None or not before:
        return ""
    share = (now - before) / before
    return f"{'▲' if share >= 0 else '▼'} {abs(share) * 100:.1f}%"


def _funnel(counts: Mapping[str, int], lang: str) -> list[dict[str, Any]]:
    """Bars whose width follows the root of the count: from ten thousands of signals to dozens of cases, all still visible."""
    top = max(counts["signals"], 1)
    return [
        {"name": word(f"f.{key}", lang), "count": counts[key], "width": round(max((counts[key] / top) ** 0.35 * 100, 1.5), 1)}
        for key in FUNNEL
    ]


def _trend(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Geometry of a stacked bar chart, 720 × 200."""
    top = max((row["total"] for row in rows), default=0) or 1
    width = 720 / max(len(rows), 1)
    bars = []
    for i, row in enumerate(rows):
        y = 170.0
        for code in ("blue", "yellow", "orange", "red"):
            height = row[code] / top * 150
            y -= height
            if row[code]:
                bars.append(
                    {
                        "x": round(i * width + max((width - 90) / 2, 4), 1),
                        "y": round(y, 1),
                        "h": round(height, 1),
                        "code": code,
                        "count": row[code],
                        "week": row["key"],
                    }
                )
        bars.append({"x": round(i * width + width / 2, 1), "label": row["key"][-3:], "total": row["total"], "y": round(y - 4, 1)})
    return {"bars": bars, "w": round(min(max(width - 8, 3), 90), 1), "top": top}


def _heat(cells: list[Mapping[str, Any]]) -> dict[str, Any]:
    models = sorted({c["model"] for c in cells})
    cities = sorted({c["city"] for c in cells}, key=lambda c: c or "999999")
    top = max((c["alerts"] for c in cells), default=1)
    value = {(c["model"], c["city"]): c["alerts"] for c in cells}
    return {
        "models": models,
        "cities": cities,
        "rows": [(city, [(value.get((m, city), 0), round(value.get((m, city), 0) / top, 2)) for m in models]) for city in cities],
    }
