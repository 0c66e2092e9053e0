"""A host for rules in plain Python: words by `str.find`, columns from lists, two functions. Slow, and small enough to be believed."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rules.functions import Field, Function, Parameter, Vocabulary
from rules.inputs import Column, Hits
from rules.kinds import Kind, Type, Unit
from rules.pack import Pack, Plain, WordList

CHANNELS = (("short_video", "短视频"), ("livestream", "直播"), ("moments", "朋友圈"), ("shop", "网店"))
STATES = (("valid", "有效"), ("expired", "过期"), ("none", "无"))

VOCABULARY = Vocabulary(
    (
        Field("promised_annual_yield", "承诺年化收益", Type(Kind.NUMBER, Unit.PERCENT)),
        Field("amount", "金额", Type(Kind.NUMBER, Unit.YUAN)),
        Field("age", "存续时间", Type(Kind.NUMBER, Unit.DAYS)),
        Field("phones", "电话数", Type(Kind.NUMBER)),
        Field("channel", "渠道", Type(Kind.CATEGORY), values=CHANNELS),
        Field("has_wechat", "有微信", Type(Kind.FLAG)),
        Field("seller", "卖家", Type(Kind.TEXT)),
        Field("registered_on", "注册日期", Type(Kind.DATE)),
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
    ) -> None:
        self.texts = list(texts)
        self.columns = dict(columns or {})
        self.calls = dict(calls or {})
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

    def _hits(self, words: WordList) -> Hits:
        found = [hit for row, text in enumerate(self.texts) for hit in find(row, text, words)]
        numbers = np.array([hit[:4] for hit in found], dtype=np.int64).reshape(-1, 4).T
        flags = np.array([hit[4:] for hit in found], dtype=bool).reshape(-1, 3).T
        return Hits(numbers[0], numbers[1], numbers[2], numbers[3], flags[0], flags[1], flags[2])


def find(row: int, text: str, words: WordList) -> Iterator[tuple[int, int, int, int, bool, bool, bool]]:
    """Row, start, end, term and flags of every hit; disguise characters inside a word make it aggressive."""
    places = [index for index, letter in enumerate(text) if letter not in _DISGUISE]
    dense = "".join(text[index] for index in places)
    for number, term in enumerate(words.terms):
        begin = dense.find(term) if term else -1
        while begin >= 0:
            excluded = any(dense.startswith(context, begin - context.find(term)) for context in words.exclude if term in context)
            if not excluded:
                start, end = places[begin], places[begin + len(term) - 1] + 1
                negated = text[max(0, start - 3) : start].endswith(_NEGATIONS) or text[max(0, start - 3) : start].startswith(_NEGATIONS)
                opened = text.rfind(_QUOTES[0], 0, start) > text.rfind(_QUOTES[1], 0, start)
                yield row, start, end, number, end - start > len(term), negated, opened
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
