"""What is known of services by their ports."""

from typing import Final

import numpy as np
import numpy.typing as npt

from vedette.detect.network.findings import COLLECTS, HANGS_UP, LOGIN, PERIODIC, REFLECTS, WEB

_REFLECTORS: Final = (
    7, 17, 19, 53, 69, 111, 123, 137, 161, 177, 389, 427, 500, 520, 1194, 1434, 1604, 1900, 3283, 3389, 3702, 5060, 5093, 5351, 5353,
    5632, 5683, 10001, 10074, 11211, 17185, 27015, 27960, 32414, 37810, 41794, 47808,
)  # fmt: skip
_LOGINS: Final = (
    21, 22, 23, 110, 139, 143, 445, 465, 587, 990, 993, 995, 1433, 1521, 2222, 3306, 3389, 5432, 5900, 5985,
)  # fmt: skip
_HANGS_UP: Final = (1433, 1521, 3306, 5432)
"""Databases, to which applications connect many times a second."""
_WEB: Final = (80, 81, 443, 591, 3000, 5000, 8000, 8008, 8080, 8081, 8443, 8888, 9000, 9443)
_COLLECTS: Final = (162, 514, 1514, 2055, 4739, 6343, 8125, 8649, 9995, 9996, 12201, 25826)
"""Syslog, traps, NetFlow, IPFIX, sFlow, statsd, GELF, collectd."""
_PERIODIC: Final = (37, 53, 67, 68, 123, 137, 138, 161, 162, 319, 320, 514, 546, 547, 853, 1812, 1813, 1900, 3702, 5353, 5355, 6343)
SPREADING: Final = frozenset(
    (
        22, 23, 26, 135, 139, 445, 1433, 2222, 2323, 2375, 3306, 3389, 4899, 5358, 5431, 5555, 5900, 5985, 6379, 7547, 9200, 9527,
        23231, 37215, 52869, 60001,
    )
)  # fmt: skip
"""Services through which worms spread: remote logins, file shares, databases, and those of cameras and routers."""
_KNOWN: Final[tuple[tuple[tuple[int, ...], int], ...]] = (
    (_REFLECTORS, REFLECTS), (_LOGINS, LOGIN), (_WEB, WEB), (_PERIODIC, PERIODIC), (_HANGS_UP, HANGS_UP), (_COLLECTS, COLLECTS),
)  # fmt: skip


def known() -> npt.NDArray[np.uint8]:
    """What is known, by port: bits REFLECTS, LOGIN, ..."""
    made = np.zeros(1 << 16, np.uint8)
    for ports, what in _KNOWN:
        made[list(ports)] |= what
    return made
