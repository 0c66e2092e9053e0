"""The life of a report: draft → approved (by another) → signed → published, withdrawn with a reason. The one table of steps. Pure."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError
from risk.domain.messages import Told, register, say


class ReportState(StrEnum):
    """Where a report stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SIGNED = "signed"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"

    def word(self, lang: str) -> str:
        """The word a person reads.

        >>> ReportState.SIGNED.word("zh"), ReportState.DRAFT.word("en")
        ('已签发', 'draft')
        """
        return say(f"report_state_{self.value}", lang)


register(
    {
        "report_state_draft": ("草稿", "draft"),
        "report_state_approved": ("已审核", "approved"),
        "report_state_signed": ("已签发", "signed"),
        "report_state_published": ("已印发", "published"),
        "report_state_withdrawn": ("已撤回", "withdrawn"),
        "report_step": ("报告{state}，不能执行“{step}”", "the report is {state}: it cannot take the step `{step}`"),
        "report_reason": ("此步骤必须说明理由", "this step takes a reason"),
        "report_own": (
            "{person} 拟制或者修改过这份报告，须由他人审核、签发",
            "{person} made or changed the report: another person approves and signs it",
        ),
    }
)

_S = ReportState
STEPS: MappingProxyType[tuple[ReportState, str], ReportState] = MappingProxyType(
    {
        (_S.DRAFT, "remark"): _S.DRAFT,
        (_S.DRAFT, "dress"): _S.DRAFT,
        (_S.DRAFT, "approve"): _S.APPROVED,
        (_S.APPROVED, "send_back"): _S.DRAFT,
        (_S.APPROVED, "sign"): _S.SIGNED,
        (_S.SIGNED, "send_back"): _S.DRAFT,
        (_S.SIGNED, "publish"): _S.PUBLISHED,
        (_S.DRAFT, "withdraw"): _S.WITHDRAWN,
        (_S.APPROVED, "withdraw"): _S.WITHDRAWN,
        (_S.SIGNED, "withdraw"): _S.WITHDRAWN,
        (_S.PUBLISHED, "withdraw"): _S.WITHDRAWN,
    }
)
"""(state, step) → state. What is not here does not happen; a published report is withdrawn, never changed."""

WITH_REASON = frozenset({"send_back", "withdraw"})
BY_ANOTHER = frozenset({"approve", "sign"})
"""Steps that nobody takes on a report of their own."""


def after(state: str, step: str, *, actor: str, authors: frozenset[str], reason: str) -> ReportState:
    """The state after a step; ``ConflictError`` (``report_step``), ``ForbiddenError`` (``report_own``), ``InvalidInputError`` (``report_reason``).

    >>> after("draft", "approve", actor="李四", authors=frozenset({"张三"}), reason="").value
    'approved'
    """
    found = STEPS.get((ReportState(state), step))
    if found is None:
        raise ConflictError("report_step", state=_told(state), step=step)
    if step in BY_ANOTHER and actor in authors:
        raise ForbiddenError("report_own", person=actor)
    if step in WITH_REASON and not reason.strip():
        raise InvalidInputError("report_reason")
    return found


def _told(state: str) -> Told:
    return Told(ReportState(state).word("zh"), ReportState(state).word("en"))


def steps_from(state: str) -> tuple[str, ...]:
    """The steps that a report in this state can take, writing and dressing aside.

    >>> steps_from("signed")
    ('send_back', 'publish', 'withdraw')
    """
    return tuple(step for (here, step) in STEPS if here == ReportState(state) and step not in ("remark", "dress"))
