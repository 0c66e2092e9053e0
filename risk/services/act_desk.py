"""Acts entered by themselves, beside a verdict: to which office and subject they belong, and what fields a form has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from risk.domain.acts import Act, kinds
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.services import acts, scoping
from risk.services.acts import ActView, Belongs
from risk.storage import tables as t

register({"act_office": ("须给出所属任务或者以单位账号登记", "name the task it belongs to, or enter it with an account of an office")})


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field of a form. ``kind``: text, code, choice, date, yes_no, amount, people, table, uscc, party.

    ``columns``: of a table, with the values each of them may have (any, where there are none). ``wanted``: what a code looks like.
    """

    name: str
    zh: str
    en: str
    kind: str
    required: bool
    limit: int | None
    values: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    wanted: str


def fields_of(kind: str) -> tuple[FieldView, ...]:
    """The fields of a kind of act, in the order of the form.

    >>> [field.name for field in fields_of("enforcement") if field.name == "force_kind" and field.required]
    ['force_kind']
    """
    return tuple(
        FieldView(
            name=f.name,
            zh=f.label.zh,
            en=f.label.en,
            kind=f.kind,
            required=f.required,
            limit=f.limit,
            values=tuple(f.more.get("values", ())),
            columns={name: tuple(f.more.get("choice", {}).get(name, ())) for name in f.more.get("columns", ())},
            wanted=str(f.more.get("wanted", "")),
        )
        for f in kinds()[kind].fields.values()
    )


def enter(
    conn: Connection, act: Act, *, task_id: int | None, office: str | None, actor: str, now: datetime, scope: Scope = EVERYWHERE
) -> ActView:
    """Enter an act of a task (and of its office and subject), or of an office. ``task_not_found``, ``act_office``, ``act_known``."""
    subject = None
    if task_id is not None:
        scoping.require_task(conn, scope, task_id)
        row = conn.execute(
            select(t.tasks.c.office_code, t.alerts.c.subject_id)
            .join_from(t.tasks, t.alerts, t.tasks.c.alert_id == t.alerts.c.id, isouter=True)
            .where(t.tasks.c.id == task_id)
        ).one()
        office, subject = row.office_code, row.subject_id
    if office is None:
        raise InvalidInputError("act_office")
    number = acts.enter(conn, act, Belongs(office, subject, task_id), actor=actor, now=now)
    return acts.get_act(conn, number, scope=scope)
