"""Graded response of a task: the trader is advised, the answer is recorded, and what stays unanswered is verified from the desk, then on site.

Stages never move the task's deadline: each ends within it. What is told outside holds no personal data; who the trader is stands in the subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, insert, or_, select, update

from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.grades import Grade
from risk.domain.messages import Told, register
from risk.domain.routing import base_model
from risk.domain.stages import Matter, Stage, advice_text, channels, following, hindrances, stage_due
from risk.domain.tasks import Event, State
from risk.domain.verdicts import taxonomy
from risk.scoring.keys import title
from risk.services import calendar_store, outbox
from risk.services.personal import masked
from risk.services.task_changes import change, get
from risk.storage import tables as t

register(
    {
        "advise_not_here": ("不宜先行提醒：{why}", "the trader may not be advised first: {why}"),
        "advise_not_here.hint": ("按常规开展核查", "verify as usual"),
        "stage_past": ("任务已在后续阶段：{stage}", "the task is at a later stage: {stage}"),
        "stage_none": ("任务未进入分级处置", "the task has no stages"),
        "stage_last": ("已是最后阶段", "this is the last stage"),
        "channel_unknown": ("没有这种提醒方式：{channel}", "no such channel: {channel}"),
        "channel_unknown.hint": ("可用：{known}", "one of: {known}"),
        "advice_none": ("尚未提醒过当事人", "the trader was not advised"),
        "advice_answered": ("当事人的答复已记录", "the answer of the trader is recorded already"),
        "advice_answer": ("必须写明答复内容", "the answer must be stated"),
    }
)


@dataclass(frozen=True, slots=True)
class AdviceView:
    """A message to a trader, and what came back."""

    id: int
    task_id: int
    text_zh: str
    text_en: str
    channel: str
    sent_by: str
    sent_at: datetime
    answer_due: datetime
    answered_at: datetime | None
    answer: str | None
    recorded_by: str | None


def may_advise(conn: Connection, task_id: int, now: datetime) -> tuple[Told, ...]:
    """Why the trader of a task may not be advised first; nothing where it may be."""
    return hindrances(_matter(conn, get(conn, task_id), now))


def advise(conn: Connection, task_id: int, *, actor: str, now: datetime, channel: str = "message", version: int | None = None) -> int:
    """Record that the trader was sent the message; the task waits for the answer in the stage *advise*. Returns the number of the record.

    ``advise_not_here`` with the reasons, ``stage_past``, ``channel_unknown``, ``task_transition`` unless the task is in hand.
    """
    task = get(conn, task_id, version)
    if channel not in channels():
        raise InvalidInputError("channel_unknown", channel=channel[:40], known=", ".join(channels()))
    if task.stage is not None:
        raise ConflictError("stage_past", stage=_word(Stage(task.stage)))
    matter = _matter(conn, task, now)
    if why := hindrances(matter):
        raise ConflictError("advise_not_here", why=Told("；".join(one.zh for one in why), "; ".join(one.en for one in why)))
    calendar = calendar_store.load(conn)
    due = stage_due(Stage.ADVISE, now, task.report_due, calendar)
    texts = {f"text_{lang}": _text(conn, task, matter.model, due, lang) for lang in ("zh", "en")}
    values = {"stage": Stage.ADVISE.value, "stage_due": due}
    change(conn, task, [Event.ADVISE], actor, now, values=values, detail={"stage": Stage.ADVISE.value, "channel": channel})
    row = {"task_id": task_id, "template": "advice", "channel": channel, "sent_by": actor, "sent_at": now, "answer_due": due, **texts}
    number = int(conn.execute(insert(t.advices).values(row).returning(t.advices.c.id)).scalar_one())
    data = {"task": task_id, "grade": Grade(task.grade).code, "channel": channel, "report_due": due.isoformat(), "template": "advice"}
    outbox.emit(conn, "trader.advised", f"task:{task_id}", data, now, office=task.office_code, once=str(number))
    return number


def record_answer(conn: Connection, task_id: int, *, answer: str, actor: str, now: datetime, version: int | None = None) -> None:
    """Record what the trader answered; the office then reports, or goes on to the next stage. ``advice_none``, ``advice_answered``, ``advice_answer``."""
    task = get(conn, task_id, version)
    if not answer.strip():
        raise InvalidInputError("advice_answer")
    sent = conn.execute(select(t.advices).where(t.advices.c.task_id == task_id).order_by(t.advices.c.id.desc()).limit(1)).one_or_none()
    if sent is None:
        raise ConflictError("advice_none")
    if sent.answered_at is not None:
        raise ConflictError("advice_answered")
    change(conn, task, [Event.ADVICE_ANSWERED], actor, now, detail={"advice": sent.id, "late": now > sent.answer_due})
    said = {"answered_at": now, "answer": answer.strip(), "recorded_by": actor}
    conn.execute(update(t.advices).where(t.advices.c.id == sent.id).values(said))


def go_on(
    conn: Connection,
    task_id: int,
    *,
    actor: str,
    now: datetime,
    reason: str | None = None,
    to: Stage | None = None,
    version: int | None = None,
) -> Stage:
    """Go on to the next stage, or to a later one (``to``). ``stage_none``, ``stage_last``, ``stage_past``."""
    task = get(conn, task_id, version)
    if task.stage is None:
        raise ConflictError("stage_none")
    order = list(Stage)
    here = Stage(task.stage)
    target = to or following(here)
    if target is None:
        raise ConflictError("stage_last")
    if order.index(target) <= order.index(here):
        raise ConflictError("stage_past", stage=_word(here))
    due = stage_due(target, now, task.report_due, calendar_store.load(conn))
    detail = {"from": here.value, "stage": target.value, "answered": _answered(conn, task_id)}
    change(conn, task, [Event.STAGE], actor, now, reason=reason, values={"stage": target.value, "stage_due": due}, detail=detail)
    return target


def move_on(conn: Connection, now: datetime, *, actor: str = "system") -> int:
    """Take every task whose stage has ended to the next one: a message that was not answered, a verification from the desk without a report. Returns how many.

    A message that was answered waits for the officer. A clock that stands still ends nothing.
    """
    c, sent = t.tasks.c, t.advices.c
    in_hand = [State.SIGNED.value, State.VERIFYING.value, State.RETURNED.value]
    unanswered = ~exists(select(1).where(sent.task_id == c.id, sent.answered_at.is_not(None)))
    ended = or_(and_(c.stage == Stage.ADVISE.value, unanswered), c.stage == Stage.REMOTE.value)
    query = select(c.id).where(c.stage_due < now, c.state.in_(in_hand), c.paused_at.is_(None), ended).order_by(c.id)
    numbers = list(conn.scalars(query))
    for number in numbers:
        go_on(conn, number, actor=actor, now=now)
    return len(numbers)


def of_task(conn: Connection, task_id: int) -> tuple[AdviceView, ...]:
    """The messages of a task."""
    rows = conn.execute(select(t.advices).where(t.advices.c.task_id == task_id).order_by(t.advices.c.id)).all()
    return tuple(
        AdviceView(
            id=row.id,
            task_id=row.task_id,
            text_zh=row.text_zh,
            text_en=row.text_en,
            channel=row.channel,
            sent_by=row.sent_by,
            sent_at=row.sent_at,
            answer_due=row.answer_due,
            answered_at=row.answered_at,
            answer=masked(row.answer) if row.answer else None,
            recorded_by=row.recorded_by,
        )
        for row in rows
    )


def _matter(conn: Connection, task: Row[Any], now: datetime) -> Matter:
    a, s = t.assessments.c, t.signals.c
    alert = conn.execute(select(t.alerts).where(t.alerts.c.id == task.alert_id)).one_or_none() if task.alert_id else None
    subject = alert.subject_id if alert is not None else None
    texts: list[str] = []
    if alert is not None:
        query = select(s.text).join_from(t.alert_evidence, t.assessments).join(t.signals, s.id == a.signal_id)
        texts = list(conn.scalars(query.where(t.alert_evidence.c.alert_id == alert.id).order_by(s.id).limit(200)))
    return Matter(
        kind=task.kind,
        grade=Grade(task.grade),
        model=base_model(alert.model) if alert is not None else "",
        subject_known=subject is not None,
        confirmed_before=subject is not None and _confirmed(conn, subject, task.id, now),
        advised_before=subject is not None and _advised(conn, subject, now),
        texts=tuple(texts),
    )


def _since(now: datetime) -> datetime:
    return now - timedelta(days=int(read_toml("stages.toml")["advise"]["first_time_days"]))


def _confirmed(conn: Connection, subject: int, task_id: int, now: datetime) -> bool:
    """Whether a verdict that holds said of this subject that something was so."""
    v, a = t.verdicts.c, t.alerts.c
    later = t.verdicts.alias("later_verdicts")
    codes = [code for code, kind in taxonomy().items() if kind.label is not None and kind.label > 0]
    query = select(v.id).join_from(t.verdicts, t.alerts, v.alert_id == a.id).where(a.subject_id == subject, v.task_id != task_id)
    query = query.where(v.code.in_(codes), v.reported_at >= _since(now), ~exists(select(1).where(later.c.supersedes == v.id)))
    return conn.scalar(query.limit(1)) is not None


def _advised(conn: Connection, subject: int, now: datetime) -> bool:
    d, c, a = t.advices.c, t.tasks.c, t.alerts.c
    query = select(d.id).join_from(t.advices, t.tasks, d.task_id == c.id).join(t.alerts, a.id == c.alert_id)
    return conn.scalar(query.where(a.subject_id == subject, d.sent_at >= _since(now)).limit(1)) is not None


def _answered(conn: Connection, task_id: int) -> bool:
    return (
        conn.scalar(select(t.advices.c.id).where(t.advices.c.task_id == task_id, t.advices.c.answered_at.is_not(None)).limit(1)) is not None
    )


def _text(conn: Connection, task: Row[Any], model: str, due: datetime, lang: str) -> str:
    o = t.offices.c
    office = conn.scalar(select(o.name_zh if lang == "zh" else o.name_en).where(o.code == task.office_code)) or task.office_code
    day = due.astimezone(SHANGHAI)
    when = f"{day.year}年{day.month}月{day.day}日" if lang == "zh" else day.date().isoformat()
    return advice_text(lang, office=office, model=title(model, lang), task=task.id, due=when)


def _word(stage: Stage) -> Told:
    return Told(stage.word("zh"), stage.word("en"))
