"""``risk rules``: the group of commands, and those that work on text: check, test, format, translate. On files, and on what is stored."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli.output import tell
from risk.cli.rule_source import (
    FILES,
    KIND,
    MODEL,
    STORED,
    echo_found,
    language,
    needs_source,
    one_source,
    packs_of,
    read_file,
    ref,
    store,
)
from risk.domain.errors import ConflictError, InvalidInputError
from risk.domain.messages import register

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from rules.layout import Layout
    from rules.words import Language

register(
    {
        "rules_checked": (
            "{packs} 个规则包，{rules} 条规则，{lists} 个词表：错误 {errors}，提醒 {warnings}",
            "packs {packs}, rules {rules}, lists {lists}: {errors} errors, {warnings} warnings",
        ),
        "rules_unusable": ("规则有 {errors} 处错误，示例没有运行", "the rules have {errors} errors, no example was run"),
        "rules_unusable.hint": ("先用 risk rules check 检查", "see risk rules check"),
        "rules_tested": ("{examples} 个示例，失败 {failed}", "{examples} examples, {failed} failed"),
        "rules_stored_checked": (
            "{kind} {name}@{version}：错误 {errors}，提醒 {warnings}",
            "{kind} {name}@{version}: {errors} errors, {warnings} warnings",
        ),
        "rules_left": (
            "{path}：{names} 保持原样（内有注释或无法读取）",
            "{path}: {names} left as written (comments inside, or unreadable)",
        ),
        "rules_layout_differs": ("{path}：与规范格式不同", "{path}: not in the canonical layout"),
        "rules_layout_written": ("{path}：已改写", "{path}: written anew"),
        "rules_format_stored": ("库中的定义用 risk rules edit 修改", "what is stored is changed with: risk rules edit"),
    }
)

COMMANDS: dict[str, tuple[str, str]] = {
    "check": ("risk.cli.rule_files:check", "Everything wrong with rules / 检查规则"),
    "test": ("risk.cli.rule_files:test", "Run the examples; test a stored draft / 运行示例，测试草稿"),
    "format": ("risk.cli.rule_files:format_", "Canonical layout, comments kept / 规范格式"),
    "translate": ("risk.cli.rule_files:translate", "Write rules in the other language / 中英互译"),
    "explain": ("risk.cli.rule_explain:explain", "Why rules fire on a text, or do not / 解释命中与否"),
    "diff": ("risk.cli.rule_explain:diff", "What differs between two versions / 比较两个版本"),
    "functions": ("risk.cli.rule_functions:functions", "What a rule may say here / 可用的列、函数与词表"),
    "backtest": ("risk.cli.rule_evidence:backtest", "What a version would have done / 历史回测"),
    "health": ("risk.cli.rule_evidence:health", "How rules in force are doing / 规则健康"),
    "list": ("risk.cli.rule_show:list_", "All rules, lists, conditions, features / 列表"),
    "show": ("risk.cli.rule_show:show", "One definition with its versions / 详情"),
    "history": ("risk.cli.rule_show:history", "Everything that happened to it / 经过"),
    "shadow-hits": ("risk.cli.rule_show:shadow_hits", "What a rule in shadow would have said / 影子命中"),
    "new": ("risk.cli.rule_life:new", "Store the definitions of a file as drafts / 存为草稿"),
    "edit": ("risk.cli.rule_life:edit", "Write a draft anew / 修改草稿"),
    "submit": ("risk.cli.rule_life:submit", "Ask for approval / 提交审批"),
    "withdraw": ("risk.cli.rule_life:withdraw", "Take a submission back / 撤回"),
    "approve": ("risk.cli.rule_life:approve", "Approve what another person submitted / 批准"),
    "reject": ("risk.cli.rule_life:reject", "Send a submission back / 驳回"),
    "shadow": ("risk.cli.rule_life:shadow", "Watch it: hits are recorded, nothing alerts / 转入影子"),
    "activate": ("risk.cli.rule_life:activate", "Use it from the next run on / 启用"),
    "roll-out": ("risk.cli.rule_life:roll_out", "Let it count for another share of units / 调整放量"),
    "pause": ("risk.cli.rule_life:pause", "Leave it out, shipped ones too / 暂停"),
    "resume": ("risk.cli.rule_life:resume", "Use a paused one again / 恢复"),
    "retire": ("risk.cli.rule_life:retire", "End it for good / 退役"),
    "restore": ("risk.cli.rule_life:restore", "A new draft with an old version's text / 还原旧版本"),
    "lists": ("risk.cli.rule_lists:lists", "Words of lists: show, change, accept / 词表"),
}
"""Name → (module:attribute, help): the one list of sub-commands; each is imported when it is called."""


class RuleGroup(click.Group):
    """Knows its commands by name."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=RuleGroup)
def rules() -> None:
    """Rules: text (check, test, format, translate, explain, diff) and life (new … approve … shadow … activate … retire). / 规则的编写与生命周期

    Most commands take FILES or --stored NAME[@VERSION]. Until accounts exist, who acts is the named --actor.
    """


@click.command()
@FILES
@STORED
@KIND
@MODEL
def check(files: tuple[Path, ...], stored: str | None, kind: str | None, model: str | None) -> None:
    """Check rule FILES (default: all installed packs) or a stored version; exit 1 on errors. / 检查规则"""
    from risk.scoring.inputs import vocabulary
    from rules.check import check_packs
    from rules.diagnostics import errors

    one_source(files, stored)
    if stored:
        _check_stored(stored, kind, model)
        return
    packs = packs_of(files)
    mine = {path.name for path in files}
    found = [item for item in check_packs(packs, vocabulary()) if not mine or item.is_error or item.span.file in mine]
    echo_found(found, packs)
    bad = len(errors(found))
    tell(
        "rules_checked",
        packs=len(packs),
        rules=sum(len(p.rules) for p in packs),
        lists=len({w.name for p in packs for w in p.lists if not mine or w.span.file in mine}),
        errors=bad,
        warnings=len(found) - bad,
    )
    sys.exit(1 if bad else 0)


def _check_stored(stored: str, kind: str | None, model: str | None) -> None:
    from risk.cli.rule_text import kind_word
    from risk.services import rule_refs, rule_tests
    from rules.diagnostics import errors, render_all

    with store() as desk:
        version = desk.read(rule_refs.to_look_at, ref(stored, kind, model))
        found = desk.read(rule_tests.looked_at, version)
    if found:
        click.echo(render_all(found, {version.file: version.source}, language()))
    bad = len(errors(found))
    tell(
        "rules_stored_checked",
        kind=kind_word(version.kind),
        name=version.name,
        version=version.version,
        errors=bad,
        warnings=len(found) - bad,
    )
    sys.exit(1 if bad else 0)


@click.command()
@FILES
@STORED
@KIND
@MODEL
@click.option("--actor", help="with --stored: record the test; a clean draft becomes tested / 操作人")
def test(files: tuple[Path, ...], stored: str | None, kind: str | None, model: str | None, actor: str | None) -> None:
    """Run the examples of rule FILES (default: all installed packs) or of a stored version; exit 1 when one fails. / 运行规则自带示例"""
    from risk.scoring.examples import failures
    from risk.scoring.inputs import vocabulary
    from rules.check import check_packs
    from rules.diagnostics import errors

    one_source(files, stored)
    if stored:
        with store() as desk:
            _test_stored(desk, stored, kind, model, actor)
        return
    packs = packs_of(files)
    if bad := errors(check_packs(packs, vocabulary())) if files else ():
        echo_found(bad, packs)
        raise InvalidInputError("rules_unusable", errors=len(bad))
    failed = [failure for pack in packs for failure in failures(pack)]
    for failure in failed:
        click.echo(failure.text(language()))
    tell("rules_tested", examples=sum(len(r.hits) + len(r.misses) for p in packs for r in p.rules), failed=len(failed))
    sys.exit(1 if failed else 0)


def _test_stored(desk: Desk, stored: str, kind: str | None, model: str | None, actor: str | None) -> None:
    from risk.cli.rule_text import done
    from risk.services import rule_drafts, rule_refs, rule_tests
    from rules.diagnostics import render_all

    meant = ref(stored, kind, model)
    if actor:
        version = desk.act(rule_refs.to_act_on, meant, now=desk.clock())
        version = desk.act(rule_drafts.try_out, version.id, actor=actor, now=desk.clock())
    else:
        version = desk.read(rule_refs.to_look_at, meant)
    found = desk.read(rule_tests.run, version)
    if found.diagnostics:
        click.echo(render_all(found.diagnostics, {version.file: version.source}, language()))
    for failure in found.failures:
        click.echo(failure.text(language()))
    tell("rules_tested", examples=found.examples, failed=len(found.failures))
    if actor:
        done(version)
    sys.exit(0 if found.clean else 1)


@click.command("format")
@FILES
@STORED
@KIND
@MODEL
@click.option("--write", is_flag=True, help="write the files anew / 改写文件")
@click.option("--check", "check_", is_flag=True, help="only tell which differ, exit 1 / 只检查")
def format_(files: tuple[Path, ...], stored: str | None, kind: str | None, model: str | None, *, write: bool, check_: bool) -> None:
    """FILES in the canonical layout, comments kept, each definition in its own language. / 规范格式"""
    from rules.layout import layout

    needs_source(files, stored)
    if stored:
        if write:
            raise ConflictError("rules_format_stored")
        click.echo(layout(_stored_source(stored, kind, model)).text, nl=False)
        return
    differ = False
    for path in files:
        source = read_file(path)
        found = layout(source)
        same = found.text == source
        differ |= not same
        if check_:
            if not same:
                tell("rules_layout_differs", path=path)
        elif write:
            _write(path, found, same=same)
        else:
            click.echo(found.text, nl=False)
        if found.left:
            click.echo(_left(path, found), err=True)
    sys.exit(1 if check_ and differ else 0)


@click.command()
@FILES
@STORED
@KIND
@MODEL
@click.option("--to", type=click.Choice(["zh", "en"]), required=True, help="the language to write in / 目标语言")
@click.option("--write", is_flag=True, help="write the files anew / 改写文件")
def translate(files: tuple[Path, ...], stored: str | None, kind: str | None, model: str | None, to: Language, *, write: bool) -> None:
    """FILES, or a stored version, with keywords, columns and functions in the other language; words of lists and sentences stay. / 中英互译"""
    from risk.services.rule_changes import in_language
    from rules.layout import layout

    needs_source(files, stored)
    if stored:
        click.echo(layout(_stored_source(stored, kind, model), to, in_language).text, nl=False)
        return
    for path in files:
        source = read_file(path)
        found = layout(source, to, in_language)
        if write:
            _write(path, found, same=found.text == source)
        else:
            click.echo(found.text, nl=False)
        if found.left:
            click.echo(_left(path, found), err=True)


def _write(path: Path, found: Layout, *, same: bool) -> None:
    if not same:
        path.write_text(found.text, encoding="utf-8")
        tell("rules_layout_written", path=path)


def _left(path: Path, found: Layout) -> str:
    from risk.domain.messages import say

    return say("rules_left", language(), path=path, names=", ".join(found.left))


def _stored_source(stored: str, kind: str | None, model: str | None) -> str:
    from risk.services import rule_views

    with store() as desk:
        return desk.read(rule_views.get_version, ref(stored, kind, model)).source
