"""The one way a tree is written, in either language: `parse(print(tree)) == tree`.

>>> from rules.nodes import And, Name, Not
>>> show(And((Name("a"), Not(Name("b")))), "zh")
'a 且 非 b'
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from rules.items import FLOORS, LENSES, Basis, Bilingual, Condition, Example, Feature, Given, Row, Rule, WordList
from rules.kinds import suffix_named
from rules.nodes import (
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Contains,
    Count,
    Day,
    Edge,
    Expr,
    Fires,
    Flag,
    Has,
    InList,
    InSet,
    Known,
    ListRef,
    Literal,
    Matches,
    Mode,
    Name,
    Near,
    Node,
    Not,
    Number,
    Operand,
    Or,
    Otherwise,
    Related,
    SameSentence,
    Side,
    Term,
    Text,
    Textual,
    Window,
)
from rules.words import KEYWORDS, QUALIFIERS, Language, word

_OR, _AND, _NOT, _PREDICATE, _OPERAND, _PRODUCT, _FACTOR, _PRIMARY = range(
    1, 9
)  # "and" inside "or" is bracketed all the same: it reads better
_YEAR = 365
_WIDTH = 100
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quote(text: str) -> str:
    """A text in double quotes; what cannot be seen is written as an escape.

    >>> print(quote('a "b" \u200b'))
    "a \\"b\\" \\u200b"
    """
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'  # nearly every word of a list: packs are printed whenever their version is asked for
    return '"' + "".join(map(_escape, text)) + '"'


def _escape(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    hidden = letter <= "\uffff" and unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp")
    return f"\\u{ord(letter):04x}" if hidden else letter


def show(node: Node, language: Language = "en") -> str:
    """An expression on one line."""
    return _show(node, language, _OR)


def _show(node: Node, language: Language, level: int) -> str:
    own, text = _parts(node, language)
    return f"({text})" if own < level else text


def _parts(node: Node, language: Language) -> tuple[int, str]:
    """The binding strength of a node and its text."""

    def w(key: str) -> str:
        return word(key, language)

    def operand(child: Expr) -> str:
        return _show(child, language, _OPERAND)

    match node:
        case Or(items):
            return _OR, f" {w('OR')} ".join(_show(item, language, _NOT) for item in items)
        case And(items):
            return _AND, f" {w('AND')} ".join(_show(item, language, _NOT) for item in items)
        case Not(item):
            return _NOT, f"{w('NOT')} {_show(item, language, _NOT)}"
        case Compare(op, left, right):
            return _PREDICATE, f"{operand(left)} {op} {operand(right)}"
        case Between(subject, low, high):
            return _PREDICATE, f"{operand(subject)} {w('BETWEEN')} {operand(low)} {w('BETWEEN_AND')} {operand(high)}"
        case InSet(subject, values):
            return _PREDICATE, f"{operand(subject)} {w('IN')} {_values(values, language)}"
        case InList(subject, name):
            return _PREDICATE, f"{operand(subject)} {w('IN')} {_list(name)}"
        case Contains(subject, Mode.ANY, (value,)):
            return _PREDICATE, f"{operand(subject)} {w('CONTAINS')} {_literal(value, language)}"
        case Contains(subject, mode, values):
            return _PREDICATE, f"{operand(subject)} {w(f'CONTAINS_{mode.upper()}')} {_values(values, language)}"
        case Known(subject, known):
            return _PREDICATE, f"{operand(subject)} {w('IS_KNOWN' if known else 'IS_UNKNOWN')}"
        case Count():
            return _PRIMARY, _textual(node, language)
        case Has() | Near() | SameSentence() | Edge() | Matches():
            return _PREDICATE, _textual(node, language)
        case Arithmetic(op, left, right):
            own = _OPERAND if op in "+-" else _PRODUCT
            return own, f"{_show(left, language, own)} {op} {_show(right, language, own + 1)}"
        case Window():
            return _PRIMARY, _window(node, language)
        case Related(relation):
            return _PRIMARY, f"{w('RELATED')} {relation}"
        case Fires(rule):
            return _PRIMARY, f"{w('FIRES')}({rule})"
        case Otherwise(subject, default):
            return _FACTOR, f"{_show(subject, language, _PRIMARY)} {w('OTHERWISE')} {_literal(default, language)}"
        case Name(name):
            return _PRIMARY, name
        case Call(name, args):
            return _PRIMARY, f"{name}({', '.join(operand(argument) for argument in args)})"
        case ListRef() | Term():
            return _PRIMARY, _list(node)
        case _:
            return _PRIMARY, _literal(node, language)


def _literal(node: Literal, language: Language) -> str:
    match node:
        case Number(amount, suffix):
            return amount + (suffix if language == "zh" else suffix_named(suffix).en)
        case Text(value):
            return quote(value)
        case Flag(value):
            return word("TRUE" if value else "FALSE", language)
        case Day(value):
            return value.isoformat()


def _list(node: Operand) -> str:
    return f"@{node.name}" if isinstance(node, ListRef) else quote(node.text)


def _textual(node: Textual, language: Language) -> str:
    """A text operator with its qualifiers."""

    def w(key: str) -> str:
        return word(key, language)

    match node:
        case Has(mode, lists):
            said = f"{w('TEXT')} {w(f'HAS_{mode.upper()}')} {_lists(lists)}"
        case Edge(where, lists):
            said = f"{w('TEXT')} {w('STARTS' if where is Side.START else 'ENDS')} {_lists(lists)}"
        case Matches(pattern):
            said = f"{w('TEXT')} {w('MATCHES')} {_pattern(pattern)}"
        case Count(lists):
            said = f"{w('COUNT' if node.distinct else 'OCCURRENCES')} {_lists(lists)}"
        case Near(left, right, within):
            said = f"{_side(left)} {w('NEAR')} {_side(right)} {w('WITHIN')} {within}"
        case SameSentence(left, right):
            said = f"{_side(left)} {w('SAME_SENTENCE')} {_side(right)}"
    return said + "".join(f" {w(key)}" for key in QUALIFIERS if getattr(node, key.lower()))


def _pattern(pattern: str) -> str:
    """A regular expression in double quotes: backslashes are its own, only the quote is escaped."""
    return '"' + re.sub(r'\\.|"', lambda match: '\\"' if match[0] == '"' else match[0], pattern) + '"'


def _window(node: Window, language: Language) -> str:
    said = f"{word(node.aggregate.upper(), language)} {node.stream}" + (f".{node.field}" if node.field else "")
    if node.days is not None:
        size, suffix = (node.days / _YEAR, "年") if node.days % _YEAR == 0 else (node.days, "天")
        amount = format(Decimal(repr(size)), "f").removesuffix(".0")
        said += f" {word('IN_LAST', language)} {_literal(Number(amount, suffix), language)}"
    return said + (f" {word('ACROSS', language)} {node.relation}" if node.relation else "")


def _values(values: Iterable[Literal], language: Language) -> str:
    return f"[{', '.join(_literal(value, language) for value in values)}]"


def _lists(nodes: Iterable[Operand]) -> str:
    return ", ".join(_list(node) for node in nodes)


def _side(nodes: tuple[Operand, ...]) -> str:
    """One side of two: several lists stand in parentheses."""
    return _list(nodes[0]) if len(nodes) == 1 else f"({_lists(nodes)})"


def show_list(item: WordList, language: Language = "en") -> str:
    """A word list as written in a file."""
    lines = [f"{word('LIST', language)} {item.name}" + (f" {quote(item.note)}" if item.note else "")]
    for key, words in (("INCLUDE", item.terms), ("EXCLUDE", item.exclude)):
        if words:
            lines.append(f"  {word(key, language)} " + " ".join(map(quote, words)))
    return "\n".join(lines)


def show_condition(item: Condition, language: Language = "en") -> str:
    """A condition as written in a file."""
    return f"{word('CONDITION', language)} {item.name} = {show(item.expr, language)}"


def show_feature(item: Feature, language: Language = "en") -> str:
    """A feature as written in a file."""
    return f"{word('FEATURE', language)} {item.name} = {show(item.expr, language)}"


def show_rule(rule: Rule, language: Language = "en") -> str:
    """A whole rule as written in a file, clauses in one order."""
    titles = " / ".join(quote(title) for title in (rule.title_zh, rule.title_en)) if rule.title_en else quote(rule.title_zh)
    lines = [f"{word('RULE', language)} {rule.id} {titles}"]
    width = max(
        sum(2 if ord(letter) > 255 else 1 for letter in word(key, language)) for key in KEYWORDS if key in ("SEVERITY", "FALSE_ALARMS")
    )

    def clause(key: str, text: str) -> None:
        name = word(key, language)
        lines.append(f"  {name}{' ' * max(1, width + 1 - sum(2 if ord(letter) > 255 else 1 for letter in name))}{text}")

    zh = language == "zh"
    simple = {"MODEL": rule.model, "LENS": LENSES.get(rule.lens, "") if zh else rule.lens}
    for key, value in simple.items():
        if value:
            clause(key, value)
    for basis in rule.basis:
        clause("BASIS", _basis(basis, language))
    clause("SEVERITY", rule.severity.zh if zh else rule.severity.en)
    if rule.floor:
        clause("FLOOR", FLOORS.get(rule.floor, rule.floor) if zh else rule.floor)
    clause("WHEN", _when(rule.when, language))
    said = {"BECAUSE": rule.because, "HAZARD": rule.hazard, "ADVICE": rule.advice, "FALSE_ALARMS": rule.false_alarms}
    for key, both in said.items():
        if both:
            clause(key, _bilingual(both, language))
    if rule.owner:
        clause("OWNER", quote(rule.owner))
    if rule.valid_from:
        clause("VALID", rule.valid_from.isoformat() + (f" {word('UNTIL', language)} {rule.valid_to.isoformat()}" if rule.valid_to else ""))
    for key, examples in (("HITS", rule.hits), ("MISSES", rule.misses)):
        if examples:
            clause(key, "\n    ".join(_example(example, language) for example in examples))
    return "\n".join(lines)


def _when(expr: Expr, language: Language) -> str:
    line = show(expr, language)
    if len(line) <= _WIDTH or not isinstance(expr, And | Or):
        return line
    key = "AND" if isinstance(expr, And) else "OR"
    return f"\n    {word(key, language)} ".join(_show(item, language, _NOT) for item in expr.items)


def _basis(basis: Basis, language: Language) -> str:
    text = quote(basis.law)
    if basis.article:
        text += f" {word('ARTICLE', language)} {quote(basis.article)}"
    if basis.dated:
        text += f" {word('DATED', language)} {basis.dated.isoformat()}"
    return text if basis.verified else f"{text} {word('UNVERIFIED', language)}"


def _bilingual(both: Bilingual, language: Language) -> str:
    parts = (("ZH", both.zh), ("EN", both.en))
    return " ".join(f"{word(key, language)} {quote(text)}" for key, text in parts if text)


def _example(example: Example, language: Language) -> str:
    if isinstance(example, Text):
        return quote(example.value)
    return _row(example, language)


def _row(row: Row, language: Language) -> str:
    cells = (f"{name}: {_cell(value, language)}" for name, value in row.items)
    return f"{{ {', '.join(cells)} }}" if row.items else "{ }"


def _cell(value: Given, language: Language) -> str:
    if value is None:
        return word("UNKNOWN", language)
    return _values(value, language) if isinstance(value, tuple) else _literal(value, language)


def show_all(items: Iterable[WordList | Condition | Feature | Rule], language: Language = "en") -> str:
    """Several definitions, an empty line between two.

    >>> print(show_all([WordList("a", ("x",))], "zh"), end="")
    词表 a
      包含 "x"
    """
    printers = {WordList: show_list, Condition: show_condition, Feature: show_feature, Rule: show_rule}
    return "\n\n".join(printers[type(item)](item, language) for item in items) + "\n"  # type: ignore[operator]
