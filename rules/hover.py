"""What the word under the cursor means: a column, a function, a list, a named condition, a rule, a law, a keyword, a number with its unit.

>>> from rules.pack import pack_from_text
>>> pack = pack_from_text('list 疗效 "assertions" include "根治" "治愈"')
>>> hover("text has any of @疗效", 18, pack).en
'@疗效: list of 2 words\\nassertions\\n根治, 治愈'
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rules.functions import Field, Function, Relation, Stream, Vocabulary
from rules.highlight import Mark, marks
from rules.items import Bilingual, Definition, Rule, WordList
from rules.keyword_help import keyword_help
from rules.kinds import Type, parse_number, show_number
from rules.pack import Pack
from rules.printer import show
from rules.statutes import STATUS_EN, STATUS_ZH, Statutes
from rules.words import KEYWORDS

SHOWN = 12
"""Words of a list that are shown."""


@dataclass(frozen=True, slots=True)
class Hover:
    """Where the word stands, and what is said of it: first line what it is, then what it means."""

    start: int
    end: int
    zh: str
    en: str


def hover(source: str, offset: int, pack: Pack | None = None, vocabulary: Vocabulary | None = None) -> Hover | None:
    """What is under the cursor; None where there is nothing to say."""
    pack, vocabulary = pack or Pack(""), vocabulary or Vocabulary()
    mark = next((item for item in marks(source, pack, vocabulary) if item.start <= offset < item.end), None)
    if mark is None:
        return None
    said = _said(mark, source, pack, vocabulary)
    return Hover(mark.start, mark.end, said.zh, said.en) if said else None


def _said(mark: Mark, source: str, pack: Pack, vocabulary: Vocabulary) -> Bilingual | None:
    word = source[mark.start : mark.end]
    match mark.kind:
        case "head" | "clause" | "keyword":
            return _keyword(word)
        case "list":
            item = pack.list_by_name.get(word[1:])
            return _list(item) if item else None
        case "string":
            return _law(word.strip('"'), vocabulary.statutes)
        case "number":
            return _number(source, mark)
        case "condition" | "feature":
            definition = pack.named(word)
            return _definition(definition, mark.kind) if definition else None
        case "rule":
            return _rule(pack.rule_by_id[word])
        case "field" | "function" | "stream" | "relation":
            return _offered(word, vocabulary)
    return None


def _keyword(word: str) -> Bilingual | None:
    plain = " ".join(word.split())
    keys = [key for key, both in KEYWORDS.items() if plain in both]
    if not keys:
        return None
    helps, (en, zh) = [keyword_help(key) for key in keys], KEYWORDS[keys[0]]
    return Bilingual(
        "\n".join([f"{zh}（{en}）", *dict.fromkeys(item.zh for item in helps)]),
        "\n".join([f"{en} ({zh})", *dict.fromkeys(item.en for item in helps)]),
    )


def _list(item: WordList) -> Bilingual:
    words = item.terms[:SHOWN]
    more = len(item.terms) > SHOWN
    zh = [f"@{item.name}：词表，{len(item.terms)} 个词" + (f"，{len(item.exclude)} 个例外" if item.exclude else "")]
    en = [f"@{item.name}: list of {len(item.terms)} words" + (f", {len(item.exclude)} excluded" if item.exclude else "")]
    note = [item.note] if item.note else []
    return Bilingual(
        "\n".join([*zh, *note, "、".join(words) + ("……" if more else "")]),
        "\n".join([*en, *note, ", ".join(words) + (" …" if more else "")]),
    )


def _law(name: str, statutes: Statutes) -> Bilingual | None:
    texts = statutes.texts(name)
    if not texts:
        return None
    zh = [f"《{texts[0].name}》", *(f"{item.dated}：{STATUS_ZH[item.status]}" for item in texts)]
    en = [f"《{texts[0].name}》", *(f"{item.dated}: {STATUS_EN[item.status]}" for item in texts)]
    return Bilingual("\n".join(zh), "\n".join(en))


def _number(source: str, mark: Mark) -> Bilingual | None:
    """The number with the longest unit that follows it, in the unit itself."""
    for end in range(min(len(source), mark.end + 12), mark.end - 1, -1):
        text = source[mark.start : end]
        try:
            number = parse_number(text)
        except (KeyError, ArithmeticError):
            continue
        unit = number.type.unit
        zh, en = show_number(number.value, unit, "zh"), show_number(number.value, unit, "en")
        return Bilingual(f"{number.type.zh}：{zh}", f"{number.type}: {en}")
    return None


def _definition(item: Definition, kind: str) -> Bilingual:
    zh, en = {"condition": ("条件", "condition"), "feature": ("特征", "feature")}[kind]
    return Bilingual(f"{item.name}：{zh}\n{show(item.expr, 'zh')}", f"{item.name}: {en}\n{show(item.expr, 'en')}")


def _rule(rule: Rule) -> Bilingual:
    zh = [f"{rule.id}：规则，{rule.title_zh}", f"严重度 {rule.severity.zh}", *(item.zh for item in rule.basis)]
    en = [f"{rule.id}: rule, {rule.title_en}", f"severity {rule.severity.en}", *(item.zh for item in rule.basis)]
    return Bilingual("\n".join(zh), "\n".join(en))


def _offered(word: str, vocabulary: Vocabulary) -> Bilingual | None:
    item = vocabulary.field(word) or vocabulary.function(word) or vocabulary.stream(word) or vocabulary.relation(word)
    if item is None:
        return None
    both = f"{item.name} / {item.zh}" if item.zh else item.name
    zh, en = _kind(item)
    return Bilingual(
        "\n".join([f"{both}：{zh}", *filter(None, [item.doc_zh]), *_values(item, chinese=True)]),
        "\n".join([f"{both}: {en}", *filter(None, [item.doc_en]), *_values(item, chinese=False)]),
    )


def _kind(item: Field | Function | Stream | Relation) -> tuple[str, str]:
    match item:
        case Field():
            return f"列，{_type(item.type, item.maybe)[0]}", f"field, {_type(item.type, item.maybe)[1]}"
        case Function():
            zh, en = _type(item.result, item.maybe)
            wanted_zh = "、".join(f"{one.name}（{one.type.zh}）" for one in item.params)
            wanted_en = ", ".join(f"{one.name} ({one.type})" for one in item.params)
            return f"函数（{wanted_zh}）→ {zh}", f"function ({wanted_en}) → {en}"
        case Stream():
            names = [one.zh for one in item.fields], [one.name for one in item.fields]
            return f"事件流，列：{'、'.join(names[0])}", f"stream of events, fields {', '.join(names[1])}"
        case Relation():
            return "与其他主体的关系", "a relation to other subjects"


def _type(type_: Type, maybe: bool) -> tuple[str, str]:
    return (type_.zh + ("，可能未知" if maybe else ""), str(type_) + (", may be unknown" if maybe else ""))


def _values(item: Field | Function | Stream | Relation, *, chinese: bool) -> Sequence[str]:
    values: Sequence[tuple[str, str]] = getattr(item, "values", ())
    if not values:
        return []
    return ["、".join(f'"{value}"（{zh}）' for value, zh in values)] if chinese else [", ".join(f'"{value}"' for value, _ in values)]
