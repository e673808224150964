"""Check that everything is as it should be: settings, rules, data, sources, and what the kernel allows.

  vedette test
  vedette test --config vedette.yaml --format json

Nothing is changed; an agent that runs goes on. Each line is ok, warn (it works without, or with less) or fail, with what
to do about it.
Exit status: 0, or 2 when something fails.
"""

import argparse
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vedette.cli import options
from vedette.cli.main import ERROR
from vedette.model.errors import ConfigError

if TYPE_CHECKING:
    from vedette.runtime.selfcheck import Check


def arguments(parser: argparse.ArgumentParser) -> None:
    """What test can be told."""
    options.agent(parser)
    options.output(parser, ("text", "jsonl", "json"), "text")


def run(args: argparse.Namespace) -> int:
    """Check, line by line."""
    return ERROR if options.verdicts(args, _checks(args)) else 0


def _checks(args: argparse.Namespace) -> "Iterator[Check]":
    from vedette.config.load import find
    from vedette.runtime.selfcheck import Check, everything
    from vedette.runtime.start import default_sources

    where = str(find(args.config, os.environ) or "the defaults")
    try:
        tree = options.tree(args)
    except ConfigError as error:
        yield from (Check("settings", "fail", fault, error.fix) for fault in error.faults)
        return
    yield Check("settings", "ok", where)
    yield from everything(tree, tree.sources or default_sources())
