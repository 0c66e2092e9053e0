"""Graded response: which tasks may begin with a message to the trader, and what comes after. Pure; conditions and texts are ``data/stages.toml``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from risk.domain.calendar import WorkCalendar
from risk.domain.clocks import after
from risk.domain.datafiles import read_toml
from risk.domain.grades import Grade
from risk.domain.messages import Told, register, say


class Stage(StrEnum):
    """How a matter is being looked at."""

    ADVISE = "advise"
    REMOTE = "remote"
    ON_SITE = "on_site"

    def word(self, lang: str) -> str:
        """The word a person reads.

        >>> Stage.REMOTE.word("en")
        'verify remotely'
        """
        return str(read_toml("stages.toml")["stage"][self.value][lang])


@dataclass(frozen=True, slots=True)
class Matter:
    """What decides whether the trader may be advised first. ``texts``: what was observed. ``None`` and nothing known are no reason to advise."""

    kind: str
    grade: Grade
    model: str
    subject_known: bool
    confirmed_before: bool
    advised_before: bool
    texts: tuple[str, ...]


def following(stage: Stage) -> Stage | None:
    """The next stage; ``None`` after the last.

    >>> following(Stage.ADVISE), following(Stage.ON_SITE)
    (<Stage.REMOTE: 'remote'>, None)
    """
    order = [Stage(name) for name in read_toml("stages.toml")["order"]]
    place = order.index(stage) + 1
    return order[place] if place < len(order) else None


def hindrances(matter: Matter) -> tuple[Told, ...]:
    """Why the trader may not be advised first; nothing where it may be.

    >>> slight = Matter("alert", Grade.BLUE, "false_medical_advertising", True, False, False, ("根治糖尿病",))
    >>> hindrances(slight)
    ()
    >>> [h.en for h in hindrances(Matter("alert", Grade.RED, "illegal_drug_sales", True, False, True, ("出售麻醉药品",)))]
    ['the grade is red', 'this trader was advised before', 'drugs under special control (药品管理法 61)']
    """
    rule = read_toml("stages.toml")["advise"]
    found = []
    if matter.kind not in rule["kinds"]:
        found.append(_told("advise_kind"))
    if matter.grade.code not in rule["grades"]:
        found.append(
            Told(say("advise_grade", "zh", grade=matter.grade.title("zh")), say("advise_grade", "en", grade=matter.grade.title("en")))
        )
    if matter.model not in rule["models"]:
        found.append(_told("advise_model"))
    for holds, code in (
        (not matter.subject_known, "advise_subject"),
        (matter.confirmed_before, "advise_confirmed"),
        (matter.advised_before, "advise_again"),
        (not any(text.strip() for text in matter.texts), "advise_unknown"),
    ):
        if holds:
            found.append(_told(code))
    return (*found, *_never(rule["never"], matter.texts))


def stage_due(stage: Stage, start: datetime, report_due: datetime, calendar: WorkCalendar) -> datetime:
    """When a stage ends: by its own limit, and never after the task's deadline."""
    limit: Mapping[str, Any] | None = read_toml("stages.toml")["stage"][stage.value].get("limit")
    return report_due if limit is None else min(after(limit, start, calendar), report_due)


def channels() -> tuple[str, ...]:
    """The ways a message may go."""
    return tuple(read_toml("stages.toml")["channels"])


def advice_text(lang: str, **facts: object) -> str:
    """The message in one language.

    >>> advice_text("zh", office="某局", model="虚假医疗广告", task=7, due="10月15日")[:12]
    '某局提醒：近期监测发现与'
    """
    return str(read_toml("stages.toml")["template"]["advice"][lang]).format(**facts)


def _never(rules: Iterable[Mapping[str, Any]], texts: tuple[str, ...]) -> list[Told]:
    found = []
    for rule in rules:
        if any(term in text for term in rule["terms"] for text in texts):
            law = f" ({rule['law']} {rule['article']})" if "law" in rule else ""
            found.append(Told(rule["zh"] + law, rule["en"] + law))
    return found


def _told(code: str) -> Told:
    return Told(say(code, "zh"), say(code, "en"))


register(
    {
        "advise_kind": ("不是预警核查任务", "it is not the task of an alert"),
        "advise_grade": ("等级为{grade}", "the grade is {grade}"),
        "advise_model": ("该类线索不适用先行提醒", "clues of this kind are not advised on first"),
        "advise_subject": ("主体未关联", "the subject is not known"),
        "advise_confirmed": ("该主体此前查实过问题", "something was confirmed of this subject before"),
        "advise_again": ("此前已提醒过该当事人", "this trader was advised before"),
        "advise_unknown": ("没有可据以判断的内容", "nothing is known by which to judge"),
    }
)
