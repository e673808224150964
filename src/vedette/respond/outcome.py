"""What a channel says about one attempt to deliver a notice."""

from datetime import timedelta
from typing import Any, NamedTuple

Notice = dict[str, Any]
"""A JSON object: an alert, an incident, or what a template made of one."""


class Delivered(NamedTuple):
    """The receiver has it."""


class Retry(NamedTuple):
    """Not this time. `after`: how long the receiver asked us to wait, if it did."""

    reason: str
    after: timedelta | None = None


class Dead(NamedTuple):
    """It will never be taken in this form: no use in trying again before somebody changes something."""

    reason: str


Outcome = Delivered | Retry | Dead
