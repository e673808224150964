"""Stamps to UTC: layouts, years, zones, epochs."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.parse import time
from vedette.parse.context import Context
from vedette.parse.patterns import FEW

REFERENCE = datetime(2026, 2, 2, tzinfo=UTC)


def read(
    *stamps: str | None, reference: datetime = REFERENCE, zone: str = "UTC", year: int | None = None
) -> list[datetime | None]:
    return time.parse(pl.Series("t", stamps, dtype=pl.String), Context(reference, zone, year)).to_list()


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("Feb  1 10:24:12", "2026-02-01T10:24:12"),
        ("Feb 01 10:24:12.123456", "2026-02-01T10:24:12.123456"),
        ("Feb 1 2025 10:24:12", "2025-02-01T10:24:12"),
        ("2024 Feb  1 10:24:12", "2024-02-01T10:24:12"),
        ("2026-02-01T10:24:12Z", "2026-02-01T10:24:12"),
        ("2026-02-01T10:24:12.5+01:00", "2026-02-01T09:24:12.5"),
        ("2026-02-01 10:24:12,123 -0530", "2026-02-01T15:54:12.123"),
        ("2026-02-01T10:24:12.123456789+00", "2026-02-01T10:24:12.123456"),
        ("2026-02-01 10:24:12 +0000 UTC", "2026-02-01T10:24:12"),
        ("2026/02/01 10:24:12", "2026-02-01T10:24:12"),
        ("[01/Feb/2026:10:24:12 +0100]", "2026-02-01T09:24:12"),
        ("01-Feb-2026 10:24:12.120", "2026-02-01T10:24:12.12"),
        ("Sun, 1 Feb 2026 10:24:12 GMT", "2026-02-01T10:24:12"),
        ("Sun Feb  1 10:24:12 2026", "2026-02-01T10:24:12"),
        ("Sun Feb 01 10:24:12.123456 2026", "2026-02-01T10:24:12.123456"),
        ("Sunday, February 1, 2026 10:24:12 PM", "2026-02-01T22:24:12"),
        ("02/01/2026 12:24:12 AM", "2026-02-01T00:24:12"),
        ("31/01/2026 10:24", "2026-01-31T10:24:00"),
        ("31.01.2026 10:24:12", "2026-01-31T10:24:12"),
        ("1/31/26 9:05 PM", "2026-01-31T21:05:00"),
        ("20260201T102412Z", "2026-02-01T10:24:12"),
        ("260201 10:24:12", "2026-02-01T10:24:12"),
        ("0201 10:24:12.000001", "2026-02-01T10:24:12.000001"),
        ("02-01 10:24:12.5", "2026-02-01T10:24:12.5"),
        ("1769941452", "2026-02-01T10:24:12"),
        ("[1769941452.25]", "2026-02-01T10:24:12.25"),
        ("1769941452123", "2026-02-01T10:24:12.123"),
        ("1769941452123456789", "2026-02-01T10:24:12.123456"),
        ("@40000000697f29d607270e00", "2026-02-01T10:24:12.12"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00"),
        ("2026-02-01", "2026-02-01T00:00:00"),
        ("2026-02-01  5:24:12", "2026-02-01T05:24:12"),
        ("2026/02/01 - 10:24:12", "2026-02-01T10:24:12"),
        ("2026:02:01-10:24:12", "2026-02-01T10:24:12"),
        ("Sun 2026-02-01 10:24:12 CET", "2026-02-01T09:24:12"),
        ("CET Feb  1 10:24:12", "2026-02-01T09:24:12"),
        ("Feb-01-26 10:24:12", "2026-02-01T10:24:12"),
        ("1-Feb-2026::10:24:12", "2026-02-01T10:24:12"),
        ("02/sept./2025:00:11:31 +0200", "2025-09-01T22:11:31"),
        ("02-01-2026 10:24:12", "2026-01-02T10:24:12"),
        ("01-31-2026 10:24:12", "2026-01-31T10:24:12"),
        ("02/01/2026 - 10:24:12", "2026-02-01T10:24:12"),
        ("26/02/01 10:24:12", "2026-02-01T10:24:12"),
    ],
)
def test_layouts_alone_and_among_many(stamp: str, expected: str) -> None:
    """A few stamps and many take different ways to the same time."""
    want = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert read(stamp) == [want]
    many = [f"2025-01-01T00:00:{i % 60:02}.{i:04}Z" for i in range(FEW + 1)]
    assert read(*many, stamp)[-1] == want


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "Feb 30 10:24:12",
        "2026-13-01 10:24:12",
        "Feb  1 24:00:00",
        "Foo  1 10:24:12",
        "[12345.678901]",
        "10:24:12",
        "0000-12-30 00:00:00",
        "9999999999999999999",
        "9" * 5000,
    ],
)
def test_what_is_no_time(stamp: str) -> None:
    assert read(stamp, None) == [None, None]
    assert read(*[f"{stamp} {i}" for i in range(FEW + 1)], stamp)[-1] is None


@pytest.mark.parametrize(
    ("stamp", "reference", "year"),
    [
        ("Dec 31 23:59:59", "2026-01-01", 2025),
        ("Jan  1 00:00:01", "2025-12-31", 2026),
        ("Feb  2 03:00:00", "2026-02-02", 2026),  # three hours ahead: a fast clock, not last year
        ("Feb 29 10:00:00", "2026-02-02", 2024),
        ("Feb 29 10:00:00", "2027-11-01", 2024),
        ("Feb 29 10:00:00", "2104-02-01", 2096),
        ("Nov 30 10:00:00", "2026-06-01", 2025),  # a record is never from the future
        ("Mar  1 10:00:00", "2026-12-01", 2026),
    ],
)
def test_last_year_not_after_the_reference(stamp: str, reference: str, year: int) -> None:
    (found,) = read(stamp, reference=datetime.fromisoformat(reference).replace(tzinfo=UTC))
    assert found is not None
    assert found.year == year


def test_year_that_the_user_names() -> None:
    assert [t and t.year for t in read("Dec 31 23:59:59", "2024-01-01 00:00:00", year=2019)] == [2019, 2024]


@pytest.mark.parametrize(
    ("stamp", "utc"),
    [
        ("2026-01-15 12:00:00", "2026-01-15T11:00:00"),
        ("2026-07-15 12:00:00", "2026-07-15T10:00:00"),
        ("2026-10-25 02:30:00", "2026-10-25T00:30:00"),  # twice on the clock: the first
        ("2026-03-29 02:30:00", "2026-03-29T01:30:00"),  # never on the clock: by the offset before
        ("2026-07-15 12:00:00 UTC", "2026-07-15T12:00:00"),
        ("2026-07-15 12:00:00 XYZ", "2026-07-15T10:00:00"),  # a name nobody knows: the source's zone
    ],
)
def test_zone_of_the_source(stamp: str, utc: str) -> None:
    assert read(stamp, zone="Europe/Berlin") == [datetime.fromisoformat(utc).replace(tzinfo=UTC)]


moments = st.datetimes(datetime(1972, 1, 2), datetime(2199, 12, 31)).map(lambda t: t.replace(tzinfo=UTC))


@settings(max_examples=30, deadline=None)
@given(st.lists(moments, min_size=1, max_size=4))
def test_written_and_read_again(times: list[datetime]) -> None:
    for layout in ("%Y-%m-%dT%H:%M:%S.%fZ", "%d/%b/%Y:%H:%M:%S.%f +0000", "%a %b %d %H:%M:%S.%f %Y", "%Y%m%d%H%M%S.%f"):
        stamps = [t.strftime(layout) for t in times]
        assert read(*stamps) == times
        assert read(*stamps, *(f"2001-01-01 00:00:00.{i}" for i in range(FEW)))[: len(times)] == times


@settings(max_examples=30, deadline=None)
@given(moments, st.timedeltas(timedelta(0), timedelta(days=362)))
def test_year_less_within_a_year_before_the_reference_is_exact(reference: datetime, gap: timedelta) -> None:
    moment = (reference - gap + time.AHEAD).replace(microsecond=0)
    (found,) = read(moment.strftime("%b %e %H:%M:%S"), reference=reference)
    assert found == moment


_PARTS = st.tuples(
    st.sampled_from((1899, 1900, 2024, 2026, 2201)), st.integers(0, 13), st.integers(0, 32),
    st.sampled_from(("Jan", "Feb", "Dec", "FEB", "Foo")), st.integers(0, 25), st.integers(0, 61), st.integers(0, 61),
    st.sampled_from(("", ".1", ",123", ".123456", ".123456789")),
    st.sampled_from(("", "Z", "+01:00", "-0530", " +0000", "+99:99", " CET")), st.integers(0, 3),
)  # fmt: skip


@st.composite
def written(draw: st.DrawFn) -> str:
    """A stamp of an everyday layout, not always one that exists, now and then damaged."""
    year, month, day, name, hour, minute, second, fraction, zone, kind = draw(_PARTS)
    clock = f"{hour:02}:{minute:02}:{second:02}{fraction}"
    text = (
        f"{year}-{month:02}-{day:02}T{clock}{zone}", f"{name} {day:2} {clock}", f"{name} {day:02} {clock}",
        f"{day:02}/{name}/{year}:{clock} {zone.strip()}",
    )[kind]  # fmt: skip
    at = draw(st.integers(0, len(text) * 4))
    return text if at >= len(text) else text[:at] + draw(st.sampled_from("9 :-Zé/")) + text[at + 1 :]


@settings(max_examples=60, deadline=None)
@given(st.lists(written(), min_size=1, max_size=FEW), st.sampled_from(("UTC", "Europe/Berlin")), moments)
def test_the_everyday_layouts_by_width_as_by_pattern(stamps: list[str], zone: str, reference: datetime) -> None:
    """Few stamps, many of a few widths, and many of so many widths that none is looked at, have the same times."""
    many = stamps * (FEW // len(stamps) + 1)
    widths = ["x" * width for width in range(1, 12)]
    times = read(*stamps, reference=reference, zone=zone)
    assert read(*many, reference=reference, zone=zone)[: len(stamps)] == times
    assert read(*many, *widths, reference=reference, zone=zone)[: len(stamps)] == times


def test_neighbours_have_their_own_day() -> None:
    """Stamps of one day are looked at once: what differs in one part only, or is none, is not of that day."""
    dates = ((2026, 1, 1), None, (2026, 2, 1), None, (2026, 3, 1), (2025, 3, 1), (2025, 3, 2))
    written = ("2026-01-01", "2026-01-:1", "2026-02-01", "2026-02-31", "2026-03-01", "2025-03-01", "2025-03-02")
    moments = [datetime(*date, 10, 24, 12, tzinfo=UTC) if date else None for date in dates]
    assert read(*[f"{date}T10:24:12Z" for date in written] * FEW) == moments * FEW
