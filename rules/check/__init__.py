"""All that must hold before a pack may run. One check a file, all run, everything reported at once.

A check is silent where an earlier one has spoken: an unknown name has no kind, so no kind is complained of.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

from rules.check.across import names_mean_one_thing
from rules.check.chains import definitions_do_not_circle
from rules.check.complexity import everything_was_thought_through
from rules.check.context import Context
from rules.check.contradictions import parts_fit_together
from rules.check.cost import rules_are_affordable
from rules.check.doubles import names_are_given_once
from rules.check.examples import examples_fit_the_lens
from rules.check.kinds import kinds_fit
from rules.check.laws import bases_are_current, bases_may_be_cited
from rules.check.lists import lists_do_not_overlap, lists_have_words, words_are_of_use
from rules.check.mixed import mixtures_have_parentheses
from rules.check.names import names_are_known
from rules.check.parts import parts_are_there
from rules.check.patterns import patterns_are_sound
from rules.check.placeholders import placeholders_can_be_filled
from rules.check.redundant import parts_change_something
from rules.check.subsumed import rules_tell_something_new
from rules.check.trivial import comparisons_can_go_both_ways
from rules.check.unknowns import negations_are_known
from rules.check.unused import definitions_are_used
from rules.diagnostics import Diagnostic, errors
from rules.functions import Vocabulary
from rules.items import Condition, Feature, Rule, WordList
from rules.pack import Pack

__all__ = ["ADVICE", "CHECKS", "check", "check_packs"]

Check = Callable[[Context], Iterable[Diagnostic]]

CHECKS: tuple[Check, ...] = (
    names_are_given_once,
    names_are_known,
    definitions_do_not_circle,
    kinds_fit,
    patterns_are_sound,
    parts_are_there,
    bases_may_be_cited,
    examples_fit_the_lens,
    placeholders_can_be_filled,
    lists_have_words,
    definitions_are_used,
)
"""What must hold, and what stands beside it."""

ADVICE: tuple[Check, ...] = (
    comparisons_can_go_both_ways,
    parts_fit_together,
    parts_change_something,
    rules_tell_something_new,
    bases_are_current,
    negations_are_known,
    mixtures_have_parentheses,
    words_are_of_use,
    lists_do_not_overlap,
    rules_are_affordable,
    everything_was_thought_through,
)
"""What is odd in a definition that is otherwise in order: warnings all. Nothing is said of one with errors."""


def check(pack: Pack, vocabulary: Vocabulary, files: Iterable[str] | None = None) -> tuple[Diagnostic, ...]:
    """Everything wrong with a pack, reading errors included, in the order of the files.

    With `files` given, advice is taken for what stands in them alone: thinking all rules through costs a second a pack.

    >>> from rules.pack import pack_from_text
    >>> [item.code for item in check(pack_from_text("condition a = @b near @b within 5"), Vocabulary())]
    ['R043', 'R012', 'R012']
    """
    context = Context(pack, vocabulary, None if files is None else frozenset(files))
    found = [*pack.diagnostics, *(item for run in CHECKS for item in run(context))]
    places = _Places(pack)
    faulty = {places.definition(item) for item in errors(found)}
    if any(context.advised(item) for item in (*pack.lists, *pack.definitions, *pack.rules)):
        advice = (item for run in ADVICE for item in run(context) if context.files is None or item.span.file in context.files)
        found += [item for item in advice if places.definition(item) not in faulty]
    return tuple(sorted(dict.fromkeys(found), key=lambda item: (item.span.file, item.span.start, item.code)))


class _Places:
    """Where the definitions of a pack begin."""

    def __init__(self, pack: Pack) -> None:
        self._starts: dict[str, list[int]] = {}
        items: tuple[WordList | Condition | Feature | Rule, ...] = (*pack.lists, *pack.conditions, *pack.features, *pack.rules)
        for item in items:
            self._starts.setdefault(item.span.file, []).append(item.span.start)
        for starts in self._starts.values():
            starts.sort()

    def definition(self, item: Diagnostic) -> tuple[str, int]:
        """The definition in which a diagnostic stands: its file, and which it is there."""
        return item.span.file, bisect_right(self._starts.get(item.span.file, []), item.span.start)


def check_packs(packs: Sequence[Pack], vocabulary: Vocabulary) -> tuple[Diagnostic, ...]:
    """Every pack, and what must hold between them: a list and a rule name mean one thing everywhere."""
    found = [*(item for pack in packs for item in check(pack, vocabulary)), *names_mean_one_thing(packs)]
    return tuple(dict.fromkeys(found))
