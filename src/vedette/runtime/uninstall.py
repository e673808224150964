"""What Vedette put into a system, and how each of it is taken away again. Only what is known to be ours is touched.

Installed by deploy/install.sh: the program, two units of systemd, a user. Made by running: the table in the kernel, the
socket of the helper, compiled rules and code, and the data.
"""

import contextlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from vedette.model.errors import VedetteError
from vedette.respond.block import iptables, nftables
from vedette.respond.block.table import TABLE
from vedette.runtime import console, log, rule_cache, status
from vedette.runtime.delivery import ALERTS
from vedette.runtime.helper_door import SOCKET, there
from vedette.runtime.rules import EXCEPTIONS, OWN
from vedette.store.files import held
from vedette.store.store import DATABASE, LOCK, SEGMENTS

UNITS: Final = ("vedette.service", "vedette-helper.service")
USER: Final = "vedette"
MADE: Final = "Vedette, made by deploy/install.sh"
"""What a user is called in the list of users whom install.sh made: no other one is deleted."""
_SYSTEMD: Final = "run/systemd/system"
_UNITS: Final = "etc/systemd/system"
_PROGRAM: Final = "opt/vedette"
_LINK: Final = "usr/local/bin/vedette"
_CACHE: Final = "var/cache/vedette"
_SETTINGS: Final = "etc/vedette"
_DATA: Final = (
    SEGMENTS, EXCEPTIONS, OWN, ALERTS, console.FILE, log.FILE, f"{log.FILE}.1", status.FILE, f".{status.FILE}.part", LOCK,
    f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", DATABASE,
)  # fmt: skip
"""In a data directory; the database last, for it is how the directory is known to be one."""


class Part(NamedTuple):
    """Something that is there. `remove` may raise OSError and VedetteError; done twice it is no error."""

    what: str
    remove: Callable[[], None]


def running(directory: Path, sockets: Iterator[Path] | tuple[Path, ...] = (SOCKET,)) -> list[str]:
    """What runs and would put back what is taken away."""
    found = [f"a helper at {path}" for path in sockets if there(path)]
    if held(directory / LOCK):
        pid = (status.read(directory) or {}).get("pid", "unknown")
        found.append(f"an agent on {directory}, process {pid}")
    return found


def parts(directory: Path, *, data: bool, root: Path = Path("/")) -> Iterator[Part]:
    """What is there of what is to go, in the order in which it goes.

    Args:
        directory: of the data.
        data: whether that and the settings go too.
        root: of the file system.

    Raises:
        VedetteError: the firewall cannot be looked into.
    """
    for unit in UNITS:
        path, wanted = root / _UNITS / unit, root / _UNITS / "multi-user.target.wants" / unit
        if path.exists() or os.path.lexists(wanted):
            yield Part(f"systemd unit {unit}, stopped if it runs", _unit(root, path, wanted))
    if nftables.installed():
        yield Part(f"nftables table inet {TABLE}", nftables.remove)
    if iptables.installed():
        yield Part("chains and sets of iptables", iptables.remove)
    if (path := root / _CACHE).is_dir():
        yield Part(f"compiled rules and code in {path}", _tree(path))
    own = rule_cache.folder(os.environ)  # which a person may have named: other things may be kept there
    if own is not None and any(_compiled(own)):
        yield Part(f"compiled rules and code in {own}", lambda: _cache(own))
    if (path := root / SOCKET.parent.relative_to("/")).is_dir():
        yield Part(f"socket of the helper in {path}", _tree(path))
    if data and (directory / DATABASE).is_file():
        yield Part(f"data in {directory}", lambda: _data(directory))
    if data and (path := root / _SETTINGS).is_dir():
        yield Part(f"settings in {path}", _tree(path))
    # A user whose data stays stays too: the number of a deleted one is given to somebody else, and with it the data.
    if (data or not directory.exists()) and _made(USER):
        yield Part(f"user {USER}", lambda: _run("userdel", USER))
    link, program = root / _LINK, root / _PROGRAM
    if link.is_symlink() and link.readlink().is_relative_to(f"/{_PROGRAM}"):
        yield Part(f"link {link}", lambda: link.unlink(missing_ok=True))
    if (program / "pyvenv.cfg").is_file():  # last: it is what runs here
        yield Part(f"program in {program}", _tree(program))


def _unit(root: Path, path: Path, wanted: Path) -> Callable[[], None]:
    def remove() -> None:
        if (root / _SYSTEMD).is_dir():
            _run("systemctl", "disable", "--now", path.name)
        for each in (wanted, path):
            each.unlink(missing_ok=True)
        if (root / _SYSTEMD).is_dir():
            _run("systemctl", "daemon-reload")

    return remove


def _tree(path: Path) -> Callable[[], None]:
    def remove() -> None:
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(path)

    return remove


def _compiled(folder: Path) -> Iterator[Path]:
    for pattern in ("rules-*", ".rules-*", "compiled-*"):
        yield from sorted(folder.glob(pattern))


def _cache(folder: Path) -> None:
    """What we keep there; the folder with it if nothing else is in it."""
    for path in _compiled(folder):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()


def _data(directory: Path) -> None:
    """What an agent writes there. Whatever else somebody keeps there stays, and the directory with it."""
    for name in _DATA:
        path = directory / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    others = sorted(path.name for path in directory.iterdir())
    if others:
        raise VedetteError(
            f"{len(others)} files are not ours, and stay: {', '.join(others[:5])}",
            where=str(directory),
            fix="delete it by hand",
        )
    with contextlib.suppress(PermissionError):  # made for us by root
        directory.rmdir()


def _made(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_gecos == MADE
    except KeyError:
        return False


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except subprocess.CalledProcessError as error:
        said = (error.stderr.strip().splitlines() or [f"status {error.returncode}"])[-1]
        raise VedetteError(said, where=" ".join(command), fix="see what it says when you run it by hand") from None
