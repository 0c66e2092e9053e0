"""Which definitions build on which: the lists, conditions, features and rules that one reaches, and the rules that reach it."""

from __future__ import annotations

from collections.abc import Iterable

from risk.services.rule_text import Item, hash_of
from rules.items import Rule, WordList
from rules.nodes import Expr, Fires, ListRef, Name, walk
from rules.pack import Pack


def reached(pack: Pack, exprs: Iterable[Expr]) -> tuple[Item, ...]:
    """The definitions of a pack that expressions build on, through others too; each once, sorted by kind and name.

    >>> from rules.pack import pack_from_text
    >>> pack = pack_from_text('list a include "x"\\ncondition b = text has any of @a\\nrule c "t" when b')
    >>> [item.name for item in reached(pack, [pack.rules[0].when])]
    ['a', 'b']
    """
    found: dict[tuple[str, str], Item] = {}
    waiting = list(exprs)
    while waiting:
        for node in walk(waiting.pop()):
            if not isinstance(node, ListRef | Name | Fires):
                continue
            item = _item(pack, node)
            key = (type(item).__name__, node.rule if isinstance(node, Fires) else node.name)
            if item is None or key in found:
                continue
            found[key] = item
            waiting += expressions(item)
    return tuple(item for _, item in sorted(found.items(), key=lambda pair: (_ORDER.index(pair[0][0]), pair[0][1])))


_ORDER = ("WordList", "Condition", "Feature", "Rule")


def expressions(item: Item) -> list[Expr]:
    """What a definition is made of; a list has none."""
    return [] if isinstance(item, WordList) else [item.when if isinstance(item, Rule) else item.expr]


def pins(pack: Pack, item: Item) -> dict[str, str]:
    """The hash of everything a definition builds on: what an approval of it rests on.

    >>> from rules.pack import pack_from_text
    >>> pack = pack_from_text('list a include "x"\\nrule c "t" when text has any of @a')
    >>> list(pins(pack, pack.rules[0]))
    ['list:a']
    """
    return {_label(one): hash_of(one) for one in reached(pack, expressions(item))}


def dependants(packs: Iterable[Pack], label: str) -> list[tuple[Pack, Rule]]:
    """The rules that build on a definition, named as in `pins`."""
    return [(pack, rule) for pack in packs for rule in pack.rules if any(_label(item) == label for item in reached(pack, [rule.when]))]


def _label(item: Item) -> str:
    kind = {"WordList": "list", "Condition": "condition", "Feature": "feature", "Rule": "rule"}[type(item).__name__]
    return f"{kind}:{item.id if isinstance(item, Rule) else item.name}"


def _item(pack: Pack, node: ListRef | Name | Fires) -> Item | None:
    if isinstance(node, ListRef):
        return pack.list_by_name.get(node.name)
    if isinstance(node, Fires):
        return pack.rule_by_id.get(node.rule)
    return pack.named(node.name)
