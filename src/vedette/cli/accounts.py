"""What the commands about users, keys and the audit log share."""

import argparse
import getpass
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    from vedette.store.store import LocalStore


def recorded(store: "LocalStore", what: str, subject: str, detail: str = "") -> None:
    """What was done on the command line is in the audit log too."""
    store.audit.add(datetime.now(UTC), who=getpass.getuser(), via="cli", origin="", what=what, subject=subject, detail=detail)


def password(name: str) -> str:
    """The hash of what a person types twice, or writes as one line to standard input.

    Raises:
        VedetteError: the two differ, or it is no good.
    """
    from vedette.api.passwords import hashed

    if not sys.stdin.isatty():
        return hashed(sys.stdin.readline().rstrip("\n"), name)
    given = getpass.getpass(f"password of {name}: ")
    if getpass.getpass("once more: ") != given:
        raise VedetteError("the two are not the same", fix="try again")
    return hashed(given, name)


def needs(args: argparse.Namespace, name: str) -> str:
    """An argument that not every action takes.

    Raises:
        VedetteError: it is not there.
    """
    value = getattr(args, name)
    if not value:
        raise VedetteError(f"{args.what} needs {name.upper()}", fix=f"vedette {args.command} --help")
    return str(value)


def rows(found: Sequence[Any], columns: Sequence[str], form: str) -> Iterator[str]:
    """A table of these attributes, or everything as one JSON array."""
    import orjson

    if form == "json":
        yield orjson.dumps([asdict(each) for each in found], option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2).decode() + "\n"
        return
    from vedette.model.text import safe

    cells = [[name.upper() for name in columns], *([safe(_cell(getattr(each, name))) for name in columns] for each in found)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n"


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else str(value)
