"""The overview: its numbers are those of the lists its links ask, inside a scope, for every stretch; the map file is refused in words or shown with its number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain import regions
from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.domain.grades import Grade
from risk.domain.tiles import tiles
from risk.services import alert_steps, situation, tasks
from risk.services.alerts import settle
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.api.two_cities import offices
from tests.risk.disposal_world import NOW, new_candidates, new_run, new_subjects

STEPS = ("issued", "signed", "reported", "confirmed", "filed", "transferred")


def seed(conn: Connection) -> None:
    """Two models in three divisions over forty days; some tasks signed, verified in time, late, still open and overdue."""
    offices(conn)
    run, subjects, numbers = new_run(conn), new_subjects(conn, 8), iter(range(8))
    for region, model, back in (
        ("420502", "false_medical_advertising", 35),
        ("420502", "illegal_drug_sales", 3),
        ("420102", "illegal_drug_sales", 2),
    ):
        grades = [(Grade.RED, 0.95), (Grade.BLUE, 0.45)]
        specs: list[Any] = [(subjects[next(numbers)], grade, probability) for grade, probability in grades]
        at = NOW - timedelta(days=back)
        settle(conn, run, new_candidates(conn, run, specs, region=region, observed=at, tag=f"{region}{model}", model=model), at)
    values = {"status": "done", "ended_at": NOW, "judged": 6, "candidates": 6, "balance": {"new": 6}, "versions": {"model": "rules"}}
    conn.execute(update(t.runs).values(values))
    numbers_of = list(conn.scalars(select(t.tasks.c.id).order_by(t.tasks.c.id)))
    for place, code in ((0, "10"), (2, "30"), (4, "13")):
        at = NOW - timedelta(days=1)
        tasks.sign(conn, numbers_of[place], actor="张三", now=at)
        sub = "context_misread" if code == "30" else None
        tasks.report(conn, numbers_of[place], actor="张三", code=code, facts="查明", officers=["张三", "李四"], now=at, sub_reason=sub)
        tasks.accept(conn, numbers_of[place], actor="王五", now=at)


@pytest.fixture
def seeded(settings: Settings) -> Iterator[TestClient]:
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        seed(conn)
    engine.dispose()
    with TestClient(create_app(settings, clock=lambda: NOW), raise_server_exceptions=False) as client:
        yield client


def counted(client: TestClient, link: dict[str, str]) -> int:
    """How many rows the list of a link has; its page has the same filters."""
    path, _, asked = link["query"].partition("?")
    assert link["page"] == f"{path.removeprefix('/api/v1')}?{asked}"
    if path == "/api/v1/alerts":
        counts = client.get(f"{path}/counts?{asked}")
        assert counts.status_code == 200, counts.text
        return int(counts.json()["total"])
    rows = client.get(f"{path}?{asked}&limit=500")
    assert rows.status_code == 200, rows.text
    return len(rows.json()["items"])


def links_of(view: dict[str, Any]) -> list[tuple[int, dict[str, str]]]:
    """Every (number, link) of an overview but those of runs, whose number is of judgements."""
    pairs = [(one["n"], one["link"]) for name in ("grades", "steps", "stock") for one in view[name] if one["key"] != "judged"]
    pairs += [(one["total"], one["link"]) for name in ("models", "places", "trend") for one in view[name]]
    pairs += [(one["told"], one["told_link"]) for name in ("models", "places") for one in view[name]]
    pairs += [(one["n"], one["link"]) for one in view["heat"]] + [
        (view["total"]["n"], view["total"]["link"]),
        (view["late"]["n"], view["late"]["link"]),
    ]
    pairs += [(one["tasks"], one["link"]) for one in view["offices"]] + [(one["late"], one["late_link"]) for one in view["offices"]]
    return [(n, link) for n, link in pairs if link is not None]


@pytest.mark.parametrize(
    "asked", ["", "?period=2026-10&region=420500", "?from=2026-09-01&to=2026-10-31&model=illegal_drug_sales&compare=year_before"]
)
def test_every_number_is_that_of_the_list_behind_it(seeded: TestClient, asked: str) -> None:
    view = seeded.get(f"/api/v1/overview{asked}").json()
    pairs = links_of(view)
    assert len(pairs) > 30
    some, none = [one for one in pairs if one[0]], [one for one in pairs if not one[0]]
    for n, link in (*some, *none[::9]):  # most days and places have nothing: a few of them will do
        assert counted(seeded, link) == n, link
    assert sum(one["total"] for one in view["places"]) == sum(one["total"] for one in view["models"]) == view["total"]["n"]
    assert sum(one["total"] for one in view["trend"]) == view["total"]["n"]


def test_what_became_of_alerts_is_told_step_by_step(seeded: TestClient) -> None:
    view = seeded.get("/api/v1/overview?period=latest").json()
    assert {one["key"]: (one["n"], one["before"]) for one in view["steps"] if one["key"] in (*STEPS, "alerts")} == {
        "alerts": (4, 2), "issued": (4, 2), "signed": (2, 1), "reported": (2, 1), "confirmed": (1, 1), "filed": (0, 1), "transferred": (1, 0),
    }  # fmt: skip
    drugs = next(one for one in view["models"] if one["key"] == "illegal_drug_sales")
    assert (drugs["told"], drugs["confirmed"], drugs["rate"], drugs["too_few"]) == (2, 1, 0.5, True)
    assert 0 < drugs["low"] < 0.5 < drugs["high"] < 1
    earlier = seeded.get("/api/v1/overview?period=latest&at=2026-10-10T12:00:00%2B08:00").json()
    assert {one["key"]: one["n"] for one in earlier["steps"]}["signed"] == 0, "not yet signed then"
    unfounded = next(
        one for one in view["clues"] if one["model"] == "illegal_drug_sales" and one["region"] == "420502" and one["grade"] == "red"
    )
    handed_over = next(one for one in view["clues"] if one["region"] == "420102" and one["grade"] == "red")
    assert unfounded["subject"] is None
    assert handed_over["subject"], "named once a verdict confirms it"


def test_one_city_counts_its_own(settings: Settings, seeded: TestClient) -> None:
    mine = Principal("宜昌王五", permissions_of(["leader"]), Scope((Grant("420500", "market_supervision"),)), ("leader",))
    seeded.app.state.services.identity.principal = lambda _request: mine  # type: ignore[attr-defined]
    view = seeded.get("/api/v1/overview").json()
    assert view["total"]["n"] < 4
    assert {one["region"][:4] for one in view["offices"]} <= {"4205"}
    known = {one["key"] for one in view["places"] if one["total"] is not None}
    assert known == {"420500"}, "of other cities nothing is known: a zero would be a claim"
    assert [one["grades"] for one in view["places"] if one["key"] == "420100"] == [{}]
    districts = seeded.get("/api/v1/overview?region=420100").json()["places"]
    assert {one["total"] for one in districts} == {None}
    for n, link in links_of(view)[::3]:
        if not link["query"].startswith("/api/v1/signals"):  # a leader does not list signals
            assert counted(seeded, link) == n, link


def test_the_wall_shows_what_is_grave_and_late_and_names_nobody(seeded: TestClient) -> None:
    wall = seeded.get("/api/v1/overview/wall").json()
    assert {one["grade"] for one in wall["newest"]} == {"red"}
    assert wall["late"] == len(wall["overdue"]) > 0
    assert [one["due"] for one in wall["overdue"]] == sorted(one["due"] for one in wall["overdue"])[: len(wall["overdue"])] or len(
        {one["grade"] for one in wall["overdue"]}
    ) > 1
    assert "主体" not in json.dumps(wall, ensure_ascii=False)


def test_refusals(client: TestClient) -> None:
    for asked, code in (("period=soon", "bad_period"), ("from=2026-10-01", "overview_half_span"), ("region=北京", "region_not_known")):
        answer = client.get(f"/api/v1/overview?{asked}")
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    empty = client.get("/api/v1/overview").json()
    assert (empty["total"]["n"], empty["cutoff"], len(empty["places"])) == (0, None, 17)


def test_codes_of_verdicts_are_those_of_reports() -> None:
    assert (alert_steps.CONFIRMED, alert_steps.PARTLY, alert_steps.UNFOUNDED) == (
        situation.CONFIRMED,
        situation.PARTLY,
        situation.UNFOUNDED,
    )


def square(number: int) -> list[list[float]]:
    east, north = 109 + 0.3 * number, 30.0
    return [[east, north], [east + 0.2, north], [east + 0.2, north + 0.2], [east, north]]


def geojson(**changes: Any) -> dict[str, Any]:
    """A map of squares: by code, by name, and by the code of a national file."""
    names = [regions.name(code) if number % 3 == 0 else code for number, code in enumerate(regions.children("420000"))]
    features = [
        {
            "type": "Feature",
            "properties": {"name": name} if not name.isdigit() else {"adcode": int(name), "name": "<script>alert(1)</script>"},
            "geometry": {"type": "Polygon", "coordinates": [square(number)]},
        }
        for number, name in enumerate(names)
    ]
    return {"type": "FeatureCollection", "features": features, "onload": "alert(1)"} | changes


def put(client: TestClient, **changes: Any) -> Any:
    return client.put(
        "/api/v1/maps/current", json={"source": "测试", "approval": "鄂S(2026)005号", "map": geojson(), "actor": "张三", **changes}
    )


def test_a_map_is_shown_with_its_number_and_nothing_else_of_the_file(client: TestClient, settings: Settings) -> None:
    assert client.get("/api/v1/maps/current").json() is None
    assert client.get("/api/v1/maps/current/geojson").json()["code"] == "map_none"
    assert len(client.get("/api/v1/maps/tiles").json()) == len({(one.column, one.row) for one in tiles()}) == 17
    assert put(client).status_code == 200
    info = client.get("/api/v1/maps/current").json()
    assert (info["approval"], info["divisions"], info["actor"]) == ("鄂S(2026)005号", 17, "张三")
    text = client.get("/api/v1/maps/current/geojson").text
    assert "script" not in text
    assert "alert(1)" not in text
    assert {one["properties"]["adcode"] for one in json.loads(text)["features"]} == set(regions.children("420000"))
    assert client.delete("/api/v1/maps/current", headers={"X-Actor": "admin"}).status_code == 204
    assert not list((settings.home / "maps").iterdir())
    acts = [row["action"] for row in client.get("/api/v1/audit").json()["items"]]
    assert {"map.install", "map.remove"} <= set(acts)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"approval": "无"}, "map_approval"),
        ({"source": " "}, "map_source"),
        ({"map": geojson(UTF8Encoding=True)}, "map_encoded"),
        ({"map": {"type": "Topology"}}, "map_unreadable"),
        ({"map": geojson(features=geojson()["features"][:16])}, "map_missing"),
        ({"map": geojson(features=[*geojson()["features"], geojson()["features"][0]])}, "map_twice"),
        ({"map": geojson(features=[{"properties": {"name": "北京市"}}])}, "map_unknown"),
        ({"map": geojson(features=[{"properties": {"name": "武汉市"}, "geometry": {"type": "Point"}}])}, "map_shape"),
        (
            {"map": geojson(features=[{"properties": {"name": "武汉市"}, "geometry": {"type": "Polygon", "coordinates": [[[1, 2]]]}}])},
            "map_outside",
        ),
    ],
)
def test_what_is_no_map_is_refused_with_its_place(sqlite_engine: Any, tmp_path: Path, changes: dict[str, Any], code: str) -> None:
    settings = Settings(home=tmp_path / "home", database_url=sqlite_engine.url.render_as_string(hide_password=False))
    with TestClient(create_app(settings, clock=lambda: NOW), raise_server_exceptions=False) as client:
        answer = put(client, **changes)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert not (settings.home / "maps").exists()
