"""``risk config``: every setting as it is and where it came from; what is wrong with them."""

from __future__ import annotations

import json
import os
import re
import sys

import click

from risk.cli.output import lang, show_error, tell
from risk.domain.messages import register, say
from risk.settings import ENVIRONMENT_ONLY, SPECS, Value, examine

register(
    {
        "config_line": ("{name:<20} {value:<40} {source:<8} {what}", "{name:<20} {value:<40} {source:<12} {what}"),
        "config_from_environment": ("环境变量", "environment"),
        "config_from_file": ("文件", "file"),
        "config_from_default": ("默认", "default"),
        "config_file": ("设置文件：{path}", "file of settings: {path}"),
        "config_no_file": ("没有设置文件（RISK_HOME 中的 risk.toml）", "no file of settings (risk.toml in RISK_HOME)"),
        "config_right": ("设置无误：{count} 项，其中 {given} 项被设置", "the settings are in order: {count}, {given} of them given"),
        "config_wrong": ("{count} 项设置有误", "{count} settings are wrong"),
        "config_stranger": ("不认识的环境变量：{name}", "an environment variable that nothing reads: {name}"),
    }
)


@click.group()
def config() -> None:
    """Settings: as they are, and what is wrong with them / 设置：查看、检查."""


@config.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def show(form: str) -> None:
    """Every setting, its value and where it came from; secrets are hidden / 查看."""
    found = examine()
    if form == "json":
        rows = [{"name": one.spec.name, "env": one.spec.env, "value": shown(one), "source": one.source} for one in found.values]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    tell("config_file", path=found.file) if found.file else tell("config_no_file")
    for one in found.values:
        value = shown(one)
        if one.source == "default" and not value:
            value = "-"
        source = f"config_from_{one.source}"

        tell("config_line", name=one.spec.name, value=value, source=say(source, lang()), what=one.spec.what)


@config.command()
def check() -> None:
    """Tell every mistake at once; ends with 1 where there is one / 检查."""
    found = examine()
    known = {spec.env for spec in SPECS} | set(ENVIRONMENT_ONLY)
    for name in sorted(name for name in os.environ if name.startswith("RISK_") and name not in known):
        tell("config_stranger", name=name)
    for mistake in found.mistakes:
        show_error(mistake)
    if found.mistakes:
        tell("config_wrong", count=len(found.mistakes))
        sys.exit(1)
    tell("config_right", count=len(found.values), given=sum(one.source != "default" for one in found.values))


def shown(one: Value) -> str:
    """A value as it may be shown: no secret, no password of an address.

    >>> from risk.settings import examine
    >>> env = {"RISK_SECRET_KEY": "s3cret", "RISK_DATABASE": "postgresql+psycopg://risk:pass@db/risk"}
    >>> [shown(one) for one in examine(env).values if one.spec.name in ("secret_key", "database", "port")]
    ['postgresql+psycopg://risk:***@db/risk', '8000', '***']
    """
    if one.spec.secret:
        return "***" if one.given else ""
    return re.sub(r"(://[^/:@]*):[^@]*@", r"\1:***@", one.given)
