"""What rules see of firms, one row each, as ``features.tabular`` builds them. Firms have no text, and nothing around a bare row is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from risk.scoring.inputs import membership, no_hits, vocabulary
from rules.functions import Vocabulary
from rules.inputs import Column, Hits, Spans, WindowQuery
from rules.items import WordList
from rules.kinds import Kind
from rules.plugin_calls import Offered
from rules.plugin_host import installed

if TYPE_CHECKING:
    import pandas as pd


class FirmInputs:
    """``rules.inputs.Inputs`` over a table of firms; ``lists`` are the word lists that texts of fields may be looked up in."""

    def __init__(self, table: pd.DataFrame, lists: Sequence[WordList] = ()) -> None:
        self._table = table
        self._lists = lists
        self._plugins = installed().bind(len(table), None)

    @property
    def vocabulary(self) -> Vocabulary:
        return vocabulary()

    @property
    def size(self) -> int:
        return len(self._table)

    def text(self, row: int) -> str:  # noqa: ARG002 - a firm has none
        return ""

    def hits(self, list_name: str) -> Hits:  # noqa: ARG002
        return no_hits()

    def literal(self, term: str) -> Hits:  # noqa: ARG002
        return no_hits()

    def matches(self, pattern: str) -> Hits:  # noqa: ARG002
        return no_hits()

    def sentences(self) -> Spans:
        none = np.zeros(0, dtype=np.int64)
        return Spans(none, none, none)

    def field(self, name: str) -> Column:
        field = vocabulary().field(name)
        if field is None or field.name not in self._table.columns:
            return self._unknown()
        values = self._table[field.name].to_numpy(dtype=np.float64)
        known = ~np.isnan(values)
        return Column(values > 0, known) if field.type.kind is Kind.FLAG else Column(values, known)

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        """Nothing around a bare row is known; a plug-in's function may still answer from its arguments."""
        function = vocabulary().function(name)
        if function is None:
            return self._plugins.absent(name)
        if isinstance(function, Offered):
            return self._plugins.call(function, args)
        return self._unknown()

    def member(self, column: Column, list_name: str) -> Column:
        return membership(column, self._lists, list_name)

    def window(self, query: WindowQuery) -> Column:  # noqa: ARG002 - no history of a bare row is known
        return self._unknown()

    def related(self, relation: str) -> Column:  # noqa: ARG002
        return self._unknown()

    def _unknown(self) -> Column:
        return Column(np.zeros(self.size), np.zeros(self.size, dtype=bool))
