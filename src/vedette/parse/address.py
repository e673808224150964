"""Addresses as programs write them, to one canonical text form.

Sources: RFC 4291 and RFC 5952 (IPv6 text), RFC 4007 (zones), RFC 6943 section 3.1.1 (octal and hex octets: read
as decimal here, because that is what the loggers that pad with zeros mean).
"""

from functools import lru_cache
from ipaddress import ip_address
from typing import Final

import polars as pl

from vedette.parse.patterns import matches

SIDES: Final = ("source", "destination", "client")
"""Of a connection, those that have addresses."""

REPEATS: Final = 8
"""Rows for each different value, from which every value is looked at once."""
LONGEST: Final = 64
"""Characters of texts that are remembered."""

IPV4: Final = r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_PLAIN_V4: Final = r"^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$"
_NAME: Final = r"^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?\.?$"


def canonical(text: str) -> str | None:
    """One address, canonical: mapped IPv6 as IPv4, no zone, brackets, port or zero padding. None if it is none."""
    return _remembered(text) if len(text) <= LONGEST else _canonical(text)


def _canonical(text: str) -> str | None:
    text = text.strip().strip('"').removeprefix("/")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    text = text.partition("%")[0].partition("/")[0]
    if text.lower().startswith("ipv6:"):
        text = text[5:]
    if text.count(".") == 3 and ":" in text and text.count(":") == 1:
        text = text.partition(":")[0]
    if ":" not in text:
        text = ".".join(part.lstrip("0") or "0" if part.isdigit() else part for part in text.split("."))
    else:
        head, _, tail = text.rpartition(":")
        if "." in tail:
            text = f"{head}:" + ".".join(
                part.lstrip("0") or "0" if part.isdigit() else part for part in tail.split(".")
            )
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


_remembered: Final = lru_cache(maxsize=4096)(_canonical)


def to_ip(values: pl.Series) -> pl.Series:
    """Canonical address per value, null where the value holds none. Plain IPv4 never leaves the columns."""
    plain = matches(values, _PLAIN_V4)
    others = values.filter(~plain).drop_nulls().unique()
    if others.is_empty():
        return values
    found = {text: canonical(text) for text in others.to_list()}
    rest = values.replace_strict(list(found), list(found.values()), default=None, return_dtype=pl.String())
    return pl.select(pl.when(plain).then(values).otherwise(rest).alias(values.name)).to_series()


def spread(frame: pl.DataFrame, side: str) -> pl.DataFrame:
    """`<side>.address` spread over `<side>.ip` (canonical) or, where it is a host name, `<side>.domain`.

    Columns that are there already win over what the address says.
    """
    name = f"{side}.address"
    if name not in frame.columns:
        return frame
    for column, values in zip((f"{side}.ip", f"{side}.domain"), _told(frame[name]), strict=True):
        if values is None:
            continue
        if column in frame.columns:
            frame = frame.with_columns(pl.coalesce(pl.col(column), values).alias(column))
        elif values.null_count() < len(values):
            frame = frame.with_columns(values.alias(column))
    return frame


def _told(values: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """Addresses, and names if there are any: of the different values, where these are few."""
    texts = values.to_list()
    different = [text for text in dict.fromkeys(texts) if text is not None]
    if len(different) * REPEATS > len(texts):
        ip = to_ip(values)
        if ip is values:  # nothing but plain addresses
            return values, None
        return ip, pl.select(pl.when(ip.is_null() & matches(values, _NAME)).then(values)).to_series()
    ips = {text: canonical(text) for text in different}
    names = [text for text, ip in ips.items() if ip is None]
    found = values if all(text == ip for text, ip in ips.items()) else pl.Series(list(map(ips.get, texts)), dtype=pl.String)
    if not names:
        return found, None
    said = dict(zip(names, matches(pl.Series(names), _NAME).to_list(), strict=True))
    return found, pl.Series([text if said.get(text) else None for text in texts], dtype=pl.String)
