"""A name is given once."""

from collections.abc import Iterator, Sequence

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Condition, Definition, Feature, Rule, WordList
from rules.nodes import Span

_KINDS = {WordList: ("词表", "list"), Condition: ("条件", "condition"), Feature: ("特征", "feature"), Rule: ("规则", "rule")}


def names_are_given_once(context: Context) -> Iterator[Diagnostic]:
    """R041 lists, rules and named conditions or features defined twice; R047 those that hide a field."""
    pack = context.pack
    namespaces: tuple[Sequence[WordList | Definition | Rule], ...] = (pack.lists, pack.definitions, pack.rules)
    for items in namespaces:
        first: dict[str, Span] = {}
        for item in items:
            name = item.id if isinstance(item, Rule) else item.name
            earlier = first.setdefault(name, item.span)
            if earlier is not item.span:
                yield diagnose("R041", item.span, **_what(item), name=name, place=f"{earlier.file}:{earlier.line}")
    for definition in pack.definitions:
        if context.vocabulary.field(definition.name):
            yield diagnose("R047", definition.span, **_what(definition), name=definition.name)


def _what(item: WordList | Definition | Rule) -> dict[str, str]:
    zh, en = _KINDS[type(item)]
    return {"what_zh": zh, "what_en": en}
