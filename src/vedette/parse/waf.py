r"""ModSecurity and Coraza messages, as web servers carry them in their error logs.

    ModSecurity: Access denied with code 403 (phase 2). Pattern match ... [id "930110"] [msg "Path Traversal"] [uri "/"]

Source: ModSecurity reference manual, "Audit log and error log"; Coraza's ErrorLog().
"""

from typing import Any, Final

import polars as pl

from vedette.model.fields import dtype

SIGN: Final = r"(?:ModSecurity|Coraza)(?:: |-\w+: )"
_BLOCKED: Final = (
    r"(?:ModSecurity|Coraza)(?:-\w+)?: (?:\[[^\]]*\] ?)*(?:Warning\. )?(?:Access denied|Request "
    r"denied)|\] Access denied with "
)
_LEVELS: Final = {"emergency": "0", "alert": "1", "critical": "2", "error": "3", "warning": "4", "notice": "5"}
"""ModSecurity 3 writes syslog's numbers, ModSecurity 2 and Coraza their names."""
EVENT: Final[dict[str, Any]] = {"event.category": "intrusion_detection", "service.type": "web"}


def read(events: pl.DataFrame) -> pl.DataFrame:
    """`events` with the fields of the firewall's messages among them; rows of other messages are untouched."""
    message = pl.col("message")
    waf = events.select(message.str.contains(SIGN)).to_series().fill_null(False)
    if not waf.any():
        return events
    blocked = message.str.contains(_BLOCKED)
    made = {
        "rule.id": message.str.extract(r'\[id "([0-9]{1,12})"\]'),
        "rule.name": message.str.extract(r'\[msg "([^"]*)"\]'),
        "rule.category": message.str.extract(r'\[tag "(attack-[\w-]+)"\]'),
        "event.severity": message.str.extract(r'\[severity "([A-Za-z0-9]{1,9})"\]')
        .str.to_lowercase()
        .replace(_LEVELS)
        .cast(pl.Int64, strict=False),
        "url.domain": message.str.extract(r'\[hostname "([^"\s]*)"\]'),
        "url.original": message.str.extract(r'\[uri "([^"]*)"\]'),
        "event.action": pl.when(blocked).then(pl.lit("web-attack-blocked")).otherwise(pl.lit("web-attack-detected")),
        "event.type": pl.when(blocked).then(pl.lit("denied")).otherwise(pl.lit("info")),
        "event.outcome": pl.when(blocked).then(pl.lit("failure")),
        **{name: pl.lit(value) for name, value in EVENT.items()},
    }
    mine = pl.lit(waf)
    columns = []
    for name, value in made.items():
        known = pl.col(name) if name in events.columns else pl.lit(None, dtype(name))
        new = pl.coalesce(value, known) if name.startswith(("rule.", "url.")) else value
        columns.append(pl.when(mine).then(new).otherwise(known).alias(name))
    return events.with_columns(columns)
