"""NETLINK_NETFILTER: messages to nf_tables and what it answers, without libnftables and without `nft`.

Changes go out as one batch, which is one transaction: all of them take effect together, or none. The kernel works a
batch off while it is being sent, so its answers are there when sending returns.

Sources: linux/netlink.h, linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h, net/netfilter/nfnetlink.c.
"""

import contextlib
import ctypes
import errno
import os
import socket
import struct
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from vedette.model.action import ActionError

_NETFILTER: Final = 12
INET: Final = 1
"""NFPROTO_INET: one table for IPv4 and IPv6."""
CREATE, APPEND = 0x400, 0x800
_REQUEST, _ACK, _DUMP, _INTERRUPTED = 0x1, 0x4, 0x300, 0x10
_ERROR, _DONE, _BATCH_BEGIN, _BATCH_END = 2, 3, 16, 17
_NFTABLES: Final = 10
_NESTED: Final = 0x8000
_TYPE: Final = 0x3FFF
_GROUP_NFTABLES: Final = 7
_HEADER: Final = struct.Struct("=IHHII")
_NFGEN: Final = struct.Struct(">BBH")
_ATTRIBUTE: Final = struct.Struct("=HH")
_SOL_NETLINK, _ADD_MEMBERSHIP, _CAP_ACK = 270, 1, 10
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE, _SO_ATTACH_FILTER = 32, 33, 26
_RECEIVE: Final = 1 << 17
_ATTEMPTS: Final = 20
_TIMEOUT: Final = struct.pack("@ll", 10, 0)
MAX_NEST: Final = 65_000
"""An attribute's length has 16 bits."""

_MEANING: Final = {
    errno.EPERM: ("not permitted", "run as root or with CAP_NET_ADMIN in this network namespace"),
    errno.ENOENT: ("table, chain, set or element is not there", "somebody removed it: reconcile puts it back"),
    errno.ENFILE: ("the set is full", "lift actions that are no longer needed, or act on wider networks"),
    errno.EBUSY: ("in use by another program's rules", "remove the rules outside of table vedette that refer to it"),
    errno.EEXIST: ("something else of that name or range is there", "restore makes the table anew"),
    errno.EINVAL: ("this kernel does not know what is asked for", "Linux 5.11 or newer is needed for nftables"),
    errno.EOPNOTSUPP: ("this kernel does not know what is asked for", "Linux 5.11 or newer is needed for nftables"),
    errno.EPROTONOSUPPORT: ("this kernel has no nf_tables", "load the module nf_tables, or use iptables"),
    errno.ENOBUFS: ("the kernel had more to say than the socket holds", "try again; raise net.core.rmem_max"),
    errno.EMSGSIZE: ("too much for one transaction", "raise net.core.wmem_max, or run with CAP_NET_ADMIN on the host"),
    errno.ENOMEM: ("no kernel memory left", "lift actions that are no longer needed"),
    errno.EINTR: ("the rules changed while they were read", "try again"),
}


class Refused(ActionError):
    """The kernel refused; nothing of the transaction took effect.

    Attributes:
        errno: of the first fault.
        faults: every one: (which message of the transaction, -1 for the whole; its errno).
    """

    def __init__(self, faults: Sequence[tuple[int, int]], *, where: str = "nftables") -> None:
        self.faults = tuple(faults)
        self.errno = self.faults[0][1]
        what, fix = _MEANING.get(self.errno, (os.strerror(self.errno), ""))
        more = f" (and {len(self.faults) - 1} more faults)" if len(self.faults) > 1 else ""
        super().__init__(f"the kernel refused: {what} [{errno.errorcode.get(self.errno)}]{more}", where=where, fix=fix)


class Message(NamedTuple):
    """One request: its type (NFT_MSG_*), its attributes, flags beyond NLM_F_REQUEST."""

    kind: int
    body: bytes
    flags: int = 0


def attribute(kind: int, data: bytes) -> bytes:
    """Header, data, padding to four bytes."""
    return _ATTRIBUTE.pack(4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def nest(kind: int, *parts: bytes) -> bytes:
    """An attribute that holds attributes."""
    return attribute(kind | _NESTED, b"".join(parts))


def text(kind: int, value: str) -> bytes:
    """NUL-terminated."""
    return attribute(kind, value.encode() + b"\0")


def u32(kind: int, value: int) -> bytes:
    """Network order, as nf_tables has all its numbers."""
    return attribute(kind, struct.pack(">I", value & 0xFFFFFFFF))


def u64(kind: int, value: int) -> bytes:
    """Network order."""
    return attribute(kind, struct.pack(">Q", value))


def each(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes in `data`; what is cut off at its end is left out."""
    at = 0
    while at + 4 <= len(data):
        size, kind = _ATTRIBUTE.unpack_from(data, at)
        if size < 4 or at + size > len(data):
            return
        yield kind & _TYPE, data[at + 4 : at + size]
        at += size + -size % 4


def number(data: bytes) -> int:
    """Of an attribute in network order."""
    return int.from_bytes(data, "big")


def string(data: bytes) -> str:
    """Of an attribute."""
    return data.partition(b"\0")[0].decode(errors="replace")


def _message(kind: int, flags: int, sequence: int, family: int, resource: int, body: bytes) -> bytes:
    return _HEADER.pack(20 + len(body), kind, flags, sequence, 0) + _NFGEN.pack(family, 0, resource) + body


def batch(messages: Sequence[Message], first: int, *, commit: bool = True) -> bytes:
    """Bytes of one transaction. Message n has sequence number first + 1 + n; the last one asks for an answer.

    Args:
        commit: False: without its end, upon which the kernel checks everything and takes it back.
    """
    parts = [_message(_BATCH_BEGIN, _REQUEST, first, 0, _NFTABLES, b"")]
    for n, message in enumerate(messages, 1):
        flags = _REQUEST | message.flags | (_ACK if n == len(messages) else 0)
        parts.append(_message(_NFTABLES << 8 | message.kind, flags, first + n, INET, 0, message.body))
    if commit:
        parts.append(_message(_BATCH_END, _REQUEST, first + len(messages) + 1, 0, _NFTABLES, b""))
    return b"".join(parts)


def split(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """(type, flags, sequence number, rest) of each message in what was received."""
    at = 0
    while at + 16 <= len(data):
        size, kind, flags, sequence, _ = _HEADER.unpack_from(data, at)
        if size < 16 or at + size > len(data):
            return
        yield kind, flags, sequence, data[at + 16 : at + size]
        at += size + -size % 4


class Netlink:
    """A socket for transactions and dumps; not for several threads.

    Raises:
        Refused: this kernel has no netfilter.
    """

    def __init__(self) -> None:
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETFILTER)
        except OSError as error:
            raise Refused([(-1, error.errno or errno.EPROTONOSUPPORT)]) from error
        self._socket.bind((0, 0))
        self.portid: int = self._socket.getsockname()[0]
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)  # answers without a copy of the question
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEOUT)
        with contextlib.suppress(PermissionError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 8 << 20)
        self._room = 0
        self._sequence = 1

    def commit(self, messages: Sequence[Message]) -> None:
        """Do all of them, or none.

        Raises:
            Refused: with every fault that the kernel told.
        """
        self._transact(messages, commit=True)

    def check(self, messages: Sequence[Message]) -> None:
        """Whether the kernel would do them, without doing them.

        Raises:
            Refused: it would not.
        """
        self._transact(messages, commit=False)

    def _transact(self, messages: Sequence[Message], *, commit: bool) -> None:
        if not messages:
            return
        first = self._sequence
        self._sequence = (first + len(messages) + 2) & 0x7FFFFFFF
        data = batch(messages, first, commit=commit)
        if len(data) + 4096 > self._room:  # a transaction is one datagram, whatever its size
            with contextlib.suppress(PermissionError):
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, len(data) + (1 << 20))
            self._room = len(data) + 4096
        try:
            self._socket.send(data)
        except OSError as error:
            raise Refused([(-1, error.errno or errno.EIO)]) from error
        answered, faults = False, list[tuple[int, int]]()
        while True:
            try:
                got = self._receive(socket.MSG_DONTWAIT)
            except BlockingIOError:
                break
            for kind, _, sequence, rest in split(got):
                if kind == _ERROR and first <= sequence <= first + len(messages):
                    answered = True
                    if code := -struct.unpack_from("=i", rest)[0]:
                        faults.append((sequence - first - 1, code))
        if faults:
            raise Refused(faults)
        if not answered:
            raise Refused([(-1, errno.EPROTO)])

    def dump(self, kind: int, body: bytes = b"") -> list[bytes]:
        """The attributes of every object of that type (NFT_MSG_GET*) in the tables of family inet, as of one moment.

        Raises:
            Refused: also when the rules kept changing while they were read.
        """
        for _ in range(_ATTEMPTS):
            found, whole = self._dump(kind, body)
            if whole:
                return found
        raise Refused([(-1, errno.EINTR)])

    def _dump(self, kind: int, body: bytes) -> tuple[list[bytes], bool]:
        self._sequence = mine = (self._sequence + 1) & 0x7FFFFFFF
        self._socket.send(_message(_NFTABLES << 8 | kind, _REQUEST | _DUMP, mine, INET, 0, body))
        found, whole = list[bytes](), True
        while True:
            for kind_, flags, sequence, rest in split(self._receive(0)):
                if sequence != mine:
                    continue
                whole = whole and not flags & _INTERRUPTED
                if kind_ in {_ERROR, _DONE}:
                    code = -struct.unpack_from("=i", rest)[0] if len(rest) >= 4 else 0
                    if code and code != errno.EINTR:
                        raise Refused([(0, code)])
                    return found, whole and not code
                found.append(rest[4:])

    def _receive(self, flags: int) -> bytes:
        while True:
            try:
                data, sender = self._socket.recvfrom(_RECEIVE, flags)
            except BlockingIOError:
                if flags:
                    raise
                raise Refused([(-1, errno.ETIMEDOUT)]) from None
            except OSError as error:
                raise Refused([(-1, error.errno or errno.EIO)]) from error
            if sender[0] == 0:  # the kernel, and no other process
                return bytes(data)

    def close(self) -> None:
        """Idempotent."""
        self._socket.close()


class Watch:
    """Tells that somebody else changed a table.

    Args:
        table: name of a table of family inet.
        own: port id of the socket whose changes do not count. The kernel sorts those out, so that even a restore of
            100,000 elements does not fill the queue.
    """

    def __init__(self, table: str, own: int) -> None:
        self._table = table
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, _NETFILTER
        )
        sender = int.from_bytes(own.to_bytes(4, sys.byteorder), "big")
        program = (  # classic BPF: load nlmsg_pid; equal to own: nothing, else everything
            (0x20, 0, 0, 12),
            (0x15, 0, 1, sender),
            (0x06, 0, 0, 0),
            (0x06, 0, 0, 0xFFFFFFFF),
        )
        code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
        fprog = struct.pack("@HP", len(program), ctypes.addressof(code))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
        self._socket.bind((0, 0))
        self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _GROUP_NFTABLES)

    def fileno(self) -> int:
        """Readable when somebody changed any table."""
        return self._socket.fileno()

    def changed(self) -> bool:
        """Whether somebody changed our table since the last call; True also when the kernel had to leave events out."""
        found = False
        while True:
            try:
                data = self._socket.recv(_RECEIVE)
            except BlockingIOError:
                return found
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise Refused([(-1, error.errno or errno.EIO)]) from error
                found = True
                continue
            found = found or any(self._ours(rest) for kind, _, _, rest in split(data) if kind >> 8 == _NFTABLES)

    def _ours(self, rest: bytes) -> bool:
        # Attribute 1 of tables, chains, rules, sets, elements and objects is the table's name.
        return rest[:1] == bytes([INET]) and any(
            kind == 1 and string(data) == self._table for kind, data in each(rest[4:])
        )

    def close(self) -> None:
        """Idempotent."""
        self._socket.close()


def chunks(elements: Iterable[bytes]) -> Iterator[bytes]:
    """Joined, each as long as an attribute may be."""
    parts, size = list[bytes](), 0
    for element in elements:
        if size + len(element) > MAX_NEST:
            yield b"".join(parts)
            parts, size = [], 0
        parts.append(element)
        size += len(element)
    if parts:
        yield b"".join(parts)
