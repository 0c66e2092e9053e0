"""Conditions build on each other without circles, and not too deeply."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Condition
from rules.limits import MAX_CHAIN
from rules.nodes import Name, walk


def conditions_do_not_circle(context: Context) -> Iterator[Diagnostic]:
    """R040 once for each circle, R045 for the first condition that stands too high."""
    known = context.pack.condition_by_name
    uses = {name: _used(condition, known) for name, condition in known.items()}
    height: dict[str, int] = {}
    circled: set[str] = set()
    for name in known:
        circle = _climb(name, uses, height)
        if circle and not circled & set(circle):
            circled.update(circle)
            yield diagnose("R040", known[circle[0]].span, path=" → ".join(f"`{item}`" for item in (*circle, circle[0])))
    high = [name for name in known if height.get(name, 0) >= MAX_CHAIN]
    if high and not circled:
        yield diagnose("R045", known[min(high, key=lambda name: height[name])].span, limit=MAX_CHAIN)


def _used(condition: Condition, known: dict[str, Condition]) -> list[str]:
    return [node.name for node in walk(condition.expr) if isinstance(node, Name) and node.name in known]


def _climb(start: str, uses: dict[str, list[str]], height: dict[str, int]) -> list[str]:
    """Heights of `start` and all it uses; the circle met on the way, if any. A stack, so that long chains are no danger."""
    path: list[str] = []
    stack: list[tuple[str, Iterator[str]]] = []

    def enter(name: str) -> None:
        path.append(name)
        stack.append((name, iter(uses[name])))

    if start not in height:
        enter(start)
    while stack:
        name, rest = stack[-1]
        following = next(rest, None)
        if following is None:
            stack.pop()
            path.pop()
            height[name] = 1 + max((height.get(item, 0) for item in uses[name]), default=0)
        elif following in path:
            return path[path.index(following) :]
        elif following not in height:
            enter(following)
    return []
