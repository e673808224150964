"""Requests that were delivered, by their idempotency keys, so that one which comes again is stored once.

Source: draft-ietf-httpapi-idempotency-key-header. What is remembered travels with the position of the records, so it is
durable together with them or not at all.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

LONGEST: Final = 255


class Mark(NamedTuple):
    """Digests of a key and of the body that came with it."""

    key: str
    body: str


def mark(key: bytes, body: bytes) -> Mark | None:
    """None where the key is no key: empty, too long, or not printable ASCII."""
    if not 0 < len(key) <= LONGEST or not key.isascii() or not key.decode().isprintable():
        return None
    digest = hashlib.blake2b
    return Mark(digest(key, digest_size=12).hexdigest(), digest(body, digest_size=8).hexdigest())


class Delivered:
    """The last `most` of them: what they brought, and how many records that was."""

    def __init__(self, position: Mapping[str, Any], most: int) -> None:
        self._most = most
        self._known = {str(key): (str(body), int(count)) for key, body, count in position.get("delivered", [])}

    def add(self, mark: Mark, count: int) -> None:
        """It goes with the records that are handed out now."""
        self._known.pop(mark.key, None)
        self._known[mark.key] = (mark.body, count)
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def find(self, mark: Mark) -> tuple[str, int] | None:
        """(digest of the body, records) of the request that had the key; None where it is not known."""
        return self._known.get(mark.key)

    def position(self) -> dict[str, Any]:
        """What goes into the next Delivered; JSON-able, oldest first."""
        return {"delivered": [[key, *known] for key, known in self._known.items()]} if self._known else {}
