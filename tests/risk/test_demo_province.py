"""The made-up province: big enough, over all divisions, seeded; its files go through intake as they are."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from risk.demo import officers, story
from risk.demo.files import write_week
from risk.demo.province import Province, build
from risk.domain import regions
from risk.domain.banks import passages
from risk.scoring.scorer import Scorer
from risk.services import intake, register, runs
from risk.services.dispatch import seed_offices
from risk.services.situation import city_of
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from rules.pack import pack_from_text
from tests.risk.run_world import KEYS, MED, packs

END = date(2026, 11, 1)
OFFERS = """
rule offer "招揽" / "offers"
  severity low
  when text has any of "加我" or text has any of "私信" or text has any of "包邮"
"""
"""Words that passages of many families have: the banks grow, and any draw of them holds some."""
NOW = datetime(2026, 10, 31, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
def whole() -> Province:
    """The province at its defaults."""
    return build(end=END)


def test_it_is_as_big_as_promised_and_everywhere(whole: Province) -> None:
    assert len(whole.subjects) >= 20_000
    assert len(whole.observed) >= 30_000
    assert {city_of(s.region) for s in whole.subjects} == set(regions.children(regions.PROVINCE))
    assert len({s.region for s in whole.subjects}) >= 100
    assert 0.02 < sum(1 for s in whole.subjects if s.risk) / len(whole.subjects) < 0.25
    assert 0.03 < sum(1 for o in whole.observed if o.positive_of) / len(whole.observed) < 0.2
    assert len({key for o in whole.observed for key in o.positive_of}) == 6
    assert len({o.source for o in whole.observed}) >= 4
    assert not {o.family for o in whole.observed} & {p.family for p in passages() if p.held}


def test_names_and_numbers_are_nobody_elses(whole: Province) -> None:
    assert len({(o.source, o.row["编号"]) for o in whole.observed}) == len(whole.observed)
    numbers = Counter((one["kind"], one["number"]) for s in whole.subjects for one in s.licences)
    assert max(numbers.values()) == 1
    codes = [s.uscc for s in whole.subjects if s.uscc]
    assert len(set(codes)) == len(codes)


def test_every_day_lies_inside_the_story(whole: Province) -> None:
    times = [o.row["发布时间"] for o in whole.observed if o.row["发布时间"][:4] == "2026" and o.row["发布时间"][5:7] != "13"]
    assert (min(times)[:10], max(times)[:10]) == ("2026-08-03", "2026-10-31")


def test_the_same_seed_gives_the_same_province() -> None:
    small = {"end": END, "subjects": 300, "signals": 900, "days": 30}
    one, two, other = build(seed=3, **small), build(seed=3, **small), build(seed=4, **small)  # type: ignore[arg-type]
    assert (one.observed, one.subjects, one.emerging) == (two.observed, two.subjects, two.emerging)
    assert one.observed != other.observed
    assert build(end=END, days=1, subjects=50, signals=900).days == 1


def test_its_files_are_taken_in_judged_and_worked_on(engine: Engine, tmp_path: Path) -> None:
    province = build(end=END, subjects=150, signals=600)
    with transaction(engine) as conn:
        seed_offices(conn)
        register.load_subjects(conn, story._subjects(province), now=NOW)
        assert register.load_subjects(conn, story._subjects(province), now=NOW) == 0
        licences = story._licences(province)
        assert (
            register.load_licences(conn, licences, source="x", now=NOW) == len(licences) == sum(len(s.licences) for s in province.subjects)
        )
    rows = 0
    for source, path in write_week(tmp_path, 1, province.observed):
        rows += intake.take(engine, path, source=source, actor="t", now=NOW).accepted
    assert rows > 0.98 * len(province.observed)
    with reading(engine) as conn:
        found = {row.kind for row in conn.execute(select(t.signals.c.kind).distinct())}
        late = conn.scalar(select(func.count()).where(t.signals.c.observed_at > NOW))
    assert found == {"content", "report"}
    assert late == 0
    results = runs.run(engine, Scorer(packs=(pack_from_text(OFFERS, MED), *packs()[1:])), KEYS, as_of=NOW, now=NOW, actor="t")
    assert {one.key: one.judged for one in results}[KEYS[2]] > 0
    with reading(engine) as conn:
        truth = {int(number): frozenset({KEYS[0]}) for number in conn.scalars(select(t.signals.c.id))}
    with transaction(engine) as conn:
        first = officers.work(conn, now=NOW + timedelta(days=6), truth=truth, rng=random.Random(1))
        assert officers.work(conn, now=NOW + timedelta(days=6), truth=truth, rng=random.Random(1)) == officers.Acted(0, 0, 0)
        rest = officers.work(conn, now=NOW + timedelta(days=60), truth=truth, rng=random.Random(1))
    with reading(engine) as conn:
        assert conn.scalar(select(func.count()).select_from(t.tasks)) == first.reported + rest.reported
        assert set(conn.scalars(select(t.tasks.c.state))) == {"closed"}
