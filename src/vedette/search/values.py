r"""One value of a query to a test of its field's type.

Text is compared without regard to case and with * and ? as wildcards; in quotes it is compared exactly. /regex/ is
searched for as written.
"""

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Final

import polars as pl

from vedette.detect.sigma.patterns import PatternError, regex
from vedette.model.fields import TIME
from vedette.model.query import All, Any, Node, Op, QueryError, Schema, Test
from vedette.search.tokens import SPECIAL, Kind, Token

REGEX_LONGEST: Final = 500
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_RELATIVE: Final = re.compile(r"now(?:([+-])([0-9]{1,7})([smhdw]))?")
_SPANS: Final = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), timedelta(days=1)),
    (re.compile(r"[0-9-]{10}[T ][0-9]{2}:[0-9]{2}(Z|[+-][0-9:]{5})?"), timedelta(minutes=1)),
    (re.compile(r"[0-9-]{10}[T ][0-9:]{8}(Z|[+-][0-9:]{5})?"), timedelta(seconds=1)),
)
"""How long a time lasts that is written without its smaller parts."""
_FIX_TIME: Final = "write 2026-02-01, 2026-02-01T10:24:12Z, now-1h, now-7d"
_LARGEST: Final = 2**63 - 1


def searched(token: Token, schema: Schema) -> Node:
    """A word, text or regex anywhere in the fields that hold text."""
    pattern = _expression(token) if token.kind == "regex" else _text(token)
    parts = tuple(Test(field, "matches", pattern) for field in schema.text)
    return parts[0] if len(parts) == 1 else Any(parts)


def tested(field: str, token: Token, kind: pl.DataType | None, now: datetime) -> Node:
    """`field:value`; `kind` None: native, so text."""
    if token.kind == "word" and token.text == "*":
        return Test(field, "exists")
    if isinstance(kind, pl.Enum):
        return Test(field, "is", _member(field, token, kind))
    if kind == TIME:
        return _during(field, token, now)
    if kind is not None and kind.is_numeric():
        return Test(field, "is", _number(field, token, kind))
    if token.kind == "regex":
        return Test(field, "matches", _expression(token))
    if isinstance(kind, pl.List):
        begin, end, any_one = r"(?:^|\x1f)", r"(?:\x1f|$)", r"[^\x1f]"
        inner = _escaped(token.text) if token.kind == "quoted" else _glob(token.text, any_one)
        return Test(field, "matches", ("(?s)" if token.kind == "quoted" else "(?is)") + begin + inner + end)
    return Test(field, "is", token.text) if token.kind == "quoted" else _plain(field, token.text)


def compared(field: str, operator: Kind, token: Token, kind: pl.DataType | None, now: datetime) -> Node:
    """`field >= value` and the like."""
    op: Op = operator  # type: ignore[assignment]
    if isinstance(kind, pl.Enum):
        return Test(field, op, _member(field, token, kind))
    if kind == TIME:
        return Test(field, op, moment(field, token, now)[0])
    if kind is not None and not kind.is_numeric():
        raise QueryError(f"{field} is text and has no order", token.start + 1, f"write {field}:{token.text[:40]}")
    return Test(field, op, _number(field, token, kind or pl.Float64()))


def _plain(field: str, written: str) -> Test:
    if (within := network(written)) is not None:
        return Test(field, "within", within)
    if field.endswith(".ip") and (address := _address(written)) is not None:
        return Test(field, "is", address)
    plain = _unescaped(written)
    if plain is not None and plain.lower() == plain.upper():
        return Test(field, "is", plain)
    return Test(field, "matches", "(?is)" + f"\\A{_glob(written, '.')}\\z".removeprefix(r"\A.*").removesuffix(r".*\z"))


def network(written: str) -> str | None:
    """The network that a value stands for, None when it is none."""
    if "/" not in written or not written[-1].isdigit():
        return None
    try:
        return str(ip_network(written, strict=False))
    except ValueError:
        return None


def _address(written: str) -> str | None:
    try:
        ip = ip_address(written)
    except ValueError:
        return None
    return str(ip.ipv4_mapped) if ip.version == 6 and ip.ipv4_mapped else str(ip)


def _text(token: Token) -> str:
    """Pattern that finds the text anywhere."""
    if token.kind == "quoted":
        if not token.text:
            raise QueryError("there is nothing between the quotes", token.start + 1, "leave them out, or write a text")
        return "(?s)" + _escaped(token.text)
    inner = token.text.strip("*") if not token.text.endswith("\\*") else token.text.lstrip("*")
    if not inner:
        raise QueryError(
            "* alone finds everything", token.start + 1, "leave it out, or write field:* for all that have one"
        )
    return "(?is)" + _glob(inner, ".")


def _expression(token: Token) -> str:
    if len(token.text) > REGEX_LONGEST:
        raise QueryError(f"a regex is longer than {REGEX_LONGEST} characters", token.start + 1, "write a shorter one")
    try:
        return regex(token.text)
    except PatternError as error:
        raise QueryError(
            str(error), token.start + 1, "no look-around, no back-references; quote it to look for the text"
        ) from None


def _pieces(written: str) -> list[tuple[str, bool]]:
    """Characters of a word, and whether each is a wildcard."""
    out: list[tuple[str, bool]] = []
    at = 0
    while at < len(written):
        c = written[at]
        if c == "\\" and written[at + 1 : at + 2] and written[at + 1] in SPECIAL:
            out.append((written[at + 1], False))
            at += 2
            continue
        out.append((c, c in "*?"))
        at += 1
    return out


def _glob(written: str, any_one: str) -> str:
    return "".join((any_one + ("*" if c == "*" else "")) if wild else _escaped(c) for c, wild in _pieces(written))


def _unescaped(written: str) -> str | None:
    """The text that a word means; None when there are wildcards in it."""
    pieces = _pieces(written)
    return None if any(wild for _, wild in pieces) else "".join(c for c, _ in pieces)


def _escaped(text: str) -> str:
    return "".join("\\" + c if c in r"\.+*?()|[]{}^$" else c for c in text)


def _member(field: str, token: Token, kind: pl.Enum) -> str:
    words = kind.categories.to_list()
    if token.text.lower() not in words or token.kind == "regex":
        raise QueryError(f"{token.text[:40]!r} is no value of {field}", token.start + 1, f"one of: {', '.join(words)}")
    return token.text.lower()


def _number(field: str, token: Token, kind: pl.DataType) -> int | float:
    text = token.text
    whole = re.fullmatch(r"[+-]?[0-9]{1,19}", text)
    if token.kind != "regex" and whole and abs(int(text)) <= _LARGEST:
        return int(text)
    if token.kind != "regex" and kind.is_float() and re.fullmatch(r"[+-]?[0-9]{1,19}\.[0-9]{1,19}", text):
        return float(text)
    raise QueryError(
        f"{field} is a number, {text[:40]!r} is none",
        token.start + 1,
        f"write {field}:22, {field} >= 22, {field}:(22 or 23)",
    )


def moment(field: str, token: Token, now: datetime) -> tuple[datetime, timedelta]:
    """A time, and how long what was written lasts.

    Raises:
        QueryError: it is none.
    """
    text = token.text.strip()
    if found := _RELATIVE.fullmatch(text.lower()):
        try:
            away = timedelta(seconds=int(found[2]) * _UNITS[found[3]]) if found[2] else timedelta(0)
            return (now + away if found[1] == "+" else now - away), timedelta(0)
        except OverflowError:
            raise QueryError(f"{text[:40]!r} is out of the calendar", token.start + 1, _FIX_TIME) from None
    try:
        at = datetime.fromisoformat(text)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        span = next((span for shape, span in _SPANS if shape.fullmatch(text)), timedelta(microseconds=1))
        return at, min(span, datetime.max.replace(tzinfo=UTC) - at)
    except (ValueError, OverflowError):
        raise QueryError(f"{field} is a time, {text[:40]!r} is none", token.start + 1, _FIX_TIME) from None


def _during(field: str, token: Token, now: datetime) -> Node:
    at, span = moment(field, token, now)
    if not span:
        raise QueryError(
            f"{token.text} is one moment, nothing happens just then", token.start + 1, f"write {field} >= {token.text}"
        )
    return All((Test(field, ">=", at), Test(field, "<", at + span)))
