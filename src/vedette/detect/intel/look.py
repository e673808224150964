"""Events that name what a list calls bad: addresses, names, pages, files, mail. Alert parts come out.

Whoever comes to us from a listed address is told apart from whom we let in, and from what of ours turns to one: the first is
everyday life of every open port, the others should not happen. Parts with the same list, thing, subject and day are one alert.
Misses: what stands only in a text that no parser takes apart. Noisy on: lists of scanners and of shared hosting.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from vedette.detect.intel.known import Hit, How, Known, address_of, current, host_of
from vedette.detect.intel.tell import Told, tell
from vedette.detect.sigma.memory import Names, Shown
from vedette.detect.sigma.sightings import NO_TIME, moment
from vedette.model.alert import EVIDENCE_KEPT, Alert
from vedette.model.records import Events

DAY: Final = 86_400_000_000
"""In microseconds."""
FROM: Final = ("source.ip", "client.ip")
TO: Final = ("destination.ip",)
NAMES: Final = ("dns.question.name", "url.domain", "destination.domain", "tls.client.server_name", "dns.answers.data")
PAGES: Final = ("url.full", "url.original")
MAIL: Final = ("email.from.address", "email.to.address")
HASHES: Final = r"\b(?:[0-9A-Fa-f]{128}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})\b"
"""In fields that are named for hashes: they may hold several, as Sysmon's `Hashes` does."""

class Sighting(NamedTuple):
    """A row that names something listed."""

    row: int
    value: str
    hit: Hit
    how: How


def look(known: Known, events: Events) -> list[Alert]:
    """Alert parts, in the order of the events."""
    if not known or not events.height:
        return []
    found = sorted(_sightings(known, events), key=lambda each: (each.row, each.how))
    return list(_alerts(events, found)) if found else []


def _sightings(known: Known, events: Events) -> Iterator[Sighting]:
    there = frozenset(events.names)
    if known.has("network"):
        for each in _seen(events, [name for name in FROM if name in there], known.address):
            yield each._replace(how="from")
        yield from _seen(events, [name for name in TO if name in there], known.address)
    if known.has("network", "domain"):
        yield from _seen(events, [name for name in NAMES if name in there], known.name)
    if known.has("network", "domain", "url"):
        yield from _seen(events, [name for name in PAGES if name in there], known.url, _page)
        yield from _seen(events, [name for name in MAIL if name in there], known.email)
    elif known.has("email"):
        yield from _seen(events, [name for name in MAIL if name in there], known.email)
    if known.has("hash"):
        names = [name for name in events.names if "hash" in name.lower() or name.lower() in ("md5", "sha1", "sha256")]
        for name in names:
            series = events.series(name)
            if series.dtype == pl.String:
                rows = pl.DataFrame({"row": np.arange(events.height), "value": series.str.extract_all(HASHES)})
                yield from _rows(rows.explode("value").drop_nulls("value"), known.hash)


def _page(value: str) -> bool:
    """A path alone is on no list."""
    return not value.startswith(("/", "*"))


def _seen(
    events: Events, names: Iterable[str], find: Callable[[str], Hit | None], meant: Callable[[str], bool] | None = None
) -> Iterator[Sighting]:
    for name in names:
        series = events.series(name)
        if series.dtype != pl.String or series.null_count() == events.height:
            continue
        rows = pl.DataFrame({"row": np.arange(events.height), "value": series}).drop_nulls("value")
        yield from _rows(rows, find if meant is None else lambda text: find(text) if meant(text) else None)


def _rows(rows: pl.DataFrame, find: Callable[[str], Hit | None]) -> Iterator[Sighting]:
    """Each different value is looked up once."""
    hits = {value: hit for value in rows["value"].unique().to_list() if (hit := find(value)) is not None}
    if hits:
        for row, value in rows.filter(pl.col("value").is_in(list(hits))).iter_rows():
            yield Sighting(row, _address(value) if hits[value].indicator.kind == "network" else value, hits[value], "to")


def _address(value: str) -> str:
    """Of a page or a mail address with an address for its host."""
    return host_of(address_of(value)) if "/" in value or "@" in value else value


class _Part(NamedTuple):
    """What is told in one alert. `times`: of the sightings in microseconds, 0 for those without."""

    sightings: list[Sighting]
    times: list[int]
    weights: list[int]


def _alerts(events: Events, found: list[Sighting]) -> Iterator[Alert]:
    rows = sorted({each.row for each in found})
    shown = Shown(events)
    who = dict(zip(rows, shown.names(rows), strict=True))
    times = dict(zip(rows, _numbers(events, "@timestamp", rows, NO_TIME), strict=True))
    weights = dict(zip(rows, _numbers(events, "event.count", rows, 1), strict=True))
    logins = _logins(events, rows)
    parts: dict[tuple[str, ...], _Part] = {}
    for each in found:
        at, names, indicator = times[each.row], who[each.row], each.hit.indicator
        if not current(each.hit, None if at == NO_TIME else moment(at)):
            continue
        thing = each.value if indicator.kind == "network" else indicator.value
        how: How = "login" if each.how == "from" and each.row in logins else each.how
        subject = names.source_ip or names.host_name if how == "to" else names.host_name or names.destination_ip
        day = "" if at == NO_TIME else str(at // DAY)
        part = parts.setdefault((each.hit.by.name, how, thing, subject or "", day), _Part([], [], []))
        if part.sightings and part.sightings[-1].row == each.row:
            continue  # named twice in one event
        part.sightings.append(each._replace(how=how))
        part.times.append(0 if at == NO_TIME else at)
        part.weights.append(max(1, weights[each.row]))
    for (_, _, *key), part in parts.items():
        first = part.sightings[0]
        names = who[first.row]
        told = Told(
            moment(part.times[0]),
            moment(min(part.times)),
            moment(max(part.times)),
            sum(part.weights),
            names.source_ip if first.how == "to" else first.value,
            names.destination_ip,
            names.user_name,
            names.host_name,
            [pair for each in part.sightings for pair in _entities(who[each.row])],
            shown.evidence([each.row for each in part.sightings[:EVIDENCE_KEPT]]),
        )
        yield tell(first.hit, first.value, tuple(key), told, first.how)


def _logins(events: Events, rows: list[int]) -> set[int]:
    """Of some rows those in which somebody was let in."""
    asked = {"event.category": "authentication", "event.outcome": "success"}
    if not asked.keys() <= set(events.names):
        return set()
    is_so = [events.series(name)[rows] == value for name, value in asked.items()]
    return {row for row, *each in zip(rows, *is_so, strict=True) if all(each)}


def _entities(names: Names) -> Iterator[tuple[str, str]]:
    for kind, value in (("ip", names.source_ip), ("ip", names.destination_ip), ("user", names.user_name), ("host", names.host_name)):
        if value:
            yield kind, value


def _numbers(events: Events, name: str, rows: list[int], absent: int) -> list[int]:
    if name not in events.names:
        return [absent] * len(rows)
    return events.series(name)[rows].to_physical().cast(pl.Int64, strict=False).fill_null(absent).to_list()
