"""Changed settings and rules are taken over while the agent runs; faulty ones are refused and the old ones kept."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from vedette.config.load import load
from vedette.config.tree import Tree
from vedette.detect.sigma import Ruleset
from vedette.model.errors import ConfigError, VedetteError
from vedette.runtime.engine import Engine
from vedette.runtime.rules import load_rules, plan_of, state

EVERY: Final = 2.0
"""Seconds between two looks at the files."""


class Reload:
    """Looks at the settings file and the rule files now and then. Sources, channels and the data directory take a
    restart; rules, exceptions, detection and grouping do not."""

    def __init__(
        self,
        tree: Tree,
        config: Path | None,
        log: Callable[[str, dict[str, Any]], None],
        taken_over: Callable[[Tree, Ruleset], None],
    ) -> None:
        self._taken_over = taken_over
        self._tree = tree
        self._config = config
        self._log = log
        self._seen = self._state()
        self._next = time.monotonic() + EVERY

    def check(self, engine: Engine) -> Engine | None:
        """An engine with the new rules and settings and the old state, or None when nothing changed."""
        if time.monotonic() < self._next:
            return None
        self._next = time.monotonic() + EVERY
        now = self._state()
        if now == self._seen:
            return None
        self._seen = now
        try:
            tree = load(self._config, os.environ)
            ruleset = load_rules(tree)
        except ConfigError as error:
            self._log("settings refused", {"faults": error.faults, "kept": "the settings from before"})
            return None
        except VedetteError as error:
            self._log("rules refused", {"error": str(error), "kept": "the rules from before"})
            return None
        restart = [
            name for name in ("data_dir", "sources", "channels", "network", "intel") if getattr(tree, name) != getattr(self._tree, name)
        ]
        facts = {"rules": len(ruleset.rules), "refused": [f"{r.path}:{r.line}: {r.reason}" for r in ruleset.refused]}
        self._log("settings and rules reloaded", facts | ({"restart to take over": restart} if restart else {}))
        self._tree = tree
        self._taken_over(tree, ruleset)
        return Engine(plan_of(tree, ruleset), engine.dump(), listed=engine.listed)

    def _state(self) -> list[tuple[str, int, int]]:
        return state(self._tree, *([self._config] if self._config else []))
