"""Lists of indicators: fetched when they are due, kept on disk, and given to the detectors.

    DATA/intel/NAME.json    what the list named NAME held when it was last fetched, and how that went

A list that cannot be fetched stays as it was, until it is older than its `age`: then it is let go, since addresses change hands.
"""

import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from vedette.collect.feeds import Settings as Feed
from vedette.config.tree import Intel
from vedette.detect.intel import How, Known, Listed, rule_id
from vedette.model.errors import FeedError, VedetteError
from vedette.model.indicator import Indicator
from vedette.model.records import Json
from vedette.parse.indicators import Form, read

FOLDER: Final = "intel"
AGAIN: Final = timedelta(minutes=1)
"""After a first failure; twice as long after each further one, up to the list's interval."""
FORMS: Final[Mapping[str, Form | None]] = {"auto": None, "taxii": "stix", "text": "text", "csv": "csv", "json": "json", "stix": "stix"}
"""How a list is read, by what the settings call it."""
Log = Callable[[str, dict[str, Any]], None]


class Kept(msgspec.Struct, kw_only=True):
    """A list as it is on disk.

    Attributes:
        kinds: how many of each kind, so that who tells of the list need not count.
        fetched: when the list was last seen to be so, changed or not.
        known: what tells the server which state we have.
        refused: lines or records that are no indicators; `reasons`: some of them.
        problem: why it could not be fetched the last time, or empty; `tried`: when that was.
    """

    indicators: list[Indicator] = []
    kinds: dict[str, int] = {}
    fetched: datetime | None = None
    changed: datetime | None = None
    known: Json = {}
    refused: int = 0
    reasons: list[tuple[int, str, str]] = []
    problem: str = ""
    tried: datetime | None = None


_KEPT: Final[dict[Path, tuple[tuple[Any, ...], Kept]]] = {}
_KNOWN: Final[dict[Path, tuple[tuple[Any, ...], Known]]] = {}
"""By file, with the state of the file that they were made of."""


def load(directory: Path, name: str) -> Kept:
    """A list as it was kept; empty where there is none that can be read."""
    try:
        return msgspec.json.decode((directory / FOLDER / f"{name}.json").read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return Kept()


def kept(directory: Path, name: str) -> Kept:
    """As `load`, and remembered while the file is the same: for pages that ask again and again."""
    path, state = _state(directory, name)
    if path not in _KEPT or _KEPT[path][0] != state:
        _KEPT[path] = state, load(directory, name)
    return _KEPT[path][1]


def _known(settings: Intel, directory: Path, feed: Feed) -> Known:
    """What one list says, remembered likewise."""
    path, state = _state(directory, feed.name)
    state = (*state, feed.level, settings.ignore)
    if path not in _KNOWN or _KNOWN[path][0] != state:
        _KNOWN[path] = state, Known([Listed(feed.name, feed.level, kept(directory, feed.name).indicators)], settings.ignore)
    return _KNOWN[path][1]


def _state(directory: Path, name: str) -> tuple[Path, tuple[Any, ...]]:
    path = directory / FOLDER / f"{name}.json"
    try:
        found = path.stat()
    except OSError:
        return path, ()
    return path, (found.st_mtime_ns, found.st_ino, found.st_size)


class Lists:
    """All lists of the settings. `known` is what is looked for now; any thread may read it.

    Args:
        now: the time, for tests.
    """

    def __init__(self, settings: Intel, directory: Path, log: Log, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._settings = settings
        self._directory = directory
        self._log = log
        self._now = now
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._feeds = {feed.name: feed for feed in settings.feeds}
        self._kept = {name: load(directory, name) for name in self._feeds}
        self._failures = dict.fromkeys(self._feeds, 0)
        self._due = {name: (kept.fetched + self._feeds[name].interval if kept.fetched else now()) for name, kept in self._kept.items()}
        self.known = self._build()

    def start(self) -> None:
        """Fetch when it is time, beside the loop, until `close`."""
        if self._feeds:
            self._thread = threading.Thread(target=self._run, name="lists", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End what is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def facts(self) -> dict[str, dict[str, Any]]:
        """How each list is, for `vedette status`."""
        return {name: facts(self._feeds[name], kept, self._now()) for name, kept in self._kept.items()}

    def _run(self) -> None:
        while not self._stop.is_set():
            self.turn()
            wait = (min(self._due.values()) - self._now()).total_seconds()
            self._stop.wait(min(max(wait, 1.0), 3600.0))

    def turn(self) -> None:
        """Fetch what is due."""
        changed = False
        for name, feed in self._feeds.items():
            if self._now() >= self._due[name] and not self._stop.is_set():
                changed |= self._fetch(name, feed)
            changed |= self._let_go(name, feed)
        if changed:
            self.known = self._build()

    def _fetch(self, name: str, settings: Feed) -> bool:
        """True when the list is another than before."""
        from vedette.collect.api import Failed
        from vedette.collect.fetching import Fetching

        before, now = self._kept[name], self._now()
        try:
            with closing(Fetching(settings, self._stop)) as fetching:
                fetched = fetching.fetch(before.known)
            if fetched is None:
                after = msgspec.structs.replace(before, fetched=now, problem="", tried=now)
            else:
                found = read(fetched.data, FORMS[settings.format])
                if not found.indicators and found.refused:
                    raise Failed(f"holds no indicator: {found.rejected[0][2]} (line {found.rejected[0][0]})")
                after = Kept(
                    indicators=found.indicators, kinds=Counter(each.kind for each in found.indicators),
                    fetched=now, changed=now, known=fetched.known, refused=found.refused,
                    reasons=found.rejected[:20], tried=now,
                )  # fmt: skip
        except (Failed, VedetteError) as error:
            if self._stop.is_set():
                return False
            self._failed(name, settings, str(error), getattr(error, "wait", None))
            return False
        self._failures[name] = 0
        self._due[name] = now + settings.interval
        new = after.indicators != before.indicators
        self._keep(name, after)
        if new or before.problem:
            facts = {"list": name, "indicators": len(after.indicators), "before": len(before.indicators), "refused": after.refused}
            self._log("list fetched", facts)
        return new

    def _failed(self, name: str, settings: Feed, problem: str, wait: float | None) -> None:
        """It is told once; then tried again, ever less often."""
        now = self._now()
        before = self._kept[name]
        pause = min(AGAIN * 2 ** min(self._failures[name], 20), settings.interval)
        self._failures[name] += 1
        self._due[name] = now + max(pause, timedelta(seconds=min(wait or 0.0, 86_400.0)))
        if problem != before.problem:
            self._log("list not fetched", {"list": name, "problem": problem, "indicators kept": len(before.indicators)})
        self._keep(name, msgspec.structs.replace(before, problem=problem, tried=now))

    def _let_go(self, name: str, settings: Feed) -> bool:
        kept = self._kept[name]
        if kept.fetched is None or not kept.indicators or self._now() - kept.fetched <= settings.age:
            return False
        self._log("list too old", {"list": name, "fetched": kept.fetched, "indicators let go": len(kept.indicators)})
        self._keep(name, msgspec.structs.replace(kept, indicators=[], kinds={}, known={}))
        return True

    def _keep(self, name: str, kept: Kept) -> None:
        self._kept[name] = kept
        folder = self._directory / FOLDER
        part = folder / f".{name}.part"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            part.write_bytes(msgspec.json.encode(kept))
            part.replace(folder / f"{name}.json")
        except OSError as error:
            self._log("list not kept", {"list": name, "problem": str(error)})

    def _build(self) -> Known:
        lists = [Listed(name, feed.level, self._kept[name].indicators) for name, feed in self._feeds.items()]
        return Known(lists, self._settings.ignore)


def facts(settings: Feed, kept: Kept, now: datetime) -> dict[str, Any]:
    """How a list is, for people and metrics."""
    return {
        "indicators": len(kept.indicators), "kinds": dict(kept.kinds), "refused": kept.refused,
        "fetched": kept.fetched, "changed": kept.changed,
        "age_seconds": (now - kept.fetched).total_seconds() if kept.fetched else None, "problem": kept.problem,
        "weight": settings.weight, "level": settings.level,
    }  # fmt: skip


def weights(feeds: Iterable[Feed]) -> Mapping[str, float]:
    """What an alert about a visitor on a list adds to its score, by the id of its rule."""
    visits: tuple[How, ...] = ("from", "login")
    return {rule_id(feed.name, how): float(feed.weight) for feed in feeds for how in visits}


def find(settings: Intel, directory: Path, meant: Indicator) -> list[tuple[str, Indicator]]:
    """What lists as they are kept say of something, by the list's name."""
    found = []
    for feed in settings.feeds:
        hit = _known(settings, directory, feed).any(meant)
        if hit is not None:
            found.append((feed.name, hit.indicator))
    return found


def of_files(paths: Sequence[Path]) -> Known:
    """Lists in files, for one look at logs.

    Raises:
        FeedError: a file cannot be read, or holds no indicator.
    """
    lists = []
    for path in paths:
        try:
            data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        except OSError as error:
            raise FeedError(error.strerror or str(error), where=str(path), fix="name a file with indicators") from None
        found = read(data)
        if not found.indicators:
            first = f": line {found.rejected[0][0]}: {found.rejected[0][2]}" if found.rejected else ""
            raise FeedError(f"holds no indicator{first}", where=str(path), fix="see: vedette indicators check FILE")
        lists.append(Listed(path.name, "high", found.indicators))
    return Known(lists)
