"""Which language model may be asked, and how much."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from vedette.model.errors import VedetteError
from vedette.model.settings import Duration, Settings


class ModelError(VedetteError):
    """The model cannot be asked, or gave nothing that can be used."""

    code = "model"


class Ai(Settings):
    """A language model that gives a second opinion. Off by default: without `provider` nothing ever leaves this machine."""

    provider: Literal["openai", "anthropic", "gemini", "ollama", "compatible"] | None = None
    """Who is asked; `compatible`: any server that speaks as OpenAI's does, at `base_url`."""
    model: str = Field("", max_length=200)
    """The model's name, as its provider writes it."""
    base_url: str | None = Field(None, pattern=r"^https?://[!-~]+$")
    """Where the server is, when not at its provider's: http://127.0.0.1:11434/v1 for Ollama."""
    key_env: str | None = None
    """Environment variable that holds the key."""
    key_file: Path | None = None
    """File that holds the key."""
    tokens: int = Field(8000, ge=500, le=200_000)
    """Tokens that the packed logs may have."""
    answer_tokens: int = Field(4000, ge=200, le=64_000)
    """Tokens that an answer may have."""
    daily_usd: float = Field(1.0, ge=0)
    """Dollars that may be spent in a day (UTC). A model whose price is not known counts as `unknown_usd` per million tokens."""
    unknown_usd: float = Field(15.0, ge=0)
    """Dollars for a million tokens of a model whose price is not known; 0 for one that runs here."""
    retries: int = Field(2, ge=0, le=5)
    """How often a request is sent again after 429, 5xx or a broken connection."""
    timeout: Duration = Field(timedelta(seconds=60), gt=timedelta(0))
    """For the whole of an answer, retries included."""
    pseudonyms: bool = False
    """Whether users, hosts, addresses, domains and e-mail addresses are sent under other names."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.provider is None:
            return self
        if not self.model:
            raise ValueError("name the model")
        if self.provider == "compatible" and not self.base_url:
            raise ValueError("compatible needs base_url")
        if self.key_env and self.key_file:
            raise ValueError("give one of key_env and key_file")
        if self.provider in ("openai", "anthropic", "gemini") and not (self.key_env or self.key_file):
            raise ValueError("give key_env or key_file: a key is never written into the settings")
        return self

    def key(self) -> str:
        """The key; "" where none is needed.

        Raises:
            ModelError: there is none, or it cannot be in a header.
        """
        if self.key_env is None and self.key_file is None:
            return ""
        where = f"environment variable {self.key_env}" if self.key_env else str(self.key_file)
        try:
            key = (os.environ.get(self.key_env, "") if self.key_env else Path(where).read_text("utf-8")).strip()
        except (OSError, UnicodeDecodeError):
            key = ""
        if not key or not key.isascii() or not key.isprintable():
            raise ModelError("no usable key", where=where, fix="one line of printable ASCII characters")
        return key
