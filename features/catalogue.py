"""Every feature of a text with kind, unit and meaning in Chinese and English: the one list.

The rule: a column that a frame has and this list has not (or the reverse) fails a test. Word lists add a family of columns each.

>>> describe("promised_annual_yield").zh, describe("promised_annual_yield").unit
('承诺年化收益', '%')
>>> describe("asserted_疗效保证").zh
'断言命中：疗效保证'
>>> describe("no_such_feature")
Traceback (most recent call last):
    ...
KeyError: 'no feature named no_such_feature'
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from features.identifiers import KINDS, STATES


@dataclass(frozen=True, slots=True)
class Feature:
    """One column. `kind`: count, share, flag or amount; nan is unknown in every kind."""

    name: str
    zh: str
    kind: str
    unit: str
    doc_zh: str
    doc_en: str


_SURFACE = (
    Feature("length", "字数", "count", "字", "原文字符数", "characters of the original"),
    Feature("cjk_share", "汉字占比", "share", "", "汉字占全部字符的比例", "Chinese characters among all"),
    Feature("digit_share", "数字占比", "share", "", "数字占全部字符的比例", "digits among all characters"),
    Feature("latin_share", "字母占比", "share", "", "拉丁字母占全部字符的比例", "Latin letters among all characters"),
    Feature("punctuation_share", "标点占比", "share", "", "标点占全部字符的比例", "punctuation among all characters"),
    Feature("exclamation_count", "感叹号数", "count", "个", "感叹号个数", "exclamation marks"),
    Feature("emoji_count", "表情符号数", "count", "个", "表情与装饰符号个数", "emoji and ornaments"),
    Feature("hashtag_count", "话题符号数", "count", "个", "# 号个数", "hash signs"),
)
_SLOTS = (
    Feature(
        "promised_annual_yield",
        "承诺年化收益",
        "amount",
        "%",
        "文中所称最高收益折合年化；未提及或被遮盖为未知",
        "highest stated return per year; unknown if none or masked",
    ),
    Feature("yield_count", "收益承诺数", "count", "处", "称有收益率之处，含被遮盖的", "stated returns, masked ones included"),
    Feature("amount_max", "最大金额", "amount", "元", "文中最大金额", "largest amount of money"),
    Feature("amount_count", "金额数", "count", "处", "写明金额之处", "amounts of money"),
    Feature("price_min", "最低价格", "amount", "元", "文中最低标价", "lowest price"),
    Feature("has_price", "有价格", "flag", "", "标有价格", "states a price"),
    Feature("has_phone", "有电话", "flag", "", "留有电话号码", "gives a telephone number"),
    Feature("has_wechat", "有微信", "flag", "", "留有微信或要求加微信", "gives a WeChat id or asks to be added"),
    Feature("has_qq", "有QQ", "flag", "", "留有 QQ 号", "gives a QQ number"),
    Feature("has_link", "有链接", "flag", "", "含有网址", "has a link"),
    Feature("contact_count", "联系方式数", "count", "个", "联系方式个数", "ways of getting in touch"),
    Feature(
        "contact_disguised",
        "联系方式变形",
        "flag",
        "",
        "联系方式经变形书写（薇信、1三八…）",
        "a way of getting in touch is written in disguise",
    ),
)
_CUES = (
    Feature("question_count", "问号数", "count", "个", "问号个数", "question marks"),
    Feature("first_person_count", "第一人称", "count", "个", "我、我们、本店、本院等", "words of the first person"),
    Feature("second_person_count", "第二人称", "count", "个", "你、您、大家、亲们等", "words of the second person"),
    Feature("negation_count", "否定词数", "count", "个", "否定词个数", "negators"),
    Feature("reported_cue_count", "报道警示词数", "count", "个", "新闻、处罚、警示用语个数", "cues of news, penalties and warnings"),
    Feature("solicits", "招揽", "flag", "", "要求读者与己方联系", "asks the reader to get in touch"),
)
_PARTIES = (
    Feature("organisation_count", "机构数", "count", "家", "文中写明名称的机构个数", "organisations that the text names"),
    Feature(
        "person_count", "人物数", "count", "人", "某某、嫌疑人等所指的人数", "persons that the text speaks of, masked names and suspects"
    ),
    Feature("quoted_share", "引号内占比", "share", "", "引号内文字占全部字符的比例", "characters inside quotation marks among all"),
)
_DISGUISE = (
    Feature("undone_count", "还原处数", "count", "处", "强还原共改动之处", "places that aggressive normalising changed"),
    Feature(
        "undone_share", "还原占比", "share", "", "强还原所涉字符占原文的比例", "characters that aggressive normalising touched among all"
    ),
    Feature(
        "rare_sign_share",
        "生僻字占比",
        "share",
        "",
        "不在一级常用字中的汉字占比",
        "Chinese characters outside those of everyday use among all",
    ),
    Feature("letters_inside_count", "夹字母数", "count", "处", "夹在汉字之间的字母段", "runs of letters between Chinese characters"),
    Feature(
        "wedge_count", "夹符号数", "count", "处", "夹在汉字之间的非标点符号", "symbols other than punctuation between Chinese characters"
    ),
)
TRANSFORMS = {
    "separator": ("分隔符", "separators inside words"),
    "sound_alike": ("谐音形近", "sound-alike and look-alike spellings"),
    "split_character": ("拆字", "split characters"),
    "contact": ("联系方式变形", "disguised contact words"),
    "pinyin": ("拼音缩写", "pinyin and initials"),
    "mixed_numerals": ("混写数字", "numbers in mixed scripts"),
    "enclosed": ("圈字母", "enclosed letters and digits"),
    "emoji": ("表情代字", "emoji that stand for words"),
    "variant": ("异体字", "variant characters"),
    "invisible": ("不可见字符", "invisible characters"),
    "combining": ("组合符号", "combining marks"),
    "traditional": ("繁体字", "traditional characters"),
    "width": ("全角字形", "full-width and compatibility forms"),
}
AGGRESSIVE = ("separator", "sound_alike", "split_character", "contact", "pinyin", "mixed_numerals")
_TRANSFORM_FEATURES = tuple(
    Feature(
        f"transform_{name}",
        f"变形：{zh}",
        "count",
        "处",
        f"{zh}还原次数（仅明视图者记 0 或 1）",
        f"{en} undone (0 or 1 for those of the plain view)",
    )
    for name, (zh, en) in TRANSFORMS.items()
)
_STATE_ZH = {"well_formed": "格式正确", "malformed": "格式错误", "expired": "已过期", "masked": "被遮盖"}
_IDENTIFIERS = tuple(
    Feature(
        f"{kind.name}_{state}",
        f"{kind.zh}：{_STATE_ZH[state]}",
        "count",
        "个",
        f"{kind.zh}，{_STATE_ZH[state]}",
        f"{kind.en}, {state.replace('_', ' ')}",
    )
    for kind in KINDS
    for state in STATES
)
_FAMILIES = (
    Feature(
        "asserted_",
        "断言命中：",
        "count",
        "次",
        "词表命中，未被否定、非转述、未经强还原",
        "hits neither negated nor reported, seen without an aggressive transform",
    ),
    Feature("reported_", "转述命中：", "count", "次", "词表命中，被否定或属转述、警示", "hits that are negated or only reported"),
    Feature(
        "aggressive_", "强还原命中：", "count", "次", "词表命中，经强还原才可见", "asserted hits seen only through an aggressive transform"
    ),
)

FEATURES: tuple[Feature, ...] = (*_SURFACE, *_SLOTS, *_CUES, *_TRANSFORM_FEATURES, *_IDENTIFIERS, *_PARTIES, *_DISGUISE)
"""the columns that every frame has, in the frame's order"""
_BY_NAME = {f.name: f for f in FEATURES}


def names(lists: Iterable[str] = ()) -> list[str]:
    """The columns of a frame that was built with these word lists.

    >>> names(["甲"])[-3:]
    ['asserted_甲', 'reported_甲', 'aggressive_甲']
    """
    return [*_BY_NAME, *(family.name + name for name in lists for family in _FAMILIES)]


def describe(name: str) -> Feature:
    """What a column means; a column of a word list is described by its family."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    for family in _FAMILIES:
        if name.startswith(family.name):
            return replace(family, name=name, zh=family.zh + name.removeprefix(family.name))
    raise KeyError(f"no feature named {name}")
