"""The words of reports, in Chinese and English. The one place for them."""

from __future__ import annotations

GRADE_WORDS = {"red": ("红", "red"), "orange": ("橙", "orange"), "yellow": ("黄", "yellow"), "blue": ("蓝", "blue"), "all": ("合计", "all")}

MODEL_WORDS = {
    "false_medical_advertising": ("虚假医疗广告", "False medical advertising"),
    "illegal_fundraising": ("非法集资", "Illegal fundraising"),
    "illegal_fundraising.solicitation": ("非法集资·招揽", "Illegal fundraising: solicitation"),
    "illegal_fundraising.report": ("非法集资·举报舆情", "Illegal fundraising: reports"),
    "illegal_fundraising.firm": ("非法集资·企业", "Illegal fundraising: firms"),
    "illegal_drug_sales": ("非法销售药品", "Illegal drug sales"),
    "illegal_prescription_drug_sales": ("非法销售处方药", "Illegal prescription-drug sales"),
    "illegal_medical_device_sales": ("非法销售医疗器械", "Illegal medical-device sales"),
}

WORDS: dict[str, tuple[str, str]] = {
    "title": ("风险预警态势报告", "Risk early warning: situation report"),
    "province": ("湖北省", "Hubei Province"),
    "cutoff": ("数据截至", "data up to"),
    "frozen": ("冻结于运行", "frozen to run"),
    "period": ("报告期", "period"),
    "clue_note": (
        "预警是线索，不是结论。核查确认之前，一律称“涉嫌”，不显示主体名称。",
        "A warning is a clue, not a finding. Before verification everything is “suspected”, and no name is shown.",
    ),
    "overall": ("一、总体态势", "1. Overall situation"),
    "signals": ("监测信号", "signals"),
    "alerts": ("预警", "alerts"),
    "verdicts": ("核查反馈", "verdicts"),
    "verified_rate": ("核实率", "verified rate"),
    "versus": ("较上期", "vs previous"),
    "new": ("新", "new"),
    "funnel": ("二、从信号到处置", "2. From signal to case"),
    "f.signals": ("监测", "signals"),
    "f.assessments": ("研判（次）", "assessments"),
    "f.candidates": ("候选", "candidates"),
    "f.alerts": ("预警", "alerts"),
    "f.tasks": ("派发", "tasks"),
    "f.signed": ("签收", "signed"),
    "f.reported": ("反馈", "reported"),
    "f.confirmed": ("属实（含部分）", "confirmed"),
    "f.filed": ("立案", "filed"),
    "f.labels": ("形成标签", "labels"),
    "balance": ("候选去向（逐次运行守恒）", "Where candidates went (balanced for every run)"),
    "b.candidates": ("候选", "candidates"),
    "b.new": ("新预警", "new"),
    "b.merged": ("并入已有", "merged"),
    "b.suppressed": ("抑制", "suppressed"),
    "b.below_grade": ("未达等级", "below grade"),
    "b.over_capacity": ("超出核查能力（列示不隐藏）", "over capacity (listed)"),
    "b.failed": ("失败", "failed"),
    "monitoring": ("三、监测情况", "3. Monitoring"),
    "source": ("来源", "source"),
    "linked": ("关联主体", "linked to a subject"),
    "placed": ("有地区", "with a region"),
    "no_time": ("无时间（按接入时刻）", "without a time (taken as observed now)"),
    "quarantined": ("隔离待修复", "quarantined"),
    "duplicates": ("重复", "duplicates"),
    "warnings": ("四、预警情况", "4. Alerts"),
    "by_model": ("按模型与等级", "By model and grade"),
    "by_city": ("按市州与等级", "By city and grade"),
    "heat": ("模型 × 市州", "Model × city"),
    "trend": ("按周趋势", "Weekly trend"),
    "clues": ("五、重点线索（前十，未决者匿名）", "5. Top clues (ten, anonymous while undecided)"),
    "disposal": ("六、处置情况", "6. Disposal"),
    "issued": ("派发任务", "tasks issued"),
    "signed": ("已签收", "signed"),
    "sign_in_time": ("按时签收", "signed in time"),
    "reported": ("已反馈", "reported"),
    "report_in_time": ("按时反馈", "reported in time"),
    "overdue": ("逾期未反馈", "overdue"),
    "median_days": ("反馈中位天数", "median days to report"),
    "late_offices": ("逾期较多的单位", "Offices with most late tasks"),
    "office": ("单位", "office"),
    "late": ("逾期", "late"),
    "tasks": ("任务", "tasks"),
    "results": ("核查结果", "Results"),
    "false_alarms": ("误报原因", "Causes of false alarms"),
    "quality": ("七、模型质量", "7. Quality of the models"),
    "model": ("模型", "model"),
    "grade": ("等级", "grade"),
    "told": ("已反馈", "told"),
    "confirmed": ("属实", "confirmed"),
    "interval": ("95% 区间", "95% interval"),
    "trainings": ("再训练记录", "Retraining"),
    "decision": ("决定", "decision"),
    "champion": ("原冠军", "champion"),
    "challenger": ("挑战者", "challenger"),
    "asof": ("截止时点", "as of"),
    "ap": ("平均精度（挑战者/冠军）", "average precision (challenger / champion)"),
    "notes": ("附：口径说明", "Appendix: definitions"),
    "note_rate": (
        "核实率 =（属实＋部分属实）÷（属实＋部分属实＋不属实），区间为 Wilson 区间；重复、非本部门、延期、查无主体不计入。",
        "Verified rate = (confirmed + partly) / (confirmed + partly + unfounded), Wilson interval; duplicates, not ours, extended, untraceable are left out.",
    ),
    "note_colour": (
        "红橙黄蓝为本领域惯例，并非突发事件应对法第六十三条所定预警级别。",
        "The colours are a convention of this field, not the warning levels of 突发事件应对法 Art. 63.",
    ),
    "note_capacity": (
        "候选 = 新预警 + 并入 + 抑制 + 未达等级 + 超出能力 + 失败，每次运行核对，不平即失败。",
        "candidates = new + merged + suppressed + below grade + over capacity + failed, asserted for every run.",
    ),
    "none": ("无", "none"),
    "unknown_place": ("地区不明", "place unknown"),
    "evidence": ("证据", "evidence"),
    "clue": ("线索", "clue"),
    "place": ("地区", "place"),
    "subject": ("主体", "subject"),
    "undecided": ("未决，匿名", "undecided: anonymous"),
    "promoted": ("晋级", "promoted"),
    "kept": ("保留原冠军", "champion kept"),
    "too_few_labels": ("标签不足", "too few labels"),
    "laws_failed": ("未通过模型法则", "laws failed"),
    "first": ("首个版本", "first version"),
}


def word(key: str, lang: str) -> str:
    """A word of the report.

    >>> word("overdue", "zh")
    '逾期未反馈'
    """
    return WORDS[key][0 if lang == "zh" else 1]


def model_title(key: str, lang: str) -> str:
    """The title of a model (with its lens); an unknown one is shown by its key."""
    return MODEL_WORDS.get(key, (key, key))[0 if lang == "zh" else 1]
