"""Alerts in words, in one language: what ``risk alerts`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from risk.cli.task_text import moment
from risk.domain import regions
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.domain.tasks import Event

if TYPE_CHECKING:
    from risk.services.alert_page import AlertPage, Piece
    from risk.services.alert_replay import Replay
    from risk.services.manual_alerts import Receipt
    from risk.services.views_alerts import AlertCounts, AlertRow

register(
    {
        "alert_head": ("预警 {id}　{grade}　{model}　{status}", "alert {id} · {grade} · {model} · {status}"),
        "alert_is_open": ("待派发", "open"),
        "alert_is_tasked": ("核查中", "being verified"),
        "alert_is_closed": ("已办结", "closed"),
        "alert_from_run": ("由研判运行产生", "raised by a run"),
        "alert_from_manual": ("由人员登记", "entered by a person"),
        "alert_from_warning": ("来自外部预警系统", "from an outside warning system"),
        "alert_clue": ("涉嫌线索，不是违法认定；以核查结论为准", "a clue, not a finding: what is suspected is open until verified"),
        "alert_who": ("主体：{name} {uscc}", "subject: {name} {uscc}"),
        "alert_where": ("地区：{place}；承办：{office}", "place: {place}; office: {office}"),
        "alert_piece": (
            "证据 {n}：{model}　{grade}　概率 {probability}　{source}　{when}",
            "evidence {n}: {model}, {grade}, probability {probability}, {source}, {when}",
        ),
        "alert_hash": (
            "　　原文 SHA-256 {text}；研判 {hash}（{intact}）",
            "    SHA-256 of the text {text}; of the judgement {hash} ({intact})",
        ),
        "alert_intact": ("未改动", "intact"),
        "alert_altered": ("已被改动", "altered"),
        "alert_rule": ("　　{rule}：{text}", "    {rule}: {text}"),
        "alert_quote": ("　　　　原文[{start}:{end}]“{quote}”", '        original [{start}:{end}] "{quote}"'),
        "alert_share": ("　　{log_odds:+.2f}　{text}", "    {log_odds:+.2f}  {text}"),
        "alert_law": ("　　《{law}》{article}：{text}", "    {law} {article}: {text}"),
        "alert_versions": ("　　模型 {model}；规则 {rules}；程序 {program}", "    model {model}; rules {rules}; program {program}"),
        "alert_did_new": ("产生预警", "alert raised"),
        "alert_did_merged": ("并入线索", "evidence merged"),
        "alert_did_entered": ("人工登记线索", "clue entered by hand"),
        "alert_did_warned": ("收到外部预警", "outside warning received"),
        "alert_history": ("经过", "history"),
        "alert_moment": ("{at}　{what}　{actor}", "{at}  {what}  {actor}"),
        "alert_related": ("相关预警 {id}：{grade}　{title}（{by}）", "related alert {id}: {grade}, {title} ({by})"),
        "alert_near": ("　{text}", "  {text}"),
        "alert_assist": ("应请协查：{offices}", "to be asked to assist: {offices}"),
        "alert_replay_piece": (
            "证据 {id}（{model}）：概率 {before} → {after}",
            "evidence {id} ({model}): probability {before} → {after}",
        ),
        "alert_receipt": (
            "登记 {entry}：预警 {alert}，任务 {task}，{outcome}，{grade}（{by}）",
            "entry {entry}: alert {alert}, task {task}, {outcome}, {grade} ({by})",
        ),
        "receipt_new": ("新预警", "a new alert"),
        "receipt_merged": ("并入已有预警", "merged into an alert"),
        "receipt_received": ("已受理", "received"),
        "receipt_repeated": ("此前已登记，未作更改", "entered before, nothing was changed"),
        "graded_person": ("人工定级", "graded by the person"),
        "graded_models": ("模型定级", "graded by the models"),
        "related_subject": ("同一主体", "same subject"),
        "related_shared": ("共用：{relation}", "shares: {relation}"),
        "alert_total": ("共 {count} 件", "{count} in all"),
    }
)


def list_lines(rows: Iterable[AlertRow], lang: str) -> Iterator[str]:
    """One line per alert: number, grade, status, model, opened, place, title."""
    zh = lang == "zh"
    for row in rows:
        grade, status = Grade.parse(row.grade).title(lang), say(f"alert_is_{row.status}", lang)
        place = (row.region_zh if zh else row.region_en) or "-"
        yield "  ".join((str(row.id), grade, status, moment(row.opened_at), place, row.title_zh if zh else row.title_en))


def count_lines(counts: AlertCounts, lang: str) -> Iterator[str]:
    """The total, then each way of counting."""
    yield say("alert_total", lang, count=counts.total)
    grades = {Grade.parse(code).title(lang): count for code, count in counts.by_grade.items()}
    statuses = {say(f"alert_is_{code}", lang): count for code, count in counts.by_status.items()}
    origins = {say(f"alert_from_{code}", lang): count for code, count in counts.by_origin.items()}
    for group in (grades, statuses, counts.by_model, origins):
        if group:
            yield "  " + ("，" if lang == "zh" else ", ").join(f"{name} {count}" for name, count in group.items())


def page_lines(page: AlertPage, lang: str) -> Iterator[str]:
    """The whole alert."""
    zh, row = lang == "zh", page.alert
    model = row.model_zh if zh else row.model_en
    yield say(
        "alert_head", lang, id=row.id, grade=Grade.parse(row.grade).title(lang), model=model, status=say(f"alert_is_{row.status}", lang)
    )
    yield row.title_zh if zh else row.title_en
    yield say("alert_clue", lang)
    yield say(f"alert_from_{row.origin}", lang)
    yield say("alert_who", lang, name=page.subject or say("task_subject_unknown", lang), uscc=page.uscc or "").rstrip()
    place = regions.name(row.region, lang, full=True) if row.region else "-"
    yield say("alert_where", lang, place=place, office=row.office or "-")
    for number, piece in enumerate(page.evidence, 1):
        yield ""
        yield from _piece_lines(number, piece, lang)
    for one in page.related:
        by = say("related_subject", lang) if one.by == "subject" else say("related_shared", lang, relation=one.by)
        yield say(
            "alert_related", lang, id=one.id, grade=Grade.parse(one.grade).title(lang), title=one.title_zh if zh else one.title_en, by=by
        )
    for near in page.nearly_suppressed:
        yield say("alert_near", lang, text=near.zh if zh else near.en)
    if page.assist_wanted:
        yield say("alert_assist", lang, offices="、".join(page.assist_wanted) if zh else ", ".join(page.assist_wanted))
    yield ""
    yield say("alert_history", lang)
    for step in page.history:
        yield say("alert_moment", lang, at=moment(step.at), what=_step(step.what, lang), actor=step.actor)


def replay_lines(found: Replay, lang: str) -> Iterator[str]:
    """The answer first, then what changed."""
    zh = lang == "zh"
    yield found.zh if zh else found.en
    for piece in found.pieces:
        before, after = ("-" if value is None else f"{value:.4f}" for value in (piece.probability_then, piece.probability_now))
        yield say("alert_replay_piece", lang, id=piece.assessment_id, model=piece.model, before=before, after=after)
        yield from (f"  - {one.zh if zh else one.en}" for one in (*piece.differences, *piece.notes))


def receipt_lines(receipt: Receipt, lang: str) -> Iterator[str]:
    """What became of an entry."""
    outcome = say(f"receipt_{receipt.outcome}", lang)
    grade, by = Grade.parse(receipt.grade).title(lang), say(f"graded_{receipt.graded_by}", lang)
    numbers: dict[str, Any] = {"entry": receipt.entry_id, "alert": receipt.alert_id or "-", "task": receipt.task_id or "-"}
    yield say("alert_receipt", lang, outcome=outcome, grade=grade, by=by, **numbers)
    if receipt.repeated:
        yield say("receipt_repeated", lang)


def _step(what: str, lang: str) -> str:
    kind, _, name = what.partition(".")
    return Event(name).word(lang) if kind == "task" else say(f"alert_did_{name}", lang)


def _piece_lines(number: int, piece: Piece, lang: str) -> Iterator[str]:
    zh = lang == "zh"
    probability = "-" if piece.probability is None else f"{piece.probability:.2f}"
    model = piece.model_zh if zh else piece.model_en
    when, grade = moment(piece.observed_at), Grade.parse(piece.grade).title(lang)
    yield say("alert_piece", lang, n=number, model=model, grade=grade, probability=probability, source=piece.source or "-", when=when)
    yield f"  {' '.join(piece.text.split())[:160]}"
    if piece.entered or piece.warning:
        yield from (f"  {line}" for line in (piece.because_zh if zh else piece.because_en)[:1])
    for rule in piece.reasons:
        yield say("alert_rule", lang, rule=rule.rule, text=rule.zh if zh else rule.en)
        for quote in rule.quotes[:5]:
            where: dict[str, Any] = {"start": "?" if quote.start is None else quote.start, "end": "?" if quote.end is None else quote.end}
            yield say("alert_quote", lang, quote=quote.text, **where)
    for share in piece.contributions[:8]:
        yield say("alert_share", lang, log_odds=share.log_odds, text=(share.zh if zh else share.en) or share.feature)
    for law in piece.laws:
        yield say("alert_law", lang, law=law.law, article=law.article, text=law.zh if zh else law.en)
    intact = "-" if piece.intact is None else say("alert_intact" if piece.intact else "alert_altered", lang)
    yield say("alert_hash", lang, text=(piece.text_hash or "-")[:16], hash=(piece.hash or "-")[:16], intact=intact)
    versions = piece.versions
    yield say("alert_versions", lang, model=versions.model or "-", rules=(versions.rules or "-")[:12], program=versions.code or "-")
