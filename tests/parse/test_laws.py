"""The four laws over every sample of every component, whole, cut up, and damaged.

No record is lost. Batching does not matter. Replay gives the same ids. Memory is bounded.
"""

import re
from collections import Counter
from pathlib import Path
from random import Random

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.parse.samples import CASES, CONTEXT, cut, parse_all, records, rows, sample
from vedette.model.records import RecordBatch
from vedette.parse import dispatch, framing
from vedette.parse.patterns import SIGNS_FEW

BY_NAME = {f"{log.parent.name}/{log.stem}": log for log in CASES}
EVERY = pytest.mark.parametrize("log", CASES, ids=list(BY_NAME))
AROUND = re.compile(r"^(?:\[|<Events>)|(?:\]|,|</Events>)+$")
GENTLY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_nothing_lost(batch: RecordBatch) -> None:
    """Every framed record is in exactly one event or rejection, with its own text and an identity of its own."""
    framed = framing.frame(batch.frame, {}, last=True)
    assert framed.held == 0
    (parsed,), _ = parse_all([batch])
    got = rows([parsed])
    assert [row["line"] for row in got] == framed.records["line"].to_list()
    assert [row.get("event.original", row.get("raw")) for row in got] == framed.records["raw"].to_list()
    assert [row.get("log.offset", row.get("offset")) for row in got] == framed.records["offset"].to_list()
    ids = [row["event.id"] for row in got if "event.id" in row]
    assert len(ids) == len(set(ids))
    # What stands around and between the elements of a list belongs to none.
    words = Counter(AROUND.sub("", word) for raw in batch.frame["raw"].to_list() for word in raw.split())
    kept = Counter(AROUND.sub("", word) for raw in framed.records["raw"].to_list() for word in raw.split())
    assert not {word for word in words - kept if len(word) > 40}, "framing lost text"


@EVERY
def test_no_record_is_lost(log: Path) -> None:
    assert_nothing_lost(sample(log))


@EVERY
def test_row_by_row_is_the_same_as_all_at_once(log: Path) -> None:
    batch = sample(log)
    whole, _ = parse_all([batch])
    single, _ = parse_all(cut(batch, [1] * batch.frame.height))
    assert rows(single) == rows(whole)
    assert sum(p.held for p in single) == 0


@EVERY
def test_the_rows_of_a_logsource_are_one_batch(log: Path) -> None:
    parsed = dispatch.parse(sample(log), {}, CONTEXT)
    sources = [source for source, _ in parsed.events]
    assert len(sources) == len(set(sources))
    for _, frame in parsed.events:
        assert frame["line"].is_sorted()


@EVERY
def test_replay_gives_the_same_ids(log: Path) -> None:
    """Ids depend on source and position: the same bytes of another source have other ids."""
    batch = sample(log)
    first, again = (rows(parse_all([batch])[0]) for _ in range(2))
    assert first == again
    other = rows(parse_all([batch._replace(source="other")])[0])
    assert not {row.get("event.id") for row in first} & {row.get("event.id") for row in other} - {None}


def test_in_bulk_every_line_reads_as_among_few() -> None:
    """Thousands of rows take other ways than a handful: columns for rows, polars for RE2, many documents as one."""
    every = [line for log in CASES for line in log.read_bytes().split(b"\n") if line and log.stem != "long"]
    random = Random(20261121)
    text = [line for _ in range(9) for line in random.sample(every, len(every))]
    batch = records(b"\n".join(text) + b"\n")
    assert batch.frame.height > 2 * SIGNS_FEW
    whole, _ = parse_all([batch])
    parts, _ = parse_all(cut(batch, [97] * (len(text) // 97)))
    for few, many in zip(rows(parts), rows(whole), strict=True):
        assert few == many


lines = st.sampled_from(sorted(BY_NAME.values())).flatmap(
    lambda log: st.sampled_from([line for line in log.read_bytes().split(b"\n") if line] or [b""])
)
damage = st.sampled_from(
    [
        b"\x00",
        b"\xff\xfe",
        b"\\",
        b'"',
        b"{",
        b"]",
        b"\n",
        b"\r",
        b"%",
        b"=",
        b"\x1b[31m",
        "\u2028".encode(),
        b"9" * 400,
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample line cut, doubled or with rubbish in it."""
    line = draw(lines)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(line)))
        to = draw(st.integers(at, len(line)))
        broken = (line[:at], line[at:], line[:at] + draw(damage) + line[at:], line[:at] + line[to:], line + line[at:to])
        line = draw(st.sampled_from(broken))
    return line


@GENTLY
@given(st.lists(damaged(), min_size=1, max_size=12), st.lists(st.integers(1, 4), max_size=6))
def test_damaged_lines_are_counted_and_cutting_changes_nothing(text: list[bytes], sizes: list[int]) -> None:
    batch = records(b"\n".join(text) + b"\n")
    assert_nothing_lost(batch)
    whole, _ = parse_all([batch])
    parts, _ = parse_all(cut(batch, sizes))
    assert rows(parts) == rows(whole)


@pytest.mark.parametrize(
    "line",
    [
        b"{" * 200_000, b"[" * 200_000, b'{"a":' * 50_000, b"<Event xmlns=" + b"x" * 1_000_000, b"a=" * 300_000,
        b"Feb  1 10:24:12 web1 sshd[812]: Failed password for " + b"a from " * 150_000 + b"203.0.113.9 port 22 ssh2",
        b"type=EXECVE msg=audit(1769941452.123:1): " + b"a0=" * 100_000, b"\x00" * 1_000_000,
    ],
    ids=lambda line: line[:20].decode("utf-8", "replace"),
)  # fmt: skip
def test_a_huge_line_is_one_record(line: bytes) -> None:
    assert_nothing_lost(records(line + b"\nFeb  1 10:24:12 web1 cron[1]: end\n"))


def test_the_carry_stays_small_while_a_record_stays_open() -> None:
    """However long an opened record goes on, what is held back is bounded, and all of it comes out in the end."""
    opened = records(b"{\n" + b'  "a": "' + b"x" * 50_000 + b'",\n' * 1000)._replace(last=False)
    sizes, carry, held, out = [], {}, 0, 0
    for part in cut(opened, [100] * 11):
        parsed = dispatch.parse(part._replace(last=False), carry, CONTEXT)
        carry, held = parsed.carry, held + parsed.held
        out += parsed.rejected.height + sum(frame.height for _, frame in parsed.events)
        sizes.append(len(orjson.dumps(carry)))
    assert max(sizes) < 2 * framing.LIMIT
    done = dispatch.parse(opened._replace(frame=opened.frame.clear(), last=True), carry, CONTEXT)
    assert held + done.held == 0
    assert not orjson.loads(orjson.dumps(done.carry)).get("framing")


def test_no_lines_are_no_events() -> None:
    parsed = dispatch.parse(records(b""), {}, CONTEXT)
    assert parsed.events == ()
    assert parsed.rejected.is_empty()


def test_reference_is_the_only_clock() -> None:
    """A year-less stamp takes its year from the batch's reference through the context, so a replay reads the same."""
    (parsed,), _ = parse_all([records(b"Dec 31 23:59:59 web1 cron[1]: x\nFeb  3 00:00:00 web1 cron[1]: x\n")])
    assert [str(row["@timestamp"])[:10] for row in rows([parsed])] == ["2025-12-31", "2026-02-03"]
