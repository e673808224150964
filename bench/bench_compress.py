"""How fast are lines packed for a model, and in how much memory, against Drain3's template miner in the same run?

Data: made here, an authentication log of 200,000 lines. Processor time, one core:

    POLARS_MAX_THREADS=1 python -m pytest bench/bench_compress.py

Drain3 is published as source only and cannot be in the hashed lock; without it its rows are skipped:

    .venv/bin/python -m pip install drain3==0.9.11
"""

import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from lines import auth
from vedette.ai.compress import compress

N = 200_000
THEIRS = 20_000
MEMORY = """
import re, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import polars as pl
from lines import auth
texts = list(auth({n}))
# Not ru_maxrss: a child starts with its parent's.
peak = lambda: int(re.search("VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1])
{work}
work(texts[:2000])
before = peak()
work(texts)
print(peak() - before)
"""
WORK = {
    "vedette": """
from vedette.ai.compress import compress
work = lambda lines: compress(pl.Series(lines))
""",
    "drain3": """
from drain3 import TemplateMiner
def work(lines):
    miner = TemplateMiner()
    for line in lines:
        miner.add_log_message(line)
""",
}
"""Run on 2,000 lines before, so that what the libraries take when they are first used is not counted."""


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("how", ["vedette", "drain3"])
def test_speed(benchmark, how):
    if how == "vedette":
        texts = pl.Series(list(auth(N)))
        compress(texts.head(2000))
        benchmark.pedantic(compress, (texts,), rounds=3)
    else:
        drain3 = pytest.importorskip("drain3", reason="pip install drain3==0.9.11")
        texts = list(auth(THEIRS))
        benchmark.pedantic(_mined, (drain3, texts), rounds=3)
    benchmark.extra_info["lines_per_s"] = round(len(texts) / benchmark.stats["median"])


def _mined(drain3, texts):
    miner = drain3.TemplateMiner()
    for text in texts:
        miner.add_log_message(text)


@pytest.mark.parametrize("how", ["vedette", "drain3"])
def test_memory(benchmark, how):
    if how == "drain3":
        pytest.importorskip("drain3", reason="pip install drain3==0.9.11")
    script = MEMORY.format(n=N, work=WORK[how])
    folder = str(Path(__file__).parent)
    run = [sys.executable, "-c", script, "", folder]
    done = benchmark.pedantic(lambda: subprocess.run(run, capture_output=True, text=True, check=True), rounds=1)
    benchmark.extra_info["peak_MB_beyond_the_lines"] = int(done.stdout) // 1024
