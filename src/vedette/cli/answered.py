"""Records and summaries, as commands write them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from vedette.runtime.answers import Answer

FIELDS: Final = ("@timestamp", "host.name", "event.action", "user.name", "source.ip", "event.original")
"""Of events in a table when none are named."""
ALERT: Final = ("@timestamp", "rule.level", "alert.state", "rule.name", "message", "alert.id")
INCIDENT: Final = ("first_seen", "last_seen", "level", "state", "title", "incident.id")


def lines(form: str, found: "Answer", names: Sequence[str] | None) -> Iterator[str]:
    """All of an answer. `names`: as for records."""
    return records(form, found.rows, names) if found.shape == "records" else groups(form, found.rows)


def anything(found: "Answer") -> bool:
    """Whether something was found."""
    return any(row["value"] for row in found.rows) if found.shape == "number" else bool(found.rows)


def records(
    form: str, rows: Sequence[dict[str, Any]], names: Sequence[str] | None, *, heading: bool = True
) -> Iterator[str]:
    """Lines of records, the time first. `names`: of a table or of CSV, in order; None: all that occur."""
    if form in ("json", "jsonl"):
        yield from _objects(rows)
        return
    names = list(dict.fromkeys(name for row in rows for name in row)) if names is None else names
    if form == "csv":
        yield from _csv(rows, names, heading=heading)
        return
    from vedette.model.text import safe

    time = names[0] if names else "@timestamp"
    for row in rows:
        at = str(row.get(time) or "-")[:19].replace("T", " ")
        rest = (safe(_cell(row.get(name)), 200) for name in names[1:] if row.get(name) is not None)
        yield f"{at:<19}  {'  '.join(rest)}\n"


def groups(form: str, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Lines of a summary: its values, aligned."""
    if form in ("json", "jsonl"):
        yield from _objects(rows)
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    if form == "csv":
        yield from _csv(rows, names, heading=True)
        return
    from vedette.model.text import safe

    shown = [
        [_time(value) if isinstance(value, datetime) else safe(_cell(value), 120) for value in row.values()]
        for row in rows
    ]
    if len(names) == 1:
        yield from (f"{line[0]}\n" for line in shown)
        return
    table = [names, *shown]
    widths = [max(len(line[at]) for line in table) for at in range(len(names))]
    numbers = {at for at, name in enumerate(names) if rows and isinstance(rows[0][name], int | float)}
    for line in table:
        cells = (cell.rjust(widths[at]) if at in numbers else cell.ljust(widths[at]) for at, cell in enumerate(line))
        yield "  ".join(cells).rstrip() + "\n"


def _objects(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    import orjson

    for row in rows:
        wanted = {name: value for name, value in row.items() if value is not None}
        yield orjson.dumps(wanted, option=orjson.OPT_UTC_Z).decode() + "\n"


def _csv(rows: Sequence[dict[str, Any]], names: Sequence[str], *, heading: bool) -> Iterator[str]:
    from vedette.report.csv import row as line

    if heading and rows:
        yield line(name.removeprefix("@") for name in names)  # a spreadsheet would take @ for a formula
    for row in rows:
        yield line(_cell(row.get(name)) for name in names)


def _time(value: datetime) -> str:
    return str(value)[:19]


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        import orjson

        return orjson.dumps(value).decode()
    return "" if value is None else str(value)
