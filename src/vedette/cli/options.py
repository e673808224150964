"""Arguments that several commands share, and what they mean."""

import argparse
import contextlib
import errno
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.config.tree import Tree
    from vedette.detect.intel import Known
    from vedette.model.findings import Skipped, Summary
    from vedette.parse.context import Context
    from vedette.runtime.engine import Plan
    from vedette.runtime.selfcheck import Check
    from vedette.runtime.span import Span

_AGO: Final = re.compile(r"^(\d{1,6})([smhdw])$")
_ROOM: Final = "make room, or choose another place with -o"
_UNIT: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def reading(parser: argparse.ArgumentParser, *, needed: bool = True) -> None:
    """PATH... and how to understand what is in them."""
    parser.add_argument(
        "paths", nargs="+" if needed else "*", metavar="PATH", help="file, directory, glob, or - for standard input"
    )
    parser.add_argument("--tz", default="UTC", metavar="ZONE", help="zone of time stamps that name none (default: UTC)")
    parser.add_argument("--year", type=int, metavar="YYYY", help="year of stamps that name none (default: the nearest)")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=FIELD",
        help="CSV: read column NAME as FIELD, such as source.ip",
    )
    parser.add_argument("--host", metavar="NAME", help="the machine that the logs are about, where they name none")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress on standard error")


def rules(parser: argparse.ArgumentParser) -> None:
    """Which rules run."""
    parser.add_argument(
        "--rules",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="more Sigma rules, filters, correlations; repeatable",
    )
    parser.add_argument("--no-builtin-rules", action="store_true", help="only the rules of --rules")
    placeholder(parser)


def indicators(parser: argparse.ArgumentParser) -> None:
    """--indicators."""
    parser.add_argument(
        "--indicators", action="append", default=[], type=Path, metavar="FILE",
        help="look for what this list has: text, CSV, JSON or STIX; repeatable",
    )  # fmt: skip


def listed(args: argparse.Namespace) -> "Callable[[], Known]":
    """What the lists of --indicators have."""
    from vedette.detect.intel import NOTHING

    if not args.indicators:
        return lambda: NOTHING
    from vedette.runtime.lists import of_files

    known = of_files(args.indicators)
    return lambda: known


def placeholder(parser: argparse.ArgumentParser) -> None:
    """--placeholder."""
    parser.add_argument(
        "--placeholder", action="append", default=[], metavar="NAME=VALUE",
        help="what %%NAME%% stands for in rules; repeatable, also for one name",
    )  # fmt: skip


def placeholders(args: argparse.Namespace) -> dict[str, list[str]]:
    """Values by name.

    Raises:
        VedetteError: one is not NAME=VALUE.
    """
    found: dict[str, list[str]] = {}
    for pair in args.placeholder:
        name, given, value = pair.partition("=")
        if not (name and given):
            raise VedetteError(
                f"{pair!r} is not NAME=VALUE", where="--placeholder", fix="for example --placeholder admins=root"
            )
        found.setdefault(name.strip("%"), []).append(value)
    return found


def agent(parser: argparse.ArgumentParser) -> None:
    """Which agent's data and settings."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings of the agent")
    parser.add_argument("--data", type=Path, metavar="DIR", help="data directory, in place of the one in the settings")


def tree(args: argparse.Namespace) -> "Tree":
    """The settings of that agent."""
    from vedette.config.load import find, load

    environment = {**os.environ, **({"VEDETTE_DATA_DIR": str(args.data)} if args.data else {})}
    return load(find(args.config, os.environ), environment)


def output(parser: argparse.ArgumentParser, formats: Iterable[str], default: str) -> None:
    """--format and -o."""
    parser.add_argument(
        "--format", choices=list(formats), default=default, help=f"how to write it (default: {default})"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead of standard output")


def colour(output: Path | None = None) -> bool:
    """Whether findings may be coloured: only on a terminal, and not where https://no-color.org says no."""
    return output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def level(parser: argparse.ArgumentParser) -> None:
    """--min-level."""
    from vedette.model.alert import LEVELS

    parser.add_argument("--min-level", choices=LEVELS, default="informational", help="leave out alerts below it")


def span(parser: argparse.ArgumentParser) -> None:
    """--from and --to."""
    parser.add_argument("--from", dest="since", metavar="TIME", help="leave out events before: 2026-02-01T10:00, 24h")
    parser.add_argument("--to", dest="until", metavar="TIME", help="leave out events from then on")


def spanned(args: argparse.Namespace, now: datetime) -> "Span":
    """What --from and --to mean now."""
    from vedette.runtime.span import Span

    return Span(*between(args, args.tz, now, ("--from", "--to")))


def between(
    args: argparse.Namespace, zone: str, now: datetime, names: tuple[str, str] = ("--since", "--until")
) -> tuple[datetime | None, datetime | None]:
    """The two ends of a stretch of time, which are called `names`.

    Raises:
        VedetteError: one is no time, or nothing lies between them.
    """
    since, until = (moment(text, zone, now) if text else None for text in (args.since, args.until))
    if since and until and since >= until:
        raise VedetteError(f"{names[1]} {args.until} is not after {names[0]} {args.since}", fix="exchange the two")
    return since, until


def context(args: argparse.Namespace) -> "Context":
    """What the parsers are told.

    Raises:
        VedetteError: no such zone, or a column mapping that is none.
    """
    from vedette.parse.context import Context

    try:
        ZoneInfo(args.tz)
    except (KeyError, ValueError, OSError):
        raise VedetteError(
            f"no time zone named {args.tz!r}", where="--tz", fix="write UTC, Europe/Berlin, America/New_York ..."
        ) from None
    if args.year is not None and not 1970 <= args.year <= 2200:
        raise VedetteError(
            f"{args.year} is no year that logs have", where="--year", fix="write four digits, such as 2026"
        )
    columns = []
    for pair in args.column:
        name, found, field = pair.partition("=")
        if not (name and found and field):
            raise VedetteError(
                f"{pair!r} is not NAME=FIELD", where="--column", fix="for example --column src=source.ip"
            )
        columns.append((name, field))
    return Context(reference=datetime.now(UTC), zone=args.tz, year=args.year, columns=tuple(columns), host=args.host)


def plan(args: argparse.Namespace, **settings: Any) -> "Plan":
    """The engine's plan with the rules that were asked for; complains about refused rules, and goes on without."""
    from vedette.cli.main import say
    from vedette.runtime.engine import Plan
    from vedette.runtime.rules import load

    ruleset = load(args.rules, builtin=not args.no_builtin_rules, placeholders=placeholders(args))
    refused = ruleset.refused
    if refused and not getattr(args, "quiet", False):
        for each in refused[:5]:
            say(f"vedette: {each.path}:{each.line}: rule not run: {each.reason}")
        if len(refused) > 5:
            say(
                f"vedette: and {len(refused) - 5} more rules not run: vedette rules check {' '.join(map(str, args.rules))}"
            )
    if not ruleset.rules:
        raise VedetteError(
            "there is no rule to run",
            where="--rules",
            fix="leave out --no-builtin-rules, or see: vedette rules check DIR",
        )
    return Plan(ruleset, **settings)


def days(parser: argparse.ArgumentParser) -> None:
    """--tz, of people."""
    parser.add_argument("--tz", metavar="ZONE", help="whose days are meant, such as Europe/Berlin (default: $TZ, else UTC)")


def zone(args: argparse.Namespace) -> ZoneInfo:
    """Whose days are meant."""
    name = args.tz or os.environ.get("TZ", "").removeprefix(":") or "UTC"
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        if args.tz:
            raise VedetteError(f"no time zone named {args.tz!r}", where="--tz", fix="write UTC, Europe/Berlin ...") from None
        return ZoneInfo("UTC")


def moment(text: str, zone: str, now: datetime) -> datetime:
    """A point in time: ISO 8601 (in `zone` unless it names one), or 2h, 7d, ... before `now`.

    Raises:
        VedetteError: it is neither.
    """
    ago = _AGO.match(text)
    if ago:
        return now - timedelta(seconds=int(ago[1]) * _UNIT[ago[2]])
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise VedetteError(
            f"{text!r} is no time", fix="write 2026-02-01, 2026-02-01T10:24:12+01:00, or 2h, 7d for the time since"
        ) from None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def skips(skipped: "Sequence[Skipped]") -> None:
    """What was not read, on standard error."""
    from vedette.cli.main import say
    from vedette.model.findings import listed
    from vedette.model.text import count

    unread, more = listed(skipped)
    for each in unread:
        say(f"vedette: {each}" + (f"\n  fix: {each.fix}" if each.fix else ""))
    if more:
        say(f"vedette: {count(more, 'more input')} with nothing to read\n  fix: scan --format json lists them")


def unread(skipped: "Iterable[Skipped]", paths: Sequence[str]) -> bool:
    """Whether the answer is not to be trusted: a log could not be read, or something that was named is no log."""
    from vedette.collect.listing import shown

    named = set(map(shown, paths))
    return any(each.kind == "lost" or (each.kind == "foreign" and each.path in named) for each in skipped)


def account(summary: "Summary") -> None:
    """What was not understood, and how fast it went, on standard error."""
    from vedette.cli.main import say
    from vedette.model.text import count, safe

    for each in summary.inputs:
        for reason, number in [*each.rejected.items(), *each.dropped.items()]:
            say(f"vedette: {safe(each.path)}: {number:,} × {safe(reason)}")
    seconds = max(summary.seconds, 1e-9)
    rate = summary.records / seconds
    read = f"{count(summary.records, 'record')} from {count(len(summary.inputs), 'input')}"
    say(f"vedette: {read} in {summary.seconds:.1f} s ({rate:,.0f}/s)")


def verdicts(args: argparse.Namespace, checks: "Iterable[Check]") -> bool:
    """Write checks, each as it is made, as `output` was told; whether one fails."""
    import orjson

    from vedette.model.text import safe

    failed = False
    with Sink(args.output, array=args.format == "json") as sink:
        for check in checks:
            failed = failed or check.verdict == "fail"
            fix = f"\n  fix: {check.fix}" if check.fix else ""
            text = f"{check.verdict:<4}  {check.what}: {safe(check.said, 600)}{fix}\n"
            sink.write(text if args.format == "text" else orjson.dumps(check._asdict()).decode() + "\n")
    return failed


class Progress:
    """One line on standard error that is written anew twice a second; nothing when it is not a terminal."""

    def __init__(self, quiet: bool, what: str = "records") -> None:
        self._what = what
        self._on = not quiet and sys.stderr.isatty()
        self._started = self._last = time.monotonic()

    def __call__(self, done: int, total: int, records: int) -> None:
        now = time.monotonic()
        if not self._on or now - self._last < 0.5:
            return
        self._last = now
        took = now - self._started
        text = f"{records:,} {self._what}, {records / took:,.0f}/s"
        if total and done:
            text = f"{100 * done // total:3d} %  {text}, {_left(took * (total - done) / done)} left"
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _left(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


class Sink:
    """Standard output, or a file that appears whole or not at all.

    With `array`, each write is one JSON object, and together they are one JSON array.
    """

    def __init__(self, path: Path | None, *, array: bool = False) -> None:
        self._before = "[\n" if array else ""
        self._array = array
        self._path = path
        self._part: Path | None = None
        self._file = sys.stdout
        if path is None:
            return
        try:
            # Through a link, the file that it leads to; a device or a pipe (-o /dev/null) is written as it is.
            whole = path.resolve()
            if whole.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if whole.is_file() or not whole.exists():
                self._whole, self._part = whole, whole.with_name(whole.name + ".part")
            self._file = (self._part or whole).open("w", encoding="utf-8", errors="backslashreplace", newline="")
        except (OSError, RuntimeError) as error:
            raise VedetteError(
                getattr(error, "strerror", "") or "cannot be written", where=str(path), fix="choose another place with -o"
            ) from None

    def write(self, text: str) -> None:
        """Add text.

        Raises:
            VedetteError: the disk is full or gone.
        """
        if self._array:
            text, self._before = self._before + text.rstrip("\n"), ",\n"
        self._put(text)

    def _put(self, text: str) -> None:
        try:
            self._file.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise VedetteError(
                error.strerror or "cannot be written", where=str(self._path or "standard output"), fix=_ROOM
            ) from None

    def close(self) -> None:
        """Give a file its name."""
        if self._array:
            self._put("[]\n" if self._before == "[\n" else "\n]\n")
        try:
            if self._path is None:
                self._file.flush()
                return
            self._file.close()
            if self._part:
                self._part.replace(self._whole)
                self._part = None
        except BrokenPipeError:
            raise
        except OSError as error:
            where = str(self._path or "standard output")
            raise VedetteError(error.strerror or "cannot be written", where=where, fix=_ROOM) from None

    def __enter__(self) -> "Sink":
        return self

    def __exit__(self, fault: object, *_: object) -> None:
        """Give the file its name, or when the work failed take away what was written of it."""
        try:
            if fault is None:
                self.close()
        finally:
            if self._path:
                with contextlib.suppress(OSError):
                    self._file.close()
            if self._part:
                self._part.unlink(missing_ok=True)
