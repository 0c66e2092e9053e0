"""A pack: all rules of one model with the lists, conditions and features they use, under one version.

The version is the hash of what the pack *says*: comments, order of files and language of writing do not change it.

>>> one = pack_from_text("条件 a = b 且 c", "demo")
>>> two = pack_from_text("# said otherwise\\ncondition a = (b and c)", "demo")
>>> one.version == two.version
True
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from rules.diagnostics import Diagnostic
from rules.items import (
    FLOORS,
    LENSES,
    Basis,
    Bilingual,
    Condition,
    Definition,
    Example,
    Feature,
    Plain,
    Row,
    Rule,
    Severity,
    WordList,
)
from rules.nodes import Expr, Fires, ListRef, Name, Node, walk
from rules.parser import ParsedFile, parse
from rules.plugin_host import installed
from rules.printer import show_all

__all__ = [
    "FLOORS",
    "LENSES",
    "SHARED",
    "Basis",
    "Bilingual",
    "Condition",
    "Example",
    "Feature",
    "Pack",
    "PackMissing",
    "Plain",
    "Row",
    "Rule",
    "Severity",
    "WordList",
    "load_pack",
    "load_packs",
    "pack_from_text",
    "pack_from_texts",
    "pack_names",
    "shared_texts",
]

SHARED = "shared"


class PackMissing(LookupError):  # noqa: N818 - a sentence, not a category
    """There is no folder of rules of that name."""


@dataclass(frozen=True)
class Pack:
    """Rules, lists, conditions and features of one model.

    `sources` are the texts read, by file; `broken` are names that could not be read; `helpers` are rules that stay only because others ask
    whether they fire: they have no outcome of their own; `calls` are functions of plug-ins in use, each with its version (`rules.plugin_packs`).
    """

    name: str
    rules: tuple[Rule, ...] = ()
    lists: tuple[WordList, ...] = ()
    conditions: tuple[Condition, ...] = ()
    features: tuple[Feature, ...] = ()
    helpers: tuple[Rule, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    broken: frozenset[str] = field(default=frozenset(), compare=False)
    calls: tuple[tuple[str, str], ...] = ()

    def __hash__(self) -> int:
        """Packs that are equal say the same, and so have one version."""
        return hash(self.version)

    @cached_property
    def version(self) -> str:
        """SHA-256 of the canonical content: rules, own definitions, and shared ones in use."""
        used = self._used()
        groups: tuple[Sequence[WordList | Definition], ...] = (self.lists, self.conditions, self.features)
        named = [
            item for group in groups for item in sorted(group, key=lambda item: item.name) if item.name in used or not self.is_shared(item)
        ]
        rules = sorted((*self.rules, *self.helpers), key=lambda item: item.id)
        text = f"{self.name}\n" + show_all([*named, *rules]) + "".join(f"# {name} {version}\n" for name, version in self.calls)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def rule_by_id(self) -> dict[str, Rule]:
        """Every rule that can be asked for, helpers included."""
        return {item.id: item for item in reversed((*self.rules, *self.helpers))}

    @cached_property
    def list_by_name(self) -> dict[str, WordList]:
        return {item.name: item for item in reversed(self.lists)}

    @cached_property
    def condition_by_name(self) -> dict[str, Condition]:
        return {item.name: item for item in reversed(self.conditions)}

    @cached_property
    def feature_by_name(self) -> dict[str, Feature]:
        return {item.name: item for item in reversed(self.features)}

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Conditions, then features."""
        return (*self.conditions, *self.features)

    def named(self, name: str) -> Definition | None:
        """The condition or feature of that name."""
        return self.condition_by_name.get(name) or self.feature_by_name.get(name)

    def expressions(self) -> tuple[Expr, ...]:
        """Every expression of the pack: of its conditions, features and rules."""
        return tuple([item.expr for item in self.definitions] + [rule.when for rule in (*self.rules, *self.helpers)])

    def _used(self) -> frozenset[str]:
        """Names of lists, conditions and features that rules and own definitions reach."""
        own = [item.expr for item in self.definitions if not self.is_shared(item)]
        return frozenset(_reached([*(rule.when for rule in (*self.rules, *self.helpers)), *own], self)[0])

    def only(self, rule_ids: Iterable[str]) -> "Pack":
        """The same pack with some of its rules; those they ask for stay as helpers.

        >>> pack_from_text('rule a "x" when b\\nrule c "y" when d').only(["c"]).rules[0].id
        'c'
        >>> some = pack_from_text('rule a "x" when b\\nrule c "y" when fires(a)').only(["c"])
        >>> [rule.id for rule in some.rules], [rule.id for rule in some.helpers]
        (['c'], ['a'])
        """
        wanted = frozenset(rule_ids)
        chosen = tuple(item for item in self.rules if item.id in wanted)
        asked = _reached([rule.when for rule in chosen], self)[1] - wanted
        return replace(self, rules=chosen, helpers=tuple(item for item in (*self.rules, *self.helpers) if item.id in asked))

    def is_shared(self, item: Rule | WordList | Condition | Feature) -> bool:
        """Whether it stands in a shared file, where it may stay unused."""
        return item.span.file.startswith(f"{SHARED}/")


def _reached(exprs: list[Expr], pack: Pack) -> tuple[set[str], set[str]]:
    """Names and rules that expressions reach, through definitions and outcomes."""
    seen: set[Node] = set()
    while exprs:
        for node in walk(exprs.pop()):
            if isinstance(node, ListRef | Name | Fires) and node not in seen:
                seen.add(node)
                if isinstance(node, Name) and (definition := pack.named(node.name)):
                    exprs.append(definition.expr)
                if isinstance(node, Fires) and node.rule in pack.rule_by_id:
                    exprs.append(pack.rule_by_id[node.rule].when)
    names = {node.name for node in seen if isinstance(node, ListRef | Name)}
    return names, {node.rule for node in seen if isinstance(node, Fires)}


def pack_from_texts(texts: Mapping[str, str], name: str = "demo") -> Pack:
    """A pack of several files, by name; read in the order of their names. What cannot be read stands in `diagnostics`."""
    return _read(name, tuple(sorted(texts.items())))


@lru_cache(maxsize=64)
def _read(name: str, texts: tuple[tuple[str, str], ...]) -> Pack:
    """Packs do not change: the same texts are the same pack, with all that it has worked out of itself."""
    return _gather(name, [_parsed(text, file) for file, text in texts])


@lru_cache(maxsize=128)
def _parsed(text: str, file: str) -> ParsedFile:
    """Parsing is pure: shared files are read once for all packs."""
    return parse(text, file)


def pack_from_text(text: str, name: str = "demo") -> Pack:
    """A pack of one text."""
    return pack_from_texts({f"{name}.rules": text}, name)


def _gather(name: str, parsed: Iterable[ParsedFile]) -> Pack:
    parsed = list(parsed)
    return Pack(
        name,
        tuple(item for file in parsed for item in file.rules),
        tuple(item for file in parsed for item in file.lists),
        tuple(item for file in parsed for item in file.conditions),
        tuple(item for file in parsed for item in file.features),
        diagnostics=tuple(item for file in parsed for item in file.diagnostics),
        sources={file.name: file.source for file in parsed},
        broken=frozenset(name for file in parsed for name in file.broken),
    )


def _folder() -> Traversable:
    return files("rules") / "packs"


def pack_names() -> tuple[str, ...]:
    """The models that have rules here, shipped or of plug-ins."""
    root = _folder()
    shipped = (
        {item.name for item in root.iterdir() if item.is_dir() and item.name != SHARED and _texts(item.name)} if root.is_dir() else set()
    )
    return tuple(sorted(shipped | installed().models))


def load_pack(model: str) -> Pack:
    """The pack of a model as shipped: its own files and the shared ones. Raises `PackMissing`.

    >>> load_pack("no_such_model")
    Traceback (most recent call last):
    ...
    rules.pack.PackMissing: no rules for `no_such_model`
    """
    if model not in pack_names():
        raise PackMissing(f"no rules for `{model}`")
    return pack_from_texts({**_texts(SHARED), **_texts(model)}, model)


def shared_texts() -> dict[str, str]:
    """The shared files as shipped, by name: for packs built from other places."""
    return _texts(SHARED)


def _texts(folder: str) -> dict[str, str]:
    place = _folder() / folder
    shipped = (
        {f"{folder}/{item.name}": item.read_text("utf-8") for item in place.iterdir() if item.name.endswith(".rules")}
        if place.is_dir()
        else {}
    )
    return {**shipped, **installed().texts(folder)}


def load_packs() -> tuple[Pack, ...]:
    """All packs as shipped, by name."""
    return tuple(load_pack(name) for name in pack_names())
