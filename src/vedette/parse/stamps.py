"""Time stamps of the everyday layouts, read many at once: those of one width are a matrix of bytes.

    2026-02-01T10:24:12.123456+01:00 · 2026-02-01 10:24:12,123 · 2026-02-01T10:24:12Z     ISO 8601
    Feb  1 10:24:12 · Feb 01 10:24:12.123                                                 RFC 3164 section 4.1.2
    01/Feb/2026:10:24:12 +0100                                                            common log format

What this reads it reads as parse.time does, which is asked for all the others.
"""

import re
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

WIDTHS: Final = 8
"""Widths of stamps that are looked at in one column."""
SHAPE: Final = re.compile(
    r"(?:(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ])|(?P<classic>[A-Z][a-z]{2} [ 0-9][0-9] )|(?P<clf>[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:))"
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?P<f>[.,][0-9]{1,9})?(?P<z>Z| ?[+-][0-9]{2}:?[0-9]{2})?"
)
_NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS: Final = np.array([int.from_bytes(name.encode(), "big") for name in _NAMES], np.int64)
_BY_NAME: Final = np.argsort(_MONTHS)
_SORTED: Final = _MONTHS[_BY_NAME]
_DAYS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], np.int64)

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.integer[Any]]
Bools = npt.NDArray[np.bool_]


class Years(NamedTuple):
    """How a year is found where none is written: `last`: microseconds that no stamp is after; its `year`;
    `fixed`: the user knows it, whatever `last` says; `leap`: that of 29 February."""

    last: int
    year: int
    fixed: bool
    leap: int


def days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Days since 1970 of civil dates that exist (H. Hinnant, chrono-compatible low-level date algorithms)."""
    y = year - (month <= 2)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return np.asarray(era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468)


def _civil(year: Ints, month: Ints, day: Ints) -> tuple[Ints, Bools]:
    """Days since 1970, and whether there is such a date. Stamps of one day mostly follow each other: it is looked at once."""
    changes = [part[1:] != part[:-1] for part in (year, month, day)]
    begins = np.flatnonzero(np.concatenate([[True], changes[0] | changes[1] | changes[2]]))
    sizes = np.diff(np.append(begins, len(day)))
    year, month, day = year[begins].astype(np.int64), month[begins], day[begins]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    known = (month >= 1) & (month <= 12)
    there = known & (day >= 1) & (day <= _DAYS[np.where(known, month, 0)] + (leap & (month == 2)))
    return np.repeat(days(year, month, day), sizes), np.repeat(there, sizes)


def read(values: pl.Series, years: Years, sane: tuple[int, int], *, utc: bool) -> pl.Series | None:
    """Microseconds since 1970 per stamp, null for those of other layouts; None if there is hardly one to read.

    Args:
        utc: stamps without a zone are UTC; else they are not read.
    """
    widths = values.str.len_bytes()
    kinds = widths.unique().drop_nulls().to_list()
    if not kinds or len(kinds) > WIDTHS:
        return None
    if len(kinds) == 1 and not values.null_count():
        made = _of_one_width(values, kinds[0], years, sane, utc=utc)
        return None if made is None else pl.Series(made[0]).set(pl.Series(~made[1]), None)
    micros = np.zeros(len(values), np.int64)
    good = np.zeros(len(values), np.bool_)
    numbers = widths.fill_null(0).to_numpy()
    for width in kinds:
        at = np.flatnonzero(numbers == width)
        made = _of_one_width(values.gather(at), width, years, sane, utc=utc)
        if made is not None:
            micros[at], good[at] = made
    return pl.Series(micros).set(pl.Series(~good), None) if good.any() else None


def _of_one_width(
    values: pl.Series, width: int, years: Years, sane: tuple[int, int], *, utc: bool
) -> tuple[Ints, Bools] | None:
    """Microseconds and which of them are right, by the layout of the first stamp."""
    shape = SHAPE.fullmatch(values[0])
    if shape is None or (shape["z"] is None and not utc):
        return None
    data = np.frombuffer(values.str.join("").item().encode(), np.uint8).reshape(-1, width)
    return micros(data, shape, years, sane)


def micros(data: Bytes, shape: re.Match[str], years: Years, sane: tuple[int, int]) -> tuple[Ints, Bools]:
    """Microseconds since 1970 of stamps of one layout, and which of them are right.

    Args:
        data: one row for each stamp, of its bytes.
        shape: of SHAPE, fitting one of the stamps.
    """
    text = np.ascontiguousarray(data.T)
    digits = text - np.uint8(48)
    start, names = (11, range(0)) if shape["iso"] else (7, range(3)) if shape["classic"] else (12, range(3, 6))
    sign = shape.end("z") - len(shape["z"].lstrip()) if shape["z"] and shape["z"] != "Z" else -1
    good = np.ones(len(data), np.bool_)
    for place, char in enumerate(shape[0]):
        if place == 4 and shape["classic"]:
            good &= (digits[place] <= 9) | (text[place] == 32)
        elif char.isdigit():
            good &= digits[place] <= 9
        elif place == sign:
            good &= (text[place] == 43) | (text[place] == 45)
        elif place not in names:
            good &= text[place] == ord(char)

    def number(first: int, end: int) -> Ints:
        value: Ints = digits[first].astype(np.int32)
        for place in range(first + 1, end):
            value = value * 10 + digits[place]
        return value

    hour, minute, second = (number(start + at, start + at + 2) for at in (0, 3, 6))
    good &= (hour < 24) & (minute < 60) & (second <= 60)
    clock = ((hour * 60 + minute) * 60 + second).astype(np.int64) * 1_000_000
    if shape["f"]:
        first, end = shape.start("f") + 1, min(shape.end("f"), shape.start("f") + 7)
        clock += number(first, end) * 10 ** (6 - (end - first))
    month, named = _month(text, names) if names else (number(5, 7), True)
    good &= named
    if shape["iso"]:
        day, year = number(8, 10), number(0, 4)
    elif shape["clf"]:
        day, year = number(0, 2), number(7, 11)
    else:
        day = np.where(text[4] == 32, 0, digits[4]).astype(np.int32) * 10 + digits[5]
        year = _guessed(month, day, clock, years)
    date, there = _civil(year, month, day)
    good &= there & (year >= sane[0]) & (year <= sane[1])
    moments = date * 86_400_000_000 + clock
    if sign >= 0:
        width = data.shape[1]
        offset = number(sign + 1, sign + 3) * 60 + number(width - 2, width)
        moments -= np.where(text[sign] == 45, -offset, offset).astype(np.int64) * 60_000_000
    return moments, good


def _month(text: npt.NDArray[np.uint8], places: range) -> tuple[Ints, Any]:
    """Numbers of months from their English names, and whether they are names."""
    code = sum(text[place].astype(np.int64) << shift for place, shift in zip(places, (16, 8, 0), strict=True))
    at = np.minimum(np.searchsorted(_SORTED, code), 11)
    return _BY_NAME[at] + 1, _SORTED[at] == code


def _guessed(month: Ints, day: Ints, clock: Ints, years: Years) -> Ints:
    year = np.full(len(month), years.year, np.int32)
    if not years.fixed:
        year -= _civil(year, month, day)[0] * 86_400_000_000 + clock > years.last
    return np.asarray(np.where((month == 2) & (day == 29), years.leap, year))
