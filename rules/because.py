"""The sentence a fired rule says: quotations and values put into its `because` texts."""

import re
from collections.abc import Callable, Sequence

from rules.items import Bilingual
from rules.limits import MAX_QUOTES
from rules.words import Language

PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")
_MISSING = "—"


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces, in order.

    >>> placeholders("宣称“{hit}”，年化 {rate}")
    ('hit', 'rate')
    """
    return tuple(PLACEHOLDER.findall(text))


def fill(texts: Bilingual, quotes: Sequence[str], field: Callable[[str, Language], str]) -> Bilingual:
    """Both texts with `{hit}` (the first quotation), `{hits}` (all, each once) and field values filled in.

    >>> fill(Bilingual("“{hit}”等：{hits}", "{rate}"), ["根治", "祖传", "根治"], lambda name, _: f"<{name}>")
    Bilingual(zh='“根治”等：根治、祖传', en='<rate>')
    """
    unique = list(dict.fromkeys(quotes))

    def say(text: str, language: Language) -> str:
        def put(match: re.Match[str]) -> str:
            name = match[1]
            if name == "hit":
                return unique[0] if unique else _MISSING
            if name == "hits":
                return _listed(unique, language)
            return field(name, language)

        return PLACEHOLDER.sub(put, text)

    return Bilingual(say(texts.zh, "zh"), say(texts.en, "en"))


def _listed(quotes: Sequence[str], language: Language) -> str:
    shown = ("、" if language == "zh" else ", ").join(quotes[:MAX_QUOTES]) or _MISSING
    more = len(quotes) > MAX_QUOTES
    return shown + ((f"等 {len(quotes)} 处" if language == "zh" else f" and {len(quotes) - MAX_QUOTES} more") if more else "")
