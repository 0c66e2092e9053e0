"""What stands in braces in a `because` text can be filled."""

from collections.abc import Iterator

from rules.because import placeholders
from rules.check.context import Context, near
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Rule
from rules.nodes import Expr, Fires, Name, Node, Textual, walk


def placeholders_can_be_filled(context: Context) -> Iterator[Diagnostic]:
    """R013: `{hit}` and `{hits}` where the rule reads the text, else names of fields or features."""
    for rule in context.pack.rules:
        for name in dict.fromkeys(placeholders(rule.because.zh) + placeholders(rule.because.en)):
            yield from _placeholder(rule, name, context)


def _placeholder(rule: Rule, name: str, context: Context) -> Iterator[Diagnostic]:
    place = rule.where("BECAUSE")
    if name in ("hit", "hits"):
        if not _reads_text(rule.when, context):
            zh, en = "此规则不看文本，没有可引用的原文", "this rule does not read the text, so there is nothing to quote"
            yield diagnose("R013", place, name=name, near_zh=zh, near_en=en)
    elif context.vocabulary.field(name) is None and name not in context.pack.feature_by_name and name not in context.pack.broken:
        zh, en = "可用 `{hit}`、`{hits}`、列名或特征", "use `{hit}`, `{hits}`, a field or a feature"
        hints = near(name, ["hit", "hits", *context.pack.feature_by_name, *context.vocabulary.field_names], zh, en)
        yield diagnose("R013", place, name=name, **{**hints, "fix": ""})


def _reads_text(expr: Expr, context: Context) -> bool:
    """Whether the expression, or a definition it builds on, has a text operator; one that could not be read counts as such."""
    pack = context.pack
    waiting, seen = [expr], set[Node]()
    while waiting:
        for node in walk(waiting.pop()):
            if isinstance(node, Textual) or (isinstance(node, Name) and node.name in pack.broken):
                return True
            if isinstance(node, Name | Fires) and node not in seen:
                seen.add(node)
                definition = pack.named(node.name) if isinstance(node, Name) else None
                rule = pack.rule_by_id.get(node.rule) if isinstance(node, Fires) else None
                waiting += [item for item in (definition.expr if definition else None, rule.when if rule else None) if item is not None]
    return False
