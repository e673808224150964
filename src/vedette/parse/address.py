"""Addresses as programs write them, to one canonical text form.

Sources: RFC 4291 and RFC 5952 (IPv6 text), RFC 4007 (zones), RFC 6943 section 3.1.1 (octal and hex octets: read
as decimal here, because that is what the loggers that pad with zeros mean).
"""

from ipaddress import ip_address
from typing import Final

import polars as pl

from vedette.parse.patterns import matches

SIDES: Final = ("source", "destination", "client")
"""Of a connection, those that have addresses."""

REPEATS: Final = 8
"""Rows for each different value, from which every value is looked at once."""

IPV4: Final = r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_PLAIN_V4: Final = r"^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$"
_NAME: Final = r"^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?\.?$"


def canonical(text: str) -> str | None:
    """One address, canonical: mapped IPv6 as IPv4, no zone, brackets, port or zero padding. None if it is none."""
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
    different = values.unique()
    if len(different) * REPEATS > len(values):
        different = values
    ip = to_ip(different)
    if ip is different:  # nothing but plain addresses
        return values, None
    domain = pl.select(pl.when(ip.is_null() & matches(different, _NAME)).then(different)).to_series()
    if different is values:
        return ip, domain
    known, texts = different.to_list(), values.to_list()
    ips, domains = (dict(zip(known, found.to_list(), strict=True)) for found in (ip, domain))
    return (
        pl.Series(list(map(ips.__getitem__, texts)), dtype=pl.String),
        pl.Series(list(map(domains.__getitem__, texts)), dtype=pl.String),
    )
