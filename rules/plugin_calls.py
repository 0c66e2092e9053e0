"""Calling plug-in functions: canonical columns in, a checked column out, *unknown* for every row whenever something is wrong.

On the first call of a function, and on a fixed sample of later ones, it is asked twice, and a sample of the rows once more in another order and in
parts. A function that contradicts itself is not asked again in this process; nor is one that was stopped too often.
"""

import hashlib
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from threading import Lock
from typing import Any
from zlib import crc32

import numpy as np

from rules.functions import Function
from rules.inputs import Array, Column
from rules.kinds import Kind
from rules.plugin_faults import Ledger, Source
from rules.plugin_process import Helper, HelperLostError
from rules.plugin_wire import canonical, pack, unpack
from rules.plugins import FUNCTIONS


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a plug-in may take, and how often it may overrun or crash before it is not asked again."""

    load: float = 20.0
    call: float = 2.0
    row: float = 0.001
    strikes: int = 3

    def seconds(self, rows: int) -> float:
        """The time for a call over so many rows.

        >>> Limits().seconds(10), Limits().seconds(50_000)
        (2.0, 50.0)
        """
        return max(self.call, self.row * rows)


NOBODY = Source("function", "", "", "")
BATCH = 50_000  # rows of one request
EVERY = 16  # one call in so many is checked
SAMPLE = 512  # rows asked again in another order
TOLERANCE = 1e-9  # relative; sums over other batch sizes may differ in their last digits


@dataclass(frozen=True, slots=True)
class Offered(Function):
    """A function of a plug-in as the vocabulary holds it: the service knows all of it but the body."""

    source: Source = NOBODY
    version: str = ""
    reads_text: bool = False
    place: str = ""


class _Unanswered(Exception):  # noqa: N818 - no error: the fault is recorded, the rows are unknown
    pass


class Caller:
    """Calls functions through one helper, and remembers which are not to be asked again."""

    def __init__(self, helper: Helper, ledger: Ledger, limits: Limits) -> None:
        self._helper = helper
        self._ledger = ledger
        self._limits = limits
        self._calls: dict[Source, int] = {}
        self._widest: dict[Source, int] = {}
        self._strikes: dict[Source, int] = {}
        self._refused: set[Source] = set()
        self._lock = Lock()

    def call(self, function: Offered, size: int, texts: Array | None, args: Sequence[Any]) -> Column:
        """The function over `size` rows; unknown everywhere when it failed, answered wrongly or was too slow."""
        if function.source in self._refused:
            return unknown(function, size)
        request = _Request(function, size, texts, tuple(args))
        try:
            parts = [request.rows(np.arange(start, min(start + BATCH, size))) for start in range(0, size, BATCH)] or [request]
            answers = [self._ask(part) for part in parts]
            if self._due(function.source, parts[0].size):
                self._check(parts[0], answers[0])
        except _Unanswered:
            return unknown(function, size)
        return Column(np.concatenate([one.values for one in answers]), np.concatenate([one.known for one in answers]))

    def absent(self, name: str) -> None:
        """Put a call of a function that nobody offers on the list."""
        self._ledger.record("P006", Source("function", name, "", ""))

    def _ask(self, request: "_Request") -> Column:
        function = request.function
        seconds = self._limits.seconds(request.size)
        frame = ("call", FUNCTIONS, function.source.name, function.place, seconds, request.size, *request.packed())
        try:
            self._helper.ask(("load", FUNCTIONS, function.source.name, function.place, self._limits.load), self._limits.load)
            what, data = self._helper.ask(frame, seconds)
        except HelperLostError as lost:
            self._strike(function.source, lost, seconds)
            raise _Unanswered from None
        except OSError as error:
            raise self._fault("P010", function.source, detail=str(error)) from None
        if what != "ok":
            raise self._fault(what, function.source, **data)
        return self._checked(request, data)

    def _checked(self, request: "_Request", data: Any) -> Column:
        """The answer, which may be a lie."""
        function = request.function
        try:
            answer = unpack(data)
        except (TypeError, ValueError) as error:
            raise self._fault("P013", function.source, detail=str(error)) from None
        if len(answer.values) != request.size or len(answer.known) != request.size:
            raise self._fault("P020", function.source, wanted=request.size, found=len(answer.values))
        if not function.maybe and not answer.known.all():
            raise self._fault("P023", function.source)
        if function.result.kind is Kind.NUMBER and np.isinf(answer.values[answer.known]).any():
            raise self._fault("P024", function.source)
        if function.values:
            found = answer.values[answer.known].tolist()
            said = set().union(*found) if function.result.kind is Kind.SET else set(found)
            odd = said - {name for name, _ in function.values}
            if odd:
                raise self._fault("P022", function.source, found=min(odd)[:60])
        return answer

    def _check(self, request: "_Request", answer: Column) -> None:
        """Ask again: the same, then some rows in another order and in three parts, the first of one row."""
        if not same(answer, self._ask(request)):
            raise self._refuse("P030", request.function.source)
        order = np.random.default_rng(crc32(request.function.name.encode())).permutation(request.size)[:SAMPLE]
        cuts = [1, ceil(len(order) / 2)] if len(order) > 2 else [1]
        for rows in np.split(order, cuts):
            if len(rows) and not same(Column(answer.values[rows], answer.known[rows]), self._ask(request.rows(rows))):
                raise self._refuse("P031", request.function.source)

    def _due(self, source: Source, size: int) -> bool:
        """Whether this call is checked: the first, the first of more than one row, and one in `EVERY`."""
        with self._lock:
            count, widest = self._calls.get(source, 0), self._widest.get(source, 0)
            self._calls[source], self._widest[source] = count + 1, max(widest, size)
        return size > 0 and (widest < min(size, 2) or crc32(f"{source.name}:{count}".encode()) % EVERY == 0)

    def _fault(self, code: str, source: Source, **values: object) -> _Unanswered:
        self._ledger.record(code, source, **values)
        return _Unanswered()

    def _refuse(self, code: str, source: Source, **values: object) -> _Unanswered:
        self._refused.add(source)
        return self._fault(code, source, **values)

    def _strike(self, source: Source, lost: HelperLostError, seconds: float) -> None:
        if lost.late:
            self._ledger.record("P012", source, seconds=f"{seconds:g}", detail=str(lost))
        else:
            self._ledger.record("P013", source, detail=str(lost))
        with self._lock:
            self._strikes[source] = self._strikes.get(source, 0) + 1
        if self._strikes[source] >= self._limits.strikes:
            self._refuse("P032", source, times=self._strikes[source])


@dataclass(frozen=True, eq=False)
class _Request:
    """The arguments of one call, columns in canonical form."""

    function: Offered
    size: int
    texts: Array | None
    args: tuple[Any, ...]

    def rows(self, chosen: Array) -> "_Request":
        """The same call over some of its rows."""
        args = tuple(Column(item.values[chosen], item.known[chosen]) if isinstance(item, Column) else item for item in self.args)
        return _Request(self.function, len(chosen), None if self.texts is None else self.texts[chosen], args)

    def packed(self) -> tuple[Any, list[tuple[str, Any]]]:
        """Texts and arguments as plain data."""
        args = [_packed(item, one.type.kind) for item, one in zip(self.args, self.function.params, strict=True)]
        return None if self.texts is None else self.texts.tolist(), args


def _packed(argument: Any, kind: Kind) -> tuple[str, Any]:
    if isinstance(argument, Column):
        return "column", pack(canonical(argument, kind), kind)
    return ("day", argument.isoformat()) if isinstance(argument, date) else ("literal", argument)


def unknown(function: Function, size: int) -> Column:
    """Unknown in every row, in the array type of the function's result."""
    return canonical(Column(np.zeros(size), np.zeros(size, dtype=bool)), function.result.kind)


def same(one: Column, two: Column) -> bool:
    """Whether two answers are one: the same rows known, with the same values.

    >>> same(Column.of([1.0, None]), Column.of([1.0 + 1e-12, None])), same(Column.of(["a"]), Column.of([None]))
    (True, False)
    """
    if not np.array_equal(one.known, two.known):
        return False
    left, right = one.values[one.known], two.values[two.known]
    if left.dtype.kind == "f" and right.dtype.kind == "f":
        return bool(np.allclose(left, right, rtol=TOLERANCE, atol=TOLERANCE))
    return bool(np.array_equal(left, right))


class Bound:
    """Plug-in calls over one set of rows. Each is asked once: what fires and what explains it see the same answer.

    Where rows have no text, functions that read it are unknown.
    """

    def __init__(self, caller: Caller, size: int, text: Callable[[int], str] | None) -> None:
        self._caller = caller
        self._size = size
        self._text = text
        self._texts: Array | None = None
        self._answers: dict[bytes, Column] = {}

    def call(self, function: Offered, args: Sequence[Any]) -> Column:
        """The function's column."""
        packed = [_packed(item, one.type.kind) for item, one in zip(args, function.params, strict=True)]
        key = hashlib.blake2b(pickle.dumps((function.name, packed))).digest()
        if key not in self._answers:
            self._answers[key] = self._answer(function, args)
        return self._answers[key]

    def absent(self, name: str) -> Column:
        """A function that a rule in force calls and that is no longer there: unknown in every row."""
        self._caller.absent(name)
        return Column(np.zeros(self._size), np.zeros(self._size, dtype=bool))

    def _answer(self, function: Offered, args: Sequence[Any]) -> Column:
        if not function.reads_text:
            return self._caller.call(function, self._size, None, args)
        if self._text is None:
            return unknown(function, self._size)
        if self._texts is None:
            self._texts = np.empty(self._size, dtype=object)
            self._texts[:] = [self._text(row) for row in range(self._size)]
        return self._caller.call(function, self._size, self._texts, args)
