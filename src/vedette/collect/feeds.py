"""Fetch threat intelligence feeds: a file, an address, or a collection of a TAXII 2.1 server.

    - name: feodo
      url: https://feodotracker.abuse.ch/downloads/ipblocklist.csv
    - name: partners
      url: https://taxii.example.net/api1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/
      format: taxii
      key_env: TAXII_KEY
    - name: own
      path: /etc/vedette/bad.txt

Here are bytes only; parse.indicators reads them.
"""

import hashlib
import os
import stat
import threading
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec
from pydantic import Field, model_validator

from vedette.collect.api import Api, Failed, Limits, NotModified, Redirected, bare, permitted
from vedette.collect.live import Keyed
from vedette.model.alert import Level
from vedette.model.records import Json
from vedette.model.settings import Duration, Size

REDIRECTS: Final = 3
PAGES: Final = 1000
"""Of a TAXII collection."""
WHOLE: Final = 600.0
"""Seconds that one answer may take from its beginning to its end."""
TAXII: Final = "application/taxii+json;version=2.1"


class Settings(Keyed):
    """One feed."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """What alerts and pages call it: letters, digits, `-`, `_` and `.`."""
    url: str | None = Field(default=None, pattern=r"^https?://[!-~]+$")
    """Address of the list; of a TAXII server that of the collection (`.../collections/ID/`)."""
    path: Path | None = None
    """File that holds the list, instead of `url`."""
    format: Literal["auto", "text", "csv", "json", "stix", "taxii"] = "auto"
    """How the list is written; `auto` sees that by itself, except for taxii."""
    key_header: str = Field(default="Authorization", pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
    """Header that carries the key: `Authorization`, `X-OTX-API-KEY`, `Auth-Key`."""
    key_prefix: str = "Bearer "
    """What stands before the key in that header: `Basic ` where the key is user:password in base64, empty for most others."""
    headers: dict[str, str] = Field(default={})
    """More headers; no secrets."""
    interval: Duration = Field(default=timedelta(hours=1), ge=timedelta(minutes=1))
    """Time from one fetch to the next."""
    weight: int = Field(default=30, ge=0, le=100)
    """What being on it adds to the score of an address that comes to us (blocking.weights)."""
    level: Level = "high"
    """Of alerts about traffic to what is listed, about files and names, and about who is let in from there. Who only comes is
    informational."""
    age: Duration = Field(default=timedelta(days=30), gt=timedelta(0))
    """Indicators that the list has not held for so long, since it could not be fetched, are let go."""
    max_body: Size = Field(default=64 << 20, ge=1)
    """Largest list, unpacked; of a TAXII collection all its pages together."""
    timeout: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """Time for connecting, and between two pieces of an answer."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the server's certificate, when it is a private one."""
    allow_plain_http: bool = False
    """Permit http:// to other machines: who is on the way can then read the key and change the list."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("give one of url and path")
        if self.url is None:
            if self.format == "taxii":
                raise ValueError("format taxii needs a url; a bundle in a file is stix")
            if self.key_env is not None or self.key_file is not None:
                raise ValueError("a key is for a url; a file needs none")
        else:
            permitted(self.url, plain=self.allow_plain_http)
        return self


class Fetched(NamedTuple):
    """A list as it came; of a TAXII collection one STIX bundle. `known` is for the next fetch, once this is taken."""

    data: bytes
    known: Json


class Feed:
    """One feed. Not thread safe; setting `stop` ends a fetch at its next piece."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        """
        Raises:
            SourceError: the key or the CA file cannot be used.
        """
        self.settings = settings
        self._stop = stop
        self._api: Api | None = None
        if settings.url is not None:
            headers = {"Accept": TAXII if settings.format == "taxii" else "*/*", **settings.headers}
            key = settings.key()
            self._keyed = key is not None
            if key is not None:
                headers[settings.key_header] = settings.key_prefix + key
            limits = Limits(settings.max_body, settings.timeout.total_seconds(), WHOLE)
            self._api = Api(settings.url, headers, settings.ca_file, limits, stop)

    def fetch(self, known: Json) -> Fetched | None:
        """The list; None when it is as it was at the fetch that gave `known` ({} the first time).

        Raises:
            Failed: it cannot be had; `wait` where the server says when to ask again.
        """
        s = self.settings
        place = _digest(f"{s.format} {s.url or s.path}".encode())
        if known.get("place") != place:
            known = {}
        if s.path is not None:
            got = self._file(s.path, known)
        elif s.format == "taxii":
            got = self._collection(), {}
        else:
            got = self._address(known)
        if got is None:
            return None
        data, marks = got
        digest = _digest(data)
        # Servers that know no conditions, and touched files: told as new they would only be read again.
        if digest == known.get("digest"):
            return None
        return Fetched(data, {"place": place, "digest": digest, **marks})

    def close(self) -> None:
        """Let go of connections."""
        if self._api:
            self._api.close()

    def _file(self, path: Path, known: Json) -> tuple[bytes, Json] | None:
        try:
            # Not blocking: opening a FIFO would wait for its writer.
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                state = os.fstat(file.fileno())
                if not stat.S_ISREG(state.st_mode):
                    raise Failed(f"{path}: not a file")
                marks: Json = {"mtime": state.st_mtime_ns, "size": state.st_size, "inode": state.st_ino}
                if marks.items() <= known.items():
                    return None
                data = file.read(self.settings.max_body + 1)
        except OSError as error:
            raise Failed(f"{path}: {error.strerror}") from None
        if len(data) > self.settings.max_body:
            raise Failed(f"{path}: more than {self.settings.max_body:,} bytes (max_body)")
        return data, marks

    def _address(self, known: Json) -> tuple[bytes, Json] | None:
        marks = {"If-None-Match": known.get("etag"), "If-Modified-Since": known.get("modified")}
        conditions = {name: value for name, value in marks.items() if isinstance(value, str)}
        try:
            data, headers = self._get(str(self.settings.url), conditions)
        except NotModified:
            return None
        return data, {"etag": headers.get("etag"), "modified": headers.get("last-modified")}

    def _get(self, url: str, conditions: dict[str, str]) -> tuple[bytes, httpx.Headers]:
        """An answer; only a feed without a key is looked for where a redirect leads, and only by https."""
        assert self._api is not None  # noqa: S101 - it has a url
        for left in range(REDIRECTS, -1, -1):
            try:
                return self._api.get(url, {}, conditions)
            except Redirected as redirected:
                if self._keyed or not redirected.target.startswith("https://"):
                    raise
                if not left:
                    raise Failed(f"{bare(str(self.settings.url))}: more than {REDIRECTS} redirects") from None
                url = redirected.target
        raise AssertionError

    def _collection(self) -> bytes:
        """All pages as one bundle."""
        s = self.settings
        url = _objects(str(s.url))
        objects: list[bytes] = []
        size = 0
        more: dict[str, str] = {}
        seen: set[str] = set()
        for _ in range(PAGES):
            asked = httpx.URL(url).copy_merge_params({"match[type]": "indicator", **more})
            data, headers = self._get(str(asked), {})
            try:
                page = msgspec.json.decode(data, type=_Envelope)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise Failed(f"{bare(url)}: the answer is not a TAXII 2.1 envelope") from None
            size += len(data)
            if size > s.max_body:
                raise Failed(f"{bare(url)}: a collection of more than {s.max_body:,} bytes (max_body)")
            objects += map(bytes, page.objects)
            added = headers.get("x-taxii-date-added-last", "")
            if not page.more:
                return b'{"type":"bundle","objects":[' + b",".join(objects) + b"]}"
            more = {"next": page.next} if page.next else {"added_after": added}
            if not (page.next or added) or str(more) in seen:
                raise Failed(f"{bare(url)}: there are more pages, but not where")
            seen.add(str(more))
        raise Failed(f"{bare(url)}: a collection of more than {PAGES:,} pages")


class _Envelope(msgspec.Struct):
    """TAXII 2.1, section 3.7."""

    objects: list[msgspec.Raw] = []
    more: bool = False
    next: str | None = None


def _objects(url: str) -> str:
    """Where the objects of a collection are."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    return urlunsplit(parts._replace(path=path + ("/" if path.endswith("/objects") else "/objects/"), fragment=""))


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
