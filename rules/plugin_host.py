"""Plug-ins of this process: found by the entry points of installed packages, loaded when first asked for, refused one by one.

Finding reads metadata only. Loading happens in the helper process (``rules.plugins`` tells why), so a package that cannot be imported, or that hangs,
costs its own entry points and nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import entry_points
from typing import Any

from rules.functions import Parameter
from rules.items import Bilingual, WordList
from rules.kinds import Kind, Type, Unit
from rules.plugin_calls import Bound, Caller, Limits, Offered
from rules.plugin_faults import Ledger, PluginFault, Source
from rules.plugin_process import Helper, HelperLostError
from rules.plugins import FUNCTIONS, LISTS, PACKS
from rules.printer import show_all

_SHARED = "shared"
_KINDS = {FUNCTIONS: "function", LISTS: "list", PACKS: "pack"}


@dataclass(frozen=True, slots=True)
class Offer:
    """One entry point of an installed package."""

    group: str
    source: Source
    place: str


@dataclass(frozen=True, slots=True)
class OfferedList:
    """A word list of a plug-in."""

    words: WordList
    version: str
    source: Source


def discover() -> tuple[Offer, ...]:
    """Every entry point of the three groups, by package and name; imports nothing."""
    found = entry_points()
    offers = [
        Offer(
            group,
            Source(_KINDS[group], item.name, item.dist.name if item.dist else "", item.dist.version if item.dist else ""),
            item.value,
        )
        for group in _KINDS
        for item in found.select(group=group)
    ]
    return tuple(sorted(dict.fromkeys(offers), key=lambda one: (one.group, one.source.package, one.source.name)))


class Plugins:
    """The offers of some packages, with a helper process and a ledger of faults."""

    def __init__(self, offers: Iterable[Offer], limits: Limits | None = None) -> None:
        self.offers = tuple(offers)
        self._limits = limits or Limits()
        self._helper = Helper()
        self._ledger = Ledger()
        self._caller = Caller(self._helper, self._ledger, self._limits)

    @property
    def faults(self) -> tuple[PluginFault, ...]:
        """Everything that went wrong so far in this process."""
        return self._ledger.faults

    def record(self, code: str, source: Source, **values: object) -> None:
        """Put a fault on the list."""
        self._ledger.record(code, source, **values)

    def bind(self, size: int, text: Callable[[int], str] | None) -> Bound:
        """Calls over one set of rows; `text` gives the text of a row, where rows have one."""
        return Bound(self._caller, size, text)

    def close(self) -> None:
        """End the helper process; it starts again when it is needed."""
        self._helper.close()

    def functions(self, taken: Iterable[str] = ()) -> tuple[Offered, ...]:
        """The functions that can be used beside names already `taken`; the others stand in `faults`."""
        return tuple(self._unclaimed(self._functions, frozenset(taken)))

    def refused(self, kept: Iterable[Offered]) -> Mapping[str, Bilingual]:
        """Names that a plug-in offers and that are not among those `kept`, each with the reason."""
        used = {item.source for item in kept}
        names: dict[Source, tuple[str, ...]] = {one.source: (one.source.name,) for one in self.offers if one.group == FUNCTIONS}
        names |= {one.source: (one.name, one.zh) for one in self._functions}
        lost = {source: fault[0] for source in names if source not in used and (fault := self._ledger.of(source))}
        return {name: Bilingual(fault.zh, fault.en) for source, fault in lost.items() for name in names[source]}

    @cached_property
    def _functions(self) -> tuple[Offered, ...]:
        return tuple(self._loaded(FUNCTIONS, _offered))

    @cached_property
    def lists(self) -> tuple[OfferedList, ...]:
        """The word lists, each name offered once."""
        found = list(self._loaded(LISTS, _offered_list))
        claims = [item.words.name for item in found]
        for item in found:
            if claims.count(item.words.name) > 1:
                self.record("P004", item.source, taken=item.words.name, others=_others(item.source, (one.source for one in found)))
        return tuple(item for item in found if claims.count(item.words.name) == 1)

    @cached_property
    def files(self) -> Mapping[str, tuple[Source, str]]:
        """The rule files that plug-ins bring: name as shown in diagnostics → whose, and the text. Lists are shared files of one list."""
        files = {
            f"{_SHARED}/{item.source.package}/{item.words.name}.rules": (item.source, show_all([item.words], "zh")) for item in self.lists
        }
        for source, texts in self._loaded(PACKS, lambda offer, told: (offer.source, dict(told["texts"]))):
            files |= {f"{source.name}/{source.package}/{name}": (source, text) for name, text in sorted(texts.items())}
        return files

    def texts(self, folder: str) -> dict[str, str]:
        """What plug-ins add to a folder of rules: a model, or ``shared``."""
        return {name: text for name, (_, text) in self.files.items() if name.startswith(f"{folder}/")}

    @property
    def models(self) -> frozenset[str]:
        """The models that plug-ins have rules for."""
        return frozenset(source.name for source, _ in self.files.values() if source.kind == "pack")

    def _loaded(self, group: str, build: Callable[[Offer, dict[str, Any]], Any]) -> Iterator[Any]:
        for offer in self.offers:
            if offer.group == group:
                try:
                    told = self._load(offer)
                    if told is not None:
                        yield build(offer, told)
                except (KeyError, TypeError, ValueError) as error:
                    self.record("P002", offer.source, detail=str(error))

    def _load(self, offer: Offer) -> dict[str, Any] | None:
        try:
            what, told = self._helper.ask(("load", offer.group, offer.source.name, offer.place, self._limits.load), self._limits.load)
        except HelperLostError as lost:
            self.record("P012" if lost.late else "P013", offer.source, seconds=f"{self._limits.load:g}", detail=str(lost))
            return None
        except OSError as error:
            self.record("P010", offer.source, detail=str(error))
            return None
        if what != "ok":
            self.record(what, offer.source, **told)
            return None
        return dict(told)

    def _unclaimed(self, found: tuple[Offered, ...], taken: frozenset[str]) -> Iterator[Offered]:
        """Names of the host stay the host's; a name that two plug-ins claim is nobody's, for nobody could tell which was meant."""
        for item in found:
            names = {item.name, item.zh}
            rivals = [one.source for one in found if one is not item and names & {one.name, one.zh}]
            if names & taken:
                self.record("P003", item.source, taken=min(names & taken))
            elif rivals:
                shared = names & {name for one in found if one is not item for name in (one.name, one.zh)}
                self.record("P004", item.source, taken=min(shared), others=_others(item.source, rivals))
            else:
                yield item


def _others(source: Source, all_of_them: Iterable[Source]) -> str:
    return ", ".join(dict.fromkeys(one.owner for one in all_of_them if one != source)) or source.owner


def _type(told: tuple[str, str]) -> Type:
    return Type(Kind(told[0]), Unit(told[1]))


def _offered(offer: Offer, told: dict[str, Any]) -> Offered:
    return Offered(
        name=offer.source.name,
        zh=told["zh"],
        params=tuple(Parameter(name, _type((kind, unit)), tuple(values)) for name, kind, unit, values in told["params"]),
        result=_type(told["result"]),
        doc_zh=told["doc_zh"],
        doc_en=told["doc_en"],
        values=tuple((name, zh) for name, zh in told["values"]),
        maybe=told["maybe"],
        source=offer.source,
        version=told["version"],
        reads_text=told["reads_text"],
        place=offer.place,
    )


def _offered_list(offer: Offer, told: dict[str, Any]) -> OfferedList:
    words = WordList(offer.source.name, tuple(told["terms"]), tuple(told["exclude"]), told["note"])
    return OfferedList(words, told["version"], offer.source)


@cache
def installed() -> Plugins:
    """The plug-ins of this environment. A package installed later is seen by the next process."""
    return Plugins(discover())
