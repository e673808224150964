"""Two hundred scripts in everything that a log, a rule or a person can say, read back on every page in a real browser: with
the page's policy, and without it, so that it is not the policy alone that keeps them text."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.hostile import NOW, PAYLOADS, fill
from tests.web.test_dashboard import ENVIRONMENT, LINK, ROOT, missing
from vedette.model.account import AccountError
from vedette.store.store import open_store


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    if lacks := missing():
        pytest.skip(lacks)
    fill(tmp_path / "data")
    serving = {**ENVIRONMENT, "VEDETTE_API__LISTEN": "127.0.0.1:0", "VEDETTE_DATA_DIR": str(tmp_path / "data")}
    with (tmp_path / "serve.log").open("w") as said:
        command = [sys.executable, "-m", "vedette", "serve", "--link", "--data", str(tmp_path / "data")]
        server = subprocess.Popen(command, env=serving, stdout=subprocess.PIPE, stderr=said, text=True)
        try:
            assert server.stdout is not None
            found = next((found[0] for line in server.stdout if (found := LINK.search(line))), None)
            assert found, (tmp_path / "serve.log").read_text()
            yield found
        finally:
            server.terminate()
            server.wait(30)


@pytest.mark.live
@pytest.mark.parametrize("policy", ["policy", "bypass"])
def test_no_script_of_a_log_runs(link, policy) -> None:
    assert len(PAYLOADS) == 200
    done = subprocess.run(
        ["node", "e2e/hostile.mjs", link, str(len(PAYLOADS)), policy], cwd=ROOT / "web", env=ENVIRONMENT, capture_output=True,
        text=True, check=False, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "ok: 37 pages looked at" in done.stdout, done.stdout


def test_no_script_is_the_name_of_a_user(tmp_path) -> None:
    with open_store(tmp_path) as store:
        for text in PAYLOADS:
            with pytest.raises(AccountError):
                store.accounts.add(text, "viewer", None, NOW)
        assert store.accounts.users() == []
