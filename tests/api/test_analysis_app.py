"""The analysis page alone, as a serverless host runs it: no store, no files, limits."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import httpx
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


@pytest.fixture
def served(tmp_path):
    """(URL, process) of the application as a host runs it, for uploads of up to 50 MB."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", "--fd", str(listening.fileno()), "--log-level", "error", "vedette.api.analysis:app"]
        environment = {**os.environ, "MAX_LOG_SIZE": "50MB"}
        with subprocess.Popen(command, pass_fds=[listening.fileno()], env=environment, cwd=tmp_path) as process:
            try:
                yield f"http://127.0.0.1:{port}", process
            finally:
                process.terminate()


def test_fifty_megabytes_are_read_whole_in_bounded_memory_and_a_byte_more_is_refused(served) -> None:
    url, process = served

    def peak() -> int:
        return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) >> 10

    size = 50_000_000
    quiet = b"Feb  1 10:00:01 web1 CRON[%d]: pam_unix(cron:session): session opened for user root by (uid=0)\n"
    data = (LOG + b"".join(quiet % (1000 + number % 9000) for number in range(size // 80)))[:size]
    with httpx.Client(base_url=url, timeout=300) as client:
        assert client.post("/api/v1/analyze", content=LOG).json()["threat.level"] == "critical"
        before = peak()
        made = client.post("/api/v1/analyze", content=data).json()
        assert made["threat.level"] == "critical"
        assert made["figures"]["records"] == data.count(b"\n") + (not data.endswith(b"\n"))
        assert "8.0 MiB of" in " ".join(made["notes"])
        # The bytes as they came, once more to read from, and batches of 16 MiB with what is made of them.
        assert peak() - before < 400
        assert client.post("/api/v1/analyze", content=data + b"x").status_code == 413
        assert client.get("/healthz").json() == {"status": "ok"}
