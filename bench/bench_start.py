"""How long until `vedette` answers, and how much memory a scan takes: whole processes, as a user starts them.

References: `python -c "import argparse"`, the least that a Python command can take, and the imports of the three
libraries that a scan cannot do without. `rules_anew` is a start without the compiled rules on disk. On a busy machine
read `cpu_s` (user and system, best of all rounds), not the time on the clock.
"""

import os
import resource
import subprocess
import sys

import pytest

import lines

LINE = b"Jan 15 10:00:00 web1 sshd[1]: hello\n"
COMMANDS = {
    "python": ["-c", "import argparse"],
    "libraries": ["-c", "import polars, numpy, pydantic.main, pydantic.fields"],
    "help": ["-m", "vedette", "--help"],
    "scan_help": ["-m", "vedette", "scan", "--help"],
    "scan_1_line": ["-m", "vedette", "scan", "-q", "--exit-zero", "-"],
    "scan_1_line_rules_anew": ["-m", "vedette", "scan", "-q", "--exit-zero", "-"],
}


def run(arguments, cache=None):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"VEDETTE_CACHE_DIR": str(cache)} if cache else {}
    done = subprocess.run([sys.executable, *arguments], input=LINE, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("name", COMMANDS)
def test_start(benchmark, name, tmp_path):
    benchmark.group = "start"
    cache = "off" if name.endswith("anew") else tmp_path
    spent = []

    def once():
        before = cpu()
        run(COMMANDS[name], cache)
        spent.append(cpu() - before)

    benchmark.pedantic(once, rounds=5, warmup_rounds=1)
    benchmark.extra_info["cpu_s"] = round(min(spent), 2)


@pytest.mark.parametrize("count", [50_000, 400_000])
def test_peak_memory_of_a_scan(benchmark, tmp_path, count):
    path = tmp_path / "auth.log"
    with path.open("w") as file:
        file.writelines(line + "\n" for line in lines.auth(count))
    benchmark.group = f"scan of {count} lines"

    def scan():
        run(["-m", "vedette", "scan", "-q", "--exit-zero", "--format", "jsonl", str(path)])

    benchmark.pedantic(scan, rounds=1)
    benchmark.extra_info["peak_rss_mb_of_largest_child"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
