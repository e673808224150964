"""Syslog messages out of a stream of bytes: octet counting and line ends, told apart for every frame (RFC 6587)."""

from typing import Final

DIGITS: Final = 9
"""Most digits of a frame length: more is no length."""
HUGE: Final = 1 << 26
"""A sender that announces more than this means no good."""


class BadFrame(Exception):
    """The stream makes no sense any more; the connection is to be closed."""


class Framing:
    """Cuts one connection's bytes into messages. Keeps at most `most` bytes of a message."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._data = b""
        self._kept = b""  # of a message that is longer than we keep
        self._left = 0  # bytes of an octet-counted message still to come
        self._skip = False  # inside the rest of a line that was cut
        self.cut = 0

    def feed(self, block: bytes) -> list[bytes]:
        """Messages that are complete now.

        Raises:
            BadFrame: after the messages before it were handed out by an earlier call, or when it comes first.
        """
        data = self._data + block
        found: list[bytes] = []
        at, end = 0, len(data)
        while at < end:
            if self._left:
                took = min(self._left, end - at)
                room = self._most - len(self._kept)
                self._kept += data[at : at + min(took, max(0, room))]
                at, self._left = at + took, self._left - took
                if not self._left:
                    found.append(_trim(self._kept))
                    self._kept = b""
                continue
            if self._skip:
                stop = data.find(b"\n", at)
                at, self._skip = (end, True) if stop < 0 else (stop + 1, False)
                continue
            if 0x31 <= data[at] <= 0x39:
                length, after = _length(data, at)
                if length is None:
                    break  # perhaps a length that is not here in full
                if length:
                    if length > HUGE:
                        self._data = b""
                        if found:
                            self._data = data[at:]
                            return found
                        raise BadFrame(f"announces a message of {length:,} bytes")
                    self.cut += length > self._most
                    at, self._left = after, length
                    continue
            stop = data.find(b"\n", at)
            if stop < 0:
                if end - at <= self._most:
                    break
                found.append(data[at : at + self._most])
                self.cut += 1
                at, self._skip = end, True
            else:
                line = data[at:stop]
                if len(line) > self._most:
                    self.cut += 1
                    line = line[: self._most]
                if line := _trim(line):
                    found.append(line)
                at = stop + 1
        self._data = data[at:]
        return found

    def finish(self) -> list[bytes]:
        """What is left when the sender has closed: a last line without its end, or the part of a message."""
        rest = _trim(self._kept or self._data) if not self._skip else b""
        self.cut += bool(self._left)
        self._kept, self._data, self._left, self._skip = b"", b"", 0, False
        return [rest] if rest else []


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """(length, where the message begins); (None, _) when more bytes are needed, (0, _) when it is no length."""
    stop = at
    while stop < len(data) and 0x30 <= data[stop] <= 0x39:
        stop += 1
        if stop - at > DIGITS:
            return 0, at
    if stop == len(data):
        return None, at
    return (int(data[at:stop]), stop + 1) if data[stop] == 0x20 else (0, at)


def _trim(message: bytes) -> bytes:
    """Without the line end or NUL that senders put after a message in either framing."""
    return message.rstrip(b"\r\n\x00")
