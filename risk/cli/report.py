"""``risk report``: the situation report of a period."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from risk.cli.output import lang, tell
from risk.domain.messages import register
from risk.settings import Settings

register({"report_written": ("报告已生成：{path}", "the report is written: {path}")})


@click.command()
@click.option("--period", default="latest", show_default=True, help="2026-10 or latest / 月份或 latest")
@click.option("--region", help="of which place: code or name / 地区（代码或名称）")
@click.option("--department", help="whose tasks, e.g. market_supervision / 部门")
@click.option("--format", "format_", type=click.Choice(["html", "json"]), default="html", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="file to write / 输出文件")
@click.option("--actor", default="operator", show_default=True, help="who asks / 操作人")
def report(period: str, region: str | None, department: str | None, format_: str, output: Path | None, actor: str) -> None:
    """Situation report of a period, frozen to the newest finished run. / 态势报告（冻结于最近一次完成的运行）"""
    from risk.bootstrap import open_store
    from risk.services import reporting

    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        numbers = reporting.make(engine, period, actor=actor, now=datetime.now(UTC), region=region, department=department)
    finally:
        engine.dispose()
    if format_ == "json":
        text = json.dumps(numbers, ensure_ascii=False, indent=2)
        if output is None:
            click.echo(text)
            return
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text + "\n", encoding="utf-8")
        path = output
    else:
        path = reporting.write(numbers, settings.reports_dir, lang(), output)
    tell("report_written", path=path)
