"""``risk unmask signal:12 --reason …``: one thing read plain, on the record."""

from __future__ import annotations

import json

import click

from risk.cli.output import tell
from risk.domain.messages import register
from risk.settings import Settings

register(
    {
        "unmask_part": ("{name}：{text}", "{name}: {text}"),
        "unmask_done": (
            "已记入审计（{object}，{actor}）；今日还可查看 {left} 次",
            "this is in the audit ({object}, {actor}); {left} more times today",
        ),
    }
)


@click.command()
@click.argument("what", metavar="signal:N|verdict:N|subject:N")
@click.option("--reason", required=True, help="kept in the audit / 理由，记入审计")
@click.option("--actor", required=True, help="who reads it / 查看人")
def unmask(what: str, reason: str, actor: str) -> None:
    """Read personal data plain; who, what and why stand in the audit / 查看个人信息原文（留痕）."""
    from risk.bootstrap import open_store
    from risk.services import unmasking
    from risk.services.desk import Desk

    settings = Settings.from_environment()
    engine = open_store(settings)
    try:
        desk = Desk(engine)
        seen = desk.act(unmasking.unmask, what, reason, actor=actor, now=desk.clock(), a_day=settings.unmaskings_a_day)
    finally:
        engine.dispose()
    for name, value in seen.parts.items():
        if value:
            tell("unmask_part", name=name, text=value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    tell("unmask_done", object=seen.object, actor=actor, left=seen.left_today)
