"""The life of a task: states, the table of allowed transitions, and nothing outside the table. Pure.

A task is issued, signed for, verified, reported, then accepted or returned, and closed. It may be transferred back with a reason (and issued again to another
office), extended once, or merged into another. Some events change no state: an extension, graver evidence, more evidence.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register, say


class State(StrEnum):
    """Where a task stands."""

    ISSUED = "issued"
    SIGNED = "signed"
    VERIFYING = "verifying"
    REPORTED = "reported"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    TRANSFERRED_BACK = "transferred_back"
    MERGED = "merged"

    def word(self, lang: str) -> str:
        """The word a person reads.

        >>> State.SIGNED.word("zh")
        '已签收'
        """
        return say(f"task_state_{self.value}", lang)


class Event(StrEnum):
    """What happens to a task."""

    ISSUE = "issue"
    SIGN = "sign"
    START = "start"
    REPORT = "report"
    ACCEPT = "accept"
    RETURN = "return"
    CLOSE = "close"
    CORRECT = "correct"
    TRANSFER_BACK = "transfer_back"
    EXTEND = "extend"
    MERGE = "merge"
    RAISE = "raise"
    ADD_EVIDENCE = "add_evidence"

    def word(self, lang: str) -> str:
        """The word a person reads."""
        return say(f"task_event_{self.value}", lang)


_AT_WORK = (State.ISSUED, State.SIGNED, State.VERIFYING, State.RETURNED)
_LIVE = (*_AT_WORK, State.REPORTED, State.ACCEPTED, State.TRANSFERRED_BACK)

TRANSITIONS: MappingProxyType[tuple[State | None, Event], State] = MappingProxyType(
    {
        (None, Event.ISSUE): State.ISSUED,
        (State.TRANSFERRED_BACK, Event.ISSUE): State.ISSUED,
        (State.ISSUED, Event.SIGN): State.SIGNED,
        (State.SIGNED, Event.START): State.VERIFYING,
        (State.RETURNED, Event.START): State.VERIFYING,
        (State.VERIFYING, Event.REPORT): State.REPORTED,
        (State.REPORTED, Event.ACCEPT): State.ACCEPTED,
        (State.REPORTED, Event.RETURN): State.RETURNED,
        (State.ACCEPTED, Event.CLOSE): State.CLOSED,
        **{(s, Event.CORRECT): State.REPORTED for s in (State.REPORTED, State.ACCEPTED, State.CLOSED)},
        **{(s, Event.TRANSFER_BACK): State.TRANSFERRED_BACK for s in _AT_WORK},
        **{(s, Event.EXTEND): s for s in (State.SIGNED, State.VERIFYING, State.RETURNED)},
        **{(s, Event.MERGE): State.MERGED for s in (*_AT_WORK, State.REPORTED)},
        **{(s, Event.RAISE): s for s in _LIVE},
        **{(s, Event.ADD_EVIDENCE): s for s in _LIVE},
    }
)
"""The whole table: (state, event) → state. What is not here does not happen."""

ENDED = frozenset({State.CLOSED, State.MERGED})
AWAITING = frozenset({State.ISSUED, State.SIGNED, State.VERIFYING, State.RETURNED})
"""States in which the office still owes a signature or a report: only these can be overdue."""

NEED_REASON = frozenset({Event.RETURN, Event.TRANSFER_BACK, Event.EXTEND, Event.CORRECT, Event.MERGE})


def advance(state: State | None, event: Event, *, extended: bool = False, reason: str | None = None) -> State:
    """The state after an event.

    ``TransitionError`` (a ``ConflictError``, ``task_transition``) or ``ConflictError`` (``task_extended_already``) when the table has no such step; ``InvalidInputError`` (``reason_required``) when a step
    that must be explained is not.

    >>> advance(State.ISSUED, Event.SIGN).value
    'signed'
    >>> advance(State.ISSUED, Event.ACCEPT)
    Traceback (most recent call last):
        ...
    risk.domain.tasks.TransitionError: a task in the state "issued" cannot be accepted
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise TransitionError(state, event)
    if event is Event.EXTEND and extended:
        raise ConflictError("task_extended_already")
    if event in NEED_REASON and not (reason or "").strip():
        raise InvalidInputError("reason_required", event=event.value)
    return after


def path_to_report(state: State) -> tuple[Event, ...]:
    """The events that lead from ``state`` to a report: who reports has evidently started.

    >>> [e.value for e in path_to_report(State.SIGNED)]
    ['start', 'report']
    """
    return (Event.START, Event.REPORT) if state in (State.SIGNED, State.RETURNED) else (Event.REPORT,)


class TransitionError(ConflictError):
    """A step outside the table, in words of either language."""

    def __init__(self, state: State | None, event: Event) -> None:
        self._state, self._event = state, event
        super().__init__("task_transition", state=state.value if state else "", event=event.value)

    def text(self, lang: str) -> str:
        state = self._state.word(lang) if self._state else say("task_state_none", lang)
        return say(self.code, lang, state=state, event=self._event.word(lang))


register(
    {
        "task_transition": ("任务状态为“{state}”，不能{event}", 'a task in the state "{state}" cannot be {event}'),
        "task_transition.hint": (
            "用 risk tasks show 查看任务的当前状态和经过",
            "see the task's state and history with: risk tasks show",
        ),
        "task_extended_already": ("任务已延期一次，不能再次延期", "the task has been extended already, once is the limit"),
        "reason_required": ("必须说明理由（{event}）", "a reason is required ({event})"),
        "task_state_none": ("未派发", "not issued"),
        "task_state_issued": ("待签收", "issued"),
        "task_state_signed": ("已签收", "signed"),
        "task_state_verifying": ("核查中", "verifying"),
        "task_state_reported": ("已反馈", "reported"),
        "task_state_returned": ("退回补查", "returned"),
        "task_state_accepted": ("已审核通过", "accepted"),
        "task_state_closed": ("已办结", "closed"),
        "task_state_transferred_back": ("已退回待重派", "transferred back"),
        "task_state_merged": ("已并案", "merged"),
        "task_event_issue": ("派发", "issued"),
        "task_event_sign": ("签收", "signed"),
        "task_event_start": ("开始核查", "started"),
        "task_event_report": ("反馈", "reported"),
        "task_event_accept": ("审核通过", "accepted"),
        "task_event_return": ("退回补查", "returned"),
        "task_event_close": ("办结", "closed"),
        "task_event_correct": ("更正结论", "corrected"),
        "task_event_transfer_back": ("退回重派", "transferred back"),
        "task_event_extend": ("延期", "extended"),
        "task_event_merge": ("并案", "merged"),
        "task_event_raise": ("升级", "raised"),
        "task_event_add_evidence": ("补充线索", "given more evidence"),
    }
)
