"""The exposure board (曝光台): what the public may be told of a subject whose violation was confirmed, in the words of the office that confirmed it.

Only of a final verdict that confirms (10–14), that no later one replaced, and against which no appeal is open. Another person than drafted an entry publishes it.
A correction or an appeal takes an entry down in its own transaction (`take_down`), and `standing` is asked again at every reading, so that nothing is shown on the
strength of a verdict that no longer stands. Telephones, identity cards and names of persons are masked before they are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from risk.domain.masking import masked_name
from risk.domain.messages import Told, register, say
from risk.domain.review import Standing
from risk.domain.verdicts import taxonomy
from risk.services import auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked
from risk.services.scoping import office_code_inside, verdicts_inside
from risk.storage import tables as t

DRAFT, PUBLISHED, WITHDRAWN = "draft", "published", "withdrawn"
STATES = (DRAFT, PUBLISHED, WITHDRAWN)
TITLE, TEXT = 200, 4_000
CONFIRMING = tuple(code for code, kind in taxonomy().items() if kind.label == 1.0)
"""Results that confirm the whole of a suspicion."""

register(
    {
        "exposure_not_found": ("没有编号为 {id} 的曝光条目", "no entry of the exposure board with the number {id}"),
        "exposure_verdict": ("没有编号为 {verdict} 的核查结论", "no verdict with the number {verdict}"),
        "exposure_not_confirmed": (
            "结论 {verdict} 没有认定属实，或者尚未生效，不能曝光",
            "the verdict {verdict} confirms nothing, or is not final: it cannot be exposed",
        ),
        "exposure_corrected": ("结论 {verdict} 已被更正", "the verdict {verdict} was corrected"),
        "exposure_appealed": ("结论 {verdict} 正在申诉", "the verdict {verdict} is under appeal"),
        "exposure_no_subject": ("结论 {verdict} 没有查明主体", "the verdict {verdict} names no subject"),
        "exposure_there": ("该结论已有曝光条目（编号 {id}）", "the verdict has an entry already (number {id})"),
        "exposure_text": (
            "标题和正文为必填；标题至多 {title} 字，正文至多 {text} 字",
            "title and text are required: at most {title} and {text} characters",
        ),
        "exposure_step": ("曝光条目{state}，不能执行此步骤", "the entry is {state}: it cannot take this step"),
        "exposure_own": ("{person} 拟定了该条目，须由他人发布", "{person} drafted the entry: another person publishes it"),
        "exposure_reason": ("撤下曝光条目必须说明理由", "to withdraw an entry takes a reason"),
        "exposure_stale": ("条目已被改动，请刷新后重试", "the entry was changed meanwhile: look again"),
        "exposure_state_draft": ("草稿", "a draft"),
        "exposure_state_published": ("已发布", "published"),
        "exposure_state_withdrawn": ("已撤下", "withdrawn"),
        "exposure_down_corrected": ("所依据的结论已被更正，自动撤下", "the verdict it rested on was corrected: taken down by itself"),
        "exposure_down_appealed": ("所依据的结论被申诉，自动撤下", "the verdict it rested on is under appeal: taken down by itself"),
    }
)


@dataclass(frozen=True, slots=True)
class ExposureEvent:
    """One step of an entry."""

    event: str
    actor: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ExposureView:
    """An entry. ``standing``: whether its verdict still stands (in_force, corrected, appealed, not_confirmed); only what is published and in force is ``shown``."""

    id: int
    verdict_id: int
    office_code: str
    office_zh: str
    office_en: str
    subject_name: str
    title: str
    text: str
    state: str
    standing: str
    shown: bool
    created_by: str
    created_at: datetime
    published_at: datetime | None
    changed_at: datetime
    version: int
    history: tuple[ExposureEvent, ...] = ()


def draft(
    conn: Connection, verdict_id: int, *, title: str, text: str, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> ExposureView:
    """Draft an entry of a verdict. ``exposure_verdict``, ``exposure_not_confirmed``, ``exposure_corrected``, ``exposure_appealed``, ``exposure_no_subject``,
    ``exposure_text``, ``exposure_there``."""
    verdict = _verdict(conn, verdict_id, scope)
    _require_standing(conn, verdict_id)
    if verdict.subject_id is None or not verdict.name:
        raise ConflictError("exposure_no_subject", verdict=verdict_id)
    said = _checked(title, text)
    key = f"verdict:{verdict_id}"
    there = conn.scalar(select(t.exposures.c.id).where(t.exposures.c.open_key == key))
    if there is not None:
        raise ConflictError("exposure_there", id=there)
    row = {
        "verdict_id": verdict_id,
        "open_key": key,
        "subject_id": verdict.subject_id,
        "office_code": verdict.office_code,
        **said,
        "state": DRAFT,
    }
    row |= {"subject_name": masked_name(masked(verdict.name)), "created_by": actor, "created_at": now, "changed_at": now}
    number = int(conn.execute(insert(t.exposures).values(row).returning(t.exposures.c.id)).scalar_one())
    _note(conn, number, "draft", None, DRAFT, actor, now, None)
    return get(conn, number)


def revise(
    conn: Connection,
    exposure_id: int,
    *,
    title: str,
    text: str,
    actor: str,
    now: datetime,
    version: int | None = None,
    scope: Scope = EVERYWHERE,
) -> ExposureView:
    """Change the words of a draft. ``exposure_not_found``, ``exposure_step``, ``exposure_text``, ``exposure_stale``."""
    row = _row(conn, exposure_id, scope, version)
    _in_state(row, DRAFT)
    return _change(conn, row, "revise", DRAFT, _checked(title, text), actor, now, None)


def publish(
    conn: Connection, exposure_id: int, *, actor: str, now: datetime, version: int | None = None, scope: Scope = EVERYWHERE
) -> ExposureView:
    """Another person puts a draft on the board, if its verdict still stands. ``exposure_step``, ``exposure_own``, and those of `draft`."""
    row = _row(conn, exposure_id, scope, version)
    _in_state(row, DRAFT)
    e = t.exposure_events.c
    wrote = {row.created_by, *conn.scalars(select(e.actor).where(e.exposure_id == row.id, e.event == "revise"))}
    if actor in wrote:
        raise ForbiddenError("exposure_own", person=actor)
    _require_standing(conn, row.verdict_id)
    return _change(conn, row, "publish", PUBLISHED, {"published_at": now}, actor, now, None)


def withdraw(
    conn: Connection, exposure_id: int, *, reason: str, actor: str, now: datetime, version: int | None = None, scope: Scope = EVERYWHERE
) -> ExposureView:
    """Take an entry down, or give up a draft. ``exposure_reason``, ``exposure_step``."""
    row = _row(conn, exposure_id, scope, version)
    _in_state(row, DRAFT, PUBLISHED)
    if not reason.strip():
        raise InvalidInputError("exposure_reason")
    return _change(conn, row, "withdraw", WITHDRAWN, {"open_key": None}, actor, now, reason.strip())


def take_down(conn: Connection, verdict_id: int, why: str, *, actor: str, now: datetime) -> int:
    """Withdraw what rests on a verdict that is ``corrected`` or ``appealed``, in the transaction of that act; returns how many entries came down."""
    x = t.exposures.c
    rows = conn.execute(select(t.exposures).where(x.verdict_id == verdict_id, x.state.in_((DRAFT, PUBLISHED)))).all()
    for row in rows:
        _change(conn, row, "withdraw", WITHDRAWN, {"open_key": None}, actor, now, say(f"exposure_down_{why}", "zh"))
    return len(rows)


def get(conn: Connection, exposure_id: int, *, scope: Scope = EVERYWHERE) -> ExposureView:
    """One entry with its history; ``exposure_not_found``."""
    row = _row(conn, exposure_id, scope, lock=False)
    e = t.exposure_events.c
    events = conn.execute(select(e.event, e.actor, e.reason, e.at).where(e.exposure_id == exposure_id).order_by(e.id))
    return _view(conn, row, tuple(ExposureEvent(*one) for one in events))


def list_exposures(
    conn: Connection,
    *,
    state: str | None = None,
    shown: bool = False,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[ExposureView]:
    """Entries of offices inside the scope, the newest first; ``shown`` only those on the board now."""
    x = t.exposures.c
    query = _query(scope).order_by(x.id.desc())
    if state or shown:
        query = query.where(x.state == (PUBLISHED if shown else state))
    if shown:
        query = query.where(_stands())
    if cursor:
        query = query.where(x.id < unpack_id(cursor))
    return page_by_id(conn, query, limit, lambda row: _view(conn, row))


def standing(conn: Connection, verdict_id: int) -> str:
    """Whether a verdict can be exposed: in_force, corrected, appealed, not_confirmed."""
    v, a = t.verdicts.c, t.appeals.c
    row = conn.execute(select(v.code, v.state).where(v.id == verdict_id)).one()
    if conn.scalar(select(v.id).where(v.supersedes == verdict_id).limit(1)) is not None:
        return "corrected"
    if conn.scalar(select(a.id).where(a.verdict_id == verdict_id, a.state == "open").limit(1)) is not None:
        return "appealed"
    return "in_force" if row.code in CONFIRMING and row.state == Standing.FINAL else "not_confirmed"


def _stands() -> Any:
    """`standing` as a condition on rows of ``exposures``."""
    v, newer, a = t.verdicts.alias("exposed"), t.verdicts.alias("newer"), t.appeals.c
    number = t.exposures.c.verdict_id
    good = select(v.c.id).where(v.c.id == number, v.c.code.in_(CONFIRMING), v.c.state == Standing.FINAL.value)
    replaced = select(newer.c.id).where(newer.c.supersedes == number)
    contested = select(a.id).where(a.verdict_id == number, a.state == "open")
    return (
        good.correlate(t.exposures).exists() & ~replaced.correlate(t.exposures).exists() & ~contested.correlate(t.exposures).exists()
    )  # fmt: skip


def _require_standing(conn: Connection, verdict_id: int) -> None:
    if (found := standing(conn, verdict_id)) != "in_force":
        raise ConflictError(f"exposure_{found}", verdict=verdict_id)


def _verdict(conn: Connection, verdict_id: int, scope: Scope) -> Any:
    v = t.verdicts.c
    joined = t.verdicts.join(t.tasks, t.tasks.c.id == v.task_id).outerjoin(t.alerts, t.alerts.c.id == v.alert_id)
    joined = joined.outerjoin(t.subjects, t.subjects.c.id == t.alerts.c.subject_id)
    columns = (t.tasks.c.office_code, t.alerts.c.subject_id, t.subjects.c.name)
    row = conn.execute(select(*columns).select_from(joined).where(v.id == verdict_id, verdicts_inside(scope))).one_or_none()
    if row is None:
        raise NotFoundError("exposure_verdict", verdict=verdict_id)
    return row


def _checked(title: str, text: str) -> dict[str, str]:
    title, text = " ".join(title.split()), text.strip()
    if not title or not text or len(title) > TITLE or len(text) > TEXT:
        raise InvalidInputError("exposure_text", title=TITLE, text=TEXT)
    return {"title": masked(title), "text": masked(text)}


def _query(scope: Scope) -> Any:
    x = t.exposures
    joined = x.outerjoin(t.offices, t.offices.c.code == x.c.office_code)
    return select(x, t.offices.c.name_zh, t.offices.c.name_en).select_from(joined).where(office_code_inside(scope, x.c.office_code))


def _row(conn: Connection, exposure_id: int, scope: Scope, version: int | None = None, *, lock: bool = True) -> Row[Any]:
    if lock:
        conn.execute(select(t.exposures.c.id).where(t.exposures.c.id == exposure_id).with_for_update())
    row: Row[Any] | None = conn.execute(_query(scope).where(t.exposures.c.id == exposure_id)).one_or_none()
    if row is None:
        raise NotFoundError("exposure_not_found", id=exposure_id)
    if version is not None and version != row.version:
        raise ConflictError("exposure_stale")
    return row


def _in_state(row: Row[Any], *states: str) -> None:
    if row.state not in states:
        told = Told(say(f"exposure_state_{row.state}", "zh"), say(f"exposure_state_{row.state}", "en"))
        raise ConflictError("exposure_step", state=told)


def _change(
    conn: Connection, row: Row[Any], event: str, to: str, values: dict[str, Any], actor: str, now: datetime, reason: str | None
) -> ExposureView:
    x = t.exposures.c
    changed = {**values, "state": to, "version": row.version + 1, "changed_at": now}
    if conn.execute(update(t.exposures).where(x.id == row.id, x.version == row.version).values(changed)).rowcount != 1:
        raise ConflictError("exposure_stale")
    _note(conn, row.id, event, row.state, to, actor, now, reason)
    return get(conn, row.id)


def _note(conn: Connection, number: int, event: str, was: str | None, to: str, actor: str, now: datetime, reason: str | None) -> None:
    row = {"exposure_id": number, "event": event, "from_state": was, "to_state": to, "actor": actor, "reason": reason, "at": now}
    conn.execute(insert(t.exposure_events).values(row))
    auditing.record(conn, actor, f"exposure.{event}", f"exposure:{number}", {"reason": reason} if reason else {}, now)


def _view(conn: Connection, row: Row[Any], history: tuple[ExposureEvent, ...] = ()) -> ExposureView:
    stands = standing(conn, row.verdict_id)
    facts: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "id",
            "verdict_id",
            "office_code",
            "subject_name",
            "title",
            "text",
            "state",
            "created_by",
            "created_at",
            "published_at",
            "changed_at",
            "version",
        )
    }
    names = {"office_zh": row.name_zh or row.office_code, "office_en": row.name_en or row.office_code}
    return ExposureView(**facts, **names, standing=stands, shown=row.state == PUBLISHED and stands == "in_force", history=history)
