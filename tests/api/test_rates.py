"""One caller's haste is nobody else's trouble."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from risk.domain.errors import InvalidInputError
from risk.settings import Settings
from tests.risk.disposal_world import NOW


@pytest.fixture
def hurried(settings: Settings) -> Iterator[TestClient]:
    """A service that answers each caller three times an hour."""
    with TestClient(create_app(replace(settings, rate="3/hour"), clock=lambda: NOW)) as opened:
        yield opened


def test_beyond_the_rate_it_says_when_to_come_again(hurried: TestClient) -> None:
    answers = [hurried.get("/api/v1/alerts") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert [one.headers.get("RateLimit-Remaining") for one in answers[:3]] == ["2", "1", "0"]
    assert answers[3].json()["code"] == "rate_exceeded"
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 2 * 3600
    assert hurried.get("/api/v1/alerts", headers={"Cookie": "risk=another"}).status_code != 429
    assert hurried.get("/healthz").status_code == 200


def test_made_up_cookies_do_not_help_for_ever(hurried: TestClient) -> None:
    answers = [hurried.get("/api/v1/alerts", headers={"Cookie": f"risk={n}"}).status_code for n in range(31)]
    assert answers[:30].count(429) == 0
    assert answers[30] == 429


def test_a_rate_that_cannot_be_read_is_said_at_once(settings: Settings) -> None:
    app = create_app(replace(settings, rate="often"))
    with pytest.raises(InvalidInputError, match="RISK_RATE cannot be read: often"), TestClient(app) as client:
        client.get("/api/v1/alerts")


def test_off_is_no_limit(settings: Settings) -> None:
    with TestClient(create_app(replace(settings, rate="off"), clock=lambda: NOW)) as client:
        assert "RateLimit-Remaining" not in client.get("/api/v1/alerts").headers
