"""Fetch records from an HTTP API: JSON, page by page, at an interval, with a key in a header.

    url: https://api.example.com/v1/events
    items: data.events
    paging: cursor
    cursor_field: meta.next
    cursor_param: cursor

A thread fetches, at most two pages ahead of what was polled. A position holds where to go on, and short hashes of the
last records: an API that gives the last ones again (because `since` includes its boundary) doubles nothing.
"""

import contextlib
import hashlib
import queue
import random
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self

import httpx
import msgspec
import polars as pl
from pydantic import Field, model_validator

from vedette.collect.api import Api, Failed, Limits, bare
from vedette.collect.live import Keyed, permitted
from vedette.model.records import RECORD, Json, RecordBatch
from vedette.model.settings import Duration, Size

AHEAD: Final = 2
NEWEST: Final = 3600.0
"""Longest wait that a server may ask for, seconds."""


class Settings(Keyed):
    """What to fetch."""

    url: str = Field(pattern=r"^https?://[!-~]+$")
    """Address of the first page."""
    key_header: str = Field(default="Authorization", pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
    """Header that carries the key: `Authorization`, `X-API-Key`."""
    key_prefix: str = "Bearer "
    """What stands before the key in that header; empty for most API key headers."""
    headers: dict[str, str] = Field(default={})
    """More headers; no secrets."""
    params: dict[str, str] = Field(default={})
    """Query parameters of every request."""
    interval: Duration = Field(default=timedelta(seconds=60), gt=timedelta(0))
    """Time from one round to the next."""
    items: str = ""
    """Dotted path of the list of records within the answer; empty when the answer is the list."""
    paging: Literal["none", "next", "link", "page", "cursor"] = "none"
    """How the next page is found: a link in the body, a Link header (RFC 8288), a page number, a cursor."""
    next_field: str = "next"
    """Dotted path of the link to the next page (paging: next)."""
    page_param: str = "page"
    """Query parameter of the page number (paging: page); a page without records is the last."""
    first_page: int = Field(default=1, ge=0)
    """Number of the first page."""
    cursor_field: str = "next_cursor"
    """Dotted path of the cursor (paging: cursor). It is kept from round to round."""
    cursor_param: str = "cursor"
    """Query parameter that takes the cursor."""
    since_param: str | None = None
    """Query parameter that asks for newer records only."""
    since_field: str = "timestamp"
    """Dotted path of its value within a record; the greatest one seen is asked for next."""
    since_first: str = ""
    """Its value for the very first request; empty leaves the parameter out."""
    remember: int = Field(default=1000, ge=0)
    """Records that are recognised when the API gives them again."""
    max_pages: int = Field(default=1000, ge=1)
    """Pages of one round."""
    max_body: Size = Field(default=64 << 20, ge=1)
    """Largest answer."""
    timeout: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """Time for connecting, and between two pieces of an answer."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the server's certificate, when it is a private one."""
    allow_plain_http: bool = False
    """Permit http:// to other machines: key and records can then be read on the way."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        permitted(self.url, plain=self.allow_plain_http)
        return self


class Source:
    """One API (collect.live.Source); `offset` counts records."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.name = name
        self._settings = settings
        self._source = f"{name}:pull"
        self._pages: queue.Queue[RecordBatch] = queue.Queue(AHEAD)
        self._rest: list[RecordBatch] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._api: Api | None = None
        self._state: Json = {}
        self._problem = ""
        self._again = self._retries = 0

    def open(self, positions: Mapping[str, Json]) -> None:
        """Read the key and start fetching."""
        s = self._settings
        headers = dict(s.headers)
        key = s.key()
        if key is not None:
            headers[s.key_header] = s.key_prefix + key
        self._state = {"count": 0, "recent": [], **(positions.get(self._source) or {})}
        self._api = Api(s.url, headers, s.ca_file, Limits(s.max_body, s.timeout.total_seconds()), self._stop)
        self._thread = threading.Thread(target=self._run, name=f"http_pull {self.name}", daemon=True)
        self._thread.start()

    def poll(self, limit: int, wait: float) -> list[RecordBatch]:
        """Pages that are here, up to `limit` records; a page of more comes whole."""
        batches: list[RecordBatch] = []
        with contextlib.suppress(queue.Empty):
            batches.append(self._pages.get(timeout=wait) if wait > 0 else self._pages.get_nowait())
            while sum(batch.frame.height for batch in batches) < limit:
                batches.append(self._pages.get_nowait())
        return batches

    def committed(self, positions: Mapping[str, Json]) -> None:
        """The API keeps what it has."""

    def fileno(self) -> int:
        """Nothing wakes: it has to be polled."""
        return -1

    def health(self) -> dict[str, Any]:
        """Counters."""
        return {
            "lag_bytes": 0,
            "waiting": self._pages.qsize(),
            "records": self._state.get("count", 0),
            "requests": self._api.requests if self._api else 0,
            "given_again": self._again,
            "dropped": {},
            "reconnects": self._retries,
            "problem": self._problem,
        }

    def close(self) -> None:
        """Stop fetching."""
        self._stop.set()
        with contextlib.suppress(queue.Empty):
            while True:
                self._pages.get_nowait()
        if self._thread:
            self._thread.join(5)
        if self._api:
            self._api.close()

    # --- the fetching thread ---

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                self._round()
                self._problem, failures = "", 0
                pause = self._settings.interval.total_seconds() - (time.monotonic() - began)
            except Failed as failed:
                self._problem = str(failed)
                self._retries += 1
                most = max(self._settings.interval.total_seconds(), 60.0)
                pause = min(most, 0.5 * 2 ** min(failures, 10)) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret
                pause = pause if failed.wait is None else min(failed.wait, NEWEST)
                failures += 1
            self._stop.wait(max(0.0, pause))

    def _round(self) -> None:
        """Fetch pages until there is no next one. Stopped at a page, the next round begins with that page."""
        assert self._api is not None  # noqa: S101 - the thread starts after it is there
        s, api = self._settings, self._api
        url: str | None = self._state.get("next") or s.url
        page = self._state.get("page") or s.first_page
        for _ in range(s.max_pages):
            if self._stop.is_set() or url is None:
                return
            params = {} if url != s.url else dict(s.params)
            if url == s.url:
                if s.paging == "page":
                    params[s.page_param] = str(page)
                if s.paging == "cursor" and self._state.get("cursor"):
                    params[s.cursor_param] = str(self._state["cursor"])
                if s.since_param and (since := self._state.get("asked") or self._since()):
                    params[s.since_param] = since
                    self._state["asked"] = since
            body, headers = api.get(url, params)
            items, answer = self._items(body)
            following: str | None = None
            if s.paging == "next":
                following = api.within(_field(answer, s.next_field))
            elif s.paging == "link":
                following = api.within(httpx.Response(200, headers=headers).links.get("next", {}).get("url"))
            elif s.paging == "page" and items:
                following, page = s.url, page + 1
            elif s.paging == "cursor":
                cursor = _field(answer, s.cursor_field)
                if cursor not in (None, "") and cursor != self._state.get("cursor"):
                    self._state["cursor"] = cursor
                    following = s.url if items else None
            self._state["next"] = following if following != s.url else None
            self._state["page"] = page if following and s.paging == "page" else None
            if following is None:
                self._state.pop("asked", None)
            self._deliver(items)
            url = following

    def _since(self) -> str:
        return str(self._state.get("since", "") or self._settings.since_first)

    def _items(self, body: bytes) -> tuple[list[bytes], Any]:
        """(records as they were sent, the decoded answer)."""
        try:
            answer: Any = None
            raw = body
            for name in [part for part in self._settings.items.split(".") if part]:
                raw = bytes(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get(name, b"[]"))
            if self._settings.paging in ("next", "cursor"):
                answer = msgspec.json.decode(body)
            if raw.strip() == b"null":
                return [], answer
            return [bytes(part) for part in msgspec.json.decode(raw, type=list[msgspec.Raw])], answer
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            where = f" at {self._settings.items!r}" if self._settings.items else ""
            raise Failed(f"{bare(self._settings.url)}: the answer is not JSON with a list{where}") from None

    def _deliver(self, items: list[bytes]) -> None:
        s = self._settings
        recent = dict.fromkeys(self._state["recent"])
        texts: list[str] = []
        for item in items:
            mark = hashlib.blake2b(item, digest_size=6).hexdigest()
            if mark in recent:
                self._again += 1
                continue
            if s.remember:
                recent[mark] = None
            texts.append((msgspec.json.format(item, indent=-1) if b"\n" in item else item).decode("utf-8", "replace"))
            if s.since_param:
                self._later(item)
        first = int(self._state["count"])
        self._state["count"] = first + len(texts)
        self._state["recent"] = list(recent)[-s.remember :] if s.remember else []
        line = pl.int_range(first + 1, first + 1 + len(texts), dtype=pl.Int64, eager=True)
        frame = pl.DataFrame({"line": line, "offset": line, "raw": pl.Series(texts, dtype=pl.String)}, schema=RECORD)
        batch = RecordBatch(self._source, bare(s.url), frame, dict(self._state), datetime.now(UTC))
        while texts and not self._stop.is_set():
            with contextlib.suppress(queue.Full):
                self._pages.put(batch, timeout=0.1)
                return

    def _later(self, item: bytes) -> None:
        """Keep the greatest `since` value: as a number when both are numbers, else as text."""
        try:
            value = _field(msgspec.json.decode(item), self._settings.since_field)
        except (msgspec.DecodeError, RecursionError):
            return
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return
        known = self._state.get("since")
        if (
            known is None
            or (type(known) is not str and type(value) is not str and value > known)
            or (str(value) > str(known) and (type(known) is str or type(value) is str))
        ):
            self._state["since"] = value


def _field(value: Any, path: str) -> Any:
    """The value at a dotted path, None when it is not there."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
