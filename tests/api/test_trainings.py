"""What models learnt and what is due, as the interface tells it."""

from __future__ import annotations

from sqlalchemy import insert
from starlette.testclient import TestClient

from risk.scoring.keys import TEXT_KEYS
from risk.settings import Settings
from risk.storage import tables as t
from risk.storage.engine import open_engine, transaction
from tests.risk.disposal_world import NOW
from tests.risk.run_world import MED

AT = "/api/v1/trainings"


def test_trainings_are_listed_newest_first_and_found_by_number(client: TestClient, settings: Settings) -> None:
    assert client.get(AT).json()["items"] == []
    engine = open_engine(settings.database_url)
    with transaction(engine) as conn:
        for number, decision in enumerate(("first", "promoted")):
            row = {
                "key": f"k{number}",
                "model": MED,
                "as_of": NOW,
                "status": "done",
                "decision": decision,
                "started_at": NOW,
                "ended_at": NOW,
            }
            conn.execute(
                insert(t.trainings).values({**row, "challenger": str(number + 1), "detail": {"reasons": ["labels"], "labels": 60}})
            )
    engine.dispose()
    page = client.get(AT, params={"model": MED, "limit": 1}).json()
    (row,) = page["items"]
    assert (row["decision"], row["decision_zh"], row["decision_en"], row["reasons"]) == ("promoted", "晋级", "promoted", ["labels"])
    older = client.get(AT, params={"model": MED, "limit": 1, "cursor": page["cursor"]}).json()["items"]
    assert [one["decision_zh"] for one in older] == ["首个版本上线"]
    assert client.get(f"{AT}/{row['id']}").json() == row
    assert client.get(f"{AT}/999").json()["code"] == "training_not_found"


def test_the_state_says_what_is_due_of_every_model(client: TestClient) -> None:
    told = client.get(f"{AT}/state").json()
    assert [one["key"] for one in told] == list(TEXT_KEYS)
    assert {(one["champion"], one["shadow"], one["due"]["new_labels"]) for one in told} == {(None, None, 0)}
