"""The words inside a line format's message, read by patterns, added to what the head of the line said."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from vedette.model.fields import conform, dtype
from vedette.parse import peers, phrases
from vedette.parse.meanings import refused
from vedette.parse.patterns import Pattern, apply

_APPLICATION: Final = (
    r"^(?:FastCGI sent in stderr: \"|Got error ')(?:PHP message: )?((?s:.*?))['\"](?: while [^'\"]*)?$"
)
"""What a FastCGI application wrote, as nginx and httpd quote it."""
_INNER: Final = "\x00inner"


def within(
    events: pl.DataFrame, patterns: Sequence[Pattern], default: Mapping[str, Any], column: str = "message"
) -> pl.DataFrame:
    """`events` with the fields of the first pattern that fits `column`; `default` where none fits.

    What the message says wins over what the head said. Rows and their order are kept.
    """
    if events.is_empty():
        return events
    found = apply(events.filter(pl.col(column).is_not_null()), patterns, column)
    both = events.join(found.with_columns(pl.lit(True).alias(_INNER)), on="line", how="left", maintain_order="left")
    twice = [name for name in events.columns if name + "_right" in both.columns]
    both = both.with_columns(pl.coalesce(pl.col(name + "_right"), pl.col(name)).alias(name) for name in twice)
    both = both.drop(name + "_right" for name in twice)
    other = pl.col(_INNER).is_null()
    filled = []
    for name, value in default.items():
        known = _known(both, name)
        filled.append(pl.when(other).then(pl.coalesce(known, pl.lit(value, dtype(name)))).otherwise(known).alias(name))
    return conform(both.with_columns(filled).drop(_INNER))


def said_by_applications(events: pl.DataFrame, server: str) -> pl.DataFrame:
    """`events` of a web server's error log in which the application's own plain words say that a login failed.

    Only of messages that are not the server's own, and only against the client that the server names: what the words
    hold is the client's choice.
    """
    if "message" not in events.columns or "source.address" not in events.columns:
        return events
    numbered = pl.col("event.code").is_not_null() if "event.code" in events.columns else pl.lit(value=False)
    outcome = pl.col("event.outcome") if "event.outcome" in events.columns else pl.lit(None, pl.String())
    words = pl.coalesce(pl.col("message").str.extract(_APPLICATION, 1), pl.when(~numbered).then(pl.col("message")))
    open_ones = events.filter(outcome.is_null() & pl.col("source.address").is_not_null()).select("line", words=words)
    open_ones = open_ones.filter(pl.col("words").str.contains(phrases.ANY))
    failed = open_ones.filter((phrases.verdicts(open_ones["words"]) == "failure").fill_null(False))
    if failed.is_empty():
        return events
    said = failed.select("line", pl.lit(True).alias(_INNER), peers.user(pl.col("words")).alias("\x00user"))
    both = events.join(said, on="line", how="left", maintain_order="left")
    means = refused(server, "web")
    own = [pl.col("user.name")] if "user.name" in events.columns else []
    both = both.with_columns(
        *(
            pl.when(pl.col(_INNER)).then(pl.lit(value, dtype(name))).otherwise(_known(events, name)).alias(name)
            for name, value in means.items()
        ),
        pl.coalesce(*own, "\x00user").alias("user.name"),
    )
    return conform(both.drop(_INNER, "\x00user"))


def _known(events: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in events.columns else pl.lit(None, dtype(name))
