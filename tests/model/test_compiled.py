"""Where machine code is kept."""

import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np

import vedette
from vedette.model import compiled
from vedette.model.compiled import behind, equal, lowest

PACKAGE = Path(vedette.__file__).parent


def kept(package: Path) -> str:
    """The folder that a copy of the package uses."""
    code = "from vedette.model.compiled import kept; print(kept)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=package.parent,
        env={"PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_a_change_in_any_compiled_source_leads_to_another_folder(tmp_path):
    copy = tmp_path / "vedette"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = kept(copy)
    assert before == kept(copy)
    assert Path(before).is_relative_to(copy / "__pycache__")
    found = [path for pattern in compiled._SOURCES for path in copy.glob(pattern)]
    assert len(found) > 15
    for name in ("detect/network/tables.py", "parse/packets/decode.py", "collect/ring_walk.py"):
        with (copy / name).open("a") as file:
            file.write("# changed\n")
        after = kept(copy)
        assert after != before
        before = after


def test_every_file_that_compiles_is_among_the_sources():
    named = {path for pattern in compiled._SOURCES for path in PACKAGE.glob(pattern)}
    using = {path for path in PACKAGE.rglob("*.py") if "model.compiled import" in path.read_text("utf-8")}
    assert using
    assert using - named - {PACKAGE / "runtime/warm.py"} == set()


def test_the_compiler_is_given_back_and_there_again_when_it_is_needed():
    script = """
import re
from pathlib import Path
import numba, numpy as np
from vedette.model.compiled import release
def held():
    maps = Path("/proc/self/smaps").read_text().split("VmFlags")
    return sum(int(re.search("Rss: +([0-9]+)", each)[1]) for each in maps if "llvmlite" in each)
def twice(x):
    return x * 2
assert numba.njit(twice)(4) == 8
before = held()
release()
after = held()
assert numba.njit(twice)(np.arange(3.0)).tolist() == [0.0, 2.0, 4.0]
print(before, after)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert before > 40_000
    assert after < 10_000


def test_loading_machine_code_sets_up_nothing_that_only_compiling_needs():
    """And what compiles later in the same process finds all of it. If this fails with a new numba, look at compiled._Kept."""
    script = """
import sys
from vedette.runtime import warm
warm.judging()
print(sorted(set(sys.modules) & {"numba.np.npyimpl", "numba.np.arrayobj", "numba.typed.dictobject", "scipy.linalg"}))
import numba, numpy as np
print(numba.njit(lambda x: x[::2].sum() + len({1: x[0]}))(np.arange(5)))
"""
    for _ in range(2):  # the first may have to compile
        said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["[]", "7"]


def test_eight_numbers_at_once_are_as_one_after_the_other():
    """Around the end of 32 bits, too, and where two are the same. What is compiled gives what is not."""
    def looked(array, place, value):
        bits = equal(array, place, value)
        return bits, lowest(bits) if bits else -1, behind(array, place, value)

    fast = numba.njit(looked)
    dice = np.random.default_rng(5)
    edges = np.array([0, 1, 2, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFF], np.uint32)
    for number in range(2000):
        array = dice.choice(edges, 24) if number % 2 else dice.integers(0, 1 << 32, 24, np.uint32)
        place, value = int(dice.integers(0, 17)), int(dice.choice(np.append(edges, array)))
        eight = [int(each) for each in array[place : place + 8]]
        bits = sum((each == value) << at for at, each in enumerate(eight))
        ahead = [(value - each + (1 << 31)) % (1 << 32) for each in eight]
        right = bits, eight.index(value) if bits else -1, ahead.index(max(ahead))
        assert fast(array, place, value) == right == looked(array, place, value)
