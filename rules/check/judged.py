"""What the reasoner says of each part of a pack, asked once and shared by the checks; and which definitions it had to give up."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from rules.functions import Vocabulary
from rules.items import Condition, Rule
from rules.limits import MAX_REASONING
from rules.logic import Reasoner
from rules.nodes import And, Between, Compare, Contains, Expr, InSet, Known, Name, Node, Or, walk
from rules.pack import Pack


class Verdict(StrEnum):
    """What a part always comes to."""

    TRUE = "always true"
    FALSE = "always false"
    NOT_FALSE = "true wherever it is known"
    NOT_TRUE = "false wherever it is known"

    @property
    def zh(self) -> str:
        return {"T": "永远为真", "F": "永远为假"}.get(self.name[0], "只要已知就为真" if self is Verdict.NOT_FALSE else "只要已知就为假")


JUDGED = And | Or | Compare | Between | InSet | Contains


class Judged:
    """Verdicts of one pack's parts."""

    def __init__(self, pack: Pack, vocabulary: Vocabulary, wanted: Callable[[Rule | Condition], bool] = lambda _: True) -> None:
        self._pack = pack
        self._wanted = wanted
        self.reasoner = Reasoner(pack, vocabulary)
        self.given_up: dict[str, Rule | Condition] = {}
        self._verdicts: dict[int, tuple[Node, Verdict | None]] = {}
        self._settled: dict[str, bool] = {}
        self._left: dict[int, int] = {}

    def definitions(self) -> Iterator[tuple[Rule | Condition, Expr]]:
        """Every rule and condition that is wanted; each has its own steps for all checks together."""
        items: tuple[Rule | Condition, ...] = (*self._pack.conditions, *self._pack.rules)
        for item in filter(self._wanted, items):
            self.reasoner.begin(self._left.get(id(item), MAX_REASONING))
            yield item, item.when if isinstance(item, Rule) else item.expr
            self._left[id(item)] = self.reasoner.left
            if self.reasoner.gave_up:
                self.given_up[item.id if isinstance(item, Rule) else item.name] = item

    def verdict(self, node: Node) -> Verdict | None:
        """What a part always comes to; None where it can go both ways, or where nobody can tell."""
        known = self._verdicts.get(id(node))
        if known is None:
            known = self._verdicts[id(node)] = (node, self._judge(node) if isinstance(node, JUDGED | Known) else None)
        return known[1]

    def _judge(self, node: Expr) -> Verdict | None:
        if self.reasoner.never_true(node):
            return Verdict.FALSE if self.reasoner.always_false(node) else Verdict.NOT_TRUE
        if self.reasoner.never_false(node):
            return Verdict.TRUE if self.reasoner.always_true(node) else Verdict.NOT_FALSE
        return None

    def settled(self, node: Node) -> bool:
        """Whether something inside a part, conditions opened, has a verdict of its own: enough has been said then."""
        for item in walk(node):
            if isinstance(item, JUDGED | Known) and self.verdict(item) is not None:
                return True
            if isinstance(item, Name) and self._condition_settled(item.name):
                return True
        return False

    def _condition_settled(self, name: str) -> bool:
        if name not in self._settled:
            self._settled[name] = False  # a circle is reported elsewhere
            condition = self._pack.condition_by_name.get(name)
            self._settled[name] = condition is not None and self.settled(condition.expr)
        return self._settled[name]
