"""Which column of a file is which of our fields. Said by a mapping file, or guessed from the header.

A mapping file is TOML or JSON::

    timezone = "Asia/Shanghai"                 # of times that carry none
    date_formats = ["%Y年%m月%d日 %H:%M"]       # tried first
    fields = ["浏览量"]                          # columns to keep beside; left out: every column that is not mapped
    [columns]
    "投诉内容" = "text"                          # several columns may be text: they are joined
    "投诉时间" = "time"
    [constants]
    kind = "report"
    [values.channel]
    "微信" = "wechat"

Guessing never refuses a row because a header looked like ours: a value that does not fit goes to ``fields``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import risk.domain.intake_messages  # noqa: F401 - registers the texts
from risk.domain.errors import InvalidInputError

HEADERS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "content", "body", "message", "内容", "文本", "正文", "广告内容", "投诉内容", "诉求内容", "商品描述", "描述"),
    "time": (
        *("observed_at", "published_at", "publish_time", "created_at", "timestamp", "datetime", "time", "date"),
        *("发布时间", "投诉时间", "采集时间", "发现时间", "登记时间", "时间", "日期", "发布日期"),
    ),
    "region": ("region", "region_code", "division", "行政区划", "行政区划代码", "地区", "区域", "所属地区", "所属区域", "辖区", "区县"),
    "uscc": ("uscc", "credit_code", "unified_social_credit_code", "统一社会信用代码", "社会信用代码", "信用代码"),
    "licence_no": ("licence_no", "license_no", "licence_number", "license_number", "许可证号", "许可证编号", "许可证"),
    "platform": ("platform", "平台", "平台名称"),
    "shop": ("shop", "shop_name", "store", "店铺", "店铺名称", "网店", "网店名称"),
    "name": ("name", "company", "enterprise", "企业名称", "公司名称", "主体名称", "单位名称", "被投诉人"),
    "url": ("url", "link", "链接", "网址", "网页地址"),
    "channel": ("channel", "渠道", "来源渠道"),
    "source_id": ("source_id", "id", "编号", "投诉编号", "工单号"),
    "kind": ("kind", "信号类型"),
}
"""Our fields and the headers that are taken for them, the surest first."""

TITLES = ("title", "subject", "headline", "标题", "题目")
"""Headers whose text is put before the text."""

_KEYS = ("columns", "constants", "values", "fields", "date_formats", "timezone", "delimiter", "encoding", "sheet")


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """What a mapping file says; ``guess`` is true where there is none."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: tuple[str, ...] | None = None
    date_formats: tuple[str, ...] = ()
    timezone: str = "Asia/Shanghai"
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    guess: bool = True

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> FieldMapping:
        """The mapping of a decoded mapping file; refuses what it does not know, by name.

        >>> FieldMapping.parse({"columns": {"内容": "texte"}})
        Traceback (most recent call last):
        risk.domain.errors.InvalidInputError: no such field: texte
        """
        for key in data:
            if key not in _KEYS:
                raise InvalidInputError("mapping_key_unknown", key=key, known=", ".join(_KEYS))
        columns = _table(data, "columns")
        constants = _table(data, "constants")
        values = {name: _table(data.get("values", {}), name) for name in _mapping_of(data, "values")}
        for name in (*columns.values(), *constants, *values):
            if name not in HEADERS:
                raise InvalidInputError("mapping_field_unknown", field=name, known=", ".join(HEADERS))
        single = [name for name in columns.values() if name != "text"]
        for name in single:
            if single.count(name) > 1:
                raise InvalidInputError("mapping_field_twice", field=name)
        zone = _text(data, "timezone") or "Asia/Shanghai"
        zone_of(zone)
        return cls(
            columns=columns,
            constants=constants,
            values=values,
            fields=_texts(data, "fields"),
            date_formats=_texts(data, "date_formats") or (),
            timezone=zone,
            delimiter=_text(data, "delimiter"),
            encoding=_text(data, "encoding"),
            sheet=_text(data, "sheet"),
            guess=not columns,
        )

    @classmethod
    def restore(cls, record: Mapping[str, Any]) -> FieldMapping:
        """The mapping that :meth:`record` gave."""
        kept: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in record.items()}
        return cls(**kept)

    def record(self) -> dict[str, Any]:
        """As plain JSON, to be kept with an import."""
        return asdict(self)

    def targets(self, header: Sequence[str]) -> dict[str, str]:
        """Column → our field, for a header.

        >>> FieldMapping().targets(["编号", "标题", "正文", "浏览量"])
        {'编号': 'source_id', '标题': 'text', '正文': 'text'}
        """
        if not self.guess:
            return {column: self.columns[column] for column in header if column in self.columns}
        return dict(_guess(tuple(header)))

    def require(self, header: Sequence[str]) -> None:
        """Refuse a file whose header lacks a mapped column, or in which nothing is the text."""
        shown = ", ".join(header[:30])
        for column in self.columns:
            if column not in header:
                raise InvalidInputError("mapping_column_missing", column=column, columns=shown)
        if "text" not in self.targets(header).values() and "text" not in self.constants:
            raise InvalidInputError("no_text_column", columns=shown)


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInputError("mapping_timezone_unknown", zone=name) from None


@lru_cache(maxsize=256)
def _guess(header: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    written = {_same(column): column for column in reversed(header)}
    found: dict[str, str] = {}
    for target, names in {"title": TITLES, **HEADERS}.items():
        column = next((written[name] for name in names if name in written), None)
        if column is not None:
            found.setdefault(column, "text" if target == "title" else target)
    return tuple((column, found[column]) for column in header if column in found)


def _same(header: str) -> str:
    return unicodedata.normalize("NFKC", header).strip().strip(":").lower().replace(" ", "_").replace("-", "_")


def _mapping_of(data: Any, key: str) -> Mapping[str, Any]:
    value = data.get(key, {}) if isinstance(data, Mapping) else None
    if not isinstance(value, Mapping):
        raise InvalidInputError("mapping_shape", key=key)
    return value


def _table(data: Any, key: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in _mapping_of(data, key).items()}


def _text(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidInputError("mapping_shape", key=key)
    return value


def _texts(data: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInputError("mapping_shape", key=key)
    return tuple(value)
