"""What was known around units at many moments, counted at once. ``units.joined`` counts each moment for itself: right, and slow for a month of signals.

Each moment keeps its own history: its subjects get numbers of their own, so nothing that one moment knew is seen at another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from features.context import Context, Known
from risk.services import units

if TYPE_CHECKING:
    import pandas as pd

_APART = 1 << 40
"""More subjects than a store has: subject s of moment k is told apart as k times this, plus s."""


@dataclass(frozen=True, slots=True, eq=False)
class Moments(Context):
    """Rows of several contexts as one. ``whole`` has the histories of all of them side by side."""

    whole: Context | None = None

    def counts(self, kind: str, days: float) -> NDArray[np.float64]:
        return Context.counts(self if self.whole is None else self.whole, kind, days)

    def window(self, how: str, stream: str, field: str = "", days: float | None = None, relation: str = "") -> NDArray[np.float64]:
        return Context.window(self if self.whole is None else self.whole, how, stream, field, days, relation)

    def related(self, relation: str) -> NDArray[np.float64]:
        return Context.related(self if self.whole is None else self.whole, relation)


def moments(parts: Sequence[tuple[Context, int]]) -> Context:
    """The same as ``units.joined(parts)``, whose answers the tests hold it to."""
    joined = units.joined(parts)
    kept = {item.name: getattr(joined, item.name) for item in fields(Context) if item.init}
    return Moments(**kept, whole=_whole(parts))


def _whole(parts: Sequence[tuple[Context, int]]) -> Context:
    import pandas as pd

    contexts = list({id(one): one for one, _ in parts}.values())
    number = {id(one): k * _APART for k, one in enumerate(contexts)}
    events = [_apart(one.events, number[id(one)]) for one in contexts if one.events is not None and len(one.events)]
    template = next((one.events for one in contexts if one.events is not None), None)
    asked = [_query(one, row, number[id(one)]) for one, row in parts]
    queries = pd.DataFrame(asked, columns=["subject", "unit", "as_of"], dtype=object)
    queries["as_of"] = pd.to_datetime(queries["as_of"], utc=True)
    return replace(
        Context.unknown(len(parts)),
        events=pd.concat(events, ignore_index=True) if events else template,
        queries=queries,
        known=_known(contexts, number),
    )


def _query(one: Context, row: int, apart: int) -> tuple[int | None, Any, Any]:
    import pandas as pd

    if one.queries is None:
        return None, None, None
    subject: Any = one.queries["subject"].iat[row]
    return None if pd.isna(subject) else apart + int(subject), one.queries["unit"].iat[row], one.queries["as_of"].iat[row]


def _apart(table: pd.DataFrame, apart: int) -> pd.DataFrame:
    import pandas as pd

    subjects = [None if pd.isna(subject) else apart + int(subject) for subject in table["subject"]]
    return table.assign(subject=pd.Series(subjects, dtype=object, index=table.index))


def _known(contexts: Sequence[Context], number: Mapping[int, int]) -> Known:
    """Whose events are whose, and who shares what: of each moment for itself."""
    own = [one.known.own for one in contexts if one.known.own is not None and len(one.known.own)]
    import pandas as pd

    links = []
    for one in contexts:
        if one.known.links is not None and len(one.known.links):
            mine = _apart(one.known.links, number[id(one)])
            links.append(mine.assign(key=[f"{number[id(one)]}|{key}" for key in mine["key"]]))
    return Known(
        own=pd.concat(own, ignore_index=True).drop_duplicates() if own else None,
        links=pd.concat(links, ignore_index=True) if links else None,
    )
