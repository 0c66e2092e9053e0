"""``risk trace signal:12``: what became of it, step by step."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from risk.cli.output import tell
from risk.domain.calendar import SHANGHAI
from risk.domain.messages import register
from risk.settings import Settings

register(
    {
        "trace_line": (
            "{at}  {what:<24} {object:<18} {actor:<12} {trace:<8}  {detail}",
            "{at}  {what:<24} {object:<18} {actor:<12} {trace:<8}  {detail}",
        ),
        "trace_cut": ("步骤过多，只列出一部分", "there are too many steps, only a part is shown"),
    }
)


@click.command()
@click.argument("what", metavar="signal:N|alert:N|task:N")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def trace(what: str, form: str) -> None:
    """Follow a signal, an alert or a task to its verdict / 追踪一条信号直到核查结论."""
    from risk.bootstrap import open_store
    from risk.services import following as service
    from risk.services.desk import Desk

    engine = open_store(Settings.from_environment())
    try:
        chain = Desk(engine).read(service.follow, what)
    finally:
        engine.dispose()
    if form == "json":
        click.echo(json.dumps(asdict(chain), ensure_ascii=False, indent=2, default=_plain))
        return
    for step in chain.steps:
        at = f"{step.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        detail = " ".join(f"{name}={value}" for name, value in step.detail.items() if value is not None)
        tell(
            "trace_line",
            at=at,
            what=step.what,
            object=step.object,
            actor=step.actor or "-",
            trace=(step.trace_id or "-")[:8],
            detail=detail,
        )
    if not chain.complete:
        tell("trace_cut")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
