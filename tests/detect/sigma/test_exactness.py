"""Every public rule on every public recording: both engines against an interpreter that filters nothing beforehand."""

from datetime import UTC, datetime

import polars as pl
import pytest

from tests.detect.sigma.interpreter import Get, holds
from tests.detect.sigma.test_shared import SHARED, files
from vedette.collect.read import Reading
from vedette.detect.sigma import Rule, Ruleset, match, read
from vedette.detect.sigma.columns import Batch, text
from vedette.detect.sigma.rule import atoms
from vedette.detect.sigma.taxonomy import Where, columns, places, selects
from vedette.model.records import Events, Json, Logsource, RecordBatch
from vedette.parse.context import Context
from vedette.parse.dispatch import parse

pytestmark = [pytest.mark.shared, pytest.mark.skipif(not SHARED.exists(), reason="../shared is not here")]

RECORDINGS = (("evtx-attack-samples", 2500, 300), ("sigma-regression", 200, 100), ("otrf", 5000, 300))
"""Folder, and how many events and matches there are at least: a check over nothing is none."""
MOST = 300
"""Rows of one file and log source that are looked at: the recordings repeat themselves."""


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return read(files("sigma-rules"))


def recorded(folder: str) -> list[Events]:
    """All events of a folder, in one batch per log source."""
    carries: dict[str, Json] = {}
    frames: dict[Logsource, list[pl.DataFrame]] = {}
    for item in Reading([SHARED / folder]):
        if isinstance(item, RecordBatch):
            parsed = parse(item, carries.get(item.source, {}), Context(datetime(2026, 1, 1, tzinfo=UTC)))
            carries[item.source] = parsed.carry
            for source, frame in parsed.events:
                frames.setdefault(source, []).append(frame.head(MOST))
    return [Events(source, pl.concat(parts, how="diagonal")) for source, parts in frames.items()]


def expected(
    rule: Rule, events: Events, texts: pl.DataFrame, hay: tuple[str, ...], within: dict[Where, pl.DataFrame]
) -> set[int]:
    """Rows that match: in any place of the rule, in which a field is the first of its columns that has a value."""
    assert rule.condition is not None
    tests = list(atoms(rule.condition))
    asked = {atom.field for atom in tests} | {atom.value for atom in tests if atom.op.startswith("ref-")}
    found: set[int] = set()
    for place in places(rule.logsource):
        if not selects(place, events.logsource) or not all(name in texts for name, _ in place.where):
            continue
        inside = within.get(place.where)
        if inside is None:
            conditions = [pl.col(name).str.to_lowercase().is_in(list(wanted)) for name, wanted in place.where]
            inside = within[place.where] = texts.with_row_index("\x00row").filter(conditions or True)
        if inside.is_empty():
            continue
        values = {
            field: pl.coalesce([n for n in columns(place, field) if n in texts] or [None]) for field in asked if field
        }
        words = [pl.col(name).alias(f"\x00{name}") for name in hay] if "" in asked else []
        keys = [value.cast(pl.String).alias(field) for field, value in values.items()]
        alike = inside.select("\x00row", *keys, *words).group_by(pl.exclude("\x00row")).agg("\x00row")
        for *key, rows in alike.iter_rows():
            if holds(rule.condition, _get(dict(zip(values, key, strict=False)), key[len(values) :])):
                found.update(rows)
    return found


def _get(values: dict[str, str | None], words: list[str | None]) -> Get:
    return lambda field: [values.get(field)] if field else list(words)


@pytest.mark.parametrize(("folder", "events", "matches"), RECORDINGS)
def test_every_rule_on_every_event(ruleset: Ruleset, folder: str, events: int, matches: int) -> None:
    looked = matched = 0
    for batch in recorded(folder):
        frame = batch.frame
        texts = pl.DataFrame([text(frame[name]).alias(name) for name in frame.columns])
        hay = Batch(batch).hay()
        within: dict[Where, pl.DataFrame] = {}
        right = {
            (number, row)
            for number, rule in enumerate(ruleset.rules)
            if rule.condition
            for row in expected(rule, batch, texts, hay, within)
        }
        for few in (0, frame.height):
            got = match(ruleset, batch, few)
            pairs = set(got.select(pl.col("rule").cast(pl.Int64), pl.col("row").cast(pl.Int64)).iter_rows())
            assert pairs == right, sorted(pairs ^ right)[:5]
        looked += frame.height
        matched += len(right)
    assert looked > events
    assert matched > matches
