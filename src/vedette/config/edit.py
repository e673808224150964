"""Changing the settings file: what was read is shown without its secrets, and written back with them; whole or not at all.

Settings name where a secret is (`key_env`, `key_file`) rather than holding it. A component of a third party, or an address
with a password in it, may do otherwise: such values are shown as `(hidden)`, and one that comes back as `(hidden)` is what
it was. The address of a webhook is a secret itself (who knows it may post): it is shown as `https://host/(hidden)`.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import yaml

from vedette.config.load import LARGEST, PREFIX, parse, variables
from vedette.model.errors import ConfigError

HIDDEN: Final = "(hidden)"
_NAMES: Final = re.compile(r"(?i)(^|[-_])(pass|password|passwd|passphrase|secret|token|api_?key|key|credentials?|authorization)$")
_ADDRESS: Final = re.compile(r"(?i)^[a-z][a-z0-9+.-]*://[^/?#\s@]*:[^/?#\s@]+@")
_CHANNELS: Final = "channels"
"""Below this setting are addresses that are posted to: of those all behind the host is hidden."""
_PUBLIC: Final = frozenset({"base_url", "issuer"})
"""Names of addresses that are no secret, however long their path is."""
_MASKED: Final = re.compile(r"(?i)(https?://[^/?#\s]+/)?" + re.escape(HIDDEN))
_WEB: Final = re.compile(r"(?i)^(https?://[^/?#\s\"\\]+)([/?#].*)$", re.DOTALL)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_~:.-]{20,}")
"""A piece of a path or query so long is nobody's word."""
BACKUP: Final = ".before"
"""What the file is called that was there before the last change."""

Loc = tuple[str, ...]


def hidden(value: Any, loc: Loc = ()) -> Any:
    """Settings, or those at this place, as they may be shown."""
    if isinstance(value, dict):
        return {key: hidden(inner, (*loc, str(key))) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [hidden(inner, (*loc, str(index))) for index, inner in enumerate(value)]
    return _masked(loc, value) if isinstance(value, str) else value


def shown(text: str) -> str:
    """A settings file as it may be shown; comments stay, so that nobody should write a secret into one."""
    # By where it stands: an alias (*name) is a second place of one value.
    masked: dict[tuple[int, int], str] = {}
    for loc, node in _scalars(text):
        if (mask := _masked(loc, node.value)) != node.value:
            masked[node.start_mark.index, node.end_mark.index] = mask
    for (start, end), mask in sorted(masked.items(), reverse=True):
        text = text[:start] + f'"{mask}"' + text[end:]
    return text


def restored(text: str, before: str) -> str:
    """A changed text with the secrets of the one before.

    Raises:
        ConfigError: `(hidden)` where nothing was, or at another host than the secret was for.
    """
    found = {loc: (before[node.start_mark.index : node.end_mark.index], node.value) for loc, node in _scalars(before)}
    places = {node.start_mark.index: (loc, node) for loc, node in _scalars(text) if _MASKED.fullmatch(node.value)}
    for _, (loc, node) in sorted(places.items(), reverse=True):
        if loc not in found or node.value not in (HIDDEN, _masked(loc, found[loc][1])):
            fault = f"line {node.start_mark.line + 1}: {HIDDEN} stands for a secret that was in this place, and there was none"
            raise ConfigError([fault], fix="write the secret, or better where it is: key_file, key_env")
        text = text[: node.start_mark.index] + found[loc][0] + text[node.end_mark.index :]
    return text


def origins(text: str, name: str, environment: dict[str, str]) -> dict[str, str]:
    """Where each setting comes from that is not a default: `keep.age` -> `vedette.yaml:12` or `environment VEDETTE_KEEP__AGE`."""
    found = {".".join(loc): f"{name}:{node.start_mark.line + 1}" for loc, node in _scalars(text)}
    return found | {
        ".".join(variable.removeprefix(PREFIX).lower().split("__")): f"environment {variable}" for variable in variables(environment)
    }


def replace(path: Path, text: str, environment: dict[str, str]) -> None:
    """Check a text and put it in the place of the settings file; the one before is kept beside it (BACKUP).

    Raises:
        ConfigError: it has faults, or cannot be written; the file is as it was.
    """
    if len(text.encode()) > LARGEST:
        raise ConfigError([f"{path}: larger than {LARGEST >> 20} MiB"], fix="a configuration is a small file")
    parse(text, path.name, environment)
    part, backup = path.with_name(f".{path.name}.part"), path.with_name(path.name + BACKUP)
    try:
        kept = path.stat()
        _write(backup, path.read_bytes(), kept)
        _write(part, text.encode(), kept)
        part.replace(path)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        part.unlink(missing_ok=True)
        fix = "let the user that runs vedette serve write this file and its directory, or edit it there"
        raise ConfigError([f"{path}: {error.strerror}"], fix=fix) from None


def _write(path: Path, data: bytes, like: os.stat_result) -> None:
    path.unlink(missing_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "wb") as file:
        with suppress(PermissionError):
            os.fchown(number, like.st_uid, like.st_gid)
        os.fchmod(number, like.st_mode & 0o777)
        file.write(data)
        file.flush()
        os.fsync(number)


def _name(loc: Loc) -> str:
    """Of the setting; that of its list, of what stands in one."""
    return next((part for part in reversed(loc) if not part.isdigit()), "")


def _secret(name: str, value: str) -> bool:
    return bool(value) and bool(_NAMES.search(name) or _ADDRESS.match(value))


def _masked(loc: Loc, value: str) -> str:
    """As it may be shown."""
    name = _name(loc)
    if _secret(name, value):
        return HIDDEN
    address = _WEB.match(value)
    if address is None or address[2] == "/" or name in _PUBLIC:
        return value
    return f"{address[1]}/{HIDDEN}" if loc[:1] == (_CHANNELS,) or _TOKEN.search(address[2]) else value


def _scalars(text: str) -> Iterator[tuple[Loc, yaml.ScalarNode]]:
    """Every scalar with its place; nothing of a text that is not YAML."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    todo: list[tuple[Loc, yaml.Node]] = [((), root)] if root else []
    seen: set[int] = set()
    while todo:
        loc, node = todo.pop()
        if isinstance(node, yaml.ScalarNode):
            yield loc, node
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            todo += [((*loc, str(key.value)), inner) for key, inner in node.value]
        elif isinstance(node, yaml.SequenceNode):
            todo += [((*loc, str(index)), inner) for index, inner in enumerate(node.value)]
