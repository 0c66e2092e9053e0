"""Colours for an editor: what each piece of a source text is, whether or not the text can be read as a whole.

>>> [(mark.kind, "text has any of @a  # note"[mark.start:mark.end]) for mark in marks("text has any of @a  # note")]
[('keyword', 'text'), ('keyword', 'has any of'), ('list', '@a'), ('comment', '# note')]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rules.functions import Vocabulary
from rules.pack import Pack
from rules.words import CLAUSES, KEYWORDS, pattern

HEADS = ("LIST", "CONDITION", "FEATURE", "RULE")
"""Keywords that begin a definition."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One piece: offsets in the text, and its kind: head, clause, keyword, name, field, function, condition, feature, stream, relation, list, string, number, date, comment."""

    start: int
    end: int
    kind: str


@cache
def _pieces() -> re.Pattern[str]:
    longest = sorted(KEYWORDS, key=lambda key: -max(map(len, KEYWORDS[key])))
    keywords = "|".join(f"(?P<{key}>(?<!\\w){pattern(key)})" for key in longest)
    return re.compile(
        rf'(?P<comment>#[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*"?)|(?P<date>\d{{4}}-\d{{1,2}}-\d{{1,2}}(?!\w))|(?P<number>(?<!\w)\d+(?:\.\d+)?%?)'
        rf"|(?P<list>@\w*)|{keywords}|(?P<name>[^\W\d]\w*)"
    )


def marks(source: str, pack: Pack | None = None, vocabulary: Vocabulary | None = None) -> tuple[Mark, ...]:
    """The pieces in written order, not overlapping; space and symbols are left out. Names are told apart where pack and vocabulary know them."""
    return tuple(_marks(source, pack, vocabulary))


def _marks(source: str, pack: Pack | None, vocabulary: Vocabulary | None) -> Iterator[Mark]:
    for match in _pieces().finditer(source):
        kind = match.lastgroup or ""
        if kind in KEYWORDS:
            kind = "head" if kind in HEADS else "clause" if kind in CLAUSES else "keyword"
        elif kind == "name":
            kind = kind_of_name(match[0], pack, vocabulary)
        yield Mark(match.start(), match.end(), kind)


def kind_of_name(name: str, pack: Pack | None, vocabulary: Vocabulary | None) -> str:
    """What a name stands for; ``name`` where nobody knows it.

    >>> from rules.pack import pack_from_text
    >>> kind_of_name("c", pack_from_text("condition c = x"), None)
    'condition'
    """
    if pack is not None:
        for kind, known in (("condition", pack.condition_by_name), ("feature", pack.feature_by_name), ("rule", pack.rule_by_id)):
            if name in known:
                return kind
    if vocabulary is not None:
        for kind, found in (
            ("field", vocabulary.field(name)),
            ("function", vocabulary.function(name)),
            ("stream", vocabulary.stream(name)),
            ("relation", vocabulary.relation(name)),
        ):
            if found is not None:
                return kind
    return "name"
