"""A definition as text: what kind it is, what it is called, whose it is, its canonical form and its hash, whether or not it can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from rules.diagnostics import Diagnostic
from rules.items import Condition, Feature, Rule, WordList
from rules.limits import MAX_SOURCE
from rules.nodes import Span
from rules.pack import SHARED, Pack
from rules.parser import ParsedFile, parse
from rules.pieces import Piece, pieces
from rules.printer import show_all

Item: TypeAlias = Rule | WordList | Condition | Feature

PARTS: Mapping[str, str] = {"list": "lists", "condition": "conditions", "feature": "features", "rule": "rules"}
"""Kind → where a pack keeps them, in the order in which they build on each other."""

register(
    {
        "rule_no_definition": ("文本中没有规则、词表、条件或特征", "there is no rule, list, condition or feature in this text"),
        "rule_no_definition.hint": (
            '定义从行首开始，如：规则 名称 "标题"',
            'a definition starts at the beginning of a line, such as: rule name "title"',
        ),
        "rule_several": ("一次只能写一个定义，这里有 {count} 个：{names}", "one definition at a time, here are {count}: {names}"),
        "rule_several.hint": ("把文件拆开，或用 risk rules new 逐个存入", "split the text, or store a file with: risk rules new"),
        "rule_too_long": ("文本过长：{size} 个字符，上限 {limit}", "the text is too long: {size} characters, the limit is {limit}"),
    }
)


@dataclass(frozen=True, slots=True)
class Definition:
    """One definition as written. ``item`` is None where it cannot be read; ``text`` is then the source itself."""

    kind: str
    name: str
    model: str
    source: str
    text: str
    language: str
    hash: str
    item: Item | None
    diagnostics: tuple[Diagnostic, ...]


def only_piece(source: str) -> Piece:
    """The one definition of a text; ``InvalidInputError`` (``rule_no_definition``, ``rule_several``, ``rule_too_long``)."""
    if len(source) > MAX_SOURCE:
        raise InvalidInputError("rule_too_long", size=len(source), limit=MAX_SOURCE)
    found = pieces(source)
    if not found:
        raise InvalidInputError("rule_no_definition")
    if len(found) > 1:
        raise InvalidInputError("rule_several", count=len(found), names=", ".join(piece.name for piece in found[:5]))
    return found[0]


def define(source: str, *, model: str = "", file: str = "draft.rules") -> Definition:
    """What a text defines. ``model`` is where a definition belongs that does not say so itself.

    >>> one = define('规则 gold "假黄金"\\n  模型 illegal_fundraising\\n  当 文本 含任一 "金条"')
    >>> one.kind, one.name, one.model, one.language, one.text.splitlines()[0]
    ('rule', 'gold', 'illegal_fundraising', 'zh', '规则 gold "假黄金"')
    >>> two = define('rule gold "假黄金" when text has any of "金条" model illegal_fundraising # said otherwise')
    >>> one.hash == two.hash, define('rule gold "').item
    (True, None)
    """
    piece = only_piece(source)
    parsed = read(source, file)
    items = all_items(parsed)
    if len(items) != 1:
        return Definition(piece.kind, piece.name, model, source, source, piece.language, _digest(source), None, parsed.diagnostics)
    item = items[0]
    of = item.model or model if isinstance(item, Rule) else model or SHARED
    canonical = show_all([item], piece.language)
    return Definition(piece.kind, name_of(item), of, source, canonical, piece.language, hash_of(item), item, parsed.diagnostics)


@lru_cache(maxsize=512)
def read(source: str, file: str) -> ParsedFile:
    """Parsing is pure: what is live is read once."""
    return parse(source, file)


def all_items(where: ParsedFile | Pack) -> tuple[Item, ...]:
    """Every definition of a file or a pack."""
    return tuple(item for part in PARTS.values() for item in getattr(where, part, ()))


def kind_of(item: Item) -> str:
    """``rule``, ``list``, ``condition`` or ``feature``."""
    return {Rule: "rule", WordList: "list", Condition: "condition", Feature: "feature"}[type(item)]


def name_of(item: Item) -> str:
    """What it is called."""
    return item.id if isinstance(item, Rule) else item.name


def hash_of(item: Item) -> str:
    """The digest of what it says: the language of writing, layout and comments do not count."""
    return _digest(show_all([item], "en"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def told(found: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Diagnostics as they are stored."""
    return [asdict(item) for item in found]


def untold(stored: Sequence[Mapping[str, Any]]) -> tuple[Diagnostic, ...]:
    """Diagnostics as they were stored."""
    return tuple(Diagnostic(**{**item, "span": Span(**item["span"])}) for item in stored)
