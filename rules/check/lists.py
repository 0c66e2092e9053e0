"""Lists have words, each once, and each of use."""

from collections.abc import Iterator
from itertools import combinations

import daachorse

from rules.check.context import Context
from rules.check.wording import word_at
from rules.diagnostics import Diagnostic, diagnose
from rules.items import WordList
from rules.nodes import Count, Edge, Has, ListRef, Mode, Near, Operand, SameSentence, Term, operands


def lists_have_words(context: Context) -> Iterator[Diagnostic]:
    """R035 empty lists, R036 words given twice, R087 words that are the same once normalised, R088 words that are always excluded."""
    for item in context.pack.lists:
        if not item.terms:
            yield diagnose("R035", item.span, name=item.name)
        yield from _repeated(item, context)
        excluded = {context.vocabulary.normalise(text): text for text in reversed(item.exclude)}
        for term in dict.fromkeys(item.terms):
            context_ = excluded.get(context.vocabulary.normalise(term))
            if context_ is not None:
                yield diagnose("R088", word_at(context, item, term), name=item.name, term=term, other=context_)


def _repeated(item: WordList, context: Context) -> Iterator[Diagnostic]:
    times: dict[str, int] = {}
    first: dict[str, str] = {}
    for term in item.terms:
        times[term] = times.get(term, 0) + 1
        other = first.setdefault(context.vocabulary.normalise(term), term)
        if times[term] > 1:
            yield diagnose("R036", word_at(context, item, term, times[term] - 1), name=item.name, term=term)
        elif other != term:
            yield diagnose("R087", word_at(context, item, term), name=item.name, term=term, other=other)


def words_are_of_use(context: Context) -> Iterator[Diagnostic]:
    """R084 words whose every hit is a hit of a shorter one, R086 excluded contexts that exclude nothing."""
    for item in context.pack.lists:
        terms = {context.vocabulary.normalise(term): term for term in reversed(item.terms)}
        terms.pop("", None)
        if terms:
            finder = _Finder(list(terms))
            for text in dict.fromkeys(item.exclude):
                if not finder.inside(context.vocabulary.normalise(text)):
                    yield diagnose("R086", word_at(context, item, text), name=item.name, term=text)
            if _only_presence(item, context):
                yield from _covered(item, terms, finder, context)


class _Finder:
    """All words of a list at once."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._automaton = daachorse.CharwiseDoubleArrayAhoCorasick(words)

    def inside(self, text: str) -> list[tuple[int, int, str]]:
        """Words found in a text, none overlapping: start, end, word."""
        return [(start, end, self._words[number]) for start, end, number in self._automaton.find(text)] if text else []


def _covered(item: WordList, terms: dict[str, str], finder: _Finder, context: Context) -> Iterator[Diagnostic]:
    """A word inside another: it ends before the other's end, or begins after its beginning."""
    contexts = [context.vocabulary.normalise(text) for text in item.exclude]
    for normal, term in terms.items():
        found = [*finder.inside(normal[:-1]), *((start + 1, end + 1, word) for start, end, word in finder.inside(normal[1:]))]
        for start, end, word in found:
            if not _runs_on(normal, start, end) and not any(word in text for text in contexts):
                yield diagnose("R084", word_at(context, item, term), name=item.name, term=term, other=terms[word])
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
    """R085: lists that stand side by side in one operator and share words; each pair once."""
    told: set[frozenset[Operand]] = set()
    words: dict[Operand, frozenset[str]] = {}
    for node in context.nodes():
        sides: tuple[tuple[Operand, ...], ...] = ()
        if (isinstance(node, Has) and node.mode is not Mode.ALL) or isinstance(node, Count | Edge):
            sides = (node.lists,)
        elif isinstance(node, Near | SameSentence):
            sides = (node.left, node.right)
        for one, other in (pair for side in sides for pair in combinations(side, 2)):
            shared = _words(one, words, context) & _words(other, words, context)
            if shared and frozenset((one, other)) not in told:
                told.add(frozenset((one, other)))
                yield diagnose("R085", one.span, one=_named(one), other=_named(other), term=min(shared), size=len(shared))


def _words(item: Operand, known: dict[Operand, frozenset[str]], context: Context) -> frozenset[str]:
    if item not in known:
        found = context.pack.list_by_name.get(item.name) if isinstance(item, ListRef) else None
        terms = (item.text,) if isinstance(item, Term) else found.terms if found else ()
        known[item] = frozenset(map(context.vocabulary.normalise, terms))
    return known[item]


def _named(item: Operand) -> str:
    return f"@{item.name}" if isinstance(item, ListRef) else f'"{item.text}"'
