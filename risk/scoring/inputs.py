"""What rules see of texts: the adapter from feature frames to the ``Inputs`` that the rule language asks for.

Which names a rule may use stands in ``fields``; here is the way to each value. A test asks for every name, so that none exists without a value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from features.catalogue import FEATURES
from features.context import Context
from features.identifiers import STATES, Identifier, find_identifiers
from features.lexicon import Lexicon, ListHits, WordList
from features.register import worst
from features.stance import Stance
from risk.domain.channels import CHANNELS
from risk.scoring.fields import HISTORY, IDENTIFIERS, RENAMED, as_matched, vocabulary
from risk.scoring.text_searches import TextSearches
from rules.columns import Coded
from rules.functions import Vocabulary
from rules.hit_table import Together
from rules.inputs import Column, Hits, Spans, WindowQuery
from rules.items import Plain
from rules.nodes import ListRef, Term, walk
from rules.pack import Pack
from rules.plan import AGGRESSIVE, NEGATED, REPORTED
from rules.plugin_calls import Offered
from rules.plugin_host import installed
from rules.row_hits import RowHit

__all__ = ["TextInputs", "lexicon_of", "literals_of", "membership", "no_hits", "vocabulary"]

if TYPE_CHECKING:
    from features.frame import TextFrame

_CHANNELS = frozenset(code for code, _ in CHANNELS)
_COLUMNS = {RENAMED[f.name][0] if f.name in RENAMED else f.name: f for f in FEATURES}
_PLACE = {f.name: at for at, f in enumerate(FEATURES)}


def lexicon_of(packs: Iterable[Pack]) -> Lexicon:
    """One lexicon over the lists of all packs. A name means one list everywhere (``rules.check`` sees to it)."""
    lists = {item.name: item for pack in packs for item in pack.lists}
    return Lexicon([WordList(item.name, item.terms, item.exclude) for _, item in sorted(lists.items())])


def literals_of(packs: Iterable[Pack]) -> Lexicon:
    """The words that rules write literally, each a list of its own: matched for rules, no columns for learners."""
    words: set[str] = set()
    for pack in packs:
        for expr in pack.expressions():
            words |= {node.text for node in walk(expr) if isinstance(node, Term)}
    return Lexicon([WordList(word, (word,)) for word in sorted(words)])


class TextInputs:
    """``rules.inputs.Inputs`` over a text frame and what is known around it. ``lists``: the word lists that values may be looked up in."""

    def __init__(self, frame: TextFrame, literals: ListHits, around: Context, lists: Sequence[WordList] = ()) -> None:
        self._frame = frame
        self._literals = literals
        self._around = around
        self._lists = lists
        self._vocabulary = vocabulary()
        self._plugins = installed().bind(self.size, self.text)
        self._columns = _COLUMNS
        self._stances: dict[int, Stance] = {}
        self._numbers: dict[int, list[Identifier]] = {}
        self._searches = TextSearches(frame.texts, self._stance)
        self._windows: dict[WindowQuery, Column] = {}
        self._spans: Spans | None = None
        self._by_list, self._by_word = frame.hits.split(), literals.split()
        self._operands: frozenset[ListRef | Term] = frozenset([*map(ListRef, self._by_list), *map(Term, self._by_word)])
        self._fields: dict[str, Column] = {}

    @property
    def vocabulary(self) -> Vocabulary:
        return self._vocabulary

    @property
    def size(self) -> int:
        return self._frame.n

    def text(self, row: int) -> str:
        return self._frame.texts[row].original

    def hits(self, list_name: str) -> Hits:
        return _of(self._frame.hits, self._by_list, list_name)

    def literal(self, term: str) -> Hits:
        return _of(self._literals, self._by_word, term)

    def operands_hit(self) -> frozenset[ListRef | Term]:
        """The lists and words that any text has: the others need not be asked for (`rules.text_hits.Sparse`)."""
        return self._operands

    def hits_together(self) -> Together:
        """The hits of all lists and words in one piece (`rules.hit_table.Joint`)."""
        lists, words = self._frame.hits, self._literals
        looked = _looked(lists, words)
        return Together(
            looked.operands,
            np.concatenate([lists.list.astype(np.int64), words.list.astype(np.int64) + len(lists.names)]),
            np.concatenate([lists.row, words.row]),
            np.concatenate([lists.start, words.start]),
            np.concatenate([lists.end, words.end]),
            np.concatenate([looked.listed[lists.term], looked.written[words.term]]),
            np.concatenate([_marks(lists), _marks(words)]),
        )

    def hits_noted(self, row: int) -> list[tuple[ListRef | Term, int]]:
        """What is hit in one text, and how (`rules.plan.kept_hits`)."""
        return [*_noted(self._frame.hits, ListRef, row), *_noted(self._literals, Term, row)]

    def hits_of_row(self, row: int) -> dict[ListRef | Term, list[RowHit]]:
        """What is hit in one text, and where (`rules.text_hits.Rowed`)."""
        return _of_row(self._frame.hits, ListRef, row) | _of_row(self._literals, Term, row)

    def operands_known(self) -> frozenset[ListRef | Term]:
        return _looked(self._frame.hits, self._literals).known

    def cells(self, names: Sequence[str], row: int) -> list[Plain]:
        """The values of fields in one text (`rules.rows.Cells`)."""
        places, flags, others = _places(tuple(names))
        found: list[Plain] = self._frame.table[row, places].tolist()
        for at, value in enumerate(found):
            if value != value:
                found[at] = None
            elif flags[at]:
                found[at] = value > 0  # type: ignore[operator]
        for at in others:
            column = self.field(names[at]) if names[at] in _AROUND else None  # the rest are fields of firms
            found[at] = column.values[row] if column is not None and column.known[row] else None
        return found

    def matches(self, pattern: str) -> Hits:
        """Found once, whatever models and explanations ask for it again."""
        return self._searches.matches(pattern)

    def matches_among(self, pattern: str, rows: NDArray[np.int64]) -> Hits:
        """In these texts, and perhaps in others that were searched before (`rules.text_hits.Searching`)."""
        return self._searches.matches(pattern, rows)

    def sentences(self) -> Spans:
        if self._spans is None:
            self._spans = self._searches.sentences()
        return self._spans

    def sentences_among(self, rows: NDArray[np.int64]) -> Spans:
        """Of these texts alone."""
        return self._searches.sentences(rows)

    def member(self, column: Column, list_name: str) -> Column:
        return membership(column, self._lists, list_name)

    def window(self, query: WindowQuery) -> Column:
        if query not in self._windows:
            found = self._around.window(query.aggregate.value, query.stream, query.field, query.days, query.relation)
            self._windows[query] = Column(found, ~np.isnan(found))
        return self._windows[query]

    def related(self, relation: str) -> Column:
        item = self._vocabulary.relation(relation)
        found = self._around.related(item.name if item else relation)
        return Column(found, ~np.isnan(found))

    def field(self, name: str) -> Column:
        field = self._vocabulary.field(name)
        if field is None:
            raise KeyError(f"no field named {name!r}")
        if field.name in _AROUND:
            if field.name not in self._fields:
                self._fields[field.name] = _AROUND[field.name](self)
            return self._fields[field.name]
        feature = self._columns.get(field.name)
        if feature is None:  # a column of firms: unknown of a text
            return Column(np.zeros(self.size), np.zeros(self.size, dtype=bool))
        values = self._frame.feature(feature.name)
        known = ~np.isnan(values)
        return Column(values > 0, known) if feature.kind == "flag" else Column(values, known)

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        function = self._vocabulary.function(name)
        if function is None:
            return self._plugins.absent(name)
        if isinstance(function, Offered):
            return self._plugins.call(function, args)
        if function.name == "licence_state":
            return Column.of(self._around.licence_states(str(args[0])))
        if function.name == "identifier_state":
            return self._identifier_state(str(args[0]))
        values = self._around.counts(HISTORY[function.name][1], float(args[0]))
        return Column(values, ~np.isnan(values))

    def channels(self) -> Column:
        """The channels that we know by name; others are unknown."""
        return Column.of(name if name in _CHANNELS else None for name in self._around.channel)

    def signal_kinds(self) -> Column:
        """Content, report or warning."""
        return Column.of(self._around.signal_kind)

    def licences_held(self) -> Column:
        """The kinds of licences each subject holds, as sets."""
        return Column.of(self._around.licences_held())

    def identifier_kinds(self) -> Column:
        """The kinds of numbers each text shows, as sets."""
        shown = sum((self._shows(kind).astype(np.int64) << at for at, kind in enumerate(IDENTIFIERS)), np.zeros(self.size, dtype=np.int64))
        some, which = np.unique(shown, return_inverse=True)
        sets = [frozenset(kind for at, kind in enumerate(IDENTIFIERS) if one >> at & 1) for one in some.tolist()]
        return Column(np.asarray(Coded(which, sets)), np.ones(self.size, dtype=bool))

    def _shows(self, kind: str) -> NDArray[np.bool_]:
        """Rows whose text shows a number of the kind, in whatever state."""
        places = [_PLACE[f"{one}_{state}"] for one in IDENTIFIERS[kind] for state in STATES]
        return np.asarray((self._frame.table[:, places] > 0).any(axis=1))

    def _identifier_state(self, kind: str) -> Column:
        """The worst state of the numbers of that kind in each text (``features.register``)."""
        states = np.full(self.size, "absent", dtype=object)
        for row in np.flatnonzero(self._shows(kind)).tolist():
            numbers = [number for number in self._found(row) if number.kind in IDENTIFIERS[kind]]
            states[row] = worst(self._around.number_state(row, number) for number in numbers)
        return Column(states, np.ones(self.size, dtype=bool))

    def _found(self, row: int) -> list[Identifier]:
        if row not in self._numbers:
            self._numbers[row] = find_identifiers(self._frame.texts[row])
        return self._numbers[row]

    def _stance(self, row: int) -> Stance:
        if self._frame.stances:
            return self._frame.stances[row]
        if row not in self._stances:
            self._stances[row] = Stance(self._frame.texts[row].plain.text)
        return self._stances[row]


_AROUND = {
    "channel": TextInputs.channels,
    "signal_kind": TextInputs.signal_kinds,
    "licences_held": TextInputs.licences_held,
    "identifier_kinds": TextInputs.identifier_kinds,
}
"""Fields that are no column of the frame."""


class Listed(Protocol):
    """A word list, of the lexicon or of a pack."""

    @property
    def name(self) -> str: ...

    @property
    def terms(self) -> tuple[str, ...]: ...

    @property
    def exclude(self) -> tuple[str, ...]: ...


def membership(column: Column, lists: Iterable[Listed], list_name: str) -> Column:
    """Whether each text is, after normalising, a word of the list and none that it excludes; KeyError for a list that is not there.

    >>> words = WordList("管制药", ("三唑仑", "GHB"), exclude=("三唑仑片说明书",))
    >>> membership(Column.of(["三唑侖", "ghb ", "三唑仑片", None]), [words], "管制药").values.tolist()
    [True, True, False, False]
    """
    found = next((item for item in lists if item.name == list_name), None)
    if found is None:
        raise KeyError(f"no word list named {list_name!r}")
    words = {as_matched(term) for term in found.terms} - {as_matched(term) for term in found.exclude}
    said = [known and as_matched(str(value)) in words for value, known in zip(column.values.tolist(), column.known.tolist(), strict=True)]
    return Column(np.array(said, dtype=bool), column.known)


def no_hits() -> Hits:
    """Nothing was found."""
    none, off = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    return Hits(none, none, none, none, off, off, off)


def _of(hits: ListHits, parts: Mapping[str, ListHits], name: str) -> Hits:
    """The hits of one list; a list that the lexicon does not have is an error."""
    part = parts.get(name)
    if part is None:
        if name not in _names(hits.names):
            raise KeyError(f"no word list named {name!r}")
        return _NO_HITS
    return _hits(part)


def _marks(hits: ListHits) -> NDArray[np.uint8]:
    """How each hit stands, by the bits of `rules.plan.kept_hits`."""
    marks = NEGATED * hits.negated.view(np.uint8) + REPORTED * hits.reported.view(np.uint8) + AGGRESSIVE * hits.aggressive.view(np.uint8)
    return np.asarray(marks, dtype=np.uint8)


def _noted(hits: ListHits, kind: type[ListRef] | type[Term], row: int) -> Iterator[tuple[ListRef | Term, int]]:
    low, high = np.searchsorted(hits.row, [row, row + 1])
    marks = NEGATED * hits.negated[low:high] + REPORTED * hits.reported[low:high] + AGGRESSIVE * hits.aggressive[low:high]
    return ((kind(hits.names[at]), mark) for at, mark in set(zip(hits.list[low:high].tolist(), marks.tolist(), strict=True)))


def _of_row(hits: ListHits, kind: type[ListRef] | type[Term], row: int) -> dict[ListRef | Term, list[RowHit]]:
    mine = slice(*hits.row.searchsorted([row, row + 1]).tolist())
    lists, starts, ends, terms = (column[mine].tolist() for column in (hits.list, hits.start, hits.end, hits.term))
    flags = (column[mine].tolist() for column in (hits.aggressive, hits.negated, hits.reported))
    found: dict[int, list[RowHit]] = defaultdict(list)
    for at, start, end, term, *how in zip(lists, starts, ends, terms, *flags, strict=True):
        found[at].append(RowHit(start, end, hits.terms[term], *how))
    return {kind(hits.names[at]): some for at, some in found.items()}


@lru_cache(maxsize=16)
def _names(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    """What was looked for, in lists and as words written in rules: the same for every batch of a scorer."""

    given: tuple[tuple[str, ...], ...]
    operands: tuple[ListRef | Term, ...]
    known: frozenset[ListRef | Term]
    listed: NDArray[np.int64]
    written: NDArray[np.int64]
    """A number for each word of the lists and for each that rules write: the same word has one."""


_LOOKED: dict[tuple[int, ...], _Looked] = {}
"""By the objects, which are kept: there are thousands of words, and every text is asked about them."""


def _looked(lists: ListHits, words: ListHits) -> _Looked:
    given = (lists.names, lists.terms, words.names, words.terms)
    key = tuple(map(id, given))
    found = _LOOKED.get(key)
    if found is None:
        operands: tuple[ListRef | Term, ...] = (*map(ListRef, lists.names), *map(Term, words.names))
        numbers: dict[str, int] = {}
        told = [numbers.setdefault(word, len(numbers)) for word in (*lists.terms, *words.terms)]
        listed, written = (np.array(part, dtype=np.int64) for part in (told[: len(lists.terms)], told[len(lists.terms) :]))
        if len(_LOOKED) >= _KEPT:
            _LOOKED.clear()
        found = _LOOKED[key] = _Looked(given, operands, frozenset(operands), listed, written)
    return found


_KEPT = 16


@lru_cache(maxsize=64)
def _places(names: tuple[str, ...]) -> tuple[NDArray[np.intp], list[bool], list[int]]:
    """Where fields stand in the table of a frame, which are flags, and which are not there at all."""
    fields = {name: vocabulary().field(name) for name in names}
    if missing := [name for name, field in fields.items() if field is None]:
        raise KeyError(f"no field named {missing[0]!r}")
    features = [_COLUMNS.get(field.name) for field in fields.values() if field is not None]
    places = np.array([0 if feature is None else _PLACE[feature.name] for feature in features], dtype=np.intp)
    flags = [feature is not None and feature.kind == "flag" for feature in features]
    return places, flags, [at for at, feature in enumerate(features) if feature is None]


_NO_HITS = no_hits()


def _hits(found: ListHits) -> Hits:
    return Hits(found.row, found.start, found.end, Coded(found.term, found.terms), found.aggressive, found.negated, found.reported)
