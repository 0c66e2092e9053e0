"""What the chapters of a report share: its numbers, how things are called in its language, and the queries behind numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from risk.domain import periods, regions
from risk.domain.calendar import SHANGHAI
from risk.domain.report_kinds import Kind
from risk.domain.verdicts import taxonomy
from risk.reports.document import Number, Paragraph, Run, Table
from risk.reports.issue_words import sentence, word

GRADES = ("red", "orange", "yellow", "blue")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True, slots=True)
class Source:
    """Frozen numbers and the language they are told in."""

    n: Mapping[str, Any]
    lang: str

    def w(self, key: str) -> str:
        """A word."""
        return word(key, self.lang)

    def say(self, key: str, **facts: Run) -> Paragraph:
        """A sentence as a paragraph."""
        return Paragraph(sentence(key, self.lang, **facts))

    def both(self, *parts: Paragraph) -> Paragraph:
        """Sentences as one paragraph."""
        runs: list[Run] = []
        for i, part in enumerate(parts):
            if i and self.lang == "en":
                runs.append(" ")
            runs += part.runs
        return Paragraph(tuple(runs))

    def table(self, key: str, columns: Sequence[str], rows: Sequence[Sequence[Run]], query: str = "") -> Table:
        """A table whose columns are keys of words; its caption is the word ``c.<key>``."""
        return Table(key, self.w(f"c.{key}"), tuple(self.w(one) for one in columns), tuple(tuple(row) for row in rows), query)

    def place(self, code: str | None) -> str:
        """What a division is called."""
        if not code:
            return self.w("unknown_place")
        return regions.name(code, self.lang) if code in regions.DIVISIONS else code

    def of(self) -> str:
        """What the report's place is called."""
        scope = self.n["scope"]
        name = self.place(scope["region"]) if scope["region"] else self.w("province")
        return f"{name}{self.w('d.' + scope['department'])}" if scope["department"] and self.lang == "zh" else name

    def model(self, key: str) -> str:
        """What a model is called."""
        names = self.n.get("models", {}).get(key)
        return str(names[self.lang]) if names else key

    def verdict(self, code: str) -> str:
        """What a result, or a cause of a false alarm, is called."""
        if code == "unspecified":
            return self.w(code)
        kinds = taxonomy()
        if code in kinds:
            return kinds[code].title(self.lang)
        subs = [kind.sub_reasons[code] for kind in kinds.values() if code in kind.sub_reasons]
        return (subs[0].zh if self.lang == "zh" else subs[0].en) if subs else code

    def query(self, what: str, **filters: str) -> str:
        """Where a number's rows can be looked up: an address of the API with the edges of the period."""
        period, scope = self.n["period"], self.n["scope"]
        edges = {"alerts": ("opened_from", "opened_to"), "verdicts": ("since", ""), "signals": ("since", "")}.get(what, ("", ""))
        given = dict(zip(edges, (period["start"], period["end"]), strict=True)) if any(edges) else {}
        given |= {"region": scope["region"]} if scope["region"] and what in ("alerts", "signals") else {}
        about = self.n.get("about") or {}
        given |= {"model": about["name"]} if about.get("what") == "model" and what in ("alerts", "tasks", "verdicts") else {}
        asked = {name: value for name, value in (given | filters).items() if name and value}
        return f"/api/v1/{what}" + (f"?{urlencode(asked)}" if asked else "")

    def title(self, kind: Kind) -> str:
        """The title of the report."""
        about, when = self.n.get("about") or {}, period_words(self.n["period"], self.lang)
        name = str(about.get(self.lang) or "")
        if self.lang == "zh":
            topic = {"model": f"关于{name}的", "event": f"关于“{name}”的"}.get(about.get("what", ""), "")
            return f"{self.of()}{topic}{kind.zh}（{when}）"
        topic = f" on {name}" if name else ""
        return f"{kind.en}{topic}, {self.of()} ({when})"

    def facts(self) -> tuple[tuple[str, str], ...]:
        """What stands under the title."""
        scope, run = self.n["scope"], self.n["run"]
        rows = [
            (self.w("period"), period_words(self.n["period"], self.lang)),
            (self.w("place"), self.place(scope["region"]) if scope["region"] else self.w("province")),
            *([(self.w("department"), self.w("d." + scope["department"]))] if scope["department"] else []),
            (self.w("cutoff"), moment_words(self.n["cutoff"], self.lang)),
            *([(self.w("run"), f"#{run['id']}")] if run else []),
        ]
        return tuple(rows)


def silent(side: Mapping[str, Any]) -> bool:
    """Whether nothing at all came in during a period: then nobody watched, and that nothing was raised says nothing. Of a field or an event it is not known what came in.

    >>> silent({"signals": 0, "alerts": 0}), silent({"signals": 7, "alerts": 0}), silent({"signals": None, "alerts": 0})
    (True, False, False)
    """
    return side["signals"] == 0 and not side["alerts"]


def beyond(now: int, before: int) -> bool:
    """Whether two counts differ by more than chance: |a − b| > 1.96 √(a + b), the normal approximation of two Poisson counts.

    >>> beyond(30, 10), beyond(12, 10), beyond(0, 0)
    (True, False, False)
    """
    return abs(now - before) > 1.96 * math.sqrt(now + before)


def moment_words(text: str, lang: str) -> str:
    """A moment in Hubei.

    >>> moment_words("2026-10-31T16:00:00+00:00", "zh"), moment_words("2026-10-31T16:00:00+00:00", "en")
    ('2026年11月1日0时00分', '1 November 2026, 00:00')
    """
    at = datetime.fromisoformat(text).astimezone(SHANGHAI)
    if lang == "zh":
        return f"{at.year}年{at.month}月{at.day}日{at.hour}时{at:%M}分"
    return f"{day_words(at, lang)}, {at:%H:%M}"


def day_words(at: datetime, lang: str) -> str:
    """A day in Hubei."""
    at = at.astimezone(SHANGHAI)
    return f"{at.year}年{at.month}月{at.day}日" if lang == "zh" else f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def period_words(period: Mapping[str, str], lang: str) -> str:
    """A period as it is read.

    >>> week = {"name": "2026-W44", "start": "2026-10-26T00:00:00+08:00", "end": "2026-11-02T00:00:00+08:00"}
    >>> period_words(week, "zh"), period_words(week, "en")
    ('2026年10月26日至2026年11月1日', '26 October 2026 to 1 November 2026')
    """
    name, form = period["name"], periods.form_of(period["name"])
    start, end = datetime.fromisoformat(period["start"]), datetime.fromisoformat(period["end"])
    year, number = name[:4], name[5:].lstrip("Q0")
    if form == "month":
        return f"{year}年{number}月" if lang == "zh" else f"{_MONTHS[int(number) - 1]} {year}"
    if form == "quarter":
        return f"{year}年第{number}季度" if lang == "zh" else f"quarter {number} of {year}"
    if form == "year":
        return f"{year}年" if lang == "zh" else year
    if form == "day":
        return day_words(start, lang)
    return f"{day_words(start, lang)}{'至' if lang == 'zh' else ' to '}{day_words(end - timedelta(microseconds=1), lang)}"


def counted(value: int | float | None, query: str = "") -> Number:
    """A count."""
    return Number(value, "count", query)


def share(value: float | None, query: str = "") -> Number:
    """A share of 1."""
    return Number(value, "share", query)


def part_of(part: int, whole: int) -> Number:
    """A share of counts; not known of nothing."""
    return Number(round(part / whole, 4) if whole else None, "share")
