"""Which files of plug-ins may join the packs, and which versions of their functions a pack rests on.

A plug-in's rules are checked as ours are before anything is judged by them. What has an error, or would give one to a pack that was fine without it,
stays out as a whole and is put on the list of faults; the shipped rules are never touched by it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rules.check import check
from rules.check.across import names_mean_one_thing
from rules.diagnostics import Diagnostic, errors
from rules.functions import Vocabulary
from rules.nodes import Call, walk
from rules.pack import SHARED, Pack, pack_from_texts
from rules.plugin_calls import Offered
from rules.plugin_host import Plugins, installed


def usable(packs: Sequence[Pack], vocabulary: Vocabulary, plugins: Plugins | None = None) -> tuple[Pack, ...]:
    """The packs without files of plug-ins that do not pass the checks. Packs that no plug-in adds to cost nothing."""
    plugins = plugins or installed()
    if not plugins.files:
        return tuple(packs)
    admitted: frozenset[str] = frozenset()
    kept = _only(packs, plugins, admitted)
    for source in dict.fromkeys(source for source, _ in plugins.files.values()):
        files = frozenset(name for name, (whose, _) in plugins.files.items() if whose == source)
        tried = _only(packs, plugins, admitted | files)
        if source.kind == "list" and any(source.name in pack.list_by_name for pack in kept):
            plugins.record("P003", source, taken=source.name)
        elif source.kind == "pack" and (found := _new_errors(source.name, kept, tried, vocabulary)):
            detail = f"{found[0].code} {found[0].span.file}:{found[0].span.line}: {found[0].en}"
            plugins.record("P005", source, errors=len(found), detail=detail)
        else:
            admitted, kept = admitted | files, tried
    return kept


def _only(packs: Iterable[Pack], plugins: Plugins, admitted: frozenset[str]) -> tuple[Pack, ...]:
    """The packs with the admitted files of plug-ins alone; a pack that is left without a file of its own is gone."""
    found = []
    for pack in packs:
        texts = {name: text for name, text in pack.sources.items() if name in admitted or name not in plugins.files}
        if any(not name.startswith(f"{SHARED}/") for name in texts):
            found.append(pack if len(texts) == len(pack.sources) else pack_from_texts(texts, pack.name))
    return tuple(found)


def _new_errors(model: str, before: Sequence[Pack], after: Sequence[Pack], vocabulary: Vocabulary) -> list[Diagnostic]:
    """Errors of a model's pack, or between packs, that were not there before."""
    found = _errors(model, after, vocabulary)
    known = set(_errors(model, before, vocabulary)) if found else set()
    return [item for item in found if item not in known]


def _errors(model: str, packs: Sequence[Pack], vocabulary: Vocabulary) -> list[Diagnostic]:
    own = [item for pack in packs if pack.name == model for item in check(pack, vocabulary, ())]  # advice is no error
    return list(errors([*own, *names_mean_one_thing(packs)]))


def bound(pack: Pack, vocabulary: Vocabulary) -> Pack:
    """The pack with the versions of the plug-in functions it calls, so that its own version changes when theirs do."""
    called = {node.name for expr in pack.expressions() for node in walk(expr) if isinstance(node, Call)}
    found = {item.name: item.version for name in called if isinstance(item := vocabulary.function(name), Offered)}
    calls = tuple(sorted(found.items()))
    return pack if calls == pack.calls else replace(pack, calls=calls)
