"""Assistance (协查协办): a question of one office to another, with a clock of its own; the answer comes back to the asking task by itself.

The question is a task of the kind *assist*, so the other office finds it in its list, signs for it and is reminded of it. It may read the alert that the
question is about. A task with open questions can be reported only with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import WorkCalendar
from risk.domain.clocks import Deadlines, after, has_ceiling
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.messages import Told, register, say
from risk.domain.tasks import AWAITING, ENDED, Event, Kind, State, advance
from risk.services import calendar_store, outbox
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.personal import masked
from risk.services.scoping import office_code_inside
from risk.services.task_changes import change, department_of, get, issue_event
from risk.storage import tables as t

register(
    {
        "assist_title": ("协查：{title}", "assistance: {title}"),
        "assist_same_office": ("不能请求本单位协查", "an office cannot ask itself"),
        "assist_question": ("必须写明协查事项", "the question must be stated"),
        "assist_answer": ("必须写明协查结果", "the answer must be stated"),
        "assist_not_found": ("没有编号为 {task} 的协查", "no question to another office with the number {task}"),
        "assist_open_already": (
            "已向该单位提出协查，尚未回复（任务 {task}）",
            "this office was asked already and has not answered (task {task})",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class AssistView:
    """A question to another office. ``task`` is its own number, ``parent`` that of the task that asked; ``late``: not answered in time."""

    id: int
    task: int
    parent: int
    asking_office: str
    asking_zh: str
    asking_en: str
    office: str
    office_zh: str
    office_en: str
    state: str
    question: str
    answer: str | None
    documents: tuple[dict[str, Any], ...]
    asked_by: str
    asked_at: datetime
    due: datetime
    answered_by: str | None
    answered_at: datetime | None
    late: bool
    version: int


def ask(conn: Connection, task_id: int, *, office: str, question: str, actor: str, now: datetime, version: int | None = None) -> int:
    """Ask another office; returns the number of its task.

    ``task_transition`` once the asking task is reported or ended; ``office_not_found``, ``assist_same_office``, ``assist_question``,
    ``assist_open_already``.
    """
    parent = get(conn, task_id, version)
    advance(State(parent.state), Event.ASK, kind=parent.kind, paused=parent.paused_at is not None)
    department = department_of(conn, office)
    if not question.strip():
        raise InvalidInputError("assist_question")
    if office == parent.office_code:
        raise InvalidInputError("assist_same_office")
    open_one = conn.scalar(_open(task_id).with_only_columns(t.tasks.c.id).where(t.tasks.c.office_code == office).limit(1))
    if open_one is not None:
        raise ConflictError("assist_open_already", task=open_one)
    calendar = calendar_store.load(conn)
    due = due_of(now, calendar)
    about = parent.alert_id or parent.about_alert_id
    title = _title(conn, parent)
    row = {
        "kind": Kind.ASSIST.value,
        "parent_id": task_id,
        "about_alert_id": about,
        "subject_id": parent.subject_id,
        "model": parent.model,
        "title_zh": say("assist_title", "zh", title=title)[:400],
        "title_en": say("assist_title", "en", title=title)[:400],
        "office_code": office,
        "routed_by": {"office": office, "fallback": False, "reason": "asked", "steps": []},
        "state": State.ISSUED.value,
        "grade": parent.grade,
        "issued_at": now,
        "ceiling_from": now if has_ceiling(department) else None,
        "sign_due": due.sign_due,
        "report_due": due.report_due,
    }
    number = int(conn.execute(insert(t.tasks).values(row).returning(t.tasks.c.id)).scalar_one())
    asked = {"asking_office": parent.office_code, "question": question.strip(), "asked_by": actor, "asked_at": now, "documents": []}
    conn.execute(insert(t.assists).values(**asked, task_id=number, parent_id=task_id))
    change(conn, parent, [Event.ASK], actor, now, detail={"assist": number, "office": office, "due": due.report_due.isoformat()})
    told = {
        "office": office,
        "from_office": parent.office_code,
        "sign_due": due.sign_due.isoformat(),
        "report_due": due.report_due.isoformat(),
    }
    issue_event(conn, number, actor, now, {**told, "kind": Kind.ASSIST.value, "parent": task_id, "provisional": due.provisional})
    data = {"task": number, "parent": task_id, "from_office": parent.office_code, "report_due": due.report_due.isoformat()}
    outbox.emit(conn, "assist.asked", f"task:{number}", data, now, office=office, once="asked")
    return number


def answer(
    conn: Connection,
    task_id: int,
    *,
    text: str,
    actor: str,
    now: datetime,
    documents: Sequence[Mapping[str, Any]] = (),
    version: int | None = None,
) -> State:
    """Answer a question; who answers what was not signed for signs with it. The asking task gets an event, its office a message. ``assist_not_found``."""
    task, assist = get(conn, task_id, version), _assist(conn, task_id)
    if not text.strip():
        raise InvalidInputError("assist_answer")
    events: list[Event] = [Event.ANSWER]
    values: dict[str, Any] = {"reported_at": now, "closed_at": now, "escalated_to": None}
    if task.state == State.ISSUED.value:
        events, values = [Event.SIGN, Event.ANSWER], {**values, "officer": actor, "signed_at": now}
    late = now > task.report_due
    state = change(conn, task, events, actor, now, values=values, detail={"parent": assist.parent_id, "late": late})
    said = {"answer": text.strip(), "documents": [dict(one) for one in documents], "answered_by": actor, "answered_at": now}
    conn.execute(update(t.assists).where(t.assists.c.id == assist.id).values(said))
    _feed_back(conn, assist.parent_id, task, actor, now, outcome="answered", late=late)
    return state


def withdraw(conn: Connection, task_id: int, *, actor: str, reason: str, now: datetime, version: int | None = None) -> State:
    """Take a question back, by the office that asked, with the reason."""
    task, assist = get(conn, task_id, version), _assist(conn, task_id)
    state = change(conn, task, [Event.WITHDRAW], actor, now, reason=reason, values={"closed_at": now, "escalated_to": None})
    _feed_back(conn, assist.parent_id, task, actor, now, outcome="withdrawn", late=False)
    return state


def move(conn: Connection, source: int, target: int) -> None:
    """Give the open questions of a task to another one, which took its place."""
    numbers = list(conn.scalars(_open(source).with_only_columns(t.tasks.c.id)))
    if numbers:
        conn.execute(update(t.assists).where(t.assists.c.task_id.in_(numbers)).values(parent_id=target))
        conn.execute(update(t.tasks).where(t.tasks.c.id.in_(numbers)).values(parent_id=target))


def count_open(conn: Connection, task_id: int) -> int:
    """How many questions of a task are not answered."""
    return int(conn.scalar(_open(task_id).with_only_columns(func.count())) or 0)


def of_task(conn: Connection, task_id: int, now: datetime) -> tuple[AssistView, ...]:
    """The questions of a task, the oldest first."""
    rows = conn.execute(_query().where(t.assists.c.parent_id == task_id).order_by(t.assists.c.id))
    return tuple(_row(row, now) for row in rows)


def get_assist(conn: Connection, task_id: int, now: datetime, *, scope: Scope = EVERYWHERE) -> AssistView:
    """One question by the number of its task, for either of the two offices; ``assist_not_found``."""
    row = conn.execute(_query().where(t.assists.c.task_id == task_id, _either(scope))).one_or_none()
    if row is None:
        raise NotFoundError("assist_not_found", task=task_id)
    return _row(row, now)


def list_assists(
    conn: Connection,
    now: datetime,
    *,
    asking: str | None = None,
    office: str | None = None,
    open_only: bool = False,
    late: bool = False,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[AssistView]:
    """Questions, the newest first: those that an office asked, those it was asked, those open or late."""
    a, task = t.assists.c, t.tasks.c
    query = _query().where(_either(scope))
    if asking:
        query = query.where(a.asking_office == asking)
    if office:
        query = query.where(task.office_code == office)
    if open_only:
        query = query.where(task.state.not_in([s.value for s in ENDED]))
    if late:
        query = query.where(task.state.in_([s.value for s in AWAITING]), task.report_due < now)
    if cursor:
        query = query.where(a.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(a.id.desc()), limit, lambda row: _row(row, now))


def due_of(now: datetime, calendar: WorkCalendar) -> Deadlines:
    """The clock of a question: when the other office signs for it and answers it."""
    limits = read_toml("limits.toml")["assist"]
    answered = after(limits["answer"], now, calendar)
    return Deadlines(min(after(limits["sign"], now, calendar), answered), answered, calendar.touches_provisional(now, answered))


def _feed_back(conn: Connection, parent_id: int, task: Row[Any], actor: str, now: datetime, *, outcome: str, late: bool) -> None:
    parent = get(conn, parent_id)
    detail = {"assist": task.id, "office": task.office_code, "outcome": outcome, "late": late}
    change(conn, parent, [Event.ASSIST_ANSWERED], actor, now, detail=detail)
    data = {"task": parent_id, "assist": task.id, "from_office": task.office_code, "outcome": outcome, "late": late}
    outbox.emit(conn, "assist.answered", f"task:{parent_id}", data, now, office=parent.office_code, once=str(task.id))


def _assist(conn: Connection, task_id: int) -> Row[Any]:
    row = conn.execute(select(t.assists).where(t.assists.c.task_id == task_id)).one_or_none()
    if row is None:
        raise NotFoundError("assist_not_found", task=task_id)
    return row


def _title(conn: Connection, parent: Row[Any]) -> Told:
    alert_id = parent.alert_id or parent.about_alert_id
    a = t.alerts.c
    row = conn.execute(select(a.title_zh, a.title_en).where(a.id == alert_id)).one_or_none() if alert_id else None
    if row is not None:
        return Told(row.title_zh, row.title_en)
    kind = Kind(parent.kind)
    return Told(parent.title_zh or kind.word("zh"), parent.title_en or kind.word("en"))


def _open(task_id: int) -> Select[Any]:
    ended = [state.value for state in ENDED]
    return select(t.tasks).where(t.tasks.c.parent_id == task_id, t.tasks.c.kind == Kind.ASSIST.value, t.tasks.c.state.not_in(ended))


def _either(scope: Scope) -> Any:
    return office_code_inside(scope, t.assists.c.asking_office) | office_code_inside(scope, t.tasks.c.office_code)


def _query() -> Select[Any]:
    task = t.tasks.c
    asking, asked = t.offices.alias("asking_offices"), t.offices.alias("asked_offices")
    names = (
        asking.c.name_zh.label("asking_zh"),
        asking.c.name_en.label("asking_en"),
        asked.c.name_zh.label("office_zh"),
        asked.c.name_en.label("office_en"),
    )
    columns = (task.office_code, task.state, task.report_due, task.version)
    return (
        select(t.assists, *columns, *names)
        .join_from(t.assists, t.tasks, t.assists.c.task_id == task.id)
        .join(asking, asking.c.code == t.assists.c.asking_office, isouter=True)
        .join(asked, asked.c.code == task.office_code, isouter=True)
    )


def _row(row: Row[Any], now: datetime) -> AssistView:
    done = row.answered_at or now
    ended = row.answered_at is None and State(row.state) in ENDED
    return AssistView(
        id=row.id,
        task=row.task_id,
        parent=row.parent_id,
        asking_office=row.asking_office,
        asking_zh=row.asking_zh or row.asking_office,
        asking_en=row.asking_en or row.asking_office,
        office=row.office_code,
        office_zh=row.office_zh or row.office_code,
        office_en=row.office_en or row.office_code,
        state=row.state,
        question=masked(row.question),
        answer=masked(row.answer) if row.answer else None,
        documents=tuple(row.documents),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        due=row.report_due,
        answered_by=row.answered_by,
        answered_at=row.answered_at,
        late=not ended and done > row.report_due,
        version=row.version,
    )
