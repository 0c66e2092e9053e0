"""What a record that comes in does here. Each goes the way the same thing goes when one of ours does it: same services, same checks, same refusals.

- a warning signal becomes a signal of the kind ``warning`` and an alert with its provenance
- a task of another system becomes a clue: a warning, an alert, a task of the office in charge
- feedback on a task of ours signs it or reports its verdict, with the acts that were done; changed, it is a correction; deleted, the report is sent back
- a notice of status signs; an act is kept as an act; public opinion becomes a signal that the models judge

Where a record does not say what is needed (which result of the taxonomy, which field of risk), nothing is guessed: it is refused with the reason and waits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from risk.domain import regions
from risk.domain.acts import check as check_act
from risk.domain.alerts_outside import OutsideWarning
from risk.domain.authority import Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.exchange import kinds
from risk.domain.exchange.records import Record, codes, fields_of_models
from risk.domain.messages import register
from risk.domain.mistakes import MistakesError
from risk.domain.signals import Signal, SubjectKeys, digest
from risk.domain.tasks import ENDED, Event, State
from risk.domain.uscc import well_formed
from risk.domain.verdicts import taxonomy
from risk.services import acts, alert_entry, auditing, outside_warnings, scoping, tasks
from risk.services.acts import Belongs
from risk.services.exchange_rows import defaults, own_number
from risk.services.task_changes import change
from risk.storage import tables as t

register(
    {
        "exchange_only_sent": ("这种记录只导出，不接收：{record}", "records of this kind are only sent, not taken in: {record}"),
        "exchange_task_unknown": ("没有任务编号 {task} 对应的任务", "no task of ours has the number {task}"),
        "exchange_result_unclear": (
            "看不出核查结果：endReason 未写结果代码，也没有立案的处罚行为",
            "the result is not clear: endReason names no result, and there is no penalty with a case filed",
        ),
        "exchange_result_unclear.hint": (
            "在 taskDetails.endReason 写结果代码或名称，误报须带原因，例如 30（context_misread）",
            "put the code or name of a result into taskDetails.endReason, with the sub-reason, for example 30 (context_misread)",
        ),
        "exchange_field_of_risk": ("不知道“{given}”是哪个领域的风险", "which field of risk `{given}` is, is not known"),
        "exchange_field_of_risk.hint": (
            "写 exchange.toml [fields_of_models] 中的编号或模型名称，或给出对应（--domain 对方=模型，来源的 mapping.domains）",
            "write a code of [fields_of_models] in exchange.toml or a model's name, or map it (--domain THEIRS=MODEL, mapping.domains of the source)",
        ),
        "exchange_no_warning": (
            "任务没有带风险预警，也没有投诉举报，不知核查什么",
            "the task brings no risk warning, complaint or report: nothing to verify",
        ),
        "exchange_outside_scope": ("区划 {region} 不在您的管辖范围内", "the division {region} lies outside your scope"),
        "exchange_not_withdrawn": (
            "任务 {task} 已审核或者办结，不能撤回反馈",
            "the task {task} is accepted or closed; its feedback cannot be withdrawn",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One record that fits its description, on its way in. ``before`` is what an earlier one of the same identity did here."""

    record: Record
    values: Mapping[str, Any]
    source: str
    identity: str
    operation: str
    digest: str
    batch: str
    before: str | None
    scope: Scope
    actor: str
    domains: Mapping[str, str]


def apply(conn: Connection, one: Incoming, now: datetime) -> str:
    """Do what the record says, in the caller's transaction; returns what it did it to (``alert:7``, ``task:12``, ``verdict:3`` …).

    A refusal is a ``RiskError`` of the service concerned, or one of this module.
    """
    act = _ACTS.get(one.record.imports)
    if act is None:
        raise InvalidInputError("exchange_only_sent", record=one.record.zh)
    return act(conn, one, now)


# -- warnings and tasks ------------------------------------------------------------------------------------------------


def _warning(conn: Connection, one: Incoming, now: datetime) -> str:
    given = one.values
    if one.record.code == "fxyj_signal":
        told = _Clue(
            number=given["Fxyj_Id"],
            field=given["Fxyj_Domain_Id"],
            level=given["Fxyj_Level"],
            text="\n".join(x for x in (given["Fxyj_Title"], given.get("Fxyj_Desc", "")) if x),
            at=given["Fxyj_Time"],
            region=given["Fxyj_Area_Number"],
            rule=given.get("Fxyj_Model_Id"),
            url=given.get("Fxyj_Detail_Url"),
        )
    else:
        told = _Clue(
            number=given["fxyjid"],
            field=given["fxyjdomainid"],
            level=given["fxyjlevel"],
            text="\n".join(x for x in (given["fxyjtitle"], given.get("fxyjprops", "")) if x),
            at=given["fxyjtime"],
            rule=given.get("fxyjmodelid"),
            code=given.get("fxyjuscc"),
            name=given.get("fxyjcorpname"),
        )
    return _raise(conn, one, told, now)


def _task(conn: Connection, one: Incoming, now: datetime) -> str:
    told = _clue_of_task(one.values) if one.record.code == "task_info" else _clue_of_created(one.values)
    return _raise(conn, one, told, now)


@dataclass(frozen=True, slots=True)
class _Clue:
    number: str
    field: str
    level: str
    text: str
    at: str
    region: str | None = None
    rule: str | None = None
    url: str | None = None
    code: str | None = None
    name: str | None = None


def _clue_of_task(given: Mapping[str, Any]) -> _Clue:
    """A task is taken for what it rests on: its first risk warning, else its complaints and reports."""
    for subject in given["superviseObjects"]:
        basis = subject.get("basisData", {})
        common = {"region": given.get("unionRegionNo"), "name": subject["superviseObjectName"]}
        code = subject.get("superviseObjectCode") or subject.get("credentialsValue")
        for warning in basis.get("riskWarning", ()):
            text = "\n".join(x for x in (given["taskName"], warning["title"], given.get("inspectContent", "")) if x)
            return _Clue(
                number=given["taskNo"],
                field=warning.get("domain", ""),
                level=warning.get("level", "04"),
                text=text,
                at=warning["createdAt"],
                rule=warning.get("ruleId"),
                code=warning.get("riskObjectCertCode") or code,
                **common,
            )
        details = [row.get("complaintDetail", "") for row in basis.get("complaintInfo", ())]
        details += [row.get("tipDetail", "") for row in basis.get("tipInfo", ())]
        if any(details):
            text = "\n".join(x for x in (given["taskName"], *details) if x)
            return _Clue(given["taskNo"], given.get("supervisionMatterCode", ""), "04", text, given["taskStartTime"], code=code, **common)
    raise InvalidInputError("exchange_no_warning")


def _clue_of_created(given: Mapping[str, Any]) -> _Clue:
    text = "\n".join(x for x in (given["taskName"], given.get("explain", "")) if x)
    return _Clue(given["taskCode"], given["classId"], given["levelId"], text, "")


def _raise(conn: Connection, one: Incoming, told: _Clue, now: datetime) -> str:
    if one.operation == "d":
        return _withdraw(conn, one, now)
    region = regions.resolve(told.region)
    if region is not None and not one.scope.whole and not one.scope.covers(region):
        raise InvalidInputError("exchange_outside_scope", region=region)
    if region is None and not one.scope.whole:
        raise InvalidInputError("exchange_outside_scope", region=told.region or "?")
    model = _model_of(told, one)
    number = told.number if one.operation == "i" else f"{told.number}~{one.digest[:12]}"  # a correction is new evidence of the same thing
    code = told.code if told.code and well_formed(told.code) else None
    warning = OutsideWarning(
        system=one.source,
        warning_id=number,
        level=codes("level")[told.level].zh,
        model=model,
        text=told.text,
        raised_at=kinds.moment_of(told.at) if told.at else now,
        raw_hash=one.digest,
        subject=SubjectKeys(uscc=code, name=told.name),
        region=region,
        rule=told.rule,
        url=told.url,
        detail={"record": one.record.wire, "identity": one.identity, "batch": one.batch, "operation": one.operation},
    )
    found = outside_warnings.raise_from_warning(conn, warning, one.actor, now)
    if one.record.imports == "task" and found.task_id is not None:
        return f"task:{found.task_id}"
    return f"alert:{found.alert_id}" if found.alert_id is not None else f"signal:{found.signal_id}"


def _model_of(told: _Clue, one: Incoming) -> str:
    """Which of our models a field of risk is: by the source's own table, by our codes, by a model's name or words in the title."""
    known = {**{code: model for model, code in fields_of_models().items()}, **{model: model for model in fields_of_models()}}
    for name in (told.field, told.rule or ""):
        found = one.domains.get(name) or known.get(name) or known.get(name.partition(".")[0])
        if found:
            return found
    raise InvalidInputError("exchange_field_of_risk", given=told.field)


def _withdraw(conn: Connection, one: Incoming, now: datetime) -> str:
    """The sender takes a warning or task back. What was verified meanwhile stays; the officer in charge reads of it in the task's history."""
    before = one.before or ""
    kind, _, number = before.partition(":")
    k = t.tasks.c
    which = k.id == int(number) if kind == "task" else k.alert_id == int(number) if kind == "alert" else None
    found = conn.execute(select(t.tasks).where(which)).all() if which is not None else []
    for task in found:
        if not one.scope.whole:
            scoping.require_task(conn, one.scope, task.id)
        if task.state not in ENDED:
            detail = {"withdrawn": one.identity, "by": one.source, "batch": one.batch}
            change(conn, task, [Event.ADD_EVIDENCE], one.actor, now, reason=f"{one.source}撤回 {one.identity}", detail=detail)
    auditing.record(
        conn, one.actor, "exchange.withdrawn", before or f"record:{one.identity[:60]}", {"source": one.source, "batch": one.batch}, now
    )
    return before


# -- feedback ----------------------------------------------------------------------------------------------------------


def _feedback(conn: Connection, one: Incoming, now: datetime) -> str:
    details = one.values["taskDetails"]
    task = _own_task(conn, one, details["taskNo"])
    if one.operation == "d":
        return _take_back(conn, one, task, now)
    if details["status"] == "认领" or details["status"] == "分发":
        return _claim(conn, one, task, now)
    done = one.values.get("feedbackUnitInfo", {})
    code, sub_reason = _result(details, done)
    facts = _facts(details, done)
    people = _people(done)
    given: dict[str, Any] = {
        "actor": one.actor,
        "code": code,
        "facts": facts,
        "officers": people,
        "sub_reason": sub_reason,
        "suggestion": details.get("feedbackSuggestion"),
        "now": now,
    }
    if task.state in (State.REPORTED.value, State.ACCEPTED.value, State.CLOSED.value):
        verdict = tasks.correct(conn, task.id, reason=f"{one.source} {one.batch} {one.operation}", **given)
    else:
        if task.state == State.ISSUED.value:
            tasks.sign(conn, task.id, actor=one.actor, now=now)
        told = {"exchange": {"source": one.source, "batch": one.batch, "unit": details["unionUnitName"], "identity": one.identity}}
        verdict = tasks.report(conn, task.id, detail=told, **given)
    return f"verdict:{verdict}"


def _claim(conn: Connection, one: Incoming, task: Any, now: datetime) -> str:
    if task.state == State.ISSUED.value:
        tasks.sign(conn, task.id, actor=one.actor, now=now)
    return f"task:{task.id}"


def _take_back(conn: Connection, one: Incoming, task: Any, now: datetime) -> str:
    if task.state in (State.ACCEPTED.value, State.CLOSED.value):
        raise ConflictError("exchange_not_withdrawn", task=task.id)
    if task.state == State.REPORTED.value:
        tasks.return_(conn, task.id, actor=one.actor, reason=f"{one.source}撤回反馈（{one.batch}）", now=now)
    return f"task:{task.id}"


def _own_task(conn: Connection, one: Incoming, number: str) -> Any:
    """The task of ours that others call by this number; in scope, or not found."""
    task_id = own_number(number, str(defaults()["source"]), "T")
    row = None
    if task_id is not None:
        inside = scoping.tasks_inside(one.scope)
        row = conn.execute(select(t.tasks.c.id, t.tasks.c.state).where(t.tasks.c.id == task_id, inside)).one_or_none()
    if row is None:
        raise NotFoundError("exchange_task_unknown", task=number)
    return row


def _result(details: Mapping[str, Any], done: Mapping[str, Any]) -> tuple[str, str | None]:
    """Code and sub-reason: as ``endReason`` says them, by code or by name; a penalty with a case filed is a filed case. Nothing else is taken for a result."""
    said = details.get("endReason", "")
    inner = re.search(r"[（(]([^（）()]*)[）)]\s*$", said)
    bare = said[: inner.start()].strip() if inner else said.strip()
    named = re.match(r"(\d{2})(?!\d)", bare)
    code = named[1] if named else next((kind.code for kind in taxonomy().values() if bare in (kind.zh, kind.en)), None)
    if code is None:
        if any(row.get("setDate") for row in done.get("admPunishment", ())):
            return "10", None
        raise InvalidInputError("exchange_result_unclear")
    kind = taxonomy().get(code)
    sub = inner[1].strip() if inner else ""
    if kind is not None and sub:
        sub = next((one.code for one in kind.sub_reasons.values() if sub in (one.code, one.zh, one.en)), sub)
    return code, sub or None


def _facts(details: Mapping[str, Any], done: Mapping[str, Any]) -> str:
    parts = [row.get("illegalFact", "") for row in done.get("admPunishment", ())]
    parts += [row.get("checkResult", "") for row in done.get("admInspection", ())]
    parts += [row.get("forceResult", "") for row in done.get("admForce", ())]
    parts.append(details.get("feedbackSuggestion", ""))
    return "\n".join(dict.fromkeys(part for part in parts if part))


def _people(done: Mapping[str, Any]) -> list[str]:
    found = [name for row in done.get("admInspection", ()) for name in kinds.people_of(row.get("checkPersonnel", ""))]
    return list(dict.fromkeys(found))


def _notice(conn: Connection, one: Incoming, now: datetime) -> str:
    task = _own_task(conn, one, one.values["taskCode"])
    if one.operation != "d" and one.values["taskStatus"] == "认领":
        return _claim(conn, one, task, now)
    detail = {
        "status": one.values["taskStatus"],
        "message": one.values.get("message", ""),
        "source": one.source,
        "operation": one.operation,
    }
    auditing.record(conn, one.actor, "exchange.notice", f"task:{task.id}", detail, now)
    return f"task:{task.id}"


# -- acts and opinion --------------------------------------------------------------------------------------------------


def _act(conn: Connection, one: Incoming, now: datetime) -> str:
    key = str(digest(["act", one.source, one.identity]))
    if one.operation == "d":
        found = conn.scalar(select(t.acts.c.id).where(t.acts.c.record_id == key))
        if found is None:
            raise NotFoundError("act_not_found", id=one.identity)
        acts.remove(conn, int(found), reason=f"{one.source} {one.batch} d", actor=one.actor, now=now, scope=one.scope)
        return f"act:{found}"
    fields = {
        field.name: list(kinds.people_of(value)) if field.kind == "people" else value
        for field in one.record.part.fields
        if (value := one.values.get(field.name))
    }
    made, wrong = check_act(one.record.act, fields)
    if made is None:
        raise MistakesError(wrong)
    region = str(made.fields["region"])
    if not one.scope.whole and not one.scope.covers(region):
        raise InvalidInputError("exchange_outside_scope", region=region)
    number = acts.put(conn, key, made, Belongs(), source=one.source, actor=one.actor, now=now, batch=one.batch)
    return f"act:{number}"


def _signal(conn: Connection, one: Incoming, now: datetime) -> str:
    given = one.values
    region = regions.resolve(given.get("districtCode"))
    if not one.scope.whole and not one.scope.covers(region):
        raise InvalidInputError("exchange_outside_scope", region=given.get("districtCode", "?"))
    if one.operation == "d":
        auditing.record(conn, one.actor, "exchange.withdrawn", one.before or "signal", {"source": one.source, "batch": one.batch}, now)
        return one.before or ""
    beside = ("eventType", "typeKeyWords", "eventLevel", "eventStatus", "emotion", "source", "domain")
    signal = Signal(
        source=one.source,
        text="\n".join(x for x in (given["eventTitle"], given.get("eventAbstract", "")) if x),
        observed_at=kinds.moment_of(given["eventDate"]),
        time_given=True,
        kind="report",
        source_id=given["eventId"],
        url=given.get("url"),
        region=region,
        fields={name: given[name] for name in beside if given.get(name)},
    )
    return f"signal:{alert_entry.keep_signal(conn, signal, now)}"


_ACTS: Mapping[str, Callable[[Connection, Incoming, datetime], str]] = {
    "warning": _warning,
    "task": _task,
    "feedback": _feedback,
    "notice": _notice,
    "act": _act,
    "signal": _signal,
}
