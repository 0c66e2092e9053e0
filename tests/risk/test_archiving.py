"""Months leave the tables and come back, and nothing is lost wherever it is interrupted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import IntegrityError

from risk.cli.archive import archive as group
from risk.domain.authority import Grant, Scope
from risk.domain.errors import ConflictError, InvalidInputError, NotFoundError
from risk.domain.signals import Signal, SubjectKeys
from risk.services import archived_lookup, archiving, archiving_files, archiving_moves, archiving_reach
from risk.services.alert_entry import keep_signal
from risk.services.archiving_rows import GOES, by_signal
from risk.services.signal_store import store
from risk.storage import tables as t
from risk.storage.engine import open_engine, reading, transaction
from rules.pack import pack_from_text
from tests.risk.archive_world import LOOKED, MONTH, NOW, THEN, clock, fill, killed, ready, stored
from tests.risk.run_world import DRUG, MED, PLAIN, count, put


def archive(engine: Engine, month: str | None = None) -> list[archiving.ArchiveRow]:
    return archiving.run(engine, actor="张三", clock=clock, month=month)


def from_files(engine: Engine, folder: Path) -> dict[str, list[Any]]:
    """All rows of the files, without those that stayed in the tables."""
    found: dict[str, list[Any]] = {table.name: [] for table in GOES}
    with reading(engine) as conn:
        rows = conn.execute(select(t.archives).where(t.archives.c.status.in_(("written", "done")))).all()
    for row in rows:
        for number in range(row.chunks):
            held = by_signal(archiving_files.read_chunk(folder / "archive" / row.month / f"{row.part:02d}", number))
            for name, one in archiving_moves._of(held, set(held) - set(row.stayed)):
                found[name].append(one)
    return found


def test_what_led_to_nothing_goes_and_comes_back_the_same(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(engine, tmp_path, monkeypatch)
    fill(engine)
    before = stored(engine)
    with reading(engine) as conn:
        (planned,) = archiving.plan(conn, NOW)
    assert (planned.month, planned.signals) == (MONTH, 11)

    (made,) = archive(engine)
    assert (made.month, made.part, made.status, made.signals, made.stayed) == (MONTH, 1, "done", planned.free, 0)
    assert 8 <= made.signals < 11
    assert made.chunks == -(-made.signals // 3)
    after, filed = stored(engine), from_files(engine, tmp_path)
    for name, rows in before.items():
        assert sorted([*after[name], *filed[name]]) == rows, name
        assert made.rows.get(name, 0) == len(filed[name])
    assert count(engine, t.archived_signals) == made.signals
    assert all(not one.faults for one in archiving.verify(engine))
    assert archive(engine) == []
    assert stored(engine) == after

    (back,) = archiving.restore(engine, MONTH, actor="李四", clock=clock)
    assert back.status == "restored"
    assert stored(engine) == before
    assert (count(engine, t.archived_signals), count(engine, t.archived_outcomes)) == (0, 0)
    assert archive(engine) == []  # it rests for a while, unless it is asked for by name
    (again,) = archive(engine, MONTH)
    assert (again.part, again.signals) == (2, made.signals)
    assert stored(engine) == after
    with pytest.raises(NotFoundError, match="archive"):
        archiving.restore(engine, "2020-01", actor="李四", clock=clock)


STEPS: list[tuple[Any, str, int, bool]] = [
    (archiving_files, "_write_tables", 1, True),
    (archiving_files, "put_in_place", 1, True),
    (archiving, "_write", 1, True),
    (archiving_moves, "_outcomes", 1, True),
    (archiving_moves, "take_out", 2, False),
    (archiving, "_end", 1, False),
]


def test_cut_off_at_any_step_and_taken_up_again_it_ends_the_same(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(engine, tmp_path, monkeypatch)
    fill(engine)
    before = stored(engine)
    for number, (where, name, call, after) in enumerate(STEPS):
        with killed(monkeypatch, where, name, call=call, after=after):
            archive(engine, MONTH)
        removed = count(engine, t.archived_signals)
        assert len(stored(engine)["signals"]) == len(before["signals"]) - removed, name
        (made,) = archive(engine, MONTH)
        assert made.status == "done", name
        left, filed = stored(engine), from_files(engine, tmp_path)
        for table, rows in before.items():
            assert sorted([*left[table], *filed[table]]) == rows, (name, table)
        if number < 2:
            with killed(monkeypatch, archiving_moves, "bring_back", call=2, after=bool(number)):
                archiving.restore(engine, MONTH, actor="李四", clock=clock)
            finished, *more = archive(engine)
            assert (finished.status, more) == ("restored", []), name
        else:
            archiving.restore(engine, MONTH, actor="李四", clock=clock)
        assert stored(engine) == before, name


def test_who_is_referred_to_after_the_files_were_written_stays(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(sqlite_engine, tmp_path, monkeypatch)
    ids = fill(sqlite_engine)
    with killed(monkeypatch, archiving_moves, "take_out"):
        archive(sqlite_engine, MONTH)
    with transaction(sqlite_engine) as conn:  # somebody labels one meanwhile, and another is judged once more
        conn.execute(t.labels.insert().values(model="x", signal_id=ids[0], value=1.0, source="file", known_at=NOW, matures_at=NOW))
        values = {"model": "late", "probability": 0.1, "grade": 0, "model_version": "1", "rules_version": "1", "as_of": NOW}
        late = conn.scalar(select(func.max(t.runs.c.id)))
        conn.execute(t.assessments.insert().values(**values, run_id=late, signal_id=ids[1]))
    before = stored(sqlite_engine)
    made, next_part = archive(sqlite_engine, MONTH)  # the label keeps its signal; the other one may go as it is now
    assert (made.status, made.stayed, next_part.part, next_part.signals) == ("done", 2, 2, 1)
    left = {row[0] for row in stored(sqlite_engine)["signals"]}
    assert ids[0] in left
    assert ids[1] not in left
    assert sorted([*stored(sqlite_engine)["assessments"], *from_files(sqlite_engine, tmp_path)["assessments"]]) == before["assessments"]
    assert not any(one.faults for one in archiving.verify(sqlite_engine))
    archiving.restore(sqlite_engine, MONTH, actor="李四", clock=clock)
    assert stored(sqlite_engine) == before


def old_signal(number: int) -> Signal:
    """One of the plain ones, as it came."""
    shop = SubjectKeys(platform="商城", shop=f"old店{number}")
    return Signal("测试源", PLAIN, THEN, time_given=True, source_id=f"old{number}", region="420102", subject=shop)


def test_files_that_are_not_as_recorded_are_told_and_not_brought_back(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(sqlite_engine, tmp_path, monkeypatch)
    fill(sqlite_engine)
    archive(sqlite_engine)
    path = tmp_path / "archive" / MONTH / "01" / "assessments.parquet"
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    (found,) = archiving.verify(sqlite_engine)
    assert [one.code for one in found.faults] == ["archive_damaged"]
    before = stored(sqlite_engine)
    with pytest.raises(ConflictError, match="assessments"):
        archiving.restore(sqlite_engine, MONTH, actor="李四", clock=clock)
    path.unlink()
    assert [one.code for one in archiving.verify(sqlite_engine)[0].faults] == ["archive_missing"]
    assert stored(sqlite_engine) == before


def test_what_is_too_young_or_unjudged_stays(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(sqlite_engine, tmp_path, monkeypatch)
    with transaction(sqlite_engine) as conn:
        put(conn, [PLAIN], at=THEN)
    assert archive(sqlite_engine) == []
    with reading(sqlite_engine) as conn:
        assert [(one.free, one.held) for one in archiving.plan(conn, NOW)] == [(0, {"unjudged": 1})]
    with pytest.raises(ConflictError) as refused:
        archive(sqlite_engine, "2026-09")
    assert refused.value.code == "archive_too_young"
    assert LOOKED.longest >= 730


def test_an_archived_signal_is_read_where_it_lies_and_worked_on_only_when_it_is_back(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(sqlite_engine, tmp_path, monkeypatch)
    ids = fill(sqlite_engine)
    archive(sqlite_engine)
    with reading(sqlite_engine) as conn:
        first = archived_lookup.find(conn, MONTH, text=PLAIN, limit=5)
        rest = archived_lookup.find(conn, MONTH, text=PLAIN, limit=5, cursor=first.cursor)
        assert [one.signal.id for one in (*first.items, *rest.items)] == ids[:8]
        assert rest.cursor is None
        one = archived_lookup.get(conn, MONTH, ids[4])
        assert (one.text, {said.model for said in one.judgements}) == (PLAIN, {MED, DRUG})
        named = archived_lookup.find(
            conn, MONTH, subject=conn.scalar(select(t.subjects.c.key).where(t.subjects.c.id == one.signal.subject_id))
        )
        assert [each.signal.id for each in named.items] == [ids[4]]
        elsewhere = Scope((Grant("420500"),))
        assert archived_lookup.find(conn, MONTH, text=PLAIN, scope=elsewhere).items == ()
        with pytest.raises(NotFoundError):
            archived_lookup.get(conn, MONTH, ids[4], scope=elsewhere)
        with pytest.raises(InvalidInputError, match="a subject, a number"):
            archived_lookup.find(conn, MONTH)
    same = old_signal(3)
    with transaction(sqlite_engine) as conn:
        told = store(conn, [same], now=NOW)
        assert (told.accepted, told.duplicates) == (0, 1)
        with pytest.raises(ConflictError) as refused:
            keep_signal(conn, same, NOW)
    assert (refused.value.code, refused.value.facts["month"]) == ("signal_archived", MONTH)
    archiving.restore(sqlite_engine, MONTH, actor="李四", clock=clock)
    with transaction(sqlite_engine) as conn:
        assert keep_signal(conn, same, NOW) == ids[3]


def test_the_command_says_what_it_does(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RISK_HOME", str(tmp_path))
    monkeypatch.setenv("RISK_LANG", "en")
    shutil.copy(sqlite_template, tmp_path / "risk.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'risk.db'}")
    ready(engine, tmp_path, monkeypatch)
    ids = fill(engine)
    engine.dispose()

    def said(*words: str) -> str:
        found = CliRunner().invoke(group, words, catch_exceptions=False)
        assert found.exit_code == 0
        return found.output

    assert f"{MONTH}  11 signals" in said("plan")
    assert "an alert" in said("plan")
    assert "nothing is archived" in said("list")
    assert f"{MONTH} part 1  archived" in said("run", "--actor", "张三")
    assert "there is nothing to archive" in said("run")
    assert "as it was recorded" in said("verify")
    assert PLAIN in said("query", "--month", MONTH, "--id", str(ids[0]))
    assert "there are more" in said("query", "--month", MONTH, "--text", PLAIN, "--limit", "2")
    assert "brought back" in said("restore", "--month", MONTH)
    (tmp_path / "archive" / MONTH / "01" / "signals.parquet").write_bytes(b"")
    with pytest.raises(ConflictError, match="1 fault"):
        said("verify")


def test_how_far_judging_looks_back_is_read_from_what_judges(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = pack_from_text('rule ever "一直" / "ever"\n  when days since last complaint >= 3 otherwise false\n', MED)
    bounded = pack_from_text('rule lately "近期" / "lately"\n  when change of complaints in last 400 days >= 3 otherwise false\n', MED)
    with reading(sqlite_engine) as conn:
        monkeypatch.setattr(archiving_reach, "_packs", lambda _conn: [bounded])
        assert archiving_reach.reach(conn) == archiving_reach.Reach(800.0, 800.0)
        monkeypatch.setattr(archiving_reach, "_packs", lambda _conn: [pack])
        with pytest.raises(ConflictError) as refused:
            archiving_reach.reach(conn)
    assert (refused.value.code, refused.value.facts["rule"]) == ("archive_window_unbounded", "ever")


def test_a_run_and_a_case_file_that_begin_meanwhile_keep_what_they_need(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(sqlite_engine, tmp_path, monkeypatch)
    ids = fill(sqlite_engine)
    with killed(monkeypatch, archiving_moves, "take_out", call=2):
        archive(sqlite_engine, MONTH)
    with reading(sqlite_engine) as conn:  # a model that never judged begins: what is left of the month is its to judge
        s = t.signals.c
        left = [*conn.scalars(select(s.id).where(s.id.in_(ids[:8])))]
    with transaction(sqlite_engine) as conn:
        values = {"key": "k", "model": "sixth", "as_of": NOW, "status": "running", "versions": {}, "actor": "x", "started_at": NOW}
        conn.execute(t.runs.insert().values(**values))
    real, asked = archiving_moves._delete, [0]

    def refused_once(conn: Any, table: Any, values: Any) -> int:
        asked[0] += 1
        if asked[0] == 1:
            raise IntegrityError("somebody linked it just now", {}, Exception())
        return real(conn, table, values)

    monkeypatch.setattr(archiving_moves, "_delete", refused_once)
    (made,) = archive(sqlite_engine, MONTH)
    assert (made.status, made.stayed, asked[0] > 1) == ("done", made.signals - 3, True)
    with reading(sqlite_engine) as conn:
        assert [*conn.scalars(select(s.id).where(s.id.in_(ids[:8])))] == left
    assert not any(one.faults for one in archiving.verify(sqlite_engine))
