"""How a condition came out, part by part: which parts held, which did not, which could no longer matter."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.functions import Vocabulary
from rules.items import Plain
from rules.nodes import And, Count, Expr, Has, Literal, Name, Near, Not, Or, children
from rules.printer import show
from rules.rowwise import RowReader
from rules.translate import translate


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


class Tracer:
    """Traces conditions on one row; columns and functions are named in the language of each text."""

    def __init__(self, reader: RowReader, vocabulary: Vocabulary) -> None:
        self._reader = reader
        self._vocabulary = vocabulary

    def trace(self, node: Expr, *, boolean: bool = True) -> Trace:
        """The node and its parts; parts after the deciding one are marked, not computed."""
        value = self._reader.value(node)
        verdict = _VERDICTS[None if value is None else bool(value)] if boolean else Verdict.UNKNOWN if value is None else Verdict.VALUE
        return self._said(node, verdict, value, tuple(self._parts(node)))

    def _said(self, node: Expr, verdict: Verdict, value: Plain = None, parts: tuple[Trace, ...] = ()) -> Trace:
        zh, en = (show(translate(node, self._vocabulary, "zh"), "zh"), show(translate(node, self._vocabulary, "en"), "en"))
        return Trace(zh, en, verdict, value, parts)

    def _parts(self, node: Expr) -> Iterator[Trace]:
        conditions = self._reader.pack.condition_by_name
        match node:
            case And(items) | Or(items):
                yield from self._until(items, decisive=isinstance(node, Or))
            case Not(item):
                yield self.trace(item)
            case Name(name) if name in conditions:
                yield self.trace(conditions[name].expr)
            case Has() | Near() | Count() | Name():
                return
            case _:
                for child in children(node):
                    if isinstance(child, Expr) and not isinstance(child, Literal):
                        yield self.trace(child, boolean=isinstance(child, And | Or | Not | Has | Near))

    def _until(self, items: tuple[Expr, ...], *, decisive: bool) -> Iterator[Trace]:
        """Items up to the first that decides; the rest are skipped."""
        decided = False
        for item in items:
            if decided:
                yield self._said(item, Verdict.SKIPPED)
            else:
                yield self.trace(item)
                decided = self._reader.truth(item) is decisive
