"""Verdicts: listed, shown, drafted, handed in, corrected; their reviews, appeals, repairs and what the senders of clues are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import Query

from api.authority import Caller, acting, needs
from api.deps import Cursor, Id, Lang, Limit, Moment, Svc, Text
from api.openapi import problems
from api.operations import Router
from api.verdict_schemas import (
    AppealDecision,
    AppealSent,
    Content,
    CorrectionSent,
    Decided,
    DraftSent,
    Passed,
    RepairClosed,
    ReportSent,
    Submit,
    Told,
    plain,
)
from risk.domain.authority import Principal
from risk.services import appeals, feedback, repairs, reviews, verdict_detail, verdict_filing, verdict_numbers, views_verdicts
from risk.services.appeals import AppealView
from risk.services.feedback import FeedbackView
from risk.services.paging import LARGEST_ID, Page
from risk.services.repairs import RepairView
from risk.services.reviews import ReviewView
from risk.services.verdict_detail import Difference, VerdictView
from risk.services.verdict_filing import Draft
from risk.services.verdict_numbers import Verified
from risk.services.views_verdicts import VerdictFilter, VerdictKindView, VerdictRow

router = Router(prefix="/verdicts", tags=["verdicts"])
READ, WORK, REVIEW, REPAIR = needs("verdicts.read"), needs("tasks.work"), needs("verdicts.review"), needs("signals.write")
State = Literal["reported", "accepted", "under_review", "final", "sent_back"]
OtherId = Annotated[int, Query(ge=1, le=LARGEST_ID)]


def _as(who: Principal, sent: str | None) -> Principal:
    """Who acts, by the name the act is recorded under."""
    return replace(who, name=acting(who, sent))


@router.get("", summary="核查结论列表 / List verdicts", dependencies=[READ])
def list_verdicts(
    svc: Svc,
    who: Caller,
    model: Text | None = None,
    code: Text | None = None,
    state: State | None = None,
    task: OtherId | None = None,
    subject: OtherId | None = None,
    office: Text | None = None,
    since: Moment | None = None,
    updated_since: Moment | None = None,
    superseded: bool = True,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[VerdictRow]:
    """The newest first; corrected ones stay and say so, unless `superseded` is false. `updated_since` looks at any change."""
    wanted = VerdictFilter(model, code, state, task, subject, office, since, updated_since, superseded)
    return svc.desk.read(views_verdicts.list_verdicts, wanted, scope=who.scope, limit=limit, cursor=cursor)


@router.post("", status_code=201, summary="提交完整核查结论 / Hand in a full report", responses=problems(404, 409), dependencies=[WORK])
def report(sent: ReportSent, svc: Svc, who: Caller) -> VerdictView:
    """Every mistake is told at once, with its place. With accounts, who hands it in is one of the handlers or may decide on tasks."""
    me, now = _as(who, sent.actor), svc.desk.clock()
    number = svc.desk.act(
        verdict_filing.report, sent.task_id, plain(sent.content), who=me, now=now, reason=sent.reason, version=sent.version
    )
    return get_verdict(number, svc, who)


@router.get("/taxonomy", summary="核查结果代码表 / The taxonomy of results", dependencies=[READ])
def taxonomy(on: date | None = None) -> tuple[VerdictKindView, ...]:
    """Every result: what a report must contain, what it teaches, what the law says comes next. `on`: as it was on a day."""
    return views_verdicts.kinds(on)


@router.get("/numbers", summary="属实率与原因 / Verified rates and causes", dependencies=[READ])
def numbers(svc: Svc, who: Caller, model: Text | None = None, since: Moment | None = None, until: Moment | None = None) -> Verified:
    """Final verdicts in force, counted by result and cause; the rate with its interval (Wilson, 95 %)."""
    return svc.desk.read(verdict_numbers.verified, until or svc.desk.clock(), model=model, since=since, scope=who.scope)


@router.get("/drafts/{task_id}", summary="结论草稿 / The draft of a task", responses=problems(404), dependencies=[WORK])
def get_draft(task_id: Id, svc: Svc, who: Caller) -> Draft | None:
    """As it was entered so far; null where none was begun."""
    return svc.desk.read(verdict_filing.draft, task_id, scope=who.scope)


@router.put("/drafts/{task_id}", summary="保存结论草稿 / Save a draft", responses=problems(404, 409), dependencies=[WORK])
def save_draft(task_id: Id, sent: DraftSent, svc: Svc, who: Caller) -> Draft:
    """Whatever it lacks. With `version`, only over the version that was seen."""
    return svc.desk.act(
        verdict_filing.save,
        task_id,
        plain(sent.content),
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
        version=sent.version,
        scope=who.scope,
    )


@router.delete("/drafts/{task_id}", status_code=204, summary="删除结论草稿 / Discard a draft", responses=problems(404), dependencies=[WORK])
def discard_draft(task_id: Id, svc: Svc, who: Caller) -> None:
    """Nothing of it was handed in."""
    svc.desk.act(verdict_filing.discard, task_id, actor=acting(who), now=svc.desk.clock(), scope=who.scope)


@router.post("/drafts/{task_id}/check", summary="检查结论内容 / Check a report", responses=problems(404), dependencies=[WORK])
def check(task_id: Id, content: Content, svc: Svc, who: Caller, lang: Lang) -> list[dict[str, str]]:
    """Everything that keeps it from being handed in: field, code, message. Nothing where it may."""
    wrong = svc.desk.read(verdict_filing.mistakes, task_id, plain(content), now=svc.desk.clock(), scope=who.scope)
    return [{"field": m.place, "type": m.code, "message": m.text(lang)} for m in wrong]


@router.post(
    "/drafts/{task_id}/submit", status_code=201, summary="提交草稿 / Hand a draft in", responses=problems(404, 409), dependencies=[WORK]
)
def submit(task_id: Id, sent: Submit, svc: Svc, who: Caller) -> VerdictView:
    """The same checks as a full report; the draft is gone afterwards."""
    me, now = _as(who, sent.actor), svc.desk.clock()
    number = svc.desk.act(verdict_filing.report, task_id, None, who=me, now=now, reason=sent.reason, version=sent.version)
    return get_verdict(number, svc, who)


@router.get("/reviews", summary="复核列表 / List second reviews", dependencies=[REVIEW])
def list_reviews(
    svc: Svc,
    who: Caller,
    state: Literal["open", "passed", "sent_back", "void"] | None = "open",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReviewView]:
    """The open ones, the newest first, with the conditions that asked for them."""
    return svc.desk.read(reviews.list_reviews, state=state, scope=who.scope, limit=limit, cursor=cursor)


@router.post("/reviews/{review_id}/pass", summary="复核通过 / Pass a review", responses=problems(404, 409), dependencies=[REVIEW])
def pass_review(review_id: Id, sent: Passed, svc: Svc, who: Caller) -> ReviewView:
    """The verdict is final. Nobody reviews what they reported, verified or accepted."""
    actor, now = acting(who, sent.actor), svc.desk.clock()
    svc.desk.act(reviews.pass_, review_id, actor=actor, now=now, reason=sent.reason, scope=who.scope)
    return svc.desk.read(reviews.get_review, review_id, scope=who.scope)


@router.post(
    "/reviews/{review_id}/send-back", summary="复核退回 / Send a verdict back", responses=problems(404, 409), dependencies=[REVIEW]
)
def send_back(review_id: Id, sent: Decided, svc: Svc, who: Caller) -> ReviewView:
    """The office owes a correction."""
    actor, now = acting(who, sent.actor), svc.desk.clock()
    svc.desk.act(reviews.send_back, review_id, reason=sent.reason, actor=actor, now=now, scope=who.scope)
    return svc.desk.read(reviews.get_review, review_id, scope=who.scope)


@router.get("/appeals", summary="申诉列表 / List appeals", dependencies=[READ])
def list_appeals(
    svc: Svc,
    who: Caller,
    state: Literal["open", "upheld", "overturned", "withdrawn"] | None = None,
    verdict: OtherId | None = None,
    updated_since: Moment | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AppealView]:
    """The newest first; names of persons are masked."""
    return svc.desk.read(
        appeals.list_appeals, state=state, verdict=verdict, updated_since=updated_since, scope=who.scope, limit=limit, cursor=cursor
    )


@router.get("/appeals/{appeal_id}", summary="申诉详情 / One appeal", responses=problems(404), dependencies=[READ])
def get_appeal(appeal_id: Id, svc: Svc, who: Caller) -> AppealView:
    """With its decision, where there is one."""
    return svc.desk.read(appeals.get_appeal, appeal_id, scope=who.scope)


@router.post("/appeals/{appeal_id}/decision", summary="处理申诉 / Decide an appeal", responses=problems(404, 409), dependencies=[REVIEW])
def decide(appeal_id: Id, sent: AppealDecision, svc: Svc, who: Caller) -> AppealView:
    """By somebody who had no part in the verdict. To overturn takes the correction, which is then accepted anew."""
    correction = plain(sent.correction) if sent.correction is not None else None
    me, now = _as(who, sent.actor), svc.desk.clock()
    return svc.desk.act(appeals.decide, appeal_id, outcome=sent.outcome, reason=sent.reason, who=me, now=now, correction=correction)


@router.post("/appeals/{appeal_id}/withdraw", summary="撤回申诉 / Withdraw an appeal", responses=problems(404, 409), dependencies=[WORK])
def withdraw(appeal_id: Id, sent: Decided, svc: Svc, who: Caller) -> AppealView:
    """The party takes it back."""
    actor, now = acting(who, sent.actor), svc.desk.clock()
    return svc.desk.act(appeals.withdraw, appeal_id, reason=sent.reason, actor=actor, now=now, scope=who.scope)


@router.get("/repairs", summary="修正任务列表 / List repairs", dependencies=[READ])
def list_repairs(
    svc: Svc,
    who: Caller,
    state: Literal["open", "taken", "done", "withdrawn"] | None = None,
    repair: Literal["data_owner", "rule_owner"] | None = None,
    model: Text | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[RepairView]:
    """What wrong warnings ask of the owners of data and rules, the newest first."""
    return svc.desk.read(repairs.list_repairs, state=state, repair=repair, model=model, scope=who.scope, limit=limit, cursor=cursor)


@router.post("/repairs/{repair_id}/take", summary="认领修正任务 / Take a repair on", responses=problems(404, 409), dependencies=[REPAIR])
def take(repair_id: Id, sent: Passed, svc: Svc, who: Caller) -> RepairView:
    """The actor is its owner."""
    return svc.desk.act(repairs.take, repair_id, actor=acting(who, sent.actor), now=svc.desk.clock(), scope=who.scope)


@router.post("/repairs/{repair_id}/close", summary="办结修正任务 / Close a repair", responses=problems(404, 409), dependencies=[REPAIR])
def close(repair_id: Id, sent: RepairClosed, svc: Svc, who: Caller) -> RepairView:
    """What came of it, and in words."""
    actor, now = acting(who, sent.actor), svc.desk.clock()
    return svc.desk.act(repairs.close, repair_id, outcome=sent.outcome, answer=sent.answer, actor=actor, now=now, scope=who.scope)


@router.get("/feedback", summary="线索反馈列表 / What senders of clues are told", dependencies=[READ])
def list_feedback(
    svc: Svc,
    who: Caller,
    state: Literal["sent", "owed", "told", "withdrawn"] | None = None,
    late: bool = False,
    verdict: OtherId | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[FeedbackView]:
    """The newest first. `late`: owed to a real-name reporter beyond the day the law sets (投诉举报处理暂行办法 Art. 31)."""
    return svc.desk.read(
        feedback.list_feedback, svc.desk.clock(), state=state, late=late, verdict=verdict, scope=who.scope, limit=limit, cursor=cursor
    )


@router.post("/feedback/{feedback_id}/told", summary="登记已告知 / A reporter was told", responses=problems(404, 409), dependencies=[WORK])
def told(feedback_id: Id, sent: Told, svc: Svc, who: Caller) -> FeedbackView:
    """How; who and when are kept."""
    return svc.desk.act(feedback.told, feedback_id, how=sent.how, actor=acting(who, sent.actor), now=svc.desk.clock(), scope=who.scope)


@router.get("/{verdict_id}", summary="核查结论详情 / One verdict", responses=problems(404), dependencies=[READ])
def get_verdict(verdict_id: Id, svc: Svc, who: Caller) -> VerdictView:
    """With its acts, attachments, events, review, appeals, repairs and feedback. Certificates are masked: POST /unmaskings reads them."""
    return svc.desk.read(verdict_detail.get_verdict, verdict_id, svc.desk.clock(), scope=who.scope)


@router.get("/{verdict_id}/diff", summary="结论版本差异 / What two versions differ in", responses=problems(404), dependencies=[READ])
def diff(verdict_id: Id, other: OtherId, svc: Svc, who: Caller) -> tuple[Difference, ...]:
    """From this verdict to `other`, which is of the same task."""
    return svc.desk.read(verdict_detail.diff, verdict_id, other, scope=who.scope)


@router.post(
    "/{verdict_id}/corrections", status_code=201, summary="更正结论 / Correct a verdict", responses=problems(404, 409), dependencies=[WORK]
)
def correct(verdict_id: Id, sent: CorrectionSent, svc: Svc, who: Caller) -> VerdictView:
    """The old one stays and teaches no more; the new one is accepted anew. Only the newest verdict of a task is corrected."""
    me, now = _as(who, sent.actor), svc.desk.clock()
    number = svc.desk.act(
        verdict_filing.correct_verdict, verdict_id, plain(sent.content), reason=sent.reason, who=me, now=now, version=sent.version
    )
    return get_verdict(number, svc, who)


@router.post(
    "/{verdict_id}/appeals", status_code=201, summary="登记申诉 / Enter an appeal", responses=problems(404, 409), dependencies=[WORK]
)
def appeal(verdict_id: Id, sent: AppealSent, svc: Svc, who: Caller) -> AppealView:
    """Against a final verdict; one open appeal a party."""
    return svc.desk.act(
        appeals.file,
        verdict_id,
        party=sent.party,
        appellant=sent.appellant,
        grounds=sent.grounds,
        filed_at=sent.filed_at,
        actor=acting(who, sent.actor),
        now=svc.desk.clock(),
        scope=who.scope,
    )
