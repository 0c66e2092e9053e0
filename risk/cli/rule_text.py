"""Rules as a terminal shows them: lines, not decisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from risk.cli.output import lang, tell
from risk.domain.messages import register, say
from risk.domain.rule_states import RuleEvent, RuleState

if TYPE_CHECKING:
    from risk.services.rule_changes import Difference, DiffView
    from risk.services.rule_store import Version
    from risk.services.rule_views import RuleEventRow, RuleRow, RuleView, VersionView
    from rules.explain import Explanation
    from rules.trace import Trace

register(
    {
        "rule_done": (
            "{kind} {name}@{version}：{state}（修订 {revision}{share}）",
            "{kind} {name}@{version}: {state} (revision {revision}{share})",
        ),
        "rule_share": ("，放量 {percent}%", ", for {percent}% of the units"),
        "rule_kind_rule": ("规则", "rule"),
        "rule_kind_list": ("词表", "list"),
        "rule_kind_condition": ("条件", "condition"),
        "rule_kind_feature": ("特征", "feature"),
        "rule_error": ("错误", "error"),
        "rule_warning": ("警告", "warning"),
        "rules_none": ("没有符合条件的定义", "nothing fits"),
        "rules_more": ("还有更多：--cursor {cursor}", "there are more: --cursor {cursor}"),
        "rules_same": ("两者没有区别", "they say the same"),
        "rule_fires": ("命中", "fires"),
        "rule_silent": ("未命中", "does not fire"),
        "rule_unsure": ("无法判断", "is unknown"),
        "rule_unused": ("未使用", "not used"),
        "rule_as_shipped": ("随程序", "as shipped"),
    }
)

MARKS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}
_TRACE = {"true": "✓", "false": "✗", "unknown": "?", "not evaluated": "·", "value": "="}


def kind_word(kind: str) -> str:
    """What a person calls it."""
    return say(f"rule_kind_{kind}", lang())


def done(version: Version) -> None:
    """Say where a version stands now; for how much of the units, where it is not for all."""
    state, share = version.state.word(lang()), ""
    if version.roll_out < 100 and version.state in (RuleState.ACTIVE, RuleState.PAUSED):
        share = say("rule_share", lang(), percent=f"{version.roll_out:g}")
    facts = {"name": version.name, "version": version.version, "state": state, "revision": version.revision, "share": share}
    tell("rule_done", kind=kind_word(version.kind), **facts)


def list_lines(rows: tuple[RuleRow, ...]) -> Iterator[str]:
    """One definition a line."""
    for row in rows:
        version = (
            say("rule_unused", lang()) if row.in_force is None else f"@{row.in_force}" if row.in_force else say("rule_as_shipped", lang())
        )
        share = f" {row.roll_out:g}%" if row.roll_out < 100 else ""
        newest = f"@{row.newest} {say(f'rule_state_{row.state}', lang())}" if row.newest else ""
        title = row.title_zh if lang() == "zh" else row.title_en
        yield f"{_wide(kind_word(row.kind), 9)} {row.model:<32} {_wide(row.name, 32)} {version}{share}  {newest}  {title}".rstrip()


def show_lines(rule: RuleView, view: VersionView, written: str) -> Iterator[str]:
    """One version whole, with the versions beside it. ``written``: zh, en or source."""
    yield from list_lines((rule.row,))
    for row in rule.versions:
        state = row.state_zh if lang() == "zh" else row.state_en
        who, when = _wide(row.author, 12), moment(row.changed_at)
        yield f"  @{row.version:<3} {_wide(state, 10)} {who} {when}  {row.hash[:12]}  {row.note or ''}".rstrip()
    yield ""
    yield {"zh": view.zh, "en": view.en}.get(written, view.source).rstrip("\n")
    for item in view.diagnostics:
        told = item["zh"] if lang() == "zh" else item["en"]
        yield f"{say('rule_' + item['severity'], lang())}[{item['code']}] {item['span']['line']}:{item['span']['column']} {told}"
    for name in view.moved:
        yield f"≠ {name}"
    for how, count in view.shadow.items():
        yield f"{how}: {count}"


def event_line(row: RuleEventRow) -> str:
    """One thing that happened."""
    event = row.event_zh if lang() == "zh" else row.event_en
    share = row.detail.get("to" if row.event == RuleEvent.ROLL_OUT else "percent")
    told = event if share is None else f"{event} {share:g}%"
    return f"{moment(row.at)}  @{row.version}  {_wide(told, 14)} {row.actor}  {row.reason or ''}".rstrip()


def diff_lines(view: DiffView) -> Iterator[str]:
    """What differs, a part a line."""
    yield f"{kind_word(view.kind)} {view.name} @{view.old} → @{view.new}"
    yield from change_lines(view.changes)


def change_lines(changes: tuple[Difference, ...]) -> Iterator[str]:
    """Parts that came, went, changed or moved."""
    zh = lang() == "zh"
    if not changes:
        yield say("rules_same", lang())
    for one in changes:
        clause, old, new = (one.clause_zh, one.old_zh, one.new_zh) if zh else (one.clause_en, one.old_en, one.new_en)
        inside = one.inside_zh if zh else one.inside_en
        told = f"{old} → {new}" if one.what == "changed" else old or new
        yield f"{MARKS[one.what]} {clause}: {told}" + (f"   ({inside})" if inside else "")


def explanation_lines(one: Explanation, *, full: bool = False) -> Iterator[str]:
    """One rule on one text: what came of it, why, what it quotes, and the parts that decided it; with ``full`` every part."""
    word = {True: "rule_fires", False: "rule_silent", None: "rule_unsure"}[one.outcome]
    zh = lang() == "zh"
    yield f"{one.rule.id}: {say(word, lang())}"
    if one.outcome:
        yield f"  {one.because.zh if zh else one.because.en}"
        for item in one.evidence:
            yield f"  “{item.quote}” {item.start}-{item.end}" + (f" @{item.list}" if item.list else "")
    yield from _trace_lines(one.trace, 1, full=full)


def _trace_lines(trace: Trace, depth: int, *, full: bool) -> Iterator[str]:
    value = f" = {trace.said_zh if lang() == 'zh' else trace.said_en}" if trace.verdict == "value" else ""
    yield f"{'  ' * depth}{_TRACE[trace.verdict]} {trace.zh if lang() == 'zh' else trace.en}{value}"
    for part in trace.parts:
        if full or part.verdict != "not evaluated":
            opened = full or _decided(trace, part)
            yield from _trace_lines(part if opened else replace(part, parts=()), depth + 1, full=full)


def _decided(whole: Trace, part: Trace) -> bool:
    """Whether a part is why the whole came out as it did: of what holds the parts that hold, of what does not the parts that do not, or what was excluded."""
    if part.verdict in ("unknown", "value") or whole.verdict == part.verdict or whole.verdict == "unknown":
        return True
    return whole.verdict == "false" and len(whole.parts) == 1


def _wide(text: str, width: int) -> str:
    """The text filled up to so many columns of a terminal: a Chinese character takes two."""
    taken = sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(0, width - taken)


def moment(at: datetime | None) -> str:
    """A moment in Hubei's time."""
    from risk.domain.calendar import SHANGHAI

    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if at else "-" * 16
