"""``risk rules new`` … ``retire``: the steps of a version's life. Until accounts exist, who acts is the named ``--actor``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from risk.cli.rule_source import ACTOR, KIND, MODEL, NAME, REASON, REVISION, WHY, read_file, ref, store
from risk.cli.rule_text import done

FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@FILE
@MODEL
@ACTOR
@click.option("--note", help="what it is for / 说明")
def new(file: Path, model: str | None, actor: str, note: str | None) -> None:
    """Store every definition of FILE as a draft, also what does not check yet. / 存为草稿"""
    from risk.services import rule_drafts
    from rules.pieces import pieces

    source = read_file(file)
    found = pieces(source)
    with store() as desk:
        for text in [piece.text for piece in found] or [source]:
            done(desk.act(rule_drafts.create, text, actor=actor, now=desk.clock(), model=model or "", note=note))


@click.command()
@NAME
@FILE
@KIND
@MODEL
@ACTOR
@REVISION
@click.option("--note", help="what was changed / 说明")
def edit(*, name: str, file: Path, kind: str | None, model: str | None, actor: str, revision: int | None, note: str | None) -> None:
    """Write a draft anew with the text of FILE; a tested one must be tested again. / 修改草稿"""
    from risk.services import rule_drafts, rule_refs

    with store() as desk:
        version = desk.act(rule_refs.to_act_on, ref(name, kind, model), now=desk.clock())
        done(desk.act(rule_drafts.edit, version.id, read_file(file), actor=actor, now=desk.clock(), seen=revision, note=note))


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@WHY
def submit(**given: Any) -> None:
    """Ask for the approval of a tested version. / 提交审批"""
    _step("submit", given)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@WHY
def withdraw(**given: Any) -> None:
    """Take a submission back: a draft again. / 撤回"""
    _step("withdraw", given)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@WHY
@click.option("--backtest", type=int, help="the number of the back-test that was seen / 所见回测编号")
def approve(*, backtest: int | None, **given: Any) -> None:
    """Approve what another person submitted; the hashes of its lists are pinned. / 批准"""
    _step("approve", given, evidence={"backtest": backtest} if backtest is not None else None)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@REASON
def reject(**given: Any) -> None:
    """Send a submission back to its author. / 驳回"""
    _step("reject", given)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@REASON
def shadow(**given: Any) -> None:
    """Watch it in every run: its hits are recorded and nothing alerts. / 转入影子"""
    _step("shadow", given)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@REASON
@click.option("--percent", type=float, default=100.0, show_default=True, help="of the units it counts for / 放量比例")
def activate(*, percent: float, **given: Any) -> None:
    """Use it from the next run on, in the place of the version in force. / 启用"""
    _step("activate", given, percent=percent)


@click.command("roll-out")
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@REASON
@click.option("--percent", type=float, required=True, help="of the units it counts for / 放量比例")
def roll_out(*, percent: float, **given: Any) -> None:
    """Let an active rule count for another share of the units; a larger one keeps every unit of a smaller one. / 调整放量"""
    _step("roll_out", given, in_force=True, percent=percent)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@REASON
def pause(**given: Any) -> None:
    """Leave the version in force out from the next run on, a shipped one too. / 暂停"""
    _step("pause", given, in_force=True)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@REASON
def resume(**given: Any) -> None:
    """Use a paused one again. / 恢复"""
    _step("resume", given, in_force=True)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@REVISION
@REASON
def retire(**given: Any) -> None:
    """End a version for good, the one in force or a draft; only a new version brings it back. / 退役"""
    _step("retire", given)


@click.command()
@NAME
@KIND
@MODEL
@ACTOR
@click.option("--note", help="why / 说明")
def restore(*, name: str, kind: str | None, model: str | None, actor: str, note: str | None) -> None:
    """A new draft with the text of an old version. / 还原旧版本"""
    from risk.services import rule_drafts, rule_refs

    with store() as desk:
        version = desk.act(rule_refs.to_act_on, ref(name, kind, model), now=desk.clock())
        done(desk.act(rule_drafts.restore, version.id, actor=actor, now=desk.clock(), note=note))


def _step(act: str, given: dict[str, Any], *, in_force: bool = False, **more: Any) -> None:
    """Take one step with the version that is meant; without a number the newest, or the one in force."""
    from risk.services import rule_desk, rule_refs

    step: Callable[..., Any] = getattr(rule_desk, act)
    with store() as desk:
        meant = ref(given["name"], given["kind"], given["model"])
        version = desk.act(rule_refs.to_act_on, meant, now=desk.clock(), in_force=in_force)
        told = {"actor": given["actor"], "reason": given["reason"], "seen": given["revision"], "now": desk.clock()}
        done(desk.act(step, version.id, **told, **more))
