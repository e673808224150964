"""What a person wants to know before trusting an agent: can it read, keep, detect, tell and block? Nothing is changed."""

import errno
import os
import shutil
import socket
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

from vedette.collect.followed import followed
from vedette.collect.listing import refused
from vedette.config.tree import SourceEntry, Tree
from vedette.detect.sigma import Ruleset
from vedette.model.errors import StoreError, VedetteError
from vedette.model.text import count, safe
from vedette.runtime import status
from vedette.runtime.helper_door import there
from vedette.runtime.rules import load_rules
from vedette.store.store import DATABASE, open_store

Verdict = Literal["ok", "warn", "fail"]
"""warn: it works without, or with less. fail: it does not do what the settings say."""

_NAMED: Final = 3
_ROOT: Final = "run as root, or grant the capability: systemd's AmbientCapabilities, setcap"
_NETFILTER: Final = 12
"""NETLINK_NETFILTER, linux/netlink.h."""
_GETGEN: Final = 10 << 8 | 16
"""NFNL_SUBSYS_NFTABLES and NFT_MSG_GETGEN, linux/netfilter/nf_tables.h: the number of the rule set's generation."""


class Check(NamedTuple):
    """One line of the self-check. `fix` is empty when all is well."""

    what: str
    verdict: Verdict
    said: str
    fix: str = ""


def checks(tree: Tree, ruleset: Ruleset, sources: Sequence[SourceEntry]) -> Iterator[Check]:
    """What an agent that starts now finds."""
    yield _rules(ruleset)
    yield from _around(tree, sources)


def _around(tree: Tree, sources: Sequence[SourceEntry]) -> Iterator[Check]:
    yield _room(tree)
    for entry in sources:
        yield _source(entry)
    yield _rights()
    if tree.blocking.helper is not None:
        yield _helper(tree.blocking.helper)
    else:
        yield _packets()
        yield _nftables()
    if tree.ai.provider:
        yield Check("language model", "ok", f"{tree.ai.provider} {tree.ai.model}, asked when somebody asks for it")
    else:
        yield Check("language model", "ok", "none configured; the built-in analyst does the work")


def everything(tree: Tree, sources: Sequence[SourceEntry]) -> Iterator[Check]:
    """The same from the settings alone, with what is kept and whether an agent runs."""
    yield _store(tree.data_dir)
    yield _agent(tree.data_dir)
    try:
        yield _rules(load_rules(tree))
    except VedetteError as error:
        yield Check("rules", "fail", f"{error.where}: {error.what}", error.fix)
    yield from _around(tree, sources)


def _room(tree: Tree) -> Check:
    place = tree.data_dir
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        return Check("data", "fail", f"{place} cannot be written to", "run as its owner, or set data_dir")
    free = shutil.disk_usage(place).free
    said = f"{tree.data_dir}, {free / 1e9:.1f} GB free, keeps {tree.keep.age.days} days or {tree.keep.size / 1e9:.0f} GB"
    return Check("data", "ok", said) if free >= tree.keep.free else Check("data", "fail", said, "free some space, or set data_dir")


def _store(directory: Path) -> Check:
    if not (directory / DATABASE).exists():
        return Check("store", "warn", f"nothing is kept in {directory} yet", "vedette run")
    try:
        with open_store(directory, writer=False) as store:
            faults = store.faults()
            kept = store.status()
    except StoreError as error:
        return Check("store", "fail", error.what, error.fix)
    if faults:
        name, reason = faults[0]
        said = f"{len(faults)} damaged segments, the first: {name}: {reason}"
        return Check("store", "fail", said, "put them back from a backup; the others are not touched by it")
    return Check("store", "ok", f"{kept.events:,} events, {kept.alerts:,} alerts in {kept.segments:,} segments, none damaged")


def _agent(directory: Path) -> Check:
    facts = status.read(directory)
    if not (facts and facts["running"]):
        return Check("agent", "warn", "not running", "vedette run")
    if facts["blocked"]:
        return Check("agent", "fail", f"runs, and does not read: {facts['blocked']}", "vedette logs --level warning")
    return Check("agent", "ok", f"running, pid {facts['pid']}")


def _rules(ruleset: Ruleset) -> Check:
    said = f"{len(ruleset.rules)} run, {len(ruleset.refused)} refused"
    verdict: Verdict = "warn" if ruleset.refused else "ok"
    return Check("rules", verdict if ruleset.rules else "fail", said, "vedette rules check says why" if verdict == "warn" else "")


def _source(entry: SourceEntry) -> Check:
    name = entry.name or entry.type
    paths = getattr(entry.settings, "paths", None)
    if paths is None:
        return Check(f"source {name}", "ok", entry.type)
    found = followed(paths)
    wrong = [refused(path, error) for path, error in found.refused.items()]
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    wrong += [refused(path, denied) for path in found.files if not os.access(path, os.R_OK)]
    if wrong:
        some = ", ".join(f"{safe(each.path)} ({each.reason})" for each in wrong[:_NAMED])
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        return Check(f"source {name}", "fail" if len(wrong) >= len(found.files) else "warn", f"cannot be read: {some}{more}", wrong[0].fix)
    there = count(len(found.files), "file") if found.files else "no file yet"
    return Check(f"source {name}", "ok", f"{there} of {', '.join(paths)}")


# --- what the kernel allows ---


def _rights() -> Check:
    if os.geteuid() == 0:
        return Check("rights", "ok", "root")
    return Check("rights", "warn", "not root: logs that only root may read are left out", "run as root, or a user of group adm")


def _helper(path: Path) -> Check:
    if not there(path):
        said = f"none at {path} that we may ask: nothing is captured, nobody is blocked"
        return Check("helper", "fail", said, "systemctl start vedette-helper, and run this as the agent's user")
    return Check("helper", "ok", f"at {path}: captures and blocks")


def _packets() -> Check:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()  # protocol 0: no packet comes
    except OSError as error:
        return Check("packets", "warn", f"live traffic cannot be captured: {error.strerror}", _ROOT)
    return Check("packets", "ok", "live traffic can be captured")


def _nftables() -> Check:
    request = struct.pack("=IHHII", 20, _GETGEN, 1, 1, 0) + bytes(4)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETFILTER) as netlink:
            netlink.settimeout(1)
            netlink.sendto(request, (0, 0))
            fault = _fault(netlink.recv(4096))
    except OSError as error:
        fault = error.strerror or str(error)
    if fault:
        return Check("nftables", "warn", f"nobody can be blocked: {fault}", _ROOT)
    return Check("nftables", "ok", "answers: attackers can be blocked")


def _fault(reply: bytes) -> str:
    """What a reply of the kernel refuses with, or ""."""
    if len(reply) < 20:
        return "no answer"
    (kind,) = struct.unpack_from("=H", reply, 4)
    (code,) = struct.unpack_from("=i", reply, 16)
    return os.strerror(-code) if kind == 2 and code else ""
