"""``risk credit``: credit classes A–D taken in, shown, counted, exported."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli.output import lang, tell
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk

register(
    {
        "credit_taken_in": (
            "{rows} 行：新增 {accepted}，已知 {known}，拒收 {refused}",
            "{rows} row(s): {accepted} new, {known} known, {refused} refused",
        ),
        "credit_again": ("该文件已导入过（编号 {id}），未改动", "this file was taken in before (number {id}): nothing changed"),
        "credit_bad_row": ("  第 {row} 行 {column}：{why}", "  row {row} {column}: {why}"),
        "credit_counts": (
            "A {a}　B {b}　C {c}　D {d}　无分类 {none}　未登记主体的分类 {others}",
            "A {a}  B {b}  C {c}  D {d}  without {none}  of codes that are no subject {others}",
        ),
        "credit_line": ("{day}　{klass}（{word}）　{source}　{mark}", "{day}  {klass} ({word})  {source}  {mark}"),
        "credit_none": ("没有信用风险分类；分类只由来源单位给出", "no credit class; classes are given by their makers only"),
        "credit_written": ("已写入 {path}", "written: {path}"),
    }
)


@click.group()
def credit() -> None:
    """Credit classes of enterprises, imported, never derived / 企业信用风险分类."""


@credit.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--source", required=True, help="whose classes these are / 来源")
@click.option("--actor", required=True, help="who acts / 操作人")
def import_(file: Path, source: str, actor: str) -> None:
    """Take a CSV or XLSX in / 导入."""
    from risk.services import credit_import

    desk = _desk()
    found = desk.act(credit_import.take_in, file, called=file.name, source=source, actor=actor, now=desk.clock())
    if found.again:
        tell("credit_again", id=found.id)
        return
    tell("credit_taken_in", rows=found.rows, accepted=found.accepted, known=found.known, refused=found.refused)
    for one in found.problems:
        tell("credit_bad_row", row=one.row, column=one.column, why=one.zh if lang() == "zh" else one.en)


@credit.command()
def counts() -> None:
    """How many subjects have which class / 分类数量."""
    from risk.services import credit_classes

    desk = _desk()
    found = desk.read(credit_classes.counts, desk.clock())
    told = {name.lower(): n for name, n in found.classes.items()}
    tell("credit_counts", **told, none=found.without, others=found.others)


@credit.command()
@click.argument("subject_id", type=int)
def show(subject_id: int) -> None:
    """The classes of a subject, the newest first / 主体的分类."""
    from risk.services import credit_classes

    desk = _desk()
    found = desk.read(credit_classes.history, subject_id, desk.clock())
    if not found:
        tell("credit_none")
    for one in found:
        word = one.class_zh if lang() == "zh" else one.class_en
        tell("credit_line", day=one.assessed_on, klass=one.class_code, word=word, source=one.source, mark="*" if one.in_force else "")


@credit.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--all", "every", is_flag=True, help="history, too / 含历史")
@click.option("--actor", required=True, help="who acts / 操作人")
def export(path: Path, actor: str, *, every: bool) -> None:
    """Write them to a CSV, XLSX or JSON file / 导出."""
    from risk.domain.authority import EVERYWHERE
    from risk.services import credit_classes, random_plan_export

    desk = _desk()
    now, form = desk.clock(), random_plan_export.form_of(path.name)
    desk.act(credit_classes.record_export, form, current=not every, actor=actor, now=now)
    pages = credit_classes.export_pages(desk.read, now, current=not every, scope=EVERYWHERE)
    path.write_bytes(random_plan_export.classes_file(pages, form, lang(), now))
    tell("credit_written", path=path)


def _desk() -> Desk:
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    return Desk(open_store(Settings.from_environment()), lambda: datetime.now(UTC))
