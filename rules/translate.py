"""A tree with the host's names in one language: what is explained in Chinese names its columns in Chinese.

>>> from rules.functions import Field
>>> from rules.kinds import Kind, Type
>>> words = Vocabulary((Field("has_wechat", "有微信", Type(Kind.FLAG)),))
>>> translate(Name("has_wechat"), words, "zh"), translate(Name("有微信"), words, "en")
(Name(name='有微信'), Name(name='has_wechat'))
"""

from dataclasses import fields, replace
from typing import Any, TypeVar

from rules.functions import Field, Function, Relation, Stream, Vocabulary
from rules.nodes import Call, Expr, Name, Node, Related, Window
from rules.words import Language

_T = TypeVar("_T", bound=Expr)


def translate(node: _T, vocabulary: Vocabulary, language: Language) -> _T:
    """The same tree with fields, functions, streams and relations called by their names in `language`; names of the pack and unknown names stay."""
    result: _T = _any(node, vocabulary, language)
    return result


def _any(value: Any, vocabulary: Vocabulary, language: Language) -> Any:
    if isinstance(value, tuple):
        return tuple(_any(item, vocabulary, language) for item in value)
    if not isinstance(value, Node):
        return value
    inside = {item.name: _any(getattr(value, item.name), vocabulary, language) for item in fields(value) if item.name != "span"}
    if isinstance(value, Name):
        inside["name"] = _named(vocabulary.field(value.name), value.name, language)
    elif isinstance(value, Call):
        inside["name"] = _named(vocabulary.function(value.name), value.name, language)
    elif isinstance(value, Related):
        inside["relation"] = _named(vocabulary.relation(value.relation), value.relation, language)
    elif isinstance(value, Window):
        inside |= _window(value, vocabulary, language)
    return replace(value, **inside)


def _window(node: Window, vocabulary: Vocabulary, language: Language) -> dict[str, str]:
    stream = vocabulary.stream(node.stream)
    return {
        "stream": _named(stream, node.stream, language),
        "field": _named(stream.field(node.field) if stream else None, node.field, language),
        "relation": _named(vocabulary.relation(node.relation), node.relation, language),
    }


def _named(found: Field | Function | Stream | Relation | None, name: str, language: Language) -> str:
    if found is None:
        return name
    return found.zh if language == "zh" and found.zh else found.name
