"""Kinds fit: conditions are yes or no, comparisons are between like kinds and units, functions get what they ask for."""

from collections.abc import Iterable, Iterator

from rules.check.context import Context, near
from rules.diagnostics import Diagnostic, diagnose
from rules.functions import Function
from rules.items import Feature, Row
from rules.kinds import SUFFIXES, Kind, Type
from rules.limits import MAX_CHAIN
from rules.nodes import (
    Aggregate,
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Contains,
    Expr,
    InList,
    InSet,
    Known,
    Literal,
    Name,
    Not,
    Number,
    Or,
    Otherwise,
    Text,
    Window,
)
from rules.typed import is_zero
from rules.words import KEYWORDS

_WORDS = {Kind.TEXT, Kind.CATEGORY}
_ORDERED = (Kind.NUMBER, Kind.DATE)
_NUMERIC = (Aggregate.SUM, Aggregate.MEAN, Aggregate.MAX, Aggregate.MIN)


def kinds_fit(context: Context) -> Iterator[Diagnostic]:
    """R018, R020 to R025, R048 to R052, R054, R055 and R057."""
    for item, expr in context.expressions():
        if isinstance(item, Feature):
            yield from _value(item, context)
        else:
            yield from _condition(expr, context)
    for rule in context.pack.rules:
        for example in (*rule.hits, *rule.misses):
            if isinstance(example, Row):
                yield from _cells(example, context)


def type_of(node: Expr, context: Context) -> tuple[Type, bool] | None:
    """The type of an expression, and whether it may be unknown; None when a name in it is unknown, which is reported elsewhere."""
    found = context.types.of(node)
    return (found.type, found.maybe) if found else None


def _type(node: Expr, context: Context) -> Type | None:
    found = context.types.of(node)
    return found.type if found else None


def _value(item: Feature, context: Context) -> Iterator[Diagnostic]:
    """A feature is anything but a yes or no."""
    kind = _type(item.expr, context)
    if kind is not None and kind.kind is Kind.FLAG:
        yield diagnose("R049", item.span, name=item.name)
    yield from _inside(item.expr, context)


def _cells(row: Row, context: Context) -> Iterator[Diagnostic]:
    """What an example gives a column is of the column's kind and unit; one text is no set of texts."""
    for name, value in row.items:
        field = context.vocabulary.field(name)
        if field is None or value is None:
            continue
        if isinstance(value, tuple) or field.type.kind is Kind.SET:
            given = Type(Kind.SET) if isinstance(value, tuple) else _type(value, context)
            if given and given != field.type:
                yield diagnose("R021", row.span if isinstance(value, tuple) else value.span, **_said(field.type, given))
            for item in value if isinstance(value, tuple) else ():
                yield from _category(Name(name), item, context)
        else:
            yield from _pair("=", Name(name), value, context)


def _condition(node: Expr, context: Context) -> Iterator[Diagnostic]:
    """The node must be a yes or no."""
    kind = _type(node, context)
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
        case InList():
            yield from _looked_up(node, context)
        case Contains():
            yield from _contained(node, context)
        case Otherwise(subject, default):
            yield from _inside(subject, context)
            yield from _pair("=", subject, default, context)
            yield from _never_unknown(node, subject, "OTHERWISE", context)
        case Known(subject, known):
            yield from _inside(subject, context)
            yield from _never_unknown(node, subject, "IS_KNOWN" if known else "IS_UNKNOWN", context)
        case Arithmetic():
            yield from _calculated(node, context)
        case Window():
            yield from _window(node, context)
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
    one, two = _type(left, context), _type(right, context)
    if one is None or two is None:
        return
    kinds = {one.kind, two.kind}
    said = _said(one, two)
    if len(kinds) > 1 and kinds != _WORDS:
        yield diagnose("R021", right.span, **said)
    elif one.kind is Kind.NUMBER and one.unit is not two.unit and not is_zero(left) and not is_zero(right):
        yield diagnose("R022", right.span, fix=_with_unit(left, right, one, two), **said)
    elif op not in ("=", "!=") and one.kind not in _ORDERED:
        yield diagnose("R023", right.span, op=op, **said)
    else:
        yield from _category(left, right, context)
        yield from _category(right, left, context)


def _said(one: Type, two: Type) -> dict[str, str]:
    return {"left_zh": one.zh, "left_en": str(one), "right_zh": two.zh, "right_en": str(two)}


def _never_unknown(node: Expr, subject: Expr, keyword: str, context: Context) -> Iterator[Diagnostic]:
    """Nothing is gained by asking whether a text operator, a literal or a count is known."""
    found = context.types.of(subject)
    if found is not None and not found.maybe:
        en, zh = KEYWORDS[keyword]
        yield diagnose("R048", node.span, word_zh=zh, word_en=en)


def _looked_up(node: InList, context: Context) -> Iterator[Diagnostic]:
    """Words are looked up in a list."""
    yield from _inside(node.subject, context)
    kind = _type(node.subject, context)
    if kind is not None and kind.kind not in _WORDS:
        yield diagnose("R051", node.subject.span, found_zh=kind.zh, found_en=kind)


def _contained(node: Contains, context: Context) -> Iterator[Diagnostic]:
    """A set contains words, and such as it may have."""
    yield from _inside(node.subject, context)
    kind = _type(node.subject, context)
    for value in node.values:
        given = _type(value, context)
        if kind is not None and given is not None and (kind.kind is not Kind.SET or given.kind is not Kind.TEXT):
            yield diagnose("R052", value.span, **_said(kind, given))
        else:
            yield from _category(node.subject, value, context)


def _calculated(node: Arithmetic, context: Context) -> Iterator[Diagnostic]:
    """Numbers of units that go together, and dates with days."""
    yield from _inside(node.left, context)
    yield from _inside(node.right, context)
    one, two = _type(node.left, context), _type(node.right, context)
    if one is None or two is None or context.types.of(node) is not None:
        return
    if one.kind is two.kind is Kind.NUMBER and node.op in "+-":
        yield diagnose("R022", node.right.span, fix=_with_unit(node.left, node.right, one, two), **_said(one, two))
    else:
        yield diagnose("R050", node.span, op=node.op, **_said(one, two))


def _window(node: Window, context: Context) -> Iterator[Diagnostic]:
    """An aggregate has the field it needs, and no other; a change has a window."""
    stream = context.vocabulary.stream(node.stream)
    en, zh = KEYWORDS[node.aggregate.upper()]
    said = {"word_zh": zh, "word_en": en, "name": node.stream}
    numeric = node.aggregate in _NUMERIC
    if numeric or node.aggregate is Aggregate.DISTINCT:
        field = stream.field(node.field) if stream else None
        if stream and (not node.field or (field and numeric and field.type.kind is not Kind.NUMBER)):
            fits = [f"{node.stream}.{item.name}" for item in stream.fields if not numeric or item.type.kind is Kind.NUMBER]
            what = {"what_zh": "数值列", "what_en": "number"} if numeric else {"what_zh": "列", "what_en": "field"}
            zh, en = ("写作 " + "、".join(fits), "such as " + ", ".join(fits)) if fits else ("它没有这样的列", "it has none")
            yield diagnose("R054", node.span, **said, **what, near_zh=zh, near_en=en)
    elif node.field:
        yield diagnose("R055", node.span, **said)
    if node.aggregate is Aggregate.CHANGE and node.days is None:
        yield diagnose("R057", node.span)


def _with_unit(left: Expr, right: Expr, one: Type, two: Type) -> str:
    """How the number should have been written: with the unit of the other side."""
    for node, other in ((right, one), (left, two)):
        if isinstance(node, Number):
            return node.amount + next(item.zh for item in SUFFIXES if item.unit is other.unit)
    return ""


def _category(subject: Expr, value: Expr, context: Context) -> Iterator[Diagnostic]:
    """A text that is compared with a category, or looked for in a set, is one of its values."""
    subject = _named_by(subject, context)
    if not isinstance(value, Text) or not isinstance(subject, Name | Call):
        return
    source = context.vocabulary.field(subject.name) if isinstance(subject, Name) else context.vocabulary.function(subject.name)
    known = [name for name, _ in source.values] if source else []
    if known and value.value not in known:
        chinese = {zh: name for name, zh in source.values} if source else {}
        yield diagnose("R018", value.span, name=subject.name, value=value.value, **_quoted(value.value, known, chinese))


def _named_by(node: Expr, context: Context) -> Expr:
    """What a value comes from: defaults and named features opened, as far as that is safe."""
    for _ in range(MAX_CHAIN):
        if isinstance(node, Otherwise):
            node = node.subject
        elif isinstance(node, Name) and node.name in context.pack.feature_by_name and node.name not in context.pack.condition_by_name:
            node = context.pack.feature_by_name[node.name].expr
    return node


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
        given = _type(argument, context)
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
