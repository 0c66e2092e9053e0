"""What may come next while a rule is being written: words of the language, names that fit there, values of the column compared.

The parser itself is asked what it accepts at the cursor, so that completion can never offer what the grammar refuses.

>>> from rules.functions import Field
>>> from rules.kinds import Kind, Type
>>> words = Vocabulary((Field("channel", "渠道", Type(Kind.CATEGORY), values=(("shop", "网店"), ("moments", "朋友圈"))),))
>>> text = 'rule a "x" when channel = '
>>> [item.insert for item in complete(text, len(text), None, words).items if item.kind == "value"]
['"shop"', '"moments"']
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lark import Token, UnexpectedInput

from rules.functions import Field, Function, Parameter, Vocabulary
from rules.grammar import parser
from rules.highlight import HEADS
from rules.items import FLOORS, LENSES, Severity
from rules.keyword_help import keyword_help
from rules.kinds import SUFFIXES, Kind, Type
from rules.pack import Pack
from rules.parser import chunks
from rules.words import AGGREGATES, KEYWORDS, Language

LIMIT = 60
"""At most so many offers."""

_WORD = re.compile(r"@?\w*\Z")
_NUMBER = re.compile(r"(?<!\w)\d+(?:\.\d+)?\Z")


@dataclass(frozen=True, slots=True)
class Offer:
    """One completion: what is shown, what is put in, of what kind it is, and what it means."""

    label: str
    insert: str
    kind: str
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """What may stand from `start` to `end`, the best first; `start` is where the word under the cursor begins."""

    start: int
    end: int
    items: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the cursor stands: the tokens before the word, what the parser accepts, and who knows names."""

    tokens: Sequence[Token]
    accepted: frozenset[str]
    language: Language
    pack: Pack
    vocabulary: Vocabulary
    models: Sequence[str] = field(default_factory=tuple)

    def type(self, back: int = 1) -> str:
        """The kind of the token so many places before the cursor, without lark's underscore."""
        return self.tokens[-back].type.lstrip("_") if len(self.tokens) >= back else ""

    def name(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" and zh else en


def complete(
    source: str,
    offset: int,
    pack: Pack | None = None,
    vocabulary: Vocabulary | None = None,
    *,
    language: Language | None = None,
    models: Sequence[str] = (),
) -> Offers:
    """Offers at `offset` of a source text; none inside comments, and none where the text before cannot be read.

    `language` is that of keywords and names; without it the definition's own decides. `models` are the names that `model` may take.
    """
    offset = max(0, min(offset, len(source)))
    start, chunk = _chunk(source, offset)
    before = chunk[: offset - start]
    if _in_comment(before):
        return Offers(offset, offset)
    quote = _open_quote(before)
    number = _NUMBER.search(before)
    word = before[quote:] if quote is not None else number[0] if number else _WORD.findall(before)[0]
    begin = offset - len(word)
    tokens, accepted = _read(before[: len(before) - len(word)])
    place = _Place(tokens, accepted, language or _language(chunk), pack or Pack(""), vocabulary or Vocabulary(), models)
    if quote is None and number:
        return Offers(begin, offset, tuple(_units(place, word)))
    return Offers(begin, offset, _chosen(_values(place) if quote is not None else _fitting(place), word))


def _chunk(source: str, offset: int) -> tuple[int, str]:
    """The definition in which the cursor stands, and where it begins."""
    found = (0, source)
    for start, _, text in chunks(source):
        if start <= offset:
            found = (start, text)
    return found


def _in_comment(before: str) -> bool:
    line = re.sub(r'"(?:[^"\\\n]|\\.)*"?', "", before.rpartition("\n")[2])
    return "#" in line


def _open_quote(before: str) -> int | None:
    """Where a text begins that is not closed on the cursor's line; None outside of texts."""
    begin = before.rfind("\n") + 1
    inside: int | None = None
    for match in re.finditer(r'\\.|"', before[begin:]):
        if match[0] == '"':
            inside = match.start() + begin if inside is None else None
    return inside


def _read(before: str) -> tuple[list[Token], frozenset[str]]:
    """The tokens before the cursor and what the parser would take next; nothing where it lost its way earlier."""
    reading = parser().parse_interactive(before)
    try:
        tokens = list(reading.iter_parse())
    except UnexpectedInput:
        return [], frozenset()
    return tokens, frozenset(name.lstrip("_") for name in reading.accepts())  # type: ignore[no-untyped-call]


def _language(chunk: str) -> Language:
    """The language a definition is written in, by its first word."""
    head = re.match(r"\s*(\w+)", chunk)
    return "en" if head and head[1].isascii() else "zh"


def _fitting(place: _Place) -> Iterator[Offer]:
    if "STRING" in place.accepted:
        yield from _values(place)
    if "NAME" in place.accepted:
        yield from _names(place)
    if "REFERENCE" in place.accepted:
        yield from _lists(place)
    yield from _keywords(place)


def _keywords(place: _Place) -> Iterator[Offer]:
    for key, both in KEYWORDS.items():
        if key in place.accepted and not (key == "BETWEEN_AND" and place.language == "en"):
            text = both[place.language == "zh"]
            yield Offer(text, text, "head" if key in HEADS else "keyword", keyword_help(key).zh, keyword_help(key).en)


def _names(place: _Place) -> Iterator[Offer]:
    """The names that fit after what stands before the cursor."""
    last = place.type()
    if last in HEADS:
        return
    fixed = {
        "MODEL": [(name, name) for name in place.models],
        "LENS": list(LENSES.items()),
        "FLOOR": list(FLOORS.items()),
        "SEVERITY": [(item.en, item.zh) for item in Severity],
    }
    if last in fixed:
        for en, zh in fixed[last]:
            said = en if last == "MODEL" else place.name(zh, en)
            yield Offer(said, said, "value", zh, en)
    elif last in ("ACROSS", "RELATED"):
        yield from _named(place, place.vocabulary.relations, "relation")
    elif last == "DOT":
        stream = place.vocabulary.stream(str(place.tokens[-2]))
        yield from _named(place, stream.fields if stream else (), "field")
    elif last == "OPEN" and place.type(2) == "FIRES":
        yield from (Offer(rule.id, rule.id, "rule", rule.title_zh, rule.title_en) for rule in place.pack.rules)
    elif last in AGGREGATES:
        yield from _named(place, place.vocabulary.streams, "stream")
    elif last in ("ROW_OPEN", "COMMA") and "COLON" not in place.accepted and _in_row(place.tokens):
        yield from _named(place, place.vocabulary.fields, "field")
        yield from _named(place, place.vocabulary.functions, "function")
    else:
        yield from _values_of_expressions(place)


def _values_of_expressions(place: _Place) -> Iterator[Offer]:
    for kind, items in (("condition", place.pack.conditions), ("feature", place.pack.features)):
        yield from (Offer(item.name, item.name, kind) for item in items)
    yield from _named(place, place.vocabulary.fields, "field")
    for function in place.vocabulary.functions:
        name = place.name(function.zh, function.name)
        yield Offer(name, f"{name}(" if function.params else f"{name}()", "function", _about(function, "zh"), _about(function, "en"))


def _named(place: _Place, items: Iterable[object], kind: str) -> Iterator[Offer]:
    for item in items:
        name = place.name(item.zh, item.name)  # type: ignore[attr-defined]
        yield Offer(name, name, kind, _about(item, "zh"), _about(item, "en"))


def _about(item: object, language: Language) -> str:
    """The type and the meaning of a field, function, stream or relation."""
    said = getattr(item, f"doc_{language}")
    type_ = getattr(item, "type", None) or getattr(item, "result", None)
    if not isinstance(type_, Type):
        return str(said)
    shown = type_.zh if language == "zh" else str(type_)
    return f"{shown}：{said}" if language == "zh" and said else f"{shown}: {said}" if said else shown


def _in_row(tokens: Sequence[Token]) -> bool:
    kinds = [token.type.lstrip("_") for token in tokens]
    return "ROW_OPEN" in kinds and "ROW_CLOSE" not in kinds[len(kinds) - kinds[::-1].index("ROW_OPEN") :]


def _lists(place: _Place) -> Iterator[Offer]:
    for item in place.pack.lists:
        yield Offer(
            f"@{item.name}", f"@{item.name}", "list", f"{len(item.terms)} 个词。{item.note}", f"{len(item.terms)} words. {item.note}"
        )


def _units(place: _Place, number: str) -> Iterator[Offer]:
    """The number with each unit it may have: that of the compared column when it is known."""
    if "NUMBER" not in place.accepted:
        return
    compared = _compared(place.tokens, place.vocabulary)
    type_ = compared.type if isinstance(compared, Field) else compared.result if isinstance(compared, Function) else None
    for suffix in SUFFIXES:
        text = suffix.zh if place.language == "zh" else suffix.en
        if text and (type_ is None or (type_.kind is Kind.NUMBER and suffix.unit is type_.unit)):
            unit = Type(Kind.NUMBER, suffix.unit)
            yield Offer(number + text, number + text, "unit", unit.zh, str(unit))


def _values(place: _Place) -> Iterator[Offer]:
    """Quoted values: of the category compared, of the function's argument."""
    source = _compared(place.tokens, place.vocabulary)
    if isinstance(source, Parameter):
        yield from (Offer(f'"{value}"', f'"{value}"', "value") for value in source.values)
    elif source is not None:
        yield from (Offer(f'"{value}"', f'"{value}"', "value", zh, value) for value, zh in source.values)


def _compared(tokens: Sequence[Token], vocabulary: Vocabulary) -> Field | Function | Parameter | None:
    """What the value at the cursor is held against: walk back over the set or the arguments written so far."""
    kinds = [token.type.lstrip("_") for token in tokens]
    at = len(kinds) - 1
    while at >= 0 and kinds[at] in ("COMMA", "STRING", "NUMBER", "TRUE", "FALSE", "DATE"):
        at -= 1
    if at > 0 and kinds[at] == "OPEN" and kinds[at - 1] == "NAME":
        return _parameter(vocabulary.function(str(tokens[at - 1])), kinds[at:].count("COMMA"))
    if at >= 0 and kinds[at] == "SET_OPEN":
        at -= 1
    if at < 1 or kinds[at] not in ("CMP", "IN", "CONTAINS", "CONTAINS_ANY", "CONTAINS_ALL", "CONTAINS_NONE", "BETWEEN", "OTHERWISE"):
        return None
    return _subject(tokens[:at], vocabulary)


def _parameter(function: Function | None, position: int) -> Parameter | None:
    return function.params[position] if function is not None and position < len(function.params) else None


def _subject(tokens: Sequence[Token], vocabulary: Vocabulary) -> Field | Function | None:
    """The column or function that ends the tokens."""
    last = tokens[-1]
    if last.type == "NAME":
        return vocabulary.field(str(last))
    if last.type.lstrip("_") != "CLOSE":
        return None
    depth = 0
    for at in range(len(tokens) - 1, 0, -1):
        depth += {"CLOSE": 1, "OPEN": -1}.get(tokens[at].type.lstrip("_"), 0)
        if depth == 0:
            return vocabulary.function(str(tokens[at - 1])) if tokens[at - 1].type == "NAME" else None
    return None


def _chosen(offers: Iterable[Offer], word: str) -> tuple[Offer, ...]:
    """Those that fit the word begun: beginnings before parts; each once."""
    wanted = word.strip('@"').lower()
    unique = {(item.kind, item.insert): item for item in offers}.values()
    ranked = sorted(
        (rank, number, item)
        for number, item in enumerate(unique)
        if (rank := _rank(item.label.strip('@"').lower(), wanted)) is not None
    )  # fmt: skip
    return tuple(item for _, _, item in ranked[:LIMIT])


def _rank(label: str, wanted: str) -> int | None:
    if label.startswith(wanted):
        return 0
    return 1 if wanted in label else None
