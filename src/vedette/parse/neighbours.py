r"""What a record leaves to those before it: its time, and the peer of its connection.

    Feb  1 10:24:12 web1 sshd[812]: Connection from 203.0.113.9 port 51353
    Feb  1 10:24:15 web1 sshd[812]: Disconnecting: Too many authentication failures [preauth]      the peer of [812]
    Feb 01, 2026 10:24:12 AM org.example.Auth login
    WARNING: login of bob from 203.0.113.9 failed                                                  the time above it

A record without a time gets that of the last record of its source that had one. A refusal that names nobody gets the
peer that the same conversation named last, among the last KEPT records that name one; a conversation is what its
program calls so: a process, a connection's number, a queue id. For audit records of one serial see `serials`. What is
carried to the next batch is just that.
"""

from typing import Final, NamedTuple

import polars as pl

from vedette.model.fields import TIME, conform
from vedette.model.records import Json, Logsource
from vedette.parse.address import spread
from vedette.parse.serials import continued

KEPT: Final = 256
"""Records that name a peer which are remembered of one source."""

_BY_PROCESS: Final = ""
CONVERSATIONS: Final = {
    "sshd": _BY_PROCESS,
    "dropbear": _BY_PROCESS,
    # slapd, 389 Directory Server
    "directory_servers": r"\bconn=([0-9]{1,20}) ",
    # charon: <name|83> or <83>
    "vpn": r"<(?:[^<>|]{0,128}\|)?([0-9]{1,20})>",
    # OpenSMTPD
    "mail_servers": r"^([0-9a-f]{16}) smtp ",
    "sendmail": r"^([0-9A-Za-z]{8,20}): ",
    # mongod: connection accepted from 203.0.113.9:5138 #12, then [conn12]
    "databases": r"(?:\[conn| #)([0-9]{1,20})\b",
}
"""Message component -> the conversation's name in the message, besides machine and process."""
_LONGEST: Final = 4096
_TALK: Final = ("name", "host", "process", "said")
_KEY: Final = pl.concat_str(_TALK, separator="\x1f").alias("key")

Group = tuple[str, Logsource, pl.DataFrame]


class Completed(NamedTuple):
    """Groups with what their neighbours told, and what the next batch needs of these."""

    groups: list[Group]
    carry: Json


def complete(groups: list[Group], carry: Json) -> Completed:
    """Fill `@timestamp` and `source.*` from earlier records of the source.

    Args:
        groups: component, logsource, frame with `line`, ascending.
        carry: what this function returned before; `{}` at first.
    """
    groups, times = _timed(groups, carry.get("time"))
    groups, serial = continued(groups, carry.get("serial"))
    talking = [number for number, (name, _, frame) in enumerate(groups) if name in CONVERSATIONS and frame.height]
    peers = carry.get("peers", [])
    if talking:
        filled, peers = _introduced([groups[number] for number in talking], peers)
        for number, group in zip(talking, filled, strict=True):
            groups[number] = group
    made: Json = {"time": times} if times is not None else {}
    made |= {"serial": serial} if serial else {}
    return Completed(groups, made | ({"peers": peers} if peers else {}))


def _timed(groups: list[Group], last: int | None) -> tuple[list[Group], int | None]:
    """`@timestamp` of the records before where there is none; the last time, in microseconds since 1970."""
    known = [frame.select("line", "@timestamp") for _, _, frame in groups if "@timestamp" in frame.columns]
    lacking = any("@timestamp" not in frame.columns or frame["@timestamp"].null_count() for _, _, frame in groups)
    if not lacking:
        ends = [frame.row(-1) for frame in known]
        return groups, (max(ends)[1].timestamp() * 1_000_000).__round__() if ends else last
    first = pl.DataFrame({"line": [-1], "@timestamp": [last]}, schema={"line": pl.Int64(), "@timestamp": TIME})
    times = pl.concat([first, *known]).drop_nulls().sort("line")
    if times.is_empty():
        return groups, last
    times = times.rename({"@timestamp": "\x00time"})
    made = []
    for name, source, frame in groups:
        if "@timestamp" not in frame.columns or frame["@timestamp"].null_count():
            own = [pl.col("@timestamp")] if "@timestamp" in frame.columns else []
            both = frame.join_asof(times, on="line", check_sortedness=False)
            frame = both.with_columns(pl.coalesce(*own, "\x00time").alias("@timestamp")).drop("\x00time")
        made.append((name, source, frame))
    return made, times["\x00time"].to_physical()[-1]


def _introduced(groups: list[Group], before: list[list[str]]) -> tuple[list[Group], list[list[str]]]:
    """Refusals that name nobody with the peer of their conversation; the last KEPT pairs of conversation and peer."""
    keyed = [_keyed(name, frame) for name, _, frame in groups]
    talk = pl.concat(keyed).sort("line") if len(keyed) > 1 else keyed[0]
    naming = talk.filter(pl.col("peer").is_not_null()) if talk["peer"].null_count() else talk
    if not talk["asks"].any():
        told = [list(pair) for pair in naming.tail(KEPT).select(_KEY, "peer").iter_rows()]
        return groups, [*before, *told][-KEPT:]
    talk, naming = talk.with_columns(_KEY), naming.with_columns(_KEY)
    earlier = pl.DataFrame(before, schema={"key": pl.String(), "peer": pl.String()}, orient="row")
    earlier = earlier.with_columns(line=pl.int_range(-earlier.height, 0, dtype=pl.Int64()))
    named = pl.concat([earlier, naming.select("key", "peer", "line")]).with_row_index("place")
    asking = talk.filter("asks")
    if asking.height and named.height:
        # How many had named a peer by then tells how far back an answer may lie.
        asking = asking.select("line", "key").join_asof(
            named.select("line", now="place"), on="line", check_sortedness=False
        )
        found = asking.join_asof(
            named.select("line", "key", "peer", "place"), on="line", by="key", check_sortedness=False
        ).filter(pl.col("now") - pl.col("place") < KEPT)
        if found.height:
            answers = found.select("line", pl.col("peer").alias("\x00peer"))
            groups = [(name, source, _answered(frame, answers)) for name, source, frame in groups]
    return groups, [list(pair) for pair in named.tail(KEPT).select("key", "peer").iter_rows()]


def _keyed(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """`line`, what is in the key of the conversation, `peer` if named, `asks`: whether it needs one. Only rows that
    matter."""
    text = [
        (pl.col(column).cast(pl.String).fill_null("") if column in frame.columns else pl.lit("")).alias(name)
        for name, column in (("host", "host.name"), ("process", "process.pid"))
    ]
    pattern = CONVERSATIONS[name]
    said = pl.col("message").str.slice(0, _LONGEST).str.extract(pattern, 1) if pattern else pl.col("process.pid")
    peer = pl.col("source.address") if "source.address" in frame.columns else pl.lit(None, pl.String())
    # What the listening process says of its limits is about no peer in particular.
    limits = pl.col("event.action") == "rate-limited" if "event.action" in frame.columns else pl.lit(value=False)
    refusals = [
        pl.col(column) == value
        for column, value in (("event.outcome", "failure"), ("event.type", "denied"))
        if column in frame.columns
    ]
    asks = pl.any_horizontal(*refusals).fill_null(False) if refusals else pl.lit(value=False)
    if "message" not in frame.columns or ("process.pid" not in frame.columns and not pattern):
        return pl.DataFrame(
            schema={"line": pl.Int64(), **dict.fromkeys((*_TALK, "peer"), pl.String()), "asks": pl.Boolean()}
        )
    return frame.select(
        "line",
        pl.lit(name).alias("name"),
        *text,
        said.cast(pl.String).alias("said"),
        peer.alias("peer"),
        (asks & peer.is_null() & ~limits.fill_null(False)).alias("asks"),
    ).filter(pl.col("said").is_not_null() & (pl.col("peer").is_not_null() | pl.col("asks")))


def _answered(frame: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    both = frame.join(answers, on="line", how="left", maintain_order="left")
    if both["\x00peer"].null_count() == both.height:
        return frame
    own = [pl.col("source.address")] if "source.address" in frame.columns else []
    both = both.with_columns(pl.coalesce(*own, "\x00peer").alias("source.address")).drop("\x00peer")
    return conform(spread(both, "source"))
