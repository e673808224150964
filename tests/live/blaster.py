"""Sends prebuilt frames as fast as the kernel takes them, for tests and benchmarks: sendmmsg on AF_PACKET past the queues.

python -m tests.live.blaster INTERFACE COUNT [SECONDS [mixed|spoofed [RATE]]]    prints frames sent, seconds, CPU seconds

Only for interfaces inside of a network namespace that the test made. Never more than COUNT frames, never longer than
SECONDS (10 at the most).
"""

import ctypes
import random
import socket
import sys
import time
from collections.abc import Sequence

from tests import packets as made

LONGEST = 10.0
TOGETHER = 512
_SOL_PACKET, _QDISC_BYPASS = 263, 20


class _Piece(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))


class _Head(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("name_size", ctypes.c_uint), ("pieces", ctypes.POINTER(_Piece)),
        ("count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_size", ctypes.c_size_t), ("flags", ctypes.c_int),
    )  # fmt: skip


class _Message(ctypes.Structure):
    _fields_ = (("head", _Head), ("sent", ctypes.c_uint))


def blast(interface: str, frames: Sequence[bytes], count: int, seconds: float = LONGEST, rate: float = 0) -> int:
    """Sends the frames in turn until `count` are sent or the time is over.

    Args:
        rate: frames a second, about; 0 for as many as go.

    Returns: how many the kernel took.
    """
    memory = ctypes.create_string_buffer(b"".join(frames))
    pieces, messages = (_Piece * len(frames))(), (_Message * len(frames))()
    at = ctypes.addressof(memory)
    for number, frame in enumerate(frames):
        pieces[number] = _Piece(at, len(frame))
        messages[number].head.pieces, messages[number].head.count = ctypes.pointer(pieces[number]), 1
        at += len(frame)
    libc = ctypes.CDLL(None, use_errno=True)
    begin, size = ctypes.addressof(messages), ctypes.sizeof(_Message)
    sent = 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind((interface, 0))
        out.setsockopt(_SOL_PACKET, _QDISC_BYPASS, 1)
        out.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        started = time.monotonic()
        end = started + min(seconds, LONGEST)
        while sent < count and (now := time.monotonic()) < end:
            if rate and sent > (now - started) * rate:
                time.sleep(0.001)
                continue
            place = sent % len(frames)
            number = min(TOGETHER, len(frames) - place, count - sent)
            went = libc.sendmmsg(out.fileno(), ctypes.c_void_p(begin + place * size), number, 0)
            sent += max(0, went)
    return sent


def frames_of(kind: str, number: int = 20_000) -> list[bytes]:
    """`spoofed`: SYN to one host, every one from another source. `mixed`: TCP and UDP of all sizes among many hosts."""
    dice = random.Random(7)
    found = []
    for _ in range(number):
        client = f"198.51.100.{dice.randrange(1, 255)}"
        ports = dice.randrange(1024, 65536), 80
        if kind == "spoofed":
            client = ".".join(str(dice.randrange(1, 224)) for _ in range(4))
            packet = made.ip(client, "192.0.2.10", 6, made.tcp(*ports) + bytes(6))
        elif dice.random() < 0.3:
            packet = made.ip(client, "192.0.2.10", 17, made.udp(*ports, bytes(dice.choice((20, 300, 900)))))
        else:
            body = bytes(dice.choice((0, 40, 400, 1200)))
            packet = made.ip(client, "192.0.2.10", 6, made.tcp(*ports, made.ACK | made.PSH, body))
        found.append(made.ethernet(packet))
    return found


if __name__ == "__main__":
    interface, count, seconds, kind, rate = (*sys.argv[1:], *("10", "mixed", "0")[len(sys.argv) - 3 :])
    frames = frames_of(kind)
    cpu, begun = time.process_time(), time.monotonic()
    sent = blast(interface, frames, int(count), float(seconds), float(rate))
    print(sent, f"{time.monotonic() - begun:.3f}", f"{time.process_time() - cpu:.3f}", flush=True)
