"""What uninstalling takes away and what it leaves; the kernel's part is in tests/live."""

import os
import socket
from pathlib import Path

import pytest

from vedette.model.errors import VedetteError
from vedette.respond.block import nftables
from vedette.runtime import uninstall
from vedette.runtime.uninstall import parts, running
from vedette.store.store import open_store


@pytest.fixture(autouse=True)
def kernel(monkeypatch, tmp_path):
    """One without our table, whatever this machine has, and no cache of the person who tests."""
    monkeypatch.setattr(nftables, "installed", lambda: False)
    monkeypatch.setenv("VEDETTE_CACHE_DIR", "off")


@pytest.fixture
def data(tmp_path):
    """As an agent leaves it."""
    directory = tmp_path / "var/lib/vedette"
    directory.parent.mkdir(parents=True)
    open_store(directory).close()
    for name in ("alerts.jsonl", "agent.log", "agent.log.1", "status.json"):
        (directory / name).write_text("{}\n")
    (directory / "exceptions").mkdir()
    (directory / "segments" / "x.parquet").write_bytes(b"x")
    return directory


@pytest.fixture
def root(tmp_path, data):
    """A system in which all of it is installed, and somebody else's things beside it."""
    for name in (
        "etc/systemd/system/vedette.service", "etc/systemd/system/vedette-helper.service", "etc/systemd/system/other.service",
        "etc/vedette/vedette.yaml", "opt/vedette/pyvenv.cfg", "opt/vedette/bin/vedette", "opt/other/x", "run/vedette/helper.sock",
        "var/cache/vedette/rules/1", "usr/local/bin/other",
    ):  # fmt: skip
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    wanted = tmp_path / "etc/systemd/system/multi-user.target.wants"
    wanted.mkdir()
    (wanted / "vedette.service").symlink_to("/etc/systemd/system/vedette.service")
    (tmp_path / "usr/local/bin/vedette").symlink_to("/opt/vedette/bin/vedette")
    return tmp_path


def files(root):
    return {str(Path(at, name).relative_to(root)) for at, _, names in os.walk(root) for name in names}


THEIRS = {"etc/systemd/system/other.service", "opt/other/x", "usr/local/bin/other"}


def take(root, directory, **how):
    found = list(parts(directory, root=root, **how))
    for part in found:
        part.remove()
    return found


def test_nothing_of_ours_is_left_and_nothing_of_theirs_is_gone(root, data):
    assert take(root, data, data=True)
    assert files(root) == THEIRS
    assert not data.exists()
    assert take(root, data, data=True) == []


def test_data_and_settings_stay_unless_one_says_so(root, data):
    before = files(data)
    assert take(root, data, data=False)
    assert files(data) == before
    assert files(root) == THEIRS | {"etc/vedette/vedette.yaml"} | {f"var/lib/vedette/{name}" for name in before}
    assert take(root, data, data=False) == []


def test_every_part_may_be_taken_away_twice(root, data):
    found = list(parts(data, data=True, root=root))
    assert len(found) >= 8
    for part in [*found, *(part for part in found if not part.what.startswith("data"))]:
        part.remove()
    assert files(root) == THEIRS


def test_what_somebody_else_keeps_in_the_data_directory_stays(root, data):
    (data / "thesis.tex").write_text("x")
    (data / "exceptions" / "mine.yml").write_text("x")
    part = next(part for part in parts(data, data=True, root=root) if part.what.startswith("data"))
    with pytest.raises(VedetteError, match=r"1 files are not ours, and stay: thesis\.tex"):
        part.remove()
    assert files(data) == {"thesis.tex"}


def test_a_directory_that_is_none_of_ours_is_not_touched(root):
    assert not any(part.what.startswith("data") for part in parts(root / "opt", data=True, root=root))


def test_a_link_in_the_data_directory_is_not_followed(root, data, tmp_path):
    (data / "segments" / "x.parquet").unlink()
    (data / "segments").rmdir()
    (data / "segments").symlink_to(root / "opt")
    take(root, data, data=True)
    assert files(root) >= THEIRS


def test_a_program_that_install_did_not_make_stays(root, data):
    (root / "opt/vedette/pyvenv.cfg").unlink()
    (root / "usr/local/bin/vedette").unlink()
    (root / "usr/local/bin/vedette").symlink_to("/usr/bin/vedette")
    take(root, data, data=True)
    assert files(root) == THEIRS | {"opt/vedette/bin/vedette", "usr/local/bin/vedette"}


def test_only_the_user_that_install_made_is_deleted(root, data, monkeypatch):
    made = {"vedette": uninstall.MADE}
    monkeypatch.setattr(uninstall, "_made", lambda name: made.get(name) == uninstall.MADE)
    what = [part.what for part in parts(data, data=True, root=root)]
    assert "user vedette" in what
    assert what.index("user vedette") > what.index(f"data in {data}")
    assert "user vedette" not in [part.what for part in parts(data, data=False, root=root)], "its data stays"
    assert "user vedette" in [part.what for part in parts(root / "nowhere", data=False, root=root)]
    made["vedette"] = "Vera Dette"
    assert "user vedette" not in [part.what for part in parts(data, data=True, root=root)]


def test_the_installer_names_the_user_as_uninstalling_expects():
    assert f'"{uninstall.MADE}"' in (Path(__file__).parents[2] / "deploy/install.sh").read_text()


def test_what_runs_is_told(data, tmp_path):
    assert running(data, ()) == []
    path = tmp_path / "helper.sock"
    with open_store(data), socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as helper:
        helper.bind(str(path))
        helper.listen()
        assert running(data, (path, tmp_path / "none")) == [
            f"a helper at {path}",
            f"an agent on {data}, process unknown",
        ]
    assert running(tmp_path / "nowhere", ()) == []


def test_looking_whether_it_runs_writes_nothing(data, tmp_path):
    """Root looks, in a directory of the agent's user, who may have put a link there."""
    precious = tmp_path / "precious"
    precious.write_text("x")
    (data / "lock").unlink()
    (data / "lock").symlink_to(precious)
    assert running(data, ()) == []
    assert precious.read_text() == "x"
    (data / "lock").unlink()
    os.mkfifo(data / "lock")
    assert running(data, ()) == []


def test_what_others_keep_in_a_folder_that_was_named_as_the_cache_stays(tmp_path, data, root, monkeypatch) -> None:
    home = tmp_path / "home"
    (home / "compiled-0123").mkdir(parents=True)
    for name in ("thesis.txt", "rules-0123", ".rules-x", "compiled-0123/begun"):
        (home / name).write_text("")
    monkeypatch.setenv("VEDETTE_CACHE_DIR", str(home))
    (part,) = [part for part in parts(data, data=False, root=root) if str(home) in part.what]
    part.remove()
    part.remove()
    assert [path.name for path in home.iterdir()] == ["thesis.txt"]
    (home / "thesis.txt").unlink()
    (home / "rules-0123").write_text("")
    part.remove()
    assert not home.exists()
