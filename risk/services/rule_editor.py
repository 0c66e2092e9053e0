"""What an editor asks while a rule is being written: checks, colours, completion, hover, layout, the other language, examples, and what the text does to a sample.

The text stands beside the rules in force: it may use their lists and conditions, and a name it defines takes the place of theirs. Nothing is stored.
Offsets count characters (Unicode code points) of the text sent, lines and columns from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.services import scoping, views_signals
from risk.services.live_rules import Change, overlay, trimmed
from risk.services.rule_changes import in_language
from risk.services.rule_store import Key
from risk.services.rule_tests import diagnostics
from risk.services.rule_text import all_items, kind_of, name_of, read
from rules.complete import Offers, complete
from rules.highlight import Mark, marks
from rules.hover import Hover, hover
from rules.items import Rule
from rules.layout import layout
from rules.limits import MAX_SOURCE
from rules.pack import SHARED, Pack
from rules.parser import ParsedFile
from rules.pieces import pieces
from rules.words import Language

if TYPE_CHECKING:
    from features.context import Context
    from rules.diagnostics import Diagnostic
    from rules.trace import Trace

__all__ = [
    "MAX_SAMPLE",
    "MAX_SAMPLES",
    "Example",
    "Hover",
    "Mark",
    "Offers",
    "Reading",
    "Sample",
    "SampleOutcome",
    "Written",
    "checked",
    "coloured",
    "completed",
    "formatted",
    "hovered",
    "run_examples",
    "sketch",
    "tried",
]

FILE = "draft"
MAX_SAMPLES = 50
MAX_SAMPLE = 20_000
"""Characters of one sample."""

register(
    {
        "samples_too_many": ("一次最多 {limit} 个样例，给了 {count} 个", "at most {limit} samples at a time, {count} were given"),
        "sample_too_long": ("样例过长：{size} 个字符，上限 {limit}", "the sample is too long: {size} characters, the limit is {limit}"),
        "rules_have_errors": ("规则有 {count} 处错误，不能运行", "the rules have {count} errors and cannot run"),
        "rules_have_errors.hint": ("先按诊断改好", "repair what the diagnostics say first"),
    }
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Said:
    """A finding: code, error or warning, place, what it says, what helps, and the text that should stand there where one is known."""

    code: str
    severity: str
    place: Place
    zh: str
    en: str
    hint_zh: str
    hint_en: str
    fix: str


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition that could be read: ``cost`` of a rule counts comparisons; ``zh`` and ``en`` are its canonical texts."""

    kind: str
    name: str
    model: str
    start: int
    zh: str
    en: str
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the text defines, and everything that is to be said of it. ``clean``: nothing that must be repaired."""

    clean: bool
    definitions: tuple[Defined, ...]
    diagnostics: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A text anew; ``left`` are definitions that stayed as they were (unreadable, or with comments inside)."""

    source: str
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """An example and what became of it: true, false, or null where it could not be decided."""

    rule: str
    expected: bool
    outcome: bool | None
    line: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a condition with what became of it: true, false, unknown, not evaluated, or a value. ``start``, ``end``: where it is written, if here."""

    zh: str
    en: str
    verdict: str
    said_zh: str
    said_en: str
    start: int | None
    end: int | None
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quotation of the sample, the word (and list) that found it, and how it stands there."""

    start: int
    end: int
    text: str
    word: str
    list: str
    disguised: bool
    negated: bool
    reported: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One rule on one sample: true, false, or null for unknown; why, with quotations and the whole trace."""

    rule: str
    model: str
    fired: bool | None
    because_zh: str
    because_en: str
    quotes: tuple[Quote, ...]
    trace: Part


@dataclass(frozen=True, slots=True)
class SampleOutcome:
    """All rules of the text on one sample."""

    sample: int
    text: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """A text to try on, with what is known around it; or the number of a stored signal."""

    text: str = ""
    channel: str | None = None
    kind: Literal["content", "report", "warning"] | None = None
    signal: int | None = None


@dataclass(frozen=True, eq=False)
class Sketch:
    """The rules in force with the text among them. ``pack`` is the one that names are looked up in."""

    before: tuple[Pack, ...]
    after: tuple[Pack, ...]
    parsed: ParsedFile
    items: tuple[Any, ...]
    model: str

    @cached_property
    def quick(self) -> tuple[Diagnostic, ...]:
        """What can be said without comparing the text's rules with every other; all of it where the text defines no rule."""
        from risk.scoring.inputs import vocabulary
        from rules.check import check

        if not any(isinstance(item, Rule) for item in self.items):
            return self.found
        found = {item for pack in self.packs() for item in check(pack, vocabulary()) if item.span.file == FILE}
        return tuple(sorted(found | set(self.parsed.diagnostics), key=lambda item: (item.span.start, item.code)))

    @cached_property
    def found(self) -> tuple[Diagnostic, ...]:
        """Everything that is to be said of the text, and errors it makes elsewhere."""
        known = set(self.parsed.diagnostics)
        found = [*self.parsed.diagnostics, *(item for item in diagnostics(self.before, self.after, {FILE}) if item not in known)]
        return tuple(sorted(found, key=lambda item: (item.span.start, item.code)))

    @property
    def pack(self) -> Pack:
        """The pack of the model the text is for."""
        return next((pack for pack in self.after if pack.name == self.model), Pack(self.model))

    def packs(self) -> tuple[Pack, ...]:
        """The packs of the rules that the text defines, and nothing that these do not build on."""
        mine = {item.id for item in self.items if isinstance(item, Rule)}
        return tuple(
            trimmed(pack, names)
            for pack in self.after
            if (names := [rule.id for rule in pack.rules if rule.id in mine and rule.span.file == FILE])
        )


def sketch(live: Sequence[Pack], source: str, model: str = "") -> Sketch:
    """The text among the rules in force. ``model`` is for definitions that name none; else they belong where the text's first rule does."""
    if len(source) > MAX_SOURCE:
        raise InvalidInputError("rule_too_long", size=len(source), limit=MAX_SOURCE)
    parsed = read(source, FILE)
    items = all_items(parsed)
    model = model or next((piece.model for piece in pieces(source) if piece.model), "") or SHARED
    changes = [Change(_key(item, model), item, source) for item in items]
    after = overlay(live, changes)
    return Sketch(tuple(live), after, parsed, items, model)


def checked(live: Sequence[Pack], source: str, model: str = "", *, thorough: bool = True) -> Reading:
    """What is to be said of the text as it stands. ``thorough`` compares it with every other rule too (repeated, subsumed, broken by it, unused)."""
    from risk.scoring.inputs import vocabulary
    from rules.check.context import Context as CheckContext
    from rules.check.cost import price
    from rules.printer import show_all

    drawn = sketch(live, source, model)
    found = drawn.found if thorough else drawn.quick
    good = not any(one.is_error for one in found)
    context = CheckContext(drawn.pack, vocabulary())
    defined = []
    for item in sorted(drawn.items, key=lambda item: item.span.start):
        cost = price(item.when, context)[0] if isinstance(item, Rule) and good else None
        zh, en = (show_all([in_language(item, language)], language) for language in ("zh", "en"))
        defined.append(Defined(kind_of(item), name_of(item), _key(item, drawn.model).model, item.span.start, zh, en, cost))
    return Reading(good, tuple(defined), tuple(map(_said, found)))


def coloured(live: Sequence[Pack], source: str, model: str = "") -> tuple[Mark, ...]:
    """What each piece of the text is."""
    from risk.scoring.inputs import vocabulary

    return marks(source, sketch(live, source, model).pack, vocabulary())


def completed(
    live: Sequence[Pack], source: str, offset: int, model: str = "", *, language: Language | None = None, models: Sequence[str] = ()
) -> Offers:
    """What may stand at ``offset``."""
    from risk.scoring.inputs import vocabulary

    return complete(source, offset, sketch(live, source, model).pack, vocabulary(), language=language, models=models)


def hovered(live: Sequence[Pack], source: str, offset: int, model: str = "") -> Hover | None:
    """What the word at ``offset`` means."""
    from risk.scoring.inputs import vocabulary

    return hover(source, offset, sketch(live, source, model).pack, vocabulary())


def formatted(source: str, language: Language | None = None) -> Written:
    """The text in its canonical layout; with ``language``, written in that language, names of columns and functions too."""
    found = layout(source, language, in_language if language else None)
    return Written(found.text, found.left)


def run_examples(live: Sequence[Pack], source: str, model: str = "") -> tuple[Example, ...]:
    """Every example of every rule of the text, run. ``InvalidInputError`` (``rules_have_errors``) where the text cannot run."""
    from risk.scoring.examples import failures

    drawn = _runnable(sketch(live, source, model))
    told = []
    for pack in drawn.packs():
        wrong = {(one.rule, one.expected, one.example.span.start): one for one in failures(pack)}
        for rule in pack.rules:
            for expected, examples in ((True, rule.hits), (False, rule.misses)):
                for example in examples:
                    bad = wrong.get((rule.id, expected, example.span.start))
                    outcome = expected if bad is None else {1: True, 0: False, -1: None}[bad.outcome]
                    told.append(
                        Example(rule.id, expected, outcome, example.span.line, bad.text("zh") if bad else "", bad.text("en") if bad else "")
                    )
    return tuple(told)


def tried(
    conn: Connection,
    live: Sequence[Pack],
    source: str,
    samples: Sequence[Sample],
    *,
    model: str = "",
    as_of: datetime,
    scope: Scope = EVERYWHERE,
) -> tuple[SampleOutcome, ...]:
    """Every rule of the text on every sample, part by part; unlike an assessment also where it does not fire.

    A stored signal is read with what was known around it at ``as_of``; a bare text with its channel and kind alone.
    A rule that is not in force on the day is tried all the same.
    """
    from risk.scoring.inputs import vocabulary
    from risk.scoring.scorer import Scorer
    from rules.explain import Explainer

    _bounded(samples)
    packs = _runnable(sketch(live, source, model)).packs()
    texts, around = _samples(conn, samples, as_of, scope)
    reading = Scorer(packs=packs).read(texts, around)
    told: list[list[Outcome]] = [[] for _ in samples]
    for pack in packs:
        explainer = Explainer(pack, reading.inputs, vocabulary())
        for rule in pack.rules:
            if rule.lens != "firm":
                for row in range(len(samples)):
                    told[row].append(_outcome(explainer.explain(rule, row), pack.name))
    return tuple(SampleOutcome(row, texts[row], tuple(outcomes)) for row, outcomes in enumerate(told))


def _samples(conn: Connection, samples: Sequence[Sample], as_of: datetime, scope: Scope) -> tuple[list[str], Context]:
    """The texts of the samples and what is known around each. ``NotFoundError`` (``signal_not_found``) for a number that is not stored, or outside."""
    from features.context import Context
    from risk.services import units

    numbers = [one.signal for one in samples if one.signal is not None]
    for number in numbers:
        scoping.require_signal(conn, scope, number)
    loaded = units.load(conn, numbers, as_of)
    places = {number: row for row, number in enumerate(loaded.ids)}
    texts, parts = [], []
    for one in samples:
        if one.signal is None:
            texts.append(one.text)
            parts.append((Context([one.channel], [one.kind]), 0))
        elif one.signal in places:
            texts.append(loaded.texts[places[one.signal]])
            parts.append((loaded.around, places[one.signal]))
        else:
            raise views_signals.missing(one.signal)
    return texts, units.joined(parts)


def _key(item: Any, model: str) -> Key:
    return Key(kind_of(item), (item.model or model) if isinstance(item, Rule) else model, name_of(item))


def _runnable(drawn: Sketch) -> Sketch:
    bad = sum(one.is_error for one in drawn.quick)
    if bad:
        raise InvalidInputError("rules_have_errors", count=bad)
    return drawn


def _bounded(samples: Sequence[Sample]) -> None:
    if len(samples) > MAX_SAMPLES:
        raise InvalidInputError("samples_too_many", limit=MAX_SAMPLES, count=len(samples))
    for one in samples:
        if len(one.text) > MAX_SAMPLE:
            raise InvalidInputError("sample_too_long", size=len(one.text), limit=MAX_SAMPLE)


def _said(item: Diagnostic) -> Said:
    span = item.span
    place = Place(span.start, span.end, span.line, span.column, span.end_line, span.end_column)
    return Said(item.code, item.severity, place, item.zh, item.en, item.hint_zh, item.hint_en, item.fix)


def _outcome(told: Any, model: str) -> Outcome:
    quotes = tuple(
        Quote(one.start, one.end, one.quote, one.term, one.list, one.aggressive, one.negated, one.reported) for one in told.evidence
    )
    return Outcome(told.rule.id, model, told.outcome, told.because.zh, told.because.en, quotes, _part(told.trace))


def _part(trace: Trace) -> Part:
    here = trace.span.file == FILE
    return Part(
        trace.zh,
        trace.en,
        trace.verdict.value,
        trace.said_zh,
        trace.said_en,
        trace.span.start if here else None,
        trace.span.end if here else None,
        tuple(_part(one) for one in trace.parts),
    )
