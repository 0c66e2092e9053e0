"""``risk quarantine``: refused rows, listed, repaired, taken in again, dismissed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.cli.pairs import read_pairs
from risk.domain.errors import InvalidInputError
from risk.domain.messages import say
from risk.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")


@click.group()
def quarantine() -> None:
    """List, repair, resubmit refused rows / 隔离行：查看、修复、重报."""


@quarantine.command("list")
@click.option("--import", "import_id", type=int, help="of one import / 只看某次导入")
@click.option("--code", help="with one reason / 只看某种原因")
@click.option("--status", type=click.Choice(["open", "repaired", "resubmitted", "dismissed", "all"]), default="open", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def list_(import_id: int | None, code: str | None, status: str, limit: int, form: str) -> None:
    """Refused rows and their reasons / 查看隔离行."""
    from risk.services.quarantine import list_rows

    with _store() as engine:
        rows = list_rows(engine, import_id=import_id, code=code, status=None if status == "all" else status, limit=limit)
    if form == "json":
        import orjson

        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
    elif not rows:
        tell("quarantine_none")
    else:
        _print(rows)


@quarantine.command()
@click.argument("row_id", metavar="ID", type=int)
@click.option("--set", "values", multiple=True, required=True, metavar="COLUMN=VALUE", help="may be given several times / 可多次给出")
@_ACTOR
def repair(row_id: int, values: tuple[str, ...], actor: str) -> None:
    """Put values into columns of a refused row / 修复隔离行."""
    from risk.services.quarantine import repair as repair_row

    pairs = read_pairs(values)
    with _store() as engine:
        repair_row(engine, row_id, pairs, actor=actor, now=datetime.now(UTC))
    tell("quarantine_repaired", id=row_id)


@quarantine.command()
@click.argument("row_ids", metavar="[ID…]", type=int, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="every repaired row / 全部已修复行")
@_ACTOR
def resubmit(row_ids: tuple[int, ...], everything: bool, actor: str) -> None:
    """Take repaired rows in, by the same checks / 重报已修复行."""
    from risk.services.quarantine import resubmit as resubmit_rows

    if bool(row_ids) == everything:
        raise InvalidInputError("quarantine_which")
    with _store() as engine:
        done = resubmit_rows(engine, None if everything else row_ids, actor=actor, now=datetime.now(UTC))
    tell("quarantine_resubmitted", accepted=done.accepted, duplicates=done.duplicates, refused=done.refused)


@quarantine.command()
@click.argument("row_id", metavar="ID", type=int)
@click.option("--reason", required=True, help="why / 原因")
@_ACTOR
def dismiss(row_id: int, reason: str, actor: str) -> None:
    """Put a refused row aside for good / 忽略隔离行."""
    from risk.services.quarantine import dismiss as dismiss_row

    with _store() as engine:
        dismiss_row(engine, row_id, reason=reason, actor=actor, now=datetime.now(UTC))
    tell("quarantine_dismissed", id=row_id)


@contextmanager
def _store() -> Iterator[Engine]:
    from risk.bootstrap import open_store

    engine = open_store(Settings.from_environment())
    try:
        yield engine
    finally:
        engine.dispose()


def _print(rows: list[dict[str, Any]]) -> None:
    from risk.services.personal import masked, masked_json

    for row in rows:
        reasons = masked("; ".join(problem[lang()] for problem in row["problems"]))
        kept = " | ".join(f"{column}={value}" for column, value in masked_json(row["raw"]).items() if value not in (None, ""))
        status = say(f"quarantine_is_{row['status']}", lang())
        tell("quarantine_line", id=f"{row['id']:>6}", import_id=row["import_id"], row=row["row_no"], status=status, reasons=reasons)
        click.echo("        " + " ".join(kept.split())[:140])
