"""Back-tests and the health of rules over HTTP: asked for, looked at, refused, cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from risk.settings import Settings
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import NOW
from tests.risk.run_world import CURE, PLAIN, put

V1 = "/api/v1/rule-evidence"
RULE = """
rule mine "自己的" / "mine"
  model false_medical_advertising
  severity high
  when text has any of "根治" and text has any of "糖尿病"
  because zh "宣称“{hit}”，涉嫌断言疗效" en "claims \\"{hit}\\": suspected assertion"
"""


@pytest.fixture
def posted(settings: Settings) -> None:
    """A week of signals."""
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        put(conn, [CURE, PLAIN, CURE], at=NOW - timedelta(days=3))
        put(conn, [CURE, PLAIN], at=NOW - timedelta(days=1), tag="u")
    engine.dispose()


def _ask(client: TestClient, body: dict[str, Any], status: int = 202) -> Any:
    answer = client.post(f"{V1}/backtests", json={"actor": "张三", **body})
    assert answer.status_code == status, answer.text
    if status == 202:
        number = answer.json()["id"]
        assert answer.headers["Location"] == f"{V1}/backtests/{number}"
        assert client.app.state.services.background.wait(60)  # type: ignore[attr-defined]
        return client.get(answer.headers["Location"]).json()
    return answer.json()


@pytest.mark.usefixtures("posted")
def test_a_rule_is_tried_and_the_rules_in_service_are_examined(client: TestClient) -> None:
    told = _ask(client, {"text": RULE})
    assert (told["backtest"]["status"], told["backtest"]["done"], told["backtest"]["units"]) == ("done", 5, 5), told
    (one,) = told["result"]["rules"]
    assert (one["rule"], one["standing"], one["hits"], one["misses"]) == ("mine", "new", 3, 2)
    assert client.get(f"{V1}/health").json() == []
    early = _ask(
        client, {"model": "false_medical_advertising", "rules": ["guaranteed_cure"], "until": (NOW - timedelta(days=2)).isoformat()}
    )
    assert [(r["rule"], r["standing"], r["hits"]) for r in early["result"]["rules"]] == [("guaranteed_cure", "live", 2)]
    _ask(client, {"model": "false_medical_advertising", "since": (NOW - timedelta(days=2)).isoformat()})
    (report,) = client.get(f"{V1}/health", params={"model": "false_medical_advertising"}).json()
    found = {rule["rule"]: rule for rule in report["rules"]}
    assert found["guaranteed_cure"]["expected"] == {"hits": 2, "of": 3, "share": 2 / 3, "backtest": early["backtest"]["id"]}
    assert found["guaranteed_cure"]["hits"] == 1
    listed = client.get(f"{V1}/backtests", params={"hash": told["backtest"]["hash"]}).json()
    assert [row["id"] for row in listed["items"]] == [told["backtest"]["id"]]
    assert len(client.get(f"{V1}/backtests", params={"status": "done"}).json()["items"]) == 3


@pytest.mark.usefixtures("posted")
def test_what_cannot_be_tried_is_refused_at_once(client: TestClient) -> None:
    assert _ask(client, {"text": RULE, "stored": ["x@1"]}, 422)["code"] == "backtest_one_source"
    assert _ask(client, {"text": 'rule a "x" when text hass'}, 422)["code"] == "backtest_rules_broken"
    assert _ask(client, {"stored": ["no_such_rule@1"]}, 404)["code"] == "rule_not_found"
    assert _ask(client, {}, 422)["code"] == "backtest_no_rules"
    assert _ask(client, {"text": RULE, "until": (NOW - timedelta(days=30)).isoformat()}, 422)["code"] == "backtest_period"
    assert client.get(f"{V1}/backtests").json()["items"] == []


def test_an_empty_store_has_no_history(client: TestClient) -> None:
    assert _ask(client, {"text": RULE}, 422)["code"] == "backtest_empty_store"


@pytest.mark.usefixtures("posted")
def test_one_at_a_time_and_cancelled_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from risk.domain.errors import ConflictError
    from risk.scheduling.background import Background

    def busy(*_: object) -> None:
        raise ConflictError("use_case_busy", use_case="backtest", holder="x")

    with monkeypatch.context() as patched:
        patched.setattr(Background, "start", busy)
        assert _ask(client, {"text": RULE}, 409)["code"] == "use_case_busy"
    (row,) = client.get(f"{V1}/backtests").json()["items"]
    assert row["status"] == "cancelled"
    again = client.post(f"{V1}/backtests/{row['id']}/cancel", json={"actor": "张三"})
    assert (again.status_code, again.json()["code"]) == (409, "backtest_over")
    assert client.get(f"{V1}/backtests/99").json()["code"] == "backtest_not_found"
