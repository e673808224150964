"""What the agent says of itself while it runs: a small JSON file beside its data, written once a second."""

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

from vedette import __version__

if TYPE_CHECKING:
    from vedette.detect.sigma import Ruleset
    from vedette.runtime.agent import Agent

FILE: Final = "status.json"
EVERY: Final = 1.0


class Status:
    """Writes the file, whole or not at all."""

    def __init__(self, directory: Path, ruleset: "Ruleset") -> None:
        self._path = directory / FILE
        self._part = directory / f".{FILE}.part"
        self._started = datetime.now(UTC)
        self._next = 0.0
        self._before = time.monotonic()
        self._counts: dict[tuple[str, ...], int] = {}
        self.facts: dict[str, Any] = {}
        """What was said last."""
        self._rules = {"run": len(ruleset.rules), "refused": len(ruleset.refused)}

    def turn(self, agent: "Agent") -> None:
        """Write it if it is time. A disk that is full is the loop's to report, not ours."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY
        seconds, self._before = now - self._before, now
        self.facts = facts = {
            "version": __version__,
            "pid": os.getpid(),
            "started": self._started,
            "written": datetime.now(UTC),
            "records_per_second": self._rate((), agent.records, seconds),
            "rules": self._rules,
            **agent.health(),
        }
        for name, source in facts["sources"].items():
            source["records_per_second"] = self._rate((name,), source["records"], seconds)
        for name, interface in facts["network"].get("interfaces", {}).items():
            for what in ("packets", "bytes"):
                interface[f"{what}_per_second"] = self._rate((name, what), interface[what], seconds)
        try:
            self._part.write_bytes(orjson.dumps(facts, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2))
            self._part.replace(self._path)
        except OSError:
            return

    def _rate(self, what: tuple[str, ...], count: int, seconds: float) -> float:
        """How much a count grew a second since it was last seen."""
        before, self._counts[what] = self._counts.get(what, 0), count
        return round((count - before) / seconds, 1) if seconds > 0 else 0.0


def read(directory: Path) -> dict[str, Any] | None:
    """What a running agent last said, with `running`; None when there never was one."""
    try:
        facts: dict[str, Any] = orjson.loads((directory / FILE).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    facts["running"] = alive(facts.get("pid"))
    return facts


def alive(pid: object) -> bool:
    """Whether there is a process of that number."""
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
