"""``risk exchange``: national-style records described, checked, sent, taken in; outside warning systems as sources."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang, tell
from risk.cli.pairs import read_pairs
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.domain.system_messages import quoted, reason_of
from risk.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

_ACTOR = click.option("--actor", default=lambda: os.environ.get("USER", "cli"), help="who does it / 操作人")
_SOURCE = click.option("--source", default="", help="whose records these are, where they do not say / 来源")
_RECORD = click.option("--record", default="", help="of bare rows: which record they are / 记录种类")

_DOMAIN = click.option(
    "--domain", "domains", multiple=True, metavar="THEIRS=MODEL", help="which of our models a field of risk of theirs is / 领域对应"
)

register(
    {
        "exchange_record_line": ("{name}  {wire}  {title}  {ways}", "{name}  {wire}  {title}  {ways}"),
        "exchange_sent_none": ("没有变化，未生成批次", "nothing changed, no batch was made"),
        "exchange_sent_line": (
            "批次 {batch}：{counts}，{bytes} 字节，SHA-256 {sha}",
            "batch {batch}: {counts}, {bytes} bytes, SHA-256 {sha}",
        ),
        "exchange_written": ("已写入 {path}", "written to {path}"),
        "exchange_unfit_line": ("未导出 {object}（{record}）：{reasons}", "left out {object} ({record}): {reasons}"),
        "exchange_taken": (
            "记录 {records}：接收 {accepted}，重复 {duplicates}，隔离 {quarantined}（批次行 {id}）",
            "records {records}: taken {accepted}, known {duplicates}, waiting {quarantined} (batch row {id})",
        ),
        "exchange_taken_again": ("此文件已接收过；", "this file was taken in before; "),
        "exchange_checked": ("记录 {records} 条，有问题的 {bad} 条", "{records} record(s), {bad} with problems"),
        "exchange_check_line": ("第 {number} 条 {wire} {column}：{text}{hint}", "record {number} {wire} {column}: {text}{hint}"),
        "exchange_check_warning": (
            "第 {number} 条 {wire} {column}（提示）：{text}{hint}",
            "record {number} {wire} {column} (note): {text}{hint}",
        ),
        "exchange_batch_line": (
            "{id}  {direction}  {batch}  {stream}  {counts}  {status}  {at}",
            "{id}  {direction}  {batch}  {stream}  {counts}  {status}  {at}",
        ),
        "exchange_waiting_line": (
            "{id}  第 {number} 条  {record}  {source}  {reasons}",
            "{id}  record {number}  {record}  {source}  {reasons}",
        ),
        "exchange_none": ("没有", "none"),
        "exchange_repaired": (
            "记录 {id} 已修复，用 risk exchange resubmit {id} 重报",
            "record {id} is repaired; risk exchange resubmit {id} tries it again",
        ),
        "exchange_resubmitted": (
            "接收 {accepted}，重复 {duplicates}，仍有问题 {refused}",
            "taken {accepted}, known {duplicates}, still refused {refused}",
        ),
        "exchange_dismissed": ("记录 {id} 已忽略", "record {id} is put aside"),
        "exchange_source_line": (
            "{name}  {kind}  {state}  接收 {accepted}  重复 {duplicates}  隔离 {quarantined}  上次 {at}  {error}",
            "{name}  {kind}  {state}  taken {accepted}  known {duplicates}  waiting {quarantined}  last {at}  {error}",
        ),
        "exchange_source_added": ("来源 {name} 已添加", "the source {name} is added"),
        "exchange_inbox": ("文件放入 {path}", "drop files into {path}"),
        "exchange_polled": (
            "{name}：取得 {fetched}，接收 {accepted}，重复 {duplicates}，隔离 {quarantined}",
            "{name}: fetched {fetched}, taken {accepted}, known {duplicates}, waiting {quarantined}",
        ),
        "exchange_options_unreadable": ("无法读取来源选项 {path}：{reason}", "cannot read the options of the source {path}: {reason}"),
        "exchange_way_sent": ("导出", "sent"),
        "exchange_way_taken": ("接收", "taken in"),
    }
)


@click.group()
def exchange() -> None:
    """Exchange with other systems / 数据交换：描述、检查、导出、导入、来源."""


@exchange.command()
def records() -> None:
    """Which records there are / 交换记录种类."""
    from risk.domain.exchange.records import records as known
    from risk.domain.messages import say
    from risk.services.exchange_rows import SOURCES

    for one in known().values():
        ways = [say("exchange_way_sent", lang())] if one.code in SOURCES else []
        ways += [say("exchange_way_taken", lang())] if one.imports else []
        tell("exchange_record_line", name=f"{one.code:20}", wire=f"{one.wire:24}", title=one.title(lang()), ways=" / ".join(ways))


@exchange.command()
@click.argument("name", metavar="RECORD")
def describe(name: str) -> None:
    """Every field of a record, in Markdown / 字段说明."""
    from risk.domain.exchange.describing import describe as described
    from risk.domain.exchange.records import record

    click.echo(described(record(name), lang()), nl=False)


@exchange.command()
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@_RECORD
@click.pass_context
def check(ctx: click.Context, path: Path, record: str) -> None:
    """Check a file, store nothing / 检查文件，不入库. Exit 1 where a record does not fit."""
    from risk.services.exchange_in import look
    from risk.services.exchange_wire import read

    found, bad = 0, 0
    for one in read(_bytes(path), kind=_kind(record)):
        looked = look(one)
        found += 1
        bad += bool(looked.problems)
        for problem in looked.problems:
            _problem("exchange_check_line", one.number, one.name, problem.record())
        for problem in looked.warnings:
            _problem("exchange_check_warning", one.number, one.name, problem.record())
    tell("exchange_checked", records=found, bad=bad)
    if bad:
        ctx.exit(1)


@exchange.command("export")
@click.option("--to", "stream", default="default", show_default=True, help="for whom / 接收方")
@click.option("--record", "wanted", multiple=True, help="only these records / 只导出这些记录")
@click.option("--format", "form", type=click.Choice(["xml", "json"]), default="xml", show_default=True)
@click.option("--encoding", type=click.Choice(["utf-8", "gb18030"]), default="utf-8", show_default=True)
@click.option("--names", type=click.Choice(["full", "masked"]), help="names of persons (default: [export] of exchange.toml) / 个人信息")
@click.option("--everything", is_flag=True, help="compare all, not only what changed since / 全量比对")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="write the files here / 写入目录")
@_ACTOR
def export_(
    stream: str, wanted: tuple[str, ...], form: str, encoding: str, names: str | None, everything: bool, folder: Path | None, actor: str
) -> None:
    """Batches of what changed since the last export / 增量导出为批次."""
    from risk.domain.exchange.records import record
    from risk.services.exchange_batches import Wanted, export, to_folder
    from risk.services.exchange_rows import USUAL

    kinds = tuple(record(name).code for name in wanted) or USUAL
    now = datetime.now(UTC)
    with _store() as engine:
        done = export(engine, Wanted(stream, kinds, form, encoding, names, everything), actor=actor, now=now)
        for one in done.unfit:
            reasons = "; ".join(problem[lang()] for problem in one.problems)
            tell("exchange_unfit_line", object=one.object, record=one.record, reasons=reasons)
        for batch in done.batches:
            tell("exchange_sent_line", batch=batch.batch, counts=_counts(batch.counts), bytes=batch.bytes, sha=batch.content_hash)
            if folder is not None:
                tell("exchange_written", path=to_folder(engine, batch.batch, folder, actor=actor, now=now))
    if not done.batches:
        tell("exchange_sent_none")


@exchange.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@_SOURCE
@_RECORD
@_DOMAIN
@_ACTOR
def import_(path: Path, source: str, record: str, domains: tuple[str, ...], actor: str) -> None:
    """Take a file in; what does not fit waits / 导入文件，不合格的进入隔离."""
    from risk.domain.exchange.sources import read_domains
    from risk.services.exchange_in import Way, take

    with _store() as engine:
        way = Way(source, actor, domains=read_domains(domains))
        done = take(engine, _bytes(path), file=path.name, way=way, now=datetime.now(UTC), kind=_kind(record))
    if done.repeated:
        from risk.domain.messages import say

        click.echo(say("exchange_taken_again", lang()), nl=False)
    tell(
        "exchange_taken",
        records=done.records,
        accepted=done.accepted,
        duplicates=done.duplicates,
        quarantined=done.quarantined,
        id=done.batch_id,
    )


@exchange.command()
@click.option("--direction", type=click.Choice(["out", "in"]))
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
def batches(direction: str | None, limit: int) -> None:
    """Batches sent and received / 批次列表."""
    from risk.services.desk import Desk
    from risk.services.exchange_batches import list_batches

    with _store() as engine:
        found = Desk(engine).read(list_batches, direction=direction, limit=limit).items
    for one in found:
        tell(
            "exchange_batch_line",
            id=f"{one.id:>6}",
            direction="→" if one.direction == "out" else "←",
            batch=one.batch,
            stream=one.stream,
            counts=_counts(one.counts),
            status=one.status,
            at=one.created_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        )
    if not found:
        tell("exchange_none")


@exchange.command()
@click.argument("batch")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="write the file here / 写入目录")
@_ACTOR
def show(batch: str, folder: Path | None, actor: str) -> None:
    """The file of a batch we sent, as it was / 批次原文."""
    from risk.services.desk import Desk
    from risk.services.exchange_batches import content, to_folder

    now = datetime.now(UTC)
    with _store() as engine:
        if folder is not None:
            tell("exchange_written", path=to_folder(engine, batch, folder, actor=actor, now=now))
            return
        _, data = Desk(engine).act(content, batch, actor=actor, now=now)
    click.echo(data, nl=False)


@exchange.command()
@click.option("--state", default="quarantined", show_default=True)
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
def received(state: str, limit: int) -> None:
    """Records that came in, by default those that wait / 收到的记录（默认隔离中）."""
    from risk.services.desk import Desk
    from risk.services.exchange_quarantine import STATES, list_received

    if state not in STATES:
        raise InvalidInputError("exchange_option_unknown", option="--state", value=state)
    with _store() as engine:
        found = Desk(engine).read(list_received, state=state, limit=limit).items
    for one in found:
        reasons = "; ".join(f"{problem['column']} {problem[lang()]}".strip() for problem in one.problems) or one.result or ""
        tell("exchange_waiting_line", id=f"{one.id:>6}", number=one.number, record=one.record, source=one.source, reasons=reasons)
    if not found:
        tell("exchange_none")


@exchange.command()
@click.argument("row_id", metavar="ID", type=int)
@click.option("--set", "values", multiple=True, required=True, metavar="PATH=VALUE", help="taskDetails.endReason=10 / 可多次给出")
@_ACTOR
def repair(row_id: int, values: tuple[str, ...], actor: str) -> None:
    """Put values into a record that waits / 修复隔离记录."""
    from risk.services.desk import Desk
    from risk.services.exchange_quarantine import repair as put_right

    pairs = read_pairs(values)
    with _store() as engine:
        Desk(engine).act(put_right, row_id, pairs, actor=actor, now=datetime.now(UTC))
    tell("exchange_repaired", id=row_id)


@exchange.command()
@click.argument("row_ids", metavar="[ID…]", type=int, nargs=-1)
@_DOMAIN
@_ACTOR
def resubmit(row_ids: tuple[int, ...], domains: tuple[str, ...], actor: str) -> None:
    """Try records again: those named, else all that are repaired / 重报."""
    from risk.domain.exchange.sources import read_domains
    from risk.services.desk import Desk
    from risk.services.exchange_quarantine import repaired
    from risk.services.exchange_quarantine import resubmit as again

    with _store() as engine:
        if not row_ids:
            row_ids = tuple(Desk(engine).read(repaired))
        done = again(engine, row_ids, actor=actor, now=datetime.now(UTC), domains=read_domains(domains))
    tell("exchange_resubmitted", accepted=done.accepted, duplicates=done.duplicates, refused=done.refused)


@exchange.command()
@click.argument("row_id", metavar="ID", type=int)
@click.option("--reason", required=True, help="why / 原因")
@_ACTOR
def dismiss(row_id: int, reason: str, actor: str) -> None:
    """Put a record aside for good / 忽略隔离记录."""
    from risk.services.desk import Desk
    from risk.services.exchange_quarantine import dismiss as put_aside

    with _store() as engine:
        Desk(engine).act(put_aside, row_id, reason=reason, actor=actor, now=datetime.now(UTC))
    tell("exchange_dismissed", id=row_id)


@exchange.group()
def sources() -> None:
    """Outside warning systems / 外部预警来源."""


@sources.command("list")
def list_sources() -> None:
    """Each with its health / 来源及其状况."""
    from risk.services.desk import Desk
    from risk.services.warning_sources import list_sources as listed

    with _store() as engine:
        found = Desk(engine).read(listed)
    for one in found:
        at = one.polled_at.astimezone().strftime("%Y-%m-%d %H:%M") if one.polled_at else "-"
        state = one.state if one.enabled else "off"
        numbers = {"accepted": one.accepted, "duplicates": one.duplicates, "quarantined": one.quarantined}
        tell("exchange_source_line", name=one.name, kind=one.kind, state=state, at=at, error=(one.error or {}).get(lang(), ""), **numbers)
    if not found:
        tell("exchange_none")


@sources.command()
@click.argument("name")
@click.option("--kind", required=True, help="folder, http, or the name of an installed plug-in / folder、http 或插件名")
@click.option("--options", type=click.Path(path_type=Path, dir_okay=False), help="TOML: url, items, cursor, mapping … / 选项文件")
@_ACTOR
def add(name: str, kind: str, options: Path | None, actor: str) -> None:
    """Add a source / 添加来源."""
    from risk.services.desk import Desk
    from risk.services.warning_sources import add as added
    from risk.services.warning_sources import inbox

    settings = Settings.from_environment()
    with _store() as engine:
        Desk(engine).act(added, name, kind, _options(options), settings=settings, actor=actor, now=datetime.now(UTC))
    tell("exchange_source_added", name=name)
    if kind == "folder":
        inbox(settings, name).mkdir(parents=True, exist_ok=True)
        tell("exchange_inbox", path=inbox(settings, name))


@sources.command()
@click.argument("name", required=False)
@_ACTOR
def poll(name: str | None, actor: str) -> None:
    """Ask one source, or all, now / 立即轮询."""
    from risk.services import warning_sources

    settings = Settings.from_environment()
    with _store() as engine:
        clock = _now
        if name:
            done = [warning_sources.poll(engine, settings, name, actor=actor, clock=clock)]
        else:
            done = warning_sources.poll_all(engine, settings, actor=actor, clock=clock)
    for one in done:
        numbers = {"fetched": one.fetched, "accepted": one.accepted, "duplicates": one.duplicates, "quarantined": one.quarantined}
        tell("exchange_polled", name=one.name, **numbers)
        if one.error:
            click.echo(f"  {one.error[lang()]}", err=True)
    if not done:
        tell("exchange_none")


@sources.command()
@click.argument("name")
@_ACTOR
def enable(name: str, actor: str) -> None:
    """Poll a source / 启用来源."""
    _switch(name, actor, on=True)


@sources.command()
@click.argument("name")
@_ACTOR
def disable(name: str, actor: str) -> None:
    """Leave a source alone / 停用来源."""
    _switch(name, actor, on=False)


def _switch(name: str, actor: str, *, on: bool) -> None:
    from risk.services.desk import Desk
    from risk.services.warning_sources import switch

    with _store() as engine:
        Desk(engine).act(switch, name, on=on, actor=actor, now=datetime.now(UTC))


def _now() -> datetime:
    return datetime.now(UTC)


def _options(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError("exchange_options_unreadable", path=path, reason=reason_of(error)) from error
    except ValueError as error:
        raise InvalidInputError("exchange_options_unreadable", path=path, reason=quoted(error)) from error


def _bytes(path: Path) -> bytes:
    from risk.domain.exchange.records import limits

    most = limits()["incoming_bytes"]
    try:
        if path.stat().st_size > most:
            import risk.services.exchange_wire  # noqa: F401 - registers the texts

            raise InvalidInputError("exchange_file_too_large", limit=most)
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError("file_not_found", path=str(path)) from None


def _kind(name: str) -> Any:
    from risk.domain.exchange.records import record

    return record(name) if name else None


def _problem(code: str, number: int, wire: str, told: dict[str, Any]) -> None:
    hint = told[f"hint_{lang()}"]
    tell(code, number=number, wire=wire, column=told["column"] or "-", text=told[lang()], hint=f" ({hint})" if hint else "")


def _counts(counts: Any) -> str:
    parts = []
    for name, value in counts.items():
        inner = " ".join(f"{operation}{count}" for operation, count in value.items()) if isinstance(value, dict) else str(value)
        parts.append(f"{name} {inner}")
    return ", ".join(parts) or "-"


@contextmanager
def _store() -> Iterator[Engine]:
    from risk.bootstrap import open_store

    engine = open_store(Settings.from_environment())
    try:
        yield engine
    finally:
        engine.dispose()
