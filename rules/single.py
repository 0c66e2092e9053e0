"""A few rows one by one: the rules of a plan as one Python function, made once, in which `and` and `or` stop where the outcome is decided.

For each step two expressions are written: that it is true, and that it is false; where neither holds it is unknown. Word hits of a row are the bits of a
number, so that *has any of* is one `&`. Everything dear (columns of functions and windows, places of words) is asked for only where an expression gets there.
The source is made of step numbers and constants held apart: no text of a rule is ever in it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from rules.arithmetic import calculate
from rules.items import Plain
from rules.nodes import Edge, Matches, Near, Operand, SameSentence
from rules.operators import CONTAINS
from rules.plan import (
    DEAR,
    AllOf,
    AnyOf,
    Calculated,
    Compared,
    Constant,
    Counted,
    Defaulted,
    FieldValue,
    Fixed,
    Flagged,
    Hit,
    Holds,
    IsKnown,
    OneOf,
    Opposite,
    Placed,
    Plan,
    Settled,
    Step,
    TruthValue,
    WhileInForce,
    inner,
    kept_hits,
)

Judge: TypeAlias = Callable[[Sequence[Plain], Sequence[int], Callable[[int], Plain], Callable[[int], bool], Sequence[bool]], list[int]]
"""Cells of `Rules.fields`, hits of `Rules.kept`, values and places by step, rules in force → 1, 0, 255 (unknown) for each root, and a 0."""

_PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LONGEST = 1_500
"""Characters of an expression that is still written where it is used."""
_DEEPEST = 40
"""Parentheses of such an expression inside each other: Python reads no more than 200."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a plan ready for single rows."""

    fields: tuple[str, ...]
    kept: tuple[int, ...]
    """Which hits count (`rules.plan.kept_hits`), a number of hit bits each."""
    bits: dict[Operand, int]
    judge: Judge
    """For any row."""
    judge_known: Judge
    """For rows in which every field is known."""
    vetted: list[frozenset[Operand]] = field(default_factory=list)
    """The lists that a host last said it looks for, all of `bits` among them."""


def rules_of(plan: Plan, roots: tuple[int, ...]) -> Rules:
    """The function for some roots of a plan; made once.

    >>> from rules.pack import pack_from_text
    >>> plan = Plan([pack_from_text('rule a "x" when p > 1 or not (q = "y" and p > 2)')])
    >>> rules = rules_of(plan, (plan.root(0, 0),))
    >>> [rules.judge(row, (), lambda _: None, lambda _: False, ()) for row in ([1.0, "y"], [None, "y"], [0.0, "n"], [None, "n"])]
    [[1, 0], [255, 0], [1, 0], [1, 0]]
    """
    found: Rules | None = plan.compiled.get(roots)
    if found is None:
        found = plan.compiled[roots] = _Writer(plan, roots).made()
    return found


class _Writer:
    """Writes the source of one function."""

    def __init__(self, plan: Plan, roots: tuple[int, ...]) -> None:
        self._steps = plan.steps
        self._costs = plan.costs
        self._roots = roots
        self._reached = _reached(plan.steps, roots)
        self._uses = Counter(item for number in self._reached for item in inner(plan.steps[number])) + Counter(roots)
        self._fields: dict[str, int] = {}
        self._kept: dict[int, int] = {}
        self._bits: dict[Operand, int] = {}
        self._space: dict[str, Any] = {"calculate": calculate, "holds": _holds}
        self._masks: dict[int, str] = {}
        self._yes: dict[int, str] = {}
        self._no: dict[int, str] = {}
        self._value: dict[int, str] = {}
        self._sure: set[int] = set()
        self._known = False

    def made(self) -> Rules:
        """Both functions."""
        judge, judge_known = self._function(known=False), self._function(known=True)
        return Rules(tuple(self._fields), tuple(self._kept), self._bits, judge, judge_known)

    def _function(self, *, known: bool) -> Judge:
        self._known = known
        self._yes, self._no, self._value, self._sure = {}, {}, {}, set()
        lines = [line for number in self._reached for line in self._written(number)]
        told = ", ".join(
            f"1 if {self._yes[root]} else " + ("0" if root in self._sure else f"0 if {self._no[root]} else 255") for root in self._roots
        )
        cells = "".join(f"a{at}, " for at in self._fields.values())
        hits = "".join(f"h{at}, " for at in self._kept.values())
        head = [f"{cells} = a" if cells else "", f"{hits} = h" if hits else ""]
        source = "def judge(a, h, V, P, F):\n" + "".join(f" {line}\n" for line in (*head, *lines) if line) + f" return [{told}, 0]"
        space = dict(self._space)
        exec(source, space)  # noqa: S102 - step numbers and names made here; constants are handed over beside it
        made: Judge = space["judge"]
        return made

    def _written(self, number: int) -> list[str]:
        """Notes the expressions of a step; the lines that compute it beforehand, where it is used more than once or grows too long."""
        step = self._steps[number]
        if (value := self._as_value(number, step)) is not None:
            self._value[number] = value
            return []
        yes, no = self._as_truth(number, step)
        sure = no is None
        if sure:
            self._sure.add(number)
        self._yes[number], self._no[number] = yes, f"(not {yes})" if no is None else no
        long = len(yes) > _LONGEST or _depth(yes) > _DEEPEST or len(self._no[number]) > _LONGEST or _depth(self._no[number]) > _DEEPEST
        wanted = self._uses[number] > 1 and self._costs[number] < DEAR and not isinstance(step, Fixed | Hit | Opposite)
        if not (wanted or long):
            return []
        line = f"t{number} = {yes}" if sure else f"t{number} = True if {yes} else False if {no} else None"
        self._yes[number], self._no[number] = f"t{number}", f"(not t{number})" if sure else f"(t{number} is False)"
        return [line]

    def _as_value(self, number: int, step: Step) -> str | None:
        match step:
            case Constant(value):
                return repr(value) if type(value) in (int, float, bool) and abs(value) < 1e300 else self._held(value)
            case FieldValue(name):
                return f"a{self._fields.setdefault(name, len(self._fields))}"
            case Calculated(op, left, right, percent):
                return f"calculate({op!r}, {self._value[left]}, {self._value[right]}, percent={percent})"
            case Counted(node):
                return f"(V({number}) if {self._hit(node.lists, kept_hits(node))} else 0.0)"
            case Defaulted(value, default):
                return f"({self._value[default]} if (d{number} := {self._value[value]}) is None else d{number})"
            case TruthValue(item):
                return f"(True if {self._yes[item]} else False if {self._no[item]} else None)"
            case (
                Fixed() | Hit() | Placed() | Compared() | OneOf() | Holds() | Flagged() | IsKnown() | Settled() | Opposite() | AllOf() | AnyOf()
                | WhileInForce()
            ):  # fmt: skip
                return None
            case _:
                return f"V({number})"

    def _as_truth(self, number: int, step: Step) -> tuple[str, str | None]:
        """That it is true, and that it is false: None where it is false whenever it is not true."""
        match step:
            case AllOf(items):
                return self._all(items), None if self._sure.issuperset(items) else "(" + " or ".join(
                    self._no_parts(items, every=True)
                ) + ")"
            case AnyOf(items):
                return self._any(items), None if self._sure.issuperset(items) else "(" + " and ".join(
                    self._no_parts(items, every=False)
                ) + ")"
            case Opposite(item):
                return self._no[item], None if item in self._sure else self._yes[item]
            case Fixed(truth):
                return str(truth), None
            case Hit(operand, kept):
                return f"({self._hit((operand,), kept)})", None
            case Placed(node):
                return self._placed(number, node), None
            case IsKnown(value):
                return f"({self._value[value]} is not None)", None
            case Settled(item, default):
                return (f"(not {self._no[item]})" if default else self._yes[item]), None
            case WhileInForce(rule, item):
                return f"(F[{rule}] and {self._yes[item]})", None if item in self._sure else f"(not F[{rule}] or {self._no[item]})"
            case Holds(value, mode, words):
                held = f"holds({self._held(CONTAINS[mode])}, {self._held(words)}, {self._value[value]})"
                return held, f"({held} is False)"
            case _:
                return self._tested(number, step)

    def _tested(self, number: int, step: Step) -> tuple[str, str | None]:
        """A test of a value or of two."""
        match step:
            case OneOf(value, words):
                one, test, against = value, f"in {self._held(words)}", f"not in {self._held(words)}"
                return self._guarded(number, one, None, f"{{0}} {test}", f"{{0}} {against}")
            case Flagged(value):
                return self._guarded(number, value, None, "{0}", "not {0}")
            case Compared(op, left, right):
                constant = isinstance(self._steps[right], Constant)
                test = f"{{0}} {_PYTHON[op]} " + (self._value[right] if constant else "{1}")
                return self._guarded(number, left, None if constant else right, test, f"not {test}")
            case _:
                raise TypeError(f"no truth: {step}")

    def _guarded(self, number: int, one: int, two: int | None, yes: str, no: str) -> tuple[str, str | None]:
        """A test that is neither true nor false where a value is unknown; values that take work are named by the guard."""
        guards, names = [], []
        for at, value in enumerate((one,) if two is None else (one, two)):
            simple = isinstance(self._steps[value], FieldValue | Constant)
            name = self._value[value] if simple else f"x{number}_{at}"
            names.append(name)
            if not (simple and (self._known or isinstance(self._steps[value], Constant))):
                guards.append(f"{name} is not None" if simple else f"({name} := {self._value[value]}) is not None")
        if not guards:
            return f"({yes.format(*names)})", None
        guard = " and ".join(guards)
        return f"({guard} and {yes.format(*names)})", f"({guard} and {no.format(*names)})"

    def _all(self, items: Sequence[int]) -> str:
        groups, others = self._grouped(items)
        tests = [f"h{self._number(kept)} & {self._mask(mask)} == {self._mask(mask)}" for kept, mask in groups]
        return "(" + " and ".join([*tests, *(self._yes[item] for item in others)]) + ")"

    def _any(self, items: Sequence[int]) -> str:
        groups, others = self._grouped(items)
        tests = [f"h{self._number(kept)} & {self._mask(mask)}" for kept, mask in groups]
        return "(" + " or ".join([*tests, *(self._yes[item] for item in others)]) + ")"

    def _no_parts(self, items: Sequence[int], *, every: bool) -> list[str]:
        """That one of the parts is false (`every` part was wanted), or that all are."""
        groups, others = self._grouped(items)
        if every:
            tests = [f"h{self._number(kept)} & {self._mask(mask)} != {self._mask(mask)}" for kept, mask in groups]
        else:
            tests = [f"not h{self._number(kept)} & {self._mask(mask)}" for kept, mask in groups]
        return [*tests, *(self._no[item] for item in others)]

    def _grouped(self, items: Sequence[int]) -> tuple[list[tuple[int, int]], list[int]]:
        """Plain hits among the parts, together by which hits count, as masks; and the other parts."""
        masks: dict[int, int] = {}
        others = []
        for item in items:
            step = self._steps[item]
            if isinstance(step, Hit):
                masks[step.kept] = masks.get(step.kept, 0) | self._bit(step.operand)
            else:
                others.append(item)
        return list(masks.items()), others

    def _placed(self, number: int, node: Near | SameSentence | Edge | Matches) -> str:
        kept = kept_hits(node)
        match node:
            case Matches():
                return f"P({number})"
            case Edge(_, lists):
                return f"({self._hit(lists, kept)} and P({number}))"
            case _:
                return f"({self._hit(node.left, kept)} and {self._hit(node.right, kept)} and P({number}))"

    def _hit(self, operands: Sequence[Operand], kept: int) -> str:
        mask = 0
        for operand in operands:
            mask |= self._bit(operand)
        return f"h{self._number(kept)} & {self._mask(mask)}"

    def _mask(self, mask: int) -> str:
        """A mask of hits, by name where it has many digits."""
        if mask < 1 << 20:
            return str(mask)
        if mask not in self._masks:
            self._masks[mask] = self._held(mask)
        return self._masks[mask]

    def _bit(self, operand: Operand) -> int:
        return 1 << self._bits.setdefault(operand, len(self._bits))

    def _number(self, kept: int) -> int:
        return self._kept.setdefault(kept, len(self._kept))

    def _held(self, value: Any) -> str:
        """The name of a constant of the function."""
        name = f"k{len(self._space)}"
        self._space[name] = value
        return name


def _reached(steps: Sequence[Step], roots: Sequence[int]) -> list[int]:
    """The steps that roots rest on, parts first: a step has a higher number than its parts."""
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        number = waiting.pop()
        if number not in found:
            found.add(number)
            waiting += inner(steps[number])
    return sorted(found)


def _depth(text: str) -> int:
    deepest = depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


def _holds(test: Callable[[frozenset[Any], frozenset[Any]], bool], words: frozenset[Any], held: Any) -> bool | None:
    return None if held is None else test(words, frozenset(held))
