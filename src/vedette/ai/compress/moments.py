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
_EPOCH: Final = r"^(1\d{9})(?:\.\d+|\d{3})?$"


def seconds(times: pl.Series) -> pl.Series:
    """Seconds since 1970 (Int64) of times as written, null where the layout is not known.

    A year that is not written is 2000, a zone UTC: the numbers are good for differences within one log only.
    """
    text = times
    # A look without an expression first: most logs have none of these.
    if times.str.starts_with("1").any():
        found = times.str.extract(_EPOCH, 1).cast(pl.Int64)
    else:
        found = pl.Series([None], dtype=pl.Int64).new_from_index(0, len(times))
    if times.str.contains(",", literal=True).any() or (times.str.count_matches(":", literal=True) > 2).any():
        text = text.str.replace(r"(:\d+)[,:](\d{3,9})$", "$1.$2")
    if (times.str.ends_with("UTC") | times.str.ends_with("GMT")).any():
        text = text.str.replace(r" (?:UTC|GMT)$", "")
    for layout in _FORMATS:
        left = found.is_null() & times.is_not_null()
        at = left.arg_true()
        if not len(at):
            break
        part = text.gather(at)
        pattern = layout
        if "%Y" not in layout and "%y" not in layout:
            part, pattern = "2000 " + part, "%Y " + layout
        if (
            not _reads(part.head(20), pattern).count()
            and not _reads(part.sample(min(20, len(part)), seed=0), pattern).count()
        ):
            continue
        found = found.scatter(at, _reads(part, pattern))
    return found


def _reads(texts: pl.Series, pattern: str) -> pl.Series:
    zoned = pattern.endswith("z")
    read = texts.str.to_datetime(pattern, time_unit="us", time_zone="UTC" if zoned else None, strict=False)
    return read.dt.epoch("s")
