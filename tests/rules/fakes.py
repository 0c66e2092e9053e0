"""A host for rules in plain Python: words by `str.find`, columns and histories from lists, some functions. Slow, and small enough to be believed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rules.functions import Field, Function, Parameter, Relation, Stream, Vocabulary
from rules.inputs import Column, Hits, Spans, WindowQuery
from rules.kinds import Kind, Type, Unit
from rules.nodes import Aggregate
from rules.pack import Pack, Plain, WordList

CHANNELS = (("short_video", "短视频"), ("livestream", "直播"), ("moments", "朋友圈"), ("shop", "网店"))
LICENCES = (("drug", "药品经营许可证"), ("food", "食品经营许可证"), ("device", "医疗器械经营许可证"))
STATES = (("valid", "有效"), ("expired", "过期"), ("none", "无"))

VOCABULARY = Vocabulary(
    (
        Field("promised_annual_yield", "承诺年化收益", Type(Kind.NUMBER, Unit.YIELD)),
        Field("fee_share", "手续费比例", Type(Kind.NUMBER, Unit.PERCENT)),
        Field("amount", "金额", Type(Kind.NUMBER, Unit.YUAN)),
        Field("age", "存续时间", Type(Kind.NUMBER, Unit.DAYS)),
        Field("phones", "电话数", Type(Kind.NUMBER)),
        Field("channel", "渠道", Type(Kind.CATEGORY), values=CHANNELS),
        Field("has_wechat", "有微信", Type(Kind.FLAG)),
        Field("seller", "卖家", Type(Kind.TEXT)),
        Field("registered_on", "注册日期", Type(Kind.DATE)),
        Field("licences_held", "所持许可", Type(Kind.SET), values=LICENCES),
        Field("text_length", "文本长度", Type(Kind.NUMBER), maybe=False),
    ),
    (
        Function(
            "licence_state",
            "许可状态",
            (Parameter("licence", Type(Kind.TEXT), ("药品经营许可证", "医疗广告审查证明")),),
            Type(Kind.CATEGORY),
            values=STATES,
        ),
        Function("alerts_in_last", "近期预警数", (Parameter("days", Type(Kind.NUMBER, Unit.DAYS)),), Type(Kind.NUMBER)),
        Function("doubled", "加倍", (Parameter("value", Type(Kind.NUMBER)),), Type(Kind.NUMBER)),
    ),
    (
        Stream("complaints", "投诉", (Field("channel", "渠道", Type(Kind.CATEGORY), values=CHANNELS),)),
        Stream("penalties", "处罚", (Field("amount", "金额", Type(Kind.NUMBER, Unit.YUAN)), Field("reason", "事由", Type(Kind.TEXT)))),
    ),
    (Relation("same_address", "同址"), Relation("same_phone", "同电话")),
)

_DISGUISE = "*·"
_NEGATIONS = ("不能", "严禁", "无法")
_QUOTES = "「」"


class FakeInputs:
    """Rows of texts and columns. Missing columns and calls are unknown."""

    def __init__(
        self,
        pack: Pack,
        texts: Sequence[str],
        columns: Mapping[str, Sequence[Any]] | None = None,
        calls: Mapping[str, Sequence[Any]] | None = None,
        histories: Sequence["History | None"] | None = None,
    ) -> None:
        self.texts = list(texts)
        self.columns = dict(columns or {})
        self.calls = dict(calls or {})
        self.histories = list(histories or [None] * len(self.texts))
        self.asked: list[str] = []
        self._lists = pack.list_by_name

    @property
    def vocabulary(self) -> Vocabulary:
        return VOCABULARY

    @property
    def size(self) -> int:
        return len(self.texts)

    def text(self, row: int) -> str:
        return self.texts[row]

    def hits(self, list_name: str) -> Hits:
        self.asked.append(list_name)
        return self._hits(self._lists[list_name])

    def literal(self, term: str) -> Hits:
        return self._hits(WordList(term, (term,)))

    def field(self, name: str) -> Column:
        self.asked.append(name)
        field = VOCABULARY.field(name)
        assert field is not None, name
        return Column.of(self.columns.get(field.name, [None] * self.size))

    def call(self, name: str, args: tuple[Any, ...]) -> Column:
        function = VOCABULARY.function(name)
        assert function is not None, name
        if function.name == "doubled":
            (value,) = args
            if isinstance(value, Column):
                return Column(value.values.astype(float) * 2, value.known)
            return Column.of([value * 2] * self.size)
        return Column.of(self.calls.get(function.name, [None] * self.size))

    def matches(self, pattern: str) -> Hits:
        self.asked.append(pattern)
        spans = [
            (row, match.start(), match.end(), 0, False, *stance(text, match.start()))
            for row, text in enumerate(self.texts)
            for match in re.finditer(pattern, text)
            if match.start() < match.end()
        ]
        return _parallel(spans)

    def sentences(self) -> Spans:
        self.asked.append("sentences")
        found = [(row, *span) for row, text in enumerate(self.texts) for span in sentences_of(text)]
        row, start, end = np.array(found, dtype=np.int64).reshape(-1, 3).T
        return Spans(row, start, end)

    def member(self, column: Column, list_name: str) -> Column:
        words = self._lists[list_name]
        terms, out = ({word.strip().lower() for word in some} for some in (words.terms, words.exclude))
        values = [str(value).strip().lower() if good else None for value, good in zip(column.values, column.known, strict=True)]
        return Column.of([None if value is None else value in terms and value not in out for value in values])

    def window(self, query: WindowQuery) -> Column:
        return Column.of([None if history is None else aggregate(history.events(query), query) for history in self.histories])

    def related(self, relation: str) -> Column:
        return Column.of([None if history is None else history.shared(relation) for history in self.histories])

    def _hits(self, words: WordList) -> Hits:
        return _parallel([hit for row, text in enumerate(self.texts) for hit in find(row, text, words)])


Hit = tuple[int, int, int, int, bool, bool, bool]
Event = Mapping[str, Any]


class History:
    """What is known of one subject: its events by stream, each with `days_ago`, and the histories of others by relation."""

    def __init__(
        self, streams: Mapping[str, Sequence[Event]] | None = None, others: Mapping[str, Sequence["History"]] | None = None
    ) -> None:
        self.streams = dict(streams or {})
        self.others = dict(others or {})

    def events(self, query: WindowQuery) -> list[Event]:
        """The events a query is about, old ones too."""
        whose = self.others.get(query.relation, ()) if query.relation else [self]
        return [event for history in whose for event in history.streams.get(query.stream, ())]

    def shared(self, relation: str) -> float | None:
        """How many others there are; None where nothing is known."""
        return float(len(self.others[relation])) if relation in self.others else None


def aggregate(events: Sequence[Event], query: WindowQuery) -> float | None:
    """A window said in plain words; nothing to take a mean, a maximum, a minimum or a last of is unknown."""

    def within(low: float, high: float) -> list[Event]:
        return [event for event in events if low < event["days_ago"] <= high]

    chosen = list(events) if query.days is None else within(0, query.days)
    values = [event[query.field] for event in chosen if event.get(query.field) is not None]
    match query.aggregate:
        case Aggregate.COUNT:
            return float(len(chosen))
        case Aggregate.CHANGE:
            assert query.days is not None
            return float(len(chosen) - len(within(query.days, 2 * query.days)))
        case Aggregate.DAYS_SINCE:
            return min((float(event["days_ago"]) for event in chosen), default=None)
        case Aggregate.DISTINCT:
            return float(len(set(values)))
        case Aggregate.SUM:
            return float(sum(values))
        case Aggregate.MEAN:
            return float(sum(values) / len(values)) if values else None
        case Aggregate.MAX | Aggregate.MIN:
            return float(max(values) if query.aggregate is Aggregate.MAX else min(values)) if values else None


def sentences_of(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence, without white space around and without its closing marks."""
    for match in re.finditer(r"[^。！？\n]+", text):
        inside = match[0].strip()
        if inside:
            start = match.start() + match[0].index(inside)
            yield start, start + len(inside)


def stance(text: str, start: int) -> tuple[bool, bool]:
    """Whether what begins there is negated, and whether it stands in quotation marks."""
    before = text[max(0, start - 3) : start]
    opened = text.rfind(_QUOTES[0], 0, start) > text.rfind(_QUOTES[1], 0, start)
    return before.endswith(_NEGATIONS) or before.startswith(_NEGATIONS), opened


def _parallel(found: Sequence[Hit]) -> Hits:
    numbers = np.array([hit[:4] for hit in found], dtype=np.int64).reshape(-1, 4).T
    flags = np.array([hit[4:] for hit in found], dtype=bool).reshape(-1, 3).T
    return Hits(numbers[0], numbers[1], numbers[2], numbers[3], flags[0], flags[1], flags[2])


def find(row: int, text: str, words: WordList) -> Iterator[Hit]:
    """Row, start, end, term and flags of every hit; disguise characters inside a word make it aggressive."""
    places = [index for index, letter in enumerate(text) if letter not in _DISGUISE]
    dense = "".join(text[index] for index in places)
    for number, term in enumerate(words.terms):
        begin = dense.find(term) if term else -1
        while begin >= 0:
            excluded = any(dense.startswith(context, begin - context.find(term)) for context in words.exclude if term in context)
            if not excluded:
                start, end = places[begin], places[begin + len(term) - 1] + 1
                yield row, start, end, number, end - start > len(term), *stance(text, start)
            begin = dense.find(term, begin + 1)


def make_inputs(pack: Pack) -> Any:
    """What `run_examples` asks for: inputs from texts or from rows of columns."""

    def make(data: Sequence[str] | Sequence[dict[str, Plain]]) -> FakeInputs:
        texts = [item if isinstance(item, str) else str(item.get("text", "")) for item in data]
        rows = [item if isinstance(item, dict) else {} for item in data]
        columns: dict[str, list[Any]] = {}
        for index, row in enumerate(rows):
            for name, value in row.items():
                field = VOCABULARY.field(name)
                if field is not None:
                    columns.setdefault(field.name, [None] * len(rows))[index] = value
        return FakeInputs(pack, texts, columns)

    return make


def named(name: str) -> Field:
    """A field that must exist."""
    field = VOCABULARY.field(name)
    assert field is not None
    return field
