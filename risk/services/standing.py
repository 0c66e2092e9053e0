"""Grades that hold and rise in runs: each judgement of a subject meets its standing by that model, in the order of the signals; then the escalators.

A subject's standing is that of its latest stored assessment by the model; units without a subject have none. What is stored says how the grade came about,
so that a later look needs nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, func, select

from risk.domain.grades import ALARM, Grade
from risk.domain.grading import Graded, Policy, Standing
from risk.domain.grading import graded as grade_of
from risk.domain.messages import say
from risk.services import judging, units
from risk.services.bulk import select_in
from risk.storage import tables as t


class Standings:
    """The standings of subjects by one model, looked up at the first question. Whoever keeps one sees to it that nobody else has judged since."""

    def __init__(self) -> None:
        self._graver: dict[int, Standing] = {}
        self._asked = bytearray()

    def of(self, conn: Connection, key: str, as_of: datetime, subjects: Collection[int]) -> dict[int, Standing]:
        """Subject → standing, of those that stand at blue or above. The caller writes what it grades into it."""
        top = max(subjects, default=0)
        if top >= len(self._asked):
            self._asked.extend(bytes(top + 100_000 - len(self._asked)))
        fresh = [subject for subject in subjects if not self._asked[subject]]
        self._graver |= _standings(conn, key, as_of, fresh)
        for subject in fresh:
            self._asked[subject] = 1
        return self._graver


def last_judged(conn: Connection) -> int:
    """The number of the newest assessment: as long as it is the same, all standings are."""
    return int(conn.scalar(select(func.max(t.assessments.c.id))) or 0)


def graded(
    conn: Connection,
    key: str,
    as_of: datetime,
    parts: Sequence[judging.Told],
    rows: Sequence[units.Seen],
    policy: Policy,
    others: Collection[int] = (),
    standings: Standings | None = None,
) -> dict[int, tuple[Grade, dict[str, Any] | None]]:
    """Position in the chunk → final grade, and the evidence (None below blue) with the reasons of the grade. Who is not in it has no grade.

    ``others``: signals left to another run; ``standings``: kept from the chunk before.
    """
    subjects = {rows[i].subject_id for part in parts if part.said is not None for i in part.positions if rows[i].id not in others} - {None}
    known = (standings or Standings()).of(conn, key, as_of, sorted(s for s in subjects if s is not None))
    found: dict[int, tuple[Grade, dict[str, Any] | None]] = {}
    plain = {id(part): part.said.cutoffs.plain() for part in parts if part.said is not None}
    for i, k, part in _places(parts, rows, known, others):
        said, subject, cuts = part.said, rows[i].subject_id, plain[id(part)]
        assert said is not None
        cap = Grade.RED if said.caps is None else Grade(int(said.caps[k]))
        before = known.get(subject) if subject is not None else None
        probability = float(said.probability[k])
        one = grade_of(Grade(int(said.ranks[k])), probability, cuts, before, part.raises.get(i, ()), policy, cap)
        if subject is not None:
            _stand(known, subject, one.standing)
        told = part.evidence.get(i) if one.grade >= ALARM else None
        if told is not None:
            floor = Grade.NONE if said.floors is None else Grade(int(said.floors[k]))
            told = _told(told, one, probability, cuts, policy, floor, cap)
        found[i] = (one.grade, told)
    return found


def _places(
    parts: Sequence[judging.Told], rows: Sequence[units.Seen], known: Mapping[int, Standing], others: Collection[int]
) -> list[tuple[int, int, judging.Told]]:
    """(position, place in its part, part) in the order of the signals, of those that have a grade or whose subject has, or gets, a standing."""
    every = [(part, np.asarray(part.said.ranks).tolist()) for part in parts if part.said is not None]
    graded = {rows[i].subject_id for part, ranks in every for i, rank in zip(part.positions, ranks, strict=True) if rank}
    return sorted(
        (
            (i, k, part)
            for part, ranks in every
            for k, (i, rank) in enumerate(zip(part.positions, ranks, strict=True))
            if (rank or (subject := rows[i].subject_id) in known or (subject is not None and subject in graded))
            and rows[i].id not in others
        ),
        key=lambda place: place[0],
    )


def _stand(standings: dict[int, Standing], subject: int, standing: Standing) -> None:
    """None below blue: that is as if it had never been judged."""
    if standing.grade >= ALARM:
        standings[subject] = standing
    else:
        standings.pop(subject, None)


def _standings(conn: Connection, key: str, as_of: datetime, subjects: Collection[int]) -> dict[int, Standing]:
    """The standing of each subject that the model has judged before, of those at blue or above."""
    a = t.assessments.c
    mine = func.coalesce(a.model, "") == key  # so that subjects are looked up, and not all that the model ever judged
    latest = select(func.max(a.id)).where(mine, a.as_of <= as_of).group_by(a.subject_id)
    ids = [row[0] for row in select_in(conn, latest, a.subject_id, subjects)]
    rows = select_in(conn, select(a.id, a.subject_id, a.grade).where(a.grade > 0), a.id, ids)
    told = {row.id: row.evidence for row in select_in(conn, select(a.id, a.evidence), a.id, [row.id for row in rows])}
    found = {row.subject_id: _standing(row.grade, told.get(row.id)) for row in rows}
    return {subject: standing for subject, standing in found.items() if standing.grade >= ALARM}


def _standing(grade: int, evidence: Mapping[str, Any] | None) -> Standing:
    stored = (evidence or {}).get("grading")
    return Standing(Grade.parse(stored["standing"]), int(stored["held"])) if stored else Standing(Grade(grade))


def _told(
    told: Mapping[str, Any], one: Graded, probability: float, cuts: Mapping[str, Any], policy: Policy, floor: Grade, cap: Grade
) -> dict[str, Any]:
    """The evidence with the final grade, how it came about, and the sentences that a verifier reads."""
    notes = _notes(told, one, probability, cuts, policy)
    grading = {
        "judged": one.judged.code,
        "standing": one.standing.grade.code,
        "held": one.standing.held,
        "floor": floor.code,
        "cap": cap.code,
        "raised_by": [each.code for each in one.raises],
    }
    zh, en = [note["because"]["zh"] for note in notes], [note["because"]["en"] for note in notes]
    return {
        **told,
        "grade": one.grade.code,
        "grading": grading,
        "zh": [*told["zh"], *zh],
        "en": [*told["en"], *en],
        **({"notes": notes} if notes else {}),
    }


def _notes(told: Mapping[str, Any], one: Graded, probability: float, cuts: Mapping[str, Any], policy: Policy) -> list[dict[str, Any]]:
    """What moved the grade, and that a person looks first, in the shape of a rule's reason."""
    found = []
    if one.standing.held:
        grade = one.standing.grade
        values: dict[str, Any] = {"probability": f"{probability:.2f}", "cutoff": f"{float(cuts[grade.code]):.2f}"}
        values |= {"margin": policy.margin, "held": one.standing.held}
        found.append(_note("grade_held", {lang: say("grade_held", lang, grade=grade.title(lang), **values) for lang in ("zh", "en")}))
    for each in one.raises:
        said = {
            lang: say("grade_raised", lang, before=one.standing.grade.title(lang), after=one.grade.title(lang), why=why)
            for lang, why in (("zh", each.zh), ("en", each.en))
        }
        found.append(_note(f"escalator_{each.code}", said, each.basis))
    if judging.unsure(told):
        ends = {name: f"{told['uncertainty'][name]:.2f}" for name in ("low", "high")}
        found.append(_note("grade_person_first", {lang: say("grade_person_first", lang, **ends) for lang in ("zh", "en")}))
    return found


def _note(code: str, said: Mapping[str, str], basis: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    return {"rule": code, "because": dict(said), "basis": [{"law": law, "article": article} for law, article in basis]}
