"""What the registers said at a moment: licences of subjects, and the numbers that texts show.

The rule: of several rows on one licence or number, the latest that was known by then holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, exists, func, select

from features.identifiers import LICENCES, canonical, find_identifiers, may_claim
from features.normalise import normalise_all
from features.register import Book, Entry, Party
from risk.services.bulk import select_in
from risk.storage import tables as t


@dataclass(frozen=True, slots=True)
class Held:
    """The licences of subjects on a day: ``states`` of (subject, kind), and the kinds that each subject held validly."""

    states: dict[tuple[int, str], str]
    kinds: dict[int, frozenset[str]]


def licences(conn: Connection, subjects: Collection[int], as_of: datetime, day: date) -> Held:
    """A kind is valid if any licence of it is on the day, else expired; what begins later does not count yet."""
    c = t.licences.c
    states: dict[tuple[int, str], str] = {}
    query = _latest(select(c.subject_id, c.kind, c.valid_from, c.valid_to), t.licences, as_of)
    for row in select_in(conn, query, c.subject_id, subjects):
        if row.valid_from and row.valid_from > day:
            continue
        valid = row.valid_to is None or row.valid_to >= day
        if valid or (row.subject_id, row.kind) not in states:
            states[row.subject_id, row.kind] = "valid" if valid else "expired"
    kinds: dict[int, set[str]] = {}
    for (subject, kind), state in states.items():
        if state == "valid":
            kinds.setdefault(subject, set()).add(kind)
    return Held(states, {subject: frozenset(found) for subject, found in kinds.items()})


def book(conn: Connection, texts: Iterable[str], as_of: datetime, covered: frozenset[str]) -> Book:
    """The entries of the numbers that the texts show; ``covered`` are the kinds of numbers that any register knows (`covered`)."""
    if not covered:
        return Book()
    shown = {
        (number.kind, canonical(number.number))
        for text in normalise_all([text for text in texts if may_claim(text)])
        for number in find_identifiers(text)
        if number.kind in covered and number.state == "well_formed"
    }
    numbers = sorted({number for _, number in shown})
    entries = {key: entry for key, entry in (*_licensed(conn, numbers, as_of), *_registered(conn, numbers, as_of)) if key in shown}
    return Book(entries, covered)


def covered(conn: Connection, as_of: datetime) -> frozenset[str]:
    """The kinds of numbers that some register knew anything of by then. Looks through whole registers: ask once for a moment."""
    licence, registration = t.licences.c, t.registrations.c
    held = conn.scalars(select(licence.kind).where(licence.kind.in_(LICENCES), licence.known_from <= as_of).group_by(licence.kind))
    found = {LICENCES[kind] for kind in held}
    listed = conn.execute(select(registration.kind, func.min(registration.known_from)).group_by(registration.kind))
    return frozenset(found | {kind for kind, first in listed if first <= as_of})


def _licensed(conn: Connection, numbers: Sequence[str], as_of: datetime) -> Iterator[tuple[tuple[str, str], Entry]]:
    c, s = t.licences.c, t.subjects.c
    query = select(c.kind, c.number_key, c.subject_id, s.name, c.valid_from, c.valid_to).join_from(t.licences, t.subjects)
    for row in select_in(conn, _latest(query, t.licences, as_of).order_by(c.known_from, c.id), c.number_key, numbers):
        if row.kind in LICENCES:
            yield (LICENCES[row.kind], row.number_key), _entry(Party(row.name, row.subject_id), row)


def _registered(conn: Connection, numbers: Sequence[str], as_of: datetime) -> Iterator[tuple[tuple[str, str], Entry]]:
    c = t.registrations.c
    query = select(c.kind, c.number_key, c.subject_id, c.holder, c.valid_from, c.valid_to)
    for row in select_in(conn, _latest(query, t.registrations, as_of).order_by(c.known_from, c.id), c.number_key, numbers):
        yield (row.kind, row.number_key), _entry(Party(row.holder, row.subject_id), row)


def _entry(holder: Party, row: Row[Any]) -> Entry:
    return Entry(holder, row.valid_from and row.valid_from.isoformat(), row.valid_to and row.valid_to.isoformat())


def _latest(query: Select[Any], table: Table, as_of: datetime) -> Select[Any]:
    """The rows that no later one known by then has replaced."""
    c, newer = table.c, table.alias("newer")
    replaced = exists().where(
        newer.c.kind == c.kind, newer.c.number == c.number, newer.c.known_from > c.known_from, newer.c.known_from <= as_of
    )
    return query.where(c.known_from <= as_of, ~replaced)
