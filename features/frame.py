"""n texts → one `TextFrame`: columns, hits and words, for training and scoring alike.

The rule: whatever a model or a rule sees of a text is computed here, and every column is in the catalogue.

>>> lexicon = Lexicon([WordList("保本", ("保本", "稳赚"))])
>>> frame = build(["保本高收益，年化15%，加薇信abc123", "谨防“保本”骗局"], lexicon)
>>> frame.columns[["promised_annual_yield", "has_wechat", "asserted_保本", "reported_保本"]].values.tolist()
[[15.0, 1.0, 1.0, 0.0], [nan, 0.0, 0.0, 1.0]]
>>> frame.words[1]
['谨防', '“', '保本', '”', '骗局']
"""

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import surface, text
from features.catalogue import AGGRESSIVE, FEATURES, TRANSFORMS, names
from features.disguise import disguise
from features.glance import Glance
from features.identifiers import find_identifiers
from features.lexicon import Lexicon, ListHits, WordList
from features.normalise import NormalisedText, normalise, normalise_all
from features.parties import parties
from features.slots import amounts_and_prices, contacts, yields
from features.stance import Stance, Stances

__all__ = ["Lexicon", "TextFrame", "WordList", "build"]

Column = NDArray[np.float64]
_FIRST = re.compile("我们|我司|我院|我店|我|本店|本院|本公司|本司|本人|咱们|小编")
_SECOND = re.compile("你们|你|您|大家|亲们|宝子|姐妹们|朋友们|家人们")
_QUOTED = re.compile('“[^“”]{1,200}”|「[^「」]{1,200}」|『[^『』]{1,200}』|"[^"]{1,200}"')
_CONTACTS = ("phone", "wechat", "qq", "link")
_UNKNOWN = ("promised_annual_yield", "amount_max")
"""Features that are unknown of a text that states nothing of the kind."""
_FEW = 8
"""So many texts are read one by one."""
_PLACE = {f.name: i for i, f in enumerate(FEATURES)}


@dataclass(frozen=True, eq=False)
class TextFrame:
    """What is known of n texts. Row i of every part is text i."""

    texts: list[NormalisedText]
    hits: ListHits
    table: Column
    """The features of the text itself, in the catalogue's order."""
    extra: pd.DataFrame | Callable[[], pd.DataFrame] | None = None
    given: pd.DataFrame | None = None
    """Columns instead of those that would be computed."""
    stances: Sequence[Stance] = ()
    """Of the plain views, where they are kept."""

    @property
    def n(self) -> int:
        """How many texts."""
        return len(self.texts)

    def feature(self, name: str) -> Column:
        """One feature of the text itself."""
        return self.table[:, _PLACE[name]]

    @cached_property
    def columns(self) -> pd.DataFrame:
        """All columns that learners see: of the text, of the lists, and what else was handed in. Rules alone never ask for them."""
        if self.given is not None:
            return self.given
        named = _named(self.hits.names)
        own = np.zeros((self.n, len(named)))
        own[:, : self.table.shape[1]] = self.table
        _count_hits(self.hits, own[:, self.table.shape[1] :])
        if self.extra is None:
            return pd.DataFrame(own, columns=index_of(named))
        return _joined(own, named, self.extra if isinstance(self.extra, pd.DataFrame) else self.extra())

    def take(self, rows: Sequence[int]) -> "TextFrame":
        """The frame of some of its texts, in the order asked for.

        >>> lexicon = Lexicon([WordList("保本", ("保本",))])
        >>> some = build(["保本", "", "“保本”骗局"], lexicon).take([2, 0])
        >>> some.hits.row.tolist(), some.columns["asserted_保本"].tolist()
        ([0, 1], [0.0, 1.0])
        """
        wanted = list(rows)
        parts = [np.flatnonzero(self.hits.row == row) for row in wanted]
        hits = self.hits.where(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))
        hits = replace(hits, row=np.repeat(np.arange(len(wanted), dtype=np.int32), [len(part) for part in parts]))
        return TextFrame([self.texts[row] for row in wanted], hits, self.table[wanted], given=self.columns.iloc[wanted])

    @cached_property
    def _values(self) -> Column:
        return self.columns.to_numpy(dtype=np.float64, na_value=np.nan)

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self._where

    def value(self, row: int, name: str) -> float:
        """One value of `columns`; ``KeyError`` for a column that is not there."""
        return float(self._values[row, self._where[name]])

    @cached_property
    def _where(self) -> dict[str, int]:
        return _places_of(self.columns.columns)

    @cached_property
    def words(self) -> list[list[str]]:
        """The words of the dense views, cut when first asked for."""
        return text.words(t.dense.text for t in self.texts)


def build(texts: Sequence[str], lexicon: Lexicon, extra: pd.DataFrame | Callable[[], pd.DataFrame] | None = None) -> TextFrame:
    """Everything about the texts. `extra`: further columns (channel …), one row a text, joined by position; or a way to make them, asked when they are wanted.

    >>> build(["药"], Lexicon([]), pd.DataFrame({"length": [3]}))
    Traceback (most recent call last):
        ...
    ValueError: extra columns are already features: length
    """
    few = len(texts) <= _FEW
    normalised = [normalise(t) for t in texts] if few else normalise_all(texts)
    plain = [t.plain.text for t in normalised]
    stances: Sequence[Stance] = [Stance(t) for t in plain] if few else Stances(plain)
    hits = lexicon.match(normalised, stances)
    table = np.zeros((len(texts), len(FEATURES)))
    for name, column in (surface.counts(texts) | disguise(normalised)).items():
        table[:, _PLACE[name]] = column
    if isinstance(stances, Stances):
        _fill_together(table, normalised, plain, stances)
    else:
        _fill_singly(table, normalised, stances)
    frame = TextFrame(normalised, hits, table, extra, stances=stances)
    if isinstance(extra, pd.DataFrame):
        _check(_taken(_named(lexicon.names)), len(texts), extra)
    return frame


def _fill_singly(table: Column, texts: Sequence[NormalisedText], stances: Sequence[Stance]) -> None:
    """What is read off each text by itself: the clear way, and the quicker one for a few texts."""
    for row, (one, stance) in enumerate(zip(texts, stances, strict=True)):
        facts = _stated(one) | _transforms(one) | _cues(one, stance) | parties(one.plain.text)
        _put(table, row, facts)


def _fill_together(table: Column, texts: Sequence[NormalisedText], plain: Sequence[str], stances: Stances) -> None:
    """The same of many texts: each reader is sent only where it can find something (`features.glance`)."""
    look = Glance(plain)
    dense = look if all(one.dense is one.plain for one in texts) else Glance([one.dense.text for one in texts])
    for name in _UNKNOWN:
        table[:, _PLACE[name]] = np.nan
    table[:, _PLACE["price_min"]] = -np.nan
    columns = {
        "first_person_count": look.first_person,
        "second_person_count": look.second_person,
        "negation_count": stances.negation_counts,
        "reported_cue_count": stances.report_counts,
        "quoted_share": np.where([t == "" for t in plain], np.nan, 0.0),
    }
    for name, column in columns.items():
        table[:, _PLACE[name]] = column
    solicits, kinds, ways = table[:, _PLACE["solicits"]], dense.identifiers, dense.contacts
    for row in np.flatnonzero(look.solicits).tolist():
        solicits[row] = stances[row].solicits
    readers: tuple[tuple[NDArray[np.bool_], Callable[[int], dict[str, float]]], ...] = (
        (look.organisations | look.persons, lambda row: parties(plain[row])),
        (look.quotes, lambda row: {"quoted_share": _quoted_share(plain[row])}),
        (dense.rates, lambda row: _yields(texts[row])),
        (look.money, lambda row: _money(texts[row])),
        (ways != 0, lambda row: _ways(texts[row], int(ways[row]))),
        (kinds != 0, lambda row: _numbers(texts[row], int(kinds[row]))),
        (np.array([bool(one.transforms) for one in texts]), lambda row: _transforms(texts[row])),
    )
    for where, read in readers:
        for row in np.flatnonzero(where).tolist():
            _put(table, row, read(row))


def _put(table: Column, row: int, facts: Mapping[str, float]) -> None:
    for name, value in facts.items():
        table[row, _PLACE[name]] = value


def _check(taken: frozenset[str], n: int, extra: pd.DataFrame) -> None:
    if len(extra) != n:
        raise ValueError(f"extra has {len(extra)} rows for {n} texts")
    clash = [str(c) for c in extra.columns if c in taken]
    if clash:
        raise ValueError("extra columns are already features: " + ", ".join(clash))


@lru_cache(maxsize=64)
def index_of(names: tuple[str, ...]) -> "pd.Index[str]":
    """The names of columns as one object for all frames that have the same: to make it and to look names up in it costs more than a short text's features."""
    return pd.Index(names)


_KNOWN: deque[tuple["pd.Index[str]", dict[str, int]]] = deque(maxlen=16)


def _places_of(index: "pd.Index[str]") -> dict[str, int]:
    """Where each column stands; remembered for the columns seen last, which frames of one scorer share."""
    for seen, places in tuple(_KNOWN):  # others may add to it meanwhile
        if index is seen:
            return places
    found = {str(name): at for at, name in enumerate(index)}
    _KNOWN.appendleft((index, found))
    return found


@lru_cache(maxsize=16)
def _named(lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(names(lists))


@lru_cache(maxsize=16)
def _taken(named: tuple[str, ...]) -> frozenset[str]:
    return frozenset(named)


def _joined(own: Column, named: tuple[str, ...], extra: pd.DataFrame) -> pd.DataFrame:
    _check(_taken(named), len(own), extra)
    every = index_of((*named, *extra.columns))
    if all(kind == np.float64 for kind in extra.dtypes):
        return pd.DataFrame(np.hstack([own, extra.to_numpy()]), columns=every)
    joined = pd.concat([pd.DataFrame(own), extra.reset_index(drop=True)], axis=1)
    joined.columns = every
    return joined


def _stated(one: NormalisedText) -> dict[str, float]:
    return _yields(one) | _money(one) | _ways(one) | _numbers(one)


def _yields(one: NormalisedText) -> dict[str, float]:
    rates = [y.percent_per_year for y in yields(one)]
    return {"promised_annual_yield": _highest(rates), "yield_count": float(len(rates))}


def _money(one: NormalisedText) -> dict[str, float]:
    money, tags = ([a.value for a in some] for some in amounts_and_prices(one))
    return {
        "amount_max": _highest(money),
        "amount_count": float(len(money)),
        "price_min": -_highest([-p for p in tags]),
        "has_price": float(bool(tags)),
    }


def _ways(one: NormalisedText, worth: int | None = None) -> dict[str, float]:
    ways = contacts(one, worth)
    kinds = {c.kind for c in ways}
    facts = {"contact_count": float(len(ways)), "contact_disguised": float(any(c.disguised for c in ways))}
    return facts | {f"has_{kind}": float(kind in kinds) for kind in _CONTACTS}


def _numbers(one: NormalisedText, kinds: int = -1) -> dict[str, float]:
    facts: dict[str, float] = {}
    for found in find_identifiers(one, kinds=kinds):
        key = f"{found.kind}_{found.state}"
        facts[key] = facts.get(key, 0.0) + 1
    return facts


def _highest(numbers: list[float]) -> float:
    return max((x for x in numbers if x == x), default=np.nan)


def _transforms(one: NormalisedText) -> dict[str, float]:
    if not one.transforms:
        return {}
    facts = {f"transform_{name}": 1.0 for name in one.transforms if name in TRANSFORMS}
    marked = [name for _, _, name in one.dense.marks]
    return facts | {f"transform_{name}": float(marked.count(name)) for name in AGGRESSIVE if name in one.transforms}


def _cues(one: NormalisedText, stance: Stance) -> dict[str, float]:
    t = one.plain.text
    return {
        "first_person_count": float(len(_FIRST.findall(t))),
        "second_person_count": float(len(_SECOND.findall(t))),
        "negation_count": float(stance.negation_count),
        "reported_cue_count": float(stance.report_count),
        "solicits": float(stance.solicits),
        "quoted_share": _quoted_share(t),
    }


def _quoted_share(plain: str) -> float:
    return sum(m.end() - m.start() - 2 for m in _QUOTED.finditer(plain)) / len(plain) if plain else np.nan


def _count_hits(hits: ListHits, table: Column) -> None:
    """Adds for each list: asserted, reported or negated, asserted but aggressive; side by side."""
    family = np.where(hits.asserted, np.where(hits.aggressive, 2, 0), 1)
    np.add.at(table, (hits.row, 3 * hits.list.astype(np.int64) + family), 1.0)
