"""What is known around a text: channel, licences and history of its subject, as of a moment. Columns with nan where nothing is known.

>>> around = Context.unknown(2)
>>> around.columns().isna().all().all(), around.licence_states("药品经营许可证")
(np.True_, [None, None])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import Feature
from features.windows import history

LICENCE_KINDS = ("药品经营许可证", "医疗器械经营许可证", "医疗机构执业许可证", "医疗广告审查证明", "金融许可证")
_LICENCE_NAMES = ("drug", "device", "clinic", "ad_review", "finance")
EVENT_KINDS = ("signal", "alert", "complaint", "confirmed")
_WINDOWS = (("signal", 30, "信号"), ("alert", 180, "预警"), ("complaint", 30, "投诉"), ("confirmed", 730, "属实"))

CONTEXT: tuple[Feature, ...] = (
    Feature("subject_known", "主体已知", "flag", "", "信号关联到了主体", "the signal is linked to a subject"),
    Feature("subject_age_days", "主体成立天数", "amount", "天", "登记至研判时刻的天数", "days from registration to the moment judged"),
    *(
        Feature(
            f"licence_{name}",
            f"许可有效：{kind}",
            "flag",
            "",
            f"{kind}在研判时刻有效为 1，过期或没有为 0",
            f"1 if {name} licence is valid then, 0 if not",
        )
        for name, kind in zip(_LICENCE_NAMES, LICENCE_KINDS, strict=True)
    ),
    *(
        Feature(
            f"{kind}s_{days}d",
            f"近{days}天{zh}数",
            "count",
            "起",
            f"主体近{days}天{zh}数，不含本条",
            f"{kind}s of the subject in {days} days, not the unit",
        )
        for kind, days, zh in _WINDOWS
    ),
)
"""The columns that :meth:`Context.columns` gives, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """n units: where they came from and what was known of their subjects when judged.

    ``licences``: kind → one of ``valid``, ``expired``, ``absent`` or None a unit. ``events``: subject, at, kind, unit (see :mod:`features.windows`);
    ``queries``: subject, as_of, unit, one row a unit, subject None where unknown.
    """

    channel: Sequence[str | None]
    signal_kind: Sequence[str | None]
    licences: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    age_days: Sequence[float] | None = None
    events: pd.DataFrame | None = None
    queries: pd.DataFrame | None = None
    parts: tuple[tuple[Context, int], ...] = ()
    """Where rows come from several moments: the context and row that each one's history is counted in."""

    @classmethod
    def unknown(cls, n: int) -> Context:
        """Bare texts: nothing is known around them."""
        return cls([None] * n, [None] * n)

    @property
    def n(self) -> int:
        """How many units."""
        return len(self.channel)

    def licence_states(self, kind: str) -> list[str | None]:
        """The state of that licence a unit; None where the subject is unknown."""
        return list(self.licences.get(kind, [None] * self.n))

    def counts(self, kind: str, days: float) -> NDArray[np.float64]:
        """How many events of that kind lie in the ``days`` before each unit's moment; nan where the subject is unknown."""
        if self.parts:
            counted = {one: one.counts(kind, days) for one in dict.fromkeys(c for c, _ in self.parts)}
            return np.array([counted[one][row] for one, row in self.parts])
        if self.events is None or self.queries is None:
            return np.full(self.n, np.nan)
        found = history(self.events, self.queries, days, kind=kind)["count"].to_numpy(dtype=np.float64, copy=True)
        found[self.queries["subject"].isna().to_numpy()] = np.nan
        return found

    def columns(self) -> pd.DataFrame:
        """The numeric columns for learners."""
        known = np.full(self.n, np.nan)
        if self.parts:
            known[:] = [float("nan") if c.queries is None else float(pd.notna(c.queries["subject"].iloc[i])) for c, i in self.parts]
        elif self.queries is not None:
            known[:] = self.queries["subject"].notna().to_numpy()
        table: dict[str, NDArray[np.float64]] = {
            "subject_known": known,
            "subject_age_days": np.full(self.n, np.nan) if self.age_days is None else np.asarray(self.age_days, dtype=np.float64),
        }
        for name, kind in zip(_LICENCE_NAMES, LICENCE_KINDS, strict=True):
            table[f"licence_{name}"] = np.array([np.nan if s is None else float(s == "valid") for s in self.licence_states(kind)])
        for kind, days, _ in _WINDOWS:
            table[f"{kind}s_{days}d"] = self.counts(kind, days)
        return pd.DataFrame(table)
