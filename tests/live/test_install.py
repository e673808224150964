"""install.sh and uninstall, for real, on a copy of this machine: its own mounts for what is written, and its own network."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.namespaces import needs_namespaces

pytestmark = [pytest.mark.live, needs_namespaces]
ROOT = Path(__file__).parents[2]

# Everything that is written to is a copy; /run without systemd, so that nobody speaks to the one of this machine.
PREPARE = """
set -eu
ip link set lo up
for each in /etc /usr/local/bin; do mkdir -p "$T$each"; cp -a "$each/." "$T$each/"; mount --bind "$T$each" "$each"; done
for each in /opt /var/lib /var/cache /run; do mkdir -p "$T$each"; mount --bind "$T$each" "$each"; done
rm -rf /etc/vedette /etc/systemd/system/vedette*; rm -f /usr/local/bin/vedette
seen() { find /etc /opt /usr/local/bin /var/lib /var/cache /run ! -name '*-' ! -name '.pwd.lock' ! -type s | sort; }
users() { cat /etc/passwd /etc/group; }
say() { echo "== $*"; }
"""


@pytest.fixture
def copy(tmp_path):
    """Runs a shell script there; gives what it printed between the lines `== name`."""
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\nexec env PYTHONPATH={ROOT}/src {sys.executable} -m vedette "$@"\n')
    program.chmod(0o755)

    def run(script, **more):
        environment = {
            **os.environ,
            "T": str(tmp_path),
            "PROGRAM": str(program),
            "DEPLOY": str(ROOT / "deploy"),
            **more,
        }
        environment = {k: v for k, v in environment.items() if not k.startswith("VEDETTE_")} | {
            "VEDETTE_CACHE_DIR": "off"
        }
        command = [
            "unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private",
            "sh", "-c", PREPARE + script,
        ]  # fmt: skip
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        parts = done.stdout.split("== ")[1:]
        return {name: text.strip() for name, _, text in (part.partition("\n") for part in parts)}

    return run


def test_what_is_installed_is_gone_when_it_is_uninstalled(copy):
    said = copy("""
        say before; seen; say users before; users
        sh "$DEPLOY/install.sh" --program "$PROGRAM" >/dev/null
        say installed; seen; say user; getent passwd vedette
        vedette helper 2>/dev/null & helper=$!
        VEDETTE_BLOCKING__MODE=enforce vedette run 2>/dev/null & agent=$!
        until vedette status --format json 2>/dev/null | grep -q '"nftables"'; do sleep 0.3; done
        say ruleset; nft list ruleset
        say refused; vedette uninstall 2>&1 && exit 1
        kill -9 $agent $helper; wait $agent || true
        say dry; vedette uninstall --data --dry-run
        say kept; vedette uninstall; [ -d /var/lib/vedette ]; nft list ruleset; getent passwd vedette >/dev/null
        say again; vedette uninstall
        say data; vedette uninstall --data --yes
        say nothing; vedette uninstall --data --yes
        say after; seen; say users after; users
        say end; nft list ruleset
    """)
    new = set(said["installed"].splitlines()) - set(said["before"].splitlines())
    assert new == {
        "/etc/systemd/system/vedette.service", "/etc/systemd/system/vedette-helper.service", "/etc/vedette",
        "/etc/vedette/vedette.yaml", "/usr/local/bin/vedette",
    }  # fmt: skip
    assert "/var/lib/vedette:/usr/sbin/nologin" in said["user"]
    assert "table inet vedette" in said["ruleset"]
    assert "an agent on /var/lib/vedette" in said["refused"]
    assert "would be taken away: nftables table inet vedette" in said["dry"]
    assert "kept: data in /var/lib/vedette" in said["kept"]
    assert "table inet" not in said["kept"].replace("nftables table inet vedette", "")
    assert said["again"].startswith("nothing to take away")
    assert "taken away: user vedette" in said["data"]
    assert said["nothing"] == "nothing to take away"
    # A link to a program that install.sh did not bring is the one that stays: whose it is, is not known.
    assert set(said["after"].splitlines()) - set(said["before"].splitlines()) <= {"/usr/local/bin/vedette"}
    assert set(said["before"].splitlines()) <= set(said["after"].splitlines())
    assert said["users after"] == said["users before"]
    assert said["end"] == ""


def test_installing_twice_changes_nothing_and_keeps_the_settings(copy):
    said = copy("""
        sh "$DEPLOY/install.sh" --program "$PROGRAM" >/dev/null
        echo "# mine" >> /etc/vedette/vedette.yaml
        say first; seen; say users first; users
        say said; sh "$DEPLOY/install.sh" --program "$PROGRAM"
        say second; seen; say users second; users
        say settings; tail -1 /etc/vedette/vedette.yaml
        say start; sh "$DEPLOY/install.sh" --program "$PROGRAM" --start 2>&1 && exit 1
        say unknown; sh "$DEPLOY/install.sh" --nonsense 2>&1 && exit 1
        true
    """)
    assert said["first"] == said["second"]
    assert said["users first"] == said["users second"]
    assert said["settings"] == "# mine"
    assert "nothing is started" in said["said"]
    assert "systemd does not run here" in said["start"]
    assert "no such option" in said["unknown"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_systemd_takes_the_units(copy):
    said = copy("""
        sh "$DEPLOY/install.sh" --program "$PROGRAM" >/dev/null
        say verify; systemd-analyze verify /etc/systemd/system/vedette.service /etc/systemd/system/vedette-helper.service 2>&1
    """)
    assert said["verify"] == ""


CLIENT = """
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from vedette.model.action import Entry, Rates
from vedette.runtime import helper_messages as messages
from vedette.runtime.helper_client import Client
now = datetime.now(UTC)
client = Client(Path("/run/vedette/helper.sock"))
client.restore([], [Entry("drop", ip_network("198.51.100.7"), None, now + timedelta(hours=1))], Rates(), dry=False, now=now)
ring, geometry = client.capture(messages.Capture("lo", 256, 1 << 20))
print(ring.fileno() >= 0, geometry, client.ask(messages.State()).fault)
"""


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv of util-linux")
def test_what_its_unit_leaves_to_the_helper_is_enough(copy):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(ROOT / "deploy/vedette-helper.service")
    kept = ",".join(
        f"+{each.removeprefix('CAP_').lower()}" for each in unit["Service"]["CapabilityBoundingSet"].split()
    )
    assert kept == "+net_admin,+net_raw"
    # 65: PR_SET_MDWE of linux/prctl.h, what MemoryDenyWriteExecute is; an older kernel refuses it, and nothing is lost.
    harden = "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execv(sys.argv[1], sys.argv[1:])"
    said = copy(
        """
        sh "$DEPLOY/install.sh" --program "$PROGRAM" >/dev/null
        install -d -g vedette /run/vedette
        setpriv --regid vedette --clear-groups --no-new-privs --bounding-set=-all,$KEPT --inh-caps=-all \
            "$PYTHON" -c "$HARDEN" "$PYTHON" -m vedette helper 2>"$T/log" & helper=$!
        until [ -S /run/vedette/helper.sock ] && grep -q 'helper started' "$T/log"; do sleep 0.1; kill -0 $helper || cat "$T/log"; done
        say socket; stat -c '%U %G %a' /run/vedette/helper.sock
        say rights; grep -E 'CapEff|NoNewPrivs' /proc/$helper/status
        say asked; "$PYTHON" -c "$CLIENT"
        say ruleset; nft list ruleset
        say second; vedette helper 2>&1 && exit 1
        say running; vedette uninstall 2>&1 && exit 1
        kill $helper; wait $helper
        say left; ls -A /run/vedette; vedette uninstall >/dev/null
        say end; nft list ruleset
        """,
        KEPT=kept, PYTHON=sys.executable, PYTHONPATH=str(ROOT / "src"), HARDEN=harden, CLIENT=CLIENT,
    )  # fmt: skip
    assert said["socket"] == "root vedette 660"
    assert said["rights"].split() == ["CapEff:", "0000000000003000", "NoNewPrivs:", "1"]
    assert said["asked"].startswith("True (")
    assert "198.51.100.7" in said["ruleset"]
    assert "running already" in said["second"]
    assert "a helper at /run/vedette/helper.sock" in said["running"]
    assert said["left"] == ""
    assert said["end"] == ""
