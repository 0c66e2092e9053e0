"""One text → two views: what it says, and what it says once disguises are taken off.

The rule: both views keep the way back to the original; `plain` changes characters only one by one, `dense` may guess, and says so.

>>> t = normalise("祖傳秘方，根.治糖尿病，加薇信 abc123")
>>> t.plain.text
'祖传秘方,根.治糖尿病,加薇信 abc123'
>>> t.dense.text
'祖传秘方,根治糖尿病,加微信 abc123'
>>> i = t.dense.text.index("根治")
>>> t.quote(*t.dense.span(i, i + 2)), sorted(t.dense.transforms(i, i + 2))
('根.治', ['separator'])
>>> sorted(t.transforms)
['contact', 'separator', 'traditional']

What is safe stays as it is:

>>> n = normalise("每次3.5克，1-2天见效")
>>> n.dense is n.plain
True
"""

from array import array

from features.characters import TABLE
from features.dense import densify
from features.views import NormalisedText, View, identity

__all__ = ["NormalisedText", "View", "normalise", "plain_text"]

_NOTHING: frozenset[str] = frozenset()


def normalise(text: str) -> NormalisedText:
    """Both views of a text. Never raises, whatever the characters.

    >>> normalise("").dense.text, normalise("\\ud800\\u200b药").plain.text
    ('', '\ufffd药')
    """
    plain = _plain(text)
    names = _NOTHING if plain.text == text else TABLE.names(text)
    dense = densify(plain)
    if dense is not plain:
        names |= {name for _, _, name in dense.marks}
    return NormalisedText(text, plain, dense, names)


def plain_text(text: str) -> str:
    """The plain view's characters alone: the spelling in which terms are compared.

    >>> plain_text("國藥准字Ｈ")
    '国药准字h'
    """
    return TABLE.replace(text)


def _plain(text: str) -> View:
    new = TABLE.replace(text)
    if TABLE.uneven.isdisjoint(text):
        return identity(new)
    starts, ends = array("i"), array("i")
    for i, c in enumerate(text):
        value = TABLE[ord(c)]
        for _ in range(1 if isinstance(value, int) else len(value)):
            starts.append(i)
            ends.append(i + 1)
    return View(new, starts, ends)
