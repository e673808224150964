"""The dashboard in a real browser, on the real API and the store that `vedette demo` leaves; and the files that serve it.

The browser's part needs Node.js, Chromium and the built dashboard (`make web`, `npm ci` in web/); it is skipped, and says why,
where one is missing.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.ai.model.servers import serving as speaking
from vedette.api.app import create
from vedette.api.routes import web
from vedette.config.tree import Tree
from vedette.store.store import open_store

ROOT = Path(__file__).parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), "/usr/bin/chromium")
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT / "src"),
    "CHROMIUM": CHROMIUM,
    "TEST_AI_KEY": "test-key-0123456789",
}
LINK = re.compile(r"http://127\.0\.0\.1:\d+/\S*#link=\S+")


def missing() -> str:
    needed = {
        "node is not installed": shutil.which("node"),
        f"no Chromium at {CHROMIUM}": Path(CHROMIUM).exists(),
        "the dashboard is not built: make web": (web.DIST / "index.html").is_file(),
        "playwright-core is not there: npm ci --ignore-scripts in web/": (
            ROOT / "web/node_modules/playwright-core"
        ).is_dir(),
    }
    return "; ".join(what for what, there in needed.items() if not there)


def isolated() -> list[str]:
    """A network of its own for the agent, where there can be one: its table in the kernel is not that of this machine."""
    command = ["unshare", "-n"]
    able = (
        shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    )
    return command if able else []


@pytest.fixture
def client(tmp_path, monkeypatch) -> Iterator[TestClient]:
    monkeypatch.setattr(web, "DIST", tmp_path / "dist")
    with open_store(tmp_path / "data") as store:
        yield TestClient(create(Tree(data_dir=tmp_path / "data"), store), "http://localhost")


def test_without_a_build_it_says_what_to_do(client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.text.splitlines()[0]) == (503, "The dashboard is not built: make web")


def test_pages_and_files_are_served_and_nothing_else(client) -> None:
    assets = web.DIST / "assets"
    assets.mkdir(parents=True)
    (web.DIST / "index.html").write_text("<!doctype html>")
    (assets / "a-1.js").write_text("1")
    (web.DIST / "secret").write_text("no")
    for path in ("/", "/incidents/5b0c", "/search?q=x"):
        answer = client.get(path)
        assert answer.text == "<!doctype html>"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-cache"
    assert "immutable" in client.get("/assets/a-1.js").headers["cache-control"]
    for path in ("/assets/..%2fsecret", "/assets/%2e%2e", "/assets/b.js", "/api", "/api/v1/nothing", "/assets/"):
        assert client.get(path).headers["content-type"] == "application/problem+json", path
    assert client.delete("/api/v1/nothing").status_code == 404


@pytest.mark.live
@pytest.mark.timeout(1500)
def test_an_analyst_works_with_it(tmp_path) -> None:
    if lacks := missing():
        pytest.skip(lacks)
    vedette = [sys.executable, "-m", "vedette"]
    data, shots = tmp_path / "data", Path(os.environ.get("SCREENSHOTS", tmp_path))
    demo = [*vedette, "demo", "--once", "--no-live", "--data", str(data)]
    subprocess.run(demo, env=ENVIRONMENT, capture_output=True, check=True, timeout=300)
    (tmp_path / "quiet").mkdir()
    alone = isolated()
    config = tmp_path / "agent.yaml"
    config.write_text(
        f"data_dir: {data}\nsources:\n  - {{type: files, name: quiet, paths: [{tmp_path / 'quiet'}]}}\n"
        f"blocking: {{mode: {'dry-run' if alone else 'off'}}}\napi: {{listen: null}}\n"
    )
    model, there = ExitStack(), ["agent"] if alone else []
    if find_spec("pydantic_ai"):
        wire = model.enter_context(speaking("openai"))
        summary = (
            "Somebody <b>guessed</b>. He got in. Then he looked around for a while, and left with what he had found."
        )
        wire.script = [{"summary": summary, "threat_level": "high", "remarks": []}]
        wire.between = lambda: awaited(shots / "heard")
        with config.open("a") as more:
            more.write(f"ai: {{provider: openai, model: gpt-4o-mini, base_url: '{wire.url}', key_env: TEST_AI_KEY}}\n")
        there.append("model")
    said = (tmp_path / "agent.log").open("w+")
    serving = {**ENVIRONMENT, "VEDETTE_API__LISTEN": "127.0.0.1:0"}
    agent = subprocess.Popen(
        [*alone, *vedette, "run", "--config", str(config)], env=ENVIRONMENT, stdout=said, stderr=said
    )
    server = None
    try:
        started(tmp_path / "agent.log", agent)
        serve = [*vedette, "serve", "--link", "incidents/worst", "--config", str(config)]
        server = subprocess.Popen(serve, env=serving, stdout=subprocess.PIPE, stderr=said, text=True)
        assert server.stdout is not None
        link = next((found[0] for line in server.stdout if (found := LINK.search(line))), None)
        assert link, (tmp_path / "agent.log").read_text()
        journey = ["node", "e2e/journey.mjs", link, str(shots), str(tmp_path / "quiet"), *there]
        done = subprocess.run(
            journey, cwd=ROOT / "web", env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=900
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert " pages looked at" in done.stdout
        assert "settings and rules reloaded" in (tmp_path / "agent.log").read_text()
    finally:
        for process in filter(None, (server, agent)):
            process.terminate()
            process.wait(30)
        model.close()


def awaited(path: Path) -> None:
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.1)


def started(log: Path, agent: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        if '"started"' in log.read_text():
            return
        assert agent.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
