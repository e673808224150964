"""Asking the running agent for something, and telling the person what became of it; shared by a few commands."""

import argparse
import getpass
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from vedette.cli.main import say
from vedette.model.action import Action, ActionError, Network

if TYPE_CHECKING:
    from vedette.model.ports import Store

WAIT: Final = 5.0
"""Seconds that a person waits for the agent; it looks for requests twice a second."""
NOT_YET: Final = 1
"""Exit status: it was asked for, and is not done."""

DONE: Final = {"drop": "blocked", "limit": "limited", "guard": "guarded"}


def ask(store: "Store", directory: Path, kind: str, payload: dict[str, Any], who: str) -> Mapping[str, Any] | None:
    """What the agent did; None, and a word on standard error, when it has not done it yet.

    Raises:
        ActionError: the agent refused.
    """
    from vedette.runtime.requests import awaited
    from vedette.runtime.status import read

    agent = read(directory)
    request = store.request(kind, payload, who, datetime.now(UTC))
    if not (agent and agent["running"]):
        say("vedette: no agent runs: kept as a request, NOT DONE; the agent decides when it starts\n  fix: vedette run")
        return None
    answer = awaited(store, request, WAIT)
    if answer is None:
        say(
            f"vedette: the agent has not answered within {WAIT:.0f} s: the request stays, NOT YET DONE\n"
            "  fix: vedette status says what it is busy with; vedette logs what became of it"
        )
        return None
    return answer.done


def who(parser: argparse.ArgumentParser) -> None:
    """--who."""
    parser.add_argument("--who", default=None, help="who says so (default: you)")


def person(args: argparse.Namespace) -> str:
    """Who asks."""
    return str(args.who or getpass.getuser())


def source(text: str) -> "Network":
    """What stands for the attacker whose address or network a person wrote; says so when that is another.

    Raises:
        ActionError: it is no network.
    """
    from vedette.runtime.networks import bare, network_of, source_of

    network = source_of(network_of(text))
    meant = bare(str(network))
    if meant != text.strip():
        why = ": one host in IPv6 has a whole /64" if network.version == 6 and network.prefixlen == 64 else ""
        say(f"vedette: {text[:80]!r} is taken as {meant}{why}")
    return network


def span(text: str) -> timedelta:
    """1h and the like.

    Raises:
        ActionError: it is none, or longer than ten years.
    """
    from vedette.model.settings import SECONDS
    from vedette.runtime.requests import LONGEST

    number, unit = text[:-1], text[-1:]
    if unit not in SECONDS or not (number.isascii() and number.isdigit() and len(number) < 12) or not int(number):
        raise ActionError(f"{text!r} is no time", where="--for", fix="write a number and a unit: 90s, 5m, 12h or 7d")
    seconds = int(number) * SECONDS[unit]
    if seconds > LONGEST:
        raise ActionError(f"{text} is longer than ten years", where="--for", fix="--forever")
    return timedelta(seconds=seconds)


def told(action: Action, now: datetime) -> str:
    """One line: what is done about it, and for how long."""
    from vedette.runtime.networks import bare

    text = f"{bare(action.network)} is {DONE[action.kind]} {until(action, now)}"
    return text if action.enforced else f"{text} (dry run: packets are counted, not dropped)"


def until(action: Action, now: datetime) -> str:
    """Such as `until 2026-02-01 11:20 UTC (59 min left)`."""
    if action.until is None:
        return "until somebody lifts it"
    return f"until {action.until:%Y-%m-%d %H:%M} UTC ({length(action.until - now)} left)"


def length(time: timedelta) -> str:
    """The two largest units, such as `2 h 5 min`."""
    seconds = max(int(time.total_seconds()), 0)
    for unit, name, below, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= unit:
            rest = seconds % unit // below
            return f"{seconds // unit} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds} s"
