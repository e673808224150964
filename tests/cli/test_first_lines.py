"""An interrupt before the command has begun."""

import signal
import subprocess
import sys

CODE = """
import os, signal, sys
from vedette.__main__ import main

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "argparse":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
main()
"""


def test_it_ends_by_the_signal_and_without_a_trace() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")
