"""A tree with the host's names in one language: what is explained in Chinese names its columns in Chinese.

>>> from rules.functions import Field
>>> from rules.kinds import Kind, Type
>>> words = Vocabulary((Field("has_wechat", "有微信", Type(Kind.FLAG)),))
>>> translate(Name("has_wechat"), words, "zh"), translate(Name("有微信"), words, "en")
(Name(name='有微信'), Name(name='has_wechat'))
"""

from dataclasses import fields, replace
from typing import Any, TypeVar

from rules.functions import Field, Function, Vocabulary
from rules.nodes import Call, Expr, Name, Node
from rules.words import Language

_T = TypeVar("_T", bound=Expr)


def translate(node: _T, vocabulary: Vocabulary, language: Language) -> _T:
    """The same tree with fields and functions called by their names in `language`; conditions and unknown names stay."""
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
    return replace(value, **inside)


def _named(found: Field | Function | None, name: str, language: Language) -> str:
    if found is None:
        return name
    return found.zh if language == "zh" and found.zh else found.name
