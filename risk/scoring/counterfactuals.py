"""What would have to be otherwise for the grade to be lower? Each answer is the same judgement made again, on the text without what a reason quotes.

Not ok: taking a reason's log-odds off the probability. Reasons lean on each other (a yield is a rule, a column and words), and floors and caps come after
the sum. So the text is changed and judged as any text is: rules, learner, floors, caps. What is asked: the text without one reason; with a licence
that is known to be missing; and, where no single change is enough, the smallest set of reasons found by taking the strongest first.
Wachter, Mittelstadt & Russell (2017) call such answers counterfactual explanations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from features.context import _LICENCE_NAMES, LICENCE_KINDS, Context
from risk.domain.grades import Grade
from risk.domain.messages import Told, register, say
from risk.scoring.ground_words import LICENCE_EN
from risk.scoring.grounds import NOTABLE, Ground, Span
from risk.scoring.reasons import explained

if TYPE_CHECKING:
    from risk.scoring.scorer import Scorer

ASKED = 6
"""The most single reasons that are tried."""

register(
    {
        "without_lower": ("若无{what}，则为{grade}（概率{p}）", "without {what} this would be {grade} (probability {p})"),
        "without_none": ("若无{what}，则不预警（概率{p}）", "without {what} this would be no alert (probability {p})"),
        "without_same": ("若无{what}，仍为{grade}（概率{p}）", "without {what} this would still be {grade} (probability {p})"),
        "with_licence_lower": ("若持有效{what}，则为{grade}（概率{p}）", "with a valid {what} this would be {grade} (probability {p})"),
        "with_licence_none": ("若持有效{what}，则不预警（概率{p}）", "with a valid {what} this would be no alert (probability {p})"),
        "with_licence_same": (
            "若持有效{what}，仍为{grade}（概率{p}）",
            "with a valid {what} this would still be {grade} (probability {p})",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One change and what it would make of the unit. ``removed``: places of the original text that it takes away."""

    topics: tuple[str, ...]
    removed: tuple[Span, ...]
    licence: str | None
    probability: float
    grade: Grade
    lower: bool
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class _Change:
    topics: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    licence: str | None = None


def counterfactuals(
    scorer: Scorer, key: str, text: str, *, around: Context | None = None, row: int = 0, on: date | None = None
) -> list[Counterfactual]:
    """The answers for one text, those that lower the grade first, then by how far the probability falls; none where it is below blue already.

    ``around`` and ``row``: what was known around it, as for the judgement itself.
    """
    around = Context.unknown(1) if around is None else around
    reading = scorer.read([text], _repeated(around, row, 1))
    judged = scorer.judge(reading, key, on=on)
    grade, probability = Grade(int(judged.ranks[0])), float(judged.probability[0])
    if grade == Grade.NONE:
        return []
    found = explained(scorer, reading, judged, [0])[0][2]
    changes = [*_reasons(found), *_licences(around, row)]
    told = _judged(scorer, key, text, around, row, on, changes, grade)
    if told and not any(one.lower for one in told):
        told += _together(scorer, key, text, around, row, on, _strongest(changes, told), grade)
    return sorted(
        (one for one in told if one.probability < probability or one.lower),
        key=lambda one: (not one.lower, len(one.topics), one.probability),
    )


def _reasons(found: Sequence[Ground]) -> list[_Change]:
    """Each quoted reason that raised the probability, once a set of places; of a rule, all it quotes."""
    changes: dict[tuple[Span, ...], _Change] = {}
    for ground in found:
        raised = ground.log_odds >= NOTABLE or ground.topic.startswith("rule:")
        if ground.quotes and raised and ground.topic != "wording":
            spans = _merged(ground.quotes)
            changes.setdefault(spans, _Change((ground.topic,), spans))
    return list(changes.values())[:ASKED]


def _licences(around: Context, row: int) -> list[_Change]:
    """Licences that the subject is known not to hold validly."""
    states = ((kind, around.licence_states(kind)[row]) for kind in LICENCE_KINDS)
    return [_Change((f"licence:{kind}",), licence=kind) for kind, state in states if state in ("absent", "expired")]


def _strongest(changes: Sequence[_Change], told: Sequence[Counterfactual]) -> list[_Change]:
    by_topic = {one.topics: one.probability for one in told}
    return sorted((change for change in changes if change.spans), key=lambda change: by_topic.get(change.topics, 1.0))


def _together(
    scorer: Scorer, key: str, text: str, around: Context, row: int, on: date | None, changes: Sequence[_Change], grade: Grade
) -> list[Counterfactual]:
    """The first two, three … of the strongest changes at once; the smallest set that lowers the grade, or nothing."""
    sets = [
        _Change(
            tuple(topic for change in changes[:k] for topic in change.topics),
            _merged(span for change in changes[:k] for span in change.spans),
        )
        for k in range(2, len(changes) + 1)
    ]
    told = [one for one in _judged(scorer, key, text, around, row, on, sets, grade) if one.lower]
    return told[:1]


def _judged(
    scorer: Scorer, key: str, text: str, around: Context, row: int, on: date | None, changes: Sequence[_Change], grade: Grade
) -> list[Counterfactual]:
    """All changes in one judgement."""
    if not changes:
        return []
    known = _repeated(around, row, len(changes))
    for i, change in enumerate(changes):
        if change.licence:
            states = {kind: list(known.licence_states(kind)) for kind in LICENCE_KINDS}
            states[change.licence][i] = "valid"
            known = replace(known, licences=states)
    reading = scorer.read([_without(text, change.spans) for change in changes], known)
    judged = scorer.judge(reading, key, on=on)
    return [_told(text, change, float(judged.probability[i]), Grade(int(judged.ranks[i])), grade) for i, change in enumerate(changes)]


def _told(text: str, change: _Change, probability: float, now: Grade, before: Grade) -> Counterfactual:
    lower = "same" if now >= before else ("none" if now == Grade.NONE else "lower")
    what = Told(*_named(text, change))
    zh, en = (
        say(f"{'with_licence' if change.licence else 'without'}_{lower}", lang, what=what, grade=now.title(lang), p=f"{probability:.2f}")
        for lang in ("zh", "en")
    )
    return Counterfactual(change.topics, change.spans, change.licence, probability, now, now < before, zh, en)


def _named(text: str, change: _Change) -> tuple[str, str]:
    """What is taken away, in its own words; or the licence that is there."""
    if change.licence:
        name = _LICENCE_NAMES[LICENCE_KINDS.index(change.licence)]
        return change.licence, LICENCE_EN[name]
    quotes = [text[i:j].strip() for i, j in change.spans]
    return "".join(f"“{quote}”" for quote in quotes), ", ".join(f'"{quote}"' for quote in quotes)


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Places in order, those that touch or overlap as one.

    >>> _merged([(4, 6), (0, 2), (1, 3)])
    ((0, 3), (4, 6))
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text without these places.

    >>> _without("保本高收益，名额有限", ((0, 2), (6, 10)))
    '高收益，'
    """
    kept, cursor = [], 0
    for start, end in spans:
        kept.append(text[cursor:start])
        cursor = end
    return "".join([*kept, text[cursor:]])


def _repeated(around: Context, row: int, n: int) -> Context:
    """The same surroundings n times."""
    return Context(
        channel=[around.channel[row]] * n,
        signal_kind=[around.signal_kind[row]] * n,
        licences={kind: [around.licence_states(kind)[row]] * n for kind in LICENCE_KINDS} if around.licences else {},
        age_days=None if around.age_days is None else [around.age_days[row]] * n,
        parts=((around, row),) * n,
    )
