"""A writer in its own process, as fast as it can, rotating all the time, against a following source."""

import subprocess
import sys
from pathlib import Path

import pytest

from vedette.collect.sources import files
from vedette.model.records import Json

WRITER = r"""
import os, sys
path, mode, rounds, lines = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND
out, number = os.open(path, flags), 0
def write(count):
    global number
    os.write(out, b"".join(b"%09d GET /x HTTP/1.1 200 some text to make it a line\n" % (number + i) for i in range(count)))
    number += count
for turn in range(rounds):
    for _ in range(10):
        write(lines // 10)
    for k in range(8, 0, -1):
        if os.path.exists(f"{path}.{k}"):
            os.rename(f"{path}.{k}", f"{path}.{k + 1}")
    if mode == "rename":
        os.rename(path, path + ".1")
        write(20)  # the writer has not noticed yet
        os.close(out)
        out = os.open(path, flags)
    else:
        with open(path, "rb") as old, open(path + ".1", "wb") as new:
            new.write(old.read())
        os.truncate(path, 0)
    print(number, flush=True)
    sys.stdin.readline()  # never more than a round ahead: logrotate deletes the oldest file
"""


@pytest.mark.live
@pytest.mark.parametrize("mode", ["rename", "copytruncate"])
def test_nothing_lost_and_nothing_doubled(tmp_path: Path, mode: str) -> None:
    log = tmp_path / "app.log"
    settings = files.Settings(paths=[str(log)])
    positions: dict[str, Json] = {}
    source = files.Source(settings, "storm")
    source.open(positions)
    seen: list[int] = []
    rounds = 15
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(log), mode, str(rounds), "5000"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdin
    assert writer.stdout

    def poll(wait: float) -> bool:
        batches = source.poll(3000, wait)
        for batch in batches:
            seen.extend(int(raw[:9]) for raw in batch.frame["raw"])
            assert batch.dropped == ()
            if batch.position:
                positions[batch.source] = batch.position
            else:
                positions.pop(batch.source, None)
        return bool(batches)  # an empty one too: it says where a source stands, and lines may follow it

    written = 0
    for turn in range(rounds):
        for _ in range(3):
            poll(0.01)
        if turn % 4 == 3:  # killed and started again, while the writer goes on
            source.close()
            source = files.Source(settings, "storm")
            source.open(positions)
        written = int(writer.stdout.readline())
        writer.stdin.write("\n")
        writer.stdin.flush()
    writer.wait(30)
    while poll(0.3):
        pass
    source.close()
    assert sorted(seen) == list(range(written))
