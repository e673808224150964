"""What the units and the example settings promise. That systemd takes them is in tests/live/test_install.py."""

import configparser
import re
import shlex
from pathlib import Path

import pytest

from vedette.cli.main import parser_of
from vedette.config.load import parse
from vedette.runtime.helper_door import SOCKET
from vedette.runtime.uninstall import UNITS

DEPLOY = Path(__file__).parents[2] / "deploy"


def unit(name):
    """Directives of a unit; those that are given more than once have lists."""
    found = {}
    for line in (DEPLOY / name).read_text("utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}


SETTINGS = parse((DEPLOY / "vedette.yaml").read_text("utf-8"), "vedette.yaml", {})


def test_these_are_all_units():
    assert {path.name for path in DEPLOY.glob("*.service")} == set(UNITS)


@pytest.mark.parametrize("name", UNITS)
def test_it_runs_a_command_that_there_is(name):
    configparser.ConfigParser(strict=False, interpolation=None).read(DEPLOY / name)
    program, command, *words = shlex.split(unit(name)["ExecStart"])
    assert program == "/usr/local/bin/vedette"
    assert parser_of(command).parse_args(words)


@pytest.mark.parametrize("name", UNITS)
def test_it_is_fenced_in(name):
    said = unit(name)
    yes = (
        "NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectClock", "ProtectControlGroups", "ProtectHostname",
        "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "RestrictNamespaces", "RestrictRealtime",
        "RestrictSUIDSGID", "LockPersonality",
    )  # fmt: skip
    assert {key: said.get(key) for key in yes} == dict.fromkeys(yes, "yes")
    assert said["ProtectSystem"] == "strict"
    assert said["SystemCallArchitectures"] == "native"
    assert said["SystemCallFilter"][0] == "@system-service"
    assert said["AmbientCapabilities"] == ""
    assert said["Restart"] == "always"


def test_the_agent_has_no_rights_and_the_helper_two():
    agent, helper = unit("vedette.service"), unit("vedette-helper.service")
    assert (agent["User"], agent["CapabilityBoundingSet"]) == ("vedette", "")
    assert agent["SupplementaryGroups"].split() == ["adm", "systemd-journal"]
    assert "AF_PACKET" not in agent["RestrictAddressFamilies"]
    assert helper["CapabilityBoundingSet"].split() == ["CAP_NET_ADMIN", "CAP_NET_RAW"]
    assert helper["RestrictAddressFamilies"].split() == ["AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_INET"]
    assert "MemoryDenyWriteExecute" in helper
    assert "MemoryDenyWriteExecute" not in agent, "numba compiles"


def test_both_meet_at_the_same_socket_and_places():
    agent, helper = unit("vedette.service"), unit("vedette-helper.service")
    assert SETTINGS.blocking.helper == SOCKET
    assert SOCKET.parent == Path("/run", helper["RuntimeDirectory"])
    assert "RuntimeDirectory" not in agent, "it would be given to the agent's user"
    assert helper["Group"] == agent["User"] == re.search(r"--user (\S+)", helper["ExecStart"])[1]
    assert SETTINGS.data_dir == Path("/var/lib", agent["StateDirectory"])
    assert all(
        word.split("=")[1].startswith(f"/var/cache/{agent['CacheDirectory']}/")
        for word in agent["Environment"].split()[:2]
    )


def test_the_example_blocks_nobody_until_somebody_says_so():
    assert SETTINGS.blocking.mode == "dry-run"
    assert str(SETTINGS.metrics.listen).startswith("127.0.0.1")
    assert [source.type for source in SETTINGS.sources] == ["files", "journald"]
