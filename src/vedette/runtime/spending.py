"""What models cost, and the budget of a day: reserved before it is spent, over all processes."""

import fcntl
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, TypeVar

from vedette.ai.model import client
from vedette.ai.model.settings import Ai, ModelError

SPENT: Final = "model-spent"
T = TypeVar("T")


def cost_of(settings: Ai, tokens_in: int, tokens_out: int) -> float:
    """Dollars for so many tokens; by `ai.unknown_usd` where no price is known."""
    known = client.price(settings.model, tokens_in, tokens_out) if settings.provider not in ("ollama", "compatible") else None
    return known if known is not None else (tokens_in + tokens_out) / 1e6 * settings.unknown_usd


def spent(
    settings: Ai, directory: Path, size: int, answer: int, send: Callable[[], client.Said[T]]
) -> tuple[client.Said[T], float]:
    """What `send` returned, and what it cost in dollars: `size` tokens out, `answer` back at most.

    Raises:
        ModelError: the day's budget does not have it, or as `send` does: what was sent counts then.
    """
    most = cost_of(settings, size, answer)
    ledger = Ledger(directory, settings.daily_usd)
    ledger.reserve(most)
    try:
        said = send()
    except ModelError:
        ledger.correct(cost_of(settings, size, 0) - most)  # what was sent may well be charged
        raise
    cost = said.cost if said.cost is not None else cost_of(settings, said.tokens_in, said.tokens_out)
    ledger.correct(cost - most)
    return said, cost


class Ledger:
    """Dollars spent in a day (UTC), over all processes: a file of amounts, one in a line."""

    def __init__(self, directory: Path, most: float, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = directory / f"{SPENT}-{now():%Y-%m-%d}"
        self._most = most

    def reserve(self, amount: float) -> None:
        """Count the most that it may cost, before it is spent.

        Raises:
            ModelError: the day's budget does not have it.
        """
        with self._open() as file:
            spent = _sum(file.read())
            if spent + amount > self._most:
                raise ModelError(
                    f"today's budget for models is used up: ${spent:.4f} of ${self._most:.2f}, and this may cost ${amount:.4f}",
                    fix="raise ai.daily_usd, or wait until midnight UTC",
                )
            file.write(f"{amount:.8f}\n")

    def correct(self, difference: float) -> None:
        """What it did cost, less what was reserved."""
        with self._open() as file:
            file.read()
            file.write(f"{difference:.8f}\n")

    def _open(self) -> IO[str]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return os.fdopen(descriptor, "r+", encoding="ascii", errors="replace")


def _sum(text: str) -> float:
    total = 0.0
    for line in text.splitlines():
        try:
            total += float(line)
        except ValueError:
            continue  # a torn line
    return total

