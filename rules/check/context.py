"""What a check may look at: the pack, the host's vocabulary, and how to say "did you mean"."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from rules.check.judged import Judged
from rules.functions import Vocabulary
from rules.items import Condition, Feature, Rule, WordList
from rules.nearest import suggest
from rules.nodes import Expr, Node, walk
from rules.pack import Pack
from rules.typed import Types


@dataclass(frozen=True)
class Context:
    """One pack under check."""

    pack: Pack
    vocabulary: Vocabulary
    files: frozenset[str] | None = None
    """Where advice is wanted; None for everywhere."""

    @cached_property
    def types(self) -> Types:
        """What each expression of the pack is."""
        return Types(self.pack, self.vocabulary)

    @cached_property
    def judged(self) -> Judged:
        """What the reasoner says of the pack's parts."""
        return Judged(self.pack, self.vocabulary, self.advised)

    def advised(self, item: Rule | Condition | Feature | WordList) -> bool:
        """Whether advice is wanted on a definition."""
        return self.files is None or item.span.file in self.files

    def expressions(self) -> Iterator[tuple[Rule | Condition | Feature, Expr]]:
        """Every condition, feature and rule with its expression."""
        for item in self.pack.definitions:
            yield item, item.expr
        for rule in self.pack.rules:
            yield rule, rule.when

    def nodes(self) -> Iterator[Node]:
        """Every node of every expression."""
        yield from self._nodes

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(node for _, expr in self.expressions() for node in walk(expr))


def near(name: str, known: Iterable[str], zh: str, en: str) -> dict[str, str]:
    """The hint and fix for an unknown name; `zh` and `en` are said when nothing is near."""
    found = suggest(name, known)
    if found:
        return {"near_zh": f"是否想写 `{found}`", "near_en": f"did you mean `{found}`", "fix": found}
    return {"near_zh": zh, "near_en": en, "fix": ""}
