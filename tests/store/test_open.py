"""Opening: one writer, private files, a clear word about what is wrong, and the tables of this version."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa

from tests.store.made import NOW, alert, batch
from vedette.model.errors import StoreError
from vedette.model.stored import AlertQuery, Commit, EventQuery
from vedette.store import migrate, tables
from vedette.store.database import Database
from vedette.store.store import open_store


def test_a_second_agent_is_told_who_has_the_directory(tmp_path: Path) -> None:
    with open_store(tmp_path), pytest.raises(StoreError, match=f"pid {os.getpid()}") as caught:
        open_store(tmp_path)
    assert caught.value.fix
    open_store(tmp_path).close()


def test_the_lock_ends_with_the_process(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from vedette.store.store import open_store
store = open_store(Path({str(tmp_path)!r}))
print("held", flush=True)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"pid {other.pid}"):
            open_store(tmp_path)
        other.kill()
    open_store(tmp_path).close()


def test_readers_come_and_go_while_an_agent_writes(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, open_store(tmp_path, writer=False) as reader:
        store.commit(Commit([batch(0, 10)], alerts=[alert("a")]), NOW)
        assert reader.events(EventQuery()).frame.height == 10
        assert reader.status().alerts == 1
        for change in (
            lambda: reader.commit(Commit([batch(10, 10)]), NOW),
            lambda: reader.compact(NOW),
            lambda: reader.retain(NOW),
        ):
            with pytest.raises(StoreError, match="opened for reading"):
                change()


def test_threads_read_whole_commits_while_one_writes_and_merges(tmp_path: Path) -> None:
    commits, rows = 30, 10
    with open_store(tmp_path) as store, ThreadPoolExecutor(3) as threads:
        done = Event()

        def read() -> list[int]:
            seen = []
            while not done.is_set() or not seen:
                seen.append(store.events(EventQuery(limit=None)).frame.height)
                store.alerts(AlertQuery())
            return seen

        readers = [threads.submit(read) for _ in range(3)]
        for n in range(commits):
            now = NOW + timedelta(minutes=20 * n)
            store.commit(Commit([batch(n * rows, rows)], alerts=[alert("a", n)]), now)
            if n % 3 == 0:
                store.compact(now)
        done.set()
        for reader in readers:
            seen = reader.result()
            assert seen == sorted(seen)
            assert {height % rows for height in seen} == {0}
        assert store.events(EventQuery(limit=None)).frame.height == commits * rows


def test_a_reader_needs_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store here"):
        open_store(tmp_path / "nothing", writer=False)
    assert not (tmp_path / "nothing").exists()


def test_everything_is_for_its_owner_only(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with open_store(tmp_path / "data") as store:
            store.commit(Commit([batch(0, 10)]), NOW)
            found = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
            modes = {path.relative_to(tmp_path): stat.S_IMODE(path.stat().st_mode) for path in found}
    finally:
        os.umask(old)
    assert {mode for path, mode in modes.items() if (tmp_path / path).is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if mode != 0o700} == {0o600}


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 10)]), NOW)
    for name in ("events-00.parquet", "events-11.parquet.tmp"):
        (tmp_path / "segments" / name).write_bytes(b"PAR1")
    (tmp_path / "segments" / "README").write_text("not ours")
    with open_store(tmp_path) as again:
        assert again.swept == ["events-00.parquet", "events-11.parquet.tmp"]
        assert again.events(EventQuery()).frame.height == 10
    assert (tmp_path / "segments" / "README").exists()


def test_segments_without_their_database_are_not_swept(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 10)]), NOW)
    for path in tmp_path.glob("state.db*"):
        path.unlink()
    with pytest.raises(StoreError, match="without their state database"):
        open_store(tmp_path)
    assert len(list((tmp_path / "segments").iterdir())) == 1


@pytest.mark.parametrize("how", ["rubbish", "holes"])
def test_a_damaged_database_is_named_with_the_mend(tmp_path: Path, how: str) -> None:
    with open_store(tmp_path) as store:
        store.commit(Commit([batch(0, 10)], alerts=[alert(str(n)) for n in range(200)]), NOW)
    path = tmp_path / "state.db"
    data = bytearray(path.read_bytes())
    if how == "rubbish":
        data[:] = b"not a database at all" * 1000
    else:
        data[8192:] = b"\xee" * (len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged") as caught:
        open_store(tmp_path)
    assert "backup" in caught.value.fix
    assert len(list((tmp_path / "segments").iterdir())) == 1
    with pytest.raises(StoreError, match="damaged"):
        open_store(tmp_path)  # and the lock was given back


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        open_store(tmp_path / "file" / "data")
    assert caught.value.fix


def test_migrations_give_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    database = Database(tmp_path / "state.db")
    assert migrate.revision(database) is None
    migrate.upgrade(database)
    assert migrate.revision(database) == tables.HEAD
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []
    database.close()


def test_head_is_the_last_migration() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(migrate.SCRIPTS))
    assert ScriptDirectory.from_config(config).get_heads() == [tables.HEAD]


def test_migrating_is_quick_and_quiet_the_second_time(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from vedette.store.store import open_store
open_store(Path({str(tmp_path)!r})).close()
print("alembic" in sys.modules)
"""
    run = [sys.executable, "-c", script]
    said = [subprocess.run(run, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [(s.stdout, s.stderr) for s in said] == [("True\n", ""), ("False\n", "")]


def test_a_newer_database_is_not_touched(tmp_path: Path) -> None:
    open_store(tmp_path).close()
    database = Database(tmp_path / "state.db")
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match="shape this version does not know"):
        open_store(tmp_path)
    with pytest.raises(StoreError, match="another version"):
        open_store(tmp_path, writer=False)
