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
from collections.abc import Sequence

from features.characters import TABLE
from features.dense import densify, densify_all
from features.views import NormalisedText, View, identity

__all__ = ["NormalisedText", "View", "normalise", "normalise_all", "plain_text"]

_NOTHING: frozenset[str] = frozenset()


def normalise(text: str) -> NormalisedText:
    """Both views of a text. Never raises, whatever the characters.

    >>> normalise("").dense.text, normalise("\\ud800\\u200b药").plain.text
    ('', '\ufffd药')
    """
    plain = _plain(text)
    return _known(text, plain, densify(plain))


def _known(text: str, plain: View, dense: View, names: frozenset[str] | None = None) -> NormalisedText:
    if names is None:
        names = _NOTHING if plain.text == text else TABLE.names(text)
    if dense is not plain:
        names |= {name for _, _, name in dense.marks}
    return NormalisedText(text, plain, dense, names)


def normalise_all(texts: Sequence[str]) -> list[NormalisedText]:
    """`normalise` of many texts: characters are looked up together, and each pass goes only where it can find something.

    >>> [one.dense.text for one in normalise_all(["加薇信", "根.治", "a\u200bb", ""])]
    ['加微信', '根治', 'ab', '']
    """
    said = TABLE.read_all(texts)
    plain = [_plain(text) if known is None else identity(known[0]) for text, known in zip(texts, said, strict=True)]
    names = [None if known is None else known[1] for known in said]
    return [_known(*one) for one in zip(texts, plain, densify_all(plain), names, strict=True)]


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
