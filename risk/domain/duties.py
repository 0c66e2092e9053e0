"""The duty table as intervals of days: what an order changes, what is left uncovered, what is said twice. Pure.

An order says: from a day on (to a day, both included, or until further notice) an office, or nobody, is in charge of a model in a division. It cuts what was
in force then and leaves the rest of the time as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from risk.domain import regions
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.routing import Duty, DutyBook, Office, route

_DAY = timedelta(days=1)

register(
    {
        "duty_region": ("没有这个行政区划：{region}", "no such division: {region}"),
        "duty_model": ("没有模型“{model}”", "there is no model `{model}`"),
        "duty_office": ("没有代码为“{office}”的承办单位", 'no office with the code "{office}"'),
        "duty_dates": ("起始日 {first} 晚于截止日 {last}", "the first day {first} is after the last {last}"),
        "duty_past": ("不能改动过去的职责：{first} 早于 {today}", "the past cannot be changed: {first} is before {today}"),
        "duty_past.hint": ("从今天或以后的日期起调整", "let the change begin today or later"),
        "duty_nowhere": ("{region} 之内没有{level}级行政区划", "there is no division of the level {level} in {region}"),
        "duty_reason": ("必须写明调整理由", "why the table is changed must be said"),
        "duty_nothing": ("没有任何变化", "nothing would change"),
        "duty_row": ("第 {row} 行：{problem}", "row {row}: {problem}"),
        "duty_header": ("CSV 首行应为：{columns}", "the CSV should begin with: {columns}"),
        "duty_date": ("“{value}”不是日期（应为 2026-12-01）", "`{value}` is not a date (2026-12-01)"),
    }
)


@dataclass(frozen=True, slots=True)
class Order:
    """One order. ``region`` is a code or a name; ``level``: every statutory division of that level inside it; no office: nobody is in charge."""

    model: str
    region: str
    office: str | None
    valid_from: date
    valid_to: date | None = None
    level: str | None = None


def expand(order: Order, models: Iterable[str], offices: Iterable[str]) -> list[Order]:
    """The order for each division it means, with codes. ``InvalidInputError``: ``duty_region``, ``duty_model``, ``duty_office``, ``duty_dates``, ``duty_nowhere``.

    >>> [o.region for o in expand(Order("m", "武汉市", "x", date(2027, 1, 1), level="county"), ["m"], ["x"])][:2]
    ['420102', '420103']
    """
    place = regions.resolve(order.region)
    if place is None:
        raise InvalidInputError("duty_region", region=order.region[:60])
    if order.model not in set(models):
        raise InvalidInputError("duty_model", model=order.model[:80])
    if order.office is not None and order.office not in set(offices):
        raise InvalidInputError("duty_office", office=order.office[:60])
    if order.valid_to is not None and order.valid_to < order.valid_from:
        raise InvalidInputError("duty_dates", first=order.valid_from, last=order.valid_to)
    if order.level is None:
        return [replace(order, region=place)]
    inside = [
        code
        for code, one in regions.DIVISIONS.items()
        if one.statutory and one.level == order.level and place in (code, *regions.parents(code))
    ]
    if not inside:
        raise InvalidInputError("duty_nowhere", region=order.region[:60], level=order.level)
    return [replace(order, region=code, level=None) for code in inside]


def changed(duties: Sequence[Duty], order: Order) -> list[Duty]:
    """The duties of one model in one division after an order for it: inside its days as ordered, outside as before; neighbours alike are one.

    >>> before = [Duty("m", "420102", "a", date(2020, 1, 1))]
    >>> after = changed(before, Order("m", "420102", "b", date(2027, 1, 1), date(2027, 12, 31)))
    >>> [(d.office_code, d.valid_from.year, d.valid_to and d.valid_to.year) for d in after]
    [('a', 2020, 2026), ('b', 2027, 2027), ('a', 2028, None)]
    """
    kept: list[Duty] = []
    for duty in duties:
        if duty.valid_from < order.valid_from:
            last = order.valid_from - _DAY
            kept.append(replace(duty, valid_to=last if duty.valid_to is None else min(duty.valid_to, last)))
        if order.valid_to is not None and (duty.valid_to is None or duty.valid_to > order.valid_to):
            kept.append(replace(duty, valid_from=max(duty.valid_from, order.valid_to + _DAY)))
    if order.office is not None:
        kept.append(Duty(order.model, order.region, order.office, order.valid_from, order.valid_to))
    joined: list[Duty] = []
    for duty in sorted(kept, key=lambda one: one.valid_from):
        if joined and joined[-1].office_code == duty.office_code and joined[-1].valid_to == duty.valid_from - _DAY:
            joined[-1] = replace(joined[-1], valid_to=duty.valid_to)
        else:
            joined.append(duty)
    return joined


def applied(duties: Iterable[Duty], orders: Iterable[Order]) -> list[Duty]:
    """A whole table after expanded orders, in their order."""
    table: dict[tuple[str, str], list[Duty]] = {}
    for duty in duties:
        table.setdefault((duty.model, duty.region), []).append(duty)
    for order in orders:
        key = (order.model, order.region)
        table[key] = changed(table.get(key, []), order)
    return [duty for rows in table.values() for duty in rows]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a table on a day. ``kind``: ``hole`` (only the fallback owner is left), ``overlap`` (two duties at once) or ``no_office`` (it names an office that is gone)."""

    kind: str
    model: str
    region: str
    offices: tuple[str, ...] = ()


def findings(duties: Sequence[Duty], offices: Mapping[str, Office], on: date) -> list[Finding]:
    """Holes, overlaps and duties without an office on a day.

    >>> table = [Duty("m", "420000", "gone", date(2020, 1, 1))]
    >>> sorted({f.kind for f in findings(table, {}, date(2027, 1, 1))})
    ['hole', 'no_office']
    """
    book = DutyBook(duties)
    found: list[Finding] = []
    for model in sorted(book.models):
        for code, division in regions.DIVISIONS.items():
            held = [duty for duty in book.at(model, code) if duty.holds(on)]
            if len(held) > 1:
                found.append(Finding("overlap", model, code, tuple(sorted(duty.office_code for duty in held))))
            found += [Finding("no_office", model, code, (duty.office_code,)) for duty in held if duty.office_code not in offices]
            if division.statutory and route(model, code, on, book, offices).fallback:
                found.append(Finding("hole", model, code))
    return found
