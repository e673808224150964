"""Names to components. A built-in component is a file in its stage folder; a third party's is an entry point.

Listing reads file names and package metadata, once, and imports nothing; loading imports one module. Built-ins win
a name clash. Kinds: `formats`, `messages` and `documents` (parse), `network` (detect; all of them are third parties'),
`notify` (respond), `collect`, `report`, `routes` (api).
"""

import importlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Final

from vedette.model.errors import ComponentError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

FOLDERS: Final = {
    "formats": "parse/formats",
    "messages": "parse/messages",
    "documents": "parse/documents",
    "notify": "respond/notify",
    "collect": "collect/sources",
    "report": "report",
    "routes": "api/routes",
}
"""Of kinds that have built-in components."""


@cache
def _builtin(kind: str) -> frozenset[str]:
    if kind not in FOLDERS:
        return frozenset()
    folder = Path(__file__).parent / FOLDERS[kind]
    return frozenset(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


@cache
def _foreign(kind: str) -> "dict[str, EntryPoint]":
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=f"vedette.{kind}")}


def names(kind: str) -> list[str]:
    """Names of all components of a kind, sorted."""
    return sorted({*_builtin(kind), *_foreign(kind)})


def load(kind: str, name: str) -> ModuleType:
    """The component's module.

    Raises:
        ComponentError: there is none of that name, or it cannot be imported.
    """
    if name in _builtin(kind):
        return importlib.import_module(f"vedette.{FOLDERS[kind].replace('/', '.')}.{name}")
    point = _foreign(kind).get(name)
    if point is None:
        raise ComponentError(f"no {kind} component named {name!r}", fix=f"one of: {', '.join(names(kind))}")
    try:
        module = point.load()
    except Exception as error:
        raise ComponentError(
            f"{kind} component {name!r} cannot be imported: {error}", where=point.value, fix="reinstall its package"
        ) from error
    if not isinstance(module, ModuleType):
        raise ComponentError(f"{kind} component {name!r} is not a module", where=point.value)
    return module
