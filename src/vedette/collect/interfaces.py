"""Network interfaces: which there are, and a ring in which the kernel leaves the packets of one (root).

Only the standard library: this is what a privileged process runs, which hands the socket on to one without privileges.
What is in the ring is read by collect.ring.

Sources: packet(7), Documentation/networking/packet_mmap.rst and include/uapi/linux/if_packet.h of Linux.
"""

import ctypes
import errno
import fcntl
import mmap
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple

from vedette.model.errors import SourceError

LOOPBACK: Final = 772
"""Hardware type (ARPHRD) of lo."""
LARGEST_BLOCK, SMALLEST_BLOCK = 1 << 20, 1 << 17
"""A block holds the largest packet that segmentation offload makes of many, and there are enough of them to take turns."""
LEAST: Final = 1 << 20
"""Bytes below which a ring is not worth having."""
_GET_FLAGS, _GET_HARDWARE, _UP = 0x8913, 0x8927, 1
_ALL: Final = 3
_SOL_PACKET: Final = 263
_ADD_MEMBERSHIP, _RX_RING, _VERSION, _RESERVE, _FANOUT, _IGNORE_OUTGOING = 1, 5, 10, 12, 18, 23
_ATTACH_FILTER, _DETACH_FILTER = 26, 27
_V3: Final = 2
_PROMISCUOUS: Final = 1
_HASH_DEFRAG, _NEW = 0x8000 << 16, 0x2000 << 16
_TAG: Final = 4


class Settings(NamedTuple):
    """How an interface is captured.

    Attributes:
        snap: bytes of each packet that are kept; 0 for all.
        ring: bytes of the ring, about; less where the kernel has not so many.
        retire: milliseconds after which the kernel hands over a block that is not full.
        promiscuous: also what is addressed to others.
        fanout: number of a group whose members share the packets by conversation, both directions of one together; 0: a new
            group of its own, whose number is `group_of`; None: no group.
    """

    snap: int = 0
    ring: int = 64 << 20
    retire: int = 4
    promiscuous: bool = False
    fanout: int | None = None


class Geometry(NamedTuple):
    """A ring: so many blocks of so many bytes, one behind the other."""

    block: int
    blocks: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.block * self.blocks


class Interface(NamedTuple):
    """`hardware`: its ARPHRD number."""

    name: str
    hardware: int
    up: bool


def interfaces() -> Iterator[Interface]:
    """Those of this network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            request = struct.pack("16s24x", name.encode())
            with suppress(OSError):  # it went just now
                (flags,) = struct.unpack_from("H", fcntl.ioctl(asking, _GET_FLAGS, request), 16)
                (hardware,) = struct.unpack_from("H", fcntl.ioctl(asking, _GET_HARDWARE, request), 16)
                yield Interface(name, hardware, up=bool(flags & _UP))


def open_ring(interface: str, settings: Settings) -> tuple[socket.socket, Geometry]:
    """A socket whose ring fills from now on; whoever maps its memory reads it.

    What this host sends is captured too, since a detector that hears no answers takes every client for a scanner; not so
    on the loopback interface, where everything that is sent is also received.

    Raises:
        SourceError: no such interface, no right to capture, no memory, or a kernel that cannot.
    """
    try:
        index = socket.if_nametoindex(interface)
    except (OSError, ValueError):
        there = ", ".join(name for _, name in socket.if_nameindex()) or "none at all"
        raise SourceError(
            f"there is no interface of this name; there are: {there}", where=interface, fix=_LIST
        ) from None
    try:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # protocol 0: nothing comes before `bind`
    except PermissionError:
        raise SourceError("capturing needs the capability CAP_NET_RAW", where=interface, fix=_ROOT) from None
    except (OSError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or "no AF_PACKET"
        raise SourceError(f"this kernel cannot capture: {reason}", where=interface, fix=_KERNEL) from None
    try:
        return opened, _prepare(opened, interface, index, settings)
    except OSError as error:
        opened.close()
        raise SourceError(f"cannot be captured: {error.strerror}", where=interface, fix=_KERNEL) from None
    except BaseException:
        opened.close()
        raise


_LIST: Final = "vedette capture --list"
_ROOT: Final = "run it as root, or give the program that right: AmbientCapabilities=CAP_NET_RAW in a unit of systemd"
_KERNEL: Final = "Linux 4.20 or newer with CONFIG_PACKET; in a container, its network and CAP_NET_RAW"


def _prepare(opened: socket.socket, interface: str, index: int, settings: Settings) -> Geometry:
    opened.setsockopt(_SOL_PACKET, _VERSION, _V3)
    # Room before each packet for the VLAN tag that the kernel takes out of it.
    opened.setsockopt(_SOL_PACKET, _RESERVE, _TAG)
    # Only who is bound can join a group: until then it takes nothing, or packets would be in two rings.
    joining = settings.fanout is not None
    if joining or settings.snap:
        _keep(opened, 0 if joining else settings.snap)
    geometry = ring_of(opened, interface, settings)
    opened.bind((interface, 0))
    if opened.getsockname()[3] == LOOPBACK:
        opened.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
    if settings.promiscuous:
        opened.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("iHH8x", index, _PROMISCUOUS, 0))
    opened.bind((interface, _ALL))
    if settings.fanout is not None:
        # Fragments are put together before they are shared out: only the first one has the ports.
        group = settings.fanout | _HASH_DEFRAG | (0 if settings.fanout else _NEW)
        opened.setsockopt(_SOL_PACKET, _FANOUT, struct.pack("I", group))
        if settings.snap:
            _keep(opened, settings.snap)
        else:
            opened.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)
    return geometry


def group_of(opened: socket.socket) -> int:
    """Number of the group whose packets it shares; no other program's capture has it but by asking for it."""
    return opened.getsockopt(_SOL_PACKET, _FANOUT) & 0xFFFF


def ring_of(opened: Any, interface: str, settings: Settings) -> Geometry:
    """The largest ring up to `settings.ring` for which the kernel has the memory.

    Raises:
        SourceError: not even for the smallest.
    """
    size = max(LEAST, settings.ring)
    while True:
        block = min(LARGEST_BLOCK, max(SMALLEST_BLOCK, 1 << (size >> 3).bit_length() - 1))
        geometry = Geometry(block, size // block)
        # Frames have no fixed size in version 3; the kernel wants their number to fit all the same.
        frame = mmap.PAGESIZE
        asked = struct.pack("7I", block, geometry.blocks, frame, geometry.size // frame, settings.retire, 0, 0)
        try:
            opened.setsockopt(_SOL_PACKET, _RX_RING, asked)
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise
            if size == LEAST:
                raise SourceError(
                    "the kernel has no memory for a ring", where=interface, fix="free some memory"
                ) from None
            size = max(LEAST, size >> 1)
            continue
        return geometry


def _keep(opened: socket.socket, size: int) -> None:
    """A classic BPF program of one instruction: return `size`, which is how much of a packet is kept; of 0 it is not taken."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, size))
    opened.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("@HP", 1, ctypes.addressof(program)))
