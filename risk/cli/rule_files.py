"""``risk rules``: check and test rule files, shipped ones or a folder of your own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli.output import lang, tell
from risk.cli.rule_functions import functions
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register

if TYPE_CHECKING:
    from rules.diagnostics import Diagnostic
    from rules.pack import Pack

register(
    {
        "rules_checked": (
            "{packs} 个规则包，{rules} 条规则，{lists} 个词表：错误 {errors}，提醒 {warnings}",
            "{packs} packs, {rules} rules, {lists} lists: {errors} errors, {warnings} warnings",
        ),
        "rules_unusable": ("规则有 {errors} 处错误，示例没有运行", "the rules have {errors} errors, no example was run"),
        "rules_unusable.hint": ("先用 risk rules check 检查", "see risk rules check"),
        "rules_not_utf8": ("规则文件不是 UTF-8 文本：{path}", "the rule file is not UTF-8 text: {path}"),
        "rules_not_utf8.hint": ("另存为 UTF-8 后再试", "save it as UTF-8 and try again"),
        "rules_tested": ("{examples} 个示例，失败 {failed}", "{examples} examples, {failed} failed"),
    }
)


@click.group()
def rules() -> None:
    """Check and test rule files. / 检查与测试规则文件"""


rules.add_command(functions)


@rules.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check rule FILES (default: all shipped packs); exit 1 on errors. / 检查规则"""
    from risk.scoring.inputs import vocabulary
    from rules.check import check_packs
    from rules.diagnostics import errors

    packs = _packs(files)
    found = check_packs(packs, vocabulary())
    _show(packs, found)
    bad = len(errors(found))
    tell(
        "rules_checked",
        packs=len(packs),
        rules=sum(len(p.rules) for p in packs),
        lists=len({w.name for p in packs for w in p.lists}),
        errors=bad,
        warnings=len(found) - bad,
    )
    sys.exit(1 if bad else 0)


@rules.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def test(files: tuple[Path, ...]) -> None:
    """Run the examples of rule FILES (default: all shipped packs); exit 1 when one fails or a file has errors. / 运行规则自带示例"""
    from risk.scoring.examples import failures
    from risk.scoring.inputs import vocabulary
    from rules.check import check_packs
    from rules.diagnostics import errors

    packs = _packs(files)
    if bad := errors(check_packs(packs, vocabulary())) if files else []:
        _show(packs, bad)
        raise InvalidInputError("rules_unusable", errors=len(bad))
    failed = [failure for pack in packs for failure in failures(pack)]
    for failure in failed:
        click.echo(failure.text("zh" if lang() == "zh" else "en"))
    tell("rules_tested", examples=sum(len(r.hits) + len(r.misses) for p in packs for r in p.rules), failed=len(failed))
    sys.exit(1 if failed else 0)


def _packs(files: tuple[Path, ...]) -> tuple[Pack, ...]:
    """The shipped packs, or one pack of the files together with the shipped shared lists."""
    from rules.pack import load_packs, pack_from_texts, shared_texts

    if not files:
        return load_packs()
    return (pack_from_texts({**shared_texts(), **{path.name: _read(path) for path in files}}, "files"),)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError("rules_not_utf8", path=path) from None


def _show(packs: tuple[Pack, ...], found: Sequence[Diagnostic]) -> None:
    from rules.diagnostics import render_all

    if found:
        sources = {name: text for pack in packs for name, text in pack.sources.items()}
        click.echo(render_all(found, sources, "zh" if lang() == "zh" else "en"))
