"""Times as written to seconds, so that tables can say when, and in what order, without repeating dates."""

from typing import Final

import polars as pl

_FORMATS: Final = (
    # A four-digit year reads two digits too, so years of two digits are tried first.
    "%y/%m/%d %H:%M:%S%.f", "%y%m%d %H%M%S", "%y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f", "%d/%b/%Y:%H:%M:%S %z", "%a %b %e %H:%M:%S%.f %Y", "%b %e %H:%M:%S%.f", "%b %e %Y %H:%M:%S%.f",
    "%b %e, %Y %H:%M:%S%.f", "%d-%b-%Y %H:%M:%S%.f", "%d/%b/%Y:%H:%M:%S", "%d/%m/%Y %H:%M:%S%.f", "%d.%m.%Y %H:%M:%S%.f",
    "%m/%d/%Y %I:%M:%S %p", "%Y%m%d-%H:%M:%S%.f", "%Y%m%dT%H%M%SZ",
    "%Y%m%d %H:%M:%S%.f",
)  # fmt: skip
_ISO: Final = len("2026-01-31T00:00:00")
_EPOCH: Final = r"^(1\d{9})(?:\.\d+|\d{3})?$"


def seconds(times: pl.Series) -> pl.Series:
    """Seconds since 1970 (Int64) of times as written, null where the layout is not known.

    A year that is not written is 2000, a zone UTC: the numbers are good for differences within one log only.
    """
    text = times
    # A look without an expression first: most logs have none of these.
    epoch = times.str.starts_with("1").any()
    found = times.str.extract(_EPOCH, 1).cast(pl.Int64) if epoch else _unknown(len(times))
    if times.str.contains(r"[,:][0-9]{3}").any():
        text = text.str.replace(r"(:\d+)[,:](\d{3,9})$", "$1.$2")
    if (times.str.ends_with("UTC") | times.str.ends_with("GMT")).any():
        text = text.str.replace(r" (?:UTC|GMT)$", "")
    if not found.count():
        found = _alike(text)
    for layout in _FORMATS:
        left = found.is_null() & times.is_not_null()
        if not left.any():
            break
        part = text if left.all() else text.filter(left)
        pattern = layout
        if "%Y" not in layout and "%y" not in layout:
            part, pattern = "2000 " + part, "%Y " + layout
        if (
            not _reads(part.head(20), pattern).count()
            and not _reads(part.sample(min(20, len(part)), seed=0), pattern).count()
        ):
            continue
        read = _reads(part, pattern)
        found = read if len(read) == len(found) else found.scatter(left.arg_true(), read)
    return found


def _alike(times: pl.Series) -> pl.Series:
    """Times of ISO 8601 whose zones are the same: the engine reads what has a fixed width five times as fast."""
    zones = times.str.slice(_ISO)
    if zones.str.starts_with(".").any():
        zones = zones.str.replace(r"^\.[0-9]+", "")
    zone = zones.drop_nulls().head(1)
    if not len(zone) or not (zones == zone[0]).all():
        return _unknown(len(times))
    offset = _reads("1970-01-01T00:00:00" + zone, "%Y-%m-%dT%H:%M:%S%#z")[0] if zone[0] else 0
    between = times.str.slice(10, 1).drop_nulls()[0] or "T"
    read = _reads(times.str.slice(0, _ISO), f"%Y-%m-%d{between}%H:%M:%S") if between in "T " else None
    return _unknown(len(times)) if offset is None or read is None else read + offset


def _unknown(size: int) -> pl.Series:
    return pl.Series([None], dtype=pl.Int64).new_from_index(0, size)


def _reads(texts: pl.Series, pattern: str) -> pl.Series:
    zoned = pattern.endswith("z")
    read = texts.str.to_datetime(pattern, time_unit="us", time_zone="UTC" if zoned else None, strict=False)
    return read.dt.epoch("s")
