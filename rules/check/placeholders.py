"""What stands in braces in a `because` text can be filled."""

from collections.abc import Iterator

from rules.because import placeholders
from rules.check.context import Context, near
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Rule
from rules.nodes import Expr, Name, Textual, walk


def placeholders_can_be_filled(context: Context) -> Iterator[Diagnostic]:
    """R013: `{hit}` and `{hits}` where the rule reads the text, else names of fields."""
    for rule in context.pack.rules:
        for name in dict.fromkeys(placeholders(rule.because.zh) + placeholders(rule.because.en)):
            yield from _placeholder(rule, name, context)


def _placeholder(rule: Rule, name: str, context: Context) -> Iterator[Diagnostic]:
    place = rule.where("BECAUSE")
    if name in ("hit", "hits"):
        if not _reads_text(rule.when, context, frozenset()):
            zh, en = "此规则不看文本，没有可引用的原文", "this rule does not read the text, so there is nothing to quote"
            yield diagnose("R013", place, name=name, near_zh=zh, near_en=en)
    elif context.vocabulary.field(name) is None:
        zh, en = "可用 `{hit}`、`{hits}` 或列名", "use `{hit}`, `{hits}` or a field"
        hints = near(name, ["hit", "hits", *context.vocabulary.field_names], zh, en)
        yield diagnose("R013", place, name=name, **{**hints, "fix": ""})


def _reads_text(expr: Expr, context: Context, seen: frozenset[str]) -> bool:
    """Whether the expression, or a condition it uses, has a text operator; unreadable conditions count as one."""
    for node in walk(expr):
        if isinstance(node, Textual):
            return True
        if isinstance(node, Name) and node.name not in seen:
            condition = context.pack.condition_by_name.get(node.name)
            if node.name in context.pack.broken or (condition and _reads_text(condition.expr, context, seen | {node.name})):
                return True
    return False
