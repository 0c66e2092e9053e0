"""``risk doctor``: what is installed, what is missing, and how to get it. Ends with 1 when something needed is missing."""

from __future__ import annotations

import json
import sys

import click

from risk.cli.output import lang
from risk.settings import Settings

MARKS = {"ok": "✓", "note": "·", "missing": "✗"}


@click.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def doctor(form: str) -> None:
    """What is installed, what is missing / 环境检查."""
    from risk.bootstrap import move_store
    from risk.services.examination import examine

    settings = Settings.from_environment()
    found = examine(settings, lambda: move_store(settings, "current"))
    if form == "json":
        rows = [{"check": f.check, "state": f.state, "found": f.text(lang()), "hint": f.hint(lang())} for f in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for one in found:
            click.echo(f"{MARKS[one.state]} {one.text(lang())}")
            if one.hint(lang()):
                click.echo(f"    {one.hint(lang())}")
    if any(one.state == "missing" for one in found):
        sys.exit(1)
