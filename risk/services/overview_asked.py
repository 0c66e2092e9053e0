"""What an overview is asked about: a stretch of time, what it is compared with, a place, a model, a moment; and the links from each number to its rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from risk.domain import periods
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.periods import Period
from risk.services.alert_filters import AlertFilter
from risk.services.places import code_of

RUNNING = ("week", "month", "quarter", "year")
"""Periods that are still running: up to the moment."""

LATEST = "latest"
_TICK = timedelta(microseconds=1)

register(
    {
        "overview_half_span": ("起止日期须同时给出", "a stretch of days takes both its first and its last day"),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """``period``: latest (the days up to the newest data), week, month, quarter, year (the running one), or a name as of reports (2026-10, 2026-W41 …);
    ``first`` and ``last`` (days, both included) go before it. ``compare``: previous, year_before, none. ``at``: the moment everything is counted as of.
    """

    at: datetime
    period: str = LATEST
    first: date | None = None
    last: date | None = None
    compare: str = "previous"
    region: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """[start, end) that is counted: a period up to the moment."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """The rows behind a number: ``query`` asks the API for them, ``page`` shows them in the workbench."""

    query: str
    page: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The question with everything found out: codes instead of names, moments instead of words."""

    at: datetime
    now: Stretch
    before: Stretch | None
    region: str | None
    model: str | None

    def filters(self, stretch: Stretch, **more: object) -> AlertFilter:
        """The alerts of a stretch as lists filter them."""
        found = AlertFilter(model=self.model, region=self.region, opened_from=stretch.start, opened_to=stretch.end)
        return replace(found, **more)  # type: ignore[arg-type]

    def alerts(self, stretch: Stretch | None = None, **more: str | None) -> Link:
        """The alerts behind a number."""
        return link("alerts", **(self._base(stretch or self.now) | more))

    def step(self, name: str, stretch: Stretch | None = None, **more: str | None) -> Link:
        """The alerts that had come so far."""
        return self.alerts(stretch, step=name, step_at=self.at.astimezone(SHANGHAI).isoformat(), **more)

    def _base(self, stretch: Stretch) -> dict[str, str | None]:
        return {
            "opened_from": stretch.start.astimezone(SHANGHAI).isoformat(),
            "opened_to": stretch.end.astimezone(SHANGHAI).isoformat(),
            "model": self.model,
            "region": self.region,
        }


def link(what: str, **filters: str | None) -> Link:
    """A list of the API and the page of the same name, with the same filters.

    >>> link("alerts", grade="red", region=None).page
    '/alerts?grade=red'
    """
    asked = urlencode({name: value for name, value in filters.items() if value is not None})
    return Link(f"/api/v1/{what}?{asked}", f"/{what}?{asked}")


def knobs() -> dict[str, int]:
    """Days, limits and numbers of rows, of ``overview.toml``."""
    return dict(read_toml("overview.toml")["overview"])


def choose(asked: Asked, newest: datetime) -> Chosen:
    """``newest``: when the newest data came. ``InvalidInputError``: ``bad_period``, ``region_not_known``, ``overview_half_span``."""
    period = _period(asked, newest)
    now = Stretch(period.name, period.start, min(max(asked.at, period.start), period.end))
    before = _before(period, asked.compare)
    stretch = Stretch(before.name, before.start, min(before.start + (now.end - now.start), before.end)) if before else None
    if stretch and now.end == period.end and before:
        stretch = replace(stretch, end=before.end)  # a month of 30 days that is over is compared with all 31 of the one before
    return Chosen(asked.at, now, stretch, code_of(asked.region) if asked.region else None, asked.model)


def _period(asked: Asked, newest: datetime) -> Period:
    if asked.first or asked.last:
        if not (asked.first and asked.last):
            raise InvalidInputError("overview_half_span")
        return periods.parse(f"{asked.first.isoformat()}..{asked.last.isoformat()}")
    if asked.period == LATEST:
        day = newest.astimezone(SHANGHAI).date() + timedelta(days=1)  # the day itself is in it
        end = datetime.combine(day, time(), SHANGHAI)
        return Period(LATEST, end - timedelta(days=knobs()["days"]), end)
    if asked.period in RUNNING:
        return periods.around(asked.period, asked.at + _TICK)
    return periods.parse(asked.period)


def _before(period: Period, compare: str) -> Period | None:
    if compare == "none":
        return None
    if compare == "previous":
        return period.previous
    same = period.year_before
    if same is not None:
        return same
    year = timedelta(weeks=52)  # the same days of the week
    return Period(f"year before {period.name}", period.start - year, period.end - year)
