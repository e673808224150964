"""Fetch threat intelligence feeds (collect.feeds): their bytes; parse.indicators reads them."""

import hashlib
import os
import stat
import threading
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx
import msgspec

from vedette.collect.api import Api, Failed, Limits, NotModified, Redirected, bare
from vedette.collect.feeds import Settings
from vedette.model.records import Json

REDIRECTS: Final = 3
PAGES: Final = 1000
"""Of a TAXII collection."""
WHOLE: Final = 600.0
"""Seconds that one answer may take from its beginning to its end."""
TAXII: Final = "application/taxii+json;version=2.1"


class Fetched(NamedTuple):
    """A list as it came; of a TAXII collection one STIX bundle. `known` is for the next fetch, once this is taken."""

    data: bytes
    known: Json


class Fetching:
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
