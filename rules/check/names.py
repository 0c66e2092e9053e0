"""Every field, function, list, rule, stream, relation and definition that is used exists."""

from collections.abc import Iterator
from dataclasses import replace

from rules.check.context import Context, near
from rules.check.wording import language_before
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Feature
from rules.nodes import And, Call, Count, Fires, Has, ListRef, Mode, Name, Node, Not, Or, Related, Span, Window
from rules.printer import show
from rules.words import KEYWORDS

_GLUED = tuple(KEYWORDS[key][1] for key in ("NOT", "AND", "OR", "TEXT"))


def names_are_known(context: Context) -> Iterator[Diagnostic]:
    """R010 names, R011 functions, R012 lists, R058 rules, with the nearest known name. A name whose own definition is broken is not reported."""
    for node in context.nodes():
        found = _of_history(node, context) if isinstance(node, Window | Related) else _unknown(node, context)
        if found is not None:
            yield found


def _of_history(node: Window | Related, context: Context) -> Diagnostic | None:
    """The first unknown name of a window or relation."""
    vocabulary = context.vocabulary
    stream = vocabulary.stream(node.stream) if isinstance(node, Window) else None
    if isinstance(node, Window) and stream is None:
        known, zh, en = vocabulary.stream_names, "没有这种历史记录", "no such events"
        return diagnose("R010", node.span, name=node.stream, **{**near(node.stream, known, zh, en), "fix": ""})
    if isinstance(node, Window) and stream and node.field and stream.field(node.field) is None:
        known, zh, en = tuple(name for item in stream.fields for name in (item.name, item.zh)), "没有这一列", "no such field"
        return diagnose("R010", node.span, name=f"{node.stream}.{node.field}", **{**near(node.field, known, zh, en), "fix": ""})
    if node.relation and vocabulary.relation(node.relation) is None:
        known, zh, en = vocabulary.relation_names, "没有这种关系", "no such relation"
        return diagnose("R010", node.span, name=node.relation, **{**near(node.relation, known, zh, en), "fix": ""})
    return None


def _unknown(node: Node, context: Context) -> Diagnostic | None:
    pack, vocabulary = context.pack, context.vocabulary
    match node:
        case Name(name) if pack.named(name) is None and name not in pack.broken and not vocabulary.field(name):
            return _name(node, context)
        case Call(name) if name in vocabulary.refused:
            why = vocabulary.refused[name]
            return diagnose("R011", _head(node), name=name, near_zh=why.zh, near_en=why.en)
        case Call(name) if not vocabulary.function(name):
            listed = ", ".join(f"`{item.name}`" for item in vocabulary.functions[:8]) or "none"
            zh, en = f"可用函数：{listed.replace(', ', '、')}", f"known functions: {listed}"
            return diagnose("R011", _head(node), name=name, **near(name, vocabulary.function_names, zh, en))
        case ListRef(name) if name not in pack.list_by_name and name not in pack.broken:
            hints = near(name, pack.list_by_name, "请用 `词表` 定义它", "define it with `list`")
            hints["fix"] = hints["fix"] and f"@{hints['fix']}"
            return diagnose("R012", node.span, name=name, **hints)
        case Fires(rule) if rule not in pack.rule_by_id and rule not in pack.broken:
            hints = near(rule, pack.rule_by_id, "请写规则的编号", "write the id of a rule")
            return diagnose("R058", node.span, name=rule, **{**hints, "fix": ""})
        case _:
            return None


def _head(node: Call) -> Span:
    """The place of a function's name alone."""
    span, size = node.span, len(node.name)
    return replace(span, end=span.start + size, end_line=span.line, end_column=span.column + size)


def _name(node: Name, context: Context) -> Diagnostic:
    name = node.name
    if name in context.pack.list_by_name:
        return _list_as_name(node, context)
    known = [*context.pack.condition_by_name, *context.pack.feature_by_name, *context.vocabulary.field_names]
    for word in _GLUED:
        if name.startswith(word) and len(name) > len(word):
            rest = name[len(word) :]
            hints = {"near_zh": f"`{word}` 之后要有空格", "near_en": f"put a space after `{word}`", "fix": f"{word} {rest}"}
            return diagnose("R010", node.span, name=name, **hints)
    zh, en = "既不是列，也不是条件或特征", "neither a field nor a condition or feature"
    return diagnose("R010", node.span, name=name, **near(name, known, zh, en))


def _list_as_name(node: Name, context: Context) -> Diagnostic:
    """A list where a condition or a value is wanted: what asks the text for its words, or counts them."""
    lists = (ListRef(node.name),)
    meant = Has(Mode.ANY, lists) if node.span in _yes_or_no(context) else Count(lists)
    said = {f"near_{language}": show(meant, language) for language in ("zh", "en")}
    hints = {"near_zh": f"这是词表，请写 `{said['near_zh']}`", "near_en": f"this is a list: write `{said['near_en']}`"}
    return diagnose("R010", node.span, name=node.name, **hints, fix=said[f"near_{language_before(context, node.span)}"])


def _yes_or_no(context: Context) -> set[Span]:
    """The places where a yes or no is wanted."""
    found = {expr.span for item, expr in context.expressions() if not isinstance(item, Feature)}
    for node in context.nodes():
        match node:
            case And(items) | Or(items):
                found |= {item.span for item in items}
            case Not(item):
                found.add(item.span)
            case _:
                pass
    return found
