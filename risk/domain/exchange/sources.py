"""Outside warning systems as sources: what a source is, and how its rows are put into our records. Pure.

A source is a folder that files are dropped into, an address that answers with JSON, or a plug-in: an installed package with an entry point in the group
``risk.warning_sources`` whose object has

- ``name``: how it is called
- ``fetch(since, cursor)``: a :class:`Fetched`, or a pair of rows and the next cursor; ``since`` is the moment of the last success or ``None``, ``cursor`` what it
  gave the last time or ``None``
- ``mapping`` (may be left out): what its rows are and how their fields are called, as :func:`read_mapping` takes it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from risk.domain.errors import InvalidInputError
from risk.domain.exchange.records import fields_of_models, record
from risk.domain.messages import register

GROUP = "risk.warning_sources"

register(
    {
        "source_mapping": ("来源的对应关系有误（{key}）：{why}", "the mapping of the source is wrong ({key}): {why}"),
        "source_answer": ("来源的答复不符合约定：{why}", "the answer of the source is not as agreed: {why}"),
    }
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a source had: rows, where the next fetch goes on, and whether there is more at once."""

    rows: Sequence[Mapping[str, Any]]
    cursor: str | None = None
    more: bool = False


class WarningSource(Protocol):
    """What a plug-in offers."""

    name: str

    def fetch(self, since: datetime | None, cursor: str | None) -> Fetched | tuple[Sequence[Mapping[str, Any]], str | None]: ...


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """What the rows of a source are: our kind of record, our field → theirs (``a.b`` reaches into them), fixed values, their field of risk → our model."""

    record: str = "fxyj_signal_lower"
    fields: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)

    def row(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the source in our fields; what is not mapped is kept under its own name where there is no mapping at all.

        >>> SourceMapping(fields={"fxyjid": "alarm.no"}, constants={"fxyjlevel": "黄"}).row({"alarm": {"no": 7}})
        {'fxyjlevel': '黄', 'fxyjid': 7}
        """
        if not self.fields:
            return {**self.constants, **given}
        made: dict[str, Any] = dict(self.constants)
        for ours, theirs in self.fields.items():
            value: Any = given
            for step in theirs.split("."):
                value = value.get(step) if isinstance(value, Mapping) else None
            if value is not None:
                made[ours] = value
        return made


def read_mapping(given: Mapping[str, Any]) -> SourceMapping:
    """The mapping that was written down; ``InvalidInputError`` (``source_mapping``) with what is wrong.

    >>> read_mapping({"record": "fxyj_signal", "fields": {"Fxyj_Identity": "id"}})
    Traceback (most recent call last):
    risk.domain.errors.InvalidInputError: the mapping of the source is wrong (fields): Fxyj_Identity
    """
    code = str(given.get("record", "fxyj_signal_lower"))
    kind = record(code)
    tables: dict[str, dict[str, str]] = {}
    for key in ("fields", "constants", "domains"):
        table = given.get(key, {})
        if not isinstance(table, Mapping) or not all(isinstance(value, str) for value in table.values()):
            raise InvalidInputError("source_mapping", key=key, why=str(table)[:100])
        tables[key] = {str(name): str(value) for name, value in table.items()}
    known = {one.name for one in kind.part.fields} | {"record_unique_identity", "cd_time", "cd_operation"}
    for key in ("fields", "constants"):
        wrong = sorted(set(tables[key]) - known)
        if wrong:
            raise InvalidInputError("source_mapping", key=key, why=", ".join(wrong))
    strange = sorted(set(tables["domains"].values()) - set(fields_of_models()))
    if strange:
        raise InvalidInputError("source_mapping", key="domains", why=", ".join(strange))
    return SourceMapping(kind.code, tables["fields"], tables["constants"], tables["domains"])


def read_domains(given: Sequence[str]) -> dict[str, str]:
    """Their fields of risk → our models, each written ``theirs=model``; ``InvalidInputError`` (``source_mapping``).

    >>> read_domains(["riskWarning=illegal_drug_sales"])
    {'riskWarning': 'illegal_drug_sales'}
    """
    made = {theirs.strip(): model.strip() for theirs, _, model in (one.rpartition("=") for one in given)}
    wrong = sorted(one for one in given if one.rpartition("=")[2].strip() not in fields_of_models() or not one.rpartition("=")[0].strip())
    if wrong:
        raise InvalidInputError("source_mapping", key="domains", why=", ".join(wrong)[:300])
    return made


def fetched(given: Any) -> Fetched:
    """What a plug-in gave back, checked; ``InvalidInputError`` (``source_answer``).

    >>> fetched(([{"a": 1}], "c7"))
    Fetched(rows=[{'a': 1}], cursor='c7', more=False)
    """
    if isinstance(given, tuple) and len(given) == 2:
        given = Fetched(given[0], given[1])
    if not isinstance(given, Fetched):
        raise InvalidInputError("source_answer", why=type(given).__name__)
    rows = list(given.rows)
    if not all(isinstance(row, Mapping) for row in rows):
        raise InvalidInputError("source_answer", why="rows")
    if given.cursor is not None and (not isinstance(given.cursor, str) or len(given.cursor) > 10_000):
        raise InvalidInputError("source_answer", why="cursor")
    return Fetched(rows, given.cursor, bool(given.more))
