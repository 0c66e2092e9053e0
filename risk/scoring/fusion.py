"""Where rules and learner meet: one probability, one grade, with floors and caps. The one place for it.

Without labels a unit scores by its rules alone: the noisy-or of `models.cold`. With labels the learner, which has the rules among its inputs
(monotone in them), gives the calibrated probability; one that learnt from hand-picked cases or a few labels is pulled towards the rules (`trust_of`). Then:

- a rule may set a floor, and a grave one has the floor of its severity;
- a rule that is a single keyword counts at most as blue while rules score alone, and so does one keyword that several such rules know;
- where everything that fired was seen only through aggressive normalising (sound-alikes, separators …), the grade stays at yellow or below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from models.cold import SEVERITY_WEIGHTS
from models.grades import FIXED, Cutoffs
from risk.domain.grades import Grade
from rules.evaluate import OPERATORS
from rules.items import Rule
from rules.nodes import (
    Compare,
    Count,
    Edge,
    Fires,
    Has,
    InList,
    ListRef,
    Matches,
    Mode,
    Name,
    Node,
    Not,
    Number,
    Or,
    Otherwise,
    Term,
    children,
)
from rules.pack import Pack

Floats = npt.NDArray[np.float64]
Ranks = npt.NDArray[np.int64]

AGGRESSIVE_CAP = Grade.YELLOW
"""The gravest grade for hits seen only through aggressive transforms."""

KEYWORD_CAP = Grade.BLUE
"""The gravest grade for a single keyword, while rules score alone."""


SEVERITY_FLOORS = {"critical": Grade.YELLOW, "high": Grade.BLUE}
"""The lowest grade of a unit in which a rule of that severity fired, lone keywords aside."""


CASE_TRUST, CASE_DOUBT = 0.8, 0.2
"""How far a learner of hand-picked cases alone is believed against the rules: where it says more than they do, and where it says less."""

HALF_WAY = 500
"""Verdict labels that bring the trust half of the way from there to 1."""

FIELD_LABELS = 1_000
"""Labels of a file from which a learner is believed fully."""

UNSAID = 0.05
"""What rules that stay silent say: a base rate, not a zero."""


def trust_of(sources: Mapping[str, int]) -> float:
    """The weight of a learner against the rules, by what it learnt from: from `CASE_TRUST` (no label of the field) to 1.

    A case library has neither the mix nor the breadth of the field, and a few labels of the field do not outweigh what rules know; so such a learner is
    pulled towards the rules, less with every verdict, or with every label of a file that it learnt from without the library. Measured on real messages
    (experiments/results/five_models.md): it ranks better than either alone, and loses little that rules find.

    >>> trust_of({"posts.csv": 1200, "look_alikes": 1900}), trust_of({"case_library": 3000}), trust_of({"case_library": 3000, "verdict": 500})
    (1.0, 0.8, 0.9)
    >>> trust_of({"posts.csv": 250})
    0.85
    """
    if "case_library" in sources:
        heard = sources.get("verdict", 0) / (sources.get("verdict", 0) + HALF_WAY)
    else:
        heard = min(sum(count for name, count in sources.items() if name != "look_alikes") / FIELD_LABELS, 1.0)
    return round(CASE_TRUST + (1 - CASE_TRUST) * heard, 9)


def shares(learner: Floats, rules: Floats, trust: float) -> Floats:
    """The weight of the learner in each row: `trust` where it says more than the rules. Where it says less it must have earned it: `CASE_DOUBT` for one of cases.

    >>> shares(np.array([0.9, 0.1]), np.array([0.5, 0.5]), 0.8).round(3).tolist(), shares(np.array([0.1]), np.array([0.5]), 1.0).tolist()
    ([0.8, 0.2], [1.0])
    """
    doubt = 1.0 - (1.0 - trust) * (1.0 - CASE_DOUBT) / (1.0 - CASE_TRUST)
    return np.where(_logit(learner) >= rules_log_odds(rules), trust, max(doubt, 0.0))


def fuse(learner: Floats, rules: Floats, trust: float) -> Floats:
    """The weighted mean of both in log-odds, by `shares`; continuous, and monotone in either. Full trust leaves the learner as it is.

    >>> fuse(np.array([0.5, 0.5]), np.array([0.0, 0.9]), 0.8).round(2).tolist(), fuse(np.array([0.3]), np.array([0.9]), 1.0).tolist()
    ([0.36, 0.85], [0.3])
    """
    if trust >= 1.0:
        return learner
    share = shares(learner, rules, trust)
    mixed = share * _logit(learner) + (1 - share) * rules_log_odds(rules)
    return np.asarray(1.0 / (1.0 + np.exp(-mixed)))


def rules_log_odds(rules: Floats) -> Floats:
    """What the rules say, as log-odds."""
    return _logit(np.maximum(rules, UNSAID))


def _logit(p: Floats) -> Floats:
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def raised(probability: Floats, floors: Ranks) -> Floats:
    """Probabilities not below the fixed cut-off of the floor, so that grade and probability tell one story.

    >>> raised(np.array([0.1, 0.7]), np.array([1, 1])).tolist()
    [0.4, 0.7]
    """
    edges = np.array([0.0, FIXED["blue"], FIXED["yellow"], FIXED["orange"], FIXED["red"]])
    return np.asarray(np.maximum(probability, edges[floors]))


def rule_weights(pack: Pack) -> dict[str, float]:
    """What each rule counts for in the noisy-or: its severity, but a lone keyword never more than a *low* one."""
    return {
        rule.id: min(SEVERITY_WEIGHTS[rule.severity.en], SEVERITY_WEIGHTS["low"])
        if is_keyword(rule, pack)
        else SEVERITY_WEIGHTS[rule.severity.en]
        for rule in pack.rules
    }


def is_keyword(rule: Rule, pack: Pack) -> bool:
    """Whether a single hit of a list, a word or a regular expression can make it fire, whatever else the unit says.

    >>> from rules.pack import pack_from_text
    >>> p = pack_from_text('rule a "x" when text has any of "根治"\\nrule b "y" when text has any of "根治" and text has any of "糖尿病"')
    >>> [is_keyword(r, p) for r in p.rules]
    [True, False]
    >>> p = pack_from_text('rule c "z" when text starts with "根治" or text matches "包.?好"\\nrule d "z" when fires(c) or occurrences of "根治" >= 1')
    >>> [is_keyword(r, p) for r in p.rules]
    [True, True]
    """
    return all(_one_hit(node) for node in _leaves(rule.when, pack, frozenset()))


def _one_hit(node: Node) -> bool:
    match node:
        case Has(Mode.ANY) | Edge() | Matches():
            return True
        case Has(Mode.ALL, lists):
            return len(lists) == 1
        case Compare(op, Count(), Number() as number):
            return bool(OPERATORS[op](1, number.value))
        case _:
            return False


def _leaves(node: Node, pack: Pack, seen: frozenset[Node]) -> Iterable[Node]:
    opened = _opened(node, pack)
    if isinstance(node, Or):
        for item in node.items:
            yield from _leaves(item, pack, seen)
    elif isinstance(node, Otherwise):
        yield from _leaves(node.subject, pack, seen)
    elif opened is not None and node not in seen:
        yield from _leaves(opened, pack, seen | {node})
    else:
        yield node


def _opened(node: Node, pack: Pack) -> Node | None:
    """What a name or the outcome of a rule stands for; None for anything else."""
    if isinstance(node, Fires):
        return pack.rule_by_id[node.rule].when if node.rule in pack.rule_by_id else None
    definition = pack.named(node.name) if isinstance(node, Name) else None
    return definition.expr if definition else None


def operands_of(rule: Rule, pack: Pack) -> frozenset[ListRef | Term | Matches]:
    """The lists, words and regular expressions that a rule looks *for* in the text, those of its definitions and of rules it asks for included.

    Not what must be absent, and not a list that a field is looked up in.

    >>> from rules.pack import pack_from_text
    >>> p = pack_from_text('condition c = text has any of "根治" and text has none of "不"\\nrule a "y" when c and not text has any of "糖"')
    >>> sorted(o.text for o in operands_of(p.rules[0], p))
    ['根治']
    >>> p = pack_from_text('feature n = count of "好药"\\nrule b "y" when n > 1 and seller in @名单 and text matches "v.?信" or fires(c)\\nrule c "z" when text ends with "包好"')
    >>> sorted(o.pattern if isinstance(o, Matches) else o.text for o in operands_of(p.rules[0], p))
    ['v.?信', '包好', '好药']
    """
    found: set[ListRef | Term | Matches] = set()
    todo: list[tuple[Node, bool]] = [(rule.when, True)]
    seen: set[tuple[Node, bool]] = set()
    while todo:
        node, wanted = todo.pop()
        opened = _opened(node, pack)
        if isinstance(node, (ListRef, Term)):
            found |= {node} if wanted else set()
        elif isinstance(node, Matches):
            found |= {Matches(node.pattern)} if wanted else set()
        elif isinstance(node, InList):
            todo.append((node.subject, wanted))
        elif opened is not None:
            todo += [] if (node, wanted) in seen else [(opened, wanted)]
            seen.add((node, wanted))
        else:
            turns = isinstance(node, Not) or (isinstance(node, Has) and node.mode is Mode.NONE)
            todo += [(child, wanted != turns) for child in children(node)]
    return frozenset(found)


def grades(probability: Floats, cutoffs: Cutoffs, floors: Ranks | None = None, caps: Ranks | None = None) -> Ranks:
    """Grades as ranks (0 none … 4 red), with the floors that rules ask for, then the caps that weak evidence sets: a cap wins over a floor.

    >>> from models.grades import FIXED_CUTOFFS
    >>> grades(np.array([0.1, 0.99]), FIXED_CUTOFFS, floors=np.array([2, 0]), caps=np.array([4, 2])).tolist()
    [2, 2]
    """
    edges = np.array([cutoffs.blue, cutoffs.yellow, cutoffs.orange, cutoffs.red])
    ranks = np.searchsorted(edges, probability, side="right").astype(np.int64)
    if floors is not None:
        ranks = np.maximum(ranks, floors)
    return np.minimum(ranks, caps) if caps is not None else ranks


def floor_of(rule: Rule, pack: Pack) -> Grade:
    """The lowest grade when the rule fires: what it says itself, else that of its severity; a lone keyword has none.

    >>> from rules.pack import pack_from_text
    >>> p = pack_from_text('rule a "x" severity high when text has any of "甲" and text has any of "乙"\\nrule b "y" severity critical when text has any of "甲"')
    >>> [floor_of(r, p).code for r in p.rules]
    ['blue', 'none']
    """
    if rule.floor:
        return Grade.parse(rule.floor)
    return Grade.NONE if is_keyword(rule, pack) else SEVERITY_FLOORS.get(rule.severity.en, Grade.NONE)


def _floor(rule: Rule, pack: Pack) -> Grade:
    """`floor_of`, found once for each rule of a pack in use: every unit asks for it again. By name: packs travel to other processes with what they remember."""
    floors: dict[str, Grade] = pack.__dict__.setdefault("_floors", {})
    if rule.id not in floors:
        floors[rule.id] = floor_of(rule, pack)
    return floors[rule.id]


def floors_of(rules: Iterable[Rule], fired: npt.NDArray[np.bool_], pack: Pack, learnt: Collection[str] = ()) -> Ranks:
    """The highest floor that a fired rule asks for, a row; a grave rule that names none has the floor of its severity.

    A rule written today must count tomorrow, though no learner has seen it. ``learnt`` are rules whose worth a learner took from labels of the field:
    of these only the floors they name themselves hold.
    """
    ranks = np.zeros(len(fired), dtype=np.int64)
    asked = list(rules)
    for at in np.flatnonzero(fired.any(axis=0)).tolist():
        if asked[at].floor or asked[at].id not in learnt:
            ranks = np.maximum(ranks, fired[:, at] * int(_floor(asked[at], pack)))
    return ranks
