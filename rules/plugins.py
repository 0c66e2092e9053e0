"""What an installed Python package may add to the rules: functions, word lists, packs. This module is all that its author imports.

A function is declared once, with both names, types, documents and a version, and answers whole columns:

>>> @function(zh="感叹号数", version="1.0", result=Type(Kind.NUMBER), maybe=False, reads_text=True, doc_zh="感叹号的个数", doc_en="exclamation marks")
... def exclamations(rows: Rows) -> Column:
...     return Column.of(text.count("!") + text.count("！") for text in rows.texts)
>>> exclamations(Rows(2, ["好！！", "yes"])).values.tolist()
[2.0, 0.0]

Not ok: a category without values, a name that no rule could write, a body that takes other arguments than are declared.

>>> @function(zh="语气", version="1.0", result=Type(Kind.CATEGORY), doc_zh="语气", doc_en="tone")
... def tone(rows: Rows) -> Column: ...
Traceback (most recent call last):
...
rules.plugins.DeclarationError: a category result needs its values

**Decision: bodies run in a helper process, never in the service.** A deadline has to hold against any body. A thread can be left behind but not
stopped: an asynchronous exception reaches Python bytecode only, and a body inside C code that holds the interpreter lock (a pathological regular
expression, a huge power) stops every other thread, the one with the clock included. Forking a server that has threads is unsafe. So one fresh
interpreter (``rules.plugin_worker``) loads plug-ins and answers over a pipe; a watchdog that needs no interpreter lock ends it at the deadline, the
parent kills it should that fail, and the next call gets a new one. It also keeps crashes, ``sys.exit``, patched modules, printed lines and a
hanging *import* out of the service. Price, measured on a busy two-core
machine: 0.7 s at first use, 0.5 ms for a call of one row, 2 ms for a thousand texts, 0.2 s for a hundred thousand.
What it is not: a sandbox. A plug-in runs with the rights of the service's user and can read files and the network; install only what you have read.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

import numpy as np

from rules.functions import Parameter
from rules.inputs import Array, Column
from rules.items import WordList
from rules.kinds import Kind, Type, Unit

__all__ = [
    "FUNCTIONS",
    "LISTS",
    "PACKS",
    "Column",
    "DeclarationError",
    "Kind",
    "Parameter",
    "PluginFunction",
    "PluginList",
    "PluginPack",
    "Rows",
    "Type",
    "Unit",
    "WordList",
    "function",
]

FUNCTIONS = "risk.rule_functions"
LISTS = "risk.rule_lists"
PACKS = "risk.rule_packs"
"""The entry point groups. An entry point is called like the function, list or model that it offers."""

Argument: TypeAlias = Column | float | str | bool | date
_NAME = re.compile(r"[^\W\d]\w*")


class DeclarationError(ValueError):
    """A declaration that cannot be used; raised where it is written."""


class Rows:
    """The rows of one call: how many, and their texts where the function declares ``reads_text``."""

    def __init__(self, size: int, texts: Sequence[str] | Array | None = None) -> None:
        self.size = size
        self._texts = None if texts is None else _objects(texts)

    @property
    def texts(self) -> Array:
        """The original texts, one a row. Raises `DeclarationError` where the function does not declare ``reads_text``."""
        if self._texts is None:
            raise DeclarationError("only a function with reads_text=True sees the texts")
        return self._texts

    def column(self, argument: Argument) -> Column:
        """An argument as a column: a literal stands in every row.

        >>> Rows(2).column("digit").values.tolist()
        ['digit', 'digit']
        """
        return argument if isinstance(argument, Column) else Column.of([argument] * self.size)


def _objects(items: Sequence[str] | Array) -> Array:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True)
class PluginFunction:
    """A declared function with its body ``(rows, *arguments) -> Column``: literals come as plain values, everything else as columns.

    Columns are read-only; where they are not ``known`` they hold NaN, ``False``, ``""`` or NaT. The body answers each row by itself: the same row gets
    the same answer in any batch, at any time. A result that is no ``Column`` is taken as values in which None and NaN are unknown.
    """

    name: str
    zh: str
    version: str
    params: tuple[Parameter, ...]
    result: Type
    body: Callable[..., Any] = field(repr=False)
    doc_zh: str
    doc_en: str
    values: tuple[tuple[str, str], ...] = ()
    maybe: bool = True
    reads_text: bool = False

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise DeclarationError(problem)

    def __call__(self, rows: Rows, *args: Argument) -> Column:
        """The body's answer, for the author's own tests."""
        return _column(self.body(rows, *args))

    def _problems(self) -> Iterable[str]:
        for name in (self.name, self.zh, *(item.name for item in self.params)):
            if not _NAME.fullmatch(name):
                yield f"`{name}` is no name that a rule can write"
        if not (self.version and self.doc_zh and self.doc_en):
            yield "a version, doc_zh and doc_en are needed"
        if self.result.kind is Kind.CATEGORY and not self.values:
            yield "a category result needs its values"
        wanted = 1 + len(self.params)
        if not _takes(self.body, wanted):
            yield f"the body should take {wanted} positional arguments: rows, then the {len(self.params)} parameters"


def _column(result: Any) -> Column:
    """What a body gave, as a column; None, NaN and NaT are unknown."""
    if isinstance(result, Column):
        return result
    if isinstance(result, np.ndarray) and result.dtype.kind != "O":
        return Column(result, result == result)
    return Column.of(item.item() if isinstance(item, np.generic) else item for item in result)


def _takes(body: Callable[..., Any], size: int) -> bool:
    try:
        inspect.signature(body).bind(*range(size))
    except TypeError:
        return False
    return True


def function(
    *,
    zh: str,
    version: str,
    result: Type,
    doc_zh: str,
    doc_en: str,
    name: str = "",
    params: Iterable[Parameter] = (),
    values: Iterable[tuple[str, str]] = (),
    maybe: bool = True,
    reads_text: bool = False,
) -> Callable[[Callable[..., Any]], PluginFunction]:
    """Declare the function below as a rule function; its English name is its Python name unless told."""

    def declare(body: Callable[..., Any]) -> PluginFunction:
        called = name or body.__name__
        return PluginFunction(called, zh, version, tuple(params), result, body, doc_zh, doc_en, tuple(values), maybe, reads_text)

    return declare


@dataclass(frozen=True, slots=True)
class PluginList:
    """A word list that every pack and every file of the user may use as ``@name``, like one of `packs/shared`.

    >>> PluginList("夸张语", ("震撼来袭",), version="1.0", note="loud words").name
    '夸张语'
    """

    name: str
    terms: tuple[str, ...]
    version: str
    exclude: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise DeclarationError(f"`{self.name}` is no name that a rule can write")
        if not self.version or not self.terms or not all(isinstance(term, str) and term for term in (*self.terms, *self.exclude)):
            raise DeclarationError("a version and terms are needed, and no term is empty")


@dataclass(frozen=True, slots=True)
class PluginPack:
    """Rules for one model, shipped or new: all ``*.rules`` in a folder of the package's data."""

    model: str
    package: str
    version: str
    folder: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.model) or not self.version or not self.package:
            raise DeclarationError("a model, a package and a version are needed")
