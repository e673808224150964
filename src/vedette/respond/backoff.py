"""When to try a delivery again: exponential, with full jitter, up to a limit of age.

The jitter comes from the delivery's key, so a plan is the same after a restart, while many deliveries that failed
together do not come back together.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from pydantic import Field

from vedette.model.settings import Duration, Settings

_DOUBLINGS: Final = 40


class Backoff(Settings):
    first: Duration = Field(timedelta(seconds=5), gt=timedelta(0))
    """Longest wait after the first failure; it doubles with every further one."""
    longest: Duration = Field(timedelta(hours=2), gt=timedelta(0))
    """No wait is longer than this, unless the receiver asks for it."""
    give_up_after: Duration = Field(timedelta(days=3), gt=timedelta(0))
    """A notice older than this is not tried again."""


def _share(key: str, attempt: int) -> float:
    """A number in (0, 1], the same for the same key and attempt."""
    digest = hashlib.blake2b(f"{key}\x1f{attempt}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 1) / 2**64


def next_try(
    settings: Backoff, key: str, attempt: int, *, created: datetime, now: datetime, asked: timedelta | None = None
) -> datetime | None:
    """When attempt number `attempt` (1 = the first repetition) is due; None to give the notice up.

    Args:
        key: the idempotency key.
        created: when the notice was made; its age is counted from there.
        asked: how long the receiver asked us to wait (Retry-After); we wait at least that.
    """
    ceiling = min(settings.first * 2 ** min(max(attempt - 1, 0), _DOUBLINGS), settings.longest)
    wait = max(ceiling * _share(key, attempt), asked or timedelta(0))
    due = now + wait
    return due if due - created <= settings.give_up_after else None
