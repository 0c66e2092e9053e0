"""What an officer of Yichang learns of Wuhan: nothing. Every operation is asked before Wuhan's rows are there and after; no answer may differ.

That holds lists, counts, exports, cursors, numbers and reports at once, and new operations without being told: path parameters are filled by name from
`tests/api/two_cities.py`, query parameters that could be used to guess are tried one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api import home
from api.access import Access, operations
from api.app import create_app
from risk.domain.authority import Grant, Principal, Scope, permissions_of
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.api import two_cities
from tests.api.accounts_world import new_account
from tests.api.two_cities import MARK, NOT_OF_A_PLACE, OFFICES, PLAIN, WUHAN, YICHANG, tables_of
from tests.risk.disposal_world import NOW

ROLES = ("analyst", "approver", "data_scientist", "officer", "office_head", "leader")
"""Everything that has to do with cases; administrators hold no permission on them."""

ASKS_THE_REGISTRY = frozenset(
    {"/api/v1/models/{model}/versions/{version}", "/api/v1/models/{model}/versions/{version}/dossier", "/api/v1/models/{model}/compare"}
)
"""Of the registry of models, which holds no row of a place; opening it takes seconds."""

OF_NO_PLACE = frozenset({"/openapi.json", "/docs", "/healthz", "/readyz"})
"""The description of the interface, which is long, and the state of the machine, which changes by itself."""

GUESSES = {
    "region": ("420100", WUHAN),
    "subject": (f"{MARK}2主体0",),
    "office": (OFFICES[WUHAN],),
    "source": (MARK,),
    "actor": (MARK,),
    "officer": (MARK,),
    "owner": (MARK,),
    "q": (MARK,),
    "text": (MARK,),
    "limit": ("1",),
}
"""Query parameter → what somebody would try who wants to know whether Wuhan has such a thing. Ids are tried for parameters named as in `PARTS`, too."""

BODIES: dict[str, Any] = {
    "/api/v1/case-files/{case_file_id}/attachments": {"files": {"file": ("note.txt", b"note", "text/plain")}},
    "/api/v1/random-plans/{plan_id}/results": {"files": {"file": ("results.csv", b"number,result,inspected_on,facts\n", "text/csv")}},
}
"""Path → a body that passes the checks of an operation, where the example in its description does not."""

EACH_TIME = re.compile("date|content-security-policy|server-timing|.*trace.*|ratelimit-.*")
"""Headers that no two answers share."""

SAME_FOR_ALL = ("/api/v1/rules", "/api/v1/rule-editor", "/api/v1/models", "/api/v1/verdicts/taxonomy", "/api/v1/calendar")
"""What begins so holds no row of a place but what is tried without filters."""

LIGHT = {"/api/v1/models": {"versions": "false"}}


@dataclass(frozen=True)
class Asked:
    """The service as one person of Yichang sees it, what it answered before and after Wuhan's rows were there, and one of those in each table."""

    client: TestClient
    settings: Settings
    before: dict[str, list[Any]]
    after: dict[str, list[Any]]
    theirs: dict[str, int]


@pytest.fixture(scope="module")
def asked(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Asked once for all tests; the person holds every permission on cases, within Yichang market supervision."""
    folder = tmp_path_factory.mktemp("scope")
    path = folder / "risk.db"
    path.write_bytes(sqlite_template.read_bytes())
    settings = Settings(
        home=folder / "home", database_url=f"sqlite:///{path}", rate="off"
    )  # thousands of questions within a minute are the test, not haste
    app = create_app(settings, clock=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False) as client:
        person = Principal(
            "宜昌王五",
            permissions_of(ROLES),
            Scope((Grant("420500", "market_supervision"),)),
            ROLES,
            account_id=_person(settings),
            office_code=OFFICES[YICHANG],
        )
        app.state.services.identity.principal = lambda _request: person
        ours = _add(settings, two_cities.yichang)
        guessed = {table: number + 1 for table, number in ours.items()}
        before = _everything(client, ours, guessed)
        theirs = _add(settings, two_cities.wuhan)
        yield Asked(client, settings, before, _everything(client, ours, guessed), theirs)


def _person(settings: Settings) -> int:
    engine = open_engine(settings.database_url)
    try:
        with transaction(engine) as conn:
            two_cities.offices(conn)
        return new_account(engine, ["officer"], [("420500", "market_supervision")], OFFICES[YICHANG], name="宜昌王五")
    finally:
        engine.dispose()


def _add(settings: Settings, part: Any) -> dict[str, int]:
    engine = open_engine(settings.database_url)
    try:
        with transaction(engine) as conn:
            return dict(part(conn))
    finally:
        engine.dispose()


def _within(client: TestClient) -> list[Access]:
    """The operations that are cut to a scope for this person; which others are refused is the matrix's matter (`test_access`)."""
    held = permissions_of(ROLES)
    every = operations(client.app)  # type: ignore[arg-type]
    return [one for one in every if one.open_to(held) and not one.whole and one.path not in ASKS_THE_REGISTRY | OF_NO_PLACE]


def _filled(one: Access, ids: Mapping[str, int]) -> list[str]:
    """The path with its parts filled; none where there is no row to name."""
    parts = re.findall(r"\{(\w+)(?::\w+)?\}", one.shown)
    unknown = [name for name in parts if tables_of(name) is None and name not in PLAIN]
    assert not unknown, f"{one.method} {one.shown}: say in tests/api/two_cities.py (PARTS or PLAIN) what the path parameter {unknown} takes"
    paths = [one.shown]
    for name in parts:
        values = [PLAIN[name]] if name in PLAIN else [str(ids[table]) for table in tables_of(name) or () if table in ids]
        paths = [re.sub(r"\{" + name + r"(:\w+)?\}", value, path) for path in paths for value in values]
    return paths


def _queries(one: Access, described: Mapping[str, Any], theirs: Mapping[str, int]) -> list[dict[str, str]]:
    """Nothing, and each parameter that somebody could guess with."""
    plain = LIGHT.get(one.path, {})
    tried: list[dict[str, str]] = [dict(plain)]
    if one.path.startswith(SAME_FOR_ALL):
        return tried
    for parameter in described["paths"].get(one.path, {}).get(one.method.lower(), {}).get("parameters", ()):
        if parameter["in"] == "query":
            name = parameter["name"]
            options = [each for each in parameter["schema"].get("anyOf", (parameter["schema"],)) if "enum" in each]
            values = [str(value) for each in options for value in each["enum"]] or list(GUESSES.get(name, ()))
            values += [str(theirs[table]) for table in tables_of(f"{name.removesuffix('_id')}_id") or () if table in theirs]
            tried += [{**plain, name: value} for value in values]
    return tried


def _said(answer: Any) -> tuple[int, str, str]:
    """Status, text and headers of an answer, without what is new each time."""
    text = re.sub(r"nonce[-=]\"?[\w-]+", "nonce", answer.text)
    headers = {name: value for name, value in sorted(answer.headers.items()) if not EACH_TIME.fullmatch(name)}
    return answer.status_code, text, json.dumps(headers, ensure_ascii=False)


def _walk(client: TestClient, path: str, query: Mapping[str, str]) -> list[tuple[int, str, str]]:
    """The answer; of a list page by page, three at most."""
    found, cursor = [], None
    for _ in range(3):
        answer = client.get(path, params={**query, **({"cursor": cursor} if cursor else {})})
        found.append(_said(answer))
        told = answer.json() if answer.headers.get("content-type", "") == "application/json" else None
        cursor = told.get("cursor") if isinstance(told, dict) else None
        if not isinstance(cursor, str):
            break
    return found


def _everything(client: TestClient, ours: Mapping[str, int], theirs: Mapping[str, int]) -> dict[str, Any]:
    described = _described(client)
    return {
        f"{path}?{json.dumps(query, ensure_ascii=False)}": _walk(client, path, query)
        for one in _within(client)
        if one.method == "GET"
        for path in _filled(one, ours)
        for query in _queries(one, described, theirs)
    }


def _difference(asked: str, before: list[Any], after: list[Any]) -> str:
    """Where two answers part, shortly."""
    for one, other in zip(before, after, strict=False):
        if one != other:
            first, second = " ".join(map(str, one)), " ".join(map(str, other))
            at = max(next((i for i, pair in enumerate(zip(first, second, strict=False)) if pair[0] != pair[1]), 0) - 60, 0)
            return f"{asked}\n   before …{first[at : at + 200]}\n   after  …{second[at : at + 200]}"
    return f"{asked}: {len(before)} pages before, {len(after)} after"


def test_no_answer_differs_when_wuhan_is_there(asked: Asked) -> None:
    before, after = asked.before, asked.after
    told = [_difference(query, before[query], after[query]) for query in before if before[query] != after[query]]
    assert not told, f"{len(told)} answers differ:\n" + "\n".join(told)


def test_the_questions_are_answered_and_hold_what_is_yichangs(asked: Asked) -> None:
    broken = [query for query, answers in asked.after.items() if any(status >= 500 for status, _, _ in answers)]
    assert not broken, broken
    assert sum(answers[0][0] == 200 for answers in asked.after.values()) > len(asked.after) / 2
    lists = ["/api/v1/signals?{}", "/api/v1/alerts?{}", "/api/v1/tasks?{}", "/api/v1/verdicts?{}", "/api/v1/reports?{}", "/api/v1/runs?{}"]
    assert all('"items":[{' in asked.after[query][0][1] for query in lists)


def test_what_is_wuhans_is_not_found_by_any_method_and_nothing_changes(asked: Asked) -> None:
    client, stored = asked.client, _stored(asked.settings)
    groups = home.operations(_described(client), "en")
    examples = {(row["method"], row["path"]): row["example"] for group in groups for row in group["operations"]}
    tried, wrong = 0, []
    for one in _within(client):
        named = re.findall(r"\{(\w+)", one.shown)
        if not any(tables_of(name) for name in named if name not in PLAIN):
            continue
        nothing = _code(_sent(client, one, _filled(one, dict.fromkeys(asked.theirs, 987_654_321))[0], examples))
        for path in _filled(one, asked.theirs):
            tried += 1
            answer = _sent(client, one, path, examples)
            if answer.status_code != 404 or _code(answer) != nothing or MARK in answer.text:
                wrong.append(f"{one.method} {path}: {answer.status_code} {answer.text[:300]}")
    assert not wrong, f"{len(wrong)} of {tried}:\n" + "\n".join(wrong)
    assert tried > 30
    assert _stored(asked.settings) == stored


def _described(client: TestClient) -> dict[str, Any]:
    """The description, which the application makes once and keeps."""
    return dict(client.app.openapi())  # type: ignore[attr-defined]


def _sent(client: TestClient, one: Access, path: str, examples: Mapping[tuple[str, str], str]) -> Any:
    """The answer to an operation with a body that passes its checks: of `BODIES`, or the example in the description."""
    if one.path in BODIES:
        return client.request(one.method, path, **BODIES[one.path])
    example = examples.get((one.method, one.path), "")
    body = json.loads(example) if example else None
    operation = _described(client)["paths"].get(one.path, {}).get(one.method.lower(), {})
    query = {p["name"]: "1" for p in operation.get("parameters", ()) if p["in"] == "query" and p.get("required")}
    if isinstance(body, dict):
        body.pop("actor", None)  # who is signed in acts
    return client.request(one.method, path, params=query, json=body) if example else client.request(one.method, path, params=query)


def _code(answer: Any) -> str:
    return str(answer.json().get("code")) if "json" in answer.headers.get("content-type", "") else ""


def _stored(settings: Settings) -> dict[str, str]:
    """What every table of a place holds."""
    engine = open_engine(settings.database_url)
    try:
        with engine.connect() as conn:
            tables = [table for name, table in t.metadata.tables.items() if name not in NOT_OF_A_PLACE]
            return {table.name: repr(sorted(map(repr, conn.execute(table.select())))) for table in tables}
    finally:
        engine.dispose()
