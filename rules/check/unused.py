"""What is defined in a pack is used in it; shared definitions may wait for a user."""

from collections.abc import Iterator

from rules.check.context import Context
from rules.diagnostics import Diagnostic, diagnose
from rules.nodes import ListRef, Name


def definitions_are_used(context: Context) -> Iterator[Diagnostic]:
    """R042 lists, R043 conditions. Silent when a definition of the pack could not be read: it might be the user."""
    pack = context.pack
    if pack.broken:
        return
    lists = {node.name for node in context.nodes() if isinstance(node, ListRef)}
    names = {node.name for node in context.nodes() if isinstance(node, Name)}
    for word_list in pack.lists:
        if word_list.name not in lists and not pack.is_shared(word_list):
            yield diagnose("R042", word_list.span, name=word_list.name)
    for condition in pack.conditions:
        if condition.name not in names and not pack.is_shared(condition):
            yield diagnose("R043", condition.span, name=condition.name)
