"""Conditions build on each other without circles, and not too deeply."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Condition
from rules.limits import MAX_CHAIN, MAX_HEIGHT
from rules.nodes import Name, Node, children, walk


def conditions_do_not_circle(context: Context) -> Iterator[Diagnostic]:
    """R040 once for each circle; R045 for the first condition or rule that stands too high, when nothing goes in circles."""
    known = context.pack.condition_by_name
    uses = {name: _used(condition, known) for name, condition in known.items()}
    done: dict[str, None] = {}
    circled: set[str] = set()
    for name in known:
        circle = _climb(name, uses, done)
        if circle and not circled & set(circle):
            circled.update(circle)
            yield diagnose("R040", known[circle[0]].span, path=" → ".join(f"`{item}`" for item in (*circle, circle[0])))
    if not circled:
        yield from _too_high(context, list(done), uses)


def _too_high(context: Context, order: list[str], uses: dict[str, list[str]]) -> Iterator[Diagnostic]:
    """The first definition whose chain or whose nodes stack up too high; `order` puts the used before the user."""
    known = context.pack.condition_by_name
    chain: dict[str, int] = {}
    height: dict[str, int] = {}
    for name in order:
        chain[name] = 1 + max((chain[item] for item in uses[name]), default=0)
        height[name] = _height(known[name].expr, height)
        if chain[name] >= MAX_CHAIN or height[name] > MAX_HEIGHT:
            yield diagnose("R045", known[name].span, limit=MAX_CHAIN)
            return
    for rule in context.pack.rules:
        if _height(rule.when, height) > MAX_HEIGHT:
            yield diagnose("R045", rule.span, limit=MAX_CHAIN)


def _height(node: Node, known: dict[str, int]) -> int:
    """Nodes on the longest way down, conditions opened."""
    own = known.get(node.name, 0) if isinstance(node, Name) else 0
    return 1 + max((_height(child, known) for child in children(node)), default=own)


def _used(condition: Condition, known: dict[str, Condition]) -> list[str]:
    return [node.name for node in walk(condition.expr) if isinstance(node, Name) and node.name in known]


def _climb(start: str, uses: dict[str, list[str]], done: dict[str, None]) -> list[str]:
    """Puts `start` and all it uses into `done`, the used first; gives the circle met on the way, if any. A stack, so that long chains are no danger."""
    path: list[str] = []
    stack: list[tuple[str, Iterator[str]]] = []

    def enter(name: str) -> None:
        path.append(name)
        stack.append((name, iter(uses[name])))

    if start not in done:
        enter(start)
    while stack:
        name, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            stack.pop()
            path.pop()
            done[name] = None
        elif following in path:
            return path[path.index(following) :]
        elif following not in done:
            enter(following)
    return []
