"""Who verifies: model × region × date → office, climbing county → city → province, else the fallback owner. Pure, so it can be tried on past alerts.

Where duties come from: 广告法 Art. 6, 49 (advertising: market supervision); 防范和处置非法集资条例 Art. 5, 20 (lead department of the registration place);
药品管理法 Art. 51, 62 (county departments for retail, province for wholesale and platforms); 医疗器械监督管理条例 Art. 41–46 (cities, and counties).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from risk.domain import regions
from risk.domain.datafiles import read_csv, read_toml


@dataclass(frozen=True, slots=True)
class Office:
    """One office that can own tasks."""

    code: str
    name_zh: str
    name_en: str
    region: str
    level: str
    department: str
    weekly_capacity: int


@dataclass(frozen=True, slots=True)
class Duty:
    """An office is responsible for a model in one region from ``valid_from`` to ``valid_to``, both included; no end means until further notice."""

    model: str
    region: str
    office_code: str
    valid_from: date
    valid_to: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the duty is in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Step:
    """One place looked at: what was found there. ``found`` is ``office``, ``no_duty``, ``not_in_force`` or ``no_office``."""

    region: str
    level: str
    found: str


@dataclass(frozen=True, slots=True)
class Routing:
    """The office a task goes to, and how it was found."""

    office_code: str
    fallback: bool
    steps: tuple[Step, ...]
    reason: str  # duty, unknown_region, unknown_model, no_duty

    def as_dict(self) -> dict[str, object]:
        """The routing as ``tasks.routed_by`` stores it."""
        steps = [{"region": s.region, "level": s.level, "found": s.found} for s in self.steps]
        return {"office": self.office_code, "fallback": self.fallback, "reason": self.reason, "steps": steps}


class DutyBook:
    """Duties indexed by model and region, so that a chunk of thousands is routed at once."""

    def __init__(self, duties: Iterable[Duty]) -> None:
        self._rows: dict[tuple[str, str], list[Duty]] = {}
        for duty in duties:
            self._rows.setdefault((duty.model, duty.region), []).append(duty)
        self.models = frozenset(model for model, _ in self._rows)

    def at(self, model: str, region: str) -> list[Duty]:
        """The duties of a model in a region, at any time."""
        return self._rows.get((model, region), [])


def base_model(model: str) -> str:
    """The model without its lens: duty, merging and tasks do not distinguish lenses.

    >>> base_model("illegal_fundraising.report")
    'illegal_fundraising'
    """
    return model.split(".", 1)[0]


def route(
    model: str,
    region: str | None,
    on: date,
    duties: Iterable[Duty] | DutyBook,
    offices: Mapping[str, Office],
    fallback: str | None = None,
) -> Routing:
    """The office for a model in a region on a day, with every step tried. Never fails: what no duty reaches goes to ``fallback``.

    >>> book, offices = default_duties(), {o.code: o for o in default_offices()}
    >>> route("illegal_medical_device_sales", "420222", date(2026, 10, 1), book, offices).office_code
    '420200-market_supervision'
    >>> [s.level for s in route("illegal_drug_sales", "429004", date(1999, 1, 1), book, offices).steps]
    ['county', 'province']
    """
    book = duties if isinstance(duties, DutyBook) else DutyBook(duties)
    model, steps = base_model(model), []
    place = regions.resolve(region)
    owner = fallback if fallback is not None else fallback_office().code
    if place is None:
        return Routing(owner, fallback=True, steps=(), reason="unknown_region")
    for code in (place, *regions.parents(place)):
        found, office_code = "no_duty", ""
        for duty in sorted(book.at(model, code), key=lambda d: d.valid_from, reverse=True):
            found = "not_in_force"
            if duty.holds(on):
                found, office_code = ("office", duty.office_code) if duty.office_code in offices else ("no_office", "")
                break
        steps.append(Step(code, regions.DIVISIONS[code].level, found))
        if office_code:
            return Routing(office_code, fallback=False, steps=tuple(steps), reason="duty")
    return Routing(owner, fallback=True, steps=tuple(steps), reason="no_duty" if model in book.models else "unknown_model")


def first_place(
    *, registration: str | None = None, act: str | None = None, platform: str | None = None, complaint: str | None = None
) -> tuple[str | None, str]:
    """The place that counts, in the order registration → act or shop → publisher or platform → complaint, and which one it was.

    >>> first_place(registration="上海市", act="江岸区", complaint="黄石市")
    ('420102', 'act')
    """
    for kind, text in (("registration", registration), ("act", act), ("platform", platform), ("complaint", complaint)):
        code = regions.resolve(text)
        if code is not None:
            return code, kind
    return None, "unknown"


CROSS_CITY = frozenset({"illegal_fundraising"})
"""Models where the place of registration leads and other cities involved assist (防范和处置非法集资条例 Art. 5, 20)."""


def city_of(region: str | None) -> str | None:
    """The city (or county without one, 4290xx) that a place lies in; None for the province itself and for what is no place of ours.

    >>> city_of("420102"), city_of("429004"), city_of("420000"), city_of("上海市")
    ('420100', '429004', None, None)
    """
    code = regions.resolve(region)
    if code is None or code == regions.PROVINCE:
        return None
    return next((up for up in regions.parents(code) if up != regions.PROVINCE), code)


@cache
def fallback_office() -> Office:
    """The owner of what cannot be routed."""
    row = read_toml("offices.toml")["fallback"]
    return Office(row["code"], row["zh"], row["en"], row["region"], row["level"], row["department"], row["weekly_capacity"])


@cache
def departments() -> dict[str, tuple[str, str]]:
    """The departments that offices are of: code → Chinese and English words, as ``data/offices.toml`` has them.

    >>> departments()["drug_administration"]
    ('药品监督管理局', 'Drug Administration')
    """
    return {code: (words["zh"], words["en"]) for code, words in read_toml("offices.toml")["department"].items()}


def default_offices() -> list[Office]:
    """The offices made by the rule of ``data/offices.toml``, the fallback owner last."""
    table = read_toml("offices.toml")
    offices = []
    for rule in table["rule"]:
        words = table["department"][rule["department"]]
        for division in regions.DIVISIONS.values():
            if division.statutory and division.level == rule["level"]:
                code = f"{division.code}-{rule['department']}"
                zh = regions.name(division.code, full=True) + words["zh"]
                en = f"{words['en']}, {regions.name(division.code, 'en', full=True)}"
                offices.append(Office(code, zh, en, division.code, division.level, rule["department"], rule["weekly_capacity"]))
    return [*offices, fallback_office()]


def default_duties() -> list[Duty]:
    """The duties made by the table of ``data/duties.csv``: model × level of division × department, for every statutory division."""
    duties = []
    for row in read_csv("duties.csv"):
        start = date.fromisoformat(row["valid_from"])
        end = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
        for division in regions.DIVISIONS.values():
            if not division.statutory or division.level != row["level"]:
                continue
            if row["without_city"] == "only" and division.parent != regions.PROVINCE:
                continue
            duties.append(Duty(row["model"], division.code, f"{division.code}-{row['department']}", start, end))
    return duties
