"""Why this probability? Contributions in log-odds that add up exactly, for one row at a time.

Sum of all contributions of a row = the model's raw log-odds (with a sigmoid calibrator: the log-odds of the probability itself; an
isotonic calibrator is a monotone map after it, so order and sign of the reasons hold and the map is stated).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Kind = Literal["chars", "words", "column", "rule", "rules", "said", "rest", "base"]


class Contribution(NamedTuple):
    """One reason; a text has hundreds of them, so that they are tuples. ``feature`` is a token, a column's name or a rule's id; ``spans`` are places in the **original** text."""

    feature: str
    kind: Kind
    value: float | None
    log_odds: float
    spans: tuple[tuple[int, int], ...] = ()
    words: tuple[str, str] | None = None
    """What an outside model says itself, in Chinese and English (kind ``said``)."""


def ranked(found: Iterable[Contribution], base: float, top: int | None) -> list[Contribution]:
    """Largest first; what is beyond ``top`` is summed as *rest*, the constant comes last as *base*: nothing is lost.

    >>> [c.feature for c in ranked([Contribution("a", "column", 1.0, 0.2), Contribution("b", "column", 1.0, -0.9)], 0.1, top=1)]
    ['b', '(rest)', '(base)']
    """
    ordered = sorted((c for c in found if c.log_odds != 0.0), key=lambda c: (-abs(c.log_odds), c.kind, c.feature))
    shown = ordered if top is None else ordered[:top]
    left = ordered[len(shown) :]
    tail = [Contribution("(rest)", "rest", float(len(left)), sum(c.log_odds for c in left))] if left else []
    return [*shown, *tail, Contribution("(base)", "base", None, base)]


def total(contributions: Sequence[Contribution]) -> float:
    """The raw log-odds that the contributions add up to."""
    return sum(c.log_odds for c in contributions)
