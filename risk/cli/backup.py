"""``risk backup`` and ``risk restore``: the whole installation in one file, and back into an empty place."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from risk.cli.output import tell
from risk.domain.messages import register
from risk.settings import Settings

register(
    {
        "backup_made": (
            "备份完成：{path}（{parts} 个文件，{rows} 行，审计 {audit} 条）",
            "backup written: {path} ({parts} files, {rows} rows, {audit} rows of audit)",
        ),
        "backup_lacks": ("不在备份中，请另行保管：{names}", "not in the backup, to be kept apart: {names}"),
        "backup_restored": ("已恢复 {made_at} 的备份：{rows} 行", "restored the backup of {made_at}: {rows} rows"),
        "backup_needs": ("还需要：{names}（存储的密钥材料、推送密钥等依赖它）", "still needed: {names} (stored secrets depend on it)"),
        "backup_sound": (
            "审计链完整（{rows} 条），与备份时的链头一致",
            "the audit is as it was written ({rows} rows) and as the backup had it",
        ),
        "backup_unsound": ("审计链与备份时不一致", "the audit is not as the backup had it"),
        "backup_unsound.hint": ("运行 risk audit verify 查看", "see risk audit verify"),
    }
)
_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-key", is_flag=True, help="the key of stored secrets too: then the file must be kept as safe as the key / 连同密钥")
@_ACTOR
def backup(file: Path, *, with_key: bool, actor: str) -> None:
    """Write database, models, attachments and heads of the audit to a new file, while everything runs / 备份."""
    from risk.bootstrap import open_store
    from risk.services import backup as service

    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        made = service.make(engine, settings, file, actor=actor, now=datetime.now(UTC), with_key=with_key)
    finally:
        engine.dispose()
    tell("backup_made", path=file, parts=len(made.parts), rows=f"{sum(made.rows.values()):,}", audit=made.audit_length)
    if made.missing:
        tell("backup_lacks", names=", ".join(made.missing))


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_ACTOR
def restore(file: Path, actor: str) -> None:
    """Put a backup into an empty RISK_HOME and an empty database; every checksum is compared first / 恢复."""
    from risk.bootstrap import open_store
    from risk.domain.errors import ConflictError
    from risk.services import audit_check
    from risk.services import backup as service
    from risk.services.desk import Desk

    settings = Settings.from_environment()
    made = service.restore(settings, file, actor=actor, now=datetime.now(UTC))
    engine = open_store(settings)
    try:
        found = Desk(engine).read(audit_check.verify, noted=[audit_check.Noted(made.audit_length, made.audit_hash, file.name)])
    finally:
        engine.dispose()
    tell("backup_restored", made_at=made.made_at, rows=f"{sum(made.rows.values()):,}")
    if made.missing:
        tell("backup_needs", names=", ".join(made.missing))
    if not found.sound:
        raise ConflictError("backup_unsound")
    tell("backup_sound", rows=found.rows)
