"""The law behind a rule: known, in the version in force, its status shown, and the severity in line with what it threatens."""

from collections.abc import Iterator

from rules.check.context import Context, near
from rules.check.wording import source_at
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Basis, Rule, Severity
from rules.statutes import STATUS_EN, STATUS_ZH, Band, Status, Statute
from rules.words import KEYWORDS, word


def bases_may_be_cited(context: Context) -> Iterator[Diagnostic]:
    """R073: what is not known to be in force is shown as 条款待核. Silent where the host has no register."""
    for _, basis, law in _cited(context):
        if law is not None and basis.verified and law.status is not Status.IN_FORCE:
            yield _unverified(basis, law, context)


def bases_are_current(context: Context) -> Iterator[Diagnostic]:
    """R070 laws, R071 articles, R072 versions, R074 severities. Silent where the host has no register."""
    for _, basis, law in _cited(context):
        yield from _current(basis, law, context) if law is not None else _unknown(basis, context)
    for rule in context.pack.rules:
        yield from _severity(rule, context)


def _cited(context: Context) -> Iterator[tuple[Rule, Basis, Statute | None]]:
    """Every basis with the text of its law that should be cited."""
    register = context.vocabulary.statutes
    if register:
        for rule in context.pack.rules:
            for basis in rule.basis:
                yield rule, basis, register.current(basis.law)


def _unknown(basis: Basis, context: Context) -> Iterator[Diagnostic]:
    hints = near(basis.law, context.vocabulary.statutes.names, "请核对名称，或先登记此法", "check the name, or put the law on record")
    fix = source_at(context, basis.span).replace(basis.law, hints["fix"], 1) if hints["fix"] else ""
    yield diagnose("R070", basis.span, name=basis.law, **{**hints, "fix": fix})


def _current(basis: Basis, law: Statute, context: Context) -> Iterator[Diagnostic]:
    if not law.has_article(basis.article):
        yield diagnose("R071", basis.span, name=law.name, article=basis.article, size=law.articles)
    if law.dated is None or basis.dated is None:
        return
    cited = context.vocabulary.statutes.text(law.name, basis.dated)
    if cited is None or cited.status is Status.SUPERSEDED:
        fix = source_at(context, basis.span).replace(_as_written(basis, context), law.dated.isoformat())
        begun = basis.dated == law.in_force_from
        zh = "这是施行日期；请写文本的日期" if begun else "请核对条文后改写日期"
        en = "that is the day it came into force; write the day of the text" if begun else "compare the articles, then change the date"
        yield diagnose("R072", basis.span, fix=fix, name=law.name, given=basis.dated, dated=law.dated, near_zh=zh, near_en=en)


def _as_written(basis: Basis, context: Context) -> str:
    """The date as it stands in the source: 2021-4-9 is 2021-04-09."""
    assert basis.dated is not None
    forms = [f"{basis.dated.year}-{month}-{day}" for month in _padded(basis.dated.month) for day in _padded(basis.dated.day)]
    written = source_at(context, basis.span)
    return max((form for form in forms if form in written), key=len, default=basis.dated.isoformat())


def _padded(number: int) -> tuple[str, ...]:
    return (str(number), f"{number:02d}")


def _unverified(basis: Basis, law: Statute, context: Context) -> Diagnostic:
    written = source_at(context, basis.span)
    chinese = any(f" {KEYWORDS[key][1]} " in written for key in ("ARTICLE", "DATED"))
    fix = f"{written} {word('UNVERIFIED', 'zh' if chinese else 'en')}" if written else ""
    said = {"status_zh": STATUS_ZH[law.status], "status_en": STATUS_EN[law.status]}
    return diagnose("R073", basis.span, fix=fix, name=law.name, **said)


def _severity(rule: Rule, context: Context) -> Iterator[Diagnostic]:
    """All bases of a rule together: its severity lies between the mildest and the gravest of their penalties."""
    bands = list(_bands(rule, context))
    if not bands or "SEVERITY" not in rule.given:
        return
    least = min((band.least for _, band in bands), key=_weight)
    most = max((band.most for _, band in bands), key=_weight)
    if not least.weight <= rule.severity.weight <= most.weight:
        law, band = bands[0]
        said = {"given_zh": rule.severity.zh, "given_en": rule.severity.en, "band_zh": band.zh, "band_en": band.en}
        said |= {"range_zh": f"{least.zh}至{most.zh}", "range_en": f"{least.en} to {most.en}"}
        yield diagnose("R074", rule.where("SEVERITY"), name=law.name, article=band.article, **said)


def _weight(severity: Severity) -> float:
    return severity.weight


def _bands(rule: Rule, context: Context) -> Iterator[tuple[Statute, Band]]:
    for basis in rule.basis:
        law = context.vocabulary.statutes.current(basis.law)
        if law is not None and basis.article:
            for band in law.bands_of(basis.article):
                yield law, band
