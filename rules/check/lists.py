"""Lists have words, each once, and each of use."""

from collections.abc import Iterator

import daachorse

from rules.check.context import Context
from rules.check.wording import WordPlaces
from rules.diagnostics import Diagnostic, diagnose
from rules.items import WordList
from rules.nodes import Count, Edge, Has, ListRef, Mode, Near, Operand, SameSentence, Term, operands, walk


def lists_have_words(context: Context) -> Iterator[Diagnostic]:
    """R035 empty lists, R036 words given twice, R087 words that are the same once normalised, R088 words that are always excluded."""
    for item in context.pack.lists:
        if not item.terms:
            yield diagnose("R035", item.span, name=item.name)
        yield from _repeated(item, context)
        places = WordPlaces(context, item)
        excluded = {context.vocabulary.normalise(text): text for text in reversed(item.exclude)}
        for term in dict.fromkeys(item.terms):
            context_ = excluded.get(context.vocabulary.normalise(term))
            if context_ is not None:
                yield diagnose("R088", places.of(term), name=item.name, term=term, other=context_)


def _repeated(item: WordList, context: Context) -> Iterator[Diagnostic]:
    places = WordPlaces(context, item)
    times: dict[str, int] = {}
    first: dict[str, str] = {}
    for term in item.terms:
        times[term] = times.get(term, 0) + 1
        other = first.setdefault(context.vocabulary.normalise(term), term)
        if times[term] == 2:
            yield diagnose("R036", places.of(term, 1), name=item.name, term=term)
        elif times[term] == 1 and other != term:
            yield diagnose("R087", places.of(term), name=item.name, term=term, other=other)


def words_are_of_use(context: Context) -> Iterator[Diagnostic]:
    """R084 words whose every hit is a hit of a shorter one, R086 excluded contexts that exclude nothing."""
    for item in context.pack.lists:
        terms = {context.vocabulary.normalise(term): term for term in reversed(item.terms)}
        terms.pop("", None)
        if terms:
            finder, places = _Finder(list(terms)), WordPlaces(context, item)
            for text in dict.fromkeys(item.exclude):
                if not finder.inside(context.vocabulary.normalise(text)):
                    yield diagnose("R086", places.of(text), name=item.name, term=text)
            if _only_presence(item, context):
                yield from _covered(item, terms, finder, places, context)


class _Finder:
    """All words of a list at once."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        distinct = {_encodable(word): number for number, word in reversed(list(enumerate(words)))}
        self._numbers = list(distinct.values())
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(list(distinct))

    def inside(self, text: str) -> list[tuple[int, int, str]]:
        """Words found in the beginning of a text, none overlapping: start, end, word."""
        found = self._automaton.find(_encodable(text[:_SEEN])) if text else []
        return [(start, end, self._words[self._numbers[number]]) for start, end, number in found]


_SEEN = 100
"""Characters of a word that are searched for shorter words."""


def _encodable(text: str) -> str:
    """Half of a surrogate pair is no character and would stop the search."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _covered(item: WordList, terms: dict[str, str], finder: _Finder, places: WordPlaces, context: Context) -> Iterator[Diagnostic]:
    """A word inside another: it ends before the other's end, or begins after its beginning."""
    contexts = [context.vocabulary.normalise(text) for text in item.exclude]
    for normal, term in terms.items():
        found = [*finder.inside(normal[:-1]), *((start + 1, end + 1, word) for start, end, word in finder.inside(normal[1:]))]
        for start, end, word in found:
            if not _runs_on(normal, start, end) and not any(word in text for text in contexts):
                yield diagnose("R084", places.of(term), name=item.name, term=term, other=terms[word])
                break


def _runs_on(text: str, start: int, end: int) -> bool:
    """Whether a Latin word or number goes on past the place, so that the host may not count it.

    >>> _runs_on("vips", 0, 3), _runs_on("加vip群", 1, 4)
    (True, False)
    """
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    return (_latin(before) and _latin(text[start])) or (_latin(after) and _latin(text[end - 1]))


def _latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _only_presence(item: WordList, context: Context) -> bool:
    """Whether the pack only asks if some word of the list is there; where hits are counted, measured or qualified, a longer word tells more.

    Shared lists are left alone: another pack may ask more.
    """
    if context.pack.is_shared(item):
        return False
    uses = [
        node
        for node in context.nodes()
        if isinstance(node, Has | Near | SameSentence | Edge | Count) and ListRef(item.name) in operands(node)
    ]
    plain = (isinstance(node, Has) and not (node.asserted or node.unnegated or node.unquoted or node.plain) for node in uses)
    return bool(uses) and all(plain)


def lists_do_not_overlap(context: Context) -> Iterator[Diagnostic]:
    """R085: lists that stand side by side in one operator and share words; each once, with the list before it that shares most.

    Where advice is wanted on some definitions, it is told there, though an earlier one has the same.
    """
    told: set[frozenset[Operand]] = set()
    words: dict[Operand, frozenset[str]] = {}
    for node in (node for item, expr in context.expressions() if context.advised(item) for node in walk(expr)):
        sides: tuple[tuple[Operand, ...], ...] = ()
        if (isinstance(node, Has) and node.mode is not Mode.ALL) or isinstance(node, Count | Edge):
            sides = (node.lists,)
        elif isinstance(node, Near | SameSentence):
            sides = (node.left, node.right)
        for side in sides:
            for one, other, shared in _sharing(side, words, context):
                if frozenset((one, other)) not in told:
                    told.add(frozenset((one, other)))
                    yield diagnose("R085", other.span, one=_named(one), other=_named(other), term=min(shared), size=len(shared))


def _sharing(
    side: tuple[Operand, ...], words: dict[Operand, frozenset[str]], context: Context
) -> Iterator[tuple[Operand, Operand, list[str]]]:
    """Each list that has words of an earlier one, with the one that shares most of them."""
    first: dict[str, Operand] = {}
    for item in dict.fromkeys(side):
        shared: dict[Operand, list[str]] = {}
        for word in _words(item, words, context):
            earlier = first.setdefault(word, item)
            if earlier != item:
                shared.setdefault(earlier, []).append(word)
        if shared:
            most = max(shared, key=lambda earlier: len(shared[earlier]))
            yield most, item, shared[most]


def _words(item: Operand, known: dict[Operand, frozenset[str]], context: Context) -> frozenset[str]:
    if item not in known:
        found = context.pack.list_by_name.get(item.name) if isinstance(item, ListRef) else None
        terms = (item.text,) if isinstance(item, Term) else found.terms if found else ()
        known[item] = frozenset(map(context.vocabulary.normalise, terms))
    return known[item]


def _named(item: Operand) -> str:
    return f"@{item.name}" if isinstance(item, ListRef) else f'"{item.text}"'
