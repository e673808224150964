"""A name that the peer chose never tells who the peer is: every sample that names both, with forged names put in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parse.samples import CASES, parse_all, records, rows, sample

FORGED = "198.51.100.66"
NAMES = (
    f"x from {FORGED}",
    f"x from {FORGED} port 22 ssh2",
    f"x] from {FORGED}",
    f"x [{FORGED}]",
    f"x rhost={FORGED}",
    f"x, ip={FORGED}",
    f"x,rip={FORGED}",
    FORGED,
)
CANNOT = {
    "auditd": "names that hold a blank or a quote are written in hex",
    "games": "names are words",
    "iis": "a blank is written as a plus",
    "logfmt": "a name with a blank is quoted",
}
"""Samples of programs that do not write such a name as it is."""
LOGS = [log for log in CASES if log.parent.name not in CANNOT]


def _forged(log: Path) -> Iterator[str]:
    """The sample's lines that name a user and a peer, with other names."""
    lines = log.read_bytes().decode("utf-8", "backslashreplace").split("\n")
    events = rows(parse_all([sample(log)])[0])
    if events and events[0].get("event.action") == "header":  # by which the columns of the others are known
        yield lines[0]
    for event in events:
        user, peer = event.get("user.name"), event.get("source.address", event.get("source.ip"))
        line = lines[event["line"] - 1] if event["line"] <= len(lines) else ""
        if not user or not peer or len(user) < 2 or user in peer or line.count(user) != 1:
            continue
        before, after = line.split(user)
        yield from (before + name + after for name in NAMES)


@pytest.mark.parametrize("log", LOGS, ids=lambda log: f"{log.parent.name}/{log.stem}")
def test_no_name_is_believed_to_be_the_peer(log: Path) -> None:
    lines = list(_forged(log))
    if lines:
        # The neighbours of a line, which may tell its peer, are the other ones of the same name.
        forged = records("\n".join(lines).encode("utf-8", "surrogateescape"))._replace(format=sample(log).format)
        found = rows(parse_all([forged])[0])
        believed = [lines[row["line"] - 1] for row in found if row.get("source.ip") == FORGED]
        assert believed == []


def test_many_samples_are_tried() -> None:
    assert sum(bool(list(_forged(log))) for log in LOGS) > 60
