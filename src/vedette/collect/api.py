"""GET from one API over HTTP: bounded answers, no redirects, no key to another server."""

import math
import ssl
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from vedette.model.errors import SourceError

_CODINGS: Final = frozenset({"", "identity", "gzip", "deflate"})
"""Of a content. They unpack to a thousand times their size at most; others, and two of them, to gigabytes."""


class Failed(Exception):
    """A request that did not work; `wait`: seconds that the server asked for."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


class Redirected(Failed):
    """The answer is elsewhere; `target`: at this whole address, empty where it is none."""

    def __init__(self, problem: str, target: str) -> None:
        super().__init__(problem)
        self.target = target


class NotModified(Exception):
    """The answer is the one that the conditions of the request name."""


class Limits(NamedTuple):
    """`body` in bytes; `timeout` in seconds for connecting, and between two pieces of an answer; `whole` for all of it."""

    body: int
    timeout: float
    whole: float = math.inf


class Api:
    """The API at `url`; `requests` counts."""

    def __init__(
        self, url: str, headers: Mapping[str, str], ca_file: Path | None, limits: Limits, stop: threading.Event
    ) -> None:
        """
        Raises:
            SourceError: the CA file cannot be used.
        """
        self._url, self._limits, self._stop = url, limits, stop
        self.requests = 0
        try:
            verify = ssl.create_default_context(cafile=str(ca_file)) if ca_file else True
        except (OSError, ValueError) as error:
            raise SourceError(f"cannot use the CA file: {error}", where=str(ca_file), fix="give a PEM file") from None
        headers = {"Accept-Encoding": "gzip, deflate", **headers}
        self._client = httpx.Client(headers=headers, verify=verify, timeout=limits.timeout, follow_redirects=False)

    def get(
        self, url: str, params: Mapping[str, str], conditions: Mapping[str, str] | None = None
    ) -> tuple[bytes, httpx.Headers]:
        """Body and headers of the answer; `conditions` are headers such as If-None-Match.

        Raises:
            Failed: there is no answer 200, or it is too long.
            NotModified: it is the one that `conditions` name (304).
        """
        self.requests += 1
        where = bare(url)
        until = time.monotonic() + self._limits.whole
        try:
            with self._client.stream("GET", url, params=params or None, headers=conditions) as response:
                if response.status_code in (401, 403):
                    raise Failed(f"{where}: the key was refused (HTTP {response.status_code})")
                if response.status_code == 304 and conditions:
                    raise NotModified
                if response.has_redirect_location:
                    target = response.next_request.url if response.next_request else ""
                    raise Redirected(f"{where}: redirects elsewhere; set url to the final address", str(target))
                if response.status_code != 200:
                    raise Failed(f"{where}: HTTP {response.status_code}", _retry_after(response.headers))
                if response.headers.get("content-encoding", "").strip().lower() not in _CODINGS:
                    raise Failed(f"{where}: a content encoding that was not asked for")
                parts, size = [], 0
                for part in response.iter_bytes():
                    size += len(part)
                    if size > self._limits.body:
                        raise Failed(f"{where}: answer of more than {self._limits.body:,} bytes (max_body)")
                    parts.append(part)
                    if self._stop.is_set():
                        raise Failed("stopped")
                    if time.monotonic() > until:
                        raise Failed(f"{where}: the answer took more than {self._limits.whole:.0f} seconds")
                return b"".join(parts), response.headers
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Failed(f"{where}: {type(error).__name__}: {error}") from None

    def within(self, link: Any) -> str | None:
        """A link to the next page as a whole address; None where it is none.

        Raises:
            Failed: it leads to another server, which must not get the key.
        """
        if not isinstance(link, str) or not link:
            return None
        base = httpx.URL(self._url)
        try:
            target = base.join(link)
        except httpx.InvalidURL:
            raise Failed(f"{bare(self._url)}: the link to the next page is none") from None
        if (target.scheme, target.host, target.port) != (base.scheme, base.host, base.port):
            raise Failed(f"{bare(self._url)}: the next page is on another server, which does not get the key")
        return str(target)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()


def bare(url: str) -> str:
    """Without its query: some APIs put secrets there."""
    return url.partition("?")[0]


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds of a Retry-After header (RFC 9110): a number or a date."""
    value = headers.get("retry-after", "")
    if value.isdigit():
        return float(value[:6])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
