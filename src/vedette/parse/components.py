"""The parse components in the order in which they are asked, and what asking them hands back."""

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

import polars as pl

from vedette import registry
from vedette.model.cells import Cells
from vedette.model.records import Logsource
from vedette.parse.patterns import Signs

Named = tuple[str, ModuleType]
Group = tuple[str, Logsource, pl.DataFrame]
"""Understood events: name of the component, logsource, `line` and event columns."""


class Found(NamedTuple):
    """Groups of understood events, rejections (`line`, `reason`), the rows (`line`, `raw`) that no one knew, and fields of
    events that are in no frame yet."""

    groups: list[Group]
    rejected: list[pl.DataFrame]
    unknown: pl.DataFrame
    cells: Sequence[Cells] = ()


class Asked(NamedTuple):
    """Components with a SIGN, and these signs, in their order."""

    members: tuple[Named, ...]
    signs: Signs


class Components(NamedTuple):
    """All of them. `owners`: program name -> message component; `nested`: line formats that may stand in a message."""

    lines: Asked
    nested: Asked
    tables: tuple[Named, ...]
    headers: Signs
    messages: Asked
    owners: dict[str, Named]
    documents: tuple[Named, ...]


def _order(pair: Named) -> tuple[int, str]:
    return getattr(pair[1], "ORDER", 500), pair[0]


def _asked(pairs: list[Named]) -> Asked:
    words = {module.SIGN: module.WORD for _, module in pairs if hasattr(module, "WORD")}
    return Asked(tuple(pairs), Signs([module.SIGN for _, module in pairs], words))


@cache
def components() -> Components:
    """All parse components, loaded once."""
    formats, messages, documents = (
        sorted(((name, registry.load(kind, name)) for name in registry.names(kind)), key=_order)
        for kind in ("formats", "messages", "documents")
    )
    tables = [pair for pair in formats if hasattr(pair[1], "HEADER")]
    lines = [pair for pair in formats if getattr(pair[1], "SIGN", None) is not None and pair not in tables]
    return Components(
        lines=_asked(lines),
        nested=_asked([pair for pair in lines if getattr(pair[1], "NESTED", False)]),
        tables=tuple(tables),
        headers=Signs([module.HEADER for _, module in tables], {}),
        messages=_asked([pair for pair in messages if pair[1].SIGN is not None]),
        owners={program: pair for pair in reversed(messages) for program in pair[1].PROGRAMS},
        documents=tuple(documents),
    )


def owner_of(program: str | None) -> Named | None:
    """The message component of a program, as syslog names it: `sshd`, `/usr/sbin/cron`, `postfix/smtpd`."""
    if not program:
        return None
    owners = components().owners
    name = program.lower()
    for known in (name, name.partition("/")[0], name.rpartition("/")[2]):
        if known in owners:
            return owners[known]
    return None
