"""Approval, registration and licence numbers: where they stand and what their shape says.

The rule: shape and register are two questions. `find_identifiers` answers the first from the text alone, `state` the second from a register.

>>> from features.normalise import normalise
>>> def found(text): return [(i.kind, i.number, i.state) for i in find_identifiers(normalise(text))]
>>> found("国药准字Z13020588，鄂械注准20213140001")
[('drug_approval', '国药准字Z13020588', 'well_formed'), ('device_registration', '鄂械注准20213140001', 'malformed')]
>>> found("国药准字1234")
[('drug_approval', '国药准字1234', 'malformed')]

Not ok: rejecting a drug number by its "year". Re-issued numbers begin with a source code (13 = Hebei), not with 19 or 20.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from features.characters import TABLE
from features.uscc import UsccState, check_uscc
from features.views import NormalisedText

__all__ = ["KINDS", "LICENCES", "STATES", "Identifier", "UsccState", "canonical", "check_uscc", "find_identifiers", "may_claim"]

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
STATES = ("well_formed", "malformed", "expired", "masked")
"""`masked`: digits are hidden (x, *), and the rest is well formed"""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One number in a text. `valid_to`: the last day, where the number itself tells it (ISO date)."""

    kind: str
    number: str
    state: str
    start: int
    end: int
    valid_to: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of number: how a claim of one looks, and how a proper one looks."""

    name: str
    zh: str
    en: str
    claim: re.Pattern[str]
    """finds well- and malformed claims alike, in normalised lower-case text"""
    proper: re.Pattern[str]
    """must match the whole claim, upper-cased"""
    check: Callable[[re.Match[str]], bool] | None = None
    legacy: re.Pattern[str] | None = None
    """a scheme that has run out: a hit is expired"""
    valid_to: Callable[[re.Match[str]], str | None] | None = None


def _device_consistent(m: re.Match[str]) -> bool:
    """国 + 准 is class 3; a province registers class 2 with 准 only; 进 and 许 are always 国.

    >>> _device_consistent(_DEVICE.fullmatch("国械注准20213140001")), _device_consistent(_DEVICE.fullmatch("鄂械注进20212140001"))
    (True, False)
    """
    by, how, level = m[1], m[2], m[4]
    if by == "国":
        return how in "进许" or level == "3"
    return how == "准" and level == "2"


def _year_later(m: re.Match[str]) -> str | None:
    """医广 numbers carry their date and live one year."""
    digits = re.sub(r"\D", "", m["tail"])
    if len(digits) < 4 or not ("01" <= digits[:2] <= "12" and "01" <= digits[2:4] <= "31"):
        return None
    return f"{int(m['year']) + 1}-{digits[:2]}-{digits[2:4]}"


def _stated_end(m: re.Match[str]) -> str | None:
    """广审 numbers since 2020 begin with their last day, YYMMDD."""
    d = m["day"]
    return f"20{d[:2]}-{d[2:4]}-{d[4:6]}" if "01" <= d[2:4] <= "12" and "01" <= d[4:6] <= "31" else None


_GAP = r"[\s:.·\-_号为]{0,3}"
_TAIL = r"[0-9xoil*]"
_DEVICE = re.compile(rf"([国{PROVINCES}])械注(准|进|许)(\d{{4}})([23])(\d{{2}})(\d{{4}})号?")
_OPEN, _SHUT = r"[(\[{【〔]", r"[)\]}】〕]"

KINDS: tuple[Kind, ...] = (
    Kind(
        "drug_approval",
        "药品批准文号",
        "drug approval number",
        re.compile(rf"国药(?:准|试)字{_GAP}(?:[a-z]{{1,2}}\s?{_TAIL}(?:\s?{_TAIL}){{7}}(?!\d)|[a-z]{{0,2}}\s?{_TAIL}{{3,14}})"),
        re.compile(r"国药[准试]字(?:[HZSBTFJ]\d{8}|[HZS][CJ]\d{8}|ZC?\d{8})"),
    ),
    Kind(
        "imported_drug",
        "进口药品注册证号",
        "imported drug registration",
        re.compile(rf"(?:进口药品|医药产品)注册证(?:书|号|编号)*{_GAP}{_GAP}b?[hzs]?c?{_TAIL}{{5,12}}"),
        re.compile(r"(?:进口药品|医药产品)注册证(?:书|号|编号)*B?[HZS]C?\d{8}"),
    ),
    Kind(
        "device_registration",
        "医疗器械注册证号",
        "medical device registration",
        re.compile(
            rf"[\u4e00-\u9fa5]械注[准进许]?{_GAP}{_TAIL}{{0,16}}号?|[\u4e00-\u9fa5]?食?药监械{_OPEN}?[准进许]{_OPEN}?{_SHUT}?字{_OPEN}?\d{{4}}{_SHUT}?第?\d{{5,8}}号?"
        ),
        _DEVICE,
        _device_consistent,
        re.compile(rf".?(?:食)?药监械{_OPEN}?[准进许]{_SHUT}?字.*"),
    ),
    Kind(
        "device_filing",
        "第一类医疗器械备案号",
        "class I device filing",
        re.compile(rf"[\u4e00-\u9fa5]{{1,2}}械备{_GAP}{_TAIL}{{4,12}}号?"),
        re.compile(rf"(?:国|[{PROVINCES}][\u4e00-\u9fa5]?)械备\d{{8}}号?"),
    ),
    Kind(
        "device_trading",
        "医疗器械经营备案/许可编号",
        "device trading filing or licence",
        re.compile(rf"[\u4e00-\u9fa5]{{2}}食?药监械经营[备许]{_GAP}{_TAIL}{{4,12}}号?"),
        re.compile(rf"[{PROVINCES}][\u4e00-\u9fa5]食?药监械经营[备许]\d{{8,10}}号?"),
    ),
    Kind(
        "drug_licence",
        "药品经营许可证号",
        "drug trading licence",
        re.compile(
            rf"(?<![\u4e00-\u9fa5])[{PROVINCES}][a-d][ab][\dx*]{{5,10}}|[{PROVINCES}][a-d][ab]\d{{7,9}}|药品经营许可证(?:号|编号){_GAP}[\u4e00-\u9fa5]?{_TAIL}{{6,12}}"
        ),
        re.compile(rf"(?:药品经营许可证(?:号|编号))?[{PROVINCES}][A-D][AB]\d{{7,9}}"),
        None,
        re.compile(rf"(?:药品经营许可证(?:号|编号))?[{PROVINCES}][1-4]\d{{6}}(?:\d{{2,3}})?"),
    ),
    Kind(
        "medical_ad_review",
        "医疗广告审查证明文号",
        "medical advertisement review certificate",
        re.compile(rf"{_OPEN}?[\u4e00-\u9fa5]{_SHUT}?中?医广(?:审|字)?{_GAP}{_OPEN}?\d{{0,4}}{_SHUT}?第?[\dx*-]{{0,18}}号?"),
        re.compile(rf"{_OPEN}?[{PROVINCES}]{_SHUT}?中?医广(?:审|字)?{_OPEN}(?P<year>\d{{4}}){_SHUT}第?(?P<tail>[\d-]{{7,16}})号?"),
        valid_to=_year_later,
    ),
    Kind(
        "ad_approval",
        "药械食品广告批准文号",
        "drug, device or food advertisement approval",
        re.compile(rf"[\u4e00-\u9fa5]\d?(?:药|医?械|食健|食特)广审{_OPEN}?[视声文]{_SHUT}?{_GAP}第?[\dx*-]{{0,16}}号?"),
        re.compile(rf"[国{PROVINCES}](?:药|械|食健|食特)广审{_OPEN}?[视声文]{_SHUT}?第?(?P<day>\d{{6}})-\d{{5}}号?"),
        legacy=re.compile(rf"[国{PROVINCES}]\d?(?:药|医?械|食健)广审{_OPEN}?[视声文]{_SHUT}?第?(?:19|20)\d{{8}}号?"),
        valid_to=_stated_end,
    ),
    Kind(
        "food_licence",
        "食品生产许可证编号",
        "food production licence",
        re.compile(r"(?<![a-z])sc[\s:.\-]{0,2}\d{8,18}(?!\d)"),
        re.compile(r"SC\d{14}"),
    ),
    Kind(
        "health_food",
        "保健食品批准文号",
        "health food registration or filing",
        re.compile(rf"(?:国|卫)食健(?:字|注|备|进){_GAP}(?:\(?\d{{4}}\)?第?)?[gj]?{_TAIL}{{3,16}}号?|食健备{_GAP}[gj]?{_TAIL}{{6,16}}"),
        re.compile(r"国食健(?:字[GJ]\d{8}|注[GJ]\d{8}|进?备[GJ]\d{12})|食健备[GJ]\d{12}|卫食健字\(?\d{4}\)?第?\d{3,4}号?"),
    ),
    Kind(
        "disinfectant",
        "卫消证字号",
        "disinfectant licence",
        re.compile(rf"[\u4e00-\u9fa5]卫消证字{_GAP}{_OPEN}?\d{{4}}{_SHUT}?第?{_TAIL}{{2,8}}号?"),
        re.compile(rf"[国{PROVINCES}]?卫消证字{_OPEN}\d{{4}}{_SHUT}第?[A-Z]?\d{{2,6}}号?"),
    ),
    Kind(
        "cosmetic",
        "化妆品注册备案号",
        "cosmetics registration or filing",
        re.compile(
            rf"国妆(?:特字|特进字|网备[字进]\w?|备进字|网备){_GAP}\(?\w?\)?{_TAIL}{{4,14}}|[\u4e00-\u9fa5]g?妆网备字{_GAP}{_TAIL}{{6,14}}"
        ),
        re.compile(r"国妆(?:特字|特进字|网备[字进]\w?|备进字|网备)\(?\w?\)?[GJ]?\d{8,10}|[\u4e00-\u9fa5]G?妆网备字\d{10}"),
    ),
    Kind(
        "veterinary",
        "兽药批准文号",
        "veterinary drug approval",
        re.compile(rf"兽药(?:字|生字|添字){_GAP}\(?\d{{0,4}}\)?{_TAIL}{{4,12}}"),
        re.compile(r"兽药(?:字|生字|添字)\(?\d{0,4}\)?\d{5,12}"),
    ),
    Kind(
        "drug_information",
        "互联网药品信息服务资格证书",
        "internet drug information certificate",
        re.compile(rf"{_OPEN}?[{PROVINCES}]{_SHUT}?-?非?经营性-?[\dx*]{{2,4}}-?[\dx*]{{2,5}}"),
        re.compile(rf"{_OPEN}[{PROVINCES}]{_SHUT}-?非?经营性-\d{{4}}-\d{{4}}"),
    ),
)

LICENCES = {"药品经营许可证": "drug_licence", "医疗广告审查证明": "medical_ad_review", "医疗器械经营许可证": "device_trading"}
"""Kinds of licences that a subject holds → the kind of number that a text shows for one."""

TRIGGERS: tuple[tuple[str, ...], ...] = (
    ("国药准字", "国药试字"),
    ("进口药品注册证", "医药产品注册证"),
    ("械注", "药监械"),
    ("械备",),
    ("药监械经营",),
    ("药品经营许可证", *(province + level + way for province in PROVINCES for level in "abcd" for way in "ab")),
    ("医广",),
    ("广审",),
    ("sc",),
    ("食健",),
    ("卫消证字",),
    ("国妆", "妆网备字"),
    ("兽药",),
    ("经营性",),
)
"""For each of `KINDS`, in order, literals of which any claim of it has one."""

_GATE = re.compile("字|械|医广|广审|注册证|许可证|经营性|sc ?[:.-]?\\d|食健|[a-d][ab]\\d{5}")
_HAS_DIGIT = re.compile(r"[\dx*]")
_LOOKS = str.maketrans("OIL", "011")


def find_identifiers(text: NormalisedText, as_of: str | None = None, kinds: int = -1) -> list[Identifier]:
    """Every claimed number, in the order of the text. `as_of` (ISO date): a number that carries an earlier last day is expired.

    ``kinds``: bits of the places in `KINDS` that are looked for, where it is known that the text has no literal of the others (`TRIGGERS`).
    """
    t = text.dense.text
    if not _GATE.search(t):
        return []
    found: list[Identifier] = []
    for at, kind in enumerate(KINDS):
        if not kinds >> at & 1:
            continue
        for m in kind.claim.finditer(t):
            claim = m.group().rstrip(" :.·-_")
            if not _HAS_DIGIT.search(claim):
                continue
            number, state, valid_to = _shape(kind, _tidy(claim), as_of)
            start, end = text.dense.span(m.start(), m.start() + len(claim))
            found.append(Identifier(kind.name, number, state, start, end, valid_to))
    return sorted(found, key=lambda i: (i.start, i.end))


def may_claim(text: str) -> bool:
    """Whether it is worth reading a raw text for numbers. Never false where `find_identifiers` finds one.

    >>> may_claim("国药准字Z13020588"), may_claim("今天天气好")
    (True, False)
    """
    return _ROUGH.search(TABLE.replace(text)) is not None


_ROUGH = re.compile(r"[\dx*]|[零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两].{0,2}[零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两]", re.DOTALL)


def canonical(number: str) -> str:
    """A number as it is compared: letters and digits alone, without the name of its certificate and a closing 号.

    >>> canonical("（鄂）医广【2026】第０９-02-001号") == canonical("(鄂)医广[2026]第0902001号"), canonical("药品经营许可证号:鄂CB027000001")
    (True, '鄂CB027000001')
    """
    bare = "".join(c for c in TABLE.replace(number).upper() if c.isalnum())
    return re.sub(r"^(?:(?:药品|医疗器械)(?:经营|生产)许可证|(?:进口药品|医药产品)注册证|医疗器械注册证)(?:书|号|编号)*(?=.)|号$", "", bare)


def _tidy(claim: str) -> str:
    """Spaces and separators out, Latin upper case, letters that stand for digits turned into them.

    >>> _tidy("国药准字 h2oo41126")
    '国药准字H20041126'
    """
    bare = re.sub(r"[\s:.·_]|(?<=字)[-号为]+", "", claim).upper()
    return re.sub(r"(?<=\d)[OIL\d]+", lambda m: m.group().translate(_LOOKS), bare)


def _shape(kind: Kind, number: str, as_of: str | None) -> tuple[str, str, str | None]:
    if kind.legacy is not None and kind.legacy.fullmatch(number):
        return number, "expired", None
    m = kind.proper.match(number)
    if m is None or number[m.end() : m.end() + 1].isdigit() or (kind.check is not None and not kind.check(m)):
        shown = re.sub(r"[X*](?=[X*\d]|$)|(?<=\d)[X*]", "2", number)
        hidden = shown != number and kind.proper.fullmatch(shown) is not None
        return number, "masked" if hidden else "malformed", None
    until = kind.valid_to(m) if kind.valid_to is not None else None
    return m.group(), "expired" if until and as_of and until < as_of else "well_formed", until
