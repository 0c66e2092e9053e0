"""What the commands of ``risk rules`` work on: files, or what is stored under a name. And the options that they share."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import lang
from risk.domain.errors import InvalidInputError
from risk.domain.messages import register
from risk.domain.system_messages import reason_of
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.rule_refs import Ref
    from rules.diagnostics import Diagnostic
    from rules.pack import Pack
    from rules.words import Language

register(
    {
        "rules_not_utf8": ("规则文件不是 UTF-8 文本：{path}", "the rule file is not UTF-8 text: {path}"),
        "rules_not_utf8.hint": ("另存为 UTF-8 后再试", "save it as UTF-8 and try again"),
        "rules_no_file": ("无法读取规则文件 {path}：{reason}", "cannot read the rule file {path}: {reason}"),
        "rules_nothing": (
            "{path} 中没有规则、词表、条件或特征",
            "there is no rule, list, condition or feature in {path}",
        ),
        "rules_nothing.hint": (
            '定义从行首开始，如：规则 名称 "标题"',
            'a definition starts at the beginning of a line, such as: rule name "title"',
        ),
        "rules_source_missing": ("请给出规则文件，或 --stored 名称", "give rule files, or --stored NAME"),
        "rules_files_or_stored": ("文件与 --stored 只能给一种", "give files or --stored, not both"),
    }
)

FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path))
NAME = click.argument("name", metavar="NAME[@VERSION]")
STORED = click.option("--stored", metavar="NAME[@VERSION]", help="of the store, not of a file / 库中的定义")
KIND = click.option("--kind", type=click.Choice(["rule", "list", "condition", "feature"]), help="where a name is not enough / 种类")
MODEL = click.option("--model", help="where a name is not enough / 所属模型")
ACTOR = click.option("--actor", required=True, help="who acts / 操作人")
REASON = click.option("--reason", required=True, help="why / 理由")
WHY = click.option("--reason", help="why / 理由")
REVISION = click.option("--revision", type=int, help="as seen; refused if someone was faster / 所见修订号")
FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def language() -> Language:
    """The language of this process, as the rule language names it."""
    return "zh" if lang() == "zh" else "en"


def ref(name: str, kind: str | None = None, model: str | None = None) -> Ref:
    """``NAME[@VERSION]`` with what narrows it."""
    from risk.services.rule_refs import parse_ref

    return parse_ref(name, kind=kind, model=model)


@contextmanager
def store() -> Iterator[Desk]:
    """The store of these settings, closed at the end."""
    from risk.bootstrap import open_store
    from risk.services.desk import Desk

    engine = open_store(Settings.from_environment())
    try:
        yield Desk(engine)
    finally:
        engine.dispose()


def read_file(path: Path) -> str:
    """A rule file; ``InvalidInputError`` (``rules_no_file``, ``rules_not_utf8``, ``rules_nothing``)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInputError("rules_not_utf8", path=path) from None
    except OSError as error:
        raise InvalidInputError("rules_no_file", path=path, reason=reason_of(error)) from error
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        raise InvalidInputError("rules_nothing", path=path)
    return text


def packs_of(files: Sequence[Path]) -> tuple[Pack, ...]:
    """The packs as installed; or one for each model that the files' rules name, with the shipped shared definitions."""
    from risk.scoring.packs import usable_packs
    from rules.pack import pack_from_texts, shared_texts

    if not files:
        return usable_packs()
    texts = {**shared_texts(), **{path.name: read_file(path) for path in files}}
    whole = pack_from_texts(texts, "files")
    models = sorted({rule.model for rule in whole.rules if rule.model})
    if len(models) < 2:
        return (pack_from_texts(texts, models[0] if models else "files"),)
    packs = [pack_from_texts(texts, model) for model in models]
    return tuple(replace(pack, rules=tuple(rule for rule in pack.rules if rule.model in (pack.name, ""))) for pack in packs)


def one_source(files: Sequence[Path], stored: str | None) -> None:
    """Refuse files together with ``--stored``."""
    if files and stored:
        raise InvalidInputError("rules_files_or_stored")


def needs_source(files: Sequence[Path], stored: str | None) -> None:
    """Exactly one of files and ``--stored``: there is nothing else to write anew."""
    one_source(files, stored)
    if not files and not stored:
        raise InvalidInputError("rules_source_missing")


def echo_found(found: Sequence[Diagnostic], packs: Sequence[Pack]) -> None:
    """Print diagnostics, each with the line it is about."""
    from rules.diagnostics import render_all

    if found:
        sources = {name: text for pack in packs for name, text in pack.sources.items()}
        click.echo(render_all(found, sources, language()))


def echo_json(value: Any) -> None:
    """Print dataclasses as JSON."""
    plain = asdict(value) if hasattr(value, "__dataclass_fields__") else value
    click.echo(json.dumps(plain, ensure_ascii=False, indent=2, default=lambda v: v.isoformat() if hasattr(v, "isoformat") else str(v)))
