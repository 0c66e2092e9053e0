"""Kinds of report as data (``data/report_kinds.toml``): name, periods, chapters, what they may be about; and how an office's work is scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from risk.domain import periods
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.periods import Period

register(
    {
        "report_kind_unknown": ("没有这种报告：{kind}", "there is no such kind of report: {kind}"),
        "report_kind_unknown.hint": ("可选：{known}", "one of: {known}"),
        "report_period_form": ("{kind}的报告期应为：{forms}（给出的是 {period}）", "a {kind} is of one of: {forms} (given: {period})"),
        "report_about": ("这种报告须写明对象：{known}", "this kind of report names what it is about: {known}"),
        "report_about.hint": (
            "写成 model:illegal_fundraising、place:宜昌市 或 event:12",
            "write model:illegal_fundraising, place:420500 or event:12",
        ),
        "report_about_none": ("{kind}不写对象：{about}", "a {kind} is about nothing in particular: {about}"),
    }
)


SITUATION = "situation"
"""The kind that is made by itself every day and month, and read by its period."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report. ``periods``: forms of `risk.domain.periods`; ``about``: what a special report may be about; ``history``: earlier periods shown."""

    code: str
    zh: str
    en: str
    periods: tuple[str, ...]
    about: tuple[str, ...]
    chapters: tuple[str, ...]
    history: int

    def title(self, lang: str) -> str:
        """The kind in words."""
        return self.zh if lang == "zh" else self.en


@cache
def kinds() -> MappingProxyType[str, Kind]:
    """Every kind by its code.

    >>> list(kinds()), len(kinds()["monthly"].chapters)
    (['daily', 'weekly', 'monthly', 'special', 'offices', 'situation'], 11)
    """
    rows = read_toml("report_kinds.toml")["kind"]
    return MappingProxyType({code: _kind(code, row) for code, row in rows.items()})


def _kind(code: str, row: Mapping[str, Any]) -> Kind:
    return Kind(
        code, row["zh"], row["en"], tuple(row["periods"]), tuple(row["about"]), tuple(row["chapters"]), int(row["history"])
    )  # fmt: skip


def kind_of(code: str) -> Kind:
    """A kind that people make; ``InvalidInputError`` (``report_kind_unknown``)."""
    found = kinds().get(code)
    if found is None:
        raise InvalidInputError("report_kind_unknown", kind=code[:40], known=", ".join(kinds()))
    return found


def period_of(kind: Kind, name: str, cutoff: Any) -> Period:
    """The period of a name, or with ``latest`` the newest of the kind's first form that the cut-off ends. ``bad_period``, ``report_period_form``.

    >>> from datetime import datetime, UTC
    >>> period_of(kind_of("weekly"), "latest", datetime(2026, 11, 1, tzinfo=UTC)).name
    '2026-W44'
    """
    if name == "latest":
        return periods.around(kind.periods[0], cutoff)
    found = periods.parse(name)
    if periods.form_of(name) not in kind.periods:
        raise InvalidInputError("report_period_form", kind=kind.zh, forms=", ".join(kind.periods), period=name[:80])
    return found


def about_of(kind: Kind, about: str) -> tuple[str, str]:
    """What a report is about as (kind of thing, its name); ``report_about``, ``report_about_none``.

    >>> about_of(kind_of("special"), "model:illegal_fundraising"), about_of(kind_of("monthly"), "")
    (('model', 'illegal_fundraising'), ('', ''))
    """
    if not kind.about:
        if about:
            raise InvalidInputError("report_about_none", kind=kind.zh, about=about[:80])
        return "", ""
    what, _, name = about.partition(":")
    if what not in kind.about or not name.strip():
        raise InvalidInputError("report_about", known=", ".join(kind.about))
    return what, name.strip()


def evaluation() -> Mapping[str, Any]:
    """How the work of offices is scored."""
    table: Mapping[str, Any] = read_toml("report_kinds.toml")["evaluation"]
    return table


def measures() -> Mapping[str, float]:
    """From when on a report proposes something."""
    table: Mapping[str, float] = read_toml("report_kinds.toml")["measures"]
    return table


def tiles() -> dict[str, tuple[int, int]]:
    """Division → (column, row) of its tile.

    >>> from risk.domain import regions
    >>> sorted(tiles()) == sorted(regions.children("420000")), len(set(tiles().values()))
    (True, 17)
    """
    return {code: (column, row) for code, (column, row) in read_toml("report_kinds.toml")["tiles"].items()}
