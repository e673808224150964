"""One YAML file and the environment to one settings tree; every fault at once, each with its line.

Precedence: environment (VEDETTE_KEEP__AGE=7d; two underscores go one level down), then the file, then defaults.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ValidationError

from vedette import registry
from vedette.config.tree import Tree
from vedette.model.errors import ConfigError

PREFIX: Final = "VEDETTE_"
SYSTEM: Final = Path("/etc/vedette/vedette.yaml")
_NOT_SETTINGS: Final = frozenset({"VEDETTE_CONFIG", "VEDETTE_CACHE_DIR", "VEDETTE_DEBUG"})
LARGEST: Final = 1 << 22
"""Bytes: enough for a hundred thousand allowed networks."""
_FIX: Final = "correct the lines named; docs/reference/settings.md has every setting"
_PAIRS: Final = "settings are `key: value` pairs, indented below it"
_LIST: Final = "a list is wanted, such as [one, two]"
_WHOLE: Final = "a whole number is wanted"
_PLAIN: Final = {
    "path_type": "a path is a text such as /var/lib/vedette",
    "model_type": _PAIRS, "model_attributes_type": _PAIRS, "dict_type": _PAIRS,
    "list_type": _LIST, "tuple_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST,
    "string_type": "a text is wanted; in quotes, where it looks like something else",
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE,
    "float_type": "a number is wanted", "float_parsing": "a number is wanted",
    "bool_type": "true or false is wanted", "bool_parsing": "true or false is wanted",
    "missing": "it must be given",
}  # fmt: skip
"""What a person can do with these is more than pydantic, which thinks of Python, says."""

_KINDS: Final = {list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false"}
Loc = tuple[str | int, ...]


def find(path: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The settings file: the one named, else $VEDETTE_CONFIG, else the system's if there is one, else None."""
    if path is not None:
        return path
    named = environment.get("VEDETTE_CONFIG")
    if named:
        return Path(named)
    return SYSTEM if SYSTEM.exists() else None


def load(path: Path | None, environment: Mapping[str, str]) -> Tree:
    """The settings of a file (None: only defaults) and the environment.

    Raises:
        ConfigError: the file cannot be read, or it has faults; `faults` has all of them.
    """
    if path is None:
        return parse("", "vedette.yaml", environment)
    return parse(read(path), str(path), environment)


def read(path: Path) -> str:
    """The text of a settings file.

    Raises:
        ConfigError: it cannot be read, is too large, or is no UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        fault = f"{path}: {error.strerror}"
        raise ConfigError([fault], fix="name a readable file with --config, or leave it out for the defaults") from None
    if len(data) > LARGEST:
        raise ConfigError([f"{path}: larger than {LARGEST >> 20} MiB"], fix="a configuration is a small file")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{path}:{line}: byte 0x{data[error.start]:02x} is no UTF-8"], fix="save the file as UTF-8") from None


def parse(text: str, name: str, environment: Mapping[str, str]) -> Tree:
    """The settings in a YAML text. `name` is what errors call it.

    Raises:
        ConfigError: as `load`.
    """
    try:
        loader = yaml.SafeLoader(text)  # not the one in C: nesting without end ends the process there
        node = loader.get_single_node()
        lines, faults = _lines(node, name)
        value = None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError([f"{name}:{line}: not YAML: {error.problem}"], fix=_FIX) from None
    except RecursionError:
        raise ConfigError([f"{name}:1: not YAML: nested hundreds deep"], fix=_FIX) from None
    except (yaml.YAMLError, ValueError) as error:
        first = (str(error).splitlines() or ["damaged"])[0]
        raise ConfigError([f"{name}:1: not YAML: {first}"], fix=_FIX) from None
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise ConfigError([f"{name}:1: settings are `key: value` pairs, this is {_KINDS.get(type(value), 'one value')}"], fix=_FIX)
    origin: dict[Loc, str] = {}
    for variable in variables(environment):
        _put(value, variable, environment[variable], origin, faults)
    try:
        tree = Tree.model_validate(value)
    except ValidationError as error:
        told = [_fault(each, value, name, lines, origin) for each in error.errors()]
        faults += [text for _, text in sorted(told)]
    if faults:
        raise ConfigError(list(dict.fromkeys(faults)), fix=_FIX)
    return tree


def variables(environment: Mapping[str, str]) -> list[str]:
    """Those of the environment that are settings."""
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in _NOT_SETTINGS)


def _put(value: dict[str, Any], variable: str, raw: str, origin: dict[Loc, str], faults: list[str]) -> None:
    """Set one value from the environment; YAML spelling, so that lists and numbers can be given."""
    keys = tuple(variable.removeprefix(PREFIX).lower().split("__"))
    if keys[0] not in Tree.model_fields:
        near = difflib.get_close_matches(keys[0], Tree.model_fields, n=1)
        hint = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
        faults.append(f"environment {variable}: no setting of that name{hint}")
        return
    for key in keys[:-1]:
        inner = value.get(key)
        if not isinstance(inner, dict):
            inner = {}
            value[key] = inner
        value = inner
    try:
        value[keys[-1]] = yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError):
        value[keys[-1]] = raw
    origin[keys] = variable


def _lines(node: yaml.Node | None, name: str) -> tuple[dict[Loc, int], list[str]]:
    """Line of every key and list item, and keys that are given twice."""
    lines: dict[Loc, int] = {}
    faults: list[str] = []
    todo: list[tuple[Loc, yaml.Node]] = [((), node)] if node else []
    seen: set[int] = set()
    while todo:
        loc, current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, yaml.MappingNode):
            for key, inner in current.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue  # no setting has such a name; the loader says so, or the settings do
                place = (*loc, key.value)
                if place in lines:
                    faults.append(
                        f"{name}:{key.start_mark.line + 1}: {key.value}: given twice, first in line {lines[place]}"
                    )
                lines[place] = key.start_mark.line + 1
                todo.append((place, inner))
        elif isinstance(current, yaml.SequenceNode):
            for index, inner in enumerate(current.value):
                lines[(*loc, index)] = inner.start_mark.line + 1
                todo.append(((*loc, index), inner))
    return lines, faults


def _fault(error: Any, value: dict[str, Any], name: str, lines: dict[Loc, int], origin: dict[Loc, str]) -> tuple[int, str]:
    """(line, what is wrong there)."""
    loc: Loc = error["loc"]
    if error["type"] in ("extra_forbidden",) or "Extra inputs" in error["msg"]:
        near = difflib.get_close_matches(str(loc[-1]), _siblings(loc, value), n=1)
        what = f"no setting named {str(loc[-1])!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    else:
        got = error["input"]
        shown = f"; got {got!r:.80}" if isinstance(got, str | int | float | bool) or got is None else ""
        by = "one of" if error["type"] == "literal_error" else "should be"
        message = _PLAIN.get(error["type"]) or error["msg"].removeprefix("Value error, ").replace("Input should be", by)
        where = f"{loc[-2]}[{loc[-1]}]" if len(loc) > 1 and isinstance(loc[-1], int) else loc[-1] if loc else name
        what = f"{where}: {message[:1].lower()}{message[1:]}{shown}"
    for length in range(len(loc), 0, -1):
        if loc[:length] in origin:
            return 0, f"environment {origin[loc[:length]]}: {what}"
        if line := lines.get(loc[:length]):
            return line, f"{name}:{line}: {what}"
    return 1, f"{name}:1: {what}"


def _siblings(loc: Loc, value: Any) -> list[str]:
    """Names that would have been right where `loc` is wrong."""
    model: Any = Tree
    for key in loc[:-1]:
        value = value.get(key) if isinstance(value, dict) else value[int(key)] if isinstance(value, list) else None
        if isinstance(key, int):
            kind = "collect" if model == "sources" else "notify"
            own = ["type", "name", "time_zone", "columns"] if kind == "collect" else ["type", "name", "min_level"]
            name = value.get("type") if isinstance(value, dict) else None
            return [*own, *registry.load(kind, name).Settings.model_fields] if isinstance(name, str) else own
        if key in ("sources", "channels"):
            model = key
            continue
        field = model.model_fields.get(key)
        annotation = field.annotation if field else None
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        model = next((k for k in candidates if isinstance(k, type) and issubclass(k, BaseModel)), Tree)
    return list(model.model_fields)
