"""How a column is said to a person: the topic it belongs to, and the sentence of a topic in Chinese and English. The one place for it.

Columns of one matter are one topic (six columns about getting in touch are one reason). A sentence states the value that was seen, and says unknown
where nothing is known; it never says that something is so because a column is missing.

>>> topic_of("has_wechat"), topic_of("licence_ad_review"), topic_of("asserted_疗效保证"), topic_of("length")
('contact', 'licence_ad_review', 'list:疗效保证', 'style')
>>> sentence("yield", {"promised_annual_yield": 15.0, "yield_count": 1.0})
('承诺年化15%', 'promises 15% a year')
>>> sentence("licence_ad_review", {"licence_ad_review": 0.0})[0], sentence("licence_ad_review", {"licence_ad_review": float("nan")})[0]
('无有效医疗广告审查证明', '是否持有医疗广告审查证明：未知')
>>> sentence("complaints_30d", {"complaints_30d": 3.0})
('近30天投诉3起', '3 complaints in the last 30 days')
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from features.catalogue import TRANSFORMS, describe
from features.context import _LICENCE_NAMES, CONTEXT, LICENCE_KINDS
from features.identifiers import KINDS, STATES

Said = tuple[str, str]
Values = Mapping[str, float]

_LISTS = ("asserted_", "reported_", "aggressive_")
_TOPICS: Mapping[str, Sequence[str]] = {
    "yield": ("promised_annual_yield", "yield_count"),
    "money": ("amount_max", "amount_count", "price_min", "has_price"),
    "contact": ("has_phone", "has_wechat", "has_qq", "has_link", "contact_count", "contact_disguised", "solicits"),
    "stance": ("negation_count", "reported_cue_count", "question_count"),
    "person": ("first_person_count", "second_person_count"),
    "style": (
        "length",
        "cjk_share",
        "digit_share",
        "latin_share",
        "punctuation_share",
        "exclamation_count",
        "emoji_count",
        "hashtag_count",
    ),
    "disguise": tuple(f"transform_{name}" for name in TRANSFORMS),
    **{f"identifier:{kind.name}": tuple(f"{kind.name}_{state}" for state in STATES) for kind in KINDS},
}
_TOPIC_OF = {column: topic for topic, columns in _TOPICS.items() for column in columns}
_AROUND = {feature.name: feature for feature in CONTEXT}
_LICENCES = {f"licence_{name}": (kind, name) for name, kind in zip(_LICENCE_NAMES, LICENCE_KINDS, strict=True)}
LICENCE_EN = {
    "drug": "drug trading licence",
    "device": "device trading licence",
    "clinic": "clinic licence",
    "ad_review": "medical advertisement review certificate",
    "finance": "financial licence",
}
_WINDOW = re.compile(r"^(signals|alerts|complaints|confirmeds)_(\d+)d$")
_WINDOW_WORDS = {
    "signals": ("信号", "signals"),
    "alerts": ("预警", "alerts"),
    "complaints": ("投诉", "complaints"),
    "confirmeds": ("核查属实", "confirmed cases"),
}
_STATE_WORDS: Mapping[str, Said] = {
    "well_formed": ("格式正确", "well-formed"),
    "malformed": ("格式错误", "malformed"),
    "expired": ("已过期", "expired"),
    "masked": ("被遮盖", "masked"),
}


@lru_cache(maxsize=8192)
def topic_of(column: str) -> str:
    """The topic a column belongs to; a column that no topic names is a topic of its own."""
    for prefix in _LISTS:
        if column.startswith(prefix):
            return f"list:{column.removeprefix(prefix)}"
    return _TOPIC_OF.get(column, column)


@lru_cache(maxsize=8192)
def columns_of(topic: str) -> tuple[str, ...]:
    """The columns of a topic.

    >>> columns_of("list:根治"), columns_of("yield")
    (('asserted_根治', 'reported_根治', 'aggressive_根治'), ('promised_annual_yield', 'yield_count'))
    """
    if topic.startswith("list:"):
        return tuple(prefix + topic.removeprefix("list:") for prefix in _LISTS)
    return tuple(_TOPICS.get(topic, (topic,)))


def title(topic: str) -> Said:
    """What a topic is called, whatever a text says of it.

    >>> title("list:疗效保证")[0], title("yield")[1], title("complaints_30d")[0]
    ('词表“疗效保证”', 'promised returns', '近30天投诉数')
    """
    if topic.startswith("list:"):
        name = topic.removeprefix("list:")
        return f"词表“{name}”", f'list "{name}"'
    if topic.startswith("identifier:"):
        kind = next(one for one in KINDS if one.name == topic.removeprefix("identifier:"))
        return kind.zh, kind.en
    if topic in _TITLES:
        return _TITLES[topic]
    try:
        feature = _AROUND.get(topic) or describe(topic)
    except KeyError:
        return topic, topic
    return feature.zh, feature.doc_en


_TITLES: Mapping[str, Said] = {
    "yield": ("收益承诺", "promised returns"),
    "money": ("金额与价格", "amounts and prices"),
    "contact": ("联系方式与招揽", "ways of getting in touch"),
    "stance": ("报道、警示、否定用语", "words of report, warning and negation"),
    "person": ("人称用语", "words of person"),
    "style": ("行文特征", "style"),
    "disguise": ("变形书写", "disguised writing"),
    "wording": ("措辞", "wording"),
    "rules": ("未命中的规则", "rules that did not fire"),
    "silent_lists": ("未出现的词表用语", "lists of which nothing was found"),
}


def sentence(topic: str, values: Values) -> Said:
    """What is said of a topic with these values of its columns."""
    if topic.startswith("list:"):
        return _list(topic.removeprefix("list:"), values)
    if topic.startswith("identifier:"):
        return _identifier(topic.removeprefix("identifier:"), values)
    if topic in _LICENCES:
        return _licence(topic, values)
    if found := _WINDOW.match(topic):
        return _window(found[1], found[2], values.get(topic, float("nan")))
    made = _SENTENCES.get(topic)
    return made(values) if made else _plain(topic, values.get(topic, float("nan")))


def _number(values: Values, name: str) -> float:
    value = values.get(name, 0.0)
    return value if value == value else 0.0


def _shown(value: float) -> str:
    """A number without needless digits.

    >>> _shown(15.0), _shown(182.5), _shown(50000.0)
    ('15', '182.5', '50,000')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"


def _yield(values: Values) -> Said:
    value = values.get("promised_annual_yield", float("nan"))
    if value == value:
        return f"承诺年化{_shown(value)}%", f"promises {_shown(value)}% a year"
    if _number(values, "yield_count"):
        return "承诺收益，数字被遮盖", "promises a return, its number masked"
    return "未写明收益率", "states no return"


def _money(values: Values) -> Said:
    if _number(values, "has_price"):
        return f"标价{_shown(_number(values, 'price_min'))}元起", f"prices from {_shown(_number(values, 'price_min'))} yuan"
    if _number(values, "amount_count"):
        return (
            f"写明金额，最大{_shown(_number(values, 'amount_max'))}元",
            f"states amounts up to {_shown(_number(values, 'amount_max'))} yuan",
        )
    return "未写明金额或价格", "states no amount and no price"


def _contact(values: Values) -> Said:
    names = (("has_phone", "电话", "telephone"), ("has_wechat", "微信", "WeChat"), ("has_qq", "QQ", "QQ"), ("has_link", "链接", "a link"))
    there = [(zh, en) for name, zh, en in names if _number(values, name)]
    if not there:
        if _number(values, "solicits"):
            return "招揽读者联系", "asks readers to get in touch"
        return "未留联系方式", "gives no way of getting in touch"
    hidden = _number(values, "contact_disguised")
    zh, en = "、".join(one for one, _ in there), ", ".join(one for _, one in there)
    return f"留有{zh}{'（变形书写）' if hidden else ''}", f"gives {en}{' (in disguise)' if hidden else ''}"


def _disguise(values: Values) -> Said:
    seen = [(zh, en, _number(values, f"transform_{name}")) for name, (zh, en) in TRANSFORMS.items() if _number(values, f"transform_{name}")]
    if not seen:
        return "未见变形书写", "no disguised writing"
    zh, en = "、".join(f"{one}{_shown(n)}处" for one, _, n in seen), ", ".join(f"{one} ({_shown(n)})" for _, one, n in seen)
    return f"变形书写：{zh}", f"disguised writing: {en}"


def _stance(values: Values) -> Said:
    told = [
        (f"{zh}{_shown(n)}处", f"{en} ({_shown(n)})")
        for name, zh, en in (
            ("reported_cue_count", "报道警示用语", "words of reports and warnings"),
            ("negation_count", "否定词", "negators"),
            ("question_count", "问句", "questions"),
        )
        if (n := _number(values, name))
    ]
    if not told:
        return "无报道、警示、否定用语", "no words of report, warning or negation"
    return "、".join(zh for zh, _ in told), ", ".join(en for _, en in told)


def _list(name: str, values: Values) -> Said:
    return _list_said(name, *(_number(values, f"{kind}{name}") for kind in ("asserted_", "aggressive_", "reported_")))


@lru_cache(maxsize=8192)
def _list_said(name: str, asserted: float, hidden: float, reported: float) -> Said:
    told = []
    if asserted + hidden:
        disguised = (f"（变形{_shown(hidden)}处）", f" ({_shown(hidden)} in disguise)") if hidden else ("", "")
        told.append(
            (
                f"“{name}”类用语{_shown(asserted + hidden)}处{disguised[0]}",
                f'{_shown(asserted + hidden)} of the list "{name}"{disguised[1]}',
            )
        )
    if reported:
        told.append((f"被否定或属转述的“{name}”类用语{_shown(reported)}处", f'{_shown(reported)} of the list "{name}", negated or quoted'))
    if not told:
        return f"无“{name}”类用语", f'none of the list "{name}"'
    return "，".join(zh for zh, _ in told), "; ".join(en for _, en in told)


def _identifier(name: str, values: Values) -> Said:
    kind = next(one for one in KINDS if one.name == name)
    seen = [(state, n) for state in STATES if (n := _number(values, f"{name}_{state}"))]
    if not seen:
        return f"未写{kind.zh}", f"no {kind.en}"
    zh = "、".join(f"{_STATE_WORDS.get(state, (state, state))[0]}{_shown(n)}个" for state, n in seen)
    en = ", ".join(f"{_shown(n)} {_STATE_WORDS.get(state, (state, state))[1]}" for state, n in seen)
    return f"{kind.zh}：{zh}", f"{kind.en}: {en}"


def _licence(topic: str, values: Values) -> Said:
    kind, name = _LICENCES[topic]
    value = values.get(topic, float("nan"))
    if value != value:
        return f"是否持有{kind}：未知", f"whether it holds a {LICENCE_EN[name]}: unknown"
    return (f"持有效{kind}", f"holds a valid {LICENCE_EN[name]}") if value else (f"无有效{kind}", f"no valid {LICENCE_EN[name]}")


def _window(stream: str, days: str, value: float) -> Said:
    zh, en = _WINDOW_WORDS[stream]
    if value != value:
        return f"近{days}天{zh}：未知", f"{en} in the last {days} days: unknown"
    return f"近{days}天{zh}{_shown(value)}起", f"{_shown(value)} {en} in the last {days} days"


def _plain(name: str, value: float) -> Said:
    """A column in the words of the catalogue."""
    try:
        feature = _AROUND.get(name) or describe(name)
    except KeyError:
        shown = "—" if value != value else _shown(value)
        return f"{name}：{shown}", f"{name}: {shown}"
    if value != value:
        return f"{feature.zh}：未知", f"{feature.doc_en}: unknown"
    if feature.kind == "flag":
        return (feature.zh, feature.doc_en) if value else (f"非“{feature.zh}”", f"not: {feature.doc_en}")
    return f"{feature.zh}：{_shown(value)}{feature.unit}", f"{feature.doc_en}: {_shown(value)}{'%' if feature.unit == '%' else ''}"


def _fixed(zh: str, en: str) -> Callable[[Values], Said]:
    return lambda _values: (zh, en)


_SENTENCES: Mapping[str, Callable[[Values], Said]] = {
    "yield": _yield,
    "money": _money,
    "contact": _contact,
    "disguise": _disguise,
    "stance": _stance,
    "person": _fixed("人称用语（我们、您等）", "words of the first and second person"),
    "style": _fixed("行文特征（字数、标点、符号等）", "style (length, punctuation, symbols)"),
    "wording": _fixed("其他措辞", "other wording"),
    "rules": _fixed("未命中的规则", "rules that did not fire"),
    "silent_lists": _fixed("未出现的词表用语", "lists of which nothing was found"),
}
