"""The keywords, once: grammar, printer and messages all read this table. No other module spells a keyword.

>>> word("AND", "zh"), word("HAS_ANY", "en")
('且', 'has any of')
"""

import re
from typing import Literal

Language = Literal["en", "zh"]

KEYWORDS: dict[str, tuple[str, str]] = {
    "LIST": ("list", "词表"),
    "INCLUDE": ("include", "包含"),
    "EXCLUDE": ("exclude", "排除"),
    "CONDITION": ("condition", "条件"),
    "FEATURE": ("feature", "特征"),
    "RULE": ("rule", "规则"),
    "MODEL": ("model", "模型"),
    "LENS": ("lens", "镜头"),
    "BASIS": ("basis", "依据"),
    "ARTICLE": ("article", "条"),
    "DATED": ("dated", "文本"),
    "UNVERIFIED": ("unverified", "待核"),
    "SEVERITY": ("severity", "严重度"),
    "FLOOR": ("floor", "底线"),
    "WHEN": ("when", "当"),
    "BECAUSE": ("because", "理由"),
    "HAZARD": ("hazard", "危害"),
    "ADVICE": ("advice", "核查建议"),
    "FALSE_ALARMS": ("false_alarms", "常见误报"),
    "OWNER": ("owner", "负责人"),
    "VALID": ("valid from", "有效期"),
    "UNTIL": ("to", "至"),
    "HITS": ("hits", "命中"),
    "MISSES": ("misses", "不命中"),
    "ZH": ("zh", "中"),
    "EN": ("en", "英"),
    "AND": ("and", "且"),
    "OR": ("or", "或"),
    "NOT": ("not", "非"),
    "TEXT": ("text", "文本"),
    "HAS_ANY": ("has any of", "含任一"),
    "HAS_ALL": ("has all of", "含全部"),
    "HAS_NONE": ("has none of", "不含"),
    "STARTS": ("starts with", "开头"),
    "ENDS": ("ends with", "结尾"),
    "MATCHES": ("matches", "匹配"),
    "ASSERTED": ("asserted", "断言"),
    "UNNEGATED": ("unnegated", "未否定"),
    "UNQUOTED": ("unquoted", "未转述"),
    "PLAIN": ("plain", "明文"),
    "NEAR": ("near", "邻近"),
    "WITHIN": ("within", "间隔"),
    "SAME_SENTENCE": ("in one sentence with", "同句"),
    "COUNT": ("count of", "次数"),
    "OCCURRENCES": ("occurrences of", "出现"),
    "DISTINCT": ("distinct of", "不同"),
    "SUM": ("sum of", "合计"),
    "MEAN": ("mean of", "平均"),
    "MAX": ("max of", "最大"),
    "MIN": ("min of", "最小"),
    "DAYS_SINCE": ("days since last", "距上次"),
    "CHANGE": ("change of", "环比"),
    "IN_LAST": ("in last", "近"),
    "ACROSS": ("across", "跨"),
    "RELATED": ("subjects with", "主体数"),
    "FIRES": ("fires", "命中规则"),
    "BETWEEN": ("between", "介于"),
    "BETWEEN_AND": ("and", "与"),
    "IN": ("in", "属于"),
    "CONTAINS": ("contains", "包括"),
    "CONTAINS_ANY": ("contains any of", "包括任一"),
    "CONTAINS_ALL": ("contains all of", "包括全部"),
    "CONTAINS_NONE": ("contains none of", "不包括"),
    "IS_KNOWN": ("is known", "已知"),
    "IS_UNKNOWN": ("is unknown", "未知"),
    "OTHERWISE": ("otherwise", "否则"),
    "TRUE": ("true", "真"),
    "FALSE": ("false", "假"),
    "UNKNOWN": ("unknown", "未知"),
}

QUALIFIERS = ("ASSERTED", "UNNEGATED", "UNQUOTED", "PLAIN")
AGGREGATES = ("COUNT", "DISTINCT", "SUM", "MEAN", "MAX", "MIN", "DAYS_SINCE", "CHANGE")

CLAUSES = (
    "MODEL", "LENS", "BASIS", "SEVERITY", "FLOOR", "WHEN", "BECAUSE", "HAZARD", "ADVICE", "FALSE_ALARMS", "OWNER", "VALID", "HITS", "MISSES",
)  # fmt: skip

SYMBOLS: dict[str, tuple[str, str]] = {
    "NAME": ("a name", "名称"),
    "STRING": ("a text in double quotes", "双引号中的文字"),
    "NUMBER": ("a number", "数字"),
    "DATE": ("a date", "日期"),
    "REFERENCE": ("a list such as `@name`", "词表（如 `@名称`）"),
    "CMP": ("a comparison such as `>=`", "比较（如 `>=`）"),
    "COMMA": ("`,`", "`,`"),
    "OPEN": ("`(`", "`(`"),
    "CLOSE": ("`)`", "`)`"),
    "SET_OPEN": ("`[`", "`[`"),
    "SET_CLOSE": ("`]`", "`]`"),
    "ROW_OPEN": ("`{`", "`{`"),
    "ROW_CLOSE": ("`}`", "`}`"),
    "COLON": ("`:`", "`:`"),
    "DOT": ("`.`", "`.`"),
    "PLUS": ("`+`", "`+`"),
    "MINUS": ("`-`", "`-`"),
    "STAR": ("`*`", "`*`"),
    "SLASH": ("`/`", "`/`"),
    "EQUALS": ("`=`", "`=`"),
    "$END": ("the end", "结尾"),
}


def word(key: str, language: Language) -> str:
    """The keyword of `key` in one language."""
    return KEYWORDS[key][0 if language == "en" else 1]


def pattern(key: str) -> str:
    """The regular expression that reads the keyword in either language, as a whole word.

    >>> pattern("HAS_ANY")
    '(?:has\\\\s+any\\\\s+of|含任一)(?!\\\\w)'
    """
    both = "|".join(r"\s+".join(re.escape(part) for part in text.split()) for text in KEYWORDS[key])
    return f"(?:{both})(?!\\w)"


def say(terminal: str, language: Language) -> str:
    """A grammar terminal in words, for messages.

    >>> say("AND", "zh"), say("NAME", "en")
    ('`且`', 'a name')
    """
    terminal = terminal.lstrip("_")
    if terminal in KEYWORDS:
        return f"`{word(terminal, language)}`"
    return SYMBOLS.get(terminal, (terminal, terminal))[0 if language == "en" else 1]
