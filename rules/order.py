"""Definitions in the order in which they build on each other: conditions, features and the outcomes of rules.

>>> from rules.pack import pack_from_text
>>> found = in_order(pack_from_text("condition a = b\\nfeature b = c + 1\\ncondition x = not x"))
>>> [key.name for key in found.order], [[key.name for key in circle] for circle in found.circles]
(['b', 'x', 'a'], [['x']])
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from rules.nodes import Expr, Fires, Name, walk
from rules.pack import Pack

Reference: TypeAlias = Name | Fires


@dataclass(frozen=True, slots=True)
class Order:
    """Every definition with its expression, the used before the user; `uses` are the definitions inside one, `circles` those met on the way."""

    exprs: dict[Reference, Expr]
    uses: dict[Reference, tuple[Reference, ...]]
    order: tuple[Reference, ...]
    circles: tuple[tuple[Reference, ...], ...]


def definitions(pack: Pack) -> dict[Reference, Expr]:
    """What each name and each `fires(…)` of a pack stands for."""
    named = {name: item.expr for name, item in pack.feature_by_name.items()} | {n: item.expr for n, item in pack.condition_by_name.items()}
    return {Name(name): expr for name, expr in named.items()} | {Fires(rule_id): rule.when for rule_id, rule in pack.rule_by_id.items()}


def in_order(pack: Pack) -> Order:
    """The order of a pack. With a stack of its own, so that long chains are no danger."""
    exprs = definitions(pack)
    uses = {
        key: tuple(dict.fromkeys(node for node in walk(expr) if isinstance(node, Name | Fires) and node in exprs))
        for key, expr in exprs.items()
    }
    done: dict[Reference, None] = {}
    circles: list[tuple[Reference, ...]] = []
    for key in exprs:
        _climb(key, uses, done, circles)
    return Order(exprs, uses, tuple(done), tuple(circles))


def _climb(
    start: Reference, uses: dict[Reference, tuple[Reference, ...]], done: dict[Reference, None], circles: list[tuple[Reference, ...]]
) -> None:
    """Puts `start` and all it uses into `done`, the used first; circles met on the way into `circles`."""
    path: dict[Reference, Iterator[Reference]] = {} if start in done else {start: iter(uses[start])}
    while path:
        current = next(reversed(path))
        following = next(path[current], None)
        if following is None:
            del path[current]
            done[current] = None
        elif following in path:
            keys = list(path)
            circles.append(tuple(keys[keys.index(following) :]))
        elif following not in done:
            path[following] = iter(uses[following])
