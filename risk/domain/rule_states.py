"""The life of a rule's version: states, the table of allowed steps, and who may take them. Pure; lists, conditions and features live alike.

A version is drafted, tested, submitted, approved by someone else, watched in shadow, made active, paused, retired. A rejected one is a draft again. What replaces
an active version retires it. Restoring an old version is a new draft with its text, so no step leads out of *retired*.

The one promise: no version becomes active (or shadow) without the approval of someone who neither wrote nor submitted it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from types import MappingProxyType

from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register, say


class RuleState(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    TESTED = "tested"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SHADOW = "shadow"
    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"

    def word(self, lang: str) -> str:
        """The word a person reads.

        >>> RuleState.SHADOW.word("zh"), RuleState.ACTIVE.word("en")
        ('影子', 'active')
        """
        return say(f"rule_state_{self.value}", lang)


class RuleEvent(StrEnum):
    """What happens to a version."""

    CREATE = "create"
    SHIP = "ship"
    EDIT = "edit"
    TEST = "test"
    FAIL = "fail"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    REJECT = "reject"
    APPROVE = "approve"
    SHADOW = "shadow"
    ACTIVATE = "activate"
    ROLL_OUT = "roll_out"
    PAUSE = "pause"
    RESUME = "resume"
    RETIRE = "retire"
    REPLACE = "replace"
    RELIST = "relist"
    STUMBLE = "stumble"

    def word(self, lang: str) -> str:
        """The word a person reads."""
        return say(f"rule_event_{self.value}", lang)


_S, _E = RuleState, RuleEvent
_OPEN = (_S.DRAFT, _S.TESTED)
_WATCHED = (_S.SHADOW, _S.ACTIVE)

TRANSITIONS: MappingProxyType[tuple[RuleState | None, RuleEvent], RuleState] = MappingProxyType(
    {
        (None, _E.CREATE): _S.DRAFT,
        (None, _E.SHIP): _S.ACTIVE,
        **{(s, _E.EDIT): _S.DRAFT for s in _OPEN},
        **{(s, _E.TEST): _S.TESTED for s in _OPEN},
        **{(s, _E.FAIL): _S.DRAFT for s in _OPEN},
        (_S.TESTED, _E.SUBMIT): _S.SUBMITTED,
        (_S.SUBMITTED, _E.WITHDRAW): _S.DRAFT,
        (_S.SUBMITTED, _E.REJECT): _S.DRAFT,
        (_S.SUBMITTED, _E.APPROVE): _S.APPROVED,
        (_S.APPROVED, _E.SHADOW): _S.SHADOW,
        **{(s, _E.ACTIVATE): _S.ACTIVE for s in (_S.APPROVED, _S.SHADOW)},
        (_S.ACTIVE, _E.ROLL_OUT): _S.ACTIVE,
        (_S.ACTIVE, _E.PAUSE): _S.PAUSED,
        (_S.PAUSED, _E.RESUME): _S.ACTIVE,
        **{(s, _E.RETIRE): _S.RETIRED for s in _S if s is not _S.RETIRED},
        **{(s, _E.REPLACE): _S.RETIRED for s in (*_WATCHED, _S.PAUSED)},
        **{(s, _E.RELIST): s for s in (*_WATCHED, _S.PAUSED)},
        **{(s, _E.STUMBLE): s for s in _WATCHED},
    }
)
"""The whole table: (state, event) → state. What is not here does not happen. ``ship`` is for what came with the program, ``replace`` for the version that a
newer one takes the place of, ``relist`` for a rule whose list was exchanged under it, ``stumble`` for one that failed while it ran."""

NEED_REASON = frozenset({_E.REJECT, _E.SHADOW, _E.ACTIVATE, _E.ROLL_OUT, _E.PAUSE, _E.RESUME, _E.RETIRE})
"""Steps that must be explained."""

CHANGES_LIVE = frozenset({_E.SHADOW, _E.ACTIVATE, _E.ROLL_OUT, _E.PAUSE, _E.RESUME, _E.REPLACE})
"""Steps that always change what runs use; to retire does so only from `LIVE` states."""

LIVE = frozenset({_S.SHADOW, _S.ACTIVE, _S.PAUSED})
UNFINISHED = frozenset({_S.DRAFT, _S.TESTED, _S.SUBMITTED})
"""A definition has at most one version in these."""


def advance(state: RuleState | None, event: RuleEvent, *, reason: str | None = None) -> RuleState:
    """The state after an event.

    ``RuleTransitionError`` (a ``ConflictError``, ``rule_transition``) when the table has no such step; ``InvalidInputError`` (``rule_reason``) when a step that must be
    explained is not.

    >>> advance(RuleState.TESTED, RuleEvent.SUBMIT).value
    'submitted'
    >>> advance(RuleState.DRAFT, RuleEvent.ACTIVATE, reason="now")
    Traceback (most recent call last):
        ...
    risk.domain.rule_states.RuleTransitionError: a version in the state "draft" cannot be activated
    """
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise RuleTransitionError(state, event)
    if event in NEED_REASON and not (reason or "").strip():
        raise InvalidInputError("rule_reason", event=event.value)
    return after


def changes_live(state: RuleState | None, event: RuleEvent) -> bool:
    """Whether the step changes what the next run uses.

    >>> changes_live(RuleState.DRAFT, RuleEvent.RETIRE), changes_live(RuleState.ACTIVE, RuleEvent.RETIRE)
    (False, True)
    """
    return event in CHANGES_LIVE or (event is RuleEvent.RETIRE and state in LIVE)


def same_person(one: str, other: str) -> bool:
    """Whether two names mean one person: width, case and spaces do not make another.

    >>> same_person("张 三", "张三"), same_person("Ｌi Lei", "li lei"), same_person("张三", "李四")
    (True, True, False)
    """
    return _plain(one) == _plain(other)


def check_approver(actor: str, involved: Iterable[str]) -> None:
    """Refuse an approver who wrote, edited or submitted the version: ``ConflictError`` (``rule_own_approval``).

    >>> check_approver("李四", ["张三"])
    >>> check_approver(" 张三 ", ["王五", "张三"])
    Traceback (most recent call last):
        ...
    risk.domain.errors.ConflictError: 张三 wrote or submitted this version and cannot approve it
    """
    if any(same_person(actor, name) for name in involved):
        raise ConflictError("rule_own_approval", actor=actor.strip())


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


class RuleTransitionError(ConflictError):
    """A step outside the table, in words of either language."""

    def __init__(self, state: RuleState | None, event: RuleEvent) -> None:
        self._state, self._event = state, event
        super().__init__("rule_transition", state=state.value if state else "", event=event.value)

    def text(self, lang: str) -> str:
        state = self._state.word(lang) if self._state else say("rule_state_none", lang)
        return say(self.code, lang, state=state, event=self._event.word(lang))


register(
    {
        "rule_transition": ("版本状态为“{state}”，不能{event}", 'a version in the state "{state}" cannot be {event}'),
        "rule_transition.hint": ("用 risk rules history 查看经过", "see what happened with: risk rules history"),
        "rule_reason": ("必须说明理由（{event}）", "a reason is required ({event})"),
        "rule_own_approval": (
            "{actor} 编写或提交了此版本，不能由本人批准",
            "{actor} wrote or submitted this version and cannot approve it",
        ),
        "rule_own_approval.hint": ("请由另一人审批", "someone else must approve it"),
        "rule_state_none": ("尚无", "none"),
        "rule_state_draft": ("草稿", "draft"),
        "rule_state_tested": ("已测试", "tested"),
        "rule_state_submitted": ("待审批", "submitted"),
        "rule_state_approved": ("已批准", "approved"),
        "rule_state_shadow": ("影子", "shadow"),
        "rule_state_active": ("生效", "active"),
        "rule_state_paused": ("暂停", "paused"),
        "rule_state_retired": ("退役", "retired"),
        "rule_event_create": ("新建", "created"),
        "rule_event_ship": ("随程序发布", "shipped"),
        "rule_event_edit": ("修改", "edited"),
        "rule_event_test": ("测试", "tested"),
        "rule_event_fail": ("测试未通过", "failed in its test"),
        "rule_event_submit": ("提交", "submitted"),
        "rule_event_withdraw": ("撤回", "withdrawn"),
        "rule_event_reject": ("驳回", "rejected"),
        "rule_event_approve": ("批准", "approved"),
        "rule_event_shadow": ("转入影子", "put in shadow"),
        "rule_event_activate": ("启用", "activated"),
        "rule_event_roll_out": ("调整放量", "rolled out"),
        "rule_event_pause": ("暂停", "paused"),
        "rule_event_resume": ("恢复生效", "resumed"),
        "rule_event_retire": ("退役", "retired"),
        "rule_event_replace": ("被新版本取代", "replaced"),
        "rule_event_relist": ("所用词表更新", "given other lists"),
        "rule_event_stumble": ("运行出错", "failing in a run"),
    }
)
