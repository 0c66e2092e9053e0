"""What a back-test tries: definitions laid over the rules in service, and which rules are looked at. Nothing is read or run here.

A list means one thing in all packs: where a candidate changes a list or a condition that several packs know, it changes in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from risk.domain.errors import InvalidInputError, NotFoundError
from risk.domain.messages import Told, register
from risk.domain.signals import digest
from risk.scoring.inputs import vocabulary
from risk.scoring.keys import split_key, text_keys
from rules.check import check
from rules.diagnostics import Diagnostic, errors
from rules.items import Rule, WordList
from rules.nodes import Fires, ListRef, Name, walk
from rules.pack import Pack
from rules.printer import show_all, show_rule
from rules.translate import translate

NEEDED_LATER = ("R030",)
"""Faults that do not stop a rule from running: a draft may be tried before its basis and examples are written."""

register(
    {
        "backtest_no_rules": ("没有可回测的规则", "there is no rule to back-test"),
        "backtest_no_rules.hint": (
            "给出含规则的文件、已保存的版本或 --rule",
            "give a file with rules, a stored version, or --rule",
        ),
        "backtest_rule_unknown": ("没有规则“{rule}”", "no rule is called `{rule}`"),
        "backtest_rule_unknown.hint": ("可用：{known}", "one of: {known}"),
        "backtest_rules_broken": ("规则有 {errors} 处错误，不能回测：{first}", "the rules have {errors} errors and cannot run: {first}"),
        "backtest_rules_broken.hint": ("先用 risk rules check 检查", "see risk rules check"),
        "backtest_firm_lens": ("企业镜头的规则不研判信号，不能在信号历史上回测：{rule}", "rules of lens firm judge no signals: {rule}"),
        "backtest_model_unknown": ("规则“{rule}”没有写明模型", "rule `{rule}` does not say its model"),
        "backtest_model_unknown.hint": ("写上 模型 …，可用：{known}", "write model …, one of: {known}"),
        "backtest_two_models": ("一次回测只看一个模型的规则，此处有：{models}", "a back-test looks at one model, these are of: {models}"),
        "backtest_two_models.hint": ("按模型分开", "part them by model"),
    }
)


@dataclass(frozen=True)
class Trial:
    """One model, its rules in service and its rules as tried; ``rules`` are the ids looked at, in the order of the pack."""

    model: str
    live: tuple[Pack, ...]
    tried: tuple[Pack, ...]
    rules: tuple[str, ...]

    @cached_property
    def before(self) -> Pack:
        """The model's pack in service; empty for a model without rules."""
        return next((pack for pack in self.live if pack.name == self.model), Pack(self.model))

    @cached_property
    def after(self) -> Pack:
        """The model's pack with what is tried."""
        return next(pack for pack in self.tried if pack.name == self.model)

    @cached_property
    def changed(self) -> bool:
        """Whether anything of the model differs from what is in service."""
        return self.before.version != self.after.version

    @cached_property
    def also(self) -> tuple[str, ...]:
        """Other models whose rules a shared definition changes too."""
        old = {pack.name: pack.version for pack in self.live}
        return tuple(pack.name for pack in self.tried if pack.name != self.model and old.get(pack.name) != pack.version)

    def standing(self, rule: str) -> str:
        """``new``, ``changed`` or ``live``: what the tried rule is to those in service."""
        old, new = self.before.rule_by_id.get(rule), self.after.rule_by_id[rule]
        if old is None:
            return "new"
        return "live" if old == new and rule_hash(old, self.before) == rule_hash(new, self.after) else "changed"

    @cached_property
    def hash(self) -> str:
        """What is tried, whatever it is compared with: the rules looked at with everything they are made of."""
        return digest([self.model, *(rule_hash(self.after.rule_by_id[rule], self.after) for rule in self.rules)])


def keys_of(model: str) -> tuple[str, ...]:
    """The keys (model with lens) that judge texts for a model.

    >>> keys_of("illegal_fundraising"), keys_of("illegal_drug_sales")
    (('illegal_fundraising.solicitation', 'illegal_fundraising.report'), ('illegal_drug_sales',))
    """
    return tuple(key for key in text_keys() if split_key(key)[0] == model)


def rule_hash(rule: Rule, pack: Pack) -> str:
    """A rule with all that it is made of, whatever language it is written in."""
    words = vocabulary()
    plain = replace(rule, when=translate(rule.when, words, "en"))
    return digest([show_rule(plain, "en"), *sorted(show_all([item], "en") for item in reached(rule, pack))])


def reached(rule: Rule, pack: Pack) -> tuple[Any, ...]:
    """The lists, conditions and other rules of the pack that a rule is made of, however deep.

    >>> from rules.pack import pack_from_text
    >>> p = pack_from_text('list a\\n include "x"\\nlist b\\n include "y"\\ncondition c = text has any of @a\\nrule r "t" when c')
    >>> [item.name for item in reached(p.rules[0], p)]
    ['c', 'a']
    """
    found: dict[tuple[str, str], Any] = {}
    waiting = [rule.when]
    while waiting:
        for node in walk(waiting.pop()):
            item: Any = None
            match node:
                case ListRef(name):
                    item = pack.list_by_name.get(name)
                case Name(name):
                    item = pack.named(name)
                case Fires(name):
                    item = pack.rule_by_id.get(name)
            if item is None or (key := (type(item).__name__, _name(item))) in found:
                continue
            found[key] = item
            if not isinstance(item, WordList):
                waiting.append(item.when if isinstance(item, Rule) else item.expr)
    return tuple(found.values())


def lay_over(pack: Pack, candidate: Pack, *, rules: bool) -> Pack:
    """The pack with the candidate's definitions in place of its own of the same name; rules only where asked for.

    >>> from rules.pack import pack_from_text
    >>> old = pack_from_text('rule a "x" when text has any of "甲"\\nrule b "y" when text has any of "乙"')
    >>> new = pack_from_text('rule b "z" when text has any of "丙"\\nrule c "y" when text has any of "丁"')
    >>> [(rule.id, rule.title_zh) for rule in lay_over(old, new, rules=True).rules]
    [('a', 'x'), ('b', 'z'), ('c', 'y')]
    """
    changes: dict[str, Any] = {}
    for kind in ("lists", "conditions", "features", *(["rules"] if rules else [])):
        changes[kind] = tuple(_merged(getattr(pack, kind), getattr(candidate, kind), adding=rules))
    return replace(pack, sources={**pack.sources, **candidate.sources} if rules else pack.sources, **changes)


def _merged(mine: Iterable[Any], theirs: Sequence[Any], *, adding: bool) -> Iterable[Any]:
    new = {_name(item): item for item in theirs}
    for item in mine:
        yield new.pop(_name(item), item)
    if adding:
        yield from new.values()


def _name(item: Any) -> str:
    return str(item.id if isinstance(item, Rule) else item.name)


def plan(live: Iterable[Pack], candidate: Pack | None = None, *, model: str = "", rules: Sequence[str] = ()) -> Trial:
    """What to try: a candidate's rules over those in service, or rules in service themselves (all of ``model``, or those named).

    Of a candidate without rules (a list, a condition) the rules that are made of it are looked at.

    Raises :class:`InvalidInputError` or :class:`NotFoundError` where there is nothing to try or the rules cannot run.
    """
    live = tuple(live)
    _refuse(errors(candidate.diagnostics) if candidate is not None else ())
    mine = _models_of(live, candidate, model, rules)
    if len(mine) > 1:
        raise InvalidInputError("backtest_two_models", models=", ".join(sorted(mine)))
    if not mine:
        raise InvalidInputError("backtest_no_rules")
    (name,) = mine
    tried = tuple(lay_over(pack, _of_model(candidate, name), rules=pack.name == name) for pack in live) if candidate is not None else live
    if all(pack.name != name for pack in live):
        tried = (*tried, replace(_of_model(candidate, name), name=name) if candidate is not None else Pack(name))
    after = next(pack for pack in tried if pack.name == name)
    trial = Trial(name, live, tried, _chosen(after, candidate, rules))
    _refuse_broken(trial)
    return trial


def models_of(candidate: Pack, live: Iterable[Pack] = ()) -> tuple[str, ...]:
    """The models that a candidate's rules belong to: what each says, else the model in which a rule of that id is in service, else the pack's name."""
    known = {rule.id: pack.name for pack in live for rule in pack.rules}
    found = (rule.model or known.get(rule.id) or candidate.name for rule in candidate.rules)
    return tuple(dict.fromkeys(found))


def _models_of(live: Sequence[Pack], candidate: Pack | None, model: str, rules: Sequence[str]) -> set[str]:
    """The models that are meant: one, or the call is refused."""
    if candidate is None:
        if not rules:
            return {model} if model else set()
        known = {rule.id: pack.name for pack in live for rule in pack.rules if not model or pack.name == model}
        return {known[_known(rule, known)] for rule in rules}
    if not candidate.rules:
        found = {pack.name for pack in live if _built_on(pack, candidate)}
    else:
        there = {rule.id for rule in candidate.rules}
        found = set(models_of(candidate.only([_known(rule, there) for rule in rules]) if rules else candidate, live))
    if model in found:
        return {model}
    for name in found:
        if not keys_of(name):
            known_models = ", ".join(dict.fromkeys(split_key(key)[0] for key in text_keys()))
            raise InvalidInputError("backtest_model_unknown", rule=next(rule.id for rule in candidate.rules), known=known_models)
    return found


def _known(rule: str, known: Iterable[str]) -> str:
    known = sorted(known)
    if rule not in known:
        raise NotFoundError("backtest_rule_unknown", rule=rule, known=", ".join(known[:40]) or "-")
    return rule


def _built_on(pack: Pack, candidate: Pack) -> set[str]:
    """The rules of a pack that are made of something the candidate defines."""
    mine = {(type(item).__name__, item.name) for kind in ("lists", "conditions", "features") for item in getattr(candidate, kind)}
    return {rule.id for rule in pack.rules if mine & {(type(item).__name__, _name(item)) for item in reached(rule, pack)}}


def _of_model(candidate: Pack | None, name: str) -> Pack:
    """The candidate with only its rules of one model."""
    assert candidate is not None
    return replace(candidate, rules=tuple(rule for rule in candidate.rules if rule.model in (name, "")))


def _chosen(after: Pack, candidate: Pack | None, rules: Sequence[str]) -> tuple[str, ...]:
    """The ids looked at; firm rules are left out, or refused where they are named."""
    there = after.rule_by_id
    for rule in rules:
        if there[_known(rule, there)].lens == "firm":
            raise InvalidInputError("backtest_firm_lens", rule=rule)
    wanted = set(rules) or set(there)
    if candidate is not None and not rules:
        wanted = {rule.id for rule in candidate.rules} or _built_on(after, candidate)
    found = tuple(rule.id for rule in after.rules if rule.id in wanted and rule.lens != "firm")
    if not found:
        firm = next((rule.id for rule in after.rules if rule.id in wanted), None)
        raise InvalidInputError("backtest_firm_lens", rule=firm) if firm else InvalidInputError("backtest_no_rules")
    return found


def _refuse_broken(trial: Trial) -> None:
    if not trial.changed:
        return
    empty = {rule.id for rule in trial.after.rules if "WHEN" not in rule.given}
    bad = errors(check(trial.after, vocabulary(), ()))  # advice is no error
    _refuse([item for item in bad if item.code not in NEEDED_LATER or any(f"`{name}`" in item.en for name in empty)])


def _refuse(bad: Sequence[Diagnostic]) -> None:
    if bad:
        raise InvalidInputError(
            "backtest_rules_broken", errors=len(bad), first=Told(f"[{bad[0].code}] {bad[0].zh}", f"[{bad[0].code}] {bad[0].en}")
        )
