"""The description of a record as a document: generated from the same data that checks it, so that the two cannot differ."""

from __future__ import annotations

from risk.domain.acts import kinds as act_kinds
from risk.domain.exchange.records import COLUMNS, Field, Part, Record, codes, part, parts_of

_WORDS = {
    "field": ("字段", "field"),
    "name": ("名称", "what it is"),
    "kind": ("类型", "kind"),
    "length": ("长度", "length"),
    "need": ("必填", "required"),
    "codes": ("代码表", "code list"),
    "source": ("出处", "seen in"),
    "columns": ("交换列（各记录共有，居前）", "exchange columns (of every record, first)"),
    "between": ("字段之间", "between fields"),
    "identity": ("唯一标识", "identity"),
    "wire": ("线上名称", "name on the wire"),
    "lists": ("代码表", "code lists"),
    "taken": ("接收", "taken in"),
    "yes": ("是", "yes"),
}
_KINDS = {
    "text": ("文本", "text"),
    "whole": ("整数", "whole number"),
    "amount": ("金额（元）", "yuan"),
    "day": ("日期", "day"),
    "moment": ("时间（北京）", "time (Beijing)"),
    "code": ("代码", "code"),
    "choice": ("代码", "code"),
    "pattern": ("编码", "code of a shape"),
    "yes_no": ("是否", "yes or no"),
    "division": ("区划代码", "division"),
    "uscc": ("统一社会信用代码", "unified social credit code"),
    "party": ("统一社会信用代码或证件号", "credit code or document number"),
    "batch": ("批次号", "batch id"),
    "url": ("网址", "web address"),
    "people": ("人员", "people"),
    "one": ("下级", "part"),
    "many": ("下级（可多次）", "part, repeated"),
}
_IMPORTS = {
    "": ("不接收", "no"),
    "warning": ("成为信号与预警", "becomes a signal and an alert"),
    "task": ("成为线索、预警与任务", "becomes a clue, an alert, a task"),
    "feedback": ("签收或反馈我方任务", "signs or reports a task of ours"),
    "notice": ("签收我方任务或留痕", "signs a task of ours, or is noted"),
    "act": ("成为监管行为记录", "becomes an act of supervision"),
    "signal": ("成为信号", "becomes a signal"),
}


def describe(one: Record, lang: str) -> str:
    """The record in Markdown, in ``zh`` or ``en``.

    >>> from risk.domain.exchange.records import record
    >>> text = describe(record("task_notice"), "en")
    >>> text.splitlines()[0], "| `taskStatus` | status | code | 10 | yes | task_status | C5 |" in text
    ("# notice of a task's status", True)
    """
    lines = [f"# {one.title(lang)}", ""]
    lines += [f"- {_word('wire', lang)}: `{one.wire}`", f"- {_word('identity', lang)}: {', '.join(f'`{path}`' for path in one.identity)}"]
    lines += [f"- {_word('taken', lang)}: {_pick(_IMPORTS[one.imports], lang)}", f"- {_word('source', lang)}: {one.source}", ""]
    lines += [f"## {_word('columns', lang)}", "", *_table(part(COLUMNS), lang), ""]
    for below in parts_of(one.part):
        title = one.title(lang) if below is one.part else f"`{below.code}`"
        lines += [f"## {title}", "", *_table(below, lang), "", *_between(below, lang)]
    lines += _order(one, lang)
    named = sorted({field.codes for below in (part(COLUMNS), *parts_of(one.part)) for field in below.fields if field.kind == "code"})
    if named:
        lines += [f"## {_word('lists', lang)}", ""]
    for name in named:
        lines += [f"- `{name}`: " + ", ".join(f"`{code.code}` {code.zh if lang == 'zh' else code.en}" for code in codes(name).values())]
    return "\n".join(lines).rstrip() + "\n"


def _table(one: Part, lang: str) -> list[str]:
    heads = [_word(name, lang) for name in ("field", "name", "kind", "length", "need", "codes", "source")]
    return [_line(heads), _line(["---"] * len(heads)), *(_line(_cells(field, lang)) for field in one.fields)]


def _cells(field: Field, lang: str) -> list[str]:
    kind = _pick(_KINDS[field.kind], lang) + (f" `{field.inner}`" if field.inner else "")
    named = field.zh if lang == "zh" else field.en
    return [
        f"`{field.name}`",
        named,
        kind,
        str(field.length or ""),
        _word("yes", lang) if field.required else "",
        field.codes,
        field.source,
    ]


def _between(one: Part, lang: str) -> list[str]:
    lines = []
    for rule in one.checks:
        if rule.kind == "not_before":
            lines.append(f"- `{rule.field}` ≥ `{rule.than}` ({rule.source})")
        else:
            wanted = ", ".join(f"`{name}`" for name in rule.fields)
            lines.append(f"- `{rule.field}` = {rule.value} → {wanted} {_word('need', lang)} ({rule.source})")
    return [f"{_word('between', lang)}:", "", *lines, ""] if lines else []


def _order(one: Record, lang: str) -> list[str]:
    if not one.act:
        return []
    lines = [f"- `{later}` ≥ `{earlier}`" for earlier, later in act_kinds()[one.act].order]
    return [f"{_word('between', lang)}:", "", *lines, ""]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _word(name: str, lang: str) -> str:
    return _pick(_WORDS[name], lang)


def _pick(words: tuple[str, str], lang: str) -> str:
    return words[0] if lang == "zh" else words[1]
