"""Grounds: the exact contributions of one text put together into reasons that a person recognises, each with its quotations.

The rule: nothing is lost. The grounds of a row (with its base) add up to what its contributions add up to. How parts become whole:

- a token's share is spread evenly over the characters it covers; the run of words that weighs most in a clause is one ground, quoted, and what is left of
  all clauses is *other wording*;
- columns of one matter are one ground (`ground_words`), quoted where the text states it;
- what the rules said together (their noisy-or) is shared among those that fired, by the doubt that each removed; what rules that stayed silent weigh is one
  ground.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from features.identifiers import find_identifiers
from features.slots import amounts, contacts, yields
from models.inputs import RULE
from models.text import LINEAR
from models.wording import beside_tokens, by_character
from risk.scoring.ground_words import columns_of, sentence, topic_of

if TYPE_CHECKING:
    from features.frame import TextFrame
    from models.explain import Contribution

NOTABLE = 0.15
"""Log-odds below which a phrase is no ground of its own, and no reason is worth a line."""

QUOTES = 3
"""The most quotations of one ground."""

_CLAUSE = re.compile(r"[，。！？；：、,.!?;:\n]+")
_LIST = "list:"
_PAIRWISE = 8
"""From so many numbers on numpy adds them up in another order."""
Span = tuple[int, int]


class Sentences(Protocol):
    """What is said, in both languages."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


class Fired(Protocol):
    """A rule that fired in the row: `rules.explain.Firing`, or less where nobody reads the quotations."""

    @property
    def rule(self) -> str: ...
    @property
    def because(self) -> Sentences: ...
    @property
    def evidence(self) -> Sequence[Any]: ...


class Ground(NamedTuple):
    """One reason; a tuple, as there are many. ``quotes``: places in the original text. ``parts``: the features it is made of."""

    topic: str
    zh: str
    en: str
    log_odds: float
    quotes: tuple[Span, ...] = ()
    parts: tuple[str, ...] = ()

    def plain(self, text: str) -> dict[str, Any]:
        """For JSON: sentences, log-odds, quotations with their offsets."""
        return {
            "topic": self.topic,
            "zh": self.zh,
            "en": self.en,
            "log_odds": round(self.log_odds, 6),
            "quotes": [{"quote": text[i:j], "start": i, "end": j} for i, j in self.quotes],
            "parts": list(self.parts),
        }


def grounds(
    shares: Sequence[Contribution],
    fired: Sequence[Fired],
    weights: Mapping[str, float],
    frame: TextFrame,
    row: int,
    most: int | None = None,
) -> list[Ground]:
    """The grounds of one row, what weighs most first. ``shares`` are all contributions of the row: what was cut off as *rest* goes to other wording.

    ``weights`` are the severities of the rules. The base is left out: it is what is believed of a text of which nothing is known. ``most``: so many are
    given, and of the others those that are notable; to word them all takes longer than to find them.
    """
    others = beside_tokens(shares)
    columns = [share for share in others if share.kind == "column" and share.feature != LINEAR and share.words is None]
    rest = sum(share.log_odds for share in others if share.kind == "rest" or share.feature == LINEAR)
    own = [Ground("said", *share.words, share.log_odds, share.spans, (share.feature,)) for share in others if share.words is not None]
    found = [*own, *_phrases(shares, rest, frame, row), *_matters(columns), *_rules(others, fired, weights)]
    ordered = sorted((one for one in found if one.log_odds != 0.0), key=lambda one: (-abs(one.log_odds), one.topic, one.quotes))
    told = ordered if most is None else [*ordered[:most], *(one for one in ordered[most:] if one.log_odds >= NOTABLE)]
    listed = _listed(frame, row)
    return [_worded(one, frame, row, listed) if isinstance(one, _Matter) else one for one in told]


def _phrases(shares: Sequence[Contribution], rest: float, frame: TextFrame, row: int) -> list[Ground]:
    """The heaviest run of words of each clause, and the remainder."""
    text = frame.texts[row].original
    weight, placeless = by_character(shares, len(text))
    lost = sum(placeless, rest)
    told = []
    each = weight.tolist()
    for words in _clauses(text, _word_spans(frame, row)):
        sums = [reduce(add, each[i:j], 0.0) if j - i < _PAIRWISE else float(weight[i:j].sum()) for i, j in words]
        for first, last in _heaviest(sums):
            i, j = words[first][0], words[last][1]
            total = float(weight[i:j].sum())
            if abs(total) >= NOTABLE and len(text[i:j].strip()) > 1:
                told.append(Ground("phrase", f"措辞“{text[i:j]}”", f'wording "{text[i:j]}"', total, ((i, j),), ("text",)))
                weight[i:j] = 0.0
    lost += float(weight.sum())
    return [*told, Ground("wording", *sentence("wording", {}), lost, (), ("text",))] if lost else told


def _word_spans(frame: TextFrame, row: int) -> list[Span]:
    """Where each word of the text stands in the original; words that cannot be found in order are left out."""
    dense, cursor, found = frame.texts[row].dense, 0, []
    for word in frame.words[row]:
        at = dense.text.find(word, cursor)
        if at < 0:
            continue
        cursor = at + len(word)
        found.append(dense.span(at, cursor))
    return found


def _clauses(text: str, words: Sequence[Span]) -> Iterable[list[Span]]:
    """Words between marks of punctuation; no words that overlap."""
    cuts = [m.start() for m in _CLAUSE.finditer(text)]
    groups: dict[int, list[Span]] = defaultdict(list)
    end = 0
    for i, j in words:
        if i >= end and not _CLAUSE.fullmatch(text, i, j):
            groups[bisect_left(cuts, i)].append((i, j))
            end = j
    return groups.values()


def _heaviest(sums: Sequence[float]) -> list[tuple[int, int]]:
    """First and last place of the run whose sum is largest; with no positive run, of the one whose sum is smallest (Kadane 1984).

    >>> _heaviest([-1.0, 2.0, 1.0, -0.5]), _heaviest([-1.0, -2.0])
    ([(1, 2)], [(0, 1)])
    """
    if not sums:
        return []
    sign = 1.0 if max(sums) > 0 else -1.0
    best, place, running, start = -math.inf, (0, 0), 0.0, 0
    for k, value in enumerate(sums):
        if running <= 0:
            running, start = 0.0, k
        running += sign * value
        if running > best:
            best, place = running, (start, k)
    return [place]


class _Matter(NamedTuple):
    """A ground that is not worded yet: columns of one matter."""

    topic: str
    log_odds: float
    columns: Sequence[Contribution]
    quotes: tuple[Span, ...] = ()


def _worded(matter: _Matter, frame: TextFrame, row: int, listed: Mapping[str, Sequence[Span]]) -> Ground:
    topic, parts = matter.topic, matter.columns
    values = _values(topic, parts, frame, row)
    names = tuple(dict.fromkeys(share.feature for share in parts))
    return Ground(topic, *sentence(topic, values), matter.log_odds, _quotes(topic, frame, row, listed), names)


def _matters(columns: Sequence[Contribution]) -> list[_Matter | Ground]:
    """Columns by topic; lists of which nothing was found are one ground together."""
    topics: dict[str, list[Contribution]] = defaultdict(list)
    silent: dict[str, list[Contribution]] = defaultdict(list)
    for share in columns:
        topic, of_list = _topic(share.feature)
        (silent if of_list and not share.value else topics)[topic].append(share)
    silent_sum = 0.0
    for topic, parts in silent.items():
        if topic in topics:
            topics[topic] += parts
        else:
            silent_sum += sum([share.log_odds for share in parts])
    told: list[_Matter | Ground] = [_Matter(topic, sum([share.log_odds for share in parts]), parts) for topic, parts in topics.items()]
    return [*told, Ground("silent_lists", *sentence("silent_lists", {}), silent_sum, (), ("lists",))] if silent_sum else told


@lru_cache(maxsize=8192)
def _topic(column: str) -> tuple[str, bool]:
    """The topic of a column, and whether it is that of a list."""
    topic = topic_of(column)
    return topic, topic.startswith(_LIST)


def _values(topic: str, parts: Sequence[Contribution], frame: TextFrame, row: int) -> dict[str, float]:
    """The values of a topic's columns: those that contributed, and of the same topic also those that did not."""
    values = {share.feature: math.nan if share.value is None else float(share.value) for share in parts}
    for name in columns_of(topic):
        if name not in values and frame.has(name):
            values[name] = frame.value(row, name)
    return values


def _listed(frame: TextFrame, row: int) -> dict[str, list[Span]]:
    """Where the hits of each list stand in a text."""
    hits, names = frame.hits, frame.hits.names
    mine = slice(*hits.row.searchsorted([row, row + 1]).tolist())
    found: dict[str, list[Span]] = defaultdict(list)
    for at, start, end in zip(hits.list[mine].tolist(), hits.start[mine].tolist(), hits.end[mine].tolist(), strict=True):
        found[names[at]].append((start, end))
    return found


def _quotes(topic: str, frame: TextFrame, row: int, listed: Mapping[str, Sequence[Span]]) -> tuple[Span, ...]:
    """Where the text states what a topic is about. ``listed``: where the hits of lists stand."""
    one = frame.texts[row]
    if topic.startswith(_LIST):
        return _first(listed.get(topic.removeprefix(_LIST), ()))
    if topic.startswith("identifier:"):
        return _first((found.start, found.end) for found in find_identifiers(one) if found.kind == topic.removeprefix("identifier:"))
    if topic == "yield":
        return _first((found.start, found.end) for found in yields(one))
    if topic == "money":
        return _first((found.start, found.end) for found in amounts(one))
    if topic == "contact":
        return _first((found.start, found.end) for found in contacts(one))
    return ()


def _first(spans: Iterable[Span]) -> tuple[Span, ...]:
    return tuple(dict.fromkeys(spans))[:QUOTES]


def _rules(shares: Sequence[Contribution], fired: Sequence[Fired], weights: Mapping[str, float]) -> list[Ground]:
    """One ground a rule that fired: what it weighed itself, and its part of what all rules said together."""
    own: dict[str, float] = defaultdict(float)
    together = 0.0
    for share in shares:
        if share.kind == "rule":
            own[share.feature.removeprefix(RULE)] += share.log_odds
        elif share.kind == "rules":
            together += share.log_odds
    doubt = {firing.rule: -math.log1p(-min(weights.get(firing.rule, 0.0), 1 - 1e-9)) for firing in fired}
    whole = sum(doubt.values())
    told = [
        Ground(
            f"rule:{firing.rule}",
            firing.because.zh,
            firing.because.en,
            own.pop(firing.rule, 0.0) + (together * doubt[firing.rule] / whole if whole else 0.0),
            _first((e.start, e.end) for e in firing.evidence if e.start < e.end),
            (f"{RULE}{firing.rule}",),
        )
        for firing in fired
    ]
    left = sum(own.values()) + (0.0 if whole else together)
    return [*told, Ground("rules", *sentence("rules", {}), left, (), ("rules",))] if left else told
