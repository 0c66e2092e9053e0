"""A back-test and the health of rules as a person reads them on a screen, in Chinese or English. The figures are those of the JSON, nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from risk.domain.calendar import SHANGHAI
from risk.domain.grades import Grade
from risk.domain.messages import register, say
from risk.scoring.keys import split_key, title
from risk.services.backtest_plan import keys_of
from risk.services.rule_health import pct

OVERLAPS = 5
OFFICES = 12
WORDS = 12
LISTS = 10
"""Word lists told of a model in a report on health, those with the most unseen words first."""

_STEPS = "▁▂▃▄▅▆▇█"

register(
    {
        "bt_head": ("{title} [{rule}]  {model}（{standing}）", "{title} [{rule}]  {model} ({standing})"),
        "bt_standing_new": ("新规则", "new"),
        "bt_standing_changed": ("修改现行规则", "changes a rule in service"),
        "bt_standing_live": ("现行规则", "in service"),
        "bt_period": (
            "期间 {since} 至 {until}，信号 {units} 条，各按其到达时刻研判；标签截至 {known}",
            "{since} to {until}, {units} signals, each as of its own moment; labels known by {known}",
        ),
        "bt_file": (
            "文件 {name}，{units} 行；无历史、无主体、无办理单位",
            "file {name}, {units} rows; no history, no subjects, no offices",
        ),
        "bt_hits": (
            "命中 {hits}（{share}）  未命中 {misses}  无法判定 {unknown}  共 {units}",
            "hits {hits} ({share})  misses {misses}  undecided {unknown}  of {units}",
        ),
        "bt_interval": ("{value}，95% 区间 {low}–{high}", "{value}, 95% interval {low}–{high}"),
        "bt_weeks": ("每周命中 {bars}  {first}–{last}，最多 {most}", "hits a week {bars}  {first} to {last}, at most {most}"),
        "bt_unknown": ("无法判定的 {n} 条未知：{what}", "of those undecided, {n} do not know: {what}"),
        "bt_precision": ("属实率 {share}（{n} 条有结论的命中）", "precision {share} ({n} labelled hits)"),
        "bt_recall": ("召回率 {share}（{n} 条已查实）", "recall {share} ({n} confirmed)"),
        "bt_no_labels": ("没有带结论的命中，属实率未知", "no hit is labelled: precision is unknown"),
        "bt_biased": (
            "注意：结论来自已被预警的信号，未预警的违法没有结论，召回率只相对于已知的",
            "note: labels come from what was alerted; what no rule saw has none, so recall is of what is known",
        ),
        "bt_overlap": (
            "与其他规则的重合（共同命中，占本规则，占对方，Jaccard）：",
            "overlap with other rules (both, of this, of the other, Jaccard):",
        ),
        "bt_overlap_row": (
            "  {rule:<28} {both:>6} {mine:>6} {theirs:>6} {jaccard:>6}{mark}",
            "  {rule:<28} {both:>6} {mine:>6} {theirs:>6} {jaccard:>6}{mark}",
        ),
        "bt_flag": ("  ← 重合 80% 以上", "  ← 80 % or more"),
        "bt_more": ("  其余 {n} 条规则重合更少", "  {n} more overlap less"),
        "bt_no_overlap": ("与其他规则没有重合", "overlaps with no other rule"),
        "bt_alone": (
            "本模型其他规则都未命中的 {units} 条（有结论 {labelled}，属实 {confirmed}）",
            "{units} hits that no other rule of the model gives ({labelled} labelled, {confirmed} confirmed)",
        ),
        "bt_grades": ("有无此规则的等级：{moves}", "grades without it → with it: {moves}"),
        "bt_move": ("{before}→{after} {n}", "{before}→{after} {n}"),
        "bt_load": ("由此新增预警 {alerts} 起", "new alerts because of it: {alerts}"),
        "bt_load_live": ("因此规则才有的预警 {alerts} 起", "alerts there are only because of it: {alerts}"),
        "bt_load_row": (
            "  {week}  {office}：{new} 起，该周已派 {issued}，能力 {capacity}{mark}",
            "  {week}  {office}: {new}, {issued} issued that week, capacity {capacity}{mark}",
        ),
        "bt_over": ("  ← 超出能力", "  ← over capacity"),
        "bt_over_all": ("超出能力的单位：{names}", "offices over capacity: {names}"),
        "bt_unroutable": ("  无职责单位、归兜底单位 {n} 起", "  no office has the duty, the fallback owner gets them: {n}"),
        "bt_unplaced": ("  文件中没有地区，{n} 起无法派发", "  a file has no places: {n} cannot be given to an office"),
        "bt_compared": ("新旧版本对照（有结论，属实）：", "old and new side by side (labelled, confirmed):"),
        "bt_only_old": ("仅旧版命中", "only the old version"),
        "bt_only_new": ("仅新版命中", "only the new version"),
        "bt_both": ("两版都命中", "both versions"),
        "bt_side": ("  {side}：{units}（{labelled}，{confirmed}）", "  {side}: {units} ({labelled}, {confirmed})"),
        "bt_change": (
            "整个改动：新增预警 {gained} 起，消失 {lost} 起；等级 {moves}",
            "the change as a whole: {gained} alerts come, {lost} go; grades {moves}",
        ),
        "bt_also": ("共用定义也会改变其他模型的规则：{models}", "shared definitions change rules of other models too: {models}"),
        "bt_sample": ("命中示例：", "sample hits:"),
        "bt_near": ("差一点命中（只差一处）：", "near misses (one part failed):"),
        "bt_near_row": ("    未满足：{failed}（其余 {held} 处满足）", "    failed: {failed} (the other {held} held)"),
        "bt_sample_row": ("  {mark} {when} #{id} {grade}  {text}", "  {mark} {when} #{id} {grade}  {text}"),
        "bt_alike": ("（另有 {n} 条相近）", " ({n} more alike)"),
        "bt_list": (
            "词表“{name}”{terms} 词：期间未见 {never}，总与另一词同见 {covered}",
            "list `{name}`, {terms} words: {never} never seen, {covered} seen only where another word is",
        ),
        "bt_list_never": ("  未见：{words}", "  never seen: {words}"),
        "bt_list_covered": ("  同见：{words}", "  seen together: {words}"),
        "rh_head": (
            "{model}：{since} 至 {until}，信号 {units} 条（回测 {number}）",
            "{model}: {since} to {until}, {units} signals (back-test {number})",
        ),
        "rh_line": (
            "  {rule:<28} 命中 {hits:>6}（{rate}）  属实率 {precision}",
            "  {rule:<28} hits {hits:>6} ({rate})  precision {precision}",
        ),
        "rh_lists_more": ("另有 {n} 个词表有未见的词：--format json", "{n} more lists have words never seen: --format json"),
        "rh_months": ("    各月属实率 {months}", "    precision by month {months}"),
        "rh_causes": ("    误报原因 {causes}", "    false alarms because of {causes}"),
        "rh_proposal": ("    → {do}：{why}", "    → {do}: {why}"),
        "rh_unknown": ("未知", "unknown"),
        "rh_summary": (
            "{rules} 条规则，建议 {proposals} 项；由人决定，系统不改动任何规则",
            "{rules} rules, {proposals} proposals; a person decides, nothing is changed",
        ),
    }
)


def backtest_text(result: Mapping[str, Any], lang: str) -> str:
    """A back-test for a screen."""
    return "\n".join(_backtest(result, lang)) + "\n"


def health_text(reports: Sequence[Mapping[str, Any]], lang: str) -> str:
    """The health of rules for a screen: every rule with something to say, and the count of all."""
    return "\n".join(_health(reports, lang)) + "\n"


def _backtest(result: Mapping[str, Any], lang: str) -> Iterator[str]:
    for one in result["rules"]:
        yield say("bt_head", lang, title=one["title"][lang], rule=one["rule"], model=_model(result["model"], one["lens"], lang),
                  standing=say(f"bt_standing_{one['standing']}", lang))  # fmt: skip
        yield _where(result, lang)
        yield from _rule(one, lang, stored=result["period"] is not None)
        yield ""
    if result["change"] is not None and [one["standing"] for one in result["rules"]] != ["new"]:
        yield from _change(result["change"], lang)
    if result["also_changes"]:
        yield say("bt_also", lang, models=", ".join(title(split_key(keys_of(name)[0])[0], lang) for name in result["also_changes"]))
    yield from _lists(result["lists"], lang)


def _model(model: str, lens: str, lang: str) -> str:
    return title(f"{model}.{lens}" if lens else model, lang)


def _where(result: Mapping[str, Any], lang: str) -> str:
    if result["period"] is None:
        return say("bt_file", lang, name=result["source"]["name"], units=result["units"])
    since, until = (_day(result["period"][name]) for name in ("since", "until"))
    return say("bt_period", lang, since=since, until=until, units=result["units"], known=_day(result["labels_known_at"]))


def _rule(one: Mapping[str, Any], lang: str, *, stored: bool) -> Iterator[str]:
    facts = {name: one[name] for name in ("hits", "misses", "unknown", "units")}
    yield say("bt_hits", lang, **facts, share=_share(one["share"], lang))
    if one["weeks"]:
        hits = [week["hits"] for week in one["weeks"]]
        yield say("bt_weeks", lang, bars=_bars(hits), first=one["weeks"][0]["week"], last=one["weeks"][-1]["week"], most=max(hits))
    for row in one["unknown_by"]:
        yield say("bt_unknown", lang, n=row["units"], what=row[lang])
    yield from _labels(one["labels"], lang)
    if one["labels"]["labelled"] and stored:
        yield "  " + say("bt_biased", lang)
    yield from _overlap(one["overlap"], lang)
    yield say("bt_alone", lang, **one["alone"])
    if one["grades"]:
        yield say("bt_grades", lang, moves=_moves(one["grades"], lang))
    yield say("bt_load" if one["standing"] == "new" else "bt_load_live", lang, alerts=one["load"]["alerts"])
    yield from _offices(one["load"], lang)
    if one["compared"] is not None:
        yield say("bt_compared", lang)
        for name in ("only_old", "only_new", "both"):
            side = one["compared"][name]
            counts = {what: side[what] for what in ("units", "labelled", "confirmed")}
            yield say("bt_side", lang, side=say(f"bt_{name}", lang), **counts)
    yield from _samples(one, lang)


def _labels(told: Mapping[str, Any], lang: str) -> Iterator[str]:
    if told["precision"] is None:
        yield say("bt_no_labels", lang)
    else:
        yield say("bt_precision", lang, share=_share(told["precision"], lang), n=told["precision"]["of"])
    if told["recall"] is not None:
        yield say("bt_recall", lang, share=_share(told["recall"], lang), n=told["recall"]["of"])


def _overlap(rows: Sequence[Mapping[str, Any]], lang: str) -> Iterator[str]:
    if not rows:
        yield say("bt_no_overlap", lang)
        return
    yield say("bt_overlap", lang)
    shown = [row for row in rows if row["flagged"]] + [row for row in rows if not row["flagged"]]
    shown = shown[: max(OVERLAPS, sum(row["flagged"] for row in rows))]
    for row in shown:
        mark = say("bt_flag", lang) if row["flagged"] else ""
        shares = {"mine": pct(row["of_this"]), "theirs": pct(row["of_other"]), "jaccard": pct(row["jaccard"])}
        yield say("bt_overlap_row", lang, rule=row["rule"], both=row["both"], **shares, mark=mark)
    if len(rows) > len(shown):
        yield say("bt_more", lang, n=len(rows) - len(shown))


def _offices(load: Mapping[str, Any], lang: str) -> Iterator[str]:
    rows = sorted(load["offices"], key=lambda row: (not row["over"], row["week"], row["office"]))
    for row in rows[:OFFICES]:
        mark = say("bt_over", lang) if row["over"] else ""
        counts = {name: row[name] for name in ("week", "new", "issued", "capacity")}
        yield say("bt_load_row", lang, office=row[lang], mark=mark, **counts)
    if len(rows) > OFFICES:
        yield f"  … {len(rows) - OFFICES}"
    if load["over_capacity"]:
        yield say("bt_over_all", lang, names=("、" if lang == "zh" else "; ").join(row[lang] for row in load["over_capacity"]))
    for name in ("unroutable", "unplaced"):
        if load[name]:
            yield say(f"bt_{name}", lang, n=load[name])


def _change(change: Mapping[str, Any], lang: str) -> Iterator[str]:
    moves = _moves(change["grades"], lang) or "-"
    yield say("bt_change", lang, gained=change["gained"]["alerts"], lost=change["lost"]["alerts"], moves=moves)
    yield from _offices(change["gained"], lang)


def _samples(one: Mapping[str, Any], lang: str) -> Iterator[str]:
    if one["sample"]:
        yield say("bt_sample", lang)
    for row in one["sample"]:
        yield _sample(row, lang)
        if row["because"][lang]:
            yield f"    {row['because'][lang]}"
    if one["near"]["sample"]:
        yield say("bt_near", lang)
    for row in one["near"]["sample"]:
        yield _sample(row, lang)
        yield say("bt_near_row", lang, failed=row["failed"][lang], held=row["held"])


def _sample(row: Mapping[str, Any], lang: str) -> str:
    mark = "·" if row["label"] is None else "✓" if row["label"] >= 0.5 else "✗"
    when = _day(row["moment"]) if row["moment"] else ""
    text = _marked(
        row["excerpt"].replace("\n", " "), [(q["start"] - row["excerpt_start"], q["end"] - row["excerpt_start"]) for q in row["quotes"]]
    )
    if row["alike"]:
        text += say("bt_alike", lang, n=row["alike"])
    return say("bt_sample_row", lang, mark=mark, when=when, id=row["id"], grade=Grade.parse(row["grade"]).title(lang), text=text)


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text with its quoted parts in brackets; parts that touch are one.

    >>> _marked("三个疗程根治糖尿病", [(4, 6), (6, 9), (4, 9)])
    '三个疗程【根治糖尿病】'
    """
    inside = {at for start, end in spans for at in range(start, end) if end <= len(text)}
    pieces = []
    for at, letter in enumerate(text):
        pieces += ["【" if at in inside and at - 1 not in inside else "", letter, "】" if at in inside and at + 1 not in inside else ""]
    return "".join(pieces)


def _lists(rows: Sequence[Mapping[str, Any]], lang: str, *, words: bool = True) -> Iterator[str]:
    for row in rows:
        if not row["never_count"] and not row["covered_count"]:
            continue
        yield say("bt_list", lang, name=row["list"], terms=row["terms"], never=row["never_count"], covered=row["covered_count"])
        if row["never"] and words:
            yield say("bt_list_never", lang, words=_some(row["never"], row["never_count"]))
        if row["covered"] and words:
            yield say("bt_list_covered", lang, words=_some([f"{one['term']}⊂{one['by']}" for one in row["covered"]], row["covered_count"]))


def _some(words: Sequence[str], count: int) -> str:
    return " ".join(words[:WORDS]) + (f" … {count - WORDS}" if count > WORDS else "")


def _health(reports: Sequence[Mapping[str, Any]], lang: str) -> Iterator[str]:
    for told in reports:
        period = {name: _day(told["period"][name]) for name in ("since", "until")}
        yield say("rh_head", lang, model=title(told["model"], lang), **period, units=told["units"], number=told["backtest"])
        for one in told["rules"]:
            if one["hits"] or one["proposals"]:
                yield from _health_rule(one, lang)
        told_lists = sorted(
            (row for row in told["lists"] if row["never_count"] or row["covered_count"]), key=lambda row: -row["never_count"]
        )
        yield from _lists(told_lists[:LISTS], lang, words=False)
        if len(told_lists) > LISTS:
            yield say("rh_lists_more", lang, n=len(told_lists) - LISTS)
        yield ""
    rules = [one for told in reports for one in told["rules"]]
    yield say("rh_summary", lang, rules=len(rules), proposals=sum(len(one["proposals"]) for one in rules))


def _health_rule(one: Mapping[str, Any], lang: str) -> Iterator[str]:
    unknown = say("rh_unknown", lang)
    precision = _share(one["precision"], lang) if one["precision"] else unknown
    yield say(
        "rh_line",
        lang,
        rule=one["rule"],
        hits=one["hits"],
        rate=pct(one["share"]["value"]) if one["share"] else unknown,
        precision=precision,
    )
    if one["months"]:
        yield say("rh_months", lang, months="  ".join(f"{m['month']} {m['confirmed']}/{m['labelled']}" for m in one["months"]))
    if one["causes"]:
        yield say("rh_causes", lang, causes=("，" if lang == "zh" else ", ").join(f"{c[lang]} {c['alerts']}" for c in one["causes"]))
    for proposal in one["proposals"]:
        yield say("rh_proposal", lang, do=say(f"health_do_{proposal['do']}", lang), why=proposal[lang])


def _share(told: Mapping[str, Any] | None, lang: str) -> str:
    if told is None:
        return "-"
    return say("bt_interval", lang, value=pct(told["value"]), low=pct(told["low"]), high=pct(told["high"]))


def _moves(grades: Mapping[str, int], lang: str) -> str:
    def word(code: str) -> str:
        return Grade.parse(code).title(lang)

    moved = sorted(grades.items(), key=lambda item: -item[1])
    rows = [(step.partition(">"), n) for step, n in moved]
    return ("，" if lang == "zh" else ", ").join(say("bt_move", lang, before=word(a), after=word(b), n=n) for (a, _, b), n in rows)


def _bars(counts: Sequence[int]) -> str:
    """Counts as a row of bars.

    >>> _bars([0, 4, 8])
    '▁▄█'
    """
    most = max(counts) or 1
    return "".join(_STEPS[count * (len(_STEPS) - 1) // most] for count in counts)


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(SHANGHAI):%Y-%m-%d}"
