"""The agent on a disk that is really full: it keeps what it read, says so, and goes on when there is space again."""

import os
import subprocess
import threading
from pathlib import Path

import pytest

from tests.runtime.test_agent import Place, failed, turns
from vedette.model.stored import AlertQuery

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")]


@pytest.fixture
def small(tmp_path):
    """A place whose data directory is a file system of 2 MiB."""
    place = Place(tmp_path)
    disk = tmp_path / "data"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=True)
    place.config.write_text(place.config.read_text() + "keep: {free: 0}\n")
    try:
        yield place, disk
    finally:
        for agent in list(place.agents):
            place.stop(agent)
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take all the space that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    return ballast


def test_a_full_disk_loses_and_doubles_nothing(small):
    place, disk = small
    agent = place.start()
    place.write(failed(1))
    turns(agent, lambda: agent.records == 1)
    ballast = fill(disk)
    place.write(*(failed(2 + n % 50) for n in range(500)))
    turns(agent, lambda: agent.health()["blocked"])
    assert any(event == "commit failed" for event, _ in place.said)
    assert agent.records == 1
    ballast.unlink()
    turns(agent, lambda: agent.records == 501)
    assert not agent.health()["blocked"]
    store = place.store()
    assert store.status().events == 501
    (alert,) = store.alerts(AlertQuery())
    assert alert.count == 501
    store.close()
    assert threading.active_count() < 50
