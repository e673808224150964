"""Rows that are unlike the rows a model was learned from: flows, or any table of numbers and categories.

Three voices, each scaled by what it says about learned rows that were kept aside: how far out single values are
(frozen empirical distributions, which also give the reasons), how easily a row is isolated (isolation forest), and how
far the nearest learned rows are (combinations that are unusual although no single value is).
Misses: attacks that look like ordinary flows one by one (a password guess, a slow theft); rules see those in logs.
Noisy on: traffic that changed for good reasons since the model was learned; learn again then.
Figures and how to repeat them: docs/anomalies.md.
"""

from io import BytesIO
from typing import Any, Final, NamedTuple
from zipfile import BadZipFile

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from vedette.detect.anomaly import forest
from vedette.detect.anomaly.encode import Column, columns_to_learn, encode, learn_column, standard, surprise
from vedette.detect.anomaly.neighbours import MEMORIES, nearest
from vedette.model.errors import VedetteError
from vedette.model.settings import Settings

Array = NDArray[Any]

ROWS_LEAST: Final = 40
ROWS_LEARNED: Final = 200_000
KEPT_ASIDE: Final = 0.25
REASONS: Final = 3
TOLD_FROM: Final = 2.0
CHUNK: Final = 8_192
SEPARATOR: Final = "\x1f"
SCORED: Final = {"score": pl.Float64(), "anomaly": pl.Boolean(), "reasons": pl.List(pl.String())}


class ModelError(VedetteError):
    """A model cannot be learned or read."""

    code = "model"


class Flows(Settings):
    contamination: float = Field(0.05, gt=0, le=0.5)
    """Share of rows like the learned ones that may be called anomalous: lower is quieter (ANOMALY_THRESHOLD)."""
    per_day: int | None = Field(None, ge=1)
    """Budget: at most about this many anomalous rows a day, judged by the days the learned rows span."""
    ignore: tuple[str, ...] = ()
    """Columns to leave out, for example a label."""
    seed: int = 0
    """The same seed and rows give the same model."""


class Model(NamedTuple):
    """A frozen model; what it says about a row depends on that row only.

    Attributes:
        columns: the features.
        forest: detect.anomaly.forest.
        memories: learned rows, standardised, to measure distances to.
        middles, scales: of the three voices on rows kept aside: median, and median to 95th percentile.
        threshold: of the mean of the scaled voices.
        spread: median of that mean to the threshold: the unit of the score.
    """

    columns: list[Column]
    forest: dict[str, Array]
    memories: Array
    middles: Array
    scales: Array
    threshold: float
    spread: float


def learn(frame: pl.DataFrame, settings: Flows) -> Model:
    """A model of what is usual in the rows. Learn from known good rows where there are some; a few anomalous rows
    among them do not matter much, since `contamination` of the rows are taken for anomalous anyway.

    Raises:
        ModelError: too few rows, or no column to learn from.
    """
    if frame.height < ROWS_LEAST:
        raise ModelError(f"{frame.height} rows are too few to learn from", fix=f"give at least {ROWS_LEAST}")
    order = np.random.default_rng(settings.seed).permutation(frame.height)[:ROWS_LEARNED]
    held = int(len(order) * KEPT_ASIDE)
    aside, kept = frame[order[:held]], frame[order[held:]]
    names = columns_to_learn(kept, settings.ignore)
    if not names:
        raise ModelError("no column to learn from", fix="give numbers (bytes, packets, duration) or categories")
    columns = [learn_column(kept[name]) for name in names]
    encoded = _encode(columns, kept)
    draft = Model(
        columns=columns,
        forest=forest.grow(encoded, settings.seed),
        memories=np.unique(standard(columns, encoded[:ROWS_LEARNED]), axis=0),
        middles=np.zeros(3),
        scales=np.ones(3),
        threshold=0.0,
        spread=1.0,
    )
    pick = np.random.default_rng(settings.seed).permutation(len(draft.memories))[:MEMORIES]
    draft = draft._replace(memories=draft.memories[np.sort(pick)])
    voices = _voices(draft, _encode(columns, aside))[0]
    middles = np.median(voices, axis=0)
    scales = np.maximum(np.quantile(voices, 0.95, axis=0) - middles, 1e-6)
    mean = ((voices - middles) / scales).mean(axis=1)
    threshold = float(np.quantile(mean, 1 - _share(frame, settings)))
    spread = max(threshold - float(np.median(mean)), 1e-6)
    return draft._replace(middles=middles, scales=scales, threshold=threshold, spread=spread)


def score(model: Model, frame: pl.DataFrame) -> pl.DataFrame:
    """One row for each row, in order, columns as in SCORED: `score` 0 to 1 with 0.5 at the threshold, `anomaly`, and
    for anomalies the `reasons`, most telling first. Columns that the model does not know are left out; missing ones
    count as usual."""
    parts = [_score(model, frame[start : start + CHUNK]) for start in range(0, frame.height, CHUNK)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCORED)


def _score(model: Model, frame: pl.DataFrame) -> pl.DataFrame:
    voices, surprises = _voices(model, _encode(model.columns, frame))
    mean = ((voices - model.middles) / model.scales).mean(axis=1)
    # Ten digits: what is left of the last bits would differ between processors.
    value = np.round(1 / (1 + np.exp(-np.clip((mean - model.threshold) / model.spread, -700, 700))), 10)
    anomaly = value > 0.5
    rows = np.flatnonzero(anomaly)
    known = [column.name for column in model.columns if column.name in frame.columns]
    values = frame.select(known)[rows].rows()
    told = [
        _reasons(model, surprises[i], dict(zip(known, row, strict=True))) for i, row in zip(rows, values, strict=True)
    ]
    texts = np.full(frame.height, None, object)
    texts[rows] = [SEPARATOR.join(reasons) for reasons in told]
    listed = pl.Series(texts.tolist(), dtype=pl.String).str.split(SEPARATOR)
    listed = listed.fill_null(pl.Series([[]], dtype=pl.List(pl.String)))
    return pl.DataFrame({"score": value, "anomaly": anomaly, "reasons": listed}, schema=SCORED)


def _share(frame: pl.DataFrame, settings: Flows) -> float:
    """The share of usual rows above the threshold that contamination and budget allow."""
    if settings.per_day is None or "@timestamp" not in frame.columns:
        return settings.contamination
    first, last = frame["@timestamp"].min(), frame["@timestamp"].max()
    seconds = (last - first).total_seconds() if first is not None and last is not None else 0.0  # type: ignore[operator,union-attr]
    days = max(seconds / 86_400, 1.0)
    return min(settings.contamination, settings.per_day * days / frame.height)


def _encode(columns: list[Column], frame: pl.DataFrame) -> Array:
    empty = pl.Series(values=[None], dtype=pl.Float64).extend_constant(None, max(frame.height - 1, 0))
    encoded = [
        encode(column, frame[column.name])
        if column.name in frame.columns
        else encode(msgspec.structs.replace(column, counts=None), empty[: frame.height])
        for column in columns
    ]
    return np.column_stack(encoded)


def _voices(model: Model, encoded: Array) -> tuple[Array, Array]:
    """The three voices of each row, and the surprise of each of its values."""
    surprises = np.column_stack([surprise(column, encoded[:, i]) for i, column in enumerate(model.columns)])
    distance = nearest(model.memories, standard(model.columns, encoded))
    return np.column_stack([surprises.sum(axis=1), forest.score(model.forest, encoded), distance]), surprises


def _reasons(model: Model, surprises: Array, row: dict[str, Any]) -> list[str]:
    """The values that are farthest out: feature, value, what is usual, how rare."""
    order = np.argsort(-surprises, kind="stable")[:REASONS]
    told = [
        _reason(model.columns[i], row.get(model.columns[i].name), surprises[i])
        for i in order
        if surprises[i] > TOLD_FROM
    ]
    return told or ["an unusual combination of values, none of which is unusual by itself"]


def _reason(column: Column, value: Any, surprised: float) -> str:
    name, rarity = _plain(column.name, 60), f"1 in {_short(round(np.exp(surprised)))}"
    if column.counts is None:
        return f"{name} {_short(value)}, usually {_short(column.low)} to {_short(column.high)} ({rarity})"
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    usual = ", ".join(_plain(known, 20) for known in list(column.counts)[:3])
    return f"{name} {_plain(text, 40)}, usually {usual} ({rarity if text in column.counts else 'never before'})"


def _plain(text: str, longest: int) -> str:
    return "".join(char if char.isprintable() else "?" for char in text[:longest])


def _short(number: Any) -> str:
    if number is None:
        return "missing"
    return f"{number:,.0f}" if 1000 <= abs(number) < 1e15 else f"{number:.3g}"


class _Stored(msgspec.Struct):
    columns: list[Column]
    threshold: float
    spread: float
    format: int = 1


def dump(model: Model) -> bytes:
    """The model as an npz archive of plain arrays."""
    head = msgspec.json.encode(_Stored(model.columns, model.threshold, model.spread))
    arrays = {f"forest.{name}": array for name, array in model.forest.items()}
    arrays |= {"memories": model.memories, "middles": model.middles, "scales": model.scales}
    arrays["head"] = np.frombuffer(head, np.uint8)
    target = BytesIO()
    np.savez_compressed(target, allow_pickle=False, **arrays)
    return target.getvalue()


def load(data: bytes) -> Model:
    """What `dump` wrote; never runs anything that is in it.

    Raises:
        ModelError: it is something else, or damaged.
    """
    try:
        with np.load(BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        head = msgspec.json.decode(arrays.pop("head").tobytes(), type=_Stored)
        return Model(
            columns=head.columns,
            forest={name.removeprefix("forest."): a for name, a in arrays.items() if name.startswith("forest.")},
            memories=arrays["memories"],
            middles=arrays["middles"],
            scales=arrays["scales"],
            threshold=head.threshold,
            spread=head.spread,
        )
    except (ValueError, KeyError, OSError, EOFError, BadZipFile, msgspec.MsgspecError) as error:
        raise ModelError(f"not a model of this program: {error}", fix="learn it again") from error
