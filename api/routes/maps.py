"""The map of the divisions: which one is installed, with its approval number; the tiles shown without one; installing and removing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.authority import Caller, acting, anybody, needs
from api.deps import Svc, Text
from api.openapi import problems
from api.operations import Router
from risk.domain.tiles import Tile, tiles
from risk.services import map_files
from risk.services.map_files import MapInfo

router = Router(prefix="/maps", tags=["maps"])
WRITE = [needs("maps.write", whole=True)]


class MapSent(BaseModel):
    """A map file and what must be said of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "省级标准地图服务",
                    "approval": "鄂S(2026)005号",
                    "map": {"type": "FeatureCollection", "features": []},
                    "actor": "张三",
                }
            ]
        }
    )

    source: Annotated[Text, Field(min_length=1, description="where it comes from / 来源")]
    approval: Annotated[Text, Field(min_length=1, description="its approval number / 审图号")]
    map: Annotated[dict[str, JsonValue], Field(description="GeoJSON: a FeatureCollection of the 17 divisions / 17 个市州的 GeoJSON")]
    actor: Text | None = None


@router.get("/tiles", summary="分区块图 / The tiles", dependencies=[anybody])
def get_tiles() -> tuple[Tile, ...]:
    """Each division as a square about where it lies: shown while no map is installed."""
    return tiles()


@router.get("/current", summary="现用地图 / The installed map", dependencies=[anybody])
def get_map_info(svc: Svc) -> MapInfo | None:
    """Its source and approval number, which are shown wherever the map is; `null` where none is installed."""
    return map_files.installed(svc.settings.home)


@router.get("/current/geojson", summary="现用地图文件 / The file of the installed map", responses=problems(404), dependencies=[anybody])
def get_map_file(svc: Svc) -> dict[str, JsonValue]:
    """Outlines of the 17 divisions with `adcode` and `name`, made anew from what was installed."""
    found: dict[str, Any] = map_files.geojson(svc.settings.home)
    return found


@router.put("/current", summary="安装地图 / Install a map", dependencies=WRITE)
def install_map(sent: MapSent, svc: Svc, who: Caller) -> MapInfo:
    """In place of the one before; on the record. Refused: one without approval number, one that lacks a division, coordinates elsewhere."""
    actor = acting(who, sent.actor)

    def install(conn: Any) -> MapInfo:
        content = map_files.as_sent(sent.map)
        now = svc.desk.clock()
        return map_files.install(svc.settings.home, conn, content, source=sent.source, approval=sent.approval, actor=actor, now=now)

    return svc.desk.act(install)


@router.delete("/current", status_code=204, summary="移除地图 / Remove the map", responses=problems(404), dependencies=WRITE)
def remove_map(svc: Svc, who: Caller) -> Response:
    """Divisions are shown as tiles again."""
    actor = acting(who)
    svc.desk.act(lambda conn: map_files.remove(svc.settings.home, conn, actor=actor, now=svc.desk.clock()))
    return Response(status_code=204)
