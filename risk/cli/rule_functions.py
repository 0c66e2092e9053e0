"""``risk rules functions``: what a rule may say here: fields, functions, streams, relations, word lists; those of plug-ins, and what is wrong with them."""

from __future__ import annotations

import json

import click

from risk.cli.output import lang


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "markdown", "json"]), default="text", show_default=True)
def functions(form: str) -> None:
    """Fields, functions, streams, relations and lists, with types and meanings. / 规则可用的列、函数、事件流、关系与词表"""
    from risk.scoring.inputs import vocabulary
    from risk.scoring.packs import usable_packs
    from rules.docs import describe, markdown, plain
    from rules.plugin_host import installed

    packs = usable_packs()
    reference = describe(vocabulary(), packs, installed().lists, installed().faults)
    if form == "json":
        click.echo(json.dumps(reference, ensure_ascii=False, indent=2))
    else:
        click.echo((markdown if form == "markdown" else plain)(reference, "zh" if lang() == "zh" else "en"))
