"""Look at the packets of network interfaces as they come, or write them to a capture file.

Without -o, packets are judged live, as vedette scan judges those of a file, and alerts are printed as they come. An attack
that goes on is told again when it has grown. Needs root, or the right CAP_NET_RAW.

  vedette capture --list                                which interfaces are there?
  vedette capture -i eth0                               what happens on it? Ctrl-C ends it
  vedette capture -i eth0 -i eth1 --format jsonl        for a program
  vedette capture -i eth0 -o today.pcap --seconds 60    for later: vedette scan today.pcap
  vedette capture -i eth0 -o net.pcap --rotate 100MB --files 20 --snap 256

Exit status: 0, 1 when there were alerts, 2 on an error, such as an interface that vanished.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vedette.cli import options
from vedette.cli.main import ERROR, FOUND, say
from vedette.model.errors import SourceError, VedetteError

if TYPE_CHECKING:
    from vedette.collect.ring import Ring
    from vedette.model.alert import Alert
    from vedette.model.packets import PacketBatch

_FILES = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    """What capture can be told."""
    parser.add_argument(
        "-i", "--interface", action="append", default=[], metavar="NAME", help="which interface; repeatable"
    )
    parser.add_argument("--list", action="store_true", help="list the interfaces")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the packets there (pcap), and do not judge them"
    )
    parser.add_argument("--rotate", type=_size, default=0, metavar="SIZE", help="begin a new file at 512KiB, 64MB, 2GB")
    parser.add_argument(
        "--files", type=_positive, metavar="N", help=f"with --rotate: keep so many files (default: {_FILES})"
    )
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="stop after that time")
    parser.add_argument("--packets", type=_positive, metavar="N", help="stop after so many packets")
    parser.add_argument("--snap", type=_positive, default=0, metavar="BYTES", help="keep only so much of each packet")
    parser.add_argument("--promiscuous", action="store_true", help="also what is addressed to other machines")
    parser.add_argument("--format", choices=("text", "jsonl"), default="text", help="how to print (default: text)")
    options.rules(parser)
    options.level(parser)


def run(args: argparse.Namespace) -> int:
    """Capture."""
    from vedette.collect import ring
    from vedette.collect.interfaces import Settings, open_ring
    from vedette.runtime.capture import captured

    if args.list:
        return _list(args.format)
    if not args.interface:
        raise VedetteError("which interface?", where="-i", fix="vedette capture --list")
    if not args.output and (args.rotate or args.files):
        raise VedetteError("there is no file to rotate", where="--rotate", fix="say where to write with -o FILE.pcap")
    if args.files and not args.rotate:
        raise VedetteError(
            "there is only one file", where="--files", fix="say with --rotate SIZE when to begin another"
        )
    settings = Settings(snap=args.snap, promiscuous=args.promiscuous)
    names = list(dict.fromkeys(args.interface))
    for name in names:  # what is wrong is told at once, not after everything was compiled
        open_ring(name, settings._replace(ring=0))[0].close()
    gone = 0
    with ExitStack() as open_now:
        # What takes its time (rules, compiling) is done before the first packet waits.
        ring.warm()
        use: _Writing | _Judging = _Writing(args) if args.output else _Judging(args)
        open_now.enter_context(use)
        stopped = open_now.enter_context(_signals())
        rings = []
        for name in names:
            opened, geometry = open_ring(name, settings)
            rings.append(open_now.enter_context(ring.Ring(opened, name, geometry)))
        say(f"vedette: capturing {', '.join(names)}; Ctrl-C ends it")
        until = None if args.seconds is None else time.monotonic() + args.seconds
        room = args.packets

        def stop() -> bool:
            return stopped() or room == 0 or (until is not None and time.monotonic() >= until)

        for item in captured(rings, stop):
            if isinstance(item, SourceError):
                gone += 1
                say(f"vedette: {item}")
                continue
            if item is not None and room is not None:
                item = item.part(0, min(room, len(item.at)))
                room -= len(item.at)
            use(item)
        _account(rings)
    return use.status or (ERROR if gone else 0)


class _Writing:
    """Packets go to a file."""

    status = 0

    def __init__(self, args: argparse.Namespace) -> None:
        from vedette.collect.capture_write import CaptureFile
        from vedette.runtime import warm

        warm.writing()
        self._file = CaptureFile(args.output, rotate=args.rotate, files=args.files or _FILES)

    def __call__(self, batch: "PacketBatch | None") -> None:
        if batch is not None:
            self._file.write(batch)

    def __enter__(self) -> "_Writing":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        if self._file.foreign:
            say(
                f"vedette: {self._file.foreign:,} packets of another link type not written\n"
                "  fix: a file has one link type: capture such interfaces one by one"
            )


class _Judging:
    """Packets are judged, and alerts printed."""

    def __init__(self, args: argparse.Namespace) -> None:
        import secrets

        from vedette.runtime import warm
        from vedette.runtime.capture import Live
        from vedette.runtime.engine import Engine

        self.status = 0
        self._format = args.format
        self._live = Live(Engine(options.plan(args, min_level=args.min_level), seed=secrets.randbits(64)))
        warm.judging()

    def __call__(self, batch: "PacketBatch | None") -> None:
        now = time.monotonic()
        self._tell(self._live.due(now) if batch is None else self._live.feed(batch, now))

    def _tell(self, alerts: "list[Alert]") -> None:
        if not alerts:
            return
        from vedette.model.text import safe

        if self._format == "jsonl":
            import msgspec

            lines = [msgspec.json.encode(alert).decode() for alert in alerts]
        else:
            lines = [f"{a.timestamp:%Y-%m-%d %H:%M:%S} {a.level:<13} {a.rule_name}: {safe(a.message)}" for a in alerts]
        self.status = FOUND
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()

    def __enter__(self) -> "_Judging":
        return self

    def __exit__(self, fault: object, *_: object) -> None:
        if fault is None:
            self._tell(self._live.rest())


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """Whether a signal asked to stop. The first one lets the work in hand be finished, a second one does not."""
    before: dict[signal.Signals, Any] = {}
    asked: list[int] = []

    def note(number: int, _frame: object) -> None:
        asked.append(number)
        signal.signal(number, before[signal.Signals(number)])

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, note)
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _account(rings: "Sequence[Ring]") -> None:
    """Packets, and what was lost of them."""
    from vedette.model.text import count

    for ring in rings:
        seen = ring.statistics()
        lost = f", {seen.damaged:,} damaged in the ring" if seen.damaged else ""
        fix = "\n  fix: keep less of each packet with --snap" if seen.drops else ""
        say(f"vedette: {ring.name}: {count(seen.packets, 'packet')}, {seen.drops:,} dropped by the kernel{lost}{fix}")


def _list(form: str) -> int:
    import orjson

    from vedette.collect.interfaces import interfaces
    from vedette.model.text import safe

    for each in interfaces():
        state = "up" if each.up else "down"
        kind = _HARDWARE.get(each.hardware, f"hardware type {each.hardware}")
        line = f"{safe(each.name):<16} {state:<5} {kind}"
        if form == "jsonl":
            line = orjson.dumps({"name": each.name, "state": state, "hardware": each.hardware}).decode()
        sys.stdout.write(line + "\n")
    return 0


_HARDWARE = {1: "Ethernet", 772: "loopback", 65534: "IP", 512: "PPP", 768: "IP tunnel", 776: "IPv6 in IPv4", 778: "GRE"}


def _size(text: str) -> int:
    from pydantic import TypeAdapter, ValidationError

    from vedette.model.settings import Size

    try:
        size = TypeAdapter(Size).validate_python(text)
    except ValidationError:
        size = 0
    if size <= 0:
        raise argparse.ArgumentTypeError("write a number and a unit: 512KiB, 64MiB or 2GB")
    return size


def _positive(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1 << 31):
        raise argparse.ArgumentTypeError("write a whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError("write a number of seconds above 0")
    return seconds
