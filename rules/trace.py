"""How a condition came out, part by part: which parts held, which did not, which could no longer matter."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from rules.functions import Vocabulary, show_value
from rules.items import Plain
from rules.kinds import Kind
from rules.nodes import (
    NOWHERE,
    And,
    Arithmetic,
    Between,
    Compare,
    Expr,
    Fires,
    Literal,
    Name,
    Not,
    Or,
    Span,
    Textual,
    children,
)
from rules.printer import show
from rules.rowwise import RowReader, compare
from rules.translate import translate
from rules.typed import Types
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
    """One sub-expression: its text in both languages, what became of it, its value (`said`: in words, with its unit), its parts, its place."""

    zh: str
    en: str
    verdict: Verdict
    value: Plain = None
    parts: tuple["Trace", ...] = ()
    said_zh: str = ""
    said_en: str = ""
    span: Span = field(default=NOWHERE, compare=False, repr=False)


class Tracer:
    """Traces conditions on one row; columns and functions are named in the language of each text."""

    def __init__(self, reader: RowReader, vocabulary: Vocabulary, types: Types | None = None) -> None:
        self._reader = reader
        self._vocabulary = vocabulary
        self._types = types or Types(reader.pack, vocabulary)

    def trace(self, node: Expr) -> Trace:
        """The node and its parts; parts that can no longer matter are marked, not computed."""
        value = self._reader.value(node)
        verdict = Verdict.UNKNOWN if value is None else Verdict.VALUE
        if self._is_condition(node, value):
            verdict = _VERDICTS[None if value is None else bool(value)]
        return self._told(node, verdict, value, tuple(self._parts(node)))

    def _is_condition(self, node: Expr, value: Plain) -> bool:
        found = self._types.of(node)
        return found.type.kind is Kind.FLAG if found else isinstance(value, bool)

    def _told(self, node: Expr, verdict: Verdict, value: Plain = None, parts: tuple[Trace, ...] = ()) -> Trace:
        zh, en = (show(translate(node, self._vocabulary, "zh"), "zh"), show(translate(node, self._vocabulary, "en"), "en"))
        if verdict is Verdict.SKIPPED:
            return Trace(zh, en, verdict, span=node.span)
        return Trace(zh, en, verdict, value, parts, self._said(node, value, "zh"), self._said(node, value, "en"), node.span)

    def _said(self, node: Expr, value: Plain, language: Language) -> str:
        named = self._vocabulary.field(node.name) if isinstance(node, Name) and self._reader.pack.named(node.name) is None else None
        if named is not None:
            return named.show(value, language)
        found = self._types.of(node)
        return show_value(value, language, found.type if found else None)

    def _parts(self, node: Expr) -> Iterator[Trace]:
        match node:
            case And(items) | Or(items):
                yield from self._until(items, decisive=isinstance(node, Or))
            case Not(item):
                yield self.trace(item)
            case Name(name) if (definition := self._reader.pack.named(name)) is not None:
                yield self.trace(definition.expr)
            case Fires(rule_id):
                rule = self._reader.pack.rule_by_id[rule_id]
                yield self.trace(rule.when) if rule.in_force(self._reader.as_of) else self._told(rule.when, Verdict.SKIPPED)
            case _ if isinstance(node, Textual | Name):
                return
            case Compare(_, left, right) | Arithmetic(_, left, right):
                yield from self._part(left)
                yield from self._part(right, skipped=self._reader.value(left) is None)
            case Between(subject, low, high):
                value = self._reader.value(subject)
                below = value is None or compare(">=", value, self._reader.value(low)) is False
                yield from self._part(subject)
                yield from self._part(low, skipped=value is None)
                yield from self._part(high, skipped=below)
            case _:
                for child in children(node):
                    if isinstance(child, Expr):
                        yield from self._part(child)

    def _part(self, node: Expr, *, skipped: bool = False) -> Iterator[Trace]:
        """A part that is not a literal: those say their value themselves."""
        if not isinstance(node, Literal):
            yield self._told(node, Verdict.SKIPPED) if skipped else self.trace(node)

    def _until(self, items: tuple[Expr, ...], *, decisive: bool) -> Iterator[Trace]:
        """Items up to the first that decides; the rest are skipped."""
        decided = False
        for item in items:
            if decided:
                yield self._told(item, Verdict.SKIPPED)
            else:
                yield self.trace(item)
                decided = self._reader.truth(item) is decisive
