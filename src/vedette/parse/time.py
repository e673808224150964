r"""Time stamps as programs write them, to UTC.

Year-less stamps (RFC 3164 section 4.1.2) get the last year in which they are not after the reference time, which a
record cannot be, but for a clock or a zone that is off: AHEAD is forgiven. 29 February gets the last such leap year.
Years outside SANE are no times: what reads them cannot hold them. Local times that a DST
change doubles are the first of the two; those that it skips are read with the offset that was in force before.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from typing import Final

import polars as pl

from vedette.model.fields import TIME
from vedette.parse import stamps
from vedette.parse.context import Context
from vedette.parse.patterns import engine, matches, translated
from vedette.parse.stamps import Years

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK: Final = r"(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,:](?P<f>\d{1,9})\d*)?)?"
_ZONE: Final = r"(?: ?(?P<z>Z|[A-Z]{3,4}|[+-]\d\d:?\d\d|[+-]\d\d)(?: [A-Z]{3,4})?)?"
_HALF: Final = r"(?: ?(?P<p>[AaPp]\.?[Mm]\.?))?"
_MON: Final = r"(?P<b>[A-Za-z]{3})[a-z]*\.?"
_DAY_NAME: Final = r"(?:[A-Z][a-z]{2,8}\.?,? +)?"

FEW: Final = 40
"""Up to this many stamps are read one by one."""

LAYOUTS: Final = (
    # Feb  1 10:24:12 · Feb 01 10:24:12.123
    rf"{_MON} +(?P<d>\d{{1,2}}) (?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)(?:\.(?P<f>\d{{1,9}})\d*)?",
    # 2026-02-01T10:24:12.123456+01:00 · 2026-02-01 10:24:12,123 · 2026/02/01 10:24:12 · 2026.02.01-10.24
    rf"(?:[A-Z][a-z]{{2}} )?(?P<Y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})(?:[T _-]|, ?| - |:) ?{_CLOCK}{_HALF}{_ZONE}",
    # 2026:02:01-10:24:12
    r"(?P<Y>\d{4}):(?P<m>\d\d):(?P<d>\d\d)-(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)",
    # CET Feb  1 10:24:12
    rf"(?P<z>[A-Z]{{3,4}}) {_MON} +(?P<d>\d{{1,2}}) {_CLOCK}",
    # Feb 1, 2026 @ 10:24:12.000 (Kibana) · Feb 1 2026 10:24:12 · February 1, 2026 10:24:12 PM · Sun Feb  1 10:24:12 CET
    rf"{_DAY_NAME}{_MON} +(?P<d>\d{{1,2}}),?(?: +(?P<Y>\d{{4}}),?)?(?: +| at | @ ){_CLOCK}{_HALF}{_ZONE}",
    # Sun Feb 01 10:24:12.123 2026 · Sun Feb 01 10:24:12 CET 2026
    rf"{_DAY_NAME}{_MON} +(?P<d>\d{{1,2}}) +{_CLOCK}{_HALF}{_ZONE} +(?P<Y>\d{{4}})",
    # 01/Feb/2026:10:24:12 +0100 · 01-Feb-2026 10:24:12.123 · Sun, 1 Feb 2026 10:24:12 GMT
    rf"{_DAY_NAME}(?P<d>\d{{1,2}})[-/ .]{_MON}[-/ ,](?P<Y>\d{{4}})(?:[ T]|::?|, | at | - ) ?{_CLOCK}{_HALF}{_ZONE}",
    # 01-Feb-26 10:24:12 · Sun 01Feb26 10:24:12
    rf"{_DAY_NAME}(?P<d>\d{{1,2}})[-/ ]?{_MON}[-/ ]?(?P<y>\d\d)[ :T] ?{_CLOCK}{_HALF}{_ZONE}",
    # Feb-01-26 10:24:12 · Feb/01/2026 10:24:12
    rf"{_MON}[-/](?P<d>\d{{1,2}})[-/](?:(?P<Y>\d{{4}})|(?P<y>\d\d))[ :T]{_CLOCK}{_ZONE}",
    # 1 Feb 10:24:12
    rf"(?P<d>\d{{1,2}})[- ]{_MON} +{_CLOCK}{_ZONE}",
    # 2026 Feb  1 10:24:12
    rf"(?P<Y>\d{{4}})[- /]{_MON}[- /]+(?P<d>\d{{1,2}})[ :T]+{_CLOCK}{_ZONE}",
    # 20260201-1:4:12:606 · 20260201T102412Z · 20260201-10:24:12 · 20260201 102412
    r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)-(?P<H>\d{1,2}):(?P<M>\d{1,2}):(?P<S>\d{1,2})(?::\d{1,3})?",
    r"(?P<Y>\d{4})(?P<m>\d\d)(?P<d>\d\d)[T :-]?(?P<H>\d\d):?(?P<M>\d\d):?(?P<S>\d\d)(?:[.,](?P<f>\d{1,9})\d*)?" + _ZONE,
    # 02-01 10:24:12.123 · 02.01 10:24:12 (month first, no year) · 0201 10:24:12.123456 (glog) · 260201 10:24:12 (MySQL 5)
    # · 260201 102412 (Hadoop's file system)
    rf"(?P<m>\d\d)[-/.]?(?P<d>\d\d)[ T-]{_CLOCK}",
    rf"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d) +{_CLOCK}",
    r"(?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d) (?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d)",
    # Between slashes the month comes first where it can (American programs), between dashes and dots the day.
    rf"(?P<d>\d{{1,2}})[.-](?P<m>0?[1-9]|1[0-2])[.-](?P<Y>\d{{4}})(?:[ T]|, ?| - ) ?{_CLOCK}{_HALF}{_ZONE}",
    rf"(?P<m>0?[1-9]|1[0-2])[/-](?P<d>\d{{1,2}})[/-](?P<Y>\d{{4}})(?:[ T:]|, ?| - ) ?{_CLOCK}{_HALF}{_ZONE}",
    rf"(?P<d>\d{{1,2}})/(?P<m>\d{{1,2}})/(?P<Y>\d{{4}})(?:[ T:]|, ?| - ) ?{_CLOCK}{_HALF}{_ZONE}",
    rf"(?P<m>0?[1-9]|1[0-2])[/-](?P<d>\d{{1,2}})[/-](?P<y>\d\d)(?:[ T]|, ?| - ) ?{_CLOCK}{_HALF}{_ZONE}",
    # 26/02/01 10:24:12, Hadoop and Spark
    rf"(?P<y>\d\d)/(?P<m>\d\d)/(?P<d>\d\d) {_CLOCK}",
    # 2026-02-01
    r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)",
)
"""Each is tried on the whole stamp. Groups: Y or two-digit y, m or month name b, d, H, M, S, fraction f, p (am, pm),
zone z. Brackets and quotes around the stamp are gone by then."""

_GROUPS: Final = ("Y", "y", "m", "b", "d", "H", "M", "S", "f", "p", "z")
_EPOCH: Final = r"^-?(?:\d{9,13}|\d{15,19})(?:\.\d+)?$"
"""Fourteen digits are 20260201102412."""
_TAI64: Final = r"^@[4-7][0-9a-fA-F]{15}(?:[0-9a-fA-F]{8}){0,2}$"
"""TAI64, TAI64N, TAI64NA labels: https://cr.yp.to/libtai/tai64.html; multilog writes them 10 s ahead of UTC."""

ABBREVIATED: Final = {
    "Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "IST": 330, "JST": 540, "KST": 540, "AEST": 600, "AEDT": 660, "EST": -300,
    "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
}  # fmt: skip
"""Minutes east of UTC for the zone names that loggers write (RFC 2822 section 4.3 and common use)."""

AHEAD: Final = timedelta(days=2)
SANE: Final = (1900, 2200)

_DAY: Final = 86_400_000_000
_SECOND: Final = 1_000_000
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()

LONGEST: Final = 80
"""Bytes of the longest stamp; nothing longer is one."""
AROUND: Final = ' []()<>"\t,'
"""What may stand around a stamp."""


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64, strict=False)


def _with_days(frame: pl.DataFrame) -> pl.DataFrame:
    """`days` since 1970 of the civil date in `year`, `month`, `day` (H. Hinnant, chrono-compatible low-level date
    algorithms); null if there is no such date."""
    year, month, day = pl.col("year"), pl.col("month"), pl.col("day")
    frame = frame.with_columns(
        y=year - (month <= 2).cast(pl.Int64), leap=(year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    )
    frame = frame.with_columns(era=pl.col("y") // 400)
    frame = frame.with_columns(of_era=pl.col("y") - pl.col("era") * 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    days = pl.col("era") * 146_097 + pl.col("of_era") * 365 + pl.col("of_era") // 4 - pl.col("of_era") // 100 + of_year
    shorter = (month == 4) | (month == 6) | (month == 9) | (month == 11)
    longest = pl.when(month == 2).then(28 + pl.col("leap").cast(pl.Int64)).otherwise(31 - shorter.cast(pl.Int64))
    good = (day >= 1) & (day <= longest) & (month >= 1) & (month <= 12) & year.is_between(*SANE)
    return frame.with_columns(days=pl.when(good).then(days - 719_468))


def _leap_year_before(reference: datetime) -> int:
    """The year of the last 29 February that is not after the reference time."""
    years = range((reference + AHEAD).year, 0, -1)
    leap = (y for y in years if y % 4 == 0 and (y % 100 or y % 400 == 0))
    return next(y for y in leap if datetime(y, 2, 29, tzinfo=UTC) <= reference + AHEAD)


def _local(groups: pl.DataFrame, context: Context) -> pl.Series:
    """Microseconds of the naive local time, from the columns _GROUPS."""
    named = pl.col("b").str.to_lowercase().replace_strict(_MONTHS, range(1, 13), default=None, return_dtype=pl.Int64())
    half = pl.col("p").str.slice(0, 1).str.to_lowercase()
    hour, minute, second = _number("H").fill_null(0), _number("M").fill_null(0), _number("S").fill_null(0)
    hour = pl.when(half.is_null()).then(hour).otherwise(hour % 12 + pl.when(half == "p").then(12).otherwise(0))
    micros = pl.col("f").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64).fill_null(0)
    short = _number("y")
    frame = groups.select(
        month=pl.coalesce(_number("m"), named),
        day=_number("d"),
        # A leap second is the last second's echo: 23:59:60 runs into the next day by itself.
        clock=pl.when((hour < 24) & (minute < 60) & (second <= 60)).then(
            ((hour * 60 + minute) * 60 + second) * _SECOND + micros
        ),
        written=pl.coalesce(_number("Y"), short + pl.when(short < 70).then(2000).otherwise(1900)),
    )
    month, day, clock = pl.col("month"), pl.col("day"), pl.col("clock")
    if frame["written"].null_count():
        last = context.reference + AHEAD
        guess = pl.lit(context.year or last.year, pl.Int64())
        if context.year is None:
            frame = _with_days(frame.with_columns(year=guess))
            late = pl.col("days") * _DAY + clock > pl.lit(last, dtype=TIME).cast(pl.Int64)
            guess = guess - late.cast(pl.Int64)
        guess = pl.when((month == 2) & (day == 29)).then(_leap_year_before(context.reference)).otherwise(guess)
        frame = frame.with_columns(year=pl.coalesce("written", guess))
    else:
        frame = frame.with_columns(year=pl.col("written"))
    return _with_days(frame).select(pl.col("days") * _DAY + clock).to_series()


def _to_utc(local: pl.Expr, zone: str) -> pl.Expr:
    if zone == "UTC":
        return local.dt.replace_time_zone("UTC")
    placed = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    hour = pl.duration(hours=1)
    # One hour before a skipped time exists, and has the offset that was in force before the change.
    before = (local - hour).dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null") + hour
    return pl.coalesce(placed, before).dt.convert_time_zone("UTC")


def _offset() -> pl.Expr:
    """Minutes east of UTC, null where the stamp names no zone that is known."""
    digits = pl.col("z").str.replace(":", "", literal=True)
    minutes = digits.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + digits.str.slice(3, 2).cast(
        pl.Int64, strict=False
    ).fill_null(0)
    named = pl.col("z").replace_strict(ABBREVIATED, default=None, return_dtype=pl.Int64())
    return (
        pl.when(digits.str.starts_with("-"))
        .then(-minutes)
        .when(digits.str.starts_with("+"))
        .then(minutes)
        .otherwise(named)
    )


def _read(groups: pl.DataFrame, context: Context) -> pl.Series:
    """UTC times from columns of _GROUPS, absent ones being null."""
    groups = groups.with_columns(pl.lit(None, pl.String()).alias(g) for g in _GROUPS if g not in groups.columns)
    local = groups.select(_local(groups, context).cast(pl.Datetime("us")).alias("local"), _offset().alias("offset"))
    zoned = pl.col("local").dt.replace_time_zone("UTC") - pl.duration(minutes=pl.col("offset"))
    if not local["offset"].null_count():
        return local.select(zoned).to_series()
    return local.select(pl.coalesce(zoned, _to_utc(pl.col("local"), context.zone))).to_series()


def epoch(values: pl.Series) -> pl.Series:
    """Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size, to UTC.

    Args:
        values: numbers, or text that is a number.
    """
    number = values.cast(pl.Float64, strict=False)
    whole = values.cast(pl.Int64, strict=False)
    micros = (
        pl.when(number.abs() < 1e11).then((number * 1e6).round())
        .when(number.abs() < 1e14).then((number * 1e3).round())
        .when(number.abs() < 1e17).then(number)
        .otherwise(number / 1e3)
    ).cast(pl.Int64, strict=False)  # fmt: skip
    # Whole numbers keep every digit: a double holds nanoseconds of today only to about 0.2 microseconds.
    exact = (
        pl.when(whole.abs() < 10**11).then(whole * 10**6)
        .when(whole.abs() < 10**14).then(whole * 10**3)
        .when(whole.abs() < 10**17).then(whole)
        .otherwise(whole // 10**3)
    )  # fmt: skip
    return pl.select(_sane(pl.coalesce(exact, micros)).alias(values.name)).to_series()


def _sane(micros: pl.Expr) -> pl.Expr:
    """Microseconds since 1970 as a time, null outside SANE."""
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * _SECOND for year in SANE)
    return pl.when(micros.is_between(first, last)).then(micros).cast(TIME)


def _tai64(labels: pl.Series) -> pl.Series:
    """Labels of _TAI64 to UTC."""
    digits = pl.col("label")
    seconds = digits.str.slice(2, 15).str.to_integer(base=16, strict=False) - 10
    nanos = digits.str.slice(17, 8).str.to_integer(base=16, strict=False).fill_null(0)
    return pl.DataFrame({"label": labels}).select(_sane(seconds * _SECOND + nanos // 1000)).to_series()


@cache
def _whole(layout: str) -> str:
    return f"^{layout}$"


def _by_layout(left: pl.DataFrame, context: Context) -> list[pl.DataFrame]:
    """`stamp` and `time` of the stamps that a layout fits, from `stamp` and `clean`; distinct, any number."""
    read: list[pl.DataFrame] = []
    for layout in LAYOUTS:
        if left.is_empty():
            break
        whole = _whole(layout)
        names = [name for _, name in translated(whole).groups]
        groups = left["clean"].str.extract_groups(translated(whole).rust).struct.unnest().select(names)
        missed = groups["d"].is_null()
        if missed.all():
            continue
        both = pl.concat([left, groups], how="horizontal").filter(~missed)
        read.append(both.select("stamp").with_columns(_read(both.select(names), context).alias("time")))
        left = left.filter(missed)
    return read


def _civil(year: int | None, month: int | None, day: int | None) -> int | None:
    """Days since 1970 of one date; None if there is no such date."""
    if year is None or month is None or day is None or not SANE[0] <= year <= SANE[1]:
        return None
    try:
        return date(year, month, day).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


def _moment(groups: Mapping[str, str], context: Context) -> tuple[int | None, int | None]:
    """What _read does, for one stamp: microseconds of the naive local time, and minutes east of UTC."""
    number = {name: int(value) for name, value in groups.items() if name not in ("b", "f", "p", "z")}
    month, day = number.get("m"), number.get("d")
    if month is None and groups.get("b", "").lower() in _MONTHS:
        month = _MONTHS.index(groups["b"].lower()) + 1
    hour, minute, second = number.get("H", 0), number.get("M", 0), number.get("S", 0)
    if "p" in groups:
        hour = hour % 12 + (12 if groups["p"][0] in "pP" else 0)
    zone = groups.get("z", "")
    offset = ABBREVIATED.get(zone)
    if zone[:1] in ("+", "-"):
        digits = zone.replace(":", "")
        offset = (int(digits[1:3]) * 60 + int(digits[3:5] or 0)) * (-1 if zone[0] == "-" else 1)
    if hour >= 24 or minute >= 60 or second > 60:
        return None, offset
    clock = ((hour * 60 + minute) * 60 + second) * _SECOND + int(groups.get("f", "0").ljust(6, "0")[:6])
    year = number.get("Y")
    if year is None and "y" in number:
        year = number["y"] + (2000 if number["y"] < 70 else 1900)
    if year is None and (month, day) == (2, 29):
        year = _leap_year_before(context.reference)
    elif year is None:
        last = context.reference + AHEAD
        year = context.year or last.year
        days = _civil(year, month, day)
        if context.year is None and days is not None and days * _DAY + clock > _micros(last):
            year -= 1
    days = _civil(year, month, day)
    return None if days is None else days * _DAY + clock, offset


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@lru_cache(maxsize=4096)
def _one(stamp: str, context: Context) -> int | None:
    """Microseconds since 1970 of one stamp."""
    clean = stamp.strip(AROUND)
    raw = clean.encode()
    for regex, way in ((_EPOCH, epoch), (_TAI64, _tai64)):
        if engine(regex).search(raw) is not None:
            found: int | None = way(pl.Series([clean])).cast(pl.Int64)[0]
            return found
    for layout in LAYOUTS:
        whole = _whole(layout)
        match = engine(whole).match(raw)
        if match is None:
            continue
        local, offset = _moment({n: v.decode() for i, n in translated(whole).groups if (v := match.group(i))}, context)
        if local is None or offset is not None or context.zone == "UTC":
            return None if local is None else local - (offset or 0) * 60 * _SECOND
        naive = pl.Series([local]).cast(pl.Datetime("us")).to_frame("local")
        placed: int | None = naive.select(_to_utc(pl.col("local"), context.zone).cast(pl.Int64)).item()
        return placed
    return None


def parse(values: pl.Series, context: Context) -> pl.Series:
    """UTC time per stamp (microseconds), null where no layout fits. Each distinct stamp is read once."""
    if len(values) <= FEW:
        read = [
            None if text is None or len(text.encode()) > LONGEST else _one(text, context) for text in values.to_list()
        ]
        return pl.Series(values.name, read, dtype=pl.Int64()).cast(TIME)
    last = context.reference + AHEAD
    years = Years(
        _micros(last), context.year or last.year, context.year is not None, _leap_year_before(context.reference)
    )
    swift = stamps.read(values, years, SANE, utc=context.zone == "UTC")
    if swift is None:
        return _general(values, context)
    time = swift.cast(TIME).alias(values.name)
    left = time.is_null() & values.is_not_null()
    if left.any():
        time = time.scatter(left.arg_true(), _general(values.filter(left), context))
    return time


def _general(values: pl.Series, context: Context) -> pl.Series:
    """The same by the layouts: any of them, each distinct stamp once."""
    distinct = pl.DataFrame({"stamp": values.unique().drop_nulls()})
    # Nothing longer is a stamp, and what is cut off a huge field is not looked at.
    distinct = distinct.filter(pl.col("stamp").str.len_bytes() <= LONGEST)
    distinct = distinct.with_columns(clean=pl.col("stamp").str.strip_chars(AROUND))
    read = []
    for regex, way in ((_EPOCH, epoch), (_TAI64, _tai64)):
        hit = matches(distinct["clean"], regex)
        if hit.any():
            some = distinct.filter(hit)
            read.append(some.select("stamp").with_columns(way(some["clean"]).alias("time")))
            distinct = distinct.filter(~hit)
    read += _by_layout(distinct, context)
    if not read:
        return pl.Series(values.name, [None] * len(values), dtype=TIME)
    known = pl.concat(read) if len(read) > 1 else read[0]
    table = pl.DataFrame({"stamp": values}).join(known, on="stamp", how="left", maintain_order="left")
    return table["time"].cast(TIME).alias(values.name)


def stamp(frame: pl.DataFrame, column: str, context: Context) -> pl.DataFrame:
    """`column` (text) taken out of the frame and read into `@timestamp`; an `@timestamp` already there wins."""
    time = parse(frame[column], context).alias("@timestamp")
    frame = frame.drop(column)
    if "@timestamp" in frame.columns:
        return frame.with_columns(pl.coalesce(pl.col("@timestamp"), time).alias("@timestamp"))
    return frame.with_columns(time)
