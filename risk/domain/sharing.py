"""Data sharing between departments (数据共享): applied for, received, granted or refused, withdrawn. Pure; what can be shared is ``data/sharing.toml``.

applied → received → granted → withdrawn | over (by its last day)
                   → refused            applied, received → cancelled (by who applied)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError
from risk.domain.messages import MESSAGES, Told, register

STEPS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("applied", "receive"): "received",
        ("received", "grant"): "granted",
        ("received", "refuse"): "refused",
        ("granted", "withdraw"): "withdrawn",
        ("applied", "cancel"): "cancelled",
        ("received", "cancel"): "cancelled",
    }
)
"""From a state by a step; what is not here is refused."""

FORMS = ("key", "export")

register(
    {
        "share_step": ("共享申请状态为“{state}”，不能“{step}”", "the application is {state}: it cannot be {step}"),
        "share_state_applied": ("待受理", "applied for"),
        "share_state_received": ("已受理", "received"),
        "share_state_granted": ("已授权", "granted"),
        "share_state_refused": ("未予授权", "refused"),
        "share_state_withdrawn": ("已撤回", "withdrawn"),
        "share_state_cancelled": ("已撤销申请", "cancelled"),
        "share_step_receive": ("受理", "received"),
        "share_step_grant": ("授权", "granted"),
        "share_step_refuse": ("不予授权", "refused"),
        "share_step_withdraw": ("撤回授权", "withdrawn"),
        "share_step_cancel": ("撤销申请", "cancelled"),
        "share_step_collect": ("领取", "collected"),
    }
)


@dataclass(frozen=True, slots=True)
class Shareable:
    """A kind of data: its words, and the permission that a grant lends."""

    zh: str
    en: str
    permission: str


@cache
def shareable() -> Mapping[str, Shareable]:
    """What can be applied for.

    >>> list(shareable()), shareable()["alerts"].permission
    (['alerts', 'tasks', 'verdicts', 'signals'], 'alerts.read')
    """
    return MappingProxyType({code: Shareable(**row) for code, row in read_toml("sharing.toml")["data"].items()})


@cache
def limits() -> Mapping[str, int]:
    """The longest period in days, the most rows of an export."""
    return MappingProxyType(dict(read_toml("sharing.toml")["limits"]))


def after(state: str, step: str) -> str:
    """The state after a step; ``ConflictError`` (``share_step``).

    >>> after("received", "grant")
    'granted'
    >>> after("applied", "grant")
    Traceback (most recent call last):
        ...
    risk.domain.errors.ConflictError: the application is applied for: it cannot be granted
    """
    found = STEPS.get((state, step))
    if found is None:
        raise refused(state, step)
    return found


def refused(state: str, step: str) -> ConflictError:
    """That a step does not fit the state."""
    return ConflictError("share_step", state=Told(*MESSAGES[f"share_state_{state}"]), step=Told(*MESSAGES[f"share_step_{step}"]))
