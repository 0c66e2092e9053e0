"""Who does a text speak of? Organisations and persons that it names, by form alone: no list of names.

>>> parties("昆明甲乙丙投资有限公司、“甲乙财富”平台，犯罪嫌疑人周某已被批捕")
{'organisation_count': 2.0, 'person_count': 1.0}
>>> parties("周某某等3人和张某被批捕，该公司被查")
{'organisation_count': 0.0, 'person_count': 2.0}
"""

import re

_HAN = "\u4e00-\u9fff"
_AHEAD = "(?=[,，。、；（(案的旗已被是于在涉创法董实]|平台|公司|集团|$)"
_ALWAYS = ("公司", "集团", "合作社", "基金会", "事务所", "交易所", "交易中心", "医院", "门诊部", "诊所", "药房", "药店")
_AT_THE_END = ("财富", "金服", "金融", "资本", "控股", "投资", "网贷", "易贷", "贷网", "贷款网")
_CLOSING = '”"’》'
_SUFFIX = re.compile(
    "|".join(
        [
            *_ALWAYS,
            *(word + _AHEAD for word in _AT_THE_END),
            *(mark + "(?=平台|公司|项目|集团|理财|网|案|app|金融|财富)" for mark in _CLOSING),
        ]
    )
)
SUFFIXES = (*_ALWAYS, *_AT_THE_END, *_CLOSING)
PERSONS = ("某", "嫌疑人", "被告人")
"""Without any of the first no organisation is named, without any of the second no person."""
_LONGEST = 16
_NOBODY = re.compile("(?:[该本某各多这那我贵两家等]|他们|你们|其他|一家)$")
_PERSON = re.compile(rf"[{_HAN}]某(?:某|[甲乙丙丁]|[{_HAN}](?=[、，,等（(因被]))?|(?:嫌疑人|被告人)(?![{_HAN}]?某)[{_HAN}]{{2,3}}")


def parties(text: str) -> dict[str, float]:
    """How many are named in a text in its plain spelling; the same name twice counts once."""
    named = {name for m in _SUFFIX.finditer(text) if (name := _before(text, m.start()))}
    people = {m.group() for m in _PERSON.finditer(text)} if "某" in text or "人" in text else ()
    return {"organisation_count": float(len(named)), "person_count": float(len(people))}


def _before(text: str, at: int) -> str:
    """What stands right before a suffix, up to sixteen characters; empty where that is no name (该公司)."""
    start = at
    while start > max(0, at - _LONGEST) and (text[start - 1].isalnum()):
        start -= 1
    name = text[start:at]
    return name if len(name) > 1 and not _NOBODY.search(name) else ""
