"""An analysis of files or of one incident: read, judged, packed, told. Nothing of it is kept."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import polars as pl
from msgspec.structs import replace

from vedette.ai.analyst import analyse
from vedette.ai.analyst.flows import flow_findings
from vedette.ai.compress import Pack, compress
from vedette.collect.read import Options, Reading
from vedette.detect.anomaly import behaviour, flows
from vedette.detect.intel import NOTHING, Known
from vedette.model.alert import Alert
from vedette.model.analysis import Analysis, Compression, Figures, Finding
from vedette.model.findings import Findings
from vedette.model.incident import Incident
from vedette.model.records import RecordBatch
from vedette.model.text import count, safe
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.scan import Scan

PACKED: Final = 8 << 20
"""Bytes of records that are packed for a model: those that rules matched first, then from the beginning."""
LINES: Final = 200_000
"""Records that are packed at most: short ones take room, too."""
FLOWS_KEPT: Final = 200_000
FLOWS_TOLD: Final = 8
BOMB: Final = 16
"""An input that unpacks to more than so many times the largest upload is not read to its end."""
MODELS: Final = ("gpt-5-mini", "gpt-4o-mini", "claude-sonnet-4-6", "gemini-2.5-flash")
"""Whose prices are told when no model is chosen."""
NOT_FEATURES: Final = ("event.id", "event.original", "message", "log.offset", "log.file.path", "line", "event.code", "event.category",
                       "event.action", "event.dataset", "event.kind", "event.type")  # fmt: skip

Tell = Callable[[str, float], None]
"""Progress: what is being done (read, judge, pack, ask), and how much of it, 0 to 1."""


@dataclass
class Looked:
    """An analysis, and what a model would be given of it."""

    analysis: Analysis
    pack: Pack | None
    texts: pl.Series = field(repr=False)


@dataclass(frozen=True)
class Sensitivity:
    """How much is told. `contamination`: share of the flows that may be called unusual; `least`: incidents from that score on."""

    contamination: float
    score: float


SENSITIVITY: Final = {"low": Sensitivity(0.01, 60.0), "medium": Sensitivity(0.05, 0.0), "high": Sensitivity(0.1, 0.0)}


def analyse_files(
    paths: Sequence[str],
    plan: Plan,
    context: Context,
    *,
    sensitivity: str = "medium",
    pack: bool = True,
    budget: int | None = None,
    most: int | None = None,
    name: str | None = None,
    listed: Callable[[], Known] = lambda: NOTHING,
    tell: Tell = lambda _what, _share: None,
) -> Looked:
    """Look through files and say what it comes to.

    Args:
        pack: whether the records are packed for a model; its figures are in the analysis.
        budget: tokens that the pack may have.
        most: bytes that an upload may have; BOMB times as much may come out of it.
        name: what the only path is called in the answer.
        listed: what lists of indicators say.
    """
    began = time.monotonic()
    wanted = SENSITIVITY[sensitivity]
    reading = Reading(paths, _options(most))
    engine = Engine(plan, listed=listed)
    scan = Scan(reading, engine, context, tell=lambda done, total, _n: tell("read", done / total if total else 0.0))
    tables: list[pl.DataFrame] = []
    size = rows = 0
    notes: list[str] = []
    kept = _Kept(PACKED)
    for batch, seen in scan.batches():
        size += _bytes(batch)
        kept.add(batch)
        for events in seen.parsed.events:
            if events.logsource.service == "flow" and rows < FLOWS_KEPT:
                tables.append(events.frame)
                rows += events.frame.height
        if most and size > BOMB * most:
            notes.append(
                f"It unpacks to more than {BOMB} times of what may be sent; what comes after the first {_mega(size)} was not read."
            )
            break
        del batch, seen
    tell("judge", 0.0)
    found = scan.findings()
    incidents = [each for each in found.incidents if each.score >= wanted.score]
    unusual = _unusual(tables, wanted.contamination, notes) if tables else []
    known = {address for each in incidents for address in _addresses(each)}
    analysis = analyse(
        incidents,
        alerts={alert.id: alert for alert in found.alerts},
        flows=[each for each in unusual if not each.indicators or each.indicators[0].value not in known][:FLOWS_TOLD],
        figures=_figures(found, size),
        notes=[*_notes(found), *notes],
        lesser=_lesser(found, incidents),
    )
    packed = None
    series = pl.concat(kept.texts) if kept.texts else pl.Series(dtype=pl.String)
    if pack and len(series):
        tell("pack", 0.0)
        packed, cost = _packed(series, analysis, budget)
        part = f"{len(series):,} records, {_mega(int(series.str.len_bytes().sum()))} of {_mega(size)}"
        more = [f"{part} were packed: the beginning."] if kept.more else []
        analysis = replace(analysis, compression=cost, notes=(*analysis.notes, *more))
    figures = replace(analysis.figures, seconds=round(time.monotonic() - began, 3))
    analysis = replace(analysis, figures=figures)
    if name is not None and len(paths) == 1:
        analysis = _renamed(analysis, paths[0], name)
    return Looked(analysis, packed, series)


def analyse_bytes(data: bytes, name: str, plan: Plan, context: Context, **how: object) -> Looked:
    """The same for what somebody sent: it stands in memory only, and is gone when this returns."""
    with _held(data) as path:
        return analyse_files([path], plan, context, name=name, **how)  # type: ignore[arg-type]


def analyse_incident(incident: Incident, *, budget: int | None = None) -> Looked:
    """The same for one incident, from the evidence that it has."""
    began = time.monotonic()
    figures = Figures(alerts=len(incident.alerts), incidents=1, records=sum(a.count for a in incident.alerts))
    analysis = analyse([incident], figures=figures)
    lines = list(dict.fromkeys(e.original for alert in incident.alerts for e in alert.evidence))
    texts = pl.Series(lines, dtype=pl.String)
    packed, cost = _packed(texts, analysis, budget) if lines else (None, None)
    figures = replace(figures, seconds=round(time.monotonic() - began, 3))
    return Looked(replace(analysis, headline=incident.title, compression=cost, figures=figures), packed, texts)


class _Kept:
    """Texts of records, from the beginning on, up to so many bytes and LINES."""

    def __init__(self, most: int) -> None:
        self.texts: list[pl.Series] = []
        self.more = False
        self._left = most
        self._lines = LINES

    def add(self, batch: RecordBatch) -> None:
        if self._left <= 0 or self._lines <= 0:
            self.more = True
            return
        raw = batch.frame["raw"].drop_nulls()
        sizes = raw.str.len_bytes().cum_sum()
        fitting = min(int((sizes <= self._left).sum()), self._lines)
        self.more |= fitting < len(raw)
        self.texts.append(raw[:fitting])
        self._left -= int(sizes[fitting - 1]) if fitting else self._left
        self._lines -= fitting


def _options(most: int | None) -> Options:
    if most is None:
        return Options(packets=True)
    return Options(packets=True, max_unpacked=BOMB * most, max_ratio=200, max_members=1000, ratio_floor=16 << 20)


def _bytes(batch: RecordBatch) -> int:
    return int(batch.frame["raw"].str.len_bytes().sum() or 0)


def _unusual(tables: list[pl.DataFrame], contamination: float, notes: list[str]) -> list[Finding]:
    """Flows that are unlike the others of the same files, by what they look like."""
    frame = pl.concat(
        [table.select(c for c in table.columns if table[c].null_count() < table.height) for table in tables], how="diagonal_relaxed"
    )
    if frame.height < flows.ROWS_LEAST:
        notes.append(f"{count(frame.height, 'flow')} are too few to say which of them are unusual; {flows.ROWS_LEAST} would do.")
        return []
    settings = flows.Flows(contamination=contamination, ignore=NOT_FEATURES)
    learned = behaviour.watch(behaviour.begin(), frame).frame
    try:
        model = flows.learn(learned, settings)
    except flows.ModelError as error:
        notes.append(f"Flows were not compared with each other: {error.what}.")
        return []
    return flow_findings(frame, flows.score(model, learned))


def _addresses(incident: Incident) -> list[str]:
    return [seen.value for seen in incident.entities if seen.type == "ip"]


def _figures(found: Findings, size: int) -> Figures:
    formats: dict[str, int] = {}
    for each in found.summary.inputs:
        for name, number in each.formats.items():
            formats[name] = formats.get(name, 0) + number
    summary = found.summary
    return Figures(
        records=summary.records, bytes=size, not_understood=summary.rejected, formats=formats, alerts=len(found.alerts),
        incidents=len(found.incidents),
    )  # fmt: skip


def _notes(found: Findings) -> list[str]:
    """What was not read or understood: a reader must not take silence for peace."""
    summary = found.summary
    notes = [f"{each}{f' ({each.fix})' if each.fix else ''}" for each in summary.skipped[:5] if each.kind != "empty"]
    if not summary.records:
        notes.append("There is no record in it that could be read.")
    rejected: dict[str, int] = {}
    for each in summary.inputs:
        for reason, number in (*each.rejected.items(), *each.dropped.items()):
            rejected[reason] = rejected.get(reason, 0) + number
    lost = sum(rejected.values())
    if lost:
        reason = max(rejected, key=rejected.__getitem__)
        notes.append(f"{lost:,} of {count(summary.records, 'record')} were not understood, mostly: {safe(reason, 160)}.")
    for what, number in summary.shed.items():
        notes.append(f"{number:,} {safe(what, 160)} had to be given up.")
    return notes


def _lesser(found: Findings, incidents: Sequence[Incident]) -> int:
    told = {alert.id for incident in incidents for alert in incident.alerts}
    return sum(_worth(alert) and alert.id not in told for alert in found.alerts)


def _worth(alert: Alert) -> bool:
    return alert.level != "informational"


def _packed(texts: pl.Series, analysis: Analysis, budget: int | None) -> tuple[Pack, Compression]:
    evidence = {each.original for finding in analysis.findings for each in finding.evidence}
    first = texts.is_in(list(evidence)).arg_true().to_list() if evidence else []
    pack = compress(texts, budget=budget, first=first)
    kept, found = pack.indicators
    before, after = pack.tokens_before, pack.tokens_after
    saved = {model: round(_price(model, before) - _price(model, after), 6) for model in MODELS}
    return pack, Compression(
        tokens_before=before, tokens_after=after, percent=round(100 * (1 - after / before), 1) if before else 0.0,
        indicators_found=found, indicators_kept=kept, left_out=pack.left_out, saved_usd=saved,
    )  # fmt: skip


def _price(model: str, tokens: int) -> float:
    """Dollars for reading so many tokens, by the prices that genai-prices carries; 0 where it knows none."""
    from genai_prices import Usage, calc_price

    try:
        return float(calc_price(Usage(input_tokens=tokens), model_ref=model).total_price)
    except LookupError:
        return 0.0


def _renamed(analysis: Analysis, path: str, name: str) -> Analysis:
    def called(finding: Finding) -> Finding:
        evidence = tuple(replace(e, path=e.path.replace(path, name), event_id=e.event_id.replace(path, name)) for e in finding.evidence)
        return replace(finding, evidence=evidence)

    findings = tuple(called(each) for each in analysis.findings)
    return replace(analysis, findings=findings, notes=tuple(note.replace(path, name) for note in analysis.notes))


@contextmanager
def _held(data: bytes) -> Iterator[str]:
    """A path under which bytes can be read that are on no disk."""
    number = os.memfd_create("upload", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(number), "wb") as file:
            file.write(data)
        yield f"/proc/{os.getpid()}/fd/{number}"
    finally:
        os.close(number)


def _mega(size: int) -> str:
    return f"{size / (1 << 20):,.1f} MiB"
