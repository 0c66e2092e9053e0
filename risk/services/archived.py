"""What reports count of signals that have left the tables: read from the files, by the same conditions, so that a number is the same before and after.

An archived signal has no alert, verdict, label or check (``archiving_holds``), so the funnel below the candidates is in the tables whole, and who may see the signal goes by its place
alone. Most questions touch no archive and cost one look at a short table. A file that is not there is a refusal, never a smaller number.

While a month is on its way, the groups that have left (or have not yet come back) are counted here and the others in the tables: also then the sum is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from risk.domain.authority import EVERYWHERE, Grant, Scope
from risk.services import archiving_files as files
from risk.services.archiving_folder import place_of
from risk.storage import tables as t

if TYPE_CHECKING:
    import pyarrow as pa

HOLDING = ("written", "done", "restoring")
"""The states in which files hold what the tables do not."""

Bound = tuple[str, datetime]
"""What ``observed_at`` is compared with: ``(">=", start)``; one of >, >=, <, <=."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a count of signals goes by."""

    source: str
    region: str | None
    kind: str
    linked: bool
    time_given: bool


def observed(conn: Connection, bounds: Sequence[Bound], received: datetime, scope: Scope = EVERYWHERE) -> Counter[Seen]:
    """How many archived signals were observed within the bounds, received by then, and lie inside the scope; cases of the library are never archived."""
    found: Counter[Seen] = Counter()
    columns = ["id", "source", "region", "kind", "subject_id", "time_given", "observed_at", "received_at"]
    for row in holding(conn, *(_reaches(bound) for bound in bounds)):
        rows = _signals(conn, row, columns, bounds, received)
        linked = rows["subject_id"].is_valid()
        rows = rows.select(["source", "region", "kind", "time_given"]).append_column("linked", linked)
        for one in rows.group_by(rows.column_names).aggregate([([], "count_all")]).to_pylist():
            n = int(one.pop("count_all"))
            found[Seen(**one)] += n
    lies = inside(scope)
    return Counter({one: n for one, n in found.items() if lies(one.region)})


def last_observed(conn: Connection, until: datetime, scope: Scope, known: Mapping[str, datetime]) -> dict[str, datetime]:
    """Source → when a signal of it was observed last, of those observed and received by then; ``known``: the same of those in the tables.

    Archives that cannot say anything later of any source are not read: of a source that still delivers, none is.
    """
    found = dict(known)
    lies = inside(scope)
    for row in reversed(holding(conn, t.archives.c.observed_from <= until)):
        if all(source in found and found[source] >= row.observed_to for source in row.manifest["sources"]):
            continue
        rows = _signals(conn, row, ["id", "source", "region", "observed_at", "received_at"], [("<=", until)], until)
        for one in rows.group_by(["source", "region"]).aggregate([("observed_at", "max")]).to_pylist():
            if lies(one["region"]):
                found[one["source"]] = max(one["observed_at_max"], found.get(one["source"], one["observed_at_max"]))
    return found


def taken_in(conn: Connection, imports: ColumnElement[bool], scope: Scope) -> int:
    """How many archived signals inside the scope came by the imports of a condition."""
    i = t.imports.c
    first, last, any_ = conn.execute(select(func.min(i.started_at), func.max(i.ended_at), func.count()).where(imports)).one()
    if not any_:
        return 0
    ids, n, lies = set(conn.scalars(select(i.id).where(imports))), 0, inside(scope)
    a = t.archives.c
    for row in holding(conn, a.received_to >= first, a.received_from <= last):
        rows = _left(conn, row, t.signals.name, ["id", "region", "import_id"])
        for one in rows.group_by(["region", "import_id"]).aggregate([([], "count_all")]).to_pylist():
            n += int(one["count_all"]) if one["import_id"] in ids and lies(one["region"]) else 0
    return n


def judged(conn: Connection, run_ids: Collection[int], scope: Scope) -> tuple[int, Counter[str]]:
    """(judgements, outcome → candidates) of these runs, of archived signals inside the scope."""
    total, outcomes = 0, Counter[str]()
    if not run_ids:
        return total, outcomes
    lies = inside(scope)
    for row in holding(conn):
        for one in _placed(conn, row, t.assessments.name, ["run_id"], run_ids):
            total += int(one["count_all"]) if lies(one["region"]) else 0
        for one in _placed(conn, row, t.candidates.name, ["run_id", "outcome"], run_ids):
            outcomes[one["outcome"]] += int(one["count_all"]) if lies(one["region"]) else 0
    return total, +outcomes


def outcomes(conn: Connection, run_id: int) -> Counter[str]:
    """Outcome → archived candidates of a run, for its balance: from the tables alone."""
    o = t.archived_outcomes.c
    query = select(o.outcome, func.sum(o.candidates)).where(o.run_id == run_id).group_by(o.outcome)
    return Counter({outcome: int(n) for outcome, n in conn.execute(query)})


def total(conn: Connection) -> int:
    """How many signals are archived now, from the tables alone."""
    k = t.archived_signals.c
    rows = holding(conn)
    moving = [row.id for row in rows if row.status == "restoring"]
    counted = sum(int(row.removed.get("gone", {}).get(t.signals.name, 0)) for row in rows if row.status != "restoring")
    return counted + sum(int(conn.scalar(select(func.count()).where(k.archive_id == number)) or 0) for number in moving)


def holding(conn: Connection, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
    """The archives that hold something the tables do not."""
    a = t.archives.c
    return list(conn.execute(select(t.archives).where(a.status.in_(HOLDING), *conditions).order_by(a.month, a.part)))


def groups(row: Row[Any]) -> range:
    """The groups of an archive that are out of the tables now."""
    return range(row.cursor, row.chunks) if row.status == "restoring" else range(row.cursor)


def _reaches(bound: Bound) -> ColumnElement[bool]:
    """Archives that a bound leaves something of."""
    how, moment = bound
    return t.archives.c.observed_to >= moment if how[0] == ">" else t.archives.c.observed_from <= moment


def _left(conn: Connection, row: Row[Any], name: str, columns: Sequence[str]) -> pa.Table:
    """Columns of a file of an archive, of the groups that are out of the tables, without signals that stayed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = files.read(place_of(conn, row.month, row.part) / f"{name}.parquet", columns, groups(row))
    if not row.stayed:
        return found
    key = "id" if name == t.signals.name else "signal_id"
    return found.filter(pc.invert(pc.is_in(found[key], value_set=pa.array(row.stayed, type=pa.int64()))))


def _signals(conn: Connection, row: Row[Any], columns: Sequence[str], bounds: Iterable[Bound], received: datetime) -> pa.Table:
    import pyarrow.compute as pc

    compare: dict[str, Callable[..., Any]] = {">": pc.greater, ">=": pc.greater_equal, "<": pc.less, "<=": pc.less_equal}
    rows = _left(conn, row, t.signals.name, columns)
    rows = rows.filter(pc.less_equal(rows["received_at"], received))
    for how, moment in bounds:
        rows = rows.filter(compare[how](rows["observed_at"], moment))
    return rows


def _placed(conn: Connection, row: Row[Any], name: str, by: Sequence[str], run_ids: Collection[int]) -> list[dict[str, Any]]:
    """Rows of these runs, counted by the columns named and by the place of their signal."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = _left(conn, row, name, ["signal_id", *by])
    found = found.filter(pc.is_in(found["run_id"], value_set=pa.array(sorted(run_ids), type=pa.int64())))
    if not found.num_rows:
        return []
    signals = _left(conn, row, t.signals.name, ["id", "region"])
    places = signals["region"].take(pc.index_in(found["signal_id"], value_set=signals["id"].combine_chunks()))
    placed = found.select(list(by)).append_column("region", places)
    counted: list[dict[str, Any]] = placed.group_by([*by, "region"]).aggregate([([], "count_all")]).to_pylist()
    return counted


def inside(scope: Scope) -> Callable[[str | None], bool]:
    """Whether a place lies inside a scope, as `scoping.region_inside` says it in SQL."""
    if scope.whole:
        return lambda _region: True
    grants = tuple(scope.grants or ())
    return lambda region: any(below(region, grant) for grant in grants)


def below(region: str | None, grant: Grant) -> bool:
    """Whether a place is the grant's division or below it, as ranges of codes say it in SQL.

    >>> below("420502", Grant("420500")), below("420502", Grant("420503")), below(None, Grant("420000")), below(None, Grant())
    (True, False, False, True)
    """
    return not grant.prefix or (region is not None and region.startswith(grant.prefix))
