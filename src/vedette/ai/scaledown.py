"""ScaleDown (https://scaledown.ai) as a second compressor, for those who have a key and let packs leave their machine.

It drops words that it takes for unimportant, so its answer is used only when it is smaller and every indicator still
stands in it; in all other cases, faults included, the pack that was sent is the answer.

Source of the interface: docs.scaledown.ai/api-reference/compress and its client; three shapes of answers are known.
"""

import ipaddress
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from vedette.ai import tokens
from vedette.model.errors import VedetteError

URL: Final = "https://api.scaledown.xyz"
PATH: Final = "/compress/raw/"
MODEL: Final = "gpt-4o-mini"
TIMEOUT: Final = 10.0
"""Seconds for one attempt, from the first byte sent to the last one read."""
ATTEMPTS: Final = 3
LARGEST: Final = 100_000
"""Characters that are sent; longer packs are left as they are."""
LARGEST_ANSWER: Final = 1 << 20
WAIT: Final = 0.5
"""Seconds before the second attempt; twice that before the third."""
QUESTION: Final = "Keep every indicator and every count."


class Outcome(NamedTuple):
    """`text`: the smaller of both; `note`: why it is the one that was sent, or empty."""

    text: str
    note: str


class ScaleDown:
    """Client of the compression interface.

    Raises:
        VedetteError: no key, or an address that would send it in the clear.
    """

    def __init__(
        self, key: str, url: str = URL, *, timeout: float = TIMEOUT, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        if not key or not key.isascii() or not key.isprintable():
            raise VedetteError("no key for ScaleDown", where="SCALEDOWN_API_KEY", fix="export SCALEDOWN_API_KEY=...")
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and _here(parts.hostname or "")):
            raise VedetteError("not an https address", where="SCALEDOWN_API_URL", fix=f"for example {URL}")
        self._key, self._url, self._timeout, self._sleep = key, url.rstrip("/") + PATH, timeout, sleep

    def compress(self, text: str, keep: Iterable[str]) -> Outcome:
        """A smaller text in which every one of `keep` stands, or `text` itself with the reason."""
        if len(text) > LARGEST:
            return Outcome(text, f"more than {LARGEST:,} characters")
        kept = sorted(set(keep))
        try:
            answer = self._answer(text, kept)
        except _Refused as refused:
            return Outcome(text, str(refused))
        lost = sum(not _holds(answer, value) for value in kept)
        if lost:
            return Outcome(text, f"it lost {lost} of {len(kept)} indicators")
        if tokens.count(answer) >= tokens.count(text):
            return Outcome(text, "it is not smaller")
        return Outcome(answer, "")

    def _answer(self, text: str, keep: list[str]) -> str:
        body = {
            "context": text, "prompt": QUESTION, "model": MODEL,
            "scaledown": {"rate": "auto", "preserve_keywords": True, "preserve_words": keep},
        }  # fmt: skip
        fault = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(WAIT * 2 ** (attempt - 1))
            try:
                status, data = self._post(body)
            except httpx.HTTPError as error:
                fault = f"it cannot be reached ({type(error).__name__})"
                continue
            if status == 200:
                return _text(data)
            fault = _MEANINGS.get(status, f"it answered {status}")
            if status != 429 and status < 500:
                break
        raise _Refused(fault)

    def _post(self, body: dict[str, Any]) -> tuple[int, bytes]:
        # A redirect is not followed: the key is for this host only.
        headers = {"x-api-key": self._key}
        ends = time.monotonic() + self._timeout
        with (
            httpx.Client(timeout=self._timeout, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", self._url, json=body, headers=headers) as response,
        ):
            data = b""
            for piece in response.iter_bytes():
                data += piece
                if len(data) > LARGEST_ANSWER:
                    raise _Refused("its answer is too long")
                if time.monotonic() > ends:
                    raise httpx.ReadTimeout("too slow")
            return response.status_code, data


class _Refused(Exception):
    """There is no answer to use."""


_MEANINGS: Final = {
    400: "it did not understand the request (400)",
    401: "it does not accept the key (401)",
    403: "it does not accept the key (403)",
    429: "it asks for fewer requests (429)",
}


def _text(data: bytes) -> str:
    """The compressed text of an answer, whichever of the three shapes it has."""
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        raise _Refused("its answer is no JSON") from None
    if not isinstance(answer, dict):
        raise _Refused("its answer is of no known shape")
    inner = answer["results"] if isinstance(answer.get("results"), dict) else answer
    if answer.get("successful", True) is not True or inner.get("successful", True) is not True:
        raise _Refused("it did not succeed")
    for name in ("compressed_prompt", "compressed_context", "content"):
        value = inner.get(name)
        if isinstance(value, str) and value.strip():
            return value
    raise _Refused("its answer holds no text")


def _holds(text: str, value: str) -> bool:
    """Whether a value stands whole in a text: 192.0.2.7 does not in 192.0.2.71."""
    at = text.find(value)
    while at >= 0:
        end = at + len(value)
        if not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum()):
            return True
        at = text.find(value, at + 1)
    return False


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
