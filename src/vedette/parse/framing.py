r"""From lines to records: multi-line records joined, one JSON document of many records cut up.

    <Event xmlns=...>          Windows XML, indented over many lines, to </Event>; several on one line are cut
    {                          a JSON object over many lines, to its closing brace
    {"Records": [{...},{...}]} one document, many records: cut to its elements; also a JSON array on one line
    [                          of an array over many lines each object is a record, the brackets are left over
    "a","b                     a row of a table with a header, whose quoted cell goes on over the next lines
    __CURSOR=...               a block of journalctl -o export, to the empty line; binary fields by their length

A joined record has the number and offset of its first line. An element has the offset at which it begins, and moves
the numbers of all that follows it, so that numbers stay unique and ascending.

A record that is still open at the end of a batch waits in the carry, but never more than LIMIT characters of it: what
grows longer, or goes on as its kind cannot, comes out line by line. Stack traces are not joined to the line above
them: whether a line goes on shows only with the next one, so every last line would have to wait.
"""

import csv
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import polars as pl

from vedette.model.records import LISTS, RECORD, Json
from vedette.parse.patterns import matches

LIMIT: Final = 8 << 20
ROW: Final = 1000
"""Lines of one row of a table."""
SEPARATORS: Final = ",;\t|"
_COLUMN: Final = re.compile(r"[#A-Za-z_@][^,;\t|\"=]{0,63}")

_TRIGGER: Final = (
    r"^\s*(?:\{(?s:.*)\},?\s*$|\[\s*(?:\{(?s:.*)|)$|<(?:Events?[\s>]|\?xml)|__CURSOR=)"
    r"|^\s*\{(?s:.*)[^}\s]\s*$|^\s*\{\s*$|<Event[\s>]"
)
_OPENS, _CLOSES = r"^\s*\{", r"\}\s*$"
_LISTING: Final = rf'^\s*\{{\s*"(?:{"|".join(LISTS)}|kind|@odata\.context)"\s*:\s*(?:\[|"(?:EventList|https?:))'

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_GOES_ON: Final = re.compile(r'\s*(?:"|[{}\[\],:]|(?:-?[0-9][0-9.eE+-]*|true|false|null)\s*[,}\]]*\s*$|$)')
_CONTAINER: Final = re.compile(rf'\s*\{{?\s*"(?:{"|".join(LISTS)})"\s*:\s*\[\s*$')
_OPENS_LIST: Final = re.compile(rf'\s*\{{\s*"(?:{"|".join(LISTS)})"\s*:\s*\[\s*$')
_ESCAPED: Final = re.compile(r"\\x[89a-f][0-9a-f]")
_NAME_ONLY: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,63}$")
_EVENT: Final = re.compile(r"<Event[\s>].*?</Event>", re.DOTALL)

_AROUND: Final = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<Events[^>]*>)?\s*(?:</Events>)?\s*")

_Line = tuple[int, int, str]


class Framed(NamedTuple):
    """`records`: as RECORD, `line` unique and ascending; `held`: lines kept back minus lines released."""

    records: pl.DataFrame
    carry: Json
    held: int


class _Open(NamedTuple):
    """A record that is not yet whole: `kind` xml, json, row or export; `depth` of brackets, or bytes that a binary field
    still lacks (-1: its length is not read yet)."""

    kind: str
    lines: list[_Line]
    size: int
    depth: int


def frame(lines: pl.DataFrame, carry: Json, *, last: bool) -> Framed:
    """Lines to records.

    Args:
        carry: what this function returned before; `{}` at first.
        last: nothing follows: what is open is given out.
    """
    shift: int = carry.get("shift", 0)
    waiting: list[list[int | str]] = carry.get("lines", [])
    table: list[int | str] | None = carry.get("table")
    if lines.height and lines["line"][0] == 1:
        table = _table(lines["raw"][0] or "")
        carry = carry | {"table": table} if table else carry
    open_cells = table is not None and bool((lines["raw"].str.count_matches('"', literal=True) % 2 == 1).any())
    if not waiting and not open_cells and not _any_special(lines["raw"]):
        moved = lines.with_columns(pl.col("line") + shift) if shift else lines
        kept = {name: carry[name] for name in ("shift", "table") if carry.get(name)}
        return Framed(moved, {} if last else kept, 0)
    machine = _Machine(shift, carry)
    rows: list[_Line] = []
    for line in lines.iter_rows():
        rows += machine.feed(line)
    if last:
        rows += machine.release()
    held = len(machine.open.lines) if machine.open else 0
    records = pl.DataFrame(rows, schema=RECORD, orient="row")
    return Framed(records, {} if last else machine.carry(), held - len(waiting))


def _table(first: str) -> list[int | str] | None:
    """Number of columns and separator, where the first line of a source is the header of a table; else None."""
    separator = max(SEPARATORS, key=first.count)
    if first.count(separator) < 2:
        return None
    cells = _cells(first.lstrip("\ufeff"), separator)
    return [len(cells), separator] if cells and all(_COLUMN.fullmatch(cell.strip()) for cell in cells) else None


def _cells(text: str, separator: str) -> list[str]:
    """Of one row; empty when it is none."""
    try:
        rows = list(csv.reader(text.replace("\0", "").splitlines(keepends=True), delimiter=separator))
    except csv.Error:
        return []
    return rows[0] if len(rows) == 1 else []


def _any_special(raw: pl.Series) -> bool:
    """Whether a line is more, or less, than one record; ordinary JSON lines are not."""
    starts = raw.str.contains(r"^[\t ]*(?:[\[{_]|<[A-Za-z?])").fill_null(False)
    if not starts.any():
        # An XML record may stand behind an envelope; it is whole there, or nothing joins it.
        return False
    some = raw.filter(starts)
    # Ordinary documents, which are most, are put aside first: the other expressions walk over the whole line.
    ordinary = matches(some, _OPENS) & matches(some, _CLOSES) & ~matches(some, _LISTING)
    return bool(matches(some.filter(~ordinary), _TRIGGER).any()) if not ordinary.all() else False


class _Machine:
    """Joins and cuts, line by line. `feed` gives out what is whole by then."""

    def __init__(self, shift: int, carry: Json) -> None:
        self.shift = shift
        self.table: list[int | str] | None = carry.get("table")
        self.open: _Open | None = None
        if carry.get("lines"):
            lines = [(int(a), int(b), str(c)) for a, b, c in carry["lines"]]
            self.open = _Open(carry["kind"], lines, sum(len(c) + 1 for _, _, c in lines), carry["depth"])

    def carry(self) -> Json:
        """What a later machine goes on from."""
        made: Json = {"shift": self.shift} if self.shift else {}
        made |= {"table": self.table} if self.table else {}
        if self.open:
            made |= {
                "kind": self.open.kind,
                "depth": self.open.depth,
                "lines": [list(line) for line in self.open.lines],
            }
        return made

    def feed(self, line: _Line) -> Iterator[_Line]:
        """Records that this line completes."""
        text = line[2]
        if self.open is None and self.table and text.count('"') % 2:
            self.open = _Open("row", [line], len(text), 0)
        elif self.open is None:
            yield from self._start(line)
        elif self.open.kind == "row":
            yield from self._row(line)
        elif self.open.kind == "json":
            yield from self._json(line)
        elif self.open.kind == "xml":
            if "<Event " in text or "<Event>" in text:
                yield from self.release()
                yield from self._start(line)
            else:
                yield from self._add(line, 0, whole="</Event>" in text)
        else:
            yield from self._export(line)

    def release(self) -> Iterator[_Line]:
        """What is open, line by line; a block of the journal is whole when nothing follows."""
        if self.open and self.open.kind == "export":
            yield from self._whole()
        elif self.open:
            lines, self.open = self.open.lines, None
            yield from (self._placed(line) for line in lines)

    def _placed(self, line: _Line) -> _Line:
        return line[0] + self.shift, line[1], line[2]

    def _start(self, line: _Line) -> Iterator[_Line]:
        text = line[2].strip()
        if text.startswith("{"):
            if text.endswith("},"):
                yield self._placed((line[0], line[1], text[:-1]))
            elif text.endswith("}"):
                yield from self._elements(line)
            elif _OPENS_LIST.match(text):
                yield self._placed(line)
            else:
                self.open = _Open("json", [line], len(text), _depth(text))
                if self.open.depth <= 0:
                    yield from self.release()
        elif text.startswith("[") and text.endswith("]") and text[1:].lstrip().startswith("{"):
            yield from self._elements(line)
        elif text.startswith("[") and text[1:].lstrip().startswith("{") and not text.endswith("]"):
            self.open = _Open("json", [line], len(text), _depth(text))
        elif text.startswith("<") and ("<Event " in text or "<Event>" in text):
            if "</Event>" in text:
                yield from self._elements(line)
            else:
                self.open = _Open("xml", [line], len(text), 0)
        elif text.startswith("__CURSOR="):
            self.open = _Open("export", [line], len(text), 0)
        else:
            yield self._placed(line)

    def _add(self, line: _Line, depth: int, *, whole: bool) -> Iterator[_Line]:
        assert self.open is not None  # noqa: S101 - the callers have asked
        self.open.lines.append(line)
        self.open = self.open._replace(size=self.open.size + len(line[2]) + 1, depth=depth)
        if whole:
            yield from self._whole()
        elif self.open.size > LIMIT:
            lines, self.open = self.open.lines, None
            yield from (self._placed(one) for one in lines)

    def _whole(self) -> Iterator[_Line]:
        assert self.open is not None  # noqa: S101 - the callers have asked
        lines, self.open = self.open.lines, None
        text = "\n".join(raw for _, _, raw in lines)
        yield from self._elements((lines[0][0], lines[0][1], text))

    def _json(self, line: _Line) -> Iterator[_Line]:
        assert self.open is not None  # noqa: S101 - the caller has asked
        text = line[2]
        before = self.open.lines[-1][2].rstrip()
        stranger = text.lstrip().startswith("{") and not before.endswith(("[", ",", ":"))
        if stranger or not _GOES_ON.match(text):
            yield from self.release()
            yield from self._start(line)
            return
        if len(self.open.lines) < 3 and _CONTAINER.match("".join(raw for _, _, raw in self.open.lines) + text):
            yield from self.release()
            yield self._placed(line)
            return
        depth = self.open.depth + _depth(text)
        if depth <= 0 and text.rstrip().endswith(","):
            line = (line[0], line[1], text.rstrip()[:-1])
        yield from self._add(line, depth, whole=depth <= 0)

    def _row(self, line: _Line) -> Iterator[_Line]:
        """A quoted cell that goes on: joined only where that makes a row of the table. A quote that somebody put into a log
        hides nothing: such lines come out one by one."""
        assert self.open is not None  # noqa: S101 - the caller has asked
        assert self.table is not None  # noqa: S101
        lines = [*self.open.lines, line]
        if line[2].count('"') % 2:
            columns, separator = self.table
            if len(_cells("\n".join(raw for _, _, raw in lines), str(separator))) == columns:
                yield from self._add(line, 0, whole=True)
            else:
                yield from self.release()
                yield from self.feed(line)
        elif len(lines) > ROW:
            self.open = None
            yield from (self._placed(one) for one in lines)
        else:
            yield from self._add(line, 0, whole=False)

    def _export(self, line: _Line) -> Iterator[_Line]:
        assert self.open is not None  # noqa: S101 - the caller has asked
        text, lacks = line[2], self.open.depth
        if lacks:
            # 8 bytes of length, little endian, then as many of data, then a line feed, which ended this line.
            start = next(i for i in range(len(self.open.lines) - 1, -1, -1) if _NAME_ONLY.match(self.open.lines[i][2]))
            data = as_bytes("\n".join([raw for _, _, raw in self.open.lines[start + 1 :]] + [text]))
            size = int.from_bytes(data[:8], "little") if len(data) >= 8 else LIMIT
            yield from self._add(line, 0 if len(data) - 8 >= size else -1, whole=False)
        elif not text:
            yield from self._add(line, 0, whole=True)
        elif text.startswith("__CURSOR="):
            yield from self._whole()
            yield from self._start(line)
        elif "=" not in text and not _NAME_ONLY.match(text):
            yield from self.release()
            yield from self._start(line)
        else:
            yield from self._add(line, 0 if "=" in text else -1, whole=False)

    def _elements(self, line: _Line) -> Iterator[_Line]:
        """A whole record, or the records that it lists."""
        number, offset, text = line
        parts = _listed(text)
        if parts is None:
            yield self._placed(line)
            return
        for index, (at, part) in enumerate(parts):
            yield number + self.shift + index, offset + at, part
        self.shift += len(parts) - 1


def _depth(text: str) -> int:
    """Brackets that a line opens and does not close, those in strings left out."""
    bare = _STRING.sub("", text)
    return bare.count("{") + bare.count("[") - bare.count("}") - bare.count("]")


def as_bytes(text: str) -> bytes:
    r"""Bytes of text in which \xNN stands for a byte that was no UTF-8."""
    parts = _ESCAPED.split(text)
    found = _ESCAPED.findall(text)
    out = parts[0].encode()
    for escape, part in zip(found, parts[1:], strict=True):
        out += bytes([int(escape[2:], 16)]) + part.encode()
    return out


def _listed(text: str) -> list[tuple[int, str]] | None:
    """Records that a document lists, each with its place in bytes; None where it is one record itself."""
    head = text.lstrip()
    if head.startswith("<"):
        found = [(match.start(), match[0]) for match in _EVENT.finditer(text)]
        listing = found and _AROUND.fullmatch(text[: found[0][0]] + text[found[-1][0] + len(found[-1][1]) :])
        many = len(found) > 1 or (listing and text.strip() != found[0][1])
        return [(len(as_bytes(text[:at])), part) for at, part in found] if many else None
    if not head.startswith("[") and not re.match(_LISTING, head):
        return None
    data = text.encode()
    try:
        if head.startswith("["):
            parts = msgspec.json.decode(data, type=list[msgspec.Raw])
        else:
            document = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
            lists = [key for key in LISTS if key in document and bytes(document[key]).startswith(b"[")]
            if len(lists) != 1 or len(document) > 5:
                return None
            parts = msgspec.json.decode(document[lists[0]], type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return None
    places, at = [], 0
    for part in map(bytes, parts):
        if not part.startswith(b"{"):
            return None
        at = data.index(part, at)
        places.append((at - 3 * len(_ESCAPED.findall(data[:at].decode())) if b"\\x" in data else at, part.decode()))
        at += len(part)
    return places or None
