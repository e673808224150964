"""What every atom means: on one value, and on a column of values. The two agree."""

import ipaddress
import math
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl

from vedette.detect.sigma import patterns
from vedette.detect.sigma.required import required
from vedette.detect.sigma.rule import LITERAL, Atom

REMEMBERED: Final = 64  # characters of a text that was read as an address, up to which it is not read again
COMPILE_FROM: Final = 1000  # values: polars compiles a pattern anew, RE2 has it ready but is called for each
FOLDED: Final = LITERAL | {"glob"}
DECIMAL: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
DIGITS: Final = 18  # of an integer that is compared as such
PARTS: Final = frozenset({"minute", "hour", "day", "week", "month", "year"})

Bools = np.ndarray[Any, np.dtype[np.bool_]]
Single = Callable[[str], bool]


def folded(atom: Atom) -> bool:
    """Whether it is asked of lower-cased values."""
    return atom.op in FOLDED and not atom.cased


def _plain(op: str, want: str) -> Single:
    match op:
        case "eq":
            return lambda text: text == want
        case "contains":
            return lambda text: want in text
        case "startswith":
            return lambda text: text.startswith(want)
    return lambda text: text.endswith(want)


def several(op: str, values: tuple[str, ...], every: bool) -> Single:
    """Whether any of the values (every one of them: only of `contains`) is found."""
    if len(values) == 1:
        return _plain(op, values[0])
    match op:
        case "eq":
            return frozenset(values).__contains__
        case "startswith":
            return lambda text: text.startswith(values)
        case "endswith":
            return lambda text: text.endswith(values)

    if every:

        def all_in(text: str) -> bool:
            for value in values:  # noqa: SIM110
                if value not in text:
                    return False
            return True

        return all_in

    def any_in(text: str) -> bool:
        for value in values:  # noqa: SIM110
            if value in text:
                return True
        return False

    return any_in


def single(atom: Atom) -> Single:
    """The atom as a function of one value, lower-cased where its meaning asks for that."""
    if atom.op in LITERAL:
        return _plain(atom.op, atom.value)
    if atom.op == "re":
        search = patterns.re2_of(atom.value).search
        return lambda text: search(text) is not None
    if atom.op == "glob":
        literal = patterns.glob_literal(atom.value)
        search = patterns.re2_of(patterns.glob_regex(atom.value)).search
        return lambda text: literal in text and search(text) is not None
    if atom.op == "cidr":
        network = atom.value
        return lambda text: inside(network, text)
    if atom.op in PARTS:
        part, number = atom.op, int(atom.value)
        return lambda text: part_of(part, text) == number
    return _ordered(atom)


def _ordered(atom: Atom) -> Single:
    part, bound = atom.part, float(atom.value)
    whole = bound.is_integer()
    compare: Callable[[Any, Any], bool] = getattr(operator, {"lt": "lt", "lte": "le", "gt": "gt", "gte": "ge"}[atom.op])

    def holds(text: str) -> bool:
        number: float | None = part_of(part, text) if part else None
        if not part and DECIMAL.fullmatch(text):
            number = int(text) if whole and len(text) <= DIGITS and "." not in text else float(text)
        return number is not None and math.isfinite(number) and compare(number, int(bound) if whole else bound)

    return holds


def ask(atom: Atom, raw: list[str | None], low: list[str | None]) -> Bools:
    """Where an atom other than a reference holds in a list of a few values, as written and lower-cased."""
    if atom.op in ("null", "present"):
        return np.array([(text is None) == (atom.op == "null") for text in raw], np.bool_)
    one = single(atom)
    if atom.op == "re" and (words := required(atom.value)):
        able = several("contains", words, False)
        found = (b is not None and a is not None and able(b) and one(a) for a, b in zip(raw, low, strict=True))
        return np.fromiter(found, np.bool_, len(raw))
    return np.fromiter((text is not None and one(text) for text in (low if folded(atom) else raw)), np.bool_, len(raw))


def test(atom: Atom, raw: pl.Series, low: pl.Series) -> Bools:
    """Where an atom other than a reference holds on a series of values, lower-cased in `low` (needed for LITERAL, glob and re)."""
    values = low if folded(atom) else raw
    match atom.op:
        case "null":
            return values.is_null().to_numpy()
        case "present":
            return values.is_not_null().to_numpy()
        case "eq":
            return _bools(values == atom.value)
        case "contains":
            return _bools(values.str.contains(atom.value, literal=True))
        case "startswith":
            return _bools(values.str.starts_with(atom.value))
        case "endswith":
            return _bools(values.str.ends_with(atom.value))
        case "glob" | "re":
            return _searched(atom, values, low)
        case "lt" | "lte" | "gt" | "gte":
            numbers = (
                pl.Series([part_of(atom.part, value) for value in values], dtype=pl.Int64) if atom.part else values
            )
            return _compare(atom.op, numbers, float(atom.value))
        case "cidr":
            return np.fromiter((inside(atom.value, value) for value in values), np.bool_, len(values))
    part = int(atom.value)
    return np.fromiter((part_of(atom.op, value) == part for value in values), np.bool_, len(values))


def refers(atom: Atom, here: pl.Series, there: pl.Series) -> Bools:
    """Where a reference holds between two lower-cased columns. An absent value on either side: it does not."""
    match atom.op:
        case "ref-eq":
            found = here == there
        case "ref-contains":
            pairs = zip(here, there, strict=True)
            found = pl.Series([a is not None and b is not None and b in a for a, b in pairs], dtype=pl.Boolean)
        case "ref-startswith":
            found = pl.select(pl.lit(here).str.starts_with(pl.lit(there))).to_series()
        case _:
            found = pl.select(pl.lit(here).str.ends_with(pl.lit(there))).to_series()
    return _bools(found)


def _searched(atom: Atom, values: pl.Series, low: pl.Series) -> Bools:
    """Where a pattern is found: it is looked for only where one of the texts is that it cannot do without."""
    is_glob = atom.op == "glob"
    words = tuple(filter(None, (patterns.glob_literal(atom.value),))) if is_glob else required(atom.value)
    pattern = patterns.glob_regex(atom.value) if is_glob else atom.value
    if not words:
        return _bools(_found(pattern, values))
    able = low.str.contains(words[0], literal=True) if len(words) == 1 else low.str.contains_any(list(words))
    at = able.fill_null(False).arg_true()
    found = np.zeros(len(values), np.bool_)
    if len(at):
        found[at.to_numpy()] = _bools(_found(pattern, values[at]))
    return found


def _found(pattern: str, values: pl.Series) -> pl.Series:
    if len(values) < COMPILE_FROM:
        search = patterns.re2_of(pattern).search
        return pl.Series([text is not None and search(text) is not None for text in values.to_list()], dtype=pl.Boolean)
    return values.str.contains(patterns.rust(pattern))


def _bools(series: pl.Series) -> Bools:
    return (series.fill_null(False) if series.null_count() else series).to_numpy()


def _compare(op: str, values: pl.Series, bound: float) -> Bools:
    if values.dtype == pl.String:
        decimal = values.str.contains(rf"\A(?:{DECIMAL.pattern})\z").fill_null(False)
        values = values.zip_with(decimal, pl.Series([None], dtype=pl.String).new_from_index(0, len(values)))
    floats = values.cast(pl.Float64, strict=False)
    numbers = floats.set(~floats.is_finite().fill_null(False), None) if len(floats) else floats
    if bound.is_integer():  # integers beyond 2**53 are compared as such
        whole = values.cast(pl.Int64, strict=False)
        exact = getattr(whole, {"lt": "__lt__", "lte": "__le__", "gt": "__gt__", "gte": "__ge__"}[op])(int(bound))
        rough = getattr(numbers, {"lt": "__lt__", "lte": "__le__", "gt": "__gt__", "gte": "__ge__"}[op])(bound)
        return _bools(exact.zip_with(whole.is_not_null(), rough))
    return _bools(getattr(numbers, {"lt": "__lt__", "lte": "__le__", "gt": "__gt__", "gte": "__ge__"}[op])(bound))


@lru_cache(maxsize=1024)
def _network(cidr: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(cidr)


@lru_cache(maxsize=65536)
def _address(value: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def inside(cidr: str, value: str | None) -> bool:
    if value is None:
        return False
    address = _address(value) if len(value) <= REMEMBERED else _address.__wrapped__(value)
    return address is not None and address in _network(cidr)


def part_of(part: str, value: str | None) -> int | None:
    """Minute, hour, day, ISO week, month or year of an ISO 8601 time, in UTC."""
    if value is None or not value.isascii():
        return None
    try:
        at = datetime.fromisoformat(value)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at.isocalendar().week if part == "week" else int(getattr(at, part))
