"""How fast logs become alerts, end to end (read, parse, all built-in rules, alerts, incidents), on one core.

Data: bench/lines.py, 200,000 lines of each kind in a file. Reference: a plain `re` loop in Python that names the same
sources of failed logins (auth), the same requests by status and path (web) and the same flows by address (JSON), and
does nothing else: no rules, no time zones, no other formats. Peer, where it is installed: fail2ban with a single filter.
Run: `make bench` (POLARS_MAX_THREADS=1).
"""

import gc
import json
import re
import shutil
import subprocess
from collections import Counter

import pytest

import lines
from vedette.cli.main import COLLECT_FROM
from vedette.collect.read import Reading
from vedette.config.tree import Tree
from vedette.parse.context import Context
from vedette.runtime.engine import Engine, Plan
from vedette.runtime.rules import load
from vedette.runtime.scan import Scan

COUNT = 200_000
KINDS = ("auth", "web", "json")
RULES = load([])
FAIL2BAN = shutil.which("fail2ban-regex")
FILTERS = {"auth": "sshd", "web": "nginx-botsearch"}

FAILED = re.compile(r"sshd\[\d+\]: (?:Failed \S+ for (?:invalid user )?.* from|Invalid user .* from) (\S+) port \d+")
REQUEST = re.compile(r'^(\S+) \S+ \S+ \[[^\]]+\] "(\S+) (\S+) [^"]*" (\d{3}) \S+ "[^"]*" "[^"]*"$')


@pytest.fixture(scope="module", params=KINDS)
def log(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / f"{request.param}.log"
    with path.open("w") as file:
        file.writelines(line + "\n" for line in getattr(lines, request.param)(COUNT))
    return request.param, path


def by_hand(kind, path):
    seen = Counter()
    with path.open() as file:
        for line in file:
            if kind == "auth":
                found = FAILED.search(line)
                if found:
                    seen[found[1]] += 1
            elif kind == "web":
                found = REQUEST.match(line)
                if found:
                    seen[found[1], found[4]] += 1
            else:
                event = json.loads(line)
                seen[event["src_ip"]] += 1
    return seen


def by_vedette(kind, path):
    seen = Counter()
    scan = Scan(Reading([path]), Engine(Plan(RULES)), Context(lines.BEGIN))
    for _, result in scan.batches():
        for events in result.parsed.events:
            frame = events.frame
            if kind == "auth":
                if not {"event.outcome", "source.ip"} <= set(frame.columns):
                    continue
                frame = frame.filter((frame["event.outcome"] == "failure") & (frame["event.dataset"] == "sshd"))
                seen.update(frame["source.ip"].drop_nulls().to_list())
            elif kind == "web":
                seen.update(zip(frame["source.ip"], frame["http.response.status_code"].cast(str), strict=True))
            else:
                seen.update(frame["source.ip"].to_list())
    return seen, scan.findings()


def test_same_answer(log):
    seen, findings = by_vedette(*log)
    assert seen == by_hand(*log)
    assert findings.summary.records == COUNT
    assert findings.summary.rejected == 0
    assert findings.alerts


def by_fail2ban(kind, path):
    """One filter of fail2ban over the same file, as its own tool for trying filters runs it; it takes no action."""
    ran = subprocess.run([FAIL2BAN, str(path), FILTERS[kind]], capture_output=True, text=True, check=False)
    found = re.search(rf"Lines: {COUNT} lines.* ([0-9]+) matched", ran.stdout)
    assert found, ran.stdout[-500:]
    assert int(found[1]) > 0


@pytest.mark.parametrize("how", [by_vedette, by_hand, by_fail2ban], ids=["vedette", "by_hand", "fail2ban"])
def test_speed(benchmark, log, how):
    if how is by_fail2ban and (FAIL2BAN is None or log[0] not in FILTERS):
        pytest.skip("fail2ban is not installed" if FAIL2BAN is None else "fail2ban has no filter for it")
    benchmark.group = log[0]
    gc.set_threshold(COLLECT_FROM, 20, 50)  # as the command does
    benchmark.pedantic(how, log, rounds=3, warmup_rounds=1)
    benchmark.extra_info["lines_per_s"] = round(COUNT / benchmark.stats["median"])


def test_settings_of_the_bench_are_the_defaults():
    assert Tree().rules.builtin
