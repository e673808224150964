"""Entities (address, account, host) that do far more than usual: events per time bucket against their own past.

Counts are compared on the scale 2*sqrt(n + 3/8), on which chance spreads them by about 1 whatever their size (Anscombe,
Biometrika 35, 1948). What is usual is learned from buckets in which the entity did something: median and median
deviation of the first ones, so that a burst in the beginning does no harm, then a slow exponential average in which a
burst counts as far as the threshold at most. An hour of the day that was busy before may be busy again.
Misses: what is slow, and entities seen for the first time (rules see those).
Noisy on: backups and batch jobs on their first days.

Each logsource is counted by itself: batches come sorted by logsource, and must not matter.
"""

import heapq
import math
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
import polars as pl
from pydantic import Field, field_validator

from vedette.model import settings as model
from vedette.model.alert import EVIDENCE_KEPT, Alert, Evidence, alert_id
from vedette.model.records import Events
from vedette.model.settings import Duration
from vedette.model.step import Step

RULE_ID: Final = "vedette-anomaly-count"
RULE_NAME: Final = "Far more events than usual"
SLOW: Final = 0.05
SEASON_SLOW: Final = 0.1
BUDGET_DAYS: Final = 8
VALUE_LONGEST: Final = 256
ORIGINAL_LONGEST: Final = 2_000
DAY: Final = 86_400
LATEST: Final = 253_402_300_799_999_999  # the end of the year 9999, in microseconds


class Settings(model.Settings):
    bucket: Duration = Field(timedelta(minutes=5), ge=timedelta(seconds=10), le=timedelta(hours=6))
    """Events are counted per this much event time; it must divide a day."""
    warm_up: int = Field(12, ge=3, le=1000)
    """Buckets with events that must be seen of an entity before it can be called unusual."""
    deviations: float = Field(6.0, ge=1)
    """How far above the usual, in usual deviations, a count must be."""
    least: int = Field(20, ge=1)
    """Fewer events than this in a bucket are never an anomaly."""
    per_day: int = Field(20, ge=1)
    """Budget of alerts a day and logsource; the more of it is used, the farther out a count must be."""
    entities: int = Field(10_000, ge=1)
    """Entities remembered per logsource; beyond this the least known are forgotten, and counted."""

    @field_validator("bucket")
    @classmethod
    def _divides_a_day(cls, value: timedelta) -> timedelta:
        if timedelta(days=1) % value:
            raise ValueError("must divide a day: 1m, 5m, 15m, 1h ...")
        return value


class Entity(msgspec.Struct):
    """One entity's past.

    Attributes:
        bucket: number of the bucket that is being counted, from 1970.
        count: events in it so far; `first` and `last` their earliest and latest time, in microseconds.
        alerted: whether this bucket has its alert.
        early: scaled counts of the first buckets, until there are enough to begin with.
        middle, spread: what is usual, on the scale.
        hours: the same middle per hour of the day, and from how many buckets it was learned.
    """

    bucket: int
    count: int
    first: int
    last: int
    alerted: bool = False
    early: list[float] = []
    known: int = 0
    middle: float = 0.0
    spread: float = 1.0
    hours: dict[int, tuple[float, int]] = {}


class Track(msgspec.Struct):
    """One logsource: its entities by kind and value, alerts by day, and the bucket of the row before."""

    entities: dict[str, Entity] = {}
    spent: dict[int, int] = {}
    bucket: int | None = None


class State(msgspec.Struct):
    """`evicted`: entities forgotten, or rows of new ones not taken up, because there were too many.
    `untimed`: events without a time, which cannot be counted."""

    tracks: dict[str, Track] = {}
    evicted: int = 0
    untimed: int = 0


class _Case(NamedTuple):
    """One entity's bucket within one batch: what was counted before, and its rows and their times, in order."""

    key: str
    entity: Entity
    before: int
    rows: list[int]
    times: list[int]


def begin() -> State:
    """The state before the first batch."""
    return State()


def dump(state: State) -> bytes:
    """The state as MessagePack."""
    return msgspec.msgpack.encode(state)


def load(data: bytes) -> State:
    """What `dump` wrote.

    Raises:
        msgspec.DecodeError: it is something else, or damaged.
    """
    return msgspec.msgpack.decode(data, type=State)


def step(s: Settings, state: State, events: Events) -> Step:
    """Count one batch; alert where a count leaves what is usual, at the event with which it does."""
    name = "/".join(part or "" for part in events.logsource)
    old = state.tracks.get(name, Track())
    work = _Work(s, events, Track(dict(old.entities), dict(old.spent), old.bucket))
    work.run()
    after = State({**state.tracks, name: work.track}, state.evicted + work.evicted, state.untimed + work.untimed)
    return Step(after, work.alerts)


def scaled(count: float) -> float:
    """A count on the scale on which chance is about 1."""
    return 2 * math.sqrt(count + 0.375)


def unscaled(value: float) -> float:
    """The count at a place of the scale; never below 0."""
    return max((max(value, 0) / 2) ** 2 - 0.375, 0.0)


def usual(s: Settings, entity: Entity) -> tuple[float, float]:
    """Middle and spread to expect of the entity's present bucket."""
    hour = _hour(s, entity.bucket)
    middle, known = entity.hours.get(hour, (0.0, 0))
    buckets_of_an_hour = max(timedelta(hours=1) // s.bucket, 1)
    return (max(entity.middle, middle) if known >= buckets_of_an_hour else entity.middle), entity.spread


def needed(s: Settings, entity: Entity, spent: int) -> float:
    """The least count that is an anomaly, when so much of the day's budget is spent; infinite when there is none."""
    if entity.known < s.warm_up or spent >= s.per_day:
        return math.inf
    middle, spread = usual(s, entity)
    far = middle + s.deviations * s.per_day / (s.per_day - spent) * spread
    return max(math.floor(unscaled(far)) + 1, s.least)


def learned(s: Settings, entity: Entity) -> Entity:
    """The entity after its bucket has ended."""
    value = scaled(entity.count)
    known, early = entity.known + 1, entity.early
    middle, spread, hours = entity.middle, entity.spread, dict(entity.hours)
    if entity.known < s.warm_up:
        early = [*early, value]
        ordered = sorted(early)
        middle = ordered[len(ordered) // 2]
        spread = max(1.4826 * sorted(abs(v - middle) for v in early)[len(early) // 2], 1.0)
        early = early if known < s.warm_up else []
    else:
        # A burst moves the average no more than a count at the threshold would.
        away = min(max(value - middle, -s.deviations * spread), s.deviations * spread)
        middle += SLOW * away
        spread = max(spread + SLOW * (1.25 * min(abs(away), 3 * spread) - spread), 1.0)
    hour = _hour(s, entity.bucket)
    at, times = hours.get(hour, (value, 0))
    hours[hour] = (at + SEASON_SLOW * min(value - at, s.deviations * spread), times + 1)
    return Entity(entity.bucket, 0, 0, 0, early=early, known=known, middle=middle, spread=spread, hours=hours)


def _hour(s: Settings, bucket: int) -> int:
    return bucket * int(s.bucket.total_seconds()) % DAY // 3600


class _Work:
    """One batch of one logsource. The track it is given is its own to change; the entities in it are not."""

    def __init__(self, s: Settings, events: Events, track: Track) -> None:
        self.s, self.events, self.track = s, events, track
        self.alerts: list[Alert] = []
        self.evicted = self.untimed = 0
        self._per_day = DAY // int(s.bucket.total_seconds())

    def run(self) -> None:
        frame = self.events.frame
        if "@timestamp" not in frame.columns:
            self.untimed = frame.height
            return
        rows = _rows(frame, self.s)
        self.untimed = frame.height - rows["row"].n_unique()
        rows = rows.drop_nulls("key")
        if rows.is_empty():
            return
        fresh = rows["key"].n_unique()
        if len(self.track.entities) + fresh <= 0.8 * self.s.entities:
            self._count(rows)
        else:
            # Room must be made where the bucket changes: the same places in whatever batches the rows come.
            for part in rows.partition_by("turn", maintain_order=True):
                self._make_room(int(part["bucket"][0]))
                self._count(part)
                self.track.bucket = int(part["bucket"][0])
        self.track.bucket = int(rows["bucket"][-1])

    def _make_room(self, bucket: int) -> None:
        if bucket == self.track.bucket or len(self.track.entities) <= 0.8 * self.s.entities:
            return
        known = sorted(self.track.entities.items(), key=lambda item: (item[1].known, item[1].bucket, item[0]))
        for key, _ in known[: len(known) - int(0.6 * self.s.entities)]:
            del self.track.entities[key]
            self.evicted += 1

    def _count(self, rows: pl.DataFrame) -> None:
        """Count rows without regard to others; then see, in the order of the rows, who went too far."""
        runs = rows.with_columns(pl.col("bucket").rle_id().over("key").alias("run"))
        runs = runs.group_by("key", "run", maintain_order=True).agg(pl.col("bucket").first(), "row", "at")
        cases: dict[tuple[str, int], _Case] = {}
        for key, _, bucket, numbers, times in runs.iter_rows():
            entity = self._present(key, bucket, times[0])
            if entity is None:
                self.evicted += len(numbers)
                continue
            case = cases.get((key, entity.bucket))
            if case is None:
                case = cases[key, entity.bucket] = _Case(key, msgspec.structs.replace(entity), entity.count, [], [])
            case.rows.extend(numbers)
            case.times.extend(times)
            entity = case.entity
            entity.count += len(numbers)
            entity.first, entity.last = min(entity.first, *times), max(entity.last, *times)
            self.track.entities[key] = entity
        waiting: list[tuple[int, str, int]] = []
        for case in cases.values():
            if case.entity.alerted:
                self._alert(case, 0, "", len(case.rows))
            else:
                self._wait(waiting, case)
        self._decide(waiting, cases)

    def _present(self, key: str, bucket: int, at: int) -> Entity | None:
        """The entity as it is when this bucket is counted; None when there is no room for a new one."""
        old = self.track.entities.get(key)
        if old is None:
            return Entity(bucket, 0, at, at) if len(self.track.entities) < self.s.entities else None
        # Rows that come late count for the present bucket; clocks that are set back by a day begin anew.
        if old.bucket - self._per_day < bucket <= old.bucket:
            return old
        entity = learned(self.s, old)
        entity.bucket, entity.first, entity.last = bucket, at, at
        return entity

    def _day(self, entity: Entity) -> int:
        return entity.bucket // self._per_day

    def _wait(self, waiting: list[tuple[int, str, int]], case: _Case) -> None:
        """Note the row with which the count reaches what is needed by what is spent now."""
        need = needed(self.s, case.entity, self.track.spent.get(self._day(case.entity), 0))
        if need <= case.before + len(case.rows):
            place = max(int(need) - case.before - 1, 0)
            heapq.heappush(waiting, (case.rows[place], case.key, case.entity.bucket))

    def _decide(self, waiting: list[tuple[int, str, int]], cases: dict[tuple[str, int], _Case]) -> None:
        while waiting:
            row, key, bucket = heapq.heappop(waiting)
            case = cases[key, bucket]
            day, place = self._day(case.entity), case.rows.index(row)
            spent = self.track.spent.get(day, 0)
            if case.before + place + 1 < needed(self.s, case.entity, spent):
                self._wait(waiting, case)
                continue
            self.track.spent[day] = spent + 1
            if len(self.track.spent) > BUDGET_DAYS:
                del self.track.spent[min(self.track.spent)]
            case.entity.alerted = True
            self._alert(case, place, self._message(key, case.entity, spent), case.before + len(case.rows))

    def _message(self, key: str, entity: Entity, spent: int) -> str:
        middle, spread = usual(self.s, entity)
        low, high = round(unscaled(middle - spread)), round(unscaled(middle + spread))
        minutes = self.s.bucket.total_seconds() / 60
        kind, _, value = key.partition("\x1f")
        shown = "".join(char if char.isprintable() else "?" for char in value[:80])
        need = int(needed(self.s, entity, spent))
        return f"{kind} {shown}: {need} events and more in {minutes:g} min, usually {low} to {high}"

    def _alert(self, case: _Case, place: int, message: str, count: int) -> None:
        """An alert, or, without a message, a further part of one."""
        kind, _, value = case.key.partition("\x1f")
        frame = self.events.frame
        wanted = [c for c in ("event.id", "log.file.path", "log.offset", "event.original") if c in frame.columns]
        shown = frame[case.rows[place : place + EVIDENCE_KEPT]].select(wanted).rows(named=True)
        user, _, host = value.rpartition("@") if kind == "user" and "@" in value else (value, "", "")
        self.alerts.append(
            Alert(
                timestamp=_time(case.times[place]),
                id=alert_id(
                    RULE_ID, "/".join(p or "" for p in self.events.logsource), case.key, str(case.entity.bucket)
                ),
                rule_id=RULE_ID,
                rule_name=RULE_NAME,
                level="low",
                rule_source="anomaly",
                alert_class="anomaly",
                source_ip=value if kind == "address" else None,
                user_name=user if kind == "user" else None,
                host_name=value if kind == "host" else host or None,
                count=count,
                first_seen=_time(case.entity.first),
                last_seen=_time(case.entity.last),
                message=message,
                entities=((("ip" if kind == "address" else kind), value),),
                evidence=tuple(
                    Evidence(
                        event_id=row.get("event.id") or "",
                        path=row.get("log.file.path") or "",
                        offset=row.get("log.offset") or 0,
                        original=(row.get("event.original") or "")[:ORIGINAL_LONGEST],
                    )
                    for row in shown
                ),
            )
        )


def _time(microseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)


def _rows(frame: pl.DataFrame, s: Settings) -> pl.DataFrame:
    """One line for each row and each kind of entity, in order: `row`, `at` (microseconds), `bucket`, `turn` (which run
    of equal buckets), `key` (null where the row names none). Rows without a time that a calendar has are left out."""
    keys = []
    for kind, column in (("address", "source.ip"), ("user", "user.name"), ("host", "host.name")):
        value = pl.col(column).str.slice(0, VALUE_LONGEST) if column in frame.columns else pl.lit(None, pl.String)
        if kind == "user" and "host.name" in frame.columns:
            at_host = pl.lit("@") + pl.col("host.name").str.slice(0, VALUE_LONGEST)
            value = pl.concat_str(value, at_host.fill_null(""))
        keys.append(pl.concat_str(pl.lit(kind + "\x1f"), value).alias(kind))
    at = pl.col("@timestamp").dt.epoch("us")
    rows = frame.select(pl.int_range(pl.len()).alias("row"), at.alias("at"), *keys)
    rows = rows.filter(pl.col("at").is_between(0, LATEST))
    rows = rows.with_columns((pl.col("at") // int(s.bucket.total_seconds() * 1e6)).alias("bucket"))
    rows = rows.with_columns(pl.col("bucket").rle_id().alias("turn"))
    long = rows.unpivot(index=["row", "at", "bucket", "turn"], value_name="key", variable_name="kind")
    return long.sort("row", maintain_order=True)
