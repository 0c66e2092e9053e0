"""A pack: all rules of one model with the lists and conditions they use, under one version.

The version is the hash of what the pack *says*: comments, order of files and language of writing do not change it.

>>> one = pack_from_text("条件 a = b 且 c", "demo")
>>> two = pack_from_text("# said otherwise\\ncondition a = (b and c)", "demo")
>>> one.version == two.version
True
"""

import hashlib
from collections.abc import Iterable, Mapping
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
    Example,
    Plain,
    Row,
    Rule,
    Severity,
    WordList,
)
from rules.nodes import ListRef, Name, walk
from rules.parser import ParsedFile, parse
from rules.printer import show_all

__all__ = [
    "FLOORS",
    "LENSES",
    "SHARED",
    "Basis",
    "Bilingual",
    "Condition",
    "Example",
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
    """Rules, lists and conditions of one model. `sources` are the texts read, by file; `broken` are names that could not be read."""

    name: str
    rules: tuple[Rule, ...] = ()
    lists: tuple[WordList, ...] = ()
    conditions: tuple[Condition, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    broken: frozenset[str] = field(default=frozenset(), compare=False)

    @cached_property
    def version(self) -> str:
        """SHA-256 of the canonical content: rules, own definitions, and shared ones in use."""
        used = self._used()
        lists = sorted((item for item in self.lists if item.name in used or not self.is_shared(item)), key=lambda item: item.name)
        conditions = sorted((item for item in self.conditions if item.name in used or not self.is_shared(item)), key=lambda item: item.name)
        rules = sorted(self.rules, key=lambda item: item.id)
        text = f"{self.name}\n" + show_all([*lists, *conditions, *rules])
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def rule_by_id(self) -> dict[str, Rule]:
        return {item.id: item for item in reversed(self.rules)}

    @cached_property
    def list_by_name(self) -> dict[str, WordList]:
        return {item.name: item for item in reversed(self.lists)}

    @cached_property
    def condition_by_name(self) -> dict[str, Condition]:
        return {item.name: item for item in reversed(self.conditions)}

    def _used(self) -> frozenset[str]:
        """Names of lists and conditions that rules and own conditions reach."""
        seen: set[str] = set()
        waiting = [rule.when for rule in self.rules] + [item.expr for item in self.conditions if not self.is_shared(item)]
        while waiting:
            names = {node.name for node in walk(waiting.pop()) if isinstance(node, ListRef | Name)}
            waiting += [self.condition_by_name[name].expr for name in names - seen if name in self.condition_by_name]
            seen |= names
        return frozenset(seen)

    def only(self, rule_ids: Iterable[str]) -> "Pack":
        """The same pack with some of its rules.

        >>> pack_from_text('rule a "x" when b\\nrule c "y" when d').only(["c"]).rules[0].id
        'c'
        """
        wanted = frozenset(rule_ids)
        return replace(self, rules=tuple(item for item in self.rules if item.id in wanted))

    def is_shared(self, item: Rule | WordList | Condition) -> bool:
        """Whether it stands in a shared file, where it may stay unused."""
        return item.span.file.startswith(f"{SHARED}/")


def pack_from_texts(texts: Mapping[str, str], name: str = "demo") -> Pack:
    """A pack of several files, by name; read in the order of their names. What cannot be read stands in `diagnostics`."""
    return _gather(name, [_parsed(text, file) for file, text in sorted(texts.items())])


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
        tuple(item for file in parsed for item in file.diagnostics),
        {file.name: file.source for file in parsed},
        frozenset(name for file in parsed for name in file.broken),
    )


def _folder() -> Traversable:
    return files("rules") / "packs"


def pack_names() -> tuple[str, ...]:
    """The models that have rules here."""
    root = _folder()
    if not root.is_dir():
        return ()
    return tuple(sorted(item.name for item in root.iterdir() if item.is_dir() and item.name != SHARED and _texts(item.name)))


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
    if not place.is_dir():
        return {}
    return {f"{folder}/{item.name}": item.read_text("utf-8") for item in place.iterdir() if item.name.endswith(".rules")}


def load_packs() -> tuple[Pack, ...]:
    """All packs as shipped, by name."""
    return tuple(load_pack(name) for name in pack_names())
