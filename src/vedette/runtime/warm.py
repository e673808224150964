"""Compiles what is compiled at run time, so that the first look at packets does not wait for it.

    python -m vedette.runtime.warm
"""

import numpy as np

from vedette.collect.capture_files import read
from vedette.detect.network import detector
from vedette.detect.network.settings import Settings
from vedette.parse.packets.decode import decode

_HEADER = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
_PACKET = bytes.fromhex("00000000 00000000 0e000000 0e000000") + bytes(14)
_SECTION = bytes.fromhex("0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000")


def main() -> None:
    """Run every compiled function once."""
    state = detector.State(Settings(max_tracked_ips=1 << 10), 1)
    for data in (_HEADER + _PACKET, _SECTION):
        for batch in read(iter([data]), source="warm", path="warm"):
            detector.step(state, batch, decode(batch))
    assert np.count_nonzero(state.flows.index) == 0  # noqa: S101 - one frame of zeros is no conversation


if __name__ == "__main__":
    main()
