"""What we send: alerts as warning signals, tasks, what was done on them, acts, counts; each as fields of a record, in scope of whoever exports.

A source of rows gives them by ascending number, in windows, so that a long export is many short transactions. ``withdrawn`` rows are those a receiver should
no longer hold. What came from a receiver is not sent back to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, func, or_, select

from risk.domain import regions
from risk.domain.acts import mask as mask_act
from risk.domain.authority import Scope
from risk.domain.calendar import SHANGHAI
from risk.domain.datafiles import read_toml
from risk.domain.exchange import kinds
from risk.domain.exchange.checks import act_values
from risk.domain.exchange.records import fields_of_models
from risk.domain.grades import Grade
from risk.domain.masking import masked, masked_name
from risk.domain.routing import base_model, fallback_office
from risk.domain.signals import digest
from risk.domain.tasks import State
from risk.domain.verdicts import taxonomy
from risk.services.acts import OWN, acts_inside
from risk.services.scoping import alerts_inside, tasks_inside
from risk.storage import tables as t

SYSTEM = "湖北省“互联网+监管”风险预警"
_LEVELS = {Grade.RED: "01", Grade.ORANGE: "02", Grade.YELLOW: "03", Grade.BLUE: "04"}
_STATUS = {
    "issued": "分发",
    "transferred_back": "分发",
    "signed": "认领",
    "verifying": "认领",
    "returned": "认领",
    "reported": "反馈",
    "accepted": "反馈",
    "closed": "结束",
}
_NOBODY = "（主体待查明）"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to send: whose, as what, or that it is gone."""

    record: str
    identity: str
    object: str
    values: Mapping[str, Any]
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What an export is asked for: for whom, whose, since when, how much of persons it tells."""

    stream: str
    scope: Scope
    since: datetime | None = None
    names: str = "full"
    props: bool = True
    url: str = ""
    source: str = "420000"


Window = tuple[list[Outgoing], int | None]
"""Rows, and the number to go on after; ``None`` at the end."""


def defaults() -> Mapping[str, Any]:
    """``[export]`` of ``exchange.toml``."""
    found: Mapping[str, Any] = read_toml("exchange.toml")["export"]
    return found


def number_of(source: str, letter: str, number: int) -> str:
    """The number under which others know a thing of ours: at most twenty characters.

    >>> number_of("420000", "T", 12)
    '420000T000000000012'
    """
    return f"{source}{letter}{number:012d}"


def own_number(text: str, source: str, letter: str) -> int | None:
    """Our number behind what others call it, if it is one of ours.

    >>> own_number("420000T000000000012", "420000", "T"), own_number("X1", "420000", "T")
    (12, None)
    """
    rest = text.removeprefix(f"{source}{letter}")
    return int(rest) if rest != text and len(rest) == 12 and rest.isascii() and rest.isdigit() else None


def signals(conn: Connection, asked: Asked, after: int, window: int) -> Window:
    """Alerts as warning signals with the names of the first kind."""
    return _alerts(conn, asked, after, window, "fxyj_signal", _signal)


def signals_lower(conn: Connection, asked: Asked, after: int, window: int) -> Window:
    """Alerts as warning signals with the lower-case names."""
    return _alerts(conn, asked, after, window, "fxyj_signal_lower", _signal_lower)


def tasks(conn: Connection, asked: Asked, after: int, window: int) -> Window:
    """Tasks of alerts as joint-supervision tasks; those that came from the receiver are known there."""
    rows, following = _tasks(conn, asked, after, window, t.tasks.c.kind == "alert")
    known = _received(conn, asked.stream, [row.id for row in rows])
    evidence = _evidence(conn, [row.alert_id for row in rows])
    found = [
        Outgoing("task_info", number_of(asked.source, "T", row.id), f"task:{row.id}", _task(row, asked, evidence), row.state == "merged")
        for row in rows
        if row.id not in known
    ]
    return found, following


def tasks_created(conn: Connection, asked: Asked, after: int, window: int) -> Window:
    """The same tasks in the words of the other task interface."""
    rows, following = _tasks(conn, asked, after, window, t.tasks.c.kind == "alert")
    known = _received(conn, asked.stream, [row.id for row in rows])
    found = []
    for row in rows:
        if row.id in known:
            continue
        number = number_of(asked.source, "T", row.id)
        values = {
            "taskCode": number,
            "taskName": _told(row.title, asked),
            "levelId": _LEVELS.get(Grade(row.grade), "04"),
            "taskTimeLimit": kinds.moment_text(row.report_due),
            "classId": "riskWarning",
            "explain": _told(row.title, asked),
            "launchDept": fallback_office().name_zh,
            "distributeDepts": [{"deptCode": row.office_code, "deptName": row.office_name}],
        }
        found.append(Outgoing("task_create", number, f"task:{row.id}", values, row.state == "merged"))
    return found, following


def notices(conn: Connection, asked: Asked, after: int, window: int) -> Window:
    """Where the receiver's own tasks stand here, under their numbers."""
    rows, following = _tasks(conn, asked, after, window, t.tasks.c.kind == "alert")
    known = _received(conn, asked.stream, [row.id for row in rows])
    found = []
    for row in rows:
        if row.id in known:
            values = {"taskCode": known[row.id], "taskStatus": _STATUS.get(row.state, "结束"), "message": State(row.state).word("zh")}
            found.append(Outgoing("task_notice", number_of(asked.source, "N", row.id), f"task:{row.id}", values))
    return found, following


def details(conn: Connection, asked: Asked, after: int, window: int) -> Window:
    """Tasks with everything that was fed back on them, and everywhere they were given back from."""
    rows, following = _tasks(conn, asked, after, window, t.tasks.c.kind == "alert")
    ids = [row.id for row in rows]
    known = _received(conn, asked.stream, ids)
    v, e, o = t.verdicts.c, t.task_events.c, t.offices.c
    said: dict[int, list[dict[str, str]]] = {}
    query = select(v.task_id, v.facts, v.officers, v.reported_at).where(v.task_id.in_(ids)).order_by(v.id)
    offices = {row.id: row.office_name or row.office_code for row in rows}
    for one in conn.execute(query) if ids else ():
        people = "、".join(masked_name(name) if asked.names == "masked" else name for name in one.officers)[:200]
        told = {"depName": offices[one.task_id], "supervisor": people, "explains": _told(one.facts, asked)[:4000]}
        said.setdefault(one.task_id, []).append(told | {"feedbackTime": kinds.moment_text(one.reported_at)})
    backs: dict[int, list[dict[str, str]]] = {}
    given = select(e.task_id, e.reason, e.detail, e.at).where(e.task_id.in_(ids), e.event == "transfer_back").order_by(e.id)
    events = list(conn.execute(given)) if ids else []
    named = {row.code: row.name_zh for row in conn.execute(select(o.code, o.name_zh))} if events else {}
    for one in events:
        code = str(one.detail.get("from_office", ""))
        told = {"depName": named.get(code, code) or "?", "disContents": _told(one.reason or "-", asked)[:2000]}
        backs.setdefault(one.task_id, []).append(told | {"disContentTimes": kinds.moment_text(one.at)})
    found = []
    for row in rows:
        values = {
            "taskCode": known.get(row.id) or number_of(asked.source, "T", row.id),
            "taskName": _told(row.title, asked),
            "taskStatus": _STATUS.get(row.state, "结束"),
            "levelId": _LEVELS.get(Grade(row.grade), "04"),
            "feedbacks": said.get(row.id, []),
            "backs": backs.get(row.id, []),
        }
        found.append(Outgoing("task_detail", number_of(asked.source, "D", row.id), f"task:{row.id}", values, row.state == "merged"))
    return found, following


def processes(conn: Connection, asked: Asked, after: int, window: int) -> Window:
    """What was done on tasks that were signed for: the verdict in force, the acts."""
    rows, following = _tasks(conn, asked, after, window, t.tasks.c.signed_at.is_not(None))
    ids = [row.id for row in rows]
    known = _received(conn, asked.stream, ids)
    verdicts = {row.task_id: row for row in conn.execute(_latest_verdicts(ids))} if ids else {}
    acts: dict[int, list[Row[Any]]] = {}
    query = select(t.acts).where(t.acts.c.task_id.in_(ids), t.acts.c.removed_at.is_(None)).order_by(t.acts.c.id)
    for act in conn.execute(query) if ids else ():
        acts.setdefault(act.task_id, []).append(act)
    found = []
    for row in rows:
        number = known.get(row.id) or number_of(asked.source, "T", row.id)
        values = _process(row, number, verdicts.get(row.id), acts.get(row.id, []), asked)
        found.append(
            Outgoing(
                "supervision_process", number_of(asked.source, "F", row.id), f"task:{row.id}", values, row.state in ("merged", "issued")
            )
        )
    return found, following


def act_rows(record: str, kind: str) -> Callable[[Connection, Asked, int, int], Window]:
    """Acts of one kind that were entered here."""

    def rows(conn: Connection, asked: Asked, after: int, window: int) -> Window:
        c = t.acts.c
        query = select(t.acts).where(c.kind == kind, c.source == OWN, acts_inside(asked.scope), c.id > after)
        if asked.since is not None:
            query = query.where(c.changed_at >= asked.since)
        found = list(conn.execute(query.order_by(c.id).limit(window)))
        told = []
        for row in found:
            fields = mask_act(kind, row.fields) if asked.names == "masked" else row.fields
            told.append(Outgoing(record, row.record_id, f"act:{row.id}", act_values(fields), row.removed_at is not None))
        return told, found[-1].id if len(found) == window else None

    return rows


def statistics(conn: Connection, asked: Asked, after: int, window: int) -> Window:  # noqa: ARG001 - counted as a whole, in one window
    """Alerts counted by the day they were raised, division, grade and model; a count that is no more is withdrawn."""
    c, counts = t.alerts.c, dict[tuple[str, str, int, str], int]()
    query = select(c.opened_at, c.region, c.grade, c.model).where(alerts_inside(asked.scope), c.grade > 0)
    for row in conn.execute(query.execution_options(yield_per=5_000)):
        key = (row.opened_at.astimezone(SHANGHAI).date().isoformat(), row.region or "420000", int(row.grade), base_model(row.model))
        counts[key] = counts.get(key, 0) + 1
    whose = [] if asked.scope.whole else [[one.division, one.department] for one in asked.scope.grants or ()]
    found = []
    for (day, region, grade, model), count in sorted(counts.items()):
        identity = f"{asked.source}S{digest([whose, day, region, grade, model])[:24]}"
        values = {
            "id": identity,
            "area_code": region,
            "area_name": _place(region),
            "risk_count": str(count),
            "risk_level": _LEVELS[Grade(grade)],
            "risk_field": fields_of_models().get(model, model[:80]),
            "sta_data": day,
            "FXYJXT": SYSTEM,
        }
        found.append(Outgoing("statistics", identity, f"statistics:{identity[-24:]}", values))
    if asked.scope.whole:
        s, held = t.exchange_sent.c, {one.identity for one in found}
        query = select(s.identity, s.object).where(s.stream == asked.stream, s.record == "statistics", s.operation != "d")
        gone = [row for row in conn.execute(query) if row.identity not in held]
        found += [Outgoing("statistics", row.identity, row.object, {}, withdrawn=True) for row in gone]
    return found, None


SOURCES: Mapping[str, Callable[[Connection, Asked, int, int], Window]] = {
    "fxyj_signal": signals,
    "fxyj_signal_lower": signals_lower,
    "statistics": statistics,
    "task_info": tasks,
    "task_create": tasks_created,
    "task_notice": notices,
    "task_detail": details,
    "supervision_process": processes,
    "inspection": act_rows("inspection", "inspection"),
    "penalty": act_rows("penalty", "penalty"),
    "enforcement": act_rows("enforcement", "enforcement"),
    "other_act": act_rows("other_act", "other"),
}
"""Record → where its rows come from. What is not here is only taken in."""

USUAL = ("fxyj_signal", "task_info", "supervision_process", "inspection", "penalty", "enforcement", "other_act")
"""What is sent where nothing else is asked for: each thing once."""


# -- alerts ------------------------------------------------------------------------------------------------------------


def _alerts(conn: Connection, asked: Asked, after: int, window: int, record: str, make: Callable[..., dict[str, Any]]) -> Window:
    a, s = t.alerts.c, t.subjects.c
    w = t.outside_warnings.c
    theirs = and_(a.origin == "warning", exists(select(1).where(w.alert_id == a.id, w.system == asked.stream)))
    query = (
        select(t.alerts, s.name.label("subject_name"), s.uscc, s.kind.label("subject_kind"))
        .join_from(t.alerts, t.subjects, a.subject_id == s.id, isouter=True)
        .where(alerts_inside(asked.scope), a.grade > 0, ~theirs, a.id > after)
    )
    if asked.since is not None:
        query = query.where(a.updated_at >= asked.since)
    rows = list(conn.execute(query.order_by(a.id).limit(window)))
    ids = [row.id for row in rows]
    evidence = _evidence(conn, ids)
    merged = set(conn.scalars(select(t.tasks.c.alert_id).where(t.tasks.c.alert_id.in_(ids), t.tasks.c.state == "merged"))) if ids else set()
    found = [
        Outgoing(record, number_of(asked.source, "A", row.id), f"alert:{row.id}", make(row, asked, evidence.get(row.id)), row.id in merged)
        for row in rows
    ]
    return found, ids[-1] if len(ids) == window else None


def _signal(row: Row[Any], asked: Asked, evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    number, region = number_of(asked.source, "A", row.id), row.region or "420000"
    return {
        "Fxyj_Id": number,
        "Fxyj_Domain_Id": fields_of_models().get(base_model(row.model), base_model(row.model)[:10]),
        "Fxyj_Area_Number": region,
        "Fxyj_Area_Name": _place(region),
        "Fxyj_Title": _told(row.title_zh, asked),
        "Fxyj_Desc": _told(_because(evidence), asked)[:4000],
        "Fxyj_Level": _LEVELS.get(Grade(row.grade), "04"),
        "Fxyj_Time": kinds.moment_text(row.opened_at),
        "Fxyj_Model_Id": row.model,
        **({"Fxyj_Detail_Url": f"{asked.url.rstrip('/')}/alerts/{row.id}"} if asked.url else {}),
    }


def _signal_lower(row: Row[Any], asked: Asked, evidence: Mapping[str, Any] | None) -> dict[str, Any]:
    number = number_of(asked.source, "A", row.id)
    return {
        "rowguid": digest(["fxyj", number])[:32],
        "fxyjid": number,
        "fxyjdomainid": fields_of_models().get(base_model(row.model), base_model(row.model)[:10]),
        "fxyjtitle": _told(row.title_zh, asked),
        "fxyjlevel": _LEVELS.get(Grade(row.grade), "04"),
        "fxyjtime": kinds.moment_text(row.opened_at),
        "fxyjmodelid": row.model,
        "createtime": kinds.moment_text(row.opened_at),
        "fxyjprops": _props(row, asked, {"because": _told(_because(evidence), asked)[:4000]}),
        "fxyjcorpname": _named(row, asked),
        "fxyjuscc": row.uscc or "",
    }


def _evidence(conn: Connection, alert_ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """What weighed most on each alert: the evidence of its most probable assessment."""
    if not alert_ids:
        return {}
    e, a = t.alert_evidence.c, t.assessments.c
    query = (
        select(e.alert_id, a.evidence)
        .join_from(t.alert_evidence, t.assessments, e.assessment_id == a.id)
        .where(e.alert_id.in_(alert_ids))
        .order_by(e.alert_id, a.grade, a.probability, a.id)
    )
    return {row.alert_id: row.evidence for row in conn.execute(query) if row.evidence}


def _because(evidence: Mapping[str, Any] | None) -> str:
    """Why, in Chinese: what the rules say, else the first grounds."""
    if not evidence:
        return ""
    rules = [one["because"]["zh"] for one in evidence.get("rules", ()) if one.get("because")]
    return "；".join(rules or [str(line) for line in evidence.get("zh", ())])


def _rules(evidence: Mapping[str, Any] | None) -> str:
    names = [str(one.get("rule", "")) for one in (evidence or {}).get("rules", ())]
    return ",".join(names)[:200]


# -- tasks -------------------------------------------------------------------------------------------------------------


def _tasks(conn: Connection, asked: Asked, after: int, window: int, which: ColumnElement[bool]) -> tuple[list[Row[Any]], int | None]:
    k, a, s, o = t.tasks.c, t.alerts.c, t.subjects.c, t.offices.c
    query: Select[Any] = (
        select(
            t.tasks,
            func.coalesce(a.title_zh, k.title_zh, "核查任务").label("title"),
            a.region.label("alert_region"),
            a.probability,
            a.opened_at,
            func.coalesce(a.model, k.model, "").label("about_model"),
            s.name.label("subject_name"),
            s.uscc,
            s.kind.label("subject_kind"),
            o.name_zh.label("office_name"),
            o.region.label("office_region"),
        )
        .join_from(t.tasks, t.alerts, k.alert_id == a.id, isouter=True)
        .join(t.subjects, func.coalesce(a.subject_id, k.subject_id) == s.id, isouter=True)
        .join(t.offices, o.code == k.office_code, isouter=True)
        .where(tasks_inside(asked.scope), which, k.id > after)
    )
    if asked.since is not None:
        v, acts, since = t.verdicts.c, t.acts.c, asked.since
        moved = exists(select(1).where(t.task_events.c.task_id == k.id, t.task_events.c.at >= since))
        said = exists(select(1).where(v.task_id == k.id, v.changed_at >= since))
        acted = exists(select(1).where(acts.task_id == k.id, acts.changed_at >= since))
        query = query.where(or_(k.updated_at >= since, moved, said, acted, and_(a.id.is_not(None), a.updated_at >= since)))
    rows = list(conn.execute(query.order_by(k.id).limit(window)))
    return rows, rows[-1].id if len(rows) == window else None


def _received(conn: Connection, stream: str, task_ids: Sequence[int]) -> dict[int, str]:
    """The tasks that came from a receiver, with the number they have there."""
    if not task_ids:
        return {}
    r = t.exchange_received.c
    results = {f"task:{number}": number for number in task_ids}
    query = select(r.result, r.identity).where(
        r.source == stream,
        r.record.in_(("task_info", "task_create")),
        r.result.in_(list(results)),
        r.state.in_(("accepted", "resubmitted")),
    )
    return {results[row.result]: row.identity for row in conn.execute(query)}


def _task(row: Row[Any], asked: Asked, evidence: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    home, seen = fallback_office(), evidence.get(row.alert_id)
    warning = {
        "riskObject": _named(row, asked) or _NOBODY,
        "riskObjectCertCode": row.uscc or "",
        "fxyjId": number_of(asked.source, "A", row.alert_id),
        "domain": fields_of_models().get(base_model(row.about_model), row.about_model[:80]),
        "province": "湖北省",
        "title": _told(row.title, asked),
        "level": _LEVELS.get(Grade(row.grade), "04"),
        "createdAt": kinds.moment_text(row.opened_at),
        "source": SYSTEM,
        "ruleId": _rules(seen),
        "props": _props(row, asked, {"because": _told(_because(seen), asked)[:4000]}),
    }
    subject = {
        "superviseObjectName": _named(row, asked) or _NOBODY,
        "superviseObjectCode": row.uscc or "",
        **({"credentialsType": "统一社会信用代码", "credentialsValue": row.uscc} if row.uscc else {}),
        "basisData": {"riskWarning": [warning]},
    }
    return {
        "taskNo": number_of(asked.source, "T", row.id),
        "taskName": _told(row.title, asked),
        "taskStartTime": kinds.moment_text(row.issued_at),
        "status": _STATUS.get(row.state, "分发"),
        "initiateUnitNo": home.code,
        "initiateUnitName": home.name_zh,
        "unionDeptNo": row.office_code,
        "unionDeptName": row.office_name or "",
        **({"unionRegionNo": row.office_region, "unionRegionName": _place(row.office_region)} if row.office_region else {}),
        "inspectContent": _told(row.title, asked),
        "inspectClaim": f"请于 {kinds.moment_text(row.report_due)} 前反馈",
        "superviseObjects": [subject],
    }


def _latest_verdicts(task_ids: Sequence[int]) -> Select[Any]:
    v = t.verdicts.c
    newest = select(func.max(v.id)).where(v.task_id.in_(task_ids)).group_by(v.task_id)
    return select(t.verdicts).where(v.id.in_(newest))


def _process(row: Row[Any], number: str, verdict: Row[Any] | None, acts: Sequence[Row[Any]], asked: Asked) -> dict[str, Any]:
    status = _STATUS.get(row.state, "认领")
    details = {
        "taskNo": number,
        "unionUnitNo": row.office_code,
        "unionUnitName": row.office_name or row.office_code,
        "status": status,
        "claimTime": kinds.moment_text(row.signed_at),
    }
    if verdict is None or status == "认领":
        return {"taskDetails": details}
    details |= {
        "feedbackTime": kinds.moment_text(verdict.reported_at),
        "endReason": result_text(verdict.code, verdict.sub_reason),
        "feedbackSuggestion": _told("\n".join(x for x in (verdict.facts, verdict.measures, verdict.suggestion) if x), asked)[:4000],
    }
    if row.closed_at is not None:
        details["endTime"] = kinds.moment_text(row.closed_at)
    done: dict[str, list[dict[str, Any]]] = {}
    for act in acts:
        fields = act_values(mask_act(act.kind, act.fields) if asked.names == "masked" else act.fields)
        part, make = _ON_TASKS[act.kind]
        done.setdefault(part, []).append({name: fields[ours] for name, ours in make.items() if fields.get(ours)})
    if "admInspection" not in done and not any(act.kind == "inspection" for act in acts) and verdict.officers:
        people = [masked_name(one) if asked.names == "masked" else one for one in verdict.officers]
        done["admInspection"] = [_verification(row, verdict, people, asked)]
    return {"taskDetails": details, "feedbackUnitInfo": done}


def _verification(row: Row[Any], verdict: Row[Any], people: Sequence[str], asked: Asked) -> dict[str, Any]:
    """The verification itself, where no act of inspection was entered: who looked, when, with which result."""
    return {
        "checkActionName": "风险预警核查",
        "checkActionCode": number_of(asked.source, "V", verdict.id),
        "implementInstitution": (row.office_name or "")[:100],
        "superviseObjectCode": row.uscc or "",
        "superviseObjectName": _named(row, asked)[:200],
        "checkForm": "02",
        "checkResult": result_text(verdict.code, verdict.sub_reason),
        "checkDate": kinds.day_text(verdict.reported_at),
        "checkPersonnel": "、".join(people)[:200],
    }


def result_text(code: str, sub_reason: str | None) -> str:
    """A result as it is written in ``endReason``: its code and title, and why.

    >>> result_text("30", "context_misread")
    '30 不属实—误报（context_misread）'
    """
    kind = taxonomy().get(code)
    return f"{code} {kind.zh if kind else ''}{f'（{sub_reason}）' if sub_reason else ''}".strip()


_COMMON = {
    "supervisionMatterCode": "matter_code",
    "implementInstitution": "institution",
    "implementInstitutionCode": "institution_code",
    "superviseObjectCode": "party_code",
    "superviseObjectName": "object_name",
}
_ON_TASKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "inspection": (
        "admInspection",
        _COMMON
        | {
            "checkActionName": "name",
            "checkActionCode": "number",
            "checkForm": "form",
            "checkType": "category",
            "checkMode": "mode",
            "checkResult": "result",
            "checkDate": "inspected_on",
            "checkPersonnel": "inspectors",
        },
    ),
    "penalty": (
        "admPunishment",
        _COMMON
        | {
            "illegalFact": "illegal_fact",
            "punishAccord": "basis",
            "punishProcedure": "procedure",
            "punishDocumentCode": "document_number",
            "setDate": "filed_on",
            "penaltyResult": "result",
            "punishActionCode": "number",
        },
    ),
    "enforcement": (
        "admForce",
        _COMMON
        | {
            "forceType": "force_kind",
            "coerciveMeasureType": "measure_type",
            "forceExecutionType": "execution_type",
            "forceResult": "result",
            "forceExtendDate": "extended_to",
            "forceActionCode": "number",
        },
    ),
    "other": (
        "other",
        {
            "actionName": "name",
            "itemSource": "item_source",
            "superviseMeasure": "measure",
            "closingCase": "closing",
            "startDate": "started_on",
            "endDate": "ended_on",
            "actionCode": "number",
        },
    ),
}


# -- words -------------------------------------------------------------------------------------------------------------


def _place(region: str) -> str:
    return regions.name(region, full=True)


def _told(text: str, asked: Asked) -> str:
    return masked(text) if asked.names == "masked" else text


def _named(row: Row[Any], asked: Asked) -> str:
    name = row.subject_name or ""
    return masked_name(name) if asked.names == "masked" else name


def _props(row: Row[Any], asked: Asked, more: Mapping[str, str]) -> str:
    if not asked.props:
        return ""
    grade, chance = Grade(row.grade).code, row.probability
    told = {
        "grade": grade,
        **({"probability": round(chance, 4)} if chance else {}),
        **{name: value for name, value in more.items() if value},
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)
