"""``risk intake FILE``: take a file in and say what became of its rows."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from risk.cli.output import lang, tell
from risk.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "mapping_file", type=click.Path(path_type=Path), help="mapping of columns, TOML or JSON / 列映射文件")
@click.option("--source", help="name of the source; the file's name by default / 来源名称，默认文件名")
@click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who takes it in / 操作人")
@click.option(
    "--chunk-rows", type=click.IntRange(1, 5_000), default=2_000, show_default=True, help="rows in one transaction / 每个事务的行数"
)
def intake(file: Path, mapping_file: Path | None, source: str | None, actor: str, chunk_rows: int) -> None:
    """Take a file in: CSV, NDJSON, Parquet, XLSX / 接入文件.

    Refused rows go to quarantine with their reasons. Broken off, the same command goes on where it was; the same file again changes nothing.
    """
    from risk.bootstrap import open_store
    from risk.services.intake import load_mapping, take

    mapping = load_mapping(mapping_file) if mapping_file is not None else None
    engine = open_store(Settings.from_environment())
    try:
        summary = take(engine, file, source=source, mapping=mapping, actor=actor, now=datetime.now(UTC), chunk_rows=chunk_rows)
    finally:
        engine.dispose()
    tell("intake_done", file=summary.file, id=summary.import_id, rows=f"{summary.rows:,}")
    if summary.repeated:
        tell("intake_repeated", at=f"{summary.started_at:%Y-%m-%d %H:%M} UTC", id=summary.import_id)
        return
    if summary.resumed_after:
        tell("intake_resumed", row=f"{summary.resumed_after:,}")
    counts = {"accepted": summary.accepted, "duplicates": summary.duplicates, "quarantined": summary.quarantined}
    tell("intake_counts", **{name: f"{count:,}" for name, count in counts.items()})
    _tell_counts("intake_reason", summary.reasons)
    tell("intake_without", **{name: f"{summary.notes.get(name, 0):,}" for name in ("no_time", "no_region", "no_subject")})
    _tell_counts("intake_warning", summary.warnings)
    if summary.quarantined:
        tell("intake_look", id=summary.import_id)


def _tell_counts(code: str, counts: dict[str, int]) -> None:
    from risk.domain.intake_messages import reason

    for name, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        tell(code, count=f"{count:,}", reason=reason(name, lang()))
