"""Run the privileged helper: the one process that captures packets and blocks, for an agent that has no privileges.

  vedette helper --user vedette
  vedette helper --user vedette --socket /run/vedette/helper.sock

Run it as root, or with CAP_NET_ADMIN and CAP_NET_RAW; the agent's setting blocking.helper names its socket. Only root and
this user may ask it, one agent at a time, and only for what docs/operations.md lists. SIGTERM and Ctrl-C stop it: a dry run
is taken out of the kernel, blocks in force stay until their time is over.
Exit status: 0 when it was stopped, 2 on an error.
"""

import argparse
from pathlib import Path

from vedette.model.action import ActionError


def arguments(parser: argparse.ArgumentParser) -> None:
    """What helper can be told."""
    from vedette.runtime.helper_door import SOCKET

    parser.add_argument("--user", default="vedette", metavar="NAME", help="whose agent may ask it (default: vedette)")
    parser.add_argument(
        "--socket", type=Path, default=SOCKET, metavar="PATH", help=f"where it listens (default: {SOCKET})"
    )


def run(args: argparse.Namespace) -> int:
    """Serve until stopped. Nothing heavy is imported: this process is to be small and soon there."""
    import contextlib
    import pwd

    from vedette.runtime.helper_door import Door
    from vedette.runtime.helper_process import ready, serve
    from vedette.runtime.log import json_log
    from vedette.runtime.service import until_stopped

    try:
        user = pwd.getpwnam(args.user)
    except KeyError:
        fix = "name the user that the agent runs as; deploy/install.sh makes vedette"
        raise ActionError("there is no such user", where=args.user, fix=fix) from None
    log = json_log("info")
    with contextlib.closing(Door(args.socket, {0, user.pw_uid}, user.pw_gid, log)) as door:
        log("helper started", {"socket": str(args.socket), "user": args.user})
        until_stopped(lambda stop: serve(ready(), [], door, stop.is_set, log))
    log("helper stopped", {})
    return 0
