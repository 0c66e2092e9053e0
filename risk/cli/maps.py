"""``risk map``: the map of the divisions with its approval number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from risk.cli.output import tell
from risk.domain.errors import NotFoundError
from risk.domain.messages import register
from risk.settings import Settings

if TYPE_CHECKING:
    from risk.services.desk import Desk
    from risk.services.map_files import MapInfo

register(
    {
        "map_shown": (
            "地图：{source}　审图号 {approval}\n  {divisions} 个市州，{points} 个坐标点，{actor} 于 {at} 安装，SHA-256 {sha256}",
            "map: {source}  approval number {approval}\n  {divisions} divisions, {points} points, installed by {actor} at {at}, SHA-256 {sha256}",
        ),
        "map_removed": ("已移除地图，改以分区块图显示", "the map is removed; divisions are shown as tiles"),
    }
)


@click.group("map")
def map_() -> None:
    """The map file of the 17 divisions / 地图文件与审图号."""


@map_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="where it comes from / 来源")
@click.option("--approval", required=True, help="its approval number / 审图号")
@click.option("--actor", required=True, help="who acts / 操作人")
def install(file: Path, source: str, approval: str, actor: str) -> None:
    """Check a GeoJSON file and show it from now on / 安装地图."""
    from risk.services import map_files

    settings, desk = _desk()
    content = file.read_bytes()
    now = desk.clock()
    _show(desk.act(lambda conn: map_files.install(settings.home, conn, content, source=source, approval=approval, actor=actor, now=now)))


@map_.command()
def show() -> None:
    """Which map is installed / 现用地图."""
    from risk.services import map_files

    info = map_files.installed(Settings.from_environment().home)
    if info is None:
        raise NotFoundError("map_none")
    _show(info)


@map_.command()
@click.option("--actor", required=True, help="who acts / 操作人")
def remove(actor: str) -> None:
    """Show tiles again / 移除地图."""
    from risk.services import map_files

    settings, desk = _desk()
    desk.act(lambda conn: map_files.remove(settings.home, conn, actor=actor, now=desk.clock()))
    tell("map_removed")


def _show(info: MapInfo) -> None:
    said = {"source": info.source, "approval": info.approval, "divisions": info.divisions, "points": info.points, "sha256": info.sha256}
    tell("map_shown", **said, actor=info.actor, at=info.installed_at.isoformat(timespec="minutes"))


def _desk() -> tuple[Settings, Desk]:
    from risk.cli.desks import open_desk

    return Settings.from_environment(), open_desk()
