"""A plug-in for the rules: three functions, a word list, a pack for a model of its own and a rule for a shipped one."""

import numpy as np

from rules.plugins import Column, Kind, Parameter, PluginList, PluginPack, Rows, Type, Unit, function

VERSION = "1.2.0"


@function(
    zh="感叹号数",
    version=VERSION,
    result=Type(Kind.NUMBER),
    maybe=False,
    reads_text=True,
    doc_zh="文本中感叹号的个数，全角与半角都算",
    doc_en="how many exclamation marks the text has, full-width ones included",
)
def exclamations(rows: Rows) -> Column:
    """The text alone."""
    return Column.of(text.count("!") + text.count("！") for text in rows.texts)


CLASSES = {
    "digit": str.isdecimal,
    "latin": lambda letter: letter.isascii() and letter.isalpha(),
    "mark": lambda letter: letter in "!！?？~～",
}


@function(
    zh="字符占比",
    version=VERSION,
    params=[Parameter("kind", Type(Kind.TEXT), tuple(CLASSES))],
    result=Type(Kind.NUMBER, Unit.PERCENT),
    reads_text=True,
    doc_zh="某类字符占全文的百分比：digit 数字、latin 拉丁字母、mark 标点；空文本未知",
    doc_en="percentage of the text's characters that are of a kind: digit, latin or mark; unknown of an empty text",
)
def share_of(rows: Rows, kind: str | Column) -> Column:
    """A text argument, and unknown where there is nothing to answer."""
    kinds = rows.column(kind)
    return Column.of(
        100 * sum(map(CLASSES[wanted], text)) / len(text) if known and text else None
        for text, wanted, known in zip(rows.texts, kinds.values, kinds.known, strict=True)
    )


@function(
    zh="语气",
    version=VERSION,
    params=[Parameter("marks", Type(Kind.NUMBER)), Parameter("loud_from", Type(Kind.NUMBER))],
    result=Type(Kind.CATEGORY),
    values=[("calm", "平和"), ("loud", "夸张")],
    doc_zh="标记数达到界限即为夸张；任一未知则未知",
    doc_en="loud from so many marks on, else calm; unknown where either is",
)
def tone(rows: Rows, marks: float | Column, loud_from: float | Column) -> Column:
    """A category from two numbers, each a literal or a column; whole arrays at a time."""
    count, limit = rows.column(marks), rows.column(loud_from)
    return Column(np.where(count.values >= limit.values, "loud", "calm"), count.known & limit.known)


LOUD_WORDS = PluginList(
    "夸张语", ("震撼来袭", "错过再等一年", "全城轰动"), version=VERSION, exclude=("并非全城轰动",), note="shouting words"
)

LOUD_OFFERS = PluginPack("loud_offers", "risk_sample_plugin", VERSION, folder="offers")
MORE_MEDICAL = PluginPack("false_medical_advertising", "risk_sample_plugin", VERSION, folder="medical")
