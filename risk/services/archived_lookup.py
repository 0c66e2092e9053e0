"""An archived signal looked up where it lies, without bringing it back: read only, masked as everywhere, inside the scope of whoever asks.

A month is read group by group until the page is full. To work on a signal (an appeal, a case file) its month is brought back (``archiving.restore``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from risk.domain import periods
from risk.domain.authority import EVERYWHERE, Scope
from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.grades import Grade
from risk.domain.messages import register
from risk.services import archived, archiving_files
from risk.services.archiving_folder import place_of
from risk.services.paging import MAX_PAGE, Page, pack, unpack
from risk.services.personal import masked
from risk.services.views_signals import SignalRow, row_of
from risk.storage import tables as t

register(
    {
        "archive_question_open": ("请给出主体、编号或文字中的至少一项", "say a subject, a number or a part of the text"),
        "archive_signal_not_found": ("{month} 的归档中没有编号为 {id} 的信号", "no signal {id} in what is archived of {month}"),
    }
)


@dataclass(frozen=True, slots=True)
class ArchivedJudgement:
    """What a model said of it then."""

    model: str
    probability: float
    grade: str
    model_version: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ArchivedSignal:
    """A signal as it lies in an archive, its text masked, with what was judged of it."""

    archive_id: int
    part: int
    signal: SignalRow
    text: str
    judgements: tuple[ArchivedJudgement, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    """A group of rows of an archive."""

    row: Row[Any]
    place: Path
    number: int


def find(
    conn: Connection,
    month: str,
    *,
    subject: str | None = None,
    text: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
    scope: Scope = EVERYWHERE,
) -> Page[ArchivedSignal]:
    """Archived signals of a month, part after part by their numbers: of a subject (its key, that is its USCC, or its name), or with a text in them as it is shown.

    ``InvalidInputError``: ``bad_period``, ``archive_question_open`` where neither is given, ``cursor_invalid``; ``ConflictError``: ``archive_missing``.
    """
    if not subject and not text:
        raise InvalidInputError("archive_question_open")
    after, limit, found = _after(cursor), max(1, min(limit, MAX_PAGE)), list[ArchivedSignal]()
    c = t.subjects.c
    wanted = set(conn.scalars(select(c.id).where((c.key == subject) | (c.name == subject)))) if subject else None
    for group in _groups(conn, periods.month(month).name):
        if group.row.part < after[0]:
            continue
        for one in _signals(group, scope, wanted, text or ""):
            if (group.row.part, one["id"]) > after:
                found.append(_view(conn, group, one))
                if len(found) > limit:
                    last = found[limit - 1]
                    return Page(tuple(found[:limit]), pack(f"{last.part}~{last.signal.id}"))
    return Page(tuple(found), None)


def get(conn: Connection, month: str, signal_id: int, *, scope: Scope = EVERYWHERE) -> ArchivedSignal:
    """One archived signal of a month; ``NotFoundError`` (``archive_signal_not_found``)."""
    for group in _groups(conn, periods.month(month).name, signal_id):
        for one in _signals(group, scope, number=signal_id):
            return _view(conn, group, one)
    raise NotFoundError("archive_signal_not_found", month=month, id=signal_id)


def _after(cursor: str | None) -> tuple[int, int]:
    """The part and the number that a page ended with."""
    if not cursor:
        return 0, 0
    part, _, number = str(unpack(cursor)).partition("~")
    if not (part.isdigit() and number.isdigit() and len(part) + len(number) < 25):
        raise InvalidInputError("cursor_invalid", cursor=cursor[:80])
    return int(part), int(number)


def _groups(conn: Connection, month: str, signal_id: int | None = None) -> Iterator[_Group]:
    """The groups of a month's parts; of parts that can hold the signal, where one is asked for."""
    for row in archived.holding(conn, t.archives.c.month == month):
        told = row.manifest["files"][t.signals.name]
        if signal_id is None or (told["first"] is not None and told["first"] <= signal_id <= told["last"]):
            for number in archived.groups(row):
                yield _Group(row, place_of(conn, row.month, row.part), number)


def _signals(
    group: _Group, scope: Scope, wanted: set[int] | None = None, text: str = "", number: int | None = None
) -> Iterator[dict[str, Any]]:
    """The signals of a group that left the tables and lie inside the scope: of these subjects, with that text, of that number, where one is given.

    Compared by column first: a month has hundreds of thousands of rows, and a page wants fifty.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [column.name for column in t.signals.columns]
    rows = archiving_files.read(group.place / f"{t.signals.name}.parquet", names, [group.number])
    if wanted is not None:
        rows = rows.filter(pc.is_in(rows["subject_id"], value_set=pa.array(sorted(wanted), type=pa.int64())))
    if number is not None:
        rows = rows.filter(pc.equal(rows["id"], number))
    if text and "*" not in text:  # what is shown without stars stands in the text as it is
        rows = rows.filter(pc.match_substring(rows["text"], text))
    stayed, inside = set(group.row.stayed), archived.inside(scope)
    for one in rows.to_pylist():
        if one["id"] not in stayed and inside(one["region"]) and (not text or text in masked(one["text"])):
            yield {**dict.fromkeys(names), **one}


def _view(conn: Connection, group: _Group, one: dict[str, Any]) -> ArchivedSignal:
    names = [column.name for column in t.assessments.columns]
    lines = (dict(zip(names, line, strict=True)) for line in archiving_files.read_lines(group.place, t.assessments, group.number))
    said = sorted((line for line in lines if line["signal_id"] == one["id"]), key=lambda line: line["id"])
    name = conn.scalar(select(t.subjects.c.name).where(t.subjects.c.id == one["subject_id"])) if one["subject_id"] else None
    return ArchivedSignal(
        archive_id=group.row.id,
        part=group.row.part,
        signal=row_of(SimpleNamespace(**{**one, "warnings": orjson.loads(one["warnings"]), "subject_name": name})),
        text=masked(one["text"]),
        judgements=tuple(
            ArchivedJudgement(line["model"], line["probability"], Grade(line["grade"]).code, line["model_version"], line["as_of"])
            for line in said
        ),
    )
