"""The known name nearest to a mistyped one."""

from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """The known name nearest to a mistyped one; empty when none is near.

    >>> suggest("licence_stat", ["licence_state", "channel"]), suggest("x", ["channel"])
    ('licence_state', '')
    """
    best, least = "", max(1, len(name) // 3) + 1
    for candidate in sorted(known):
        distance = _distance(name, candidate, least)
        if distance < least:
            best, least = candidate, distance
    return best if least < max(len(name), 2) else ""


def _distance(left: str, right: str, limit: int) -> int:
    """Edits from one word to the other, two letters swapped being one, counted up to `limit`."""
    if abs(len(left) - len(right)) >= limit:
        return limit
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, one in enumerate(left, 1):
        current = [row]
        for column, two in enumerate(right, 1):
            least = min(previous[column] + 1, current[-1] + 1, previous[column - 1] + (one != two))
            if row > 1 and column > 1 and one == right[column - 2] and left[row - 2] == two:
                least = min(least, before[column - 2] + 1)
            current.append(least)
        before, previous = previous, current
    return min(previous[-1], limit)
