"""Which place a report is of: asked for by name, and inside what whoever asks may see. What lies outside is not found."""

from __future__ import annotations

from risk.domain import regions
from risk.domain.authority import Grant, Scope
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.services.places import code_of

register(
    {
        "report_place_outside": ("没有这个范围的报告", "there is no report of such a place"),
        "report_place_needed": ("请写明报告的地区：可选 {places}", "name the place of the report: one of {places}"),
    }
)

DEPARTMENTS = frozenset(rule["department"] for rule in read_toml("offices.toml")["rule"])


def chosen(scope: Scope, region: str | None, department: str | None) -> Grant:
    """The place and department of a report: those asked for, else all that ``scope`` grants.

    The province is asked for by its name or by nothing. ``InvalidInputError``: ``region_not_known``, ``report_place_needed`` (several grants, none named);
    ``NotFoundError`` (``report_place_outside``).

    >>> yichang = Scope((Grant("420500", "market_supervision"),))
    >>> chosen(yichang, None, None), chosen(yichang, "宜昌市", None) == chosen(yichang, "420500", "market_supervision")
    (Grant(division='420500', department='market_supervision'), True)
    >>> chosen(Scope(), None, None), chosen(Scope(), "420000", None)
    (Grant(division='', department=''), Grant(division='', department=''))
    """
    if region is None and department is None and not scope.whole:
        return _only(scope)
    code = code_of(region) if region else ""
    if department and department not in DEPARTMENTS:
        raise NotFoundError("report_place_outside")
    asked = Grant(code, department or "")
    for one in scope.grants or () if not scope.whole else (Grant(),):
        fitting = Grant(asked.division or one.division, asked.department or one.department)
        if _inside(fitting, one):
            return Grant("" if fitting.division == regions.PROVINCE else fitting.division, fitting.department)
    raise NotFoundError("report_place_outside")


def _only(scope: Scope) -> Grant:
    grants = scope.grants or ()
    if not grants:
        raise NotFoundError("report_place_outside")
    if len(grants) > 1:
        raise InvalidInputError("report_place_needed", places=", ".join(" ".join(filter(None, (g.division, g.department))) for g in grants))
    return grants[0]


def _inside(asked: Grant, held: Grant) -> bool:
    return asked.division.startswith(held.prefix) and held.department in ("", asked.department)
