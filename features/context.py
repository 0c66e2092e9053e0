"""What is known around a text: channel, licences and history of its subject, as of a moment. Columns with nan where nothing is known.

>>> around = Context.unknown(2)
>>> around.columns().isna().all().all(), around.licence_states("药品经营许可证")
(np.True_, [None, None])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import Feature
from features.identifiers import Identifier
from features.register import Party, Register, state
from features.windows import Windows

LICENCE_KINDS = ("药品经营许可证", "医疗器械经营许可证", "医疗机构执业许可证", "医疗广告审查证明", "金融许可证")
_LICENCE_NAMES = ("drug", "device", "clinic", "ad_review", "finance")
EVENT_KINDS = ("signal", "alert", "complaint", "confirmed", "verdict", "change", "penalty")
STREAMS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "signals": ("signal", {"channel": "channel", "source": "source"}),
    "alerts": ("alert", {"model": "model", "grade": "grade", "probability": "probability"}),
    "verdicts": ("verdict", {"code": "code", "confirmed": "confirmed", "amount": "amount"}),
    "complaints": ("complaint", {"channel": "channel"}),
    "changes": ("change", {"kind": "item"}),
    "penalties": ("penalty", {"amount": "amount", "kind": "item"}),
}
"""What windows look back on: stream → kind of event, and its fields → the column of ``Context.events`` that holds each."""
EVENT_COLUMNS = ("subject", "at", "kind", "unit", *sorted({column for _, fields in STREAMS.values() for column in fields.values()}))
RELATIONS = ("same_address", "same_phone", "same_person")
CHANNEL_GROUPS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "private": ("私下渠道", "a private channel", ("sms", "moments", "chat", "leaflet")),
    "open": ("公开发布渠道", "a channel open to all", ("short_video", "livestream", "article", "forum", "app_push")),
    "shop": ("商品页面", "a page of goods", ("listing",)),
    "press": ("公告与新闻", "notices and news", ("official", "news")),
    "complaint": ("投诉渠道", "a complaint", ("complaint",)),
}
"""Channels by how a message is spread: who sells in private is judged otherwise than who sells in a shop. Name → Chinese, English, codes of channels."""
_GROUP_OF = {code: group for group, (_, _, codes) in CHANNEL_GROUPS.items() for code in codes}
_TOLD = {"content": 0.0, "report": 1.0, "warning": 1.0}
_WINDOWS = (("signal", 30, "信号"), ("alert", 180, "预警"), ("complaint", 30, "投诉"), ("confirmed", 730, "属实"))

CONTEXT: tuple[Feature, ...] = (
    *(
        Feature(f"channel_{group}", f"渠道：{zh}", "flag", "", f"经{zh}而来；渠道不明为未知", f"came by {en}; unknown where the channel is")
        for group, (zh, en, _) in CHANNEL_GROUPS.items()
    ),
    Feature(
        "told_by_others",
        "他人反映",
        "flag",
        "",
        "举报、舆情或外部预警，而非所发布内容本身",
        "a report or a warning, not the published content itself",
    ),
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
_NAMES = pd.Index([feature.name for feature in CONTEXT])


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What was known of all subjects at the judged moment, whatever units are asked about. Subjects are numbers.

    ``own`` (unit, event): further events that are a unit's own, the alerts it is evidence of and their verdicts. ``links`` (subject, relation, key):
    what subjects share, of the units' subjects and of all others that share it with them. ``held``: the kinds of licences each subject held validly;
    ``names``: what subjects are called. ``day``: the day (ISO date) on which numbers and licences are looked at.
    """

    day: str | None = None
    own: pd.DataFrame | None = None
    links: pd.DataFrame | None = None
    held: Mapping[int, frozenset[str]] | None = None
    names: Mapping[int, str | None] = field(default_factory=dict)
    register: Register | None = None

    def groups(self, relation: str) -> pd.DataFrame:
        """Who shares what: subject, group."""
        if self.links is None:
            return pd.DataFrame({"subject": [], "group": []}, dtype=object)
        chosen = self.links[self.links["relation"] == relation]
        return pd.DataFrame({"subject": chosen["subject"].to_numpy(dtype=object), "group": chosen["key"].to_numpy(dtype=object)})

    def shared(self, relation: str) -> Iterable[tuple[Any, Any]]:
        """The same as pairs."""
        if self.links is None:
            return ()
        chosen = (self.links["relation"] == relation).to_numpy(dtype=bool)
        return zip(self.links["subject"].to_numpy(dtype=object)[chosen], self.links["key"].to_numpy(dtype=object)[chosen], strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """n units: where they came from and what was known of their subjects when judged.

    ``licences``: kind → one of ``valid``, ``expired``, ``absent`` or None a unit. ``events``: the columns of `EVENT_COLUMNS`, unknown values None (see
    :mod:`features.windows`); ``queries``: subject, as_of, unit, one row a unit, subject None where unknown.
    """

    channel: Sequence[str | None]
    signal_kind: Sequence[str | None]
    licences: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    age_days: Sequence[float] | None = None
    events: pd.DataFrame | None = None
    queries: pd.DataFrame | None = None
    known: Known = field(default_factory=Known)
    parts: tuple[tuple[Context, int], ...] = ()
    """Where rows come from several moments: the context and row that each one's history is counted in."""
    _ready: list[Windows] = field(default_factory=list, init=False, repr=False)
    _who: list[list[int | None]] = field(default_factory=list, init=False, repr=False)

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

    def licences_held(self) -> list[frozenset[str] | None]:
        """The kinds of licences that each unit's subject held validly; None where the subject is unknown."""
        if self.parts:
            return self._of_parts(Context.licences_held)
        held = self.known.held
        return [None if held is None or subject is None else held.get(subject, frozenset()) for subject in self._subjects()]

    def number_state(self, row: int, number: Identifier) -> str:
        """What the registers say of a number that a unit's text shows; one of ``features.register.REGISTER_STATES``."""
        if self.parts:
            one, at = self.parts[row]
            return one.number_state(at, number)
        subject = self._subjects()[row]
        user = None if subject is None else Party(self.known.names.get(subject), subject)
        return state(number, self.known.register, user, self.known.day)

    def counts(self, kind: str, days: float) -> NDArray[np.float64]:
        """How many events of that kind lie in the ``days`` before each unit's moment; nan where the subject is unknown."""
        return self._counted("count", kind, "", days, "")

    def window(self, how: str, stream: str, field: str = "", days: float | None = None, relation: str = "") -> NDArray[np.float64]:
        """One of ``features.windows.AGGREGATES`` over a stream of the subject, or over that of the others it shares a relation with.

        nan where the subject is unknown, or what it could share, or the number itself.
        """
        kind, columns = STREAMS[stream]
        return self._counted(how, kind, columns[field] if field else "", days, relation)

    def related(self, relation: str) -> NDArray[np.float64]:
        """How many other subjects share that with each unit's subject; nan where the subject or its value is unknown."""
        if self.parts:
            return np.array(self._of_parts(lambda one: one.related(relation)))
        members: dict[Any, set[Any]] = {}
        mine: dict[Any, list[Any]] = {}
        for subject, group in self.known.shared(relation):
            members.setdefault(group, set()).add(subject)
            mine.setdefault(subject, []).append(group)
        found = {
            subject: float(len(set().union(*(members[group] for group in mine[subject])) - {subject}))
            for subject in set(self._subjects())
            if subject is not None and subject in mine
        }
        return np.array([found.get(subject, np.nan) if subject is not None else np.nan for subject in self._subjects()], dtype=np.float64)

    def _counted(self, how: str, kind: str, column: str, days: float | None, relation: str) -> NDArray[np.float64]:
        if self.parts:
            return np.array(self._of_parts(lambda one: one._counted(how, kind, column, days, relation)), dtype=np.float64)
        if self.events is None or self.queries is None:
            return np.full(self.n, np.nan)
        groups = self.known.groups(relation) if relation else None
        if not self._ready:
            self._ready.append(Windows(self.events, self.queries, self.known.own))
        found = self._ready[0].window(how, kind=kind, field=column, days=days, groups=groups)
        found[self.queries["subject"].isna().to_numpy()] = np.nan
        if groups is not None:
            found[~self.queries["subject"].isin(groups["subject"]).to_numpy()] = np.nan
        return found

    def _subjects(self) -> list[int | None]:
        if self.queries is None:
            return [None] * self.n
        if not self._who:
            self._who.append([None if pd.isna(subject) else int(subject) for subject in self.queries["subject"].tolist()])
        return self._who[0]

    def _of_parts(self, ask: Callable[[Context], Sequence[Any] | NDArray[Any]]) -> list[Any]:
        """What each part says of its row; every part is asked once."""
        said = {one: ask(one) for one in dict.fromkeys(one for one, _ in self.parts)}
        return [said[one][row] for one, row in self.parts]

    def columns(self) -> pd.DataFrame:
        """The numeric columns for learners."""
        known = np.full(self.n, np.nan)
        if self.parts:
            known[:] = [float("nan") if c.queries is None else float(pd.notna(c.queries["subject"].iloc[i])) for c, i in self.parts]
        elif self.queries is not None:
            known[:] = self.queries["subject"].notna().to_numpy()
        groups = [_GROUP_OF.get(channel or "") for channel in self.channel]
        table: dict[str, NDArray[np.float64]] = {
            f"channel_{group}": np.array([np.nan if found is None else float(found == group) for found in groups])
            for group in CHANNEL_GROUPS
        }
        table |= {
            "told_by_others": np.array([_TOLD.get(kind or "", np.nan) for kind in self.signal_kind], dtype=np.float64),
            "subject_known": known,
            "subject_age_days": np.full(self.n, np.nan) if self.age_days is None else np.asarray(self.age_days, dtype=np.float64),
        }
        for name, kind in zip(_LICENCE_NAMES, LICENCE_KINDS, strict=True):
            table[f"licence_{name}"] = np.array([np.nan if s is None else float(s == "valid") for s in self.licence_states(kind)])
        for kind, days, _ in _WINDOWS:
            table[f"{kind}s_{days}d"] = self.counts(kind, days)
        return pd.DataFrame(np.array(list(table.values())).T, columns=_NAMES)
