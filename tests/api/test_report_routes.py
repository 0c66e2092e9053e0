"""Reports and the exposure board over HTTP: made, read, printed, stepped through, compared; names of files that every system takes."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, unquote

import pytest
from starlette.testclient import TestClient

WHO = {"X-Actor": quote("张三")}


def step(client: TestClient, report: int, name: str, actor: str, **body: object) -> dict[str, object]:
    answer = client.post(f"/api/v1/reports/issues/{report}/{name}", json=body, headers={"X-Actor": quote(actor)})
    return {"status": answer.status_code, **answer.json()}


def test_a_report_from_draft_to_publication(client: TestClient, world: datetime) -> None:
    kinds = client.get("/api/v1/reports/kinds").json()
    assert [one["code"] for one in kinds] == ["daily", "weekly", "monthly", "special", "offices", "situation"]
    made = client.post("/api/v1/reports/issues", json={"kind": "monthly"}, headers=WHO)
    assert made.status_code == 201, made.text
    number, view = made.json()["id"], made.json()
    assert (view["state"], view["period"], view["steps"]) == ("draft", "2026-10", ["approve", "withdraw"])
    assert client.post("/api/v1/reports/issues", json={"kind": "monthly"}, headers=WHO).json()["id"] == number
    remark = {"chapter": "outlook", "text": "平稳", "version": view["version"]}
    assert client.post(f"/api/v1/reports/issues/{number}/remarks", json=remark, headers=WHO).json()["remarks"] == {"outlook": "平稳"}
    assert client.post(f"/api/v1/reports/issues/{number}/remarks", json=remark, headers=WHO).json()["code"] == "report_stale"
    dressing = {"values": {"copies": ["甲局"], "issuer": "省局"}}
    assert client.post(f"/api/v1/reports/issues/{number}/dressing", json=dressing, headers=WHO).json()["dressing"]["copies"] == ["甲局"]

    paper = client.get(f"/api/v1/reports/issues/{number}/document?lang=en").json()
    assert (paper["lang"], paper["chapters"][0]["title"]) == ("en", "1. Overall situation")
    numbers = [
        run for block in paper["chapters"][0]["blocks"] if block["type"] == "paragraph" for run in block["runs"] if isinstance(run, dict)
    ]
    assert (numbers[0]["value"], numbers[0]["shown"], numbers[0]["query"].startswith("/api/v1/signals?")) == (3, "3", True)
    assert client.get(f"/api/v1/reports/issues/{number}/numbers").json()["headline"]["signals"] == 3

    assert step(client, number, "approve", "张三")["code"] == "report_own"
    assert step(client, number, "approve", "李四")["state"] == "approved"
    assert step(client, number, "publish", "王厅")["code"] == "report_step"
    assert step(client, number, "sign", "王厅")["state"] == "signed"
    done = step(client, number, "publish", "王厅", number="鄂预〔2026〕3号")
    assert (done["state"], done["number"]) == ("published", "鄂预〔2026〕3号")
    assert client.get("/api/v1/reports?kind=monthly&state=published").json()["items"][0]["number"] == "鄂预〔2026〕3号"
    assert client.get("/api/v1/reports?kind=daily").json()["items"] == []

    compared = client.get(f"/api/v1/reports/issues/{number}/comparison").json()
    assert (compared["same"], compared["intact"], compared["differences"]) == (True, True, [])
    page = client.get(f"/api/v1/reports/issues/{number}/files/html?lang=zh")
    assert (page.status_code, "sandbox" in page.headers["content-security-policy"], "王厅" in page.text) == (200, True, True)
    name = unquote(page.headers["content-disposition"].split("''")[1])
    assert name == f"湖北省风险预警月报（2026年10月）-{number}.html"
    book = client.get(f"/api/v1/reports/issues/{number}/files/xlsx")
    assert (book.status_code, book.content[:2]) == (200, b"PK")
    assert client.get(f"/api/v1/reports/issues/{number}/files/exe").status_code == 422
    assert client.get("/api/v1/reports/issues/999/files/html").status_code == 404
    assert client.get("/api/v1/reports/latest").status_code == 404  # of a situation report none was made


@pytest.mark.parametrize(
    "asked", [{"kind": "hourly"}, {"kind": "daily", "period": "soon"}, {"kind": "special"}, {"kind": "daily", "cutoff": "x"}]
)
def test_what_cannot_be_made_is_refused(client: TestClient, world: datetime, asked: dict[str, str]) -> None:
    answer = client.post("/api/v1/reports/issues", json=asked, headers=WHO)
    assert (answer.status_code in (400, 422), "code" in answer.json()) == (True, True)


def test_the_exposure_board_over_http(client: TestClient, world: datetime) -> None:
    assert client.get("/api/v1/exposures").json() == {"items": [], "cursor": None}
    refused = client.post("/api/v1/exposures", json={"verdict_id": 9, "title": "题", "text": "文"}, headers=WHO)
    assert (refused.status_code, refused.json()["code"]) == (404, "exposure_verdict")
    for path in ("revise", "publish", "withdraw"):
        body = {"title": "题", "text": "文"} if path == "revise" else {"reason": "x"} if path == "withdraw" else {}
        answer = client.post(f"/api/v1/exposures/7/{path}", json=body, headers=WHO)
        assert (answer.status_code, answer.json()["code"]) == (404, "exposure_not_found")
