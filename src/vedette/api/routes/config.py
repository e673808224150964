"""The settings: what is in force and where it comes from, and changing the file. For administrators.

A text that has faults is refused with all of them, each with its line, and the file stays as it is. The agent looks at the
file every two seconds and takes over what it can; what takes a restart it says in its log.
"""

import difflib
import os
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from vedette.api.access import Admin
from vedette.api.place import Here, Place
from vedette.api.problem import Problem
from vedette.api.record import tell
from vedette.api.versions import fresh, must_match, version
from vedette.config import edit
from vedette.config.load import LARGEST, load, parse, read
from vedette.model.errors import ConfigError

router = APIRouter(prefix="/config", tags=["config"])


class Configuration(BaseModel):
    """`settings`: all of them. `origins`: where each comes from that is not a default. `text`: of the file, secrets hidden."""

    file: str | None
    settings: dict[str, Any]
    origins: dict[str, str]
    text: str


class Text(BaseModel):
    """A whole settings file. `(hidden)` stands for the secret that is in this place now."""

    text: Annotated[str, Field(max_length=LARGEST)]


class Change(BaseModel):
    """A setting; null where it is not."""

    before: Any
    after: Any


class Difference(BaseModel):
    """`changed`: by the name of the setting. `diff`: of the texts, unified."""

    changed: dict[str, Change]
    diff: str


@router.get("")
def get_config(_who: Admin, here: Here, request: Request, response: Response) -> Configuration:
    """What is in force, from file, environment and defaults. Its ETag is the file's."""
    text = read(here.config) if here.config else ""
    tree = load(here.config, os.environ)
    fresh(request, response, version(text))
    return Configuration(
        file=str(here.config) if here.config else None,
        settings=edit.hidden(tree.model_dump(mode="json")),
        origins=edit.origins(text, here.config.name if here.config else "", dict(os.environ)),
        text=edit.shown(text),
    )


@router.put("")
def replace_config(_who: Admin, here: Here, request: Request, given: Text) -> Difference:
    """Check a new text and write it in the place of the file; the one before is kept beside it."""
    path, before = _file(here)
    must_match(request, version(before))
    text = edit.restored(given.text, before)
    difference = _difference(before, text)
    edit.replace(path, text, dict(os.environ))
    tell(request, subject=str(path), detail=", ".join(difference.changed) or "nothing changed")
    return difference


@router.post("/check")
def check_config(_who: Admin, here: Here, given: Text) -> Difference:
    """What a new text would change; 422 with every fault and its line when it has some."""
    before = read(here.config) if here.config else ""
    return _difference(before, edit.restored(given.text, before))


@router.post("", status_code=202)
def reload_config(_who: Admin, here: Here) -> dict[str, str]:
    """Have the agent look at the file and its rules again, after checking it."""
    path, before = _file(here)
    parse(before, path.name, os.environ)
    try:
        os.utime(path)
    except OSError as error:
        raise Problem(409, f"{path}: {error.strerror}", code="config", fix="save the file once more yourself") from None
    return {"file": str(path), "told": "the agent takes it over within seconds; vedette logs says what"}


def _file(here: Place) -> tuple[Path, str]:
    if here.config is None:
        fix = "start with a file: vedette run --config vedette.yaml"
        raise Problem(409, "there is no settings file: everything is a default or from the environment", code="config", fix=fix)
    return here.config, read(here.config)


def _difference(before: str, after: str) -> Difference:
    new = _flat(parse(after, "vedette.yaml", os.environ).model_dump(mode="json"))
    try:
        old = _flat(parse(before, "vedette.yaml", os.environ).model_dump(mode="json"))
    except ConfigError:  # what is there is broken, which is why somebody sends another
        old = {}
    changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    lines = difflib.unified_diff(edit.shown(before).splitlines(True), edit.shown(after).splitlines(True), "before", "after")
    shown = {key: Change(before=_shown(key, old), after=_shown(key, new)) for key in changed}
    return Difference(changed=shown, diff="".join(lines))


def _shown(key: str, settings: dict[str, Any]) -> Any:
    return edit.hidden(settings.get(key), tuple(key.split(".")))


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {key: inner for part, below in value.items() for key, inner in _flat(below, f"{name}.{part}" if name else str(part)).items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {key: inner for index, below in enumerate(value) for key, inner in _flat(below, f"{name}.{index}").items()}
    return {name: value}
