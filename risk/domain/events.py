"""The catalogue of events: what may be written to the outbox, in which words, for whom. Pure; the rows are ``data/events.toml``.

An event that is not in the catalogue is a slip of the pen (``tests/risk/test_events.py`` finds it in the source); at run time it goes through under a
generic text, since an act must not fail for its echo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from risk.domain.datafiles import read_toml

_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event."""

    name: str
    zh: str
    en: str
    concerns: str  # office: the one the event names; province: nobody's office
    facts: tuple[str, ...] = ()  # keys of `data` that a text tells
    people: bool = True  # also for e-mail and robots
    urgent: str = ""  # always, red (a red grade), or never

    def words(self, lang: str) -> str:
        """What happened."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Happened:
    """One row of the outbox, as the other side of it sees it."""

    id: int
    key: str
    event: str
    object: str
    office: str | None
    data: Mapping[str, Any]
    at: Any  # datetime, aware
    trace: str | None = None  # which request, job or command did it


@cache
def catalogue() -> MappingProxyType[str, Event]:
    """Every event by its name.

    >>> catalogue()["task.escalated"].urgent, catalogue()["run.done"].people
    ('always', False)
    """
    rows = read_toml("events.toml")["event"]
    return MappingProxyType({name: Event(name, **{**row, "facts": tuple(row["facts"])}) for name, row in rows.items()})


def event_of(name: str) -> Event:
    """The event of a name, or a generic one.

    >>> event_of("task.issued").zh, event_of("moon.risen").en
    ('核查任务已下达', 'event moon.risen')
    """
    return catalogue().get(name) or Event(name, f"事件 {name}", f"event {name}", "office")


def is_urgent(name: str, data: Mapping[str, Any]) -> bool:
    """Whether an event waits for no digest.

    >>> is_urgent("task.issued", {"grade": "red"}), is_urgent("task.issued", {"grade": "blue"}), is_urgent("task.escalated", {})
    (True, False, True)
    """
    rule = event_of(name).urgent
    return rule == "always" or (rule == "red" and data.get("grade") in ("red", 4))


def wanted(name: str, patterns: tuple[str, ...] | list[str]) -> bool:
    """Whether a filter of names and beginnings lets an event through.

    >>> wanted("task.issued", ["task.*"]), wanted("task.issued", ["alert.raised"]), wanted("run.done", ["*"])
    (True, False, True)
    """
    return any(one in ("*", name) or (one.endswith(".*") and name.startswith(one[:-1])) for one in patterns)


def known_pattern(pattern: str) -> bool:
    """Whether a filter can ever let an event of the catalogue through.

    >>> known_pattern("task.*"), known_pattern("tasks.*")
    (True, False)
    """
    return any(wanted(name, [pattern]) for name in catalogue())


def without_personal(data: Mapping[str, Any]) -> dict[str, Any]:
    """Data without keys that name or quote people, and without numbers that look like a telephone's or an identity card's.

    >>> without_personal({"grade": "red", "phone": "13800138000", "note": "call 13800138000", "more": [{"text": "x", "n": 1}]})
    {'grade': 'red', 'note': 'call ***', 'more': [{'n': 1}]}
    """
    return {key: _clean(value) for key, value in data.items() if key not in _personal()}


@cache
def _personal() -> frozenset[str]:
    return frozenset(read_toml("events.toml")["privacy"]["keys"])


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _ID_NUMBER.sub("***", _PHONE.sub("***", value))
    if isinstance(value, Mapping):
        return without_personal(value)
    if isinstance(value, (list, tuple)):
        return [_clean(one) for one in value]
    return value
