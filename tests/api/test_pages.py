"""The start page and the reference: self-contained, in both languages, and true."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api import workbench


@pytest.mark.parametrize(
    ("lang", "says"),
    [("zh", ("涉嫌虚假医疗广告", "守恒", "待签收 2", "非法集资·企业")), ("en", ("suspected false", "balanced", "2 to sign"))],
)
def test_the_start_page_shows_the_chain(client: TestClient, world: datetime, lang: str, says: tuple[str, ...]) -> None:
    page = client.get("/start", params={"lang": lang}).text
    for text in says:
        assert text in page
    assert page.count('class="node ') == 8
    assert "主体0" not in page  # no subject is named before a verdict


def test_the_first_page_is_the_workbench_where_there_is_one(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "FOLDER", tmp_path)
    answer = client.get("/?lang=en", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/start?lang=en")
    (tmp_path / "index.html").write_text("<!doctype html>")
    assert client.get("/", follow_redirects=False).headers["location"] == "/ui/"


@pytest.mark.parametrize("path", ["/start", "/docs"])
def test_pages_ask_nothing_of_other_hosts(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", answer.text)
    nonces = re.findall(r'<script nonce="([^"]+)"', answer.text)
    assert all(nonce in answer.headers["content-security-policy"] for nonce in nonces)
    assert answer.text.count("<script") == len(nonces)


def test_an_empty_service_says_where_to_begin(client: TestClient) -> None:
    assert "risk demo" in client.get("/start", headers={"Accept-Language": "zh"}).text
    assert "Start here" in client.get("/start", headers={"Accept-Language": "en-GB"}).text


def test_the_reference_lists_the_operations(client: TestClient) -> None:
    page = client.get("/docs?lang=en").text
    assert "/api/v1/assessments/preview" in page
    assert "Judge a text without storing it" in page


def test_nothing_heavy_is_loaded_at_start() -> None:
    code = (
        "import sys; from api.app import create_app; create_app(); "
        "print([m for m in ('pandas', 'sklearn', 'lightgbm', 'mlflow', 'scipy', 'jieba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
