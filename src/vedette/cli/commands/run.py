"""Run the agent: follow the logs, find attacks, keep what was seen, tell the channels. Ctrl-C stops it cleanly.

  vedette run                          /var/log and the journal, data in the usual place
  vedette run --config vedette.yaml
  VEDETTE_DATA_DIR=/srv/vedette vedette run

It can be killed at any moment: the next start goes on where the last commit ended, without loss or doubling.
Exit status: 0 when it was stopped, 2 on an error.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette.model.incident import Incident


def arguments(parser: argparse.ArgumentParser) -> None:
    """What run can be told."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: $VEDETTE_CONFIG, /etc/vedette/vedette.yaml)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="data directory, in place of the one in the settings")


def run(args: argparse.Namespace) -> int:
    """Run until stopped."""
    from vedette.config.load import find, load
    from vedette.runtime.log import LogFile, json_log
    from vedette.runtime.service import until_stopped
    from vedette.runtime.start import start

    config = find(args.config, os.environ)
    environment = {**os.environ, **({"VEDETTE_DATA_DIR": str(args.data)} if args.data else {})}
    tree = load(config, environment)
    log = json_log(tree.log_level, LogFile(tree.data_dir))

    def formed(incidents: "Sequence[Incident]") -> None:
        for incident in incidents:
            log("incident", _brief(incident))

    agent = start(tree, log, config=config, formed=formed)
    log("started", {"data": str(tree.data_dir), "rules": len(agent.engine.plan.rules.rules)})
    until_stopped(agent.run)
    log("stopped", {"records": agent.records, "alerts": agent.alerts})
    return 0


def _brief(incident: "Incident") -> dict[str, object]:
    names = ("id", "title", "state", "level", "score", "first_seen", "last_seen")
    return {f"incident.{name}": getattr(incident, name) for name in names}
