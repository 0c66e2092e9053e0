"""``risk audit``: who did what; as a file; is it as it was written; to a log host."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.moments import parse_moment
from risk.cli.output import lang, tell
from risk.domain.calendar import SHANGHAI
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.audit_views import AuditFilter

register(
    {
        "audit_line": ("{id:>8}  {at}  {actor}  {action}  {object}  {detail}", "{id:>8}  {at}  {actor}  {action}  {object}  {detail}"),
        "audit_none": ("没有符合条件的审计记录", "no such rows in the audit"),
        "audit_sound": ("审计链完整：{rows} 条，链头 {head}", "the audit is as it was written: {rows} rows, head {head}"),
        "audit_vouched": (
            "库外留存的链头 {count} 个，最近一个到第 {place} 条",
            "{count} heads noted outside the database, the last one at row {place}",
        ),
        "audit_not_vouched": (
            "库外没有留存链头：若末尾记录与链头登记一并被删，无法发现。请启用作业 audit_out 并把链头文件另存",
            "no head was noted outside the database: newest rows that were cut off together with the head would not be missed. "
            "Enable the job audit_out and keep copies of its file",
        ),
        "audit_fault": ("第 {place} 条：{what}（{detail}）", "row {place}: {what} ({detail})"),
        "audit_broken": ("审计链不完整：发现 {count} 处", "the audit is not as it was written: {count} faults"),
        "audit_exported": ("已导出 {rows} 条到 {path}（SHA-256 {sha256}）", "{rows} rows written to {path} (SHA-256 {sha256})"),
        "audit_more": ("还有更多：用 --after {last} 继续", "there are more: go on with --after {last}"),
        "audit_head": ("审计链头：第 {length} 条 {hash}", "head of the audit: row {length} {hash}"),
        "audit_sent": ("已发送 {rows} 条到 {target}", "{rows} rows sent to {target}"),
        "syslog_none": ("没有设置日志主机", "no log host is set"),
        "syslog_none.hint": (
            "设置 RISK_AUDIT_SYSLOG，例如 tls://log.example.cn:6514",
            "set RISK_AUDIT_SYSLOG, for example tls://log.example.cn:6514",
        ),
        "syslog_away": ("日志主机 {target} 不接收：{reason}", "the log host {target} does not take it: {reason}"),
    }
)
_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")


def _filters(command: Any) -> Any:
    for option in (
        click.option("--until", metavar="TIME", help="until / 截止"),
        click.option("--since", metavar="TIME", help="from / 起始"),
        click.option("--trace", help="one request, job or command / 链路编号"),
        click.option("--object", "object_", metavar="KIND[:ID]", help="task or task:12 / 对象"),
        click.option("--action", metavar="NAME", help="task or task.sign / 操作"),
        click.option("--by", "by", metavar="ACTOR", help="whose acts / 操作人"),
    ):
        command = option(command)
    return command


@click.group()
def audit() -> None:
    """Who did what; whether it is as it was written / 审计：查看、导出、校验、外送."""


@audit.command("list")
@_filters
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def list_(limit: int, form: str, **given: Any) -> None:
    """Acts, the newest first / 查看."""
    from risk.services import audit_views

    with _Desk() as desk:
        rows = desk.read(audit_views.list_audit, _filter(given), limit=limit).items
    if form == "json":
        click.echo(audit_views.as_ndjson(list(rows)), nl=False)
        return
    for row in rows:
        detail = json.dumps(row.detail, ensure_ascii=False)
        tell(
            "audit_line",
            id=row.id,
            at=f"{row.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            actor=row.actor,
            action=row.action,
            object=row.object,
            detail=detail,
        )
    if not rows:
        tell("audit_none")


@audit.command()
@_filters
@click.option("--format", "form", type=click.Choice(["csv", "ndjson"]), default="csv", show_default=True)
@click.option("--after", type=click.IntRange(0), default=0, help="ids above this one / 从此编号之后")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="new file / 新文件")
@_ACTOR
def export(form: Any, after: int, output: Path, actor: str, **given: Any) -> None:
    """Write rows to a new file, the oldest first; that this was done stands in the audit / 导出."""
    from risk.services import audit_views

    with _Desk() as desk, output.open("x", encoding="utf-8", newline="") as file:
        made = desk.act(audit_views.export, _filter(given, after), form, actor=actor, now=desk.clock())
        file.write(made.text)
    tell("audit_exported", rows=made.rows, path=output, sha256=made.sha256)
    if not made.complete:
        tell("audit_more", last=made.last)


@audit.command()
@click.option(
    "--heads",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="files of heads kept elsewhere / 另存的链头文件",
)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def verify(heads: tuple[Path, ...], form: str) -> None:
    """Hash every row again; ends with 1 where anything is not as it was written / 校验."""
    from dataclasses import asdict

    from risk.services import audit_heads

    with _Desk() as desk:
        found = desk.read(audit_heads.check, Settings.from_environment().home, heads)
    if form == "json":
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
    elif found.sound:
        tell("audit_sound", rows=found.rows, head=found.head[:16])
        if found.noted_heads:
            tell("audit_vouched", count=found.noted_heads, place=found.vouched_to)
        else:
            tell("audit_not_vouched")
    else:
        for fault in found.faults:
            tell("audit_fault", place=fault.place, what=fault.zh if lang() == "zh" else fault.en, detail=fault.detail)
        tell("audit_broken", count=len(found.faults))
    if not found.sound:
        sys.exit(1)


@audit.command()
def head() -> None:
    """Note the end of the audit outside the database, and print it / 登记链头."""
    from risk.services import audit_heads

    with _Desk() as desk:
        found = desk.read(audit_heads.note, Settings.from_environment().home, desk.clock())
    tell("audit_head", length=found.length, hash=found.hash)


@audit.command()
def push() -> None:
    """Send what the log host has not had (RISK_AUDIT_SYSLOG) / 外送到日志主机."""
    import socket

    from risk.domain.errors import ConflictError, InvalidInputError
    from risk.services import audit_syslog
    from risk.services.lease import process_name

    settings = Settings.from_environment()
    if not settings.audit_syslog:
        raise InvalidInputError("syslog_none")
    target = audit_syslog.target_of(settings.audit_syslog, settings.audit_syslog_ca or None)
    with _Desk() as desk:
        try:
            sent = desk.whole(audit_syslog.export, target, host=socket.gethostname(), owner=process_name(), clock=desk.clock)
        except OSError as error:
            raise ConflictError("syslog_away", target=target.name, reason=str(error)) from error
    tell("audit_sent", rows=sent, target=target.name)


class _Desk:
    """The store of this process for the length of a block."""

    def __enter__(self) -> Any:
        from risk.bootstrap import open_store
        from risk.services.desk import Desk

        self._engine = open_store(Settings.from_environment())
        return Desk(self._engine, lambda: datetime.now(UTC))

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()


def _filter(given: dict[str, Any], after: int = 0) -> AuditFilter:
    from risk.services.audit_views import AuditFilter

    since, until = given["since"], given["until"]
    first = parse_moment(since) - timedelta(days=1 if len(since) <= 10 else 0) if since else None  # a bare date: its beginning
    last = parse_moment(until) if until else None
    return AuditFilter(given["by"], given["action"], given["object_"], given["trace"], first, last, after)
