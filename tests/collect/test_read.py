"""Finite reading: every kind of input is read, or listed with a reason; nothing blocks, nothing grows without bound."""

import bz2
import gzip
import io
import lzma
import os
import random
import socket
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from vedette.collect.read import Options, read
from vedette.model.findings import Skipped
from vedette.model.records import RECORD, RecordBatch

LINES = [f"192.0.2.{n % 250} - - line {n} of a log" for n in range(3000)]
TEXT = "".join(line + "\n" for line in LINES).encode()
EVTX = Path(__file__).parents[3] / "shared/data/sigma/evtx-attack-samples"


def run(*paths: object, **options: Any) -> tuple[list[RecordBatch], list[Skipped]]:
    batches, skipped = [], []
    for item in read([str(p) for p in paths], Options(**options)):
        if isinstance(item, Skipped):
            assert "\n" not in item.reason + item.fix
            assert item.fix
            skipped.append(item)
        else:
            assert item.frame.schema == pl.Schema(RECORD)
            batches.append(item)
    return batches, skipped


def texts(batches: list[RecordBatch]) -> list[str]:
    return [raw for b in batches for raw in b.frame["raw"]]


def make(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(**members: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


# --- batches ---


def test_a_file_in_batches(tmp_path: Path) -> None:
    path = make(tmp_path / "a.log", TEXT)
    batches, skipped = run(path, batch_lines=1000)
    assert skipped == []
    assert texts(batches) == LINES
    assert len(batches) > 1
    assert [b.last for b in batches] == [False] * (len(batches) - 1) + [True]
    assert {b.source for b in batches} == {batches[0].source}
    rows = pl.concat([b.frame for b in batches])
    assert rows["line"].to_list() == list(range(1, 3001))
    for offset, raw in rows.select("offset", "raw").rows():
        assert TEXT[offset:].startswith(raw.encode() + b"\n")


def test_batches_are_even(tmp_path: Path) -> None:
    """Each costs the same whatever its size, so that a small rest of a block is dear."""
    batches, _ = run(make(tmp_path / "a.log", TEXT), batch_lines=700)
    assert texts(batches) == LINES
    assert [batch.frame.height for batch in batches] == [750] * 4


def test_progress(tmp_path: Path) -> None:
    make(tmp_path / "a.log", TEXT)
    make(tmp_path / "b.log.gz", gzip.compress(TEXT))
    reading = read([tmp_path], Options(batch_lines=500))
    assert reading.total == sum(p.stat().st_size for p in tmp_path.iterdir())
    done = [reading.done for _ in reading]
    assert done == sorted(done)
    assert 0 < done[0] <= reading.total
    assert reading.done == reading.total


def test_the_same_content_has_the_same_source_whatever_its_wrapping(tmp_path: Path) -> None:
    other = tmp_path / "other"
    a, _ = run(make(tmp_path / "a.log", TEXT))
    b, _ = run(make(other / "renamed", gzip.compress(TEXT)))
    assert a[0].source == b[0].source
    both, _ = run(tmp_path / "a.log", other)
    assert len({b.source for b in both}) == 2


# --- text that hurts ---


def test_what_is_still_text(tmp_path: Path) -> None:
    cases = {
        "crlf": (b"one\r\ntwo\r\n", ["one", "two"]),
        "no-end": (b"one\ntwo", ["one", "two"]),
        "nul": (b"one\x00\x00\ntwo\n", ["one\x00\x00", "two"]),
        "bad": (b"caf\xe9 \xff\n" * 3, ["caf\\xe9 \\xff"] * 3),
        "bom": (b"\xef\xbb\xbfone\n", ["one"]),
        "utf16": ("one\r\ntwö\n".encode("utf-16"), ["one", "twö"]),
        "blank": (b"\n\n", ["", ""]),
        "control": (b"\x1b[31mred\x1b[0m \x01\n", ["\x1b[31mred\x1b[0m \x01"]),
    }
    for name, (data, expected) in cases.items():
        batches, skipped = run(make(tmp_path / name, data))
        assert (name, texts(batches), skipped) == (name, expected, [])


def test_a_damaged_beginning_does_not_hide_a_log(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(70_000) + b"\n" + TEXT * 3
    batches, skipped = run(make(tmp_path / "a.log", data))
    assert skipped == []
    assert texts(batches)[-3000:] == LINES


def test_a_crash_that_left_nuls(tmp_path: Path) -> None:
    batches, _ = run(make(tmp_path / "a.log", bytes(200_000) + b"\n" + TEXT))
    assert texts(batches)[1:] == LINES


def test_a_line_of_ten_megabytes(tmp_path: Path) -> None:
    data = b"first\n" + b"x" * 10_000_000 + b"\nlast\n"
    batches, skipped = run(make(tmp_path / "a.log", data), batch_bytes="1MiB")
    assert [len(t) for t in texts(batches)] == [5, 1 << 20, 4]
    assert [d for b in batches for d in b.dropped] == [("line longer than 1,048,576 bytes was cut", 1)]
    assert skipped == []


def test_lines_without_end_stay_within_memory(tmp_path: Path) -> None:
    path = tmp_path / "zeros"
    with path.open("wb") as file:
        file.write(b"start of a long line ")
        file.truncate(1 << 30)  # sparse
    code = (
        "import re,sys;from vedette.collect.read import read;"
        "n=sum(getattr(b,'frame',[]).__len__() for b in read(sys.argv[1:]));"
        # Not ru_maxrss, in which a process begins with what its parent had.
        "print(n, int(re.search('VmHWM:.*?([0-9]+)', open('/proc/self/status').read())[1]) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    lines, megabytes = map(int, done.stdout.split())
    assert lines == 1
    assert megabytes < 450, "of a gigabyte; polars alone takes about 150"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (random.Random(0).randbytes(5000), "binary data"),
        (b"\x7fELF" + bytes(100), "a program"),
        (b"LPKSHHRH" + bytes(300), "systemd journal"),
        (b"\xd4\xc3\xb2\xa1" + bytes(100), "packet capture"),
        (b"SQLite format 3\x00" + bytes(100), "SQLite"),
        (struct.pack("<hi32s4s32s256shhiii4i20x", 7, 812, *[b"x"] * 4, 0, 0, 1, 2, 3, 1, 2, 3, 4) * 50, "binary data"),
        (b"", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (gzip.compress(random.Random(0).randbytes(5000), mtime=0), "binary data"),
    ],
)
def test_what_is_no_log_is_listed_once(tmp_path: Path, data: bytes, says: str) -> None:
    batches, skipped = run(make(tmp_path / "x", data))
    assert batches == []
    assert len(skipped) == 1
    assert says in skipped[0].reason


# --- what paths lead to ---


def test_directories_links_and_cycles(tmp_path: Path) -> None:
    make(tmp_path / "d/a.log", b"a\n")
    make(tmp_path / "d/.hidden", b"h\n")
    make(tmp_path / "d/sub/b.log", b"b\n")
    (tmp_path / "d/sub/up").symlink_to(tmp_path / "d")
    (tmp_path / "d/again.log").symlink_to(tmp_path / "d/a.log")
    (tmp_path / "d/nowhere").symlink_to("/does/not/exist")
    batches, skipped = run(tmp_path / "d")
    assert sorted(texts(batches)) == ["a", "b", "h"]
    reasons = {Path(s.path).name: s.reason for s in skipped}
    assert reasons.keys() == {"up", "again.log", "nowhere"} or reasons.keys() == {"up", "a.log", "nowhere"}
    assert reasons["nowhere"] == "a link that leads nowhere"


def test_globs(tmp_path: Path) -> None:
    for name in ("x/a.log", "x/y/b.log", "x/c.txt"):
        make(tmp_path / name, name.encode())
    assert texts(run(tmp_path / "x/*.log")[0]) == ["x/a.log"]
    assert sorted(texts(run(tmp_path / "**/*.log")[0])) == ["x/a.log", "x/y/b.log"]
    _, skipped = run(tmp_path / "*.none")
    assert [s.reason for s in skipped] == ["no file matches"]
    odd = make(tmp_path / "[odd].log", b"odd\n")
    assert texts(run(odd)[0]) == ["odd"]


def test_fifos_sockets_and_devices_are_listed_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "socket"))
        batches, skipped = run(tmp_path, "/dev/null")
    assert batches == []
    assert [s.reason.split(",")[0] for s in skipped] == ["a named pipe", "a socket", "a device"]


def test_a_fifo_that_took_the_place_of_a_file(tmp_path: Path) -> None:
    path = make(tmp_path / "a.log", b"a\n")
    gone = make(tmp_path / "b.log", b"b\n")
    reading = read([path, gone])
    path.unlink()
    os.mkfifo(path)
    gone.unlink()
    assert [s.reason.split(",")[0] for s in reading if isinstance(s, Skipped)] == ["a named pipe", "does not exist"]


def test_not_permitted(tmp_path: Path) -> None:
    path = make(tmp_path / "secret.log", b"s\n")
    path.chmod(0)
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0)
    tmp_path.chmod(0o755)
    code = (
        "import os,sys;from vedette.collect.read import read;"
        "os.getuid() or (os.setgroups([]), os.setgid(65534), os.setuid(65534));"
        "print([s.reason for s in read(sys.argv[1:])])"
    )
    for parent in tmp_path.parents:
        if parent.stat().st_mode & 0o5 != 0o5:
            parent.chmod(parent.stat().st_mode | 0o5)  # pytest's own folders are private
        if parent.name.startswith("pytest-of"):
            break
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "closed")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['permission denied', 'permission denied']"


def test_standard_input_and_pipes(tmp_path: Path) -> None:
    code = (
        "import sys;from vedette.collect.read import read;"
        "print([(b.path, b.frame['raw'].to_list()) for b in read(sys.argv[1:])])"
    )
    for data in (b"one\ntwo\n", gzip.compress(b"one\ntwo\n"), zipped(a=b"one\ntwo\n")):
        done = subprocess.run([sys.executable, "-c", code, "-"], input=data, capture_output=True, check=True)
        name = "-!a" if data[:2] == b"PK" else "-"
        assert done.stdout.decode().strip() == repr([(name, ["one", "two"])])
    done = subprocess.run(
        ["bash", "-c", f'{sys.executable} -c "$1" <(echo piped)', "bash", code], capture_output=True, check=True
    )
    assert b"['piped']" in done.stdout


# --- archives ---

PACKERS = {
    "gzip": gzip.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
    "bzip2": bz2.compress,
}


@pytest.mark.parametrize("kind", PACKERS)
def test_compressed_also_in_several_parts(tmp_path: Path, kind: str) -> None:
    pack = PACKERS[kind]
    whole, skipped = run(make(tmp_path / "a.log.xyz", pack(TEXT)))
    assert (texts(whole), skipped) == (LINES, [])
    parts, skipped = run(make(tmp_path / "b", pack(TEXT[:1000]) + pack(b"") + pack(TEXT[1000:])))
    assert (texts(parts), skipped) == (LINES, [])


@pytest.mark.parametrize("kind", PACKERS)
def test_cut_off_anywhere(tmp_path: Path, kind: str) -> None:
    """What comes before the damage is read, and the damage is told, at every kind of cut."""
    packed = PACKERS[kind](TEXT)
    middle = (len(packed) // 3, len(packed) // 2)
    cuts = sorted({*range(10, 19), *middle, *range(len(packed) - 13, len(packed))})  # from the magic number on
    most = 0
    for at in cuts:
        batches, skipped = run(make(tmp_path / "cut", packed[:at]))
        got = "\n".join(texts(batches))
        assert "\n".join(LINES).startswith(got), at
        assert len(skipped) == 1, at
        most = max(most, len(got))
    if kind in ("gzip", "xz"):
        assert most >= len(TEXT) - 200
    if kind == "gzip":
        batches, skipped = run(make(tmp_path / "half", packed[: len(packed) // 2]))
        assert len(texts(batches)) > 1000
        assert skipped[0].partial
        assert "truncated" in skipped[0].reason
        assert f"lines read before that: {len(texts(batches)):,}" in skipped[0].reason


@pytest.mark.parametrize("kind", PACKERS)
def test_flipped_bits(tmp_path: Path, kind: str) -> None:
    packed = bytearray(PACKERS[kind](TEXT))
    packed[len(packed) // 2] ^= 0x55
    batches, skipped = run(make(tmp_path / "bad", bytes(packed)))
    assert len(skipped) == 1
    assert skipped[0].partial or not batches
    if kind == "gzip":
        assert len(texts(batches)) > 500
        assert "corrupt" in skipped[0].reason


def test_gzip_followed_by_something_else(tmp_path: Path) -> None:
    batches, skipped = run(
        make(tmp_path / "a", gzip.compress(TEXT) + b"\x00" * 600 + gzip.compress(b"more\n") + b"junk")
    )
    assert texts(batches) == [*LINES, "more"]
    assert "not gzip follows" in skipped[0].reason


def test_zip_members_by_name(tmp_path: Path) -> None:
    inner = zipped(**{"deep.log": b"deep\n"})
    data = zipped(**{"a.log": b"a\n", "dir/b.log.gz": gzip.compress(b"b\n"), "c.zip": inner, "empty": b""})
    batches, skipped = run(make(tmp_path / "x.zip", data))
    path = str(tmp_path / "x.zip")
    assert {b.path: b.frame["raw"].to_list() for b in batches} == {
        f"{path}!a.log": ["a"], f"{path}!dir/b.log.gz": ["b"], f"{path}!c.zip!deep.log": ["deep"],
    }  # fmt: skip
    assert [(s.path, s.reason) for s in skipped] == [(f"{path}!empty", "empty")]


def test_tar_members(tmp_path: Path) -> None:
    data = gzip.compress(tarred(**{"var/log/a.log": b"a\n", "b": b"b\n"}))
    batches, skipped = run(make(tmp_path / "x.tgz", data))
    assert [b.path.rpartition("!")[2] for b in batches] == ["var/log/a.log", "b"]
    assert skipped == []
    batches, skipped = run(make(tmp_path / "cut.tgz", gzip.compress(tarred(a=TEXT, b=TEXT)[:150_000])))
    assert texts(batches)[:3000] == LINES
    assert len(texts(batches)) > 3500
    assert skipped


def test_damaged_zips(tmp_path: Path) -> None:
    data = zipped(a=TEXT, b=b"fine\n")
    bad = bytearray(data)
    bad[200] ^= 0xFF
    batches, skipped = run(make(tmp_path / "bad.zip", bytes(bad)))
    assert "fine" in texts(batches)
    assert skipped[0].path.endswith("!a")
    batches, skipped = run(make(tmp_path / "cut.zip", data[:-30]))
    assert [s.path for s in skipped] == [str(tmp_path / "cut.zip")]
    assert "directory is missing" in skipped[0].reason


@pytest.mark.parametrize(
    "pack", [gzip.compress, zstandard.compress, bz2.compress, lzma.compress, lambda d: zipped(a=d)]
)
def test_bombs(tmp_path: Path, pack: Any) -> None:
    data = pack((b"A" * 100 + b"\n") * 50_000)
    batches, skipped = run(make(tmp_path / "bomb", data), max_ratio=20, ratio_floor="1MiB")
    assert len(skipped) == 1
    assert "max_ratio" in skipped[0].reason
    assert skipped[0].partial
    assert 1_000_000 < sum(len(t) for t in texts(batches)) < 1_100_000


def test_archives_within_archives_end(tmp_path: Path) -> None:
    data = b"text\n"
    for _ in range(10):
        data = gzip.compress(data)
    batches, skipped = run(make(tmp_path / "nested", data))
    assert batches == []
    assert "archives within each other" in skipped[0].reason


# --- EVTX ---


@pytest.fixture(scope="module")
def sample() -> Path:
    if not EVTX.exists():
        pytest.skip("needs ../shared/data")
    return max(EVTX.rglob("*.evtx"), key=lambda p: len(texts(run(p)[0])))


@pytest.mark.shared
def test_evtx(sample: Path, tmp_path: Path) -> None:
    batches, skipped = run(sample)
    assert skipped == []
    assert {b.format for b in batches} == {"evtx"}
    ids = [n for b in batches for n in b.frame["offset"]]
    assert len(ids) == len(set(ids)) > 100
    assert all(raw.startswith('{"Event":') for raw in texts(batches))
    packed, _ = run(make(tmp_path / "x.zip", zipped(**{"a.evtx": sample.read_bytes()})))
    assert texts(packed) == texts(batches)


@pytest.mark.shared
@pytest.mark.parametrize("cut", [100, 5000, 4096 + 65536, 4096 + 65536 + 100, -70_000, -1])
def test_evtx_cut_off(sample: Path, tmp_path: Path, cut: int) -> None:
    whole = texts(run(sample)[0])
    batches, skipped = run(make(tmp_path / "cut.evtx", sample.read_bytes()[:cut]))
    assert len(skipped) == 1
    assert texts(batches) == whole[: len(texts(batches))]
    if cut > 65536 or cut < 0:
        assert batches
        assert skipped[0].partial


@pytest.mark.shared
@pytest.mark.parametrize("place", [0, 2000])
def test_evtx_with_a_bad_chunk(sample: Path, tmp_path: Path, place: int) -> None:
    data = bytearray(sample.read_bytes())
    start = 4096 + 65536 + place
    data[start : start + 4000] = b"\xff" * 4000
    batches, skipped = run(make(tmp_path / "bad.evtx", bytes(data)))
    assert len(texts(batches)) > 100
    assert "EVTX chunk cannot be read (1)" in skipped[0].reason


def streamed_zip(**members: bytes) -> bytes:
    """As programs write archives into a pipe: sizes stand behind the members."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = b""

        def writable(self) -> bool:
            return True

        def write(self, data) -> int:
            self.data += bytes(data)
            return len(data)

    out = Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.data


@pytest.mark.parametrize("pack", [zipped, streamed_zip])
def test_whole_members_of_a_zip_that_is_cut_short_are_read(tmp_path, pack) -> None:
    noise = random.Random(1).randbytes(200_000).hex().encode() + b"\n"
    data = pack(**{"a.log": b"one\n", "b.log": TEXT, "c.log": noise})
    batches, skipped = run(make(tmp_path / "cut.zip", data[: data.index(b"c.log") + 50_000]))
    assert texts(batches)[: 1 + len(LINES)] == ["one", *LINES]
    assert [each.path.rpartition("!")[2] for each in skipped if "cut short in this member" in each.reason] == ["c.log"]
    assert "directory is missing; 3 members" in skipped[-1].reason
    assert skipped[-1].kind == "lost"
    # Cut between two members nothing but the rest is lost, and of a damaged one it is said.
    batches, skipped = run(make(tmp_path / "between.zip", data[: data.index(b"c.log") - 30]))
    assert (texts(batches), len(skipped)) == (["one", *LINES], 1)
    bad = bytearray(data[: data.index(b"c.log") - 30])
    bad[14 if pack is zipped else bad.index(b"PK\x07\x08") + 4] ^= 1
    batches, skipped = run(make(tmp_path / "bad.zip", bytes(bad)))
    assert texts(batches) == ["one", *LINES]
    assert "checksum" in skipped[0].reason


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_any_beginning_of_a_zip_is_read_or_told(tmp_path, cut) -> None:
    data = zipped(a=b"one\n", b=b"two\n" * 50, c=b"three\n")
    batches, skipped = run(make(tmp_path / "x.zip", data[: max(4, cut)]))
    assert skipped or len(texts(batches)) == 52


def test_where_no_line_feed_comes_a_carriage_return_ends_a_line(tmp_path) -> None:
    lines = [f"line {n}" for n in range(20_000)]
    batches, skipped = run(make(tmp_path / "mac.log", "\r".join(lines).encode()), batch_lines=500, batch_bytes=5_000)
    assert (texts(batches), skipped) == (lines, [])
    offsets = [offset for b in batches for offset in b.frame["offset"]]
    assert offsets == [sum(len(line) + 1 for line in lines[:n]) for n in range(100)] + offsets[100:]
    assert [number for b in batches for number in b.frame["line"]] == list(range(1, 20_001))
    batches, _ = run(make(tmp_path / "progress.log.gz", gzip.compress(b"10 %\r20 %\r" * 100)))
    assert texts(batches) == ["10 %", "20 %"] * 100
    batches, _ = run(make(tmp_path / "both.log", b"a\rb\r\nc\n"))
    assert texts(batches) == ["a\rb", "c"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_nuls(tmp_path, encoding) -> None:
    batches, skipped = run(make(tmp_path / "x.log", "".join(f"{line} für\r\n" for line in LINES).encode(encoding)))
    assert (texts(batches), skipped) == ([f"{line} für" for line in LINES], [])


@pytest.mark.parametrize("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
def test_utf_32_is_said_to_be_that(tmp_path, encoding) -> None:
    batches, skipped = run(make(tmp_path / "x.log", "".join(f"{line}\n" for line in LINES).encode(encoding)))
    assert batches == []
    assert ("UTF-32" in skipped[0].reason, skipped[0].kind) == (True, "lost")


def test_runs_of_nuls_are_no_utf_16(tmp_path) -> None:
    batches, skipped = run(make(tmp_path / "x.log", bytes(3000) + TEXT))
    assert texts(batches)[1:] == LINES[1:]
    assert skipped == []


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\xff\n"])
@pytest.mark.parametrize("options", [{}, {"batch_lines": 700}, {"batch_bytes": 1}, {"batch_bytes": 3 << 20}, {"max_line": 1 << 14}])
def test_a_large_file_is_read_as_a_stream_is(tmp_path: Path, end: bytes, options: dict[str, Any]) -> None:
    """A file is read in pieces of which the last line comes again."""
    dice = random.Random(len(options))
    sizes = [dice.choice([0, 90, 300, 400_000 if number % 500 == 0 else 1]) for number in range(4000)]
    lines = [bytes([97 + number % 26]) * size for number, size in enumerate([*sizes, *[700_000] * 4, *sizes])]
    path = make(tmp_path / "large.log", b"\n".join([b"log line", *lines]) + end)
    assert path.stat().st_size > 3 << 20
    batches, skipped = run(path, **options)
    packed = make(tmp_path / "large.log.gz", gzip.compress(path.read_bytes(), 1))
    others, left = run(packed, **options)
    assert texts(batches) == texts(others)
    assert [at for b in batches for at in b.frame["offset"]] == [at for b in others for at in b.frame["offset"]]
    assert [each.kind for each in skipped] == [each.kind for each in left]
    assert batches[-1].last


def test_a_file_that_is_written_into_meanwhile(tmp_path: Path) -> None:
    """What was begun before is not lost, and what is added does not feed us."""
    line = b"x" * 999 + b"\n"
    path = make(tmp_path / "large.log", line * 5000)
    reading = iter(read([path], Options(batch_bytes=(1 << 20) + 500)))
    first = next(reading)
    assert isinstance(first, RecordBatch)
    with path.open("r+b") as file:
        file.write(b"y" * (3 << 20))
        file.seek(0, os.SEEK_END)
        file.write(line * 5000)
    found = [first, *(item for item in reading if isinstance(item, RecordBatch))]
    rows = [raw for batch in found for raw in batch.frame["raw"]]
    assert sum(len(raw) + 1 for raw in rows) <= 5000 * 1000 + 1
    assert set("".join(rows[: first.frame.height])) == {"x"}
    assert rows[-1] == "x" * 999


def test_a_file_that_is_cut_off_meanwhile(tmp_path: Path) -> None:
    path = make(tmp_path / "large.log", (b"x" * 999 + b"\n") * 5000)
    reading = iter(read([path], Options(batch_bytes=(1 << 20) + 500)))
    first = next(reading)
    path.write_bytes(b"")
    rest = [raw for item in reading if isinstance(item, RecordBatch) for raw in item.frame["raw"]]
    assert isinstance(first, RecordBatch)
    assert len("".join([*first.frame["raw"], *rest])) > (1 << 20) * 0.99
