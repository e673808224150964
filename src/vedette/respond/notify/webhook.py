"""Notices by HTTP POST as JSON.

`Authorization: Bearer <key>` when a key is given (from an environment variable or a private file), `Idempotency-Key`
the same on every attempt, so a receiver can drop what it already has. https only unless `allow_http`; redirects are
not followed, since the key would go with them; proxies of the environment are not used.
"""

import asyncio
import os
import socket
import ssl
import stat
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final, Self

import httpx
import orjson
from pydantic import Field, model_validator

from vedette.model import settings as model
from vedette.model.settings import Duration
from vedette.respond.outcome import Dead, Delivered, Notice, Outcome, Retry

RESPONSE_LONGEST: Final = 64 * 1024
REASON_LONGEST: Final = 200
ASKED_LONGEST: Final = timedelta(hours=24)
# RFC 9110 and RFC 6585: these say "later"; every other 4xx says "never like this".
_LATER: Final = frozenset({408, 409, 421, 423, 425, 429})
_METADATA: Final = (ip_network("169.254.0.0/16"), ip_network("fe80::/10"), ip_network("fd00:ec2::254/128"))
_METADATA_NAMES: Final = frozenset({"metadata.google.internal", "metadata.goog", "instance-data"})


class Settings(model.Settings):
    url: str
    """Where to POST: https://host/path."""
    key_env: str | None = None
    """Environment variable that holds the key for `Authorization: Bearer`."""
    key_file: Path | None = None
    """File that holds it, readable by its owner only."""
    allow_http: bool = False
    """Send in the clear, key included."""
    allow_link_local: bool = False
    """Send to link-local addresses, where clouds keep their metadata service."""
    ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    timeout: Duration = Field(timedelta(seconds=15), gt=timedelta(0))
    """For the whole attempt, from connecting to the end of the answer."""

    @model_validator(mode="after")
    def _usable(self) -> Self:
        fault = url_fault(self)
        if fault:
            raise ValueError(fault)
        if self.key_env is not None and self.key_file is not None:
            raise ValueError("give key_env or key_file, not both")
        return self


def url_fault(settings: Settings) -> str | None:
    """What is wrong with the URL; never repeats it, since it may hold a secret."""
    try:
        url = httpx.URL(settings.url)
    except (httpx.InvalidURL, TypeError):
        return "url: not a URL; write https://host/path"
    if url.scheme not in ("https", "http") or not url.host or "%" in url.host:
        return "url: write https://host/path"
    if url.scheme == "http" and not settings.allow_http:
        return "url: https only, unless allow_http: true"
    if url.userinfo:
        return "url: no user or password in it; put the key into key_env or key_file"
    if not settings.allow_link_local and _link_local(url.host):
        return "url: a link-local (cloud metadata) address, unless allow_link_local: true"
    return None


def _link_local(host: str) -> bool:
    host = host.lower().rstrip(".")
    if host in _METADATA_NAMES:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        try:
            address = ip_address(socket.inet_aton(host))  # 2852039166 and 0xa9.0xfe.43518 are addresses too
        except OSError:
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in _METADATA if network.version == address.version)


def _key(settings: Settings) -> str | Dead:
    """The key, empty when none is wanted."""
    if settings.key_env is not None:
        key = os.environ.get(settings.key_env, "").strip()
        if not key:
            return Dead(f"environment variable {settings.key_env} is not set")
    elif settings.key_file is not None:
        try:
            if stat.S_IMODE(settings.key_file.stat().st_mode) & 0o077:
                return Dead(f"{settings.key_file}: others may read the key; chmod 600 it")
            key = settings.key_file.read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            return Dead(f"{settings.key_file}: {getattr(error, 'strerror', None) or 'not a key'}")
    else:
        return ""
    # httpx would put the offending value into its message.
    return key if key.isascii() and key.isprintable() and " " not in key and key else Dead("the key has odd characters")


def deliver(settings: Settings, notice: Notice, key: str) -> Outcome:
    """POST the notice. 2xx delivers it; 408, 409, 421, 423, 425, 429, 5xx and network errors ask for another attempt;
    everything else, redirects included, is final. Reasons never hold the key or the URL's path and query."""
    secret = _key(settings)
    if isinstance(secret, Dead):
        return secret
    try:
        body = orjson.dumps(notice, option=orjson.OPT_UTC_Z)
    except (TypeError, ValueError) as error:
        return Dead(f"not JSON: {error}")
    headers = {"Content-Type": "application/json", "Idempotency-Key": key, "User-Agent": "vedette"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    host = httpx.URL(settings.url).host
    try:
        outcome = asyncio.run(_post(settings, body, headers))
    except (TimeoutError, httpx.TimeoutException):
        outcome = Retry(f"{host}: no answer within {settings.timeout.total_seconds():g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        outcome = Retry(f"{host}: {_reason(error)}")
    if secret and not isinstance(outcome, Delivered) and secret in outcome.reason:
        return outcome._replace(reason=outcome.reason.replace(secret, "***"))
    return outcome


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:REASON_LONGEST]


def _judge(status: int, retry_after: str | None, host: str) -> Outcome:
    if 200 <= status < 300:
        return Delivered()
    reason = f"{host}: answered {status}"
    if status in _LATER or status >= 500:
        return Retry(reason, asked_to_wait(retry_after, datetime.now(UTC)))
    if 300 <= status < 400:
        return Dead(f"{reason}, a redirect; these are not followed, so give the final URL")
    return Dead(reason)


def asked_to_wait(value: str | None, now: datetime) -> timedelta | None:
    """Retry-After (RFC 9110, 10.2.3): seconds or a date, at most ASKED_LONGEST; None when absent or unreadable."""
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), ASKED_LONGEST)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), ASKED_LONGEST)


async def _post(settings: Settings, body: bytes, headers: dict[str, str]) -> Outcome:
    seconds = settings.timeout.total_seconds()
    trust = ssl.create_default_context(cafile=settings.ca_file)
    # httpx times each read by itself; the outer limit is for a server that sends one byte at a time.
    async with asyncio.timeout(seconds):
        client = httpx.AsyncClient(verify=trust, trust_env=False, follow_redirects=False, timeout=seconds)
        async with client, client.stream("POST", settings.url, content=body, headers=headers) as response:
            got = 0
            async for chunk in response.aiter_raw():
                got += len(chunk)
                if got > RESPONSE_LONGEST:
                    break  # the status line said all we need
            return _judge(response.status_code, response.headers.get("Retry-After"), response.url.host)
