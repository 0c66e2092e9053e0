"""Special campaigns (专项整治): a named effort over a chosen set of subjects or alerts, frozen when it starts, with a task of the duty office for each.

What is added later is an event. Issuing again issues nothing twice. Progress is counted by office; the numbers of the end report are stored when it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, exists, func, insert, or_, select, true, update

from risk.domain import regions
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.calendar import SHANGHAI, WorkCalendar
from risk.domain.clocks import after, ceiling, has_ceiling
from risk.domain.datafiles import read_toml
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.routing import base_model, first_place
from risk.domain.tasks import AWAITING, ENDED, Event, Kind, State
from risk.domain.verdicts import taxonomy
from risk.scoring.keys import spec_of
from risk.services import auditing, calendar_store, outbox
from risk.services.bulk import insert_rows, select_in, update_rows
from risk.services.dispatch import Directory, load_directory
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.scoping import alerts_inside, office_code_inside, subjects_inside, tasks_inside
from risk.services.task_changes import department_of
from risk.storage import tables as t
from risk.storage.engine import serialise

DRAFT, RUNNING, ENDED_STATE = "draft", "running", "ended"
MOST = 5_000
"""Items of one choice."""
_LOCK = 6  # of serialise: two who issue at once must not issue twice

register(
    {
        "campaign_not_found": ("没有编号为 {campaign} 的专项整治", "no campaign with the number {campaign}"),
        "campaign_name": ("专项整治名称不能为空且不能重复：{name}", "a campaign needs a name of its own: {name}"),
        "campaign_days": ("起止日期无效：{start} 至 {end}", "these days make no campaign: {start} to {end}"),
        "campaign_models": ("须指定至少一个已有模型：{models}", "name at least one model that exists: {models}"),
        "campaign_basis": ("须写明依据和负责人", "name the legal basis and the owner"),
        "campaign_state": ("专项整治状态为“{state}”，不能这样操作", "the campaign is {state}: that cannot be done"),
        "campaign_empty": ("没有选到对象", "nothing was chosen"),
        "campaign_too_many": ("选到的对象超过 {most} 个，请缩小范围", "more than {most} were chosen: narrow it down"),
        "campaign_unknown": ("以下编号不存在或不在权限范围内：{ids}", "these numbers do not exist: {ids}"),
        "campaign_open_tasks": ("还有 {count} 个任务未办结，结束须说明理由", "{count} task(s) are not done: to end now takes a reason"),
        "campaign_title": ("专项整治：{name}", "campaign: {name}"),
        "campaign_what": ("对象应为 subjects 或 alerts：{what}", "what is chosen is subjects or alerts: {what}"),
        "campaign_region": ("没有这个地区：{region}", "no such division: {region}"),
    }
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which subjects or alerts: by their numbers, or by a filter over what is stored now (all given parts must fit)."""

    what: str = "subjects"
    ids: tuple[int, ...] = ()
    region: str | None = None
    model: str | None = None
    grade: str | None = None  # alerts of this grade or graver; subjects with such an alert
    industry: str | None = None  # beginning of the code of GB/T 4754
    since: datetime | None = None  # alerts opened since; subjects with such an alert


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign; ``items``: how many subjects and alerts it has."""

    id: int
    name: str
    state: str
    models: tuple[str, ...]
    basis: str
    owner: str
    owner_office: str
    starts_on: date
    ends_on: date
    chosen_by: dict[str, Any]
    items: int
    numbers: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class OfficeProgress:
    """How far one office is: tasks, of these signed for, reported, closed, and with a result that was confirmed; late ones."""

    office: str
    office_zh: str
    office_en: str
    tasks: int
    signed: int
    reported: int
    closed: int
    confirmed: int
    late: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A campaign by office, and the verdicts so far by code."""

    campaign: int
    items: int
    tasks: int
    offices: tuple[OfficeProgress, ...]
    verdicts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Added:
    """What an act did: items that are new, tasks that were issued."""

    items: int
    tasks: int


def create(
    conn: Connection,
    *,
    name: str,
    models: Sequence[str],
    basis: str,
    owner: str,
    owner_office: str,
    starts_on: date,
    ends_on: date,
    actor: str,
    now: datetime,
) -> int:
    """Draft a campaign; returns its number. Errors: ``campaign_name``, ``campaign_days``, ``campaign_models``, ``campaign_basis``, ``office_not_found``."""
    c = t.campaigns.c
    taken = conn.scalar(select(c.id).where(c.name == name.strip()[:200], c.owner_office == owner_office)) is not None
    if taken or not name.strip():
        raise InvalidInputError("campaign_name", name=name.strip()[:80] or "-")
    if ends_on < starts_on or ends_on < now.astimezone(SHANGHAI).date():
        raise InvalidInputError("campaign_days", start=starts_on.isoformat(), end=ends_on.isoformat())
    keys = tuple(dict.fromkeys(base_model(model) for model in models))
    if not keys or any(spec_of(key) is None for key in keys):
        raise InvalidInputError("campaign_models", models=", ".join(models)[:200] or "-")
    if not basis.strip() or not owner.strip():
        raise InvalidInputError("campaign_basis")
    department_of(conn, owner_office)
    row = {
        "name": name.strip()[:200],
        "state": DRAFT,
        "models": list(keys),
        "basis": basis.strip(),
        "owner": owner.strip(),
        "owner_office": owner_office,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "chosen_by": {},
        "version": 1,
        "created_at": now,
    }
    number = int(conn.execute(insert(t.campaigns).values(row).returning(t.campaigns.c.id)).scalar_one())
    _event(conn, number, "create", actor, None, {"models": list(keys)}, now)
    return number


def preview(conn: Connection, choice: Choice, *, scope: Scope = EVERYWHERE) -> int:
    """How many a choice would take in now; ``campaign_too_many`` at most."""
    return len(_chosen(conn, choice, scope))


def start(conn: Connection, campaign_id: int, choice: Choice, *, actor: str, now: datetime, scope: Scope = EVERYWHERE) -> Added:
    """Freeze the chosen set and issue a task for each to the office that has the duty.

    ``campaign_state`` unless it is a draft; ``campaign_empty``, ``campaign_too_many``, ``campaign_unknown``, ``campaign_days`` when it is over already.
    """
    row = _get(conn, campaign_id)
    _in_state(row, DRAFT)
    if _last_moment(row.ends_on, calendar_store.load(conn)) <= now:
        raise InvalidInputError("campaign_days", start=row.starts_on.isoformat(), end=row.ends_on.isoformat())
    chosen = _chosen(conn, choice, scope)
    if not chosen:
        raise InvalidInputError("campaign_empty")
    said = {name: value for name, value in _plain(choice).items() if value}
    values = {"state": RUNNING, "started_at": now, "chosen_by": said, "version": row.version + 1}
    _move(conn, row, values)
    items = _store(conn, campaign_id, chosen, actor, now)
    issued = issue(conn, campaign_id, actor=actor, now=now)
    _event(conn, campaign_id, "start", actor, None, {"items": items, "tasks": issued, "chosen_by": said}, now)
    data = {"campaign": campaign_id, "tasks": issued, "report_due": row.ends_on.isoformat()}
    outbox.emit(conn, "campaign.started", f"campaign:{campaign_id}", data, now, office=row.owner_office, once="started")
    return Added(items, issued)


def add(conn: Connection, campaign_id: int, choice: Choice, *, actor: str, reason: str, now: datetime, scope: Scope = EVERYWHERE) -> Added:
    """Take more in while it runs, with the reason; what is there already stays as it is. ``campaign_state``, ``reason_required`` and those of :func:`start`."""
    _in_state(_get(conn, campaign_id), RUNNING)
    if not reason.strip():
        raise InvalidInputError("reason_required", event="add")
    chosen = _chosen(conn, choice, scope)
    if not chosen:
        raise InvalidInputError("campaign_empty")
    items = _store(conn, campaign_id, chosen, actor, now)
    issued = issue(conn, campaign_id, actor=actor, now=now)
    said = {name: value for name, value in _plain(choice).items() if value}
    _event(conn, campaign_id, "add", actor, reason.strip(), {"items": items, "tasks": issued, "chosen_by": said}, now)
    return Added(items, issued)


def issue(conn: Connection, campaign_id: int, *, actor: str, now: datetime) -> int:
    """Issue the tasks of items that have none yet; returns how many. Again, it issues none."""
    serialise(conn, _LOCK)
    row = _get(conn, campaign_id)
    _in_state(row, RUNNING)
    waiting = _waiting(conn, campaign_id)
    if not waiting:
        return 0
    directory = load_directory(conn)
    tasks = [_task(row, item, directory, now) for item in waiting]
    made = conn.execute(insert(t.tasks).returning(t.tasks.c.id, sort_by_parameter_order=True), tasks)
    numbers = [int(one[0]) for one in made]
    update_rows(conn, t.campaign_items, [{"id": item.id, "task_id": n} for item, n in zip(waiting, numbers, strict=True)])
    event = {"event": Event.ISSUE.value, "from_state": None, "to_state": State.ISSUED.value, "actor": actor, "reason": None, "at": now}
    details = [_detail(campaign_id, task) for task in tasks]
    insert_rows(conn, t.task_events, [{**event, "task_id": n, "detail": d} for n, d in zip(numbers, details, strict=True)])
    told = [
        ("task.issued", f"task:{n}", {"task": n, "kind": Kind.CAMPAIGN.value, **d}, str(d["office"]), "1")
        for n, d in zip(numbers, details, strict=True)
    ]
    outbox.emit_many(conn, told, now)
    auditing.record(conn, actor, "campaign.issue", f"campaign:{campaign_id}", {"tasks": len(numbers)}, now)
    return len(numbers)


def end(conn: Connection, campaign_id: int, *, actor: str, now: datetime, reason: str | None = None) -> dict[str, Any]:
    """End it and store the numbers of the end report; returns them. ``campaign_open_tasks`` where tasks are not done and no reason is given."""
    row = _get(conn, campaign_id)
    _in_state(row, RUNNING)
    i, task = t.campaign_items.c, t.tasks.c
    open_ones = select(func.count()).select_from(t.campaign_items).join(t.tasks, task.id == i.task_id)
    left = int(conn.scalar(open_ones.where(i.campaign_id == campaign_id, task.state.not_in([s.value for s in ENDED]))) or 0)
    if left and not (reason or "").strip():
        raise ConflictError("campaign_open_tasks", count=left)
    found = progress(conn, campaign_id, now)
    numbers = {**asdict(found), "offices": [asdict(one) for one in found.offices], "open": left, "at": now.isoformat()}
    values = {"state": ENDED_STATE, "ended_at": now, "numbers": numbers, "version": row.version + 1}
    _move(conn, row, values)
    _event(conn, campaign_id, "end", actor, reason, {"tasks": found.tasks, "open": left}, now)
    data = {"campaign": campaign_id, "tasks": found.tasks}
    outbox.emit(conn, "campaign.ended", f"campaign:{campaign_id}", data, now, office=row.owner_office, once="ended")
    return numbers


def progress(conn: Connection, campaign_id: int, now: datetime, *, scope: Scope = EVERYWHERE) -> Progress:
    """How far each office is, and the newest verdict of each task by code; of offices inside the scope."""
    require(conn, campaign_id, scope)
    i, task, o, v = t.campaign_items.c, t.tasks.c, t.offices.c, t.verdicts.c
    newest = select(func.max(v.id)).where(v.task_id == task.id).correlate(t.tasks).scalar_subquery()
    mine = select(task.id, task.office_code, task.state, task.signed_at, task.reported_at, task.closed_at, task.report_due, v.code)
    mine = mine.join_from(t.campaign_items, t.tasks, task.id == i.task_id).join(t.verdicts, v.id == newest, isouter=True)
    rows = mine.where(i.campaign_id == campaign_id, tasks_inside(scope)).subquery()
    r = rows.c
    confirming = [code for code, kind in taxonomy().items() if kind.label is not None and kind.label > 0]
    late = r.state.in_([s.value for s in AWAITING]) & (r.report_due < now)
    counts = [
        func.count(),
        func.count(r.signed_at),
        func.count(r.reported_at),
        func.sum(case((r.state == State.CLOSED.value, 1), else_=0)),
        func.sum(case((r.code.in_(confirming), 1), else_=0)),
        func.sum(case((late, 1), else_=0)),
    ]
    query = select(r.office_code, o.name_zh, o.name_en, *counts).join_from(rows, t.offices, o.code == r.office_code, isouter=True)
    offices = tuple(
        OfficeProgress(row[0], row[1] or row[0], row[2] or row[0], *(int(n or 0) for n in row[3:]))
        for row in conn.execute(query.group_by(r.office_code, o.name_zh, o.name_en).order_by(r.office_code))
    )
    codes = {
        str(code): int(n)
        for code, n in conn.execute(select(r.code, func.count()).where(r.code.is_not(None)).group_by(r.code).order_by(r.code))
    }
    items = (
        int(conn.scalar(select(func.count()).where(i.campaign_id == campaign_id)) or 0)
        if scope.whole
        else sum(one.tasks for one in offices)
    )
    return Progress(campaign_id, items, sum(one.tasks for one in offices), offices, codes)


def show(conn: Connection, campaign_id: int, *, scope: Scope = EVERYWHERE) -> CampaignView:
    """One campaign; ``campaign_not_found``. The numbers of its end are those of all offices: they are for whoever may see the whole or owns it."""
    require(conn, campaign_id, scope)
    return _view(conn.execute(_query(scope).where(t.campaigns.c.id == campaign_id)).one())


def history(conn: Connection, campaign_id: int, *, scope: Scope = EVERYWHERE) -> tuple[dict[str, Any], ...]:
    """What happened to it, the oldest first."""
    require(conn, campaign_id, scope)
    e = t.campaign_events.c
    rows = conn.execute(select(e.event, e.actor, e.reason, e.detail, e.at).where(e.campaign_id == campaign_id).order_by(e.id))
    return tuple(dict(row) for row in rows.mappings())


def list_campaigns(
    conn: Connection, *, state: str | None = None, limit: int = 50, cursor: str | None = None, scope: Scope = EVERYWHERE
) -> Page[CampaignView]:
    """Campaigns, the newest first: those owned inside the scope, and those with tasks inside it."""
    query = _query(scope).where(_inside(scope))
    if state:
        query = query.where(t.campaigns.c.state == state)
    if cursor:
        query = query.where(t.campaigns.c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(t.campaigns.c.id.desc()), limit, _view)


def require(conn: Connection, campaign_id: int, scope: Scope, *, own: bool = False) -> None:
    """``campaign_not_found`` for one outside; with ``own``, for one that no office inside owns."""
    condition = _owned(scope) if own else _inside(scope)
    if conn.scalar(select(t.campaigns.c.id).where(t.campaigns.c.id == campaign_id, condition)) is None:
        raise NotFoundError("campaign_not_found", campaign=campaign_id)


def _owned(scope: Scope) -> Any:
    return true() if scope.whole else office_code_inside(scope, t.campaigns.c.owner_office)


def _inside(scope: Scope) -> Any:
    if scope.whole:
        return true()
    i, task = t.campaign_items.c, t.tasks.c
    mine = select(1).select_from(t.campaign_items).join(t.tasks, task.id == i.task_id)
    return or_(_owned(scope), exists(mine.where(i.campaign_id == t.campaigns.c.id, tasks_inside(scope)).correlate(t.campaigns)))


def _chosen(conn: Connection, choice: Choice, scope: Scope) -> list[tuple[str, int]]:
    """Keys and numbers of what a choice takes in."""
    if choice.what not in ("subjects", "alerts"):
        raise InvalidInputError("campaign_what", what=choice.what[:40])
    if not any((choice.ids, choice.region, choice.model, choice.grade, choice.industry, choice.since)):
        raise InvalidInputError("campaign_empty")
    alerts = choice.what == "alerts"
    table = t.alerts if alerts else t.subjects
    query = select(table.c.id).where(alerts_inside(scope) if alerts else subjects_inside(scope))
    if choice.ids:
        wanted = sorted(set(choice.ids))
        found = sorted(row.id for row in select_in(conn, query, table.c.id, wanted))
        if missing := sorted(set(wanted) - set(found)):
            raise NotFoundError("campaign_unknown", ids=", ".join(map(str, missing[:20])))
    else:
        found = list(conn.scalars(_filtered(query, choice).order_by(table.c.id).limit(MOST + 1)))
    if len(found) > MOST:
        raise InvalidInputError("campaign_too_many", most=MOST)
    word = "alert" if alerts else "subject"
    return [(f"{word}:{number}", int(number)) for number in found]


def _filtered(query: Any, choice: Choice) -> Any:
    a, s = t.alerts.c, t.subjects.c
    of_alert = []
    if choice.model:
        of_alert.append(a.model == base_model(choice.model))
    if choice.grade:
        of_alert.append(a.grade >= int(Grade.parse(choice.grade)))
    if choice.since:
        of_alert.append(a.opened_at >= choice.since)
    if choice.region:
        place = regions.resolve(choice.region)
        if place is None:
            raise InvalidInputError("campaign_region", region=choice.region[:60])
        column = a.region if choice.what == "alerts" else s.region
        query = query.where(column.startswith(_prefix(place), autoescape=True))
    if choice.what == "alerts":
        if choice.industry:
            inner = select(1).where(s.id == a.subject_id, s.industry.contains(f":{choice.industry}", autoescape=True))
            query = query.where(exists(inner))
        return query.where(*of_alert)
    if choice.industry:
        query = query.where(s.industry.contains(f":{choice.industry}", autoescape=True))
    return query.where(exists(select(1).where(a.subject_id == s.id, *of_alert))) if of_alert else query


def _prefix(place: str) -> str:
    if place.endswith("0000"):
        return place[:2]
    return place[:4] if place.endswith("00") else place


def _store(conn: Connection, campaign_id: int, chosen: Iterable[tuple[str, int]], actor: str, now: datetime) -> int:
    i = t.campaign_items.c
    there = set(conn.scalars(select(i.key).where(i.campaign_id == campaign_id)))
    rows = [
        {
            "campaign_id": campaign_id,
            "key": key,
            "subject_id": number if key.startswith("subject:") else None,
            "alert_id": number if key.startswith("alert:") else None,
            "added_by": actor,
            "added_at": now,
        }
        for key, number in chosen
        if key not in there
    ]
    insert_rows(conn, t.campaign_items, rows)
    return len(rows)


def _waiting(conn: Connection, campaign_id: int) -> list[Row[Any]]:
    i, a, s = t.campaign_items.c, t.alerts.c, t.subjects.c
    seen = t.alerts.alias("seen_alerts")  # a subject without a place of registration: where something of it was seen last
    last = select(seen.c.region).where(seen.c.subject_id == i.subject_id).order_by(seen.c.id.desc()).limit(1)
    query = (
        select(
            i.id,
            i.alert_id,
            func.coalesce(i.subject_id, a.subject_id).label("subject_id"),
            a.model,
            a.grade,
            func.coalesce(a.region, last.correlate(t.campaign_items).scalar_subquery()).label("region"),
            s.region.label("registered"),
        )
        .join_from(t.campaign_items, t.alerts, a.id == i.alert_id, isouter=True)
        .join(t.subjects, s.id == func.coalesce(i.subject_id, a.subject_id), isouter=True)
        .where(i.campaign_id == campaign_id, i.task_id.is_(None))
        .order_by(i.id)
    )
    return list(conn.execute(query))


def _task(row: Row[Any], item: Row[Any], directory: Directory, now: datetime) -> dict[str, Any]:
    model = item.model or row.models[0]
    place = first_place(registration=item.registered, act=item.region)[0]
    routing = directory.route(base_model(model), place, now)
    department = directory.department(routing.office_code)
    limits = read_toml("limits.toml")["campaign"]
    due = _last_moment(row.ends_on, directory.calendar)
    found_at = now if item.alert_id is not None and has_ceiling(department) else None
    statutory = ceiling(department, found_at, calendar=directory.calendar)
    due = min(due, statutory) if statutory else due
    return {
        "kind": Kind.CAMPAIGN.value,
        "about_alert_id": item.alert_id,
        "subject_id": item.subject_id,
        "model": model,
        "title_zh": say("campaign_title", "zh", name=row.name)[:400],
        "title_en": say("campaign_title", "en", name=row.name)[:400],
        "office_code": routing.office_code,
        "routed_by": routing.as_dict(),
        "state": State.ISSUED.value,
        "grade": int(item.grade) if item.grade is not None else int(Grade.NONE),
        "issued_at": now,
        "ceiling_from": found_at,
        "sign_due": min(after(limits["sign"], now, directory.calendar), due),
        "report_due": due,
    }


def _last_moment(day: date, calendar: WorkCalendar) -> datetime:
    """The end of work of a day, or of the last working day before it."""
    while not calendar.is_workday(day):
        day -= timedelta(days=1)
    return datetime.combine(day, calendar.spans[-1][1], SHANGHAI)


def _detail(campaign_id: int, task: dict[str, Any]) -> dict[str, Any]:
    due = {"sign_due": task["sign_due"].isoformat(), "report_due": task["report_due"].isoformat()}
    return {
        "office": task["office_code"],
        "fallback": task["routed_by"]["fallback"],
        "kind": Kind.CAMPAIGN.value,
        "campaign": campaign_id,
        **due,
    }


def _plain(choice: Choice) -> dict[str, Any]:
    return {**asdict(choice), "ids": list(choice.ids), "since": choice.since.isoformat() if choice.since else None}


def _event(conn: Connection, number: int, event: str, actor: str, reason: str | None, detail: dict[str, Any], now: datetime) -> None:
    row = {"campaign_id": number, "event": event, "actor": actor, "reason": reason, "detail": detail, "at": now}
    conn.execute(insert(t.campaign_events).values(row))
    auditing.record(conn, actor, f"campaign.{event}", f"campaign:{number}", {**detail, "reason": reason}, now)


def _get(conn: Connection, campaign_id: int) -> Row[Any]:
    row = conn.execute(select(t.campaigns).where(t.campaigns.c.id == campaign_id)).one_or_none()
    if row is None:
        raise NotFoundError("campaign_not_found", campaign=campaign_id)
    return row


def _move(conn: Connection, row: Row[Any], values: dict[str, Any]) -> None:
    moved = conn.execute(update(t.campaigns).where(t.campaigns.c.id == row.id, t.campaigns.c.version == row.version).values(values))
    if moved.rowcount != 1:  # somebody else was faster
        raise ConflictError("campaign_state", state=RUNNING)


def _in_state(row: Row[Any], state: str) -> None:
    if row.state != state:
        raise ConflictError("campaign_state", state=row.state)


def _query(scope: Scope) -> Any:
    i = t.campaign_items.c
    items = select(func.count()).where(i.campaign_id == t.campaigns.c.id).correlate(t.campaigns).scalar_subquery()
    return select(t.campaigns, items.label("items"), _owned(scope).label("owned"))


def _view(row: Row[Any]) -> CampaignView:
    owned = bool(row.owned)
    return CampaignView(
        id=row.id,
        name=row.name,
        state=row.state,
        models=tuple(row.models),
        basis=row.basis,
        owner=row.owner,
        owner_office=row.owner_office,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        chosen_by=dict(row.chosen_by) if owned else {},
        items=int(row.items) if owned else 0,
        numbers=row.numbers if owned else None,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        version=row.version,
    )
