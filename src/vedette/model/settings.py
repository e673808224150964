"""How every settings class behaves, and the types that carry a unit."""

import itertools
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


class Settings(BaseModel):
    """Unknown keys are errors; a loaded model never changes; docstrings below fields are their docs (`about`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def about(kind: type[BaseModel]) -> dict[str, str]:
    """The docstring below each field, by name; whoever shows settings asks for it.

    pydantic's `use_attribute_docstrings` reads and parses the source of every class at each start: a tenth of a scan
    of one line.
    """
    import ast
    import inspect
    import textwrap

    found: dict[str, str] = {}
    for cls in reversed(kind.__mro__):
        if not (issubclass(cls, BaseModel) and cls.__module__.partition(".")[0] != "pydantic"):
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for field, doc in itertools.pairwise(body):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant) and isinstance(doc.value.value, str):
                found[field.target.id] = inspect.cleandoc(doc.value.value)
    return found


def _duration(value: Any) -> Any:
    if isinstance(value, str) and value[-1:] in SECONDS and value[:-1].isdigit():
        return timedelta(seconds=int(value[:-1]) * SECONDS[value[-1]])
    if isinstance(value, timedelta):
        return value
    raise ValueError("write a number and a unit: 30s, 5m, 12h or 7d")


def _show_duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit in ("d", "h", "m"):
        if seconds and seconds % SECONDS[unit] == 0:
            return f"{seconds // SECONDS[unit]}{unit}"
    return f"{seconds}s"


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(_show_duration)]
"""A span of time with its unit: `30s`, `5m`, `12h`, `7d`."""


def _size(value: Any) -> Any:
    if isinstance(value, str):
        number = value.rstrip("kKMGiB")
        unit = value[len(number) :]
        if number.isdigit() and unit in BYTES:
            return int(number) * BYTES[unit]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("write a number and a unit: 512KiB, 64MiB or 2GB")


def _show_size(value: int) -> str:
    number, unit = min((value // each, unit) for unit, each in BYTES.items() if value % each == 0)
    return f"{number}{unit}"


Size = Annotated[int, BeforeValidator(_size), PlainSerializer(_show_size)]
"""An amount of bytes with its unit: `512KiB`, `64MiB`, `2GB`."""
