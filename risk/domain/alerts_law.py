"""The law in force on the day of an act: which text of a cited law held then, and whether we hold it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from risk.domain.messages import register, say
from risk.domain.statutes import Law, laws

register(
    {
        "law_in_force": ("行为发生时有效", "in force on the day of the act"),
        "law_superseded": ("行为发生时有效，现已被{by}取代", "in force on the day of the act, replaced since by {by}"),
        "law_not_yet": ("行为发生时尚未施行，须核对旧文本", "not in force yet on the day of the act: compare the text before it"),
        "law_to_be_checked": ("效力待核", "whether it is in force has still to be checked"),
        "law_not_held": ("本系统未收录该文本", "this text is not held here"),
    }
)


@dataclass(frozen=True, slots=True)
class HeldLaw:
    """A cited article and the text of that law that held on a day. ``status``: in_force, superseded, not_yet, to_be_checked or not_held."""

    law: str
    article: str
    dated: date | None
    in_force_from: date | None
    status: str
    zh: str
    en: str


def held_on(law: str, article: str, day: date) -> HeldLaw:
    """The text of a law that held on a day; where nobody noted when it came into force, it counts from its own date.

    >>> held_on("广告法", "16", date(2026, 10, 1)).status, held_on("广告法", "16", date(1990, 1, 1)).status, held_on("某法", "1", date(2026, 1, 1)).status
    ('in_force', 'not_yet', 'not_held')
    """
    texts = [one for one in laws() if law in (one.name, *one.also)]
    begun = [one for one in texts if one.status != "not_held" and (_from(one) or date.min) <= day]
    if not begun:
        later = next((one for one in texts if one.status != "not_held"), None)
        return _told(law, article, later, "not_yet" if later else "not_held")
    best = max(begun, key=lambda one: (_from(one) or date.min, one.dated or date.min))
    return _told(law, article, best, best.status)


def _from(law: Law) -> date | None:
    return law.in_force_from or law.dated


def laws_of(rules: Iterable[dict[str, object]], day: date) -> tuple[HeldLaw, ...]:
    """What the rules of an assessment cite, as of a day, each article once."""
    cited: dict[tuple[str, str], None] = {}
    for rule in rules:
        basis = rule.get("basis")
        for one in basis if isinstance(basis, list) else ():
            if isinstance(one, dict) and one.get("law"):
                cited[str(one["law"]), str(one.get("article", ""))] = None
    return tuple(held_on(law, article, day) for law, article in cited)


def _told(law: str, article: str, text: Law | None, status: str) -> HeldLaw:
    by = text.replaced_by if text else ""
    zh, en = (say(f"law_{status}", lang, by=by or "-") for lang in ("zh", "en"))
    return HeldLaw(law, article, text.dated if text else None, text.in_force_from if text else None, status, zh, en)
