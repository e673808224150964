"""Indicators of compromise: what others say is bad, as a feed or a file lists it."""

from datetime import datetime
from typing import Final, Literal

import msgspec

IndicatorKind = Literal["network", "domain", "url", "hash", "email"]
INDICATOR_KINDS: Final[tuple[IndicatorKind, ...]] = ("network", "domain", "url", "hash", "email")


class Indicator(msgspec.Struct, frozen=True, order=True):
    """One thing to look for.

    Attributes:
        value: in one spelling. network: CIDR notation, also of one address (`203.0.113.9/32`). domain: lower case, IDNA as it goes
            over the wire (xn--), no dot at the end; means all names below it, too. url: without scheme, user and fragment, its
            host in lower case. hash: lower case hex; MD5, SHA-1, SHA-256, SHA-512 or an import hash by its length. email: lower case.
        about: what the list says of it, such as a name of malware; may be empty.
        until: when it stops being true, if the list says so.
    """

    kind: IndicatorKind
    value: str
    about: str = ""
    until: datetime | None = None
