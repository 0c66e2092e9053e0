"""``risk archive``: months of signals that led to nothing, out of the tables into files and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from risk.cli.accounts import ACTOR, opened
from risk.cli.output import lang, show_error, tell
from risk.domain.calendar import SHANGHAI
from risk.domain.errors import ConflictError
from risk.domain.messages import register, say
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.archiving import ArchiveRow

register(
    {
        "archive_cli_row": (
            "{id:>4}  {month} 第{part}部分  {state}  信号 {signals:,}（留存 {stayed:,}）  {bytes:,} 字节  {actor}",
            "{id:>4}  {month} part {part}  {state}  {signals:,} signals ({stayed:,} stayed)  {bytes:,} bytes  {actor}",
        ),
        "archive_cli_none": ("没有归档", "nothing is archived"),
        "archive_cli_nothing": ("没有可归档的内容", "there is nothing to archive"),
        "archive_cli_moved": ("  移出：{rows}", "  taken out: {rows}"),
        "archive_cli_plan": ("{month}  信号 {signals:,}  可归档 {free:,}", "{month}  {signals:,} signals, {free:,} may go"),
        "archive_cli_held": ("  保留 {n:,}：{why}", "  {n:,} stay: {why}"),
        "archive_cli_sound": ("{month} 第{part}部分：与登记一致", "{month} part {part}: as it was recorded"),
        "archive_unsound": ("有 {n} 处与登记不符", "{n} faults were found"),
        "archive_unsound.hint": ("从备份恢复所指文件", "bring the files named back from a backup"),
        "archive_cli_signal": (
            "{id}  {at}  {source}  {region}  {subject}\n  {text}",
            "{id}  {at}  {source}  {region}  {subject}\n  {text}",
        ),
        "archive_cli_judged": (
            "  {model}  概率 {probability:.3f}  等级 {grade}  {version}",
            "  {model}  probability {probability:.3f}  grade {grade}  {version}",
        ),
        "archive_cli_more": ("还有更多：--cursor {cursor}", "there are more: --cursor {cursor}"),
        "archive_cli_no_signal": ("归档中没有符合条件的信号", "no archived signal fits"),
        "archive_status_writing": ("正在写文件", "writing"),
        "archive_status_written": ("正在移出", "leaving the tables"),
        "archive_status_done": ("已归档", "archived"),
        "archive_status_restoring": ("正在调回", "coming back"),
        "archive_status_restored": ("已调回", "brought back"),
        "archive_held_referred": ("被其他记录引用", "something refers to them"),
        "archive_held_alerted": ("已成为或并入预警", "they became, or were merged into, alerts"),
        "archive_held_waiting": ("超出能力或失败，待再次研判", "over capacity or failed: offered again"),
        "archive_held_unjudged": ("在用模型尚未研判", "a model in use has not judged them"),
        "archive_held_standing": ("主体当前等级依据", "a subject's standing rests on them"),
        "archive_held_at_work": ("主体有未结预警或事件", "their subject has an open alert or case file"),
        "archive_held_history": ("在预警、抽样或标签的回看期内", "they lie within what an alert, a sample or a label looks back on"),
    }
)

_MONTH = click.option("--month", help="such as 2023-03 / 月份")


@click.group()
def archive() -> None:
    """Months of signals that led to nothing: into files, and back / 信号归档与调回."""


@archive.command("plan")
def plan() -> None:
    """What would go, what would stay, and why; changes nothing / 归档预览."""
    from risk.services import archiving

    with opened(Settings.from_environment()) as desk:
        found = desk.read(archiving.plan, desk.clock())
    if not found:
        tell("archive_cli_nothing")
    for one in found:
        tell("archive_cli_plan", month=one.month, signals=one.signals, free=one.free)
        for why, n in one.held.items():
            tell("archive_cli_held", n=n, why=_words(f"archive_held_{why}"))


@archive.command("run")
@_MONTH
@ACTOR
def run(month: str | None, actor: str) -> None:
    """Archive a month, or all that are due; goes on where it was cut off / 执行归档."""
    from risk.services import archiving

    with opened(Settings.from_environment()) as desk:
        made = archiving.run(desk.engine, actor=actor, clock=desk.clock, month=month)
    if not made:
        tell("archive_cli_nothing")
    _show(made)


@archive.command("list")
@_MONTH
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
def list_archives(month: str | None, limit: int, cursor: str | None) -> None:
    """Archives, the newest first / 归档列表."""
    from risk.services import archiving

    with opened(Settings.from_environment()) as desk:
        page = desk.read(archiving.list_archives, month=month, limit=limit, cursor=cursor)
    if not page.items:
        tell("archive_cli_none")
    _show(page.items)
    if page.cursor:
        tell("archive_cli_more", cursor=page.cursor)


@archive.command("verify")
@_MONTH
def verify(month: str | None) -> None:
    """Read all files again, compare sums and counts; exit 1 where something is wrong / 校验归档."""
    from risk.services import archiving

    with opened(Settings.from_environment()) as desk:
        found = archiving.verify(desk.engine, month)
    if not found:
        tell("archive_cli_none")
    for one in found:
        for fault in one.faults:
            show_error(fault)
        if not one.faults:
            tell("archive_cli_sound", month=one.archive.month, part=one.archive.part)
    faults = sum(len(one.faults) for one in found)
    if faults:
        raise ConflictError("archive_unsound", n=faults)


@archive.command("restore")
@click.option("--month", required=True, help="such as 2023-03 / 月份")
@ACTOR
def restore(month: str, actor: str) -> None:
    """Bring a month back into the tables, under the same numbers / 调回."""
    from risk.services import archiving

    with opened(Settings.from_environment()) as desk:
        _show(archiving.restore(desk.engine, month, actor=actor, clock=desk.clock))


@archive.command("query")
@click.option("--month", required=True, help="such as 2023-03 / 月份")
@click.option("--subject", help="USCC or name / 统一社会信用代码或名称")
@click.option("--text", help="a part of the text / 文字")
@click.option("--id", "number", type=int, help="the signal's number / 信号编号")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
@click.option("--cursor", help="where the page before ended / 分页游标")
def query(*, month: str, subject: str | None, text: str | None, number: int | None, limit: int, cursor: str | None) -> None:
    """Look archived signals up where they lie, masked / 查阅已归档的信号."""
    from risk.services import archived_lookup

    with opened(Settings.from_environment()) as desk:
        if number is not None:
            items: tuple[archived_lookup.ArchivedSignal, ...] = (desk.read(archived_lookup.get, month, number),)
            more = None
        else:
            page = desk.read(archived_lookup.find, month, subject=subject, text=text, limit=limit, cursor=cursor)
            items, more = page.items, page.cursor
    if not items:
        tell("archive_cli_no_signal")
    for one in items:
        s, at = one.signal, one.signal.observed_at.astimezone(SHANGHAI)
        tell(
            "archive_cli_signal",
            id=s.id,
            at=f"{at:%Y-%m-%d %H:%M}",
            source=s.source,
            region=s.region or "-",
            subject=s.subject_name or "-",
            text=one.text,
        )
        for said in one.judgements:
            tell("archive_cli_judged", model=said.model, probability=said.probability, grade=said.grade, version=said.model_version)
    if more:
        tell("archive_cli_more", cursor=more)


def _words(code: str) -> str:
    return say(code, lang())


def _show(rows: Iterable[ArchiveRow]) -> None:
    for one in rows:
        state = _words(f"archive_status_{one.status}")
        tell(
            "archive_cli_row",
            id=one.id,
            month=one.month,
            part=one.part,
            state=state,
            signals=one.signals,
            stayed=one.stayed,
            bytes=one.bytes,
            actor=one.actor,
        )
        if one.rows:
            tell("archive_cli_moved", rows=", ".join(f"{name} {n:,}" for name, n in one.rows.items()))
