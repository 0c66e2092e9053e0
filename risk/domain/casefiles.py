"""The life of a case file of an event (重点事件): states, the steps between them, levels, aspects, kinds of what it gathers. Pure.

    opened → active → easing → closed → (reopened) active

An event that eases may flare up again; a closed file is reopened, never changed. It is closed with a result (结果) in it, and every step has its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import MESSAGES, Told, register


class State(StrEnum):
    """Where a file stands."""

    OPENED = "opened"
    ACTIVE = "active"
    EASING = "easing"
    CLOSED = "closed"


class Step(StrEnum):
    """What moves it."""

    ACTIVATE = "activate"
    EASE = "ease"
    CLOSE = "close"
    REOPEN = "reopen"


STEPS: Mapping[tuple[State, Step], State] = MappingProxyType(
    {
        (State.OPENED, Step.ACTIVATE): State.ACTIVE,
        (State.EASING, Step.ACTIVATE): State.ACTIVE,
        (State.ACTIVE, Step.EASE): State.EASING,
        (State.OPENED, Step.CLOSE): State.CLOSED,
        (State.ACTIVE, Step.CLOSE): State.CLOSED,
        (State.EASING, Step.CLOSE): State.CLOSED,
        (State.CLOSED, Step.REOPEN): State.ACTIVE,
    }
)
"""From a state by a step; what is not here is refused."""

LINKED = ("alert", "subject", "signal", "task", "verdict", "act")
"""What a file gathers."""

ASPECTS = ("cause", "development", "impact", "opinion", "response", "measure", "result")
WRITTEN = (*ASPECTS, "note")
"""Kinds of entries that people write."""

register(
    {
        "case_file_step": ("重点事件状态为“{state}”，不能“{step}”", "the case file is {state}: it cannot {step}"),
        "case_file_level": ("没有这个级别：{level}", "no such level: {level}"),
        "case_state_opened": ("已立卷", "opened"),
        "case_state_active": ("处置中", "active"),
        "case_state_easing": ("趋缓", "easing"),
        "case_state_closed": ("已结卷", "closed"),
        "case_step_activate": ("转入处置", "become active"),
        "case_step_ease": ("转为趋缓", "ease"),
        "case_step_close": ("结卷", "be closed"),
        "case_step_reopen": ("重新启卷", "be reopened"),
        "case_kind_note": ("备注", "note"),
        "case_kind_create": ("立卷", "opened"),
        "case_kind_change": ("修改卷宗信息", "particulars changed"),
        "case_kind_state": ("状态变化", "state changed"),
        "case_kind_join": ("单位参与", "office joined"),
        "case_kind_leave": ("单位退出", "office left"),
    }
)


def after(state: str, step: str) -> State:
    """The state after a step; ``ConflictError`` (``case_file_step``).

    >>> after("easing", "activate").value, after("closed", "reopen").value
    ('active', 'active')
    >>> after("closed", "ease")
    Traceback (most recent call last):
        ...
    risk.domain.errors.ConflictError: the case file is closed: it cannot ease
    """
    here, by = State(state), Step(step)
    found = STEPS.get((here, by))
    if found is None:
        raise ConflictError(
            "case_file_step", state=Told(*MESSAGES[f"case_state_{here.value}"]), step=Told(*MESSAGES[f"case_step_{by.value}"])
        )
    return found


def steps_from(state: str) -> tuple[str, ...]:
    """The steps that can follow.

    >>> steps_from("active")
    ('ease', 'close')
    """
    return tuple(step.value for (here, step) in STEPS if here == state)


@cache
def levels() -> Mapping[str, Told]:
    """Levels from the least to the gravest.

    >>> list(levels()), levels()["major"].zh
    (['ordinary', 'larger', 'major', 'gravest'], '重大')
    """
    return MappingProxyType({code: Told(**words) for code, words in read_toml("casefiles.toml")["level"].items()})


@cache
def aspects() -> Mapping[str, Told]:
    """The aspects of an event in their order.

    >>> "、".join(words.zh for words in aspects().values())
    '起因、动态、影响、舆情、响应、措施、结果'
    """
    return MappingProxyType({code: Told(**words) for code, words in read_toml("casefiles.toml")["aspect"].items()})


@cache
def limits() -> Mapping[str, int]:
    """How much one file holds."""
    return MappingProxyType(dict(read_toml("casefiles.toml")["limits"]))


def checked_level(level: str) -> str:
    """A level that exists; ``InvalidInputError`` (``case_file_level``)."""
    if level not in levels():
        raise InvalidInputError("case_file_level", level=level[:40])
    return level
