"""A name is given once."""

from collections.abc import Iterator, Sequence

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Condition, Rule, WordList
from rules.nodes import Span


def names_are_given_once(context: Context) -> Iterator[Diagnostic]:
    """R041 lists, conditions and rules defined twice; R047 conditions that hide a field."""
    pack = context.pack
    kinds: tuple[tuple[str, str, Sequence[WordList | Condition | Rule]], ...] = (
        ("词表", "list", pack.lists),
        ("条件", "condition", pack.conditions),
        ("规则", "rule", pack.rules),
    )
    for zh, en, items in kinds:
        first: dict[str, Span] = {}
        for item in items:
            name = item.id if isinstance(item, Rule) else item.name
            earlier = first.setdefault(name, item.span)
            if earlier is not item.span:
                yield diagnose("R041", item.span, what_zh=zh, what_en=en, name=name, place=f"{earlier.file}:{earlier.line}")
    for condition in pack.conditions:
        if context.vocabulary.field(condition.name):
            yield diagnose("R047", condition.span, name=condition.name)
