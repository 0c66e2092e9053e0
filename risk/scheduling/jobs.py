"""The jobs: a table of (name, when, use case, arguments), filled once from ``DEFAULTS`` and from then on the operator's.

A job is added here, in one place; a default that the operator changed or switched off stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.scheduling.cron import next_due
from risk.services import auditing
from risk.storage import tables as t
from risk.storage.upsert import insert_new

register(
    {
        "job_not_found": ("没有这个作业：{name}", "no such job: {name}"),
        "job_not_found.hint": ("可用：{known}", "one of: {known}"),
    }
)


@dataclass(frozen=True, slots=True)
class Job:
    """One job of the table."""

    name: str
    cron: str
    use_case: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    enabled: bool = True


DEFAULTS: tuple[tuple[Job, str, str], ...] = (
    (Job("judge", "*/10 * * * *", "judge"), "研判新信号，产生预警并派发", "judge new signals, raise alerts, issue tasks"),
    (
        Job("assign", "*/5 * * * *", "assign"),
        "按负荷分派任务，休假移交",
        "give tasks to officers by load, hand over on leave",
    ),
    (Job("remind", "*/10 8-18 * * *", "remind"), "任务时限提醒", "remind of task deadlines"),
    (
        Job("stages", "20 8-18 * * *", "stages"),
        "分级处置：未答复的转入下一阶段",
        "graded response: what is not answered goes on to the next stage",
    ),
    (Job("report_daily", "30 6 * * *", "report", {"period": "latest"}), "每日态势报告", "daily situation report"),
    (Job("report_monthly", "0 7 1 * *", "report", {"period": "last_month"}), "上月态势报告", "situation report of the month before"),
    (Job("brief_daily", "40 6 * * *", "report", {"kind": "daily"}), "日报草稿", "draft of the daily brief"),
    (Job("brief_weekly", "50 6 * * 1", "report", {"kind": "weekly"}), "周报草稿", "draft of the weekly report"),
    (Job("brief_monthly", "20 7 1 * *", "report", {"kind": "monthly"}), "月报草稿", "draft of the monthly report"),
    (Job("brief_offices", "30 7 1 * *", "report", {"kind": "offices"}), "监管效能评估草稿", "draft of the evaluation of offices"),
    (
        Job("audit_sample", "25 * * * *", "audit_sample"),
        "对已结束的研判随机抽样，派发双随机核查",
        "draw the random sample of finished runs, issue its checks",
    ),
    (
        Job("model_health", "30 1 * * *", "model_health"),
        "模型健康检查：漂移、校准、漏报，超限开内部任务",
        "health of models: drift, calibration, what is missed; tasks for owners",
    ),
    (
        Job("audit_out", "*/5 * * * *", "audit_out"),
        "登记审计链头，向日志主机外送审计",
        "note the head of the audit, send the audit to the log host",
    ),
    (
        Job("retrain_due", "0 2 * * *", "retrain"),
        "到期再训练、影子运行、冠军监测",
        "retrain what is due, challengers in shadow, watch over champions",
    ),
    (Job("index", "40 5 * * *", "index"), "计算风险指数：昨日与已结束的月份", "compute the risk index of yesterday and of ended months"),
    (Job("poll_warnings", "*/15 * * * *", "poll_warnings"), "轮询外部预警来源", "ask outside warning systems"),
    (
        Job("verdict_care", "40 7 * * *", "verdict_care"),
        "逾期未告知举报人的提醒、清理无主附件",
        "reporters owed an answer beyond their day; bytes that no attachment names",
    ),
    (
        Job("archive", "30 3 2 * *", "archive", enabled=False),
        "归档到期月份的信号（启用前先确认备份包含 RISK_HOME/archive）",
        "archive months of signals that are due (see that backups hold RISK_HOME/archive before it is switched on)",
    ),
    (Job("take_files", "*/5 * * * *", "take_files"), "接入经接口提交的文件", "take in files that were sent over the API"),
)
"""The jobs a new database starts with, and what each is in Chinese and English."""

_WORDS = {job.name: (zh, en) for job, zh, en in DEFAULTS}


@dataclass(frozen=True, slots=True)
class JobRunRow:
    """One firing of a job: a slot, who ran it, how it ended."""

    id: int
    job: str
    slot: datetime
    status: str
    worker: str
    started_at: datetime
    ended_at: datetime | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as people look at it: with its next slot and its newest run."""

    name: str
    zh: str
    en: str
    cron: str
    use_case: str
    arguments: dict[str, Any]
    enabled: bool
    next_due: datetime | None
    last_run: JobRunRow | None


def seed(conn: Connection) -> int:
    """Add the default jobs that the table has never had; returns how many."""
    before = int(conn.scalar(select(func.count()).select_from(t.jobs)) or 0)
    rows = [
        {"name": job.name, "use_case": job.use_case, "cron": job.cron, "arguments": dict(job.arguments), "enabled": job.enabled}
        for job, _, _ in DEFAULTS
    ]
    insert_new(conn, t.jobs, rows, ["name"])
    return int(conn.scalar(select(func.count()).select_from(t.jobs)) or 0) - before


def load(conn: Connection) -> list[Job]:
    """Every job of the table, by name."""
    return [_job(row) for row in conn.execute(select(t.jobs).order_by(t.jobs.c.name))]


def get(conn: Connection, name: str) -> Job:
    """One job; ``NotFoundError`` (``job_not_found``)."""
    row = conn.execute(select(t.jobs).where(t.jobs.c.name == name)).one_or_none()
    if row is None:
        raise NotFoundError("job_not_found", name=name, known=", ".join(job.name for job in load(conn)) or "-")
    return _job(row)


def switch(conn: Connection, name: str, *, on: bool, actor: str, now: datetime) -> Job:
    """Enable or disable a job; workers follow within half a minute."""
    job = get(conn, name)
    if job.enabled != on:
        conn.execute(update(t.jobs).where(t.jobs.c.name == name).values(enabled=on))
        auditing.record(conn, actor, "job.enable" if on else "job.disable", f"job:{name}", {}, now)
    return get(conn, name)


def overview(conn: Connection, now: datetime) -> list[JobRow]:
    """Every job with its next slot and newest run."""
    r = t.job_runs.c
    newest = select(func.max(r.id)).group_by(r.job).scalar_subquery()
    last = {row.job: run_row(row) for row in conn.execute(select(t.job_runs).where(r.id.in_(newest)))}
    return [
        JobRow(
            name=job.name,
            zh=_WORDS.get(job.name, (job.name, job.name))[0],
            en=_WORDS.get(job.name, (job.name, job.name))[1],
            cron=job.cron,
            use_case=job.use_case,
            arguments=dict(job.arguments),
            enabled=job.enabled,
            next_due=next_due(job.cron, now) if job.enabled else None,
            last_run=last.get(job.name),
        )
        for job in load(conn)
    ]


def run_row(row: Row[Any]) -> JobRunRow:
    """A row of ``job_runs`` as people look at it."""
    return JobRunRow(row.id, row.job, row.slot, row.status, row.worker, row.started_at, row.ended_at, dict(row.detail))


def _job(row: Row[Any]) -> Job:
    return Job(row.name, row.cron, row.use_case, row.arguments, row.enabled)
