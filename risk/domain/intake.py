"""From a row of a file to a signal, or to the reasons why not. Every check has a code; all problems of a row are given at once.

Limits, stated: text 200,000 characters, url 2,000, source id 300, name 400, platform 200, shop 300, licence 120, channel 60; times from 1990
until tomorrow. Missing time, region or subject is no problem; an unknown region or a doubtful USCC is a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from risk.domain import regions, uscc
from risk.domain.channels import code_of
from risk.domain.mapping import FieldMapping
from risk.domain.moments import parse_time
from risk.domain.problems import Problem
from risk.domain.signals import Signal, SubjectKeys
from risk.domain.values import as_text, plain, short, sound

KINDS = ("content", "report", "warning")
TEXT_LIMIT = 200_000
LIMITS = {"url": 2000, "source_id": 300, "name": 400, "platform": 200, "shop": 300, "licence_no": 120, "channel": 60}
OLDEST_YEAR = 1990

_MISSING = frozenset({"", "-", "--", "—", "/", "\\n", "无", "未知", "不详", "null", "none", "nan", "nat", "n/a", "na"})
_LONGEST_MISSING = max(map(len, _MISSING))
_KEPT_BESIDE = ("uscc", "licence_no", "platform", "shop", "name")


class RowCheck:
    """The checks of one file: mapping and header are looked at once, rows many times."""

    def __init__(self, mapping: FieldMapping, columns: Sequence[str], source: str, now: datetime) -> None:
        targets = mapping.targets(columns)
        self._mapping = mapping
        self._source = source
        self._now = now
        self._latest = now + timedelta(days=1)
        self._text = tuple(column for column, target in targets.items() if target == "text")
        self._single = tuple((target, column) for column, target in targets.items() if target != "text")
        wanted = mapping.fields
        self._beside = tuple(column for column in columns if column not in targets and (wanted is None or column in wanted))

    def __call__(self, row: Mapping[str, Any]) -> Signal | list[Problem]:
        """The signal of a row, or every reason against it.

        >>> from datetime import UTC
        >>> check = RowCheck(FieldMapping(), ["正文", "时间", "赞"], "demo", datetime(2026, 10, 2, tzinfo=UTC))
        >>> signal = check({"正文": "根治糖尿病", "时间": "2026-10-01 08:00", "赞": "3"})
        >>> signal.observed_at.isoformat(), signal.fields
        ('2026-10-01T00:00:00+00:00', {'赞': '3'})
        >>> [problem.code for problem in check({"正文": " ", "时间": "昨天"})]
        ['empty_text', 'time_invalid']
        """
        problems: list[Problem] = []
        text = self._read_text(row, problems)
        fields = self._read_beside(row, problems)
        values = self._read_values(row, fields, problems)
        observed_at = self._read_time(row, problems)
        warnings: list[str] = []
        code = _read_uscc(values.get("uscc"), warnings)
        region = values.get("region")
        resolved = regions.resolve(region[:100]) if region else None
        if region and resolved is None:
            warnings.append("region_unknown")
            fields.setdefault("region", region)
        for name in _KEPT_BESIDE:
            if name in values:
                fields.setdefault(name, values[name])
        if problems:
            return problems
        return Signal(
            source=self._source,
            text=text,
            observed_at=observed_at or self._now,
            time_given=observed_at is not None,
            kind=values.get("kind", "content"),
            source_id=values.get("source_id"),
            url=values.get("url"),
            channel=code_of(values.get("channel")),
            region=resolved,
            subject=SubjectKeys(code, values.get("licence_no"), values.get("platform"), values.get("shop"), values.get("name")),
            fields=fields,
            warnings=tuple(warnings),
        )

    def _read_text(self, row: Mapping[str, Any], problems: list[Problem]) -> str:
        parts = []
        for column in self._text:
            value = row.get(column)
            if value is None:
                continue
            if not isinstance(value, str):
                if isinstance(value, (bool, bytes, list, dict)):
                    problems.append(Problem("not_text", column, short(value)))
                    continue
                value = as_text(value)
            value = value.strip()
            if value and sound(value, column, problems):
                parts.append(value)
        text = "\n".join(parts) or self._mapping.constants.get("text", "")
        if not text and not problems:
            problems.append(Problem("empty_text", "+".join(self._text)))
        if len(text) > TEXT_LIMIT:
            problems.append(Problem("text_too_long", "+".join(self._text), short(text), (("limit", TEXT_LIMIT),)))
        return text

    def _read_beside(self, row: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for column in self._beside:
            value = row.get(column)
            if value is None or value == "":
                continue
            if not isinstance(value, str):
                value = plain(value, column, problems)
            elif not sound(value, column, problems):
                continue
            fields[column] = value
        return fields

    def _read_values(self, row: Mapping[str, Any], fields: dict[str, Any], problems: list[Problem]) -> dict[str, str]:
        values = dict(self._mapping.constants)
        tables = self._mapping.values
        for target, column in self._single:
            given = row.get(column)
            if target == "time" or given is None:
                continue
            value = given.strip() if type(given) is str else as_text(given).strip()
            if (len(value) <= _LONGEST_MISSING and value.lower() in _MISSING) or not sound(value, column, problems):
                continue
            if tables:
                value = tables.get(target, {}).get(value, value)
            problem = _unfit(target, column, value)
            if problem is None:
                values[target] = value
            elif self._mapping.guess:
                fields[column] = value
            else:
                problems.append(problem)
        return values

    def _read_time(self, row: Mapping[str, Any], problems: list[Problem]) -> datetime | None:
        column = next((column for target, column in self._single if target == "time"), None)
        given = row.get(column) if column is not None else self._mapping.constants.get("time")
        column = column or "time"
        if given is None or (isinstance(given, str) and given.strip().lower() in _MISSING):
            return None
        try:
            found = parse_time(given, self._mapping.date_formats, self._mapping.timezone)
        except (ValueError, OverflowError):
            problems.append(Problem("time_invalid", column, short(given)))
            return None
        if found > self._latest:
            problems.append(Problem("time_future", column, short(given)))
        elif found.year < OLDEST_YEAR:
            problems.append(Problem("time_too_old", column, short(given), (("limit", OLDEST_YEAR),)))
        return found


def _read_uscc(given: str | None, warnings: list[str]) -> str | None:
    if given is None:
        return None
    code = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", given)).upper()
    if not uscc.well_formed(code):
        warnings.append("uscc_malformed")
        return None
    if not uscc.checks(code):
        warnings.append("uscc_checksum")
    return code


def _unfit(target: str, column: str, value: str) -> Problem | None:
    if target == "kind" and value not in KINDS:
        return Problem("kind_unknown", column, short(value))
    limit = LIMITS.get(target)
    if limit is not None and len(value) > limit:
        return Problem("value_too_long", column, short(value), (("limit", limit),))
    return None
