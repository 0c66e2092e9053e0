"""The vocabulary as a reference: what a rule may say here, as plain data, as Markdown, as lines for a terminal. Pure: a vocabulary in, text out.

>>> words = Vocabulary((Field("has_wechat", "有微信", Type(Kind.FLAG), "出现微信号", "a WeChat id is there", maybe=False),))
>>> print(markdown(describe(words), "en"))
## Fields
<BLANKLINE>
| name | 中文名 | type | can be unknown | values | meaning |
|---|---|---|---|---|---|
| `has_wechat` | 有微信 | flag | no |  | a WeChat id is there |
<BLANKLINE>
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rules.functions import Field, Function, Parameter, Relation, Stream, Vocabulary
from rules.items import WordList
from rules.kinds import Kind, Type
from rules.pack import Pack
from rules.plugin_calls import Offered
from rules.plugin_faults import PluginFault
from rules.plugin_host import OfferedList
from rules.words import Language

Entry = Mapping[str, Any]
Reference = Mapping[str, Sequence[Entry]]

SECTIONS: dict[str, tuple[str, str]] = {
    "fields": ("Fields", "列"),
    "functions": ("Functions", "函数"),
    "streams": ("Streams", "事件流"),
    "relations": ("Relations", "关系"),
    "lists": ("Lists", "词表"),
    "faults": ("Plug-ins that cannot be used", "不可用的插件"),
}

_COLUMNS: dict[str, tuple[str, str]] = {
    "name": ("name", "英文名"),
    "zh": ("中文名", "中文名"),
    "type": ("type", "类型"),
    "params": ("parameters", "参数"),
    "maybe": ("can be unknown", "可能未知"),
    "values": ("values", "取值"),
    "doc": ("meaning", "含义"),
    "origin": ("from", "来自"),
    "fields": ("fields", "列"),
    "terms": ("words", "词数"),
    "exclude": ("exceptions", "例外"),
    "packs": ("packs", "规则包"),
    "code": ("code", "代码"),
    "text": ("fault", "故障"),
    "times": ("times", "次数"),
}

_TABLES: dict[str, tuple[str, ...]] = {
    "fields": ("name", "zh", "type", "maybe", "values", "doc"),
    "functions": ("name", "zh", "params", "type", "maybe", "values", "doc", "origin"),
    "streams": ("name", "zh", "fields", "doc"),
    "relations": ("name", "zh", "doc"),
    "lists": ("name", "terms", "exclude", "packs", "doc", "origin"),
    "faults": ("code", "text", "times"),
}


def describe(
    vocabulary: Vocabulary, packs: Iterable[Pack] = (), lists: Iterable[OfferedList] = (), faults: Iterable[PluginFault] = ()
) -> Reference:
    """Everything as plain data, in both languages: what JSON gives and the other forms print. `lists` tells whose a plug-in's list is."""
    return {
        "fields": [_field(item) for item in vocabulary.fields],
        "functions": [_function(item) for item in vocabulary.functions],
        "streams": [_stream(item) for item in vocabulary.streams],
        "relations": [_relation(item) for item in vocabulary.relations],
        "lists": _lists(packs, {item.words.name: f"{item.source.owner}" for item in lists}),
        "faults": [_fault(item) for item in faults],
    }


def _field(item: Field) -> Entry:
    return {**_named(item), "type": _type(item.type), "maybe": item.maybe, "values": _values(item.values)}


def _function(item: Function) -> Entry:
    origin, version = (item.source.owner, item.version) if isinstance(item, Offered) else ("", "")
    told = {
        "params": [_parameter(one) for one in item.params],
        "type": _type(item.result),
        "maybe": item.maybe,
        "values": _values(item.values),
        "origin": origin,
        "version": version,
    }
    return {**_named(item), **told}


def _parameter(item: Parameter) -> Entry:
    return {"name": item.name, "type": _type(item.type), "values": list(item.values)}


def _stream(item: Stream) -> Entry:
    return {**_named(item), "fields": [_field(one) for one in item.fields]}


def _relation(item: Relation) -> Entry:
    return _named(item)


def _named(item: Field | Function | Stream | Relation) -> Entry:
    return {"name": item.name, "zh": item.zh, "doc": {"zh": item.doc_zh, "en": item.doc_en}}


def _type(item: Type) -> Entry:
    return {"kind": str(item.kind), "unit": str(item.unit) if item.kind is Kind.NUMBER else "", "zh": item.zh, "en": str(item)}


def _values(items: Iterable[tuple[str, str]]) -> list[Entry]:
    return [{"name": name, "zh": zh} for name, zh in items]


def _lists(packs: Iterable[Pack], owners: Mapping[str, str]) -> list[Entry]:
    found: dict[str, tuple[WordList, list[str]]] = {}
    for pack in packs:
        for item in pack.lists:
            where = found.setdefault(item.name, (item, []))[1]
            where.append("shared" if pack.is_shared(item) else pack.name)
    return [
        {
            "name": name,
            "terms": len(item.terms),
            "exclude": len(item.exclude),
            "packs": list(dict.fromkeys(where)),
            "doc": {"zh": item.note, "en": item.note},
            "origin": owners.get(name, ""),
        }
        for name, (item, where) in sorted(found.items())
    ]


def _fault(item: PluginFault) -> Entry:
    return {
        "code": item.code,
        "text": {"zh": item.zh, "en": item.en},
        "hint": {"zh": item.hint_zh, "en": item.hint_en},
        "times": item.times,
    }


def markdown(reference: Reference, language: Language) -> str:
    """The reference as tables; sections without an entry are left out."""
    index = 0 if language == "en" else 1
    parts = []
    for section, columns in _TABLES.items():
        if entries := reference[section]:
            heads = [_COLUMNS[name][index] for name in columns]
            rows = [[_cell(entry, name, language, "`") for name in columns] for entry in entries]
            lines = ["| " + " | ".join(text.replace("|", "\\|") for text in row) + " |" for row in (heads, *rows)]
            parts.append("\n".join([f"## {SECTIONS[section][index]}", "", lines[0], "|" + "---|" * len(columns), *lines[1:], ""]))
    return "\n".join(parts)


def plain(reference: Reference, language: Language) -> str:
    """The reference for a terminal: a line an entry, its meaning below."""
    index = 0 if language == "en" else 1
    lines = []
    for section, entries in reference.items():
        if entries:
            lines += ["", f"{SECTIONS[section][index]} ({len(entries)})"]
            lines += [line for entry in entries for line in _lines(section, entry, language)]
    return "\n".join(lines[1:])


def _lines(section: str, entry: Entry, language: Language) -> list[str]:
    if section == "faults":
        hint = entry["hint"][language]
        return [f"  {entry['code']} ×{entry['times']} {entry['text'][language]}", *([f"      {hint}"] if hint else [])]
    names = "  ".join(dict.fromkeys(entry[name] for name in ("name", "zh") if entry.get(name)))
    signature = f"({_cell(entry, 'params', language)}) → {entry['type'][language]}" if "params" in entry else _typed(entry, language)
    origin = f"  [{entry['origin']}]" if entry.get("origin") else ""
    below = [_cell(entry, "doc", language), _cell(entry, "values", language) if "values" in entry else _cell(entry, "fields", language)]
    return [f"  {names}  {signature}{origin}".rstrip(), *(f"      {text}" for text in below if text)]


def _typed(entry: Entry, language: Language) -> str:
    if "type" in entry:
        return str(entry["type"][language])
    if "terms" in entry:
        return f"{entry['terms']}  {', '.join(entry['packs'])}"
    return ""


def _cell(entry: Entry, name: str, language: Language, mark: str = "") -> str:
    """One property in words; an absent one is empty."""
    value = entry.get(name, "")
    match name:
        case "name" | "code":
            return f"{mark}{value}{mark}"
        case "doc" | "text":
            return str(value[language]).replace("\n", " ")
        case "type":
            return str(value[language])
        case "maybe":
            return {"zh": ("否", "是"), "en": ("no", "yes")}[language][bool(value)]
        case "values":
            return ", ".join(f"{mark}{one['name']}{mark} {one['zh']}".strip() for one in value)
        case "params":
            return "; ".join(_told(one, language, mark) for one in value)
        case "fields":
            return ", ".join(f"{mark}{one['name']}{mark} {one['zh']}: {one['type'][language]}" for one in value)
        case "packs":
            return ", ".join(value)
        case _:
            return str(value)


def _told(parameter: Entry, language: Language, mark: str) -> str:
    said = f"{mark}{parameter['name']}{mark}: {parameter['type'][language]}"
    values = "|".join(parameter["values"])
    return f"{said} ({values})" if values else said
