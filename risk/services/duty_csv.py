"""The duty table as CSV: out as it is, in as orders, every bad row told with its number and nothing changed unless all are good."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from risk.domain.csv_text import rows_of
from risk.domain.duties import Order, expand
from risk.domain.errors import InvalidInputError
from risk.domain.messages import Told
from risk.domain.tables_out import cell
from risk.services.dispatch import read_directory
from risk.services.duty_table import DutyChange, change, models, read_duties

COLUMNS = ("model", "region", "level", "office", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that cannot be used; 1 is the first after the header."""

    row: int
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Read:
    """Orders of a file, or what is wrong with it."""

    orders: tuple[Order, ...]
    errors: tuple[RowError, ...]


def write(conn: Connection) -> str:
    """Every duty with its days, sorted."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for duty in sorted(read_duties(conn), key=lambda one: (one.model, one.region, one.valid_from)):
        last = duty.valid_to.isoformat() if duty.valid_to else ""
        rows.writerow([cell(value) for value in (duty.model, duty.region, "", duty.office_code, duty.valid_from.isoformat(), last)])
    return out.getvalue()


def read(conn: Connection, text: str) -> Read:
    """The orders of a CSV with the columns of ``COLUMNS`` (``level`` and ``valid_to`` may be empty, ``office`` empty: nobody). ``InvalidInputError``: ``duty_header``, ``csv_unreadable``."""
    columns, rows = rows_of(text)
    if set(columns) != set(COLUMNS):
        raise InvalidInputError("duty_header", columns=",".join(COLUMNS))
    offices, known = read_directory(conn).offices, models()
    orders: list[Order] = []
    errors: list[RowError] = []
    for number, row in enumerate(rows, 1):
        try:
            order = _order(row)
            expand(order, known, offices)
        except InvalidInputError as error:
            errors.append(RowError(number, error.code, error.text("zh"), error.text("en")))
        else:
            orders.append(order)
    return Read(tuple(orders), tuple(errors))


def take_in(conn: Connection, text: str, *, actor: str, reason: str, now: datetime) -> DutyChange:
    """Apply a file as one version. ``InvalidInputError``: ``duty_row`` for its first bad row, and those of ``duty_table.change``.

    Rows that say what holds already change nothing, so an exported file with a few edited rows can come back whole.
    """
    found = read(conn, text)
    if found.errors:
        first = found.errors[0]
        raise InvalidInputError("duty_row", row=first.row, problem=Told(first.zh, first.en))
    return change(conn, _sequence(found.orders), actor=actor, reason=reason, now=now)


def _sequence(orders: Sequence[Order]) -> list[Order]:
    """In the order of their days, so that later rows cut earlier ones and not the other way round."""
    return sorted(orders, key=lambda one: (one.model, one.region, one.valid_from))


def _order(row: dict[str, str]) -> Order:
    first = _date(row["valid_from"])
    if first is None:
        raise InvalidInputError("duty_date", value="")
    values = {name: row[name].strip() for name in COLUMNS}
    return Order(values["model"], values["region"], values["office"] or None, first, _date(row["valid_to"]), values["level"] or None)


def _date(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInputError("duty_date", value=text[:20]) from None
