"""The life of a task: states, the table of allowed transitions, and nothing outside the table. Pure.

A task is issued, signed for, verified, reported, then accepted or returned, and closed; a closed one may be reopened. It may be transferred back with a reason
(and issued again to another office), extended once, or merged into another. Some events change no state: a reminder, an extension, graver evidence. A task of
the kind *assist* (协查) is a question to another office: issued, signed for, answered, or withdrawn. While the clock stands still (testing time) little may happen.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import Told, register, say


class Kind(StrEnum):
    """What a task is about."""

    ALERT = "alert"
    AUDIT = "audit"
    ASSIST = "assist"
    CAMPAIGN = "campaign"
    JOINT = "joint"

    def word(self, lang: str) -> str:
        """The word a person reads.

        >>> Kind.ASSIST.word("zh")
        '协查'
        """
        return say(f"task_kind_{self.value}", lang)


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
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"

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
    REOPEN = "reopen"
    ASSIGN = "assign"
    ASK_EXTENSION = "ask_extension"
    REFUSE_EXTENSION = "refuse_extension"
    PAUSE = "pause"
    RESUME = "resume"
    REMIND = "remind"
    ESCALATE = "escalate"
    RECALENDAR = "recalendar"
    ASK = "ask"
    ANSWER = "answer"
    ASSIST_ANSWERED = "assist_answered"
    WITHDRAW = "withdraw"
    COPY = "copy"
    ADVISE = "advise"
    ADVICE_ANSWERED = "advice_answered"
    STAGE = "stage"

    def word(self, lang: str) -> str:
        """The word a person reads."""
        return say(f"task_event_{self.value}", lang)


_AT_WORK = (State.ISSUED, State.SIGNED, State.VERIFYING, State.RETURNED)
_LIVE = (*_AT_WORK, State.REPORTED, State.ACCEPTED, State.TRANSFERRED_BACK)
_IN_HAND = (State.SIGNED, State.VERIFYING, State.RETURNED)
_KNOWN = (*_LIVE, State.CLOSED, State.MERGED)


def _stays(event: Event, *states: State) -> dict[tuple[State | None, Event], State]:
    """An event that changes no state."""
    return {(state, event): state for state in states}


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
        **{(s, Event.MERGE): State.MERGED for s in (*_AT_WORK, State.REPORTED)},
        **{(s, Event.REOPEN): State.VERIFYING for s in (State.ACCEPTED, State.CLOSED)},
        **{(s, Event.WITHDRAW): State.WITHDRAWN for s in (State.ISSUED, State.SIGNED, State.TRANSFERRED_BACK)},
        (State.SIGNED, Event.ANSWER): State.ANSWERED,
        **{(s, Event.ADVISE): State.VERIFYING for s in _IN_HAND},
        **_stays(Event.EXTEND, *_IN_HAND),
        **_stays(Event.ASK_EXTENSION, *_IN_HAND),
        **_stays(Event.REFUSE_EXTENSION, *_LIVE),
        **_stays(Event.PAUSE, *_IN_HAND),
        **_stays(Event.RESUME, *_IN_HAND),
        **_stays(Event.STAGE, *_IN_HAND),
        **_stays(Event.ADVICE_ANSWERED, *_KNOWN),
        **_stays(Event.ASSIGN, *_AT_WORK),
        **_stays(Event.REMIND, *_AT_WORK),
        **_stays(Event.ESCALATE, *_AT_WORK),
        **_stays(Event.RECALENDAR, *_AT_WORK, State.TRANSFERRED_BACK),
        **_stays(Event.RAISE, *_LIVE),
        **_stays(Event.ADD_EVIDENCE, *_LIVE),
        **_stays(Event.ASK, *_AT_WORK),
        **_stays(Event.ASSIST_ANSWERED, *_KNOWN),
        **_stays(Event.COPY, *_KNOWN),
    }
)
"""The whole table: (state, event) → state. What is not here does not happen."""

ENDED = frozenset({State.CLOSED, State.MERGED, State.ANSWERED, State.WITHDRAWN})
AWAITING = frozenset({State.ISSUED, State.SIGNED, State.VERIFYING, State.RETURNED})
"""States in which the office still owes a signature or a report: only these can be overdue."""

NEED_REASON = frozenset(
    {Event.RETURN, Event.TRANSFER_BACK, Event.EXTEND, Event.ASK_EXTENSION, Event.REFUSE_EXTENSION, Event.CORRECT, Event.MERGE}
    | {Event.REOPEN, Event.PAUSE, Event.WITHDRAW}
)

WHILE_PAUSED = frozenset(
    {Event.RESUME, Event.RAISE, Event.ADD_EVIDENCE, Event.ASSIGN, Event.ASK, Event.ASSIST_ANSWERED, Event.COPY, Event.ADVICE_ANSWERED}
    | {Event.REFUSE_EXTENSION, Event.RECALENDAR}
)
"""What may happen while the clock of a task stands still."""

BY_ITSELF = frozenset({Event.REMIND, Event.ESCALATE, Event.RECALENDAR, Event.ASSIST_ANSWERED, Event.RAISE, Event.ADD_EVIDENCE})
"""What follows from something else: nobody does these to a task."""

_OF_ASSIST = frozenset(
    {Event.ISSUE, Event.SIGN, Event.ANSWER, Event.WITHDRAW, Event.TRANSFER_BACK, Event.ASSIGN, Event.REMIND, Event.ESCALATE}
    | {Event.EXTEND, Event.ASK_EXTENSION, Event.REFUSE_EXTENSION, Event.RECALENDAR}
)
_NOT_OF: dict[str, frozenset[Event]] = {
    Kind.ALERT: frozenset({Event.ANSWER, Event.WITHDRAW}),
    Kind.AUDIT: frozenset({Event.ANSWER, Event.WITHDRAW, Event.ADVISE}),
    Kind.ASSIST: frozenset(Event) - _OF_ASSIST,
    Kind.CAMPAIGN: frozenset({Event.ANSWER, Event.ADVISE}),
    Kind.JOINT: frozenset({Event.ANSWER, Event.ADVISE}),
}


def allowed(state: State, *, kind: str = "alert", extended: bool = False, paused: bool = False, asked: bool = False) -> tuple[Event, ...]:
    """What people may do next, in the order of the table.

    >>> [e.value for e in allowed(State.ISSUED, kind="assist")]
    ['sign', 'transfer_back', 'withdraw', 'assign']
    """
    here = dict.fromkeys(event for (source, event) in TRANSITIONS if source is state and event not in _NOT_OF.get(kind, ()))
    barred = {Event.EXTEND, Event.ASK_EXTENSION} if extended else set[Event]()
    barred |= BY_ITSELF | (set() if paused else {Event.RESUME}) | (set() if asked else {Event.REFUSE_EXTENSION})
    return tuple(e for e in here if e not in barred and (not paused or e in WHILE_PAUSED))


def advance(
    state: State | None, event: Event, *, extended: bool = False, reason: str | None = None, kind: str | None = None, paused: bool = False
) -> State:
    """The state after an event.

    ``TransitionError`` (a ``ConflictError``, ``task_transition``) or ``ConflictError`` (``task_extended_already``, ``task_paused``, ``task_not_paused``,
    ``task_kind``) when there is no such step; ``InvalidInputError`` (``reason_required``) when a step that must be explained is not. Without ``kind``
    the whole table holds.

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
    if kind is not None and event in _NOT_OF.get(kind, ()):
        raise ConflictError("task_kind", kind=_told(f"task_kind_{kind}"), event=_told(f"task_event_{event.value}"))
    if paused and event not in WHILE_PAUSED:
        raise ConflictError("task_paused")
    if kind is not None and not paused and event is Event.RESUME:
        raise ConflictError("task_not_paused")
    if event in (Event.EXTEND, Event.ASK_EXTENSION) and extended:
        raise ConflictError("task_extended_already")
    if event in NEED_REASON and not (reason or "").strip():
        raise InvalidInputError("reason_required", event=event.value)
    return after


def _told(code: str) -> Told:
    return Told(say(code, "zh"), say(code, "en"))


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
        "task_paused": ("任务计时已暂停（检验检测期间），先恢复计时", "the clock of the task stands still (testing): resume it first"),
        "task_paused.hint": ("用 risk tasks resume 恢复计时", "resume it with: risk tasks resume"),
        "task_not_paused": ("任务计时未暂停", "the clock of the task does not stand still"),
        "task_kind": ("“{kind}”任务不能{event}", 'a task of the kind "{kind}" cannot be {event}'),
        "task_kind_alert": ("预警核查", "alert"),
        "task_kind_audit": ("抽查", "random check"),
        "task_kind_assist": ("协查", "assistance"),
        "task_kind_campaign": ("专项整治", "campaign"),
        "task_kind_joint": ("联合检查", "joint inspection"),
        "task_state_answered": ("已回复", "answered"),
        "task_state_withdrawn": ("已撤回", "withdrawn"),
        "task_event_reopen": ("重新核查", "reopened"),
        "task_event_assign": ("分派人员", "assigned to an officer"),
        "task_event_ask_extension": ("申请延期", "put forward for an extension"),
        "task_event_refuse_extension": ("不同意延期", "refused an extension"),
        "task_event_pause": ("暂停计时", "put on hold for testing"),
        "task_event_resume": ("恢复计时", "resumed"),
        "task_event_remind": ("催办", "reminded of"),
        "task_event_escalate": ("逾期上报", "escalated"),
        "task_event_recalendar": ("工作日历调整", "moved by the calendar"),
        "task_event_ask": ("请求协查", "given to another office for assistance"),
        "task_event_answer": ("回复协查", "answered"),
        "task_event_assist_answered": ("收到协查回复", "given an answer of another office"),
        "task_event_withdraw": ("撤回", "withdrawn"),
        "task_event_copy": ("抄告", "copied"),
        "task_event_advise": ("提醒当事人", "advised"),
        "task_event_advice_answered": ("当事人答复", "given an answer of the trader"),
        "task_event_stage": ("转入下一阶段", "moved to the next stage"),
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
