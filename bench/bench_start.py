"""How long until `vedette` answers, and how much memory a scan takes: whole processes, as a user starts them.

References: `python -c "import argparse"`, the least that a Python command can take, and the imports of the three
libraries that a scan cannot do without. `rules_anew` is a start without the compiled rules on disk. On a busy machine
read `cpu_s` (user and system, best of all rounds), not the time on the clock.
"""

import os
import resource
import struct
import subprocess
import sys

import pytest

import lines

IP = struct.pack(">BBHHHBBHII", 0x45, 0, 40, 1, 0, 64, 6, 0, 0xC6336401, 0xC0000201)
TCP = IP + struct.pack(">HHIIBBHHH", 40000, 80, 1, 0, 0x50, 2, 1024, 0, 0)
CAPTURE = struct.pack("<IHHiIIIIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101, 1_768_435_200, 0, len(TCP), len(TCP)) + TCP
LINE = b"Jan 15 10:00:00 web1 sshd[1]: hello\n"
COMMANDS = {
    "python": ["-c", "import argparse"],
    "libraries": ["-c", "import polars, numpy, pydantic.main, pydantic.fields"],
    "help": ["-m", "vedette", "--help"],
    "scan_help": ["-m", "vedette", "scan", "--help"],
    "scan_1_line": ["-m", "vedette", "scan", "-q", "--exit-zero", "-"],
    "scan_1_packet": ["-m", "vedette", "scan", "-q", "--exit-zero", "-"],
    "scan_1_line_rules_anew": ["-m", "vedette", "scan", "-q", "--exit-zero", "-"],
}


def run(arguments, cache=None, given=LINE):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"VEDETTE_CACHE_DIR": str(cache)} if cache else {}
    done = subprocess.run([sys.executable, *arguments], input=given, capture_output=True, env=environment, check=False)
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
        run(COMMANDS[name], cache, CAPTURE if name.endswith("packet") else LINE)
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
