"""A rule's own examples, run: its hits must fire it, its misses must not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rules.evaluate import evaluate
from rules.inputs import Inputs
from rules.items import Example, Plain, Row, Rule
from rules.nodes import Span
from rules.pack import Pack
from rules.words import Language

MakeInputs = Callable[[Sequence[str] | Sequence[dict[str, Plain]]], Inputs]


@dataclass(frozen=True, slots=True)
class ExampleFailure:
    """An example that does not do what it promises; `outcome` is 1, 0 or -1."""

    rule: str
    expected: bool
    outcome: int
    example: Example

    @property
    def span(self) -> Span:
        return self.example.span

    def text(self, language: Language = "zh") -> str:
        """The failure in words."""
        shown = self.example.value if not isinstance(self.example, Row) else repr(self.example.as_dict())
        place = f"{self.span.file}:{self.span.line}"
        if language == "zh":
            said = {1: "命中", 0: "未命中", -1: "无法判断"}[self.outcome]
            return f"{place}: 规则 `{self.rule}` 应{'命中' if self.expected else '不命中'}，实际{said}：{shown}"
        said = {1: "fires", 0: "does not fire", -1: "is unknown"}[self.outcome]
        return f"{place}: rule `{self.rule}` should {'fire' if self.expected else 'not fire'} but {said}: {shown}"


def run_examples(pack: Pack, make_inputs: MakeInputs) -> list[ExampleFailure]:
    """Every example of every rule, in two batches: texts, and rows of columns. Validity dates are not asked."""
    cases = [
        (rule, expected, item) for rule in pack.rules for expected, items in ((True, rule.hits), (False, rule.misses)) for item in items
    ]
    failures: list[ExampleFailure] = []
    for is_row in (False, True):
        chosen = [case for case in cases if isinstance(case[2], Row) is is_row]
        if chosen:
            failures += _run(pack, chosen, make_inputs)
    return failures


def _run(pack: Pack, cases: list[tuple[Rule, bool, Example]], make_inputs: MakeInputs) -> list[ExampleFailure]:
    data: list[Any] = [item.as_dict() if isinstance(item, Row) else item.value for _, _, item in cases]
    hits = evaluate(pack, make_inputs(data))
    failures = []
    for row, (rule, expected, item) in enumerate(cases):
        outcome = int(hits.outcome[row, hits.ids.index(rule.id)])
        if (outcome == 1) is not expected:
            failures.append(ExampleFailure(rule.id, expected, outcome, item))
    return failures
