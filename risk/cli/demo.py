"""``risk demo``: the whole loop on a made-up province."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli.output import lang, tell
from risk.domain.errors import ConflictError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.demo.accounts import MadeAccount
    from risk.demo.evaluation import HeldOut

register(
    {
        "demo_would_overwrite": ("{home} 里已有别的数据，演示不会覆盖它", "{home} holds other data, which the demo will not overwrite"),
        "demo_would_overwrite.hint": ("用 RISK_HOME 指定一个新目录", "name another folder with RISK_HOME"),
        "demo_funnel": ("\n闭环（演示省份，虚构数据）", "\nThe loop (made-up province)"),
        "demo_signals": ("信号", "signals"),
        "demo_assessments": ("研判", "assessments"),
        "demo_candidates": ("候选", "candidates"),
        "demo_alerts": ("预警", "alerts"),
        "demo_tasks": ("核查任务", "tasks"),
        "demo_verdicts": ("核查结论", "verdicts"),
        "demo_labels": ("标签", "labels"),
        "demo_retrained": ("训练出的版本", "trained versions"),
        "demo_promoted": ("其中上线", "of these promoted"),
        "demo_balance": ("\n每次运行候选守恒：{candidates} = {parts}", "\nBalance of all runs: {candidates} = {parts}"),
        "demo_held_out": (
            "\n未参与训练的语料族（含变形），冠军模型 / 仅规则：",
            "\nFamilies never trained on (with disguises), champion / rules alone:",
        ),
        "demo_held_out_row": (
            "  {title:<26} 平均精度 {ap:.3f} / {rap:.3f}   召回 {recall:.0%} / {rrecall:.0%}   误报 {false:.1%} / {rfalse:.1%}",
            "  {title:<42} AP {ap:.3f} / {rap:.3f}   recall {recall:.0%} / {rrecall:.0%}   false alarms {false:.1%} / {rfalse:.1%}",
        ),
        "demo_too_easy": (
            "  注意：{titles} 的平均精度超过 0.99，语料太容易，应写更难的",
            "  note: {titles} above 0.99: these banks are too easy, write harder ones",
        ),
        "demo_no_claim": ("  演示数据上的数字不说明任何真实世界的效果。", "  Figures on the demo say nothing about the real world."),
        "demo_done": ("\n用时 {seconds:.0f} 秒。报告：{path}", "\n{seconds:.0f} s. Report: {path}"),
        "demo_monthly": ("月报（草稿）：{path}", "Monthly report (draft): {path}"),
        "demo_monthly_not": ("月报 {form} 未生成：{why}", "Monthly report, {form}: not made: {why}"),
        "demo_also": (
            "另有：重点事件卷宗、监管事项清单、信用风险分类、双随机计划、数据共享申请（均为虚构）",
            "Also there: a case file, the matter list, credit classes, a random inspection plan, applications for data (all made up)",
        ),
        "demo_account": ("  {name:<10} {password}  {role}  {office}", "  {name:<10} {password}  {role}  {office}"),
        "demo_accounts": (
            "\n演示账号（密码为本次演示生成，也在 {path}；此后须登录）",
            "\nAccounts of the demo (passwords made for this one, also in {path}; from now on one signs in)",
        ),
        "demo_accounts_second": (
            "  三类管理员登录后须先启用动态口令",
            "  the three administrators enrol a second factor before anything else",
        ),
        "demo_next": (
            "下一步：make serve（或 risk serve），打开工作台 http://{host}:{port}/",
            "Next: make serve (or risk serve), then open the workbench: http://{host}:{port}/",
        ),
        "demo_follow": (
            "  从一条预警走到结论：用 {officer} 登录（核查人员），再用 {head}（单位负责人）、{leader}（领导）、{analyst}（分析人员）、{scientist}（数据科学人员）",
            "  From an alert to its verdict: sign in as {officer} (officer), then {head} (head), {leader} (leader), {analyst} (analyst), {scientist} (data scientist)",
        ),
    }
)


@click.command()
@click.option("--days", default=90, show_default=True, type=click.IntRange(7, 365), help="length of the story / 天数")
@click.option("--seed", default=7, show_default=True, help="the same seed tells the same story / 随机种子")
@click.option(
    "--accounts/--no-accounts", "with_accounts", default=True, show_default=True, help="an account for each role / 建立各角色的演示账号"
)
@click.option("--serve", "serve_after", is_flag=True, help="then start the API and start page / 结束后启动服务")
def demo(days: int, seed: int, *, with_accounts: bool, serve_after: bool) -> None:
    """The whole loop on a made-up province: signals to situation report. / 虚构省份上的完整闭环"""
    from risk.bootstrap import open_scorer, open_store
    from risk.demo import accounts, cabinet, desk, evaluation, story
    from risk.services import reporting

    started = time.monotonic()
    settings = Settings.from_environment()
    _clear(settings)
    engine = open_store(settings)
    try:
        told = story.tell(engine, settings, days=days, seed=seed, say=click.echo)
        counts = story.funnel(engine)
        candidates, parts = story.balance(engine)
        story.compute_index(engine, told.end)
        numbers = reporting.make(engine, "latest", actor=story.ACTOR, now=datetime.now(UTC), cutoff=told.end)
        people = accounts.make(engine, settings, now=datetime.now(UTC), actor=story.ACTOR) if with_accounts else None
        cabinet.fill(engine, end=told.end, now=datetime.now(UTC), folder=settings.home / "demo", seed=seed)
        if people is not None:
            desk.lay(engine, now=datetime.now(UTC), officers=("zhangwei", "wangfang"), head="sunli")
            cabinet.share(engine, now=datetime.now(UTC))
    finally:
        engine.dispose()
    paths = [reporting.write(numbers, settings.reports_dir, one) for one in ("zh", "en")]
    monthly = _monthly(settings, told.end)
    cases = evaluation.held_out(seed)
    evaluation.write(cases, settings.home / "demo" / "held_out.csv")
    found = evaluation.evaluate(open_scorer(settings), cases)
    _show_funnel(counts)
    tell("demo_balance", candidates=f"{candidates:,}", parts=" + ".join(f"{n:,} {name}" for name, n in parts.items()))
    _show_held_out(found)
    tell("demo_done", seconds=time.monotonic() - started, path=paths[0 if lang() == "zh" else 1])
    for line in monthly:
        click.echo(line)
    tell("demo_also")
    if people is not None:
        _show_accounts(*people)
    tell("demo_next", host=settings.host, port=settings.port)
    if people is not None:
        tell("demo_follow", officer="zhangwei", head="sunli", leader="helin", analyst="lixiang", scientist="zhoutao")
    if serve_after:
        from risk.cli.serve import serve

        serve.main([], standalone_mode=False)


def _monthly(settings: Settings, cutoff: datetime) -> list[str]:
    """The monthly report of the story's last month, a draft, in every format that can be made here; a line for each."""
    from risk.bootstrap import open_store
    from risk.demo.story import ACTOR
    from risk.domain.errors import RiskError
    from risk.domain.messages import say
    from risk.services import report_files, report_issues
    from risk.services.report_issues import Asked

    engine, lines = open_store(settings), []
    try:
        number = report_issues.make(engine, Asked("monthly"), actor=ACTOR, now=datetime.now(UTC), cutoff=cutoff)
        for form in ("html", "docx", "xlsx", "pdf"):
            try:
                path = report_files.write(engine, number, settings.reports_dir, form, lang())
                lines.append(say("demo_monthly", lang(), path=path))
            except RiskError as error:  # a library or a font that this machine lacks: the others are made all the same
                lines.append(say("demo_monthly_not", lang(), form=form, why=error.text(lang())))
    finally:
        engine.dispose()
    return lines


def _show_accounts(path: Path, made: Sequence[MadeAccount]) -> None:
    from risk.domain.authority import roles

    tell("demo_accounts", path=path)
    for one in made:
        role = roles()[one.person.role]
        words = role.zh if lang() == "zh" else role.en
        tell("demo_account", name=one.person.name, password=one.password, role=words, office=one.person.office or "")
    tell("demo_accounts_second")


def _clear(settings: Settings) -> None:
    """Start from an empty home; only what an earlier demo left is removed."""
    marker = settings.home / "demo" / "demo.json"
    if settings.home.exists() and any(settings.home.iterdir()) and not marker.exists():
        raise ConflictError("demo_would_overwrite", home=settings.home)
    if marker.exists():
        for name in ("risk.db", "risk.db-wal", "risk.db-shm"):
            (settings.home / name).unlink(missing_ok=True)
        for folder in (settings.registry_dir, settings.reports_dir, settings.home / "demo"):
            shutil.rmtree(folder, ignore_errors=True)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps({"made_by": "risk demo"}) + "\n", encoding="utf-8")


def _show_funnel(counts: list[tuple[str, int]]) -> None:
    from risk.domain.messages import say

    tell("demo_funnel")
    top = max(count for _, count in counts) or 1
    for name, count in counts:
        bar = "█" * max(1, round((count / top) ** 0.35 * 40)) if count else ""
        click.echo(f"  {say(f'demo_{name}', lang()):<12}\t{count:>9,}  {bar}")


def _show_held_out(found: Sequence[HeldOut]) -> None:
    from risk.demo.evaluation import TOO_EASY
    from risk.scoring.keys import title

    tell("demo_held_out")
    easy = []
    for one in found:
        c, r = one.champion, one.rules
        ap = c["average_precision"]["value"]
        tell(
            "demo_held_out_row",
            title=title(one.key, lang()),
            ap=ap,
            rap=r["average_precision"]["value"],
            recall=c["recall"]["value"],
            rrecall=r["recall"]["value"],
            false=c["false_alarms"]["value"],
            rfalse=r["false_alarms"]["value"],
        )
        if ap > TOO_EASY:
            easy.append(title(one.key, lang()))
    if easy:
        tell("demo_too_easy", titles="、".join(easy) if lang() == "zh" else ", ".join(easy))
    tell("demo_no_claim")
