"""Where the sentences of a text lie, in the original as it was written.

The rule: a sentence ends at 。！？；, at an ellipsis, at a line break, and at a Latin full stop that ends a word and stands before a space or the end.
Spans are trimmed of white space and closing punctuation; what is nothing but punctuation is no sentence.

>>> text = "年化3.5%，保本！详见www.abc.com。\\n1. 随存随取……真的吗？“是的。”"
>>> [text[lo:hi] for lo, hi in sentences(text)]
['年化3.5%，保本', '详见www.abc.com', '1. 随存随取', '真的吗', '“是的']

Not ok: taking a dot inside a word for an end. 根.治 is one word in disguise; so is one that is written downwards:

>>> sentences("能根.治糖尿病"), sentences("保\\n本\\n保\\n息")
([(0, 7)], [(0, 7)])
"""

import re
import unicodedata
from bisect import bisect_left

_HAN = "\u3400-\u9fff"
_BREAK = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_CLOSING = "”’」』）】》〉〕］｝)]}"
_STOP = "。！？；!?;｡︒﹒﹖﹗﹔‼⁇⁈⁉"
_END = re.compile(
    rf"[{_STOP}]+[{_STOP}…⋯.．]*[{re.escape(_CLOSING)}]*"  # a sentence's own end, with what it closes
    rf"|[…⋯]+[{re.escape(_CLOSING)}]*|[.．]{{2,}}[{re.escape(_CLOSING)}]*|·{{3,}}"  # an ellipsis
    rf"|(?<=[\w)\]”’\"'%])[.．](?:[\"']|[{re.escape(_CLOSING)}])*(?=\s|\Z)"  # the Latin full stop
    rf"|[{_BREAK}]+"
)
_NUMBERED = re.compile(rf"(?:\A|[\s{_STOP}…])[(（]?\d{{1,3}}[)）]?\Z")
_DOWNWARDS = re.compile(rf"(?<![^{_BREAK}])[{_HAN}](?:[ 　]*[{_BREAK}]+[ 　]*[{_HAN}](?![^{_BREAK}])){{2,}}")
_LEADING = frozenset(_STOP + _CLOSING + "…⋯，,、")
_TRAILING = frozenset(_STOP + "…⋯，,、：:")


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as `(start, end)`, in order, without overlaps. Never raises, whatever the characters.

    >>> sentences(""), sentences(" 。。！ "), sentences(" 保本 ")
    ([], [], [(1, 3)])
    """
    downwards = [m.span() for m in _DOWNWARDS.finditer(text)]
    starts = [lo for lo, _ in downwards]
    found: list[tuple[int, int]] = []
    begin = 0
    for m in _END.finditer(text):
        at = m.start()
        if m.group() in (".", "．") and _NUMBERED.search(text, max(begin - 1, at - 8, 0), at):
            continue
        if starts and (k := bisect_left(starts, at) - 1) >= 0 and at < downwards[k][1]:
            continue
        found.append((begin, at))
        begin = m.end()
    found.append((begin, len(text)))
    return [span for lo, hi in found if (span := _trimmed(text, lo, hi)) is not None]


def _trimmed(text: str, lo: int, hi: int) -> tuple[int, int] | None:
    while lo < hi and (text[lo].isspace() or text[lo] in _LEADING):
        lo += 1
    while lo < hi and (text[hi - 1].isspace() or text[hi - 1] in _TRAILING):
        hi -= 1
    return (lo, hi) if any(unicodedata.category(c)[0] not in "PZC" for c in text[lo:hi]) else None
