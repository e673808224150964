"""Commands where something is missing that they may expect: standard streams, a home, descriptors, memory."""

import os
import subprocess
import sys

import pytest


def run(shell: str, *words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'exec "$@" {shell}' if not shell.startswith("ulimit") else f'{shell}; exec "$@"', "sh"]
    command += [sys.executable, "-m", "vedette", *map(str, words)]
    surroundings = {**os.environ, "POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings)


@pytest.mark.parametrize(
    ("shell", "status", "told"),
    [
        (">&-", 2, "standard output is closed"),
        (">/dev/full", 2, "No space left on device"),
        ("2>&-", 1, ""),
        ("2>/dev/full", 1, ""),
        ("<&-", 1, ""),
        ("<&- 2>&-", 1, ""),
        ("ulimit -n 20", 1, ""),
    ],
)
def test_scan(shell, status, told, guesses) -> None:
    done = run(shell, "scan", "-q", guesses)
    assert (done.returncode, told in done.stderr) == (status, True), done
    assert "fault of its own" not in done.stderr
    assert ("7 events" in done.stdout or "198.51.100.7" in done.stdout) == (status == 1)


def test_standard_input_that_is_closed_is_said_to_be(guesses) -> None:
    done = run("<&-", "scan", "-")
    assert (done.returncode, done.stdout.count("standard input is closed")) == (2, 1), done


def test_too_little_memory_is_said_to_be(guesses) -> None:
    done = run("ulimit -v 900000", "scan", "-q", guesses)
    if done.returncode != 1:  # how little is too little is the libraries' affair
        assert "fault of its own" not in done.stderr, done


def test_without_a_home(guesses, tmp_path) -> None:
    for home in ("/nonexistent", "/dev/null"):
        assert run("", "scan", "-q", guesses, HOME=home, XDG_CACHE_HOME=home).returncode == 1
