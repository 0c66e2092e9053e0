"""Statutes that a host knows: which text is in force, and which penalty band stands behind an article. Types and look-up; the data are the host's.

>>> law = Statute("广告法", date(2021, 4, 29), Status.IN_FORCE, articles=74, bands=(Band("58", ("16", "17"), "20万元以下", "up to 200,000 yuan"),))
>>> register = Statutes([law])
>>> register.current("中华人民共和国广告法").dated, [band.article for band in law.bands_of("16.1.2")]
(datetime.date(2021, 4, 29), ['58'])
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.items import Severity

_STATE = "中华人民共和国"


class Status(StrEnum):
    """How sure the host is that a text is in force."""

    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"
    TO_BE_CHECKED = "to_be_checked"
    NOT_HELD = "not_held"


STATUS_ZH = {Status.IN_FORCE: "现行", Status.SUPERSEDED: "已被取代", Status.TO_BE_CHECKED: "效力待核", Status.NOT_HELD: "没有文本"}
STATUS_EN = {
    Status.IN_FORCE: "in force",
    Status.SUPERSEDED: "superseded",
    Status.TO_BE_CHECKED: "to be checked",
    Status.NOT_HELD: "a text we do not hold",
}


@dataclass(frozen=True, slots=True)
class Band:
    """A penalty article, the articles whose breach it punishes, and how grave that makes a rule; `verified` when its words were read."""

    article: str
    covers: tuple[str, ...]
    zh: str
    en: str
    least: Severity = Severity.LOW
    most: Severity = Severity.CRITICAL
    verified: bool = True

    def concerns(self, article: str) -> bool:
        """Whether a cited article is the penalty itself or one of the covered, a part of either, or the whole of it.

        >>> band = Band("116", ("98.2",), "", "")
        >>> band.concerns("98.2.1"), band.concerns("98"), band.concerns("116"), band.concerns("98.3"), band.concerns("9")
        (True, True, True, False, False)
        """
        return any(_within(article, item) or _within(item, article) for item in (self.article, *self.covers))


@dataclass(frozen=True, slots=True)
class Statute:
    """One text of a law; `dated` is None where the text is not held.

    `articles` is the number of its last article, 0 where nobody counted; `also` are other names it goes by; `replaced_by` names what came after it.
    """

    name: str
    dated: date | None
    status: Status
    in_force_from: date | None = None
    also: tuple[str, ...] = ()
    replaced_by: str = ""
    articles: int = 0
    bands: tuple[Band, ...] = ()

    def has_article(self, article: str) -> bool:
        """Whether the article's number is within the law; True where nobody counted or the reference is no number.

        >>> Statute("a", date(2021, 1, 1), Status.IN_FORCE, articles=74).has_article("75.1")
        False
        """
        number = article.split(".", maxsplit=1)[0]
        return not self.articles or not number.isdecimal() or 1 <= int(number) <= self.articles

    def bands_of(self, article: str) -> tuple[Band, ...]:
        """The penalties behind an article; the most exact reference wins (57.1.2 before 57)."""
        found = [band for band in self.bands if band.concerns(article)]
        exact = {band.article: _exactness(band, article) for band in found}
        best = max(exact.values(), default=0)
        return tuple(band for band in found if exact[band.article] == best)


def _within(article: str, whole: str) -> bool:
    return f"{article}.".startswith(f"{whole}.")


def _exactness(band: Band, article: str) -> int:
    """How much of the cited article the band names; nothing where only a part of it is meant."""
    return max((len(item) for item in (band.article, *band.covers) if _within(article, item)), default=0)


class Statutes:
    """A register of texts of laws, found by any of their names.

    Raises ValueError when two laws claim one name.
    """

    def __init__(self, items: Iterable[Statute] = ()) -> None:
        self.items = tuple(items)
        self._name: dict[str, str] = {}
        self._texts: dict[str, list[Statute]] = {}
        for item in self.items:
            self._texts.setdefault(item.name, []).append(item)
            for name in dict.fromkeys((item.name, *item.also)):
                if self._name.setdefault(name, item.name) != item.name:
                    raise ValueError(f"two laws are called {name}")

    def __bool__(self) -> bool:
        return bool(self.items)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a law goes by."""
        return tuple(self._name)

    def texts(self, name: str) -> tuple[Statute, ...]:
        """All texts of a law, the newest first; none where the name is unknown."""
        found = self._texts.get(self._name.get(name.strip("《》").removeprefix(_STATE), ""), [])
        return tuple(sorted(found, key=lambda item: item.dated or date.min, reverse=True))

    def text(self, name: str, dated: date) -> Statute | None:
        """The text of that day."""
        return next((item for item in self.texts(name) if item.dated == dated), None)

    def current(self, name: str) -> Statute | None:
        """The text to cite: the newest that is not superseded, else the newest."""
        found = self.texts(name)
        return next((item for item in found if item.status is not Status.SUPERSEDED), found[0] if found else None)
