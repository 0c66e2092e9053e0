"""The description: complete enough to write a client from, and true about refusals."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.home import operations
from risk.domain.report_formats import MEDIA
from risk.services.paging import LARGEST_ID
from risk.settings import Settings


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return create_app(Settings(Path("nowhere"), "sqlite://")).openapi()


def _operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, operation) for path, methods in schema["paths"].items() for method, operation in methods.items()]


def test_every_operation_is_named_in_both_languages(schema: dict[str, Any]) -> None:
    for path, method, operation in _operations(schema):
        assert " / " in operation["summary"], (method, path)
        assert len(operation["tags"]) == 1
        assert operation["description"]
    assert len({operation["operationId"] for _, _, operation in _operations(schema)}) == len(_operations(schema))


def test_refusals_are_declared_as_problems(schema: dict[str, Any]) -> None:
    for path, method, operation in _operations(schema):
        answers = operation["responses"]
        wanted = {"403", "422"} | ({"404"} if "{" in path else set())
        assert wanted <= set(answers), (method, path)
        if method == "post" and "/tasks/{task_id}/" in path:
            assert "409" in answers
        for status, answer in answers.items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


def test_the_ways_to_come_in_are_described(schema: dict[str, Any]) -> None:
    assert {name: one["type"] for name, one in schema["components"]["securitySchemes"].items()} == {"session": "apiKey", "key": "http"}
    assert {} in schema["security"]


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    def walk(part: Any) -> None:
        if isinstance(part, dict):
            if "$ref" in part:
                assert part["$ref"].rpartition("/")[2] in schema["components"]["schemas"]
            for inner in part.values():
                walk(inner)
        elif isinstance(part, list):
            for inner in part:
                walk(inner)

    walk(schema)


def test_answers_have_a_shape(schema: dict[str, Any]) -> None:
    for path, method, operation in _operations(schema):
        status, answer = next((s, a) for s, a in operation["responses"].items() if s.startswith("2"))
        if status != "204":
            assert any(content["schema"] for content in answer["content"].values()), (method, path)


def test_the_reader_shows_every_operation_with_an_example(schema: dict[str, Any]) -> None:
    shown = [one for group in operations(schema, "zh") for one in group["operations"]]
    assert len(shown) == len(_operations(schema))
    bodies = {(path, method.upper()) for path, method, operation in _operations(schema) if "requestBody" in operation}
    assert all(one["example"] for one in shown if (one["path"], one["method"]) in bodies)


def test_a_file_is_declared_as_what_it_is(schema: dict[str, Any]) -> None:
    for path, method, operation in _operations(schema):
        content = operation["responses"].get("200", {}).get("content", {})
        assert content.get("application/json", {}).get("schema", {}).get("type") != "string", (method, path)
    files = schema["paths"]["/api/v1/reports/issues/{report_id}/files/{format}"]["get"]["responses"]["200"]["content"]
    assert set(files) == {kind.partition(";")[0] for kind in MEDIA.values()}


def test_whole_numbers_that_are_sent_fit_into_a_database(schema: dict[str, Any]) -> None:
    found = [(where, part) for where, sent in _sent(schema) for part in _whole_numbers(schema, sent, frozenset())]
    assert len(found) > 300
    for where, part in found:
        assert part.get("maximum", part.get("exclusiveMaximum", inf)) <= float(LARGEST_ID), (where, part)  # the description rounds it


def _sent(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, method, operation in _operations(schema):
        for parameter in operation.get("parameters", ()):
            yield f"{method} {path} {parameter['name']}", parameter["schema"]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            yield f"{method} {path}", content.get("schema", {})


def _whole_numbers(schema: dict[str, Any], part: dict[str, Any], above: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Every place for a whole number in what is sent, but those with a list of values."""
    name = part.get("$ref", "").rpartition("/")[2]
    if name in above:
        return
    if name:
        yield from _whole_numbers(schema, schema["components"]["schemas"][name], above | {name})
    if part.get("type") == "integer" and "enum" not in part and "const" not in part:
        yield part
    inner = [*part.get("properties", {}).values(), part.get("items"), part.get("additionalProperties")]
    for one in (*inner, *(one for word in ("anyOf", "oneOf", "allOf") for one in part.get(word, ()))):
        if isinstance(one, dict):
            yield from _whole_numbers(schema, one, above)
