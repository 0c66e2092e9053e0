"""Personal data is shown with stars: telephones, identity cards, bank cards, e-mail, WeChat and QQ ids, names of persons, their addresses. Pure.

A star stands for one character, so that a masked text is as long as the text and what is quoted by its offsets still is where it was. What is masked
stays as it is when it is masked again. Names of firms, their USCCs, licences and 400 numbers are no personal data.

>>> masked("张先生 13800138000，身份证420102199001011234，邮箱zhang.san@example.com")
'张先生 138****8000，身份证4****************4，邮箱z****.***@example.com'
>>> masked("统一社会信用代码91420100MA4KXXXX0X，国药准字Z13020588，热线400-800-8000")
'统一社会信用代码91420100MA4KXXXX0X，国药准字Z13020588，热线400-800-8000'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from risk.domain.uscc import checks

STAR = "*"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Characters ``[start, end)`` of a text that are personal, of which only the first ``head`` and the last ``tail`` letters or digits are shown."""

    kind: str
    start: int
    end: int
    head: int = 0
    tail: int = 0


_WIDE = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20, 0x2010: 0x2D, 0x2013: 0x2D, 0x2014: 0x2D}
_SEP = r"[-\s.·_*]?"
_NUMBER = r"(?<!\d)(?<!\d\.)"
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_ROLES = r"(?:联系人|举报人|投诉人|报案人|姓名|户名|收货人|收件人|受害人|患者|法定代表人|法人代表|负责人|经手人)"
_ID = re.compile(rf"{_NUMBER}[1-8]\d{{5}}{_SEP}(?:18|19|20)\d{{2}}{_SEP}{_DAY}{_SEP}\d{{3}}[\dXx](?!\d)")
_OLD_ID = re.compile(rf"{_NUMBER}[1-8]\d{{7}}{_DAY}\d{{3}}(?!\d)")
_CARD = re.compile(r"(?<![\dA-Za-z])[3-69]\d{3}(?:[- ]?\d{4}){3}(?:[- ]?\d{1,3})?(?!\d)")
_ACCOUNT = re.compile(r"(?:卡号|账号|帐号|账户|帐户)[号为是:\s]{0,3}(\d(?:[- ]?\d){9,22})(?!\d)")
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_SEP})?(1{_SEP}[3-9]{_SEP}\d(?:{_SEP}\d){{8}})(?!\d)")
_FIXED = re.compile(
    r"(?<![\dA-Za-z.])(0\d{2,3}[-\s)]{0,2}\d{3,4}[-\s]?\d{4})(?!\d)|(?:电话|座机|致电|手机)[号码]{0,2}[:\s]{0,2}(\d{7,8})(?!\d)"
)
_MAIL = re.compile(r"([A-Za-z0-9._%+-]+)@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_CHAT = re.compile(
    r"(?:微信|薇信|威信|v信|(?<![a-z])(?:vx|wx|weixin|wechat|qq)|扣扣|企鹅)(?:公众号|同号|号码?|id|群)?[:\s=是为搜加]{0,3}([a-z0-9][-_a-z0-9]{4,19})",
    re.IGNORECASE,
)
_PERSON = re.compile(rf"{_ROLES}\s?[:：]\s?([\u4e00-\u9fff]{{2,4}}|[\u4e00-\u9fff]{{1,5}}·[\u4e00-\u9fff]{{1,6}})(?![\u4e00-\u9fff])")
_HOME = re.compile(r"(?:家庭住址|家庭地址|住址|收货地址|现住)[:：\s]{0,2}([^\s,，。;；!！?？]{4,60})")

_NAME_KEYS: tuple[str, ...] = (
    "姓名",
    "联系人",
    "举报人",
    "投诉人",
    "法定代表人",
    "法人代表",
    "负责人",
    "收货人",
    "当事人",
    "legal_person",
    "legal_representative",
)
_NAME_KEYS += ("contact_name", "contact_person", "reporter", "complainant", "person_name", "officer_name")
_NUMBER_KEYS: tuple[str, ...] = (
    "电话",
    "手机",
    "联系方式",
    "证件号码",
    "身份证",
    "银行卡",
    "账号",
    "phone",
    "mobile",
    "telephone",
    "id_card",
    "bank_card",
    "person_id",
)
_FIRMS = ("公司", "店", "厂", "院", "行", "部", "社", "所", "中心", "局")
_HOME_KEYS = ("住址", "家庭地址", "收货地址", "home_address", "reporter_address")
_CHAT_KEYS = ("微信", "wechat", "weixin", "qq")


def found(text: str) -> list[Hidden]:
    """What is personal in a text by its shape alone, in the order of kinds; parts may overlap."""
    flat = text.translate(_WIDE)
    out = [Hidden("identity_card", *m.span(), 1, 1) for p in (_ID, _OLD_ID) for m in p.finditer(flat) if not _is_firm(m.group())]
    out += [Hidden("bank_card", *m.span(), 0, 4) for m in _CARD.finditer(flat) if _is_card(m.group())]
    out += [Hidden("bank_card", *m.span(1), 0, 4) for m in _ACCOUNT.finditer(flat) if not _is_firm(m[1])]
    out += [Hidden("telephone", *m.span(1), 3, 4) for m in _MOBILE.finditer(flat)]
    out += [Hidden("telephone", *m.span(m.lastindex or 0), 2, 2) for m in _FIXED.finditer(flat)]
    out += [Hidden("email", *m.span(1), 1 if len(m[1]) > 1 else 0) for m in _MAIL.finditer(flat)]
    out += [Hidden("chat", *m.span(1), 1, 1) for m in _CHAT.finditer(flat)]
    out += [Hidden("name", *m.span(1), 1) for m in _PERSON.finditer(text)]
    out += [Hidden("address", m.start(1) + _public_part(m[1]), m.end(1)) for m in _HOME.finditer(text)]
    return out


def hide(text: str, parts: Iterable[Hidden]) -> str:
    """The text with stars where parts are; signs between digits stay.

    >>> hide("a138-0013-8000", [Hidden("telephone", 1, 14, 3, 4)])
    'a138-****-8000'
    """
    letters = list(text)
    for one in parts:
        places = [i for i in range(one.start, min(one.end, len(text))) if text[i].isalnum() or text[i] in "_*"]
        for i in places[one.head : len(places) - one.tail]:
            letters[i] = STAR
    return "".join(letters)


def masked(text: str, find: Callable[[str], Iterable[Hidden]] = found) -> str:
    """The text as it may be shown; ``find`` says what is personal. Repeated until nothing is found any more, so that masking again changes nothing."""
    while True:
        shown = hide(text, find(text))
        if shown == text:
            return text
        text = shown


def masked_name(name: str) -> str:
    """A person's name: the first character, and stars. What is longer than a name of a person is one of a firm.

    >>> masked_name("欧阳娜娜"), masked_name("王五"), masked_name("迪丽热巴·买买提"), masked_name("武汉某某大药房有限公司"), masked_name("John Smith")
    ('欧***', '王*', '迪*******', '武汉某某大药房有限公司', 'J*********')
    """
    bare = name.strip()
    if bare.endswith(_FIRMS):
        return name
    if re.fullmatch(r"[\u4e00-\u9fff][\u4e00-\u9fff*]{1,3}|[\u4e00-\u9fff]{1,6}·[\u4e00-\u9fff]{1,6}|[A-Za-z][A-Za-z. '-]{0,60}", bare):
        return name.replace(bare, bare[0] + STAR * (len(bare) - 1))
    return name


def masked_address(address: str) -> str:
    """An address of a person: down to the district.

    >>> masked_address("湖北省武汉市江岸区中山大道1号3楼"), masked_address("中山大道1号")
    ('湖北省武汉市江岸区********', '******')
    """
    cut = _public_part(address)
    return address[:cut] + STAR * (len(address) - cut)


def masked_field(key: str, value: Any, text: Callable[[str], str] = masked) -> Any:
    """A named value of a row, with everything inside it, as it may be shown; ``text`` masks free text.

    >>> masked_field("row", {"联系人": "张三", "电话": "027-88886666", "商品": "蜂蜜", "价格": 12, "reporter_phone": 13800138000})
    {'联系人': '张*', '电话': '02*-******66', '商品': '蜂蜜', '价格': 12, 'reporter_phone': '138****8000'}
    """
    if isinstance(value, Mapping):
        shown = {name: masked_field(str(name), one, text) for name, one in value.items()}
        if value.keys() == {"name", "certificate"}:  # an officer and the number of the certificate of office
            shown["certificate"] = _masked_number(str(value["certificate"]))
        return shown
    if isinstance(value, (list, tuple)):
        return [masked_field(key, one, text) for one in value]
    low = key.lower()
    if any(word in low for word in _NUMBER_KEYS) and isinstance(value, (str, int)) and not isinstance(value, bool):
        return _masked_number(str(value))
    if not isinstance(value, str):
        return value
    if any(word in low for word in _HOME_KEYS):
        return masked_address(value)
    if any(word in low for word in _CHAT_KEYS):
        return hide(value, [Hidden("chat", 0, len(value), 1, 1)])
    if any(word in low for word in _NAME_KEYS):
        return masked_name(text(value))
    return text(value)


def _masked_number(value: str) -> str:
    count = sum(c.isalnum() or c in "_*" for c in value)
    head, tail = (
        (1, 1) if count >= 15 else (3, 4) if value.lstrip("+86 ").startswith("1") and count >= 11 else (2, 2) if count >= 7 else (0, 0)
    )
    return hide(value, [Hidden("telephone", 0, len(value), head, tail)])


def _public_part(address: str) -> int:
    """How many characters of an address name a province, city or district."""
    ends = [m.end() for m in re.finditer(r"[省市区县州]", address[:24])]
    return ends[-1] if ends else 0


def _is_firm(digits: str) -> bool:
    """A USCC of digits alone (its first two say who registered it), which no identity card can be."""
    bare = re.sub(r"\D(?<![Xx])", "", digits)
    return len(bare) == 18 and bare[0] in "159" and bare[1] in "1239" and checks(bare.upper()) and not _is_person(bare)


def _is_person(digits: str) -> bool:
    """The check character of an identity card (GB 11643-1999: ISO 7064 MOD 11-2)."""
    total = sum(int(c) * 2 ** (17 - i) for i, c in enumerate(digits[:17]))
    return "10X98765432"[total % 11] == digits[17].upper()


def _is_card(digits: str) -> bool:
    """UnionPay cards begin with 62; others are told by their check digit (ISO/IEC 7812-1, Luhn)."""
    bare = re.sub(r"\D", "", digits)
    if _is_firm(bare) or not 16 <= len(bare) <= 19:
        return False
    doubled = (int(c) * (2 if i % 2 else 1) for i, c in enumerate(reversed(bare)))
    return bare.startswith("62") or sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
