"""Text that came from a log, made safe to show on a terminal."""

from typing import Final

_SHOWN: Final = 400


def safe(text: str, limit: int = _SHOWN) -> str:
    """Control, direction and other invisible characters as escapes (ECMA-48 sequences cannot act), cut at `limit`."""
    cut = text[:limit]
    # What Unicode calls other (control, format) or separator, but for the space, is not printable.
    shown = cut if cut.isprintable() else "".join([c if c.isprintable() else _escape(c) for c in cut])
    return shown + ("…" if len(text) > limit else "")


def count(number: int, noun: str) -> str:
    """Such as `1 record` or `2,000 records`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
