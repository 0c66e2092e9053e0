"""Full reports: a draft that is saved and gone on with, then handed in; a correction in the same shape. One transaction: verdict, acts, attachments, draft.

Who hands a report in must be one of its handlers, or may decide on tasks (the head): a report in somebody else's name is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, insert, select, update

from risk.domain.authority import EVERYWHERE, Principal, Scope
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.filing import Filing, check_filing
from risk.domain.messages import register
from risk.domain.mistakes import Mistake, MistakesError, storable
from risk.services import acts, attachments, auditing, scoping, tasks
from risk.services.acts import Belongs
from risk.services.verdict_consequences import about_of
from risk.services.verdict_events import get
from risk.services.verdict_store import latest
from risk.storage import tables as t

LARGEST_DRAFT = 400_000
"""Characters of a draft as JSON. Ours."""

register(
    {
        "draft_not_found": ("任务 {task} 没有结论草稿", "the task {task} has no draft of a verdict"),
        "verdict_replaced": (
            "结论 {verdict} 已被结论 {newest} 更正，只能更正最新结论",
            "the verdict {verdict} was corrected by {newest}: only the newest can be corrected",
        ),
        "draft_changed": (
            "任务 {task} 的草稿已被他人更改（版本 {now}，提交的是 {given}）",
            "the draft of task {task} was changed by someone else (version {now}, not {given})",
        ),
        "draft_unreadable": ("草稿含有无法保存的内容", "the draft has something in it that cannot be kept"),
        "draft_too_large": ("草稿过大（上限 {limit} 个字符）", "the draft is too large (at most {limit} characters)"),
        "filing_not_handler": (
            "{person} 不是核查人员，也无权代为反馈",
            "{person} is none of the handlers and may not report in their name",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was entered so far, as it was entered."""

    task_id: int
    content: dict[str, Any]
    version: int
    actor: str
    created_at: datetime
    changed_at: datetime


def save(
    conn: Connection,
    task_id: int,
    content: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
    version: int | None = None,
    scope: Scope = EVERYWHERE,
) -> Draft:
    """Keep a draft, whatever it lacks. ``task_not_found``, ``draft_changed`` (with ``version`` given), ``draft_too_large``."""
    scoping.require_task(conn, scope, task_id)
    _check_storable(content)
    d, row = t.verdict_drafts.c, _draft(conn, task_id)
    seen = 0 if row is None else row.version
    if version is not None and version != seen:
        raise ConflictError("draft_changed", task=task_id, now=seen, given=version)
    values = {"content": dict(content), "actor": actor, "changed_at": now}
    if row is None:
        conn.execute(insert(t.verdict_drafts).values(**values, task_id=task_id, version=1, created_at=now))
    elif conn.execute(update(t.verdict_drafts).where(d.id == row.id, d.version == seen).values(**values, version=seen + 1)).rowcount != 1:
        raise ConflictError("draft_changed", task=task_id, now="?", given=seen)
    auditing.record(conn, actor, "verdict.draft", f"task:{task_id}", {"version": seen + 1}, now)
    return _kept(conn, task_id)


def draft(conn: Connection, task_id: int, *, scope: Scope = EVERYWHERE) -> Draft | None:
    """The draft of a task; nothing where none was begun. ``task_not_found``."""
    scoping.require_task(conn, scope, task_id)
    row = _draft(conn, task_id)
    return None if row is None else Draft(task_id, dict(row.content), row.version, row.actor, row.created_at, row.changed_at)


def discard(conn: Connection, task_id: int, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> None:
    """Throw a draft away. ``task_not_found``, ``draft_not_found``."""
    _kept(conn, task_id, scope)
    conn.execute(delete(t.verdict_drafts).where(t.verdict_drafts.c.task_id == task_id))
    auditing.record(conn, actor, "verdict.discard_draft", f"task:{task_id}", {}, now)


def mistakes(
    conn: Connection, task_id: int, content: Mapping[str, Any], *, now: datetime, scope: Scope = EVERYWHERE
) -> tuple[Mistake, ...]:
    """Everything that keeps a content from being handed in; nothing where it may."""
    scoping.require_task(conn, scope, task_id)
    found, wrong = check_filing(content, now)
    return wrong if found is None else attachments.unfit(conn, task_id, found.attachments)


def report(
    conn: Connection,
    task_id: int,
    content: Mapping[str, Any] | None,
    *,
    who: Principal,
    now: datetime,
    reason: str | None = None,
    version: int | None = None,
) -> int:
    """Hand a report in (the draft, where no content is given); returns the verdict's id.

    Errors: ``mistakes_found``, ``filing_not_handler``, ``draft_not_found``, those of ``tasks.report``, ``act_known``.
    """
    found = _checked(conn, task_id, content, who, now)
    number = tasks.report(
        conn,
        task_id,
        actor=who.name,
        code=found.code,
        facts=found.facts,
        officers=found.officers,
        sub_reason=found.sub_reason,
        measures=found.measures,
        suggestion=found.suggestion,
        now=now,
        version=version,
        reason=reason,
    )
    _complete(conn, number, found, who.name, now)
    return number


def correct(
    conn: Connection,
    task_id: int,
    content: Mapping[str, Any] | None,
    *,
    reason: str,
    who: Principal,
    now: datetime,
    version: int | None = None,
) -> int:
    """Replace the verdict of a task by a full report; returns the new verdict's id. Errors as of :func:`report`, and ``reason_required``."""
    found = _checked(conn, task_id, content, who, now)
    number = tasks.correct(
        conn,
        task_id,
        actor=who.name,
        code=found.code,
        facts=found.facts,
        officers=found.officers,
        reason=reason,
        sub_reason=found.sub_reason,
        measures=found.measures,
        suggestion=found.suggestion,
        now=now,
        version=version,
    )
    _complete(conn, number, found, who.name, now)
    return number


def correct_verdict(
    conn: Connection, verdict_id: int, content: Mapping[str, Any], *, reason: str, who: Principal, now: datetime, version: int | None = None
) -> int:
    """Correct a verdict by its own number; ``verdict_replaced`` where it is not the newest of its task."""
    row = conn.execute(select(t.verdicts.c.task_id).where(t.verdicts.c.id == verdict_id, scoping.verdicts_inside(who.scope))).one_or_none()
    if row is None:
        raise NotFoundError("verdict_not_found", verdict=verdict_id)
    newest = latest(conn, row.task_id)
    if newest != verdict_id:
        raise ConflictError("verdict_replaced", verdict=verdict_id, newest=newest)
    return correct(conn, row.task_id, content, reason=reason, who=who, now=now, version=version)


def _check_storable(content: Mapping[str, Any]) -> None:
    """Whether every database can keep a draft as it is."""
    try:
        text = json.dumps(dict(content), ensure_ascii=False, allow_nan=False)
        orjson.dumps(dict(content))  # as it is stored: no number beyond 64 bits
    except (ValueError, TypeError, RecursionError):
        raise InvalidInputError("draft_unreadable") from None
    if len(text) > LARGEST_DRAFT:
        raise InvalidInputError("draft_too_large", limit=LARGEST_DRAFT)
    if not storable(text) or "\\u0000" in text:
        raise InvalidInputError("draft_unreadable")


def _checked(conn: Connection, task_id: int, content: Mapping[str, Any] | None, who: Principal, now: datetime) -> Filing:
    given = _kept(conn, task_id, who.scope).content if content is None else content
    scoping.require_task(conn, who.scope, task_id)
    found, wrong = check_filing(given, now)
    if found is None:
        raise MistakesError(wrong)
    if unfit := attachments.unfit(conn, task_id, found.attachments):
        raise MistakesError(unfit)
    if who.kind == "account" and not who.may("tasks.decide") and not _names(conn, who) & set(found.officers):
        raise ForbiddenError("filing_not_handler", person=who.name)
    return found


def _names(conn: Connection, who: Principal) -> set[str]:
    """How a person may stand among the handlers: by the name of their account, or by the name they are known by."""
    a = t.accounts.c
    shown = conn.scalar(select(a.display_name).where(a.id == who.account_id)) if who.account_id is not None else None
    return {who.name, shown} if shown else {who.name}


def _complete(conn: Connection, verdict_id: int, found: Filing, actor: str, now: datetime) -> None:
    """The further fields of a report, its acts, its attachments; the draft is done with."""
    conn.execute(update(t.verdicts).where(t.verdicts.c.id == verdict_id).values(**found.columns()))
    row = get(conn, verdict_id)
    about = about_of(conn, row)
    belongs = Belongs(row.unit_code, about.subject_id, row.task_id, verdict_id)
    for act in found.acts:
        acts.enter(conn, act, belongs, actor=actor, now=now)
    attachments.belong(conn, verdict_id, found.attachments)
    conn.execute(delete(t.verdict_drafts).where(t.verdict_drafts.c.task_id == row.task_id))


def _kept(conn: Connection, task_id: int, scope: Scope = EVERYWHERE) -> Draft:
    found = draft(conn, task_id, scope=scope)
    if found is None:
        raise NotFoundError("draft_not_found", task=task_id)
    return found


def _draft(conn: Connection, task_id: int) -> Row[Any] | None:
    return conn.execute(select(t.verdict_drafts).where(t.verdict_drafts.c.task_id == task_id)).one_or_none()
