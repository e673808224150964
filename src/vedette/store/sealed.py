"""Files that only who knows the password can read, and that nobody can change or cut off unnoticed.

A stream of chunks, each sealed by AES-256-GCM; the nonce is the chunk's number and whether it is the last one (the STREAM
construction: Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance",
2015). The key comes from the password by scrypt (RFC 7914).
"""

import hashlib
import os
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vedette.model.errors import StoreError

MAGIC: Final = b"vedette sealed 1"
CHUNK: Final = 1 << 20
_SALT: Final = 16
_TAG: Final = 16
_COST: Final = 1 << 16
"""Of scrypt: 64 MiB and a fifth of a second for each guess."""


class Sealer:
    """Write plain bytes; `close` writes the last chunk, and leaves `out` open."""

    def __init__(self, out: BinaryIO, password: bytes) -> None:
        self._out = out
        self._head = MAGIC + os.urandom(_SALT)
        self._cipher = _cipher(password, self._head)
        self._number = 0
        self._rest = bytearray()
        out.write(self._head)

    def write(self, data: bytes) -> int:
        """Takes all of it."""
        self._rest += data
        while len(self._rest) > CHUNK:
            self._seal(bytes(self._rest[:CHUNK]), last=False)
            del self._rest[:CHUNK]
        return len(data)

    def close(self) -> None:
        """No more comes."""
        self._seal(bytes(self._rest), last=True)

    def _seal(self, data: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last), data, self._head))
        self._number += 1


class Opener:
    """Reads what a Sealer wrote, after its MAGIC.

    Raises (when read):
        StoreError: wrong password, changed, or cut off.
    """

    def __init__(self, source: BinaryIO, password: bytes) -> None:
        self._source = source
        self._head = MAGIC + source.read(_SALT)
        self._cipher = _cipher(password, self._head)
        self._number = 0
        self._next = self._take()
        self._plain = b""
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, all that are left if it is negative; none at the end."""
        parts = []
        while size and not (self._ended and not self._plain):
            if not self._plain:
                self._open()
                continue
            part = self._plain if size < 0 else self._plain[:size]
            self._plain = self._plain[len(part) :]
            size -= len(part) if size > 0 else 0
            parts.append(part)
        return b"".join(parts)

    def _open(self) -> None:
        sealed, self._next = self._next, self._take()
        self._ended = not self._next
        try:
            self._plain = self._cipher.decrypt(_nonce(self._number, self._ended), sealed, self._head)
        except InvalidTag:
            what = "the password is wrong, or the file is damaged" if self._number == 0 else "the file is damaged or cut off"
            raise StoreError(what, fix="give the password it was made with, or take another backup") from None
        self._number += 1

    def _take(self) -> bytes:
        data = b""
        while len(data) < CHUNK + _TAG and (more := self._source.read(CHUNK + _TAG - len(data))):
            data += more
        return data


def _cipher(password: bytes, head: bytes) -> AESGCM:
    return AESGCM(hashlib.scrypt(password, salt=head, n=_COST, r=8, p=1, maxmem=2 * 128 * 8 * _COST, dklen=32))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
