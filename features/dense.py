"""The plain view with disguises taken off: separators, sound-alikes, split characters, contact disguises, mixed numerals.

The rule: each pass is a function `View → View` in `PASSES`; a pass that finds nothing returns the very view it was given.
Sentence punctuation (。!?;，) never goes, and nothing ever joins digits: 3.5 and 1-2天 stay.

>>> from features.views import identity
>>> densify(identity("保.本.保.息,加v信abc12")).text
'保本保息,加微信abc12'
>>> densify(identity("免cfy直邮,处方药不用问诊")).text
'免处方药直邮,处方药不用问诊'
>>> densify(identity("cfy")).text
'cfy'
>>> densify(identity("加卫星号abc123")).text, densify(identity("发射卫星成功")).text
('加微信abc123', '发射卫星成功')
"""

import re
from collections.abc import Sequence
from functools import cache

import daachorse
import numpy as np
from numpy.typing import NDArray

from features.characters import TABLE
from features.joined import Joined, kinds
from features.phrases import SURE, WEAK
from features.views import Edit, View, rewrite

_HAN = "\u3400-\u9fff\U00020000-\U0002a6df"
_NUMERALS = frozenset("零一二三四五六七八九十百千万亿两")
_NOISE = "←-⇿⌀-➿⤀-⯿■-◿\U0001f000-\U0001faff¥£$€&^#`'=<>\\\\\"※§¤〓〒✿\ufffd♡°"
_BETWEEN = rf" .·•*_\-/|~+:‧∙⋅・、…—–{_NOISE}"
_SEPARATOR = re.compile(rf"(?<=[{_HAN}])(?:[{_BETWEEN}]{{1,4}})(?=[{_HAN}])")
_KEPT = frozenset("、:+—…")
"""alone these are punctuation between words; they go only where they stand between single characters throughout (保、本、保、息)"""
_SPELT_OUT = re.compile(rf"(?<![{_HAN}])[{_HAN}](?:[、:+—…,][{_HAN}]){{2,}}(?![{_HAN}])")
_BRACKETED = re.compile(rf"(?<=[{_HAN}])[(\[{{<《【〔「]([{_HAN}])[)\]}}>》】〕」]|[(\[{{<《【〔「]([{_HAN}])[)\]}}>》】〕」](?=[{_HAN}])")
_VERTICAL = re.compile(rf"(?<![^\n])[{_HAN}](?: *\n+ *[{_HAN}](?![^\n])){{2,}}")
_DIGITS = "零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两"
_VALUE = str.maketrans(_DIGITS, "01234567891" + "123456789" + "2")
_MIXED = re.compile(rf"[0-9{_DIGITS}](?:[ .·_\-*~]?[0-9{_DIGITS}]){{6,}}")
_SATELLITE = re.compile(r"[卫味][星心](?=\s?号?[::]?\s?(?:[a-z][a-z0-9_-]{4,}|\d{6,})|号[::]?\s?[a-z0-9])")
_CUE = re.compile(
    "药|针|片剂|胶囊|治|病|疗|医|患|投资|理财|收益|本金|利息|保本|稳赚|平台|万元|返|入股|微信|加我|私聊|电话|qq|联系|咨询|代购|现货|包邮|价格|元/|货到付款|[0-9]{5,}"
)
_REACH = 20
_WORDLIKE = re.compile("[a-z]")


def densify(view: View) -> View:
    """Every pass in turn. The result is `view` itself where nothing fired."""
    for step in PASSES:
        view = step(view)
    return view


def drop_separators(view: View) -> View:
    """Separators and noise between Chinese characters; single characters in brackets or on lines of their own."""
    text = view.text
    if text.isalnum():
        return view
    edits: list[Edit] = []
    for m in _SEPARATOR.finditer(text):
        lo, hi = m.span()
        if text[lo - 1] in _NUMERALS and text[hi] in _NUMERALS:
            continue
        if not _KEPT.issuperset(m.group()):
            edits.append((lo, hi, "", "separator"))
    for pattern in (_SPELT_OUT, _VERTICAL):
        for m in pattern.finditer(text):
            edits += [(i, i + 1, "", "separator") for i in range(*m.span()) if not "\u3400" <= text[i] <= "\u9fff"]
    for m in _BRACKETED.finditer(text):
        edits += [(m.start(), m.start() + 1, "", "separator"), (m.end() - 1, m.end(), "", "separator")]
    return rewrite(view, _disjoint(edits)) if edits else view


def mend_phrases(view: View) -> View:
    """Sound-alike, look-alike, split and abbreviated spellings; weak ones only near a second cue."""
    text = view.text
    found = _phrases().find(text)
    edits: list[Edit] = []
    weak: list[Edit] = []
    for lo, hi, which in found:
        wrong, right, name, sure = _entries()[which]
        if _inside_latin(text, lo, hi, wrong):
            continue
        (edits if sure else weak).append((lo, hi, right, name))
    edits += [e for e in weak if len(weak) > 1 or edits or _near_cue(text, e[0], e[1])]
    if "卫" in text or "味" in text:
        edits += [(m.start(), m.end(), "微信", "contact") for m in _SATELLITE.finditer(text)]
    return rewrite(view, _disjoint(edits)) if edits else view


def mend_numbers(view: View) -> View:
    """Long numbers written in two scripts: 1三八… is a telephone number."""
    text = view.text
    edits: list[Edit] = []
    for m in _MIXED.finditer(text):
        run = m.group()
        bare = run.translate(_VALUE)
        digits = sum(c.isdigit() for c in bare)
        arabic = sum("0" <= c <= "9" for c in run)
        if bare == run or not (arabic or digits >= 10) or digits < 9:
            continue
        edits += [
            (m.start() + i, m.start() + i + 1, new, "mixed_numerals")
            for i, (old, new) in enumerate(zip(run, bare, strict=True))
            if old != new
        ]
    return rewrite(view, edits) if edits else view


PASSES = (drop_separators, mend_phrases, mend_numbers)


def densify_all(views: Sequence[View]) -> list[View]:
    """`densify` of many views: each pass goes only to those where it can find something.

    >>> from features.views import identity
    >>> [view.text for view in densify_all([identity(t) for t in ("保.本", "加v信", "电话1三八零零13八零00", "3.5克")])]
    ['保本', '加微信', '电话13800138000', '3.5克']
    """
    found = list(views)
    for step, where in zip(PASSES, (_separated, _misspelt, _mixed), strict=True):
        for row in np.flatnonzero(where(Joined([view.text for view in found]))).tolist():
            found[row] = step(found[row])
    return found


_HAN_SIGN, _SEPARATING, _KEPT_SIGN, _NUMERAL, _KEPT_OR_COMMA, _OPENS, _SHUTS, _NEW_LINE, _DIGIT, _HAN_DIGIT, _JOINS = (
    1 << i for i in range(11)
)


@cache
def _kinds() -> NDArray[np.uint32]:
    """What the passes ask of single characters, as bits."""
    opens, shuts = "([{<《【〔「", ")]}>》】〕」"
    classes = {
        _HAN_SIGN: rf"[{_HAN}]",
        _SEPARATING: f"[{_BETWEEN}]",
        _KEPT_SIGN: f"[{''.join(sorted(_KEPT))}]",
        _NUMERAL: f"[{''.join(sorted(_NUMERALS))}]",
        _KEPT_OR_COMMA: "[、:+—…,]",
        _OPENS: f"[{re.escape(opens)}]",
        _SHUTS: f"[{re.escape(shuts)}]",
        _NEW_LINE: "\n",
        _DIGIT: f"[0-9{_DIGITS}]",
        _HAN_DIGIT: f"[{_DIGITS}]",
        _JOINS: r"[ .·_\-*~]",
    }
    return kinds({bit: re.compile(pattern) for bit, pattern in classes.items()})


def _separated(texts: Joined) -> NDArray[np.bool_]:
    """Where `drop_separators` can find something."""
    kind = texts.kinds(_kinds())
    han = (kind & _HAN_SIGN) != 0
    first, after = texts.runs((kind & _SEPARATING) != 0)
    inside = (after - first <= 4) & (first > 0) & (after < len(kind))
    first, after = first[inside], after[inside]
    kept = np.concatenate([[0], np.cumsum((kind & _KEPT_SIGN) != 0)])
    odd = kept[after] - kept[first] < after - first
    numbers = ((kind[first - 1] & kind[after]) & _NUMERAL) != 0
    found = texts.rows(first[han[first - 1] & han[after] & odd & ~numbers])
    lone = (kind & _KEPT_OR_COMMA) != 0
    found |= texts.rows(np.flatnonzero(han[:-4] & lone[1:-3] & han[2:-2] & lone[3:-1] & han[4:]))
    found |= texts.rows(np.flatnonzero(((kind[:-2] & _OPENS) != 0) & han[1:-1] & ((kind[2:] & _SHUTS) != 0)))
    lines = (kind & _NEW_LINE) != 0
    lines[texts.between] = False
    return found | (texts.count(lines) >= 2)


def _misspelt(texts: Joined) -> NDArray[np.bool_]:
    """Where `mend_phrases` can find something."""
    places = np.array([low for low, _, _ in _phrases().find(texts.text)], dtype=np.int64)
    return texts.rows(places) | texts.rows(np.flatnonzero((texts.codes == ord("卫")) | (texts.codes == ord("味"))))


def _mixed(texts: Joined) -> NDArray[np.bool_]:
    """Where `mend_numbers` can find something: seven digits, one of them Chinese, with at most one joining sign between any two."""
    kind = texts.kinds(_kinds())
    digits = np.flatnonzero(kind & _DIGIT)
    if len(digits) < 7:
        return texts.rows(digits[:0])
    step = np.diff(digits)
    linked = (step == 1) | ((step == 2) & ((kind[digits[:-1] + 1] & _JOINS) != 0))
    begins = np.flatnonzero(np.concatenate([[True], ~linked]))
    size = np.diff(np.append(begins, len(digits)))
    chinese = np.add.reduceat(((kind[digits] & _HAN_DIGIT) != 0).astype(np.int64), begins)
    return texts.rows(digits[begins[(size >= 7) & (chinese > 0)]])


@cache
def _entries() -> tuple[tuple[str, str, str, bool], ...]:
    rows = {TABLE.replace(k): (v, n, True) for k, (v, n) in SURE.items()}
    rows |= {TABLE.replace(k): (v, n, False) for k, (v, n) in WEAK.items() if TABLE.replace(k) not in rows}
    return tuple((k, *row) for k, row in rows.items() if k != row[0])


@cache
def _phrases() -> daachorse.CharwiseDoubleArrayAhoCorasick:
    return daachorse.CharwiseDoubleArrayAhoCorasick([e[0] for e in _entries()], daachorse.MATCH_KIND_LEFTMOST_LONGEST)


def _inside_latin(text: str, lo: int, hi: int, wrong: str) -> bool:
    """Whether a spelling that begins or ends with a Latin letter is only a piece of a longer Latin word."""
    if "a" <= wrong[0] <= "z" and lo and _WORDLIKE.match(text[lo - 1]):
        return True
    if hi == len(text) or not "a" <= wrong[-1] <= "z":
        return False
    if (wrong[-1] in "vx" and wrong[0] > "z") or wrong[0] == "+":  # 加v is followed by anybody's id, but not by ip or 认证
        return text.startswith(("ip", "认证"), hi)
    return bool(_WORDLIKE.match(text[hi]))


def _near_cue(text: str, lo: int, hi: int) -> bool:
    return bool(_CUE.search(text, max(0, lo - _REACH), lo) or _CUE.search(text, hi, hi + _REACH))


def _disjoint(edits: list[Edit]) -> list[Edit]:
    kept: list[Edit] = []
    for edit in sorted(edits):
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept
