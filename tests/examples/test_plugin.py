"""The example plugin is built, installed beside Vedette and found by its entry point, so the extension API cannot rot."""

import json
import os
import subprocess
import sys
from pathlib import Path

PLUGIN = Path(__file__).parents[2] / "examples/plugin"
LINE = "2026-01-15T10:00:00+00:00 gate doorbelld[7]: wrong code for ann at keypad 192.0.2.17\n"
BROKEN = "[vedette.messages]\nbroken = no_such_module_anywhere\n"


def parse(*paths):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, paths), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "vedette", "parse", "-q", "-"]
    done = subprocess.run(command, input=LINE, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_plugin_reads_what_vedette_alone_does_not(tmp_path):
    target = tmp_path / "installed"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(target), str(PLUGIN)], check=True, cwd=tmp_path)
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
