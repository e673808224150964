"""What every live source is to the agent, and how a source gets at its key."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

from pydantic import model_validator

from vedette.model.errors import SourceError
from vedette.model.records import Json, RecordBatch
from vedette.model.settings import Settings

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Source(Protocol):
    """A place that records keep coming from.

    Each module in collect/sources has `Settings` and `Source(settings, name)`. `name` begins every RecordBatch.source
    of it. Nothing here is thread safe: one thread owns a source.
    """

    name: str

    def open(self, positions: Mapping[str, Json]) -> None:
        """Start after `positions`: the last durable RecordBatch.position by RecordBatch.source.

        Those of other sources are ignored.

        Raises:
            SourceError: it cannot start; the message says what to mend.
        """

    def poll(self, limit: int, wait: float) -> list[RecordBatch]:
        """New batches, about `limit` records at most; blocks for at most `wait` seconds, [] when nothing is new.

        A batch may be empty of records and only carry a position or `dropped`. A batch with the position {} says that
        its source is over for good and the stored position may be deleted.
        """

    def committed(self, positions: Mapping[str, Json]) -> None:
        """These positions are durable now: what they cover may be acknowledged or forgotten."""

    def fileno(self) -> int:
        """A descriptor that is readable when `poll` may have something; -1 when it has to be asked now and then."""

    def health(self) -> dict[str, Any]:
        """Counters: `lag_bytes`, `dropped` by reason, `reconnects`, `problem` (a line or empty), and the source's own."""

    def close(self) -> None:
        """Let go of files, sockets and processes. Uncommitted records come again after the next open."""


class Key(Settings):
    """A secret, named but never written in the settings: from an environment variable or a file."""

    key_env: str | None = None
    """Environment variable that holds the key."""
    key_file: Path | None = None
    """File that holds the key; surrounding white space is ignored."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.key_env is None) == (self.key_file is None):
            raise ValueError("give one of key_env and key_file")
        return self

    def read(self) -> str:
        """The key.

        Raises:
            SourceError: there is none, or it holds characters that cannot be in a header.
        """
        if self.key_env is not None:
            where, key = f"environment variable {self.key_env}", os.environ.get(self.key_env, "")
        else:
            where = str(self.key_file)
            try:
                key = Path(where).read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise SourceError(
                    f"cannot read the key: {getattr(error, 'strerror', None) or 'not text'}",
                    where=where,
                    fix="write the key into that file",
                ) from None
        key = key.strip()
        if not key or not key.isascii() or not key.isprintable():
            raise SourceError("no usable key in it", where=where, fix="one line of printable ASCII characters")
        return key


class Keyed(Settings):
    """Settings of a source that has a key: `key_env` or `key_file`, as everywhere."""

    key_env: str | None = None
    """Environment variable that holds the key."""
    key_file: Path | None = None
    """File that holds the key; surrounding white space is ignored."""

    @model_validator(mode="before")
    @classmethod
    def _as_everywhere(cls, given: Any) -> Any:
        if isinstance(given, dict) and "key" in given:
            raise ValueError("key: write key_env: NAME or key_file: PATH, without a `key:` around it")
        return given

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.key_env is not None and self.key_file is not None:
            raise ValueError("give key_env or key_file, not both")
        return self

    def key(self) -> str | None:
        """The key; None where neither is given.

        Raises:
            SourceError: as `Key.read`.
        """
        if self.key_env is None and self.key_file is None:
            return None
        return Key(key_env=self.key_env, key_file=self.key_file).read()


def count(dropped: dict[str, int], reasons: tuple[tuple[str, int], ...]) -> None:
    """Add `reasons` to the counters of `health`."""
    for reason, number in reasons:
        dropped[reason] = dropped.get(reason, 0) + number


def permitted(url: str, *, plain: bool) -> None:
    """Whether settings may hold this address; `plain`: http to other machines is permitted.

    Raises:
        ValueError: they may not; says why.
    """
    parts = urlsplit(url)
    if parts.username or parts.password:
        raise ValueError("no user and password in the url: use key_env and key_header")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK and not plain:
        raise ValueError("the url is not https: write https://, or set allow_plain_http")
