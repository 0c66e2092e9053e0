"""The chain as a picture: seven steps in a ring and the report that reads them all, with what passed and what waits at each.

Geometry only; the template draws it. The ring closes where trained models go back to judging.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.words import word
from risk.services.views_loop import LoopView

WIDE, HIGH = 186, 96
COLUMNS = (112, 410, 708, 1006)
ROWS = (78, 292)


@dataclass(frozen=True, slots=True)
class Node:
    """A step: where it stands, what passed it, what waits there. ``alarm``: someone must act."""

    key: str
    x: int
    y: int
    title: str
    count: int
    note: str
    alarm: bool


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from step to step with its caption; ``kind`` is ``step``, ``close`` (back to judging) or ``read``."""

    path: str
    text: str
    x: int
    y: int
    kind: str


@dataclass(frozen=True, slots=True)
class Chain:
    """The whole picture."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]


def chain(loop: LoopView, lang: str) -> Chain:
    """The picture of a state."""
    counts, waiting = loop.counts, loop.waiting
    (a, b, c, d), (top, low) = COLUMNS, ROWS

    def node(key: str, x: int, y: int, count: int, note: str, *, alarm: bool = False) -> Node:
        return Node(key, x, y, word(key, lang), count, note, alarm)

    nodes = (
        node("signals", a, top, counts.signals, word("sub_signals", lang, n=f"{waiting.unjudged:,}"), alarm=waiting.unjudged > 0),
        node("assessments", b, top, counts.assessments, word("sub_assessments", lang, n=f"{counts.candidates:,}")),
        node("alerts", c, top, counts.alerts, word("sub_alerts", lang, n=f"{sum(loop.open_alerts.values()):,}")),
        node(
            "tasks",
            d,
            top,
            counts.tasks,
            word("sub_tasks", lang, a=f"{waiting.to_sign:,}", b=f"{waiting.to_report:,}"),
            alarm=waiting.overdue > 0,
        ),
        node("verdicts", d, low, counts.verdicts, word("sub_verdicts", lang, n=f"{waiting.to_accept:,}"), alarm=waiting.to_accept > 0),
        node("labels", c, low, counts.labels, word("sub_labels", lang, n=f"{waiting.unripe_labels:,}")),
        node("trainings", b, low, counts.trainings, word("sub_trainings", lang, n=f"{counts.promoted:,}")),
        node("reports", a, low, counts.reports, word("sub_reports", lang)),
    )
    return Chain(nodes, _arrows(lang))


def _arrows(lang: str) -> tuple[Arrow, ...]:
    (a, b, c, d), (top, low) = COLUMNS, ROWS
    half, tall = WIDE // 2 + 4, HIGH // 2 + 4
    middle = (top + low) // 2

    def level(left: int, right: int, y: int, key: str, kind: str = "step") -> Arrow:
        start, end = (left + half, right - half - 8) if left < right else (left - half, right + half + 8)
        return Arrow(f"M{start} {y} H{end}", word(key, lang), (left + right) // 2, y - 12, kind)

    return (
        level(a, b, top, "arrow_features"),
        level(b, c, top, "arrow_grade"),
        level(c, d, top, "arrow_route"),
        Arrow(f"M{d} {top + tall} V{low - tall - 8}", word("arrow_verify", lang), d + 10, middle + 4, "step"),
        level(d, c, low, "arrow_accept"),
        level(c, b, low, "arrow_mature"),
        Arrow(f"M{b} {low - tall} V{top + tall + 8}", word("arrow_close", lang), b + 10, middle + 4, "close"),
        level(b, a, low, "closes", "read"),
    )
