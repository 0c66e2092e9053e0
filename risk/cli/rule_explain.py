"""``risk rules explain`` and ``diff``: why a rule fires on a text, and what differs between two versions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from risk.cli.output import tell
from risk.cli.rule_source import FILES, FORMAT, KIND, MODEL, STORED, echo_json, one_source, packs_of, read_file, ref, store
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register

if TYPE_CHECKING:
    from features.context import Context
    from rules.pack import Pack

register(
    {
        "explain_what": ("请给出 --text 或 --signal", "give --text or --signal"),
        "explain_no_signal": ("没有编号为 {id} 的信号", "no signal with the number {id}"),
        "explain_no_rule": ("没有规则“{rule}”", "there is no rule `{rule}` here"),
        "explain_silent": (
            "没有规则命中（共 {rules} 条；加 --all 看各条为何未命中）",
            "no rule fires (of {rules}; --all tells why not)",
        ),
        "diff_what": ("请给出两个文件，或 --stored", "give two files, or --stored"),
        "rules_there": ("另有：{names}", "only in the second: {names}"),
        "rules_gone": ("缺少：{names}", "only in the first: {names}"),
    }
)


@click.command()
@FILES
@STORED
@KIND
@MODEL
@click.option("--text", help="the text to judge / 要研判的文本")
@click.option("--signal", type=int, help="or the number of a stored signal, with what is known around it / 信号编号")
@click.option("--rule", "wanted", help="this rule only, fired or not / 只看一条规则")
@click.option("--all", "every", is_flag=True, help="also rules that do not fire / 包括未命中的规则")
@click.option("--full", is_flag=True, help="every part, also what decided nothing / 展开每一部分")
def explain(
    *,
    files: tuple[Path, ...],
    stored: str | None,
    kind: str | None,
    model: str | None,
    text: str | None,
    signal: int | None,
    wanted: str | None,
    every: bool,
    full: bool,
) -> None:
    """Why rules of FILES (default: those in force), or a stored one, fire on a text or do not: part by part, with quotations. / 解释命中与否"""
    from risk.cli.rule_text import explanation_lines
    from risk.scoring.inputs import vocabulary
    from risk.scoring.scorer import Scorer
    from rules.explain import Explainer

    one_source(files, stored)
    if (text is None) == (signal is None):
        raise InvalidInputError("explain_what")
    packs = _packs(files, stored, kind, model)
    given, around = (text, None) if text is not None else _signal(signal or 0)
    scorer = Scorer(packs=packs)
    reading = scorer.read([given or ""], around)
    shown = looked = 0
    for pack in scorer.packs.values():
        explainer = Explainer(pack, reading.inputs, vocabulary())
        for rule in pack.rules:
            if wanted in (None, rule.id) and rule.lens != "firm":
                looked += 1
                one = explainer.explain(rule, 0)
                if one.outcome or every or wanted or stored:
                    shown += 1
                    click.echo("\n".join(explanation_lines(one, full=full)))
    if not looked and wanted:
        raise NotFoundError("explain_no_rule", rule=wanted)
    if not shown:
        tell("explain_silent", rules=looked)


def _packs(files: tuple[Path, ...], stored: str | None, kind: str | None, model: str | None) -> tuple[Pack, ...]:
    if files:
        return packs_of(files)
    from risk.services import live_rules, rule_refs

    with store() as desk:
        live = desk.read(live_rules.load).packs
        if stored is None:
            return live
        version = desk.read(rule_refs.to_look_at, ref(stored, kind, model))
        return live_rules.alone(live, version)


def _signal(number: int) -> tuple[str, Context]:
    from risk.services import units

    with store() as desk:
        loaded = desk.read(units.load, [number], desk.clock())
    if not loaded.rows:
        raise NotFoundError("explain_no_signal", id=number)
    return loaded.texts[0], loaded.around


@click.command()
@FILES
@STORED
@KIND
@MODEL
@click.option("--from", "old", type=int, help="version (default: the one in force) / 旧版本")
@click.option("--to", "new", type=int, help="version (default: the newest) / 新版本")
@FORMAT
def diff(
    *, files: tuple[Path, ...], stored: str | None, kind: str | None, model: str | None, old: int | None, new: int | None, form: str
) -> None:
    """What differs, clause by clause and part by part: between two FILES, or two versions of a stored definition; exit 1 where something does. / 比较"""
    one_source(files, stored)
    if stored:
        differs = _diff_stored(stored, kind, model, old, new, form)
    elif len(files) == 2:
        differs = _diff_files(*files, form)
    else:
        raise InvalidInputError("diff_what")
    sys.exit(1 if differs else 0)


def _diff_stored(stored: str, kind: str | None, model: str | None, old: int | None, new: int | None, form: str) -> bool:
    from risk.cli.rule_text import diff_lines
    from risk.services import rule_changes

    named = ref(stored, kind, model)
    with store() as desk:
        view = desk.read(rule_changes.differences, named, old, new if new is not None else named.version)
    if form == "json":
        echo_json(view)
    else:
        click.echo("\n".join(diff_lines(view)))
    return bool(view.changes)


def _diff_files(one: Path, two: Path, form: str) -> bool:
    from dataclasses import asdict

    from risk.cli.rule_text import change_lines
    from risk.services.rule_changes import changes
    from rules.parser import parse

    before, after = (_items(parse(read_file(path), path.name)) for path in (one, two))
    found = {key: changes(item, after[key]) for key, item in before.items() if key in after}
    gone, come = [key for key in before if key not in after], [key for key in after if key not in before]
    if form == "json":
        told = {" ".join(key): [asdict(change) for change in some] for key, some in found.items() if some}
        echo_json({"removed": [" ".join(key) for key in gone], "added": [" ".join(key) for key in come], "changed": told})
    else:
        for key, some in found.items():
            if some:
                click.echo("\n".join([_said(key), *change_lines(some)]))
        for code, keys in (("rules_gone", gone), ("rules_there", come)):
            if keys:
                tell(code, names=", ".join(_said(key) for key in keys))
        if not gone and not come and not any(found.values()):
            tell("rules_same")
    return bool(gone or come or any(found.values()))


def _said(key: tuple[str, str]) -> str:
    from risk.cli.rule_text import kind_word

    return f"{kind_word(key[0])} {key[1]}"


def _items(parsed: Any) -> dict[tuple[str, str], Any]:
    from risk.services.rule_text import all_items, kind_of, name_of

    return {(kind_of(item), name_of(item)): item for item in all_items(parsed)}
