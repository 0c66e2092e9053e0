"""What a job can do: name → function. The one place for it; a job of the table names one of these.

A use case takes the tools of its process and the job's arguments, and returns plain values that are kept with the job's run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, func, select

from risk.domain.calendar import SHANGHAI
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import reading, transaction

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

register(
    {
        "use_case_unknown": ("没有这个用例：{name}", "no such use case: {name}"),
        "use_case_unknown.hint": ("可用：{known}", "one of: {known}"),
    }
)


_log = logging.getLogger("risk.scheduling")


def utc_now() -> datetime:
    """The clock of a process."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Tools:
    """What a process gives its use cases. ``scorer`` makes or remembers the scorer with the champions in force."""

    engine: Engine
    settings: Settings
    scorer: Callable[[], Scorer]
    clock: Callable[[], datetime] = utc_now


UseCase = Callable[[Tools, Mapping[str, Any]], dict[str, Any]]


def judge(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Judge what is new. Without anything new it does nothing, except once a day, when what was over capacity is offered again."""
    from risk.scoring.keys import text_keys
    from risk.services import runs

    now = tools.clock()
    as_of = datetime.fromisoformat(arguments["as_of"]) if arguments.get("as_of") else now
    keys = tuple(arguments.get("models") or text_keys(in_use=True))
    if not arguments.get("always"):
        with reading(tools.engine) as conn:
            today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
            waiting = runs.pending(conn, as_of)
            ran = conn.execute(select(func.count()).select_from(t.runs).where(t.runs.c.started_at >= today)).scalar()
            unfinished = conn.execute(select(func.count()).select_from(t.runs).where(t.runs.c.status == "running")).scalar()
        if not waiting and ran and not unfinished:
            return {"pending": 0}
    actor = str(arguments.get("actor") or "scheduler")
    results = runs.run(tools.engine, tools.scorer(), keys, as_of=as_of, now=now, actor=actor, workers=tools.settings.judging)
    told: dict[str, Any] = {"runs": [{"id": one.id, "model": one.key, "judged": one.judged, **one.balance.as_dict()} for one in results]}
    return told | _beside(tools)


def _beside(tools: Tools) -> dict[str, Any]:
    """Let challengers in shadow score what was judged; whatever goes wrong with them, the runs stand."""
    from risk.services import shadow_scoring

    with reading(tools.engine) as conn:
        if not shadow_scoring.in_shadow(conn):
            return {}
    try:
        return {"shadow": shadow_scoring.follow(tools.engine, tools.settings, tools.scorer())}
    except Exception as error:  # the daily look scores what is left
        _log.exception("challengers in shadow could not score")
        return {"shadow": {"error": type(error).__name__}}


def report(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Freeze a situation report and write its page in both languages. ``period``: ``latest``, ``last_month`` or ``2026-10``.

    With ``kind`` it is the draft of a report of that kind, of the day, week or month that is over, for a person to approve.
    """
    if arguments.get("kind"):
        return _draft(tools, str(arguments["kind"]), str(arguments.get("actor") or "scheduler"))
    from risk.services import reporting

    now = tools.clock()
    period = str(arguments.get("period", "latest"))
    if period == "last_month":
        period = f"{now.astimezone(SHANGHAI).replace(day=1) - timedelta(days=1):%Y-%m}"
    numbers = reporting.make(tools.engine, period, actor=str(arguments.get("actor") or "scheduler"), now=now)
    pages = [reporting.write(numbers, tools.settings.reports_dir, lang).name for lang in ("zh", "en")]
    return {"period": numbers["period"]["name"], "cutoff": numbers["cutoff"], "pages": pages}


def _draft(tools: Tools, kind: str, actor: str) -> dict[str, Any]:
    from risk.domain import periods
    from risk.domain.report_kinds import kind_of
    from risk.services import report_issues

    now = tools.clock()
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    form = "month" if "month" in kind_of(kind).periods else kind_of(kind).periods[0]
    asked = report_issues.Asked(kind, periods.around(form, today).name)
    return {"kind": kind, "period": asked.period, "report": report_issues.make(tools.engine, asked, actor=actor, now=now)}


def remind(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Note which tasks have reached half, four fifths or all of their time."""
    from risk.services import reminders

    with transaction(tools.engine) as conn:
        return {"reminders": reminders.scan(conn, tools.clock(), actor=str(arguments.get("actor") or "scheduler"))}


def stages(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take tasks whose stage has ended to the next one: a trader who did not answer, a verification from the desk without a report."""
    from risk.services import stages as service

    with transaction(tools.engine) as conn:
        return {"moved": service.move_on(conn, tools.clock(), actor=str(arguments.get("actor") or "scheduler"))}


def retrain(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Finish, watch, conclude and train what is due (`risk.services.retraining_round`). ``models`` names some; ``always`` trains them whatever the triggers say."""
    from risk.scoring.keys import TEXT_KEYS
    from risk.services import retraining, retraining_round

    now, keys = tools.clock(), tuple(arguments.get("models") or TEXT_KEYS)
    common: dict[str, Any] = {"now": now, "actor": str(arguments.get("actor") or "scheduler"), "clock": tools.clock}
    found = retraining_round.look(tools.engine, tools.settings, tools.scorer, keys, **common)
    told = {one.key: one.as_dict() for one in found}
    for one in found if arguments.get("always") else ():
        if one.trained is None and not one.busy:
            done = retraining.retrain(tools.engine, tools.settings, tools.scorer(), one.key, as_of=now, **common)
            told[one.key] |= {"decision": done.decision, "challenger": done.challenger}
    return {"models": told}


def audit_sample(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the random sample of un-alerted units from runs that ended, and issue its tasks."""
    from risk.services import audit_sample as service

    with transaction(tools.engine) as conn:
        found = service.draw_waiting(conn, now=tools.clock(), actor=str(arguments.get("actor") or "scheduler"))
    return {"runs": len(found), "drawn": sum(found.values())}


def model_health(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check the health of models; what crosses its limit opens an internal task for the owner."""
    from risk.scoring.keys import text_keys
    from risk.services import model_health as service

    now = tools.clock()
    actor = str(arguments.get("actor") or "scheduler")
    found = {}
    for key in tuple(arguments.get("models") or text_keys(in_use=True)):
        view = service.check(tools.engine, tools.scorer(), key, as_of=now, now=now, actor=actor)
        found[key] = {"crossed": sorted({one.name for one in view.figures if one.crossed}), "open_tasks": len(view.tasks)}
    return {"models": found}


def backtest(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Carry out a back-test that was asked for (``id``), or go on with one that a dead process left."""
    from risk.services import backtest_jobs

    number = int(arguments["id"])
    told = backtest_jobs.carry_out(tools.engine, tools.scorer(), number, clock=tools.clock)
    return {"backtest": number, "units": told["units"], "hits": {one["rule"]: one["hits"] for one in told["rules"]}}


def push(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the signature of a use case
    """Push what is due until nothing is; a worker does so every few seconds beside its jobs."""
    from risk.services import lease
    from risk.services.push import Pusher

    pusher = Pusher.of(tools.engine, tools.settings, worker=lease.process_name(), clock=tools.clock)
    try:
        return {"messages": pusher.drain()}
    finally:
        pusher.close()


def audit_out(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the signature of a use case
    """Note the end of the audit outside the database, and send the log host what it has not had."""
    import socket

    from risk.services import audit_heads, audit_syslog, lease

    with reading(tools.engine) as conn:
        told: dict[str, Any] = {"length": audit_heads.note(conn, tools.settings.home, tools.clock()).length}
    if tools.settings.audit_syslog:
        target = audit_syslog.target_of(tools.settings.audit_syslog, tools.settings.audit_syslog_ca or None)
        told["sent"] = audit_syslog.export(tools.engine, target, host=socket.gethostname(), owner=lease.process_name(), clock=tools.clock)
    return told


def poll_warnings(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the outside warning systems that are plugged in for what is new."""
    from risk.services import warning_sources

    done = warning_sources.poll_all(tools.engine, tools.settings, actor=str(arguments.get("actor") or "scheduler"), clock=tools.clock)
    return {one.name: one.error or {"accepted": one.accepted, "quarantined": one.quarantined} for one in done}


def assign(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the shape of a use case
    """Officers: accounts join the roster, leaves that begin hand over, what waits with automatic offices is given out."""
    from dataclasses import asdict

    from risk.services import assignment

    with transaction(tools.engine) as conn:
        return asdict(assignment.tend(conn, tools.clock()))


def verdict_care(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the shape of a use case
    """Say which reporters are owed an answer beyond the day the law sets; clear away bytes that no attachment names."""
    from risk.services import attachment_files, attachments, feedback

    now = tools.clock()
    with transaction(tools.engine) as conn:
        late = feedback.remind_late(conn, now)
    with reading(tools.engine) as conn:
        cleared = attachments.clear_orphans(conn, attachment_files.folder_of(tools.settings.home), now)
    return {"late": late, "cleared": cleared}


def take_files(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the signature of a use case
    """Take in the files that were sent over HTTP and wait, or were left half done."""
    from risk.services import import_jobs

    return {"jobs": import_jobs.carry_out_all(tools.engine, tools.settings, clock=tools.clock)}


def index(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Compute the risk index of yesterday and of the months that have ended since it was last done."""
    from risk.services import index_results

    with transaction(tools.engine) as conn:
        return {"computed": index_results.compute_due(conn, actor=str(arguments.get("actor") or "scheduler"), now=tools.clock())}


def archive(tools: Tools, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Archive a month or all that are due; with ``what`` restore or verify one."""
    from risk.services import archiving

    what, month = str(arguments.get("what") or "archive"), arguments.get("month")
    actor = str(arguments.get("actor") or "scheduler")
    if what == "verify":
        found = archiving.verify(tools.engine, month)
        return {
            "verified": len(found),
            "faults": [{"archive": one.archive.id, "code": fault.code} for one in found for fault in one.faults],
        }
    if what == "restore":
        rows = archiving.restore(tools.engine, str(month), actor=actor, clock=tools.clock)
    else:
        rows = archiving.run(tools.engine, actor=actor, clock=tools.clock, month=month)
    return {
        "archives": [{"id": row.id, "month": row.month, "part": row.part, "status": row.status, "signals": row.signals} for row in rows]
    }


USE_CASES: dict[str, UseCase] = {
    "judge": judge,
    "index": index,
    "assign": assign,
    "report": report,
    "remind": remind,
    "stages": stages,
    "retrain": retrain,
    "backtest": backtest,
    "audit_sample": audit_sample,
    "model_health": model_health,
    "audit_out": audit_out,
    "push": push,
    "poll_warnings": poll_warnings,
    "take_files": take_files,
    "verdict_care": verdict_care,
    "archive": archive,
}
"""Name → function."""


def use_case(name: str) -> UseCase:
    """The function of a name; ``NotFoundError`` (``use_case_unknown``)."""
    if name not in USE_CASES:
        raise NotFoundError("use_case_unknown", name=name, known=", ".join(USE_CASES))
    return USE_CASES[name]
