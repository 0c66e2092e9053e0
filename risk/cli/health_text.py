"""The health of a model in words, in one language: what ``risk health`` prints. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from risk.cli.task_text import moment
from risk.domain import regions
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.scoring.keys import title

if TYPE_CHECKING:
    from risk.services.health_figures import HealthFigure
    from risk.services.model_health import HealthView
    from risk.services.model_tasks import ModelTask

_NAMES = {
    "score_drift": ("评分漂移（PSI）", "drift of scores (PSI)"),
    "features_moved": ("漂移的特征数", "features that moved"),
    "feature_drift": ("特征漂移（PSI）", "drift of features (PSI)"),
    "estimated_precision": ("无标签估计：精确率", "estimated without labels: precision"),
    "estimated_recall": ("无标签估计：召回率", "estimated without labels: recall"),
    "estimated_prevalence": ("无标签估计：问题率", "estimated without labels: prevalence"),
    "precision": ("精确率（按抽样加权）", "precision, weighted by the sample"),
    "recall": ("召回率（模型）", "recall of the model"),
    "prevalence": ("问题率", "prevalence"),
    "recall_of_alerts": ("召回率（已预警）", "recall of the alerts"),
    "complaints_flagged": ("属实投诉事先已预警", "confirmed complaints flagged before"),
    "complaint_lead_days": ("提前天数（中位数）", "days gained (median)"),
    "calibration": ("校准差（期望减实际）", "calibration gap (expected minus found)"),
    "estimate_error": ("无标签估计误差（估计减实际）", "error of the estimate without labels"),
    "verified_rate": ("核查属实率", "verified rate"),
    "false_alarm_rule": ("误报中常见的规则（属实率）", "rules that speak in wrong alerts (share confirmed)"),
    "false_alarm_feature": ("误报中常见的特征（属实率）", "features that speak in wrong alerts (share confirmed)"),
    "false_alarm_reason": ("误报原因", "reasons of wrong alerts"),
}
"""Figures in the order in which they are shown."""

_PLAIN = ("score_drift", "feature_drift", "features_moved", "complaint_lead_days")
"""Figures that are no shares."""

register(
    {
        "health_head": ("{model}　健康检查 {at}", "{model}: health as of {at}"),
        "health_figure": ("  {part}{value}{ends}　n={n}{limit}{mark}", "  {part}{value}{ends}, n={n}{limit}{mark}"),
        "health_limit": ("　限值 {limit}", ", limit {limit}"),
        "health_crossed": ("　!! 超限", "  !! beyond its limit"),
        "health_unknown_value": ("未知", "unknown"),
        "health_open_tasks": ("未办结的内部任务", "open internal tasks"),
        "health_task_line": ("  {id}　{state}　{at}　{title}（{owner}）", "  {id} · {state} · {at} · {title} ({owner})"),
        "health_task_open": ("待办", "open"),
        "health_task_done": ("办结", "done"),
        "health_task_reason": ("     {actor}：{reason}", "     {actor}: {reason}"),
        "health_no_tasks": ("没有内部任务", "no internal tasks"),
        "health_recall_head": (
            "{model}　{since} 至 {until} 的研判（截至 {at} 已知）",
            "{model}: judged from {since} to {until}, as known at {at}",
        ),
        "health_recall_counts": (
            "  研判 {units}，达到预警线 {alarms}，已预警 {alerted}，超出能力 {over_capacity}；抽样 {drawn}，已核查：预警 {verified_alerted}、抽样 {verified_drawn}（漏报 {missed_found}）",
            "  {units} judged, {alarms} alarms, {alerted} in alerts, {over_capacity} over capacity; {drawn} drawn; verified: {verified_alerted} alerted, {verified_drawn} drawn "
            "({missed_found} missed ones found)",
        ),
        "health_recall_none": (
            "  没有抽样：先运行 risk health draw，漏报无从估计",
            "  nothing was drawn: without risk health draw, what is missed cannot be estimated",
        ),
        "health_complaints_head": (
            "{model}　{since} 至 {until} 收到并查实的投诉（截至 {at} 已知）",
            "{model}: complaints received from {since} to {until} and confirmed, as known at {at}",
        ),
        "health_complaints_line": (
            "  {name}：{flagged}/{complaints} 事先已预警，{value}{ends}；提前 {lead} 天（中位数）",
            "  {name}: {flagged} of {complaints} flagged before, {value}{ends}; {lead} days gained (median)",
        ),
        "health_complaints_unlinked": ("  另有 {n} 件未关联主体，不计", "  {n} more without a subject: not judged"),
        "health_all": ("合计", "in all"),
        "health_trend_line": ("  {at}　{value}{ends}　n={n}{mark}", "  {at}  {value}{ends}, n={n}{mark}"),
        "health_drawn": ("研判 {run}：抽样 {n} 件", "run {run}: {n} drawn"),
        "health_drawn_none": ("没有待抽样的研判", "no run waits to be drawn from"),
        **{f"health_name_{name}": words for name, words in _NAMES.items()},
    }
)


def show_lines(view: HealthView, lang: str) -> Iterator[str]:
    """All figures of a check, in groups, then the open tasks."""
    yield say("health_head", lang, model=title(view.model, lang), at=moment(view.as_of))
    by_name: dict[str, list[HealthFigure]] = {}
    for one in view.figures:
        by_name.setdefault(one.name, []).append(one)
    for name in _NAMES:
        if name in by_name:
            yield say(f"health_name_{name}", lang)
            yield from (_figure(one, lang) for one in by_name[name])
    if view.tasks:
        yield say("health_open_tasks", lang)
        yield from task_lines(view.tasks, lang)


def task_lines(tasks: Iterable[ModelTask], lang: str) -> Iterator[str]:
    """One line a task, with who closed it and why."""
    empty = True
    for one in tasks:
        empty = False
        zh = lang == "zh"
        state, owner = say(f"health_task_{one.state}", lang), one.owner_zh if zh else one.owner_en
        what = one.title_zh if zh else one.title_en
        yield say("health_task_line", lang, id=one.id, state=state, at=moment(one.opened_at), title=what, owner=owner)
        if one.reason:
            yield say("health_task_reason", lang, actor=one.closed_by or "-", reason=one.reason)
    if empty:
        yield say("health_no_tasks", lang)


def recall_lines(told: Mapping[str, Any], lang: str) -> Iterator[str]:
    """The estimates from alerts and the random sample."""
    yield say("health_recall_head", lang, model=title(told["model"], lang), **_period(told))
    if not told["counts"]["runs"]:
        yield say("health_recall_none", lang)
        return
    yield say("health_recall_counts", lang, **told["counts"])
    for name, figure in (*told["figures"].items(), ("recall_of_alerts", told["loop"]["recall"])):
        yield f"  {say(f'health_name_{name}', lang)}{'：' if lang == 'zh' else ': '}{_value(name, figure['value'], lang)}{_ends(name, figure)}"


def complaint_lines(told: Mapping[str, Any], lang: str) -> Iterator[str]:
    """The back-test of complaints, by month and in all."""
    yield say("health_complaints_head", lang, model=title(told["model"], lang), **_period(told))
    for month in told["months"]:
        yield _complaints(month["month"], month, lang)
    yield _complaints(say("health_all", lang), told, lang)
    if told["without_subject"]:
        yield say("health_complaints_unlinked", lang, n=told["without_subject"])


def trend_lines(points: Iterable[Any], name: str, lang: str) -> Iterator[str]:
    """One figure over time."""
    yield say(f"health_name_{name}", lang, default=name)
    for one in points:
        mark = say("health_crossed", lang) if one.crossed else ""
        ends = _ends(name, {"low": one.low, "high": one.high})
        yield say("health_trend_line", lang, at=moment(one.as_of), value=_value(name, one.value, lang), ends=ends, n=one.n, mark=mark)


def _complaints(name: str, told: Mapping[str, Any], lang: str) -> str:
    share, lead = told["share"], told["lead_days"]["value"]
    value, ends = _value("share", share["value"], lang), _ends("share", share)
    days = say("health_unknown_value", lang) if lead is None else f"{lead:.0f}"
    return say(
        "health_complaints_line", lang, name=name, flagged=told["flagged"], complaints=told["complaints"], value=value, ends=ends, lead=days
    )


def _period(told: Mapping[str, Any]) -> dict[str, str]:
    from datetime import datetime

    return {name: moment(datetime.fromisoformat(told[key])) for name, key in (("since", "since"), ("until", "until"), ("at", "as_of"))}


def _figure(one: HealthFigure, lang: str) -> str:
    limit = "" if one.limit is None else say("health_limit", lang, limit=_value(one.name, one.limit, lang))
    mark = say("health_crossed", lang) if one.crossed else ""
    part = _part(one, lang)
    said = f"{part}{'：' if lang == 'zh' else ': '}" if part else ""
    ends = _ends(one.name, {"low": one.low, "high": one.high}) if one.value is not None else ""
    return say("health_figure", lang, part=said, value=_value(one.name, one.value, lang), ends=ends, n=one.n, limit=limit, mark=mark)


def _part(one: HealthFigure, lang: str) -> str:
    if one.name == "false_alarm_reason":
        return str(one.detail.get(lang) or one.part)
    return " ".join(_word(word, lang) for word in one.part.split(" ")) if one.part else ""


def _word(word: str, lang: str) -> str:
    if word in {grade.code for grade in Grade}:
        return Grade.parse(word).title(lang)
    return regions.name(word, lang) if word.isdigit() and len(word) == 6 and regions.resolve(word) else word


def _value(name: str, value: float | None, lang: str) -> str:
    if value is None:
        return say("health_unknown_value", lang)
    if name in ("features_moved", "complaint_lead_days"):
        return f"{value:g}"
    return f"{value:.3f}" if name in _PLAIN else f"{value:.1%}"


def _ends(name: str, figure: Mapping[str, Any]) -> str:
    low, high = figure["low"], figure["high"]
    if low is None or high is None:
        return ""
    return f" ({low:.1f}–{high:.1f})" if name in _PLAIN else f" ({low:.1%}–{high:.1%})"
