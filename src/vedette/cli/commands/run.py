"""Run the agent: follow the logs, find attacks, keep what was seen, tell the channels. Ctrl-C stops it cleanly.

  vedette run                          /var/log and the journal, data in the usual place
  vedette run --config vedette.yaml
  VEDETTE_DATA_DIR=/srv/vedette vedette run
  VEDETTE_API__LISTEN=null vedette run without the console, which is otherwise at http://127.0.0.1:8765/
  vedette run --replay attack.pcap --speed 10 --data /tmp/replay
                                       a capture in the place of interfaces, ten times as fast as recorded; no logs are
                                       followed and nothing is blocked: what would be is in `vedette blocklist --all`

It can be killed at any moment: the next start goes on where the last commit ended, without loss or doubling.
Exit status: 0 when it was stopped, 2 on an error, also when a capture could not be played to its end.
"""

import argparse
import os
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.cli.main import ERROR
from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from vedette.model.incident import Incident


def arguments(parser: argparse.ArgumentParser) -> None:
    """What run can be told."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings (default: $VEDETTE_CONFIG, /etc/vedette/vedette.yaml)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="data directory, in place of the one in the settings")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play a capture (pcap, pcapng), then stop")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="with --replay: so many times as fast (default: 1)")


def run(args: argparse.Namespace) -> int:
    """Run until stopped."""
    from vedette.config.load import find, load
    from vedette.runtime.console import beside
    from vedette.runtime.log import LogFile, json_log
    from vedette.runtime.service import until_stopped
    from vedette.runtime.start import Replay, start

    if args.replay and not args.replay.is_file():
        raise VedetteError("no such file", where=str(args.replay), fix="name a capture: pcap or pcapng")
    config = find(args.config, os.environ)
    environment = {**os.environ, **({"VEDETTE_DATA_DIR": str(args.data)} if args.data else {})}
    tree = load(config, environment)
    log = json_log(tree.log_level, LogFile(tree.data_dir))

    def formed(incidents: "Sequence[Incident]") -> None:
        for incident in incidents:
            log("incident", _brief(incident))

    over = threading.Event()
    replay = Replay(args.replay, args.speed, over) if args.replay else None
    agent = start(tree, log, config=config, sources=[] if replay else None, formed=formed, replay=replay)
    log("started", {"data": str(tree.data_dir), "rules": len(agent.engine.plan.rules.rules)})

    def work(stop: threading.Event) -> None:
        def end() -> None:
            over.wait()
            stop.set()

        if replay:
            threading.Thread(target=end, name="over", daemon=True).start()
        agent.run(stop)

    with nullcontext() if replay else beside(tree, ["--config", str(config)] if config else [], log):
        until_stopped(work)
    log("stopped", {"records": agent.records, "alerts": agent.alerts})
    unread = replay and any(each["fault"] for each in agent.health()["network"]["interfaces"].values())
    return ERROR if unread else 0


def _brief(incident: "Incident") -> dict[str, object]:
    names = ("id", "title", "state", "level", "score", "first_seen", "last_seen")
    return {f"incident.{name}": getattr(incident, name) for name in names}


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no speed: write a number above 0, such as 10")
    return speed
