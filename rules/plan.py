"""Packs made ready to run: every different sub-expression once, as a step with a number; conditions, features and outcomes of rules opened.

A step refers to others by their numbers, so that nothing is hashed or compared as a tree while rows are judged. Rewriting keeps the three-valued meaning:
`and` and `or` are flattened, sorted by cost and freed of repetition, `between` and `in` become comparisons and look-ups, `has any of` one list each.

>>> from rules.pack import pack_from_text
>>> plan = Plan([pack_from_text('rule a "x" when p > 1 and (q = 2 and p > 1)\\nrule b "x" when q = 2 and p > 1')])
>>> plan.root(0, 0) == plan.root(0, 1), len(plan.steps)
(True, 7)
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from rules.functions import Vocabulary
from rules.history import query_of, relation_of
from rules.hit_table import Numbering
from rules.inputs import WindowQuery
from rules.limits import MAX_CHAIN
from rules.nodes import (
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    Contains,
    Count,
    Day,
    Edge,
    Expr,
    Fires,
    Flag,
    Has,
    InList,
    InSet,
    Known,
    Literal,
    Matches,
    Mode,
    Name,
    Near,
    Not,
    Number,
    Operand,
    Or,
    Otherwise,
    Related,
    SameSentence,
    Text,
    Textual,
    Window,
)
from rules.operators import MIRRORED, OPERATORS, EvaluationError
from rules.pack import Pack, Rule
from rules.typed import Types

# Steps that are true, false or unknown.


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same in every row."""

    truth: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A list or word is hit; `kept` says which hits count (`kept_hits`)."""

    operand: Operand
    kept: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Hits stand together, stand at an end, or a regular expression finds something."""

    node: Near | SameSentence | Edge | Matches


@dataclass(frozen=True, slots=True)
class Compared:
    op: str
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value is one of a few."""

    value: int
    words: frozenset[Any]


@dataclass(frozen=True, slots=True)
class Holds:
    """A value that is a set has any, all or none of some."""

    value: int
    mode: Mode
    words: frozenset[Any]


@dataclass(frozen=True, slots=True)
class Flagged:
    """A value taken as yes or no."""

    value: int


@dataclass(frozen=True, slots=True)
class IsKnown:
    value: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A truth with its unknowns replaced."""

    item: int
    default: bool


@dataclass(frozen=True, slots=True)
class Opposite:
    item: int


@dataclass(frozen=True, slots=True)
class AllOf:
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    items: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WhileInForce:
    """The outcome of a rule, which is false on days on which it does not hold: `number` into `Plan.asked`."""

    number: int
    item: int


# Steps that are values.


@dataclass(frozen=True, slots=True)
class Constant:
    value: Any
    kind: str
    """Python takes 1.0 and true for one key."""


@dataclass(frozen=True, slots=True)
class FieldValue:
    name: str


@dataclass(frozen=True, slots=True)
class CallValue:
    """`args` are numbers of steps; constants are handed over as they are."""

    name: str
    args: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WindowValue:
    query: WindowQuery


@dataclass(frozen=True, slots=True)
class RelatedValue:
    relation: str


@dataclass(frozen=True, slots=True)
class Listed:
    value: int
    word_list: str


@dataclass(frozen=True, slots=True)
class Calculated:
    op: str
    left: int
    right: int
    percent: bool


@dataclass(frozen=True, slots=True)
class Counted:
    node: Count


@dataclass(frozen=True, slots=True)
class Defaulted:
    value: int
    default: int


@dataclass(frozen=True, slots=True)
class TruthValue:
    """A yes or no taken as a value."""

    item: int


Logic: TypeAlias = Fixed | Hit | Placed | Compared | OneOf | Holds | Flagged | IsKnown | Settled | Opposite | AllOf | AnyOf | WhileInForce
Value: TypeAlias = Constant | FieldValue | CallValue | WindowValue | RelatedValue | Listed | Calculated | Counted | Defaulted | TruthValue
Step: TypeAlias = Logic | Value

NEGATED, REPORTED, AGGRESSIVE = 1, 2, 4


def kept_hits(node: Textual) -> int:
    """Which hits a text operator lets through, as bits: negated ones, reported ones, those seen only through a disguise.

    >>> kept_hits(Matches("x")), kept_hits(Matches("x", asserted=True)), kept_hits(Matches("x", plain=True))
    (7, 4, 3)
    """
    negated = not (node.asserted or node.unnegated)
    reported = not (node.asserted or node.unquoted)
    return NEGATED * negated | REPORTED * reported | AGGRESSIVE * (not node.plain)


_COST: dict[type[Step], int] = {
    Fixed: 0, Hit: 1, Constant: 0, FieldValue: 1, Counted: 4, Placed: 5, Holds: 5, Calculated: 3, Listed: 20, CallValue: 30, RelatedValue: 40,
    WindowValue: 40,
}  # fmt: skip
_SEARCH = 12
"""Of a regular expression: it is looked for where words have not decided."""
DEAR = 20
"""From this cost on it pays to see first whether a step can still matter."""


_JOINING = (AllOf, AnyOf, Opposite, WhileInForce)
"""Steps of which a row's truth rests on the truths of that row alone, so that rows may be left out."""


def _cost(step: Step) -> int:
    return _SEARCH if isinstance(step, Placed) and isinstance(step.node, Matches) else _COST.get(type(step), 1)


def _searches(step: Step) -> bool:
    return isinstance(step, Placed) and isinstance(step.node, Matches | SameSentence | Edge)


class Plan:
    """Packs compiled under one vocabulary. Rules are compiled when first asked for; one that cannot be raises `EvaluationError` each time."""

    def __init__(self, packs: Sequence[Pack], vocabulary: Vocabulary | None = None) -> None:
        self.packs = tuple(packs)
        self.steps: list[Step] = []
        self.costs: list[int] = []
        self.searching: list[bool] = []
        """Steps that an expression or sentences may decide: they are asked about some rows alone (`rules.blocks`)."""
        self.hits: list[tuple[int, Operand, int]] = []
        """The steps that ask whether a list or word is hit: number, list, and which hits count."""
        self.asked: list[Rule] = []
        """The rules whose outcome other rules ask for."""
        self.compiled: dict[tuple[int, ...], Any] = {}
        """Functions for single rows, made of the steps (`rules.single`)."""
        self.met = 0
        """How often a batch of few rows was judged by this plan."""
        self._vocabulary = vocabulary or Vocabulary()
        self._types = [Types(pack, self._vocabulary) for pack in self.packs]
        self._numbers: dict[Step, int] = {}
        self._named: dict[tuple[int, str, bool], int] = {}
        self._roots: dict[tuple[int, int], int | EvaluationError] = {}
        self._outcomes: dict[int, tuple[int, ...]] = {}
        self._chosen: dict[tuple[int, str | None, date | None], Chosen] = {}
        self._numberings: dict[int, Numbering] = {}
        self._depth = 0
        self._lock = Lock()

    def numbering(self, operands: tuple[Operand, ...]) -> Numbering:
        """The numbers of lists in a host's tables of hits: made once for the same lists."""
        found = self._numberings.get(id(operands))
        if found is None:
            if len(self._numberings) >= _KEPT:
                self._numberings.clear()
            found = self._numberings[id(operands)] = Numbering(operands)
        return found

    def root(self, pack: int, at: int) -> int:
        """The step that is the outcome of a pack's rule, by its place."""
        key = (pack, at)
        if key not in self._roots:
            try:
                self._roots[key] = self.compile(pack, self.packs[pack].rules[at].when)
            except EvaluationError as error:
                self._roots[key] = error
        found = self._roots[key]
        if isinstance(found, EvaluationError):
            raise EvaluationError(*found.args)
        return found

    def outcomes(self, pack: int) -> tuple[int, ...]:
        """The different outcomes of all rules of a pack, without those that cannot run."""
        found = self._outcomes.get(pack)
        if found is None:
            roots: dict[int, None] = {}
            for at in range(len(self.packs[pack].rules)):
                with suppress(EvaluationError):
                    roots[self.root(pack, at)] = None
            found = self._outcomes[pack] = tuple(roots)
        return found

    def chosen(self, pack: int, lens: str | None, as_of: date | None) -> "Chosen":
        """The rules of a pack under a lens, and which of them hold on a day. Raises `EvaluationError` where one that holds cannot run."""
        key = (pack, lens, as_of)
        found = self._chosen.get(key)
        if found is None:
            if len(self._chosen) >= _KEPT:
                self._chosen.clear()
            found = self._chosen[key] = self._choose(pack, lens, as_of)
        return found

    def _choose(self, pack: int, lens: str | None, as_of: date | None) -> "Chosen":
        rules = [(at, rule) for at, rule in enumerate(self.packs[pack].rules) if lens is None or rule.lens in (lens, "")]
        roots = [self.root(pack, at) if rule.in_force(as_of) else None for at, rule in rules]
        column = {root: at for at, root in enumerate(self.outcomes(pack))}
        places = np.array([len(column) if root is None else column[root] for root in roots], dtype=np.intp)
        return Chosen(tuple(rule for _, rule in rules), tuple(roots), places)

    def compile(self, pack: int, node: Expr, *, logic: bool = True) -> int:
        """The step of a condition, or of a value, of a pack. Threads may ask at once."""
        with self._lock:
            self._depth = 0
            return (self._truth if logic else self._value)(pack, node)

    def _truth(self, pack: int, node: Expr) -> int:
        match node:
            case Flag(value):
                return self._add(Fixed(value))
            case And(items):
                return self._all([self._truth(pack, item) for item in items])
            case Or(items):
                return self._any([self._truth(pack, item) for item in items])
            case Not(item):
                return self._opposite(self._truth(pack, item))
            case Has():
                return self._has(node)
            case Near() | SameSentence() | Edge() | Matches():
                return self._add(Placed(node))
            case Known(subject, wanted):
                number = self._add(IsKnown(self._value(pack, subject)))
                return number if wanted else self._opposite(number)
            case Compare(op, left, right):
                return self._compared(op, self._value(pack, left), self._value(pack, right))
            case Between(subject, low, high):
                one, least, most = (self._value(pack, item) for item in (subject, low, high))
                return self._all([self._compared(">=", one, least), self._compared("<=", one, most)])
            case InSet(subject, values):
                return self._one_of(self._value(pack, subject), values)
            case Contains(subject, mode, values):
                return self._add(Holds(self._value(pack, subject), mode, frozenset(item.value for item in values)))
            case Name(name) if (definition := self.packs[pack].named(name)) is not None:
                return self._opened(pack, name, definition.expr, logic=True)
            case Fires(rule_id):
                return self._fires(pack, rule_id)
            case Otherwise(subject, Flag(default)):
                return self._add(Settled(self._truth(pack, subject), default))
            case _:
                return self._add(Flagged(self._value(pack, node)))

    def _value(self, pack: int, node: Expr) -> int:
        match node:
            case Number() | Text() | Flag() | Day():
                return self._add(Constant(node.value, type(node.value).__name__))
            case Name(name) if (definition := self.packs[pack].named(name)) is not None:
                return self._opened(pack, name, definition.expr, logic=False)
            case Name(name):
                field = self._vocabulary.field(name)
                return self._add(FieldValue(field.name if field else name))
            case Call(name, args):
                function = self._vocabulary.function(name)
                return self._add(CallValue(function.name if function else name, tuple(self._value(pack, item) for item in args)))
            case Window():
                return self._add(WindowValue(query_of(node, self._vocabulary)))
            case Related(relation):
                return self._add(RelatedValue(relation_of(relation, self._vocabulary)))
            case InList(subject, word_list):
                return self._add(Listed(self._value(pack, subject), word_list.name))
            case Arithmetic(op, left, right):
                percent = self._types[pack].percent_of(node)
                return self._add(Calculated(op, self._value(pack, left), self._value(pack, right), percent))
            case Count():
                return self._add(Counted(node))
            case Otherwise(subject, default):
                return self._add(Defaulted(self._value(pack, subject), self._value(pack, default)))
            case _:
                return self._add(TruthValue(self._truth(pack, node)))

    def _add(self, step: Step) -> int:
        number = self._numbers.get(step)
        if number is None:
            number = self._numbers[step] = len(self.steps)
            self.steps.append(step)
            if isinstance(step, Hit):
                self.hits.append((number, step.operand, step.kept))
            self.costs.append(_cost(step) + max((self.costs[item] for item in inner(step)), default=0))
            self.searching.append(_searches(step) or (isinstance(step, _JOINING) and any(self.searching[item] for item in inner(step))))
        return number

    def _opened(self, pack: int, name: str, expr: Expr, *, logic: bool) -> int:
        key = (pack, name, logic)
        if key not in self._named:
            self._named[key] = self._deeper(name, lambda: (self._truth if logic else self._value)(pack, expr))
        return self._named[key]

    def _fires(self, pack: int, rule_id: str) -> int:
        rule = self.packs[pack].rule_by_id.get(rule_id)
        if rule is None:
            raise EvaluationError(f"no rule `{rule_id}` in pack `{self.packs[pack].name}`")
        item = self._deeper(rule_id, lambda: self._truth(pack, rule.when))
        if rule.valid_from is None and rule.valid_to is None:
            return item
        if rule not in self.asked:
            self.asked.append(rule)
        return self._add(WhileInForce(self.asked.index(rule), item))

    def _deeper(self, name: str, read: Callable[[], int]) -> int:
        self._depth += 1
        if self._depth > MAX_CHAIN:
            raise EvaluationError(f"`{name}` builds on itself or on too many others")
        found = read()
        self._depth -= 1
        return found

    def _has(self, node: Has) -> int:
        kept = kept_hits(node)
        items = [self._add(Hit(item, kept)) for item in node.lists]
        if node.mode is Mode.ALL:
            return self._all(items)
        return self._opposite(self._any(items)) if node.mode is Mode.NONE else self._any(items)

    def _one_of(self, value: int, values: Iterable[Literal]) -> int:
        constant = self.steps[value]
        words = frozenset(item.value for item in values)
        return self._add(Fixed(constant.value in words) if isinstance(constant, Constant) else OneOf(value, words))

    def _compared(self, op: str, left: int, right: int) -> int:
        one, two = self.steps[left], self.steps[right]
        if isinstance(one, Constant):
            if isinstance(two, Constant):
                return self._add(Fixed(bool(OPERATORS[op](one.value, two.value))))
            op, left, right, two = MIRRORED[op], right, left, one
        if isinstance(two, Constant) and op == "=" and two.kind == "str":
            return self._add(OneOf(left, frozenset({two.value})))
        return self._add(Compared(op, left, right))

    def _opposite(self, item: int) -> int:
        match self.steps[item]:
            case Fixed(truth):
                return self._add(Fixed(not truth))
            case Opposite(inner_item):
                return inner_item
            case _:
                return self._add(Opposite(item))

    def _all(self, items: list[int]) -> int:
        return self._joined(items, AllOf, neutral=True)

    def _any(self, items: list[int]) -> int:
        return self._joined(items, AnyOf, neutral=False)

    def _joined(self, items: list[int], kind: type[AllOf] | type[AnyOf], *, neutral: bool) -> int:
        flat: set[int] = set()
        for item in items:
            step = self.steps[item]
            if isinstance(step, Fixed):
                if step.truth is not neutral:
                    return self._add(Fixed(not neutral))
            elif isinstance(step, kind):
                flat.update(step.items)
            else:
                flat.add(item)
        if not flat:
            return self._add(Fixed(neutral))
        if len(flat) == 1:
            return flat.pop()
        return self._add(kind(tuple(sorted(flat, key=lambda number: (self.costs[number], number)))))


def inner(step: Step) -> tuple[int, ...]:
    """The numbers that a step refers to.

    >>> inner(AllOf((1, 2))), inner(Compared("=", 3, 4)), inner(Fixed(True))
    ((1, 2), (3, 4), ())
    """
    match step:
        case AllOf(items) | AnyOf(items) | CallValue(_, items):
            return items
        case Compared(_, left, right) | Calculated(_, left, right):
            return left, right
        case Defaulted(value, default):
            return value, default
        case OneOf(item) | Holds(item) | Flagged(item) | IsKnown(item) | Settled(item) | Opposite(item) | TruthValue(item) | Listed(item):
            return (item,)
        case WhileInForce(_, item):
            return (item,)
        case _:
            return ()


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Some rules of a pack: the steps of their outcomes (None where a rule does not hold), and their places in `Plan.outcomes` (its length likewise)."""

    rules: tuple[Rule, ...]
    roots: tuple[int | None, ...]
    places: npt.NDArray[np.intp]


_LATELY: dict[tuple[int, ...], tuple[tuple[Pack, ...], Vocabulary, Plan]] = {}
_KEPT = 32


def plan_of(packs: Sequence[Pack], vocabulary: Vocabulary) -> Plan:
    """The plan of these very packs under this very vocabulary; some are kept, so that a pack is compiled once and not once a batch.

    >>> packs = [Pack("demo")]
    >>> words = Vocabulary()
    >>> plan_of(packs, words) is plan_of(packs, words), plan_of([Pack("demo")], words) is plan_of(packs, words)
    (True, False)
    """
    key = (id(vocabulary), *map(id, packs))
    found = _LATELY.get(key)
    if found is None:
        while len(_LATELY) >= _KEPT:
            _LATELY.pop(next(iter(_LATELY)), None)
        found = _LATELY[key] = (tuple(packs), vocabulary, Plan(packs, vocabulary))
    return found[2]


def in_force(plan: Plan, as_of: date | None) -> tuple[bool, ...]:
    """Which of the rules that others ask for hold on a day."""
    return tuple(rule.in_force(as_of) for rule in plan.asked)
