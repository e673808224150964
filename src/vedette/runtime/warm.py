"""Compiles what is compiled at run time, so that the first look at packets does not wait for it.

python -m vedette.runtime.warm
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vedette.collect import ring
from vedette.collect.capture_files import read
from vedette.collect.capture_write import CaptureFile
from vedette.model.compiled import kept, release
from vedette.model.packets import PacketBatch

_HEADER = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
_PACKET = bytes.fromhex("00000000 00000000 0e000000 0e000000") + bytes(14)
_SECTION = bytes.fromhex("0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000")


def _batches() -> Iterator[PacketBatch]:
    for data in (_HEADER + _PACKET, _SECTION):
        yield from read(iter([data]), source="warm", path="warm")


def judging() -> None:
    """What decodes and judges."""
    from vedette.detect.network import detector
    from vedette.detect.network.settings import Settings
    from vedette.parse.packets.decode import decode

    state = detector.State(Settings(max_tracked_ips=1 << 10), 1)
    for batch in _batches():
        detector.step(state, batch, decode(batch))
    assert np.count_nonzero(state.flows.index) == 0  # noqa: S101 - one frame of zeros is no conversation


def watching() -> None:
    """What an agent has that captures, for as long as it runs: nothing is compiled or loaded after this."""
    judging()
    ring.warm()
    release()


def writing() -> None:
    """What writes capture files."""
    with CaptureFile(Path(os.devnull)) as file:
        for batch in _batches():
            file.write(batch)


def tidy() -> None:
    """Machine code of earlier sources goes."""
    if kept:
        for old in kept.parent.glob("compiled-*"):
            if old != kept:
                shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    """Run every compiled function once."""
    tidy()
    judging()
    writing()
    ring.warm()


if __name__ == "__main__":
    main()
