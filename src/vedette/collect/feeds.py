"""Threat intelligence feeds: a file, an address, or a collection of a TAXII 2.1 server.

    - name: feodo
      url: https://feodotracker.abuse.ch/downloads/ipblocklist.csv
    - name: partners
      url: https://taxii.example.net/api1/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/
      format: taxii
      key_env: TAXII_KEY
    - name: own
      path: /etc/vedette/bad.txt

Here is what one is set up with: collect.fetching fetches it, parse.indicators reads it.
"""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from vedette.collect.live import Keyed, permitted
from vedette.model.alert import Level
from vedette.model.settings import Duration, Size


class Settings(Keyed):
    """One feed."""

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """What alerts and pages call it: letters, digits, `-`, `_` and `.`."""
    url: str | None = Field(default=None, pattern=r"^https?://[!-~]+$")
    """Address of the list; of a TAXII server that of the collection (`.../collections/ID/`)."""
    path: Path | None = None
    """File that holds the list, instead of `url`."""
    format: Literal["auto", "text", "csv", "json", "stix", "taxii"] = "auto"
    """How the list is written; `auto` sees that by itself, except for taxii."""
    key_header: str = Field(default="Authorization", pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
    """Header that carries the key: `Authorization`, `X-OTX-API-KEY`, `Auth-Key`."""
    key_prefix: str = "Bearer "
    """What stands before the key in that header: `Basic ` where the key is user:password in base64, empty for most others."""
    headers: dict[str, str] = Field(default={})
    """More headers; no secrets."""
    interval: Duration = Field(default=timedelta(hours=1), ge=timedelta(minutes=1))
    """Time from one fetch to the next."""
    weight: int = Field(default=30, ge=0, le=100)
    """What being on it adds to the score of an address that comes to us (blocking.weights)."""
    level: Level = "high"
    """Of alerts about traffic to what is listed, about files and names, and about who is let in from there. Who only comes is
    informational."""
    age: Duration = Field(default=timedelta(days=30), gt=timedelta(0))
    """Indicators that the list has not held for so long, since it could not be fetched, are let go."""
    max_body: Size = Field(default=64 << 20, ge=1)
    """Largest list, unpacked; of a TAXII collection all its pages together."""
    timeout: Duration = Field(default=timedelta(seconds=30), gt=timedelta(0))
    """Time for connecting, and between two pieces of an answer."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the server's certificate, when it is a private one."""
    allow_plain_http: bool = False
    """Permit http:// to other machines: who is on the way can then read the key and change the list."""

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.url is None) == (self.path is None):
            raise ValueError("give one of url and path")
        if self.url is None:
            if self.format == "taxii":
                raise ValueError("format taxii needs a url; a bundle in a file is stix")
            if self.key_env is not None or self.key_file is not None:
                raise ValueError("a key is for a url; a file needs none")
        else:
            permitted(self.url, plain=self.allow_plain_http)
        return self
