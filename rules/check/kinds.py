"""Kinds fit: conditions are yes or no, comparisons are between like kinds and units, functions get what they ask for."""

from collections.abc import Iterable, Iterator

from rules.check.context import Context, near
from rules.diagnostics import Diagnostic, diagnose
from rules.functions import Function
from rules.kinds import SUFFIXES, Kind, Type
from rules.nodes import (
    And,
    Between,
    Call,
    Compare,
    Count,
    Day,
    Expr,
    Flag,
    Has,
    InSet,
    Known,
    Literal,
    Name,
    Near,
    Not,
    Number,
    Or,
    Otherwise,
    Text,
)

_FLAG, _TEXT, _DATE, _NUMBER = Type(Kind.FLAG), Type(Kind.TEXT), Type(Kind.DATE), Type(Kind.NUMBER)
_WORDS = {Kind.TEXT, Kind.CATEGORY}


def kinds_fit(context: Context) -> Iterator[Diagnostic]:
    """R018 and R020 to R025."""
    for _, expr in context.expressions():
        yield from _condition(expr, context)


def type_of(node: Expr, context: Context) -> Type | None:
    """The type of an expression; None when a name in it is unknown, which is reported elsewhere."""
    match node:
        case Number():
            return node.type
        case Text():
            return _TEXT
        case Day():
            return _DATE
        case Count():
            return _NUMBER
        case Name(name):
            if name in context.pack.condition_by_name:
                return _FLAG
            field = context.vocabulary.field(name)
            return field.type if field else None
        case Call(name):
            function = context.vocabulary.function(name)
            return function.result if function else None
        case Otherwise(subject):
            return type_of(subject, context)
        case Flag() | Compare() | Between() | InSet() | Known() | Has() | Near() | Not() | And() | Or():
            return _FLAG


def _condition(node: Expr, context: Context) -> Iterator[Diagnostic]:
    """The node must be a yes or no."""
    kind = type_of(node, context)
    if kind is not None and kind.kind is not Kind.FLAG:
        yield diagnose("R020", node.span, found_zh=kind.zh, found_en=kind)
    yield from _inside(node, context)


def _inside(node: Expr, context: Context) -> Iterator[Diagnostic]:
    match node:
        case And(items) | Or(items):
            for item in items:
                yield from _condition(item, context)
        case Not(item):
            yield from _condition(item, context)
        case Compare(op, left, right):
            yield from _compared(op, left, right, context)
        case Between(subject, low, high):
            yield from _compared(">=", subject, low, context)
            yield from _compared("<=", subject, high, context, again=True)
        case InSet(subject, values):
            yield from _inside(subject, context)
            for value in values:
                yield from _pair("=", subject, value, context)
        case Otherwise(subject, default):
            yield from _inside(subject, context)
            yield from _pair("=", subject, default, context)
        case Known(subject):
            yield from _inside(subject, context)
        case Call():
            yield from _call(node, context)
        case _:
            return


def _compared(op: str, left: Expr, right: Expr, context: Context, *, again: bool = False) -> Iterator[Diagnostic]:
    if not again:
        yield from _inside(left, context)
    yield from _inside(right, context)
    yield from _pair(op, left, right, context)


def _pair(op: str, left: Expr, right: Expr, context: Context) -> Iterator[Diagnostic]:
    """Two values meet: like kinds, like units, an order where one is asked for, a category value that exists."""
    one, two = type_of(left, context), type_of(right, context)
    if one is None or two is None:
        return
    kinds = {one.kind, two.kind}
    said = {"left_zh": one.zh, "left_en": str(one), "right_zh": two.zh, "right_en": str(two)}
    if len(kinds) > 1 and kinds != _WORDS:
        yield diagnose("R021", right.span, **said)
    elif one.kind is Kind.NUMBER and one.unit is not two.unit and not _zero(left) and not _zero(right):
        yield diagnose("R022", right.span, fix=_with_unit(left, right, one, two), **said)
    elif op not in ("=", "!=") and one.kind not in (Kind.NUMBER, Kind.DATE):
        yield diagnose("R023", right.span, op=op, **said)
    else:
        yield from _category(left, right, context)
        yield from _category(right, left, context)


def _zero(node: Expr) -> bool:
    return isinstance(node, Number) and node.amount == "0"


def _with_unit(left: Expr, right: Expr, one: Type, two: Type) -> str:
    """How the number should have been written: with the unit of the other side."""
    for node, other in ((right, one), (left, two)):
        if isinstance(node, Number):
            return node.amount + next(item.zh for item in SUFFIXES if item.unit is other.unit)
    return ""


def _category(subject: Expr, value: Expr, context: Context) -> Iterator[Diagnostic]:
    """A text that is compared with a category is one of its values."""
    subject = subject.subject if isinstance(subject, Otherwise) else subject
    if not isinstance(value, Text) or not isinstance(subject, Name | Call):
        return
    source = context.vocabulary.field(subject.name) if isinstance(subject, Name) else context.vocabulary.function(subject.name)
    known = [name for name, _ in source.values] if source else []
    if known and value.value not in known:
        chinese = {zh: name for name, zh in source.values} if source else {}
        yield diagnose("R018", value.span, name=subject.name, value=value.value, **_quoted(value.value, known, chinese))


def _quoted(value: str, known: list[str], chinese: dict[str, str]) -> dict[str, str]:
    listed = ", ".join(f'"{item}"' for item in known[:12])
    hints = near(chinese.get(value, value), known, f"可用：{listed.replace(', ', '、')}", f"one of {listed}")
    hints["fix"] = hints["fix"] and f'"{hints["fix"]}"'
    return hints


def _call(node: Call, context: Context) -> Iterator[Diagnostic]:
    function = context.vocabulary.function(node.name)
    for argument in node.args:
        yield from _inside(argument, context)
    if function is None:
        return
    if len(function.params) != len(node.args):
        yield diagnose("R024", node.span, name=node.name, wanted=len(function.params), size=len(node.args))
        return
    yield from _arguments(function, node.args, context)


def _arguments(function: Function, args: Iterable[Literal | Name | Call], context: Context) -> Iterator[Diagnostic]:
    for position, (parameter, argument) in enumerate(zip(function.params, args, strict=True), 1):
        given = type_of(argument, context)
        words = given is not None and {given.kind, parameter.type.kind} == _WORDS
        if given is not None and given != parameter.type and not words:
            wanted = parameter.type
            said = {"left_zh": wanted.zh, "left_en": str(wanted), "right_zh": given.zh, "right_en": str(given)}
            both = wanted.kind is given.kind is Kind.NUMBER
            fix = _with_unit(argument, argument, wanted, wanted) if both else ""
            yield diagnose("R025", argument.span, fix=fix, name=function.name, position=position, **said)
        elif parameter.values and isinstance(argument, Text) and argument.value not in parameter.values:
            hints = _quoted(argument.value, list(parameter.values), {})
            yield diagnose("R018", argument.span, name=parameter.name, value=argument.value, **hints)
