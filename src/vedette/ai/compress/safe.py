"""Text of a log, written so that it can neither act nor hide in what a model or a person reads; and back.

`<` and `>` become ‹ and ›: in a pack `<`, `>` and … are Vedette's own, and no markup or role mark of the log survives.
Control characters, those that change direction or are not seen, and what begins a link or a fence become `<x1b>`,
`<x200b>`; a run of one of them `<x00*512>`.
"""

import re
from collections.abc import Callable
from typing import Final

import polars as pl

_HIDDEN: Final = (
    r"\x00-\x1f\x7f-\x9f\xad\x{34f}\x{61c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180b}-\x{180f}\x{200b}-\x{200f}"
    r"\x{2028}-\x{202e}\x{2060}-\x{206f}\x{3164}\x{fe00}-\x{fe0f}\x{feff}\x{ffa0}\x{fff0}-\x{fffb}\x{e0000}-\x{e0fff}"
    r"\x{2039}\x{203a}\x{2026}"  # the signs of a pack's own
)
_ODD_POLARS: Final = rf"[{_HIDDEN}]|```|\]\(|\]\["
_HIDDEN_HERE: Final = re.sub(r"\\x\{([0-9a-f]+)\}", lambda m: f"\\U{int(m[1], 16):08x}", _HIDDEN)
_ODD: Final = re.compile(rf"([{_HIDDEN_HERE}])\1*|`{{3,}}|(?<=\])[(\[]|[<>]")
_ESCAPED: Final = re.compile(r"<x([0-9a-f]{2,6})(?:\*([0-9]{1,9}))?>|[‹›]")
_DROPPED: Final = re.compile(rf"</[^<>]*>|[{_HIDDEN_HERE}]|`{{3,}}|(?<=\])[(\[]")
_TAG: Final = re.compile(r"‹(/?)([A-Za-z_][\w:.-]*)?([^‹<>]*)>")
_SPACES: Final = str.maketrans("\t\n\r", "   ")
_NOTHING: Final = str.maketrans("", "", "<>")
_BRACES: Final = str.maketrans("<>", "{}")
_ANGLES: Final = {"<": "‹", ">": "›"}
_BACK: Final = {"‹": "<", "›": ">"}
_PAIRS: Final = ("()", "[]", "{}")
"""What may stand for < and > where it stands for nothing else: like them one token together with the signs beside it."""


def neutral(texts: pl.Series) -> pl.Series:
    """Every text with nothing in it that acts or hides; `original` undoes it exactly."""
    odd = texts.str.contains(_ODD_POLARS).arg_true()
    plain = texts.str.replace_many(["<", ">"], ["‹", "›"]) if texts.str.contains("[<>]").any() else texts.clone()
    if len(odd):
        plain = plain.scatter(odd, [_ODD.sub(_escape, text) for text in texts.gather(odd)])
    return plain


def light(text: str) -> str:
    """What `neutral` gave with fewer signs, which act no more: > is itself again, and the end of the innermost element that
    is open is ‹/>. `original` undoes it exactly."""
    return _ends(text.replace("›", ">").replace("‹/>", "‹/›"), lambda name, open_: "‹/>" if name == open_ else None)


def pair(texts: pl.Series) -> str:
    """Two brackets that are in none of the texts; "" where all are."""
    return next((both for both in _PAIRS if not texts.str.contains_any(list(both)).any()), "")


def paired(texts: pl.Series, both: str) -> pl.Series:
    """What `neutral` gives with a `pair` of the texts for < and >; `original` undoes it exactly when it is told the pair."""
    return neutral(texts.str.replace_many(["<", ">"], list(both)))


def original(text: str, both: str = "") -> str:
    """What `neutral`, or it and then `light`, was given; or `paired`, with `both`."""
    if both:
        return _ESCAPED.sub(_unescape, text).translate(str.maketrans(both, "<>"))
    if "‹/>" in text:
        text = _ends(text, lambda name, open_: f"‹/{open_}>" if open_ and not name else None)
    return _ESCAPED.sub(_unescape, text)


def _ends(text: str, written: Callable[[str, str | None], str | None]) -> str:
    """A text in which end tags are written in another way: by their name, and the innermost one that is open. Where there
    is none they stay, and close nothing."""
    inside: list[str] = []

    def each(found: re.Match[str]) -> str:
        end, name, rest = found[1], found[2] or "", found[3]
        if not end:
            if name and not rest.endswith("/"):
                inside.append(name)
            return found[0]
        other = None if rest else written(name, inside[-1] if inside else None)
        if other is None:
            return found[0]
        inside.pop()
        return other

    return _TAG.sub(each, text)


def reduced(text: str) -> str:
    """Shorter than what `neutral` gives, but not to be undone: end tags and hidden characters are dropped, and < and >
    become braces, which take hardly more tokens than they did."""
    return _DROPPED.sub("", text.translate(_SPACES)).translate(_BRACES)


def bare(text: str) -> str:
    """`reduced` without the braces."""
    return _DROPPED.sub("", text.translate(_SPACES)).translate(_NOTHING)


def _escape(found: re.Match[str]) -> str:
    run = found[0]
    if run in _ANGLES:
        return _ANGLES[run]
    return f"<x{ord(run[0]):02x}{f'*{len(run)}' if len(run) > 1 else ''}>"


def _unescape(found: re.Match[str]) -> str:
    if found[1] is None:
        return _BACK[found[0]]
    return chr(int(found[1], 16)) * int(found[2] or 1)
