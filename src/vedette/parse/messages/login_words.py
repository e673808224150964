r"""Programs that we do not know, when they say plainly that a login failed or succeeded, or that they refused somebody.

    Login attempt failed for user "bob" from 203.0.113.9
    [auth] bad credentials, ip=203.0.113.9

Asked after all others. The words and the way to the peer: vedette.parse.phrases, vedette.parse.peers.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse import peers, phrases
from vedette.parse.meanings import ADDRESSES, USERS, beside

PROGRAMS: Final = ()
SIGN: Final = phrases.ANY
ORDER: Final = 990
LOGSOURCE: Final = Logsource()

LONGEST: Final = 4096
"""Characters of a message that are looked at: what is longer is a dump, not a sentence."""

ERRORS: Final = ("error", "err", "reason", "event.reason", "error_message", "cause")
_VERDICT: Final = "\x00verdict"


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """The verdict, and the peer and user where the program names them."""
    short = frame.filter(pl.col("message").str.len_chars() <= LONGEST)
    # Some loggers say only that something was refused, and why in a field beside it.
    errors = beside(short, ERRORS)
    said = pl.concat_str("message", *([pl.coalesce(errors)] if errors else []), separator=": ", ignore_nulls=True)
    judged = short.with_columns(phrases.verdicts(short.select(said).to_series()).alias(_VERDICT)).drop_nulls(_VERDICT)
    if judged.is_empty():
        return judged.select("line")
    login = pl.col(_VERDICT) != "denied"
    found = judged.select(
        "line",
        pl.when(login).then(pl.lit("authentication")).otherwise(pl.lit("network")).alias("event.category"),
        pl.when(~login).then(pl.lit("denied")).alias("event.type"),
        pl.when(login).then(pl.lit("login")).otherwise(pl.lit("access-denied")).alias("event.action"),
        pl.when(pl.col(_VERDICT) == "success")
        .then(pl.lit("success"))
        .otherwise(pl.lit("failure"))
        .alias("event.outcome"),
        pl.coalesce(*beside(judged, ADDRESSES), peers.peer(pl.col("message"))).alias("source.address"),
        pl.coalesce(*beside(judged, USERS), peers.user(pl.col("message"))).alias("user.name"),
        *([pl.col("process.name").alias("service.name")] if "process.name" in judged.columns else []),
    )
    # Words alone, that name nobody, are as often about something else.
    peer, user = pl.col("source.address"), pl.col("user.name")
    return found.filter(peer.is_not_null() | (user.is_not_null() & pl.col("event.type").is_null()))
