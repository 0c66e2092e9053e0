"""The catalogue of events is whole: what the source writes to the outbox is in it, and every row can be told in both languages."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

import risk
from risk.domain.datafiles import read_toml
from risk.domain.events import Happened, catalogue, event_of, without_personal
from risk.domain.push_messages import Names, line_of
from risk.services import outbox
from risk.storage import tables as t
from risk.storage.engine import reading, transaction
from tests.risk.push_world import NOW, YICHANG

SOURCE = Path(risk.__file__).parent
NAME = re.compile(r"[a-z_]+\.[a-z_]+")


def written() -> Iterator[tuple[str, str]]:
    """Every event that the source names where it writes to the outbox: the second argument of ``emit``, the first of five in rows of ``emit_many``."""
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "outbox" not in text or path.name == "outbox.py":
            continue
        for node in ast.walk(ast.parse(text)):
            found: ast.expr | None = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit" and len(node.args) > 1:
                found = node.args[1]
            elif isinstance(node, ast.Tuple) and len(node.elts) == 5:
                found = node.elts[0]
            if isinstance(found, ast.Constant) and isinstance(found.value, str) and NAME.fullmatch(found.value):
                yield path.name, found.value


def test_what_is_written_is_in_the_catalogue() -> None:
    from risk.services.task_changes import TOLD_OUTSIDE

    names = {*written(), *(("task_changes.py", name) for name in TOLD_OUTSIDE.values())}
    assert len(names) > 10
    assert sorted((name, place) for place, name in names if name not in catalogue()) == []


@pytest.mark.parametrize("name", sorted(catalogue()))
def test_every_event_speaks_both_languages(name: str) -> None:
    event = event_of(name)
    assert NAME.fullmatch(name)
    assert event.concerns in ("office", "province")
    assert event.urgent in ("", "red", "always")
    assert set(event.facts) <= set(read_toml("events.toml")["fact"])
    values: dict[str, object] = {
        "grade": "red",
        "model": "m",
        "region": "420500",
        "report_due": "2026-10-12T08:00:00+00:00",
        "outcome": "30",
        "tasks": 3,
    }
    values |= {"was": "10", "step": "activate", "reason": "no_duty", "stage": "80", "from_office": YICHANG, "version": 4}
    happened = Happened(1, "k", name, "task:1", None, values, datetime(2026, 10, 12, tzinfo=UTC))
    zh, en = (line_of(happened, lang, Names()).text for lang in ("zh", "en"))
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert not re.search(r"[\u4e00-\u9fff]", en)


def test_no_words_of_guilt() -> None:
    words = "".join(event.zh + event.en for event in catalogue().values())
    assert not re.search(r"违法|犯罪|罪|骗子|guilt|crime|criminal|illegal", words)


def test_personal_data_never_reaches_the_outbox(sqlite_engine: Engine) -> None:
    data = {
        "grade": "red",
        "complainant": "王某",
        "phone": "13800138000",
        "reason": "电 13800138000，证 11010519491231002X",
        "quotes": ["x"],
    }
    with transaction(sqlite_engine) as conn:
        outbox.emit(conn, "task.issued", "task:1", data, NOW)
    with reading(sqlite_engine) as conn:
        stored = conn.scalars(select(t.outbox.c.data)).one()
    assert stored == {"grade": "red", "reason": "电 ***，证 ***"} == without_personal(data)


def test_an_act_tried_again_is_one_event(engine: Engine) -> None:
    with transaction(engine) as conn:
        keys = [outbox.emit(conn, "task.reminded", "task:1", {}, NOW, once="half") for _ in range(2)]
        other = outbox.emit(conn, "task.reminded", "task:1", {}, NOW, once="due")
        assert outbox.emit_many(conn, [], NOW) == []
    with reading(engine) as conn:
        assert list(conn.scalars(select(t.outbox.c.key).order_by(t.outbox.c.id))) == [keys[0], other]
    assert keys[0] == keys[1]


def test_an_unknown_event_goes_through_with_a_warning(sqlite_engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "risk.outbox"), transaction(sqlite_engine) as conn:
        outbox.emit(conn, "moon.risen", "moon:1", {}, NOW)
    assert "moon.risen" in caplog.text
    assert event_of("moon.risen").en == "event moon.risen"
