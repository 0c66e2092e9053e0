"""Who in an office takes the next task: the one with the least open work for what they can do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from risk.domain.datafiles import read_toml
from risk.domain.grades import Grade
from risk.domain.messages import register, say

register(
    {
        "officer_not_found": ("没有编号为 {id} 的核查人员", "no officer with the number {id}"),
        "officer_elsewhere": (
            "{name} 属于 {office}，不是任务的承办单位",
            "{name} belongs to {office}, which is not the office of the task",
        ),
        "officer_unavailable": ("{name} 已停用或正在休假", "{name} is not active, or on leave"),
        "officer_name": ("必须写明姓名", "the name must be given"),
        "officer_reason": ("必须写明理由", "the reason must be given"),
        "officer_none": ("{office} 没有可分派的核查人员", "{office} has no officer who could take it"),
        "officer_none.hint": ("先登记人员，或由负责人指定", "enter officers first, or let the head name one"),
        "office_unknown": ("没有代码为“{office}”的承办单位", 'no office with the code "{office}"'),
        "leave_dates": ("休假起止日期有误：{first} 至 {last}", "the days of the leave are wrong: {first} to {last}"),
        "leave_overlaps": ("与已登记的休假重叠（{first} 至 {last}）", "it overlaps a leave that is entered already ({first} to {last})"),
        "leave_deputy": ("代理人必须是同一单位的其他在岗人员", "the deputy must be another active officer of the office"),
        "leave_not_found": ("没有编号为 {id} 的休假", "no leave with the number {id}"),
        "assignment_automatic": ("自动分派", "given out automatically"),
        "assignment_head": ("负责人分派", "given out by the head"),
        "assignment_take": ("核查人员领取", "taken by officers"),
        "handed_over": ("{name} 休假，任务移交", "{name} is on leave, the task is handed over"),
        "assigned_by_load": ("按负荷自动分派", "given out by load"),
    }
)


class Assignment(StrEnum):
    """How an office gives out its tasks."""

    AUTOMATIC = "automatic"
    HEAD = "head"
    TAKE = "take"

    def word(self, lang: str) -> str:
        """The words a person reads.

        >>> Assignment.HEAD.word("en")
        'given out by the head'
        """
        return say(f"assignment_{self.value}", lang)


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer who may be given work."""

    id: int
    name: str
    weekly_capacity: int


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task somebody has in hand, as far as it weighs."""

    grade: Grade
    report_due: datetime


def weight(task: OpenTask, now: datetime) -> float:
    """What a task weighs: by grade, more where it is due soon or overdue.

    >>> from datetime import UTC
    >>> now = datetime(2026, 10, 1, tzinfo=UTC)
    >>> weight(OpenTask(Grade.RED, now), now), weight(OpenTask(Grade.BLUE, now + timedelta(days=9)), now)
    (6.0, 1.0)
    """
    knobs = read_toml("officers.toml")
    near = task.report_due <= now + timedelta(days=int(knobs["near"]["days"]))
    return float(knobs["weight"][max(task.grade, Grade.BLUE).code]) * (float(knobs["near"]["factor"]) if near else 1.0)


def choose(officers: Iterable[Officer], load: Mapping[str, float], extra: float) -> Officer | None:
    """Who would have the least work for their capacity with one more task; among equals the first by name. Nobody without capacity.

    >>> a, b = Officer(1, "甲", 5), Officer(2, "乙", 10)
    >>> choose([a, b], {"甲": 0.0, "乙": 3.0}, 1.0).name, choose([a, b], {"甲": 1.0}, 9.0).name, choose([], {}, 1.0)
    ('甲', '乙', None)
    """
    able = [one for one in officers if one.weekly_capacity > 0]
    return min(able, key=lambda one: ((load.get(one.name, 0.0) + extra) / one.weekly_capacity, one.name, one.id), default=None)


def away(first: date, last: date, on: date) -> bool:
    """Whether a day lies in a leave, both ends included."""
    return first <= on <= last
