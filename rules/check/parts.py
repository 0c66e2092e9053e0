"""Every rule says what a reviewer and a verifier need."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Rule
from rules.words import KEYWORDS

REQUIRED = ("MODEL", "BASIS", "SEVERITY", "WHEN", "BECAUSE", "HITS", "MISSES")


def parts_are_there(context: Context) -> Iterator[Diagnostic]:
    """R017 the model is the pack's, R030 required clauses and both languages, R033 versions of laws, R034 dates in order, R037 titles."""
    for rule in context.pack.rules:
        yield from _missing(rule)
        if rule.model and rule.model != context.pack.name:
            yield diagnose("R017", rule.where("MODEL"), name=rule.id, model=rule.model, pack=context.pack.name)
        for basis in rule.basis:
            if basis.dated is None:
                yield diagnose("R033", basis.span, name=basis.law)
        if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
            yield diagnose("R034", rule.where("VALID"))
        if rule.title_zh and not rule.title_en:
            yield diagnose("R037", rule.span, name=rule.id)


def _missing(rule: Rule) -> Iterator[Diagnostic]:
    for key in REQUIRED:
        if key not in rule.given:
            en, zh = KEYWORDS[key]
            yield diagnose("R030", rule.span, name=rule.id, clause_zh=zh, clause_en=en)
    if not rule.title_zh:
        yield diagnose("R030", rule.span, name=rule.id, clause_zh="标题", clause_en="title")
    for key, both in (("BECAUSE", rule.because), ("HAZARD", rule.hazard), ("ADVICE", rule.advice), ("FALSE_ALARMS", rule.false_alarms)):
        if key in rule.given:
            for language, text in (("ZH", both.zh), ("EN", both.en)):
                if not text:
                    said = {
                        "clause_zh": f"{KEYWORDS[key][1]} {KEYWORDS[language][1]}",
                        "clause_en": f"{KEYWORDS[key][0]} {KEYWORDS[language][0]}",
                    }
                    yield diagnose("R030", rule.where(key), name=rule.id, **said)
