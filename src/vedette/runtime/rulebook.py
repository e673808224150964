"""The rule set as its files are now: kept in memory, and read again when one of them has changed."""

import threading

from vedette.config.tree import Tree
from vedette.detect.sigma import Ruleset
from vedette.runtime.rules import load_rules, state


class Rulebook:
    """For any number of threads. Looking whether something changed takes a call of the kernel for each own file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._lock = threading.Lock()
        self._state: object = None
        self._ruleset = Ruleset((), (), ())

    def ruleset(self) -> Ruleset:
        """All rules.

        Raises:
            SourceError: a path of the settings is not there.
        """
        with self._lock:
            now = state(self._tree)
            if now != self._state:
                self._ruleset = load_rules(self._tree)
                self._state = now
            return self._ruleset
