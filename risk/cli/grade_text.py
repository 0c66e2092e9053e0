"""Grades in words, in one language: what ``risk grades`` prints. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from risk.cli.task_text import moment
from risk.domain import regions
from risk.domain.grades import Grade
from risk.domain.messages import register, say

if TYPE_CHECKING:
    from risk.services.grade_desk import Answer, GradesView, Solved
    from risk.services.grade_reliability import Reliability
    from risk.services.grade_settings import Setting

register(
    {
        "gr_head": ("{title}（{key}）　冠军版本：{champion}", "{title} ({key}), champion: {champion}"),
        "gr_title": ("{title}（{key}）", "{title} ({key})"),
        "gr_period": (
            "观测期 {since} 至 {until}（{weeks}周），标签截至 {as_of}；可能的预警 {cases} 起，其中有结论 {labelled} 起、属实 {positives} 起",
            "observed {since} to {until} ({weeks} weeks), labels known by {as_of}: {cases} possible alerts, {labelled} with a verdict, {positives} confirmed",
        ),
        "gr_cutoffs": ("分界（{source}）：{values}{note}", "cut-offs ({source}): {values}{note}"),
        "gr_too_few": ("结论太少，不能求解", "too few verdicts to solve"),
        "gr_floors": ("承诺的准确率下限：{values}", "promised precision, at least: {values}"),
        "gr_source_fixed": ("固定", "fixed"),
        "gr_source_solved": ("按标签求得", "solved"),
        "gr_source_set": ("人工设置", "set by a person"),
        "gr_source_given": ("指定", "given"),
        "gr_never": ("不使用", "unused"),
        "gr_grade": (
            "  {grade}：{alerts} 起（其中因规则底线 {by_floor} 起），派发 {issued} 起，每周 {per_week}，准确率 {precision}",
            "  {grade}: {alerts} alerts ({by_floor} by the floor of a rule), {issued} issued, {per_week} a week, precision {precision}",
        ),
        "gr_by_cutoffs": (
            "仅按分界：{alerts} 起，每周 {per_week}，准确率 {precision}，查全率 {recall}",
            "by cut-offs alone: {alerts} alerts, {per_week} a week, precision {precision}, recall {recall}",
        ),
        "gr_with_capacity": (
            "按各单位能力：派发 {alerts} 起，每周 {per_week}，准确率 {precision}，查全率 {recall}；仍在排队 {waiting} 起",
            "with the offices' capacity: {alerts} issued, {per_week} a week, precision {precision}, recall {recall}; {waiting} still wait",
        ),
        "gr_recall_note": (
            "查全率仅就已核查的线索而言：没有随机抽样，漏掉多少无从得知",
            "recall is among verified clues only: without a random sample nobody knows what was missed",
        ),
        "gr_interval": ("{value}（{low}–{high}）", "{value} ({low} to {high})"),
        "gr_unknown": ("未知", "unknown"),
        "gr_offices": ("各单位各周（只列派发、排队或能力占满的周）：", "offices by week (weeks with queues or full):"),
        "gr_office": (
            "  {week}  {office}：新增 {offered}，派发 {issued}，他类占用 {taken}，能力 {capacity}，排队 {waiting}",
            "  {week}  {office}: new {offered}, issued {issued}, other models {taken}, capacity {capacity}, waiting {waiting}",
        ),
        "gr_cut": ("超出能力、列示不隐藏：{total} 起", "cut off by capacity, listed and never hidden: {total}"),
        "gr_cut_row": (
            "  {grade}  概率 {probability}  {office}  {week}  信号 {signal}（研判 {assessment}）{unsure}",
            "  {grade}  probability {probability}  {office}  {week}  signal {signal} (assessment {assessment}){unsure}",
        ),
        "gr_unsure": ("　先人工核实", "  person first"),
        "gr_more": ("  另有 {count} 起", "  and {count} more"),
        "gr_now": ("—— 现行 ——", "-- in force --"),
        "gr_solved": ("—— 求解 ——", "-- solved --"),
        "gr_setting": (
            "设置 {version}：{actor}，{at}，理由：{reason}{reverts}",
            "setting {version}: {actor}, {at}, because: {reason}{reverts}",
        ),
        "gr_reverts": ("（退回到 {to}）", " (back to {to})"),
        "gr_capacity_moved": ("  {office} 每周能力 {before} → {after}", "  {office}: {before} → {after} cases a week"),
        "gr_own": ("（模型自带分界）", "(the model's own cut-offs)"),
        "gr_stale": (
            "该设置针对版本 {version}，现冠军为 {champion}：请重新求解",
            "it was set for version {version}, the champion is {champion}: solve again",
        ),
        "gr_hysteresis": (
            "等级滞后：低于分界不足 {margin} 时维持，连续第 {judgements} 次才下降；升级立即生效，升级因素合计最多升 {most_steps} 级",
            "hysteresis: kept within {margin} below a cut-off until time {judgements} in a row; it rises at once; escalators raise by {most_steps} at most",
        ),
        "gr_escalator": ("  升级因素 {name}（{steps}级）：{why}{basis}", "  escalator {name} ({steps} step): {why}{basis}"),
        "gr_history": ("历史：", "history:"),
        "gr_no_history": ("还没有人工设置", "nobody has set anything yet"),
        "rel_head": (
            "{title}（{key}）概率可靠性：{n} 条已成熟结论，属实 {positives} 条",
            "{title} ({key}), reliability of its probabilities: {n} matured verdicts, {positives} confirmed",
        ),
        "rel_ece": (
            "校准误差 {ece}；仅偶然即可达 {noise}：{verdict}；Brier 技巧分 {skill}",
            "calibration error {ece}; chance alone reaches {noise}: {verdict}; Brier skill {skill}",
        ),
        "rel_ok": ("未见偏差", "no error seen"),
        "rel_off": ("存在偏差", "the probabilities are off"),
        "rel_bin": (
            "  {low}–{high}：{n} 条，预期 {expected}，实际 {observed}",
            "  {low} to {high}: {n}, expected {expected}, found {observed}",
        ),
        "rel_by_region": ("按地区：", "by place:"),
        "rel_by_grade": ("按等级：", "by grade:"),
        "rel_slice": (
            "  {name}：{n} 条，预期 {expected}，实际 {observed}{gap}",
            "  {name}: {n}, expected {expected}, found {observed}{gap}",
        ),
        "rel_gap": ("，收缩后偏差 {gap}", ", gap after shrinking {gap}"),
        "rel_too_few": ("  {name}：{n} 条，太少，不下结论", "  {name}: {n}, too few to say"),
        "rel_better": ("重新校准可改善（对数损失下降 {gain}）", "a new calibration would help (log loss falls by {gain})"),
        "rel_not_better": ("重新校准未见改善", "a new calibration would not help"),
        "rel_cannot": ("结论太少，无法判断是否需要重新校准", "too few verdicts to tell whether a new calibration would help"),
    }
)


def show_lines(view: GradesView, lang: str) -> Iterator[str]:
    """What holds, and who set what."""
    yield say("gr_head", lang, title=view.zh if lang == "zh" else view.en, key=view.key, champion=view.champion)
    yield _cutoffs(view.cutoffs, view.source, "", lang)
    yield say("gr_floors", lang, values=_values(view.floors, lang))
    if view.stale and view.setting:
        yield say("gr_stale", lang, version=view.setting.model_version, champion=view.champion)
    yield say("gr_hysteresis", lang, **{name: f"{value:g}" for name, value in view.hysteresis.items()})
    for one in view.escalators:
        basis = "；".join(f"《{b['law']}》{b['article']}" for b in one["basis"])
        yield say("gr_escalator", lang, name=one["code"], steps=one["steps"], why=one["why"][lang], basis=f" [{basis}]" if basis else "")
    yield say("gr_history" if view.history else "gr_no_history", lang)
    for setting in view.history:
        yield from setting_lines(setting, lang)


def setting_lines(setting: Setting, lang: str) -> Iterator[str]:
    """One act."""
    reverts = say("gr_reverts", lang, to=setting.reverts) if setting.reverts is not None else ""
    yield say(
        "gr_setting",
        lang,
        version=setting.version,
        actor=setting.actor,
        at=moment(setting.created_at),
        reason=setting.reason,
        reverts=reverts,
    )
    yield "  " + (_cutoffs(setting.cutoffs, "set", "", lang) if setting.cutoffs else say("gr_own", lang))
    for office, (before, after) in setting.capacity.items():
        yield say("gr_capacity_moved", lang, office=office, before=before, after=after)


def solved_lines(found: Solved, lang: str) -> Iterator[str]:
    """Both answers, what holds first."""
    yield say("gr_now", lang)
    yield from answer_lines(found.now, lang)
    yield say("gr_solved", lang)
    yield from answer_lines(found.solved, lang)


def answer_lines(answer: Answer, lang: str) -> Iterator[str]:
    """What a setting would have meant."""
    told = answer.expected
    yield say("gr_title", lang, title=answer.zh if lang == "zh" else answer.en, key=answer.key)
    yield say(
        "gr_period",
        lang,
        since=moment(answer.since),
        until=moment(answer.until),
        weeks=told["weeks"],
        as_of=moment(answer.as_of),
        cases=told["cases"],
        labelled=answer.labelled,
        positives=answer.positives,
    )
    few = answer.source == "fixed" and answer.floors  # solving was asked for, and the labels did not suffice
    yield _cutoffs(answer.cutoffs, answer.source, say("gr_too_few", lang) if few else "", lang)
    if answer.floors:
        yield say("gr_floors", lang, values=_values(answer.floors, lang))
    for code, one in told["grades"].items():
        yield say(
            "gr_grade",
            lang,
            grade=Grade.parse(code).title(lang),
            alerts=one["alerts"],
            issued=one["issued"],
            by_floor=one["by_floor"],
            per_week=_interval(one["per_week"], lang, "{:.1f}"),
            precision=_interval(one["precision"], lang),
        )
    for name in ("by_cutoffs", "with_capacity"):
        one = told[name]
        facts = {"alerts": one["alerts"], "waiting": one.get("waiting", 0), "per_week": _interval(one["per_week"], lang, "{:.1f}")}
        yield say(f"gr_{name}", lang, **facts, precision=_interval(one["precision"], lang), recall=_interval(one["recall"], lang))
    if told["recall_is"] == "among_verified":
        yield say("gr_recall_note", lang)
    tight = [load for load in answer.offices if load.waiting or load.issued + load.taken >= load.capacity]
    if tight:
        yield say("gr_offices", lang)
    for load in tight:
        facts = {"offered": load.offered, "issued": load.issued, "taken": load.taken, "capacity": load.capacity, "waiting": load.waiting}
        yield say("gr_office", lang, week=load.week, office=load.zh if lang == "zh" else load.en, **facts)
    yield say("gr_cut", lang, total=answer.cut_total)
    for row in answer.cut:
        yield say(
            "gr_cut_row",
            lang,
            grade=Grade.parse(row.grade).title(lang),
            probability=f"{row.probability:.2f}",
            office=row.office,
            week=row.week,
            signal=row.signal_id,
            assessment=row.assessment_id,
            unsure=say("gr_unsure", lang) if row.unsure else "",
        )
    if answer.cut_total > len(answer.cut):
        yield say("gr_more", lang, count=answer.cut_total - len(answer.cut))


def reliability_lines(found: Reliability, lang: str) -> Iterator[str]:
    """Whether the probabilities keep their word."""
    told = found.overall
    yield say("rel_head", lang, title=found.zh if lang == "zh" else found.en, key=found.key, n=told["n"], positives=told["positives"])
    if told["ece"] is not None:
        verdict = say("rel_ok" if told["calibrated"] else "rel_off", lang)
        noise = f"{told['noise']:.3f}"
        yield say(
            "rel_ece",
            lang,
            ece=_interval(told["ece"], lang, "{:.3f}"),
            noise=noise,
            verdict=verdict,
            skill=_interval(told["brier_skill"], lang),
        )
    for row in told["bins"]:
        ends = {"low": f"{row['from']:.2f}", "high": f"{row['to']:.2f}"}
        yield say("rel_bin", lang, **ends, n=row["n"], expected=_number(row["expected"], lang), observed=_found(row, lang))
    for name, slices in (("rel_by_region", found.by_region), ("rel_by_grade", found.by_grade)):
        if slices:
            yield say(name, lang)
        for code, row in slices.items():
            title = (
                Grade.parse(code).title(lang)
                if name == "rel_by_grade"
                else regions.name(code, lang, full=True)
                if code
                else say("gr_unknown", lang)
            )
            if row["too_few"]:
                yield say("rel_too_few", lang, name=title, n=row["n"])
                continue
            gap = say("rel_gap", lang, gap=f"{row['shrunk_gap']:+.2f}") if "shrunk_gap" in row else ""
            yield say(
                "rel_slice", lang, name=title, n=row["n"], expected=_number(row["expected"], lang), observed=_found(row, lang), gap=gap
            )
    again = found.recalibration
    if again["better"] is None:
        yield say("rel_cannot", lang)
    elif again["better"]:
        yield say("rel_better", lang, gain=_interval(again["gain"], lang, "{:.3f}"))
    else:
        yield say("rel_not_better", lang)


def _cutoffs(values: Mapping[str, float], source: str, note: str, lang: str) -> str:
    return say("gr_cutoffs", lang, source=say(f"gr_source_{source}", lang), values=_values(values, lang), note=f" · {note}" if note else "")


def _values(values: Mapping[str, float], lang: str) -> str:
    said = (f"{Grade.parse(code).title(lang)} {f'≥{value:.3f}' if value <= 1 else say('gr_never', lang)}" for code, value in values.items())
    return ("，" if lang == "zh" else ", ").join(said)


def _interval(value: Mapping[str, Any] | None, lang: str, form: str = "{:.2f}") -> str:
    if value is None or value.get("value") is None:
        return say("gr_unknown", lang)
    return say("gr_interval", lang, **{name: form.format(value[name]) for name in ("value", "low", "high")})


def _number(value: float | None, lang: str) -> str:
    return say("gr_unknown", lang) if value is None else f"{value:.2f}"


def _found(row: Mapping[str, Any], lang: str) -> str:
    return _interval({"value": row["observed"], "low": row["low"], "high": row["high"]}, lang)
