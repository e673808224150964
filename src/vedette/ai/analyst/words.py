"""How an analyst says when, how often, and who; everything that a log said is made one safe, short line."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from vedette.model.text import count, safe

NAME: Final = 60
NAMED: Final = 3
_V4: Final = re.compile(r"(?<![\w.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.]*[0-9])")
_V6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")


def name(text: str) -> str:
    """A name as it can stand in a sentence; one with spaces or signs in it is in quotes."""
    shown = safe(text, NAME)
    return shown if re.fullmatch(r"[\w.@$:+/\\-]+…?", shown) else f"“{shown.replace('“', '?').replace('”', '?')}”"


def listed(names: Iterable[str | None], noun: str) -> str:
    """`a`, `a and b`, `a, b and c`, or `a, b and 7 more NOUNS`; empty when there is none."""
    known = list(dict.fromkeys(each for each in names if each))
    if not known:
        return ""
    shown = [name(each) for each in known]
    if len(shown) > NAMED:
        more = len(shown) - NAMED + 1
        return f"{', '.join(shown[: NAMED - 1])} and {more} more {noun}"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def span(first: datetime, last: datetime) -> str:
    """` at 03:12` or ` between 03:12 and 03:23 (11 min)`, with the second day where there is one."""
    if last - first < timedelta(minutes=1):
        return f" at {first:%H:%M}"
    end = f"{last:%H:%M}" if last.date() == first.date() else f"{last:%Y-%m-%d %H:%M}"
    return f" between {first:%H:%M} and {end} ({lasting(last - first)})"


def lasting(time: timedelta) -> str:
    """`40 s`, `11 min`, `5 h`, `3 days`."""
    seconds = int(time.total_seconds())
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{round(seconds / 60)} min"
    return f"{seconds // 3600} h" if seconds < 2 * 86400 else f"{seconds // 86400} days"


def moment(at: datetime) -> str:
    """`2026-01-15 03:12 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def events(number: int) -> str:
    """`144 events`."""
    return count(number, "event")


def addresses(texts: Iterable[str]) -> list[str]:
    """Addresses in texts, each once, in order; loopback and unspecified ones left out."""
    found: dict[str, None] = {}
    for text in texts:
        for match in [*_V4.finditer(text), *_V6.finditer(text)]:
            if is_address(match[0]):
                found[match[0]] = None
    return list(found)


def is_address(text: str) -> bool:
    """Whether it is an address of somebody."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def sentence(text: str) -> str:
    """With a capital at its beginning, unless that is a name."""
    return text[:1].upper() + text[1:] if text[:1].islower() else text


def joined(parts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
