"""``risk db``: move the database between revisions. Every other command upgrades the embedded SQLite by itself."""

from __future__ import annotations

import click

from risk.cli.output import tell
from risk.settings import Settings


@click.group()
def db() -> None:
    """Upgrade or downgrade the database / 数据库升降级."""


@db.command()
@click.option("--to", "revision", default="head", show_default=True, help="revision to move to / 目标版本")
def upgrade(revision: str) -> None:
    """Move up to the newest or the given revision / 升级."""
    from risk.bootstrap import move_store

    _say(move_store(Settings.from_environment(), "upgrade", revision))


@db.command()
@click.option(
    "--to", "revision", default="-1", show_default=True, help="revision to move to; base empties the database / 目标版本，base 清空"
)
def downgrade(revision: str) -> None:
    """Move down one or to the given revision; the data of dropped tables is gone / 降级，被删表的数据不再保留."""
    from risk.bootstrap import move_store

    _say(move_store(Settings.from_environment(), "downgrade", revision))


@db.command()
def current() -> None:
    """The revision of the database / 当前版本."""
    from risk.bootstrap import move_store

    _say(move_store(Settings.from_environment(), "current", ""))


def _say(revision: str | None) -> None:
    if revision is None:
        tell("database_empty")
    else:
        tell("database_at", revision=revision)
