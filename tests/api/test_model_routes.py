"""Models over HTTP: an outside model is listed, shown as a page, approved by another person, promoted, rolled back; refusals have their codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from risk.bootstrap import register_outside
from risk.scoring import keys
from risk.services import model_approval
from risk.settings import Settings
from tests.risk.disposal_world import NOW

V1 = "/api/v1"
NAME = "sixth_risk"
CODE = """
import mlflow
class Half(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return [0.9 if "失联" in text else 0.1 for text in model_input["text"]]
mlflow.models.set_model(Half())
"""
SPEC = {
    "name": NAME,
    "title": ("第六类", "Sixth"),
    "question": ("是否涉嫌？", "Suspected?"),
    "basis": (("广告法", "28"),),
    "owner": ("甲处", "office A"),
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'risk.db'}")
    code = home / "code.py"
    code.write_text(CODE, encoding="utf-8")
    for _ in range(2):
        register_outside(SPEC, code, ["老板失联"], actor="甲", settings=settings, now=NOW)
    with TestClient(create_app(settings, clock=lambda: NOW), raise_server_exceptions=False) as opened:
        yield opened
    keys._registry.clear()


def _act(client: TestClient, path: str, status: int = 200, actor: str = "乙") -> dict[str, Any]:
    answer = client.post(f"{V1}/models/{NAME}{path}", json={"actor": actor, "reason": "看过"})
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_model_is_approved_promoted_and_rolled_back(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(row for row in client.get(f"{V1}/models").json() if row["key"] == NAME)
    assert (row["outside"], row["champion"], [v["registered_by"] for v in row["versions"]]) == (True, None, ["甲", "甲"])
    assert _act(client, "/versions/1/promote", 409)["code"] == "model_not_approved"
    assert _act(client, "/versions/1/approve", 409, actor="甲")["code"] == "model_own_approval"
    assert _act(client, "/versions/7/approve", 404)["code"] == "no_version"
    assert client.post(f"{V1}/models/{NAME}/rollback", json={}).json()["code"] == "actor_required"
    assert _act(client, "/versions/1/approve")["laws_broken"] == []
    monkeypatch.setattr(model_approval, "check", lambda *_: [])  # the same code again
    _act(client, "/versions/2/approve")
    for number in (1, 2):
        assert _act(client, f"/versions/{number}/promote")["version"]["aliases"] == ["champion"]
    assert _act(client, "/rollback")["version"]["version"] == 1
    assert _act(client, "/rollback", 409)["code"] == "no_earlier_champion"
    said = client.post(f"{V1}/assessments/preview", json={"text": "办卡后老板失联"}).json()
    assert [(one["grade"], one["model_version"]) for one in said if one["model"] == NAME] == [("red", "1")]


def test_the_dossier_is_a_page(client: TestClient) -> None:
    page = client.get(f"{V1}/models/{NAME}/versions/1/dossier", params={"lang": "en"})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "Suspected?" in page.text
    told = client.get(f"{V1}/models/{NAME}/versions/1/dossier", params={"format": "json"}).json()
    assert (told["kind"], told["registered"]["actor"]) == ("outside", "甲")
    assert client.get(f"{V1}/models/{NAME}/versions/9/dossier").json()["code"] == "model_version_not_found"


def test_two_versions_are_compared(client: TestClient) -> None:
    told = client.get(f"{V1}/models/{NAME}/compare", params={"first": 1, "second": 2}).json()
    assert "code" not in told, told
    assert (told["versions"], told["paired"]) == ([1, 2], [])


def test_what_is_no_model_is_told(client: TestClient) -> None:
    assert client.get(f"{V1}/models/nothing/versions/1/dossier").json()["code"] == "unknown_model"
    path = Path("models") / NAME
    assert client.get(f"{V1}/{path}/versions/0").status_code == 422
