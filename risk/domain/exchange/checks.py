"""Whether a record fits its description: every mistake at once, each with its field, and the record in canonical form.

A record is a mapping of field → text, mapping (a part) or list of mappings (a repeated part). The same check stands before everything that goes out and
behind everything that comes in, and validates the four kinds of acts wherever they are entered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from risk.domain import acts
from risk.domain.exchange import kinds
from risk.domain.exchange.records import COLUMNS, Check, Field, Part, Record, part
from risk.domain.problems import Problem
from risk.domain.values import as_text, short


@dataclass(frozen=True, slots=True)
class Checked:
    """A record in canonical form, what speaks against it, and what is odd but no reason to refuse it."""

    values: dict[str, Any]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check(record: Record, given: Mapping[str, Any], *, columns: bool = False) -> Checked:
    """Check a record's own fields, with ``columns`` also the six exchange columns, which come first.

    >>> from risk.domain.exchange.records import record
    >>> found = check(record("task_notice"), {"taskCode": "T1", "taskStatus": "签了", "note": "x"})
    >>> [(one.code, one.column) for one in found.problems], [one.column for one in found.warnings]
    ([('exchange_code_unknown', 'taskStatus')], ['note'])
    """
    found = _Look()
    values: dict[str, Any] = {}
    own = given
    if columns:
        head = part(COLUMNS)
        names = {field.name for field in head.fields}
        values = found.part(head, {name: value for name, value in given.items() if name in names}, "")
        own = {name: value for name, value in given.items() if name not in names}
    values |= found.act(record, own) if record.act else found.part(record.part, own, "")
    return Checked(values, tuple(found.problems), tuple(found.warnings))


def check_part(code: str, given: Mapping[str, Any]) -> Checked:
    """Check the fields of a part alone."""
    found = _Look()
    values = found.part(part(code), given, "")
    return Checked(values, tuple(found.problems), tuple(found.warnings))


class _Look:
    """One look at one record; gathers what is found."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def part(self, one: Part, given: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in one.fields:
            path = prefix + field.name
            if field.kind in ("one", "many"):
                found = self._parts(field, given.get(field.name), path)
                if found:
                    values[field.name] = found if field.kind == "many" else found[0]
            else:
                text = self._text(field, given.get(field.name), path)
                if text:
                    values[field.name] = text
        known = {field.name for field in one.fields}
        self.warnings += [Problem("exchange_field_unknown", prefix + str(name)[:100]) for name in given if name not in known]
        told = {problem.column for problem in self.problems}
        for rule in one.checks:
            self._between(rule, values, prefix, told)
        return values

    def act(self, record: Record, given: Mapping[str, Any]) -> dict[str, Any]:
        """An act: its shape is looked at here, everything else where acts are entered."""
        told: dict[str, Any] = {}
        for field in record.part.fields:
            value = given.get(field.name)
            if field.kind == "many":
                told[field.name] = self._parts(field, value, field.name)
            else:
                bare = replace(field, kind="people" if field.kind == "people" else "text", length=0, required=False)
                text = self._text(bare, value, field.name)
                told[field.name] = list(kinds.people_of(text)) if field.kind == "people" else text
        known = {field.name for field in record.part.fields}
        self.warnings += [Problem("exchange_field_unknown", str(name)[:100]) for name in given if name not in known]
        refused = {problem.column for problem in self.problems}
        made, mistakes = acts.check(record.act, told)
        for one in mistakes:
            if one.place not in refused:
                facts = {name: fact for name, fact in one.facts.items() if name not in ("value", "column")}
                self.problems.append(Problem(one.code, one.place, str(one.facts.get("value", "")), tuple(facts.items())))
        return act_values(made.fields) if made else {name: value for name, value in act_values(told).items() if value}

    def _text(self, field: Field, given: Any, path: str) -> str:
        if field.kind == "people" and isinstance(given, (list, tuple)) and all(isinstance(one, str) for one in given):
            given = "、".join(given)
        if isinstance(given, (list, tuple)) and len(given) == 1:
            given = given[0]
        if isinstance(given, (list, tuple)) and given:
            self.problems.append(Problem("exchange_repeated", path, "", (("count", len(given)),)))
            return ""
        if isinstance(given, (Mapping, list, tuple)):
            self.problems += [Problem("exchange_not_text", path)] if given else []
            given = None
        written = "" if given is None else as_text(given)
        try:
            text = kinds.plain_text(written)
            text = kinds.canonical(field, text) if text else ""
        except kinds.UnfitError as unfit:
            facts: tuple[tuple[str, Any], ...] = (("codes", field.codes),) if unfit.code == "exchange_code_unknown" else ()
            self.problems.append(Problem(unfit.code, path, short(written), facts))
            return ""
        if not text:
            if field.required and not any(one.column == path for one in self.problems):
                self.problems.append(Problem("exchange_missing", path))
        elif field.length and len(text) > field.length:
            facts = (("length", len(text)), ("limit", field.length))
            self.problems.append(Problem("exchange_too_long", path, short(text), facts))
            return ""
        odd = kinds.doubts(field, text) if text else None
        if odd:
            self.warnings.append(Problem(odd, path, short(text)))
        return text

    def _parts(self, field: Field, given: Any, path: str) -> list[dict[str, Any]]:
        rows = list(given) if isinstance(given, (list, tuple)) else [given]
        rows = [row for row in rows if row not in (None, "", {})]
        if not rows:
            if field.required:
                self.problems.append(Problem("exchange_missing", path))
            return []
        if field.kind == "one" and len(rows) > 1:
            self.problems.append(Problem("exchange_repeated", path, "", (("count", len(rows)),)))
            return []
        return [found for number, row in enumerate(rows, 1) if (found := self._inner(field, row, path, number))]

    def _inner(self, field: Field, row: Any, path: str, number: int) -> dict[str, Any]:
        if not isinstance(row, Mapping):
            self.problems.append(Problem("exchange_not_part", path, short(row)))
            return {}
        return self.part(part(field.inner), row, f"{path}[{number}]." if field.kind == "many" else f"{path}.")

    def _between(self, rule: Check, values: Mapping[str, Any], prefix: str, told: set[str]) -> None:
        path, value = prefix + rule.field, str(values.get(rule.field, ""))
        if path in told:
            return
        if rule.kind == "not_before":
            other = str(values.get(rule.than, ""))
            if value and other and _before(value, other):
                self.problems.append(Problem("exchange_before", path, value, (("than", rule.than), ("other", other))))
        elif rule.kind == "needed_if" and value == rule.value:
            facts = (("when", rule.field), ("given", value))
            missing = [prefix + name for name in rule.fields if not values.get(name)]
            self.problems += [Problem("exchange_needed_if", one, "", facts) for one in missing if one not in told]


def act_values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an act, as ``risk.domain.acts`` gives them, in the texts of the wire.

    >>> act_values({"inspectors": ["张三", "李四"], "criminal": False, "fine": "20000.00"})
    {'inspectors': '张三、李四', 'criminal': '否', 'fine': '20000.00'}
    """
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, bool):
            values[name] = "是" if value else "否"
        elif isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
            values[name] = "、".join(value)
        else:
            values[name] = value if isinstance(value, (str, list)) else as_text(value)
    return values


def _before(value: str, other: str) -> bool:
    """Whether a day or moment lies before another; where one has no time of day, days are compared."""
    length = min(len(value), len(other))
    return value[:length] < other[:length]
