"""The connection to a model's server. All three providers' clients speak by it.

What is asked, and the key, are for the address of the settings: a redirect is an answer that cannot be used. An answer has a size
that no honest one exceeds, and comes as it is: what is packed could be a thousand times as much.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

import httpx2

EACH: Final = 1024
"""Bytes of the wire for a token: streams wrap each in JSON."""
ALWAYS: Final = 1 << 20


class Refused(Exception):
    """An answer that is not read."""


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: Any, most: int) -> None:
        self._stream, self._left = stream, most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            self._left -= len(piece)
            if self._left < 0:
                raise Refused("the answer is too long")
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()


def client(seconds: float, tokens: int) -> httpx2.AsyncClient:
    """A client for answers of so many tokens at most, each within so many seconds."""

    async def came(response: httpx2.Response) -> None:
        if response.is_redirect:
            raise Refused("the model's server sends on to another address, which is not followed: what it was asked is for its own")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Refused("the answer is packed, which was not asked for")
        response.stream = _Bounded(response.stream, ALWAYS + EACH * tokens)

    return httpx2.AsyncClient(
        timeout=seconds, follow_redirects=False, headers={"accept-encoding": "identity"}, event_hooks={"response": [came]}
    )
