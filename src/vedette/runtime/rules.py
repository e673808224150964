"""Rule files to a rule set: the built-in pack, the user's own, and the exceptions that people made.

A file named `x.until-20261231T220000Z.yml` counts until then (UTC), and is passed over from then on.
"""

import os
import re
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import polars as pl

from vedette.detect.sigma import Ruleset, read
from vedette.detect.sigma.check import START
from vedette.detect.sigma.documents import UNREADABLE
from vedette.model.errors import SourceError
from vedette.model.records import RECORD, Events, RecordBatch
from vedette.parse.context import Context
from vedette.parse.dispatch import parse
from vedette.runtime import rule_cache
from vedette.runtime.engine import Plan

if TYPE_CHECKING:
    from vedette.config.tree import Tree

EXCEPTIONS: Final = "exceptions"
"""Folder in the data directory: Sigma filters that people made from alerts."""
OWN: Final = "rules"
"""Folder in the data directory: rules that people wrote in the dashboard."""
OFF: Final = "off.json"
"""File in it: which rules are switched off there (runtime.own_rules)."""
BUILTIN: Final = Path(__file__).parent.parent / "rules"
SAMPLES: Final = (".test.yml", ".test.yaml")
UNTIL: Final = "%Y%m%dT%H%M%SZ"
_UNTIL: Final = re.compile(r"\.until-(\d{8}T\d{6}Z)\.ya?ml$")
_LARGEST: Final = 4 << 20


class Switch(msgspec.Struct, frozen=True):
    """Why a rule is off."""

    who: str
    why: str
    at: datetime


def files(paths: Sequence[Path]) -> Iterator[Path]:
    """Rule files at and below the paths, sorted; samples (`x.test.yml`) and what is over are left out.

    Raises:
        SourceError: a path is not there.
    """
    return map(Path, _names(paths))


def _names(paths: Sequence[Path]) -> Iterator[str]:
    # As text: making a Path of each of ten thousand takes longer than asking the kernel about it.
    now = f"{datetime.now(UTC):{UNTIL}}"
    for path in paths:
        if path.is_dir():
            yield from sorted(_below(str(path), now), key=lambda name: name.split("/"))
        elif path.exists():
            yield str(path)
        else:
            raise SourceError(
                "no such file or directory", where=str(path), fix="name a Sigma rule file or a directory of them"
            )


def until(name: str) -> datetime | None:
    """When a rule file is over, as its name says; None: never."""
    found = _UNTIL.search(name)
    try:
        return datetime.strptime(found[1], UNTIL).replace(tzinfo=UTC) if found else None
    except ValueError:  # 20261399: no time, and so never
        return None


def _below(folder: str, now: str) -> Iterator[str]:
    # Not by pathlib, which takes longer to list the files of public rules than it takes to read them.
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _below(entry.path, now)
        elif entry.name.lower().endswith((".yml", ".yaml")) and not entry.name.lower().endswith(SAMPLES):
            over = _UNTIL.search(entry.name) if ".until-" in entry.name else None
            if over is None or over[1] > now:
                yield entry.path


def texts(found: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(path, text) of each rule file; one that cannot be read has a text that says so and is refused as a rule."""
    for path in found:
        try:
            # Opening a FIFO must not wait for somebody to write to it.
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    yield path, f"{UNREADABLE}cannot be read: no regular file"
                    continue
                data = file.read(_LARGEST + 1)
        except OSError as error:
            yield path, f"{UNREADABLE}cannot be read: {error.strerror}"
            continue
        yield path, _text(data) if len(data) <= _LARGEST else f"{UNREADABLE}larger than 4 MiB"


def _text(data: bytes) -> str:
    """The text of a rule file: UTF-8, or UTF-16 with the mark that Windows programs write in front."""
    try:
        return data.decode("utf-16" if data[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return f"{UNREADABLE}line {line} is not UTF-8: save the file as UTF-8"


def load(
    paths: Sequence[Path],
    *,
    builtin: bool = True,
    more: Sequence[tuple[str, str]] = (),
    placeholders: Mapping[str, Sequence[str]] | None = None,
) -> Ruleset:
    """The rule set of the built-in pack (if wanted), the files below `paths`, and `more` (name, text).

    Args:
        placeholders: values for `%name%` in rules.
    """
    found = list(_names([*([BUILTIN] if builtin else []), *paths]))
    if more:
        return read([*texts(found), *more], placeholders)
    stamps = [(path, rule_cache.stamp(path)) for path in found]
    return rule_cache.read(stamps, lambda: list(texts(found)), placeholders=placeholders)


def rule_paths(tree: "Tree") -> list[Path]:
    """Where the user's rules are: those of the settings, those written in the dashboard, and the exceptions."""
    kept = (tree.data_dir / OWN, tree.data_dir / EXCEPTIONS)
    return [*tree.rules.paths, *(folder for folder in kept if folder.is_dir())]


def load_rules(tree: "Tree") -> Ruleset:
    """The rule set that the settings ask for, and the switches in the dashboard."""
    ruleset = load(rule_paths(tree), builtin=tree.rules.builtin, placeholders=tree.rules.placeholders)
    off = {*tree.rules.disable, *switched_off(tree)}
    # A disabled rule raises nothing, but correlations that name it keep working.
    rules = tuple(rule._replace(raises=rule.raises and rule.id not in off) for rule in ruleset.rules)
    return Ruleset(rules, ruleset.filters, ruleset.refused)


def switched_off(tree: "Tree") -> dict[str, Switch]:
    """Rules that people switched off, by id. A file that cannot be read switches nothing off."""
    try:
        return msgspec.json.decode((tree.data_dir / OWN / OFF).read_bytes(), type=dict[str, Switch])
    except (OSError, msgspec.DecodeError):
        return {}


def state(tree: "Tree", *more: Path) -> list[tuple[str, int, int]]:
    """Of each file that makes the rule set, but the built-in ones, and of `more`: name, time of change, size. It differs
    as soon as one of them does."""
    found = []
    for path in [*files([path for path in rule_paths(tree) if path.exists()]), tree.data_dir / OWN / OFF, *more]:
        try:
            info = path.stat()
        except OSError:
            continue
        found.append((str(path), info.st_mtime_ns, info.st_size))
    return found


def plan_of(tree: "Tree", ruleset: Ruleset) -> Plan:
    """The engine's plan."""
    return Plan(ruleset, tree.grouping, tree.risk, tree.anomaly.counts, tree.rules.min_level, tree.network)


def samples(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """(path, text) of the sample files beside the rules at and below the paths."""
    beside = [rule.with_name(f"{rule.stem}.test{rule.suffix}") for rule in files(paths)]
    return [(str(path), path.read_text("utf-8", "replace")) for path in beside if path.is_file()]


def parse_sample(text: str, form: str | None) -> Sequence[Events]:
    """Raw records of a sample to events: one line each, as a file with these lines would be read."""
    lines = text.rstrip("\n").split("\n")
    columns = {"line": range(1, len(lines) + 1), "offset": range(1, len(lines) + 1), "raw": lines}
    frame = pl.DataFrame(columns, schema=RECORD)
    batch = RecordBatch("sample", "sample", frame, {}, START, form, last=True)
    return parse(batch, {}, Context(START)).events
