"""What a version would do to the rules in force: everything wrong with them then that is not wrong now, and the examples that would not hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from risk.domain.errors import ConflictError
from risk.domain.messages import Told, register
from risk.domain.rule_states import UNFINISHED, RuleState
from risk.services import live_rules, rule_store
from risk.services.live_rules import Change, change_of, overlay, trimmed
from risk.services.rule_links import dependants, expressions
from risk.services.rule_store import Key, Version
from risk.services.rule_text import PARTS, Item, told
from rules.check import check
from rules.check.across import names_mean_one_thing
from rules.diagnostics import Diagnostic, errors
from rules.examples import ExampleFailure
from rules.functions import Vocabulary
from rules.items import Rule
from rules.nodes import Fires, ListRef, Name, walk
from rules.pack import SHARED, Pack

_WAITING = UNFINISHED | {RuleState.APPROVED}

register(
    {
        "rule_breaks_live": (
            "这样改动后现行规则会有 {count} 处错误：{first}",
            "the rules in force would have {count} errors after this: {first}",
        ),
        "rule_breaks_live.hint": (
            "先处理引用它的规则，或先启用它所引用的词表和条件",
            "first deal with the rules that use it, or activate what it uses",
        ),
    }
)


@dataclass(frozen=True, eq=False)
class Tested:
    """What a test found. ``beside``: definitions that are not live yet and were taken along, because this one uses them."""

    diagnostics: tuple[Diagnostic, ...]
    failures: tuple[ExampleFailure, ...]
    examples: int
    vocabulary: str
    live: int
    beside: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Nothing that must be repaired; warnings may stand."""
        return not errors(self.diagnostics) and not self.failures

    def first(self) -> Told:
        """The first thing that is wrong, in words."""
        bad = errors(self.diagnostics)
        return said(bad[0]) if bad else Told(self.failures[0].text("zh"), self.failures[0].text("en"))

    def record(self) -> dict[str, Any]:
        """As it is stored with the version."""
        return {
            "clean": self.clean,
            "errors": len(errors(self.diagnostics)),
            "warnings": len(self.diagnostics) - len(errors(self.diagnostics)),
            "examples": self.examples,
            "failures": [
                {"rule": one.rule, "expected": one.expected, "outcome": one.outcome, "zh": one.text("zh"), "en": one.text("en")}
                for one in self.failures
            ],
            "diagnostics": told(self.diagnostics),
            "vocabulary": self.vocabulary,
            "live": self.live,
            "beside": list(self.beside),
        }


def _vocabulary() -> Vocabulary:
    from risk.scoring.inputs import vocabulary

    return vocabulary()


def run(conn: Connection, version: Version) -> Tested:
    """Check a version among the rules in force and run every example that it bears on."""
    live = live_rules.load(conn)
    one = version.define()
    if one.item is None:
        return Tested(one.diagnostics, (), 0, vocabulary_version(), live.number, ())
    beside = _beside(conn, live.packs, one.item, version)
    before = overlay(live.packs, [change_of(other) for other in beside])
    after = overlay(before, [change_of(version)])
    found = diagnostics(before, after, {version.file})
    bad = errors(found)
    failed, count = ((), 0) if bad else _examples(before, after, version)
    names = tuple(f"{other.kind}:{other.name}@{other.version}" for other in beside)
    return Tested(found, failed, count, vocabulary_version(), live.number, names)


def looked_at(conn: Connection, version: Version) -> tuple[Diagnostic, ...]:
    """What is wrong with a version, its examples not run: for a draft that is being written."""
    one = version.define()
    if one.item is None:
        return one.diagnostics
    packs = live_rules.load(conn).packs
    before = overlay(packs, [change_of(other) for other in _beside(conn, packs, one.item, version)])
    return diagnostics(before, overlay(before, [change_of(version)]), {version.file})


def must_hold(packs: Sequence[Pack], changes: Iterable[Change]) -> tuple[Pack, ...]:
    """The packs after changes; ``ConflictError`` (``rule_breaks_live``) where that gives errors which were not there before."""
    after = overlay(packs, changes)
    bad = errors(diagnostics(packs, after, set()))
    if bad:
        raise ConflictError("rule_breaks_live", count=len(bad), first=said(bad[0]))
    return after


def said(item: Diagnostic) -> Told:
    """A finding in a line."""
    place = f"{item.span.file}:{item.span.line}"
    return Told(f"{place} {item.code} {item.zh}", f"{place} {item.code} {item.en}")


def diagnostics(before: Sequence[Pack], after: Sequence[Pack], files: set[str]) -> tuple[Diagnostic, ...]:
    """Everything that is said of ``files``, and errors elsewhere that were not there before."""
    old = {pack.name: pack for pack in before}
    found: list[Diagnostic] = []
    for pack in after:
        if pack is old.get(pack.name):
            continue
        spoken = check(pack, _vocabulary(), files)
        elsewhere = [item for item in errors(spoken) if item.span.file not in files]
        known = set(check(old[pack.name], _vocabulary(), ())) if elsewhere and pack.name in old else set()
        found += [item for item in spoken if item.span.file in files]
        found += [item for item in elsewhere if item not in known]
    clashes = list(names_mean_one_thing(after))
    found += [item for item in clashes if item not in set(names_mean_one_thing(before))] if clashes else []
    return tuple(dict.fromkeys(found))


def vocabulary_version() -> str:
    """A digest of every name, kind and value that a rule may use: a test holds for the vocabulary it was made with."""
    words = _vocabulary()
    parts = [repr((one.name, one.zh, one.type, one.values, one.maybe)) for one in words.fields]
    parts += [repr((one.name, one.zh, one.params, one.result, one.values, one.maybe)) for one in words.functions]
    parts += [repr(one) for one in (*words.streams, *words.relations)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _examples(before: Sequence[Pack], after: Sequence[Pack], version: Version) -> tuple[tuple[ExampleFailure, ...], int]:
    """The examples of a rule, and of every rule that builds on it, that fail and did not fail before."""
    from risk.scoring.examples import failures

    label = f"{version.kind}:{version.name}"
    touched: dict[str, list[Rule]] = {}
    for pack, rule in dependants(after, label):
        touched.setdefault(pack.name, []).append(rule)
    if version.kind == "rule":
        touched.setdefault(version.model, []).extend(rule for pack in after for rule in pack.rules if _is(pack, rule, version))
    failed: list[ExampleFailure] = []
    old = {pack.name: pack for pack in before}
    for pack in after:
        names = [rule.id for rule in touched.get(pack.name, ())]
        found = failures(trimmed(pack, names)) if names else []
        others = [name for name in {one.rule for one in found} if not (version.kind == "rule" and name == version.name)]
        there = [name for name in others if pack.name in old and name in old[pack.name].rule_by_id]
        known = {(one.rule, one.expected, one.example) for one in failures(trimmed(old[pack.name], there))} if there else set()
        failed += [one for one in found if (one.rule, one.expected, one.example) not in known]
    return tuple(failed), sum(len(rule.hits) + len(rule.misses) for rules in touched.values() for rule in rules)


def _is(pack: Pack, rule: Rule, version: Version) -> bool:
    return pack.name == version.model and rule.id == version.name


def _beside(conn: Connection, packs: Sequence[Pack], item: Item, version: Version) -> list[Version]:
    """Versions on their way of what the item uses and the rules in force do not have; what those use, too."""
    found: dict[Key, Version] = {}
    pack = next((one for one in packs if one.name == version.model), None)
    waiting = expressions(item)
    while waiting:
        for node in walk(waiting.pop()):
            for kind, name in _asked(node):
                if _there(packs if pack is None else [pack], kind, name):
                    continue
                for model in dict.fromkeys((version.model, SHARED)):
                    other = rule_store.version_of(conn, Key(kind, model, name))
                    if other is None or other.state not in _WAITING or other.id == version.id:
                        continue
                    key = Key(kind, model, name)
                    read = other.define().item
                    if read is not None and key not in found:
                        found[key] = other
                        waiting += expressions(read)
    return list(found.values())


def _asked(node: object) -> tuple[tuple[str, str], ...]:
    if isinstance(node, ListRef):
        return (("list", node.name),)
    if isinstance(node, Fires):
        return (("rule", node.rule),)
    return (("condition", node.name), ("feature", node.name)) if isinstance(node, Name) else ()


def _there(packs: Sequence[Pack], kind: str, name: str) -> bool:
    part = PARTS[kind]
    return any((item.id if isinstance(item, Rule) else item.name) == name for pack in packs for item in getattr(pack, part))
