r"""Windows events as XML, one record each: wevtutil, Event Viewer, NXLog's EventXml, syslog senders.

    <Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="..."/><EventID>4625 ...

Event Viewer's copies begin with `- <Event`, its tree's minus signs left in. Source: Windows Event Schema.
Documents with a DTD are refused: no event has one, and its entities could grow without bound.
"""

import re
from typing import Final
from xml.etree import ElementTree

import polars as pl

from vedette.model.records import Json, Logsource
from vedette.parse import windows
from vedette.parse.columns import Columns
from vedette.parse.context import Context, Read

ORDER: Final = 20
NESTED: Final = True
SIGN: Final = r"^(?:- ?)?(?:<\?xml[^>]*\?>\s*)?<Event[ >]"

# Between elements only: a minus sign that Event Viewer shows for an open branch.
_BRANCH: Final = re.compile(r"(^|>)\s*- ?<")
_DTD: Final = ("<!DOCTYPE", "<!ENTITY", "<!doctype", "<!entity")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


def read(frame: pl.DataFrame, context: Context) -> Read:
    """Native names and the schema's; what is no well-formed event is rejected with the parser's reason."""
    by_source: dict[Logsource, Columns] = {}
    bad = []
    for line, raw in frame.select("line", "raw").iter_rows():
        try:
            native = _native(raw)
            source = windows.LINUX if native.get("Provider_Name") == "Linux-Sysmon" else windows.LOGSOURCE
            by_source.setdefault(source, Columns()).add(line, windows.event(native))
        except (ElementTree.ParseError, ValueError) as error:
            bad.append((line, f"broken Windows XML: {error}"))
    rejected = pl.DataFrame(bad, schema={"line": pl.Int64(), "reason": pl.String()}, orient="row")
    return Read([(source, columns.frame(context)) for source, columns in by_source.items() if columns.lines], rejected)


def _native(raw: str) -> Json:
    if any(mark in raw for mark in _DTD):
        raise ValueError("a document type definition")
    text = _CONTROL.sub("", raw).strip()
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  no DTD comes this far
    except ElementTree.ParseError:
        root = ElementTree.fromstring(_BRANCH.sub(r"\1<", text))  # noqa: S314
    native: Json = {}
    data: Json = {}
    bare: list[str] = []
    for section in root:
        name = _local(section.tag)
        if name == "System":
            _system(section, native)
        elif name == "EventData":
            _data(section, data, bare)
        elif name == "UserData":
            for inner in section:
                _data(inner, data, bare)
        elif name == "RenderingInfo":
            message = next((e.text for e in section if _local(e.tag) == "Message"), None)
            if message:
                native["message"] = message
    if bare:
        data.setdefault("Data", " ".join(bare))
    if "EventID" not in native:
        raise ValueError("no EventID")
    return data | native


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _system(section: ElementTree.Element, native: Json) -> None:
    for element in section:
        name = _local(element.tag)
        for key, value in element.attrib.items():
            native[f"{name}_{key}"] = value
        if element.text and element.text.strip():
            native[name] = element.text.strip()


def _data(section: ElementTree.Element, data: Json, bare: list[str]) -> None:
    for element in section:
        name, text = element.get("Name"), "".join(element.itertext())
        if _local(element.tag) != "Data":
            name = name or _local(element.tag)
        if name is None:
            if text:
                bare.append(text)
        elif name not in windows.RESERVED:
            data.setdefault(name, text)
