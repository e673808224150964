"""Rules that people write and switch in the dashboard: files in the data directory, which the agent takes over in seconds.

    rules/NAME.yml, rules/NAME.test.yml      a rule and its samples
    rules/off.json                           which rules are off: {id: {"who": ..., "why": ..., "at": ...}}
"""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from vedette.config.tree import Tree
from vedette.detect.sigma import Ruleset, read
from vedette.detect.sigma.documents import Document, documents
from vedette.detect.sigma.ruleset import named
from vedette.model.errors import VedetteError
from vedette.runtime.rules import OFF, OWN, Switch, switched_off, texts

MOST: Final = 5000
"""Own rule files."""
_NAME: Final = re.compile(r"[^a-z0-9]+")


class RuleFault(VedetteError):
    """A rule that cannot be kept as it is."""

    code = "rule"


class Written(NamedTuple):
    """The files of a rule set that some text needs, the text being the last."""

    ruleset: Ruleset
    docs: Sequence[Document]
    path: str


def beside(known: Ruleset, text: str, path: str, placeholders: dict[str, Sequence[str]] | None = None) -> Written:
    """What the text means beside the rules that are there: only the files of those that it names are read anew, since
    reading all of them takes a second.

    Args:
        known: the rule set as it is.
        path: where the text stands, or will; what stands there now counts as replaced.
    """
    docs = documents(path, text)
    rules = {name.lower(): i for i, rule in enumerate(known.rules) for name in (rule.id, rule.reference) if name}
    wanted = [rules[name] for doc in docs for name in named(doc.content or {}) if name in rules]
    needed: set[int] = set()
    while wanted:
        one = wanted.pop()
        if one not in needed:
            needed.add(one)
            correlation = known.rules[one].correlation
            wanted += [reference.rule for reference in correlation.references] if correlation else []
    files = {known.rules[i].path for i in needed}
    files |= {each.path for each in known.filters if needed.intersection(each.rules)}
    return Written(read([*texts(sorted(files - {path})), (path, text)], placeholders), docs, path)


def taken(known: Ruleset, written: Written) -> str:
    """Of an id or name that another rule has already: what is wrong; else nothing."""
    others = {
        name.lower(): rule for rule in known.rules if rule.path != written.path for name in (rule.id, rule.reference) if name
    }
    for doc in written.docs:
        for key in ("id", "name"):
            other = others.get(str((doc.content or {}).get(key) or "").lower())
            if other:
                return f"{key}: it is that of the rule {other.name!r} already"
    return ""


def place(tree: Tree, rule_id: str) -> Path:
    """The file of an own rule that is new."""
    stem = _NAME.sub("-", rule_id.lower()).strip("-")[:80] or "rule"
    return tree.data_dir / OWN / f"{stem}.yml"


def is_own(tree: Tree, path: str) -> bool:
    """Whether it is one that people wrote in the dashboard."""
    return Path(path).parent == tree.data_dir / OWN


def samples_of(path: Path) -> str:
    """The samples beside a rule file; empty when there are none."""
    try:
        return path.with_name(f"{path.stem}.test{path.suffix}").read_text("utf-8", "replace")
    except OSError:
        return ""


def save(path: Path, text: str, samples: str) -> None:
    """Keep a rule with its samples.

    Raises:
        RuleFault: there are too many.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists() and sum(1 for _ in path.parent.iterdir()) >= 2 * MOST:
        raise RuleFault(f"{MOST:,} rules are kept", fix="remove some")
    beside_it = path.with_name(f"{path.stem}.test.yml")
    if samples.strip():
        write(beside_it, samples)
    else:
        beside_it.unlink(missing_ok=True)
    write(path, text)


def remove(path: Path) -> None:
    """Forget a rule and its samples."""
    path.unlink(missing_ok=True)
    path.with_name(f"{path.stem}.test.yml").unlink(missing_ok=True)


def switch(tree: Tree, rule_id: str, off: Switch | None) -> None:
    """Have a rule raise nothing, or speak again."""
    switches = {name: switch for name, switch in switched_off(tree).items() if name != rule_id}
    if off is not None:
        switches[rule_id] = off
    folder = tree.data_dir / OWN
    folder.mkdir(mode=0o700, exist_ok=True)
    write(folder / OFF, msgspec.json.encode(switches).decode())


def write(path: Path, text: str) -> None:
    """The file whole, or as it was: an agent that reads it meanwhile never sees half."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def where(text: str, line: int, reason: str) -> int:
    """The line, from 1, that a refusal is about: of the key or the value that it begins with or quotes; else the document's."""
    words = [found[1] or found[2] for found in re.finditer(r"'([^'\n]{1,80})'|^([A-Za-z_-]{1,40})(?=:)", reason)]
    lines = text.split("\n")[line - 1 :]
    for word in words:
        for number, each in enumerate(_document(lines)):
            if re.match(rf"\s*(?:- )?{re.escape(word)}\s*:", each) or (word in each and word in reason.split("'")):
                return line + number
    return line


def _document(lines: Sequence[str]) -> Iterator[str]:
    for number, each in enumerate(lines):
        if number and each.startswith("---"):
            return
        yield each

