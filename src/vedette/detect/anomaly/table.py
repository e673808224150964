"""A table of flows from anywhere, with columns that a model can learn from.

NSL-KDD (https://www.unb.ca/cic/datasets/nsl.html) comes without a header: 41 features, then label and difficulty.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from vedette.model.fields import FIELDS, TIME, dtype

_KDD: Final = (
    "duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot num_failed_logins "
    "logged_in num_compromised root_shell su_attempted num_root num_file_creations num_shells num_access_files "
    "num_outbound_cmds is_host_login is_guest_login count srv_count serror_rate srv_serror_rate rerror_rate "
    "srv_rerror_rate same_srv_rate diff_srv_rate srv_diff_host_rate dst_host_count dst_host_srv_count "
    "dst_host_same_srv_rate dst_host_diff_srv_rate dst_host_same_src_port_rate dst_host_srv_diff_host_rate "
    "dst_host_serror_rate dst_host_srv_serror_rate dst_host_rerror_rate dst_host_srv_rerror_rate label difficulty"
)
KDD_NAMES: Final = tuple(_KDD.split(" "))
ALIASES: Final[Mapping[str, str]] = {
    alias: name
    for name, aliases in {
        "@timestamp": "timestamp time ts start_time date datetime first_seen flow_start",
        "source.ip": "source_ip src_ip srcip sourceip saddr src source id.orig_h ip",
        "destination.ip": "destination_ip dst_ip dstip dest_ip destinationip daddr dst destination id.resp_h",
        "source.port": "source_port src_port srcport sport sourceport id.orig_p",
        "destination.port": "destination_port dst_port dstport dport dest_port destinationport id.resp_p port",
        "network.transport": "protocol proto transport ip_protocol",
        "network.bytes": "bytes_transferred bytes total_bytes octets flow_bytes",
        "network.packets": "packets total_packets pkts flow_packets",
        "source.bytes": "bytes_sent sent_bytes orig_bytes bytes_out",
        "destination.bytes": "bytes_received received_bytes resp_bytes bytes_in",
    }.items()
    for alias in aliases.split()
}


def tidy(frame: pl.DataFrame, columns: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The table with known names and types; rows and their order are kept, unreadable values become null.

    Args:
        frame: any table; text columns that hold only numbers become numbers.
        columns: the user's own mapping of column to ECS name; it wins over the names known here.
    """
    if frame.width in (41, 42, 43) and all(name.startswith("column_") for name in frame.columns):
        frame = frame.rename(dict(zip(frame.columns, KDD_NAMES, strict=False)))
    own = {name: to for name, to in (columns or {}).items() if name in frame.columns}
    taken = set(own.values()) | set(frame.columns)
    names = dict(own)
    for name in frame.columns:
        to = ALIASES.get(name.strip().lower().replace(" ", "_"))
        if to is not None and to not in taken and name not in names:
            names[name] = to
            taken.add(to)
    frame = frame.rename(names)
    return frame.with_columns(_typed(frame[name]) for name in frame.columns)


def _typed(column: pl.Series) -> pl.Series:
    if column.name == "@timestamp":
        return _time(column)
    wanted = dtype(column.name) if column.name in FIELDS else None
    if wanted is not None and wanted.is_numeric():
        return column.cast(pl.Float64, strict=False)
    if wanted is None and column.dtype == pl.String and column.len() > column.null_count():
        text = column.str.strip_chars()
        text = pl.select(pl.when(text != "").then(text)).to_series().alias(column.name)
        number = text.cast(pl.Float64, strict=False)
        return number if number.null_count() == text.null_count() else text
    return column


def _time(column: pl.Series) -> pl.Series:
    """Text in ISO 8601 form or seconds, milliseconds, microseconds or nanoseconds since 1970, as UTC."""
    if isinstance(column.dtype, pl.Datetime):
        return (column.dt.replace_time_zone("UTC") if column.dtype.time_zone is None else column).cast(TIME)
    number = column.cast(pl.Float64, strict=False)
    if column.dtype == pl.String and number.null_count() > column.null_count():
        iso = column.str.strip_chars().str.replace(" ", "T", literal=True)
        zoned = iso.str.to_datetime(format="%+", time_zone="UTC", time_unit="us", strict=False)
        plain = iso.str.to_datetime(format="%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False)
        return zoned.fill_null(plain.dt.replace_time_zone("UTC")).cast(TIME).alias(column.name)
    scale = 1e6
    largest = number.abs().max()
    for limit in (1e11, 1e14, 1e17):
        if isinstance(largest, float) and largest > limit:
            scale /= 1e3
    whole = (number * scale).cast(pl.Int64, strict=False)
    return whole.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias(column.name)
