"""Situation reports: numbers frozen to a cut-off, a page made from them, a file in the reports folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from risk.domain import periods, regions
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError
from risk.domain.verdicts import taxonomy
from risk.reports import situation as page
from risk.reports.words import word
from risk.scoring.keys import title
from risk.services import auditing, report_scope, situation
from risk.storage.engine import transaction


def make(
    engine: Engine,
    period: str,
    *,
    actor: str,
    now: datetime,
    cutoff: datetime | None = None,
    region: str | None = None,
    department: str | None = None,
    scope: Scope = EVERYWHERE,
) -> dict[str, Any]:
    """The numbers of a report for ``period`` (``2026-10`` or ``latest``), frozen to the newest finished run or to ``cutoff``.

    Of a place and department inside ``scope``; nothing given is all of it (see `report_scope.chosen`). Made again for the same period, cut-off and place,
    the numbers are the stored ones. Raises ``NotFoundError`` while no run has finished, ``InvalidInputError`` as `report_scope.chosen`.
    """
    of = report_scope.chosen(scope, region, department)
    month = None if period == "latest" else _month(period)
    with transaction(engine) as conn:
        cutoff = situation.latest_cutoff(conn) if cutoff is None else cutoff.astimezone(UTC)
        chosen = month or periods.latest(cutoff)
        auditing.record(
            conn, actor, "report.make", f"report:{chosen.name}", {"cutoff": cutoff, "region": region, "department": department}, now
        )
        return situation.freeze(conn, chosen, cutoff, actor=actor, now=now, of=of)


def _month(name: str) -> periods.Period:
    """A month that has a month before it and one after: 0000-01, 0001-01 and 9999-12 are refused as ``2026-13`` is."""
    try:
        chosen = periods.month(name)
        _ = chosen.previous, chosen.start.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInputError("bad_period", period=name) from None
    return chosen


def to_html(numbers: Mapping[str, Any], lang: str) -> str:
    """The page in ``zh`` or ``en``."""

    def place(code: str | None) -> str:
        if not code:
            return word("unknown_place", lang)
        return regions.name(code, lang) if code in regions.DIVISIONS else code

    def verdict(code: str) -> str:
        kind = taxonomy().get(code)
        if kind is not None:
            return kind.title(lang)
        for known in taxonomy().values():
            if code in known.sub_reasons:
                sub = known.sub_reasons[code]
                return sub.zh if lang == "zh" else sub.en
        return code

    return page.render(numbers, lang, place=place, verdict=verdict, title=lambda key: title(key, lang))


def write(numbers: Mapping[str, Any], folder: Path, lang: str, output: Path | None = None) -> Path:
    """Write the page and return its path: ``situation-<period>[-<place>][-<department>].<lang>.html`` in ``folder`` unless ``output`` names the file."""
    of = numbers.get("scope") or {}
    name = "-".join(part for part in (numbers["period"]["name"], of.get("region"), of.get("department")) if part)
    target = output or folder / f"situation-{name}.{lang}.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(to_html(numbers, lang), encoding="utf-8")
    return target
