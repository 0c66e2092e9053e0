"""The same rules by other engines: zen-engine, Common Expression Language, rule-engine, generated Python, bare polars and bare numpy.

Each runner is given rows as it likes them best, made before the clock: dictionaries for engines that go row by row, columns for the others.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from experiments.bench.dialects import said
from experiments.bench.engine_rules import CATEGORIES, Table
from rules.nodes import And, Between, Compare, Expr, InSet, Name, Not, Number, Or, Text
from rules.pack import Pack

Row = dict[str, Any]
Outcome = list[bool]
OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def zen_list(pack: Pack) -> Callable[[Row], Outcome]:
    """zen-engine with all rules as one list expression: one crossing into Rust a row."""
    import zen

    expression = zen.compile_expression("[" + ", ".join(said(pack, "zen")) + "]")
    evaluate: Callable[[Row], Outcome] = expression.evaluate
    return evaluate


def zen_each(pack: Pack) -> Callable[[Row], Outcome]:
    """zen-engine with an expression a rule."""
    import zen

    expressions = [zen.compile_expression(text) for text in said(pack, "zen")]
    return lambda row: [expression.evaluate(row) for expression in expressions]


def cel_list(pack: Pack) -> Callable[[Row], Outcome]:
    """Common Expression Language with all rules as one list expression."""
    import cel

    program = cel.compile("[" + ", ".join(said(pack, "cel")) + "]")
    execute: Callable[[Row], Outcome] = program.execute
    return execute


def python_function(pack: Pack) -> Callable[[Row], Outcome]:
    """What one would generate by hand: one Python function with an expression a rule, columns as local names, categories in set displays."""
    rules = ",\n ".join(text.replace("[", "{").replace("]", "}") for text in said(pack, "python"))
    names = sorted(_names(pack))
    source = f"def rules({', '.join(names)}, **_):\n return [{rules}]"
    space: dict[str, Any] = {}
    exec(source, space)
    made = space["rules"]
    return lambda row: made(**row)


def _names(pack: Pack) -> set[str]:
    from rules.nodes import walk

    conditions = {item.name for item in pack.conditions}
    exprs = [*(rule.when for rule in pack.rules), *(item.expr for item in pack.conditions)]
    return {node.name for expr in exprs for node in walk(expr) if isinstance(node, Name)} - conditions


class Polars:
    """Bare polars as its documentation would have it: categories as Enum, shared atoms as columns of a first stage, rules as a second."""

    def __init__(self, pack: Pack, table: Table) -> None:
        import polars as pl

        columns = {
            name: pl.Series(name, np.array(CATEGORIES[name], dtype=object)[column].tolist(), dtype=pl.Enum(CATEGORIES[name]))
            if name in CATEGORIES
            else pl.Series(name, column)
            for name, column in table.columns.items()
        }
        self._frame = pl.DataFrame(columns)
        self._conditions = {item.name: item.expr for item in pack.conditions}
        self._atoms: dict[Expr, str] = {}
        self._rules = [self._say(rule.when).alias(rule.id) for rule in pack.rules]
        self._first = [self._atom(node).alias(name) for node, name in self._atoms.items()]

    def run(self, others: Mapping[str, npt.NDArray[Any]] | None = None, rows: int | None = None) -> Any:
        """A frame of one Boolean column a rule; ``others`` are columns that came later, ``rows`` how many there are of them."""
        import polars as pl

        frame = self._frame if rows is None else self._frame.head(rows)
        if others:
            frame = frame.with_columns([pl.Series(name, column) for name, column in others.items()])
        return frame.select(self._first).select(self._rules)

    def _say(self, node: Expr) -> Any:
        import polars as pl

        match node:
            case And(items):
                return reduce(operator.and_, map(self._say, items))
            case Or(items):
                return reduce(operator.or_, map(self._say, items))
            case Not(item):
                return ~self._say(item)
            case Name(name) if name in self._conditions:
                return self._say(self._conditions[name])
            case _:
                return pl.col(self._atoms.setdefault(node, f"atom{len(self._atoms)}"))

    def _atom(self, node: Expr) -> Any:
        import polars as pl

        match node:
            case Name(name):
                return pl.col(name)
            case Compare(op, Name(name), Number() as number):
                return OPERATORS[op](pl.col(name), number.value)
            case Between(Name(name), Number() as low, Number() as high):
                return pl.col(name).is_between(low.value, high.value)
            case InSet(Name(name), values):
                words = [value.value for value in values if isinstance(value, Text)]
                return pl.col(name).is_in(pl.Series(words, dtype=pl.Enum(CATEGORIES[name])))
            case _:
                raise TypeError(f"not part of this comparison: {type(node).__name__}")


class Numpy:
    """Bare numpy over full columns, each sub-expression once."""

    def __init__(self, pack: Pack, table: Table) -> None:
        self._columns = table.columns
        self._conditions = {item.name: item.expr for item in pack.conditions}
        self._rules = [rule.when for rule in pack.rules]
        self._done: dict[Expr, npt.NDArray[np.bool_]] = {}

    def run(self) -> list[npt.NDArray[np.bool_]]:
        """A mask a rule."""
        self._done = {}
        return [self._mask(node) for node in self._rules]

    def _mask(self, node: Expr) -> npt.NDArray[np.bool_]:
        if node not in self._done:
            self._done[node] = self._compute(node)
        return self._done[node]

    def _compute(self, node: Expr) -> npt.NDArray[np.bool_]:
        match node:
            case And(items):
                return reduce(operator.and_, map(self._mask, items))
            case Or(items):
                return reduce(operator.or_, map(self._mask, items))
            case Not(item):
                return ~self._mask(item)
            case Name(name):
                return self._mask(self._conditions[name]) if name in self._conditions else self._columns[name]
            case Compare(op, Name(name), Number() as number):
                return np.asarray(OPERATORS[op](self._columns[name], number.value))
            case Between(Name(name), Number() as low, Number() as high):
                column = self._columns[name]
                return np.asarray((column >= low.value) & (column <= high.value))
            case InSet(Name(name), values):
                codes = [CATEGORIES[name].index(value.value) for value in values if isinstance(value, Text)]
                return reduce(operator.or_, [self._columns[name] == code for code in codes])
            case _:
                raise TypeError(f"not part of this comparison: {type(node).__name__}")
