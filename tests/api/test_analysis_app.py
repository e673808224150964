"""The analysis page alone, as a serverless host runs it: no store, no files, limits."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from vedette.api import analysis

LOG = (Path(__file__).parents[2] / "src/vedette/rules/demo/recording/auth.log").read_bytes()


@pytest.fixture
def client() -> TestClient:
    return TestClient(analysis.create(most=1 << 20, per_minute=5), raise_server_exceptions=False)


def test_a_log_is_judged_and_nothing_is_written(client, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    answer = client.post("/api/v1/analyze?name=auth.log", content=LOG)
    assert answer.json()["threat.level"] == "critical"
    # Compiled rules may be kept, and nothing else.
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "vedette"] == []
    assert not any(b"203.0.113.45" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    shown = client.post("/api/v1/analyze", content=LOG, headers={"Accept": "text/html"}).text
    assert "Somebody got in" in shown
    assert "<script" not in shown


def test_the_page_and_its_headers(client) -> None:
    answer = client.get("/")
    assert "At most 1 MiB" in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert client.get("/analysis.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/analysis.css").status_code == 200
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/nothing").headers["content-type"] == "application/problem+json"


def test_limits(client) -> None:
    assert client.post("/api/v1/analyze", content=bytes(2 << 20)).status_code == 413
    assert client.post("/api/v1/analyze", content=iter([bytes(1 << 20), bytes(1 << 20)])).status_code == 413
    assert client.post("/api/v1/analyze", content=b"").status_code == 422
    assert client.post("/api/v1/analyze?sensitivity=x", content=b"x").status_code == 422
    codes = [client.post("/api/v1/analyze", content=b"").status_code for _ in range(6)]
    assert codes[-1] == 429
