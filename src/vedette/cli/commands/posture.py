"""Show which doors of this machine stand open: logins, rights, files, services, updates.

  vedette posture
  sudo vedette posture --format json

Nothing is changed. Each line is ok, warn (better otherwise) or fail (an attacker's way in or up), with what to do about it.
Exit status: 0, 1 when something fails, or 2 on an error.
"""

import argparse

from vedette.cli import options
from vedette.cli.main import FOUND


def arguments(parser: argparse.ArgumentParser) -> None:
    """What posture can be told."""
    options.output(parser, ("text", "jsonl", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Look, line by line."""
    from vedette.runtime import machine
    from vedette.runtime.posture import posture

    return FOUND if options.verdicts(args, posture(machine.listening())) else 0
