"""``risk jobs``: what runs when, switched on and off, or run now."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from risk.cli.output import lang, tell
from risk.domain.errors import ConflictError
from risk.domain.messages import Told, register, say
from risk.settings import Settings

register(
    {
        "job_line": (
            "{name:<16} {cron:<18} {on}  下次 {next}  最近 {last}  {what}",
            "{name:<16} {cron:<18} {on}  next {next}  last {last}  {what}",
        ),
        "job_on": ("启用", "on "),
        "job_off": ("停用", "off"),
        "job_switched": ("{name}：{on}", "{name}: {on}"),
        "job_ran": ("{name}：{status} {detail}", "{name}: {status} {detail}"),
        "job_is_running": ("运行中", "running"),
        "job_is_done": ("完成", "done"),
        "job_is_failed": ("失败", "failed"),
        "job_is_skipped": ("让位", "skipped"),
        "job_is_lost": ("中断", "lost"),
        "job_busy": ("{name} 正由 {holder} 运行", "{name} is being run by {holder}"),
        "job_failed": ("作业 {name} 没有完成（{status}）：{why}", "the job {name} did not end well ({status}): {why}"),
        "job_failed.hint": ("用 risk jobs list 查看最近一次运行", "see its newest run with risk jobs list"),
    }
)
_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")


@click.group()
def jobs() -> None:
    """List, enable, disable, run scheduled jobs / 定时作业：查看、启用、停用、立即运行."""


@jobs.command("list")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def list_(form: str) -> None:
    """Every job, its next slot, its newest run / 作业列表."""
    from risk.bootstrap import open_store
    from risk.scheduling import jobs as service
    from risk.services.desk import Desk

    engine = open_store(Settings.from_environment())
    try:
        desk = Desk(engine)
        desk.act(service.seed)
        rows = desk.read(service.overview, desk.clock())
    finally:
        engine.dispose()
    if form == "json":
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=2, default=_plain))
        return
    for row in rows:
        last = f"{_status(row.last_run.status).of(lang())} {_when(row.last_run.started_at)}" if row.last_run else "—"
        on = say("job_on" if row.enabled else "job_off", lang())
        tell(
            "job_line", name=row.name, cron=row.cron, on=on, next=_when(row.next_due), last=last, what=row.zh if lang() == "zh" else row.en
        )


@jobs.command()
@click.argument("name")
@_ACTOR
def enable(name: str, actor: str) -> None:
    """Let a job run again / 启用."""
    _switch(name, actor, on=True)


@jobs.command()
@click.argument("name")
@_ACTOR
def disable(name: str, actor: str) -> None:
    """Let a job rest / 停用."""
    _switch(name, actor, on=False)


@jobs.command()
@click.argument("name")
def run(name: str) -> None:
    """Run a job now, in this process / 立即运行."""
    run_now(Settings.from_environment(), name)


def run_now(settings: Settings, name: str) -> None:
    """Run one job of the table to its end; ``ConflictError`` (``job_failed``) where it does not end well."""
    from risk.bootstrap import open_scorer, open_store
    from risk.scheduling import firing
    from risk.scheduling import jobs as service
    from risk.scheduling.use_cases import Tools
    from risk.services import lease
    from risk.services.desk import Desk
    from risk.services.scorer_cache import ScorerCache

    engine = open_store(settings)
    try:
        desk = Desk(engine)
        desk.act(service.seed)
        job = desk.read(service.get, name)
        tools = Tools(engine, settings, ScorerCache(settings, open_scorer, engine))
        done = firing.fire(tools, job, desk.clock(), lease.process_name())
    finally:
        engine.dispose()
    assert done is not None  # the slot is this very microsecond
    if done.status != "done":
        raise ConflictError("job_failed", name=name, status=_status(done.status), why=_why(name, done.detail))
    tell("job_ran", name=name, status=_status(done.status), detail=json.dumps(done.detail["result"], ensure_ascii=False))


def _status(name: str) -> Told:
    return Told(say(f"job_is_{name}", "zh", default=name), say(f"job_is_{name}", "en", default=name))


def _why(name: str, detail: Mapping[str, Any]) -> Told:
    if holder := detail.get("held_by"):
        return Told(say("job_busy", "zh", name=name, holder=holder), say("job_busy", "en", name=name, holder=holder))
    error = str(detail.get("error") or "-")
    return Told(str(detail.get("zh") or error), str(detail.get("en") or error))


def _switch(name: str, actor: str, *, on: bool) -> None:
    from risk.bootstrap import open_store
    from risk.scheduling import jobs as service
    from risk.services.desk import Desk

    engine = open_store(Settings.from_environment())
    try:
        desk = Desk(engine)
        desk.act(service.seed)
        desk.act(service.switch, name, on=on, actor=actor, now=desk.clock())
    finally:
        engine.dispose()
    tell("job_switched", name=name, on=say("job_on" if on else "job_off", lang()).strip())


def _when(moment: datetime | None) -> str:
    from risk.domain.calendar import SHANGHAI

    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}" if moment else "—"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
