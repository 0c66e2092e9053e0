"""``risk rules list``, ``show``, ``history``, ``shadow-hits``: looking at what is stored and in force."""

from __future__ import annotations

import click

from risk.cli import rule_text
from risk.cli.output import tell
from risk.cli.rule_source import FORMAT, KIND, MODEL, NAME, echo_json, ref, store
from risk.domain.rule_states import RuleState

LIMIT = click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True)
CURSOR = click.option("--cursor", help="where the page before ended / 分页游标")


@click.command("list")
@KIND
@MODEL
@click.option("--state", type=click.Choice([s.value for s in RuleState]), help="of the newest version / 最新版本的状态")
@click.option("--author", help="of the newest version / 最新版本的作者")
@click.option("--text", help="in names and titles / 名称或标题中的文字")
@LIMIT
@CURSOR
@FORMAT
def list_(
    *,
    kind: str | None,
    model: str | None,
    state: str | None,
    author: str | None,
    text: str | None,
    limit: int,
    cursor: str | None,
    form: str,
) -> None:
    """All rules, lists, conditions and features: what is in force, and the newest version of each. / 列表"""
    from dataclasses import asdict

    from risk.services import rule_views
    from risk.services.rule_views import RuleFilter

    with store() as desk:
        page = desk.read(rule_views.list_rules, RuleFilter(kind, model, state, author, text), limit=limit, cursor=cursor)
    if form == "json":
        echo_json({"items": [asdict(row) for row in page.items], "cursor": page.cursor})
        return
    if not page.items:
        tell("rules_none")
    for line in rule_text.list_lines(page.items):
        click.echo(line)
    if page.cursor:
        tell("rules_more", cursor=page.cursor)


@click.command()
@NAME
@KIND
@MODEL
@click.option("--as", "written", type=click.Choice(["source", "zh", "en"]), default="source", show_default=True, help="text / 文本")
@FORMAT
def show(name: str, kind: str | None, model: str | None, written: str, form: str) -> None:
    """One definition: its versions, the text of one of them, what is wrong with it, what it rests on. / 详情"""
    from dataclasses import asdict

    from risk.services import rule_views

    with store() as desk:
        rule = desk.read(rule_views.get_rule, ref(name, kind, model))
        view = desk.read(rule_views.get_version, ref(name, kind, model))
    if form == "json":
        echo_json({"rule": asdict(rule), "version": asdict(view)})
        return
    for line in rule_text.show_lines(rule, view, written):
        click.echo(line)


@click.command()
@NAME
@KIND
@MODEL
@FORMAT
def history(name: str, kind: str | None, model: str | None, form: str) -> None:
    """Who did what with a definition, when and why. / 经过"""
    from dataclasses import asdict

    from risk.services import rule_views

    with store() as desk:
        rows = desk.read(rule_views.history, ref(name, kind, model))
    if form == "json":
        echo_json([asdict(row) for row in rows])
        return
    for row in rows:
        click.echo(rule_text.event_line(row))


@click.command("shadow-hits")
@NAME
@KIND
@MODEL
@LIMIT
@CURSOR
@FORMAT
def shadow_hits(*, name: str, kind: str | None, model: str | None, limit: int, cursor: str | None, form: str) -> None:
    """On which signals a rule in shadow, or held back by its roll-out, would have fired. / 影子命中"""
    from dataclasses import asdict

    from risk.services import rule_refs, rule_shadow

    with store() as desk:
        version = desk.read(rule_refs.to_look_at, ref(name, kind, model))
        page = desk.read(rule_shadow.list_hits, version.id, limit=limit, cursor=cursor)
    if form == "json":
        echo_json({"items": [asdict(row) for row in page.items], "cursor": page.cursor})
        return
    if not page.items:
        tell("rules_none")
    for row in page.items:
        click.echo(f"{rule_text.moment(row.as_of)}  {row.how:<9} {row.rule}  {row.signal_id}  {row.text[:60]}")
    if page.cursor:
        tell("rules_more", cursor=page.cursor)
