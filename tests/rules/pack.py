"""The built-in rules, and raw records through the parsers and all of them, as a scan would do it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from vedette.detect import sigma
from vedette.model.alert import Alert, fold
from vedette.model.records import RECORD, Events, RecordBatch
from vedette.parse import dispatch
from vedette.parse.context import Context

FOLDER = Path(__file__).parents[2] / "src" / "vedette" / "rules"
RECORDING = FOLDER / "demo" / "recording"
BENIGN = Path(__file__).parents[1] / "data" / "rules" / "benign"
REFERENCE = datetime(2026, 1, 16, tzinfo=UTC)
RULES = sorted(path for path in FOLDER.rglob("*.yml") if not path.name.endswith(".test.yml"))
TESTS = sorted(FOLDER.rglob("*.test.yml"))


def name(path: Path) -> str:
    """Path below the rules' folder."""
    return str(path.relative_to(FOLDER))


@cache
def content(path: Path) -> dict[str, Any]:
    return dict(yaml.load(path.read_text(), Loader=yaml.CSafeLoader))


@cache
def by_reference() -> dict[str, Path]:
    """Sigma names of rules to their files."""
    return {content(path)["name"]: path for path in RULES if "name" in content(path)}


def closure(path: Path) -> list[Path]:
    """A rule's file, and those of all the rules it looks at."""
    needed = [path]
    for one in needed:
        for reference in content(one).get("correlation", {}).get("rules", ()):
            if (other := by_reference()[reference]) not in needed:
                needed.append(other)
    return needed


def ruleset(paths: Iterable[Path]) -> sigma.Ruleset:
    return sigma.read((name(path), path.read_text()) for path in paths)


@cache
def whole() -> sigma.Ruleset:
    """All built-in rules."""
    return ruleset(RULES)


def parse(text: str, form: str | None = None, source: str = "sample") -> Sequence[Events]:
    """The events of raw records."""
    return read(text, form, source).events


def read(text: str, form: str | None, source: str) -> Any:
    rows, at = [], 0
    for number, line in enumerate(text.splitlines(), 1):
        rows.append((number, at, line))
        at += len(line.encode()) + 1
    frame = pl.DataFrame(rows, schema=RECORD, orient="row")
    batch = RecordBatch(source, source, frame, {}, REFERENCE, form, last=True)
    return dispatch.parse(batch, {}, Context(REFERENCE))


def alerts(files: Iterable[Path]) -> list[Alert]:
    """Whole alerts of all files, one after the other, by all built-in rules."""
    state, parts = sigma.begin(whole()), []
    for file in files:
        events = parse(file.read_text(), source=file.name)
        step = sigma.step(whole(), state, [(batch, sigma.match(whole(), batch)) for batch in events])
        state = step.state
        parts += step.alerts
    return fold(parts)
