"""One tree in the languages of other engines, conditions written out in full: none of them has named ones.

>>> from rules.pack import pack_from_text
>>> rules = pack_from_text('rule r "x" when not (a between 1 and 2 or b in ["x"]) and c')
>>> for language in LANGUAGES:
...     print(said(rules, language)[0])
(not (((a >= 1.0) and (a <= 2.0)) or (b in ["x"]))) and c
(not (((a >= 1.0) and (a <= 2.0)) or (b in ["x"]))) and c
(!(((a >= 1.0) && (a <= 2.0)) || (b in ["x"]))) && c
(not (((a >= 1.0) and (a <= 2.0)) or (b in ["x"]))) and c
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from rules.nodes import And, Between, Compare, Expr, InSet, Name, Not, Number, Or, Text
from rules.pack import Pack


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes its connectives; all compare and list alike."""

    both: str = " and "
    either: str = " or "
    negation: str = "not "


LANGUAGES: Mapping[str, Language] = {
    "python": Language(),
    "zen": Language(),
    "cel": Language(" && ", " || ", "!"),
    "rule-engine": Language(),
}
_COMPARE = {"=": "=="}


def said(pack: Pack, language: str) -> list[str]:
    """Each rule of a pack as one expression."""
    conditions = {item.name: item.expr for item in pack.conditions}
    return [_bare(_say(rule.when, LANGUAGES[language], conditions)) for rule in pack.rules]


def _say(node: Expr, to: Language, conditions: Mapping[str, Expr]) -> str:
    def say(inner: Expr) -> str:
        return _say(inner, to, conditions)

    match node:
        case And(items):
            return "(" + to.both.join(map(say, items)) + ")"
        case Or(items):
            return "(" + to.either.join(map(say, items)) + ")"
        case Not(item):
            inner = say(item)
            return f"({to.negation}{inner if inner.startswith('(') else f'({inner})'})"
        case Name(name):
            return say(conditions[name]) if name in conditions else name
        case Compare(op, left, right):
            return f"({say(left)} {_COMPARE.get(op, op)} {say(right)})"
        case Between(subject, low, high):
            return f"(({say(subject)} >= {say(low)}){to.both}({say(subject)} <= {say(high)}))"
        case InSet(subject, values):
            return f"({say(subject)} in [{', '.join(map(say, values))}])"
        case Number():
            return repr(float(node.value))
        case Text(value):
            return json.dumps(value)
        case _:
            raise TypeError(f"not part of this comparison: {type(node).__name__}")


def _bare(text: str) -> str:
    """Without the parentheses around the whole."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text[1:-1] if text[0] == "(" and at == len(text) - 1 else text
    return text
