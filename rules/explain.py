"""Why a rule fired, or did not: the trace of its condition, the quoted evidence, the filled sentence.

Make one `Explainer` for a batch and ask it for many rows; hits are then fetched and sorted once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from rules.because import fill
from rules.evaluate import EvaluationError, RuleHits
from rules.functions import Vocabulary, shower
from rules.inputs import Inputs
from rules.items import Basis, Bilingual, Plain, Rule, Severity
from rules.nodes import And, Count, Expr, Has, ListRef, Literal, Mode, Name, Near, Not, Operand, Or, Textual, children
from rules.pack import Pack
from rules.printer import show
from rules.rowwise import RowReader, near_pairs
from rules.text_hits import HitBook, Sorted
from rules.words import Language


class Verdict(StrEnum):
    """What became of a part of a condition; `skipped` parts could not change the outcome."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    SKIPPED = "not evaluated"
    VALUE = "value"


_VERDICTS = {True: Verdict.TRUE, False: Verdict.FALSE, None: Verdict.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Trace:
    """One sub-expression: its text in both languages, what became of it, its value, and its parts."""

    zh: str
    en: str
    verdict: Verdict
    value: Plain = None
    parts: tuple["Trace", ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One quotation of the original text and how it was found; `list` is empty for a literal word."""

    quote: str
    start: int
    end: int
    term: str
    list: str
    aggressive: bool
    negated: bool
    reported: bool


Evidences: TypeAlias = tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that can be said of one rule on one row."""

    rule: Rule
    row: int
    outcome: bool | None
    trace: Trace
    evidence: Evidences
    because: Bilingual


@dataclass(frozen=True, slots=True)
class Firing:
    """A fired rule as an alert shows it."""

    rule: str
    severity: Severity
    title: Bilingual
    because: Bilingual
    evidence: Evidences
    basis: tuple[Basis, ...]


class Explainer:
    """Explains rows of one batch. A vocabulary adds units and Chinese category names to quoted values."""

    def __init__(self, pack: Pack, inputs: Inputs, vocabulary: Vocabulary | None = None) -> None:
        self._pack = pack
        self._inputs = inputs
        self._book = HitBook(pack, inputs)
        self._show = shower(vocabulary)

    def explain(self, rule: Rule | str, row: int) -> Explanation:
        """The whole story of one rule on one row, fired or not. Raises KeyError for an unknown rule."""
        rule = self._pack.rule_by_id[rule] if isinstance(rule, str) else rule
        reader = self._reader(row)
        evidence = self._evidence(rule.when, reader)
        return Explanation(rule, row, reader.truth(rule.when), _trace(rule.when, reader), evidence, self._because(rule, reader, evidence))

    def firings(self, hits: RuleHits, row: int) -> list[Firing]:
        """The rules that fired in a row, gravest first, each with its sentence and evidence."""
        rules = sorted(hits.fired_rules(row), key=lambda rule: -rule.severity.weight)
        return [self._firing(rule, self._reader(row)) for rule in rules]

    def _firing(self, rule: Rule, reader: RowReader) -> Firing:
        evidence = self._evidence(rule.when, reader)
        title = Bilingual(rule.title_zh, rule.title_en or rule.title_zh)
        return Firing(rule.id, rule.severity, title, self._because(rule, reader, evidence), evidence, rule.basis)

    def _reader(self, row: int) -> RowReader:
        if not 0 <= row < self._inputs.size:
            raise EvaluationError(f"no row {row} among {self._inputs.size}")
        return RowReader(self._pack, self._inputs, row, self._book)

    def _because(self, rule: Rule, reader: RowReader, evidence: Evidences) -> Bilingual:
        def field(name: str, language: Language) -> str:
            return self._show(name, reader.field(name), language)

        return fill(rule.because, [item.quote for item in evidence], field)

    def _evidence(self, node: Expr, reader: RowReader) -> Evidences:
        """Quotations in the order of the condition, then of the text; a span is quoted once."""
        text = self._inputs.text(reader.row)
        found: dict[tuple[int, int], Evidence] = {}
        for textual in _supporting(node, reader):
            for item in sorted(_quotations(textual, reader, text), key=lambda item: (item.start, item.end)):
                found.setdefault((item.start, item.end), item)
        return tuple(found.values())


def explain(pack: Pack, inputs: Inputs, rule: Rule | str, row: int, vocabulary: Vocabulary | None = None) -> Explanation:
    """One rule on one row; for many rows make an `Explainer`."""
    return Explainer(pack, inputs, vocabulary).explain(rule, row)


def firings(pack: Pack, inputs: Inputs, hits: RuleHits, row: int, vocabulary: Vocabulary | None = None) -> list[Firing]:
    """The fired rules of one row; for many rows make an `Explainer`."""
    return Explainer(pack, inputs, vocabulary).firings(hits, row)


def _supporting(node: Expr, reader: RowReader) -> Iterator[Textual]:
    """The text operators that made a condition true: nothing under `not`, nothing on a branch that is not true."""
    match node:
        case Not():
            return
        case Name(name):
            condition = reader.pack.condition_by_name.get(name)
            if condition is not None:
                yield from _supporting(condition.expr, reader)
        case Has() | Near() | Count():
            yield node
        case And(items) | Or(items):
            for item in items:
                if reader.truth(item):
                    yield from _supporting(item, reader)
        case _:
            for child in children(node):
                if not isinstance(child, Operand):
                    yield from _supporting(child, reader)


def _quotations(node: Textual, reader: RowReader, text: str) -> Iterator[Evidence]:
    if isinstance(node, Has) and node.mode is Mode.NONE:
        return
    if isinstance(node, Near):
        left, right = reader.hits(node, node.left), reader.hits(node, node.right)
        pairs = near_pairs(left, right, node.within)
        yield from _quote(left, node.left, reader, text, {one for one, _ in pairs})
        yield from _quote(right, node.right, reader, text, {two for _, two in pairs})
        return
    for operand in node.lists:
        yield from _quote(reader.hits(node, operand), operand, reader, text)


def _quote(hits: Sorted, operand: Operand, reader: RowReader, text: str, chosen: set[int] | None = None) -> Iterator[Evidence]:
    name = operand.name if isinstance(operand, ListRef) else ""
    for index in range(len(hits.row)) if chosen is None else sorted(chosen):
        start, end = int(hits.start[index]), int(hits.end[index])
        word = reader.book.words[int(hits.term[index])]
        flags = (bool(hits.aggressive[index]), bool(hits.negated[index]), bool(hits.reported[index]))
        yield Evidence(text[start:end], start, end, word, name, *flags)


def _trace(node: Expr, reader: RowReader, *, boolean: bool = True) -> Trace:
    """The node and its parts; parts after the deciding one are marked, not computed."""
    value = reader.value(node)
    verdict = _VERDICTS[None if value is None else bool(value)] if boolean else Verdict.UNKNOWN if value is None else Verdict.VALUE
    return Trace(show(node, "zh"), show(node, "en"), verdict, value, tuple(_parts(node, reader)))


def _parts(node: Expr, reader: RowReader) -> Iterator[Trace]:
    match node:
        case And(items) | Or(items):
            decided, stop = False, isinstance(node, Or)
            for item in items:
                if decided:
                    yield Trace(show(item, "zh"), show(item, "en"), Verdict.SKIPPED)
                    continue
                yield _trace(item, reader)
                decided = reader.truth(item) is stop
        case Not(item):
            yield _trace(item, reader)
        case Name(name) if name in reader.pack.condition_by_name:
            yield _trace(reader.pack.condition_by_name[name].expr, reader)
        case Has() | Near() | Count() | Name():
            return
        case _:
            for child in children(node):
                if isinstance(child, Expr) and not isinstance(child, Literal):
                    yield _trace(child, reader, boolean=not _is_value(child))


def _is_value(node: Expr) -> bool:
    """Fields, calls and counts inside a comparison show their value, not a verdict."""
    return not isinstance(node, And | Or | Not | Has | Near)
