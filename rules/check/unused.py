"""What is defined in a pack is used in it; shared definitions may wait for a user."""

from collections.abc import Iterator

from rules.because import placeholders
from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.items import Feature
from rules.nodes import ListRef, Name
from rules.pack import Pack


def definitions_are_used(context: Context) -> Iterator[Diagnostic]:
    """R042 lists, R043 conditions and features. Silent when a definition of the pack could not be read: it might be the user."""
    pack = context.pack
    if pack.broken:
        return
    lists = {node.name for node in context.nodes() if isinstance(node, ListRef)}
    names = {node.name for node in context.nodes() if isinstance(node, Name)} | _told(pack)
    for word_list in pack.lists:
        if word_list.name not in lists and not pack.is_shared(word_list):
            yield diagnose("R042", word_list.span, name=word_list.name)
    for item in pack.definitions:
        if item.name not in names and not pack.is_shared(item):
            zh, en = ("特征", "feature") if isinstance(item, Feature) else ("条件", "condition")
            yield diagnose("R043", item.span, what_zh=zh, what_en=en, name=item.name)


def _told(pack: Pack) -> set[str]:
    """Names that reasons put into words."""
    return {name for rule in pack.rules for text in (rule.because.zh, rule.because.en) for name in placeholders(text)}
