"""How a row finds its subject: the written forms of licence number, platform + shop, name + region. Whoever registers subjects uses these too."""

from __future__ import annotations

import unicodedata

from risk.domain.signals import SubjectKeys, digest


def licence(number: str) -> str:
    """The alias of a licence number, spaces and width aside.

    >>> licence("鄂ＡＡ 027000001")
    'licence:鄂aa027000001'
    """
    return "licence:" + _same(number).replace(" ", "")


def shop(platform: str, name: str) -> str:
    """The alias of a shop on a platform.

    >>> shop("某平台", "健康/小店")
    'shop:某平台/健康%2f小店'
    """
    return f"shop:{_same(platform)}/{_same(name)}"


def name(region: str, title: str) -> str:
    """The alias of a name in a region; a name alone is not enough.

    >>> name("420102", " 某某 药店 ")
    'name:420102/某某 药店'
    """
    return f"name:{region}/{_same(title)}"


def provisional_key(alias: str) -> str:
    """The key of a subject of which only an alias is known.

    >>> provisional_key(shop("p", "s"))[:20]
    'provisional:eea42378'
    """
    return f"provisional:{digest(alias)}"


def ways(keys: SubjectKeys, region: str | None) -> list[tuple[str, str]]:
    """What a row offers to link by, strongest first, as (way, subject key or alias).

    >>> ways(SubjectKeys(platform="p", shop="s", name="n"), "420102")
    [('shop', 'shop:p/s'), ('name', 'name:420102/n')]
    >>> ways(SubjectKeys(name="n"), None)
    []
    """
    found = []
    if keys.uscc:
        found.append(("uscc", keys.uscc))
    if keys.licence_no:
        found.append(("licence", licence(keys.licence_no)))
    if keys.platform and keys.shop:
        found.append(("shop", shop(keys.platform, keys.shop)))
    if keys.name and region:
        found.append(("name", name(region, keys.name)))
    return found


def _same(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).replace("/", "%2f")
