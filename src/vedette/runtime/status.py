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
        self._before = (time.monotonic(), 0)
        self._read: dict[str, int] = {}
        self.facts: dict[str, Any] = {}
        """What was said last."""
        self._rules = {"run": len(ruleset.rules), "refused": len(ruleset.refused)}

    def turn(self, agent: "Agent") -> None:
        """Write it if it is time. A disk that is full is the loop's to report, not ours."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + EVERY
        then, records = self._before
        rate = (agent.records - records) / (now - then) if now > then else 0.0
        self._before = (now, agent.records)
        self.facts = facts = {
            "version": __version__,
            "pid": os.getpid(),
            "started": self._started,
            "written": datetime.now(UTC),
            "records_per_second": round(rate, 1),
            "rules": self._rules,
            **agent.health(),
        }
        for name, source in facts["sources"].items():
            before = self._read.get(name, 0)
            source["records_per_second"] = round((source["records"] - before) / (now - then), 1) if now > then else 0.0
            self._read[name] = source["records"]
        try:
            self._part.write_bytes(orjson.dumps(facts, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2))
            self._part.replace(self._path)
        except OSError:
            return


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
