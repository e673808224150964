"""What a person wants to know before trusting an agent: can it read, keep, detect and tell?"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from vedette.config.tree import SourceEntry, Tree
from vedette.detect.sigma import Ruleset


class Check(NamedTuple):
    """One line of the self-check. `fix` is empty when all is well."""

    what: str
    good: bool
    said: str
    fix: str = ""


def checks(tree: Tree, ruleset: Ruleset, sources: Sequence[SourceEntry]) -> Iterator[Check]:
    """Every check, cheapest first; none changes anything."""
    yield _room(tree)
    yield _rules(ruleset)
    for entry in sources:
        yield _source(entry)
    yield _rights()
    yield Check("language model", True, "none configured; the built-in analyst does the work")
    yield Check("blocking", True, "not in this version: what would be blocked is shown, nothing is")


def _room(tree: Tree) -> Check:
    free = shutil.disk_usage(tree.data_dir).free
    said = (
        f"{tree.data_dir}, {free / 1e9:.1f} GB free, keeps {tree.keep.age.days} days or {tree.keep.size / 1e9:.0f} GB"
    )
    return Check(
        "data", free >= tree.keep.free, said, "" if free >= tree.keep.free else "free some space, or set data_dir"
    )


def _rules(ruleset: Ruleset) -> Check:
    said = f"{len(ruleset.rules)} run, {len(ruleset.refused)} refused"
    return Check("rules", bool(ruleset.rules), said, "" if not ruleset.refused else "vedette rules check says why")


def _source(entry: SourceEntry) -> Check:
    name = entry.name or entry.type
    paths = getattr(entry.settings, "paths", None)
    if paths is None:
        return Check(f"source {name}", True, entry.type)
    missing = [p for p in paths if "*" not in p and not Path(p).exists()]
    unreadable = [p for p in paths if Path(p).exists() and not os.access(p, os.R_OK)]
    if missing or unreadable:
        said = f"cannot be read: {', '.join([*missing, *unreadable])}"
        return Check(
            f"source {name}", False, said, "run as a user of group adm, or as root" if unreadable else "check the paths"
        )
    return Check(f"source {name}", True, ", ".join(paths))


def _rights() -> Check:
    if os.geteuid() == 0:
        return Check("rights", True, "root; nothing so far needs more than to read the logs")
    return Check("rights", True, "not root: logs that only root may read are left out")
