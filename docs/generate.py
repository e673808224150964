"""Writes docs/reference/ from the code, so that the pages cannot say what the program does not do.

python docs/generate.py            write
python docs/generate.py --check    exit 1 when a page is not what the code says
"""

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

os.environ["COLUMNS"] = "100"

import orjson
from pydantic import BaseModel, TypeAdapter

from vedette import registry
from vedette.cli.main import commands, parser_of
from vedette.config.tree import ChannelEntry, SourceEntry, Tree
from vedette.model.fields import FIELDS
from vedette.model.settings import about
from vedette.runtime.rules import load

REFERENCE = Path(__file__).parent / "reference"
HEAD = "<!-- written by docs/generate.py: change the code, then run `make docs` -->\n"


def first_paragraph(text: str | None) -> str:
    """The first paragraph of a docstring, as one line."""
    return " ".join(inspect.cleandoc(text or "").split("\n\n")[0].split())


def cli() -> Iterator[str]:
    yield "# Commands\n"
    for name in commands():
        yield f"## vedette {name}\n\n```\n{parser_of(name).format_help()}```\n"


def type_name(kind: Any) -> str:
    """A type in words that say what to write."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is NoneType:
        return "null"
    if origin is Annotated:
        words = {"_duration": "duration", "_size": "size"}
        marks = (getattr(getattr(mark, "func", None), "__name__", "") for mark in kind.__metadata__)
        return next((words[mark] for mark in marks if mark in words), type_name(inner[0]))
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin in (Union, UnionType):
        return " or ".join(type_name(one) for one in inner)
    if origin in (tuple, list):
        return f"list of {type_name(inner[0])}"
    if origin is dict:
        return f"{type_name(inner[0])} to {type_name(inner[1])}"
    words = {"str": "text", "bool": "true or false", "int": "number", "float": "number", "Path": "path"}
    return words.get(kind.__name__, kind.__name__)


def default_of(field: Any) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return ""
    if field.default_factory is not None and value:
        return "computed"
    # As a person writes it: 5m, 64MiB, true, [].
    written = TypeAdapter(Annotated[field.annotation, *field.metadata]).dump_python(value, mode="json") if field.metadata else value
    if isinstance(written, float) and written.is_integer():
        written = int(written)
    if isinstance(written, str) and written:
        return f"`{written}`"
    return f"`{orjson.dumps(written).decode()}`"


def nested(kind: Any) -> type[BaseModel] | None:
    return next((k for k in (kind, *get_args(kind)) if isinstance(k, type) and issubclass(k, BaseModel)), None)


def model(title: str, kind: type[BaseModel], skip: frozenset[str] = frozenset()) -> Iterator[str]:
    yield f"## {title}\n\n{first_paragraph(kind.__doc__)}\n\n| setting | type | default | what it is |\n|---|---|---|---|"
    inner = []
    told = about(kind)
    for name, field in kind.model_fields.items():
        if name in skip:
            continue
        below = nested(field.annotation)
        if below and below not in (SourceEntry, ChannelEntry):
            inner.append((name, below))
        what = first_paragraph(told.get(name)) or (first_paragraph(below.__doc__) if below else "")
        shown = (
            "settings"
            if below
            else type_name(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
        )
        yield f"| `{name}` | {shown} | {default_of(field)} | {what.replace('|', chr(92) + '|')} |"
    yield ""
    for name, below in inner:
        yield from model(f"{title}.{name}" if title != "Top level" else name, below)


def settings() -> Iterator[str]:
    yield "# Settings\n\nOne YAML file; every setting also by environment: `VEDETTE_KEEP__AGE=7d`. See `vedette config show`.\n"
    yield from model("Top level", Tree)
    yield from model("Every source", SourceEntry, frozenset({"settings"}))
    for name in registry.names("collect"):
        module = registry.load("collect", name)
        yield from model(f"Source type {name}", module.Settings)
    yield from model("Every channel", ChannelEntry, frozenset({"settings"}))
    for name in registry.names("notify"):
        yield from model(f"Channel type {name}", registry.load("notify", name).Settings)


def formats() -> Iterator[str]:
    yield "# Formats\n\nEach is recognised from the record itself. Samples: `tests/data/parse/<name>/`.\n"
    about = {
        "formats": "Lines of text",
        "messages": "Messages of programs, inside syslog, the journal, Docker and other envelopes",
        "documents": "JSON objects",
    }
    for kind, title in about.items():
        yield f"## {title}\n\n| name | what it is |\n|---|---|"
        for name in registry.names(kind):
            yield f"| `{name}` | {first_paragraph(registry.load(kind, name).__doc__).replace('|', chr(92) + '|')} |"
        yield ""


def fields() -> Iterator[str]:
    yield "# Fields of an event\n\nFlat ECS names. What a source calls its own fields stays beside them, as text.\n"
    yield "| field | type | about |\n|---|---|---|"
    for name, field in FIELDS.items():
        yield f"| `{name}` | {str(field.type).replace('|', chr(92) + '|')} | {field.about.replace('|', chr(92) + '|')} |"


def rules() -> Iterator[str]:
    ruleset = load([])
    yield f"# Built-in rules\n\n{len(ruleset.rules)} rules; each with samples beside it in `src/vedette/rules/`.\n"
    yield "| level | rule | ATT&CK | id |\n|---|---|---|---|"
    for rule in sorted(ruleset.rules, key=lambda r: (Path(r.path).parent.name, r.name)):
        family = Path(rule.path).parent.name
        yield f"| {rule.level} | {family}: {rule.name.replace('|', chr(92) + '|')} | {' '.join(rule.techniques)} | `{rule.id}` |"


PAGES = {"cli": cli, "settings": settings, "formats": formats, "fields": fields, "rules": rules}


def render(name: str) -> str:
    """The text of one page."""
    return HEAD + "\n".join(PAGES[name]()).rstrip() + "\n"


def main() -> int:
    stale = []
    for name in PAGES:
        path, text = REFERENCE / f"{name}.md", render(name)
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in sys.argv:
            REFERENCE.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    if stale:
        sys.stdout.write(f"{'stale' if '--check' in sys.argv else 'written'}: {', '.join(stale)}\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    raise SystemExit(main())
