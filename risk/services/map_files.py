"""The map of the province's divisions: a GeoJSON file that an administrator installs, with where it comes from and the number under which it was approved.

Maps shown to the public or in a workbench of a Chinese authority are approved maps that carry their number (地图管理条例, State Council decree 664: examination and
审图号). Maps that come in packages of programmers carry none, so none ships with this; until one is installed, divisions are shown as tiles, which are no map.

What is kept is made anew from what was sent: the outlines, the codes and our own names, nothing else. So nothing a file brings can run or be shown anywhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from risk.domain import regions
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import register
from risk.services import auditing

register(
    {
        "map_none": ("没有安装地图文件", "no map file is installed"),
        "map_none.hint": ("未安装时以分区块图显示", "without one, divisions are shown as tiles"),
        "map_unreadable": ("不是 GeoJSON 文件：{reason}", "not a GeoJSON file: {reason}"),
        "map_unreadable.hint": ("应为 UTF-8 编码的 FeatureCollection", "it should be a FeatureCollection in UTF-8"),
        "map_too_large": ("地图文件过大：{what}，上限 {most}", "the map file is too large: {what}, at most {most}"),
        "map_encoded": ("坐标是压缩编码的，不能直接使用", "its coordinates are packed and cannot be used as they are"),
        "map_encoded.hint": ("先转换为普通 GeoJSON", "convert it to plain GeoJSON first"),
        "map_shape": ("第 {number} 个要素的图形无效：{reason}", "the shape of feature {number} is not valid: {reason}"),
        "map_outside": ("第 {number} 个要素的坐标不在湖北范围：{point}", "feature {number} has coordinates outside Hubei: {point}"),
        "map_outside.hint": ("坐标应为经度、纬度（度）", "coordinates are longitude and latitude in degrees"),
        "map_unknown": ("第 {number} 个要素不是湖北的市州：{name}", "feature {number} is none of Hubei's divisions: {name}"),
        "map_unknown.hint": ("在 properties 中以 adcode 或 name 写明", "say which in its properties, as adcode or name"),
        "map_twice": ("{name} 出现两次", "{name} is there twice"),
        "map_missing": ("缺少：{names}", "missing: {names}"),
        "map_missing.hint": ("17 个市州、直管市、林区须齐全", "all 17 divisions must be there"),
        "map_source": ("须写明地图来源", "say where the map comes from"),
        "map_approval": ("审图号格式不符：{given}", "not an approval number: {given}"),
        "map_approval.hint": (
            "如 鄂S(2026)005号、GS(2024)0650号",
            "as the natural resources department printed it on the map, such as GS(2024)0650",
        ),
    }
)

_APPROVAL = re.compile(r"[A-Za-z一-龥]{1,6}\s*[(（〔\[]\s*20\d{2}\s*[)）〕\]]\s*\d{1,5}\s*号")
_KEYS = ("adcode", "code", "id", "gb", "name", "NAME", "fullname", "名称")
_Ring = list[list[float]]


@dataclass(frozen=True, slots=True)
class MapInfo:
    """The installed map. ``approval`` is shown wherever the map is; ``sha256`` is of the file as it was sent."""

    source: str
    approval: str
    sha256: str
    divisions: int
    points: int
    installed_at: datetime
    actor: str


def install(home: Path, conn: Connection, content: bytes, *, source: str, approval: str, actor: str, now: datetime) -> MapInfo:
    """Check a file and put it in place of the one before; in the audit. ``InvalidInputError``: the codes of this module that begin with ``map_``."""
    source, approval = source.strip()[:400], approval.strip()
    if not source:
        raise InvalidInputError("map_source")
    if not _APPROVAL.fullmatch(approval):
        raise InvalidInputError("map_approval", given=approval[:60])
    made, points = checked(content)
    info = MapInfo(source, approval, hashlib.sha256(content).hexdigest(), len(made["features"]), points, now, actor)
    auditing.record(conn, actor, "map.install", "map", {"source": source, "approval": approval, "sha256": info.sha256}, now)
    _write(_file(home), {"info": asdict(info) | {"installed_at": now.isoformat()}, "map": made})
    return info


def as_sent(value: Any) -> bytes:
    """A map that came as JSON, as the bytes of its file."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def remove(home: Path, conn: Connection, *, actor: str, now: datetime) -> None:
    """Take the installed map away. ``NotFoundError`` (``map_none``)."""
    info = _info(home)
    auditing.record(conn, actor, "map.remove", "map", {"approval": info.approval, "sha256": info.sha256}, now)
    _file(home).unlink()


def installed(home: Path) -> MapInfo | None:
    """What is installed, if anything."""
    return _info(home) if _file(home).exists() else None


def _info(home: Path) -> MapInfo:
    info = _read(home)["info"]
    return MapInfo(**{**info, "installed_at": datetime.fromisoformat(info["installed_at"])})


def geojson(home: Path) -> dict[str, Any]:
    """The installed map: a FeatureCollection whose features have ``adcode`` and ``name``. ``NotFoundError`` (``map_none``)."""
    found: dict[str, Any] = _read(home)["map"]
    return found


def checked(content: bytes) -> tuple[dict[str, Any], int]:
    """(the map made anew, number of points) of a file; ``InvalidInputError`` as of :func:`install`."""
    limits = read_toml("overview.toml")["map"]
    if len(content) > limits["most_bytes"]:
        raise InvalidInputError("map_too_large", what=f"{len(content):,} B", most=f"{limits['most_bytes']:,} B")
    features = _features(content)
    found: dict[str, dict[str, Any]] = {}
    points = 0
    for number, feature in enumerate(features, 1):
        code = _division(number, feature)
        if code in found:
            raise InvalidInputError("map_twice", name=regions.name(code))
        geometry, count = _geometry(number, feature.get("geometry"), limits)
        points += count
        if points > limits["most_points"]:
            raise InvalidInputError("map_too_large", what=f"{points:,} points", most=f"{limits['most_points']:,}")
        found[code] = {"type": "Feature", "properties": {"adcode": code, "name": regions.name(code)}, "geometry": geometry}
    missing = [regions.name(code) for code in regions.children(regions.PROVINCE) if code not in found]
    if missing:
        raise InvalidInputError("map_missing", names="、".join(missing))
    return {"type": "FeatureCollection", "features": [found[code] for code in sorted(found)]}, points


def _features(content: bytes) -> list[dict[str, Any]]:
    try:
        read = json.loads(content.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("map_unreadable", reason=str(error)[:120]) from None
    if not isinstance(read, dict) or read.get("type") != "FeatureCollection" or not isinstance(read.get("features"), list):
        raise InvalidInputError("map_unreadable", reason="type")
    if read.get("UTF8Encoding"):
        raise InvalidInputError("map_encoded")
    features = [one for one in read["features"] if isinstance(one, dict)]
    if len(features) != len(read["features"]) or len(features) > 100:
        raise InvalidInputError("map_unreadable", reason="features")
    return features


def _no_number(text: str) -> float:
    raise ValueError(text)


def _division(number: int, feature: dict[str, Any]) -> str:
    told = feature.get("properties")
    properties = told if isinstance(told, dict) else {}
    values = [str(properties[key]) for key in _KEYS if properties.get(key) is not None]
    for value in values:
        code = regions.resolve(value[:60].removeprefix("156"))
        if code in regions.children(regions.PROVINCE):
            return str(code)
    raise InvalidInputError("map_unknown", number=number, name=(values or ["?"])[-1][:40])


def _geometry(number: int, geometry: Any, limits: dict[str, Any]) -> tuple[dict[str, Any], int]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise InvalidInputError("map_shape", number=number, reason=str(kind)[:40])
    sent = geometry.get("coordinates")
    polygons = [sent] if kind == "Polygon" else sent
    made = [[_ring(number, ring, limits) for ring in _listed(number, polygon)] for polygon in _listed(number, polygons)]
    return {"type": "MultiPolygon", "coordinates": made}, sum(len(ring) for polygon in made for ring in polygon)


def _listed(number: int, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InvalidInputError("map_shape", number=number, reason="coordinates")
    return value


def _ring(number: int, ring: Any, limits: dict[str, Any]) -> _Ring:
    points = [_point(number, point, limits) for point in _listed(number, ring)]
    if len(points) < 4 or points[0] != points[-1]:
        raise InvalidInputError("map_shape", number=number, reason="ring")
    return points


def _point(number: int, point: Any, limits: dict[str, Any]) -> list[float]:
    numbers = (
        isinstance(point, list)
        and len(point) >= 2
        and all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in point[:2])
    )
    if not numbers or not all(math.isfinite(one) for one in point[:2]):
        raise InvalidInputError("map_shape", number=number, reason="point")
    east, north = float(point[0]), float(point[1])
    if not (limits["west"] <= east <= limits["east"] and limits["south"] <= north <= limits["north"]):
        raise InvalidInputError("map_outside", number=number, point=f"{east:g}, {north:g}")
    return [round(east, 5), round(north, 5)]  # a metre


def _file(home: Path) -> Path:
    return home / "maps" / "divisions.json"


def _read(home: Path) -> dict[str, Any]:
    try:
        read = json.loads(_file(home).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError("map_none") from None
    assert isinstance(read, dict)
    return read


def _write(path: Path, value: dict[str, Any]) -> None:
    """Whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{secrets.token_hex(8)}")
    try:
        temporary.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
