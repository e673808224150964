"""Check or show the settings.

  vedette config check vedette.yaml     every fault with its line; exit 2 when there is one
  vedette config show                   all settings in force, from file, environment and defaults
  vedette config show --format json

Exit status: 0, or 2 when there is a fault.
"""

import argparse
import os
from pathlib import Path

from vedette.cli import options
from vedette.cli.main import ERROR
from vedette.config import edit
from vedette.model.errors import ConfigError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What config can be told."""
    parser.add_argument("what", nargs="?", choices=("check", "show"), default="show")
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help="default: $VEDETTE_CONFIG, /etc/vedette/vedette.yaml, defaults",
    )
    options.output(parser, ("yaml", "json"), "yaml")


def run(args: argparse.Namespace) -> int:
    """Check or show."""
    import orjson
    import yaml

    from vedette.config.load import find, load

    path = find(args.file, os.environ)
    where = str(path or "the defaults")
    as_json = args.format == "json"
    with options.Sink(args.output) as sink:
        try:
            tree = load(path, os.environ)
        except ConfigError as error:
            if not (as_json and args.what == "check"):
                raise
            sink.write(orjson.dumps({"file": where, "good": False, "faults": error.faults}).decode() + "\n")
            return ERROR
        if args.what == "check":
            good = {"file": where, "good": True, "faults": [], "sources": len(tree.sources), "channels": len(tree.channels)}
            sink.write(
                orjson.dumps(good).decode() + "\n"
                if as_json
                else f"{where}: good; {len(tree.sources)} sources, {len(tree.channels)} channels\n"
            )
        else:
            values = edit.hidden(tree.model_dump(mode="json"))
            if as_json:
                sink.write(orjson.dumps(values, option=orjson.OPT_INDENT_2).decode() + "\n")
            else:
                sink.write(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    return 0
