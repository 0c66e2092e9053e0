"""What names stand for: conditions and features are opened, fields and functions get their English name, lists become words.

>>> from rules.functions import Field
>>> from rules.kinds import Type
>>> from rules.pack import pack_from_text
>>> words = Vocabulary((Field("rate", "利率", Type(Kind.NUMBER)),))
>>> names = Names(pack_from_text("feature 双 = 利率 * 2"), words)
>>> names.key(Name("双")) == names.key(pack_from_text("feature 三 = rate * 2").features[0].expr)
True
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

from rules.functions import Vocabulary
from rules.kinds import Kind
from rules.limits import MAX_CHAIN, MAX_HEIGHT
from rules.logic.facts import Words
from rules.nodes import (
    And,
    Between,
    Call,
    Compare,
    Contains,
    Edge,
    Expr,
    Fires,
    Flag,
    Has,
    InList,
    InSet,
    Known,
    Matches,
    Name,
    Near,
    Node,
    Not,
    Number,
    Operand,
    Or,
    Related,
    SameSentence,
    Term,
    Window,
)
from rules.pack import Pack
from rules.typed import Types

_CONDITION = (
    And | Or | Not | Has | Near | SameSentence | Edge | Matches | Compare | Between | InSet | InList | Contains | Known | Fires | Flag
)


class Names:
    """The names of one pack and its host."""

    def __init__(self, pack: Pack, vocabulary: Vocabulary) -> None:
        self.pack = pack
        self.vocabulary = vocabulary
        self.types = Types(pack, vocabulary)
        self._words: dict[Operand, Words] = {}
        self._open: list[str] = []
        self._depth = 0

    @contextmanager
    def opened(self, name: str) -> Iterator[bool]:
        """Goes into what a name stands for; False where that goes in a circle or too deep, which is reported elsewhere."""
        allowed = name not in self._open and len(self._open) <= MAX_CHAIN
        self._open.append(name)
        try:
            yield allowed
        finally:
            self._open.pop()

    @contextmanager
    def deeper(self) -> Iterator[bool]:
        """Goes one level down; False where that is too deep."""
        self._depth += 1
        try:
            yield self._depth <= MAX_HEIGHT
        finally:
            self._depth -= 1

    def is_condition(self, node: Expr) -> bool:
        """Whether the expression is a yes or no."""
        if isinstance(node, _CONDITION):
            return True
        found = self.types.of(node)
        return found is not None and found.type.kind is Kind.FLAG

    def maybe(self, node: Expr) -> bool:
        """Whether the value may be unknown."""
        found = self.types.of(node)
        return found is None or found.maybe

    def words(self, item: Operand) -> Words:
        """The words of a list or literal, in the spelling in which the host compares them."""
        if item not in self._words:
            self._words[item] = self._words_of(item)
        return self._words[item]

    def all_words(self, lists: tuple[Operand, ...]) -> Words:
        """The words of several lists."""
        return self.words(lists[0]) if len(lists) == 1 else frozenset().union(*map(self.words, lists))

    def _words_of(self, item: Operand) -> Words:
        normal = self.vocabulary.normalise
        if isinstance(item, Term):
            return frozenset(((normal(item.text), frozenset()),))
        found = self.pack.list_by_name.get(item.name)
        if found is None or not found.terms:
            return frozenset(((f"@{item.name}", frozenset()),))
        contexts = frozenset(map(normal, found.exclude))
        return frozenset((normal(term), contexts) for term in found.terms)

    def size(self, item: Operand) -> float:
        """How many words a list has; one that is not known may have any number."""
        if isinstance(item, Term):
            return 1
        found = self.pack.list_by_name.get(item.name)
        return len(found.terms) if found else float("inf")

    def key(self, node: Node) -> tuple[object, ...]:
        """A node as a key: names in English, numbers by value and unit, opened names by what they stand for."""
        with self.deeper() as allowed:
            return self._key(node) if allowed else ("too deep", id(node))

    def _key(self, node: Node) -> tuple[object, ...]:
        match node:
            case Name(name):
                named = self.pack.named(name)
                if named is not None:
                    with self.opened(name) as allowed:
                        return self.key(named.expr) if allowed else ("circle", name)
                field = self.vocabulary.field(name)
                return ("field", field.name if field else name)
            case Call(name, args):
                function = self.vocabulary.function(name)
                return ("call", function.name if function else name, *map(self.key, args))
            case Number():
                return ("number", node.value, node.type.unit)
            case Window(aggregate, stream, field_name, days, relation):
                found = self.vocabulary.stream(stream)
                column = found.field(field_name) if found else None
                shared = self.vocabulary.relation(relation)
                names = (found.name if found else stream, column.name if column else field_name, shared.name if shared else relation)
                return ("window", aggregate, *names, days)
            case Related(relation):
                shared = self.vocabulary.relation(relation)
                return ("related", shared.name if shared else relation)
            case _:
                values = (getattr(node, item.name) for item in fields(node) if item.name != "span")
                return (type(node).__name__, *map(self._part, values))

    def _part(self, value: object) -> object:
        if isinstance(value, tuple):
            return tuple(map(self._part, value))
        return self.key(value) if isinstance(value, Node) else value
