"""What is left out of a segment comes back exactly."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.made import SSHD, logins, requests
from vedette.model.fields import dtype
from vedette.model.records import Events, Logsource
from vedette.store import layout, segments

word = st.text(st.sampled_from("ab /?=é\0漢1"), max_size=4)
row = st.fixed_dictionaries(
    {
        "@timestamp": st.none() | st.datetimes(),
        "event.id": st.sampled_from(["s-1", "s-12", "s-", "1", "2"]) | st.none(),
        "log.offset": st.none() | st.sampled_from([1, 2, 12]),
        "start": word,
        "url.path": st.none() | word,
        "url.query": st.none() | word,
        "message": st.none() | word,
        "source.ip": st.none() | st.sampled_from(["192.0.2.1", "2001:db8::1"]),
        "source.address": st.none() | st.sampled_from(["192.0.2.1", "2001:db8::1"]),
        "odd": st.none() | word,
    }
)


def whole(rows: list[dict], honest: list[bool]) -> pl.DataFrame:
    """Honest rows repeat themselves as a parser's do; the others hold anything anywhere."""
    for r, true in zip(rows, honest, strict=False):
        start = r.pop("start")
        url = (r["url.path"] or "") + "?" + (r["url.query"] or "")
        r["url.original"] = url
        r["event.original"] = start + url + (r["message"] or "") if true else start
        if true and r["log.offset"] is not None:
            r["event.id"] = f"s-{r['log.offset']}"
    schema = {name: dtype(name) for name in rows[0]}
    return pl.DataFrame(rows, schema=schema)


@given(st.lists(row, min_size=1, max_size=6), st.just([True] * 6) | st.lists(st.booleans(), min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_expand_undoes_shorten(rows: list[dict], honest: list[bool]) -> None:
    frame = whole(rows, honest)
    short, plan = layout.shorten(frame)
    assert short.width
    back = layout.expand(short.lazy(), plan).collect()
    there = [name for name in frame.columns if frame[name].null_count() < frame.height]
    assert back.equals(frame.select(there))


def test_what_repeats_is_not_written() -> None:
    short, _ = layout.shorten(layout.gather([logins(100)]))
    assert set(short.columns) == {
        "@timestamp", "event.original", "event.outcome", "log.offset", "source.ip", "source.port", "vedette:message",
    }  # fmt: skip


def test_a_url_is_written_once() -> None:
    frame = requests(50).frame.with_columns(
        pl.col("url.original").str.extract(r"^([^?]*)").alias("url.path"),
        pl.col("url.original").str.extract(r"\?(.*)").alias("url.query"),
    )
    gathered = layout.gather([Events(SSHD, frame)])
    short, plan = layout.shorten(gathered)
    assert set(plan.pieces) == {"url.path", "url.query", "url.original"}
    assert not {"url.path", "url.query", "url.original"} & set(short.columns)
    assert layout.expand(short.lazy(), plan).collect().equals(gathered)


def test_a_few_rows_that_are_no_pieces_are_written_out() -> None:
    odd = pl.col("line") == 7
    frame = logins(50).frame.with_columns(pl.when(odd).then(pl.lit("else")).otherwise("message").alias("message"))
    gathered = layout.gather([Events(SSHD, frame)])
    short, plan = layout.shorten(gathered)
    assert plan.partly == ("message",)
    assert short["message"].drop_nulls().to_list() == ["else"]
    assert layout.expand(short.lazy(), plan).collect().equals(gathered)


@pytest.mark.parametrize("source", [SSHD, Logsource(), Logsource("process_creation", "windows", "sysmon")])
def test_a_logsource_comes_back(source: Logsource) -> None:
    frame = layout.gather([Events(source, logins(3).frame)])
    assert layout.logsource(frame[layout.LOGSOURCE][0]) == source


def test_a_record_cannot_pass_for_a_column_of_the_store() -> None:
    forged = logins(3).frame.with_columns(pl.lit("windows").alias(layout.LOGSOURCE))
    frame = layout.gather([Events(SSHD, forged)])
    assert frame[layout.LOGSOURCE].unique().to_list() == ["\x1flinux\x1fsshd"]


def test_a_column_of_another_type_is_made_to_fit() -> None:
    wrong = logins(3).frame.with_columns(pl.col("source.port").cast(pl.String), pl.lit(4).alias("EventID"))
    frame = layout.gather([Events(SSHD, wrong), logins(3)])
    assert (frame.schema["source.port"], frame.schema["EventID"]) == (pl.Int64(), pl.String())


@pytest.mark.parametrize("count", [1, 2, 1000])
def test_a_segment_reads_back_as_it_was(tmp_path: Path, count: int) -> None:
    frame = layout.gather([logins(count), requests(count)])
    path = tmp_path / "x.parquet"
    path.write_bytes(segments.encode(frame))
    assert segments.scan(path).collect().equals(frame)


def test_one_record_of_one_value_is_still_one_record(tmp_path: Path) -> None:
    frame = pl.DataFrame({"event.original": ["x"]})
    path = tmp_path / "x.parquet"
    path.write_bytes(segments.encode(frame))
    assert segments.scan(path).collect().equals(frame)


def test_ever_new_keys_make_no_endless_segment() -> None:
    rows = pl.DataFrame({"event.original": ["a", "b"], "often": ["x", "y"], "user.name": [None, "ann"]})
    more = pl.DataFrame({f"k{n}": [str(n), None] for n in range(layout.COLUMNS)})
    other = pl.DataFrame({"often": ["z"], **{f"o{n}": ["1"] for n in range(layout.COLUMNS)}})
    table = layout.gather([Events(SSHD, rows.hstack(more)), Events(SSHD, other)])
    assert table.width == layout.COLUMNS
    assert table.height == 3
    assert {"event.original", "user.name", "often", layout.LOGSOURCE} <= set(table.columns)
    assert table["often"].to_list() == ["x", "y", "z"]
