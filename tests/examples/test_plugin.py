"""The example plugin is built, installed beside Vedette and found by its entry point, so the extension API cannot rot."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests import packets

PLUGIN = Path(__file__).parents[2] / "examples/plugin"
LINE = "2026-01-15T10:00:00+00:00 gate doorbelld[7]: wrong code for ann at keypad 192.0.2.17\n"
BROKEN = "[vedette.messages]\nbroken = no_such_module_anywhere\n"


def vedette(words, *paths, stdin=""):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "vedette", *words]
    done = subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def parse(*paths):
    return vedette(["parse", "-q", "-"], *paths, stdin=LINE)


def install(target, cwd):
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(PLUGIN)], check=True, cwd=cwd)


def capture(path):
    """Two packets to the door bell's unlock port."""
    frame = packets.ethernet(packets.ip("203.0.113.9", "192.0.2.17", 17, packets.udp(4000, 7077, b"open")))
    path.write_bytes(packets.pcap([(1_768_435_200 * 10**9 + number, frame) for number in range(2)]))
    return str(path)


def test_plugin_reads_what_vedette_alone_does_not(tmp_path):
    target = tmp_path / "installed"
    install(target, tmp_path)
    status, out, err = parse(target)
    assert status == 0, err
    event = json.loads(out)
    assert event["event.dataset"] == "doorbell"
    assert (event["user.name"], event["source.ip"], event["event.outcome"]) == ("ann", "192.0.2.17", "failure")
    assert json.loads(parse()[1])["event.dataset"] != "doorbell"


def test_a_plugin_that_cannot_be_imported_is_told_in_one_line(tmp_path):
    info = tmp_path / "broken-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(BROKEN)
    status, _, err = parse(tmp_path)
    assert status == 2
    assert "'broken' cannot be imported" in err
    assert "fix:" in err
    assert "Traceback" not in err


def test_plugin_detects_in_packets_what_vedette_alone_does_not(tmp_path):
    target = tmp_path / "installed"
    install(target, tmp_path)
    words = ["scan", "-q", "--format", "jsonl", capture(tmp_path / "bell.pcap")]
    status, out, err = vedette(words, target)
    assert status == 1, err
    (alert,) = map(json.loads, out.splitlines())
    assert (alert["rule.id"], alert["source.ip"], alert["event.count"]) == ("doorbell-unlock", "203.0.113.9", 2)
    assert vedette(words)[0] == 0


ROUTES = """
from pathlib import Path
from vedette.api.app import create, routes
from vedette.config.tree import Tree
from vedette.store.store import open_store
open_store(Path("data")).close()
with open_store(Path("data"), writer=False) as store:
    print(*(route.path for route in routes(create(Tree(), store))))
"""


def test_plugins_routes_are_served_beside_the_built_in_ones(tmp_path):
    target = tmp_path / "installed"
    install(target, tmp_path)
    for paths, there in (((target,), True), ((), False)):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])}
        done = subprocess.run([sys.executable, "-c", ROUTES], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "/api/v1/users" in done.stdout.split()
        assert ("/api/v1/doorbell" in done.stdout.split()) == there


def test_a_network_module_that_fails_is_counted_and_the_others_go_on(tmp_path):
    target = tmp_path / "installed"
    install(target, tmp_path)
    info = tmp_path / "bad-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[vedette.network]\nbad = bad_detector\nmissing = no_such_module_anywhere\n")
    (tmp_path / "bad_detector.py").write_text("def begin(): return 0\n\ndef step(state, batch, records): raise ValueError('oh')\n")
    _, out, _ = vedette(["scan", "-q", "--format", "json", capture(tmp_path / "bell.pcap")], tmp_path, target)
    assert [alert["rule.id"] for alert in json.loads(out)["alerts"]] == ["doorbell-unlock"]
    assert "network module bad: ValueError: oh" in out
    assert "network module missing: ComponentError" in out
