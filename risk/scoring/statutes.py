"""The laws on record, as rules are checked against them."""

from functools import cache

from risk.domain.statutes import Law, Penalty, laws
from rules.items import Severity
from rules.statutes import Band, Status, Statute, Statutes


@cache
def statutes() -> Statutes:
    """Every law on record, found by any of its names.

    >>> statutes().current("非集司法解释") is None, statutes().current("非法集资司法解释").dated.isoformat()
    (True, '2022-02-23')
    >>> [band.most.name for band in statutes().current("广告法").bands_of("16.1.1")]
    ['HIGH']
    """
    return Statutes(_statute(law) for law in laws())


def _statute(law: Law) -> Statute:
    bands = tuple(_band(item) for item in law.penalties)
    return Statute(law.name, law.dated, Status(law.status), law.in_force_from, law.also, law.replaced_by, law.articles, bands)


def _band(item: Penalty) -> Band:
    least, most = (Severity.named(name) for name in item.severity)
    if least is None or most is None:
        raise ValueError(f"no such severity: {item.severity}")
    return Band(item.article, item.covers, item.zh, item.en, least, most, item.verified)
