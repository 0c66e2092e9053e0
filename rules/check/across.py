"""Between packs: a list name and a rule id mean one thing, so that a hit or an alert names its origin."""

from collections.abc import Iterator, Sequence

from rules.diagnostics import Diagnostic, diagnose
from rules.items import Rule, WordList
from rules.pack import Pack


def names_mean_one_thing(packs: Sequence[Pack]) -> Iterator[Diagnostic]:
    """R046: lists of one name differ between packs, or a rule id is used in two."""
    lists: dict[str, tuple[str, WordList]] = {}
    rules: dict[str, tuple[str, Rule]] = {}
    for pack in packs:
        for item in pack.lists:
            owner, other = lists.setdefault(item.name, (pack.name, item))
            if other != item and owner != pack.name:
                yield diagnose("R046", item.span, what_zh="词表", what_en="list", name=item.name, pack=owner)
        for rule in pack.rules:
            owner, _ = rules.setdefault(rule.id, (pack.name, rule))
            if owner != pack.name:
                yield diagnose("R046", rule.span, what_zh="规则", what_en="rule", name=rule.id, pack=owner)
