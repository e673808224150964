"""How every settings class behaves, and the types that carry a unit."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


class Settings(BaseModel):
    """Unknown keys are errors; a loaded model never changes; docstrings below fields are their docs."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


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


Size = Annotated[int, BeforeValidator(_size)]
"""An amount of bytes with its unit: `512KiB`, `64MiB`, `2GB`."""
