"""Files of credit classes taken in: CSV or XLSX by the readers of intake, in one transaction; bad rows are told with their number and stop nothing.

The same file from the same source changes nothing; a row that says what is known already in the same words is counted as known. Nothing is ever overwritten: a later
class is another row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from risk.domain.calendar import SHANGHAI
from risk.domain.credit import CreditRow, columns_of, read_row
from risk.domain.datafiles import read_toml
from risk.domain.errors import InvalidInputError
from risk.domain.mapping import FieldMapping
from risk.domain.messages import register
from risk.domain.mistakes import Mistake
from risk.domain.signals import digest
from risk.services import auditing
from risk.services.paging import Page, page_by_id, unpack_id
from risk.services.readers import open_reader, scan
from risk.storage import tables as t
from risk.storage.upsert import batches, insert_new

register(
    {
        "credit_source": ("须写明分类的来源", "say whose classes these are"),
        "credit_too_many": ("文件超过 {most} 行", "the file has more than {most} rows"),
        "credit_row": ("该行无法读取", "the row cannot be read"),
    }
)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """What is wrong with a row; 1 is the first after the header."""

    row: int
    column: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CreditImport:
    """A file that was taken in. ``known``: rows that said nothing new; ``problems``: the first of those refused; ``again``: it had been taken in before."""

    id: int
    file: str
    source: str
    rows: int
    accepted: int
    known: int
    refused: int
    problems: tuple[RowProblem, ...]
    actor: str
    at: datetime
    again: bool = False


def take_in(conn: Connection, path: Path, *, called: str, source: str, actor: str, now: datetime) -> CreditImport:
    """Take a file in. ``credit_source``, ``credit_columns``, ``credit_too_many``; those of the readers for a file that is none."""
    source = source.strip()[:200]
    if not source:
        raise InvalidInputError("credit_source")
    seen = scan(path)
    key, i = digest(["credit", seen.digest, source]), t.credit_imports.c
    there = conn.execute(select(t.credit_imports).where(i.key == key)).one_or_none()
    if there is not None:
        return _view(there, again=True)
    accepted, problems, rows, refused = _read(path, seen, now.astimezone(SHANGHAI).date())
    head = {"key": key, "file": called[:400], "source": source, "rows": rows, "refused": refused, "actor": actor, "at": now}
    number = int(
        conn.execute(
            insert(t.credit_imports).values(**head, accepted=0, known=0, problems=[asdict(one) for one in problems]).returning(i.id)
        ).scalar_one()
    )
    before = _count(conn)
    for part in batches(accepted, 1_000):
        insert_new(conn, t.credit_classes, [_row(one, source, number, now) for one in part], ["key"])
    fresh = _count(conn) - before
    conn.execute(t.credit_imports.update().where(i.id == number).values(accepted=fresh, known=len(accepted) - fresh))
    detail = {"source": source, "rows": rows, "accepted": fresh, "refused": refused}
    auditing.record(conn, actor, "credit.import", f"credit_import:{number}", detail, now)
    return _view(conn.execute(select(t.credit_imports).where(i.id == number)).one())


def list_imports(conn: Connection, *, limit: int = 50, cursor: str | None = None) -> Page[CreditImport]:
    """Files taken in, the newest first."""
    query = select(t.credit_imports)
    if cursor:
        query = query.where(t.credit_imports.c.id < unpack_id(cursor))
    return page_by_id(conn, query.order_by(t.credit_imports.c.id.desc()), limit, _view)


def _read(path: Path, seen: Any, today: date) -> tuple[list[CreditRow], list[RowProblem], int, int]:
    """The rows that can be used, the first problems, how many rows there are and how many were refused."""
    limits = read_toml("credit.toml")["import"]
    reader = open_reader(path, FieldMapping(), seen)
    columns = columns_of(reader.columns or ())
    lacking = [name for name in ("uscc", "class", "assessed_on") if name not in columns]
    if lacking:
        raise InvalidInputError("credit_columns", columns=", ".join(lacking))
    good: list[CreditRow] = []
    problems: list[RowProblem] = []
    rows = refused = 0
    for number, found in _found(reader, columns, today):
        rows = number
        if rows > int(limits["most_rows"]):
            raise InvalidInputError("credit_too_many", most=limits["most_rows"])
        if isinstance(found, CreditRow):
            good.append(found)
            continue
        refused += 1
        if len(problems) < int(limits["shown"]):
            problems.append(RowProblem(number, found.place, found.code, found.text("zh"), found.text("en")))
    return good, problems, rows, refused


def _found(reader: Any, columns: dict[str, str], today: date) -> Iterator[tuple[int, CreditRow | Mistake]]:
    for raw in reader:
        yield raw.number, Mistake("credit_row", "") if raw.problem is not None else read_row(raw.values, columns, today)


def _row(one: CreditRow, source: str, number: int, now: datetime) -> dict[str, Any]:
    last = one.valid_to.isoformat() if one.valid_to else None
    return {
        "key": digest([one.uscc, one.class_code, source, one.assessed_on.isoformat(), last]),
        "uscc": one.uscc,
        "name": one.name,
        "class_code": one.class_code,
        "source": source,
        "assessed_on": one.assessed_on,
        "valid_to": one.valid_to,
        "import_id": number,
        "known_at": now,
    }


def _count(conn: Connection) -> int:
    return int(conn.scalar(select(func.count()).select_from(t.credit_classes)) or 0)


def _view(row: Row[Any], again: bool = False) -> CreditImport:
    problems = tuple(RowProblem(**one) for one in row.problems) if isinstance(row.problems, list) else ()
    return CreditImport(
        row.id, row.file, row.source, row.rows, row.accepted, row.known, row.refused, problems, row.actor, row.at, again
    )  # fmt: skip
