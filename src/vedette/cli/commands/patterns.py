r"""Show what comes again and again: how often, since when, at which hours, whether it rises, and what the next days will bring.

  vedette patterns                                            alerts by rule, the last 28 days
  vedette patterns --by source.ip --days 60
  vedette patterns --events --by event.action --where 'host.name:web1'
  vedette patterns --events --by host.name                    who fell silent yesterday
  vedette patterns --format json

Days are whole ones, as --tz counts them. What was first seen since yesterday is new; what came on one day or two is rare.
Expected is where four of five days end up: learned without being turned by a single bad day, and told after eight days.
Exit status: 0 nothing is kept, 1 something is, 2 an error.
"""

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from vedette.cli import options
from vedette.cli.main import FOUND

if TYPE_CHECKING:
    from vedette.model.pattern import Course, Pattern, Patterns, Seen

_WEEK: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What patterns can be told."""
    parser.add_argument("--events", action="store_true", help="among events, not alerts")
    parser.add_argument(
        "--by", metavar="FIELD", help="whose values are counted (default: rule.name; of events event.action)"
    )
    parser.add_argument(
        "--where", default="", metavar="QUERY", help="only what this query finds: docs/reference/query.md"
    )
    parser.add_argument(
        "--days", type=int, default=28, metavar="N", help="whole days to look at, 8 to 90 (default: 28)"
    )
    parser.add_argument("--ahead", type=int, default=3, metavar="N", help="days to foretell, 1 to 14 (default: 3)")
    parser.add_argument("--top", type=int, default=20, metavar="N", help="of each list the first N (default: 20)")
    options.days(parser)
    options.agent(parser)
    options.output(parser, ("table", "json"), "table")


def run(args: argparse.Namespace) -> int:
    """Look."""
    import msgspec

    from vedette.runtime.answers import SCHEMAS
    from vedette.runtime.patterns import BY, Asked, ended, patterns
    from vedette.search import read
    from vedette.store.store import open_store

    about: Literal["events", "alerts"] = "events" if args.events else "alerts"
    zone, now = options.zone(args), datetime.now(UTC)
    with open_store(options.tree(args).data_dir, writer=False) as store, options.Sink(args.output) as sink:
        native = store.native_fields() if args.events else ()
        where = read(args.where, SCHEMAS[about], now, native)
        until = ended(store.status(now).newest, now, args.days, zone.key)
        found = patterns(
            store, Asked(about, args.by or BY[about], until, zone.key, args.days, where, args.top, args.ahead)
        )
        for line in [msgspec.json.encode(found).decode() + "\n"] if args.format == "json" else _table(found):
            sink.write(line)
    return FOUND if found.all.count or found.all.today else 0


def _table(found: "Patterns") -> Iterator[str]:
    from vedette.model.text import count, safe

    yield f"{found.about} by {safe(found.by)}, {count(found.history, 'whole day')} before {found.until + timedelta(days=1)}\n"
    if not found.history:
        yield "nothing happened on a whole day yet: there is nothing to learn from\n"
        return
    told = (found.all, *found.recurring)
    ahead = [f"{each.day:%a %d}" for each in found.all.course.forecast]
    names = ["all" if each.value is None else safe(each.value, 80) for each in told]
    yield from _columns(("count", "days", f"{found.until:%a %d}", "trend", "when", *ahead), [_row(each) for each in told], names)
    for title, seens in (("new", found.new), ("rare", found.rare)):
        if seens:
            yield f"\n{title}\n"
            yield from (_seen(each) for each in seens)


def _row(each: "Pattern") -> tuple[str, ...]:
    course = each.course
    days = f"{each.days}/{len(each.per_day)}"
    foretold = [f"{each.low}-{each.high}" for each in course.forecast]
    return (
        str(each.count),
        days,
        str(each.per_day[-1] if each.per_day else "") + _last(course),
        _trend(course),
        _when(each),
        *foretold,
    )


def _last(course: "Course") -> str:
    return {"more": " more than usual", "less": " less than usual"}.get(course.last, "")


def _trend(course: "Course") -> str:
    return (
        f"{course.trend} {course.slope:+g}/day" if course.slope else "" if course.trend == "unknown" else course.trend
    )


def _when(each: "Pattern") -> str:
    told = []
    if each.weekdays:
        told.append(", ".join(_WEEK[day] for day in each.weekdays))
    elif each.course.weekly:
        told.append("by weekday")
    if each.hours:
        told.append(f"{each.hours[0]:02}-{each.hours[1] or 24:02} h")
    return " ".join(told)


def _seen(each: "Seen") -> str:
    from vedette.model.text import safe

    days = str(each.first) if each.first == each.last else f"{each.first} and {each.last}"
    return f"  {each.count:>8,}  {days:<25}  {safe(each.value, 120)}\n"


def _columns(heads: Sequence[str], rows: Sequence[Sequence[str]], names: Sequence[str]) -> Iterator[str]:
    table = [heads, *((*row, *[""] * (len(heads) - len(row))) for row in rows)]
    widths = [max(len(line[at]) for line in table) for at in range(len(heads))]
    for line, name in zip(table, ["", *names], strict=True):
        cells = (
            cell.rjust(width) if at == 0 else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        yield "  ".join((*cells, name)).rstrip() + "\n"
