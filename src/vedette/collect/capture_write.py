"""Packets to capture files: classic pcap with nanoseconds, little-endian, which every tool of the field reads.

Source: draft-ietf-opsawg-pcap.
"""

import errno
import os
import struct
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import numpy as np

from vedette.collect.capture_walk import Bytes, Ints, Longs
from vedette.model.compiled import compiled, copy
from vedette.model.errors import SourceError
from vedette.model.packets import PacketBatch

HEAD: Final = 16
"""Bytes before each packet."""
_FILE: Final = struct.Struct("<IHHiIII")
_MAGIC: Final = 0xA1B23C4D
_SNAP: Final = 262_144
_NO_DISK: Final = (errno.EINVAL, errno.EROFS, errno.ENOTSUP)
"""What fsync says of pipes and devices."""
_ROOM: Final = "make room, or choose another place with -o"


class CaptureFile:
    """Writes packets of one link type, that of the first one.

    With `rotate`, a file that would grow beyond so many bytes is called NAME.1.pcap, the one before NAME.2.pcap and so on,
    of which there are never more than `files` with the new NAME.pcap; so is one that is there already. Without it, a file
    that is there is written over. What was captured is nobody else's business: only the owner may read it.

    Attributes:
        packets: written.
        foreign: left out, since they are of another link type.
    """

    def __init__(self, path: Path, *, rotate: int = 0, files: int = 10) -> None:
        """Raises:
        SourceError: it cannot be written there.
        """
        self.packets = self.foreign = 0
        self._path = path
        self._rotate = rotate
        self._files = files
        self._link = -1
        self._file = -1
        self._size = 0
        # A disk takes its time; packets do not wait for it.
        self._flusher = ThreadPoolExecutor(1, "capture-flush")
        self._flushed: Future[None] | None = None
        if rotate and path.exists():
            self._shift()
        self._open()

    def write(self, batch: PacketBatch) -> None:
        """Add the packets of a batch; afterwards it is not needed any more.

        Raises:
            SourceError: the disk is full or gone; what is written ends with a whole packet.
        """
        if not len(batch.at):
            return
        if self._link < 0:
            self._link = int(batch.link[0])
            self._begin()
        rows = np.flatnonzero(batch.link == self._link)
        self.foreign += len(batch.at) - len(rows)
        at, size, wire, time = batch.at[rows], batch.size[rows], batch.wire[rows], batch.time[rows]
        ends = np.cumsum(size + HEAD, dtype=np.int64)
        begin, before = 0, 0
        while begin < len(rows):
            end = len(rows)
            if self._rotate:
                end = int(np.searchsorted(ends, before + self._rotate - self._size, "right"))
                if end <= begin and self._size > _FILE.size:
                    self._flush()
                    self._shift()
                    self._open()
                    self._begin()
                    continue
                end = max(end, begin + 1)  # a file has one packet at the least
            out = np.empty(int(ends[end - 1]) - before, np.uint8)
            lay(batch.data, at[begin:end], size[begin:end], wire[begin:end], time[begin:end], out)
            self._put(out)
            self.packets += end - begin
            begin, before = end, int(ends[end - 1])

    def close(self) -> None:
        """What was written is on the disk, and the file is closed.

        Raises:
            SourceError: it is not.
        """
        try:
            if self._file >= 0:
                if self._link < 0:
                    self._link = 1  # a capture of nothing is one, too
                    self._begin()
                self._flush()
            self._await()
        finally:
            self._flusher.shutdown()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        try:
            self._file = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise self._fault(error) from None
        self._size = 0

    def _begin(self) -> None:
        self._put(_FILE.pack(_MAGIC, 2, 4, 0, 0, _SNAP, self._link))

    def _put(self, data: Any) -> None:
        view = memoryview(data)
        written = 0
        try:
            while written < len(view):
                written += os.write(self._file, view[written:])
        except OSError as error:
            raise self._fault(error) from None
        finally:
            if written < len(view):
                self._whole()
        self._size += written

    def _whole(self) -> None:
        """Takes away what is written of a batch that was not written to its end."""
        try:
            if os.fstat(self._file).st_size > self._size:
                os.ftruncate(self._file, self._size)
        except OSError:
            return  # a pipe or a device

    def _flush(self) -> None:
        """Has the file put on the disk and closed, behind the one before."""
        self._await()
        file, self._file = self._file, -1
        self._flushed = self._flusher.submit(_flush, file)

    def _await(self) -> None:
        flushed, self._flushed = self._flushed, None
        try:
            if flushed:
                flushed.result()
        except OSError as error:
            raise self._fault(error) from None

    def _shift(self) -> None:
        names = [self._path, *(self._path.with_suffix(f".{n}{self._path.suffix}") for n in range(1, self._files))]
        try:
            for name, older in zip(names[-2::-1], names[:0:-1], strict=True):
                if name.exists():
                    name.replace(older)
        except OSError as error:
            raise self._fault(error) from None

    def _fault(self, error: OSError) -> SourceError:
        where = error.filename or str(self._path)
        return SourceError(error.strerror or "cannot be written", where=str(where), fix=_ROOM)

    def __enter__(self) -> "CaptureFile":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _flush(file: int) -> None:
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _NO_DISK:
            raise
    finally:
        os.close(file)


@compiled
def lay(data: Bytes, at: Longs, size: Ints, wire: Ints, time: Longs, out: Bytes) -> None:
    """Packets with their headers, one behind the other, in `out`, which is as long as they are."""
    place = 0
    for row in range(len(at)):
        seconds = time[row] // 1_000_000_000
        head = (seconds, time[row] - seconds * 1_000_000_000, np.int64(size[row]), np.int64(wire[row]))
        for value in head:
            for shift in (0, 8, 16, 24):
                out[place] = value >> shift & 255
                place += 1
        copy(out, place, data, at[row], size[row])
        place += size[row]
