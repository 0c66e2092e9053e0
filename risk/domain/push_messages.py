"""What a push says to a person, in Chinese and English: one title, one line an event, a link, and that a clue is no finding. No personal data. Pure.

Texts are made of the catalogue's words (``events.toml``) and of facts that are codes, numbers and moments; free text of others never gets in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from risk.domain import regions
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.events import Happened, event_of
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.push import knobs
from risk.domain.rule_states import RuleEvent
from risk.domain.verdicts import taxonomy

_MOST = 80  # characters of one fact

register(
    {
        "push_title_one": ("【风险预警】{what}", "[Risk early warning] {what}"),
        "push_title_office": ("【风险预警】{office}：{count} 条消息", "[Risk early warning] {office}: {count} messages"),
        "push_title_many": ("【风险预警】{count} 条消息", "[Risk early warning] {count} messages"),
        "push_line": ("{what}：{object}", "{what}: {object}"),
        "push_line_facts": ("{what}：{object}（{facts}）", "{what}: {object} ({facts})"),
        "push_fact": ("{name}：{value}", "{name}: {value}"),
        "push_more": ("另有 {count} 条，请登录系统查看", "and {count} more: see them in the system"),
        "push_note": (
            "预警是供核查的线索，不是结论；请按时限核查并反馈。",
            "A warning is a clue for verification, not a finding; please verify and report in time.",
        ),
        "push_open": ("查看", "open"),
        "push_test_line": ("这是一条测试消息，无需处理。", "This is a test message; nothing needs to be done."),
    }
)


@dataclass(frozen=True, slots=True)
class Names:
    """Names that stand in tables: office code and model key → (Chinese, English); and where links lead."""

    offices: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    models: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    base: str = ""  # RISK_PUBLIC_URL; without it there are no links


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What a person gets."""

    lang: str
    title: str
    lines: tuple[Line, ...]
    more: int = 0  # events that had no room

    @property
    def note(self) -> str:
        """The last words."""
        return say("push_note", self.lang)

    @property
    def rest(self) -> str:
        """What is said of the events that had no room; nothing where all had."""
        return say("push_more", self.lang, count=self.more) if self.more else ""


def compose(events: Sequence[Happened], lang: str, names: Names) -> Message:
    """One message of one or more events of one office; the urgent and the older ones stand first."""
    lines = tuple(line_of(one, lang, names) for one in events)
    most = int(knobs()["digest"]["most_lines"])
    return Message(lang, _title(events, lang, names), lines[:most], max(0, len(lines) - most))


def line_of(one: Happened, lang: str, names: Names) -> Line:
    """One event in words.

    >>> line_of(Happened(1, "k", "task.issued", "task:12", None, {"grade": "red"}, None), "zh", Names())
    Line(text='核查任务已下达：任务 12（等级：红色）', link='')
    >>> line_of(Happened(1, "k", "moon.risen", "moon:1", None, {"grade": "red"}, None), "en", Names(base="https://x.example")).text
    'event moon.risen: moon 1'
    """
    event = event_of(one.event)
    if one.event == "push.test":
        return Line(say("push_test_line", lang))
    facts = [told for name in event.facts if (told := _fact(name, one.data, lang, names))]
    join = "；" if lang == "zh" else "; "
    code = "push_line_facts" if facts else "push_line"
    return Line(say(code, lang, what=event.words(lang), object=_object(one.object, lang), facts=join.join(facts)), link_of(one, names))


def link_of(one: Happened, names: Names) -> str:
    """Where more is to be seen; nothing where that is not known.

    >>> link_of(Happened(1, "k", "task.issued", "task:12", None, {}, None), Names(base="https://risk.example/"))
    'https://risk.example/ui/tasks/12'
    """
    noun, _, number = one.object.partition(":")
    for kind, value in ((noun, number), ("task", one.data.get("task")), ("alert", one.data.get("alert"))):
        template = knobs()["link"].get(kind)
        if names.base and template and str(value or "").isdigit():
            return names.base.rstrip("/") + str(template).format(id=value)
    return ""


def _title(events: Sequence[Happened], lang: str, names: Names) -> str:
    if len(events) == 1:
        return say("push_title_one", lang, what=event_of(events[0].event).words(lang))
    offices = {one.office for one in events}
    office = offices.pop() if len(offices) == 1 else None
    if office:
        return say("push_title_office", lang, office=_named(names.offices, office, lang), count=len(events))
    return say("push_title_many", lang, count=len(events))


def _object(object_: str, lang: str) -> str:
    noun, _, number = object_.partition(":")
    words = read_toml("events.toml")["noun"].get(noun)
    return f"{words[lang] if words else plain(noun)} {plain(number)}".strip()


def _fact(name: str, data: Mapping[str, Any], lang: str, names: Names) -> str:
    row = read_toml("events.toml")["fact"][name]
    value = data.get(row.get("key", name))
    if value is None or value == "" or isinstance(value, (dict, list)):
        return ""
    return say("push_fact", lang, name=row[lang], value=_TOLD[row["is"]](value, lang, names))


def _text(value: Any, lang: str, _names: Names) -> str:
    found = read_toml("events.toml")["word"].get(str(value))
    return str(found[lang]) if found else plain(value)


def _region(value: Any, lang: str, _names: Names) -> str:
    code = str(value)
    return regions.name(code, lang) if code.isdigit() and len(code) == 6 else plain(value)


def _verdict(value: Any, lang: str, _names: Names) -> str:
    found = taxonomy().get(str(value))
    return found.title(lang) if found else plain(value)


def _was(value: Any, lang: str, names: Names) -> str:
    return _verdict(value, lang, names) if str(value) in taxonomy() else _grade(value, lang, names)


def _rule_step(value: Any, lang: str, _names: Names) -> str:
    return RuleEvent(value).word(lang) if value in set(RuleEvent) else plain(value)


def _grade(value: Any, lang: str, _names: Names) -> str:
    try:
        return (Grade(value) if isinstance(value, int) else Grade.parse(str(value))).title(lang)
    except ValueError:
        return plain(value)


def _moment(value: Any, _lang: str, _names: Names) -> str:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return plain(value)
    return f"{found.astimezone(SHANGHAI) if found.tzinfo else found:%m-%d %H:%M}"


def _named(names: Mapping[str, tuple[str, str]], code: str, lang: str) -> str:
    found = names.get(code)
    return found[0 if lang == "zh" else 1] if found else plain(code)


def plain(value: Any) -> str:
    """A value on one line, short, without signs that Markdown or HTML would read.

    >>> plain("a <b>[x](http://y)" + chr(10) + "c")
    'a bx(http://y) c'
    """
    text = " ".join(str(value).split())
    return "".join(sign for sign in text if sign.isprintable() and sign not in "<>[]*`#|\\")[:_MOST]


_TOLD: Mapping[str, Callable[[Any, str, Names], str]] = {
    "text": _text,
    "number": _text,
    "grade": _grade,
    "was": _was,
    "moment": _moment,
    "region": _region,
    "verdict": _verdict,
    "rule_step": _rule_step,
    "office": lambda value, lang, names: _named(names.offices, str(value), lang),
    "model": lambda value, lang, names: _named(names.models, str(value), lang),
}
