"""How single values are written: each kind has one canonical text, the same in XML and in JSON. What others write differently is turned into it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime

from risk.domain import uscc
from risk.domain.calendar import SHANGHAI
from risk.domain.exchange.records import Field, code_of
from risk.domain.moments import parse_time

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_COMPACT = re.compile(r"\d{14}")
_PEOPLE = re.compile(r"[、,，;；/|]+")
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_CITIZEN = re.compile(r"\d{17}[\dX]")


class UnfitError(ValueError):
    """A value that cannot be what its field wants: the code of the reason, which is also the message's."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def plain_text(value: str) -> str:
    """Text as both formats carry it: line ends as one, nothing around it; ``UnfitError`` for characters XML has no way to write.

    >>> plain_text(" a\\r\\nb ")
    'a\\nb'
    """
    if _NOT_XML.search(value):
        raise UnfitError("exchange_character")
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def canonical(field: Field, value: str) -> str:
    """The one way of writing a value of a field; ``UnfitError`` where it is none.

    >>> from risk.domain.exchange.records import part
    >>> canonical(part("adm_inspection").field("checkPersonnel"), "张三,李四；王五")
    '张三、李四、王五'
    >>> canonical(part("fxyj_signal").field("Fxyj_Time"), "2026-10-12T02:00:00Z"), canonical(part("adm_inspection").field("checkDate"), "2026年10月9日")
    ('2026-10-12 10:00:00', '2026-10-09')
    """
    return _WAYS[field.kind](field, value)


def doubts(field: Field, value: str) -> str | None:
    """The code of what is odd about a canonical value and yet no reason to refuse it: real registers hold such codes."""
    if field.kind not in ("uscc", "party") or (field.kind == "party" and _CITIZEN.fullmatch(value)):
        return None
    if not uscc.well_formed(value):
        return "exchange_uscc_malformed" if field.kind == "uscc" else None
    return None if uscc.checks(value) else "exchange_uscc_checksum"


def moment_text(at: datetime) -> str:
    """A moment as it is written: Beijing time, to the second.

    >>> from datetime import UTC
    >>> moment_text(datetime(2026, 10, 12, 2, tzinfo=UTC))
    '2026-10-12 10:00:00'
    """
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


def moment_of(text: str) -> datetime:
    """The moment of a canonical text; aware, UTC."""
    return parse_time(text, ("%Y-%m-%d %H:%M:%S",))


def day_text(at: datetime) -> str:
    """The day of a moment in Beijing."""
    return at.astimezone(SHANGHAI).date().isoformat()


def people_of(text: str) -> tuple[str, ...]:
    """The names in a field of people, each once."""
    return tuple(dict.fromkeys(name.strip() for name in _PEOPLE.split(text) if name.strip()))


def batch_text(day: date, number: int) -> str:
    """The id of a batch: the date and the count within it.

    >>> batch_text(date(2019, 4, 11), 2)
    '2019041100002'
    """
    return f"{day:%Y%m%d}{number:05d}"


def _text(_: Field, value: str) -> str:
    return value


def _whole(_: Field, value: str) -> str:
    if not value.isascii() or not value.isdigit():
        raise UnfitError("exchange_whole")
    return str(int(value[:40]))


def _day(_: Field, value: str) -> str:
    """A time stands for its day in Beijing."""
    found = _DAY.fullmatch(value)
    if not found and len(value) < 12:
        raise UnfitError("exchange_day")
    try:
        if found:
            return date(int(found[1]), int(found[2]), int(found[3])).isoformat()
        return day_text(_parsed(value))
    except (ValueError, OverflowError):
        raise UnfitError("exchange_day") from None


def _moment(_: Field, value: str) -> str:
    try:
        return moment_text(_parsed(value))
    except (ValueError, OverflowError):
        raise UnfitError("exchange_moment") from None


def _parsed(value: str) -> datetime:
    found = _DAY.fullmatch(value)
    if found:
        value = f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"
    at = parse_time(value, ("%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S") if _COMPACT.fullmatch(value) else ())
    if not 1900 <= at.year <= 2200:
        raise ValueError(value)
    return at


def _code(field: Field, value: str) -> str:
    found = code_of(field.codes, value)
    if found is None:
        raise UnfitError("exchange_code_unknown")
    return found


def _division(_: Field, value: str) -> str:
    if not value.isascii() or not value.isdigit() or len(value) not in (6, 9, 12) or value[0] == "0":
        raise UnfitError("exchange_division")
    return value[:6]


def _uscc(_: Field, value: str) -> str:
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", value)).upper()


def _party(_: Field, value: str) -> str:
    bare = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", value)).upper()
    return bare if uscc.well_formed(bare) or _CITIZEN.fullmatch(bare) else value


def _batch(_: Field, value: str) -> str:
    if not re.fullmatch(r"[0-9]{13}", value):
        raise UnfitError("exchange_batch_id")
    try:
        date(int(value[:4]), int(value[4:6]), int(value[6:8]))
    except ValueError:
        raise UnfitError("exchange_batch_id") from None
    return value


def _url(_: Field, value: str) -> str:
    if not _WEB.fullmatch(value):
        raise UnfitError("exchange_url")
    return value


def _people(_: Field, value: str) -> str:
    return "、".join(people_of(value))


_WAYS: dict[str, Callable[[Field, str], str]] = {
    "text": _text,
    "whole": _whole,
    "day": _day,
    "moment": _moment,
    "code": _code,
    "division": _division,
    "uscc": _uscc,
    "party": _party,
    "batch": _batch,
    "url": _url,
    "people": _people,
}
