"""The sentences and words of reports, in Chinese and English, with the places of their numbers. The one place for them.

A sentence says 预警, 线索, 涉嫌; that something was so is said only of what verdicts confirmed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from risk.reports.document import Run

CHAPTERS: dict[str, tuple[str, str]] = {
    "overall": ("总体态势", "Overall situation"),
    "monitoring": ("监测情况", "Monitoring"),
    "warnings": ("预警情况", "Alerts"),
    "clues": ("重点领域与典型线索", "Top clues"),
    "disposal": ("处置情况", "Disposal"),
    "quality": ("模型质量", "Quality of the models"),
    "places": ("各地预警排名与变化", "Places: ranking and movement"),
    "events": ("重点事件跟踪", "Events under watch"),
    "outlook": ("研判与趋势", "Outlook"),
    "measures": ("建议措施", "Proposed measures"),
    "notes": ("附：口径说明", "Appendix: definitions"),
    "effect": ("总体效能", "Overall effect"),
    "ranking": ("单位排名", "Ranking of offices"),
    "small": ("任务较少、不作排名的单位", "Offices with too few tasks to judge"),
    "late": ("逾期未反馈情况", "Overdue tasks"),
}

SENTENCES: dict[str, tuple[str, str]] = {
    "overall": (
        "{place}{period}共监测信号{signals}条，产生预警{alerts}条，其中红色{red}条、橙色{orange}条、黄色{yellow}条、蓝色{blue}条。",
        "{place}, {period}: {signals} signals were watched and {alerts} alerts raised: {red} red, {orange} orange, {yellow} yellow, {blue} blue.",
    ),
    "overall_part": (
        "{about}{period}产生预警{alerts}条，其中红色{red}条、橙色{orange}条、黄色{yellow}条、蓝色{blue}条。",
        "{about}, {period}: {alerts} alerts were raised: {red} red, {orange} orange, {yellow} yellow, {blue} blue.",
    ),
    "up": ("预警比上期（{before}条）增加{change}，{noise}。", "That is {change} more than in the period before ({before}); {noise}."),
    "down": ("预警比上期（{before}条）减少{change}，{noise}。", "That is {change} less than in the period before ({before}); {noise}."),
    "same": ("预警与上期（{before}条）持平。", "That is as many as in the period before ({before})."),
    "before_silent": ("上期没有监测数据，无从比较。", "Nothing was monitored in the period before: there is nothing to compare with."),
    "no_before": ("上期没有预警，无从比较。", "There were no alerts in the period before to compare with."),
    "beyond": ("变动超出随机波动", "the change is beyond chance"),
    "within": ("变动在随机波动范围之内", "the change is within chance"),
    "verdicts": (
        "收到核查结论{verdicts}件，核实率{rate}。预警是线索，核实之前一律称“涉嫌”。",
        "{verdicts} verdicts came in; the verified rate is {rate}. An alert is a clue: until verified, everything is “suspected”.",
    ),
    "no_verdicts": (
        "尚无可以计算核实率的核查结论。预警是线索，核实之前一律称“涉嫌”。",
        "No verdict decides anything yet. An alert is a clue: until verified, everything is “suspected”.",
    ),
    "year_before_silent": ("去年同期没有监测数据。", "One year before, nothing was monitored."),
    "year_before": ("去年同期预警{alerts}条，核查结论{verdicts}件。", "One year before: {alerts} alerts, {verdicts} verdicts."),
    "taken_in": (
        "本期接入入库{accepted}行，重复{duplicates}行，隔离待修复{quarantined}行；{without_time}条信号没有发生时间，按接入时刻计。",
        "{accepted} rows were taken in, {duplicates} were duplicates, {quarantined} wait in quarantine; {without_time} signals had no time of their own.",
    ),
    "balance": (
        "候选{candidates}个的去向：新预警{new}、并入已有{merged}、抑制{suppressed}、未达等级{below_grade}、超出核查能力{over_capacity}、失败{failed}，逐次运行核对相等。",
        "Where {candidates} candidates went: {new} new, {merged} merged, {suppressed} suppressed, {below_grade} below grade, {over_capacity} over capacity, "
        "{failed} failed; balanced for every run.",
    ),
    "clues": (
        "以下为等级最高的{count}条线索，未经核查确认的不显示主体名称。",
        "The {count} gravest clues; names are shown only where a verdict confirms.",
    ),
    "no_clues": ("本期没有线索。", "There are no clues in this period."),
    "disposal": (
        "派发核查任务{issued}件；已签收{signed}件，其中按时{signed_in_time}件；已反馈{reported}件，其中按时{reported_in_time}件；逾期未反馈{overdue}件。",
        "{issued} tasks were issued; {signed} signed for, {signed_in_time} in time; {reported} reported, {reported_in_time} in time; overdue: {overdue}.",
    ),
    "median": ("从派发到反馈的中位时间{days}天。", "The median from issue to report is {days} days."),
    "results": (
        "属实及部分属实{right}件，其中立案{filed}件、移送{moved}件。",
        "{right} confirmed or partly; {filed} filed, {moved} transferred.",
    ),
    "trained": ("再训练{count}次，其中{promoted}次新版本上线。", "{count} trainings, of which {promoted} put a new version in service."),
    "no_training": ("本期之前没有再训练记录。", "No training so far."),
    "rules_changed": ("本期规则变动{count}处。", "{count} changes to the rules in service."),
    "health_unknown": ("数据截止时尚未做过模型健康检查，漂移情况未知。", "No model had been checked by the cut-off: drift is not known."),
    "health_fine": ("最近一次健康检查没有指标超限。", "No figure of health is beyond its limit."),
    "health_bad": ("最近一次健康检查有{count}项指标超限：", "{count} figures of health are beyond their limits:"),
    "index": (
        "风险指数最高的是{first}（{value}，{grade}）。指数按固定参照点加权得出，可逐月比较；已知权重不足一半的地区不给指数。",
        "Highest risk index: {first} ({value}, {grade}). The index weighs indicators against fixed reference points, so months compare; no index where less than half of the weight is known.",
    ),
    "places": (
        "预警最多的是{first}（{count}条）。排名按预警条数，反映监测到的线索多少，不是风险指数。",
        "Most alerts: {first} ({count}). The ranking is by alerts, that is by clues found; it is no risk index.",
    ),
    "no_events": ("本期没有在跟踪的重点事件和专项整治。", "No case file or campaign in this period."),
    "places_up": ("{count}个地区的预警比上期明显上升，超出随机波动：", "Beyond chance more alerts than before in {count} places: "),
    "places_down": ("{count}个地区的预警比上期明显下降，超出随机波动：", "Beyond chance fewer alerts than before in {count} places: "),
    "place_moved": ("{place}{now}条（上期{before}条）", "{place} {now} (before: {before})"),
    "steady": ("各地预警与上期相比，均未出现超出随机波动的变化。", "No place changed beyond chance."),
    "trend_up": ("预警总量已连续{count}期上升。", "The number of alerts has risen for {count} periods in a row."),
    "trend_down": ("预警总量已连续{count}期下降。", "The number of alerts has fallen for {count} periods in a row."),
    "m_overdue": (
        "{office}有{late}件任务逾期（共{tasks}件），由其上级单位督办，限期反馈。",
        "{office}: {late} of {tasks} tasks are late; its superior office sees to it.",
    ),
    "m_rate": (
        "{model}核实率{rate}（95%区间上限{high}）低于{floor}，由模型负责人会同分析人员复核规则与等级设置。",
        "{model}: the verified rate is {rate} (upper bound {high}), below {floor}; its owner and the analysts review rules and grades.",
    ),
    "m_cause": (
        "误报原因中“{cause}”最多（{count}件），由规则或者数据责任人对症修正。",
        "The most frequent cause of false alarms is “{cause}” ({count}); the owner of the rules or of the data mends it.",
    ),
    "m_stale": (
        "来源“{source}”已{days}天没有新信号，由数据责任人核查接入。",
        "The source “{source}” has been silent for {days} days; its owner checks the feed.",
    ),
    "m_grave": (
        "红色预警{red}条、橙色预警{orange}条，由承办单位优先核查。",
        "{red} red and {orange} orange alerts go first with the offices in charge.",
    ),
    "m_quarantine": (
        "隔离待修复{count}行，由数据责任人修复后重报。",
        "{count} rows wait in quarantine; the owner of the data repairs and resubmits them.",
    ),
    "m_none": ("从数据看，本期没有需要另行提出的措施。", "The numbers of this period call for no measure of their own."),
    "effect": (
        "{place}{period}有任务的单位{offices}个，任务{tasks}件；签收{signed}件，反馈{reported}件，被退回{returned}件，逾期未反馈{overdue}件。",
        "{place}, {period}: {offices} offices had {tasks} tasks; {signed} signed for, {reported} reported, {returned} returned, {overdue} overdue.",
    ),
    "effect_shares": (
        "按时签收率{signed_in_time}，签收中位用时{sign_hours}个工作小时；按时反馈率{reported_in_time}；反馈一次通过率{not_returned}；反馈完整度{feedback}；核实率{rate}。",
        "Signed in time {signed_in_time}, median {sign_hours} working hours; reported in time {reported_in_time}; not returned {not_returned}; "
        "feedback complete {feedback}; verified rate {rate}.",
    ),
    "ranking": (
        "任务不少于{least}件的单位{count}个，按得分排名。得分由按时签收、按时反馈、一次通过、反馈完整四项加权而成，核实率只列示、不计分。",
        "{count} offices with at least {least} tasks, ranked by score: signed in time, reported in time, not returned, feedback complete. "
        "The verified rate is shown and not scored.",
    ),
    "small": (
        "以下{count}个单位任务不足{least}件，样本太小，不作评判。",
        "These {count} offices had fewer than {least} tasks: too few to judge.",
    ),
    "none_small": ("没有任务过少的单位。", "There is no such office."),
    "none_ranked": ("没有任务数达到评判要求的单位。", "No office has enough tasks to be judged."),
    "none_late": ("没有逾期未反馈的任务。", "Nothing is overdue."),
    "m_office": (
        "{office}按时反馈率{share}，逾期未反馈{overdue}件，由其上级单位约谈督办。",
        "{office}: {share} reported in time, {overdue} overdue; its superior office takes it up.",
    ),
    "n_cutoff": (
        "本报告冻结于数据截止时刻{cutoff}{run}；此后的变化不计入。同一截止时刻重新生成，数字相同。",
        "The report is frozen to {cutoff}{run}; later changes are not counted. Made again for the same cut-off, its numbers are the same.",
    ),
    "n_rate": (
        "核实率＝（属实＋部分属实）÷（属实＋部分属实＋不属实），区间为95% Wilson区间；重复、非本部门、延期、查无主体不计入。",
        "Verified rate = (confirmed + partly) / (confirmed + partly + unfounded) with the 95 % Wilson interval; duplicates, not ours, extended and untraceable are left out.",
    ),
    "n_alerts": (
        "预警计入其研判运行所属的报告期；等级为数据截止时的等级。",
        "An alert belongs to the period its run judged up to; its grade is the one it had at the cut-off.",
    ),
    "n_colour": (
        "红橙黄蓝为本领域惯例，并非《突发事件应对法》第六十三条所定预警级别。",
        "The colours are a convention of this field, not the warning levels of 突发事件应对法 Art. 63.",
    ),
    "n_noise": (
        "“超出随机波动”指两期之差大于两期之和的平方根的1.96倍；报告期长短不一时仅供参考。",
        "“Beyond chance”: the difference of two periods is more than 1.96 times the root of their sum; a guide only where periods differ in length.",
    ),
    "n_score": (
        "得分权重为本系统设定：按时签收{a}、按时反馈{b}、一次通过{c}、反馈完整{d}；未知的一项不计，权重由其余各项分担。",
        "Weights of the score are ours: signed in time {a}, reported in time {b}, not returned {c}, feedback {d}; what is not known leaves its weight to the rest.",
    ),
    "n_query": (
        "表格所附查询给出现在的数据；与本报告不一致时，以本报告冻结的数字为准。",
        "Queries beside tables give the data of today; where they differ, the frozen numbers of this report stand.",
    ),
    "n_gap_place": ("地区不明的预警{count}条，不计入各地。", "{count} alerts have no known place and are counted for none."),
    "n_gap_time": ("没有发生时间的信号{count}条。", "{count} signals have no time of their own."),
}

WORDS: dict[str, tuple[str, str]] = {
    "period": ("报告期", "Period"),
    "cutoff": ("数据截至", "Data up to"),
    "run": ("冻结于运行", "Frozen to run"),
    "place": ("范围", "Place"),
    "department": ("部门", "Department"),
    "province": ("湖北省", "Hubei Province"),
    "unknown_place": ("地区不明", "place unknown"),
    "all": ("合计", "All"),
    "red": ("红", "Red"),
    "orange": ("橙", "Orange"),
    "yellow": ("黄", "Yellow"),
    "blue": ("蓝", "Blue"),
    "indicator": ("指标", "Figure"),
    "now": ("本期", "This period"),
    "before": ("上期", "Before"),
    "year_ago": ("去年同期", "A year before"),
    "signals": ("监测信号", "Signals"),
    "alerts": ("预警", "Alerts"),
    "verdicts": ("核查结论", "Verdicts"),
    "verified_rate": ("核实率", "Verified rate"),
    "source": ("来源", "Source"),
    "linked": ("关联主体", "Linked"),
    "placed": ("有地区", "With a place"),
    "last": ("最近信号", "Last signal"),
    "silent": ("距今天数", "Days ago"),
    "model": ("模型", "Model"),
    "city": ("地区", "Place"),
    "grade": ("等级", "Grade"),
    "clue": ("线索", "Clue"),
    "subject": ("主体", "Subject"),
    "undecided": ("未决，匿名", "undecided, anonymous"),
    "evidence": ("证据", "Evidence"),
    "result": ("核查结果", "Result"),
    "count": ("件数", "Count"),
    "office": ("单位", "Office"),
    "late": ("逾期", "Late"),
    "tasks": ("任务", "Tasks"),
    "cause": ("误报原因", "Cause"),
    "told": ("已有结论", "Decided"),
    "confirmed": ("属实", "Confirmed"),
    "low": ("区间下限", "Lower"),
    "high": ("区间上限", "Upper"),
    "rule": ("规则", "Rule"),
    "step": ("变动", "Step"),
    "day": ("日期", "Day"),
    "figure": ("指标", "Figure"),
    "part": ("部分", "Part"),
    "value": ("数值", "Value"),
    "limit": ("限值", "Limit"),
    "rank": ("排名", "Rank"),
    "moved": ("名次变化", "Moved"),
    "index_value": ("指数", "Index"),
    "index_change": ("比上期", "Change"),
    "coverage": ("已知权重", "Weight known"),
    "grave": ("红橙预警", "Red and orange"),
    "event": ("事件", "Event"),
    "kind": ("类别", "Kind"),
    "case_file": ("重点事件", "case file"),
    "campaign": ("专项整治", "campaign"),
    "state": ("状态", "State"),
    "open": ("进行中", "open"),
    "closed": ("已结束", "closed"),
    "reported": ("已反馈", "Reported"),
    "score": ("得分", "Score"),
    "signed_in_time": ("按时签收率", "Signed in time"),
    "sign_hours": ("签收中位工作小时", "Median working hours to sign"),
    "reported_in_time": ("按时反馈率", "Reported in time"),
    "not_returned": ("一次通过率", "Not returned"),
    "feedback": ("反馈完整度", "Feedback complete"),
    "overdue": ("逾期未反馈", "Overdue"),
    "oldest": ("最长逾期天数", "Oldest, days"),
    "returned": ("被退回", "Returned"),
    "c.headline": ("主要指标", "Main figures"),
    "c.history": ("预警走势", "Alerts over time"),
    "c.funnel": ("从监测到处置", "From watching to disposal"),
    "c.sources": ("来源与时效", "Sources and freshness"),
    "c.by_model": ("按模型和等级", "By model and grade"),
    "c.by_city": ("按地区和等级", "By place and grade"),
    "c.bars": ("各模型预警构成", "Alerts by model and grade"),
    "c.tiles": ("全省17个市州的预警", "Alerts of the 17 divisions"),
    "c.heat": ("模型与地区", "Model and place"),
    "c.weeks": ("按周预警", "Alerts by week"),
    "c.clues": ("典型线索", "Top clues"),
    "c.results": ("核查结果", "Results"),
    "c.late": ("逾期较多的单位", "Offices with most late tasks"),
    "c.causes": ("误报原因", "Causes of false alarms"),
    "c.quality": ("各模型核实率", "Verified rate by model"),
    "c.rules": ("规则变动", "Changes to rules"),
    "c.health": ("超限指标", "Figures beyond their limits"),
    "c.index": ("各地风险指数", "Risk index of places"),
    "c.places": ("各地预警排名", "Places by alerts"),
    "c.events": ("重点事件与专项整治", "Case files and campaigns"),
    "c.ranking": ("单位排名", "Ranking"),
    "c.small": ("不作排名的单位", "Offices not ranked"),
    "c.overdue": ("逾期未反馈", "Overdue tasks"),
    "f.signals": ("监测", "Signals"),
    "f.candidates": ("候选", "Candidates"),
    "f.alerts": ("预警", "Alerts"),
    "f.tasks": ("推送", "Tasks"),
    "f.signed": ("签收", "Signed"),
    "f.reported": ("核查", "Verified"),
    "f.confirmed": ("属实", "Confirmed"),
    "f.filed": ("立案", "Filed"),
    "f.moved": ("移送", "Transferred"),
    "unspecified": ("未说明", "unspecified"),
    "d.market_supervision": ("市场监管部门", "market supervision"),
    "d.drug_administration": ("药品监管部门", "drug administration"),
    "d.finance_lead": ("处置非法集资牵头部门", "lead office against illegal fund-raising"),
    "table": ("表", "Table"),
    "chart": ("图", "Figure"),
    "query": ("查询", "Query"),
    "unit": ("单位", "Unit"),
    "u.count": ("个", "count"),
    "u.share": ("百分比", "per cent"),
    "u.days": ("天", "days"),
    "u.hours": ("工作小时", "working hours"),
    "u.points": ("分", "points"),
    "u.figure": ("数值", "value"),
    "sentence": ("语句", "Sentence"),
    "about_sheet": ("说明", "About"),
    "text_sheet": ("正文数字", "Numbers in the text"),
    "chapter": ("章节", "Chapter"),
    "draft": ("草稿", "DRAFT"),
    "withdrawn": ("已撤回", "WITHDRAWN"),
    "copies": ("抄送：", "Copies: "),
    "annexes": ("附件：", "Annexes: "),
    "signer": ("签发人：", "Signed by: "),
    "judgement": ("研判意见", "Judgement of the office"),
    "hash": ("数据校验值（SHA-256）", "Checksum of the numbers (SHA-256)"),
    "comma": ("，", ", "),
    "sources_list": ("数据来源与查询", "Where the tables come from"),
}

_PLACE = re.compile(r"\{(\w+)\}")


def word(key: str, lang: str) -> str:
    """A word; what is no word of ours is shown as it is.

    >>> word("verified_rate", "zh"), word("x9", "en")
    ('核实率', 'x9')
    """
    return WORDS.get(key, (key, key))[0 if lang == "zh" else 1]


def sentence(key: str, lang: str, **facts: Run) -> tuple[Run, ...]:
    """The runs of a sentence, its numbers in their places; ``KeyError`` where a fact is missing.

    >>> from risk.reports.document import Number
    >>> sentence("m_none", "en"), [one.value for one in sentence("year_before", "zh", alerts=Number(3), verdicts=Number(1)) if isinstance(one, Number)]
    (('The numbers of this period call for no measure of their own.',), [3, 1])
    """
    pieces = _PLACE.split(SENTENCES[key][0 if lang == "zh" else 1])
    runs: list[Run] = [facts[piece] if i % 2 else piece for i, piece in enumerate(pieces)]
    return tuple(one for one in joined(runs) if one != "")


def joined(runs: Sequence[Run]) -> list[Run]:
    """Neighbouring texts made one.

    >>> joined(["a", "b", ""])
    ['ab']
    """
    made: list[Run] = []
    for one in runs:
        if isinstance(one, str) and made and isinstance(made[-1], str):
            made[-1] = str(made[-1]) + one
        else:
            made.append(one)
    return made
