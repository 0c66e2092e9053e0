"""Why a rule fired, or did not: the trace of its condition, the quoted evidence, the filled sentence.

Make one `Explainer` for a batch and ask it for many rows; hits and columns are then fetched once.
"""

from dataclasses import dataclass
from datetime import date

from rules.because import fill
from rules.evaluate import EvaluationError, RuleHits
from rules.evidence import Evidence, Evidences, evidence_of, evidence_of_fired
from rules.functions import Vocabulary, show_value, shower
from rules.inputs import Column, Inputs, Remembered
from rules.items import Basis, Bilingual, Rule, Severity
from rules.nodes import Name
from rules.pack import Pack
from rules.rowwise import RowReader
from rules.text_hits import HitBook
from rules.trace import Trace, Tracer, Verdict
from rules.typed import Types
from rules.words import Language

__all__ = ["Evidence", "Explainer", "Explanation", "Firing", "Trace", "Verdict", "explain", "firings"]


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
    """Explains rows of one batch. A vocabulary adds units and Chinese category names to quoted values; `as_of` is the day it was judged for."""

    def __init__(
        self, pack: Pack, inputs: Inputs, vocabulary: Vocabulary | None = None, as_of: date | None = None, book: HitBook | None = None
    ) -> None:
        """`book`: the hits of the batch, where they have been read already (`rules.evaluate.Batch.book`)."""
        self._pack = pack
        self._inputs = Remembered(inputs)
        self._vocabulary = vocabulary or Vocabulary()
        self._book = book or HitBook(pack, inputs)
        self._show = shower(vocabulary)
        self._types = Types(pack, self._vocabulary)
        self._as_of = as_of
        self._columns: dict[str, Column] = {}

    def explain(self, rule: Rule | str, row: int) -> Explanation:
        """The whole story of one rule on one row, fired or not. Raises KeyError for an unknown rule."""
        rule = self._pack.rule_by_id[rule] if isinstance(rule, str) else rule
        reader = self._reader(row)
        evidence = evidence_of(rule.when, reader)
        return Explanation(
            rule,
            row,
            reader.truth(rule.when),
            Tracer(reader, self._vocabulary, self._types).trace(rule.when),
            evidence,
            self._because(rule, reader, evidence),
        )

    def firings(self, hits: RuleHits, row: int) -> list[Firing]:
        """The rules that fired in a row, gravest first, each with its sentence and evidence."""
        rules = sorted(hits.fired_rules(row), key=lambda rule: -rule.severity.weight)
        reader = self._reader(row)
        return [self._firing(rule, reader) for rule in rules]

    def _firing(self, rule: Rule, reader: RowReader) -> Firing:
        evidence = evidence_of_fired(rule, reader)
        title = Bilingual(rule.title_zh, rule.title_en or rule.title_zh)
        return Firing(rule.id, rule.severity, title, self._because(rule, reader, evidence), evidence, rule.basis)

    def _reader(self, row: int) -> RowReader:
        if not 0 <= row < self._inputs.size:
            raise EvaluationError(f"no row {row} among {self._inputs.size}")
        return RowReader(self._pack, self._inputs, row, self._book, self._as_of, self._columns)

    def _because(self, rule: Rule, reader: RowReader, evidence: Evidences) -> Bilingual:
        def field(name: str, language: Language) -> str:
            if self._pack.named(name) is None:
                return self._show(name, reader.field(name), language)
            feature = self._types.of(Name(name))
            return show_value(reader.value(Name(name)), language, feature.type if feature else None)

        return fill(rule.because, [item.quote for item in evidence], field)


def explain(pack: Pack, inputs: Inputs, rule: Rule | str, row: int, vocabulary: Vocabulary | None = None) -> Explanation:
    """One rule on one row; for many rows make an `Explainer`."""
    return Explainer(pack, inputs, vocabulary).explain(rule, row)


def firings(pack: Pack, inputs: Inputs, hits: RuleHits, row: int, vocabulary: Vocabulary | None = None) -> list[Firing]:
    """The fired rules of one row; for many rows make an `Explainer`."""
    return Explainer(pack, inputs, vocabulary).firings(hits, row)
