"""No rule repeats another: where one fires whenever a second does, and is no less severe, the second tells nothing new."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.check.judged import Judged
from rules.diagnostics import Diagnostic, diagnose
from rules.items import FLOORS, Rule
from rules.limits import MAX_REASONING, MAX_REASONING_PAIR
from rules.logic import Reading, all_of, negated

_FLOORS = ("", *FLOORS)


def rules_tell_something_new(context: Context) -> Iterator[Diagnostic]:
    """R066 rules with the same condition, R067 rules that another covers. Within a pack, and where both look through the same lens."""
    judged = context.judged
    if not any(map(context.advised, context.pack.rules)):
        return
    readings = [(rule, reading) for rule in context.pack.rules if (reading := _reading(rule, judged)) is not None]
    judged.reasoner.begin(MAX_REASONING + MAX_REASONING_PAIR * len(context.pack.rules))
    for at, (rule, reading) in enumerate(readings):
        if not context.advised(rule):
            continue
        for index, (other, wider) in enumerate(readings):
            if index != at and _comparable(rule, other) and _implies(judged, reading, wider):
                if not _implies(judged, wider, reading):
                    yield diagnose("R067", rule.span, name=rule.id, other=other.id)
                    break
                if index < at or not _comparable(other, rule):
                    yield diagnose("R066", rule.span, name=rule.id, other=other.id)
                    break
        if judged.reasoner.gave_up:
            judged.given_up[rule.id] = rule
            return


def _reading(rule: Rule, judged: Judged) -> Reading | None:
    judged.reasoner.begin(MAX_REASONING)
    return None if judged.settled(rule.when) else judged.reasoner.read(rule.when)


def _implies(judged: Judged, one: Reading, other: Reading) -> bool:
    reasoner = judged.reasoner
    return reasoner.may_imply(one.yes, other.yes) and reasoner.impossible(all_of((one.yes, negated(other.yes)))) is True


def _comparable(rule: Rule, other: Rule) -> bool:
    """Whether `other` could stand for `rule`: seen through the same lens, no less severe, no lower floor, valid as long."""
    lens = not rule.lens or not other.lens or rule.lens == other.lens
    grave = rule.severity.weight <= other.severity.weight and _floor(rule) <= _floor(other)
    begins = other.valid_from is None or (rule.valid_from is not None and other.valid_from <= rule.valid_from)
    ends = other.valid_to is None or (rule.valid_to is not None and rule.valid_to <= other.valid_to)
    return lens and grave and begins and ends


def _floor(rule: Rule) -> int:
    return _FLOORS.index(rule.floor) if rule.floor in _FLOORS else 0
