"""Backup and restore: what comes back is what was there, and nothing else gets in."""

import io
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.made import NOW, alert, batch
from vedette.model.errors import StoreError
from vedette.model.stored import AlertQuery, Commit, EventQuery
from vedette.store import backup as module
from vedette.store.backup import MAGIC, backup, check, restore
from vedette.store.sealed import CHUNK, Opener, Sealer
from vedette.store.store import LocalStore, open_store

SECRET = b"correct horse"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A data directory with events, an alert and an exception."""
    place = tmp_path / "data"
    with open_store(place) as store:
        store.commit(Commit([batch(0, 50)], alerts=[alert("a")]), NOW)
        store.commit(Commit([batch(50, 30)], alerts=[alert("b")]), NOW)
    (place / "exceptions").mkdir()
    (place / "exceptions" / "monitor.yml").write_text("title: ours\n")
    (place / "exceptions" / "link.yml").symlink_to("/etc/passwd")
    return place


def contents(store: LocalStore) -> tuple[list[str], list[str]]:
    return store.events(EventQuery()).frame["event.id"].to_list(), [each.id for each in store.alerts(AlertQuery())]


@pytest.mark.parametrize("secret", [None, SECRET])
def test_what_comes_back_is_what_was_there(kept: Path, tmp_path: Path, secret: bytes | None) -> None:
    out, done = io.BytesIO(), []
    with open_store(kept) as store:  # while the agent has it
        before = contents(store)
        said = backup(kept, out, secret, lambda *figures: done.append(figures))
    assert (said.events, said.alerts, said.segments, said.missing) == (80, 2, 2, ())
    assert done[-1][0] == done[-1][1] == said.bytes
    assert not list(kept.glob(".backup-*"))
    out.seek(0)
    there = tmp_path / "restored"
    again = restore(out, there, secret)
    assert (again.events, again.alerts, again.segments) == (80, 2, 2)
    with open_store(there) as store:
        assert contents(store) == before
        store.commit(Commit([batch(80, 5)]), NOW)  # it goes on from there
        assert len(contents(store)[0]) == 85
    assert (there / "exceptions" / "monitor.yml").read_text() == "title: ours\n"
    assert not (there / "exceptions" / "link.yml").exists()
    assert there.stat().st_mode & 0o77 == (there / "state.db").stat().st_mode & 0o77 == 0


def test_segments_that_a_merge_takes_away_meanwhile_are_no_loss(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, before = module._copied, {each.name for each in (kept / "segments").iterdir()}
    times = 0

    def copied(path: Path, to: Path) -> None:
        nonlocal times
        real(path, to)
        times += 1
        if times == 1:
            with open_store(kept) as store:
                store.compact(NOW + timedelta(hours=5))
                store.compact(NOW + timedelta(days=5))
            assert not before & {each.name for each in (kept / "segments").iterdir()}

    monkeypatch.setattr(module, "_copied", copied)
    out = io.BytesIO()
    assert (backup(kept, out).events, times) == (80, 2)
    out.seek(0)
    assert restore(out, tmp_path / "restored").missing == ()


def test_a_segment_that_is_lost_is_told(kept: Path) -> None:
    lost = min((kept / "segments").iterdir())
    lost.unlink()
    out = io.BytesIO()
    assert backup(kept, out).missing == (lost.name,)
    out.seek(0)
    assert check(out).missing == (lost.name,)


def test_nothing_is_overwritten(kept: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    backup(kept, out)
    out.seek(0)
    with pytest.raises(StoreError, match="something is there already"):
        restore(out, kept)
    with pytest.raises(StoreError, match="no store here"):
        backup(tmp_path / "none", io.BytesIO())


def test_every_cut_and_every_changed_byte_of_a_sealed_backup_is_noticed(kept: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    backup(kept, out, SECRET)
    whole = out.getvalue()
    with pytest.raises(StoreError, match="sealed by a password"):
        check(io.BytesIO(whole))
    with pytest.raises(StoreError, match="the password is wrong"):
        check(io.BytesIO(whole), b"guessed")
    for place in (20, 40, len(whole) // 2, len(whole) - 1):
        for broken in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            with pytest.raises(StoreError):
                restore(io.BytesIO(broken), tmp_path / "restored", SECRET)
    assert not (tmp_path / "restored").exists()


def test_damage_of_a_plain_backup_is_noticed(kept: Path, tmp_path: Path) -> None:
    out = io.BytesIO()
    backup(kept, out)
    whole = out.getvalue()
    for place in range(0, len(whole), len(whole) // 20):
        with pytest.raises(StoreError):
            restore(io.BytesIO(whole[:place]), tmp_path / "restored")
    assert not [each for each in tmp_path.iterdir() if each.name != "data"]


def archive(*members: tuple[str, bytes, bytes]) -> io.BytesIO:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as out:
        for name, kind, data in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(data), "/etc/passwd"
            out.addfile(member, io.BytesIO(data))
    return io.BytesIO(MAGIC + zstandard.compress(plain.getvalue()))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../evil", tarfile.REGTYPE),
        ("/etc/cron.d/evil", tarfile.REGTYPE),
        ("exceptions/../../evil", tarfile.REGTYPE),
        ("exceptions/.hidden", tarfile.REGTYPE),
        ("segments/events.parquet", tarfile.REGTYPE),
        ("state.db", tarfile.SYMTYPE),
        ("state.db", tarfile.LNKTYPE),
        ("state.db", tarfile.FIFOTYPE),
        ("state.db", tarfile.DIRTYPE),
        ("lock", tarfile.REGTYPE),
    ],
)
def test_what_does_not_belong_into_a_backup_is_refused(tmp_path: Path, name: str, kind: bytes) -> None:
    with pytest.raises(StoreError, match="does not belong there"):
        restore(archive((name, kind, b"")), tmp_path / "restored")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 100, MAGIC, MAGIC + b"x" * 100])
def test_what_is_no_backup_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(StoreError) as caught:
        restore(io.BytesIO(data), tmp_path / "restored")
    assert caught.value.fix


def test_a_state_database_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        restore(archive(("state.db", tarfile.REGTYPE, b"x" * 5000)), tmp_path / "restored")
    with pytest.raises(StoreError, match="no state database"):
        restore(archive(), tmp_path / "restored")


@settings(max_examples=15, deadline=None)  # each derives two keys
@given(st.lists(st.sampled_from((0, 1, 900, CHUNK - 1, CHUNK, CHUNK + 1)), max_size=4), st.sampled_from((777, CHUNK, 3 * CHUNK)))
def test_a_seal_gives_back_what_was_written_in_any_pieces(sizes: list[int], size: int) -> None:
    pieces = [bytes([number]) * long for number, long in enumerate(sizes)]
    whole = b"".join(pieces)
    out = io.BytesIO()
    sealer = Sealer(out, SECRET)
    for piece in pieces:
        sealer.write(piece)
    sealer.close()
    opened = Opener(io.BytesIO(out.getvalue()[16:]), SECRET)
    found = b""
    while part := opened.read(size):
        found += part
    assert found == whole
    assert opened.read(-1) == b""


def test_chunks_cannot_be_exchanged_or_left_out() -> None:
    out = io.BytesIO()
    sealer = Sealer(out, SECRET)
    sealer.write(bytes(3 * CHUNK))
    sealer.close()
    head, body = out.getvalue()[16:32], out.getvalue()[32:]
    chunks = [body[at : at + CHUNK + 16] for at in range(0, len(body), CHUNK + 16)]
    assert len(chunks) == 3
    for wrong in (chunks[:2], [chunks[1], chunks[0], chunks[2]], [chunks[0], chunks[2]], chunks[1:]):
        read: Callable[[], bytes] = Opener(io.BytesIO(head + b"".join(wrong)), SECRET).read
        with pytest.raises(StoreError):
            read()
