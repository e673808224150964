"""Logs as typed tables for a language model: a tenth of the tokens, every indicator kept, counts exact."""

from vedette.ai.compress.pack import Pack, compress, decode, decoded
from vedette.ai.compress.read import Decoded

__all__ = ["Decoded", "Pack", "compress", "decode", "decoded"]
