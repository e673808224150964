"""Decompression as generators of blocks: what can be unpacked comes out, then `Damaged` says what is wrong.

Sources: RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2.0.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

Blocks = Iterator[bytes]

OUT: Final = 1 << 20
"""Most bytes that one step may unpack to."""
FEED: Final = 1 << 14
FEED_SMALL: Final = 512
"""zstd cannot be told how much to give: 4 bytes may become 128 KiB, so it gets little at a time. xz and bzip2 lose
what the damaged step had unpacked, so their steps are small too."""
WINDOW: Final = 1 << 27
"""Memory that a hostile zstd or xz header may ask for."""


class Damaged(Exception):
    """The compressed data is broken here; everything before was delivered. `fix`: what the user can do."""

    fix = "get an undamaged copy"


class TooMuch(Damaged):
    """It unpacks to more than was allowed."""

    fix = "if it is no bomb, unpack it first and name what comes out"


def _pieces(blocks: Blocks, size: int) -> Blocks:
    for block in blocks:
        if len(block) <= size:
            yield block
        else:
            for start in range(0, len(block), size):
                yield block[start : start + size]


def gunzip(blocks: Blocks) -> Blocks:
    """Every member of a gzip stream, one after the other; zero padding after a member is allowed."""
    decoder, members = None, 0
    for data in _pieces(blocks, FEED):
        while data:
            if decoder is None:
                data = data.lstrip(b"\x00") if members else data
                if not data:
                    break
                if data[0] != 0x1F:
                    raise Damaged("something that is not gzip follows the end of the gzip data")
                decoder = zlib.decompressobj(31)
            before = decoder.copy()
            try:
                out = decoder.decompress(data, OUT)
            except zlib.error as error:
                yield from _salvage(before, data)
                raise Damaged(f"gzip data is corrupt ({str(error).rpartition(': ')[2]})") from None
            if out:
                yield out
            if decoder.eof:
                data, decoder, members = decoder.unused_data, None, members + 1
            else:
                data = decoder.unconsumed_tail
    if decoder is not None:
        if out := decoder.flush():  # a few symbols may still be in the bit buffer
            yield out
        if not decoder.eof:
            raise Damaged("gzip data is truncated")


def _salvage(decoder: "zlib._Decompress", data: bytes) -> Blocks:
    """What comes out of `data` before its first bad bit, found byte by byte."""
    found = []
    try:
        for index in range(len(data)):
            found.append(decoder.decompress(data[index : index + 1]))
            if decoder.eof:
                break
    except zlib.error:
        pass
    if good := b"".join(found):
        yield good


def unzstd(blocks: Blocks) -> Blocks:
    """Every frame of a zstd stream."""
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW)
    return _frames(blocks, "zstd", unpacker.decompressobj, lambda d, data: d.decompress(data), zstandard.ZstdError)


def unxz(blocks: Blocks) -> Blocks:
    """Every stream of an xz file."""
    return _frames(blocks, "xz", lambda: lzma.LZMADecompressor(memlimit=WINDOW), _step, lzma.LZMAError, padding=b"\x00")


def unbzip2(blocks: Blocks) -> Blocks:
    """Every stream of a bzip2 file."""
    return _frames(blocks, "bzip2", bz2.BZ2Decompressor, _step, OSError)


def _step(decoder: "lzma.LZMADecompressor | bz2.BZ2Decompressor", data: bytes) -> bytes:
    return decoder.decompress(data, OUT)


def _frames(
    blocks: Blocks,
    name: str,
    new: Callable[[], Any],
    step: Callable[[Any, bytes], bytes],
    error: type[Exception],
    padding: bytes = b"",
) -> Blocks:
    decoder = None
    for data in _pieces(blocks, FEED_SMALL):
        while data or (decoder and not getattr(decoder, "needs_input", True)):
            if decoder is None:
                data = data.lstrip(padding) if padding else data
                if not data:
                    break
                decoder = new()
            try:
                out = step(decoder, data)
            except error as cause:
                raise Damaged(f"{name} data is corrupt ({cause})") from None
            data = b""
            if out:
                yield out
            if decoder.eof:
                data, decoder = decoder.unused_data, None
    if decoder is not None:
        raise Damaged(f"{name} data is truncated")


UNPACK: Final[dict[str, Callable[[Blocks], Blocks]]] = {
    "gzip": gunzip,
    "zstd": unzstd,
    "xz": unxz,
    "bzip2": unbzip2,
}


def limited(blocks: Blocks, packed: Callable[[], int], *, ratio: int, most: int, floor: int) -> Blocks:
    """Pass blocks on until they are too many for what they were packed in: `Damaged` then says that it is a bomb.

    Args:
        packed: bytes of the compressed source used so far.
        ratio: unpacked bytes allowed for each packed one, once more than `floor` bytes came out.
        most: bytes allowed in any case.
    """
    total = 0
    for block in blocks:
        allowed = min(most, max(floor, ratio * packed()))
        if within := block[: allowed - total]:
            yield within
        total += len(block)
        if total > most:
            raise TooMuch(f"stopped at {most:,} unpacked bytes (max_unpacked)")
        if total > allowed:
            raise TooMuch(f"stopped: unpacks to more than {ratio} times its size (max_ratio), like a zip bomb")
