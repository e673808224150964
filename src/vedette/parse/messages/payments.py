r"""Shops, when they say that a payment was refused.

    PAYMENT_FAILED                                   the message; the peer stands in a field beside it (Magento, WooCommerce)
    Payment declined for order 4711, ip: 203.0.113.9

Somebody who tries stolen cards leaves these by the dozen.
"""

from typing import Final

import polars as pl

from vedette.model.records import Logsource
from vedette.parse.meanings import IP, denied, with_fields
from vedette.parse.patterns import Pattern, apply

PROGRAMS: Final = ()
SIGN: Final = r"(?i)^(?:card |credit card )?payment[ _-](?:was |has been )?(?:failed|declined|refused|denied)\b"
LOGSOURCE: Final = Logsource(category="webserver", service="application")

_REFUSED: Final = denied("payment-refused", "shop", "web", "web")

PATTERNS: Final = (
    Pattern(rf"{SIGN}.*\b(?:ip|from|address)[:= ]+\[?(?P<source.address>{IP})\]?[^0-9A-Za-z]*$", _REFUSED),
    Pattern(SIGN, _REFUSED),
)


def read(frame: pl.DataFrame) -> pl.DataFrame:
    """Payments refused."""
    return with_fields(apply(frame, PATTERNS), frame)
