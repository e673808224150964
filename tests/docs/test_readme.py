"""What the README shows is what comes out."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.config.load import parse

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SHOWN = re.findall(r"^```\n\$ (.+)\n((?:.*\n)*?)```$", README, re.MULTILINE)
TIMING = re.compile(r"\(\d[\d.]* s, [\d,]+ records/s\)")


def test_the_settings_shown_are_good():
    whole, network = (parse(block, "README.md", {}) for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL))
    assert network.network.interfaces == ("eth0",)
    assert network.blocking.allow == ("192.0.2.0/24",)
    assert [source.type for source in whole.sources] == ["files", "journald", "syslog"]


def test_there_are_examples():
    assert len(SHOWN) >= 2


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command[:40] for command, _ in SHOWN])
def test_output_is_real(command, output):
    line = command.replace("vedette ", f"{sys.executable} -m vedette ", 1) if command.startswith("vedette") else command
    line = line.replace("| vedette ", f"| {sys.executable} -m vedette ")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=ROOT, check=False)
    assert TIMING.sub("(TIME)", done.stdout) == TIMING.sub("(TIME)", output)


def test_every_relative_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
