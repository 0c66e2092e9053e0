"""How far back anything that judges looks: features, escalators, the rules in force and those in shadow. A month within that reach is never archived.

A window without an end over signals or complaints would count less once a month was archived, so such a rule is named and nothing is archived while it is in force.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from risk.domain.errors import ConflictError
from risk.domain.grading import default_policy
from risk.domain.messages import register

if TYPE_CHECKING:
    from rules.pack import Pack

_OF_SIGNALS = ("signals", "complaints", "signal", "complaint")
"""Streams that are made of signals, as windows and as functions of the history name them; alerts, verdicts and penalties are never archived."""

register(
    {
        "archive_window_unbounded": (
            "规则 {rule} 回看全部历史信号，归档会改变其结果",
            "the rule {rule} looks back on all signals of a subject: archiving would change what it says",
        ),
        "archive_window_unbounded.hint": (
            "给该规则的窗口写明期限（近 … 天），或停用该规则",
            "bound its window (in last … days), or retire it",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Reach:
    """In days. ``signals``: of windows over signals and complaints; ``longest``: of all windows."""

    signals: float
    longest: float


def reach(conn: Connection) -> Reach:
    """How far the features, the escalators and the rules in force look back; ``ConflictError`` (``archive_window_unbounded``)."""
    found = [*_features(), *_escalators()]
    for pack in _packs(conn):
        found += _rules(pack)
    return Reach(max((days for of_signals, days in found if of_signals), default=0.0), max((days for _, days in found), default=0.0))


def _packs(conn: Connection) -> list[Pack]:
    """What is in force, and what came with the program: a paused rule may be resumed."""
    from risk.services import live_rules

    return [*live_rules.load(conn).packs, *live_rules.shipped()]


def _features() -> Iterator[tuple[bool, float]]:
    """The features say their window in their name: ``signals_30d``."""
    from features.context import CONTEXT

    for feature in CONTEXT:
        said = re.fullmatch(r"(\w+)s_(\d+)d", feature.name)
        if said:
            yield said[1] in _OF_SIGNALS, float(said[2])


def _escalators() -> Iterator[tuple[bool, float]]:
    """A speed compares with the window before."""
    for one in default_policy().escalators:
        if one.kind in ("history", "speed"):
            yield one.stream in _OF_SIGNALS, float(one.days * (2 if one.kind == "speed" else 1))


def _rules(pack: Pack) -> Iterator[tuple[bool, float]]:
    from risk.scoring.fields import HISTORY, vocabulary
    from rules.history import query_of
    from rules.nodes import Aggregate, Call, Number, Window, walk

    words = vocabulary()
    functions = {name: kind for english, (chinese, kind) in HISTORY.items() for name in (english, chinese)}
    items: list[Any] = [*pack.rules, *pack.helpers, *pack.conditions, *pack.features]
    for item in items:
        for node in walk(item):
            if isinstance(node, Window):
                asked = query_of(node, words)
                days = asked.days and asked.days * (2 if asked.aggregate is Aggregate.CHANGE else 1)
                yield from _told(item, asked.stream in _OF_SIGNALS, days)
            elif isinstance(node, Call) and node.name in functions:
                given = node.args[0] if node.args else None
                yield from _told(item, functions[node.name] in _OF_SIGNALS, given.value if isinstance(given, Number) else None)


def _told(item: Any, of_signals: bool, days: float | None) -> Iterator[tuple[bool, float]]:
    if days is not None:
        yield of_signals, float(days)
    elif of_signals:
        raise ConflictError("archive_window_unbounded", rule=getattr(item, "id", None) or item.name)
