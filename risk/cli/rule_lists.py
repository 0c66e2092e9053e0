"""``risk rules lists``: the words of lists, and the short way to change them: one person proposes, another accepts."""

from __future__ import annotations

import click

from risk.cli.output import tell
from risk.cli.rule_source import ACTOR, FORMAT, MODEL, NAME, REASON, REVISION, WHY, echo_json, ref, store
from risk.cli.rule_text import done, moment
from risk.domain.messages import register

register({"list_head": ("@{name} 版本 {version}（{state}）：{count} 个词", "@{name} version {version} ({state}): {count} words")})


@click.group()
def lists() -> None:
    """The words of lists: show, change, accept. / 词表：查看、增删、接受"""


@lists.command(short_help="The words of a list, with who added them / 查看")
@NAME
@MODEL
@FORMAT
def show(name: str, model: str | None, form: str) -> None:
    """The words of a list, each with who added it, when and why. / 查看"""
    from risk.cli.output import lang
    from risk.domain.messages import say
    from risk.services import list_desk

    with store() as desk:
        view = desk.read(list_desk.show, ref(name, "list", model))
    if form == "json":
        echo_json(view)
        return
    tell("list_head", name=view.name, version=view.version, state=say(f"rule_state_{view.state}", lang()), count=len(view.entries))
    for one in view.entries:
        click.echo(
            f"{'-' if one.exclude else '+'} {one.term}  {one.actor or ''} {moment(one.at) if one.at else ''}  {one.note or ''}".rstrip()
        )


@lists.command(short_help="Propose words to add or remove / 提出增删")
@NAME
@MODEL
@ACTOR
@WHY
@click.option("--add", "added", multiple=True, metavar="WORD", help="a term / 新词")
@click.option("--exclude", "excluded", multiple=True, metavar="WORD", help="a context in which terms do not count / 排除语境")
@click.option("--remove", "removed", multiple=True, metavar="WORD", help="a term to take out / 删去")
@click.option("--note", help="about the words added / 词的说明")
def change(
    *,
    name: str,
    model: str | None,
    actor: str,
    reason: str | None,
    added: tuple[str, ...],
    excluded: tuple[str, ...],
    removed: tuple[str, ...],
    note: str | None,
) -> None:
    """Propose words to add and remove: a new version, tested with every rule that uses the list, and submitted. / 提出增删"""
    from risk.services import list_desk
    from risk.services.list_desk import NewEntry

    add = [NewEntry(term, note=note) for term in added] + [NewEntry(term, exclude=True, note=note) for term in excluded]
    with store() as desk:
        remove = [NewEntry(term) for term in removed]
        done(
            desk.act(list_desk.propose, ref(name, "list", model), add=add, remove=remove, actor=actor, now=desk.clock(), reason=reason)
        )  # fmt: skip


@lists.command(short_help="Approve what another person proposed / 接受")
@NAME
@MODEL
@ACTOR
@REVISION
@REASON
def accept(*, name: str, model: str | None, actor: str, revision: int | None, reason: str) -> None:
    """Approve what another person proposed; the next run uses it. / 接受"""
    from risk.services import list_desk, rule_refs

    with store() as desk:
        version = desk.act(rule_refs.to_act_on, ref(name, "list", model), now=desk.clock())
        done(desk.act(list_desk.accept, version.id, actor=actor, reason=reason, now=desk.clock(), seen=revision))
